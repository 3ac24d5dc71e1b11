//! `GET /api/v1/segments/{id}/history`: how large a segment was, and how many came and went.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use fanvine_kernel::{LocalDate, Timestamp};
use fanvine_store::{StoreError, args};
use fanvine_web::{Answer, Params, ProblemBody, Segment};
use serde::{Deserialize, Serialize};

use super::definition::SegmentError;
use crate::People;

const HOUR: i64 = 3_600_000_000;
/// Points of one answer.
const MOST: usize = 800;

/// Over what time.
#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct HistoryQuery {
    /// `hour` or `day` (if absent).
    pub per: Option<String>,
    /// The first day, `YYYY-MM-DD`; 30 days ago if absent, with `per=hour` the day before.
    pub from: Option<String>,
    /// The last day; today if absent.
    pub to: Option<String>,
}

/// A segment over time.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct SegmentHistory {
    /// The earliest first.
    pub points: Vec<SegmentPoint>,
}

/// A segment in an hour or on a day.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct SegmentPoint {
    /// When it begins.
    #[schema(value_type = String, format = DateTime)]
    pub start: Timestamp,
    /// How many people belonged to it at its end.
    pub people: u64,
    /// How many entered in it, the first count left out.
    pub entered: u64,
    /// How many left in it.
    pub left: u64,
}

/// Show a segment over time
#[utoipa::path(
    get, path = "/api/v1/segments/{id}/history", tag = "people", operation_id = "show_segment_history",
    params(("id" = String, Path, description = "The segment's id"), HistoryQuery),
    responses(
        (status = 200, description = "Its size, and who came and went", body = SegmentHistory),
        (status = "default", description = "A problem", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("role" = ["analyst"]))
)]
pub(crate) async fn show_segment_history(
    State(people): State<Arc<People>>,
    Segment(id): Segment<String>,
    Params(query): Params<HistoryQuery>,
) -> Answer<Json<SegmentHistory>> {
    let created = people.segments.definitions().get(&id).map(|one| one.created_at);
    let created = created.ok_or_else(|| SegmentError::NoSegment(id.clone()))?;
    let (now, zone) = (people.clock.now(), people.zone);
    let hourly = match query.per.as_deref() {
        None | Some("day") => false,
        Some("hour") => true,
        Some(other) => {
            let (name, value, expected) = ("per", other.chars().take(64).collect(), "hour or day");
            return Err(SegmentError::Parameter { name, value, expected }.into());
        }
    };
    let today = zone.date_of(now);
    let from = day("from", query.from)?.unwrap_or_else(|| today.plus_days(if hourly { -1 } else { -30 }));
    let to = day("to", query.to)?.unwrap_or(today);
    // Nothing is known of the time before it was defined.
    let from = from.max(zone.date_of(created));
    let (begin, end) = (zone.start_of(from), zone.start_of(to.plus_days(1)).min(now.plus_micros(1)));
    let mut starts = Vec::new();
    let mut start = begin;
    while start < end && starts.len() < MOST {
        starts.push(start);
        start = if hourly { start.plus_micros(HOUR) } else { zone.start_of(zone.date_of(start).plus_days(1)) };
    }
    let rows = people.store.read(move |tx| {
        Box::pin(async move {
            let sql = "SELECT hour, people, entered, departed FROM segment_history
                       WHERE segment_id = $1 AND hour < $2 ORDER BY hour";
            tx.rows(sql, args![id, end]).await
        })
    });
    let mut hours = BTreeMap::new();
    for row in rows.await.map_err(SegmentError::from)? {
        let hour = || -> Result<_, StoreError> {
            Ok((row.get::<Timestamp>("hour")?, [row.get("people")?, row.get("entered")?, row.get::<i64>("departed")?]))
        };
        let (at, counts) = hour().map_err(SegmentError::from)?;
        hours.insert(at, counts);
    }
    Ok(Json(SegmentHistory { points: points(&hours, &starts, end) }))
}

/// Sums up hours; a size stands until the next is known.
fn points(hours: &BTreeMap<Timestamp, [i64; 3]>, starts: &[Timestamp], end: Timestamp) -> Vec<SegmentPoint> {
    let ends = starts.iter().skip(1).copied().chain([end]);
    let point = |(start, end): (&Timestamp, Timestamp)| {
        let sum = |place: usize| {
            let within = hours.range(*start..end).filter_map(|(_, counts)| counts.get(place));
            within.sum::<i64>().unsigned_abs()
        };
        let people = hours.range(..end).next_back().map_or(0, |(_, [people, ..])| people.unsigned_abs());
        SegmentPoint { start: *start, people, entered: sum(1), left: sum(2) }
    };
    starts.iter().zip(ends).map(point).collect()
}

fn day(name: &'static str, text: Option<String>) -> Result<Option<LocalDate>, SegmentError> {
    let read = |text: String| {
        let expected = "a day such as 2026-01-31";
        text.parse().map_err(|_| SegmentError::Parameter { name, value: text.chars().take(64).collect(), expected })
    };
    text.map(read).transpose()
}
