//! `GET /api/v1/identities/merges`: who became one with whom, when and why, newest first.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use fanvine_web::{Answer, Params, ProblemBody};
use serde::{Deserialize, Serialize};

use super::identifier::PersonId;
use super::outgoing::Merge;
use super::{Identity, IdentityError, store};

const MOST: i64 = 500;
const USUAL: i64 = 100;

/// Which entries.
#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct MergeQuery {
    /// Only those from or to this person.
    pub person: Option<String>,
    /// At most so many, 1 to 500; 100 if absent.
    pub limit: Option<i64>,
    /// Only entries older than the one with this number.
    pub before: Option<i64>,
}

/// A page of the audit of merges.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = IdentityMergePage)]
pub struct MergePage {
    /// Newest first.
    pub merges: Vec<Merge>,
    /// The `before` of the next page; none on the last.
    pub next_before: Option<i64>,
}

/// List merges and splits, newest first
#[utoipa::path(
    get, path = "/api/v1/identities/merges", tag = "people", operation_id = "list_identity_merges",
    params(MergeQuery),
    responses(
        (status = 200, description = "A page of the audit", body = MergePage),
        (status = "default", description = "A problem", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("role" = ["analyst"]))
)]
pub(crate) async fn list_merges(
    State(identity): State<Arc<Identity>>,
    Params(query): Params<MergeQuery>,
) -> Answer<Json<MergePage>> {
    Ok(Json(identity.merges(query).await?))
}

impl Identity {
    /// A page of the audit, with what is not saved yet.
    pub async fn merges(&self, query: MergeQuery) -> Result<MergePage, IdentityError> {
        let limit = query.limit.unwrap_or(USUAL);
        if !(1..=MOST).contains(&limit) {
            return Err(IdentityError::Bounds { field: "limit", value: limit, least: 1, most: MOST });
        }
        let person: Option<PersonId> = query.person.as_deref().map(str::parse).transpose()?;
        let before = query.before.unwrap_or(i64::MAX);
        let wanted = |merge: &&Merge| {
            merge.id < before && person.is_none_or(|person| merge.from == person || merge.to == person)
        };
        // Memory before store: what is saved between the two is then seen twice, rather than not at all.
        let mut merges: Vec<Merge> = self.read().unsaved_merges().iter().rev().filter(wanted).cloned().collect();
        // One more than asked for tells whether there is a next page.
        let saved = self.store.read(|tx| Box::pin(store::merges(tx, before, person, limit + 1))).await?;
        merges.extend(saved);
        merges.sort_by_key(|merge| std::cmp::Reverse(merge.id));
        merges.dedup_by_key(|merge| merge.id);
        let more = merges.len() as i64 > limit;
        merges.truncate(limit as usize);
        let next_before = merges.last().filter(|_| more).map(|last| last.id);
        Ok(MergePage { merges, next_before })
    }
}
