//! Bargains, from the first help to the payment or to the end of their time; the proof of their cuts; and the failures
//! well-known shops are known for, each by its name.

use std::sync::Arc;

use http::StatusCode;
use serde_json::{Value, json};

use super::group_buys::{MINUTE, mug};
use super::{Shop, of, shops};

pub fn rules() -> Value {
    json!({
        "kind": "bargain", "product_id": "mug", "start_minor": 2_000, "floor_minor": 500, "helps": 4,
        "least_cut_minor": 50, "hours": 24,
    })
}

pub fn with(mut rules: Value, fields: Value) -> Value {
    for (field, value) in fields.as_object().unwrap() {
        rules[field] = value.clone();
    }
    rules
}

impl Shop {
    async fn bargain(&self, shopper: &str) -> String {
        let form = json!({ "shopper_id": shopper });
        let opened = self.post("/api/v1/plays/mugs/bargains", &format!("open-{shopper}"), form).await;
        opened["bargain_id"].as_str().unwrap().to_owned()
    }

    async fn help(&self, bargain: &str, shopper: &str) -> Value {
        let path = format!("/api/v1/bargains/{bargain}/help");
        self.post(&path, &format!("help-{bargain}-{shopper}"), json!({ "shopper_id": shopper })).await
    }

    async fn help_refused(&self, bargain: &str, shopper: &str) -> String {
        let path = format!("/api/v1/bargains/{bargain}/help");
        self.refused(&path, &format!("late-{bargain}-{shopper}"), json!({ "shopper_id": shopper })).await.1
    }

    async fn shown(&self, bargain: &str) -> Value {
        self.get(&format!("/api/v1/bargains/{bargain}")).await
    }
}

#[tokio::test]
async fn a_bargain_is_helped_to_its_floor_ordered_and_paid_there() {
    for shop in shops().await {
        shop.play("mugs", with(rules(), json!({ "order_at": "floor", "stock": 2, "per_shopper": 1 }))).await;
        let bargain = shop.bargain("anna").await;
        assert_eq!(shop.bargain("anna").await, bargain, "asked twice, opened once");
        let path = "/api/v1/plays/mugs/bargains";
        let again = shop.refused(path, "open-again", json!({ "shopper_id": "anna" })).await;
        assert_eq!(again, (409, "play_full".into()));
        assert_eq!(shop.account("play_sold/mugs").await["held_in"], 1, "a unit is kept for it");
        assert_eq!(shop.help_refused(&bargain, "anna").await, "play_rule", "who opened it does not help");
        let order = format!("/api/v1/bargains/{bargain}/order");
        assert_eq!(shop.refused(&order, "early", mug("anna")).await.1, "play_rule", "only at the floor");
        let mut price = 2_000;
        for (at, helper) in ["bert", "carl", "dora", "eva"].into_iter().enumerate() {
            let helped = shop.help(&bargain, helper).await;
            assert_eq!(shop.help(&bargain, helper).await["cut_minor"], helped["cut_minor"], "asked twice, helped once");
            price -= helped["cut_minor"].as_i64().unwrap();
            assert!(helped["cut_minor"].as_i64().unwrap() >= 50);
            assert_eq!([&helped["number"], &helped["bargain"]["price_minor"]], [&json!(at + 1), &json!(price)]);
            if at == 0 {
                assert_eq!(shop.help_refused(&bargain, helper).await, "play_full", "one help each");
                assert_eq!(helped["bargain"]["seed"], Value::Null);
            }
        }
        assert_eq!(price, 500, "the last help takes the rest");
        assert_eq!(shop.help_refused(&bargain, "finn").await, "play_full");
        assert_eq!(shop.refused(&order, "other", mug("bert")).await.1, "play_rule", "who opened it orders");
        let ordered = shop.post(&order, "order", mug("anna")).await;
        assert_eq!(shop.post(&order, "order", mug("anna")).await["redemption"], ordered["redemption"]);
        assert_eq!(ordered["redemption"]["quote"]["payable_minor"], 500);
        assert_eq!(ordered["bargain"]["state"], "ordered");
        assert_eq!(shop.refused(&order, "second", mug("anna")).await.1, "play_full", "one order");
        for _ in 0..2 {
            shop.post(&of(&ordered["redemption"], "redeem"), "", Value::Null).await;
        }
        assert_eq!(shop.shown(&bargain).await["state"], "completed");
        assert_eq!(shop.told("Bargain Helped").await.len(), 4);
        assert_eq!(shop.told("Bargain Completed").await.len(), 1);
        assert_eq!(shop.account("play_sold/mugs").await["balance"], 1);
        // Given up after all: the unit may be sold to somebody else, and the bargain stays over.
        shop.post(&of(&ordered["redemption"], "roll-back"), "", Value::Null).await;
        assert_eq!(shop.account("play_sold/mugs").await["balance"], 0);
        assert_eq!(shop.shown(&bargain).await["state"], "completed");
        assert_eq!(shop.help_refused(&bargain, "finn").await, "play_over");
        shop.clock.advance_micros(25 * 60 * MINUTE);
        shop.promote.sweep().await.unwrap();
        assert!(shop.told("Bargain Failed").await.is_empty());
        shop.is_sound().await;
    }
}

