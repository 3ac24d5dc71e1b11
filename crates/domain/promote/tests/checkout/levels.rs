//! Levels are reached with what is kept of orders, held for their period, and asked for by offers and commission.

use http::StatusCode;
use serde_json::{Value, json};

use super::{Shop, cart, of, shops};

pub const DAY: i64 = 86_400_000_000;

pub fn ladder(counts_after_days: i64) -> Value {
    json!({
        "window_days": 10, "period_days": 6, "counts_after_days": counts_after_days,
        "minor_per_growth": { "CNY": 100 },
        "levels": [
            { "level": "silver", "name": "银卡", "needs": 100, "keeps": 50 },
            { "level": "gold", "name": "金卡", "needs": 300, "keeps": 200, "rights": ["Free returns"] },
        ],
    })
}

impl Shop {
    pub async fn levels(&self, ladder: Value) -> Value {
        let (status, answer) = self.call("PUT", "/api/v1/levels", "", ladder).await;
        assert_eq!(status, StatusCode::OK, "{answer}");
        answer
    }

    pub async fn member(&self, shopper: &str) -> Value {
        self.get(&format!("/api/v1/levels/members/{shopper}")).await
    }

    /// The level a shopper holds.
    pub async fn level(&self, shopper: &str) -> Value {
        self.member(shopper).await["held"]["level"]["level"].clone()
    }

    /// How levels went, as it was told.
    async fn went(&self) -> Vec<(String, Value, Value, String)> {
        let pending = self.store.outbox_pending(100_000).await.unwrap();
        let told = pending.into_iter().map(|(_, event)| event).filter(|event| event.name.starts_with("Level "));
        let read = |event: fanvine_kernel::Event| {
            let about: Value = serde_json::from_str(event.properties.as_ref().unwrap().get()).unwrap();
            let context: Value = serde_json::from_str(event.context.as_ref().unwrap().get()).unwrap();
            assert_eq!(context["traits"]["level"], about["level"], "profiles and segments have it too");
            (event.name, about["from"].clone(), about["level"].clone(), event.occurred_at.to_string())
        };
        told.map(read).collect()
    }

    /// An order of one line that is paid.
    pub async fn pays_for(&self, shopper: &str, key: &str, minor: i64) -> Value {
        let order = self.post("/api/v1/redemptions", key, cart(shopper, &[("tea", 2, minor / 2)], &[])).await;
        self.post(&of(&order, "redeem"), "", Value::Null).await
    }
}

fn one_tea() -> Value {
    json!({ "lines": [{ "line_id": "tea", "quantity": 1 }] })
}

