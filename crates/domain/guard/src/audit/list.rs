//! `GET /api/v1/audit`: what was done, newest first.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use fanvine_kernel::Timestamp;
use fanvine_web::{Answer, Params, ProblemBody};
use serde::{Deserialize, Serialize};

use super::{AuditError, store};
use crate::Guard;

/// Most entries of one answer.
pub(crate) const MOST: i64 = 500;
const USUAL: i64 = 100;

/// Which entries.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct AuditQuestion {
    /// At most so many entries, 1 to 500; 100 if absent.
    limit: Option<i64>,
    /// Only entries older than the one with this number.
    before: Option<i64>,
}

/// One thing that was done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub(crate) struct AuditEntry {
    /// The entry's number; later ones are greater.
    pub(crate) id: i64,
    /// When.
    #[schema(value_type = String, format = DateTime)]
    pub(crate) at: Timestamp,
    /// The account or key that did it, if one was recognised.
    pub(crate) actor_id: Option<String>,
    /// What that account or key was called then, or the name somebody gave.
    pub(crate) actor: String,
    /// What was done: `signed_in`, `sign_in_refused`, `account_created` …
    pub(crate) action: String,
    /// The identifier of what it was done to.
    pub(crate) subject: Option<String>,
    /// More about it, for a person.
    pub(crate) detail: Option<String>,
    /// The address of the client.
    pub(crate) address: Option<String>,
}

/// A page of the audit.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct AuditList {
    /// Newest first.
    entries: Vec<AuditEntry>,
    /// The `before` of the next page; null on the last.
    next_before: Option<i64>,
}

/// Who did what, newest first
#[utoipa::path(
    get, path = "/api/v1/audit", tag = "guard", operation_id = "list_audit",
    params(AuditQuestion),
    responses(
        (status = 200, description = "A page of the audit", body = AuditList),
        (status = "default", description = "A problem", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("role" = ["owner"]))
)]
pub(crate) async fn list_audit(
    State(guard): State<Arc<Guard>>,
    Params(question): Params<AuditQuestion>,
) -> Answer<Json<AuditList>> {
    let limit = question.limit.unwrap_or(USUAL);
    if !(1..=MOST).contains(&limit) {
        return Err(AuditError::InvalidLimit(limit).into());
    }
    let before = question.before.unwrap_or(i64::MAX);
    // One more than asked for tells whether there is a next page.
    let read = guard.store.read(move |tx| Box::pin(store::newest(tx, before, limit + 1))).await;
    let mut entries = read.map_err(AuditError::Store)?;
    let more = entries.len() as i64 > limit;
    entries.truncate(limit as usize);
    let next_before = entries.last().filter(|_| more).map(|entry| entry.id);
    Ok(Json(AuditList { entries, next_before }))
}
