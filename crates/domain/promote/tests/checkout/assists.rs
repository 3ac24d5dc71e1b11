//! Invitations, from the first friend to the last reward or the end of their time; and what well-known shops get wrong: friends
//! counted twice, shoppers who invite themselves, rewards kept for orders that were sent back.

use std::sync::Arc;

use fanvine_contracts::campaigns::{Admission, Charge, Piece, Pieces};
use fanvine_kernel::Timestamp;
use http::StatusCode;
use serde_json::{Value, json};

use super::bargains::with;
use super::group_buys::{self, MINUTE, mug};
use super::{Shop, coupon, of, shops};

const DAY: i64 = 24 * 60 * MINUTE;

/// Points for one friend, a coupon for three.
pub fn ladder() -> Value {
    json!({
        "kind": "assist", "currency": "CNY", "hours": 48,
        "rungs": [
            { "friends": 1, "gives": { "kind": "points", "points": 50 }, "value_minor": 500 },
            { "friends": 3, "gives": { "kind": "coupon", "offer_id": "tenth" }, "value_minor": 1_000, "stock": 2 },
        ],
    })
}

fn by(shopper: &str) -> Value {
    json!({ "shopper_id": shopper })
}

impl Shop {
    async fn invites(&self, shopper: &str) -> String {
        let path = "/api/v1/plays/friends/assists";
        let opened = self.post(path, &format!("invite-{shopper}"), by(shopper)).await;
        opened["assist_id"].as_str().unwrap().to_owned()
    }

    async fn accepts(&self, assist: &str, friend: &str) -> Value {
        self.post(&format!("/api/v1/assists/{assist}/accept"), "", by(friend)).await
    }

    async fn accept_refused(&self, assist: &str, friend: &str) -> (u16, String) {
        self.refused(&format!("/api/v1/assists/{assist}/accept"), "", by(friend)).await
    }

    async fn friend_buys(&self, shopper: &str, key: &str) -> Value {
        let order = self.post("/api/v1/redemptions", key, mug(shopper)).await;
        self.post(&of(&order, "redeem"), "", Value::Null).await
    }

    async fn invitation(&self, assist: &str) -> Value {
        self.promote.sweep().await.unwrap();
        self.get(&format!("/api/v1/assists/{assist}")).await
    }

    async fn balance_of(&self, shopper: &str) -> Value {
        self.account(&format!("points/{shopper}")).await["balance"].clone()
    }

    /// A ladder of points and a coupon that is there.
    async fn has_a_ladder(&self, fields: Value) {
        self.offer("tenth", coupon()).await;
        self.play("friends", with(ladder(), fields)).await;
    }
}

#[tokio::test]
async fn friends_count_by_orders_that_stand_and_each_rung_is_given_once() {
    for shop in shops().await {
        shop.has_a_ladder(json!({})).await;
        let assist = shop.invites("anna").await;
        assert_eq!(shop.invites("anna").await, assist, "asked twice, opened once");
        assert_eq!(shop.account("assist_given/friends/3").await["held_in"], 1, "the reward is kept for it");
        assert_eq!(shop.account("assist_cost/friends/CNY").await["held_in"], 1_500);
        assert_eq!(shop.account("received/tenth").await["held_in"], 1, "and so is its coupon");
        for friend in ["bert", "carl", "dora"] {
            assert_eq!(shop.accepts(&assist, friend).await, shop.accepts(&assist, friend).await);
            shop.friend_buys(friend, &format!("order-{friend}")).await;
        }
        let shown = shop.invitation(&assist).await;
        assert_eq!([&shown["accepted"], &shown["activated"]], [&json!(3), &json!(0)], "goods may still come back");
        assert_eq!(shown["invited"][0]["due_at"], "2026-11-18T00:00:00Z");
        shop.clock.advance_micros(3 * DAY);
        assert_eq!(shop.invitation(&assist).await["state"], "settling", "it waits for them");
        assert_eq!(shop.accept_refused(&assist, "eva").await, (409, "play_over".into()));
        shop.clock.advance_micros(4 * DAY);
        let shown = shop.invitation(&assist).await;
        assert_eq!([&shown["state"], &shown["activated"]], [&json!("completed"), &json!(3)], "{shown}");
        assert_eq!(shop.balance_of("anna").await, 50);
        let coupons = shop.get("/api/v1/coupons?shopper_id=anna").await;
        assert_eq!(coupons["coupons"][0]["coupon_id"], shown["rungs"][1]["coupon_id"], "{coupons}");
        let cost = shop.account("assist_cost/friends/CNY").await;
        assert_eq!([&cost["balance"], &cost["held_in"]], [&json!(1_500), &json!(0)]);
        shop.promote.sweep().await.unwrap();
        let told = [("Assist Started", 1), ("Invite Accepted", 3), ("Invitee Activated", 3), ("Assist Rewarded", 2)];
        for (name, times) in told.into_iter().chain([("Assist Completed", 1), ("Assist Failed", 0)]) {
            assert_eq!(shop.told(name).await.len(), times, "{name}");
        }
        shop.is_sound().await;
    }
}

