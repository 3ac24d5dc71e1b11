//! The catalogue edited over HTTP, on every store.

use fanvine_kernel::{Event, EventKind};
use fanvine_testkit::track;
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::shop::{Shop, days_ago, shops};

fn seen(user: &str, category: &str, days: i64) -> Event {
    let properties = format!(r#"{{"product_id":"p","category":"{category}","price":20,"currency":"CNY"}}"#);
    track("Product Viewed").user(user).at_moment(days_ago(days)).properties(&properties).build()
}

fn carted(user: &str, category: &str, days: i64) -> Event {
    let properties = format!(r#"{{"product_id":"p","category":"{category}","price":20,"currency":"CNY"}}"#);
    track("Product Added").user(user).at_moment(days_ago(days)).properties(&properties).build()
}

fn named(user: &str, city: &str) -> Event {
    let traits = format!(r#"{{"city":"{city}"}}"#);
    track("Identify").kind(EventKind::Identify).user(user).at_moment(days_ago(3)).properties(&traits).build()
}

fn story() -> Vec<Event> {
    vec![
        seen("ann", "tea", 1),
        carted("ann", "tea", 1),
        seen("bob", "tea", 40),
        seen("bob", "cups", 2),
        named("ann", "杭州"),
        named("cid", "北京"),
    ]
}

fn tag<'a>(list: &'a Value, id: &str) -> &'a Value {
    let found = list["tags"].as_array().unwrap().iter().find(|tag| tag["id"] == id || tag["tag"] == id);
    found.unwrap_or_else(|| panic!("{id} is not in {list}"))
}

/// The weight of a person's interest in a category.
async fn interest(shop: &Shop, user: &str, category: &str) -> f64 {
    let person = shop.get(&format!("/api/v1/people/{user}")).await;
    let tags = person["tags"].as_array().unwrap();
    let found = tags.iter().find(|tag| tag["tag"] == "interest.category" && tag["term"] == category);
    found.map_or(0.0, |tag| tag["weight"].as_f64().unwrap())
}

/// What a person's tags are, whoever counted them.
async fn tags_of(shop: &Shop, user: &str) -> Value {
    let (_, person) = shop.call("GET", &format!("/api/v1/people/{user}"), Value::Null).await;
    json!([person["tags"], person["computed"], person["traits"]])
}

#[tokio::test]
async fn tags_are_listed_with_who_has_them() {
    for mut shop in shops().await {
        shop.take_in(story());
        let list = shop.get("/api/v1/tags?fresh=1").await;
        assert_eq!((&list["version"], list["tags"].as_array().unwrap().len()), (&json!(1), 25));
        let category = tag(&list, "interest.category");
        assert_eq!(
            (&category["people"], &category["builtin"], &category["changed"]),
            (&json!(2), &json!(true), &json!(false))
        );
        assert_eq!(category["histogram"].as_array().unwrap().iter().map(|n| n.as_u64().unwrap()).sum::<u64>(), 2);
        assert!(category["about"]["zh"].as_str().unwrap().contains("行为权重"), "{category}");
        assert_eq!(
            (&list["basis"]["persons"], &list["basis"]["looked_at"], &list["recount"]),
            (&json!(3), &json!(3), &Value::Null)
        );
        let spread = shop.get("/api/v1/tags/basic.region/distribution").await;
        assert_eq!(spread["people"], json!(2));
        let terms: Vec<_> = spread["terms"].as_array().unwrap().iter().map(|term| &term["term"]).collect();
        assert_eq!(terms, ["北京", "杭州"]);
        assert!(spread["sample"][0]["why"]["en"].as_str().unwrap().contains("city"), "{spread}");
    }
}

#[tokio::test]
async fn a_tag_is_defined_previewed_versioned_deleted_and_restored() {
    for mut shop in shops().await {
        shop.take_in(story());
        let rule = json!({"rule": {"all": [{"of": "cart_adds", "at_least": 1}, {"of": "trait.city", "is": "杭州"}]}});
        let definition = json!({"id": "consumption.hot", "family": "consumption", "en": "Hot", "zh": "热", "kind": rule, "half_life_days": 30});
        let preview = shop.done("POST", "/api/v1/tags/preview", json!({"definition": definition})).await;
        assert_eq!((&preview["people"], &preview["sample"][0]["shopper_id"]), (&json!(1), &json!("ann")));
        assert_eq!(
            preview["about"]["en"],
            json!("`cart_adds` is at least 1 and `trait.city` is `杭州`; weight and confidence 1")
        );
        assert!(shop.refused("GET", "/api/v1/tags/consumption.hot", Value::Null).await.0 == 404, "nothing was saved");

        let form = json!({"family": "consumption", "en": "Hot", "zh": "热", "kind": rule, "half_life_days": 30, "based_on": 1});
        let saved = shop.done("PUT", "/api/v1/tags/consumption.hot", form.clone()).await;
        assert_eq!(
            (&saved["version"], &saved["versions"][0]["change"], &saved["builtin"]),
            (&json!(2), &json!("saved"), &json!(false))
        );
        let again = shop.done("PUT", "/api/v1/tags/consumption.hot", json!({"based_on": 2, "family": "consumption", "en": "Hot", "zh": "热", "kind": rule, "half_life_days": 30})).await;
        assert_eq!(again["version"], json!(2), "the same again changes nothing");
        let (status, code, pointer, _) = shop.refused("PUT", "/api/v1/tags/consumption.hot", form).await;
        assert_eq!((status, code.as_str(), pointer.as_str()), (409, "conflict", "based_on"));
        let person = shop.get("/api/v1/people/ann").await;
        assert_eq!(tag(&person, "consumption.hot")["weight"], json!(1.0));

        let gone = shop.done("DELETE", "/api/v1/tags/basic.region", Value::Null).await;
        assert_eq!((&gone["definition"], &gone["version"]), (&Value::Null, &json!(3)));
        shop.save().await;
        shop.restarted().await;
        let list = shop.get("/api/v1/tags").await;
        assert_eq!((&list["version"], &list["deleted"]), (&json!(3), &json!(["basic.region"])));
        assert_eq!(tag(&list, "consumption.hot")["people"], json!(1), "kept over a restart");
        let back = shop.done("POST", "/api/v1/tags/basic.region/restore", Value::Null).await;
        let changes: Vec<_> = back["versions"].as_array().unwrap().iter().map(|version| &version["change"]).collect();
        assert_eq!(changes, ["restored", "deleted"]);
    }
}

#[tokio::test]
async fn what_cannot_be_is_refused_and_its_field_named() {
    let mut shop = Shop::sqlite().await;
    shop.take_in(story());
    let form = |kind: Value, days: f64| json!({"family": "basic", "en": "X", "zh": "某", "kind": kind, "half_life_days": days});
    let trait_rule = json!({"rule": {"trait": ["city"]}});
    let (status, code, pointer, detail) =
        shop.refused("PUT", "/api/v1/tags/basic.x", form(trait_rule.clone(), 0.0)).await;
    assert_eq!((status, code.as_str(), pointer.as_str()), (400, "invalid_body", "half_life_days"));
    assert_eq!(detail, "`half_life_days` is 0, not 0.5 to 36500");
    let refused = shop.refused("PUT", "/api/v1/tags/social.x", form(trait_rule, 1.0)).await;
    assert_eq!((refused.1.as_str(), refused.2.as_str()), ("invalid_body", "id"));
    let unknown = json!({"rule": {"all": [{"of": "ordres", "at_least": 1}]}});
    let refused = shop.refused("PUT", "/api/v1/tags/basic.x", form(unknown, 1.0)).await;
    assert_eq!(refused.2, "kind.rule.all[0].of");
    assert_eq!(shop.refused("DELETE", "/api/v1/tags/basic.x", Value::Null).await.0, 404);
    assert_eq!(shop.refused("POST", "/api/v1/tags/basic.x/restore", Value::Null).await.0, 404);
    let refused = shop.refused("PUT", "/api/v1/tags/behaviours", json!({"behaviours": {"buy": -1}})).await;
    assert_eq!((refused.0, refused.2.as_str()), (400, "behaviours.buy"));
}

#[tokio::test]
async fn interests_stay_as_they_were_until_everybody_is_counted_anew() {
    for mut shop in shops().await {
        shop.take_in(story());
        shop.save().await;
        let before = interest(&shop, "ann", "tea").await;
        let behaviours =
            json!({"browse": 1, "search": 2, "favourite": 3, "cart": 40, "buy": 60, "review": 80, "share": 80});
        let set = shop.done("PUT", "/api/v1/tags/behaviours", json!({"behaviours": behaviours, "based_on": 1})).await;
        assert_eq!((&set["version"], &set["recount"]), (&json!(2), &json!({"counted": 0, "of": 6})));
        assert_eq!(interest(&shop, "ann", "tea").await, before);
        // It goes on while more comes in, also over a restart in the middle of it.
        shop.restarted().await;
        assert_eq!(interest(&shop, "ann", "tea").await, before);
        shop.take_in([carted("bob", "cups", 0)]);
        assert!(shop.recounted(2).await);
        let after = interest(&shop, "ann", "tea").await;
        assert!(after > before, "{after} {before}");
        assert_eq!(shop.get("/api/v1/tags").await["recount"], Value::Null);
        let told = [tags_of(&shop, "ann").await, tags_of(&shop, "bob").await, tags_of(&shop, "cid").await];
        // What is saved is what was counted anew.
        shop.save().await;
        shop.restarted().await;
        assert_eq!([tags_of(&shop, "ann").await, tags_of(&shop, "bob").await, tags_of(&shop, "cid").await], told);
        assert!(!shop.recounted(2).await, "nothing is left to count");
    }
}

#[tokio::test]
async fn an_interest_that_nothing_is_scored_by_is_previewed_from_events() {
    let mut shop = Shop::sqlite().await;
    shop.take_in(story());
    let definition = |days: f64| {
        json!({"definition": {"id": "interest.category", "family": "interest", "en": "C", "zh": "品", "half_at": 5.0,
            "evidence": 5.0, "kind": {"statistical": {"interest": "category"}}, "half_life_days": days}})
    };
    let as_counted = shop.done("POST", "/api/v1/tags/preview", definition(30.0)).await;
    let shorter = shop.done("POST", "/api/v1/tags/preview", definition(5.0)).await;
    assert_eq!((&as_counted["people"], &shorter["people"]), (&json!(2), &json!(2)));
    let of = |preview: &Value, user: &str| {
        let sample = preview["sample"].as_array().unwrap().iter();
        sample.clone().find(|one| one["shopper_id"] == user).unwrap()["weight"].as_f64().unwrap()
    };
    assert!(of(&shorter, "bob") < of(&as_counted, "bob"), "what fades faster weighs less");
    // As if it were saved and counted.
    let form = json!({"family": "interest", "en": "C", "zh": "品", "half_at": 5.0, "kind": {"statistical": {"interest": "category"}}, "half_life_days": 5});
    shop.done("PUT", "/api/v1/tags/interest.category", form).await;
    assert!(shop.recounted(100).await);
    let counted = shop.get("/api/v1/tags/interest.category/distribution?fresh=1").await;
    assert_eq!(of(&counted, "bob"), of(&shorter, "bob"));
}

#[tokio::test]
async fn a_model_fills_the_slot_of_its_tag_until_its_word_expires() {
    for mut shop in shops().await {
        shop.take_in(story());
        let form = json!({"family": "social", "en": "May spread", "zh": "传播潜力", "kind": {"model": "spread"}, "half_life_days": 30});
        shop.done("PUT", "/api/v1/tags/social.spread", form).await;
        let upload = |model: &str, weight: f64| {
            json!({"model": model, "version": "7", "expires_at": "2026-05-02T12:00:00Z", "weights": [
                {"shopper_id": "ann", "weight": weight, "confidence": 0.5},
                {"shopper_id": "nobody", "weight": 0.3}]})
        };
        let path = "/api/v1/tags/social.spread/weights";
        let taken = shop.done("PUT", path, upload("spread", 0.75)).await;
        assert_eq!(taken, json!({"taken": 1, "unknown": 1, "unknown_shopper_ids": ["nobody"]}));
        let person = shop.get("/api/v1/people/ann").await;
        let spread = tag(&person, "social.spread");
        assert_eq!((&spread["weight"], &spread["confidence"]), (&json!(0.75), &json!(0.5)));
        assert_eq!(spread["why"]["en"], json!("model `spread`, version 7, computed on 2026-05-01"));
        assert_eq!(shop.get("/api/v1/tags/social.spread/distribution?fresh=1").await["people"], json!(1));
        assert_eq!(shop.get("/api/v1/tags/social.spread").await["model"]["weights"], json!(1));
        let refused = shop.refused("PUT", path, upload("other", 0.1)).await;
        assert_eq!((refused.0, refused.2.as_str()), (400, "model"));
        let refused = shop.refused("PUT", path, upload("spread", 1.5)).await;
        assert_eq!(
            (refused.0, refused.2.as_str(), refused.3.as_str()),
            (400, "weights[0].weight", "weights[0].weight is 1.5; expected 0 to 1")
        );
        let refused = shop.refused("PUT", "/api/v1/tags/basic.gender/weights", upload("spread", 0.5)).await;
        assert_eq!(refused.0, 409);
        shop.clock.advance_micros(86_400_000_000);
        let person = shop.get("/api/v1/people/ann").await;
        assert!(person["tags"].as_array().unwrap().iter().all(|tag| tag["tag"] != "social.spread"), "{person}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]
    #[test]
    fn counting_anew_after_any_edits_equals_counting_by_them_from_the_start(
        deeds in prop::collection::vec((0u8..3, 0u8..4, 0i64..200, any::<bool>()), 1..40),
        edits in prop::collection::vec((0u8..4, 1u32..60), 1..4),
        at_a_time in 1usize..20,
        cut in 0usize..40,
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let event = |(user, category, days, cart): (u8, u8, i64, bool)| {
                let (user, category) = (format!("u{user}"), format!("c{category}"));
                if cart { carted(&user, &category, days) } else { seen(&user, &category, days) }
            };
            let events: Vec<Event> = deeds.iter().copied().map(event).collect();
            let (first, second) = events.split_at(cut.min(events.len()));
            let (mut edited, mut from_start) = (Shop::sqlite().await, Shop::sqlite().await);
            edited.take_in(first.iter().cloned());
            for (kind, number) in &edits {
                let number = f64::from(*number);
                let (path, form) = match kind {
                    0 => ("/api/v1/tags/behaviours", json!({"behaviours": {"cart": number}})),
                    1 => ("/api/v1/tags/interest.category", json!({"family": "interest", "en": "C", "zh": "品", "half_at": 5, "kind": {"statistical": {"interest": "category"}}, "half_life_days": number})),
                    2 => ("/api/v1/tags/interest.brand", json!({"family": "interest", "en": "B", "zh": "牌", "half_at": number, "kind": {"statistical": {"interest": "category"}}, "half_life_days": 9})),
                    _ => ("/api/v1/tags/interest.more", json!({"family": "interest", "en": "M", "zh": "多", "kind": {"statistical": {"interest": "category"}}, "half_life_days": number, "behaviours": {"browse": 0}})),
                };
                for shop in [&edited, &from_start] {
                    shop.done("PUT", path, form.clone()).await;
                }
            }
            edited.take_in(second.iter().cloned());
            // The other is empty when it is counted anew, so all it ever counts is by the last catalogue.
            from_start.recounted(1).await;
            from_start.take_in(events.iter().cloned());
            edited.recounted(at_a_time).await;
            for user in ["u0", "u1", "u2"] {
                assert_eq!(tags_of(&edited, user).await, tags_of(&from_start, user).await, "{user}");
            }
        });
    }
}
