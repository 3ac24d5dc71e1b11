//! Money is conserved, whatever is offered, quoted and returned; the failures shops are known for, each by its name.

use std::collections::{BTreeMap, BTreeSet};

use fanvine_kernel::Timestamp;
use fanvine_promote::offers::{Group, Offer, Terms};
use fanvine_promote::quote::{Cart, Facts, PointsRule, Quote, ReturnLine, Returns, Rulebook, quote};
use proptest::prelude::*;
use serde_json::{Value, json};

const NOW: Timestamp = Timestamp::from_seconds(1_800_000_000);

fn offer(id: &str, terms: Value) -> Offer {
    let mut named = json!({ "name": id });
    named.as_object_mut().unwrap().extend(terms.as_object().unwrap().clone());
    Offer { offer_id: id.to_owned(), version: 1, terms: serde_json::from_value::<Terms>(named).unwrap() }
}

fn tiers(id: &str, at: Value, reward: Value, more: Value) -> Offer {
    let mut terms = json!({ "benefit": { "kind": "tiers", "tiers": [{ "at": at, "rewards": [reward] }] } });
    terms.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    offer(id, terms)
}

fn line(id: &str, unit_minor: i64, quantity: i64) -> Value {
    json!({ "line_id": id, "product_id": id, "category": id.get(..1), "quantity": quantity, "unit_minor": unit_minor })
}

fn cart(lines: &[Value]) -> Cart {
    serde_json::from_value(json!({ "currency": "CNY", "lines": lines, "freight_minor": 600, "points": 50 })).unwrap()
}

fn quoted(cart: &Cart, offers: &[Offer]) -> Quote {
    let coupons: BTreeSet<String> = offers.iter().map(|offer| offer.offer_id.clone()).collect();
    let facts = Facts { coupons, points: 30, ..Facts::default() };
    let points = PointsRule {
        minor_per_point: 7,
        most_basis_points: 5_000,
        minor_per_point_earned: Some(100),
        earned_by_currency: BTreeMap::new(),
        multipliers: Vec::new(),
        most_earned: None,
        opens_after_days: 0,
        expires_after_days: None,
    };
    let groups = vec![serde_json::from_value::<Group>(json!({ "group": "g", "policy": "in_order" })).unwrap()];
    quote(&Rulebook::new(offers.to_vec(), groups, Some(points)), cart, &facts, NOW).unwrap()
}

fn returns<'q>(quote: &'q Quote, offers: &'q [Offer]) -> Returns<'q> {
    Returns::new(quote, |id, _| offers.iter().find(|offer| offer.offer_id == id).map(|offer| offer.terms.clone()))
}

fn back(line_id: &str, quantity: i64) -> Vec<ReturnLine> {
    vec![ReturnLine { line_id: line_id.to_owned(), quantity }]
}

/// Every sum of the quote, from the units up.
fn conserves(quote: &Quote) -> Result<(), TestCaseError> {
    let mut off: BTreeMap<&str, i64> = BTreeMap::new();
    let mut paid = 0;
    for line in &quote.lines {
        let (mut units, mut line_paid) = (0, 0);
        for run in &line.units {
            prop_assert!(run.paid_minor >= 0 && run.units > 0);
            let shares: i64 = run.shares.iter().map(|share| share.off_minor).sum();
            prop_assert_eq!(run.paid_minor + shares, run.list_minor, "a unit's price and discounts are its list price");
            for share in &run.shares {
                *off.entry(&share.offer_id).or_default() += share.off_minor * run.units;
            }
            (units, line_paid) = (units + run.units, line_paid + run.paid_minor * run.units);
        }
        prop_assert_eq!((units, line_paid), (line.quantity, line.paid_minor));
        paid += line_paid;
    }
    prop_assert_eq!(paid, quote.goods_minor);
    prop_assert_eq!(quote.goods_minor + quote.discount_minor, quote.list_minor);
    prop_assert_eq!(quote.payable_minor, paid + quote.freight_minor - quote.freight_discount_minor);
    prop_assert_eq!(off.remove("points").unwrap_or(0), quote.points_spent * 7);
    for applied in &quote.applied {
        prop_assert_eq!(off.remove(applied.offer_id.as_str()).unwrap_or(0), applied.off_minor);
    }
    prop_assert!(off.is_empty());
    prop_assert!((0..=quote.freight_minor).contains(&quote.freight_discount_minor));
    Ok(())
}