#[tokio::test]
async fn nobody_invites_themselves_and_a_person_counts_once_by_whatever_key() {
    for shop in shops().await {
        shop.has_a_ladder(json!({ "activated_by": { "by": "paid_order", "hold_days": 0 } })).await;
        let (annas, finns) = (shop.invites("anna").await, shop.invites("finn").await);
        for own in ["anna", "before-anna"] {
            assert_eq!(shop.accept_refused(&annas, own).await, (409, "play_rule".into()), "{own}");
        }
        shop.accepts(&annas, "before-bert").await;
        let again = shop.accepts(&annas, "bert").await;
        assert_eq!(again["accepted"], 1, "the same person by another key");
        assert_eq!(shop.accept_refused(&finns, "bert").await.1, "play_rule", "one invitation at a time");
        shop.friend_buys("bert", "first").await;
        shop.friend_buys("bert", "second").await;
        assert_eq!(shop.invitation(&annas).await["activated"], 1, "two orders, one friend");
        assert_eq!(shop.balance_of("anna").await, 50);
        assert_eq!(shop.accept_refused(&finns, "bert").await.1, "play_rule", "who counted once counts nowhere else");
        shop.is_sound().await;
    }
}

#[tokio::test]
async fn two_keys_that_are_found_to_be_one_person_count_once() {
    for shop in shops().await {
        shop.has_a_ladder(json!({ "activated_by": { "by": "paid_order", "hold_days": 0 } })).await;
        let (annas, finns) = (shop.invites("anna").await, shop.invites("finn").await);
        // Each key for itself says nothing of the other.
        shop.accepts(&annas, "before-bert").await;
        shop.friend_buys("before-bert", "first").await;
        shop.accepts(&finns, "before-before-bert").await;
        shop.friend_buys("before-before-bert", "second").await;
        shop.promote.sweep().await.unwrap();
        let counted = |one: &Value| one["activated"].as_i64().unwrap();
        let (anna, finn) = (shop.invitation(&annas).await, shop.invitation(&finns).await);
        assert_eq!(counted(&anna) + counted(&finn), 1, "{anna} {finn}");
        shop.is_sound().await;
    }
}

#[tokio::test]
async fn an_order_that_is_sent_back_or_given_up_in_time_counts_for_nothing() {
    for shop in shops().await {
        shop.has_a_ladder(json!({ "activated_by": { "by": "paid_order", "least_minor": 1_500 } })).await;
        let assist = shop.invites("anna").await;
        let mut orders = Vec::new();
        for friend in ["bert", "carl", "dora"] {
            shop.accepts(&assist, friend).await;
            orders.push(shop.friend_buys(friend, friend).await);
        }
        shop.post(&of(&orders[0], "returns"), "back", json!({})).await;
        shop.post(&of(&orders[1], "roll-back"), "", Value::Null).await;
        shop.clock.advance_micros(7 * DAY);
        let shown = shop.invitation(&assist).await;
        assert_eq!(shown["activated"], 1, "{shown}");
        assert_eq!(shown["invited"][2]["redemption_id"], orders[2]["redemption_id"]);
        assert_eq!(shown["state"], "completed", "its first rung was reached");
        assert_eq!(shop.account("assist_given/friends/3").await["held_in"], 0, "the other one is free again");
        assert_eq!(shop.account("received/tenth").await["held_in"], 0);
        // What comes back later takes nothing back: the reward came when goods could come back no more.
        shop.post(&of(&orders[2], "returns"), "late", json!({})).await;
        assert_eq!(shop.invitation(&assist).await["activated"], 1);
        assert_eq!(shop.balance_of("anna").await, 50);
        shop.is_sound().await;
    }
}

