//! `GET /api/v1/levels/members`: who holds a level.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use fanvine_kernel::{Problem, Timestamp};
use fanvine_store::StoreError;
use fanvine_web::{Answer, Params, ProblemBody};
use serde::{Deserialize, Serialize};

use super::store;
use crate::Promote;

/// Members by identifier.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct MemberList {
    /// Some of them.
    pub members: Vec<ListedMember>,
    /// Ask again with this as `after` for more; null if there are none.
    pub next: Option<String>,
}

/// A member, as it was decided last: at most a few seconds ago.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct ListedMember {
    /// The shop's number for the shopper.
    pub shopper_id: String,
    /// The level they hold.
    pub level: String,
    /// Since when.
    #[schema(value_type = String, format = DateTime)]
    pub since: Timestamp,
    /// When it is asked whether they keep it.
    #[schema(value_type = String, format = DateTime)]
    pub until: Timestamp,
}

/// Which members.
#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct MemberQuery {
    /// Only of this level.
    pub level: Option<String>,
    /// Only those after this identifier.
    pub after: Option<String>,
    /// At most this many; 50 if absent, 200 at most.
    pub limit: Option<u32>,
}

/// List the members of levels
#[utoipa::path(
    get, path = "/api/v1/levels/members", tag = "promote", operation_id = "list_level_members",
    params(MemberQuery),
    responses(
        (status = 200, description = "Members by identifier", body = MemberList),
        (status = "default", description = "A problem", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("role" = ["analyst"]))
)]
pub(crate) async fn list_level_members(
    State(promote): State<Arc<Promote>>,
    Params(query): Params<MemberQuery>,
) -> Answer<Json<MemberList>> {
    let limit = query.limit.unwrap_or(50).clamp(1, 200);
    let read = promote.store.read(|tx| {
        Box::pin(async move {
            let after = query.after.unwrap_or_default();
            store::members(tx, query.level.as_deref(), &after, limit).await
        })
    });
    let found: Result<Vec<_>, StoreError> = read.await;
    let found = found.map_err(Problem::from)?;
    let next = found.last().filter(|_| found.len() == limit as usize).map(|one| one.shopper_id.clone());
    let shown = found.into_iter().map(|one| {
        let store::Listed { shopper_id, level, since, until } = one;
        ListedMember { shopper_id, level, since, until }
    });
    Ok(Json(MemberList { members: shown.collect(), next }))
}
