//! Referral: codes, who brought whom, commission from the payment to the withdrawal; the gates; and the failures well-known
//! shops are known for, each by its name.

use std::sync::Arc;

use fanvine_kernel::event::EventRef;
use fanvine_testkit::track;
use http::StatusCode;
use serde_json::{Value, json};

use super::bargains::with;
use super::{Shop, cart, of, shops, threshold};

const DAY: i64 = 86_400_000_000;

pub fn rules() -> Value {
    json!({
        "kind": "referral", "binding": { "rule": "last" }, "frozen_days": 7,
        "levels": [{ "basis_points": 1_000, "products": { "tea": 2_000 } }, { "basis_points": 500 }],
    })
}

fn one_level() -> Value {
    with(rules(), json!({ "levels": [{ "basis_points": 1_000 }] }))
}

impl Shop {
    /// A play of two levels, signed off.
    pub async fn referral(&self, rules: Value) {
        let terms = json!({ "name": "Bring friends", "rules": rules });
        let (status, answer) = self.call("PUT", "/api/v1/plays/friends", "", terms).await;
        assert_eq!(status, StatusCode::OK, "{answer}");
        self.post("/api/v1/plays/friends/sign-off", "", json!({ "statement": "Counsel looked at it" })).await;
        self.post("/api/v1/plays/friends/publish", "", Value::Null).await;
    }

    pub async fn shares(&self, shopper: &str) -> String {
        let joined = self.post("/api/v1/plays/friends/sharers", "", json!({ "shopper_id": shopper })).await;
        joined["code"].as_str().unwrap().to_owned()
    }

    pub async fn brings(&self, sharer: &str, shopper: &str) -> Value {
        let code = self.shares(sharer).await;
        let form = json!({ "shopper_id": shopper, "code": code });
        self.post("/api/v1/plays/friends/bindings", "", form).await
    }

    async fn bring_refused(&self, sharer: &str, shopper: &str) -> String {
        let code = self.shares(sharer).await;
        self.refused("/api/v1/plays/friends/bindings", "", json!({ "shopper_id": shopper, "code": code })).await.1
    }

    async fn buys(&self, shopper: &str, lines: &[(&str, i64, i64)]) -> Value {
        let key = format!("{shopper}-{}", self.now().micros());
        let reserved = self.post("/api/v1/redemptions", &key, cart(shopper, lines, &[])).await;
        self.post(&of(&reserved, "redeem"), "", Value::Null).await
    }

    async fn statement(&self, shopper: &str) -> Value {
        self.get(&format!("/api/v1/sharers/{shopper}")).await
    }

    async fn has(&self, shopper: &str) -> [i64; 4] {
        let statement = self.statement(shopper).await;
        let of = |name: &str| statement["balances"][0][name].as_i64().unwrap_or(0);
        [of("balance_minor"), of("frozen_minor"), of("available_minor"), of("requested_minor")]
    }

    async fn asks(&self, shopper: &str, key: &str, amount_minor: i64) -> (StatusCode, Value) {
        let form = json!({ "currency": "CNY", "amount_minor": amount_minor, "payee": "alipay: anna" });
        self.call("POST", &format!("/api/v1/sharers/{shopper}/withdrawals"), key, form).await
    }
}

fn decided(withdrawal: &Value, verb: &str) -> String {
    format!("/api/v1/withdrawals/{}/{verb}", withdrawal["withdrawal_id"].as_str().unwrap())
}

