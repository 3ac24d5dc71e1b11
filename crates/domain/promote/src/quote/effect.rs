//! What one offer does to what is left to pay: pure sums, the same for the search and for the quote.

use fanvine_kernel::allocation::allocate;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::cart::Line;
use crate::offers::{At, Benefit, Cut, Part, Reward, Tier};

/// Units of a line that are priced alike.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Portion {
    /// Its line's place in the cart.
    pub line: usize,
    /// How many units.
    pub units: i64,
    /// The offer whose base price shuts later offers out.
    pub shut_by: Option<u32>,
}

/// What is left to pay.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Left {
    /// Of each portion.
    pub goods: Vec<i64>,
    pub freight: i64,
}

/// Something granted beside money.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum Granted {
    /// Something given on top.
    Gift {
        /// The product.
        product_id: String,
        /// How many units.
        units: i64,
    },
    /// Points, once the order is settled.
    Points {
        /// How many.
        points: i64,
    },
    /// A coupon, once the order is settled.
    Coupon {
        /// The offer it is of.
        offer_id: String,
    },
}

/// What an offer does.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Effect {
    /// The offer's place in the book.
    pub offer: u32,
    /// How much less each portion costs.
    pub off: Vec<(usize, i64)>,
    /// How much less freight costs.
    pub freight_off: i64,
    pub granted: Vec<Granted>,
}

impl Effect {
    /// How much less is to be paid.
    pub fn worth(&self) -> i64 {
        self.off.iter().map(|(_, minor)| minor).sum::<i64>() + self.freight_off
    }

    pub fn is_nothing(&self) -> bool {
        self.worth() == 0 && self.granted.is_empty()
    }
}

impl Left {
    pub fn take(&mut self, effect: &Effect) {
        self.change(effect, -1);
    }

    pub fn put_back(&mut self, effect: &Effect) {
        self.change(effect, 1);
    }

    fn change(&mut self, effect: &Effect, sign: i64) {
        for &(portion, minor) in &effect.off {
            self.goods.get_mut(portion).into_iter().for_each(|left| *left += sign * minor);
        }
        self.freight += sign * effect.freight_off;
    }

    pub fn of(&self, portion: usize) -> i64 {
        self.goods.get(portion).copied().unwrap_or(0)
    }
}

/// `amount · basis_points / 10,000`, half up.
pub(super) fn share_of(amount: i64, basis_points: i64) -> i64 {
    let exact = i128::from(amount) * i128::from(basis_points) + 5_000;
    i64::try_from(exact / 10_000).unwrap_or(amount).clamp(0, amount.max(0))
}

/// How much less a portion costs by a cut of its units' price.
pub(super) fn cut_off(cut: Cut, left: i64, units: i64) -> i64 {
    match cut {
        Cut::UnitMinor(minor) => left.saturating_sub(minor.saturating_mul(units)).max(0),
        Cut::OffBasisPoints(points) => share_of(left, points),
    }
}

/// How far a tier is: what is missing, 0 if it is reached.
pub(super) fn missing(at: At, spend: i64, units: i64) -> i64 {
    match at {
        At::SpendMinor(minor) => (minor - spend).max(0),
        At::Units(number) => (number - units).max(0),
    }
}

/// The highest tier reached, and how often it is.
pub(super) fn reached(tiers: &[Tier], repeats: bool, spend: i64, units: i64) -> Option<(&Tier, i64)> {
    let height = |at: At| match at {
        At::SpendMinor(minor) => minor,
        At::Units(number) => number,
    };
    let tier = tiers.iter().filter(|tier| missing(tier.at, spend, units) == 0).max_by_key(|tier| height(tier.at))?;
    Some((tier, times(tier.at, repeats, spend, units)))
}

/// How often a tier that is reached is granted.
fn times(at: At, repeats: bool, spend: i64, units: i64) -> i64 {
    match (repeats, at) {
        (true, At::SpendMinor(minor)) if minor > 0 => spend / minor,
        (true, At::Units(number)) if number > 0 => units / number,
        _ => 1,
    }
}

/// What an offer in which amounts depend on tiers takes off `spend`, freight apart.
pub(super) fn tier_off(tier: &Tier, times: i64, spend: i64) -> i64 {
    let mut left = spend;
    for reward in &tier.rewards {
        left -= match reward {
            Reward::Amount { minor } => minor.saturating_mul(times).clamp(0, left),
            Reward::Percent { basis_points, most_minor } => {
                share_of(left, *basis_points).min(most_minor.unwrap_or(i64::MAX)).max(0)
            }
            _ => 0,
        };
    }
    spend - left
}

