//! `POST /api/v1/insights/funnel`: how many get from step to step.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use fanvine_kernel::{Code, LocalDate, Problem, Timestamp};
use fanvine_lake::{Days, Snapshot, Walk};
use fanvine_web::{Answer, Body};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::chain::{Chains, MOST_STEPS, Order};
use super::count::{Counting, EXCLUSIONS, Listed, Plan, Tally};
use super::entries::Counted;
use crate::Measure;
use crate::overview::{Interval, Period};
use crate::walks::choice::Choice;
use crate::walks::events::{AskedEvents, EventNames};
use crate::walks::field::Field;
use crate::walks::missing::MissingEvents;
use crate::walks::period::AskedPeriod;
use crate::walks::values::{NOT_TOLD_APART, Values};

/// A step of a funnel.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AskedStep {
    /// These events are the step.
    pub events: AskedEvents,
    /// Whether it may be left out. The first and the last may not.
    #[serde(default)]
    pub optional: bool,
}

/// What must not happen between two steps.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AskedExclusion {
    /// These events.
    pub events: AskedEvents,
    /// After this step, counted from 1; by default the first.
    #[serde(default)]
    pub after: Option<usize>,
    /// Before this step; by default the last.
    #[serde(default)]
    pub before: Option<usize>,
}

/// A funnel.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct FunnelQuestion {
    /// Two to twenty steps.
    pub steps: Vec<AskedStep>,
    /// How they must follow one another.
    #[serde(default)]
    pub order: Order,
    /// The most seconds from the first step to the last; by default a week.
    #[serde(default = "a_week")]
    pub within_s: u32,
    /// What ends a chain. Only where steps are `ordered`.
    #[serde(default)]
    pub exclude: Vec<AskedExclusion>,
    /// A field that must be the same in all events of a chain: `product_id`, `session_id`, `properties.…`.
    #[serde(default)]
    pub same: Option<String>,
    /// By what shoppers are told apart: a field of the first event, `channel`, `campaign`, `properties.…`; what the
    /// catalogue says of its product, `product.category` …; or what is known of the person now, `trait.…`, `value.…`.
    #[serde(default)]
    pub break_down: Option<String>,
    /// Segments by which people are told apart, at most twenty; not together with `break_down`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub segments: Vec<String>,
    /// Only people who belong to this segment now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub segment: Option<String>,
    /// Also tells how far chains got by when they began: by day, week or month.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trend: Option<Interval>,
    /// Lists the people who reached exactly so many steps, at most a thousand.
    #[serde(default)]
    pub people_at: Option<usize>,
    /// Whether shoppers are counted, or each time they enter.
    #[serde(default)]
    pub counted: Counted,
    /// When chains begin.
    #[serde(flatten)]
    pub period: AskedPeriod,
}

fn a_week() -> u32 {
    7 * 86_400
}

/// One step's figures.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct FunnelStep {
    /// The names of the events that are the step; none if any event is.
    pub events: Vec<String>,
    /// Distinct shoppers who got so far; entries that did, where these are counted.
    pub shoppers: u64,
    /// Of those who took the first step, 0 to 1; none where nobody did.
    pub of_first: Option<f64>,
    /// Of those who got to the last step before it that may not be left out; none where nobody did.
    pub of_previous: Option<f64>,
    /// Half of them took at most so long from their first step, seconds.
    pub median_s: Option<u32>,
    /// On average from their first step, seconds.
    pub mean_s: Option<f64>,
    /// How long they took: shoppers by bounds that double, see `FunnelAnswer.bounds_s`.
    pub times: Vec<u64>,
}

/// The funnel of those who have one value.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct FunnelPart {
    /// The value; none for those without.
    pub value: Option<String>,
    /// Shoppers who reached each step.
    pub shoppers: Vec<u64>,
}

