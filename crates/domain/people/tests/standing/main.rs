//! Where buyers stand: against a recomputation from the events, on real data against other people's code, and what is
//! refused.

mod by_hand;
mod online_retail;
mod shop;

use std::collections::BTreeSet;

use fanvine_kernel::EventKind;
use fanvine_testkit::track;
use serde_json::json;

use crate::shop::{Shop, on, order};

#[tokio::test]
async fn everybody_is_counted_once_a_minute_or_when_asked_to() {
    let shop = Shop::at("2026-03-01T00:00:00Z").await;
    shop.take_in(&[order(("ann", true), "o1", on(10), 100, "CNY")]);
    assert_eq!(shop.get("rfm").await["buyers"], 1);
    shop.take_in(&[order(("bob", true), "o2", on(20), 100, "CNY")]);
    assert_eq!(shop.get("rfm").await["buyers"], 1, "a count of the same minute");
    assert_eq!(shop.get("rfm?fresh=1").await["buyers"], 2);
    shop.take_in(&[order(("eve", true), "o3", on(30), 100, "CNY")]);
    assert_eq!(shop.get("lifecycle").await["buyers"], 2);
    shop.clock.advance_micros(60_000_000);
    let later = shop.get("lifecycle").await;
    assert_eq!((&later["buyers"], &later["offset"]), (&json!(3), &json!(3)));
    let early = shop.get("rfm?as_of=2025-01-21").await;
    assert_eq!((&early["buyers"], &early["as_of"]), (&json!(2), &json!("2025-01-21")), "eve had not ordered yet");
}

#[tokio::test]
async fn buyers_move_from_stage_to_stage() {
    let shop = Shop::at("2026-03-01T00:00:00Z").await;
    let (user, cny) = (|name| (name, true), "CNY");
    shop.take_in(&[
        order(user("back"), "o1", on(0), 100, cny),
        order(user("back"), "o2", on(420), 100, cny),
        order(user("fresh"), "o3", on(421), 100, cny),
        order(user("gone"), "o4", on(5), 100, cny),
        order(user("faithful"), "o5", on(340), 100, cny),
        order(user("faithful"), "o6", on(405), 100, cny),
    ]);
    let report = shop.get("lifecycle?before=2026-01-31").await;
    let moves: BTreeSet<(Option<&str>, &str, &str)> = report["moves"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| {
            assert_eq!(one["buyers"], 1);
            (one["from"].as_str(), one["to"].as_str().unwrap(), one["sample"][0].as_str().unwrap())
        })
        .collect();
    let expected = [
        (Some("lost"), "won_back", "back"),
        (None, "new", "fresh"),
        (Some("lost"), "lost", "gone"),
        (Some("new"), "growing", "faithful"),
    ];
    assert_eq!(moves, expected.into_iter().collect());
    let came = shop.get("lifecycle/won_back?before=2026-01-31&from=lost").await;
    assert_eq!((&came["buyers"], &came["members"][0]["shopper_id"]), (&json!(1), &json!("back")));
    assert_eq!((&came["members"][0]["orders"], &came["members"][0]["spend_minor"]), (&json!(2), &json!(200)));
    assert_eq!(shop.get("lifecycle/won_back?before=2026-01-31&from=new").await["members"], json!([]));
    assert_eq!(shop.get("lifecycle/new?before=2026-01-31&from=none").await["members"][0]["shopper_id"], "fresh");
    let growing = report["stages"].as_array().unwrap().iter().find(|one| one["stage"] == "growing").unwrap();
    assert_eq!(
        (&growing["buyers"], &growing["share"], &growing["buyers_before"]),
        (&json!(1), &json!(0.25), &json!(0))
    );
    assert_eq!(growing["name"], json!({"en": "Growing", "zh": "成长期"}));
    assert!(growing["rule"].as_str().unwrap().starts_with("value orders between 2 and 3"));
}

