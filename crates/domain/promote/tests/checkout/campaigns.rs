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
