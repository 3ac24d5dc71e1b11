//! `POST /api/v1/bargains/{bargain_id}/order`: who opened a bargain orders at the price that was reached.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use fanvine_ledger::{LedgerError, Refusal};
use fanvine_web::{Answer, Body, ProblemBody, Segment};
use http::HeaderMap;
use serde::Serialize;

use super::show_bargain::BargainView;
use super::{Cut, Open, OrderAt};
use crate::Promote;
use crate::checkout::promise::Promise;
use crate::checkout::reserve::{ReserveForm, check_key, key_of};
use crate::checkout::{CheckoutError, Redemption};
use crate::offers::store::json;
use crate::plays::PlayError;
use crate::plays::runs;

/// How often an order is tried anew when somebody helped meanwhile.
const TRIES: usize = 5;

/// A bargain and the order of it.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct BargainOrder {
    /// The bargain.
    pub bargain: BargainView,
    /// The order: redeem it before its deadline, or the bargain goes on.
    pub redemption: Redemption,
}

/// Order at the price of a bargain
///
/// Reserves the order of who opened it, for one unit, at the price that was reached; nobody helps until it is paid or over.
/// Redeem the redemption to pay: the bargain is completed then. The same key with the same request answers the same order.
#[utoipa::path(
    post, path = "/api/v1/bargains/{bargain_id}/order", tag = "promote", operation_id = "order_bargain",
    params(
        ("bargain_id" = String, Path, description = "The bargain"),
        ("Idempotency-Key" = String, Header, description = "Names this request: sent again, it gets the same answer"),
    ),
    request_body = ReserveForm,
    responses(
        (status = 200, description = "The bargain and the order", body = BargainOrder),
        (status = "default", description = "A problem", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("role" = ["operator"]))
)]
pub(crate) async fn order_bargain(
    State(promote): State<Arc<Promote>>,
    Segment(bargain_id): Segment<String>,
    headers: HeaderMap,
    Body(order): Body<ReserveForm>,
) -> Answer<Json<BargainOrder>> {
    Ok(Json(promote.order_bargain(&bargain_id, key_of(&headers), order).await?))
}

impl Promote {
    /// Orders at the price of a bargain.
    pub async fn order_bargain(
        &self,
        bargain_id: &str,
        key: String,
        order: ReserveForm,
    ) -> Result<BargainOrder, PlayError> {
        check_key(&key)?;
        let request = json(&("order", bargain_id, &order));
        let mut tries = TRIES;
        let redemption = loop {
            if let Some(before) = self.reserved_before(&key, &request).await? {
                break before;
            }
            let (open, cut) = self.bargain(bargain_id).await?;
            open.is_open(self.clock.now())?;
            let promise = promise(&open, cut, &order)?;
            tries -= 1;
            match self.reserve_promised(key.clone(), request.clone(), order.clone(), &promise).await {
                Ok(reserved) => break reserved.redemption,
                Err(CheckoutError::Ledger(LedgerError::Refused(refusal))) => {
                    // Somebody helped since the price was read: it is lower by now.
                    let helped = matches!(&refusal, Refusal::Short { account, .. } if *account == open.to_cut().name);
                    if !helped || tries == 0 {
                        return Err(open.full(&refusal).unwrap_or_else(|| LedgerError::Refused(refusal).into()));
                    }
                }
                Err(error) => return Err(error.into()),
            }
        };
        Ok(BargainOrder { bargain: self.bargain_view(bargain_id).await?, redemption })
    }
}

/// What a bargain promises the order of who opened it.
fn promise(open: &Open, cut: Cut, order: &ReserveForm) -> Result<Promise, PlayError> {
    let (run, rules) = (&open.run, &open.rules);
    let refused = |why: String| Err(PlayError::Rule { play_id: run.play.play_id.clone(), why });
    if order.shopper.shopper_id.as_deref() != Some(run.shopper_id.as_str()) {
        return refused(format!("bargain {} is ordered by {}, who opened it", run.run_id, run.shopper_id));
    }
    let product = &rules.product_id;
    match order.cart.lines.as_slice() {
        [line] if line.product_id == *product && line.quantity == 1 => {}
        _ => return refused(format!("the order of a bargain has one line, of one unit of {product}")),
    }
    if cut.helps == 0 {
        return refused("nobody has helped yet".to_owned());
    }
    if rules.order_at == OrderAt::Floor && cut.helps < rules.helps {
        let (helps, floor) = (rules.helps - cut.helps, rules.floor_minor);
        return refused(format!("it is ordered at its floor of {floor} minor units, which {helps} more helps reach"));
    }
    let (seat, uses, legs) = open.order(cut);
    Ok(Promise {
        seat,
        shopper_id: run.shopper_id.clone(),
        quantity: 1,
        offer: rules.price(&run.play, open.price_minor(cut)),
        uses,
        legs,
        before: Vec::new(),
        rows: Vec::new(),
        hold_s: rules.pay_within_s,
        until: run.closes_at,
        look: Vec::new(),
    })
}

impl Promote {
    /// The bargain of that identifier, and how it stands.
    pub(crate) async fn bargain(&self, bargain_id: &str) -> Result<(Open, Cut), PlayError> {
        let (wanted, now) = (bargain_id.to_owned(), self.clock.now());
        let read = self.store.read(|tx| {
            Box::pin(async move {
                let unknown = || PlayError::UnknownRun { what: super::WHAT, run_id: wanted.clone() };
                let open = Open::of(runs::one(tx, &wanted).await?.ok_or_else(unknown)?)?;
                let cut = super::cut_of(tx, std::slice::from_ref(&open), now).await?.remove(&wanted);
                Ok::<_, PlayError>((open, cut.unwrap_or_default()))
            })
        });
        read.await
    }
}
