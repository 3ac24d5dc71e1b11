//! The quote: the price of a cart, with every offer that was applied and every one that was not, and why. Pure: the same
//! cart, facts, offers and moment give the same quote.
//!
//! In this order: base prices (flash sale, group buy, bargain; each shuts later offers out unless it says otherwise), the
//! best price of each line, then the best combination of thresholds, bundles and coupons, thresholds before coupons, each
//! tested against what is left to pay when its turn comes, then points, freight, and what will be earned.

mod answer;
mod cart;
mod earning;
mod effect;
mod freeze;
mod parts;
mod prices;
mod reason;
mod returns;
mod rulebook;
mod search;
#[cfg(test)]
mod search_tests;
mod why;

use std::collections::BTreeMap;

use fanvine_kernel::Timestamp;
use fanvine_kernel::allocation::allocate;

pub use answer::{Applied, POINTS, PresaleDue, Quote, QuotedLine, Rejected, Share, UnitRun};
pub use cart::{Cart, CartError, Facts, Line, MOST_LINES, MOST_MINOR, MOST_UNITS};
pub use earning::{Earning, Multiplier};
pub use effect::Granted;
pub use reason::{Reason, Words};
pub use returns::{ReturnError, ReturnLine, Returns};
pub use rulebook::{PointsRule, Rulebook};
pub use search::MOST_NODES;

use crate::offers::{Benefit, By, Offer, Policy};
use effect::{Effect, Left, Portion};
use freeze::{Taken, freeze};
use prices::Priced;
use search::{Candidate, Node, Search};

/// Quotes a cart.
///
/// ```
/// use fanvine_kernel::Timestamp;
/// use fanvine_promote::offers::{Offer, Terms};
/// use fanvine_promote::quote::{Cart, Facts, Rulebook, quote};
/// let terms: Terms = serde_json::from_str(r#"{
///     "name": "20 off 100",
///     "benefit": {"kind": "tiers", "tiers": [
///         {"at": {"spend_minor": 10000}, "rewards": [{"kind": "amount", "minor": 2000}]}]}
/// }"#).unwrap();
/// let book = Rulebook::new(vec![Offer { offer_id: "off_1".into(), version: 1, terms }], vec![], None);
/// let cart = |quantity| serde_json::from_str::<Cart>(&format!(r#"{{
///     "currency": "CNY", "lines": [{{"line_id": "1", "product_id": "mug", "quantity": {quantity}, "unit_minor": 2200}}]
/// }}"#)).unwrap();
/// let now = Timestamp::from_seconds(1_800_000_000);
/// assert_eq!(quote(&book, &cart(5), &Facts::default(), now).unwrap().payable_minor, 9_000);
/// let short = quote(&book, &cart(4), &Facts::default(), now).unwrap();
/// assert_eq!(short.rejected[0].unlock.as_ref().unwrap().en, "add ¥12.00 more");
/// ```
pub fn quote(book: &Rulebook, cart: &Cart, facts: &Facts, now: Timestamp) -> Result<Quote, CartError> {
    cart.check()?;
    let mut refused: BTreeMap<u32, Reason> = BTreeMap::new();
    let mut usable = Vec::new();
    for number in book.concerning(cart, facts) {
        let Some(offer) = book.offers.get(number as usize) else { continue };
        match why::unusable(offer, cart, facts, now) {
            Some(reason) => drop(refused.insert(number, reason)),
            None => usable.push(number),
        }
    }
    let Priced { portions, left, mut effects, points } = prices::price(book, &usable, cart, facts);
    why::of_prices(book, &usable, cart, &portions, &effects, &mut refused);

    let candidates = candidates(book, &usable, cart, &portions, &mut refused);
    let roots = roots(book, &candidates);
    let mut search = Search::new(&candidates, &portions, &cart.lines, left.clone());
    let found = search.best(&roots);
    let best = !search.was_cut_short();
    why::of_combination(&candidates, &found.effects, &portions, &cart.lines, left.clone(), best, &mut refused);

    let mut left = left;
    found.effects.iter().for_each(|effect| left.take(effect));
    let priced_by = effects.len();
    effects.extend(found.effects);
    let points = spend_points(book, cart, facts, points, &mut left);
    let earning = book.points.as_ref().and_then(|rule| rule.earning(cart, facts, now));
    Ok(answer(book, cart, now, earning, &portions, &effects, priced_by, points, left, refused, best))
}

