//! Points come and go with orders; deposits, settlements, reminders.

use http::StatusCode;
use serde_json::{Value, json};

use super::{Shop, cart, of, shops, threshold};

const DAY: i64 = 86_400_000_000;

impl Shop {
    async fn points(&self, shopper: &str) -> (i64, i64) {
        let points = self.get(&format!("/api/v1/points/{shopper}")).await;
        (points["balance"].as_i64().unwrap(), points["spendable"].as_i64().unwrap())
    }

    async fn rule(&self, rule: Value) {
        let (status, answer) = self.call("PUT", "/api/v1/points/rule", "", rule).await;
        assert_eq!(status, StatusCode::OK, "{answer}");
    }
}

fn paid_with(points: i64, lines: &[(&str, i64, i64)]) -> Value {
    let mut form = cart("anna", lines, &[]);
    form["cart"]["points"] = json!(points);
    form
}

#[tokio::test]
async fn points_are_earned_frozen_spent_and_come_back_with_goods() {
    for shop in shops().await {
        let rule = json!({ "minor_per_point": 2, "most_basis_points": 5_000, "minor_per_point_earned": 100,
            "opens_after_days": 7, "expires_after_days": 365 });
        shop.rule(rule.clone()).await;
        assert_eq!(shop.get("/api/v1/points/rule").await, rule);
        let order = shop.post("/api/v1/redemptions", "1", cart("anna", &[("tea", 4, 5_000)], &[])).await;
        shop.post(&of(&order, "redeem"), "", Value::Null).await;
        assert_eq!(shop.points("anna").await, (200, 0), "frozen until goods may come back no more");
        let back = json!({ "lines": [{ "line_id": "tea", "quantity": 1 }] });
        shop.post(&of(&order, "returns"), "r", back.clone()).await;
        assert_eq!(shop.points("anna").await, (150, 0));
        let lots = shop.get("/api/v1/points/anna").await["lots"].clone();
        assert_eq!(
            lots,
            json!([{ "points": 150, "opens_at": "2026-11-18T00:00:00Z", "expires_at": "2027-11-11T00:00:00Z" }])
        );
        shop.clock.advance_micros(7 * DAY);
        assert_eq!(shop.points("anna").await, (150, 150));

        let quote = shop.post("/api/v1/quotes", "", paid_with(999, &[("tea", 2, 5_000)])).await;
        assert_eq!((&quote["points_spent"], &quote["payable_minor"]), (&json!(150), &json!(9_700)));
        let second = shop.post("/api/v1/redemptions", "2", paid_with(150, &[("tea", 2, 5_000)])).await;
        assert_eq!(shop.points("anna").await, (150, 0), "set aside");
        shop.post(&of(&second, "redeem"), "", Value::Null).await;
        assert_eq!(shop.points("anna").await, (97, 0), "97 earned, 150 spent");
        let returned = shop.post(&of(&second, "returns"), "r", back).await;
        assert_eq!(returned["refunded_minor"], 4_850);
        assert_eq!(shop.points("anna").await, (75 + 48, 75), "half of them back, half of the earned taken");
        shop.post(&of(&second, "roll-back"), "", Value::Null).await;
        assert_eq!(shop.points("anna").await, (150, 150));
        shop.clock.advance_micros(400 * DAY);
        assert_eq!(shop.points("anna").await, (0, 0), "expired");
        shop.promote.sweep().await.unwrap();
        assert_eq!(shop.points("anna").await, (0, 0));
        shop.is_sound().await;
    }
}

#[tokio::test]
async fn a_price_in_points_is_had_by_whoever_spends_them() {
    for shop in shops().await {
        let price = json!({
            "name": "100 points and 9.90", "scope": { "products": ["mug"] }, "limits": { "total": 99 },
            "benefit": { "kind": "base_price", "price": "points", "unit_minor": 990, "points": 100 },
        });
        shop.offer("points", price).await;
        shop.post("/api/v1/points/anna", "gift", json!({ "points": 250 })).await;
        assert_eq!(shop.post("/api/v1/points/anna", "gift", json!({ "points": 250 })).await["balance"], 250);
        let mugs = [("mug", 3, 2_000)];
        let without = shop.post("/api/v1/quotes", "", paid_with(0, &mugs)).await;
        assert_eq!(
            (&without["payable_minor"], &without["rejected"][0]["reason"]),
            (&json!(6_000), &json!("needs_points"))
        );
        let order = shop.post("/api/v1/redemptions", "1", paid_with(1_000, &mugs)).await;
        let quote = &order["quote"];
        assert_eq!((&quote["payable_minor"], &quote["points_spent"]), (&json!(2 * 990 + 2_000), &json!(200)));
        shop.post(&of(&order, "redeem"), "", Value::Null).await;
        assert_eq!(shop.points("anna").await, (50, 50));
        // The plain mug comes back first, then one paid with points.
        shop.post(&of(&order, "returns"), "r", json!({ "lines": [{ "line_id": "mug", "quantity": 2 }] })).await;
        assert_eq!(shop.points("anna").await, (150, 150));
        assert_eq!(shop.refused("/api/v1/points/anna", "take", json!({ "points": -151 })).await.0, 409);
        assert_eq!(shop.post("/api/v1/points/anna", "take", json!({ "points": -150 })).await["balance"], 0);
        shop.is_sound().await;
    }
}

