//! `GET /v1/contests/{play_id}` and `…/standings`, `POST /v1/contests/join` and `…/leave`: a contest on a page.
//!
//! Names are masked. Who takes part did so by their own word, and takes it back by another.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use fanvine_kernel::Timestamp;
use fanvine_web::{Answer, Body, Params, ProblemBody, Segment};
use http::HeaderMap;
use serde::{Deserialize, Serialize};

use crate::Promote;
use crate::contest::standings::StandingsQuery;
use crate::contest::{
    Ahead, ContestState, EntrantState, EntrantView, FinalStanding, Measure, Open, RankPrize, RankedEntrant,
};
use crate::plays::{PlayError, PlayerForm};
use crate::wallet::storefront::Storefront;

/// A contest as its page shows it.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct ShownContest {
    /// The contest.
    pub contest_id: String,
    /// The play it is of.
    pub play_id: String,
    /// What it is called.
    pub name: String,
    /// How it stands.
    pub state: ContestState,
    /// By what shoppers are ranked.
    pub measure: Measure,
    /// The currency, if money is measured.
    pub currency: String,
    /// The least score that is ranked; money in minor units.
    pub least: i64,
    /// What places get, the first first.
    pub prizes: Vec<ShownPrize>,
    /// From when on what shoppers do counts.
    #[schema(value_type = String, format = DateTime)]
    pub starts_at: Timestamp,
    /// Until when.
    #[schema(value_type = String, format = DateTime)]
    pub ends_at: Timestamp,
    /// From when on places are final.
    #[schema(value_type = String, format = DateTime)]
    pub settles_at: Timestamp,
    /// The SHA-256 of the final standings; null before.
    pub digest: Option<String>,
    /// How many take part.
    pub entrants: i64,
    /// The first places.
    pub board: Vec<FinalStanding>,
    /// How the shopper who asks stands; null if nobody is told, or they take no part.
    pub mine: Option<MyStanding>,
    /// The moment of the answer.
    #[schema(value_type = String, format = DateTime)]
    pub now: Timestamp,
}

/// What some places get, as a page shows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct ShownPrize {
    /// The first place that gets it.
    pub from: i64,
    /// The last.
    pub up_to: i64,
    /// What each gets, in points; null if it is a coupon.
    pub points: Option<i64>,
    /// What the coupon is called; null if it is points.
    pub coupon: Option<String>,
}

/// How a shopper stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct MyStanding {
    /// Their number among those who take part.
    pub number: i64,
    /// In what part.
    pub state: EntrantState,
    /// What they scored; money in minor units.
    pub score: i64,
    /// Their place; null while they are not ranked.
    pub place: Option<i64>,
    /// Whoever is next before them.
    pub ahead: Option<Ahead>,
    /// Whether their place has a prize.
    pub wins: bool,
}

/// The final standings, as everybody sees them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct FinalStandings {
    /// The contest.
    pub contest_id: String,
    /// Their SHA-256, in base 16.
    pub digest: String,
    /// Places, the first first.
    pub standings: Vec<FinalStanding>,
    /// Ask again with this as `after` for more; null if there are none.
    pub next: Option<i64>,
}

/// A contest to take part in.
#[derive(Debug, Clone, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PageContestForm {
    /// The play.
    pub play_id: String,
}

/// Show a contest on a page
///
/// Whoever has its link may see the first places, names masked. With `Authorization: Bearer <token>`, as for `GET /v1/profile`, it
/// says how the shopper stands too.
#[utoipa::path(
    get, path = "/v1/contests/{play_id}", tag = "promote", operation_id = "page_contest",
    params(("play_id" = String, Path, description = "The play")),
    responses(
        (status = 200, description = "How it stands", body = ShownContest),
        (status = 401, description = "A token that is not to be believed", body = ProblemBody,
            content_type = "application/problem+json"),
        (status = "default", description = "A problem", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(())
)]
pub(crate) async fn page_contest(
    State(storefront): State<Arc<Storefront>>,
    Segment(play_id): Segment<String>,
    headers: HeaderMap,
) -> Answer<Json<ShownContest>> {
    let shopper = storefront.shopper_if_told(&headers)?;
    Ok(Json(storefront.promote.shown_contest(&play_id, shopper.as_deref()).await?))
}

/// Show final standings on a page
///
/// Of a contest that is settled: every place, names masked, and the digest by which anybody proves that none was changed.
#[utoipa::path(
    get, path = "/v1/contests/{play_id}/standings", tag = "promote", operation_id = "page_final_standings",
    params(("play_id" = String, Path, description = "The play"), StandingsQuery),
    responses(
        (status = 200, description = "Places", body = FinalStandings),
        (status = "default", description = "A problem", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(())
)]
pub(crate) async fn page_final_standings(
    State(storefront): State<Arc<Storefront>>,
    Segment(play_id): Segment<String>,
    Params(wanted): Params<StandingsQuery>,
) -> Answer<Json<FinalStandings>> {
    Ok(Json(storefront.promote.final_standings(&play_id, wanted).await?))
}

