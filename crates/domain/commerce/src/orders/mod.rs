//! Orders: what was bought, what was taken off, what came back.
//!
//! An order is never edited. Every word said about it is kept as a fact, and the order is what its facts add up
//! to (see [`fold`]), so it ends the same in whatever order they arrive.

pub(crate) mod facts;
pub(crate) mod fold;
pub mod get_order;
pub mod put_order;
pub mod refund_order;
pub(crate) mod store;
pub(crate) mod wording;

use fanvine_kernel::{Currency, Timestamp};
use serde::{Deserialize, Serialize};

/// How far an order has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum OrderStatus {
    /// Placed, nothing refunded.
    Completed,
    /// Some of it was refunded.
    PartiallyRefunded,
    /// All of it was refunded.
    Refunded,
    /// It was cancelled: whatever was not refunded counts as refunded.
    Cancelled,
    /// Only refunds of it are known; the order itself was never reported.
    RefundOnly,
}

impl OrderStatus {
    /// The status's name as it is stored and shown.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Completed => "completed",
            Self::PartiallyRefunded => "partially_refunded",
            Self::Refunded => "refunded",
            Self::Cancelled => "cancelled",
            Self::RefundOnly => "refund_only",
        }
    }
}

/// An order as its facts add up. Amounts are minor units of `currency`, 0 where nothing was said.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct Order {
    /// The shop's number for it.
    pub order_id: String,
    /// How far it has come.
    pub status: OrderStatus,
    /// The user id, else the anonymous id; none for a guest.
    pub shopper_id: Option<String>,
    /// The shopper's name before sign-in.
    pub anonymous_id: Option<String>,
    /// When it was placed; for a refund of an unknown order, when that was.
    #[schema(value_type = String, format = DateTime)]
    pub placed_at: Timestamp,
    /// When it was last spoken of.
    #[schema(value_type = String, format = DateTime)]
    pub updated_at: Timestamp,
    /// The currency of all its amounts; none if it has no amounts.
    #[schema(value_type = Option<String>)]
    pub currency: Option<Currency>,
    /// What the products brought in, after discounts, without shipping and tax.
    pub revenue_minor: i64,
    /// What the shopper paid.
    pub total_minor: i64,
    /// Shipping.
    pub shipping_minor: i64,
    /// Tax.
    pub tax_minor: i64,
    /// Discounts of the lines and of the order together.
    pub discount_minor: i64,
    /// What went back, over all refunds.
    pub refunded_minor: i64,
    /// The coupon used.
    pub coupon: Option<String>,
    /// How the shopper came.
    pub channel: Option<String>,
    /// The campaign the shopper came by.
    pub campaign: Option<String>,
    /// The source that first reported it.
    pub source_id: String,
    /// Units over all lines.
    pub units: i64,
    /// Its lines.
    pub lines: Vec<OrderLine>,
    /// Its refunds, oldest first.
    pub refunds: Vec<Refund>,
}

/// A line of an order. Its part of the order's discount is fixed when the order is placed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct OrderLine {
    /// Its place, from 1.
    pub line: i64,
    /// The product; else its SKU.
    pub product_id: Option<String>,
    /// Which variant of it.
    pub variant: Option<String>,
    /// What the product was called.
    pub name: Option<String>,
    /// Its category.
    pub category: Option<String>,
    /// Units bought; 0 for what only a refund tells of.
    pub quantity: i64,
    /// The price of one unit.
    pub unit_price_minor: Option<i64>,
    /// Its own discount and its part of the order's.
    pub discount_minor: i64,
    /// What it brought in, after discounts.
    pub revenue_minor: i64,
    /// Units that came back.
    pub refunded_quantity: i64,
    /// What of its revenue went back.
    pub refunded_minor: i64,
}

/// A refund of an order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct Refund {
    /// Its name.
    pub refund_id: String,
    /// When it was given.
    #[schema(value_type = String, format = DateTime)]
    pub refunded_at: Timestamp,
    /// How much went back.
    pub amount_minor: i64,
    /// How many units came back.
    pub units: i64,
}
