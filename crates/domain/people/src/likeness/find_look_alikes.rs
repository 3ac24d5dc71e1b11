//! `POST /api/v1/people/look-alikes`: who is like the people of a seed.

use std::collections::BTreeSet;
use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use fanvine_stats::similar::{LookAlikes, Trial, look_alikes, trial};
use fanvine_stats::table::Table;
use fanvine_web::{Answer, Body, ProblemBody};
use serde::{Deserialize, Serialize};

use super::features::{COLUMNS, FEATURES, Features};
use super::{Likeness, LikenessBasis, LikenessError};
use crate::kept::away;
use crate::shoppers::show_person::Explanation;

/// Fewer in the seed tell nothing.
const LEAST: usize = 5;
/// At most so many keys of a seed are read.
const MOST_KEYS: u64 = 100_000;
const MOST: u64 = 10_000;
const USUAL: u64 = 100;
/// So many keys nobody heard of are named.
const NAMED: usize = 100;
/// How strongly the weights are held.
const RIDGE: f64 = 1.0;

/// Whom others should be like.
#[derive(Debug, Clone, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LookAlikesForm {
    /// Shopper keys of the seed, up to 100,000.
    #[serde(default)]
    pub shopper_ids: Vec<String>,
    /// The id of the segment whose members are the seed, instead.
    #[serde(default)]
    pub segment: Option<String>,
    /// At most so many are told, 1 to 10,000; 100 if absent.
    #[serde(default)]
    pub limit: Option<u64>,
    /// By which random numbers members are hidden for the trial; 1 if absent.
    #[serde(default)]
    pub random_seed: Option<u64>,
}

/// Who is like the seed.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct LookAlikesFound {
    /// What it rests on.
    #[serde(flatten)]
    pub basis: LikenessBasis,
    /// People in the seed.
    pub seed_people: usize,
    /// How many keys of the seed nobody was heard of by.
    pub unknown: usize,
    /// Some of these.
    pub unknown_shopper_ids: Vec<String>,
    /// How well members of the seed who were hidden were found again.
    pub trial: LookAlikeTrial,
    /// What parts the seed from the rest, the most telling first.
    pub traits: Vec<LookAlikeTrait>,
    /// People who are not in the seed, the most alike first.
    pub people: Vec<LookAlike>,
}

/// How well hidden members were found again: a fifth of the seed, by what was learnt from the others.
#[derive(Debug, Clone, Copy, Serialize, utoipa::ToSchema)]
pub struct LookAlikeTrial {
    /// How many were hidden.
    pub hidden: usize,
    /// How often a hidden member ranked above somebody else; 0.5 is chance.
    pub auc: f64,
    /// How many times more of them are in the first tenth of the ranking than in all of it; 1 is chance.
    pub lift: f64,
}

impl From<Trial> for LookAlikeTrial {
    fn from(Trial { hidden, auc, lift }: Trial) -> Self {
        Self { hidden, auc, lift }
    }
}

/// What parts the seed from the rest.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct LookAlikeTrait {
    /// Which feature.
    pub feature: &'static str,
    /// By how much one standard deviation of it raises the log-odds of being in the seed.
    pub weight: f64,
    /// In words.
    pub word: Explanation,
}

/// Somebody like the seed.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct LookAlike {
    /// The person's id.
    pub person_id: String,
    /// One of the person's shopper keys: ask for the person by it.
    pub shopper_id: String,
    /// How alike, 0 to 1. It ranks, and is no probability.
    pub score: f64,
}

