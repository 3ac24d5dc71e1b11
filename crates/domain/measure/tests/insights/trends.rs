//! Trends against a plain loop over all events.

use std::collections::{BTreeMap, BTreeSet};

use axum::extract::State;
use fanvine_kernel::{Event, Timestamp};
use fanvine_measure::trends::answer::{PartKind, TrendsAnswer};
use fanvine_measure::trends::ask::{TrendsQuestion, answer_trends};
use fanvine_web::Body;
use serde_json::{Value, json};

use crate::shop::{Shop, shop};

async fn ask(shop: &Shop, question: Value) -> Result<TrendsAnswer, String> {
    let question: TrendsQuestion = serde_json::from_value(question).unwrap();
    let answer = answer_trends(State(shop.measure.clone()), Body(question)).await;
    answer.map(|answer| answer.0).map_err(|refusal| format!("{:?}: {}", refusal.0.pointer, refusal.0.detail))
}

/// The label of the interval an event lies in, if it lies in the first days of March.
fn label(shop: &Shop, event: &Event, interval: &str) -> Option<String> {
    let day = shop.zone.date_of(event.occurred_at);
    let text = day.to_string();
    if !("2026-03-02"..="2026-03-09").contains(&text.as_str()) && interval != "week" {
        return None;
    }
    match interval {
        "hour" => {
            // Shanghai's hours are those of UTC.
            let hour = event.occurred_at.micros().div_euclid(3_600_000_000) * 3_600_000_000;
            Some(Timestamp::from_micros(hour).to_string())
        }
        "day" => Some(text),
        // 2 and 9 March 2026 are Mondays; weeks are whole.
        _ if ("2026-03-02"..="2026-03-08").contains(&text.as_str()) => Some("2026-03-02".to_owned()),
        _ if ("2026-03-09"..="2026-03-15").contains(&text.as_str()) => Some("2026-03-09".to_owned()),
        _ => None,
    }
}

fn properties(event: &Event) -> Value {
    serde_json::from_str(event.properties.as_ref().unwrap().get()).unwrap()
}

fn number(event: &Event, of: &str) -> Vec<f64> {
    match of {
        "revenue" => event
            .revenue()
            .filter(|money| money.currency.to_string() == "CNY")
            .map(|money| money.minor as f64)
            .into_iter()
            .collect(),
        "quantity" => event.quantity.map(|units| units as f64).into_iter().collect(),
        "properties.size" => properties(event)["size"].as_f64().into_iter().collect(),
        _ => properties(event)["nested"]["n"].as_f64().into_iter().collect(),
    }
}

fn figure(events: &[&Event], figure: &str, of: &str, percentile: f64) -> Option<f64> {
    let numbers = |events: &[&Event]| events.iter().flat_map(|event| number(event, of)).collect::<Vec<f64>>();
    let people = events.iter().filter_map(|event| event.user_id.as_ref()).collect::<BTreeSet<_>>().len() as f64;
    let mut all = numbers(events);
    let some = |value: f64| (!numbers(events).is_empty()).then_some(value);
    match figure {
        "count" => Some(events.len() as f64),
        "shoppers" => Some(people),
        "sum" => Some(all.iter().sum()),
        "average" => some(all.iter().sum::<f64>() / all.len() as f64),
        "min" => some(all.iter().copied().fold(f64::INFINITY, f64::min)),
        "max" => some(all.iter().copied().fold(f64::NEG_INFINITY, f64::max)),
        "percentile" => {
            all.sort_by(f64::total_cmp);
            let place = percentile / 100.0 * (all.len().checked_sub(1)? as f64);
            let (low, high) = (all[place.floor() as usize], all[place.ceil() as usize]);
            Some(low + (high - low) * place.fract())
        }
        _ => {
            let known: Vec<&Event> = events.iter().copied().filter(|event| event.user_id.is_some()).collect();
            let sum = if of.is_empty() { known.len() as f64 } else { numbers(&known).iter().sum() };
            (people > 0.0).then(|| sum / people)
        }
    }
}