#[tokio::test]
async fn a_seat_in_a_group_counts_when_the_group_has_filled_and_never_when_it_fails() {
    for shop in shops().await {
        shop.play("mugs", group_buys::rules()).await;
        shop.has_a_ladder(json!({ "activated_by": { "by": "paid_order", "hold_days": 0 } })).await;
        let assist = shop.invites("anna").await;
        let mut groups = Vec::new();
        for friend in ["bert", "carl"] {
            shop.accepts(&assist, friend).await;
            let seat = shop.open(friend, 2).await;
            shop.post(&of(&seat["redemption"], "redeem"), "", Value::Null).await;
            groups.push(seat["group"]["group_id"].as_str().unwrap().to_owned());
        }
        let shown = shop.invitation(&assist).await;
        assert_eq!(shown["activated"], 0, "neither group is full");
        assert_eq!(shown["invited"][0]["due_at"], "2026-11-11T00:01:00Z", "they are looked at again");
        let join = format!("/api/v1/groups/{}/join", groups[0]);
        let joined = shop.post(&join, "join", mug("dora")).await;
        shop.post(&of(&joined["redemption"], "redeem"), "", Value::Null).await;
        shop.clock.advance_micros(MINUTE);
        assert_eq!(shop.invitation(&assist).await["activated"], 1, "the first is");
        shop.clock.advance_micros(DAY);
        let shown = shop.invitation(&assist).await;
        shop.clock.advance_micros(MINUTE);
        let later = shop.invitation(&assist).await;
        assert_eq!([&shown["activated"], &later["activated"]], [&json!(1), &json!(1)], "the other one failed");
        assert_eq!(later["invited"][1]["due_at"], Value::Null);
        shop.is_sound().await;
    }
}

#[tokio::test]
async fn what_is_promised_is_kept_for_those_who_were_first_and_free_when_they_fail() {
    for shop in shops().await {
        shop.has_a_ladder(json!({ "per_shopper": 1, "budget_minor": 3_500 })).await;
        let (annas, berts) = (shop.invites("anna").await, shop.invites("bert").await);
        let path = "/api/v1/plays/friends/assists";
        assert_eq!(shop.refused(path, "more", by("anna")).await, (409, "play_full".into()), "one each");
        let (status, answer) = shop.call("POST", path, "carl", by("carl")).await;
        assert_eq!(status, StatusCode::CONFLICT);
        let why = "the rewards for 3 friends are given, or kept for invitations that are open";
        assert_eq!(answer["detail"], format!("play friends is full: {why}"));
        // The offer is withdrawn; what was promised of it is given.
        shop.post("/api/v1/offers/tenth/withdraw", "", Value::Null).await;
        assert_eq!(shop.refused(path, "dora", by("dora")).await.1, "play_rule", "nobody is promised what is gone");
        for friend in ["u1", "u2", "u3"] {
            shop.accepts(&annas, friend).await;
            shop.friend_buys(friend, friend).await;
        }
        shop.clock.advance_micros(7 * DAY);
        assert_eq!(shop.invitation(&annas).await["state"], "completed");
        assert_eq!(shop.get("/api/v1/coupons?shopper_id=anna").await["coupons"].as_array().unwrap().len(), 1);
        assert_eq!(shop.invitation(&berts).await["state"], "failed");
        let given = shop.account("assist_given/friends/3").await;
        assert_eq!([&given["balance"], &given["held_in"]], [&json!(1), &json!(0)]);
        assert_eq!(shop.refused(&format!("/api/v1/assists/{berts}/accept"), "", by("late")).await.1, "play_over");
        shop.is_sound().await;
    }
}

#[tokio::test]
async fn a_play_for_newcomers_takes_nobody_who_bought_and_one_by_activity_takes_the_shops_word() {
    for shop in shops().await {
        let activity = json!({ "by": "activity", "activity": "Writes a first review" });
        shop.has_a_ladder(json!({ "newcomers": true, "activated_by": activity })).await;
        shop.known.ordered.lock().unwrap().insert("old".into());
        let assist = shop.invites("anna").await;
        assert_eq!(shop.accept_refused(&assist, "old").await, (409, "play_rule".into()));
        shop.accepts(&assist, "new").await;
        shop.friend_buys("new", "order").await;
        assert_eq!(shop.invitation(&assist).await["activated"], 0, "an order is not what it asks for");
        let path = format!("/api/v1/assists/{assist}/activate");
        assert_eq!(shop.refused(&path, "", by("stranger")).await.1, "play_rule");
        for _ in 0..2 {
            assert_eq!(shop.post(&path, "", by("new")).await["activated"], 1);
        }
        assert_eq!(shop.balance_of("anna").await, 50);
        shop.is_sound().await;
    }
}

