//! Goods that come back: what is refunded, from the order's own frozen units.
//!
//! What is kept owes what it cost in the order, and, for each offer that is tested again, the discount it no longer
//! deserves. What was paid beyond what the kept goods owe goes back. So nothing that is kept ever changes its price by what
//! is returned, unless its offer says so; and all returns together never exceed what the returned units cost.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::answer::{POINTS, Quote, QuotedLine, Share};
use super::effect::{reached, tier_off};
use crate::offers::{Benefit, OnReturn, Terms};

/// Some units of a line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReturnLine {
    /// The line.
    pub line_id: String,
    /// How many of its units.
    pub quantity: i64,
}

/// Why goods cannot come back.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReturnError {
    /// No such line.
    #[error("the order has no line {0}")]
    UnknownLine(String),
    /// A quantity below 1.
    #[error("{quantity} units of line {line} cannot come back")]
    Quantity {
        /// The line.
        line: String,
        /// How many.
        quantity: i64,
    },
    /// More than is left.
    #[error("{wanted} units of line {line} cannot come back: {left} are left")]
    Exceeds {
        /// The line.
        line: String,
        /// How many.
        wanted: i64,
        /// How many are left.
        left: i64,
    },
}

/// A unit of an order.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Unit {
    line: usize,
    list: i64,
    paid: i64,
    shares: Vec<Share>,
    kept: bool,
    refunded: i64,
}

/// An order's units, and what came back of them.
#[derive(Debug, Clone)]
pub struct Returns<'q> {
    quote: &'q Quote,
    units: Vec<Unit>,
    /// The offers that are tested again.
    tested: Vec<Tested>,
}

/// An offer that is tested again.
#[derive(Debug, Clone)]
struct Tested {
    offer_id: String,
    terms: Terms,
    /// Whether every line has of it just what it gets by itself, as in a group that decides by item.
    by_line: bool,
}

/// What some units have of an offer, and what it was tested against.
#[derive(Debug, Clone, Copy, Default)]
struct Has {
    off: i64,
    spend: i64,
    units: i64,
}

impl Has {
    fn with(self, other: Self) -> Self {
        Self { off: self.off + other.off, spend: self.spend + other.spend, units: self.units + other.units }
    }

    /// What these units would get by themselves.
    fn deserves(self, terms: &Terms) -> i64 {
        let Benefit::Tiers { tiers, repeats } = &terms.benefit else { return self.off };
        let tier = reached(tiers, *repeats, self.spend, self.units);
        tier.map_or(0, |(tier, times)| tier_off(tier, times, self.spend))
    }

    fn undeserved(self, terms: &Terms) -> i64 {
        (self.off - self.deserves(terms)).max(0)
    }
}

impl<'q> Returns<'q> {
    /// Nothing has come back yet. `terms` tells the terms of an applied offer in the version the quote names.
    pub fn new(quote: &'q Quote, terms: impl Fn(&str, i64) -> Option<Terms>) -> Self {
        let mut units = Vec::new();
        for (line, quoted) in quote.lines.iter().enumerate() {
            for run in &quoted.units {
                let (list, paid, shares) = (run.list_minor, run.paid_minor, run.shares.clone());
                let unit = Unit { line, list, paid, shares, kept: true, refunded: 0 };
                units.extend(std::iter::repeat_n(unit, usize::try_from(run.units).unwrap_or(0)));
            }
        }
        let applied =
            quote.applied.iter().filter_map(|one| Some((one.offer_id.clone(), terms(&one.offer_id, one.version)?)));
        let again = applied.filter(|(_, terms)| terms.on_return == OnReturn::Retest && terms.can_be_retested());
        let again: Vec<(String, Terms)> = again.collect();
        let mut returns = Self { quote, units, tested: Vec::new() };
        for (offer_id, terms) in again {
            // All units are still there.
            let by_line = returns.kept_of(&offer_id).values().all(|has| has.off == has.deserves(&terms));
            returns.tested.push(Tested { offer_id, terms, by_line });
        }
        returns
    }

    /// Takes goods back, the last units of a line first; what is refunded for them, in minor units.
    pub fn take_back(&mut self, lines: &[ReturnLine]) -> Result<i64, ReturnError> {
        let mut wanted: BTreeMap<usize, i64> = BTreeMap::new();
        for line in lines {
            if line.quantity < 1 {
                return Err(ReturnError::Quantity { line: line.line_id.clone(), quantity: line.quantity });
            }
            let place = self.quote.lines.iter().position(|known| known.line_id == line.line_id);
            let place = place.ok_or_else(|| ReturnError::UnknownLine(line.line_id.clone()))?;
            let sum = wanted.entry(place).or_default();
            *sum = sum.saturating_add(line.quantity);
        }
        for (line, place) in self.left().into_iter().zip(0..) {
            let (left, wanted) = (line.quantity, wanted.get(&place).copied().unwrap_or(0));
            if wanted > left {
                return Err(ReturnError::Exceeds { line: line.line_id, wanted, left });
            }
        }
        for unit in self.units.iter_mut().rev().filter(|unit| unit.kept) {
            if let Some(wanted) = wanted.get_mut(&unit.line).filter(|wanted| **wanted > 0) {
                unit.kept = false;
                *wanted -= 1;
            }
        }
        Ok(self.settle())
    }

    /// What was refunded so far.
    pub fn refunded(&self) -> i64 {
        self.units.iter().map(|unit| unit.refunded).sum()
    }

