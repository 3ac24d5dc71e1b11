//! A point of an answer, and who is behind it.

use fanvine_kernel::{Code, Problem};
use roaring::RoaringBitmap;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::Measure;
use crate::active::ActiveGroup;
use crate::active::ask::ActiveQuestion;
use crate::attribution::ask::BehindAttributed;
use crate::correlation::ask::BehindCorrelate;
use crate::funnel::Listed as FunnelListed;
use crate::funnel::ask::FunnelQuestion;
use crate::paths::Listed as PathsListed;
use crate::paths::ask::PathsQuestion;
use crate::retention::Listed as RetentionListed;
use crate::retention::ask::RetentionQuestion;
use crate::trends::answer::PartKind;
use crate::trends::ask::TrendsQuestion;

/// A point of an answer.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Behind {
    /// Who took a step of a funnel, or took it and none after.
    Funnel(Box<BehindFunnel>),
    /// Who is in a cohort, or came back in one of its intervals, or did not.
    Retention(Box<BehindRetention>),
    /// Who was active.
    Active(Box<BehindActive>),
    /// Who took a path, or a step from one event to another.
    Paths(Box<BehindPaths>),
    /// Who did what a point of a trend counts.
    Trends(Box<BehindTrends>),
    /// Whose conversions had a touch of a channel, campaign or other value.
    Attribution(Box<BehindAttributed>),
    /// Who has what goes along with converting.
    Correlation(Box<BehindCorrelate>),
}

/// Of a funnel.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct BehindFunnel {
    /// The funnel.
    pub question: FunnelQuestion,
    /// The step, counted from 1.
    pub step: usize,
    /// Whether only who took none after it.
    #[serde(default)]
    pub dropped: bool,
}

/// Of retention.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct BehindRetention {
    /// The question.
    pub question: RetentionQuestion,
    /// The cohort's first day, `YYYY-MM-DD`.
    pub cohort: String,
    /// The place of the interval after, or bracket, in the answer, from 0; none for the whole cohort.
    #[serde(default)]
    pub bracket: Option<usize>,
    /// Whether who came back, or who did not.
    #[serde(default = "yes")]
    pub came: bool,
}

fn yes() -> bool {
    true
}

/// Of active shoppers.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct BehindActive {
    /// The question.
    pub question: ActiveQuestion,
    /// The interval's first day, `YYYY-MM-DD`.
    pub start: String,
    /// Which of them.
    pub group: ActiveGroup,
}

/// Of paths.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct BehindPaths {
    /// The question.
    pub question: PathsQuestion,
    /// The first events of the path, or all of them.
    #[serde(default)]
    pub path: Option<Vec<String>>,
    /// A step from one event to another.
    #[serde(default)]
    pub link: Option<BehindLink>,
}

/// A step of paths.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct BehindLink {
    /// The place of the first of the two events, from 0.
    pub step: usize,
    /// The event.
    pub from: String,
    /// The event after it; none where the path ends.
    #[serde(default)]
    pub to: Option<String>,
}

/// Of a trend.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct BehindTrends {
    /// The trend.
    pub question: TrendsQuestion,
    /// The place of the series, from 0.
    #[serde(default)]
    pub series: usize,
    /// The interval, as in `starts` of the answer; none for the whole period.
    #[serde(default)]
    pub start: Option<String>,
    /// Which part; by default everything.
    #[serde(default = "everything")]
    pub kind: PartKind,
    /// The part's value, or segment.
    #[serde(default)]
    pub value: Option<String>,
}

fn everything() -> PartKind {
    PartKind::All
}

fn nowhere(text: String, at: &str) -> Problem {
    Problem::new(Code::InvalidParameter, text).at(at)
}

impl Behind {
    /// The numbers of those behind it.
    ///
    /// # Errors
    /// The answer has no such point, or the question cannot be answered.
    pub async fn people(&self, measure: &Measure) -> Result<RoaringBitmap, Problem> {
        match self {
            Self::Funnel(behind) => behind.people(measure).await,
            Self::Retention(behind) => behind.people(measure).await,
            Self::Active(behind) => behind.people(measure).await,
            Self::Paths(behind) => behind.people(measure).await,
            Self::Attribution(behind) => behind.people(measure).await,
            Self::Correlation(behind) => behind.people(measure).await,
            Self::Trends(behind) => {
                let BehindTrends { question, series, start, kind, value } = &**behind;
                question.people(measure, *series, start.as_deref(), *kind, value.as_deref()).await
            }
        }
    }
}

impl BehindFunnel {
    async fn people(&self, measure: &Measure) -> Result<RoaringBitmap, Problem> {
        let (step, steps) = (self.step, self.question.steps.len());
        if !(1..=steps).contains(&step) {
            return Err(nowhere(format!("`step` is {step}; there are steps 1 to {steps}"), "of.funnel.step"));
        }
        let listed = if self.dropped { FunnelListed::Dropped(step) } else { FunnelListed::Reached(step) };
        Ok(self.question.count(measure, Some(listed)).await?.1.listed)
    }
}

impl BehindRetention {
    async fn people(&self, measure: &Measure) -> Result<RoaringBitmap, Problem> {
        let starts = self.question.period.read(measure, self.question.interval)?.starts(self.question.interval);
        let Some(cohort) = starts.iter().position(|start| start.to_string() == self.cohort) else {
            return Err(nowhere(format!("no cohort begins on `{}`", self.cohort), "of.retention.cohort"));
        };
        let listed = RetentionListed { cohort, bracket: self.bracket.map(|bracket| (bracket, self.came)) };
        Ok(self.question.count(measure, Some(listed)).await?.1.listed)
    }
}

impl BehindActive {
    async fn people(&self, measure: &Measure) -> Result<RoaringBitmap, Problem> {
        let asked = self.question.read(measure)?;
        let Some(place) = asked.shown.iter().position(|start| start.to_string() == self.start) else {
            return Err(nowhere(format!("no interval begins on `{}`", self.start), "of.active.start"));
        };
        let snapshot = measure.snapshot()?;
        let choice = self.question.choice(measure, &snapshot)?;
        let parts = self.question.mark(measure, &asked, snapshot, choice).await?;
        let of = parts.iter().map(|part| asked.plan.people(part, asked.before + place, self.group));
        Ok(of.fold(RoaringBitmap::new(), |all, part| all | part))
    }
}

impl BehindPaths {
    async fn people(&self, measure: &Measure) -> Result<RoaringBitmap, Problem> {
        let counted = self.question.count(measure, |snapshot| {
            let code = |name: &String, at: &str| {
                snapshot.event_code(name).ok_or_else(|| nowhere(format!("no event is called `{name}`"), at))
            };
            Ok(Some(match (&self.path, &self.link) {
                (Some(path), None) => {
                    PathsListed::Path(path.iter().map(|name| code(name, "of.paths.path")).collect::<Result<_, _>>()?)
                }
                (None, Some(BehindLink { step, from, to })) => PathsListed::Link {
                    step: *step,
                    from: code(from, "of.paths.link.from")?,
                    to: to.as_ref().map(|to| code(to, "of.paths.link.to")).transpose()?,
                },
                _ => {
                    return Err(nowhere("name a `path` or a `link`, and not both".to_owned(), "of.paths"));
                }
            }))
        });
        Ok(counted.await?.listed)
    }
}
