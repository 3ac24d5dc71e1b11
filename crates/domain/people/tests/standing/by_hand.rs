//! Scores and groups against a count by hand, over random stories.

use std::collections::{BTreeMap, BTreeSet};

use fanvine_kernel::Event;
use fanvine_testkit::track;
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::shop::{Shop, on, order};

/// What happens to one order of the story below.
#[derive(Debug, Clone)]
struct Told {
    /// Of four shoppers with two keys each, and two with one.
    shopper: usize,
    anonymously: bool,
    day: i64,
    minor: i64,
    dollars: bool,
    twice: bool,
    refunded: Option<i64>,
    cancelled: bool,
}

fn told() -> impl Strategy<Value = Told> {
    let order = (0..6_usize, any::<bool>(), 0..400_i64, 0..5_000_i64, prop::bool::weighted(0.1));
    let fate = (any::<bool>(), prop::option::weighted(0.2, 0..6_000_i64), prop::bool::weighted(0.1));
    (order, fate).prop_map(|((shopper, anonymously, day, minor, dollars), (twice, refunded, cancelled))| Told {
        shopper,
        anonymously: anonymously && shopper < 4,
        day,
        minor,
        dollars,
        twice,
        refunded,
        cancelled,
    })
}

fn story(orders: &[Told]) -> Vec<Event> {
    let mut events = Vec::new();
    for shopper in 0..4 {
        // What ties an anonymous key to a user comes before, between and after orders.
        let day = [0, 100, 300, 410][shopper];
        let (user, anonymous) = (format!("u{shopper}"), format!("a{shopper}"));
        events.push(track("Product Viewed").user(&user).anonymous(&anonymous).at_moment(on(day)).build());
    }
    for (number, one) in orders.iter().enumerate() {
        let (id, currency) = (format!("o{number}"), if one.dollars { "USD" } else { "CNY" });
        let key = format!("{}{}", if one.anonymously { 'a' } else { 'u' }, one.shopper);
        events.push(order((&key, !one.anonymously), &id, on(one.day), one.minor, currency));
        if one.twice {
            events.push(order((&format!("u{}", one.shopper), true), &id, on(one.day), one.minor, currency));
        }
        let properties = format!(r#"{{"order_id": "{id}", "currency": "{currency}"}}"#);
        let later =
            |name: &str| track(name).user(&format!("u{}", one.shopper)).at_moment(on(one.day)).properties(&properties);
        if let Some(refunded) = one.refunded {
            events.push(later("Order Refunded").with(|event| event.revenue_minor = Some(refunded)).build());
        }
        if one.cancelled {
            events.push(later("Order Cancelled").build());
        }
    }
    events
}

/// A buyer as of day 420, counted by hand: days since the last order, orders, spend in CNY.
fn by_hand(orders: &[Told]) -> BTreeMap<usize, (i64, u64, i64)> {
    let mut buyers = BTreeMap::new();
    for one in orders.iter().filter(|one| !one.cancelled) {
        let (days, count, spend) = buyers.entry(one.shopper).or_insert((i64::MAX, 0, 0));
        (*days, *count) = ((*days).min(420 - one.day), *count + 1);
        *spend += if one.dollars { 0 } else { one.minor - one.refunded.unwrap_or(0).min(one.minor) };
    }
    buyers
}

/// 1 + the fifths of all that did worse.
fn score(value: i64, all: &[i64]) -> f64 {
    (1 + 5 * all.iter().filter(|other| **other < value).count() / all.len()) as f64
}

/// The shoppers of each group, by hand.
fn groups_by_hand(buyers: &BTreeMap<usize, (i64, u64, i64)>) -> BTreeMap<&'static str, BTreeSet<usize>> {
    let column = |value: fn(&(i64, u64, i64)) -> i64| buyers.values().map(value).collect::<Vec<i64>>();
    let columns = [column(|one| -one.0), column(|one| one.1 as i64), column(|one| one.2)];
    let high = columns.map(|column| {
        let scores: Vec<f64> = column.iter().map(|value| score(*value, &column)).collect();
        let mean = scores.iter().sum::<f64>() / scores.len() as f64;
        scores.into_iter().map(|score| score > mean).collect::<Vec<bool>>()
    });
    let mut groups: BTreeMap<&'static str, BTreeSet<usize>> = BTreeMap::new();
    for (place, shopper) in buyers.keys().enumerate() {
        let group = match (high[0][place], high[1][place], high[2][place]) {
            (true, true, true) => "champions",
            (true, false, true) => "promising",
            (false, true, true) => "at_risk",
            (false, false, true) => "win_back",
            (true, true, false) => "regulars",
            (true, false, false) => "newcomers",
            (false, true, false) => "fading",
            (false, false, false) => "lost",
        };
        groups.entry(group).or_default().insert(*shopper);
    }
    groups
}

