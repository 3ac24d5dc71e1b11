//! `GET /api/v1/segments/{id}/explain/{shopper_id}`: why somebody is, or is not, in a segment.

use std::collections::BTreeSet;
use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use fanvine_kernel::event::EventRef;
use fanvine_kernel::{Code, EventKind, Problem, Timestamp};
use fanvine_lake::{SqlError, SqlRequest};
use fanvine_web::{Answer, Params, ProblemBody, Refusal, Segment};
use rustc_hash::FxHashMap;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::definition::SegmentError;
use super::facts::{KnownPerson, Sources};
use super::live::Program;
use super::naive::{self, Person};
use super::reason::Reason;
use super::{Occurrence, Rule};
use crate::People;

/// Events of one person that are looked at, the newest.
const MOST: usize = 20_000;
const TIMEOUT: std::time::Duration = std::time::Duration::from_secs(20);

/// Whose membership.
#[derive(Debug, Deserialize)]
pub struct Whose {
    id: String,
    shopper_id: String,
}

/// At which moment.
#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct ExplainQuery {
    /// Only this version of the segment; the one in force if absent.
    pub version: Option<u32>,
}

/// Why somebody is in a segment, or is not.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct MembershipReason {
    /// The segment.
    pub segment_id: String,
    /// Whether the person belongs to it as it is kept up.
    pub member: bool,
    /// Whether the rule holds at this moment. It differs from `member` only for the second in which something happened,
    /// or while the segment is counted.
    pub holds: bool,
    /// The moment.
    #[schema(value_type = String, format = DateTime)]
    pub at: Timestamp,
    /// How many events of the person were looked at.
    pub events: usize,
    /// Whether there are more, older ones: the newest 20,000 are looked at.
    pub cut_off: bool,
    /// Every clause: `clause`, `holds`, `observed` and, of `all`, `any` and `not`, `because`.
    #[schema(value_type = Object)]
    pub reason: Reason,
    /// The same in words.
    pub en: String,
    /// The same in Chinese.
    pub zh: String,
}

/// Explain a membership
///
/// Reads all that the person did and asks every clause of the rule, in the plainest way.
#[utoipa::path(
    get, path = "/api/v1/segments/{id}/explain/{shopper_id}", tag = "people", operation_id = "explain_membership",
    params(
        ("id" = String, Path, description = "The segment's id"),
        ("shopper_id" = String, Path, description = "A user id or an anonymous id"), ExplainQuery,
    ),
    responses(
        (status = 200, description = "Every clause, and what was found", body = MembershipReason),
        (status = "default", description = "A problem", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("role" = ["analyst"]))
)]
pub(crate) async fn explain_membership(
    State(people): State<Arc<People>>,
    Segment(Whose { id, shopper_id }): Segment<Whose>,
    Params(query): Params<ExplainQuery>,
) -> Answer<Json<MembershipReason>> {
    let definition = people.segments.definitions().get(&id).cloned();
    let definition = definition.ok_or_else(|| SegmentError::NoSegment(id.clone()))?;
    let rule = match query.version {
        None => definition.rule,
        Some(version) => people.rule_of(&id, version).await?,
    };
    people.must_know(&shopper_id)?;
    let keys = people.keys_with(&shopper_id);
    let (events, cut_off) = people.events_of(&keys).await?;
    let numbers: Vec<u32> = {
        let shoppers = people.shoppers();
        let mut numbers: Vec<u32> = keys.iter().filter_map(|key| shoppers.number_of(key)).collect();
        numbers.sort_unstable();
        numbers
    };
    let program = Program::compile([(id.clone(), &rule)], people.zone).unwrap_or_default();
    let stated = people.stated(&program, None, numbers.clone()).await.map_err(SegmentError::from)?.of(&numbers);
    let (member, segments) = {
        let membership = people.segments.membership();
        let belongs =
            |id: &str| membership.of(id).is_some_and(|held| numbers.iter().any(|one| held.members.contains(*one)));
        let named: FxHashMap<_, _> = rule
            .segments()
            .into_iter()
            .filter_map(|named| membership.of(&named).map(|held| (named, held.members.clone())))
            .collect();
        (belongs(&id), named)
    };
    let lists = people.segments.lists();
    let ranks = people.segments.ranks();
    let shoppers = people.shoppers();
    let at = shoppers.watch.moment(people.clock.now());
    let sources = Sources {
        shoppers: &shoppers,
        lists: &lists,
        ranks: ranks.as_deref(),
        segments: &segments,
        days: &[],
        now: at,
        zone: people.zone,
    };
    let facts = KnownPerson::new(&sources, &numbers, &stated);
    let occurrences: Vec<Occurrence<'_>> = events.iter().map(|event| event.occurrence(at)).collect();
    let person = Person { occurrences: &occurrences, facts: &facts, zone: people.zone };
    let reason = naive::explain(&rule, person, at);
    Ok(Json(MembershipReason {
        segment_id: id,
        member,
        holds: reason.holds,
        at,
        events: occurrences.len(),
        cut_off,
        en: reason.english(),
        zh: reason.chinese(),
        reason,
    }))
}