/// Take part in a contest from a page
///
/// `Authorization: Bearer <token>` names the shopper, as for `GET /v1/profile`. Again, it changes nothing.
#[utoipa::path(
    post, path = "/v1/contests/join", tag = "promote", operation_id = "page_join_contest",
    params(("Idempotency-Key" = String, Header, description = "Names this request: sent again, it changes nothing")),
    request_body = PageContestForm,
    responses(
        (status = 200, description = "How it stands now", body = ShownContest),
        (status = 401, description = "No token, or one that is not to be believed", body = ProblemBody,
            content_type = "application/problem+json"),
        (status = "default", description = "A problem", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(())
)]
pub(crate) async fn page_join_contest(
    State(storefront): State<Arc<Storefront>>,
    headers: HeaderMap,
    Body(form): Body<PageContestForm>,
) -> Answer<Json<ShownContest>> {
    let (shopper_id, _) = storefront.asks(&headers)?;
    let promote = &storefront.promote;
    let contest_id = promote.contest_shown(&form.play_id).await?.run.run_id;
    promote.join_contest(&contest_id, PlayerForm { shopper_id: shopper_id.clone() }).await?;
    Ok(Json(promote.shown_contest(&form.play_id, Some(&shopper_id)).await?))
}

/// Leave a contest from a page
///
/// As for `POST /v1/contests/join`.
#[utoipa::path(
    post, path = "/v1/contests/leave", tag = "promote", operation_id = "page_leave_contest",
    params(("Idempotency-Key" = String, Header, description = "Names this request: sent again, it changes nothing")),
    request_body = PageContestForm,
    responses(
        (status = 200, description = "How it stands now", body = ShownContest),
        (status = 401, description = "No token, or one that is not to be believed", body = ProblemBody,
            content_type = "application/problem+json"),
        (status = "default", description = "A problem", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(())
)]
pub(crate) async fn page_leave_contest(
    State(storefront): State<Arc<Storefront>>,
    headers: HeaderMap,
    Body(form): Body<PageContestForm>,
) -> Answer<Json<ShownContest>> {
    let (shopper_id, _) = storefront.asks(&headers)?;
    let promote = &storefront.promote;
    let contest_id = promote.contest_shown(&form.play_id).await?.run.run_id;
    promote.leave_contest(&contest_id, PlayerForm { shopper_id: shopper_id.clone() }).await?;
    Ok(Json(promote.shown_contest(&form.play_id, Some(&shopper_id)).await?))
}

impl Promote {
    /// The contest that a page of a play shows: the latest, even where the play was withdrawn since.
    async fn contest_shown(&self, play_id: &str) -> Result<Open, PlayError> {
        let unknown = || PlayError::Unpublished(play_id.chars().take(100).collect());
        self.contest_of_play(play_id).await?.ok_or_else(unknown)
    }

    /// A contest as its page shows it to a shopper, or to anybody.
    pub async fn shown_contest(&self, play_id: &str, shopper: Option<&str>) -> Result<ShownContest, PlayError> {
        let open = self.contest_shown(play_id).await?;
        let contest_id = open.run.run_id.clone();
        let view = self.contest_view(&contest_id).await?;
        let limit = u32::try_from(view.rules.shown).ok();
        let board = self.contest_standings(&contest_id, StandingsQuery { after: None, limit }).await?;
        let mine = match shopper {
            Some(shopper) => self.entrant_of(&contest_id, shopper).await?,
            None => None,
        };
        Ok(ShownContest {
            contest_id,
            play_id: view.play_id,
            name: view.name,
            state: view.state,
            currency: view.rules.currency.code().to_owned(),
            least: view.rules.least,
            prizes: self.shown_prizes(&view.rules.prizes),
            measure: view.rules.measure,
            starts_at: view.starts_at,
            ends_at: view.ends_at,
            settles_at: view.settles_at,
            digest: view.digest,
            entrants: view.entrants,
            board: board.entrants.into_iter().map(RankedEntrant::public).collect(),
            mine: mine.map(my_standing),
            now: self.clock.now(),
        })
    }

    /// The final standings of a contest, as everybody sees them.
    pub async fn final_standings(&self, play_id: &str, wanted: StandingsQuery) -> Result<FinalStandings, PlayError> {
        let open = self.contest_shown(play_id).await?;
        let found = self.contest_standings(&open.run.run_id, wanted).await?;
        let settles_at = open.settles_at();
        let digest = found.digest.ok_or_else(|| open.rule(format!("places are final from {settles_at} on")))?;
        let standings = found.entrants.into_iter().map(RankedEntrant::public).collect();
        Ok(FinalStandings { contest_id: found.contest_id, digest, standings, next: found.next })
    }

    /// Prizes as a page shows them.
    pub(super) fn shown_prizes(&self, prizes: &[RankPrize]) -> Vec<ShownPrize> {
        let mut from = 1;
        let shown = |prize: &RankPrize| {
            let first = std::mem::replace(&mut from, prize.up_to + 1);
            let (points, coupon) = self.shown_gift(&prize.gives);
            ShownPrize { from: first, up_to: prize.up_to, points, coupon }
        };
        prizes.iter().map(shown).collect()
    }
}

fn my_standing(one: EntrantView) -> MyStanding {
    let EntrantView { number, state, score, place, ahead, prize, .. } = one;
    MyStanding { number, state, score, place, ahead, wins: prize.is_some() }
}