#[tokio::test]
async fn commission_comes_frozen_opens_is_asked_for_and_paid() {
    for shop in shops().await {
        shop.referral(rules()).await;
        let code = shop.shares("anna").await;
        assert_eq!(shop.shares("anna").await, code, "asked twice, the same code");
        assert_eq!(shop.brings("anna", "bert").await["sharer_id"], "anna");
        shop.brings("bert", "carl").await;
        // A mug at 20.00 and two teas at 50.00: 10% and 20% for bert, 5% of all for anna.
        let order = shop.buys("carl", &[("mug", 1, 2_000), ("tea", 2, 5_000)]).await;
        assert_eq!(shop.has("bert").await, [2_200, 2_200, 0, 0]);
        assert_eq!(shop.has("anna").await, [600, 600, 0, 0]);
        shop.post(&of(&order, "redeem"), "", Value::Null).await;
        assert_eq!(shop.has("bert").await, [2_200, 2_200, 0, 0], "redeemed twice, earned once");
        assert_eq!(shop.asks("bert", "early", 1).await.1["code"], "play_full", "it is frozen");
        shop.clock.advance_micros(7 * DAY);
        for _ in 0..2 {
            shop.promote.sweep().await.unwrap();
        }
        assert_eq!(shop.told("Commission Released").await.len(), 2, "told once for each");
        assert_eq!(shop.has("bert").await, [2_200, 0, 2_200, 0]);
        assert_eq!(shop.asks("bert", "much", 2_201).await.1["code"], "play_full");
        let (status, asked) = shop.asks("bert", "w1", 2_000).await;
        assert_eq!((status, &asked["state"]), (StatusCode::OK, &json!("requested")));
        assert_eq!(shop.asks("bert", "w1", 2_000).await.1, asked, "asked twice, set aside once");
        assert_eq!(shop.asks("bert", "w1", 1).await.1["code"], "idempotency_key_reused");
        assert_eq!(shop.has("bert").await, [2_200, 0, 200, 2_000]);
        let rejected = shop.post(&decided(&asked, "reject"), "", json!({ "note": "no such payee" })).await;
        assert_eq!(rejected["state"], "rejected");
        assert_eq!(shop.has("bert").await, [2_200, 0, 2_200, 0]);
        assert_eq!(shop.refused(&decided(&asked, "approve"), "", json!({})).await.1, "play_over");
        let asked = shop.asks("bert", "w2", 2_000).await.1;
        assert_eq!(shop.get("/api/v1/withdrawals?open=true").await["withdrawals"].as_array().unwrap().len(), 1);
        for _ in 0..2 {
            let paid = shop.post(&decided(&asked, "approve"), "", json!({ "note": "transfer 77" })).await;
            assert_eq!([&paid["state"], &paid["note"]], [&json!("paid"), &json!("transfer 77")]);
        }
        assert_eq!(shop.has("bert").await, [200, 0, 200, 0]);
        assert_eq!(shop.account("commission_paid/CNY").await["balance"], 2_000);
        assert_eq!(shop.get("/api/v1/withdrawals").await["withdrawals"].as_array().unwrap().len(), 2);
        let tree = shop.get("/api/v1/sharers/anna/tree?play_id=friends").await;
        assert_eq!(tree["invited"][0]["shopper_id"], "bert");
        assert_eq!(tree["invited"][0]["invited"][0]["shopper_id"], "carl");
        assert_eq!(tree["invited"][0]["invited"][0]["commission_minor"], 600);
        let sharers = shop.get("/api/v1/sharers?play_id=friends").await;
        assert_eq!(sharers["sharers"].as_array().unwrap().len(), 2);
        assert_eq!(shop.get("/api/v1/sharers").await["sharers"].as_array().unwrap().len(), 2);
        shop.is_sound().await;
    }
}