async fn agrees_with_a_count_by_hand(orders: Vec<Told>) {
    let shop = Shop::at("2026-02-25T18:00:00Z").await;
    let events = story(&orders);
    shop.take_in(&events);
    let buyers = by_hand(&orders);
    if buyers.is_empty() {
        let (status, code, _, detail) = shop.refusal("rfm?currency=CNY").await;
        assert_eq!((status, code.as_str()), (409, "not_enough_data"), "{detail}");
        return;
    }
    let report = shop.get("rfm?currency=CNY").await;
    assert_eq!((&report["as_of"], &report["offset"]), (&json!("2026-02-25"), &json!(events.len())));
    assert_eq!(report["buyers"], json!(buyers.len()));
    assert_eq!(report["spend_minor"], json!(buyers.values().map(|one| one.2).sum::<i64>()));
    let groups = groups_by_hand(&buyers);
    let mut in_cells = 0;
    for cell in report["matrix"].as_array().unwrap() {
        in_cells += cell["buyers"].as_u64().unwrap();
    }
    assert_eq!(in_cells, buyers.len() as u64);
    for group in report["groups"].as_array().unwrap() {
        let code = group["group"].as_str().unwrap();
        let members = groups.get(code).cloned().unwrap_or_default();
        assert_eq!(group["buyers"], json!(members.len()), "{code}");
        assert_eq!(group["orders"], json!(members.iter().map(|one| buyers[one].1).sum::<u64>()), "{code}");
        // Page by page, and all at once.
        let (mut listed, mut after) = (Vec::new(), String::new());
        loop {
            let page = shop.get(&format!("rfm/{code}?currency=CNY&limit=1{after}")).await;
            listed.extend(page["members"].as_array().unwrap().clone());
            match page["next"].as_str() {
                Some(next) => after = format!("&after={next}"),
                None => break,
            }
        }
        let shopper = |one: &Value| one["shopper_id"].as_str().unwrap()[1..].parse::<usize>().unwrap();
        assert_eq!(listed.iter().map(shopper).collect::<BTreeSet<_>>(), members, "{code}");
        for one in &listed {
            let figures = (&one["days_since_order"], &one["orders"], &one["spend_minor"]);
            let (days, count, spend) = buyers[&shopper(one)];
            assert_eq!(figures, (&json!(days), &json!(count), &json!(spend)), "{one}");
        }
        let (_, csv) = shop.answer(&format!("rfm/{code}?currency=CNY"), "text/csv").await;
        let keys: Vec<&str> = csv.lines().skip(1).map(|line| line.split(',').nth(1).unwrap()).collect();
        assert_eq!(keys, listed.iter().map(|one| one["shopper_id"].as_str().unwrap()).collect::<Vec<_>>());
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(16) })]
    #[test]
    fn scores_and_groups_are_what_a_count_by_hand_says(orders in prop::collection::vec(told(), 0..30)) {
        tokio::runtime::Runtime::new().unwrap().block_on(agrees_with_a_count_by_hand(orders));
    }
}
