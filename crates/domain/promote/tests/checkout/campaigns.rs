//! What a campaign says of offers and plays holds in quotes, orders, groups and wallets; and its budget is a balance.

use fanvine_contracts::campaigns::{Admission, Charge, Piece, Pieces};
use fanvine_kernel::Timestamp;
use serde_json::json;

use super::{Shop, of, shops};

fn open(budget_minor: Option<i64>) -> Admission {
    let currency = "CNY".parse().unwrap();
    Admission::Open(Charge { campaign_id: "spring".into(), currency, budget_minor })
}

fn off_50() -> serde_json::Value {
    json!({
        "name": "Spring", "ends_at": "2026-12-01T00:00:00Z",
        "benefit": { "kind": "tiers", "tiers": [
            { "at": { "spend_minor": 10_000 }, "rewards": [{ "kind": "amount", "minor": 5_000 }] }] },
    })
}

fn cart(shopper: &str, quantity: i64) -> serde_json::Value {
    json!({
        "cart": { "currency": "CNY", "lines": [
            { "line_id": "1", "product_id": "mug", "quantity": quantity, "unit_minor": 10_000 }] },
        "shopper": { "shopper_id": shopper },
    })
}

async fn spent(shop: &Shop, budget_minor: Option<i64>) -> (i64, i64) {
    let Admission::Open(charge) = open(budget_minor) else { unreachable!() };
    let given = shop.promote.given(&charge, &[Piece::offer("spring")], Timestamp::from_micros(0)).await.unwrap();
    (given.spent_minor, given.reserved_minor)
}

#[tokio::test]
async fn whoever_is_held_out_is_told_that_it_is_for_others() {
    for shop in shops().await {
        shop.offer("spring", off_50()).await;
        let piece = Piece::offer("spring");
        shop.known.campaign_says(piece.clone(), "", open(None));
        shop.known.campaign_says(piece.clone(), "held-out", Admission::OtherShoppers);
        shop.known.campaign_says(piece, "late", Admission::Paused);
        let treated = shop.post("/api/v1/quotes", "", cart("treated", 1)).await;
        assert_eq!(treated["payable_minor"], 5_000);
        let held_out = shop.post("/api/v1/quotes", "", cart("held-out", 1)).await;
        assert_eq!(held_out["payable_minor"], 10_000);
        assert_eq!(held_out["rejected"][0]["reason"], "other_shoppers", "{held_out}");
        let late = shop.post("/api/v1/quotes", "", cart("late", 1)).await;
        assert_eq!(late["rejected"][0]["words"]["zh"], "活动已暂停", "{late}");
    }
}

#[tokio::test]
async fn a_campaign_costs_no_more_than_its_budget_and_returned_goods_free_it() {
    for shop in shops().await {
        shop.offer("spring", off_50()).await;
        let budget = Some(12_000);
        shop.known.campaign_says(Piece::offer("spring"), "", open(budget));
        let mut orders = Vec::new();
        for (at, payable) in [(0, 15_000), (1, 15_000), (2, 20_000)] {
            let order = shop.post("/api/v1/redemptions", &format!("o{at}"), cart(&format!("u{at}"), 2)).await;
            assert_eq!(order["quote"]["payable_minor"], payable, "order {at}");
            orders.push(order);
        }
        assert_eq!(spent(&shop, budget).await, (0, 10_000));
        shop.post(&of(&orders[0], "redeem"), "", json!(null)).await;
        shop.post(&of(&orders[1], "roll-back"), "", json!(null)).await;
        assert_eq!(spent(&shop, budget).await, (5_000, 0));
        let one = json!({ "lines": [{ "line_id": "1", "quantity": 1 }] });
        shop.post(&of(&orders[0], "returns"), "r0", one.clone()).await;
        assert_eq!(spent(&shop, budget).await, (2_500, 0));
        shop.post(&of(&orders[0], "returns"), "r1", one).await;
        assert_eq!(spent(&shop, budget).await, (0, 0));
        shop.is_sound().await;
    }
}

