//! `POST /api/v1/assists/{assist_id}/accept`: a friend accepts an invitation.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use fanvine_ledger::carry_out;
use fanvine_web::{Answer, Body, ProblemBody, Segment};

use super::show_assist::AssistView;
use super::{Open, WHAT, announce, store};
use crate::Promote;
use crate::plays::requests::PlayerForm;
use crate::plays::{PlayError, runs};

/// Accept an invitation
///
/// From then on what the friend does may count for who invited them. One person accepts one invitation of a play at a time,
/// nobody their own, and who counted once never again. Again, it changes nothing.
#[utoipa::path(
    post, path = "/api/v1/assists/{assist_id}/accept", tag = "promote", operation_id = "accept_assist",
    params(("assist_id" = String, Path, description = "The invitation")),
    request_body = PlayerForm,
    responses(
        (status = 200, description = "The invitation", body = AssistView),
        (status = "default", description = "A problem", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("role" = ["operator"]))
)]
pub(crate) async fn accept_assist(
    State(promote): State<Arc<Promote>>,
    Segment(assist_id): Segment<String>,
    Body(form): Body<PlayerForm>,
) -> Answer<Json<AssistView>> {
    Ok(Json(promote.accept_assist(&assist_id, form).await?))
}

impl Promote {
    /// Accepts an invitation.
    pub async fn accept_assist(&self, assist_id: &str, form: PlayerForm) -> Result<AssistView, PlayError> {
        form.check()?;
        let (friend, now) = (form.shopper_id, self.clock.now());
        let (keys, open) = (self.keys_of(&friend), self.assist(assist_id).await?);
        self.admitted(&open.run.play.play_id, &friend).await?;
        let ordered = open.rules.newcomers && self.others.orders.has_ordered(&keys).await?;
        let inviter = self.keys_of(&open.run.shopper_id);
        let wanted = assist_id.to_owned();
        let accepting = self.store.write(move |tx| {
            Box::pin(async move {
                // The ledger's lock before anything is read: of two invitations accepted at once, one comes second.
                carry_out(tx, Vec::new(), now).await?;
                let unknown = || PlayError::UnknownRun { what: WHAT, run_id: wanted.clone() };
                let open = Open::of(runs::one(tx, &wanted).await?.ok_or_else(unknown)?)?;
                let play_id = &open.run.play.play_id;
                let accepted = store::accepted_by(tx, play_id, &keys).await?;
                if accepted.iter().any(|one| one.run_id == wanted) {
                    return Ok(());
                }
                open.is_open(now)?;
                if keys.iter().any(|key| inviter.contains(key)) {
                    return Err(open.rule("nobody invites themselves"));
                }
                if store::has_counted(tx, play_id, &keys).await? {
                    return Err(open.rule("this shopper has counted as a friend before, and each counts once"));
                }
                if accepted.iter().any(|one| !one.ended) {
                    return Err(open.rule("this shopper has accepted another invitation that is still open"));
                }
                if ordered {
                    return Err(open.rule("this shopper has ordered before, and the play is for newcomers"));
                }
                store::accept(tx, &open, &friend, now).await?;
                tx.emit(&announce::accepted(&open, &friend, now)).await?;
                Ok::<_, PlayError>(())
            })
        });
        accepting.await?;
        self.assist_view(assist_id).await
    }
}
