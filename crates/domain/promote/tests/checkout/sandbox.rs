//! A sandbox: the whole checkout beside the shop, touching nothing of it.

use http::StatusCode;
use serde_json::{Value, json};

use super::{cart, flash, of, shops, threshold};

const SANDBOX: [(&str, &str); 1] = [("Fanvine-Sandbox", "ci-1")];

#[tokio::test]
async fn a_sandbox_uses_no_live_stock_and_is_heard_by_nobody() {
    for shop in shops().await {
        shop.offer("flash", flash(1, 1)).await;
        let form = cart("anna", &[("mug", 1, 2_000)], &[]);
        let (status, tried) = shop.call_with("POST", "/api/v1/redemptions", "1", &SANDBOX, form.clone()).await;
        assert_eq!(status, StatusCode::OK, "{tried}");
        assert_eq!((&tried["sandbox"], &tried["quote"]["payable_minor"]), (&json!("ci-1"), &json!(990)));
        shop.post(&of(&tried, "redeem"), "", Value::Null).await;
        assert_eq!(shop.account("sandbox/ci-1/sold/flash/mug").await["balance"], 1);
        let (_, full) = shop.call_with("POST", "/api/v1/quotes", "", &SANDBOX, form.clone()).await;
        assert_eq!((&full["payable_minor"], &full["sandbox"]), (&json!(2_000), &json!("ci-1")));
        // The same key is free in the shop, and its stock is untouched.
        let live = shop.post("/api/v1/redemptions", "1", form).await;
        assert_eq!((&live["sandbox"], &live["quote"]["payable_minor"]), (&Value::Null, &json!(990)));
        let told = shop.store.outbox_pending(100).await.unwrap();
        let told: Vec<_> = told.iter().filter(|(_, event)| event.name.starts_with("Redemption")).collect();
        assert_eq!(told.len(), 1, "the live reservation alone is told of");
        assert_eq!(shop.get("/api/v1/settlements").await["settlements"], json!([]));
        shop.is_sound().await;
    }
}

#[tokio::test]
async fn claims_are_believed_and_drafts_tried_in_a_sandbox_alone() {
    for shop in shops().await {
        let mut gold = threshold("keep");
        gold["audience"] = json!({ "segments": ["gold"], "levels": ["vip"] });
        shop.call("PUT", "/api/v1/offers/gold", "", gold).await;
        let mut form = cart("anna", &[("tea", 4, 5_000)], &[]);
        form["shopper"]["segments"] = json!(["gold"]);
        form["shopper"]["level"] = json!("vip");
        let mut with_draft = form.clone();
        with_draft["drafts"] = json!(["gold"]);
        let (_, tried) = shop.call_with("POST", "/api/v1/quotes", "", &SANDBOX, with_draft.clone()).await;
        assert_eq!(tried["payable_minor"], 15_000);
        assert_eq!(shop.refused("/api/v1/quotes", "", with_draft).await, (422, "invalid_cart".into()));
        shop.post("/api/v1/offers/gold/publish", "", Value::Null).await;
        let quote = shop.post("/api/v1/quotes", "", form.clone()).await;
        assert_eq!(
            (&quote["payable_minor"], &quote["rejected"][0]["reason"]),
            (&json!(20_000), &json!("other_shoppers"))
        );
        shop.known.enters("anna", "gold");
        shop.known.says("anna", "level", "vip");
        assert_eq!(shop.post("/api/v1/quotes", "", form).await["payable_minor"], 15_000, "as the server knows");
    }
}

#[tokio::test]
async fn a_birthday_gift_is_for_the_day_and_once() {
    for shop in shops().await {
        shop.known.says("anna", "birthday", "1990-11-11");
        let mut gift = threshold("keep");
        gift["audience"] = json!({ "birthday": true });
        shop.offer("cake", gift).await;
        let form = |who: &str| cart(who, &[("tea", 4, 5_000)], &[]);
        assert_eq!(shop.post("/api/v1/quotes", "", form("bert")).await["payable_minor"], 20_000);
        let order = shop.post("/api/v1/redemptions", "1", form("anna")).await;
        assert_eq!(order["quote"]["payable_minor"], 15_000);
        assert_eq!(shop.post("/api/v1/quotes", "", form("anna")).await["payable_minor"], 20_000);
        shop.clock.advance_micros(86_400_000_000);
        let quote = shop.post("/api/v1/quotes", "", form("anna")).await;
        assert_eq!(quote["rejected"][0]["reason"], "birthday_only");
    }
}
