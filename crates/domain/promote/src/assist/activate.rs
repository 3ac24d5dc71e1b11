//! `POST /api/v1/assists/{assist_id}/activate`: the shop's server tells that a friend did what the play asks for.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use fanvine_ledger::carry_out;
use fanvine_web::{Answer, Body, ProblemBody, Segment};

use super::count::count;
use super::show_assist::AssistView;
use super::{ActivatedBy, Open, WHAT, store};
use crate::Promote;
use crate::plays::requests::PlayerForm;
use crate::plays::{PlayError, runs};

/// Tell that an invited friend was active
///
/// For plays in which friends count by a stated activity: the shop's server tells when one who accepted has done it. Where
/// friends count by a paid order, the order itself tells. Again, it changes nothing.
#[utoipa::path(
    post, path = "/api/v1/assists/{assist_id}/activate", tag = "promote", operation_id = "activate_friend",
    params(("assist_id" = String, Path, description = "The invitation")),
    request_body = PlayerForm,
    responses(
        (status = 200, description = "The invitation", body = AssistView),
        (status = "default", description = "A problem", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("role" = ["operator"]))
)]
pub(crate) async fn activate_friend(
    State(promote): State<Arc<Promote>>,
    Segment(assist_id): Segment<String>,
    Body(form): Body<PlayerForm>,
) -> Answer<Json<AssistView>> {
    Ok(Json(promote.activate_friend(&assist_id, form).await?))
}

impl Promote {
    /// Counts a friend who did what the play asks for.
    pub async fn activate_friend(&self, assist_id: &str, form: PlayerForm) -> Result<AssistView, PlayError> {
        form.check()?;
        let (open, now) = (self.assist(assist_id).await?, self.clock.now());
        if !matches!(open.rules.activated_by, ActivatedBy::Activity { .. }) {
            return Err(open.rule("its friends count by paid orders, which tell of themselves"));
        }
        let mut friend = self.friend(&open, form.shopper_id, None).await?;
        let wanted = assist_id.to_owned();
        let counting = self.store.write(move |tx| {
            Box::pin(async move {
                carry_out(tx, Vec::new(), now).await?;
                let unknown = || PlayError::UnknownRun { what: WHAT, run_id: wanted.clone() };
                let open = Open::of(runs::one(tx, &wanted).await?.ok_or_else(unknown)?)?;
                let mine = store::accepted_by(tx, &open.run.play.play_id, &friend.keys).await?;
                let Some(mine) = mine.into_iter().find(|one| one.run_id == wanted) else {
                    return Err(open.rule("this shopper has not accepted the invitation"));
                };
                if store::counts_here(tx, &wanted, &friend.keys).await? {
                    return Ok(());
                }
                open.is_open(now)?;
                friend.shopper_id = mine.shopper_id;
                match count(tx, &open, friend, now).await? {
                    true => Ok(()),
                    false => Err(open.rule("this shopper has counted as a friend before, or invited themselves")),
                }
            })
        });
        counting.await?;
        self.assist_view(assist_id).await
    }
}