#[tokio::test]
async fn a_bargain_is_ordered_at_the_price_reached_and_goes_on_when_that_is_not_paid() {
    for shop in shops().await {
        shop.play("mugs", rules()).await;
        let bargain = shop.bargain("anna").await;
        let price = shop.help(&bargain, "bert").await["bargain"]["price_minor"].clone();
        let order = format!("/api/v1/bargains/{bargain}/order");
        let first = shop.post(&order, "order-1", mug("anna")).await;
        assert_eq!(first["redemption"]["quote"]["payable_minor"], price);
        assert_eq!(shop.help_refused(&bargain, "carl").await, "play_full", "an order waits for its payment");
        shop.clock.advance_micros(15 * MINUTE);
        let lower = shop.help(&bargain, "carl").await["bargain"]["price_minor"].clone();
        assert!(lower.as_i64() < price.as_i64());
        let late = shop.refused(&of(&first["redemption"], "redeem"), "", Value::Null).await;
        assert_eq!(late.1, "reservation_over", "its price is not the bargain's any more");
        let second = shop.post(&order, "order-2", mug("anna")).await;
        assert_eq!(second["redemption"]["quote"]["payable_minor"], lower);
        shop.post(&of(&second["redemption"], "redeem"), "", Value::Null).await;
        let returned = shop.post(&of(&second["redemption"], "returns"), "r", json!({})).await;
        assert_eq!(returned["refunded_minor"], lower);
        assert_eq!(shop.account("play_sold/mugs").await["balance"], 0, "the unit is there again");
        shop.is_sound().await;
    }
}

#[tokio::test]
async fn a_bargain_that_is_not_paid_in_time_is_over_and_its_unit_is_free() {
    for shop in shops().await {
        shop.play("mugs", with(rules(), json!({ "stock": 1 }))).await;
        let bargain = shop.bargain("anna").await;
        shop.help(&bargain, "bert").await;
        let path = "/api/v1/plays/mugs/bargains";
        assert_eq!(shop.refused(path, "open-bert", json!({ "shopper_id": "bert" })).await.1, "play_full");
        shop.clock.advance_micros(24 * 60 * MINUTE);
        assert_eq!(shop.help_refused(&bargain, "carl").await, "play_over");
        shop.bargain("bert").await;
        for _ in 0..2 {
            shop.promote.sweep().await.unwrap();
        }
        let failed = shop.shown(&bargain).await;
        assert_eq!([&failed["state"], &failed["helped"]], [&json!("failed"), &json!(1)]);
        assert_eq!(shop.told("Bargain Failed").await.len(), 1);
        for account in ["to_cut", "helps_left"] {
            assert_eq!(shop.account(&format!("{account}/{bargain}")).await["balance"], 0);
        }
        shop.is_sound().await;
    }
}