#[tokio::test]
async fn nobody_held_out_gets_a_coupon_of_the_campaign() {
    for shop in shops().await {
        let mut terms = off_50();
        terms["claim"] = json!("coupon");
        shop.offer("back", terms).await;
        let piece = Piece::offer("back");
        shop.known.campaign_says(piece.clone(), "", open(None));
        shop.known.campaign_says(piece, "held-out", Admission::OtherShoppers);
        let both = json!({ "shopper_ids": ["treated", "held-out"] });
        let done = shop.post("/api/v1/offers/back/coupons", "k", both).await;
        assert_eq!((&done["issued"], &done["refused"]), (&json!(1), &json!(1)), "{done}");
    }
}

#[tokio::test]
async fn a_group_is_for_whom_its_campaign_is_and_counts_what_it_takes_off() {
    for shop in shops().await {
        let terms = json!({
            "name": "Mugs together", "rules": { "kind": "group_buy", "product_id": "mug", "hours": 24,
                "sizes": [{ "size": 2, "unit_minor": 8_000 }] },
        });
        let (status, answer) = shop.call("PUT", "/api/v1/plays/mugs", "", terms).await;
        assert!(status.is_success(), "{answer}");
        shop.post("/api/v1/plays/mugs/publish", "", json!(null)).await;
        shop.known.campaign_says(Piece::play("mugs"), "", open(Some(100_000)));
        shop.known.campaign_says(Piece::play("mugs"), "held-out", Admission::OtherShoppers);
        let open_by = |who: &str| json!({ "size": 2, "order": cart(who, 1) });
        let refused = shop.refused("/api/v1/group-buys/mugs/open", "g0", open_by("held-out")).await;
        assert_eq!(refused, (409, "play_rule".to_owned()));
        let seat = shop.post("/api/v1/group-buys/mugs/open", "g1", open_by("treated")).await;
        shop.post(&of(&seat["redemption"], "redeem"), "", json!(null)).await;
        assert_eq!(spent(&shop, Some(100_000)).await, (2_000, 0));
        let Admission::Open(charge) = open(Some(100_000)) else { unreachable!() };
        let given = shop.promote.given(&charge, &[Piece::play("mugs")], Timestamp::from_micros(0)).await.unwrap();
        assert_eq!((given.runs.opened, given.parts.len(), given.orders[0].paid_minor), (1, 1, 8_000));
        let join = format!("/api/v1/groups/{}/join", seat["group"]["group_id"].as_str().unwrap());
        assert_eq!(shop.refused(&join, "g2", cart("held-out", 1)).await.1, "play_rule");
    }
}

async fn a_play(shop: &Shop, id: &str, terms: serde_json::Value) {
    let path = format!("/api/v1/plays/{id}");
    let (status, answer) = shop.call("PUT", &path, "", terms).await;
    assert_eq!(status, http::StatusCode::OK, "{answer}");
    shop.post(&format!("{path}/publish"), "", json!(null)).await;
}

fn by(shopper: &str) -> serde_json::Value {
    json!({ "shopper_id": shopper })
}

#[tokio::test]
async fn points_for_checking_in_and_voting_cost_the_campaign_what_they_pay() {
    for shop in shops().await {
        let rule = json!({ "minor_per_point": 10, "most_basis_points": 5_000 });
        shop.call("PUT", "/api/v1/points/rule", "", rule).await;
        let budget = Some(120);
        let best = json!({ "kind": "vote", "points": 2, "candidates": [
            { "entry_id": "green", "title": "Green" }, { "entry_id": "white", "title": "White" }] });
        a_play(&shop, "daily", json!({ "name": "Daily", "rules": { "kind": "check_in", "points": 5 } })).await;
        a_play(&shop, "best", json!({ "name": "Best", "ends_at": "2027-11-11T00:00:00Z", "rules": best })).await;
        for play in ["daily", "best"] {
            shop.known.campaign_says(Piece::play(play), "", open(budget));
        }
        let path = "/api/v1/plays/daily/check-in";
        for _ in 0..2 {
            assert_eq!(shop.post(path, "", by("anna")).await["points"], 5);
            shop.post(path, "", by("bert")).await;
        }
        assert_eq!(spent(&shop, budget).await, (100, 0));
        assert_eq!(shop.refused(path, "", by("carl")).await, (409, "play_full".into()));
        assert_eq!(shop.get("/api/v1/plays/daily/check-ins").await["check_ins"].as_array().unwrap().len(), 2);
        let vote = |who: &str| json!({ "shopper_id": who, "entry_id": "green" });
        assert_eq!(shop.post("/api/v1/plays/best/votes", "v1", vote("anna")).await["points"], 2);
        assert_eq!(spent(&shop, budget).await, (120, 0));
        assert_eq!(shop.refused("/api/v1/plays/best/votes", "v2", vote("bert")).await, (409, "play_full".into()));
        assert_eq!(shop.get("/api/v1/plays/best/votes").await["votes"], 1);
        shop.is_sound().await;
    }
}

