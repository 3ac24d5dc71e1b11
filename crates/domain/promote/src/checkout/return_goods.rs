//! `POST /api/v1/redemptions/{id}/returns`: goods come back, and what is refunded for them is decided.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use fanvine_kernel::Timestamp;
use fanvine_ledger::{Along, Command, Share, carry_out};
use fanvine_store::Tx;
use fanvine_web::{Answer, Body, ProblemBody, Segment};
use http::HeaderMap;
use serde::{Deserialize, Serialize};

use super::promise::seat;
use super::reserve::{CheckoutError, check_key, key_of};
use super::store::{self, Kept};
use super::{Counts, Redemption, Status};
use crate::offers::Terms;
use crate::offers::store::{json, version};
use crate::plays::Became;
use crate::plays::runs::{self, Role};
use crate::points::{self, earning_key};
use crate::quote::{Applied, Quote, ReturnLine, Returns};
use crate::referral;
use crate::settlements::{Shared, shared};
use crate::{Promote, announce, bargain, levels};

/// What came back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReturnForm {
    /// Lines with the units that came back; all that is left if empty.
    #[serde(default)]
    pub lines: Vec<ReturnLine>,
}

/// Take goods back
///
/// The refund is what the order's own units cost, with each threshold kept or tested again as its offer says. Units of a
/// flash sale are on sale again; a coupon is good again when everything came back.
#[utoipa::path(
    post, path = "/api/v1/redemptions/{redemption_id}/returns", tag = "promote", operation_id = "return_goods",
    params(
        ("redemption_id" = String, Path, description = "Its identifier"),
        ("Idempotency-Key" = String, Header, description = "Names this request: sent again, it changes nothing"),
    ),
    request_body = ReturnForm,
    responses(
        (status = 200, description = "The redemption with its returns, this one last", body = Redemption),
        (status = "default", description = "A problem", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("role" = ["operator"]))
)]
pub(crate) async fn return_goods(
    State(promote): State<Arc<Promote>>,
    Segment(redemption_id): Segment<String>,
    headers: HeaderMap,
    Body(form): Body<ReturnForm>,
) -> Answer<Json<Redemption>> {
    Ok(Json(promote.return_goods(redemption_id, key_of(&headers), form).await?))
}

impl Promote {
    /// Takes goods back.
    pub async fn return_goods(
        &self,
        redemption_id: String,
        key: String,
        form: ReturnForm,
    ) -> Result<Redemption, CheckoutError> {
        check_key(&key)?;
        let now = self.clock.now();
        let done: Redemption = self
            .store
            .write(move |tx| {
                Box::pin(async move {
                    tx.lock(&format!("redemption/{redemption_id}")).await?;
                    // The ledger's lock too, before anything is read: an order is rolled back under that one alone.
                    carry_out(tx, Vec::new(), now).await?;
                    let unknown = || CheckoutError::Unknown(redemption_id.clone());
                    let kept = store::one(tx, &redemption_id, now).await?.ok_or_else(unknown)?;
                    match store::returned_before(tx, &redemption_id, &key).await? {
                        // What an empty list stood for is not known any more; the key alone decides then.
                        Some((lines, _)) if form.lines.is_empty() || lines == json(&form.lines) => {
                            return Ok(kept.redemption);
                        }
                        Some(_) => return Err(CheckoutError::KeyReused(key)),
                        None => {}
                    }
                    take_back(tx, &kept, &key, form.lines, now).await?;
                    Ok::<_, CheckoutError>(store::one(tx, &redemption_id, now).await?.ok_or_else(unknown)?.redemption)
                })
            })
            .await?;
        let sold: i64 = done.quote.lines.iter().map(|line| line.quantity).sum();
        let back: i64 = done.returns.iter().flat_map(|one| &one.lines).map(|line| line.quantity).sum();
        if back >= sold {
            self.take_back_rewards(&done).await;
        }
        Ok(done)
    }
}