#[tokio::test]
async fn a_campaign_holds_friends_out_and_pays_for_rewards_within_its_budget() {
    for shop in shops().await {
        shop.has_a_ladder(json!({ "activated_by": { "by": "paid_order", "hold_days": 0 } })).await;
        let currency = "CNY".parse().unwrap();
        let charge = Charge { campaign_id: "spring".into(), currency, budget_minor: Some(2_000) };
        let piece = Piece::play("friends");
        shop.known.campaign_says(piece.clone(), "", Admission::Open(charge.clone()));
        shop.known.campaign_says(piece.clone(), "held-out", Admission::OtherShoppers);
        let path = "/api/v1/plays/friends/assists";
        assert_eq!(shop.refused(path, "h", by("held-out")).await.1, "play_rule");
        let assist = shop.invites("anna").await;
        assert_eq!(shop.refused(path, "b", by("bert")).await, (409, "play_full".into()), "its budget is promised");
        assert_eq!(shop.accept_refused(&assist, "held-out").await.1, "play_rule");
        shop.accepts(&assist, "carl").await;
        shop.friend_buys("carl", "order").await;
        shop.promote.sweep().await.unwrap();
        let given = shop.promote.given(&charge, &[piece], Timestamp::from_micros(0)).await.unwrap();
        assert_eq!((given.spent_minor, given.reserved_minor), (500, 1_000));
        let parts: Vec<_> = given.parts.iter().map(|part| (part.shopper_key.as_str(), part.led)).collect();
        assert_eq!((given.runs.opened, parts), (1, vec![("anna", true), ("carl", false)]));
        shop.is_sound().await;
    }
}

#[tokio::test]
async fn gates_refuse_rewards_for_heads_a_purchase_to_take_part_and_coupons_that_are_not_there() {
    for shop in shops().await {
        let heads = json!({ "by": "activity", "activity": "注册成为会员" });
        let rules = with(ladder(), json!({ "activated_by": heads, "inviters": { "who": "buyers" } }));
        let terms = json!({ "name": "Friends", "rules": rules });
        assert_eq!(shop.call("PUT", "/api/v1/plays/friends", "", terms).await.0, StatusCode::OK);
        let found = shop.get("/api/v1/plays/friends/gates").await;
        let refused = found["gates"].as_array().unwrap().iter().filter(|gate| gate["verdict"] == "refuse");
        let refused: Vec<_> = refused.map(|gate| gate["gate"].as_str().unwrap()).collect();
        assert_eq!(refused, ["no_reward_per_head", "no_purchase_to_qualify", "rewards_exist"]);
        assert_eq!(shop.refused("/api/v1/plays/friends/publish", "", Value::Null).await.1, "invalid_play");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn friends_who_come_all_at_once_are_counted_each_and_the_rungs_given_once() {
    for shop in shops().await {
        shop.has_a_ladder(json!({ "activated_by": { "by": "activity", "activity": "Plays along" } })).await;
        let assist = shop.invites("anna").await;
        let shop = Arc::new(shop);
        let mut tasks = tokio::task::JoinSet::new();
        for friend in 0..12 {
            let (shop, assist) = (shop.clone(), assist.clone());
            tasks.spawn(async move {
                let friend = format!("u{friend}");
                let mut said = Vec::new();
                for verb in ["accept", "activate", "activate"] {
                    let path = format!("/api/v1/assists/{assist}/{verb}");
                    said.push(shop.call("POST", &path, "", by(&friend)).await.0 == StatusCode::OK);
                }
                assert_eq!(said[1], said[2], "the same answer twice");
                i64::from(said[1])
            });
        }
        let counted: i64 = tasks.join_all().await.into_iter().sum();
        let shown = shop.invitation(&assist).await;
        assert_eq!((counted, &shown["activated"], &shown["state"]), (3, &json!(3), &json!("completed")));
        assert_eq!(shop.balance_of("anna").await, 50);
        shop.is_sound().await;
    }
}
