//! Interests of some shoppers scored from their events in the lake, by a scoring that nothing is counted by.

use std::collections::BTreeMap;
use std::time::Duration;

use fanvine_kernel::event::EventRef;
use fanvine_kernel::{Currency, EventKind, Timestamp};
use fanvine_lake::SqlRequest;
use serde_json::Value;

use super::versions::TagError;
use super::{Population, Scoring, Weights};
use crate::People;
use crate::profile::Fact;

const TIMEOUT: Duration = Duration::from_secs(20);

/// How many events of these keys were read, and the scores of each key.
pub(super) async fn weights(
    people: &People,
    keys: &[String],
    scoring: &Scoring,
    most: usize,
) -> Result<(usize, BTreeMap<String, Weights>), TagError> {
    let list: Vec<String> = keys.iter().map(|key| format!("'{}'", key.replace('\'', "''"))).collect();
    let query = format!(
        "SELECT shopper_id, kind, event, occurred_at, product_id, order_id, currency, properties FROM events
         WHERE shopper_id IN ({}) AND kind = 'track'",
        list.join(", ")
    );
    let answer = people.lake.sql(&SqlRequest { query, max_rows: most, timeout: TIMEOUT }).await?;
    let mut scored: BTreeMap<String, Weights> = BTreeMap::new();
    let shoppers = people.shoppers();
    // Who has which term was counted before, and is not changed by counting here.
    let mut nobody = Population::default();
    for row in &answer.rows {
        let Some((key, event)) = event(row) else { continue };
        let fact = Fact::read(event);
        let terms = fact.known_terms(shoppers.words());
        scored.entry(key.to_owned()).or_default().observe(&fact, &terms, scoring, &mut nobody);
    }
    Ok((answer.rows.len(), scored))
}

fn event(row: &[Value]) -> Option<(&str, EventRef<'_>)> {
    let text = |column: usize| row.get(column).and_then(Value::as_str);
    let key = text(0)?;
    let occurred_at = Timestamp::parse(text(3)?).ok()?;
    let currency: Option<Currency> = text(6).and_then(|code| code.parse().ok());
    let event = EventRef {
        message_id: "",
        kind: EventKind::Track,
        name: text(2)?,
        source: "",
        user_id: Some(key),
        anonymous_id: None,
        occurred_at,
        received_at: occurred_at,
        session_id: None,
        product_id: text(4),
        order_id: text(5),
        quantity: None,
        revenue_minor: None,
        currency,
        channel: None,
        campaign: None,
        referrer: None,
        properties: text(7),
        context: None,
    };
    Some((key, event))
}
