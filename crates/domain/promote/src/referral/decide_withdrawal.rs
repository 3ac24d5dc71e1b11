//! `POST /api/v1/withdrawals/{withdrawal_id}/approve` and `…/reject`: commission was paid, or is not.

use std::sync::Arc;

use axum::extract::State;
use axum::{Extension, Json};
use fanvine_contracts::access::Actor;
use fanvine_kernel::Timestamp;
use fanvine_kernel::event::names;
use fanvine_ledger::{Command, carry_out, legs_of, standings};
use fanvine_store::{Tx, args};
use fanvine_web::{Answer, Body, ProblemBody, Segment};
use serde::Deserialize;

use super::withdraw::{WHAT, WithdrawalState, WithdrawalView, event, hold_key, one, unknown};
use crate::Promote;
use crate::offers::TermsError;
use crate::plays::PlayError;

const LONGEST_NOTE: usize = 500;

/// What is noted with a decision.
#[derive(Debug, Clone, Default, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct DecisionForm {
    /// The reference of the payment, or why there is none.
    pub note: String,
}

/// Approve a withdrawal
///
/// The commission was paid: what was set aside is gone. Refused if so much was taken back meanwhile that it is not there any
/// more. Again, it changes nothing.
#[utoipa::path(
    post, path = "/api/v1/withdrawals/{withdrawal_id}/approve", tag = "promote", operation_id = "approve_withdrawal",
    params(("withdrawal_id" = String, Path, description = "Its identifier")),
    request_body = DecisionForm,
    responses(
        (status = 200, description = "The withdrawal", body = WithdrawalView),
        (status = "default", description = "A problem", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("role" = ["operator"]))
)]
pub(crate) async fn approve_withdrawal(
    State(promote): State<Arc<Promote>>,
    actor: Option<Extension<Actor>>,
    Segment(withdrawal_id): Segment<String>,
    Body(form): Body<DecisionForm>,
) -> Answer<Json<WithdrawalView>> {
    let by = actor.map_or_else(String::new, |Extension(actor)| actor.name);
    Ok(Json(promote.decide_withdrawal(&withdrawal_id, WithdrawalState::Paid, form, by).await?))
}

/// Reject a withdrawal
///
/// The commission is there again. Again, it changes nothing.
#[utoipa::path(
    post, path = "/api/v1/withdrawals/{withdrawal_id}/reject", tag = "promote", operation_id = "reject_withdrawal",
    params(("withdrawal_id" = String, Path, description = "Its identifier")),
    request_body = DecisionForm,
    responses(
        (status = 200, description = "The withdrawal", body = WithdrawalView),
        (status = "default", description = "A problem", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("role" = ["operator"]))
)]
pub(crate) async fn reject_withdrawal(
    State(promote): State<Arc<Promote>>,
    actor: Option<Extension<Actor>>,
    Segment(withdrawal_id): Segment<String>,
    Body(form): Body<DecisionForm>,
) -> Answer<Json<WithdrawalView>> {
    let by = actor.map_or_else(String::new, |Extension(actor)| actor.name);
    Ok(Json(promote.decide_withdrawal(&withdrawal_id, WithdrawalState::Rejected, form, by).await?))
}

impl Promote {
    /// Decides a withdrawal: paid, or rejected.
    pub async fn decide_withdrawal(
        &self,
        withdrawal_id: &str,
        wanted: WithdrawalState,
        form: DecisionForm,
        by: String,
    ) -> Result<WithdrawalView, PlayError> {
        if form.note.len() > LONGEST_NOTE || form.note.contains('\0') {
            return Err(TermsError::Text { field: "note", bytes: form.note.len(), most: LONGEST_NOTE }.into());
        }
        let (id, now) = (withdrawal_id.to_owned(), self.clock.now());
        self.store.write(move |tx| Box::pin(async move { decide(tx, &id, wanted, &form.note, &by, now).await })).await
    }
}

async fn decide(
    tx: &mut Tx,
    id: &str,
    wanted: WithdrawalState,
    note: &str,
    by: &str,
    now: Timestamp,
) -> Result<WithdrawalView, PlayError> {
    const INSERT: &str = "INSERT INTO withdrawal_decisions (withdrawal_id, decision, decided_by, note, decided_at)
        VALUES ($1, $2, $3, $4, $5)";
    // The ledger's lock before anything is read: whoever decides at the same time comes before or after.
    carry_out(tx, Vec::new(), now).await?;
    let before = one(tx, id, now).await?.ok_or_else(|| unknown(id))?;
    let ended = |became, at| PlayError::Ended { what: WHAT, run_id: id.to_owned(), became, at };
    match before.state {
        state if state == wanted => return Ok(before),
        WithdrawalState::Requested => {}
        WithdrawalState::Paid => return Err(ended("was paid", before.decided_at.unwrap_or(now))),
        WithdrawalState::Rejected => return Err(ended("was rejected", before.decided_at.unwrap_or(now))),
        WithdrawalState::Lapsed => return Err(ended("lapsed", before.deadline)),
    }
    let (decision, name, command) = match wanted {
        WithdrawalState::Paid => {
            still_there(tx, id, now).await?;
            ("paid", names::WITHDRAWAL_PAID, Command::post(format!("pay-out/{id}"), hold_key(id)))
        }
        _ => ("rejected", names::WITHDRAWAL_REJECTED, Command::void(format!("reject/{id}"), hold_key(id))),
    };
    carry_out(tx, vec![command], now).await?;
    tx.execute(INSERT, args![id, decision, by, note, now]).await?;
    let after = one(tx, id, now).await?.ok_or_else(|| unknown(id))?;
    tx.emit(&event(name, &after, now)).await?;
    Ok(after)
}

/// Refuses to pay what was taken back since it was asked for.
async fn still_there(tx: &mut Tx, id: &str, now: Timestamp) -> Result<(), PlayError> {
    for leg in legs_of(tx, &hold_key(id)).await? {
        let name = leg.from.name;
        let balance = standings(tx, [name.as_str()], now).await?.remove(&name).map_or(0, |one| one.balance);
        if balance < leg.amount {
            let limit = format!("{balance} minor units are left of {} after goods came back; reject it", leg.amount);
            return Err(PlayError::Full { what: WHAT, id: id.to_owned(), limit });
        }
    }
    Ok(())
}