fn any_offer(id: usize) -> impl Strategy<Value = Offer> {
    let money = 1..30_000i64;
    let reward = prop_oneof![
        3 => money.clone().prop_map(|minor| json!({ "kind": "amount", "minor": minor })),
        3 => (1..10_000i64).prop_map(|points| json!({ "kind": "percent", "basis_points": points, "most_minor": 5_000 })),
        1 => (0..9_000i64).prop_map(|minor| json!({ "kind": "one_for", "minor": minor })),
        1 => Just(json!({ "kind": "free_freight" })),
        1 => Just(json!({ "kind": "gift", "product_id": "cup", "units": 1 })),
    ];
    let at = prop_oneof![
        money.clone().prop_map(|minor| json!({ "spend_minor": minor })),
        (1..6i64).prop_map(|units| json!({ "units": units })),
    ];
    let benefit = prop_oneof![
        2 => (0..9_000i64, prop::option::of(1..4i64), any::<bool>()).prop_map(|(minor, most, later)| {
            json!({ "kind": "base_price", "price": "flash", "unit_minor": minor, "most_units": most, "admits_later": later })
        }),
        1 => (0..9_000i64).prop_map(|minor| {
            json!({ "kind": "line_price", "price": "member", "cut": { "unit_minor": minor } })
        }),
        1 => (1..9_000i64).prop_map(|points| {
            json!({ "kind": "line_price", "price": "limited_time", "cut": { "off_basis_points": points } })
        }),
        7 => (prop::collection::vec((at, reward), 1..3), any::<bool>()).prop_map(|(tiers, repeats)| {
            let tiers: Vec<Value> =
                tiers.into_iter().map(|(at, reward)| json!({ "at": at, "rewards": [reward] })).collect();
            json!({ "kind": "tiers", "tiers": tiers, "repeats": repeats })
        }),
        2 => (1..4i64, money).prop_map(|(units, minor)| {
            json!({ "kind": "bundle", "parts": [{ "units": units }], "price_minor": minor })
        }),
    ];
    let scope = prop_oneof![Just(json!({})), Just(json!({ "categories": ["a"] })), Just(json!({ "products": ["b1"] }))];
    (benefit, scope, any::<bool>(), any::<bool>(), any::<bool>()).prop_map(
        move |(benefit, scope, coupon, retest, group)| {
            offer(
                &format!("o{id}"),
                json!({
                    "benefit": benefit, "scope": scope,
                    "claim": if coupon { "coupon" } else { "everyone" },
                    "on_return": if retest { "retest" } else { "keep" },
                    "stacking": { "group": group.then_some("g") },
                }),
            )
        },
    )
}

/// Lines by unit price and quantity, offers, and what comes back: line and quantity.
type Case = (Vec<(i64, i64)>, Vec<Offer>, Vec<(usize, i64)>);

fn any_case() -> impl Strategy<Value = Case> {
    let offers = (any_offer(0), any_offer(1), any_offer(2), any_offer(3), any_offer(4), any_offer(5));
    let offers = (offers, 0..7usize)
        .prop_map(|((a, b, c, d, e, f), count)| [a, b, c, d, e, f].into_iter().take(count).collect::<Vec<Offer>>());
    let lines = prop::collection::vec((0..20_000i64, 1..6i64), 1..5);
    (lines, offers, prop::collection::vec((0..4usize, 1..4i64), 0..8))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_024, ..ProptestConfig::default() })]
    #[test]
    fn money_is_conserved_under_any_offers_and_any_returns((lines, offers, steps) in any_case()) {
        let names = ["a1", "b1", "a2", "b2"];
        let lines: Vec<Value> =
            lines.iter().zip(names).map(|((unit, quantity), name)| line(name, *unit, *quantity)).collect();
        let cart = cart(&lines);
        let quote = quoted(&cart, &offers);
        conserves(&quote)?;
        prop_assert_eq!(&quoted(&cart, &offers), &quote, "the same question has the same answer");

        let mut returns = returns(&quote, &offers);
        let mut refunded = 0;
        for (at, quantity) in steps {
            let Ok(refund) = returns.take_back(&back(names[at], quantity)) else { continue };
            refunded += refund;
            prop_assert!(refund >= 0 && refunded <= quote.goods_minor && returns.refunded() == refunded);
            prop_assert!(!returns.is_overdrawn());
        }
        let rest: Vec<ReturnLine> = returns.left().into_iter().filter(|line| line.quantity > 0).collect();
        refunded += returns.take_back(&rest).unwrap();
        prop_assert_eq!(refunded, quote.goods_minor, "all of it back is all that was paid");
        prop_assert!(!returns.is_overdrawn());
    }
}

