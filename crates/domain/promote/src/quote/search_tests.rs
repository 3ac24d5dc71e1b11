//! The search against trying every combination, and what each rule of combining means by example.

use std::collections::BTreeSet;

use fanvine_kernel::Timestamp;
use fanvine_kernel::allocation::allocate;
use proptest::prelude::*;

use super::{Cart, Facts, Line, Quote, Reason, Rulebook, quote};
use crate::offers::{At, Benefit, By, Claim, Group, Offer, Part, Policy, Reward, Scope, Stacking, Terms, Tier};

const NOW: Timestamp = Timestamp::from_seconds(1_800_000_000);

fn cart(units: &[(i64, i64)]) -> Cart {
    let lines = units.iter().enumerate().map(|(at, (unit_minor, quantity))| Line {
        line_id: format!("l{at}"),
        product_id: format!("p{at}"),
        category: Some(if at % 2 == 0 { "even" } else { "odd" }.to_owned()),
        brand: None,
        quantity: *quantity,
        unit_minor: *unit_minor,
    });
    let currency = "CNY".parse().unwrap();
    Cart { currency, lines: lines.collect(), freight_minor: 800, channel: None, points: 0 }
}

fn offer(id: &str, at_minor: i64, reward: Reward) -> Offer {
    let tiers = vec![Tier { at: At::SpendMinor(at_minor), rewards: vec![reward] }];
    let terms = Terms {
        name: id.to_owned(),
        starts_at: None,
        ends_at: None,
        scope: Scope::default(),
        audience: Default::default(),
        claim: Claim::Everyone,
        benefit: Benefit::Tiers { tiers, repeats: false },
        stacking: Stacking::default(),
        limits: Default::default(),
        on_return: Default::default(),
        receive: Default::default(),
        shared: None,
    };
    Offer { offer_id: id.to_owned(), version: 1, terms }
}

fn amount(id: &str, at_minor: i64, minor: i64) -> Offer {
    offer(id, at_minor, Reward::Amount { minor })
}

fn percent(id: &str, at_minor: i64, basis_points: i64) -> Offer {
    offer(id, at_minor, Reward::Percent { basis_points, most_minor: None })
}

fn with(mut offer: Offer, change: impl FnOnce(&mut Terms)) -> Offer {
    change(&mut offer.terms);
    offer
}

fn in_group(offer: Offer, group: &str) -> Offer {
    with(offer, |terms| terms.stacking.group = Some(group.to_owned()))
}

fn group(name: &str, policy: Policy, by: By) -> Group {
    Group { group: name.to_owned(), within: None, policy, by, priority: 0 }
}

fn quoted(cart: &Cart, offers: Vec<Offer>, groups: Vec<Group>) -> Quote {
    let coupons = offers.iter().map(|offer| offer.offer_id.clone()).collect();
    quote(&Rulebook::new(offers, groups, None), cart, &Facts { coupons, ..Facts::default() }, NOW).unwrap()
}

fn names(quote: &Quote) -> Vec<&str> {
    quote.applied.iter().map(|applied| applied.offer_id.as_str()).collect()
}

fn why<'q>(quote: &'q Quote, id: &str) -> &'q Reason {
    &quote.rejected.iter().find(|rejected| rejected.offer_id == id).unwrap().reason
}

#[test]
fn thresholds_are_tested_against_what_earlier_ones_left() {
    let quote = quoted(&cart(&[(30_000, 1)]), vec![amount("a", 30_000, 5_000), amount("b", 26_000, 100)], vec![]);
    assert_eq!(names(&quote), ["a"]);
    assert_eq!(why(&quote, "b"), &Reason::BelowThreshold { missing_minor: Some(1_000), missing_units: None });
}

#[test]
fn a_small_discount_is_left_out_for_a_large_one_it_would_prevent() {
    let quote = quoted(&cart(&[(30_000, 1)]), vec![amount("a", 10_000, 100), amount("b", 30_000, 5_000)], vec![]);
    assert_eq!((names(&quote), quote.goods_minor), (vec!["b"], 25_000));
    assert_eq!(why(&quote, "a"), &Reason::Outweighed { by: None });
}

