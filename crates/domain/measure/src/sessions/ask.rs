//! `POST /api/v1/insights/sessions`: visits, how long they take and how many end at once.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use fanvine_kernel::event::names;
use fanvine_kernel::{Code, LocalDate, Problem, Timestamp};
use fanvine_lake::{Column, Snapshot, Walk};
use fanvine_web::{Answer, Body};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::count::{By, Counting, Deed, Plan, Sums, Tally};
use crate::Measure;
use crate::overview::{Interval, Period};
use crate::walks::apart::Apart;
use crate::walks::events::table;
use crate::walks::missing::MissingEvents;
use crate::walks::period::AskedPeriod;
use crate::walks::values::Values;

/// Which sessions.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SessionsQuestion {
    /// Whether sessions go by the client's session ids, instead of by pauses.
    #[serde(default)]
    pub by_id: bool,
    /// A pause of so many seconds ends a session; by default half an hour.
    #[serde(default = "half_an_hour")]
    pub gap_s: u32,
    /// A session of so many seconds did not bounce; by default ten.
    #[serde(default = "ten_seconds")]
    pub engaged_s: u32,
    /// `entry_page`; a field whose first value in a session tells it, `channel`, `campaign`, `properties.…`; or what is
    /// known of the person now, `trait.…`, `value.…`.
    #[serde(default)]
    pub break_down: Option<String>,
    /// Segments by which people are told apart, at most twenty; not together with `break_down`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub segments: Vec<String>,
    /// Only people who belong to this segment now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub segment: Option<String>,
    /// How the series is cut.
    #[serde(default = "by_day")]
    pub interval: Interval,
    /// When sessions begin.
    #[serde(flatten)]
    pub period: AskedPeriod,
}

fn half_an_hour() -> u32 {
    1_800
}

fn ten_seconds() -> u32 {
    10
}

fn by_day() -> Interval {
    Interval::Day
}

/// Figures of some sessions.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct SessionFigures {
    /// How many.
    pub sessions: u64,
    /// Distinct shoppers.
    pub shoppers: u64,
    /// Events in them.
    pub events: u64,
    /// Pages and screens seen in them.
    pub pages: u64,
    /// Those that ended at once.
    pub bounced: u64,
    /// Those with an order.
    pub ordered: u64,
    /// How long they took together, seconds.
    pub duration_s: u64,
    /// On average, seconds; none without sessions.
    pub mean_s: Option<f64>,
    /// Bounced by all, 0 to 1.
    pub bounce_rate: Option<f64>,
    /// With an order by all, 0 to 1.
    pub conversion: Option<f64>,
    /// Pages by sessions.
    pub pages_each: Option<f64>,
}

impl From<&Sums> for SessionFigures {
    fn from(sums: &Sums) -> Self {
        let each = |of: u64| (sums.sessions > 0).then(|| of as f64 / sums.sessions as f64);
        Self {
            sessions: sums.sessions,
            shoppers: sums.shoppers,
            events: sums.events,
            pages: sums.pages,
            bounced: sums.bounced,
            ordered: sums.ordered,
            duration_s: sums.duration_s,
            mean_s: each(sums.duration_s),
            bounce_rate: each(sums.bounced),
            conversion: each(sums.ordered),
            pages_each: each(sums.pages),
        }
    }
}

/// One interval.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct SessionPoint {
    /// Its first day.
    #[schema(value_type = String, format = Date)]
    pub start: LocalDate,
    /// The sessions that began in it.
    #[serde(flatten)]
    pub figures: SessionFigures,
}

/// The sessions with one value.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct SessionPart {
    /// The value; none for those without.
    pub value: Option<String>,
    /// Its sessions.
    #[serde(flatten)]
    pub figures: SessionFigures,
}

/// Sessions.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct SessionsAnswer {
    /// All of them.
    pub total: SessionFigures,
    /// Half of them took at most so long, seconds.
    pub median_s: Option<u32>,
    /// How intervals are cut.
    pub interval: Interval,
    /// By interval.
    pub points: Vec<SessionPoint>,
    /// By value of the asked field, those with most sessions first, at most a hundred.
    pub parts: Vec<SessionPart>,
    /// How many values there are in all.
    pub values: usize,
    /// Events of the period that are in no session, as they have no session id.
    pub without_id: u64,
    /// What of its events is no longer kept, where it reaches back so far.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub missing: Vec<MissingEvents>,
}

/// So many values are told apart.
const MOST_PARTS: usize = 100;
/// By ids, a session is looked at from a day before the period to a day behind it.
const A_DAY_US: i64 = 86_400_000_000;

