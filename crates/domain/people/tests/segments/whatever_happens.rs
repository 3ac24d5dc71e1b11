//! Random steps, crashes and merges among them: members are always whom the rules mean, and nobody is told twice.

use std::collections::BTreeMap;

use fanvine_kernel::EventKind;
use fanvine_testkit::{EventBuilder, stores, track};
use http::StatusCode;
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::shop::{HOUR, Shop, bought, viewed};

/// What may happen.
#[derive(Debug, Clone)]
enum Step {
    Buys(usize, usize),
    Views(usize),
    Says(usize, usize, bool),
    Later(i64),
    Defines(usize),
    Tends,
    Saves,
    Crashes,
}

/// The first two are user ids, the others browsers.
const KEYS: [&str; 5] = ["ann", "bob", "b1", "b2", "b3"];

const RULES: [&str; 12] = [
    "bought >= 2 in last 3 days",
    "bought < 2 in last 30 hours",
    r#"bought(category = "Tea") on >= 2 days in last 5 calendar days"#,
    "viewed then bought within 2 days in last 6 days",
    "sum of revenue of bought >= 3.00 CNY in last 4 days and not viewed in last 1 day",
    "of last 2 viewed followed by bought >= 1",
    "viewed = 0 since bought",
    "value orders >= 2 and value last_seen within last 2 days",
    "value days_since_order >= 2",
    "trait city = \"杭州\" or bought >= 3",
    "in segment s0 and not in segment s3",
    "did anything >= 3 in last 2 days and in list some",
];

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        4 => (0..5usize, 0..2usize).prop_map(|(who, what)| Step::Buys(who, what)),
        3 => (0..5usize).prop_map(Step::Views),
        2 => (0..2usize, 2..5usize, any::<bool>()).prop_map(|(user, browser, city)| Step::Says(user, browser, city)),
        4 => (1..40i64).prop_map(Step::Later),
        3 => (0..RULES.len()).prop_map(Step::Defines),
        3 => Just(Step::Tends),
        1 => Just(Step::Saves),
        1 => Just(Step::Crashes),
    ];
    proptest::collection::vec(step, 10..40)
}

fn by(key: usize, event: EventBuilder) -> EventBuilder {
    event.with(move |event| {
        let key = KEYS[key].to_owned();
        (event.user_id, event.anonymous_id) =
            if key.starts_with('b') && key != "bob" { (None, Some(key)) } else { (Some(key), None) };
    })
}

async fn take(shop: &mut Shop, step: &Step, defined: &mut Vec<usize>) {
    match step {
        Step::Buys(who, what) => {
            let number = shop.log.len() as i64;
            shop.does(by(*who, bought("x", ["Tea", "Milk"][*what], 100 + number)));
        }
        Step::Views(who) => shop.does(by(*who, viewed("x"))),
        Step::Says(user, browser, city) => {
            let traits = if *city { r#"{"city":"杭州"}"# } else { r#"{"city":"x"}"# };
            let call = track("Identify").kind(EventKind::Identify).user(KEYS[*user]).anonymous(KEYS[*browser]);
            shop.does(call.properties(traits));
        }
        Step::Later(hours) => shop.clock.advance_micros(hours * HOUR),
        Step::Defines(rule) => {
            let needed: &[usize] = if *rule == 10 { &[0, 3, 10] } else { std::slice::from_ref(rule) };
            for rule in needed {
                if !defined.contains(rule) {
                    shop.define(&format!("s{rule}"), RULES[*rule]).await;
                    defined.push(*rule);
                }
            }
        }
        Step::Tends => shop.tend().await,
        Step::Saves => {
            shop.take_in();
            shop.save().await;
        }
        Step::Crashes => shop.restarted().await,
    }
}

/// Whether what was announced leads from nobody, and whoever was counted first, to the members.
async fn check(shop: &Shop, defined: &[usize]) {
    for rule in defined {
        let id = format!("s{rule}");
        assert_eq!(shop.get(&format!("/{id}")).await["status"], "live", "{}", RULES[*rule]);
        let (status, preview) = shop.call("POST", "/api/v1/segments/preview", json!({"text": RULES[*rule]})).await;
        assert_eq!(status, StatusCode::OK, "{preview}");
        let members = shop.get(&format!("/{id}/members")).await;
        assert_eq!(preview["people"], members["people"], "a preview of {}", RULES[*rule]);
        for key in KEYS {
            let (status, why) = shop.call("GET", &format!("/api/v1/segments/{id}/explain/{key}"), Value::Null).await;
            if status == StatusCode::NOT_FOUND {
                continue;
            }
            // Who is only named by others' identify calls has no key of their own to belong under.
            let known = members["members"].as_array().unwrap();
            let listed = known.iter().any(|one| one["shopper_ids"].as_array().unwrap().contains(&json!(key)));
            assert_eq!(why["member"], why["holds"], "{key} in {}: {why}", RULES[*rule]);
            assert_eq!(why["member"], json!(listed), "{key} in {}: {members}", RULES[*rule]);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 10, ..ProptestConfig::default() })]
    #[test]
    fn members_are_whom_the_rule_means_whatever_happens(steps in steps()) {
        let runtime = tokio::runtime::Runtime::new().unwrap();
        runtime.block_on(async {
            for store in stores().await {
                let mut shop = Shop::new(store).await;
                shop.call("PUT", "/api/v1/segments/lists/some", json!({"shopper_ids": ["ann", "b2"]})).await;
                let mut defined = Vec::new();
                for step in &steps {
                    take(&mut shop, step, &mut defined).await;
                }
                shop.tend().await;
                check(&shop, &defined).await;
                // A crash tells nobody anything twice, and loses nobody.
                let (told, members) = (shop.told.len(), shop.get("").await);
                shop.restarted().await;
                shop.tend().await;
                prop_assert_eq!(shop.told.len(), told, "{:?}", &shop.told[told..]);
                prop_assert_eq!(shop.get("").await, members);
                let mut last: BTreeMap<(String, String), bool> = BTreeMap::new();
                if !steps.iter().any(|step| matches!(step, Step::Says(..))) {
                    for (entered, segment, shopper) in &shop.told {
                        let before = last.insert((segment.clone(), shopper.clone()), *entered);
                        prop_assert_ne!(before, Some(*entered), "{} {}", segment, shopper);
                    }
                }
            }
            Ok(())
        })?;
    }
}
