//! What a quote is made from.

use std::collections::{BTreeMap, BTreeSet};

use fanvine_kernel::Currency;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::reason::Reason;

/// Most lines of a cart.
pub const MOST_LINES: usize = 500;
/// Most units of a line, and of all lines together.
pub const MOST_UNITS: i64 = 100_000;
/// Most a cart may cost: a tenth of what fits, so that no sum can overflow.
pub const MOST_MINOR: i64 = i64::MAX / 10_000;

/// What somebody is about to buy.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Cart {
    /// The currency of all its amounts.
    #[schema(value_type = String)]
    pub currency: Currency,
    /// Its lines.
    pub lines: Vec<Line>,
    /// What sending it costs, in minor units.
    #[serde(default)]
    pub freight_minor: i64,
    /// By which channel it comes.
    #[serde(default)]
    pub channel: Option<String>,
    /// How many points to pay with, at most.
    #[serde(default)]
    pub points: i64,
}

/// Some units of one product.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Line {
    /// The shop's name for the line, unique in the cart.
    pub line_id: String,
    /// The product.
    pub product_id: String,
    /// Its category.
    #[serde(default)]
    pub category: Option<String>,
    /// Its brand.
    #[serde(default)]
    pub brand: Option<String>,
    /// How many units.
    pub quantity: i64,
    /// The list price of one unit, in minor units.
    pub unit_minor: i64,
}

/// What is known of the shopper and of what is left of offers.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Facts {
    /// Segments they are in.
    pub segments: BTreeSet<String>,
    /// Their level.
    pub level: Option<String>,
    /// Whether this would be their first order.
    pub first_order: bool,
    /// Whether it is their birthday.
    pub birthday: bool,
    /// Points they may spend.
    pub points: i64,
    /// Coupons they hold or gave the code of, by offer.
    pub coupons: BTreeSet<String>,
    /// How often an offer may still be used by them, where that is limited: orders, or units of a base price.
    pub left: BTreeMap<String, i64>,
    /// How many units a base price still has of a product.
    pub stock: BTreeMap<(String, String), i64>,
    /// Offers that a campaign does not let them have now, and why.
    pub refused: BTreeMap<String, Reason>,
}

/// Why a cart cannot be quoted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CartError {
    /// No lines, or too many.
    #[error("a cart has 1 to {MOST_LINES} lines, not {0}")]
    Lines(usize),
    /// A line twice.
    #[error("line {0} appears twice")]
    Twice(String),
    /// A quantity that cannot be.
    #[error("line {line} has quantity {quantity}, where 1 to {MOST_UNITS} can be")]
    Quantity {
        /// The line.
        line: String,
        /// Its quantity.
        quantity: i64,
    },
    /// Too many units in all.
    #[error("the cart has {0} units, where 1 to {MOST_UNITS} can be")]
    Units(i64),
    /// An amount below zero.
    #[error("{what} is {minor}, below zero")]
    Negative {
        /// Which amount.
        what: String,
        /// How much.
        minor: i64,
    },
    /// More than can be reckoned with.
    #[error("the cart costs more than {MOST_MINOR} minor units")]
    TooLarge,
}

impl Cart {
    /// Refuses a cart that cannot be quoted.
    pub fn check(&self) -> Result<(), CartError> {
        if self.lines.is_empty() || self.lines.len() > MOST_LINES {
            return Err(CartError::Lines(self.lines.len()));
        }
        let negative = |what: &str, minor| CartError::Negative { what: what.to_owned(), minor };
        for (what, minor) in [("freight_minor", self.freight_minor), ("points", self.points)] {
            if minor < 0 {
                return Err(negative(what, minor));
            }
        }
        let mut seen = BTreeSet::new();
        let mut total = self.freight_minor.max(self.points);
        for line in &self.lines {
            if !seen.insert(&line.line_id) {
                return Err(CartError::Twice(line.line_id.clone()));
            }
            if line.quantity < 1 || line.quantity > MOST_UNITS {
                return Err(CartError::Quantity { line: line.line_id.clone(), quantity: line.quantity });
            }
            if line.unit_minor < 0 {
                return Err(negative(&format!("unit_minor of line {}", line.line_id), line.unit_minor));
            }
            let sum = line.unit_minor.checked_mul(line.quantity).and_then(|minor| total.checked_add(minor));
            total = sum.filter(|total| *total <= MOST_MINOR).ok_or(CartError::TooLarge)?;
        }
        let units: i64 = self.lines.iter().map(|line| line.quantity).sum();
        if units > MOST_UNITS { Err(CartError::Units(units)) } else { Ok(()) }
    }
}