#[test]
fn of_coupons_in_no_group_one_is_used_and_thresholds_stay() {
    let coupon = |offer| with(offer, |terms| terms.claim = Claim::Coupon);
    let offers = vec![coupon(amount("c1", 0, 500)), coupon(percent("c2", 0, 1_000)), amount("t", 0, 1_000)];
    let quote = quoted(&cart(&[(11_000, 1)]), offers, vec![]);
    assert_eq!((names(&quote), quote.goods_minor), (vec!["t", "c2"], 9_000));
    assert_eq!(why(&quote, "c1"), &Reason::Outweighed { by: Some("c2".into()) });
}

#[test]
fn groups_decide_in_order_for_the_shopper_or_for_the_shop() {
    let offers = || {
        let offers = [amount("high", 99_999, 900), amount("low", 0, 100), amount("mid", 0, 300), amount("top", 0, 500)];
        offers
            .into_iter()
            .zip(0..)
            .map(|(offer, priority)| with(in_group(offer, "g"), |terms| terms.stacking.priority = priority))
    };
    for (policy, expected) in [
        (Policy::InOrder, vec!["low"]),
        (Policy::BestForShopper, vec!["top"]),
        (Policy::BestForShop, vec!["low"]),
        (Policy::Stack, vec!["low", "mid", "top"]),
    ] {
        let quote = quoted(&cart(&[(10_000, 1)]), offers().collect(), vec![group("g", policy, By::Order)]);
        assert_eq!(names(&quote), expected, "{policy:?}");
    }
}

#[test]
fn a_group_by_item_decides_for_each_line() {
    let even = |offer| with(offer, |terms| terms.scope.categories = BTreeSet::from(["even".to_owned()]));
    let offers = vec![in_group(even(amount("even", 0, 700)), "g"), in_group(percent("all", 0, 500), "g")];
    let quote = quoted(&cart(&[(10_000, 1), (10_000, 1)]), offers, vec![group("g", Policy::BestForShopper, By::Item)]);
    assert_eq!(quote.lines.iter().map(|line| line.paid_minor).collect::<Vec<_>>(), [9_300, 9_500]);
}

#[test]
fn a_group_stands_within_a_group() {
    let offers = vec![
        in_group(amount("a", 0, 300), "inner"),
        in_group(amount("b", 0, 300), "inner"),
        in_group(amount("c", 0, 500), "outer"),
    ];
    let inner = Group { within: Some("outer".into()), ..group("inner", Policy::Stack, By::Order) };
    let groups = vec![inner, group("outer", Policy::BestForShopper, By::Order)];
    assert_eq!(names(&quoted(&cart(&[(10_000, 1)]), offers.clone(), groups)), ["a", "b"]);
    let circle =
        |name: &str, within: &str| Group { within: Some(within.into()), ..group(name, Policy::Stack, By::Order) };
    let quote = quoted(&cart(&[(10_000, 1)]), offers, vec![circle("inner", "outer"), circle("outer", "inner")]);
    assert_eq!(quote.discount_minor, 1_100, "a circle of groups loses no offer");
}

#[test]
fn exclusive_tagged_and_joint_offers_keep_to_their_terms() {
    let alone = with(amount("alone", 0, 900), |terms| terms.stacking.exclusive = true);
    let quote = quoted(&cart(&[(10_000, 1)]), vec![alone, amount("a", 0, 500), amount("b", 0, 500)], vec![]);
    assert_eq!(names(&quote), ["a", "b"]);
    assert_eq!(why(&quote, "alone"), &Reason::NotWith { offer_id: "a".into() });

    let tagged = with(amount("a", 0, 500), |terms| terms.stacking.tags = BTreeSet::from(["sale".to_owned()]));
    let excludes = with(amount("b", 0, 600), |terms| terms.stacking.excludes = BTreeSet::from(["sale".to_owned()]));
    assert_eq!(names(&quoted(&cart(&[(10_000, 1)]), vec![tagged, excludes], vec![])), ["b"]);

    let joint =
        |needs: &str| with(amount("j", 0, 400), |terms| terms.stacking.needs = BTreeSet::from([needs.to_owned()]));
    assert_eq!(names(&quoted(&cart(&[(10_000, 1)]), vec![joint("a"), amount("a", 0, 1)], vec![])), ["a", "j"]);
    let quote = quoted(&cart(&[(10_000, 1)]), vec![joint("x")], vec![]);
    assert_eq!(why(&quote, "j"), &Reason::OnlyWith { offer_id: "x".into() });
}

