//! What a quote says.

use fanvine_kernel::{Currency, Timestamp};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::earning::Earning;
use super::effect::Granted;
use super::reason::{Reason, Words};

/// The identifier by which points paid with stand among the shares of a unit.
pub const POINTS: &str = "points";

/// The price of a cart and how it came about. The same cart, facts, offers and moment give the same quote.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Quote {
    /// The currency of all its amounts.
    #[schema(value_type = String)]
    pub currency: Currency,
    /// The moment it was made for.
    #[schema(value_type = String, format = DateTime)]
    pub at: Timestamp,
    /// The goods at their list prices, in minor units.
    pub list_minor: i64,
    /// What is taken off the goods, points included.
    pub discount_minor: i64,
    /// What the goods cost: `list_minor - discount_minor`.
    pub goods_minor: i64,
    /// Freight before offers.
    pub freight_minor: i64,
    /// What is taken off freight.
    pub freight_discount_minor: i64,
    /// What is to be paid.
    pub payable_minor: i64,
    /// Points it is paid with beside that.
    pub points_spent: i64,
    /// Points to be earned by it, those of offers not counted.
    pub points_earned: i64,
    /// By what they are earned. None where no rule lets any be earned, and in orders of an earlier release.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub earning: Option<Earning>,
    /// The lines, with the frozen share of every unit.
    pub lines: Vec<QuotedLine>,
    /// The offers applied, in their order.
    pub applied: Vec<Applied>,
    /// The offers that concern the cart and were not applied.
    pub rejected: Vec<Rejected>,
    /// Whether no other combination costs the shopper less. False if there were too many to compare.
    pub best: bool,
    /// What of it is due when, if it holds goods of a pre-sale.
    #[serde(default)]
    pub presale: Option<PresaleDue>,
}

/// What is due of a pre-sale.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PresaleDue {
    /// What is due now, in minor units.
    pub deposit_minor: i64,
    /// The rest, freight and other goods included.
    pub balance_minor: i64,
    /// From when on that may be paid.
    #[schema(value_type = String, format = DateTime)]
    pub balance_from: Timestamp,
    /// Until when, that moment excluded.
    #[schema(value_type = String, format = DateTime)]
    pub balance_until: Timestamp,
}

/// A line of a quote.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct QuotedLine {
    /// The shop's name for it.
    pub line_id: String,
    /// The product.
    pub product_id: String,
    /// How many units.
    pub quantity: i64,
    /// All of them at the list price, in minor units.
    pub list_minor: i64,
    /// What they cost.
    pub paid_minor: i64,
    /// Its units, alike ones together, in order.
    pub units: Vec<UnitRun>,
}

/// Units that are priced alike to the last minor unit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct UnitRun {
    /// How many.
    pub units: i64,
    /// The list price of each, in minor units.
    pub list_minor: i64,
    /// What each costs.
    pub paid_minor: i64,
    /// What each offer takes off each, in the order they were applied.
    pub shares: Vec<Share>,
}

/// What an offer takes off a unit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Share {
    /// The offer, or `points`.
    pub offer_id: String,
    /// How much, in minor units.
    pub off_minor: i64,
}

/// An offer that was applied.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Applied {
    /// Which.
    pub offer_id: String,
    /// In which version.
    pub version: i64,
    /// What people call it.
    pub name: String,
    /// What it takes off the goods, in minor units.
    pub off_minor: i64,
    /// What it takes off freight.
    pub freight_off_minor: i64,
    /// How many units it priced, if it is a base price.
    pub units: Option<i64>,
    /// Points these units cost besides.
    #[serde(default)]
    pub points: i64,
    /// What it grants beside.
    pub granted: Vec<Granted>,
}

/// An offer that was not applied.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Rejected {
    /// Which.
    pub offer_id: String,
    /// What people call it.
    pub name: String,
    /// Why.
    #[serde(flatten)]
    pub reason: Reason,
    /// Why, in words.
    pub words: Words,
    /// What would unlock it, if anything the shopper can do.
    pub unlock: Option<Words>,
}
