//! `POST /api/v1/insights/retention`: who comes back, and when.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use fanvine_kernel::{Code, Currency, LocalDate, Problem, Timestamp};
use fanvine_lake::{DayQuestion, Days, Snapshot, Walk};
use fanvine_web::{Answer, Body};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::count::{Counting, Listed, Matrix, Plan, Returning, Row};
use crate::Measure;
use crate::overview::{Interval, Period};
use crate::walks::choice::Choice;
use crate::walks::events::AskedEvents;
use crate::walks::field::Field;
use crate::walks::missing::MissingEvents;
use crate::walks::period::AskedPeriod;
use crate::walks::values::{NOT_TOLD_APART, Values};

/// Who comes back after what.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RetentionQuestion {
    /// What begins; by default anything.
    #[serde(default)]
    pub start: Option<AskedEvents>,
    /// Whether only the first time ever begins; by default yes.
    #[serde(default = "yes")]
    pub first_time: bool,
    /// What counts as coming back; by default anything.
    #[serde(default)]
    pub then: Option<AskedEvents>,
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
    /// Brackets of intervals in place of every one up to `horizon`: `[[0,0],[1,3],[4,7]]` is the own interval, the first
    /// to the third after it, and the fourth to the seventh.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub brackets: Option<Vec<[usize; 2]>>,
    /// Also adds up what returns brought in, in this currency (ISO 4217).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revenue_in: Option<String>,
    /// By what all cohorts together are told apart: a field of the event that begins, `channel`, `properties.…`; what the
    /// catalogue says of its product, `product.category` …; or what is known of the person now, `trait.…`, `value.…`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub break_down: Option<String>,
    /// Segments by which people are told apart, at most twenty; not together with `break_down`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub segments: Vec<String>,
    /// Only people who belong to this segment now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub segment: Option<String>,
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
    /// How many of them came back, by intervals after (or brackets); those that have not begun yet are left out.
    pub returned: Vec<u64>,
    /// What these returns brought in, in minor units, if that was asked.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub revenue_minor: Vec<i64>,
}

/// All cohorts of those who have one value.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct RetentionPart {
    /// The value; none for those without.
    pub value: Option<String>,
    /// How often somebody began.
    pub shoppers: u64,
    /// For each interval after: the share of those who came back, among those who began long enough ago.
    pub average: Vec<Option<f64>>,
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
    /// The intervals after that are looked at, each from the first to the last.
    pub brackets: Vec<[usize; 2]>,
    /// By value of the asked field, those with most shoppers first, at most a hundred.
    pub parts: Vec<RetentionPart>,
    /// How often somebody began whose value was not told apart, for there are too many.
    pub not_told_apart: u64,
    /// What of its events is no longer kept, where it reaches back so far.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub missing: Vec<MissingEvents>,
}

/// So many values are told apart in an answer.
const MOST_PARTS: usize = 100;
/// How far cohorts may be followed.
const MOST_INTERVALS: usize = 366;

impl RetentionQuestion {
    async fn plan(&self, measure: &Measure, snapshot: &Snapshot, period: Period) -> Result<Plan, Problem> {
        let wrong = |text: String, at: &str| Problem::new(Code::InvalidParameter, text).at(at);
        let brackets = self.brackets()?;
        let horizon = brackets.iter().map(|(_, last)| *last).max().unwrap_or(0);
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
        let first = starts.first().copied().unwrap_or(period.from);
        let place = |day: &LocalDate| usize::try_from(day.days_since(first)).unwrap_or_default();
        let in_days = starts.windows(2).map(|pair| place(&pair[0])..place(&pair[1])).collect();
        let now_s = measure.clock.now().micros().div_euclid(1_000_000);
        let days = Days::of(measure.zone, starts);
        let begun = (0..days.len()).filter(|place| days.start(*place).is_some_and(|start| i64::from(start) <= now_s));
        let begun = begun.count();
        let mut choice = Choice::new(snapshot, measure.zone);
        choice.add(0, self.start.as_ref(), snapshot, "start")?;
        choice.add(1, self.then.as_ref(), snapshot, "then")?;
        let values = Arc::new(Values::default());
        let apart = measure.apart(self.break_down.as_deref(), &self.segments, snapshot, &values).await?;
        apart.read_with(&mut choice, 1);
        let currency = |text: &String| {
            text.parse::<Currency>()
                .map_err(|error| wrong(format!("`revenue_in` is no currency: {error}"), "revenue_in"))
        };
        let revenue = self.revenue_in.as_ref().map(currency).transpose()?;
        revenue.iter().for_each(|_| choice.also(2, &Field::Revenue));
        Ok(Plan {
            days,
            in_days,
            cohorts,
            begun,
            brackets,
            first_time: self.first_time,
            returning: self.returning,
            times: self.times,
            meanings: choice.is_plain().then(|| choice.table().map(|bits| bits as u8).collect()),
            choice,
            revenue,
            apart,
            values,
            listed: None,
        })
    }

