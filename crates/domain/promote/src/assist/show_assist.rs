//! `GET /api/v1/assists` and `GET /api/v1/assists/{assist_id}`: the invitations, those in flight or all, and who accepted.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use fanvine_kernel::{Currency, Timestamp};
use fanvine_store::Tx;
use fanvine_web::{Answer, Params, ProblemBody, Segment};
use serde::{Deserialize, Serialize};

use super::store::{self, Invited, Stands};
use super::{KIND, Open, Rung, WHAT};
use crate::Promote;
use crate::plays::Gift;
use crate::plays::runs::{self, Became, Run};
use crate::plays::{FriendState, PlayError};

/// How an invitation stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum AssistState {
    /// Friends may accept it and buy.
    Open,
    /// Its time is over, but orders of friends wait for the day from which goods come back no more.
    Settling,
    /// It is over, and one rung at least was reached.
    Completed,
    /// It is over, and none was.
    Failed,
}

/// A rung of an invitation's ladder.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct RungView {
    /// How many friends must count.
    pub friends: i64,
    /// What the inviter gets.
    pub gives: Gift,
    /// What that is worth, in minor units.
    pub value_minor: i64,
    /// When it was given; null if it was not.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub given_at: Option<Timestamp>,
    /// The coupon that was given, if it was one.
    pub coupon_id: Option<String>,
}

/// An invitation as it stands.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct AssistView {
    /// Its identifier.
    pub assist_id: String,
    /// The play it is of.
    pub play_id: String,
    /// The version of the play it was opened with.
    pub version: i64,
    /// Who invites.
    pub shopper_id: String,
    /// How it stands.
    pub state: AssistState,
    /// How many friends accepted.
    pub accepted: i64,
    /// How many of them count.
    pub activated: i64,
    /// Its ladder, the fewest friends first.
    pub rungs: Vec<RungView>,
    /// The currency of the values.
    #[schema(value_type = String)]
    pub currency: Currency,
    /// When it was opened.
    #[schema(value_type = String, format = DateTime)]
    pub opened_at: Timestamp,
    /// Until when friends may accept and buy.
    #[schema(value_type = String, format = DateTime)]
    pub closes_at: Timestamp,
    /// When it was over.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub ended_at: Option<Timestamp>,
}

/// A friend who accepted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct InvitedFriend {
    /// Who.
    pub shopper_id: String,
    /// When they accepted.
    #[schema(value_type = String, format = DateTime)]
    pub accepted_at: Timestamp,
    /// When their paid order may count, if one waits for that.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub due_at: Option<Timestamp>,
    /// Since when they count; null if they do not.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub activated_at: Option<Timestamp>,
    /// The order by which they count, if it was one.
    pub redemption_id: Option<String>,
}

/// An invitation with its friends.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct AssistDetail {
    /// The invitation.
    #[serde(flatten)]
    pub assist: AssistView,
    /// The friends who accepted, in that order; the first thousand.
    pub invited: Vec<InvitedFriend>,
    /// The accounts of the ledger in which its promises stand.
    pub accounts: Vec<String>,
}

/// Invitations, the latest first.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct AssistList {
    /// Some of them.
    pub assists: Vec<AssistView>,
    /// Ask again with this as `before` for more; null if there are none.
    pub next: Option<String>,
}

/// Which invitations.
#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct AssistQuery {
    /// Those of this play.
    pub play_id: Option<String>,
    /// Whether only those that have not ended.
    #[serde(default)]
    pub in_flight: bool,
    /// Only those opened before this one.
    pub before: Option<String>,
    /// At most this many; 50 if absent, 200 at most.
    pub limit: Option<u32>,
}

/// List invitations
#[utoipa::path(
    get, path = "/api/v1/assists", tag = "promote", operation_id = "list_assists",
    params(AssistQuery),
    responses(
        (status = 200, description = "Invitations, the latest first", body = AssistList),
        (status = "default", description = "A problem", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("role" = ["analyst"]))
)]
pub(crate) async fn list_assists(
    State(promote): State<Arc<Promote>>,
    Params(wanted): Params<AssistQuery>,
) -> Answer<Json<AssistList>> {
    let (limit, now) = (wanted.limit.unwrap_or(50).clamp(1, 200), promote.clock.now());
    let read = promote.store.read(|tx| {
        Box::pin(async move {
            let (play_id, before) = (wanted.play_id.as_deref(), wanted.before.as_deref());
            let runs: Vec<Run> = runs::list(tx, KIND, play_id, wanted.in_flight, before, limit).await?;
            let next = runs.last().filter(|_| runs.len() == limit as usize).map(|run| run.run_id.clone());
            let open: Vec<Open> = runs.into_iter().filter_map(|run| Open::of(run).ok()).collect();
            let ids: Vec<&str> = open.iter().map(|one| one.run.run_id.as_str()).collect();
            let mut stands = store::stand(tx, &ids).await?;
            let mut stand = |one: &Open| stands.remove(&one.run.run_id).unwrap_or_default();
            let assists = open.iter().map(|one| view(one, &stand(one), now)).collect();
            Ok::<_, PlayError>(AssistList { assists, next })
        })
    });
    Ok(Json(read.await?))
}