#[tokio::test]
async fn helps_are_limited_by_bargain_by_day_and_over_all() {
    for shop in shops().await {
        let limits = json!({ "helps_per_bargain": 2, "helps_per_day": 3, "helps_in_all": 4, "own_help": true });
        shop.play("mugs", with(rules(), limits)).await;
        let (first, second) = (shop.bargain("anna").await, shop.bargain("bert").await);
        let help = async |bargain: &str, key: &str| {
            let path = format!("/api/v1/bargains/{bargain}/help");
            let (status, answer) = shop.call("POST", &path, key, json!({ "shopper_id": "anna" })).await;
            match status {
                StatusCode::OK => "helped".to_owned(),
                _ => answer["code"].as_str().unwrap().to_owned(),
            }
        };
        assert_eq!([help(&first, "1").await, help(&first, "2").await], ["helped", "helped"]);
        assert_eq!(help(&first, "3").await, "play_full", "twice in one bargain");
        assert_eq!([help(&second, "4").await, help(&second, "5").await], ["helped", "play_full"], "thrice a day");
        // The first two close at the same hour of the next day.
        shop.clock.advance_micros(23 * 60 * MINUTE);
        let third = shop.bargain("carl").await;
        shop.clock.advance_micros(2 * 60 * MINUTE);
        assert_eq!([help(&third, "6").await, help(&third, "7").await], ["helped", "play_full"], "four in all");
        assert_eq!(help(&third, "6").await, "helped", "asked again");
        let reused = shop.refused(&format!("/api/v1/bargains/{third}/help"), "6", json!({ "shopper_id": "x" })).await;
        assert_eq!(reused.1, "idempotency_key_reused");
        shop.is_sound().await;
    }
}

