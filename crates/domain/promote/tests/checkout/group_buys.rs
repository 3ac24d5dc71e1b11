//! Group buys, from the first seat to the last payment or to everybody's refund; and the failures well-known shops are known
//! for, each by its name.

use std::sync::Arc;

use fanvine_kernel::Event;
use http::StatusCode;
use serde_json::{Value, json};

use super::{Shop, cart, of, shops};

pub const MINUTE: i64 = 60_000_000;

pub fn rules() -> Value {
    json!({
        "kind": "group_buy", "product_id": "mug", "hours": 24,
        "sizes": [
            { "size": 2, "unit_minor": 1_500 },
            { "size": 3, "unit_minor": 1_200, "leader_unit_minor": 1_000 },
        ],
    })
}

impl Shop {
    pub async fn play(&self, id: &str, rules: Value) {
        let terms = json!({ "name": "Mugs together", "rules": rules });
        let (status, answer) = self.call("PUT", &format!("/api/v1/plays/{id}"), "", terms).await;
        assert_eq!(status, StatusCode::OK, "{answer}");
        self.post(&format!("/api/v1/plays/{id}/publish"), "", Value::Null).await;
    }

    pub async fn open(&self, shopper: &str, size: i64) -> Value {
        let form = json!({ "size": size, "order": mug(shopper) });
        self.post("/api/v1/group-buys/mugs/open", &format!("open-{shopper}"), form).await
    }

    async fn join(&self, group: &str, shopper: &str) -> Value {
        self.post(&format!("/api/v1/groups/{group}/join"), &format!("join-{shopper}"), mug(shopper)).await
    }

    async fn pay(&self, seat: &Value) -> Value {
        self.post(&of(&seat["redemption"], "redeem"), "", Value::Null).await
    }

    async fn group(&self, group: &str) -> Value {
        self.get(&format!("/api/v1/groups/{group}")).await
    }

    pub async fn told(&self, name: &str) -> Vec<Event> {
        let pending = self.store.outbox_pending(100_000).await.unwrap();
        pending.into_iter().map(|(_, event)| event).filter(|event| event.name == name).collect()
    }
}

pub fn mug(shopper: &str) -> Value {
    cart(shopper, &[("mug", 1, 2_000)], &[])
}

fn id(seat: &Value) -> String {
    seat["group"]["group_id"].as_str().unwrap().to_owned()
}

fn with(mut rules: Value, field: &str, value: Value) -> Value {
    rules[field] = value;
    rules
}

#[tokio::test]
async fn a_group_is_opened_joined_paid_and_completed_at_its_price() {
    for shop in shops().await {
        shop.play("mugs", rules()).await;
        let leader = shop.open("anna", 3).await;
        assert_eq!(
            shop.open("anna", 3).await["group"]["group_id"],
            leader["group"]["group_id"],
            "asked twice, opened once"
        );
        let group = id(&leader);
        assert_eq!(leader["redemption"]["quote"]["payable_minor"], 1_000);
        assert_eq!(shop.group(&group).await["state"], "forming");
        let path = format!("/api/v1/groups/{group}/join");
        assert_eq!(
            shop.refused(&path, "early", mug("bert")).await,
            (409, "play_over".into()),
            "its leader has not paid"
        );
        shop.pay(&leader).await;
        let (bert, carl) = (shop.join(&group, "bert").await, shop.join(&group, "carl").await);
        assert_eq!(bert["redemption"]["quote"]["payable_minor"], 1_200);
        assert_eq!(shop.join(&group, "bert").await["redemption"], bert["redemption"], "asked twice, one seat");
        let standing = shop.group(&group).await;
        assert_eq!(
            [&standing["free"], &standing["held"], &standing["paid"], &standing["state"]],
            [&json!(0), &json!(2), &json!(1), &json!("open")]
        );
        assert_eq!(shop.refused(&path, "late", mug("dora")).await, (409, "play_full".into()));
        shop.pay(&bert).await;
        // A member of a group in flight gives the order up whole, and not a part of it.
        assert_eq!(shop.refused(&of(&bert["redemption"], "returns"), "r", json!({})).await.1, "play_rule");
        shop.pay(&carl).await;
        let done = shop.group(&group).await;
        assert_eq!([&done["state"], &done["paid"]], [&json!("completed"), &json!(3)]);
        assert_eq!(done["members"].as_array().unwrap().len(), 3);
        assert_eq!(shop.told("Group Buy Completed").await.len(), 1);
        assert_eq!(shop.told("Group Buy Joined").await.len(), 2);
        assert_eq!(shop.join(&group, "bert").await["redemption"]["status"], "redeemed", "the same seat as ever");
        assert_eq!(shop.refused(&path, "later", mug("dora")).await, (409, "play_over".into()));
        // After that it is an order like any other: goods come back, and the group stays complete.
        shop.post(&of(&bert["redemption"], "returns"), "r", json!({})).await;
        assert_eq!(shop.post(&of(&carl["redemption"], "roll-back"), "", Value::Null).await["status"], "rolled_back");
        shop.clock.advance_micros(25 * 60 * MINUTE);
        shop.promote.sweep().await.unwrap();
        assert_eq!(shop.group(&group).await["state"], "completed");
        assert_eq!(
            shop.account(&format!("seats/{group}")).await["balance"],
            0,
            "nobody takes a seat that was given up"
        );
        assert!(shop.told("Refund Owed").await.is_empty());
        shop.is_sound().await;
    }
}