/// The funnel of the chains that begin in one interval.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct FunnelPoint {
    /// The interval's first day.
    #[schema(value_type = String, format = Date)]
    pub start: LocalDate,
    /// Shoppers who reached each step.
    pub shoppers: Vec<u64>,
}

/// A funnel's figures.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct FunnelAnswer {
    /// What is counted: where it is entries, `shoppers` are entries everywhere.
    pub counted: Counted,
    /// The steps.
    pub steps: Vec<FunnelStep>,
    /// Of those who took the first step, how many took the last, 0 to 1.
    pub conversion: Option<f64>,
    /// What `times` are counted by: up to so many seconds each, the last without end.
    pub bounds_s: Vec<u32>,
    /// By value of the asked field, those with most shoppers first, at most a hundred.
    pub parts: Vec<FunnelPart>,
    /// How many values there are in all, of those told apart.
    pub values: usize,
    /// Shoppers with values that were not told apart, for there are too many: they took the first step.
    pub not_told_apart: u64,
    /// By when chains began, if that was asked; a shopper counts once in each interval.
    pub trend: Vec<FunnelPoint>,
    /// The shopper keys asked for with `people_at`, in no order.
    pub people: Vec<String>,
    /// What of its events is no longer kept, where it reaches back so far.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub missing: Vec<MissingEvents>,
}

/// The bounds of times: a minute, ten, an hour, six, a day, three, a week, a month.
const BOUNDS_S: [u32; 8] = [60, 600, 3_600, 21_600, 86_400, 259_200, 604_800, 2_592_000];
/// So many values are told apart.
const MOST_PARTS: usize = 100;
/// So many people are listed at most.
const MOST_LISTED: usize = 1_000;
/// The longest window.
const MOST_SECONDS: u32 = 366 * 86_400;

fn wrong(text: impl Into<String>, at: impl Into<String>) -> Problem {
    Problem::new(Code::InvalidParameter, text.into()).at(at.into())
}

impl FunnelQuestion {
    fn check(&self) -> Result<(), Problem> {
        let steps = self.steps.len();
        if !(2..=MOST_STEPS).contains(&steps) {
            return Err(wrong(format!("a funnel has 2 to {MOST_STEPS} steps, not {steps}"), "steps"));
        }
        if self.within_s == 0 || self.within_s > MOST_SECONDS {
            let text = format!("`within_s` is {}; it may be 1 to {MOST_SECONDS} seconds", self.within_s);
            return Err(wrong(text, "within_s"));
        }
        for end in [0, steps - 1] {
            if self.steps[end].optional {
                return Err(wrong(
                    format!("step {} may not be left out: it is an end", end + 1),
                    format!("steps.{end}"),
                ));
            }
        }
        if self.order == Order::Any && self.steps.iter().any(|step| step.optional) {
            return Err(wrong("where steps come in any order none is optional", "order"));
        }
        if self.order == Order::Any && self.counted == Counted::Entries {
            return Err(wrong("where steps come in any order, nothing begins an entry: count shoppers", "counted"));
        }
        if self.order != Order::Ordered && !self.exclude.is_empty() {
            return Err(wrong("exclusions are only for steps that are `ordered`", "exclude"));
        }
        if self.exclude.len() > 32 {
            return Err(wrong(format!("at most 32 exclusions, not {}", self.exclude.len()), "exclude"));
        }
        match self.people_at {
            Some(at) if at == 0 || at > steps => {
                Err(wrong(format!("`people_at` is {at}; there are steps 1 to {steps}"), "people_at"))
            }
            _ => Ok(()),
        }
    }