#[tokio::test]
async fn a_level_is_reached_with_an_order_held_for_its_period_and_lost_when_too_little_grew() {
    for shop in shops().await {
        let (status, answer) = shop.call("GET", "/api/v1/levels", "", Value::Null).await;
        assert_eq!((status, &answer["code"]), (StatusCode::NOT_FOUND, &json!("not_found")));
        shop.pays_for("early", "0", 12_000).await;
        let set = shop.levels(ladder(2)).await;
        assert_eq!((&set["version"], &set["ladder"]["levels"][1]["name"]), (&json!(1), &json!("金卡")));
        assert_eq!(shop.levels(ladder(2)).await["version"], 1, "the same levels are the same version");

        let order = shop.pays_for("anna", "1", 40_000).await;
        shop.post(&of(&order, "redeem"), "", Value::Null).await;
        let anna = shop.member("anna").await;
        assert_eq!((&anna["held"], &anna["growth"], &anna["waiting"]), (&Value::Null, &json!(0), &json!(400)));
        assert_eq!((&anna["next"]["level"]["level"], &anna["next"]["missing"]), (&json!("silver"), &json!(100)));
        shop.clock.advance_micros(2 * DAY);
        let anna = shop.member("anna").await;
        assert_eq!((&anna["held"]["level"]["level"], &anna["growth"]), (&json!("gold"), &json!(400)));
        assert_eq!(anna["held"]["level"]["rights"], json!(["Free returns"]));
        assert_eq!(
            (&anna["held"]["since"], &anna["held"]["until"]),
            (&json!("2026-11-13T00:00:00Z"), &json!("2026-11-19T00:00:00Z"))
        );
        assert_eq!(shop.level("early").await, "silver", "what was paid before there were levels counts");
        assert_eq!(shop.level("bert").await, Value::Null);
        shop.promote.sweep().await.unwrap();
        shop.promote.sweep().await.unwrap();
        let members = shop.get("/api/v1/levels/members?level=gold").await;
        assert_eq!((&members["members"][0]["shopper_id"], &members["next"]), (&json!("anna"), &Value::Null));
        assert_eq!(shop.get("/api/v1/levels/members?limit=1").await["next"], "anna");
        let standing = shop.get("/api/v1/levels").await["standing"].clone();
        assert_eq!((&standing[0]["members"], &standing[1]["members"]), (&json!(1), &json!(1)));

        // Kept on day 6 after it was reached; nothing counts any more on day 12.
        shop.clock.advance_micros(11 * DAY);
        assert_eq!(shop.level("anna").await, "gold");
        shop.clock.advance_micros(20 * DAY);
        assert_eq!(shop.level("anna").await, Value::Null);
        shop.promote.sweep().await.unwrap();
        let went = shop.went().await;
        let of_anna = |name: &str, from: Value, to: Value, at: &str| (name.to_owned(), from, to, at.to_owned());
        let gold = of_anna("Level Reached", Value::Null, json!("gold"), "2026-11-13T00:00:00Z");
        let none = of_anna("Level Lost", json!("gold"), Value::Null, "2026-11-25T00:00:00Z");
        assert!(went.contains(&gold) && went.contains(&none) && went.len() == 4, "{went:?}");
        shop.is_sound().await;
    }
}

#[tokio::test]
async fn goods_that_come_back_take_the_level_with_them() {
    for shop in shops().await {
        shop.levels(ladder(0)).await;
        shop.pays_for("anna", "1", 12_000).await;
        shop.clock.advance_micros(DAY);
        let dear = shop.pays_for("anna", "2", 40_000).await;
        assert_eq!(shop.level("anna").await, "gold", "at once, before any sweep");
        shop.promote.sweep().await.unwrap();
        shop.clock.advance_micros(DAY);
        shop.post(&of(&dear, "returns"), "r", one_tea()).await;
        assert_eq!(shop.level("anna").await, "gold", "320 are enough");
        shop.clock.advance_micros(DAY);
        shop.post(&of(&dear, "roll-back"), "", Value::Null).await;
        let anna = shop.member("anna").await;
        assert_eq!((&anna["held"]["level"]["level"], &anna["growth"]), (&json!("silver"), &json!(120)));
        assert_eq!(anna["held"]["since"], "2026-11-11T00:00:00Z", "as if the other had never been bought");
        shop.promote.sweep().await.unwrap();
        let names: Vec<String> = shop.went().await.into_iter().map(|(name, ..)| name).collect();
        assert_eq!(names, ["Level Reached", "Level Reached", "Level Lost"]);
        // What was only reserved, and what a sandbox tries, lets nobody grow.
        let reserved = shop.post("/api/v1/redemptions", "3", cart("bert", &[("tea", 2, 50_000)], &[])).await;
        shop.post(&of(&reserved, "roll-back"), "", Value::Null).await;
        let headers = [("Fanvine-Sandbox", "ci")];
        let tried = shop
            .call_with("POST", "/api/v1/redemptions", "4", &headers, cart("bert", &[("tea", 2, 50_000)], &[]))
            .await
            .1;
        shop.call_with("POST", &of(&tried, "redeem"), "", &headers, Value::Null).await;
        assert_eq!(shop.member("bert").await["grown"], json!([]));
        shop.is_sound().await;
    }
}