#[tokio::test]
async fn a_group_that_is_not_filled_gives_everybody_the_money_and_the_stock_back() {
    for shop in shops().await {
        shop.play("mugs", with(rules(), "stock", json!(3))).await;
        let leader = shop.open("anna", 3).await;
        let group = id(&leader);
        shop.pay(&leader).await;
        let bert = shop.join(&group, "bert").await;
        shop.pay(&bert).await;
        let carl = shop.join(&group, "carl").await;
        assert_eq!(shop.account("play_sold/mugs").await["held_in"], 1);
        shop.clock.advance_micros(24 * 60 * MINUTE);
        shop.promote.sweep().await.unwrap();
        shop.promote.sweep().await.unwrap();
        let failed = shop.group(&group).await;
        assert_eq!([&failed["state"], &failed["paid"], &failed["free"]], [&json!("failed"), &json!(0), &json!(0)]);
        assert_eq!(shop.refused(&of(&carl["redemption"], "redeem"), "", Value::Null).await.1, "reservation_over");
        let owed: Vec<(Option<String>, Value)> = shop
            .told("Refund Owed")
            .await
            .into_iter()
            .map(|event| (event.user_id, serde_json::from_str(event.properties.unwrap().get()).unwrap()))
            .collect();
        assert_eq!(owed.len(), 2, "once for each who paid");
        assert_eq!(shop.account("play_sold/mugs").await["balance"], 0);
        assert_eq!(shop.post(&of(&bert["redemption"], "roll-back"), "", Value::Null).await["status"], "rolled_back");
        // Anna may try again.
        let again = json!({ "size": 2, "order": mug("anna") });
        shop.post("/api/v1/group-buys/mugs/open", "again", again).await;
        shop.is_sound().await;
    }
}

#[tokio::test]
async fn the_leader_is_not_refunded_for_everyone() {
    for shop in shops().await {
        shop.play("mugs", rules()).await;
        let leader = shop.open("anna", 3).await;
        let group = id(&leader);
        shop.pay(&leader).await;
        let bert = shop.join(&group, "bert").await;
        shop.pay(&bert).await;
        shop.clock.advance_micros(24 * 60 * MINUTE);
        shop.promote.sweep().await.unwrap();
        let owed: Vec<(String, Value, Value)> = shop
            .told("Refund Owed")
            .await
            .into_iter()
            .map(|event| {
                let about: Value = serde_json::from_str(event.properties.unwrap().get()).unwrap();
                (event.user_id.unwrap(), about["redemption_id"].clone(), about["refund_minor"].clone())
            })
            .collect();
        let of = |seat: &Value| seat["redemption"]["redemption_id"].clone();
        assert_eq!(
            owed,
            [("anna".into(), of(&leader), json!(1_000)), ("bert".into(), of(&bert), json!(1_200))],
            "each gets back what they paid, under their own order"
        );
    }
}

