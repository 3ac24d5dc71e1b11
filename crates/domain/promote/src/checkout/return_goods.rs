//! `POST /api/v1/redemptions/{id}/returns`: goods come back, and what is refunded for them is decided.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use fanvine_kernel::Timestamp;
use fanvine_ledger::{Command, Share, carry_out};
use fanvine_store::Tx;
use fanvine_web::{Answer, Body, ProblemBody, Segment};
use http::HeaderMap;
use serde::{Deserialize, Serialize};

use super::reserve::{CheckoutError, check_key, key_of};
use super::store::{self, Kept};
use super::{Counts, Redemption, Status};
use crate::Promote;
use crate::announce;
use crate::offers::store::{json, version};
use crate::quote::{Quote, ReturnLine, Returns};

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
        self.store
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
                    Ok(store::one(tx, &redemption_id, now).await?.ok_or_else(unknown)?.redemption)
                })
            })
            .await
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
    let terms = terms_of(tx, &one.quote).await?;
    let mut returns = Returns::new(&one.quote, |offer_id, _| {
        terms.iter().find(|(known, _)| known == offer_id).map(|(_, terms)| terms.clone())
    });
    let refused = |source| CheckoutError::Return { redemption_id: one.redemption_id.clone(), source };
    for before in &one.returns {
        returns.take_back(&before.lines).map_err(refused)?;
    }
    let came_back = uses_back(kept, &returns);
    let lines =
        if lines.is_empty() { returns.left().into_iter().filter(|line| line.quantity > 0).collect() } else { lines };
    let refund = returns.take_back(&lines).map_err(refused)?;
    let number = i64::try_from(one.returns.len()).unwrap_or(i64::MAX);
    let share: Vec<i64> =
        uses_back(kept, &returns).into_iter().zip(came_back).map(|(after, before)| after - before).collect();
    if share.iter().any(|amount| *amount > 0) {
        let id = &one.redemption_id;
        let reverse = Command::reverse(format!("return/{id}/{number}"), format!("redeem/{id}"), Share::Of(share));
        carry_out(tx, vec![reverse], now).await?;
    }
    store::save_return(tx, &one.redemption_id, key, number, &lines, refund, now).await?;
    tx.emit(&announce::returned(one, number, &lines, refund, now)).await?;
    Ok(())
}

/// The terms of the applied offers, in the versions the quote names.
async fn terms_of(tx: &mut Tx, quote: &Quote) -> Result<Vec<(String, crate::offers::Terms)>, CheckoutError> {
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
        Counts::Order | Counts::Use if all => one.amount,
        Counts::Order | Counts::Use => 0,
    });
    back.collect()
}