    /// The intervals after its own in which a cohort is looked at.
    fn brackets(&self) -> Result<Vec<(usize, usize)>, Problem> {
        let wrong = |text: String, at: &str| Problem::new(Code::InvalidParameter, text).at(at);
        let Some(asked) = &self.brackets else {
            let horizon = self.horizon.unwrap_or(if self.interval == Interval::Day { 30 } else { 12 });
            if horizon > MOST_INTERVALS {
                return Err(wrong(format!("`horizon` is {horizon}; it may be at most {MOST_INTERVALS}"), "horizon"));
            }
            return Ok((0..=horizon).map(|after| (after, after)).collect());
        };
        if asked.is_empty() || asked.len() > MOST_INTERVALS {
            return Err(wrong(format!("1 to {MOST_INTERVALS} brackets, not {}", asked.len()), "brackets"));
        }
        for (place, [from, to]) in asked.iter().enumerate() {
            if from > to || *to > MOST_INTERVALS {
                let text = format!(
                    "a bracket goes from one interval to a later one, at most {MOST_INTERVALS}: not from {from} to {to}"
                );
                return Err(wrong(text, &format!("brackets.{place}")));
            }
        }
        Ok(asked.iter().map(|[from, to]| (*from, *to)).collect())
    }

    /// From when on events are looked at: whether it is the first time is known only from the beginning on.
    fn from(&self, measure: &Measure, period: Period) -> Option<Timestamp> {
        (!self.first_time).then(|| measure.zone.start_of(self.interval.start_of(period.from)))
    }

    /// Counts, and lists whom `listed` says.
    pub(crate) async fn count(
        &self,
        measure: &Measure,
        listed: Option<Listed>,
    ) -> Result<(Arc<Plan>, Matrix), Problem> {
        let period = self.period.read(measure, self.interval)?;
        let snapshot = measure.snapshot()?;
        let mut plan = self.plan(measure, &snapshot, period).await?;
        plan.listed = listed;
        let plan = Arc::new(plan);
        if let Some((counts, others)) = plan.by_day().filter(|_| self.segment.is_none()) {
            let from = period.starts(self.interval).first().copied().unwrap_or(period.from);
            let days = plan.in_days.last().map_or(0, |days| days.end);
            let asked = DayQuestion { zone: measure.zone, from, days, counts, others, again: true, stop: None };
            let counting = Arc::clone(&plan);
            let parts = measure.by_day(snapshot, asked, move |part| counting.count_days(&part)).await?;
            return self.summed(measure, plan, parts).await;
        }
        let end = plan.days.start(plan.days.len()).map(|second| Timestamp::from_seconds(second.into()));
        let mut walk = Walk { from: self.from(measure, period), to: end, ..Walk::default() };
        plan.choice.prepare(&mut walk);
        if !walk.columns.is_empty() {
            walk.events = plan.choice.names();
        }
        let who = measure.population(self.segment.as_deref(), &snapshot, "segment").await?;
        let counting = Arc::clone(&plan);
        let parts = measure.walk_among(&who, snapshot, walk, move |_| Counting::new(Arc::clone(&counting))).await?;
        self.summed(measure, plan, parts.into_iter().map(Counting::into_matrix).collect()).await
    }

    /// All parts together.
    async fn summed(
        &self,
        measure: &Measure,
        plan: Arc<Plan>,
        parts: Vec<Matrix>,
    ) -> Result<(Arc<Plan>, Matrix), Problem> {
        let mut matrix = Matrix::default();
        parts.into_iter().for_each(|part| matrix.add(part));
        if matrix.cohorts.iter().all(|row| row.returned.iter().all(|returned| *returned == 0)) {
            measure.check_seen(&plan.choice).await?;
        }
        measure.check_apart(&plan.apart, &plan.values, plan.choice.names_of(1)).await?;
        Ok((plan, matrix))
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
    let (plan, matrix) = question.count(&measure, None).await?;
    let missing = measure.missing(plan.choice.names(), question.from(&measure, period))?;
    Ok(Json(RetentionAnswer { missing, ..answer(&question, &plan, &period.starts(question.interval), matrix) }))
}

fn answer(question: &RetentionQuestion, plan: &Plan, starts: &[LocalDate], mut matrix: Matrix) -> RetentionAnswer {
    let mut all = Row::default();
    let mut cohorts = Vec::with_capacity(starts.len());
    for ((start, row), place) in starts.iter().zip(&matrix.cohorts).zip(0usize..) {
        // Those that have not begun are left out.
        let open = plan.brackets.iter().position(|(_, last)| place + last >= plan.begun);
        let shown = open.unwrap_or(plan.brackets.len());
        let revenue = if plan.revenue.is_some() { &row.revenue[..shown] } else { &[] };
        cohorts.push(Cohort {
            start: *start,
            shoppers: row.shoppers,
            returned: row.returned[..shown].to_vec(),
            revenue_minor: revenue.to_vec(),
        });
    }
    matrix.cohorts.iter().for_each(|row| all.add(row));
    let not_told_apart = matrix.parts.remove(&NOT_TOLD_APART).map_or(0, |row| row.shoppers);
    let names = plan.values.list();
    let mut parts: Vec<RetentionPart> = matrix
        .parts
        .iter()
        .map(|(value, row)| RetentionPart {
            value: names.get(*value as usize).cloned().flatten(),
            shoppers: row.shoppers,
            average: shares(row),
        })
        .collect();
    parts.sort_by(|left, right| right.shoppers.cmp(&left.shoppers).then_with(|| left.value.cmp(&right.value)));
    parts.truncate(MOST_PARTS);
    RetentionAnswer {
        interval: question.interval,
        average: shares(&all),
        cohorts,
        brackets: plan.brackets.iter().map(|(from, to)| [*from, *to]).collect(),
        parts,
        not_told_apart,
        missing: Vec::new(),
    }
}

/// Of those who began long enough ago, who came back.
fn shares(row: &Row) -> Vec<Option<f64>> {
    let share = |(returned, of): (&u64, &u64)| (*of > 0).then(|| *returned as f64 / *of as f64);
    row.returned.iter().zip(&row.of).map(share).collect()
}