/// Show an invitation
#[utoipa::path(
    get, path = "/api/v1/assists/{assist_id}", tag = "promote", operation_id = "get_assist",
    params(("assist_id" = String, Path, description = "Its identifier")),
    responses(
        (status = 200, description = "The invitation and its friends", body = AssistDetail),
        (status = "default", description = "A problem", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("role" = ["analyst"]))
)]
pub(crate) async fn get_assist(
    State(promote): State<Arc<Promote>>,
    Segment(assist_id): Segment<String>,
) -> Answer<Json<AssistDetail>> {
    Ok(Json(promote.show_assist(&assist_id).await?))
}

impl Promote {
    /// An invitation with its friends.
    pub async fn show_assist(&self, assist_id: &str) -> Result<AssistDetail, PlayError> {
        let (wanted, now) = (assist_id.to_owned(), self.clock.now());
        let read = self.store.read(|tx| {
            Box::pin(async move {
                let (open, assist) = standing(tx, &wanted, now).await?;
                Ok::<_, PlayError>((open, assist, store::friends(tx, &wanted).await?))
            })
        });
        let (open, assist, invited) = read.await?;
        let mut accounts: Vec<String> = open.rules.rungs.iter().map(|rung| open.given(rung).name).collect();
        accounts.extend(open.rules.rungs.iter().any(|rung| rung.value_minor > 0).then(|| open.cost().name));
        Ok(AssistDetail { assist, invited: invited.into_iter().map(friend).collect(), accounts })
    }

    /// An invitation as it was opened.
    pub(crate) async fn assist(&self, assist_id: &str) -> Result<Open, PlayError> {
        let wanted = assist_id.to_owned();
        let read = self.store.read(|tx| Box::pin(async move { runs::one(tx, &wanted).await })).await;
        let unknown = || PlayError::UnknownRun { what: WHAT, run_id: assist_id.chars().take(100).collect() };
        Open::of(read?.ok_or_else(unknown)?)
    }

    /// An invitation as it stands.
    pub(crate) async fn assist_view(&self, assist_id: &str) -> Result<AssistView, PlayError> {
        Ok(self.assist_for(assist_id, Vec::new()).await?.1)
    }

    /// An invitation as it stands, and what the person of these keys is in it: all as of one moment.
    pub(crate) async fn assist_for(
        &self,
        assist_id: &str,
        keys: Vec<String>,
    ) -> Result<(Open, AssistView, Option<FriendState>), PlayError> {
        let (wanted, now) = (assist_id.to_owned(), self.clock.now());
        let read = self.store.read(|tx| {
            Box::pin(async move {
                let (open, assist) = standing(tx, &wanted, now).await?;
                Ok::<_, PlayError>((open, assist, store::friend(tx, &wanted, &keys).await?))
            })
        });
        let (open, assist, mine) = read.await?;
        let state = |one: InvitedFriend| match (one.activated_at, one.due_at) {
            (Some(_), _) => FriendState::Counts,
            (None, Some(_)) => FriendState::Due,
            (None, None) => FriendState::Accepted,
        };
        Ok((open, assist, mine.map(friend).map(state)))
    }
}

async fn standing(tx: &mut Tx, assist_id: &str, now: Timestamp) -> Result<(Open, AssistView), PlayError> {
    let unknown = || PlayError::UnknownRun { what: WHAT, run_id: assist_id.chars().take(100).collect() };
    let open = Open::of(runs::one(tx, assist_id).await?.ok_or_else(unknown)?)?;
    let stands = store::stand(tx, &[assist_id]).await?.remove(assist_id).unwrap_or_default();
    let view = view(&open, &stands, now);
    Ok((open, view))
}

fn friend(one: Invited) -> InvitedFriend {
    let Invited { shopper_id, accepted_at, due_at, activated_at, redemption_id } = one;
    // An order after the one that counted says nothing.
    let due_at = due_at.filter(|_| activated_at.is_none());
    InvitedFriend { shopper_id, accepted_at, due_at, activated_at, redemption_id }
}

fn view(open: &Open, stands: &Stands, now: Timestamp) -> AssistView {
    let run = &open.run;
    let rung = |rung: &Rung| {
        let given = stands.rewards.get(&rung.friends);
        RungView {
            friends: rung.friends,
            gives: rung.gives.clone(),
            value_minor: rung.value_minor,
            given_at: given.map(|(at, _)| *at),
            coupon_id: given.and_then(|(_, coupon)| coupon.clone()),
        }
    };
    AssistView {
        assist_id: run.run_id.clone(),
        play_id: run.play.play_id.clone(),
        version: run.play.version,
        shopper_id: run.shopper_id.clone(),
        state: match run.ended {
            Some((Became::Completed, _)) => AssistState::Completed,
            Some((Became::Failed, _)) => AssistState::Failed,
            None if now >= run.closes_at => AssistState::Settling,
            None => AssistState::Open,
        },
        accepted: stands.accepted,
        activated: stands.counted,
        rungs: open.rules.rungs.iter().map(rung).collect(),
        currency: open.rules.currency,
        opened_at: run.opened_at,
        closes_at: run.closes_at,
        ended_at: run.ended.map(|(_, at)| at),
    }
}