    /// The question in terms of the lake's codes.
    async fn plan(&self, measure: &Measure, snapshot: &Snapshot, period: Period) -> Result<Plan, Problem> {
        self.check()?;
        let (from, to) = measure.moments(period);
        let mut choice = Choice::new(snapshot, measure.zone);
        for (place, step) in self.steps.iter().enumerate() {
            choice.add(place, Some(&step.events), snapshot, &format!("steps.{place}.events"))?;
        }
        let mut excluded = Vec::new();
        for (place, exclusion) in self.exclude.iter().enumerate() {
            let (after, before) = (exclusion.after.unwrap_or(1), exclusion.before.unwrap_or(self.steps.len()));
            if after == 0 || after >= before || before > self.steps.len() {
                let text = format!(
                    "after step {after} and before step {before} there is nothing of {} steps",
                    self.steps.len()
                );
                return Err(wrong(text, format!("exclude.{place}")));
            }
            excluded.push((after - 1, before - 1));
            choice.add(EXCLUSIONS + place, Some(&exclusion.events), snapshot, &format!("exclude.{place}.events"))?;
        }
        let optional = self.steps.iter().enumerate().filter(|(_, step)| step.optional);
        let field = |text: &Option<String>, at| text.as_deref().map(|text| Field::parse(text, at)).transpose();
        let chains = Chains {
            steps: self.steps.len(),
            order: self.order,
            within_s: self.within_s,
            optional: optional.fold(0, |steps, (place, _)| steps | 1 << place),
            excluded,
            to_s: u32::try_from(to.micros().div_euclid(1_000_000)).unwrap_or(u32::MAX),
        };
        let (same, values) = (field(&self.same, "same")?, Arc::new(Values::default()));
        same.iter().for_each(|same| choice.also(u64::MAX, same));
        let apart = measure.apart(self.break_down.as_deref(), &self.segments, snapshot, &values).await?;
        apart.read_with(&mut choice, 1);
        let trend = self.trend.map(|interval| {
            let mut starts = period.starts(interval);
            starts.extend(starts.last().map(|last| interval.after(*last)));
            Days::of(measure.zone, starts)
        });
        let listed = self.people_at.map(Listed::Dropped);
        let plan = Plan { chains, choice, straight: None, same, apart, trend, listed, counted: self.counted, values };
        // The quick way takes 1970 for never.
        let never = Timestamp::from_seconds(i64::from(self.within_s) + 1);
        Ok(if from < never || self.counted == Counted::Entries { plan } else { plan.with_straight() })
    }

    fn walk(&self, plan: &Plan, from: Timestamp, to: Timestamp) -> Walk {
        let mut walk = Walk {
            from: Some(from),
            to: Some(Timestamp::from_micros(to.micros() + i64::from(self.within_s) * 1_000_000)),
            ..Walk::default()
        };
        plan.choice.prepare(&mut walk);
        // Where nothing may come in between, everything has to be looked at. Where no other column is read, passing
        // over an event in the walk costs more than in the count.
        if self.order != Order::Strict && !walk.columns.is_empty() {
            walk.events = plan.choice.names();
        }
        walk
    }

    /// Counts, and lists whom `listed` says instead of whom the question does.
    pub(crate) async fn count(&self, measure: &Measure, listed: Option<Listed>) -> Result<(Arc<Plan>, Tally), Problem> {
        let period: Period = self.period.read(measure, Interval::Month)?;
        if let Some(interval) = self.trend {
            Period::new(period.from, period.to, interval)?;
        }
        let (from, to) = measure.moments(period);
        let snapshot = measure.snapshot()?;
        let mut plan = self.plan(measure, &snapshot, period).await?;
        plan.listed = listed.or(plan.listed);
        let plan = Arc::new(plan);
        let who = measure.population(self.segment.as_deref(), &snapshot, "segment").await?;
        let walk = self.walk(&plan, from, to);
        let counting = Arc::clone(&plan);
        let parts = measure.walk_among(&who, snapshot, walk, move |_| Counting::new(Arc::clone(&counting))).await?;
        let mut tally = Tally::default();
        parts.into_iter().for_each(|part| tally.add(part.tally));
        if (0..plan.chains.steps).any(|step| tally.shoppers[step] == 0) {
            measure.check_seen(&plan.choice).await?;
        }
        measure.check_apart(&plan.apart, &plan.values, plan.choice.names_of(1)).await?;
        Ok((plan, tally))
    }
}

