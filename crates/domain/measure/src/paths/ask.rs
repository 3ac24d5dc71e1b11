//! `POST /api/v1/insights/paths`: what shoppers do after, or before, an event.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use fanvine_kernel::{Code, Problem};
use fanvine_lake::{Snapshot, Walk};
use fanvine_web::{Answer, Body};
use roaring::RoaringBitmap;
use rustc_hash::FxHashMap;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::count::{Anchor, Counting, Listed, MOST_STEPS, NONE, Path, Plan};
use crate::Measure;
use crate::overview::Interval;
use crate::walks::choice::Choice;
use crate::walks::events::AskedEvents;
use crate::walks::missing::MissingEvents;
use crate::walks::period::AskedPeriod;

/// Which paths.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PathsQuestion {
    /// Paths begin with the first of these events in a session; by default with the session.
    #[serde(default)]
    pub start: Option<AskedEvents>,
    /// Paths end with the first of these events in a session. Not together with `start`.
    #[serde(default)]
    pub end: Option<AskedEvents>,
    /// Only these events are looked at; by default all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub events: Option<AskedEvents>,
    /// Only people who belong to this segment now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub segment: Option<String>,
    /// The most events of a path, 2 to 10; by default five.
    #[serde(default = "five")]
    pub steps: usize,
    /// A pause of so many seconds ends a session; by default half an hour.
    #[serde(default = "half_an_hour")]
    pub gap_s: u32,
    /// Whether repeated events are one; by default yes.
    #[serde(default = "yes")]
    pub fold: bool,
    /// How many paths are listed, at most 200; by default 20.
    #[serde(default = "twenty")]
    pub limit: usize,
    /// When.
    #[serde(flatten)]
    pub period: AskedPeriod,
}

fn five() -> usize {
    5
}

fn half_an_hour() -> u32 {
    1_800
}

fn yes() -> bool {
    true
}

fn twenty() -> usize {
    20
}

/// A path and how often it was taken.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct PathCount {
    /// Its events.
    pub events: Vec<String>,
    /// Sessions.
    pub sessions: u64,
}

/// From one place of paths to the next.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct PathLink {
    /// The place of the first of the two events, from 0; where paths end with an event, from the first of its path.
    pub step: usize,
    /// The event.
    pub from: String,
    /// The event after it; none where the path ends.
    pub to: Option<String>,
    /// Sessions.
    pub sessions: u64,
}

/// Paths, those taken most first.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct PathsAnswer {
    /// Sessions with a path.
    pub sessions: u64,
    /// How many different paths there are.
    pub different: usize,
    /// Sessions whose paths could not be told apart, for there are too many; they are in `sessions` only.
    pub not_told_apart: u64,
    /// The paths taken most.
    pub paths: Vec<PathCount>,
    /// All steps from event to event, for a Sankey diagram.
    pub links: Vec<PathLink>,
    /// What of its events is no longer kept, where it reaches back so far.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub missing: Vec<MissingEvents>,
}

impl PathsQuestion {
    fn plan(&self, measure: &Measure, snapshot: &Snapshot) -> Result<Plan, Problem> {
        let wrong = |text: String, at: &str| Err(Problem::new(Code::InvalidParameter, text).at(at));
        if !(2..=MOST_STEPS).contains(&self.steps) {
            return wrong(format!("`steps` is {}; a path has 2 to {MOST_STEPS}", self.steps), "steps");
        }
        if self.gap_s == 0 {
            return wrong("`gap_s` is 0; a pause takes at least a second".to_owned(), "gap_s");
        }
        if self.limit == 0 || self.limit > 200 {
            return wrong(format!("`limit` is {}; it may be 1 to 200", self.limit), "limit");
        }
        let (anchor, names, at) = match (&self.start, &self.end) {
            (Some(_), Some(_)) => return wrong("a path has a `start` or an `end`, not both".to_owned(), "end"),
            (Some(start), None) => (Anchor::Start, Some(start), "start"),
            (None, Some(end)) => (Anchor::End, Some(end), "end"),
            (None, None) => (Anchor::Beginning, None, "start"),
        };
        let mut choice = Choice::new(snapshot, measure.zone);
        if names.is_some() {
            choice.add(0, names, snapshot, at)?;
        }
        choice.add(1, self.events.as_ref(), snapshot, "events")?;
        Ok(Plan { anchor, choice, steps: self.steps, gap_s: self.gap_s, fold: self.fold, listed: None })
    }

