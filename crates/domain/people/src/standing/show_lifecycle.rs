//! `GET /api/v1/people/lifecycle`: how many buyers are at each stage, and who moved where.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use fanvine_kernel::{LocalDate, Timestamp};
use fanvine_web::{Answer, Params, ProblemBody};
use serde::{Deserialize, Serialize};

use super::asked::{day, end_of};
use super::census::AsOf;
use super::lifecycle::{Move, Stage, moves};
use super::show_rfm::share;
use super::{Standing, StandingBasis, StandingError, StandingQuery};
use crate::shoppers::show_person::Explanation;

/// How far back to compare with, in microseconds.
const MONTH: i64 = 30 * 86_400_000_000;
/// Buyers named of each move.
const SAMPLE: usize = 5;

/// What to compare with.
#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct LifecycleQuery {
    /// The day in the shop's zone, `YYYY-MM-DD`, with whose end to compare; 30 days before the moment of the answer if
    /// absent.
    pub before: Option<String>,
}

/// Buyers by stage, and who moved where.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct LifecycleReport {
    /// What it rests on.
    #[serde(flatten)]
    pub basis: StandingBasis,
    /// The earlier day.
    #[schema(value_type = String, format = Date)]
    pub before: LocalDate,
    /// Those who had ordered.
    pub buyers: u64,
    /// Those who had by the earlier day.
    pub buyers_before: u64,
    /// Every stage. Each buyer is at one.
    pub stages: Vec<LifecycleStage>,
    /// Who went from which stage to which, or stayed; moves that nobody made are left out.
    pub moves: Vec<LifecycleMove>,
}

/// A stage.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct LifecycleStage {
    /// `new`, `growing`, `mature`, `won_back`, `at_risk`, `dormant` or `lost`.
    pub stage: &'static str,
    /// Its name.
    pub name: Explanation,
    /// Its definition: the rule of the ready-made segment.
    pub rule: &'static str,
    /// How many are at it.
    pub buyers: u64,
    /// Of all buyers, 0 to 1.
    pub share: f64,
    /// How many were at it by the earlier day.
    pub buyers_before: u64,
    /// Of all buyers then, 0 to 1.
    pub share_before: f64,
}

/// Buyers who went from one stage to another, or stayed.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct LifecycleMove {
    /// The stage by the earlier day; none for those who had not ordered yet.
    pub from: Option<&'static str>,
    /// The stage now.
    pub to: &'static str,
    /// How many.
    pub buyers: u64,
    /// Some of them, by a shopper key.
    pub sample: Vec<String>,
}

/// Show buyers by stage of life, and who moved where
///
/// The stages are those of the ready-made segments. What was cancelled since is left out of the earlier day too.
#[utoipa::path(
    get, path = "/api/v1/people/lifecycle", tag = "people", operation_id = "show_lifecycle",
    params(StandingQuery, LifecycleQuery),
    responses(
        (status = 200, description = "The stages and the moves", body = LifecycleReport),
        (status = "default", description = "A problem", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("role" = ["analyst"]))
)]
pub(crate) async fn show_lifecycle(
    State(standing): State<Arc<Standing>>,
    Params(query): Params<StandingQuery>,
    Params(lifecycle): Params<LifecycleQuery>,
) -> Answer<Json<LifecycleReport>> {
    let asked = standing.read(&query)?;
    let as_of = standing.as_of(asked).await?;
    let then = lifecycle.then(&as_of)?;
    let (now, zone) = (as_of.moment, as_of.zone);
    let census = as_of.census.clone();
    let flow = tokio::task::spawn_blocking(move || {
        let mut flow = Flow::default();
        moves(&census, then, now).for_each(|(buyer, made)| flow.add(buyer, made));
        flow
    });
    let flow = flow.await.map_err(|_| StandingError::Ended)?;
    let moves = flow.0.iter().map(|(made, buyers, sample)| LifecycleMove {
        from: made.0.map(Stage::code),
        to: made.1.code(),
        buyers: *buyers,
        sample: standing.who(&as_of.census, sample.iter().copied()).into_iter().map(|(_, key)| key).collect(),
    });
    Ok(Json(LifecycleReport {
        basis: (&*as_of).into(),
        before: zone.date_of(then),
        buyers: flow.sum(|_| true),
        buyers_before: flow.sum(|(from, _)| from.is_some()),
        stages: Stage::ALL.iter().filter_map(|stage| flow.stage(*stage)).collect(),
        moves: moves.collect(),
    }))
}

impl LifecycleQuery {
    /// The earlier moment.
    pub(super) fn then(&self, as_of: &AsOf) -> Result<Timestamp, StandingError> {
        let before = self.before.as_deref().map(|text| day("before", text)).transpose()?;
        let then = before.map_or(as_of.moment.plus_micros(-MONTH), |day| end_of(day, as_of.zone));
        if then >= as_of.moment {
            let latest = as_of.day.plus_days(-1);
            return Err(StandingError::Later { name: "before", day: as_of.zone.date_of(then), latest });
        }
        Ok(then)
    }
}

/// Every move that was made: how many made it, and the places of some of them in the census.
#[derive(Default)]
struct Flow(Vec<(Move, u64, Vec<usize>)>);

impl Flow {
    fn add(&mut self, buyer: usize, made: Move) {
        // There are at most 56.
        let place = self.0.iter().position(|(other, ..)| *other == made).unwrap_or_else(|| {
            self.0.push((made, 0, Vec::new()));
            self.0.len() - 1
        });
        if let Some((_, count, sample)) = self.0.get_mut(place) {
            *count += 1;
            if sample.len() < SAMPLE {
                sample.push(buyer);
            }
        }
    }

    fn sum(&self, wanted: impl Fn(Move) -> bool) -> u64 {
        self.0.iter().filter(|(made, ..)| wanted(*made)).map(|(_, count, _)| count).sum()
    }

    fn stage(&self, stage: Stage) -> Option<LifecycleStage> {
        let ready = stage.ready()?;
        let buyers = self.sum(|(_, to)| to == stage);
        let buyers_before = self.sum(|(from, _)| from == Some(stage));
        Some(LifecycleStage {
            stage: stage.code(),
            name: Explanation { en: ready.english.into(), zh: ready.chinese.into() },
            rule: ready.text,
            buyers,
            share: share(buyers as f64, self.sum(|_| true) as f64),
            buyers_before,
            share_before: share(buyers_before as f64, self.sum(|(from, _)| from.is_some()) as f64),
        })
    }
}