/// The values by which an event is told apart; none if it has none.
fn values(event: &Event, by: &str) -> Vec<String> {
    match by {
        "channel" => event.channel.iter().cloned().collect(),
        "product_id" => event.product_id.iter().cloned().collect(),
        "properties.tag" => vec![properties(event)["tag"].as_str().unwrap().to_owned()],
        _ => match &properties(event)["colour"] {
            Value::String(text) => vec![text.clone()],
            Value::Array(all) => all.iter().map(|one| one.as_str().unwrap().to_owned()).collect(),
            Value::Number(number) => vec![number.to_string()],
            _ => Vec::new(),
        },
    }
}

fn same(left: Option<f64>, right: Option<f64>) -> bool {
    match (left, right) {
        (Some(left), Some(right)) => (left - right).abs() < 1e-6 * right.abs().max(1.0),
        (left, right) => left == right,
    }
}

/// Asks for one series told apart, and holds every point of every part against the loop.
async fn compare(shop: &Shop, name: &str, series: (&str, &str), by: Option<&str>, interval: &str, top: usize) {
    let (kind, of) = series;
    let mut asked =
        json!({ "events": { "names": [name], "where": [{ "field": "quantity", "is": { "ge": 1 } }] }, "figure": kind });
    if !of.is_empty() {
        asked["of"] = json!(of);
    }
    if kind == "percentile" {
        asked["percentile"] = json!(90);
    }
    let mut question =
        json!({ "series": [asked], "interval": interval, "top": top, "from": "2026-03-02", "to": "2026-03-09" });
    if let Some(by) = by {
        question["break_down"] = json!(by);
    }
    let answer = ask(shop, question.clone()).await.unwrap();
    let taken: Vec<(&Event, String)> = shop
        .events
        .iter()
        .filter(|event| event.name == name && event.quantity.is_some_and(|units| units >= 1))
        .filter_map(|event| Some((event, label(shop, event, interval)?)))
        .collect();
    let shown: BTreeSet<&str> = answer.lines[0].parts.iter().filter_map(|part| part.value.as_deref()).collect();
    for part in &answer.lines[0].parts {
        let within = |event: &Event| {
            let Some(by) = by else { return true };
            let values = values(event, by);
            match part.kind {
                PartKind::All => true,
                PartKind::None => values.is_empty(),
                PartKind::Value => values.iter().any(|value| part.value.as_deref() == Some(value)),
                PartKind::Others => values.iter().any(|value| !shown.contains(value.as_str())),
                PartKind::Segment => false,
            }
        };
        let events: Vec<&(&Event, String)> = taken.iter().filter(|(event, _)| within(event)).collect();
        let all: Vec<&Event> = events.iter().map(|(event, _)| *event).collect();
        let expected = figure(&all, kind, of, 90.0);
        assert!(same(part.total, expected), "{question}: {part:?} total, expected {expected:?}");
        for (start, point) in answer.starts.iter().zip(&part.points) {
            let here: Vec<&Event> =
                events.iter().filter(|(_, label)| label == start).map(|(event, _)| *event).collect();
            let expected = figure(&here, kind, of, 90.0);
            assert!(
                same(*point, expected),
                "{question}: {:?} {:?} at {start}: {point:?}, expected {expected:?}",
                part.kind,
                part.value
            );
        }
    }
    if let Some(by) = by {
        // Where only people count, nobody looks at what guests did.
        let counts = |event: &Event| event.user_id.is_some() || !matches!(kind, "shoppers" | "per_shopper");
        let counted = taken.iter().filter(|(event, _)| counts(event));
        let all: BTreeSet<String> = counted.flat_map(|(event, _)| values(event, by)).collect();
        assert_eq!(answer.values, all.len(), "{question}");
        assert_eq!(
            answer.lines[0].parts.iter().filter(|part| part.kind == PartKind::Value).count(),
            all.len().min(top)
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_figure_is_what_a_plain_loop_counts() {
    for seed in [1, 2] {
        let shop = shop(seed).await;
        let figures = [
            ("count", ""),
            ("shoppers", ""),
            ("sum", "revenue"),
            ("average", "properties.size"),
            ("min", "properties.nested.n"),
            ("max", "quantity"),
            ("percentile", "properties.size"),
            ("per_shopper", ""),
            ("per_shopper", "revenue"),
        ];
        for (place, series) in figures.into_iter().enumerate() {
            let by = [None, Some("channel"), Some("properties.colour"), Some("product_id"), Some("properties.tag")];
            let interval = ["day", "hour", "week"][place % 3];
            for by in by {
                compare(&shop, "Order Completed", series, by, interval, 1 + place).await;
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn people_by_day_come_from_bitmaps_and_are_the_same() {
    let shop = shop(3).await;
    for interval in ["day", "week", "hour"] {
        let question = |events: Value| json!({ "series": [{ "events": events, "figure": "shoppers" }], "interval": interval, "from": "2026-03-02", "to": "2026-03-09" });
        let quick = ask(&shop, question(json!(["Product Viewed"]))).await.unwrap();
        // A filter that takes everything has every event looked at.
        let all = json!({ "names": ["Product Viewed"], "where": [{ "field": "properties.size", "is": "exists" }] });
        let looked = ask(&shop, question(all)).await.unwrap();
        assert_eq!(quick.lines[0].parts, looked.lines[0].parts, "{interval}");
        assert!(quick.lines[0].parts[0].total > Some(5.0));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn formulas_segments_and_the_period_before_fit_together() {
    let shop = shop(4).await;
    let answer = ask(
        &shop,
        json!({
            "series": [{ "events": ["Order Completed"] }, { "events": ["Product Viewed"], "figure": "shoppers" }],
            "formulas": ["A / B * 100"], "segments": ["ones"], "compare": true, "from": "2026-03-06", "to": "2026-03-09"
        }),
    );
    let answer = answer.await.unwrap();
    assert_eq!(answer.starts_before, ["2026-03-02", "2026-03-03", "2026-03-04", "2026-03-05"]);
    let orders = |days: &[String], ones: Option<bool>| {
        let taken = shop.events.iter().filter(|event| {
            let one = event.user_id.as_ref().is_some_and(|key| key.ends_with('1'));
            event.name == "Order Completed"
                && days.contains(&shop.zone.date_of(event.occurred_at).to_string())
                && ones.is_none_or(|ones| ones == one)
        });
        Some(taken.count() as f64)
    };
    for (part, ones) in answer.lines[0].parts.iter().zip([None, Some(true), Some(false)]) {
        assert_eq!(part.total, orders(&answer.starts, ones), "{:?}", part.kind);
        assert_eq!(part.total_before, orders(&answer.starts_before, ones), "{:?}", part.kind);
    }
    let (a, b, rate) = (&answer.lines[0].parts[0], &answer.lines[1].parts[0], &answer.lines[2].parts[0]);
    for point in 0..4 {
        let expected = a.points[point].zip(b.points[point]).filter(|(_, b)| *b > 0.0).map(|(a, b)| a / b * 100.0);
        assert!(same(rate.points[point], expected));
    }
    let only = ask(
        &shop,
        json!({ "series": [{ "events": ["Order Completed"] }], "segment": "ones", "from": "2026-03-06", "to": "2026-03-09" }),
    );
    assert_eq!(only.await.unwrap().lines[0].parts[0].total, answer.lines[0].parts[1].total);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_asked_says_why_and_offers_what_is_near() {
    let shop = shop(5).await;
    let size = json!({ "names": ["Product Viewed"], "where": [{ "field": "properties.sizes", "is": { "ge": 1 } }] });
    let cases: BTreeMap<&str, Value> = BTreeMap::from([
        (
            "no event is called `Product Viewd`; did you mean `Product Viewed`",
            json!({ "series": [{ "events": ["Product Viewd"] }] }),
        ),
        (
            "no `Product Viewed` ever had a property `sizes`; did you mean `size`",
            json!({ "series": [{ "events": size }] }),
        ),
        ("there is no segment `twos`", json!({ "series": [{}], "segment": "twos" })),
        ("there is no series C; there are 1", json!({ "series": [{}], "formulas": ["A + C"] })),
        ("say which number", json!({ "series": [{ "figure": "sum" }] })),
        ("`channel` is no number", json!({ "series": [{ "figure": "sum", "of": "channel" }] })),
        (
            "figures to be held at once",
            json!({ "series": vec![json!({}); 8], "break_down": "channel", "top": 100, "from": "2024-01-01", "to": "2026-03-01" }),
        ),
        (
            "points, more than 1500",
            json!({ "series": [{}], "interval": "hour", "from": "2025-01-01", "to": "2026-03-01" }),
        ),
    ]);
    for (expected, question) in cases {
        let refused = ask(&shop, question).await.unwrap_err();
        assert!(refused.contains(expected), "{expected}: {refused}");
    }
}