/// An event as the lake answers it.
pub(crate) struct Happened {
    name: String,
    at: Timestamp,
    product_id: Option<String>,
    channel: Option<String>,
    campaign: Option<String>,
    quantity: Option<i64>,
    revenue_minor: Option<i64>,
    currency: Option<String>,
    properties: Value,
}

impl Happened {
    fn read(row: Vec<Value>) -> Option<Self> {
        let text = |column: usize| row.get(column).and_then(Value::as_str).map(str::to_owned);
        let number = |column: usize| row.get(column).and_then(Value::as_i64);
        Some(Self {
            name: text(0)?,
            at: Timestamp::parse(&text(1)?).ok()?,
            product_id: text(2),
            channel: text(3),
            campaign: text(4),
            quantity: number(5),
            revenue_minor: number(6),
            currency: text(7),
            properties: text(8).and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_default(),
        })
    }

    /// As rules see it at a moment before which it lies.
    fn occurrence(&self, latest: Timestamp) -> Occurrence<'_> {
        let event = EventRef {
            message_id: "",
            kind: EventKind::Track,
            name: &self.name,
            source: "",
            user_id: None,
            anonymous_id: None,
            occurred_at: self.at,
            received_at: latest,
            session_id: None,
            product_id: self.product_id.as_deref(),
            order_id: None,
            quantity: self.quantity,
            revenue_minor: self.revenue_minor,
            currency: self.currency.as_deref().and_then(|code| code.parse().ok()),
            channel: self.channel.as_deref(),
            campaign: self.campaign.as_deref(),
            referrer: None,
            properties: None,
            context: None,
        };
        Occurrence::of(event, &self.properties)
    }
}

impl People {
    /// What was done under these keys, the newest first, and whether there is more.
    async fn events_of(&self, keys: &BTreeSet<String>) -> Result<(Vec<Happened>, bool), Refusal> {
        let request = SqlRequest {
            query: format!(
                "SELECT event, occurred_at, product_id, channel, campaign, quantity, revenue_minor, currency, properties
                 FROM events WHERE {} ORDER BY occurred_at DESC LIMIT {}",
                self.done_under(keys),
                MOST + 1
            ),
            timeout: TIMEOUT,
            max_rows: MOST + 1,
        };
        let answer = self.lake.sql(&request).await.map_err(|error: SqlError| {
            tracing::error!(%error, "the events of a person could not be read");
            Refusal(Problem::new(Code::Internal, "the person's events could not be read; the program's log says why"))
        })?;
        let cut_off = answer.rows.len() > MOST;
        Ok((answer.rows.into_iter().take(MOST).filter_map(Happened::read).collect(), cut_off))
    }

    /// The rule of a version.
    async fn rule_of(&self, id: &str, version: u32) -> Result<Rule, SegmentError> {
        let (wanted, segment) = (version, id.to_owned());
        let versions =
            self.store.read(|tx| Box::pin(async move { super::store::versions(tx, &segment).await })).await?;
        let found = versions.into_iter().find(|one| one.version == wanted);
        let rule = found.and_then(|one| serde_json::from_str(&one.rule).ok());
        rule.ok_or_else(|| SegmentError::NoVersion { id: id.to_owned(), version })
    }
}
