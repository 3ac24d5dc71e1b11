//! The catalogue and the orders of the shop, as its events and its operators report them.
//!
//! It decides what an order is worth, what of it came back and what a product costs. It must never learn how
//! events are collected, nor what anybody concludes from orders.

pub mod catalogue;
pub mod orders;
mod past_orders;
pub(crate) mod payload;
mod placed_orders;
pub mod projection;
pub mod tables;

use std::sync::Arc;

use fanvine_kernel::ids::SourceId;
use fanvine_kernel::{Clock, Currency, Entropy};
use fanvine_store::{Migration, Store};
use serde::Serialize;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub use payload::PayloadError;
pub use projection::{CONSUMER, Words};

/// The tables of this room.
pub const MIGRATIONS: &[Migration] = &[
    Migration { name: "commerce/0001_catalogue", sql: include_str!("../migrations/0001_catalogue.sql") },
    Migration { name: "commerce/0002_orders", sql: include_str!("../migrations/0002_orders.sql") },
    Migration { name: "commerce/0003_costs", sql: include_str!("../migrations/0003_costs.sql") },
    Migration { name: "commerce/0004_orders_by_time", sql: include_str!("../migrations/0004_orders_by_time.sql") },
];

/// The lock whoever changes the catalogue or the orders holds on PostgreSQL.
pub(crate) const LOCK: &str = "commerce";

/// The room's state.
#[derive(Clone)]
pub struct Commerce {
    /// Where the catalogue and the orders are kept.
    pub store: Store,
    /// Tells the time.
    pub clock: Arc<dyn Clock>,
    /// Makes refund ids.
    pub entropy: Arc<dyn Entropy>,
    /// The source of the events that commands send out.
    pub source: SourceId,
    /// The currency of amounts that name none.
    pub currency: Option<Currency>,
    /// Products in memory, as other rooms complete events by them.
    pub described: Arc<catalogue::described::Memory>,
}

/// What a `PUT` did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// There was no such thing before.
    Created,
    /// It was different before.
    Updated,
    /// It was the same before.
    Unchanged,
}

/// The room's routes.
pub fn router(state: Arc<Commerce>) -> OpenApiRouter {
    OpenApiRouter::new()
        .routes(routes!(catalogue::list_products::list_products))
        .routes(routes!(catalogue::get_product::get_product, catalogue::put_product::put_product))
        .routes(routes!(orders::get_order::get_order, orders::put_order::put_order))
        .routes(routes!(orders::refund_order::refund_order))
        .with_state(state)
}