    /// How many units of each line are left.
    pub fn left(&self) -> Vec<ReturnLine> {
        let none = |line: &QuotedLine| ReturnLine { line_id: line.line_id.clone(), quantity: 0 };
        let mut lines: Vec<ReturnLine> = self.quote.lines.iter().map(none).collect();
        for unit in self.units.iter().filter(|unit| unit.kept) {
            lines.get_mut(unit.line).into_iter().for_each(|line| line.quantity += 1);
        }
        lines
    }

    /// The units that are kept: each by its line, with what it cost.
    pub fn kept_units(&self) -> impl Iterator<Item = (&str, i64)> {
        let kept = self.units.iter().filter(|unit| unit.kept);
        kept.filter_map(|unit| Some((self.quote.lines.get(unit.line)?.line_id.as_str(), unit.paid)))
    }

    /// How many units of a product came back that an offer had taken something off.
    pub fn back(&self, offer_id: &str, product_id: Option<&str>) -> i64 {
        let of_product = |unit: &Unit| {
            let line = self.quote.lines.get(unit.line);
            product_id.is_none_or(|wanted| line.is_some_and(|line| line.product_id == wanted))
        };
        let shared = |unit: &&Unit| unit.shares.iter().any(|share| share.offer_id == offer_id);
        self.units.iter().filter(|unit| !unit.kept).filter(shared).filter(|unit| of_product(unit)).count() as i64
    }

    /// What the goods that are kept were paid for, after all refunds.
    pub fn kept_paid(&self) -> i64 {
        self.units.iter().map(|unit| unit.paid).sum::<i64>() - self.refunded()
    }

    /// The same by line.
    pub fn kept_by_line(&self) -> BTreeMap<&str, i64> {
        let mut kept = BTreeMap::new();
        for unit in &self.units {
            let Some(line) = self.quote.lines.get(unit.line) else { continue };
            *kept.entry(line.line_id.as_str()).or_default() += unit.paid - unit.refunded;
        }
        kept
    }

    /// What an offer still takes off what is kept, less what the refund took of it.
    pub fn kept_off(&self, offer_id: &str) -> i64 {
        let has: i64 = self.kept_of(offer_id).values().map(|has| has.off).sum();
        let lost = self.tested.iter().find(|tested| tested.offer_id == offer_id);
        has - lost.map_or(0, |tested| self.undeserved(tested))
    }

    /// How many of the points paid with came back: those that units cost with these units, those that took money off in
    /// proportion, rounded down, and all of them when everything came back.
    pub fn points_back(&self) -> i64 {
        if self.units.iter().all(|unit| !unit.kept) {
            return self.quote.points_spent;
        }
        let priced = self.quote.applied.iter().filter(|applied| applied.points > 0);
        let of_units: i64 = priced
            .clone()
            .map(|applied| applied.points / applied.units.unwrap_or(1).max(1) * self.back(&applied.offer_id, None))
            .sum();
        let money = self.quote.points_spent - priced.map(|applied| applied.points).sum::<i64>();
        let off = |unit: &Unit| -> i64 {
            let shares = unit.shares.iter().filter(|share| share.offer_id == POINTS);
            shares.map(|share| share.off_minor).sum()
        };
        let all: i64 = self.units.iter().map(off).sum();
        let back: i64 = self.units.iter().filter(|unit| !unit.kept).map(off).sum();
        let exact = i128::from(money) * i128::from(back) / i128::from(all.max(1));
        of_units + i64::try_from(exact).unwrap_or(0)
    }

    /// Whether a unit was refunded more than it cost. Never, whatever came back in whatever order.
    pub fn is_overdrawn(&self) -> bool {
        self.units.iter().any(|unit| unit.refunded > unit.paid || unit.kept && unit.refunded > 0)
    }

    /// Refunds what was paid beyond what the kept units owe, to the units that came back.
    fn settle(&mut self) -> i64 {
        let paid: i64 = self.units.iter().map(|unit| unit.paid).sum();
        let kept: i64 = self.units.iter().filter(|unit| unit.kept).map(|unit| unit.paid).sum();
        let lost: i64 = self.tested.iter().map(|tested| self.undeserved(tested)).sum();
        let refund = (paid - kept - lost - self.refunded()).max(0);
        let mut left = refund;
        for unit in self.units.iter_mut().rev().filter(|unit| !unit.kept) {
            let part = left.min(unit.paid - unit.refunded);
            unit.refunded += part;
            left -= part;
        }
        refund
    }

    /// What the kept units have of an offer beyond what they would get of it by themselves. Where each line got it by itself,
    /// lines that still do have lost nothing.
    fn undeserved(&self, tested: &Tested) -> i64 {
        let kept = self.kept_of(&tested.offer_id);
        let together = kept.values().copied().fold(Has::default(), Has::with).undeserved(&tested.terms);
        if !tested.by_line {
            return together;
        }
        let each: i64 = kept.values().map(|has| has.undeserved(&tested.terms)).sum();
        together.min(each)
    }

    /// What the kept units of each line have of an offer.
    fn kept_of(&self, offer_id: &str) -> BTreeMap<usize, Has> {
        let mut kept: BTreeMap<usize, Has> = BTreeMap::new();
        for unit in self.units.iter().filter(|unit| unit.kept) {
            let Some(at) = unit.shares.iter().position(|share| share.offer_id == offer_id) else {
                // It was not in its scope, or costs next to nothing.
                continue;
            };
            let before: i64 = unit.shares.iter().take(at).map(|share| share.off_minor).sum();
            let off = unit.shares.get(at).map_or(0, |share| share.off_minor);
            let has = kept.entry(unit.line).or_default();
            *has = has.with(Has { off, spend: unit.list - before, units: 1 });
        }
        kept
    }
}
