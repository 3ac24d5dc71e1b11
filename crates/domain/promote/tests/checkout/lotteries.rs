//! Lotteries, from publication to the seed that is told at their end: draws, prizes, claims, and who may draw.

use std::sync::Arc;

use fanvine_kernel::event::EventRef;
use http::StatusCode;
use serde_json::{Value, json};

use super::group_buys::MINUTE;
use super::{Shop, coupon, shops};

const END: &str = "2026-11-12T00:00:00Z";

pub fn prize(id: &str, odds: i64, stock: i64, gives: Value) -> Value {
    json!({ "prize_id": id, "name": "A prize", "odds": odds, "stock": stock, "value_minor": 1_000, "gives": gives })
}

pub fn points(points: i64) -> Value {
    json!({ "kind": "points", "points": points })
}

pub fn terms(rules: Value) -> Value {
    let mut rules = rules;
    rules["kind"] = json!("lottery");
    rules["currency"] = json!("CNY");
    json!({ "name": "Wheel", "ends_at": END, "rules": rules })
}

impl Shop {
    /// Publishes a lottery; its identifier.
    pub async fn wheel(&self, rules: Value) -> String {
        let (status, answer) = self.call("PUT", "/api/v1/plays/wheel", "", terms(rules)).await;
        assert_eq!(status, StatusCode::OK, "{answer}");
        self.post("/api/v1/plays/wheel/publish", "", Value::Null).await;
        let open = self.get("/api/v1/lotteries?play_id=wheel").await;
        open["lotteries"][0]["lottery_id"].as_str().unwrap().to_owned()
    }

    async fn draw(&self, shopper: &str, key: &str) -> Value {
        self.post("/api/v1/plays/wheel/draw", key, json!({ "shopper_id": shopper })).await
    }

    async fn no_draw(&self, shopper: &str, key: &str) -> String {
        self.refused("/api/v1/plays/wheel/draw", key, json!({ "shopper_id": shopper })).await.1
    }
}

#[tokio::test]
async fn a_lottery_is_drawn_claimed_and_proved() {
    for shop in shops().await {
        shop.offer("tenth", coupon()).await;
        let goods = json!({ "kind": "goods", "product_id": "mug" });
        let prizes = json!([
            prize("points", 500_000, 100, points(50)),
            prize("mug", 250_000, 100, goods),
            prize("coupon", 250_000, 100, json!({ "kind": "coupon", "offer_id": "tenth" })),
        ]);
        let wheel = shop.wheel(json!({ "prizes": prizes, "daily_free": 40 })).await;
        let mut won = [0, 0, 0];
        let mut mug = String::new();
        for at in 0..40 {
            let draw = shop.draw("anna", &format!("d{at}")).await;
            assert_eq!(shop.draw("anna", &format!("d{at}")).await, draw, "asked twice, drawn once");
            match draw["prize"]["prize_id"].as_str().unwrap() {
                "points" => won[0] += 1,
                "mug" => {
                    won[1] += 1;
                    mug = draw["draw_id"].as_str().unwrap().to_owned();
                }
                _ => won[2] += 1,
            }
        }
        assert!(won.iter().all(|won| *won > 0), "{won:?}");
        assert_eq!(shop.no_draw("anna", "more").await, "play_full", "all free draws of the day are made");
        assert_eq!(shop.get("/api/v1/points/anna").await["balance"], won[0] * 50);
        assert_eq!(shop.get("/api/v1/coupons?shopper_id=anna").await["coupons"].as_array().unwrap().len(), won[2]);
        let shown = shop.get(&format!("/api/v1/lotteries/{wheel}")).await;
        assert_eq!([&shown["draws"], &shown["seed"]], [&json!(40), &Value::Null]);
        assert_eq!([&shown["prizes"][0]["won"], &shown["prizes"][0]["left"]], [&json!(won[0]), &json!(100 - won[0])]);
        let claim = format!("/api/v1/draws/{mug}/claim");
        for _ in 0..2 {
            let claimed = shop.post(&claim, "", json!({ "order_id": "o-1" })).await;
            assert_eq!(claimed["claimed_with"], "o-1");
        }
        assert_eq!(shop.refused(&claim, "", json!({ "order_id": "o-2" })).await.1, "play_rule");
        assert_eq!(shop.told("Prize Claimed").await.len(), 1);
        assert_eq!(shop.told("Lottery Drawn").await.len(), 40);
        shop.clock.advance_micros(24 * 60 * MINUTE);
        assert_eq!(shop.no_draw("anna", "late").await, "play_over");
        for _ in 0..2 {
            shop.promote.sweep().await.unwrap();
        }
        let proof = shop.get(&format!("/api/v1/lotteries/{wheel}/proof?limit=200")).await;
        assert_eq!(proof["wrong"], json!([]));
        assert_eq!(proof["draws"].as_array().unwrap().len(), 40);
        let published: Value = {
            let told = shop.told("Play Published").await;
            serde_json::from_str(told[0].properties.as_ref().unwrap().get()).unwrap()
        };
        assert_eq!(published["commitment"], proof["commitment"], "it was told when the lottery was published");
        // Anybody computes commitment and numbers from what is told.
        use hmac::{KeyInit as _, Mac as _};
        use sha2::Digest as _;
        let seed = proof["seed"].as_str().unwrap();
        let lines: Vec<&str> = proof["lines"].as_array().unwrap().iter().map(|line| line.as_str().unwrap()).collect();
        let text = format!("{}\n{seed}", lines.join("\n"));
        let digest: String = sha2::Sha256::digest(text).iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(proof["commitment"], digest);
        for draw in proof["draws"].as_array().unwrap() {
            let mut mac = hmac::Hmac::<sha2::Sha256>::new_from_slice(seed.as_bytes()).unwrap();
            mac.update(format!("{wheel}\nanna\n{}", draw["key"].as_str().unwrap()).as_bytes());
            let bytes = mac.finalize().into_bytes();
            let number = u128::from_be_bytes(bytes[..16].try_into().unwrap()) % 1_000_000;
            assert_eq!(draw["number"], json!(number as i64));
        }
        assert_eq!(shop.told("Lottery Ended").await.len(), 1);
        assert_eq!(shop.account(&format!("prizes/{wheel}/points")).await["balance"], 0);
        shop.is_sound().await;
    }
}

