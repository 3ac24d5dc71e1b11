//! Base prices and line prices: which units cost what before thresholds and coupons. Decided line by line, at once.

use std::collections::BTreeMap;

use super::cart::{Cart, Facts};
use super::effect::{Effect, Left, Portion, cut_off};
use super::rulebook::Rulebook;
use crate::offers::{Benefit, Offer};

/// The cart's units by how they are priced, and what did that.
pub(super) struct Priced {
    pub portions: Vec<Portion>,
    pub left: Left,
    pub effects: Vec<Effect>,
    /// What units cost in points, by the offer that says so.
    pub points: BTreeMap<u32, i64>,
}

/// Gives every unit its base price and every line the best of its line prices.
pub(super) fn price(book: &Rulebook, usable: &[u32], cart: &Cart, facts: &Facts) -> Priced {
    let mut priced = Priced {
        portions: Vec::with_capacity(cart.lines.len()),
        left: Left { goods: Vec::with_capacity(cart.lines.len()), freight: cart.freight_minor },
        effects: Vec::new(),
        points: BTreeMap::new(),
    };
    let offers = || usable.iter().filter_map(|number| Some((*number, book.offers.get(*number as usize)?)));
    let mut bases: Vec<(u32, &Offer)> =
        offers().filter(|(_, offer)| matches!(offer.terms.benefit, Benefit::BasePrice { .. })).collect();
    bases.sort_by_key(|(_, offer)| match offer.terms.benefit {
        Benefit::BasePrice { price, .. } => Some(price),
        _ => None,
    });
    let line_prices: Vec<(u32, &Offer)> =
        offers().filter(|(_, offer)| matches!(offer.terms.benefit, Benefit::LinePrice { .. })).collect();
    let mut used = Used::default();
    for line in 0..cart.lines.len() {
        let first = priced.portions.len();
        priced.base(&bases, line, cart, facts, &mut used);
        for place in first..priced.portions.len() {
            priced.best_line_price(&line_prices, place, cart);
        }
    }
    priced
}

/// How many units have a base price so far.
#[derive(Default)]
struct Used<'c> {
    by_offer: BTreeMap<u32, i64>,
    /// A product may stand on several lines.
    by_product: BTreeMap<(u32, &'c str), i64>,
}

impl Priced {
    fn base<'c>(&mut self, bases: &[(u32, &Offer)], at: usize, cart: &'c Cart, facts: &Facts, used: &mut Used<'c>) {
        let Some(line) = cart.lines.get(at) else { return };
        let mut units_left = line.quantity;
        for (number, offer) in bases.iter().filter(|(_, offer)| offer.terms.scope.has(line)) {
            let Benefit::BasePrice { unit_minor, most_units, admits_later, points, .. } = offer.terms.benefit else {
                continue;
            };
            // As many as there are points for, of those the shopper wants to spend.
            let affordable = points.map_or(i64::MAX, |each| {
                let spent: i64 = self.points.values().sum();
                (facts.points.min(cart.points) - spent).max(0) / each.max(1)
            });
            let sold = used.by_product.entry((*number, line.product_id.as_str())).or_default();
            let used = used.by_offer.entry(*number).or_default();
            let limit =
                facts.left.get(&offer.offer_id).copied().unwrap_or(i64::MAX).min(most_units.unwrap_or(i64::MAX));
            let stock = facts.stock.get(&(offer.offer_id.clone(), line.product_id.clone()));
            let units = units_left.min(limit - *used).min(stock.copied().unwrap_or(i64::MAX) - *sold);
            let units = units.min(affordable);
            if units < 1 || unit_minor >= line.unit_minor {
                continue;
            }
            *used += units;
            *sold += units;
            if let Some(each) = points {
                *self.points.entry(*number).or_default() += each * units;
            }
            units_left -= units;
            let place = self.portions.len();
            let off = (line.unit_minor - unit_minor) * units;
            self.add(at, units, line.unit_minor, (!admits_later).then_some(*number));
            self.apply(Effect { offer: *number, off: vec![(place, off)], ..Effect::default() });
        }
        if units_left > 0 {
            self.add(at, units_left, line.unit_minor, None);
        }
    }

    fn add(&mut self, line: usize, units: i64, unit_minor: i64, shut_by: Option<u32>) {
        self.portions.push(Portion { line, units, shut_by });
        self.left.goods.push(unit_minor * units);
    }

    fn best_line_price(&mut self, prices: &[(u32, &Offer)], place: usize, cart: &Cart) {
        let Some(portion) = self.portions.get(place).filter(|portion| portion.shut_by.is_none()) else { return };
        let Some(line) = cart.lines.get(portion.line) else { return };
        let left = self.left.of(place);
        let off = |offer: &Offer| match offer.terms.benefit {
            Benefit::LinePrice { cut, .. } if offer.terms.scope.has(line) => cut_off(cut, left, portion.units),
            _ => 0,
        };
        let best = prices.iter().map(|(number, offer)| (off(offer), std::cmp::Reverse(*number))).max();
        if let Some((off, std::cmp::Reverse(offer))) = best.filter(|(off, _)| *off > 0) {
            self.apply(Effect { offer, off: vec![(place, off)], ..Effect::default() });
        }
    }

    fn apply(&mut self, effect: Effect) {
        self.left.take(&effect);
        self.effects.push(effect);
    }
}
