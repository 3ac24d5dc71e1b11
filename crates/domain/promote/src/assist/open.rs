//! `POST /api/v1/plays/{play_id}/assists`: a shopper opens an invitation.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use fanvine_kernel::Timestamp;
use fanvine_kernel::ids::RunId;
use fanvine_ledger::{LedgerError, Leg};
use fanvine_web::{Answer, Body, ProblemBody, Segment};
use http::HeaderMap;

use super::show_assist::AssistView;
use super::{Fixed, HOUR, Open, Rung, WHAT, announce};
use crate::Promote;
use crate::checkout::reserve::{check_key, key_of};
use crate::offers::Offer;
use crate::offers::store::json;
use crate::plays::Gift;
use crate::plays::requests::{self, PlayerForm};
use crate::plays::runs::{Run, opened};
use crate::plays::{Play, PlayError, Rules};
use crate::wallet::Source;

/// Open an invitation
///
/// Everything its ladder promises is kept for it until it is over: stock, budget, coupons. The same key with the same request
/// answers the same invitation.
#[utoipa::path(
    post, path = "/api/v1/plays/{play_id}/assists", tag = "promote", operation_id = "open_assist",
    params(
        ("play_id" = String, Path, description = "The play"),
        ("Idempotency-Key" = String, Header, description = "Names this request: sent again, it gets the same answer"),
    ),
    request_body = PlayerForm,
    responses(
        (status = 200, description = "The invitation", body = AssistView),
        (status = "default", description = "A problem", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("role" = ["operator"]))
)]
pub(crate) async fn open_assist(
    State(promote): State<Arc<Promote>>,
    Segment(play_id): Segment<String>,
    headers: HeaderMap,
    Body(form): Body<PlayerForm>,
) -> Answer<Json<AssistView>> {
    Ok(Json(promote.open_assist(&play_id, key_of(&headers), form).await?))
}

impl Promote {
    /// Opens an invitation for a shopper.
    pub async fn open_assist(&self, play_id: &str, key: String, form: PlayerForm) -> Result<AssistView, PlayError> {
        check_key(&key)?;
        form.check()?;
        let request = json(&("open_assist", play_id, &form));
        if let Some(run_id) = self.answered(&key, &request).await? {
            return self.assist_view(&run_id).await;
        }
        let charge = self.admitted(play_id, &form.shopper_id).await?;
        let now = self.clock.now();
        let play = self.playable(play_id, now).await?;
        let run_id = RunId::new(now, self.entropy.as_ref()).to_string();
        let mut open = opened_now(play, run_id, form.shopper_id, now)?;
        if !self.may_share(&open.rules.inviters, &self.keys_of(&open.run.shopper_id)).await? {
            return Err(open.rule("it is for other shoppers"));
        }
        if charge.as_ref().is_some_and(|charge| charge.currency != open.rules.currency) {
            return Err(open.rule("its campaign counts in another currency"));
        }
        let offers = self.coupon_offers(&open, now)?;
        open.fixed.offers = offers.iter().map(|(id, offer)| (id.clone(), offer.version)).collect();
        open.run.detail = json(&open.fixed);
        let promise = open.promise(charge.as_ref(), |rung| self.coupon_legs(&open, &offers, rung, now));
        let mut rows = opened(&open.run, open.run.closes_at);
        rows.push(requests::row(&key, &request, &open.run.run_id));
        let told = vec![announce::started(&open, now)];
        if let Err(error) = self.lane.carry_out_and_tell(promise, rows, told).await {
            // The same request may have come twice at once: then the other took what this one is missing.
            let before = self.answered(&key, &request).await?;
            let refused = |error: LedgerError| match &error {
                LedgerError::Refused(refusal) => open.full(refusal).unwrap_or_else(|| error.into()),
                _ => error.into(),
            };
            return self.assist_view(&before.ok_or_else(|| refused(error))?).await;
        }
        self.assist_view(&open.run.run_id).await
    }

    /// The offers an invitation promises coupons of, as they are given out now.
    fn coupon_offers(&self, open: &Open, now: Timestamp) -> Result<BTreeMap<String, Offer>, PlayError> {
        let offer = |offer_id: &str| match self.coupon_offer(offer_id, now) {
            Ok(offer) => Ok((offer_id.to_owned(), offer)),
            Err(error) => Err(open.rule(format!("its reward is not to be had: {error}"))),
        };
        open.rules.coupons().into_keys().map(offer).collect()
    }

    fn coupon_legs(&self, open: &Open, offers: &BTreeMap<String, Offer>, rung: &Rung, now: Timestamp) -> Vec<Leg> {
        let Gift::Coupon { offer_id } = &rung.gives else { return Vec::new() };
        let legs = |offer| self.receipt_legs(offer, &open.run.shopper_id, Source::Reward, None, now);
        offers.get(offer_id).map(legs).unwrap_or_default()
    }
}

/// The invitation a shopper would open.
fn opened_now(play: Play, run_id: String, shopper_id: String, now: Timestamp) -> Result<Open, PlayError> {
    let (play_id, kind) = (play.play_id.clone(), play.terms.rules.kind());
    let Rules::Assist(rules) = play.terms.rules.clone() else {
        return Err(PlayError::Kind { play_id, kind, wanted: WHAT });
    };
    let closes_at = now.plus_micros(rules.hours.saturating_mul(HOUR));
    let run =
        Run { run_id, play, shopper_id, opened_at: now, closes_at, detail: String::new(), led: false, ended: None };
    Ok(Open { run, rules, fixed: Fixed::default() })
}
