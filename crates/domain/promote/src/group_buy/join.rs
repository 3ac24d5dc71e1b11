//! `POST /api/v1/groups/{group_id}/join`: a shopper takes a seat with an order of their own.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use fanvine_ledger::{Along, Command, LedgerError};
use fanvine_web::{Answer, Body, ProblemBody, Segment};
use http::HeaderMap;
use serde::Serialize;

use super::show_group::{GroupView, view};
use super::{Group, WHAT, may_join};
use crate::Promote;
use crate::checkout::promise::Promise;
use crate::checkout::reserve::{ReserveForm, Reserved, check_key, key_of};
use crate::checkout::{CheckoutError, Redemption};
use crate::offers::store::json;
use crate::plays::PlayError;
use crate::plays::runs::{self, Role, Seat};

/// A group and the order that takes a seat in it.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct GroupSeat {
    /// The group.
    pub group: GroupView,
    /// The order: redeem it before its deadline, or the seat is free again.
    pub redemption: Redemption,
}

/// Join a group buy
///
/// Reserves the order at the group's price, with a seat that is kept until the payment is due. Redeem the redemption to pay:
/// the seat is taken then. The payment of the last seat completes the group. The same key with the same request answers the
/// same seat.
#[utoipa::path(
    post, path = "/api/v1/groups/{group_id}/join", tag = "promote", operation_id = "join_group",
    params(
        ("group_id" = String, Path, description = "The group"),
        ("Idempotency-Key" = String, Header, description = "Names this request: sent again, it gets the same answer"),
    ),
    request_body = ReserveForm,
    responses(
        (status = 200, description = "The group and the order", body = GroupSeat),
        (status = "default", description = "A problem", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("role" = ["operator"]))
)]
pub(crate) async fn join_group(
    State(promote): State<Arc<Promote>>,
    Segment(group_id): Segment<String>,
    headers: HeaderMap,
    Body(order): Body<ReserveForm>,
) -> Answer<Json<GroupSeat>> {
    Ok(Json(promote.join_group(&group_id, key_of(&headers), order).await?))
}

impl Promote {
    /// Takes a seat in a group with an order.
    pub async fn join_group(&self, group_id: &str, key: String, order: ReserveForm) -> Result<GroupSeat, PlayError> {
        check_key(&key)?;
        let request = json(&("join", group_id, &order));
        // As it was when it was read: who is refused by that is told why by what it is now.
        if let Some(group) = self.groups.get(group_id)
            && let Ok(seat) = self.join_now(group, &key, &request, &order).await
        {
            return Ok(seat);
        }
        let joined = match self.group(group_id).await {
            Ok(group) => {
                self.groups.keep(&group);
                self.join_now(group, &key, &request, &order).await
            }
            Err(error) => Err(error),
        };
        match joined {
            // What was answered stands, whatever became of the group since.
            Err(error) => match self.reserved_before(&key, &request).await? {
                Some(before) => self.seat_of(before).await,
                None => Err(error),
            },
            joined => joined,
        }
    }

    async fn join_now(
        &self,
        group: Group,
        key: &str,
        request: &str,
        order: &ReserveForm,
    ) -> Result<GroupSeat, PlayError> {
        may_join(&group, self.clock.now())?;
        let (key, request, order) = (key.to_owned(), request.to_owned(), order.clone());
        self.take_seat(group, Role::Joiner, key, request, order, Vec::new(), Vec::new()).await
    }

    /// Reserves an order together with its seat.
    #[expect(clippy::too_many_arguments, reason = "one way for leaders and joiners, told all that either request told")]
    pub(super) async fn take_seat(
        &self,
        group: Group,
        role: Role,
        key: String,
        request: String,
        order: ReserveForm,
        before: Vec<Command>,
        rows: Vec<Along>,
    ) -> Result<GroupSeat, PlayError> {
        let (shopper_id, quantity) = fitting(&group, &order)?;
        let (uses, legs) = group.legs(role, &shopper_id, quantity);
        let play_id = group.run.play.play_id.clone();
        self.admitted(&play_id, &shopper_id).await?;
        let promise = Promise {
            seat: Seat { run_id: group.run.run_id.clone(), play_id, role },
            shopper_id,
            quantity,
            offer: group.rules.price(&group.run.play, &group.size, role),
            uses,
            legs,
            before,
            rows,
            hold_s: group.rules.pay_within_s,
            until: group.run.closes_at,
            look: group.looked_at().to_vec(),
        };
        match self.reserve_promised(key, request, order, &promise).await {
            Ok(Reserved { redemption, standings: Some(standings) }) => {
                Ok(GroupSeat { group: view(&group, group.seats_in(&standings)), redemption })
            }
            Ok(reserved) => self.seat_of(reserved.redemption).await,
            Err(CheckoutError::Ledger(LedgerError::Refused(refusal))) => {
                Err(group.full(&refusal).unwrap_or_else(|| LedgerError::Refused(refusal).into()))
            }
            Err(error) => Err(error.into()),
        }
    }

    /// The group that an order has a seat in, and the order.
    pub(super) async fn seat_of(&self, redemption: Redemption) -> Result<GroupSeat, PlayError> {
        let id = redemption.redemption_id.clone();
        let found = self.store.read(|tx| Box::pin(async move { runs::of_redemption(tx, &id).await })).await?;
        // A key that named an order without a seat was refused before: the requests differ.
        let run_id = found.ok_or(CheckoutError::Unknown(redemption.redemption_id.clone()))?;
        let group = self.group(&run_id).await?;
        Ok(GroupSeat { group: self.view_of(group).await?, redemption })
    }

    /// The group of that identifier.
    pub(crate) async fn group(&self, group_id: &str) -> Result<Group, PlayError> {
        let wanted = group_id.to_owned();
        let found = self.store.read(|tx| Box::pin(async move { runs::one(tx, &wanted).await })).await?;
        Group::of(found.ok_or(PlayError::UnknownRun { what: WHAT, run_id: group_id.to_owned() })?)
    }
}

/// Whose order it is, and how many units: one line of the play's product, which a group that fails can give back whole.
fn fitting(group: &Group, order: &ReserveForm) -> Result<(String, i64), PlayError> {
    let refused = |why: String| PlayError::Rule { play_id: group.run.play.play_id.clone(), why };
    let Some(shopper_id) = order.shopper.shopper_id.clone() else {
        return Err(refused("the order needs a shopper_id".to_owned()));
    };
    let (product, most) = (&group.rules.product_id, group.rules.most_units);
    match order.cart.lines.as_slice() {
        [line] if line.product_id == *product && (1..=most).contains(&line.quantity) => Ok((shopper_id, line.quantity)),
        [line] => {
            let (quantity, other) = (line.quantity, &line.product_id);
            Err(refused(format!("the order has {quantity} units of {other}, where it takes 1 to {most} of {product}")))
        }
        lines => Err(refused(format!("the order has {} lines, where it takes one, of {product}", lines.len()))),
    }
}