async fn take_back(
    tx: &mut Tx,
    kept: &Kept,
    key: &str,
    lines: Vec<ReturnLine>,
    now: Timestamp,
) -> Result<(), CheckoutError> {
    let one = &kept.redemption;
    if one.status != Status::Redeemed {
        return Err(super::settle::over(one, Status::Redeemed));
    }
    if let Some(seat) = seat(&kept.uses)
        && runs::ended(tx, &seat.run_id).await? != Some(Became::Completed)
    {
        let (redemption_id, run_id) = (one.redemption_id.clone(), seat.run_id.clone());
        return Err(CheckoutError::InFlight { redemption_id, run_id });
    }
    let terms = terms_of(tx, &one.quote).await?;
    let mut returns = Returns::new(&one.quote, |offer_id, _| {
        terms.iter().find(|(known, _)| known == offer_id).map(|(_, terms)| terms.clone())
    });
    let refused = |source| CheckoutError::Return { redemption_id: one.redemption_id.clone(), source };
    for before in &one.returns {
        returns.take_back(&before.lines).map_err(refused)?;
    }
    let before = Before::of(kept, &returns, &terms);
    let lines =
        if lines.is_empty() { returns.left().into_iter().filter(|line| line.quantity > 0).collect() } else { lines };
    let refund = returns.take_back(&lines).map_err(refused)?;
    let after = Before::of(kept, &returns, &terms);
    let (id, number) = (&one.redemption_id, i64::try_from(one.returns.len()).unwrap_or(i64::MAX));
    let mut commands = Vec::new();
    let share: Vec<i64> = after.uses.iter().zip(&before.uses).map(|(after, before)| after - before).collect();
    if share.iter().any(|amount| *amount > 0) {
        let (key, of) = (format!("return/{id}/{number}"), format!("redeem/{id}"));
        commands.push(Command::reverse(key, of, Share::Of(share)));
    }
    if before.earned > after.earned && one.shopper_id.is_some() {
        let share = Share::Of(vec![before.earned - after.earned]);
        commands.push(Command::reverse(format!("unearn/{id}/{number}"), earning_key(id), share));
    }
    let units: Vec<(String, i64)> = returns.kept_units().map(|(line, paid)| (line.to_owned(), paid)).collect();
    commands.extend(referral::earn::take_back(tx, one, &units, number, now).await?);
    // A bargain is about one unit: whatever comes back is that.
    commands.extend(seat(&kept.uses).filter(|seat| seat.role == Role::Buyer).map(bargain::given_up));
    if !commands.is_empty() {
        carry_out(tx, commands, now).await?;
    }
    if let Some(Along { head, row, tail }) = levels::store::came_back(one, number, returns.kept_paid(), now) {
        tx.insert_many(head, vec![row], tail).await?;
    }
    store::save_return(tx, id, key, number, &lines, refund, now).await?;
    store::save_offers_back(tx, id, number, &before.shared, &after.shared, now).await?;
    if one.sandbox.is_none() {
        tx.emit(&announce::returned(one, number, &lines, refund, now)).await?;
    }
    Ok(())
}

/// How things stand between two returns.
struct Before {
    /// How much of each leg of the reservation is free again.
    uses: Vec<i64>,
    /// The points the order still earns.
    earned: i64,
    /// What each offer still takes off the goods that are kept, and a partner's part of it.
    shared: Vec<Shared>,
}

impl Before {
    fn of(kept: &Kept, returns: &Returns<'_>, terms: &[(String, Terms)]) -> Self {
        let one = &kept.redemption;
        let all_back = returns.left().iter().all(|line| line.quantity == 0);
        let of_offer = |applied: &Applied| {
            let found = terms.iter().find(|(known, _)| *known == applied.offer_id);
            let off_minor = returns.kept_off(&applied.offer_id).saturating_add(applied.freight_off_minor);
            shared(&applied.offer_id, off_minor, found.map(|(_, terms)| terms))
        };
        Self {
            uses: uses_back(kept, returns),
            earned: points::kept(one, returns, all_back),
            shared: one.quote.applied.iter().map(of_offer).collect(),
        }
    }
}

/// The terms of the applied offers, in the versions the quote names.
async fn terms_of(tx: &mut Tx, quote: &Quote) -> Result<Vec<(String, Terms)>, CheckoutError> {
    let mut terms = Vec::new();
    for applied in &quote.applied {
        if let Some(found) = version(tx, &applied.offer_id, applied.version).await? {
            terms.push((applied.offer_id.clone(), found));
        }
    }
    Ok(terms)
}

/// How much of each leg of the reservation is free again, after what came back.
fn uses_back(kept: &Kept, returns: &Returns<'_>) -> Vec<i64> {
    let all = returns.left().iter().all(|line| line.quantity == 0);
    let back = kept.uses.iter().map(|one| match &one.counts {
        Counts::Units(product) => returns.back(&one.offer_id, product.as_deref()).min(one.amount),
        Counts::Points => returns.points_back().min(one.amount),
        Counts::Order | Counts::Use if all => one.amount,
        Counts::Campaign if all => one.amount,
        Counts::Campaign => campaign_back(kept, returns, &one.offer_id).min(one.amount),
        // A place that was taken stays taken.
        Counts::Order | Counts::Use | Counts::Seat(_) => 0,
    });
    back.collect()
}

/// What an offer took off goods that came back.
fn campaign_back(kept: &Kept, returns: &Returns<'_>, offer_id: &str) -> i64 {
    let applied = kept.redemption.quote.applied.iter().find(|applied| applied.offer_id == offer_id);
    applied.map_or(0, |applied| applied.off_minor.saturating_sub(returns.kept_off(offer_id)).max(0))
}
