//! `GET /v1/assists/{assist_id}`, `POST /v1/assists/open` and `…/accept`: an invitation as its page shows it, and what a shopper
//! does with it from there. Who invites and who accepted, the page does not say.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use fanvine_kernel::{Currency, Timestamp};
use fanvine_web::{Answer, Body, ProblemBody, Segment};
use http::HeaderMap;
use serde::{Deserialize, Serialize};

use crate::Promote;
use crate::assist::{ActivatedBy, Assist, AssistState};
use crate::plays::Gift;
use crate::plays::{PlayError, PlayerForm};
use crate::wallet::storefront::Storefront;

/// What is promised for so many friends, as a page shows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct ShownRung {
    /// How many friends must count.
    pub friends: i64,
    /// The points it gives, if it is points.
    pub points: Option<i64>,
    /// What people call the coupon it gives, if it is one.
    pub coupon: Option<String>,
    /// Whether it was given.
    pub given: bool,
}

/// What a friend is in an invitation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum FriendState {
    /// They accepted it.
    Accepted,
    /// They paid an order that counts when it can come back no more.
    Due,
    /// They count.
    Counts,
}

/// An invitation as its page shows it.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct ShownAssist {
    /// Its identifier.
    pub assist_id: String,
    /// The play it is of.
    pub play_id: String,
    /// What the play is called.
    pub name: String,
    /// How it stands.
    pub state: AssistState,
    /// How many friends accepted.
    pub accepted: i64,
    /// How many of them count.
    pub activated: i64,
    /// Its ladder, the fewest friends first.
    pub rungs: Vec<ShownRung>,
    /// By what a friend counts.
    pub activated_by: ActivatedBy,
    /// The currency of what must be paid.
    #[schema(value_type = String)]
    pub currency: Currency,
    /// Whether only those may accept who never ordered before.
    pub newcomers: bool,
    /// Until when friends may accept and buy.
    #[schema(value_type = String, format = DateTime)]
    pub closes_at: Timestamp,
    /// Whether the shopper who asks opened it.
    pub yours: bool,
    /// What the shopper who asks is in it; null if nobody, or nobody is told.
    pub you: Option<FriendState>,
    /// The moment of the answer, by which the page counts down.
    #[schema(value_type = String, format = DateTime)]
    pub now: Timestamp,
}

/// An invitation to open.
#[derive(Debug, Clone, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PageAssistForm {
    /// The play.
    pub play_id: String,
}

/// An invitation.
#[derive(Debug, Clone, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct WhichAssist {
    /// Which.
    pub assist_id: String,
}

/// Show an invitation on a page
///
/// Whoever has its link may see it: it says how far it came, and nobody's name. With a token it says what the shopper is in it.
#[utoipa::path(
    get, path = "/v1/assists/{assist_id}", tag = "promote", operation_id = "page_assist",
    params(("assist_id" = String, Path, description = "Its identifier")),
    responses(
        (status = 200, description = "The invitation", body = ShownAssist),
        (status = 401, description = "A token that is not to be believed", body = ProblemBody,
            content_type = "application/problem+json"),
        (status = "default", description = "A problem", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(())
)]
pub(crate) async fn page_assist(
    State(storefront): State<Arc<Storefront>>,
    Segment(assist_id): Segment<String>,
    headers: HeaderMap,
) -> Answer<Json<ShownAssist>> {
    let shopper = storefront.shopper_if_told(&headers)?;
    Ok(Json(storefront.promote.shown_assist(&assist_id, shopper.as_deref()).await?))
}

