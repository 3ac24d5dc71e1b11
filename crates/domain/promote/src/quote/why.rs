//! Why offers are not applied: before anything is reckoned, by a price that shuts them out, or by the combination found.

use std::collections::{BTreeMap, BTreeSet};

use fanvine_kernel::Timestamp;

use super::cart::{Cart, Facts, Line};
use super::effect::{Effect, Left, Portion, effect, missing};
use super::reason::Reason;
use super::rulebook::Rulebook;
use super::search::{Candidate, clash};
use crate::offers::{At, Benefit, Claim, Offer};

impl Rulebook {
    /// The offers that a quote tells of: those that may apply to something, and those the shopper has a coupon of.
    pub(super) fn concerning(&self, cart: &Cart, facts: &Facts) -> BTreeSet<u32> {
        let mut numbers = self.touching(cart);
        // A coupon the shopper does not have is nobody's business.
        let open = |number: &u32| self.offers.get(*number as usize).is_some_and(|one| one.terms.claim != Claim::Coupon);
        numbers.retain(open);
        numbers.extend(facts.coupons.iter().filter_map(|offer_id| self.number_of(offer_id)));
        numbers
    }
}

impl Candidate<'_> {
    /// Whether it takes its turn after the thresholds.
    pub(super) fn is_coupon(&self) -> bool {
        self.offer.terms.claim == Claim::Coupon
    }
}

/// Whether an offer applies to a line.
pub(super) fn applies_to(offer: &Offer, line: &Line) -> bool {
    match &offer.terms.benefit {
        Benefit::Bundle { parts, .. } => parts.iter().any(|part| part.scope.has(line)),
        _ => offer.terms.scope.has(line),
    }
}

/// Why an offer cannot be used whatever the prices are.
pub(super) fn unusable(offer: &Offer, cart: &Cart, facts: &Facts, now: Timestamp) -> Option<Reason> {
    let terms = &offer.terms;
    if let Some(reason) = facts.refused.get(&offer.offer_id) {
        return Some(reason.clone());
    }
    if let Some(starts_at) = terms.starts_at.filter(|starts| now < *starts) {
        return Some(Reason::NotYet { starts_at });
    }
    if let Some(ended_at) = terms.ends_at.filter(|ends| *ends <= now) {
        return Some(Reason::Over { ended_at });
    }
    let audience = &terms.audience;
    let in_one =
        |wanted: &BTreeSet<String>, has: &[&String]| wanted.is_empty() || has.iter().any(|one| wanted.contains(*one));
    let segments: Vec<&String> = facts.segments.iter().collect();
    if !in_one(&audience.channels, &Vec::from_iter(&cart.channel)) {
        return Some(Reason::OtherChannels);
    }
    let fits = in_one(&audience.segments, &segments) && in_one(&audience.levels, &Vec::from_iter(&facts.level));
    let found = [
        (!fits, Reason::OtherShoppers),
        (audience.first_order && !facts.first_order, Reason::FirstOrderOnly),
        (audience.birthday && !facts.birthday, Reason::BirthdayOnly),
        (facts.left.get(&offer.offer_id).is_some_and(|left| *left < 1), Reason::UsedUp),
        (!cart.lines.iter().any(|line| applies_to(offer, line)), Reason::NothingInScope),
    ];
    found.into_iter().find(|(refused, _)| *refused).map(|(_, reason)| reason)
}

/// Why base prices and line prices were not applied.
pub(super) fn of_prices(
    book: &Rulebook,
    usable: &[u32],
    cart: &Cart,
    portions: &[Portion],
    effects: &[Effect],
    refused: &mut BTreeMap<u32, Reason>,
) {
    let used: BTreeSet<u32> = effects.iter().map(|effect| effect.offer).collect();
    for &number in usable.iter().filter(|number| !used.contains(number)) {
        let Some(offer) = book.offers.get(number as usize).filter(|offer| !offer.terms.combines()) else { continue };
        let on = |portion: &&Portion| cart.lines.get(portion.line).is_some_and(|line| offer.terms.scope.has(line));
        let shut = portions.iter().filter(on).map(|portion| portion.shut_by).collect::<Option<Vec<u32>>>();
        let by = shut.and_then(|by| by.first().copied()).and_then(|by| book.offers.get(by as usize));
        let reason = match (by, &offer.terms.benefit) {
            (Some(by), _) => Reason::ShutOut { by: by.offer_id.clone() },
            (None, Benefit::BasePrice { points: Some(points), .. }) => Reason::NeedsPoints { points: *points },
            (None, Benefit::BasePrice { unit_minor, .. }) if cheaper_somewhere(offer, cart, *unit_minor) => {
                Reason::UsedUp
            }
            _ => Reason::NotBetter,
        };
        refused.insert(number, reason);
    }
}