/// Counts a funnel over everybody.
#[utoipa::path(
    post, path = "/api/v1/insights/funnel", tag = "measure", request_body = FunnelQuestion,
    security(("role" = ["analyst"])),
    responses(
        (status = 200, body = FunnelAnswer),
        (status = 400, description = "An unknown event, with near names; steps that cannot be", body = fanvine_web::ProblemBody),
        (status = 503, description = "Longer than it may take", body = fanvine_web::ProblemBody)
    )
)]
pub async fn ask_funnel(
    State(measure): State<Arc<Measure>>,
    Body(question): Body<FunnelQuestion>,
) -> Answer<Json<FunnelAnswer>> {
    let (plan, tally) = question.count(&measure, None).await?;
    let listed: Vec<u32> = tally.listed.iter().take(MOST_LISTED).collect();
    let people = measure.names_of(&listed).await?;
    let starts = match question.trend {
        Some(interval) => question.period.read(&measure, interval)?.starts(interval),
        None => Vec::new(),
    };
    let (from, _) = measure.moments(question.period.read(&measure, Interval::Month)?);
    let missing = measure.missing(plan.choice.names(), Some(from))?;
    Ok(Json(FunnelAnswer { missing, ..answer(&question, &plan, tally, &starts, people) }))
}

fn answer(
    question: &FunnelQuestion,
    plan: &Plan,
    mut tally: Tally,
    starts: &[LocalDate],
    people: Vec<String>,
) -> FunnelAnswer {
    let share = |part: u64, of: u64| (of > 0).then(|| part as f64 / of as f64);
    let steps = question.steps.len();
    let mut previous = tally.shoppers[0];
    let mut figures = Vec::with_capacity(steps);
    for (place, step) in question.steps.iter().enumerate() {
        let shoppers = tally.shoppers[place];
        let mut times = tally.after_s.get_mut(place).map(std::mem::take).unwrap_or_default();
        let mut counted = vec![0; BOUNDS_S.len() + 1];
        times.iter().for_each(|time| counted[BOUNDS_S.partition_point(|bound| bound < time)] += 1);
        let total: u64 = times.iter().map(|time| u64::from(*time)).sum();
        let middle = times.len() / 2;
        let median = (!times.is_empty()).then(|| *times.select_nth_unstable(middle).1);
        figures.push(FunnelStep {
            events: step.events.names().map(|EventNames(names)| names.clone()).unwrap_or_default(),
            shoppers,
            of_first: share(shoppers, tally.shoppers[0]),
            of_previous: share(shoppers, previous),
            median_s: median,
            mean_s: share(total, times.len() as u64),
            times: counted,
        });
        if !step.optional {
            previous = shoppers;
        }
    }
    let not_told_apart = tally.parts.remove(&NOT_TOLD_APART).map_or(0, |shoppers| shoppers[0]);
    let (values, names) = (tally.parts.len(), plan.values.list());
    let mut parts: Vec<FunnelPart> = tally
        .parts
        .into_iter()
        .map(|(value, shoppers)| FunnelPart {
            value: names.get(value as usize).cloned().flatten(),
            shoppers: shoppers[..steps].to_vec(),
        })
        .collect();
    parts.sort_by(|left, right| right.shoppers.cmp(&left.shoppers).then_with(|| left.value.cmp(&right.value)));
    parts.truncate(MOST_PARTS);
    FunnelAnswer {
        conversion: share(tally.shoppers[steps - 1], tally.shoppers[0]),
        counted: question.counted,
        steps: figures,
        bounds_s: BOUNDS_S.to_vec(),
        parts,
        values,
        not_told_apart,
        trend: starts
            .iter()
            .zip(&tally.trend)
            .map(|(start, shoppers)| FunnelPoint { start: *start, shoppers: shoppers[..steps].to_vec() })
            .collect(),
        people,
        missing: Vec::new(),
    }
}