#[tokio::test]
async fn draws_are_paid_with_what_the_shopper_has_and_limited() {
    for shop in shops().await {
        let prizes = json!([prize("one", 1, 1, points(1))]);
        let rules = json!({ "prizes": prizes, "daily_free": 1, "points": 30, "per_day": 4, "per_shopper": 5 });
        shop.wheel(rules).await;
        shop.post("/api/v1/points/anna", "gift", json!({ "points": 70 })).await;
        let give = json!({ "shopper_id": "anna", "entries": 1 });
        for _ in 0..2 {
            let has = shop.post("/api/v1/plays/wheel/entries", "e1", give.clone()).await;
            assert_eq!(has, json!({ "free": 1, "entries": 1, "points": 30, "spendable": 70, "allowed": 4 }));
        }
        let paid: Vec<Value> = vec![
            shop.draw("anna", "1").await["paid_with"].clone(),
            shop.draw("anna", "2").await["paid_with"].clone(),
            shop.draw("anna", "3").await["paid_with"].clone(),
        ];
        assert_eq!(paid, ["free", "entry", "points"]);
        assert_eq!(shop.get("/api/v1/points/anna").await["balance"], 40);
        let free = json!({ "shopper_id": "anna", "pay_with": "free" });
        assert_eq!(shop.refused("/api/v1/plays/wheel/draw", "4", free).await.1, "play_full");
        shop.draw("anna", "5").await;
        shop.post("/api/v1/plays/wheel/entries", "e2", json!({ "shopper_id": "anna", "entries": 9 })).await;
        assert_eq!(shop.no_draw("anna", "6").await, "play_full", "four a day");
        assert_eq!(shop.get("/api/v1/plays/wheel/entries/anna").await["allowed"], 0);
        assert_eq!(shop.get("/api/v1/points/anna").await["balance"], 10, "nothing is spent on a draw that is refused");
        let answer = shop.refused("/api/v1/plays/wheel/draw", "5", json!({ "shopper_id": "bert" })).await;
        assert_eq!(answer.1, "idempotency_key_reused");
        shop.is_sound().await;
    }
}

#[tokio::test]
async fn what_is_done_earns_draws_once_and_so_often_a_day() {
    for shop in shops().await {
        let earn = json!([{ "event": "Product Shared", "entries": 2, "per_day": 2 }]);
        shop.wheel(json!({ "prizes": [prize("one", 1, 1, points(1))], "earn": earn })).await;
        assert!(shop.promote.issues());
        let shared =
            |id: &str| fanvine_testkit::track("Product Shared").id(id).user("anna").at("2026-11-11T01:00:00Z").build();
        for (at, id) in ["m1", "m1", "m2", "m3"].into_iter().enumerate() {
            let bytes = shared(id).encode();
            let event = EventRef::decode(&bytes).unwrap();
            shop.promote.issue_for(&[(at as u64, event)], at as u64 + 1).await.unwrap();
        }
        let has = shop.get("/api/v1/plays/wheel/entries/anna").await;
        assert_eq!(has["entries"], 4, "two shares count, each once");
        shop.is_sound().await;
    }
}