fn cheaper_somewhere(offer: &Offer, cart: &Cart, unit_minor: i64) -> bool {
    cart.lines.iter().any(|line| offer.terms.scope.has(line) && unit_minor < line.unit_minor)
}

/// Why thresholds, bundles and coupons are not in the combination, as things stood when their turn came.
pub(super) fn of_combination(
    candidates: &[Candidate<'_>],
    effects: &[Effect],
    portions: &[Portion],
    lines: &[Line],
    before: Left,
    complete: bool,
    refused: &mut BTreeMap<u32, Reason>,
) {
    let by_number: BTreeMap<u32, &Candidate<'_>> = candidates.iter().map(|one| (one.number, one)).collect();
    // Numbers are given by priority and name, as turns are.
    let turn = |one: &Candidate<'_>| (one.is_coupon(), one.number);
    let used: Vec<&Candidate<'_>> = effects.iter().filter_map(|effect| by_number.get(&effect.offer).copied()).collect();
    for one in candidates.iter().filter(|one| used.iter().all(|used| used.number != one.number)) {
        let mut left = before.clone();
        let in_turn = effects.iter().zip(&used);
        let earlier = in_turn.filter(|(_, used)| turn(used) < turn(one)).map(|(effect, _)| effect);
        earlier.for_each(|effect| left.take(effect));
        let does = effect(one.number, &one.offer.terms.benefit, &one.places, portions, lines, &left);
        let reason = if does.is_nothing() {
            short_of(one, portions, &left)
        } else if let Some(other) = used.iter().find(|used| clash(used.offer, one.offer)) {
            Reason::NotWith { offer_id: other.offer.offer_id.clone() }
        } else if let Some(needed) = needs(one, &used) {
            Reason::OnlyWith { offer_id: needed }
        } else if !complete {
            Reason::NotTried
        } else {
            let group = &one.offer.terms.stacking.group;
            let rival = |used: &&&Candidate<'_>| {
                let same = used.offer.terms.stacking.group == *group;
                same && (group.is_some() || used.is_coupon() && one.is_coupon())
            };
            Reason::Outweighed { by: used.iter().find(rival).map(|used| used.offer.offer_id.clone()) }
        };
        refused.insert(one.number, reason);
    }
}

fn needs(one: &Candidate<'_>, used: &[&Candidate<'_>]) -> Option<String> {
    let mut needs = one.offer.terms.stacking.needs.iter();
    needs.find(|needed| used.iter().all(|used| used.offer.offer_id != **needed)).cloned()
}

/// What is missing for the nearest tier.
fn short_of(one: &Candidate<'_>, portions: &[Portion], left: &Left) -> Reason {
    let spend: i64 = one.places.iter().map(|place| left.of(*place)).sum();
    let units: i64 = one.places.iter().filter_map(|place| portions.get(*place)).map(|portion| portion.units).sum();
    let short = |missing_minor, missing_units| Reason::BelowThreshold { missing_minor, missing_units };
    match &one.offer.terms.benefit {
        Benefit::Tiers { tiers, .. } => {
            let gaps = tiers.iter().map(|tier| (missing(tier.at, spend, units), tier.at));
            match gaps.filter(|(gap, _)| *gap > 0).min_by_key(|(gap, _)| *gap) {
                Some((gap, At::SpendMinor(_))) => short(Some(gap), None),
                Some((gap, At::Units(_))) => short(None, Some(gap)),
                None => Reason::NotBetter,
            }
        }
        Benefit::Bundle { parts, .. } => {
            let wanted: i64 = parts.iter().map(|part| part.units).sum();
            if wanted > units { short(None, Some(wanted - units)) } else { Reason::NotBetter }
        }
        _ => Reason::NotBetter,
    }
}