/// The failure of shops that take all commission of an order back when one of its units is returned.
#[tokio::test]
async fn commission_cancelled_whole_for_a_partial_refund() {
    for shop in shops().await {
        shop.referral(rules()).await;
        shop.brings("anna", "bert").await;
        shop.brings("bert", "carl").await;
        let order = shop.buys("carl", &[("mug", 3, 2_000), ("tea", 1, 5_000)]).await;
        assert_eq!((shop.has("bert").await[0], shop.has("anna").await[0]), (600 + 1_000, 550));
        let back = |line: &str, quantity: i64| json!({ "lines": [{ "line_id": line, "quantity": quantity }] });
        for _ in 0..2 {
            shop.post(&of(&order, "returns"), "r1", back("mug", 1)).await;
        }
        assert_eq!((shop.has("bert").await[0], shop.has("anna").await[0]), (1_400, 450), "one mug's share alone");
        shop.post(&of(&order, "returns"), "r2", back("tea", 1)).await;
        assert_eq!((shop.has("bert").await[0], shop.has("anna").await[0]), (400, 200));
        let entry = &shop.statement("bert").await["entries"][0];
        assert_eq!([&entry["amount_minor"], &entry["taken_back_minor"]], [&json!(1_600), &json!(1_200)]);
        shop.post(&of(&order, "roll-back"), "", Value::Null).await;
        assert_eq!((shop.has("bert").await[0], shop.has("anna").await[0]), (0, 0), "and the rest with the order");
        shop.clock.advance_micros(7 * DAY);
        shop.promote.sweep().await.unwrap();
        assert!(shop.told("Commission Released").await.is_empty(), "nothing is left to open");
        shop.is_sound().await;
    }
}

#[tokio::test]
async fn half_an_order_returned_unwinds_commission_points_and_threshold() {
    for shop in shops().await {
        shop.referral(one_level()).await;
        shop.offer("200", threshold("retest")).await;
        let rule = json!({ "minor_per_point": 1, "most_basis_points": 5_000, "minor_per_point_earned": 100 });
        let (status, answer) = shop.call("PUT", "/api/v1/points/rule", "", rule).await;
        assert_eq!(status, StatusCode::OK, "{answer}");
        shop.brings("anna", "bert").await;
        // Four teas at 50.00, 50.00 off from 200.00 on: each unit cost 37.50, earns 3.75 of commission.
        let order = shop.buys("bert", &[("tea", 4, 5_000)]).await;
        assert_eq!(order["quote"]["payable_minor"], 15_000);
        assert_eq!(shop.has("anna").await[0], 4 * 375);
        assert_eq!(shop.get("/api/v1/points/bert").await["balance"], 150);
        let half = json!({ "lines": [{ "line_id": "tea", "quantity": 2 }] });
        let returned = shop.post(&of(&order, "returns"), "r", half).await;
        // The two that stay no longer reach the threshold: they owe 100.00 of the 150.00 that were paid.
        assert_eq!(returned["refunded_minor"], 5_000);
        assert_eq!(shop.has("anna").await[0], 2 * 375, "commission of the two that stay");
        assert_eq!(shop.get("/api/v1/points/bert").await["balance"], 100, "points of what is still paid");
        shop.is_sound().await;
    }
}

#[tokio::test]
async fn what_is_taken_back_after_the_withdrawal_is_owed() {
    for shop in shops().await {
        shop.referral(one_level()).await;
        shop.brings("anna", "bert").await;
        let order = shop.buys("bert", &[("mug", 2, 2_000)]).await;
        shop.clock.advance_micros(7 * DAY);
        let asked = shop.asks("anna", "w1", 400).await.1;
        // A late return, out of goodwill: of what was asked for, half is not there any more.
        let one = json!({ "lines": [{ "line_id": "mug", "quantity": 1 }] });
        shop.post(&of(&order, "returns"), "r", one.clone()).await;
        assert_eq!(shop.refused(&decided(&asked, "approve"), "", json!({})).await.1, "play_full");
        shop.post(&decided(&asked, "reject"), "", json!({})).await;
        let asked = shop.asks("anna", "w2", 200).await.1;
        shop.post(&decided(&asked, "approve"), "", json!({})).await;
        shop.post(&of(&order, "returns"), "r2", one).await;
        assert_eq!(shop.has("anna").await, [-200, 0, 0, 0], "below zero: it was paid");
        shop.buys("bert", &[("mug", 2, 2_000)]).await;
        assert_eq!(shop.has("anna").await[..2], [200, 200], "the next commission pays that first");
        // Nobody decides: after 90 days it is free again.
        shop.clock.advance_micros(7 * DAY);
        let late = shop.asks("anna", "w3", 150).await.1;
        shop.clock.advance_micros(90 * DAY);
        shop.promote.sweep().await.unwrap();
        assert_eq!(shop.refused(&decided(&late, "approve"), "", json!({})).await.1, "play_over");
        assert_eq!(shop.has("anna").await, [200, 0, 200, 0]);
        shop.is_sound().await;
    }
}

