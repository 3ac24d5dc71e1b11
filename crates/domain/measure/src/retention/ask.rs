//! `POST /api/v1/insights/retention`: who comes back, and when.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use fanvine_kernel::{Code, LocalDate, Problem};
use fanvine_lake::{Days, Snapshot, Walk};
use fanvine_web::{Answer, Body};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::count::{BEGINS, Counting, Matrix, Plan, RETURNS, Returning};
use crate::Measure;
use crate::overview::{Interval, Period};
use crate::walks::events::{EventNames, table};
use crate::walks::period::AskedPeriod;

/// Who comes back after what.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RetentionQuestion {
    /// What begins; by default anything.
    #[serde(default)]
    pub start: Option<EventNames>,
    /// Whether only the first time ever begins; by default yes.
    #[serde(default = "yes")]
    pub first_time: bool,
    /// What counts as coming back; by default anything.
    #[serde(default)]
    pub then: Option<EventNames>,
    /// So often in an interval at least; by default once.
    #[serde(default = "once")]
    pub times: u32,
    /// When a return counts.
    #[serde(default)]
    pub returning: Returning,
    /// Days, weeks or months.
    #[serde(default = "by_day")]
    pub interval: Interval,
    /// How many intervals after its own each cohort is followed; by default 30 days, 12 weeks or 12 months.
    #[serde(default)]
    pub horizon: Option<usize>,
    /// The days in which cohorts begin.
    #[serde(flatten)]
    pub period: AskedPeriod,
}

fn yes() -> bool {
    true
}

fn once() -> u32 {
    1
}

fn by_day() -> Interval {
    Interval::Day
}

/// Those who began in one interval.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct Cohort {
    /// The interval's first day.
    #[schema(value_type = String, format = Date)]
    pub start: LocalDate,
    /// How many began in it.
    pub shoppers: u64,
    /// How many of them came back, by intervals after; those that have not begun yet are left out.
    pub returned: Vec<u64>,
}

/// Retention by cohort.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct RetentionAnswer {
    /// How intervals are cut.
    pub interval: Interval,
    /// The cohorts, the earliest first.
    pub cohorts: Vec<Cohort>,
    /// For each interval after: the share of all who came back, among the cohorts that are old enough; none where no
    /// cohort is.
    pub average: Vec<Option<f64>>,
}

/// How far cohorts may be followed.
const MOST_INTERVALS: usize = 366;

impl RetentionQuestion {
    fn plan(&self, measure: &Measure, snapshot: &Snapshot, period: Period) -> Result<Plan, Problem> {
        let wrong = |text: String, at: &str| Problem::new(Code::InvalidParameter, text).at(at);
        let horizon = self.horizon.unwrap_or(if self.interval == Interval::Day { 30 } else { 12 });
        if horizon > MOST_INTERVALS {
            return Err(wrong(format!("`horizon` is {horizon}; it may be at most {MOST_INTERVALS}"), "horizon"));
        }
        if self.times == 0 {
            return Err(wrong("`times` is 0; coming back is at least once".to_owned(), "times"));
        }
        let mut starts = period.starts(self.interval);
        let cohorts = starts.len();
        let mut next = starts.last().copied().unwrap_or(period.from);
        for _ in 0..=horizon {
            next = self.interval.after(next);
            starts.push(next);
        }
        let codes =
            |names: &Option<EventNames>, at: &str| names.as_ref().map(|names| names.codes(snapshot, at)).transpose();
        let (begin, back) = (codes(&self.start, "start")?, codes(&self.then, "then")?);
        let all = 0..=snapshot.event_names().count() as u16;
        let means = |codes: &Option<Vec<u16>>, code: u16| codes.as_ref().is_none_or(|codes| codes.contains(&code));
        // One more than there are codes: names without one are nothing that was named.
        let meaning = |code| (code, u8::from(means(&begin, code)) * BEGINS + u8::from(means(&back, code)) * RETURNS);
        Ok(Plan {
            days: Days::of(measure.zone, starts),
            cohorts,
            horizon,
            first_time: self.first_time,
            returning: self.returning,
            times: self.times,
            meanings: table(snapshot, all.map(meaning)),
        })
    }
}

/// Counts who comes back, by when they began.
#[utoipa::path(
    post, path = "/api/v1/insights/retention", tag = "measure", request_body = RetentionQuestion,
    security(("role" = ["analyst"])),
    responses(
        (status = 200, body = RetentionAnswer),
        (status = 400, description = "An unknown event, with near names", body = fanvine_web::ProblemBody),
        (status = 503, description = "Longer than it may take", body = fanvine_web::ProblemBody)
    )
)]
pub async fn ask_retention(
    State(measure): State<Arc<Measure>>,
    Body(question): Body<RetentionQuestion>,
) -> Answer<Json<RetentionAnswer>> {
    let period = question.period.read(&measure, question.interval)?;
    let snapshot = measure.snapshot()?;
    let plan = Arc::new(question.plan(&measure, &snapshot, period)?);
    let end = plan.days.start(plan.days.len()).map(|second| fanvine_kernel::Timestamp::from_seconds(second.into()));
    // Whether it is the first time is known only from the beginning on.
    let from = (!question.first_time).then(|| measure.zone.start_of(question.interval.start_of(period.from)));
    let walk = Walk { from, to: end, ..Walk::default() };
    let counting = Arc::clone(&plan);
    let parts = measure.walk(snapshot, walk, move |_| Counting::new(Arc::clone(&counting))).await?;
    let mut matrix = Matrix::default();
    parts.iter().for_each(|part| matrix.add(&part.matrix));
    let now = measure.clock.now().micros().div_euclid(1_000_000);
    Ok(Json(answer(&question, &plan, &period.starts(question.interval), matrix, now)))
}

fn answer(
    question: &RetentionQuestion,
    plan: &Plan,
    starts: &[LocalDate],
    matrix: Matrix,
    now_s: i64,
) -> RetentionAnswer {
    let begun =
        (0..plan.days.len()).filter(|place| plan.days.start(*place).is_some_and(|start| i64::from(start) <= now_s));
    let begun = begun.count();
    let mut cohorts = Vec::with_capacity(starts.len());
    for ((start, shoppers), (place, mut returned)) in
        starts.iter().zip(matrix.shoppers).zip(matrix.returned.into_iter().enumerate())
    {
        returned.truncate(begun.saturating_sub(place));
        cohorts.push(Cohort { start: *start, shoppers, returned });
    }
    let average = (0..=plan.horizon).map(|after| {
        let old = cohorts.iter().filter_map(|cohort| Some((cohort.shoppers, *cohort.returned.get(after)?)));
        let (all, came) = old.fold((0, 0), |(all, came), (shoppers, back)| (all + shoppers, came + back));
        (all > 0).then(|| came as f64 / all as f64)
    });
    RetentionAnswer { interval: question.interval, average: average.collect(), cohorts }
}