#[tokio::test]
async fn growth_is_given_and_taken_back_once_and_levels_that_cannot_be_are_refused() {
    for shop in shops().await {
        let path = "/api/v1/levels/members/anna/growth";
        shop.levels(ladder(0)).await;
        let form = json!({ "growth": 150, "note": "a review with pictures" });
        for _ in 0..2 {
            assert_eq!(shop.post(path, "review", form.clone()).await["held"]["level"]["level"], "silver");
        }
        assert_eq!(
            shop.refused(path, "review", json!({ "growth": 151 })).await,
            (422, "idempotency_key_reused".into())
        );
        assert_eq!(shop.refused(path, "none", json!({ "growth": 0 })).await, (400, "invalid_body".into()));
        shop.clock.advance_micros(DAY);
        let back = |who: &str, key: &str| format!("/api/v1/levels/members/{who}/growth/{key}/take-back");
        for (who, key) in [("anna", "other"), ("bert", "review")] {
            assert_eq!(shop.refused(&back(who, key), "", Value::Null).await, (404, "not_found".into()));
        }
        for _ in 0..2 {
            let taken = shop.post(&back("anna", "review"), "", Value::Null).await;
            assert_eq!((&taken["growth"], &taken["held"]), (&json!(0), &Value::Null), "as if it had never been given");
            assert_eq!(taken["grown"][0]["note"], "a review with pictures");
        }
        shop.post(path, "survey", json!({ "growth": 10 })).await;

        let mut wrong = ladder(0);
        wrong["levels"][1]["needs"] = json!(100);
        let (status, answer) = shop.call("PUT", "/api/v1/levels", "", wrong).await;
        assert_eq!((status.as_u16(), &answer["code"]), (422, &json!("invalid_levels")));
        assert_eq!(answer["detail"], "levels.needs is 100, where 101 to 1000000000000 can be");
        let mut other = ladder(0);
        other["levels"][0]["needs"] = json!(5);
        other["levels"][0]["keeps"] = json!(5);
        assert_eq!(shop.levels(other).await["version"], 2);
        assert_eq!(shop.level("anna").await, "silver", "the shop asks less now");
    }
}

#[tokio::test]
async fn an_offer_for_a_level_is_had_by_whoever_holds_it_now() {
    for shop in shops().await {
        let price = json!({
            "name": "Gold price", "audience": { "levels": ["gold"] },
            "benefit": { "kind": "line_price", "price": "member", "cut": { "off_basis_points": 1_000 } },
        });
        shop.offer("gold-price", price).await;
        let payable = async || {
            let quote = shop.post("/api/v1/quotes", "", cart("anna", &[("mug", 1, 2_000)], &[])).await;
            quote["payable_minor"].as_i64().unwrap()
        };
        shop.known.says("anna", "level", "gold");
        assert_eq!(payable().await, 1_800, "without levels here, the trait says it");
        shop.levels(ladder(0)).await;
        assert_eq!(payable().await, 2_000, "with levels here, they do");
        let order = shop.pays_for("anna", "1", 30_000).await;
        assert_eq!(payable().await, 1_800);
        shop.promote.sweep().await.unwrap();
        assert_eq!(payable().await, 1_800);
        let offers = json!([{ "offer_id": "gold-price", "name": "Gold price" }]);
        assert_eq!(shop.member("anna").await["held"]["offers"], offers);
        assert_eq!(shop.get("/api/v1/levels").await["standing"][1]["offers"], offers);
        let headers = [("authorization", "Bearer token-of-anna")];
        let (_, mine) = shop.call_with("GET", "/v1/level", "", &headers, Value::Null).await;
        assert_eq!((&mine["held"]["offers"], &mine["grown"]), (&offers, &Value::Null), "{mine}");
        assert_eq!(shop.call("GET", "/v1/level", "", Value::Null).await.0, StatusCode::UNAUTHORIZED);
        shop.clock.advance_micros(1);
        shop.post(&of(&order, "returns"), "r", one_tea()).await;
        assert_eq!(payable().await, 2_000, "goods came back, and no sweep has been");
        shop.clock.advance_micros(DAY);
        shop.pays_for("anna", "2", 30_000).await;
        shop.promote.sweep().await.unwrap();
        shop.clock.advance_micros(40 * DAY);
        assert_eq!(payable().await, 2_000, "its period is over, and no sweep has been");
    }
}
