//! `GET /api/v1/audit`: what was done, newest first.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use fanvine_kernel::Timestamp;
use fanvine_store::StoreError;
use fanvine_web::{Answer, Params, ProblemBody};
use serde::{Deserialize, Serialize};

use super::{AuditError, store};
use crate::Guard;

/// Most entries of one answer.
pub(crate) const MOST: i64 = 500;
const USUAL: i64 = 100;

/// Which entries.
#[derive(Debug, Clone, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct AuditQuestion {
    /// At most so many entries, 1 to 500; 100 if absent.
    limit: Option<i64>,
    /// Only entries older than the one with this number.
    before: Option<i64>,
    /// Only what was done by this account or key: its identifier, its e-mail address or its name.
    pub(crate) actor: Option<String>,
    /// Only this act: `signed_in`, `put_offer` …
    pub(crate) action: Option<String>,
    /// Only what was done to this.
    pub(crate) subject: Option<String>,
    /// Only what was done at this time or later.
    #[param(value_type = Option<String>, format = DateTime)]
    pub(crate) from: Option<Timestamp>,
    /// Only what was done before this time.
    #[param(value_type = Option<String>, format = DateTime)]
    pub(crate) to: Option<Timestamp>,
}

/// What came of an act.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = AuditOutcome)]
pub(crate) enum Outcome {
    /// It was done.
    Done,
    /// It was refused: by the role of the caller, or by what was asked.
    Refused,
    /// It failed on our side.
    Failed,
    /// It is under way; or the program stopped, or the caller hung up, before it ended: it may have been done, or not.
    Unknown,
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
    /// What was done: `signed_in`, `sign_in_refused`, `account_created` …, or the operation's name in this contract:
    /// `put_offer` …
    pub(crate) action: String,
    /// The identifier of what it was done to; several parts of a path are joined by `/`.
    pub(crate) subject: Option<String>,
    /// More about it, for a person; for an operation of this contract its method and path.
    pub(crate) detail: Option<String>,
    /// The address of the client.
    pub(crate) address: Option<String>,
    /// The id of the request, as in `X-Request-Id` and in the program's log.
    pub(crate) request_id: Option<String>,
    /// The HTTP status of the answer, for an operation of this contract that was answered.
    pub(crate) status: Option<i64>,
    /// What came of it.
    #[schema(inline)]
    pub(crate) outcome: Outcome,
}

/// A page of the audit.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct AuditList {
    /// Newest first.
    entries: Vec<AuditEntry>,
    /// The `before` of the next page; null on the last.
    next_before: Option<i64>,
    /// Every act there ever was, by name: what `action` may ask for.
    actions: Vec<String>,
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
    if let (Some(from), Some(to)) = (question.from, question.to)
        && to < from
    {
        return Err(AuditError::Reversed { from, to }.into());
    }
    let before = question.before.unwrap_or(i64::MAX);
    // One more than asked for tells whether there is a next page.
    let read = guard.store.read(move |tx| {
        Box::pin(async move {
            Ok::<_, StoreError>((store::newest(tx, question, before, limit + 1).await?, store::actions(tx).await?))
        })
    });
    let (mut entries, actions) = read.await.map_err(AuditError::Store)?;
    let more = entries.len() as i64 > limit;
    entries.truncate(limit as usize);
    let next_before = entries.last().filter(|_| more).map(|entry| entry.id);
    Ok(Json(AuditList { entries, next_before, actions }))
}
