//! How a contest stands: `GET /api/v1/contests/{contest_id}/standings` and `…/entrants/{shopper_id}`.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use fanvine_kernel::Timestamp;
use fanvine_store::Tx;
use fanvine_web::{Answer, Params, ProblemBody, Segment};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::store::{self, Entrant, Spot};
use super::{Open, WHAT, masked};
use crate::Promote;
use crate::plays::Gift;
use crate::plays::{PlayError, runs};

/// Most that are ranked in one answer.
const MOST: u32 = 500;

/// In what part somebody takes part.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum EntrantState {
    /// They are ranked once they have the least score.
    In,
    /// They left.
    Left,
    /// The shop excluded them.
    Excluded,
    /// They are the same person as somebody who joined before.
    Double,
    /// They were erased.
    Erased,
}

impl EntrantState {
    const ALL: [Self; 5] = [Self::In, Self::Left, Self::Excluded, Self::Double, Self::Erased];

    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::In => "in",
            Self::Left => "left",
            Self::Excluded => "excluded",
            Self::Double => "double",
            Self::Erased => "erased",
        }
    }

    pub(crate) fn named(name: &str) -> Self {
        Self::ALL.into_iter().find(|one| one.as_str() == name).unwrap_or(Self::Erased)
    }
}

/// Somebody in their place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct RankedEntrant {
    /// Their place, from 1.
    pub place: i64,
    /// Their number among those who take part, by when they joined.
    pub number: i64,
    /// Who; null for who was erased.
    pub shopper_id: Option<String>,
    /// What they scored; money in minor units.
    pub score: i64,
    /// Since when: the moment of the last of what counts.
    #[schema(value_type = String, format = DateTime)]
    pub reached_at: Timestamp,
    /// What the place gets, if it gets anything.
    pub prize: Option<Gift>,
    /// The coupon that was given for it, if it was one.
    pub coupon_id: Option<String>,
}

/// How a contest stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct Standings {
    /// The contest.
    pub contest_id: String,
    /// Whether this is final.
    pub settled: bool,
    /// The SHA-256 of the final standings, in base 16; null before.
    pub digest: Option<String>,
    /// Who is ranked, by score; of as high ones, who reached it first; of those, who joined first.
    pub entrants: Vec<RankedEntrant>,
    /// Ask again with this as `after` for more; null if there are none.
    pub next: Option<i64>,
}

/// A place as everybody sees it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct FinalStanding {
    /// Their place, from 1.
    pub place: i64,
    /// Their number among those who take part, by when they joined.
    pub number: i64,
    /// Who, masked: `a***9`; null for who was erased.
    pub name: Option<String>,
    /// What they scored; money in minor units.
    pub score: i64,
    /// Since when.
    #[schema(value_type = String, format = DateTime)]
    pub reached_at: Timestamp,
}

impl RankedEntrant {
    /// As everybody sees it.
    pub(crate) fn public(self) -> FinalStanding {
        let Self { place, number, shopper_id, score, reached_at, .. } = self;
        FinalStanding { place, number, name: shopper_id.as_deref().map(masked), score, reached_at }
    }

    /// The line of a place in the final standings, of which the digest is made: it names nobody.
    pub(super) fn line(&self) -> String {
        format!("{},{},{},{}", self.place, self.number, self.score, self.reached_at.micros())
    }
}

/// Whoever is next before somebody.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct Ahead {
    /// Their place.
    pub place: i64,
    /// Who, masked: `a***9`; null for who was erased.
    pub name: Option<String>,
    /// What they scored.
    pub score: i64,
    /// What is missing to overtake them.
    pub missing: i64,
}

/// Somebody who takes part.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct EntrantView {
    /// The contest.
    pub contest_id: String,
    /// Their number among those who take part, by when they joined.
    pub number: i64,
    /// Under which key they take part.
    pub shopper_id: String,
    /// In what part.
    pub state: EntrantState,
    /// What they scored; money in minor units.
    pub score: i64,
    /// Since when; null before they scored.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub reached_at: Option<Timestamp>,
    /// Their place; null while they are not ranked.
    pub place: Option<i64>,
    /// What it gets, or would if nothing changed.
    pub prize: Option<Gift>,
    /// The coupon that was given for it, if it was one.
    pub coupon_id: Option<String>,
    /// Whoever is next before them; null for the first, and for who is not ranked.
    pub ahead: Option<Ahead>,
    /// When they joined.
    #[schema(value_type = String, format = DateTime)]
    pub joined_at: Timestamp,
    /// When they left, if they did.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub left_at: Option<Timestamp>,
    /// When they were excluded, if they are.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub excluded_at: Option<Timestamp>,
    /// By whom.
    pub excluded_by: Option<String>,
    /// Why.
    pub reason: Option<String>,
}