/// The failure of shops that read a bargain's price, take a cut off it and write it back: of helps at the same time, all but
/// one are lost.
#[tokio::test(flavor = "multi_thread")]
async fn bargain_price_written_unlocked() {
    const HELPERS: i64 = 40;
    for shop in shops().await {
        let many = json!({ "helps": HELPERS, "least_cut_minor": 5, "order_at": "any" });
        shop.play("mugs", with(rules(), many)).await;
        let bargain = shop.bargain("anna").await;
        let shop = Arc::new(shop);
        let mut tasks = tokio::task::JoinSet::new();
        for helper in 0..HELPERS {
            let (shop, bargain) = (shop.clone(), bargain.clone());
            tasks.spawn(async move {
                let helped = shop.help(&bargain, &format!("s{helper}")).await;
                (helped["number"].as_i64().unwrap(), helped["cut_minor"].as_i64().unwrap())
            });
        }
        let mut helps = tasks.join_all().await;
        helps.sort_unstable();
        let numbers: Vec<i64> = helps.iter().map(|(number, _)| *number).collect();
        assert_eq!(numbers, (1..=HELPERS).collect::<Vec<_>>(), "every help has a cut of its own");
        let shown = shop.shown(&bargain).await;
        assert_eq!([&shown["price_minor"], &shown["helped"]], [&json!(500), &json!(HELPERS)], "none was lost");
        let proof = shop.get(&format!("/api/v1/bargains/{bargain}/proof")).await;
        assert_eq!(proof["agrees"], true);
        assert_eq!(proof["cut"], json!(helps.iter().map(|(_, cut)| *cut).collect::<Vec<_>>()));
        shop.is_sound().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_beside_helps_has_the_price_the_ledger_has() {
    for shop in shops().await {
        let many = json!({ "helps": 30, "least_cut_minor": 5 });
        shop.play("mugs", with(rules(), many)).await;
        let bargain = shop.bargain("anna").await;
        let shop = Arc::new(shop);
        let mut tasks = tokio::task::JoinSet::new();
        for helper in 0..12 {
            let (shop, path) = (shop.clone(), format!("/api/v1/bargains/{bargain}/help"));
            tasks.spawn(async move {
                let form = json!({ "shopper_id": format!("s{helper}") });
                shop.call("POST", &path, &format!("h{helper}"), form).await;
            });
        }
        let path = format!("/api/v1/bargains/{bargain}/order");
        let ordered = loop {
            let (status, answer) = shop.call("POST", &path, "order", mug("anna")).await;
            match status {
                StatusCode::OK => break answer,
                // Helped five times while it was made.
                _ => assert_eq!(status, StatusCode::CONFLICT, "{answer}"),
            }
        };
        tasks.join_all().await;
        let shown = shop.shown(&bargain).await;
        assert_eq!(ordered["redemption"]["quote"]["payable_minor"], shown["price_minor"]);
        shop.post(&of(&ordered["redemption"], "redeem"), "", Value::Null).await;
        let uncut = shop.account(&format!("uncut/{bargain}")).await["balance"].as_i64().unwrap();
        assert_eq!(shown["price_minor"], 500 + uncut);
        shop.is_sound().await;
    }
}

#[tokio::test]
async fn what_a_bargain_would_cut_is_fixed_before_it_is_known() {
    for shop in shops().await {
        shop.play("mugs", rules()).await;
        let bargain = shop.bargain("anna").await;
        let path = format!("/api/v1/bargains/{bargain}/proof");
        let before = shop.get(&path).await;
        assert_eq!([&before["seed"], &before["cuts"], &before["agrees"]], [&Value::Null, &Value::Null, &Value::Null]);
        let told = shop.told("Bargain Started").await;
        let started: Value = serde_json::from_str(told[0].properties.as_ref().unwrap().get()).unwrap();
        assert_eq!(started["commitment"], before["commitment"]);
        shop.help(&bargain, "bert").await;
        shop.clock.advance_micros(24 * 60 * MINUTE);
        shop.promote.sweep().await.unwrap();
        let after = shop.get(&path).await;
        assert_eq!(after["commitment"], before["commitment"]);
        assert_eq!(after["cuts"].as_array().unwrap().len(), 4);
        assert_eq!(after["agrees"], true);
        // Anybody computes the commitment from what is told.
        use sha2::Digest as _;
        let lines = after["lines"].as_array().unwrap().iter().chain([&after["seed"]]);
        let text = lines.map(|line| line.as_str().unwrap()).collect::<Vec<_>>().join("\n");
        let digest: String = sha2::Sha256::digest(text).iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(after["commitment"], digest);
    }
}

#[tokio::test]
async fn rules_of_a_bargain_that_cannot_be_held_are_refused_by_name() {
    for shop in shops().await {
        let says = async |fields: Value| {
            let terms = json!({ "name": "Cut it", "rules": with(rules(), fields) });
            let (status, answer) = shop.call("PUT", "/api/v1/plays/mugs", "", terms).await;
            assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{answer}");
            answer["detail"].as_str().unwrap().to_owned()
        };
        assert_eq!(says(json!({ "floor_minor": 2_000 })).await, "rules.floor_minor is 2000, where 0 to 1999 can be");
        assert_eq!(
            says(json!({ "least_cut_minor": 376 })).await,
            "rules.least_cut_minor is 376, where 1 to 375 can be"
        );
        assert_eq!(says(json!({ "helps": 501 })).await, "rules.helps is 501, where 1 to 500 can be");
        shop.play("mugs", rules()).await;
        let gates = shop.get("/api/v1/plays/mugs/gates").await;
        let names: Vec<&str> =
            gates["gates"].as_array().unwrap().iter().map(|gate| gate["gate"].as_str().unwrap()).collect();
        assert!(names.contains(&"bargain_start") && names.contains(&"below_cost"), "{names:?}");
        let open = |play: &str| format!("/api/v1/plays/{play}/bargains");
        assert_eq!(shop.refused(&open("none"), "k", json!({ "shopper_id": "a" })).await.0, 404);
        assert_eq!(shop.refused(&open("mugs"), "", json!({ "shopper_id": "a" })).await.1, "invalid_parameter");
        assert_eq!(shop.refused(&open("mugs"), "k", json!({ "shopper_id": "" })).await.0, 422);
        assert_eq!(shop.refused("/api/v1/bargains/run_x/help", "k", json!({ "shopper_id": "a" })).await.0, 404);
        assert_eq!(shop.call("GET", "/api/v1/bargains/run_x", "", Value::Null).await.0, StatusCode::NOT_FOUND);
    }
}