#[tokio::test]
async fn nobody_brings_themselves_and_no_chain_comes_back_to_its_beginning() {
    for shop in shops().await {
        shop.referral(rules()).await;
        assert_eq!(shop.bring_refused("anna", "anna").await, "play_rule");
        // The same person under another key.
        assert_eq!(shop.bring_refused("before-anna", "anna").await, "play_rule");
        shop.brings("carl", "bert").await;
        shop.brings("dora", "carl").await;
        assert_eq!(shop.bring_refused("bert", "dora").await, "play_rule", "three in a ring");
        assert_eq!(shop.bring_refused("bert", "carl").await, "play_rule", "two in a ring");
        shop.brings("eva", "dora").await;
        // A sharer's own order earns nothing for themselves, but for who brought them.
        shop.buys("bert", &[("mug", 1, 2_000)]).await;
        assert_eq!((shop.has("bert").await[0], shop.has("carl").await[0], shop.has("dora").await[0]), (0, 200, 100));
        assert_eq!(shop.has("eva").await[0], 0, "two levels, no more");
        shop.referral(with(rules(), json!({ "own_orders": "earn" }))).await;
        shop.clock.advance_micros(DAY);
        shop.buys("carl", &[("mug", 1, 2_000)]).await;
        assert_eq!((shop.has("carl").await[0], shop.has("dora").await[0]), (400, 200));
        shop.is_sound().await;
    }
}

#[tokio::test]
async fn a_merged_person_is_the_same_person() {
    for shop in shops().await {
        shop.referral(one_level()).await;
        // Before they had a user id: bert was brought, and anna shared.
        shop.brings("before-anna", "before-bert").await;
        assert_eq!(shop.shares("anna").await, shop.shares("before-anna").await, "one code");
        shop.buys("bert", &[("mug", 1, 2_000)]).await;
        assert_eq!(shop.has("anna").await[0], 200);
        assert_eq!(shop.statement("anna").await["sharer_ids"], json!(["before-anna"]));
        shop.clock.advance_micros(7 * DAY);
        let asked = shop.asks("anna", "w", 200).await.1;
        assert_eq!(asked["state"], "requested", "{asked}");
        shop.is_sound().await;
    }
}

#[tokio::test]
async fn of_several_who_brought_somebody_the_rule_says_who_counts() {
    for shop in shops().await {
        let counts = async |binding: Value, waits: i64| {
            shop.referral(with(one_level(), json!({ "binding": binding }))).await;
            let shopper = format!("s{}", shop.now().micros());
            shop.brings("anna", &shopper).await;
            shop.clock.advance_micros(waits * DAY);
            let answer = shop.brings("bert", &shopper).await;
            assert_eq!(answer["by_this_code"], answer["sharer_id"] == "bert");
            answer["sharer_id"].as_str().unwrap().to_owned()
        };
        assert_eq!(counts(json!({ "rule": "first" }), 1).await, "anna");
        assert_eq!(counts(json!({ "rule": "last" }), 1).await, "bert");
        assert_eq!(counts(json!({ "rule": "locked", "days": 30 }), 29).await, "anna");
        assert_eq!(counts(json!({ "rule": "locked", "days": 30 }), 30).await, "bert");
        shop.known.ordered.lock().unwrap().insert("old".into());
        shop.referral(with(one_level(), json!({ "newcomers": true }))).await;
        assert_eq!(shop.bring_refused("anna", "old").await, "play_rule", "for newcomers alone");
        shop.referral(with(one_level(), json!({ "bound_days": 10 }))).await;
        shop.brings("anna", "dora").await;
        shop.clock.advance_micros(10 * DAY);
        let before = shop.has("anna").await[0];
        shop.buys("dora", &[("mug", 1, 2_000)]).await;
        assert_eq!(shop.has("anna").await[0], before, "she was bound for ten days");
    }
}