/// Which places.
#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct StandingsQuery {
    /// Only those behind this place.
    pub after: Option<i64>,
    /// At most this many; 100 if absent, 500 at most.
    pub limit: Option<u32>,
}

/// Show how a contest stands
///
/// While it goes on, as it was counted last; once it is settled, final.
#[utoipa::path(
    get, path = "/api/v1/contests/{contest_id}/standings", tag = "promote", operation_id = "show_contest_standings",
    params(("contest_id" = String, Path, description = "The contest"), StandingsQuery),
    responses(
        (status = 200, description = "Who is ranked", body = Standings),
        (status = "default", description = "A problem", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("role" = ["analyst"]))
)]
pub(crate) async fn show_contest_standings(
    State(promote): State<Arc<Promote>>,
    Segment(contest_id): Segment<String>,
    Params(wanted): Params<StandingsQuery>,
) -> Answer<Json<Standings>> {
    Ok(Json(promote.contest_standings(&contest_id, wanted).await?))
}

/// Show somebody in a contest
///
/// By any key of the person.
#[utoipa::path(
    get, path = "/api/v1/contests/{contest_id}/entrants/{shopper_id}", tag = "promote",
    operation_id = "show_contest_entrant",
    params(
        ("contest_id" = String, Path, description = "The contest"),
        ("shopper_id" = String, Path, description = "The shop's number for the shopper"),
    ),
    responses(
        (status = 200, description = "How they stand", body = EntrantView),
        (status = "default", description = "A problem", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("role" = ["analyst"]))
)]
pub(crate) async fn show_contest_entrant(
    State(promote): State<Arc<Promote>>,
    Segment((contest_id, shopper_id)): Segment<(String, String)>,
) -> Answer<Json<EntrantView>> {
    Ok(Json(promote.contest_entrant(&contest_id, &shopper_id).await?))
}

impl Promote {
    /// How a contest stands.
    pub async fn contest_standings(&self, contest_id: &str, wanted: StandingsQuery) -> Result<Standings, PlayError> {
        let (after, limit) = (wanted.after.unwrap_or(0).max(0), wanted.limit.unwrap_or(100).clamp(1, MOST));
        let id = contest_id.to_owned();
        let read = self.store.read(|tx| {
            Box::pin(async move {
                let open = opened(tx, &id).await?;
                let settled = store::settled(tx, &id).await?;
                let found = match settled {
                    Some(_) => store::final_board(tx, &id, after, limit).await?,
                    None => store::board(tx, &id, open.rules.least, after, limit).await?,
                };
                Ok::<_, PlayError>((open, settled, found))
            })
        });
        let (open, settled, found) = read.await?;
        let full = found.len() == limit as usize;
        let shown = |(place, entrant): (i64, Entrant)| {
            let erased = self.was_erased(&entrant);
            let one = ranked(&open, place, entrant);
            RankedEntrant { shopper_id: one.shopper_id.filter(|_| !erased), ..one }
        };
        let entrants: Vec<RankedEntrant> = (after.saturating_add(1)..).zip(found).map(shown).collect();
        let next = entrants.last().filter(|_| full).map(|last| last.place);
        let (contest_id, digest) = (contest_id.to_owned(), settled.map(|settled| settled.digest));
        Ok(Standings { contest_id, settled: digest.is_some(), digest, entrants, next })
    }

    /// Somebody in a contest, by any key of the person.
    pub async fn contest_entrant(&self, contest_id: &str, shopper_id: &str) -> Result<EntrantView, PlayError> {
        let found = self.entrant_of(contest_id, shopper_id).await?;
        let run_id = || shopper_id.chars().take(100).collect();
        found.ok_or_else(|| PlayError::UnknownRun { what: "entrant", run_id: run_id() })
    }