#[tokio::test]
async fn what_cannot_be_answered_is_refused_by_name() {
    let shop = Shop::at("2026-03-01T00:00:00Z").await;
    shop.take_in(&[order(("ann", true), "o1", on(10), 100, "CNY"), track("Page Viewed").user("bob").build()]);
    for (path, at, detail) in [
        ("rfm?as_of=soon", "as_of", "as_of: `soon` is not a date of the form YYYY-MM-DD"),
        ("rfm?as_of=2026-03-02", "as_of", "as_of is 2026-03-02; the latest possible is 2026-03-01"),
        ("rfm?currency=yuan", "currency", "currency: `yuan` is not a currency code of ISO 4217, such as CNY"),
        ("rfm?fresh=2", "fresh", "fresh is 2; expected 0 to 1"),
        (
            "rfm?frequency_cuts=1,2,3",
            "frequency_cuts",
            "frequency_cuts is `1,2,3`; expected four numbers with commas between them, for the scores 2, 3, 4 and 5",
        ),
        (
            "rfm?recency_cuts=1,2,3,4",
            "recency_cuts",
            "recency_cuts: cuts [1.0, 2.0, 3.0, 4.0] do not go from worse to better, where lower is better",
        ),
        ("rfm/lost?limit=0", "limit", "limit is 0; expected 1 to 1000"),
        ("rfm/lost?recency=6", "recency", "recency is 6; expected 1 to 5"),
        ("lifecycle/new?limit=0", "limit", "limit is 0; expected 1 to 1000"),
        ("lifecycle/new?after=x", "after", "after is `x`, which is not the `next` of a page"),
        ("value/11", "decile", "decile is 11; expected 1 to 10"),
        ("rfm/lost?after=x", "after", "after is `x`, which is not the `next` of a page"),
        ("lifecycle?before=2026-03-01", "before", "before is 2026-03-01; the latest possible is 2026-02-28"),
        ("value?months=61", "months", "months is 61; expected 1 to 60"),
        ("ann/value?discount_rate=1.5", "discount_rate", "discount_rate is 1.5; expected 0 to 1"),
    ] {
        let expected = (400, "invalid_parameter".to_owned(), at.to_owned(), detail.to_owned());
        assert_eq!(shop.refusal(path).await, expected, "{path}");
    }
    let detail = |refusal: (u16, String, String, String)| (refusal.0, refusal.3);
    let few = "by 2026-03-01 only 0 buyers had come back and spent CNY; at least 30 are needed";
    assert_eq!(detail(shop.refusal("value").await), (409, few.into()));
    assert_eq!(detail(shop.refusal("ann/value").await), (409, few.into()));
    let nobody = "nobody had ordered anything by 2024-01-01";
    assert_eq!(detail(shop.refusal("rfm?as_of=2024-01-01").await), (409, nobody.into()));
    assert_eq!(detail(shop.refusal("nobody/value").await), (404, "there is no shopper `nobody`".into()));
    let (status, detail) = detail(shop.refusal("rfm/whales").await);
    assert_eq!((status, detail.starts_with("there is no RFM group `whales`")), (404, true));
    assert_eq!(shop.refusal("lifecycle/asleep").await.0, 404);
    assert!(shop.refusal("lifecycle/new?from=asleep").await.3.starts_with("from is `asleep`; expected new, growing"));
    assert_eq!(shop.get("lifecycle?as_of=2024-01-01").await["moves"], json!([]));
    let fixed = shop.get("rfm?recency_cuts=500,400,300,200").await;
    assert_eq!(
        (&fixed["recency"]["fixed"], &fixed["recency"]["cuts"]),
        (&json!(true), &json!([500.0, 400.0, 300.0, 200.0]))
    );
    assert_eq!(fixed["groups"][7]["sample"][0]["recency"], json!(2));
}

#[tokio::test]
async fn a_person_is_worth_the_same_under_every_key_and_in_the_list() {
    let shop = Shop::at("2026-03-01T00:00:00Z").await;
    let mut events =
        vec![track("Identify").kind(EventKind::Identify).user("u0").anonymous("a0").at_moment(on(1)).build()];
    for shopper in 0..60_i64 {
        for number in 0..=shopper % 7 {
            // The first one has the orders of another too, half of them from before they signed in.
            let own = format!("u{shopper}");
            let key = match (shopper, number % 2) {
                (34, 0) => ("u0", true),
                (34, _) => ("a0", false),
                _ => (own.as_str(), true),
            };
            let (day, minor) = (shopper * 3 + number * (10 + shopper % 11), 1_000 + 400 * (shopper % 13) + 90 * number);
            events.push(order(key, &format!("o{shopper}_{number}"), on(day), minor, "CNY"));
        }
    }
    shop.take_in(&events);
    let all = shop.get("value?months=6&discount_rate=0").await;
    assert_eq!((&all["buyers"], &all["months"]), (&json!(59), &json!(6)));
    let by_user = shop.get("u0/value?months=6&discount_rate=0").await;
    assert_eq!(by_user, shop.get("a0/value?months=6&discount_rate=0").await);
    assert_eq!(by_user["frequency"], json!(7), "one order of its own and seven of the other's");
    for listed in all["top"].as_array().unwrap() {
        let key = listed["shopper_id"].as_str().unwrap();
        let alone = shop.get(&format!("{key}/value?months=6&discount_rate=0")).await;
        for name in ["person_id", "alive", "expected_purchases", "expected_spend_minor", "lifetime_value_minor"] {
            assert_eq!(listed[name], alone[name], "{name} of {key}");
        }
        assert!(alone["why"]["en"].as_str().unwrap().contains("In the next 6 months"), "{alone}");
    }
    let mut listed = 0;
    for decile in 1..=10 {
        let mut path = format!("value/{decile}?months=6&discount_rate=0&limit=4");
        loop {
            let page = shop.get(&path).await;
            let members = page["members"].as_array().unwrap();
            for (place, member) in (listed..20).zip(members) {
                assert_eq!(*member, all["top"][place], "the tenths follow one another");
            }
            listed += members.len();
            let Some(next) = page["next"].as_str() else { break };
            path = format!("value/{decile}?months=6&discount_rate=0&limit=4&after={next}");
        }
    }
    assert_eq!(listed, 59);
    let later = shop.get("value?months=6&discount_rate=0.05").await;
    assert!(later["lifetime_value_minor"].as_i64() < all["lifetime_value_minor"].as_i64());
}