#[tokio::test]
async fn an_opened_link_binds_as_the_tracker_tells_it() {
    for shop in shops().await {
        assert!(!shop.promote.follows().await.unwrap());
        shop.referral(rules()).await;
        assert!(shop.promote.follows().await.unwrap());
        let code = shop.shares("anna").await;
        shop.shares("bert").await;
        let opened = |who: &str, share: &str, sharer: &str, parent: &str| {
            let told = json!({ "share_id": share, "sharer_id": sharer, "parent_share_id": parent }).to_string();
            track("Share Opened").anonymous(who).properties(&told).build()
        };
        let events = [
            opened("carl", &code, "anna", ""),
            opened("dora", "0123456789abcdef", "bert", &code),
            opened("eva", "0123456789abcdef", "nobody", &code),
            opened("finn", "0123456789abcdef", "nobody", ""),
            opened("anna", &code, "anna", ""),
        ];
        let read: Vec<(u64, EventRef)> = (0..).zip(events.iter().map(EventRef::from)).collect();
        for _ in 0..2 {
            shop.promote.issue_for(&read, 5).await.unwrap();
        }
        let told = shop.told("Shopper Referred").await;
        assert_eq!(told.len(), 3, "each once, and nobody by a link of their own or of nobody: {told:?}");
        for (buyer, sharer) in [("carl", "anna"), ("dora", "bert"), ("eva", "anna")] {
            let before = shop.has(sharer).await[0];
            shop.buys(buyer, &[("mug", 1, 2_000)]).await;
            assert_eq!(shop.has(sharer).await[0], before + 200, "{buyer}");
        }
    }
}

#[tokio::test]
async fn commission_is_by_product_category_and_the_sharers_level() {
    for shop in shops().await {
        let level = json!({
            "basis_points": 1_000, "products": { "tea": 2_000 }, "categories": { "cups": 3_000 },
            "by_sharer_level": { "gold": 15_000 },
        });
        shop.referral(with(one_level(), json!({ "levels": [level] }))).await;
        shop.known.sells("mug", 2_000, 2_000, None);
        shop.known.products.lock().unwrap()[0].category = Some("cups".into());
        shop.brings("anna", "bert").await;
        shop.buys("bert", &[("mug", 1, 2_000), ("tea", 1, 5_000), ("jar", 1, 1_000)]).await;
        assert_eq!(shop.has("anna").await[0], 600 + 1_000 + 100);
        shop.known.says("anna", "level", "gold");
        shop.clock.advance_micros(DAY);
        shop.buys("bert", &[("jar", 1, 1_000)]).await;
        assert_eq!(shop.has("anna").await[0], 1_700 + 150);
        shop.is_sound().await;
    }
}