/// The thresholds, bundles and coupons that have anything to apply to.
fn candidates<'a>(
    book: &'a Rulebook,
    usable: &[u32],
    cart: &Cart,
    portions: &[Portion],
    refused: &mut BTreeMap<u32, Reason>,
) -> Vec<Candidate<'a>> {
    let mut candidates = Vec::new();
    for &number in usable {
        let Some(offer) = book.offers.get(number as usize).filter(|offer| offer.terms.combines()) else { continue };
        let in_scope = |place: &usize| {
            let line = portions.get(*place).and_then(|portion| cart.lines.get(portion.line));
            line.is_some_and(|line| why::applies_to(offer, line))
        };
        let all: Vec<usize> = (0..portions.len()).filter(in_scope).collect();
        let shut_by = |place: &usize| portions.get(*place).and_then(|portion| portion.shut_by);
        let places: Vec<usize> = all.iter().copied().filter(|place| shut_by(place).is_none()).collect();
        match all.iter().find_map(shut_by).and_then(|by| book.offers.get(by as usize)) {
            Some(by) if places.is_empty() => {
                refused.insert(number, Reason::ShutOut { by: by.offer_id.clone() });
            }
            _ => candidates.push(Candidate { number, offer, places }),
        }
    }
    candidates
}

/// The tree of groups over the candidates: thresholds before coupons; coupons in no group compete for one place.
fn roots(book: &Rulebook, candidates: &[Candidate<'_>]) -> Vec<Node> {
    /// Coupons after thresholds, then by priority, then by name.
    type Place = (bool, i64, String);
    let mut members: BTreeMap<Option<String>, Vec<(Place, Node)>> = BTreeMap::new();
    let mut loose_coupons = Vec::new();
    for (at, candidate) in candidates.iter().enumerate() {
        let stacking = &candidate.offer.terms.stacking;
        let place = (candidate.is_coupon(), stacking.priority, candidate.offer.offer_id.clone());
        match stacking.group.as_ref().filter(|group| book.groups.contains_key(*group)) {
            Some(group) => members.entry(Some(group.clone())).or_default().push((place, Node::Offer(at))),
            None if candidate.is_coupon() => loose_coupons.push((place, Node::Offer(at))),
            None => members.entry(None).or_default().push((place, Node::Offer(at))),
        }
    }
    // From the innermost outwards: a group is placed when no group within it waits any more. Whatever is left waits for
    // itself, in a circle, and stands by itself.
    let mut waiting: Vec<&crate::offers::Group> = book.groups.values().collect();
    while !waiting.is_empty() {
        let free = waiting.iter().position(|group| {
            !waiting.iter().any(|other| other.group != group.group && other.within.as_ref() == Some(&group.group))
        });
        let circular = free.is_none();
        let group = waiting.remove(free.unwrap_or(0));
        let Some(mut inside) = members.remove(&Some(group.group.clone())) else { continue };
        inside.sort_by(|(a, _), (b, _)| a.cmp(b));
        let coupons = !book.early_groups.contains(&group.group);
        let node = Node::Group {
            policy: group.policy,
            by: group.by,
            members: inside.into_iter().map(|(_, node)| node).collect(),
        };
        let still_to_come = |outer: &String| waiting.iter().any(|other| other.group == *outer);
        let outer = group.within.clone().filter(|outer| !circular && still_to_come(outer));
        members.entry(outer).or_default().push(((coupons, group.priority, group.group.clone()), node));
    }
    let mut roots = members.remove(&None).unwrap_or_default();
    if !loose_coupons.is_empty() {
        loose_coupons.sort_by(|(a, _), (b, _)| a.cmp(b));
        let members = loose_coupons.into_iter().map(|(_, node)| node).collect();
        let one = Node::Group { policy: Policy::BestForShopper, by: By::Order, members };
        roots.push(((true, i64::MAX, String::new()), one));
    }
    roots.sort_by(|(a, _), (b, _)| a.cmp(b));
    roots.into_iter().map(|(_, node)| node).collect()
}

/// Points paid with.
struct PointsPaid {
    /// Those that take money off.
    points: i64,
    /// What that takes off each portion.
    off: Vec<(usize, i64)>,
    /// Those that units cost beside their price, by offer.
    priced: BTreeMap<u32, i64>,
}

fn spend_points(
    book: &Rulebook,
    cart: &Cart,
    facts: &Facts,
    priced: BTreeMap<u32, i64>,
    left: &mut Left,
) -> PointsPaid {
    let spent: i64 = priced.values().sum();
    let none = PointsPaid { points: 0, off: Vec::new(), priced };
    let Some(rule) = book.points.as_ref().filter(|rule| rule.minor_per_point > 0) else { return none };
    let goods: i64 = left.goods.iter().sum();
    let most = effect::share_of(goods, rule.most_basis_points) / rule.minor_per_point;
    let points = (cart.points.min(facts.points) - spent).min(most);
    if points < 1 {
        return none;
    }
    let off = points * rule.minor_per_point;
    let off: Vec<(usize, i64)> =
        allocate(off, &left.goods).into_iter().enumerate().filter(|(_, off)| *off > 0).collect();
    left.take(&Effect { off: off.clone(), ..Effect::default() });
    PointsPaid { points, off, ..none }
}

#[expect(clippy::too_many_arguments, reason = "the one place where everything comes together")]
fn answer(
    book: &Rulebook,
    cart: &Cart,
    now: Timestamp,
    earning: Option<Earning>,
    portions: &[Portion],
    effects: &[Effect],
    priced_by: usize,
    points: PointsPaid,
    left: Left,
    refused: BTreeMap<u32, Reason>,
    best: bool,
) -> Quote {
    let offer = |number: u32| book.offers.get(number as usize);
    let named = effects.iter().filter_map(|effect| Some((offer(effect.offer)?, effect)));
    let mut taken: Vec<Taken<'_>> =
        named.map(|(offer, effect)| Taken { name: &offer.offer_id, off: &effect.off }).collect();
    taken.push(Taken { name: POINTS, off: &points.off });
    let lines = freeze(cart, portions, &taken);
    let list_minor: i64 = lines.iter().map(|line| line.list_minor).sum();
    let goods_minor: i64 = left.goods.iter().sum();
    let payable_minor = goods_minor + left.freight;
    let paid = lines.iter().map(|line| (line.line_id.as_str(), line.paid_minor));
    let points_earned = earning.as_ref().map_or(0, |earning| earning.points(paid));
    Quote {
        currency: cart.currency,
        at: now,
        list_minor,
        discount_minor: list_minor - goods_minor,
        goods_minor,
        freight_minor: cart.freight_minor,
        freight_discount_minor: cart.freight_minor - left.freight,
        payable_minor,
        points_spent: points.points + points.priced.values().sum::<i64>(),
        points_earned,
        earning,
        lines,
        applied: applied(effects, priced_by, portions, &points.priced, &offer),
        rejected: refused
            .into_iter()
            .filter_map(|(number, reason)| Some(rejected(offer(number)?, reason, cart)))
            .collect(),
        best,
        presale: presale_due(effects.get(..priced_by).unwrap_or_default(), portions, payable_minor, &offer),
    }
}

/// What of a cart with goods of a pre-sale is due when.
fn presale_due<'b>(
    effects: &[Effect],
    portions: &[Portion],
    payable_minor: i64,
    offer: &dyn Fn(u32) -> Option<&'b Offer>,
) -> Option<PresaleDue> {
    let mut due: Option<PresaleDue> = None;
    for effect in effects {
        let Some(Benefit::BasePrice { presale: Some(presale), .. }) = offer(effect.offer).map(|one| &one.terms.benefit)
        else {
            continue;
        };
        let units: i64 = effect.off.iter().filter_map(|(at, _)| portions.get(*at)).map(|one| one.units).sum();
        let due = due.get_or_insert(PresaleDue {
            deposit_minor: 0,
            balance_minor: 0,
            balance_from: presale.balance_from,
            balance_until: presale.balance_until,
        });
        due.deposit_minor = (due.deposit_minor + presale.deposit_minor * units).min(payable_minor);
        due.balance_minor = payable_minor - due.deposit_minor;
        due.balance_from = due.balance_from.max(presale.balance_from);
        due.balance_until = due.balance_until.min(presale.balance_until);
    }
    due
}