fn hundred_off_three(on_return: &str) -> [Offer; 1] {
    let reward = json!({ "kind": "amount", "minor": 10_000 });
    [tiers("t", json!({ "spend_minor": 30_000 }), reward, json!({ "on_return": on_return }))]
}

#[test]
fn a_threshold_is_not_kept_by_returning_goods() {
    let cart = Cart { points: 0, ..cart(&[line("a1", 25_000, 1), line("b1", 5_000, 1)]) };
    let offers = hundred_off_three("retest");
    let quote = quoted(&cart, &offers);
    assert_eq!(quote.goods_minor, 20_000);
    // What is kept, 250.00, never deserved 100 off: its share of 83.33 is taken off the refund, which cannot fall below 0.
    let mut order = returns(&quote, &offers);
    assert_eq!(order.take_back(&back("b1", 1)).unwrap(), 0);
    assert_eq!(order.take_back(&back("a1", 1)).unwrap(), 20_000);
    let mut other = returns(&quote, &offers);
    assert_eq!(other.take_back(&back("a1", 1)).unwrap(), 15_000, "50.00 stay with the shop for what was kept");
}

#[test]
fn the_discount_of_a_returned_line_does_not_move_to_the_others() {
    let cart = Cart { points: 0, ..cart(&[line("a1", 25_000, 1), line("b1", 5_000, 1)]) };
    let offers = hundred_off_three("keep");
    let quote = quoted(&cart, &offers);
    let paid: Vec<i64> = quote.lines.iter().map(|line| line.paid_minor).collect();
    assert_eq!(paid, [16_667, 3_333]);
    let mut order = returns(&quote, &offers);
    assert_eq!(order.take_back(&back("b1", 1)).unwrap(), 3_333);
    assert_eq!(order.take_back(&back("a1", 1)).unwrap(), 16_667);
}

#[test]
fn the_last_line_carries_no_rounding() {
    let cart = Cart { points: 0, ..cart(&[line("a1", 3_333, 1), line("a2", 3_333, 1), line("b1", 3_334, 1)]) };
    let reward = json!({ "kind": "amount", "minor": 100 });
    let quote = quoted(&cart, &[tiers("t", json!({ "spend_minor": 1 }), reward, json!({}))]);
    let off: Vec<i64> = quote.lines.iter().map(|line| line.list_minor - line.paid_minor).collect();
    assert_eq!(off, [33, 33, 34], "the largest remainder takes the cent, wherever it stands");
}

#[test]
fn what_each_line_has_by_itself_is_not_lost_by_returning_another() {
    let lines = [line("a1", 10_000, 1), line("a2", 10_000, 1), line("b1", 10_000, 1)];
    let cart = Cart { points: 0, ..cart(&lines) };
    let stacking = json!({ "on_return": "retest", "stacking": { "group": "item" } });
    let offers = [tiers("t", json!({ "spend_minor": 10_000 }), json!({ "kind": "amount", "minor": 1_000 }), stacking)];
    let by_item = json!({ "group": "item", "policy": "stack", "by": "item" });
    let book = Rulebook::new(offers.to_vec(), vec![serde_json::from_value::<Group>(by_item).unwrap()], None);
    let quote = quote(&book, &cart, &Facts::default(), NOW).unwrap();
    assert_eq!(quote.goods_minor, 27_000);
    let mut order = returns(&quote, &offers);
    assert_eq!(order.take_back(&back("b1", 1)).unwrap(), 9_000);
    assert_eq!(order.take_back(&back("a2", 1)).unwrap(), 9_000);
    assert_eq!(order.take_back(&back("a1", 1)).unwrap(), 9_000);
}