#[tokio::test]
async fn the_gates_of_referral_name_their_rules_and_keep_an_owners_word() {
    for shop in shops().await {
        let publish = "/api/v1/plays/friends/publish";
        let found = async |rules: Value, gate: &str| {
            let terms = json!({ "name": "Bring friends", "rules": rules });
            let (status, answer) = shop.call("PUT", "/api/v1/plays/friends", "", terms).await;
            assert_eq!(status, StatusCode::OK, "{answer}");
            let gates = shop.get("/api/v1/plays/friends/gates").await;
            let found = gates["gates"].as_array().unwrap().iter().find(|one| one["gate"] == gate).cloned();
            found.unwrap_or_else(|| panic!("{gate} is not among {gates}"))
        };
        let three = json!({ "levels": [{ "basis_points": 500 }, { "basis_points": 300 }, { "basis_points": 100 }] });
        let levels = found(with(rules(), three), "commission_levels").await;
        assert_eq!(levels["verdict"], "refuse");
        assert!(levels["rule"]["zh"].as_str().unwrap().contains("禁止传销条例"), "{levels}");
        shop.post("/api/v1/plays/friends/sign-off", "", json!({ "statement": "Still not" })).await;
        assert_eq!(shop.refused(publish, "", Value::Null).await, (422, "invalid_play".into()), "no word helps three");
        assert_eq!(found(rules(), "commission_levels").await["verdict"], "refuse", "two, without a word");
        assert_eq!(shop.refused(publish, "", Value::Null).await.1, "invalid_play");
        let signed = shop.post("/api/v1/plays/friends/sign-off", "", json!({ "statement": "Counsel agreed" })).await;
        assert_eq!(signed["version"], 2);
        let published = shop.post(publish, "", Value::Null).await;
        let kept = published["gates"].as_array().unwrap().iter().find(|one| one["gate"] == "commission_levels");
        assert!(kept.unwrap()["evidence"].to_string().contains("Counsel agreed"), "the word is kept as evidence");
        let changed = found(with(rules(), json!({ "frozen_days": 8 })), "commission_levels").await;
        assert_eq!(changed["verdict"], "refuse", "another version needs another word");
        for (field, value, gate) in [
            ("per_head_minor", json!(100), "no_reward_per_head"),
            ("sharers", json!({ "who": "buyers" }), "no_purchase_to_qualify"),
            ("channels", json!(["link", "wechat"]), "sharing_channels"),
            ("levels", json!([{ "basis_points": 9_000 }, { "basis_points": 2_000 }]), "commission_cost"),
        ] {
            let refused = found(with(one_level(), json!({ (field): value })), gate).await;
            assert_eq!(refused["verdict"], "refuse", "{refused}");
            assert!(refused["rule"]["zh"].as_str() != refused["rule"]["en"].as_str(), "{refused}");
            assert_eq!(shop.refused(publish, "", Value::Null).await.1, "invalid_play");
        }
        let (status, answer) = shop
            .call(
                "PUT",
                "/api/v1/plays/friends",
                "",
                json!({ "name": "x", "rules": with(rules(), json!({ "levels": [] })) }),
            )
            .await;
        assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
        assert_eq!(answer["detail"], "the number of rules.levels is 0, where 1 to 9 can be");
        let channels = shop.get("/api/v1/sharing-channels").await;
        let banned = channels["channels"].as_array().unwrap().iter().filter(|one| one["banned_by"].is_object()).count();
        assert_eq!(banned, 3);
        assert_eq!(shop.refused("/api/v1/plays/none/sharers", "", json!({ "shopper_id": "a" })).await.0, 404);
        assert_eq!(shop.refused("/api/v1/withdrawals/wdr_x/approve", "", json!({})).await.0, 404);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn commission_asked_for_by_many_requests_at_once_is_set_aside_once() {
    for shop in shops().await {
        shop.referral(one_level()).await;
        shop.brings("anna", "bert").await;
        shop.buys("bert", &[("mug", 5, 2_000)]).await;
        shop.clock.advance_micros(7 * DAY);
        let shop = Arc::new(shop);
        let mut tasks = tokio::task::JoinSet::new();
        for at in 0..12 {
            let shop = shop.clone();
            tasks.spawn(async move { shop.asks("anna", &format!("w{at}"), 300).await.0 == StatusCode::OK });
        }
        let won = tasks.join_all().await.into_iter().filter(|won| *won).count();
        assert_eq!((won, shop.has("anna").await), (3, [1_000, 0, 100, 900]));
        shop.is_sound().await;
    }
}
