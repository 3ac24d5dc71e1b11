//! `POST /api/v1/contests/{contest_id}/exclude` and `…/readmit`: the shop keeps somebody off the board, with a reason that is kept.

use std::sync::Arc;

use axum::extract::State;
use axum::{Extension, Json};
use fanvine_contracts::access::Actor;
use fanvine_kernel::event::names;
use fanvine_web::{Answer, Body, ProblemBody, Segment};
use serde::{Deserialize, Serialize};

use super::count::{Known, recount};
use super::standings::{EntrantView, opened};
use super::{announce, store};
use crate::Promote;
use crate::plays::requests::PlayerForm;
use crate::plays::{PlayError, text};

/// Longest reason, in bytes.
const LONGEST: usize = 500;

/// Who is excluded, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ExclusionForm {
    /// The shop's number for the shopper.
    pub shopper_id: String,
    /// Why: it is kept, told to whoever audits, and answered to the shop.
    pub reason: String,
}

/// Exclude somebody from a contest
///
/// Whoever cheated is not ranked, until they are let in again. Once places are final, they are. Again, it changes nothing but the
/// reason.
#[utoipa::path(
    post, path = "/api/v1/contests/{contest_id}/exclude", tag = "promote", operation_id = "exclude_from_contest",
    params(("contest_id" = String, Path, description = "The contest")),
    request_body = ExclusionForm,
    responses(
        (status = 200, description = "How they stand", body = EntrantView),
        (status = "default", description = "A problem", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("role" = ["operator"]))
)]
pub(crate) async fn exclude_from_contest(
    State(promote): State<Arc<Promote>>,
    actor: Option<Extension<Actor>>,
    Segment(contest_id): Segment<String>,
    Body(form): Body<ExclusionForm>,
) -> Answer<Json<EntrantView>> {
    let by = actor.map_or_else(String::new, |Extension(actor)| actor.name);
    Ok(Json(promote.exclude_from_contest(&contest_id, form, by).await?))
}

/// Let somebody into a contest again
///
/// Who was excluded is ranked again. Again, it changes nothing.
#[utoipa::path(
    post, path = "/api/v1/contests/{contest_id}/readmit", tag = "promote", operation_id = "readmit_to_contest",
    params(("contest_id" = String, Path, description = "The contest")),
    request_body = PlayerForm,
    responses(
        (status = 200, description = "How they stand", body = EntrantView),
        (status = "default", description = "A problem", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("role" = ["operator"]))
)]
pub(crate) async fn readmit_to_contest(
    State(promote): State<Arc<Promote>>,
    actor: Option<Extension<Actor>>,
    Segment(contest_id): Segment<String>,
    Body(form): Body<PlayerForm>,
) -> Answer<Json<EntrantView>> {
    let by = actor.map_or_else(String::new, |Extension(actor)| actor.name);
    Ok(Json(promote.readmit_to_contest(&contest_id, form, by).await?))
}

impl Promote {
    /// Excludes somebody from a contest.
    pub async fn exclude_from_contest(
        &self,
        contest_id: &str,
        form: ExclusionForm,
        by: String,
    ) -> Result<EntrantView, PlayError> {
        text("reason", &form.reason, LONGEST)?;
        self.let_in_or_not(contest_id, PlayerForm { shopper_id: form.shopper_id }, Some(form.reason), by).await
    }

    /// Lets somebody into a contest again.
    pub async fn readmit_to_contest(
        &self,
        contest_id: &str,
        form: PlayerForm,
        by: String,
    ) -> Result<EntrantView, PlayError> {
        self.let_in_or_not(contest_id, form, None, by).await
    }

    async fn let_in_or_not(
        &self,
        contest_id: &str,
        form: PlayerForm,
        reason: Option<String>,
        by: String,
    ) -> Result<EntrantView, PlayError> {
        form.check()?;
        let (id, keys, now) = (contest_id.to_owned(), self.keys_of(&form.shopper_id), self.clock.now());
        let deciding = self.store.write(move |tx| {
            Box::pin(async move {
                store::lock(tx, &id).await?;
                let open = opened(tx, &id).await?;
                let Some(mine) = store::of_keys(tx, &id, &keys).await?.into_iter().next() else {
                    return Err(open.rule("this shopper takes no part in it"));
                };
                if mine.reason == reason {
                    return Ok(());
                }
                open.is_running()?;
                let why = reason.as_deref().map(|reason| (now, by.as_str(), reason));
                store::exclude(tx, &id, mine.number, why).await?;
                let told = match &reason {
                    Some(reason) => {
                        let more = [("reason", reason.as_str()), ("by", by.as_str())];
                        announce::entrant(names::CONTESTANT_EXCLUDED, &open, &mine, &more, now)
                    }
                    None => announce::entrant(names::CONTESTANT_READMITTED, &open, &mine, &[("by", by.as_str())], now),
                };
                tx.emit(&told).await?;
                Ok(recount(tx, &open, vec![Known { entrant: mine, keys, erased: false }]).await?)
            })
        });
        deciding.await?;
        self.contest_entrant(contest_id, &form.shopper_id).await
    }
}