impl SessionsQuestion {
    async fn plan(&self, measure: &Measure, snapshot: &Snapshot, period: Period) -> Result<Plan, Problem> {
        if self.gap_s == 0 || self.gap_s > 86_400 {
            let text = format!("`gap_s` is {}; a pause takes 1 to 86400 seconds", self.gap_s);
            return Err(Problem::new(Code::InvalidParameter, text).at("gap_s"));
        }
        let by = self.by(measure, snapshot).await?;
        let deed = |name: &str| match name {
            names::PAGE_VIEWED | names::SCREEN_VIEWED => Deed::Page,
            names::ORDER_COMPLETED => Deed::Order,
            name if names::THE_SHOPS_OWN.contains(&name) => Deed::Silent,
            _ => Deed::Any,
        };
        // What the intervals cover beyond the period is not asked about.
        let (from, to) = measure.moments(period);
        let second = |moment: Timestamp| u32::try_from(moment.micros().div_euclid(1_000_000)).unwrap_or_default();
        let inner = period.starts(self.interval).into_iter().skip(1).map(|start| measure.zone.start_of(start));
        Ok(Plan {
            deeds: table(snapshot, snapshot.event_names().zip(0..).map(|(name, code)| (code, deed(name)))),
            gap_s: (!self.by_id).then_some(self.gap_s),
            engaged_s: self.engaged_s,
            starts_s: std::iter::once(from).chain(inner).chain([to]).map(second).collect(),
            by,
        })
    }

    async fn by(&self, measure: &Measure, snapshot: &Snapshot) -> Result<Option<By>, Problem> {
        let asked = self.break_down.as_deref();
        if asked == Some("entry_page") && self.segments.is_empty() {
            return Ok(Some(By::EntryPage));
        }
        let values = Arc::new(Values::default());
        Ok(match measure.apart(asked, &self.segments, snapshot, &values).await? {
            Apart::Nothing => None,
            Apart::Field(field) => Some(By::Field(field)),
            Apart::Product(_) => {
                let text = format!("a session has no product: `{}` tells events apart", asked.unwrap_or_default());
                return Err(Problem::new(Code::InvalidParameter, text).at("break_down"));
            }
            apart => Some(By::Person(apart, values.list().into_iter().map(Option::unwrap_or_default).collect())),
        })
    }

    fn walk(&self, plan: &Plan, (from, to): (Timestamp, Timestamp)) -> Walk {
        let mut columns = plan.by.as_ref().map(By::columns).unwrap_or_default();
        columns.extend(self.by_id.then_some(Column::SessionId));
        columns.sort_unstable();
        columns.dedup();
        let before = if self.by_id { A_DAY_US } else { i64::from(self.gap_s) * 1_000_000 };
        // By pauses, a session that begins in the period is followed to its end, wherever that is.
        let to = self.by_id.then(|| to.plus_micros(A_DAY_US));
        Walk { from: Some(from.plus_micros(-before)), to, columns, ..Walk::default() }
    }
}

/// Counts sessions.
#[utoipa::path(
    post, path = "/api/v1/insights/sessions", tag = "measure", request_body = SessionsQuestion,
    security(("role" = ["analyst"])),
    responses(
        (status = 200, body = SessionsAnswer),
        (status = 400, description = "No field of an event; a pause that is none", body = fanvine_web::ProblemBody),
        (status = 503, description = "Longer than it may take", body = fanvine_web::ProblemBody)
    )
)]
pub async fn ask_sessions(
    State(measure): State<Arc<Measure>>,
    Body(question): Body<SessionsQuestion>,
) -> Answer<Json<SessionsAnswer>> {
    let period = question.period.read(&measure, question.interval)?;
    let snapshot = measure.snapshot()?;
    let plan = Arc::new(question.plan(&measure, &snapshot, period).await?);
    let walk = question.walk(&plan, measure.moments(period));
    let who = measure.population(question.segment.as_deref(), &snapshot, "segment").await?;
    let asked = Arc::clone(&plan);
    let parts = measure.walk_among(&who, snapshot, walk, move |_| Counting::new(Arc::clone(&plan))).await?;
    let mut tally = Tally::default();
    parts.into_iter().for_each(|part| tally.add(part.tally));
    if let Some(By::Field(field)) = asked.by.as_ref().filter(|_| tally.parts.keys().all(String::is_empty)) {
        let events = measure.snapshot()?.event_names().map(str::to_owned).collect();
        measure.check_apart(&Apart::Field(field.clone()), &Values::default(), events).await?;
    }
    let missing = measure.missing(None, Some(measure.moments(period).0))?;
    Ok(Json(SessionsAnswer { missing, ..answer(question.interval, period, tally) }))
}

fn answer(interval: Interval, period: Period, mut tally: Tally) -> SessionsAnswer {
    let middle = tally.durations_s.len() / 2;
    let some = !tally.durations_s.is_empty();
    let median_s = some.then(|| *tally.durations_s.select_nth_unstable(middle).1);
    let values = tally.parts.len();
    let mut parts: Vec<(String, Sums)> = tally.parts.into_iter().collect();
    parts.sort_by(|left, right| right.1.sessions.cmp(&left.1.sessions).then_with(|| left.0.cmp(&right.0)));
    parts.truncate(MOST_PARTS);
    let points = period.starts(interval).into_iter().zip(&tally.points);
    SessionsAnswer {
        total: SessionFigures::from(&tally.all),
        median_s,
        interval,
        points: points.map(|(start, sums)| SessionPoint { start, figures: sums.into() }).collect(),
        parts: parts
            .into_iter()
            .map(|(value, sums)| SessionPart { value: (!value.is_empty()).then_some(value), figures: (&sums).into() })
            .collect(),
        values,
        without_id: tally.without_id,
        missing: Vec::new(),
    }
}
