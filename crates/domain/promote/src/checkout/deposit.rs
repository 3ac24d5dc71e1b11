//! `POST /api/v1/redemptions/{id}/deposit`: the deposit of a pre-sale was paid, and the goods are kept until the balance is
//! due.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use fanvine_kernel::Timestamp;
use fanvine_ledger::{Command, LedgerError, Refusal, legs_of};
use fanvine_web::{Answer, ProblemBody, Segment};

use super::reserve::CheckoutError;
use super::{Redemption, Status, store};
use crate::quote::PresaleDue;
use crate::{Promote, announce};

/// Pay the deposit of a pre-sale
///
/// What was set aside stays so until the balance is due; redeem it when that is paid, within its time. Again, it changes
/// nothing.
#[utoipa::path(
    post, path = "/api/v1/redemptions/{redemption_id}/deposit", tag = "promote", operation_id = "pay_deposit",
    params(("redemption_id" = String, Path, description = "Its identifier")),
    responses(
        (status = 200, description = "The redemption", body = Redemption),
        (status = "default", description = "A problem", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("role" = ["operator"]))
)]
pub(crate) async fn pay_deposit(
    State(promote): State<Arc<Promote>>,
    Segment(redemption_id): Segment<String>,
) -> Answer<Json<Redemption>> {
    Ok(Json(promote.pay_deposit(&redemption_id).await?))
}

impl Promote {
    /// Keeps what a pre-sale reserved until its balance is due.
    pub async fn pay_deposit(&self, redemption_id: &str) -> Result<Redemption, CheckoutError> {
        let kept = self.kept(redemption_id).await?;
        let one = &kept.redemption;
        let due = one.quote.presale.as_ref().filter(|_| one.status == Status::Reserved);
        let Some(presale) = due else {
            let paid = matches!(one.status, Status::Deposited | Status::Redeemed) && one.quote.presale.is_some();
            return if paid { Ok(kept.redemption) } else { Err(super::settle::over(one, Status::Deposited)) };
        };
        let now = self.clock.now();
        let reserved = format!("reserve/{}", kept.idempotency_key);
        let legs = {
            let reserved = reserved.clone();
            self.store.read(|tx| Box::pin(async move { legs_of(tx, &reserved).await })).await?
        };
        // Released and set aside anew, for longer, in one step that nobody comes between.
        let release = Command::void(format!("release/{redemption_id}"), reserved);
        let extend = Command::reserve(format!("deposit/{redemption_id}"), legs, presale.balance_until);
        let along = vec![store::step(redemption_id, Status::Deposited, now)];
        let told = announce::redemption(one, Status::Deposited, now);
        let told = one.sandbox.is_none().then_some(told).into_iter().collect();
        let done = self.lane.carry_out_and_tell(vec![release, extend], along, told).await;
        let after = self.kept(redemption_id).await?.redemption;
        match done {
            Ok(_) if after.status == Status::Deposited => Ok(after),
            Ok(_) | Err(LedgerError::Refused(Refusal::Settled { .. })) => {
                Err(super::settle::over(&after, Status::Deposited))
            }
            Err(error) => Err(error.into()),
        }
    }
}

/// Refuses to take the balance of a pre-sale out of its time.
pub(crate) fn check_window(one: &Redemption, presale: &PresaleDue, now: Timestamp) -> Result<(), CheckoutError> {
    if one.status == Status::Deposited && now >= presale.balance_from && now < presale.balance_until {
        return Ok(());
    }
    if one.status == Status::Reserved {
        return Err(super::settle::over(one, Status::Redeemed));
    }
    Err(CheckoutError::Window {
        redemption_id: one.redemption_id.clone(),
        what: "the balance",
        from: presale.balance_from.to_string(),
        until: presale.balance_until.to_string(),
    })
}