fn rejected(offer: &Offer, reason: Reason, cart: &Cart) -> Rejected {
    Rejected {
        offer_id: offer.offer_id.clone(),
        name: offer.terms.name.clone(),
        words: reason.words(cart.currency),
        unlock: reason.unlock(cart.currency),
        reason,
    }
}

/// The offers that were applied, each once, in the order of their first effect.
fn applied<'b>(
    effects: &[Effect],
    priced_by: usize,
    portions: &[Portion],
    points: &BTreeMap<u32, i64>,
    offer: &dyn Fn(u32) -> Option<&'b Offer>,
) -> Vec<Applied> {
    let mut applied: Vec<(u32, Applied)> = Vec::new();
    for (at, effect) in effects.iter().enumerate() {
        let Some(known) = offer(effect.offer) else { continue };
        let place = applied.iter().position(|(number, _)| *number == effect.offer).unwrap_or_else(|| {
            let units = (at < priced_by).then_some(0);
            let (offer_id, version, name) = (known.offer_id.clone(), known.version, known.terms.name.clone());
            let points = points.get(&effect.offer).copied().unwrap_or(0);
            let (off_minor, freight_off_minor, granted) = (0, 0, Vec::new());
            let fresh = Applied { offer_id, version, name, off_minor, freight_off_minor, units, points, granted };
            applied.push((effect.offer, fresh));
            applied.len() - 1
        });
        let Some((_, one)) = applied.get_mut(place) else { continue };
        one.off_minor += effect.off.iter().map(|(_, off)| off).sum::<i64>();
        one.freight_off_minor += effect.freight_off;
        one.granted.extend(effect.granted.iter().cloned());
        if let Some(units) = &mut one.units {
            *units += effect.off.iter().filter_map(|(place, _)| portions.get(*place)).map(|one| one.units).sum::<i64>();
        }
    }
    applied.into_iter().map(|(_, one)| one).collect()
}
