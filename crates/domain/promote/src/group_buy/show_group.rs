//! `GET /api/v1/groups` and `GET /api/v1/groups/{group_id}`: the groups, those in flight or all, and who is in one.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use fanvine_kernel::Timestamp;
use fanvine_store::StoreError;
use fanvine_web::{Answer, Params, ProblemBody, Segment};
use serde::{Deserialize, Serialize};

use super::{Group, Seats, seats_of};
use crate::Promote;
use crate::checkout::{Status, store as redemptions};
use crate::plays::PlayError;
use crate::plays::runs::{self, Became, Run};

/// How a group stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum GroupState {
    /// Its leader has not paid yet.
    Forming,
    /// It may be joined while there are free seats.
    Open,
    /// Every seat is paid.
    Completed,
    /// It was not filled in time, and everybody who paid gets the money back.
    Failed,
}

/// A group as it stands.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct GroupView {
    /// Its identifier.
    pub group_id: String,
    /// The play it is of.
    pub play_id: String,
    /// The version of the play it was opened with.
    pub version: i64,
    /// The product.
    pub product_id: String,
    /// How it stands.
    pub state: GroupState,
    /// How many members it takes.
    pub size: i64,
    /// What a unit costs, in minor units.
    pub unit_minor: i64,
    /// Who opened it.
    pub leader_id: String,
    /// When it was opened.
    #[schema(value_type = String, format = DateTime)]
    pub opened_at: Timestamp,
    /// When it fails unless it is full by then.
    #[schema(value_type = String, format = DateTime)]
    pub closes_at: Timestamp,
    /// When it was completed or failed.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub ended_at: Option<Timestamp>,
    /// Seats that are free.
    pub free: i64,
    /// Seats that are kept for orders which are not paid yet.
    pub held: i64,
    /// Seats that are paid.
    pub paid: i64,
}

/// An order in a group.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct GroupMember {
    /// Whose it is.
    pub shopper_id: String,
    /// `leader` or `joiner`.
    pub role: String,
    /// The order's redemption.
    pub redemption_id: String,
    /// What became of it.
    pub status: Status,
    /// What is or was to be paid, in minor units.
    pub payable_minor: i64,
    /// When the seat was reserved.
    #[schema(value_type = String, format = DateTime)]
    pub joined_at: Timestamp,
}

/// A group with its members.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct GroupDetail {
    /// The group.
    #[serde(flatten)]
    pub group: GroupView,
    /// Orders that have or had a seat, in the order they came.
    pub members: Vec<GroupMember>,
    /// The accounts of the ledger in which its seats stand.
    pub accounts: Vec<String>,
}

/// Groups, the latest first.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct GroupList {
    /// Some of them.
    pub groups: Vec<GroupView>,
    /// Ask again with this as `before` for more; null if there are none.
    pub next: Option<String>,
}

/// Which groups.
#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct GroupQuery {
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

/// List group buys
#[utoipa::path(
    get, path = "/api/v1/groups", tag = "promote", operation_id = "list_groups",
    params(GroupQuery),
    responses(
        (status = 200, description = "Groups, the latest first", body = GroupList),
        (status = "default", description = "A problem", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("role" = ["analyst"]))
)]
pub(crate) async fn list_groups(
    State(promote): State<Arc<Promote>>,
    Params(wanted): Params<GroupQuery>,
) -> Answer<Json<GroupList>> {
    let limit = wanted.limit.unwrap_or(50).clamp(1, 200);
    let read = promote.store.read(|tx| {
        Box::pin(async move {
            let (play_id, before) = (wanted.play_id.as_deref(), wanted.before.as_deref());
            runs::list(tx, "group_buy", play_id, wanted.in_flight, before, limit).await
        })
    });
    let found: Result<Vec<Run>, StoreError> = read.await;
    let found = found.map_err(PlayError::from)?;
    let next = found.last().filter(|_| found.len() == limit as usize).map(|run| run.run_id.clone());
    let groups = found.into_iter().filter_map(|run| Group::of(run).ok()).collect();
    Ok(Json(GroupList { groups: promote.viewed(groups).await?, next }))
}

/// Show a group buy
#[utoipa::path(
    get, path = "/api/v1/groups/{group_id}", tag = "promote", operation_id = "get_group",
    params(("group_id" = String, Path, description = "Its identifier")),
    responses(
        (status = 200, description = "The group and its members", body = GroupDetail),
        (status = "default", description = "A problem", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("role" = ["analyst"]))
)]
pub(crate) async fn get_group(
    State(promote): State<Arc<Promote>>,
    Segment(group_id): Segment<String>,
) -> Answer<Json<GroupDetail>> {
    Ok(Json(promote.show_group(&group_id).await?))
}

impl Promote {
    /// A group with its members.
    pub async fn show_group(&self, group_id: &str) -> Result<GroupDetail, PlayError> {
        let group = self.group(group_id).await?;
        let accounts = [group.seats(), group.members(), group.completed(), group.closed()];
        let (wanted, now) = (group.run.run_id.clone(), self.clock.now());
        let read = self.store.read(|tx| {
            Box::pin(async move {
                let mut members = Vec::new();
                for member in runs::members(tx, &wanted).await? {
                    let Some(kept) = redemptions::one(tx, &member.redemption_id, now).await? else { continue };
                    members.push(GroupMember {
                        shopper_id: member.shopper_id,
                        role: member.role,
                        redemption_id: member.redemption_id,
                        status: kept.redemption.status,
                        payable_minor: kept.redemption.quote.payable_minor,
                        joined_at: member.joined_at,
                    });
                }
                Ok::<_, StoreError>(members)
            })
        });
        let members = read.await?;
        let group = self.view_of(group).await?;
        Ok(GroupDetail { group, members, accounts: accounts.map(|account| account.name).to_vec() })
    }

    /// A group as it stands.
    pub(crate) async fn view_of(&self, group: Group) -> Result<GroupView, PlayError> {
        let seats = self.seats_now(&group).await?;
        Ok(view(&group, seats))
    }

    /// Groups as they stand, one for each.
    async fn viewed(&self, groups: Vec<Group>) -> Result<Vec<GroupView>, PlayError> {
        let now = self.clock.now();
        let read = self.store.read(|tx| {
            Box::pin(async move {
                let seats = seats_of(tx, &groups, now).await?;
                Ok::<_, StoreError>((groups, seats))
            })
        });
        let (groups, seats) = read.await?;
        let seats = |group: &Group| seats.get(&group.run.run_id).copied().unwrap_or_default();
        Ok(groups.iter().map(|group| view(group, seats(group))).collect())
    }
}

/// A group with its seats.
pub(super) fn view(group: &Group, seats: Seats) -> GroupView {
    let run = &group.run;
    GroupView {
        group_id: run.run_id.clone(),
        play_id: run.play.play_id.clone(),
        version: run.play.version,
        product_id: group.rules.product_id.clone(),
        state: match (run.ended, run.led) {
            (Some((Became::Completed, _)), _) => GroupState::Completed,
            (Some((Became::Failed, _)), _) => GroupState::Failed,
            (None, true) => GroupState::Open,
            (None, false) => GroupState::Forming,
        },
        size: group.size.size,
        unit_minor: group.size.unit_minor,
        leader_id: run.shopper_id.clone(),
        opened_at: run.opened_at,
        closes_at: run.closes_at,
        ended_at: run.ended.map(|(_, at)| at),
        free: seats.free,
        held: seats.held,
        paid: seats.paid,
    }
}
