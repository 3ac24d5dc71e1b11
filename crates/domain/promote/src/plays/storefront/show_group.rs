//! `GET /v1/groups/{group_id}`: a group as its page shows it, to whoever was sent the link.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use fanvine_kernel::Timestamp;
use fanvine_store::StoreError;
use fanvine_web::{Answer, ProblemBody, Segment};
use http::HeaderMap;
use serde::Serialize;

use super::show_play::ShownProduct;
use super::store::was_paid;
use crate::Promote;
use crate::checkout::{Redemption, Status, store as redemptions};
use crate::group_buy::GroupState;
use crate::plays::PlayError;
use crate::plays::runs::{self, Member};
use crate::wallet::storefront::Storefront;

/// Somebody with a seat. Who it is, the page does not say.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct ShownMember {
    /// Whether they opened it.
    pub leader: bool,
    /// Whether the seat is paid.
    pub paid: bool,
    /// Whether it is the shopper who asks.
    pub you: bool,
}

/// The order of the shopper who asks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct MySeat {
    /// The order: what the shop's payment is told.
    pub redemption_id: String,
    /// What became of it.
    pub status: Status,
    /// What is or was to be paid, in minor units.
    pub payable_minor: i64,
    /// Until when it is kept unless it is paid.
    #[schema(value_type = String, format = DateTime)]
    pub deadline: Timestamp,
    /// What goes back to the shopper, in minor units: all that was paid, if it was given up after.
    pub refund_minor: i64,
}

/// A group as its page shows it.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct ShownGroup {
    /// Its identifier.
    pub group_id: String,
    /// The play it is of.
    pub play_id: String,
    /// What the play is called.
    pub name: String,
    /// How it stands.
    pub state: GroupState,
    /// How many members it takes.
    pub size: i64,
    /// What a unit costs who joins, in minor units.
    pub unit_minor: i64,
    /// Most units a member may buy.
    pub most_units: i64,
    /// Whether only those may join who never ordered before.
    pub newcomers: bool,
    /// When it fails unless it is full by then.
    #[schema(value_type = String, format = DateTime)]
    pub closes_at: Timestamp,
    /// Seats that are free.
    pub free: i64,
    /// Seats that are kept for orders which are not paid yet.
    pub held: i64,
    /// Seats that are paid.
    pub paid: i64,
    /// Who has a seat, in the order they came.
    pub members: Vec<ShownMember>,
    /// The order of the shopper who asks, if they have or had one.
    pub mine: Option<MySeat>,
    /// What is bought.
    pub product: ShownProduct,
    /// The moment of the answer, by which the page counts down.
    #[schema(value_type = String, format = DateTime)]
    pub now: Timestamp,
}

/// Show a group buy on a page
///
/// Whoever has its link may see it. With `Authorization: Bearer <token>`, as for `GET /v1/profile`, it says what the shopper
/// has in it too.
#[utoipa::path(
    get, path = "/v1/groups/{group_id}", tag = "promote", operation_id = "page_group",
    params(("group_id" = String, Path, description = "Its identifier")),
    responses(
        (status = 200, description = "The group", body = ShownGroup),
        (status = 401, description = "A token that is not to be believed", body = ProblemBody,
            content_type = "application/problem+json"),
        (status = "default", description = "A problem", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(())
)]
pub(crate) async fn page_group(
    State(storefront): State<Arc<Storefront>>,
    Segment(group_id): Segment<String>,
    headers: HeaderMap,
) -> Answer<Json<ShownGroup>> {
    let shopper = storefront.shopper_if_told(&headers)?;
    Ok(Json(storefront.promote.shown_group(&group_id, shopper.as_deref()).await?))
}

impl Promote {
    /// A group as its page shows it to a shopper, or to anybody.
    pub async fn shown_group(&self, group_id: &str, shopper: Option<&str>) -> Result<ShownGroup, PlayError> {
        let group = self.group(group_id).await?;
        let orders = self.orders_of(group_id).await?;
        let yours = |member: &Member| shopper == Some(member.shopper_id.as_str());
        let seated = |(member, order, _): &(Member, Redemption, bool)| match order.status {
            Status::Reserved | Status::Redeemed => {
                let paid = order.status == Status::Redeemed;
                Some(ShownMember { leader: member.role == "leader", paid, you: yours(member) })
            }
            _ => None,
        };
        let members = orders.iter().filter_map(seated).collect();
        let mine =
            orders.iter().filter(|(member, ..)| yours(member)).max_by_key(|(_, order, paid)| (rank(order), *paid));
        let mine = mine.map(|(_, order, paid)| my_seat(order, *paid));
        let product = self.shown_product(&group.rules.product_id).await?;
        let (name, now) = (group.run.play.terms.name.clone(), self.clock.now());
        let (most_units, newcomers) = (group.rules.most_units, group.rules.joiners.first_order);
        let view = self.view_of(group).await?;
        Ok(ShownGroup {
            group_id: view.group_id,
            play_id: view.play_id,
            name,
            state: view.state,
            size: view.size,
            unit_minor: view.unit_minor,
            most_units,
            newcomers,
            closes_at: view.closes_at,
            free: view.free,
            held: view.held,
            paid: view.paid,
            members,
            mine,
            product,
            now,
        })
    }

    /// The orders of a run with their orders, and whether each was ever paid.
    pub(super) async fn orders_of(&self, group_id: &str) -> Result<Vec<(Member, Redemption, bool)>, StoreError> {
        let (wanted, now) = (group_id.to_owned(), self.clock.now());
        let read = self.store.read(|tx| {
            Box::pin(async move {
                let mut orders = Vec::new();
                for member in runs::members(tx, &wanted).await? {
                    let Some(kept) = redemptions::one(tx, &member.redemption_id, now).await? else { continue };
                    let paid = was_paid(tx, &kept.redemption).await?;
                    orders.push((member, kept.redemption, paid));
                }
                Ok::<_, StoreError>(orders)
            })
        });
        read.await
    }
}

/// Of several orders, the one that counts: paid before reserved before whatever is over.
pub(super) fn rank(order: &Redemption) -> u8 {
    match order.status {
        Status::Redeemed => 2,
        Status::Reserved => 1,
        _ => 0,
    }
}

pub(super) fn my_seat(order: &Redemption, paid: bool) -> MySeat {
    let payable_minor = order.quote.payable_minor;
    let refund_minor = match order.status {
        Status::RolledBack if paid => payable_minor,
        _ => order.refunded_minor,
    };
    MySeat {
        redemption_id: order.redemption_id.clone(),
        status: order.status,
        payable_minor,
        deadline: order.deadline,
        refund_minor,
    }
}