/// Find people like those of a seed
///
/// The seed is a list of shopper keys, or the members of a segment.
#[utoipa::path(
    post, path = "/api/v1/people/look-alikes", tag = "people", operation_id = "find_look_alikes",
    request_body = LookAlikesForm,
    responses(
        (status = 200, description = "The people most alike", body = LookAlikesFound),
        (status = 409, description = "Too few people", body = ProblemBody, content_type = "application/problem+json"),
        (status = "default", description = "A problem", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("role" = ["analyst"]))
)]
pub(crate) async fn find_look_alikes(
    State(likeness): State<Arc<Likeness>>,
    Body(form): Body<LookAlikesForm>,
) -> Answer<Json<LookAlikesFound>> {
    let limit = form.limit.unwrap_or(USUAL);
    if !(1..=MOST).contains(&limit) {
        return Err(LikenessError::Number { name: "limit", value: limit, least: 1, most: MOST }.into());
    }
    let features = likeness.features(false).await?;
    let seed = likeness.seed(&features, &form)?;
    let (table, members, random) = (features.clone(), seed.places.clone(), form.random_seed.unwrap_or(1));
    let (found, how_well) = away("ranking people", move || rank(&table, &members, random)).await?;
    let top: Vec<_> = found.ranked.iter().take(limit as usize).collect();
    let who = features.who(&likeness.people, top.iter().map(|one| one.row));
    let people = who.into_iter().zip(&top).map(|((person_id, shopper_id), one)| LookAlike {
        person_id,
        shopper_id,
        score: one.score,
    });
    Ok(Json(LookAlikesFound {
        basis: (&*features).into(),
        seed_people: seed.places.len(),
        unknown: seed.unknown.len(),
        unknown_shopper_ids: seed.unknown.into_iter().take(NAMED).collect(),
        trial: how_well.into(),
        traits: traits(&found),
        people: people.collect(),
    }))
}

/// The people of a seed.
struct Seed {
    places: BTreeSet<usize>,
    unknown: Vec<String>,
}

impl Likeness {
    fn seed(&self, features: &Features, form: &LookAlikesForm) -> Result<Seed, LikenessError> {
        let keys = match (&form.segment, form.shopper_ids.as_slice()) {
            (Some(segment), []) => self
                .people
                .members_of(segment)
                .ok_or_else(|| LikenessError::Segment(segment.chars().take(64).collect()))?,
            (None, [_, ..]) => form.shopper_ids.clone(),
            _ => return Err(LikenessError::Seed),
        };
        if form.segment.is_none() && keys.len() as u64 > MOST_KEYS {
            let value = keys.len() as u64;
            return Err(LikenessError::Number { name: "shopper_ids", value, least: 1, most: MOST_KEYS });
        }
        let mut seed = Seed { places: BTreeSet::new(), unknown: Vec::new() };
        let index = self.people.identity().read();
        for key in keys {
            match features.place_of(index.person_of(&key)) {
                Some(place) => drop(seed.places.insert(place)),
                None => seed.unknown.push(key),
            }
        }
        let rest = features.len() - seed.places.len();
        if seed.places.len() < LEAST || rest < LEAST {
            return Err(LikenessError::TooFewInSeed { seed: seed.places.len(), rest, least: LEAST });
        }
        Ok(seed)
    }
}

fn rank(features: &Features, seed: &BTreeSet<usize>, random: u64) -> Result<(LookAlikes, Trial), LikenessError> {
    let values = features.scaled(features.len());
    let table = Table::new(&values, COLUMNS)?;
    let members: Vec<bool> = (0..features.len()).map(|place| seed.contains(&place)).collect();
    Ok((look_alikes(&table, &members, RIDGE)?, trial(&table, &members, RIDGE, random)?))
}

fn traits(found: &LookAlikes) -> Vec<LookAlikeTrait> {
    let weighed = found.model.weights.iter().zip(&FEATURES);
    let mut traits: Vec<LookAlikeTrait> = weighed
        .map(|(weight, feature)| LookAlikeTrait {
            feature: feature.name,
            weight: *weight,
            word: feature.word(*weight).into(),
        })
        .collect();
    traits.sort_by(|one, two| two.weight.abs().total_cmp(&one.weight.abs()));
    traits
}