#[test]
fn a_search_that_is_cut_short_still_takes_off_what_it_can() {
    let lines = [(10_000, 1); 400];
    let offers = (0..20).map(|at| in_group(amount(&format!("o{at:02}"), 0, 100 + at), "g")).collect();
    let quote = quoted(&cart(&lines), offers, vec![group("g", Policy::BestForShopper, By::Item)]);
    assert!(!quote.best);
    assert_eq!(quote.discount_minor, 400 * 119, "each line has the best of its offers");
}

/// An offer of the random tests: where, from what on, and what.
#[derive(Debug, Clone)]
struct Drawn {
    scope: u8,
    at: i64,
    amount: i64,
    basis_points: i64,
    group: Option<u8>,
    coupon: bool,
    tag: u8,
    excludes: u8,
    exclusive: bool,
    need: u8,
    /// A second tier: how much further up, and its amount, which may be less than that of the first.
    further: Option<(i64, i64)>,
    repeats: bool,
}

fn any_offer() -> impl Strategy<Value = Drawn> {
    let what = (0..4u8, prop_oneof![Just(0i64), 500..20_000i64], 0..4_000i64, prop_oneof![Just(0i64), 1..5_000i64]);
    let how = (prop::option::of(0..2u8), any::<bool>(), 0..3u8, 0..8u8, prop::bool::weighted(0.08), 0..40u8);
    let more = (prop::option::of((1..6_000i64, 0..4_000i64)), any::<bool>());
    (what, how, more).prop_map(
        |((scope, at, amount, basis_points), (group, coupon, tag, excludes, exclusive, need), (further, repeats))| {
            Drawn { scope, at, amount, basis_points, group, coupon, tag, excludes, exclusive, need, further, repeats }
        },
    )
}

fn made(drawn: &Drawn, at: usize) -> Offer {
    let reward = match drawn.basis_points {
        0 => Reward::Amount { minor: drawn.amount },
        basis_points => Reward::Percent { basis_points, most_minor: Some(drawn.amount.max(50)) },
    };
    with(offer(&format!("o{at}"), drawn.at, reward), |terms| {
        let set = |name: &str| BTreeSet::from([name.to_owned()]);
        match drawn.scope {
            0 => terms.scope.categories = set("even"),
            1 => terms.scope.categories = set("odd"),
            2 => terms.scope.products = BTreeSet::from(["p0".to_owned(), "p1".to_owned()]),
            _ => {}
        }
        if let (Benefit::Tiers { tiers, repeats }, Some((more, minor))) = (&mut terms.benefit, drawn.further) {
            let at = At::SpendMinor(drawn.at + more);
            tiers.push(Tier { at, rewards: vec![Reward::Amount { minor }] });
            *repeats = drawn.repeats;
        }
        terms.claim = if drawn.coupon { Claim::Coupon } else { Claim::Everyone };
        terms.stacking.group = drawn.group.map(|group| format!("g{group}"));
        terms.stacking.tags = set(&format!("t{}", drawn.tag));
        terms.stacking.excludes = set(&format!("t{}", drawn.excludes));
        terms.stacking.exclusive = drawn.exclusive;
        if usize::from(drawn.need) < 8 && usize::from(drawn.need) != at {
            terms.stacking.needs = set(&format!("o{}", drawn.need));
        }
    })
}

