//! What the gates find before an offer is published, and what is kept of it.

use http::StatusCode;
use serde_json::{Value, json};

use super::{Shop, coupon, flash, shops, threshold};

fn verdict<'a>(gates: &'a Value, gate: &str) -> (&'a str, &'a str) {
    let found = gates.as_array().unwrap().iter().find(|one| one["gate"] == gate).unwrap();
    (found["verdict"].as_str().unwrap(), found["evidence"][0]["en"].as_str().unwrap_or_default())
}

async fn gates_of(shop: &Shop, id: &str, terms: Value) -> Value {
    let (status, answer) = shop.call("PUT", &format!("/api/v1/offers/{id}"), "", terms).await;
    assert_eq!(status, StatusCode::OK, "{answer}");
    shop.get(&format!("/api/v1/offers/{id}/gates")).await["gates"].clone()
}

#[tokio::test]
async fn a_price_raised_before_it_is_cut_is_refused_and_the_evidence_says_which() {
    for shop in shops().await {
        shop.known.sells("mug", 2_000, 1_500, None);
        let gates = gates_of(&shop, "flash", flash(5, 1)).await;
        let (verdict_of, evidence) = verdict(&gates, "reference_price");
        assert_eq!(verdict_of, "refuse");
        assert_eq!(evidence, "mug: 20.00 CNY now, 15.00 CNY from 2026-11-05T00:00:00Z on");
        let found = gates.as_array().unwrap().iter().find(|one| one["gate"] == "reference_price").unwrap();
        let zh = &found["evidence"][0]["zh"];
        assert_eq!(zh, "mug：现价 20.00 CNY，自 2026-11-05T00:00:00Z 起的最低价 15.00 CNY");
        let refused = shop.call("POST", "/api/v1/offers/flash/publish", "", Value::Null).await;
        assert_eq!((refused.0.as_u16(), &refused.1["code"]), (422, &json!("invalid_offer")));
        // A threshold calls no price lower.
        let gates = gates_of(&shop, "200", threshold("keep")).await;
        assert_eq!(verdict(&gates, "reference_price").0, "pass");
        shop.known.products.lock().unwrap().clear();
        shop.known.sells("mug", 2_000, 2_000, None);
        shop.post("/api/v1/offers/flash/publish", "", Value::Null).await;
        let versions = shop.get("/api/v1/offers/flash/versions").await;
        let kept = &versions["versions"][0]["publications"][0]["gates"];
        assert_eq!(verdict(kept, "reference_price"), ("pass", "1 products, none above its lowest price of 7 days"));
    }
}

#[tokio::test]
async fn the_price_on_the_page_is_the_price_in_the_quote() {
    for shop in shops().await {
        shop.known.sells("mug", 2_000, 2_000, None);
        let gates = gates_of(&shop, "flash", flash(5, 1)).await;
        assert_eq!(verdict(&gates, "page_price").0, "pass");
        shop.offer("flash", flash(5, 1)).await;
        // A group price of 12.00 is never quoted while the flash sale of 9.90 shuts it out.
        let group = json!({
            "name": "Together", "scope": { "products": ["mug"] }, "limits": { "total": 9 },
            "benefit": { "kind": "base_price", "price": "group", "unit_minor": 1_200 },
        });
        let gates = gates_of(&shop, "group", group).await;
        assert_eq!(verdict(&gates, "page_price"), ("warn", "mug: 12.00 CNY announced, 9.90 CNY quoted with flash"));
        // A flash price above the group's shuts that out in turn.
        let dear = json!({
            "name": "Later", "scope": { "products": ["mug"] }, "limits": { "total": 9 },
            "benefit": { "kind": "line_price", "price": "member", "cut": { "unit_minor": 500 } },
        });
        let gates = gates_of(&shop, "dear", dear).await;
        assert_eq!(verdict(&gates, "page_price").0, "refuse", "the flash price shuts the lower one out");
    }
}

#[tokio::test]
async fn offers_that_together_sell_below_cost_are_shown() {
    for shop in shops().await {
        shop.known.sells("tea", 5_000, 5_000, Some(3_700));
        shop.offer("200", threshold("keep")).await;
        let gates = gates_of(&shop, "tenth", coupon()).await;
        let (found, evidence) = verdict(&gates, "below_cost");
        // Four teas: 200.00 less 50.00, less a tenth: 135.00, where they cost 148.00.
        assert_eq!(found, "warn");
        assert_eq!(evidence, "tea: 4 for 135.00 CNY, which cost 148.00 CNY, with 200, tenth");
        shop.known.products.lock().unwrap().clear();
        shop.known.sells("tea", 5_000, 5_000, Some(3_000));
        let gates = shop.get("/api/v1/offers/tenth/gates").await;
        assert_eq!(verdict(&gates["gates"], "below_cost").0, "pass");
    }
}