#[test]
fn flash_stock_is_shared_by_the_lines_of_a_product() {
    let mut lines = [line("a1", 10_000, 5), line("a2", 10_000, 5)];
    lines.iter_mut().for_each(|line| line["product_id"] = json!("mug"));
    let cart = cart(&lines);
    let flash = json!({ "kind": "base_price", "price": "flash", "unit_minor": 5_000 });
    let book = Rulebook::new(vec![offer("flash", json!({ "benefit": flash }))], vec![], None);
    let stock = BTreeMap::from([(("flash".to_owned(), "mug".to_owned()), 5)]);
    let quote = quote(&book, &cart, &Facts { stock, ..Facts::default() }, NOW).unwrap();
    assert_eq!((quote.applied[0].units, quote.goods_minor), (Some(5), 75_000));
}

#[test]
fn a_flash_price_shuts_later_offers_out_of_its_units_alone() {
    let cart = Cart { points: 0, ..cart(&[line("a1", 10_000, 3)]) };
    let flash = json!({ "kind": "base_price", "price": "flash", "unit_minor": 5_000, "most_units": 1 });
    let member = json!({ "kind": "line_price", "price": "member", "cut": { "off_basis_points": 1_000 } });
    let limited = json!({ "kind": "line_price", "price": "limited_time", "cut": { "unit_minor": 8_500 } });
    let offers = [
        offer("flash", json!({ "benefit": flash })),
        offer("member", json!({ "benefit": member })),
        offer("limited", json!({ "benefit": limited })),
        tiers("ten", json!({ "spend_minor": 17_000 }), json!({ "kind": "amount", "minor": 1_000 }), json!({})),
    ];
    let quote = quoted(&cart, &offers);
    let units: Vec<(i64, i64)> = quote.lines[0].units.iter().map(|run| (run.units, run.paid_minor)).collect();
    assert_eq!(units, [(1, 5_000), (2, 8_000)]);
    assert_eq!(quote.applied.iter().map(|one| one.units).collect::<Vec<_>>(), [Some(1), Some(2), None]);
    let why = serde_json::to_value(&quote.rejected).unwrap();
    assert_eq!((&why[0]["offer_id"], &why[0]["reason"]), (&json!("member"), &json!("not_better")));
}

#[test]
fn bundles_take_the_dearest_units_and_gifts_and_freight_come_on_top() {
    let cart = Cart { points: 0, ..cart(&[line("a1", 5_000, 3), line("b1", 4_000, 2)]) };
    let any_three = json!({ "kind": "bundle", "parts": [{ "units": 3 }], "price_minor": 9_900 });
    let offers = [
        offer("three", json!({ "benefit": any_three })),
        tiers("gift", json!({ "units": 5 }), json!({ "kind": "gift", "product_id": "cup", "units": 1 }), json!({})),
        tiers("ship", json!({ "spend_minor": 15_000 }), json!({ "kind": "free_freight" }), json!({})),
    ];
    let quote = quoted(&cart, &offers);
    assert_eq!((quote.goods_minor, quote.freight_discount_minor, quote.payable_minor), (17_900, 600, 17_900));
    let granted = serde_json::to_value(&quote.applied[0].granted).unwrap();
    assert_eq!(granted, json!([{ "kind": "gift", "product_id": "cup", "units": 1 }]));
}

#[test]
fn what_cannot_be_quoted_is_refused_by_name() {
    let quote =
        |lines: &[Value]| quote(&Rulebook::default(), &cart(lines), &Facts::default(), NOW).unwrap_err().to_string();
    assert_eq!(quote(&[]), "a cart has 1 to 500 lines, not 0");
    assert_eq!(quote(&[line("a", 1, 1), line("a", 1, 1)]), "line a appears twice");
    assert_eq!(quote(&[line("a", 1, 0)]), "line a has quantity 0, where 1 to 100000 can be");
    assert_eq!(
        quote(&[line("a", 1, 60_000), line("b", 1, 40_001)]),
        "the cart has 100001 units, where 1 to 100000 can be"
    );
    assert_eq!(quote(&[line("a", -1, 1)]), "unit_minor of line a is -1, below zero");
    assert_eq!(quote(&[line("a", i64::MAX, 1)]), "the cart costs more than 922337203685477 minor units");
}
