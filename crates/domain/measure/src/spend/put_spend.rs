//! `PUT /api/v1/spend`: says what was paid; the same again changes nothing.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use fanvine_kernel::{Code, Currency, Problem};
use fanvine_store::{StoreError, Tx, args};
use fanvine_web::{Answer, Body, ProblemBody};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{COLUMNS, Spend, Spending, read};

/// What was paid: each row replaces what was said of its day, channel and campaign; what is not mentioned stays.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SpendForm {
    /// At most 5,000 rows, no two of one day, channel and campaign.
    pub rows: Vec<Spend>,
}

/// What it changed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, ToSchema)]
pub struct SpendSet {
    /// Rows of which nothing was said before.
    pub created: u64,
    /// Rows that were different before.
    pub updated: u64,
    /// Rows that were the same before.
    pub unchanged: u64,
}

/// Why spend was not taken.
#[derive(Debug, thiserror::Error)]
pub enum SpendError {
    /// Too much at once.
    #[error("at most {MOST_ROWS} rows at once, not {0}")]
    TooMany(usize),
    /// A name cannot be kept.
    #[error("{field} of row {row} has {bytes} bytes; it must have 1 to {MOST_BYTES}")]
    Name {
        /// Which row, from 0.
        row: usize,
        /// The field.
        field: &'static str,
        /// How long it is.
        bytes: usize,
    },
    /// A number is below nothing.
    #[error("{field} of row {row} is {number}; it must be at least 0")]
    Negative {
        /// Which row, from 0.
        row: usize,
        /// The field.
        field: &'static str,
        /// What it is.
        number: i64,
    },
    /// Nothing says in which currency it is.
    #[error("row {0} names no currency, and the shop has none set")]
    NoCurrency(usize),
    /// It is said twice.
    #[error("rows {0} and {1} are of one day, channel and campaign")]
    Twice(usize, usize),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

const MOST_ROWS: usize = 5_000;
const MOST_BYTES: usize = 256;
/// The lock whoever changes spend holds on PostgreSQL.
const LOCK: &str = "spend";

impl From<SpendError> for Problem {
    fn from(error: SpendError) -> Self {
        let at = match &error {
            SpendError::Store(_) | SpendError::TooMany(_) => None,
            SpendError::Name { row, field, .. } | SpendError::Negative { row, field, .. } => {
                Some(format!("rows.{row}.{field}"))
            }
            SpendError::NoCurrency(row) => Some(format!("rows.{row}.currency")),
            SpendError::Twice(_, row) => Some(format!("rows.{row}")),
        };
        match (error, at) {
            (SpendError::Store(error), _) => error.into(),
            (error, Some(at)) => Problem::new(Code::InvalidParameter, error.to_string()).at(at),
            (error, None) => Problem::new(Code::InvalidParameter, error.to_string()),
        }
    }
}

/// The rows by their keys, each with its currency.
fn checked(rows: Vec<Spend>, shop: Option<Currency>) -> Result<Vec<Spend>, SpendError> {
    if rows.len() > MOST_ROWS {
        return Err(SpendError::TooMany(rows.len()));
    }
    let mut seen = BTreeMap::new();
    let mut checked = Vec::with_capacity(rows.len());
    for (row, mut spend) in rows.into_iter().enumerate() {
        spend.campaign = spend.campaign.filter(|campaign| !campaign.is_empty());
        let names = [("channel", Some(&spend.channel)), ("campaign", spend.campaign.as_ref())];
        for (field, name) in names.into_iter().filter_map(|(field, name)| Some((field, name?))) {
            if name.is_empty() || name.len() > MOST_BYTES {
                return Err(SpendError::Name { row, field, bytes: name.len() });
            }
        }
        let numbers =
            [("amount_minor", Some(spend.amount_minor)), ("impressions", spend.impressions), ("clicks", spend.clicks)];
        for (field, number) in numbers.into_iter().filter_map(|(field, number)| Some((field, number?))) {
            if number < 0 {
                return Err(SpendError::Negative { row, field, number });
            }
        }
        spend.currency = Some(spend.currency.or(shop).ok_or(SpendError::NoCurrency(row))?);
        if let Some(first) = seen.insert((spend.day, spend.channel.clone(), spend.campaign.clone()), row) {
            return Err(SpendError::Twice(first, row));
        }
        checked.push(spend);
    }
    Ok(checked)
}

/// Says what was paid for marketing
#[utoipa::path(
    put, path = "/api/v1/spend", tag = "measure", operation_id = "put_spend", request_body = SpendForm,
    security(("role" = ["operator"])),
    responses(
        (status = 200, body = SpendSet),
        (status = "default", description = "A problem", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn put_spend(
    State(spending): State<Arc<Spending>>,
    Body(form): Body<SpendForm>,
) -> Answer<Json<SpendSet>> {
    Ok(Json(spending.put_spend(form.rows).await?))
}

impl Spending {
    /// Says what was paid.
    ///
    /// # Errors
    /// A row cannot be kept: then none is. The store failed.
    pub async fn put_spend(&self, rows: Vec<Spend>) -> Result<SpendSet, SpendError> {
        let rows = checked(rows, self.measure.currency)?;
        let now = self.measure.clock.now();
        self.store
            .write(move |tx| {
                Box::pin(async move {
                    tx.lock(LOCK).await?;
                    let mut done = SpendSet::default();
                    for spend in &rows {
                        match known(tx, spend).await? {
                            Some(before) if before == *spend => done.unchanged += 1,
                            before => {
                                save(tx, spend, now).await?;
                                *(if before.is_some() { &mut done.updated } else { &mut done.created }) += 1;
                            }
                        }
                    }
                    Ok(done)
                })
            })
            .await
    }
}

async fn known(tx: &mut Tx, spend: &Spend) -> Result<Option<Spend>, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM spend WHERE day = $1 AND channel = $2 AND campaign = $3");
    let campaign = spend.campaign.as_deref().unwrap_or_default();
    let row = tx.one(sql, args![spend.day.to_string(), &spend.channel, campaign]).await?;
    row.as_ref().map_or(Ok(None), read)
}

async fn save(tx: &mut Tx, spend: &Spend, now: fanvine_kernel::Timestamp) -> Result<(), StoreError> {
    tx.execute(
        "INSERT INTO spend (day, channel, campaign, currency, amount_minor, impressions, clicks, updated_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
         ON CONFLICT (day, channel, campaign) DO UPDATE SET currency = excluded.currency,
         amount_minor = excluded.amount_minor, impressions = excluded.impressions, clicks = excluded.clicks,
         updated_at = excluded.updated_at",
        args![
            spend.day.to_string(),
            &spend.channel,
            spend.campaign.as_deref().unwrap_or_default(),
            spend.currency.as_ref().map_or("", Currency::code),
            spend.amount_minor,
            spend.impressions,
            spend.clicks,
            now,
        ],
    )
    .await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spend(day: &str, amount_minor: i64) -> Spend {
        let text = format!(r#"{{"day":"{day}","channel":"wechat","amount_minor":{amount_minor}}}"#);
        serde_json::from_str(&text).unwrap()
    }

    #[test]
    fn rows_that_cannot_be_kept_are_named() {
        let shop = "CNY".parse().ok();
        let good = checked(vec![spend("2026-03-01", 5), spend("2026-03-02", 0)], shop).unwrap();
        assert_eq!(good[0].currency.map(|currency| currency.to_string()).as_deref(), Some("CNY"));
        let said = |rows, shop| checked(rows, shop).unwrap_err().to_string();
        assert_eq!(said(vec![spend("2026-03-01", -5)], shop), "amount_minor of row 0 is -5; it must be at least 0");
        assert_eq!(said(vec![spend("2026-03-01", 5)], None), "row 0 names no currency, and the shop has none set");
        let twice = vec![spend("2026-03-01", 5), spend("2026-03-02", 1), spend("2026-03-01", 6)];
        assert_eq!(said(twice, shop), "rows 0 and 2 are of one day, channel and campaign");
        let unnamed = Spend { channel: String::new(), ..spend("2026-03-01", 5) };
        assert_eq!(said(vec![unnamed], shop), "channel of row 0 has 0 bytes; it must have 1 to 256");
    }
}
