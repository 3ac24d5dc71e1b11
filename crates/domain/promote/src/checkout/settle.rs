//! `POST /api/v1/redemptions/{id}/redeem` and `…/roll-back`, and `GET /api/v1/redemptions/{id}`: what becomes of a
//! reservation.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use fanvine_ledger::{Command, LedgerError, Refusal, Share};
use fanvine_web::{Answer, ProblemBody, Segment};

use super::reserve::CheckoutError;
use super::store::{self, Kept};
use super::{Redemption, Status};
use crate::Promote;
use crate::announce;

/// Show a redemption
#[utoipa::path(
    get, path = "/api/v1/redemptions/{redemption_id}", tag = "promote", operation_id = "get_redemption",
    params(("redemption_id" = String, Path, description = "Its identifier")),
    responses(
        (status = 200, description = "The redemption", body = Redemption),
        (status = "default", description = "A problem", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("role" = ["analyst"]))
)]
pub(crate) async fn get_redemption(
    State(promote): State<Arc<Promote>>,
    Segment(redemption_id): Segment<String>,
) -> Answer<Json<Redemption>> {
    Ok(Json(promote.kept(&redemption_id).await?.redemption))
}

/// Redeem a reservation
///
/// The order stands: what was set aside is used. Again, it changes nothing.
#[utoipa::path(
    post, path = "/api/v1/redemptions/{redemption_id}/redeem", tag = "promote", operation_id = "redeem",
    params(("redemption_id" = String, Path, description = "Its identifier")),
    responses(
        (status = 200, description = "The redemption", body = Redemption),
        (status = "default", description = "A problem", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("role" = ["operator"]))
)]
pub(crate) async fn redeem(
    State(promote): State<Arc<Promote>>,
    Segment(redemption_id): Segment<String>,
) -> Answer<Json<Redemption>> {
    Ok(Json(promote.settle(&redemption_id, Status::Redeemed).await?))
}

/// Roll a redemption back
///
/// What was set aside or used is free again: for orders that were not paid or were cancelled whole. Again, it changes
/// nothing.
#[utoipa::path(
    post, path = "/api/v1/redemptions/{redemption_id}/roll-back", tag = "promote", operation_id = "roll_back",
    params(("redemption_id" = String, Path, description = "Its identifier")),
    responses(
        (status = 200, description = "The redemption", body = Redemption),
        (status = "default", description = "A problem", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("role" = ["operator"]))
)]
pub(crate) async fn roll_back(
    State(promote): State<Arc<Promote>>,
    Segment(redemption_id): Segment<String>,
) -> Answer<Json<Redemption>> {
    Ok(Json(promote.settle(&redemption_id, Status::RolledBack).await?))
}

impl Promote {
    /// Redeems a reservation, or rolls it back.
    pub async fn settle(&self, redemption_id: &str, wanted: Status) -> Result<Redemption, CheckoutError> {
        let kept = self.kept(redemption_id).await?;
        if kept.redemption.status == wanted {
            return Ok(kept.redemption);
        }
        let Some(command) = command(&kept, wanted) else { return Err(over(&kept.redemption, wanted)) };
        let now = self.clock.now();
        let along = vec![store::step(redemption_id, wanted, now)];
        let told = announce::redemption(&kept.redemption, wanted, now);
        let done = self.lane.carry_out_and_tell(vec![command], along, vec![told]).await;
        let after = self.kept(redemption_id).await?.redemption;
        match done {
            Ok(_) if after.status == wanted => Ok(after),
            // Somebody else decided otherwise meanwhile, or the deadline did.
            Ok(_) | Err(LedgerError::Refused(Refusal::Settled { .. } | Refusal::Exceeds { .. })) => {
                Err(over(&after, wanted))
            }
            Err(error) => Err(error.into()),
        }
    }

    pub(crate) async fn kept(&self, redemption_id: &str) -> Result<Kept, CheckoutError> {
        let (wanted, now) = (redemption_id.to_owned(), self.clock.now());
        let found = self.store.read(|tx| Box::pin(async move { store::one(tx, &wanted, now).await })).await;
        found?.ok_or_else(|| CheckoutError::Unknown(redemption_id.to_owned()))
    }
}

/// What the ledger must do, if anything can be done.
fn command(kept: &Kept, wanted: Status) -> Option<Command> {
    let (id, of) = (&kept.redemption.redemption_id, format!("reserve/{}", kept.idempotency_key));
    match (kept.redemption.status, wanted) {
        (Status::Reserved, Status::Redeemed) => Some(Command::post(format!("redeem/{id}"), of)),
        (Status::Reserved, Status::RolledBack) => Some(Command::void(format!("void/{id}"), of)),
        (Status::Redeemed, Status::RolledBack) => {
            Some(Command::reverse(format!("roll-back/{id}"), format!("redeem/{id}"), Share::All))
        }
        _ => None,
    }
}

/// That it has come too far, or ended.
pub(crate) fn over(redemption: &Redemption, wanted: Status) -> CheckoutError {
    let word = |status: Status| match status {
        Status::Reserved => "reserved",
        Status::Lapsed => "lapsed",
        Status::Redeemed => "redeemed",
        Status::RolledBack => "rolled back",
    };
    CheckoutError::Over {
        redemption_id: redemption.redemption_id.clone(),
        status: word(redemption.status).to_owned(),
        wanted: word(wanted),
    }
}