#[tokio::test]
async fn prizes_odds_and_stock_are_frozen_while_a_lottery_is_open() {
    for shop in shops().await {
        let rules = |stock| json!({ "prizes": [prize("one", 10, stock, points(1))], "daily_free": 1 });
        let wheel = shop.wheel(rules(5)).await;
        let (status, _) = shop.call("PUT", "/api/v1/plays/wheel", "", terms(rules(4))).await;
        assert_eq!(status, StatusCode::OK, "a draft may be written");
        let publish = "/api/v1/plays/wheel/publish";
        assert_eq!(shop.refused(publish, "", Value::Null).await, (422, "invalid_play".into()));
        let gates = shop.get("/api/v1/plays/wheel/gates").await;
        let frozen = |gates: &Value| {
            let all = gates["gates"].as_array().unwrap().clone();
            all.into_iter().find(|gate| gate["gate"] == "lottery_frozen").unwrap()["verdict"].clone()
        };
        assert_eq!(frozen(&gates), "refuse");
        // Taken back and published again, it is the same lottery with the same seed.
        shop.call("PUT", "/api/v1/plays/wheel", "", terms(rules(5))).await;
        assert_eq!(shop.refused(publish, "", Value::Null).await.0, 422, "the same terms anew are another version");
        shop.post("/api/v1/plays/wheel/withdraw", "", Value::Null).await;
        assert_eq!(shop.no_draw("anna", "1").await, "play_over");
        assert_eq!(shop.get(&format!("/api/v1/lotteries/{wheel}")).await["prizes"][0]["left"], 5);
        // Its end comes when it was said, and then another may open.
        shop.clock.advance_micros(24 * 60 * MINUTE);
        shop.promote.sweep().await.unwrap();
        let mut next = terms(rules(3));
        next["ends_at"] = json!("2026-11-14T00:00:00Z");
        shop.call("PUT", "/api/v1/plays/wheel", "", next).await;
        shop.post(publish, "", Value::Null).await;
        let all = shop.get("/api/v1/lotteries?play_id=wheel").await;
        assert_eq!(all["lotteries"].as_array().unwrap().len(), 2);
        shop.draw("anna", "2").await;
    }
}

#[tokio::test]
async fn a_lottery_that_may_not_be_is_refused_by_the_gate_that_names_its_rule() {
    for shop in shops().await {
        let refused = async |terms: Value| {
            let (status, answer) = shop.call("PUT", "/api/v1/plays/wheel", "", terms).await;
            assert_eq!(status, StatusCode::OK, "{answer}");
            let (_, answer) = shop.call("POST", "/api/v1/plays/wheel/publish", "", Value::Null).await;
            answer["detail"].as_str().unwrap().to_owned()
        };
        let mut car = prize("car", 1, 1, json!({ "kind": "goods", "product_id": "car" }));
        car["value_minor"] = json!(5_000_001);
        let says = refused(terms(json!({ "prizes": [car] }))).await;
        assert!(says.contains("top_prize") && says.contains("50000.01"), "{says}");
        let coupons = json!({ "kind": "coupon", "offer_id": "none" });
        let says = refused(terms(json!({ "prizes": [prize("c", 1, 1, coupons)] }))).await;
        assert!(says.contains("prizes_exist") && says.contains("none"), "{says}");
        let mut endless = terms(json!({ "prizes": [prize("one", 1, 1, points(1))] }));
        endless["ends_at"] = Value::Null;
        let says = refused(endless).await;
        assert!(says.contains("lottery_frozen"), "{says}");
        let gates = shop.get("/api/v1/plays/wheel/gates").await;
        let top = gates["gates"].as_array().unwrap().iter().find(|gate| gate["gate"] == "top_prize").unwrap();
        assert!(top["rule"]["en"].as_str().unwrap().contains("article 17"), "{top}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_last_prize_is_won_once_however_many_draw_at_once() {
    for shop in shops().await {
        let prizes = json!([prize("one", 1_000_000, 7, points(10))]);
        let wheel = shop.wheel(json!({ "prizes": prizes, "daily_free": 1 })).await;
        let shop = Arc::new(shop);
        let mut tasks = tokio::task::JoinSet::new();
        for shopper in 0..32 {
            let shop = shop.clone();
            tasks.spawn(async move {
                let shopper = format!("s{shopper}");
                let draw = shop.draw(&shopper, &shopper).await;
                assert_eq!(shop.draw(&shopper, &shopper).await, draw);
                i64::from(draw["prize"].is_object())
            });
        }
        let won: i64 = tasks.join_all().await.into_iter().sum();
        assert_eq!(won, 7);
        shop.clock.advance_micros(24 * 60 * MINUTE);
        shop.promote.sweep().await.unwrap();
        let proof = shop.get(&format!("/api/v1/lotteries/{wheel}/proof")).await;
        assert_eq!(proof["wrong"], json!([]), "whoever drew a prize that was gone is proved right too");
        shop.is_sound().await;
    }
}