/// What an offer takes off `spend`: its highest tier that is reached, reckoned once more by other means.
fn off_of(offer: &Offer, spend: i64) -> i64 {
    let Benefit::Tiers { tiers, repeats } = &offer.terms.benefit else { return 0 };
    let mut off = 0;
    let mut highest = -1;
    for tier in tiers {
        let At::SpendMinor(at) = tier.at else { continue };
        if at > spend || at < highest {
            continue;
        }
        highest = at;
        off = match &tier.rewards[0] {
            Reward::Amount { minor } if *repeats && at > 0 => (spend / at) * minor,
            Reward::Amount { minor } => *minor,
            Reward::Percent { basis_points, most_minor } => {
                ((spend * basis_points + 5_000) / 10_000).min(most_minor.unwrap())
            }
            _ => 0,
        };
    }
    off.min(spend)
}

/// What the goods cost with exactly these offers, each on all lines or on one, in the order of turns; none if they may not be
/// used together.
fn cost_of(cart: &Cart, chosen: &[(&Offer, Option<usize>)]) -> Option<i64> {
    let mut left: Vec<i64> = cart.lines.iter().map(|line| line.unit_minor * line.quantity).collect();
    for (at, (one, on)) in chosen.iter().enumerate() {
        for (other, _) in chosen[..at].iter().filter(|(other, _)| other.offer_id != one.offer_id) {
            let (a, b) = (&one.terms.stacking, &other.terms.stacking);
            let tags = !a.excludes.is_disjoint(&b.tags) || !b.excludes.is_disjoint(&a.tags);
            let grouped = a.group.is_some() && a.group == b.group && a.group.as_deref() == Some("g1");
            let coupon = |offer: &Offer| offer.terms.claim == Claim::Coupon && offer.terms.stacking.group.is_none();
            if a.exclusive || b.exclusive || tags || grouped || coupon(one) && coupon(other) {
                return None;
            }
        }
        let needs = one.terms.stacking.needs.iter().all(|need| chosen.iter().any(|(other, _)| other.offer_id == *need));
        let lines = cart.lines.iter().enumerate().zip(&left);
        let weights: Vec<i64> = lines
            .map(|((at, line), left)| {
                let touched = one.terms.scope.has(line) && on.is_none_or(|on| on == at);
                if touched { *left } else { 0 }
            })
            .collect();
        let off = off_of(one, weights.iter().sum());
        // An offer that does nothing is not used, and so helps no other.
        if !needs || off == 0 {
            return None;
        }
        left.iter_mut().zip(allocate(off, &weights)).for_each(|(left, off)| *left -= off);
    }
    Some(left.iter().sum())
}

/// The least the goods can cost with any of these turns.
fn least(cart: &Cart, turns: &[(&Offer, Option<usize>)]) -> Option<i64> {
    let chosen = |mask: u32| -> Vec<(&Offer, Option<usize>)> {
        turns.iter().enumerate().filter(|(at, _)| mask & (1 << at) != 0).map(|(_, turn)| *turn).collect()
    };
    (0..1u32 << turns.len()).filter_map(|mask| cost_of(cart, &chosen(mask))).min()
}

#[test]
fn a_lower_tier_that_gives_more_is_reached_again_by_another_offer() {
    let reward = |minor| vec![Reward::Amount { minor }];
    let tiers = vec![
        Tier { at: At::SpendMinor(10_000), rewards: reward(5_000) },
        Tier { at: At::SpendMinor(20_000), rewards: reward(1_000) },
    ];
    let odd = with(amount("b", 0, 1), |terms| terms.benefit = Benefit::Tiers { tiers, repeats: false });
    // What is tried first, and would be enough if the tier reached now were all that the offer can give.
    let alone = with(amount("0", 0, 3_000), |terms| terms.stacking.exclusive = true);
    let quote = quoted(&cart(&[(20_000, 1)]), vec![alone, amount("a", 0, 100), odd], vec![]);
    assert_eq!((names(&quote), quote.goods_minor, quote.best), (vec!["a", "b"], 14_900, true));
}