#[tokio::test]
async fn a_late_payer_has_no_seat_and_pays_nothing() {
    for shop in shops().await {
        shop.play("mugs", rules()).await;
        let leader = shop.open("anna", 2).await;
        let group = id(&leader);
        shop.pay(&leader).await;
        let late = shop.join(&group, "late").await;
        shop.clock.advance_micros(15 * MINUTE);
        // The seat is somebody else's the moment the payment was due.
        let bert = shop.join(&group, "bert").await;
        let refused = shop.refused(&of(&late["redemption"], "redeem"), "", Value::Null).await;
        assert_eq!(refused, (409, "reservation_over".into()));
        shop.pay(&bert).await;
        let done = shop.group(&group).await;
        assert_eq!([&done["state"], &done["paid"]], [&json!("completed"), &json!(2)]);
        let refused = shop.refused(&of(&late["redemption"], "redeem"), "", Value::Null).await;
        assert_eq!(refused, (409, "reservation_over".into()));
        shop.is_sound().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_group_never_has_negative_seats_and_completes() {
    for shop in shops().await {
        shop.play("mugs", rules()).await;
        let leader = shop.open("anna", 3).await;
        let group = id(&leader);
        shop.pay(&leader).await;
        let shop = Arc::new(shop);
        let mut tasks = tokio::task::JoinSet::new();
        for shopper in 0..32 {
            let (shop, group) = (shop.clone(), group.clone());
            tasks.spawn(async move {
                let path = format!("/api/v1/groups/{group}/join");
                let form = mug(&format!("s{}", shopper % 16));
                let (status, seat) = shop.call("POST", &path, &format!("k{shopper}"), form).await;
                if status != StatusCode::OK {
                    assert!(matches!(seat["code"].as_str(), Some("play_full" | "play_over")), "{seat}");
                    return 0;
                }
                // Both payments come in at once, and twice.
                shop.pay(&seat).await;
                shop.pay(&seat).await;
                1
            });
        }
        assert_eq!(tasks.join_all().await.into_iter().sum::<i32>(), 2);
        let done = shop.group(&group).await;
        assert_eq!([&done["state"], &done["paid"], &done["free"]], [&json!("completed"), &json!(3), &json!(0)]);
        assert_eq!(shop.told("Group Buy Completed").await.len(), 1);
        shop.is_sound().await;
    }
}

#[tokio::test]
async fn who_may_lead_and_who_may_join_is_asked_of_what_is_known() {
    for shop in shops().await {
        let rules = with(rules(), "joiners", json!({ "first_order": true }));
        shop.play("mugs", with(rules, "leaders", json!({ "segments": ["vip"] }))).await;
        shop.known.enters("anna", "vip");
        shop.known.ordered.lock().unwrap().insert("before-carl".into());
        let form = |shopper: &str| json!({ "size": 2, "order": mug(shopper) });
        let refused = shop.refused("/api/v1/group-buys/mugs/open", "b", form("bert")).await;
        assert_eq!(refused, (409, "play_rule".into()), "no vip");
        let leader = shop.open("anna", 2).await;
        let group = id(&leader);
        shop.pay(&leader).await;
        let path = format!("/api/v1/groups/{group}/join");
        assert_eq!(shop.refused(&path, "c", mug("carl")).await, (409, "play_rule".into()), "carl bought before");
        assert_eq!(shop.refused(&path, "a", mug("anna")).await.0, 409, "no shopper takes two seats");
        let two = cart("dora", &[("mug", 2, 2_000)], &[]);
        assert_eq!(shop.refused(&path, "d", two).await, (409, "play_rule".into()), "one unit each");
        shop.join(&group, "dora").await;
    }
}

#[tokio::test]
async fn a_leader_who_does_not_pay_has_no_group_and_a_withdrawn_play_is_not_opened() {
    for shop in shops().await {
        shop.play("mugs", with(rules(), "per_shopper", json!(1))).await;
        let leader = shop.open("anna", 2).await;
        shop.clock.advance_micros(15 * MINUTE);
        shop.promote.sweep().await.unwrap();
        assert_eq!(shop.group(&id(&leader)).await["state"], "failed");
        assert!(shop.told("Refund Owed").await.is_empty(), "nobody paid");
        let bert = shop.open("bert", 2).await;
        shop.pay(&bert).await;
        shop.post("/api/v1/plays/mugs/withdraw", "", Value::Null).await;
        let form = json!({ "size": 2, "order": mug("carl") });
        assert_eq!(shop.refused("/api/v1/group-buys/mugs/open", "c", form).await, (409, "play_over".into()));
        let carl = shop.join(&id(&bert), "carl").await;
        shop.pay(&carl).await;
        assert_eq!(shop.group(&id(&bert)).await["state"], "completed", "what is open goes on");
        let again = json!({ "size": 2, "order": mug("bert") });
        assert_eq!(shop.refused("/api/v1/group-buys/mugs/open", "b2", again).await, (409, "play_over".into()));
        shop.is_sound().await;
    }
}

#[tokio::test]
async fn a_play_that_cannot_be_is_refused_and_gates_look_at_every_price() {
    for shop in shops().await {
        let put = async |rules: Value| {
            let terms = json!({ "name": "Mugs", "rules": rules });
            let (status, answer) = shop.call("PUT", "/api/v1/plays/mugs", "", terms).await;
            (status.as_u16(), answer["code"].as_str().unwrap_or_default().to_owned())
        };
        let sizes = |sizes: Value| with(rules(), "sizes", sizes);
        let one = sizes(json!([{ "size": 1, "unit_minor": 100 }]));
        let dearer = sizes(json!([{ "size": 2, "unit_minor": 100 }, { "size": 3, "unit_minor": 101 }]));
        let twice = sizes(json!([{ "size": 2, "unit_minor": 100 }, { "size": 2, "unit_minor": 100 }]));
        for bad in [one, dearer, twice, sizes(json!([])), with(rules(), "hours", json!(0))] {
            assert_eq!(put(bad).await, (422, "invalid_play".into()));
        }
        // 12.00 is below what a mug costs the shop, and its price was raised yesterday.
        shop.known.sells("mug", 2_000, 1_800, Some(1_300));
        assert_eq!(put(rules()).await.0, 200);
        let gates = shop.get("/api/v1/plays/mugs/gates").await;
        let of = |name: &str| {
            let gates = gates["gates"].as_array().unwrap();
            gates.iter().find(|gate| gate["gate"] == name).unwrap()["verdict"].clone()
        };
        assert_eq!([of("reference_price"), of("below_cost")], [json!("refuse"), json!("warn")]);
        assert_eq!(gates["passes"], false);
        assert_eq!(shop.refused("/api/v1/plays/mugs/publish", "", Value::Null).await, (422, "invalid_play".into()));
    }
}