/// The room a draw needs is the dearest prize's, whatever is won: a refusal that came only for who would have won would change the
/// odds that were published.
#[tokio::test]
async fn a_lottery_costs_its_campaign_what_is_won_and_needs_room_for_the_dearest_prize() {
    for shop in shops().await {
        let budget = Some(2_300);
        let goods = json!({ "kind": "goods", "product_id": "mug" });
        let prize = |id: &str, odds: i64, minor: i64| json!({ "prize_id": id, "name": id, "odds": odds, "stock": 9, "value_minor": minor, "gives": goods });
        let rules = json!({ "kind": "lottery", "currency": "CNY", "daily_free": 100,
            "prizes": [prize("dear", 1, 1_500), prize("cheap", 999_999, 400)] });
        a_play(&shop, "wheel", json!({ "name": "Wheel", "ends_at": "2026-11-12T00:00:00Z", "rules": rules })).await;
        shop.known.campaign_says(Piece::play("wheel"), "", open(budget));
        let path = "/api/v1/plays/wheel/draw";
        for key in ["1", "2", "2"] {
            assert_eq!(shop.post(path, key, by("anna")).await["prize"]["prize_id"], "cheap");
        }
        assert_eq!(spent(&shop, budget).await, (800, 0));
        // 1,500 are left: as much as the dearest.
        shop.post(path, "3", by("bert")).await;
        assert_eq!(shop.refused(path, "4", by("bert")).await, (409, "play_full".into()));
        assert_eq!(shop.post(path, "3", by("bert")).await["prize"]["prize_id"], "cheap", "what was answered stands");
        assert_eq!(spent(&shop, budget).await, (1_200, 0));
        // Another currency than the campaign's cannot be reckoned.
        let Admission::Open(charge) = open(None) else { unreachable!() };
        let euro = Charge { currency: "EUR".parse().unwrap(), ..charge };
        shop.known.campaign_says(Piece::play("wheel"), "", Admission::Open(euro));
        assert_eq!(shop.refused(path, "5", by("bert")).await.1, "play_rule");
        shop.is_sound().await;
    }
}

#[tokio::test]
async fn tasks_keep_what_their_points_cost_within_the_budget_from_the_beginning() {
    for shop in shops().await {
        let rule = json!({ "minor_per_point": 10, "most_basis_points": 5_000 });
        shop.call("PUT", "/api/v1/points/rule", "", rule).await;
        let step = json!({ "step_id": "review", "name": "Review", "event": "Review Submitted",
            "reward": { "stock": 9, "gives": { "kind": "points", "points": 5 } } });
        let rules = json!({ "kind": "tasks", "steps": [step] });
        a_play(&shop, "steps", json!({ "name": "Steps", "ends_at": "2026-11-12T00:00:00Z", "rules": rules })).await;
        let (piece, budget) = (Piece::play("steps"), Some(70));
        shop.known.campaign_says(piece.clone(), "", open(budget));
        let path = "/api/v1/plays/steps/tasks";
        for _ in 0..2 {
            shop.post(path, "", by("anna")).await;
        }
        assert_eq!(spent(&shop, budget).await, (0, 50));
        assert_eq!(shop.refused(path, "", by("bert")).await, (409, "play_full".into()));
        let Admission::Open(charge) = open(budget) else { unreachable!() };
        let given = shop.promote.given(&charge, &[piece], Timestamp::from_micros(0)).await.unwrap();
        let parts: Vec<_> = given.parts.iter().map(|part| (part.shopper_key.as_str(), part.led)).collect();
        assert_eq!(parts, [("anna", true)]);
        shop.is_sound().await;
    }
}