#[test]
fn a_bundle_whose_parts_share_goods_may_be_worth_more_on_less() {
    let part = |products: &[&str]| {
        let products = products.iter().map(|name| (*name).to_owned()).collect();
        Part { scope: Scope { products, ..Scope::default() }, units: 1 }
    };
    let parts = vec![part(&["p0", "p1"]), part(&["p0", "p2"])];
    let bundle = Benefit::Bundle { parts, price_minor: 500, most_times: None };
    let bundle = with(amount("b", 0, 1), |terms| terms.benefit = bundle);
    let less = with(amount("a", 0, 200), |terms| terms.scope.products = BTreeSet::from(["p0".to_owned()]));
    // With 200 off p0, the first part takes p1, and the second p0 rather than p2.
    let alone = with(amount("0", 0, 1_500), |terms| terms.stacking.exclusive = true);
    let quote = quoted(&cart(&[(1_200, 1), (1_100, 1), (100, 1)]), vec![alone, less, bundle], vec![]);
    assert_eq!((names(&quote), quote.goods_minor, quote.best), (vec!["a", "b"], 600, true));
}

#[test]
fn a_group_in_order_passes_over_a_member_whose_needs_are_not_used() {
    let joint =
        with(in_group(amount("j", 0, 400), "g"), |terms| terms.stacking.needs = BTreeSet::from(["x".to_owned()]));
    let offers = vec![joint, in_group(amount("k", 0, 300), "g"), amount("t", 0, 100)];
    for policy in [Policy::InOrder, Policy::BestForShop] {
        let quote = quoted(&cart(&[(10_000, 1)]), offers.clone(), vec![group("g", policy, By::Order)]);
        assert_eq!((names(&quote), quote.best), (vec!["k", "t"], true), "{policy:?}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, ..ProptestConfig::default() })]
    #[test]
    fn no_other_combination_is_better(
        units in prop::collection::vec((100..12_000i64, 1..4i64), 1..5),
        drawn in prop::collection::vec(any_offer(), 1..8),
    ) {
        let cart = cart(&units);
        let offers: Vec<Offer> = drawn.iter().enumerate().map(|(at, drawn)| made(drawn, at)).collect();
        let groups = vec![group("g0", Policy::Stack, By::Order), group("g1", Policy::BestForShopper, By::Order)];
        let quote = quoted(&cart, offers.clone(), groups);
        // Turns: thresholds and groups with a threshold, then coupons and groups of coupons, ungrouped coupons last.
        let all_coupons = |group: &str| {
            offers.iter().filter(|o| o.terms.stacking.group.as_deref() == Some(group)).all(|o| o.terms.claim == Claim::Coupon)
        };
        let mut turns: Vec<&Offer> = offers.iter().collect();
        turns.sort_by_key(|offer| {
            let coupon = offer.terms.claim == Claim::Coupon;
            let id = offer.offer_id.clone();
            match offer.terms.stacking.group.as_deref() {
                Some(group) => (all_coupons(group), 0, group.to_owned(), coupon, id),
                None if coupon => (true, 1, String::new(), true, id),
                None => (false, 0, id.clone(), false, id),
            }
        });
        let turns: Vec<(&Offer, Option<usize>)> = turns.into_iter().map(|offer| (offer, None)).collect();
        prop_assert!(quote.best);
        prop_assert_eq!(quote.goods_minor, least(&cart, &turns).unwrap(), "{:?}", names(&quote));
    }

    #[test]
    fn no_other_combination_by_item_is_better(
        units in prop::collection::vec((100..12_000i64, 1..4i64), 1..4),
        drawn in prop::collection::vec(any_offer(), 1..4),
    ) {
        let cart = cart(&units);
        let offers: Vec<Offer> = drawn.iter().enumerate().map(|(at, drawn)| in_group(made(drawn, at), "g0")).collect();
        let quote = quoted(&cart, offers.clone(), vec![group("g0", Policy::Stack, By::Item)]);
        let mut members: Vec<&Offer> = offers.iter().collect();
        members.sort_by_key(|offer| (offer.terms.claim == Claim::Coupon, offer.offer_id.clone()));
        let lines = 0..cart.lines.len();
        let turns: Vec<(&Offer, Option<usize>)> =
            lines.flat_map(|line| members.iter().map(move |offer| (*offer, Some(line)))).collect();
        prop_assert!(quote.best);
        prop_assert_eq!(quote.goods_minor, least(&cart, &turns).unwrap(), "{:?}", names(&quote));
    }
}