#[tokio::test]
async fn a_pre_sale_is_kept_by_its_deposit_until_the_balance_is_due() {
    for shop in shops().await {
        let sale = json!({
            "name": "Early mugs", "scope": { "products": ["mug"] }, "ends_at": "2026-11-12T00:00:00Z",
            "limits": { "per_product": { "mug": 2 } },
            "benefit": { "kind": "base_price", "price": "presale", "unit_minor": 1_500, "presale": {
                "deposit_minor": 300, "balance_from": "2026-11-20T00:00:00Z", "balance_until": "2026-11-22T00:00:00Z" } },
        });
        shop.offer("early", sale).await;
        let form = |who: &str| cart(who, &[("mug", 1, 2_000)], &[]);
        let kept = shop.post("/api/v1/redemptions", "1", form("anna")).await;
        let due = &kept["quote"]["presale"];
        assert_eq!((&due["deposit_minor"], &due["balance_minor"]), (&json!(300), &json!(1_200)));
        let lost = shop.post("/api/v1/redemptions", "2", form("bert")).await;
        assert_eq!(shop.refused(&of(&kept, "redeem"), "", Value::Null).await.0, 409, "the deposit comes first");
        for _ in 0..2 {
            let paid = shop.post(&of(&kept, "deposit"), "", Value::Null).await;
            assert_eq!((&paid["status"], &paid["deadline"]), (&json!("deposited"), &json!("2026-11-22T00:00:00Z")));
        }
        assert_eq!(shop.refused(&of(&kept, "redeem"), "", Value::Null).await, (409, "reservation_over".into()));
        shop.clock.advance_micros(9 * DAY);
        assert_eq!(shop.account("sold/early/mug").await["held_in"], 1, "only what a deposit was paid for");
        assert_eq!(shop.refused(&of(&lost, "deposit"), "", Value::Null).await.0, 409);
        assert_eq!(shop.post(&of(&kept, "redeem"), "", Value::Null).await["status"], "redeemed");
        assert_eq!(shop.account("sold/early/mug").await["balance"], 1);
        shop.is_sound().await;
    }
}

#[tokio::test]
async fn a_partner_bears_their_part_of_what_is_left_of_an_offer() {
    for shop in shops().await {
        let mut shared = threshold("keep");
        shared["shared"] = json!({ "partner": "Teahouse", "basis_points": 4_000 });
        shop.offer("200", shared).await;
        let form = |who: &str| cart(who, &[("tea", 4, 5_000)], &[]);
        let order = shop.post("/api/v1/redemptions", "1", form("anna")).await;
        assert_eq!(shop.get("/api/v1/settlements").await["settlements"], json!([]), "nothing is settled yet");
        shop.post(&of(&order, "redeem"), "", Value::Null).await;
        let second = shop.post("/api/v1/redemptions", "2", form("bert")).await;
        shop.post(&of(&second, "redeem"), "", Value::Null).await;
        let back = json!({ "lines": [{ "line_id": "tea", "quantity": 1 }] });
        shop.post(&of(&order, "returns"), "r", back).await;
        shop.clock.advance_micros(DAY);
        shop.post(&of(&second, "roll-back"), "", Value::Null).await;
        let first_day = shop.get("/api/v1/settlements?until=2026-11-12T00:00:00Z&partner=Teahouse").await;
        assert_eq!(
            first_day["settlements"],
            json!([{ "offer_id": "200", "partner": "Teahouse", "currency": "CNY", "orders": 2, "off_minor": 10_000,
                "back_minor": 1_250, "net_minor": 8_750, "partner_minor": 3_500, "shop_minor": 5_250 }])
        );
        let all = shop.get("/api/v1/settlements?offer_id=200").await;
        assert_eq!(
            (&all["settlements"][0]["net_minor"], &all["settlements"][0]["partner_minor"]),
            (&json!(3_750), &json!(1_500))
        );
        assert_eq!(shop.get("/api/v1/settlements?partner=Nobody").await["settlements"], json!([]));
    }
}

#[tokio::test]
async fn whoever_wants_to_be_reminded_of_a_sale_is_told_of_once() {
    for shop in shops().await {
        let mut sale = super::flash(5, 1);
        sale["starts_at"] = json!("2026-11-12T00:00:00Z");
        shop.offer("flash", sale).await;
        shop.offer("begun", super::flash(5, 1)).await;
        let remind = async |form: Value| {
            let headers = [("authorization", "Bearer token-of-anna")];
            shop.call_with("POST", "/v1/reminders/add", "", &headers, form).await
        };
        let (status, set) = remind(json!({ "offer_id": "flash", "minutes_before": 10 })).await;
        assert_eq!((status, &set["due_at"]), (StatusCode::OK, &json!("2026-11-11T23:50:00Z")));
        assert_eq!(remind(json!({ "offer_id": "begun" })).await.0, StatusCode::CONFLICT);
        assert_eq!(remind(json!({ "offer_id": "none" })).await.0, StatusCode::NOT_FOUND);
        let told = async || {
            let all = shop.store.outbox_pending(100).await.unwrap();
            all.iter().filter(|(_, event)| event.name == "Flash Sale Reminder Due").count()
        };
        shop.promote.sweep().await.unwrap();
        assert_eq!(told().await, 0);
        shop.clock.advance_micros(DAY - 600_000_000);
        shop.promote.sweep().await.unwrap();
        shop.promote.sweep().await.unwrap();
        assert_eq!(told().await, 1);
    }
}