    /// Somebody in a contest, if they take part.
    pub(crate) async fn entrant_of(
        &self,
        contest_id: &str,
        shopper_id: &str,
    ) -> Result<Option<EntrantView>, PlayError> {
        let (id, keys) = (contest_id.to_owned(), self.keys_of(shopper_id));
        let read = self.store.read(|tx| {
            Box::pin(async move {
                let open = opened(tx, &id).await?;
                let Some(entrant) = store::of_keys(tx, &id, &keys).await?.into_iter().next() else { return Ok(None) };
                let (place, before) = place(tx, &open, &entrant).await?;
                Ok::<_, PlayError>(Some((open, entrant, place, before)))
            })
        });
        let shown = |(open, entrant, place, before): (Open, Entrant, Option<i64>, Option<Entrant>)| {
            let name = |one: &Entrant| (!self.was_erased(one)).then(|| masked(&one.shopper_id));
            let ahead = before.zip(place).map(|(next, place)| Ahead {
                place: place - 1,
                name: name(&next).filter(|_| next.state != EntrantState::Erased),
                score: next.score,
                // Of as high scores the other came first: one more is needed.
                missing: next.score - entrant.score + 1,
            });
            view(&open, entrant, place, ahead)
        };
        Ok(read.await?.map(shown))
    }
}

/// The contest of that identifier.
pub(crate) async fn opened(tx: &mut Tx, contest_id: &str) -> Result<Open, PlayError> {
    let unknown = || PlayError::UnknownRun { what: WHAT, run_id: contest_id.chars().take(100).collect() };
    Open::of(runs::one(tx, contest_id).await?.ok_or_else(unknown)?)
}

pub(super) fn ranked(open: &Open, place: i64, entrant: Entrant) -> RankedEntrant {
    let known = entrant.state != EntrantState::Erased;
    RankedEntrant {
        place,
        number: entrant.number,
        shopper_id: known.then_some(entrant.shopper_id),
        score: entrant.score,
        reached_at: entrant.reached_at,
        prize: open.rules.prize(place).map(|prize| prize.gives.clone()),
        coupon_id: entrant.coupon_id,
    }
}

/// The SHA-256 of what opens the final standings and of the line of every place, joined by line feeds, in base 16.
pub(super) struct Evidence(Sha256);

impl Evidence {
    /// Of a contest of which nothing else is known yet.
    pub fn new(open: &Open) -> Self {
        let mut digest = Sha256::new();
        let (run, rules) = (&open.run, &open.rules);
        let (measure, least) = (rules.measure.name(), rules.least);
        let (starts, ends) = (open.starts_at().micros(), run.closes_at.micros());
        digest.update(format!(
            "{},{},{measure},{},{least},{starts},{ends}",
            run.run_id, run.play.version, rules.currency
        ));
        Self(digest)
    }

    pub fn add(&mut self, one: &RankedEntrant) {
        self.0.update("\n");
        self.0.update(one.line());
    }

    pub fn digest(self) -> String {
        self.0.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

/// The place of somebody, if they have one, and whoever is next before them.
async fn place(tx: &mut Tx, open: &Open, entrant: &Entrant) -> Result<(Option<i64>, Option<Entrant>), PlayError> {
    let (run_id, least) = (&open.run.run_id, open.rules.least);
    let spot = Spot { score: entrant.score, reached_at: entrant.reached_at, number: entrant.number };
    let settled = open.run.ended.is_some();
    let place = match (settled, entrant.state) {
        (true, _) => entrant.place,
        (false, EntrantState::In) if entrant.score >= least => Some(store::before(tx, run_id, spot).await? + 1),
        (false, _) => None,
    };
    let before = match place {
        None | Some(..=1) => None,
        Some(place) if settled => store::final_board(tx, run_id, place - 2, 1).await?.pop(),
        Some(_) => store::next_before(tx, run_id, spot).await?,
    };
    Ok((place, before))
}

fn view(open: &Open, entrant: Entrant, place: Option<i64>, ahead: Option<Ahead>) -> EntrantView {
    EntrantView {
        contest_id: open.run.run_id.clone(),
        number: entrant.number,
        shopper_id: entrant.shopper_id,
        state: entrant.state,
        score: entrant.score,
        reached_at: Some(entrant.reached_at).filter(|_| entrant.score > 0),
        place,
        prize: place.and_then(|place| open.rules.prize(place)).map(|prize| prize.gives.clone()),
        coupon_id: entrant.coupon_id,
        ahead,
        joined_at: entrant.joined_at,
        left_at: entrant.left_at,
        excluded_at: entrant.excluded_at,
        excluded_by: entrant.excluded_by,
        reason: entrant.reason,
    }
}