/// What a benefit does to the portions `places`, as things stand.
pub(super) fn effect(
    offer: u32,
    benefit: &Benefit,
    places: &[usize],
    portions: &[Portion],
    lines: &[Line],
    left: &Left,
) -> Effect {
    let mut effect = Effect { offer, ..Effect::default() };
    match benefit {
        Benefit::Tiers { tiers, repeats } => {
            let weights: Vec<i64> = places.iter().map(|place| left.of(*place)).collect();
            let spend: i64 = weights.iter().sum();
            let units = places.iter().filter_map(|place| portions.get(*place)).map(|portion| portion.units).sum();
            let Some((tier, times)) = reached(tiers, *repeats, spend, units) else { return effect };
            let off = tier_off(tier, times, spend);
            effect.off = places.iter().copied().zip(allocate(off, &weights)).filter(|(_, off)| *off > 0).collect();
            effect.grant(tier, times, places, portions, left);
        }
        Benefit::Bundle { parts, price_minor, most_times } => {
            effect.off = bundle(parts, *price_minor, most_times.unwrap_or(i64::MAX), places, portions, lines, left);
        }
        Benefit::BasePrice { .. } | Benefit::LinePrice { .. } => {}
    }
    effect
}

/// No less than what a benefit is worth on what is left, or on any less of it: in money, and in things granted. Not what it
/// does now: a tier further up may give less than one below it, which is reached again when something else is taken off.
pub(super) fn most_of(
    benefit: &Benefit,
    places: &[usize],
    portions: &[Portion],
    lines: &[Line],
    left: &Left,
) -> (i64, usize) {
    let spend = places.iter().map(|place| left.of(*place)).sum();
    match benefit {
        Benefit::Tiers { tiers, repeats } => {
            let units = places.iter().filter_map(|place| portions.get(*place)).map(|portion| portion.units).sum();
            let one_for = |tier: &Tier| tier.rewards.iter().any(|reward| matches!(reward, Reward::OneFor { .. }));
            let dearest = if tiers.iter().any(one_for) { dearest_unit(places, portions, left) } else { 0 };
            let reached = tiers.iter().filter(|tier| missing(tier.at, spend, units) == 0);
            let each = reached.map(|tier| {
                let times = times(tier.at, *repeats, spend, units);
                most_of_tier(tier, times, spend, dearest, left.freight)
            });
            each.fold((0, 0), |top, most| (top.0.max(most.0), top.1.max(most.1)))
        }
        // The dearest of goods that two parts share goes to the first of them, so that less can be worth more.
        Benefit::Bundle { parts, price_minor, .. } if share_goods(parts, places, portions, lines) => {
            ((spend - price_minor).max(0), 0)
        }
        Benefit::Bundle { parts, price_minor, most_times } => {
            let most_times = most_times.unwrap_or(i64::MAX);
            let off = bundle(parts, *price_minor, most_times, places, portions, lines, left);
            (off.iter().map(|(_, off)| off).sum(), 0)
        }
        Benefit::BasePrice { .. } | Benefit::LinePrice { .. } => (0, 0),
    }
}

/// No less than what a tier is worth on `spend` or less, where no unit costs more than `dearest`.
pub(super) fn most_of_tier(tier: &Tier, times: i64, spend: i64, dearest: i64, freight: i64) -> (i64, usize) {
    let (mut off, mut freight_off, mut granted) = (tier_off(tier, times, spend), 0, 0);
    for reward in &tier.rewards {
        match reward {
            Reward::Amount { .. } | Reward::Percent { .. } => {}
            Reward::OneFor { minor } => off = off.saturating_add((dearest - minor).max(0)),
            Reward::FreeFreight { most_minor } => freight_off = freight.min(most_minor.unwrap_or(i64::MAX)).max(0),
            Reward::Gift { .. } | Reward::Points { .. } | Reward::Coupon { .. } => granted += 1,
        }
    }
    (off.min(spend) + freight_off, granted)
}

fn dearest_unit(places: &[usize], portions: &[Portion], left: &Left) -> i64 {
    let unit = |place: &usize| left.of(*place) / portions.get(*place).map_or(1, |portion| portion.units.max(1));
    places.iter().map(unit).max().unwrap_or(0)
}

/// Whether two parts of a bundle have goods in common.
fn share_goods(parts: &[Part], places: &[usize], portions: &[Portion], lines: &[Line]) -> bool {
    places
        .iter()
        .filter_map(|place| lines.get(portions.get(*place)?.line))
        .any(|line| parts.iter().filter(|part| part.scope.has(line)).count() > 1)
}

impl Effect {
    /// The rewards of a tier that are no part of the amount.
    fn grant(&mut self, tier: &Tier, times: i64, places: &[usize], portions: &[Portion], left: &Left) {
        for reward in &tier.rewards {
            match reward {
                Reward::Amount { .. } | Reward::Percent { .. } => {}
                Reward::OneFor { minor } => self.one_for(*minor, places, portions, left),
                Reward::FreeFreight { most_minor } => {
                    self.freight_off = left.freight.min(most_minor.unwrap_or(i64::MAX)).max(0);
                }
                Reward::Gift { product_id, units } => {
                    let (product_id, units) = (product_id.clone(), units.saturating_mul(times));
                    self.granted.push(Granted::Gift { product_id, units });
                }
                Reward::Points { points } => {
                    self.granted.push(Granted::Points { points: points.saturating_mul(times) });
                }
                Reward::Coupon { offer_id } => self.granted.push(Granted::Coupon { offer_id: offer_id.clone() }),
            }
        }
    }