/// Open an invitation from a page
///
/// `Authorization: Bearer <token>` names the shopper, as for `GET /v1/profile`. The same key answers the same invitation.
#[utoipa::path(
    post, path = "/v1/assists/open", tag = "promote", operation_id = "page_open_assist",
    params(("Idempotency-Key" = String, Header, description = "Names this request: sent again, it gets the same answer")),
    request_body = PageAssistForm,
    responses(
        (status = 200, description = "The invitation", body = ShownAssist),
        (status = 401, description = "No token, or one that is not to be believed", body = ProblemBody,
            content_type = "application/problem+json"),
        (status = "default", description = "A problem", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(())
)]
pub(crate) async fn page_open_assist(
    State(storefront): State<Arc<Storefront>>,
    headers: HeaderMap,
    Body(form): Body<PageAssistForm>,
) -> Answer<Json<ShownAssist>> {
    let (shopper, key) = storefront.asks(&headers)?;
    let promote = &storefront.promote;
    let opened = promote.open_assist(&form.play_id, key, PlayerForm { shopper_id: shopper.clone() }).await?;
    Ok(Json(promote.shown_assist(&opened.assist_id, Some(&shopper)).await?))
}

/// Accept an invitation from a page
///
/// As for `POST /v1/assists/open`. Again, it changes nothing.
#[utoipa::path(
    post, path = "/v1/assists/accept", tag = "promote", operation_id = "page_accept_assist",
    params(("Idempotency-Key" = String, Header, description = "Names this request")),
    request_body = WhichAssist,
    responses(
        (status = 200, description = "The invitation", body = ShownAssist),
        (status = 401, description = "No token, or one that is not to be believed", body = ProblemBody,
            content_type = "application/problem+json"),
        (status = "default", description = "A problem", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(())
)]
pub(crate) async fn page_accept_assist(
    State(storefront): State<Arc<Storefront>>,
    headers: HeaderMap,
    Body(form): Body<WhichAssist>,
) -> Answer<Json<ShownAssist>> {
    let (shopper, _) = storefront.asks(&headers)?;
    let promote = &storefront.promote;
    promote.accept_assist(&form.assist_id, PlayerForm { shopper_id: shopper.clone() }).await?;
    Ok(Json(promote.shown_assist(&form.assist_id, Some(&shopper)).await?))
}

impl Promote {
    /// An invitation as its page shows it.
    pub async fn shown_assist(&self, assist_id: &str, shopper: Option<&str>) -> Result<ShownAssist, PlayError> {
        let keys = shopper.map(|shopper| self.keys_of(shopper)).unwrap_or_default();
        let (open, view, you) = self.assist_for(assist_id, keys.clone()).await?;
        let yours = keys.contains(&view.shopper_id);
        let given = |friends: i64| view.rungs.iter().any(|rung| rung.friends == friends && rung.given_at.is_some());
        Ok(ShownAssist {
            assist_id: view.assist_id.clone(),
            play_id: view.play_id.clone(),
            state: view.state,
            accepted: view.accepted,
            activated: view.activated,
            rungs: self.shown_rungs(&open.rules, given),
            activated_by: open.rules.activated_by,
            currency: open.rules.currency,
            newcomers: open.rules.newcomers,
            closes_at: view.closes_at,
            yours,
            you,
            name: open.run.play.terms.name,
            now: self.clock.now(),
        })
    }

    /// A ladder as a page shows it.
    pub(super) fn shown_rungs(&self, rules: &Assist, given: impl Fn(i64) -> bool) -> Vec<ShownRung> {
        let rung = |rung: &crate::assist::Rung| {
            let (points, coupon) = self.shown_gift(&rung.gives);
            ShownRung { friends: rung.friends, points, coupon, given: given(rung.friends) }
        };
        rules.rungs.iter().map(rung).collect()
    }

    /// What is given, as a page shows it: points, or what people call the coupon.
    pub(super) fn shown_gift(&self, gives: &Gift) -> (Option<i64>, Option<String>) {
        match gives {
            Gift::Points { points } => (Some(*points), None),
            Gift::Coupon { offer_id } => {
                let name = self.offers().offer(offer_id).map(|offer| offer.terms.name.clone());
                (None, Some(name.unwrap_or_else(|| offer_id.clone())))
            }
        }
    }
}
