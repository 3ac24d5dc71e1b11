//! Forgetting people for good, on every store.

use fanvine_kernel::{Event, EventKind};
use fanvine_store::{StoreError, args};
use fanvine_testkit::track;
use http::StatusCode;
use serde_json::{Value, json};

use crate::shop::{Shop, days_ago, shops};

fn seen(key: (&str, bool), category: &str, days: i64) -> Event {
    let properties = format!(r#"{{"product_id":"p","category":"{category}"}}"#);
    let event = track("Product Viewed").at_moment(days_ago(days)).properties(&properties);
    if key.1 { event.user(key.0).build() } else { event.anonymous(key.0).build() }
}

fn signed_in(user: &str, browser: &str, days: i64) -> Event {
    let traits = format!(r#"{{"name":"{user}","email":"{user}@example.com"}}"#);
    let call = track("Identify").kind(EventKind::Identify).user(user).anonymous(browser);
    call.at_moment(days_ago(days)).properties(&traits).build()
}

fn story() -> Vec<Event> {
    vec![
        seen(("web-1", false), "tea", 9),
        signed_in("ann", "web-1", 8),
        seen(("bob", true), "tea", 7),
        signed_in("bob", "web-2", 7),
        track("Shopper Followed").user("bob").at_moment(days_ago(6)).properties(r#"{"followed_id":"ann"}"#).build(),
        seen(("ann", true), "cups", 5),
        seen(("cid", true), "cups", 4),
    ]
}

/// Every text in the store, so that what is forgotten can be looked for.
async fn everything_kept(shop: &Shop) -> String {
    const TABLES: [&str; 9] = [
        "SELECT a_value || ' ' || b_value AS t FROM identity_evidence",
        "SELECT decision AS t FROM identity_decisions",
        "SELECT keys || path AS t FROM identity_merges",
        "SELECT value AS t FROM identity_reviews",
        "SELECT name || value AS t FROM people_traits",
        "SELECT key_digest AS t FROM tag_weights",
        "SELECT keys AS t FROM segment_list_parts",
        "SELECT person_id AS t FROM people_erased",
        "SELECT change AS t FROM tag_catalogues",
    ];
    let mut all = String::new();
    for sql in TABLES {
        let rows = shop.store.read(move |tx| Box::pin(async move { tx.rows(sql, args![]).await })).await;
        let rows = rows.map_err(|error: StoreError| error.in_full()).unwrap();
        rows.iter().for_each(|row| all.push_str(&row.get::<String>("t").unwrap()));
    }
    let chunks =
        shop.store.read(|tx| Box::pin(async move { tx.rows("SELECT shoppers FROM people_chunks", args![]).await }));
    for row in chunks.await.map_err(|error: StoreError| error.in_full()).unwrap() {
        all.push_str(&String::from_utf8_lossy(&row.get::<Vec<u8>>("shoppers").unwrap()));
    }
    all
}

async fn is_unknown(shop: &Shop, key: &str) -> bool {
    shop.call("GET", &format!("/api/v1/people/{key}"), Value::Null).await.0 == StatusCode::NOT_FOUND
}

#[tokio::test]
async fn an_erased_person_is_gone_under_every_key_and_stays_gone() {
    for mut shop in shops().await {
        shop.take_in(story());
        shop.save().await;
        let decision = json!({"decision": "allow", "identifier": {"kind": "user_id", "value": "ann"}});
        shop.done("POST", "/api/v1/identities/decisions", decision).await;
        shop.done(
            "PUT",
            "/api/v1/segments/lists/vips",
            json!({"name": "VIPs", "shopper_ids": ["ann", "bob", "web-1"]}),
        )
        .await;
        let bob = shop.get("/api/v1/people/bob").await;
        assert!(everything_kept(&shop).await.contains("ann"));

        let erased = shop.done("DELETE", "/api/v1/people/web-1", Value::Null).await;
        assert_eq!(erased["keys"], json!(2));
        let again = shop.done("DELETE", "/api/v1/people/ann", Value::Null).await;
        assert_eq!((&again["keys"], &again["erased_at"]), (&json!(0), &erased["erased_at"]));
        let gone = async |shop: &Shop| {
            assert!(is_unknown(shop, "ann").await && is_unknown(shop, "web-1").await, "{}", shop.store.name);
            assert_eq!(shop.get("/api/v1/people?search=ann").await["people"], json!([]));
            let list = shop.get("/api/v1/people").await;
            assert_eq!(list["people"].as_array().unwrap().len(), 2, "{list}");
            let after = shop.get("/api/v1/people/bob").await;
            for of_bob in ["person_id", "shopper_ids", "identifiers", "traits", "computed"] {
                assert_eq!(after[of_bob], bob[of_bob], "{of_bob}");
            }
            let kept = everything_kept(shop).await;
            assert!(!kept.contains("ann") && !kept.contains("web-1"), "{kept}");
        };
        gone(&shop).await;
        shop.restarted().await;
        gone(&shop).await;

        // Counted anew from the log, which still holds all of it.
        shop.done("PUT", "/api/v1/tags/behaviours", json!({"behaviours": {"buy": 9}})).await;
        assert!(shop.recounted(3).await);
        gone(&shop).await;
        shop.save().await;
        shop.restarted().await;
        gone(&shop).await;
        let on_record = shop.get("/api/v1/erasures").await;
        assert_eq!(
            (on_record["erasures"].as_array().unwrap().len(), &on_record["erasures"][0]["keys"]),
            (1, &json!(2))
        );

        // What is told late of the time before is passed over; what they do from now on begins anew.
        shop.take_in([seen(("ann", true), "pots", 3)]);
        gone(&shop).await;
        shop.take_in([seen(("ann", true), "pans", 0)]);
        shop.clock.advance_micros(1);
        let ann = shop.get("/api/v1/people/ann").await;
        let events = ann["computed"].as_array().unwrap().iter().find(|value| value["name"] == "events").unwrap();
        assert_eq!((&events["value"], &ann["shopper_ids"]), (&json!(1), &json!(["ann"])));
        let second = shop.done("DELETE", "/api/v1/people/ann", Value::Null).await;
        assert_eq!(second["keys"], json!(1));
        assert!(is_unknown(&shop, "ann").await);
        shop.restarted().await;
        assert!(is_unknown(&shop, "ann").await);
        assert_eq!(
            shop.get("/api/v1/people/bob").await["traits"],
            bob["traits"],
            "everybody else has the number they had"
        );
        assert_eq!(shop.refused("DELETE", "/api/v1/people/nobody", Value::Null).await.0, 404);
    }
}

#[tokio::test]
async fn a_decision_says_who_took_it_where_that_is_known() {
    let mut shop = Shop::sqlite().await;
    shop.take_in(story());
    let decision = json!({"decision": "allow", "identifier": {"kind": "user_id", "value": "ann"}});
    shop.done("POST", "/api/v1/identities/decisions", decision).await;
    let list = shop.get("/api/v1/identities/decisions").await;
    assert_eq!(list["decisions"][0]["decided_by"], Value::Null, "nobody was recognised here");
}