    /// Counts, and lists whom `listed` says: the names of events are given with it.
    pub(crate) async fn count(
        &self,
        measure: &Measure,
        listed: impl FnOnce(&Snapshot) -> Result<Option<Listed>, Problem>,
    ) -> Result<Counted, Problem> {
        let period = self.period.read(measure, Interval::Month)?;
        let (from, to) = measure.moments(period);
        let snapshot = measure.snapshot()?;
        let names: Vec<String> = snapshot.event_names().map(str::to_owned).collect();
        let plan = Arc::new(Plan { listed: listed(&snapshot)?, ..self.plan(measure, &snapshot)? });
        let mut walk = Walk { from: Some(from), to: Some(to), ..Walk::default() };
        plan.choice.prepare(&mut walk);
        let who = measure.population(self.segment.as_deref(), &snapshot, "segment").await?;
        let counting = Arc::clone(&plan);
        let parts = measure.walk_among(&who, snapshot, walk, move |_| Counting::new(Arc::clone(&counting))).await?;
        let mut counted = Counted { names, ..Counted::default() };
        for part in parts {
            counted.others += part.others;
            counted.listed |= part.listed;
            match counted.paths.is_empty() {
                true => counted.paths = part.paths,
                false => {
                    part.paths.into_iter().for_each(|(path, count)| *counted.paths.entry(path).or_default() += count)
                }
            }
        }
        if counted.paths.is_empty() {
            measure.check_seen(&plan.choice).await?;
        }
        Ok(counted)
    }
}

/// What was counted of paths.
#[derive(Default)]
pub(crate) struct Counted {
    names: Vec<String>,
    paths: FxHashMap<Path, u64>,
    others: u64,
    pub(crate) listed: RoaringBitmap,
}

/// Counts paths.
#[utoipa::path(
    post, path = "/api/v1/insights/paths", tag = "measure", request_body = PathsQuestion,
    security(("role" = ["analyst"])),
    responses(
        (status = 200, body = PathsAnswer),
        (status = 400, description = "An unknown event, with near names", body = fanvine_web::ProblemBody),
        (status = 503, description = "Longer than it may take", body = fanvine_web::ProblemBody)
    )
)]
pub async fn ask_paths(
    State(measure): State<Arc<Measure>>,
    Body(question): Body<PathsQuestion>,
) -> Answer<Json<PathsAnswer>> {
    let Counted { names, paths, others, .. } = question.count(&measure, |_| Ok(None)).await?;
    let (from, _) = measure.moments(question.period.read(&measure, Interval::Month)?);
    let missing = measure.missing(None, Some(from))?;
    Ok(Json(PathsAnswer { missing, ..answer(&question, &names, &paths, others) }))
}

fn answer(question: &PathsQuestion, names: &[String], paths: &FxHashMap<Path, u64>, others: u64) -> PathsAnswer {
    // So many different names were sent that this one has no code of its own.
    let name = |code: u16| names.get(usize::from(code)).cloned().unwrap_or_else(|| "…".to_owned());
    let events = |path: &Path| path.iter().copied().take_while(|code| *code != NONE).collect::<Vec<u16>>();
    let mut links: BTreeMap<(usize, u16, Option<u16>), u64> = BTreeMap::new();
    for (path, count) in paths {
        let events = events(path);
        for (step, from) in events.iter().enumerate() {
            let to = events.get(step + 1).copied();
            if to.is_some() || step + 1 < question.steps {
                *links.entry((step, *from, to)).or_default() += count;
            }
        }
    }
    let mut taken: Vec<(&Path, u64)> = paths.iter().map(|(path, count)| (path, *count)).collect();
    taken.sort_unstable_by(|left, right| right.1.cmp(&left.1).then_with(|| left.0.cmp(right.0)));
    PathsAnswer {
        sessions: paths.values().sum::<u64>() + others,
        different: taken.len(),
        not_told_apart: others,
        paths: taken
            .iter()
            .take(question.limit)
            .map(|(path, sessions)| PathCount {
                events: events(path).into_iter().map(name).collect(),
                sessions: *sessions,
            })
            .collect(),
        links: links
            .into_iter()
            .map(|((step, from, to), sessions)| PathLink { step, from: name(from), to: to.map(name), sessions })
            .collect(),
        missing: Vec::new(),
    }
}