    /// One unit of the dearest portion for a price.
    fn one_for(&mut self, minor: i64, places: &[usize], portions: &[Portion], left: &Left) {
        let off_before = |place: usize| self.off.iter().filter(|(at, _)| *at == place).map(|(_, off)| off).sum::<i64>();
        let unit = |place: &usize| {
            let units = portions.get(*place).map_or(1, |portion| portion.units.max(1));
            (left.of(*place) - off_before(*place)) / units
        };
        let dearest = places.iter().copied().max_by_key(|place| (unit(place), std::cmp::Reverse(*place)));
        if let Some(place) = dearest {
            let off = unit(&place) - minor;
            if off > 0 {
                match self.off.iter_mut().find(|(at, _)| *at == place) {
                    Some((_, known)) => *known += off,
                    None => self.off.push((place, off)),
                }
            }
        }
    }
}

/// What bundles take off: the dearest units first, as often as that makes them cheaper.
fn bundle(
    parts: &[Part],
    price: i64,
    most_times: i64,
    places: &[usize],
    portions: &[Portion],
    lines: &[Line],
    left: &Left,
) -> Vec<(usize, i64)> {
    let mut free: Vec<i64> = places.iter().filter_map(|place| portions.get(*place)).map(|one| one.units).collect();
    let unit = |at: usize| {
        let place = places.get(at).copied().unwrap_or(usize::MAX);
        portions.get(place).map_or(0, |portion| left.of(place) / portion.units.max(1))
    };
    let in_part: Vec<Vec<usize>> =
        parts.iter().map(|part| dearest_first(part, places, portions, lines, &unit)).collect();
    let mut off = vec![0; places.len()];
    let mut times = 0;
    'bundles: while times < most_times {
        let mut taken: Vec<(usize, i64)> = Vec::new();
        for (part, at) in parts.iter().zip(&in_part) {
            let mut wanted = part.units;
            for &at in at {
                let used: i64 = taken.iter().filter(|(other, _)| *other == at).map(|(_, units)| units).sum();
                let units = (free.get(at).copied().unwrap_or(0) - used).min(wanted);
                if units > 0 {
                    taken.push((at, units));
                    wanted -= units;
                }
            }
            if wanted > 0 {
                break 'bundles;
            }
        }
        let worths: Vec<i64> = taken.iter().map(|(at, units)| unit(*at) * units).collect();
        let saved = worths.iter().sum::<i64>() - price;
        if saved <= 0 {
            break;
        }
        // As long as the same units are there, the next bundles are like this one.
        let of = |at: usize| taken.iter().filter(|(other, _)| *other == at).map(|(_, units)| units).sum::<i64>().max(1);
        let again = taken.iter().map(|(at, _)| free.get(*at).map_or(0, |free| free / of(*at))).min().unwrap_or(1);
        let again = again.clamp(1, most_times - times);
        for ((at, units), share) in taken.iter().zip(allocate(saved, &worths)) {
            free.get_mut(*at).into_iter().for_each(|free| *free -= units * again);
            off.get_mut(*at).into_iter().for_each(|off| *off += share * again);
        }
        times += again;
    }
    places.iter().copied().zip(off).filter(|(_, off)| *off > 0).collect()
}

/// The places of a part's portions among `places`, the dearest unit first.
fn dearest_first(
    part: &Part,
    places: &[usize],
    portions: &[Portion],
    lines: &[Line],
    unit: &dyn Fn(usize) -> i64,
) -> Vec<usize> {
    let fits = |place: &usize| {
        let line = portions.get(*place).and_then(|portion| lines.get(portion.line));
        line.is_some_and(|line| part.scope.has(line))
    };
    let mut at: Vec<usize> = places.iter().enumerate().filter(|(_, place)| fits(place)).map(|(at, _)| at).collect();
    at.sort_by_key(|at| (std::cmp::Reverse(unit(*at)), *at));
    at
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_is_rounded_half_up_and_never_more_than_the_whole() {
        assert_eq!((share_of(999, 1_500), share_of(10, 50), share_of(10, 49)), (150, 0, 0));
        assert_eq!(share_of(100, 12_000), 100);
        assert_eq!(share_of(1, 5_000), 1);
    }

    #[test]
    fn the_highest_tier_reached_counts_and_may_repeat() {
        let tier = |minor, off| Tier { at: At::SpendMinor(minor), rewards: vec![Reward::Amount { minor: off }] };
        let tiers = [tier(100, 10), tier(300, 50)];
        let off =
            |repeats, spend| reached(&tiers, repeats, spend, 1).map_or(0, |(tier, times)| tier_off(tier, times, spend));
        assert_eq!([off(false, 99), off(false, 100), off(false, 299), off(false, 900)], [0, 10, 10, 50]);
        assert_eq!([off(true, 299), off(true, 900)], [20, 150]);
    }
}
