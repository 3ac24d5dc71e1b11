//! Coupons come into wallets, are used from there, and go.

use fanvine_testkit::track;
use http::StatusCode;
use serde_json::{Value, json};

use super::{Shop, cart, coupon, of, shops};

const DAY: i64 = 86_400_000_000;

fn received(receive: Value) -> Value {
    let mut terms = coupon();
    terms["receive"] = receive;
    terms
}

impl Shop {
    async fn claim(&self, shopper: &str, key: &str, form: Value) -> (u16, Value) {
        let token = format!("Bearer token-of-{shopper}");
        let headers = [("authorization", token.as_str())];
        let (status, answer) = self.call_with("POST", "/v1/coupons/claim", key, &headers, form).await;
        (status.as_u16(), answer)
    }

    /// The statuses of a shopper's coupons, as the storefront shows them.
    async fn statuses(&self, shopper: &str) -> Vec<String> {
        let token = format!("Bearer token-of-{shopper}");
        let headers = [("authorization", token.as_str())];
        let (status, answer) = self.call_with("GET", "/v1/coupons", "", &headers, Value::Null).await;
        assert_eq!(status, StatusCode::OK, "{answer}");
        let coupons = answer["coupons"].as_array().unwrap();
        coupons.iter().map(|one| one["status"].as_str().unwrap().to_owned()).collect()
    }

    async fn tea_costs(&self, shopper: &str) -> i64 {
        let quote = self.post("/api/v1/quotes", "", cart(shopper, &[("tea", 1, 5_000)], &[])).await;
        quote["payable_minor"].as_i64().unwrap()
    }
}

#[tokio::test]
async fn a_coupon_is_taken_on_the_storefront_used_and_given_back() {
    for shop in shops().await {
        shop.offer("tenth", received(json!({ "open": true, "good_for_days": 2 }))).await;
        shop.offer("closed", received(json!({}))).await;
        let form = json!({ "offer_id": "tenth" });
        assert_eq!(shop.call("POST", "/v1/coupons/claim", "k", form.clone()).await.0, StatusCode::UNAUTHORIZED);
        assert_eq!(shop.claim("anna", "k", json!({ "offer_id": "closed" })).await.0, 403);
        assert_eq!(shop.claim("anna", "k", json!({ "offer_id": "none" })).await.0, 404);
        let (status, first) = shop.claim("anna", "k", form.clone()).await;
        assert_eq!(status, 200, "{first}");
        assert_eq!(shop.claim("anna", "k", form.clone()).await.1["coupon_id"], first["coupon_id"]);
        let (status, more) = shop.claim("anna", "other", form).await;
        assert_eq!((status, more["detail"].as_str().unwrap().contains("per_shopper")), (409, true), "one each");

        assert_eq!((shop.tea_costs("anna").await, shop.tea_costs("bert").await), (4_500, 5_000));
        let order = shop.post("/api/v1/redemptions", "1", cart("anna", &[("tea", 1, 5_000)], &[])).await;
        assert_eq!(shop.statuses("anna").await, ["reserved"]);
        assert_eq!(shop.tea_costs("anna").await, 5_000);
        shop.post(&of(&order, "redeem"), "", Value::Null).await;
        assert_eq!(shop.statuses("anna").await, ["used"]);
        shop.post(&of(&order, "returns"), "r", json!({})).await;
        assert_eq!((shop.statuses("anna").await, shop.tea_costs("anna").await), (vec!["unused".to_owned()], 4_500));
        shop.clock.advance_micros(2 * DAY);
        assert_eq!((shop.statuses("anna").await, shop.tea_costs("anna").await), (vec!["expired".to_owned()], 5_000));
        shop.is_sound().await;
    }
}

#[tokio::test]
async fn a_coupon_for_points_is_exchanged_while_stock_and_points_last() {
    for shop in shops().await {
        let mall = json!({ "open": true, "points": 40, "total": 2, "per_shopper": 5 });
        shop.offer("mall", received(mall)).await;
        let form = json!({ "offer_id": "mall" });
        let points = async |who: &str| shop.get(&format!("/api/v1/points/{who}")).await["spendable"].clone();
        let (status, refused) = shop.claim("anna", "0", form.clone()).await;
        assert_eq!((status, refused["code"].as_str()), (409, Some("conflict")));
        let says = "a coupon of offer mall costs 40 points, more than this shopper may spend";
        assert_eq!(refused["detail"], says);
        assert_eq!(shop.account("received/mall").await["balance"], Value::Null, "nothing is taken of its stock");
        for who in ["anna", "bert", "carl"] {
            shop.post(&format!("/api/v1/points/{who}"), who, json!({ "points": 100 })).await;
        }
        let centre = shop.get("/v1/coupons/centre").await["offers"][0].clone();
        assert_eq!((&centre["points"], &centre["left"]), (&json!(40), &json!(2)));
        let (_, first) = shop.claim("anna", "1", form.clone()).await;
        assert_eq!(shop.claim("anna", "1", form.clone()).await.1["coupon_id"], first["coupon_id"]);
        assert_eq!(points("anna").await, 60, "asked twice, paid once");
        assert_eq!(shop.claim("anna", "2", form.clone()).await.0, 200);
        assert_eq!(points("anna").await, 20);
        let (status, refused) = shop.claim("bert", "1", form.clone()).await;
        assert_eq!((status, refused["detail"].as_str().unwrap().contains("receive.total")), (409, true));
        assert_eq!(points("bert").await, 100, "who gets none pays none");
        // What the shop gives costs nothing.
        shop.offer("given", received(json!({ "points": 40 }))).await;
        shop.post("/api/v1/offers/given/coupons", "x", json!({ "shopper_ids": ["carl"] })).await;
        assert_eq!((points("carl").await, shop.statuses("carl").await.len()), (json!(100), 1));
        assert_eq!(shop.account("spent/points").await["balance"], 80);
        let (status, answer) =
            shop.call("PUT", "/api/v1/offers/free", "", received(json!({ "open": true, "points": 0 }))).await;
        assert_eq!((status.as_u16(), &answer["code"]), (422, &json!("invalid_offer")));
        shop.is_sound().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_coupon_for_points_raced_by_32_requests_is_paid_exactly() {
    for shop in shops().await {
        shop.offer("mall", received(json!({ "open": true, "points": 30, "total": 20, "per_shopper": 9 }))).await;
        for who in 0..8 {
            shop.post(&format!("/api/v1/points/s{who}"), &format!("{who}"), json!({ "points": 100 })).await;
        }
        let shop = std::sync::Arc::new(shop);
        let mut tasks = tokio::task::JoinSet::new();
        for number in 0..32 {
            let shop = shop.clone();
            tasks.spawn(async move {
                let who = format!("s{}", number % 8);
                let mut won = 0;
                for _ in 0..2 {
                    let (status, answer) = shop.claim(&who, &format!("{number}"), json!({ "offer_id": "mall" })).await;
                    assert!(status == 200 || status == 409, "{answer}");
                    won = i64::from(status == 200);
                }
                won
            });
        }
        let won: i64 = tasks.join_all().await.into_iter().sum();
        // Four requests of each: three could be paid, and 20 are there.
        assert_eq!(won, 20);
        assert_eq!(shop.account("spent/points").await["balance"], 600);
        assert_eq!(shop.account("received/mall").await["balance"], 20);
        shop.is_sound().await;
    }
}

#[tokio::test]
async fn a_coupon_by_link_is_one_for_each_until_the_link_is_used_up_or_over() {
    for shop in shops().await {
        shop.offer("tenth", received(json!({ "from_next_day": true }))).await;
        let made = shop.post("/api/v1/offers/tenth/links", "", json!({ "most": 2, "good_for_days": 1 })).await;
        let form = json!({ "link": made["link"] });
        let (status, first) = shop.claim("anna", "a", form.clone()).await;
        assert_eq!((status, &first["opens_at"]), (200, &json!("2026-11-12T00:00:00Z")), "{first}");
        assert_eq!(shop.claim("anna", "b", form.clone()).await.1["coupon_id"], first["coupon_id"]);
        assert_eq!((shop.statuses("anna").await, shop.tea_costs("anna").await), (vec!["not_yet".to_owned()], 5_000));
        assert_eq!(shop.claim("bert", "a", form.clone()).await.0, 200);
        assert_eq!(shop.claim("carl", "a", form.clone()).await.0, 409);
        let forged = format!("x{}", made["link"].as_str().unwrap());
        assert_eq!(shop.claim("anna", "c", json!({ "link": forged })).await.0, 403);
        shop.clock.advance_micros(DAY);
        assert_eq!(shop.tea_costs("anna").await, 4_500);
        assert_eq!(shop.claim("dora", "a", form).await.0, 403, "the link is over");
    }
}

#[tokio::test]
async fn the_shop_gives_coupons_to_shoppers_and_to_a_segment_within_the_limits() {
    for shop in shops().await {
        shop.offer("tenth", received(json!({ "per_shopper": 2, "per_shopper_per_day": 1 }))).await;
        ["anna", "bert", "carl"].into_iter().for_each(|who| shop.known.enters(who, "gold"));
        let path = "/api/v1/offers/tenth/coupons";
        let gold = json!({ "segment": "gold" });
        let done = |issued: u64, repeated: u64, refused: u64| json!({ "issued": issued, "repeated": repeated, "refused": refused, "next": null });
        assert_eq!(shop.post(path, "first", gold.clone()).await, done(3, 0, 0));
        assert_eq!(shop.post(path, "first", gold.clone()).await, done(0, 3, 0), "sent again, nobody gets another");
        assert_eq!(shop.post(path, "second", json!({ "shopper_ids": ["anna", "dora"] })).await, done(1, 0, 1));
        shop.clock.advance_micros(DAY);
        assert_eq!(shop.post(path, "third", gold.clone()).await, done(3, 0, 0));
        shop.clock.advance_micros(DAY);
        assert_eq!(shop.post(path, "fourth", gold).await, done(0, 0, 3), "two in all");
        assert_eq!(shop.refused(path, "x", json!({ "segment": "none" })).await.1, "invalid_body");
        let list = shop.get("/api/v1/coupons?shopper_id=anna&limit=1").await;
        let next = list["next"].as_str().unwrap();
        let rest = shop.get(&format!("/api/v1/coupons?shopper_id=anna&limit=9&before={next}")).await;
        assert_eq!(
            (list["coupons"][0]["source"].as_str(), rest["coupons"].as_array().unwrap().len()),
            (Some("issued"), 1)
        );
        shop.is_sound().await;
    }
}

#[tokio::test]
async fn a_budget_for_receiving_counts_what_each_coupon_can_take_off() {
    for shop in shops().await {
        let mut off = coupon();
        off["benefit"]["tiers"][0]["rewards"][0] = json!({ "kind": "amount", "minor": 400 });
        off["receive"] = json!({ "budget_minor": 1_000 });
        shop.offer("off", off).await;
        let path = "/api/v1/offers/off/coupons";
        let (status, answer) = shop.call("POST", path, "k", json!({ "shopper_ids": ["a", "b", "c"] })).await;
        assert_eq!(status, StatusCode::CONFLICT, "{answer}");
        assert_eq!(shop.account("received_worth/off").await["balance"], 800);
        let mut boundless = coupon();
        boundless["receive"] = json!({ "budget_minor": 1_000 });
        let (status, answer) = shop.call("PUT", "/api/v1/offers/boundless", "", boundless).await;
        assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{answer}");
    }
}

#[tokio::test]
async fn whoever_does_something_or_enters_a_segment_is_given_a_coupon_once() {
    for shop in shops().await {
        let receive = json!({ "on_events": ["Signed Up"], "on_segments": ["seg_gold"] });
        assert!(!shop.promote.issues());
        shop.offer("tenth", received(receive)).await;
        assert!(shop.promote.issues());
        let entered = |who: &str, segment: &str, source: &str| {
            let properties = format!(r#"{{"segment_id":"{segment}"}}"#);
            track("Segment Entered").user(who).source(source).properties(&properties).build()
        };
        let (claimed, other) = (entered("dora", "seg_gold", "src_shop"), entered("bert", "seg_tin", "src_api"));
        let entered = entered("anna", "seg_gold", "src_api");
        let signed = track("Signed Up").anonymous("carl").build();
        for _ in 0..2 {
            let events: Vec<_> =
                [&entered, &claimed, &other, &signed].into_iter().zip(0..).map(|(e, at)| (at, e.into())).collect();
            shop.promote.issue_for(&events, 3).await.unwrap();
        }
        assert_eq!(shop.promote.issuing_from().await.unwrap(), Some(3));
        assert_eq!(shop.statuses("anna").await, ["unused"]);
        assert_eq!((shop.statuses("bert").await.len(), shop.statuses("carl").await.len()), (0, 1));
        assert_eq!(
            shop.statuses("dora").await.len(),
            0,
            "clients may say that somebody entered a segment; they are not believed"
        );
        let told = shop.store.outbox_pending(100).await.unwrap();
        let told = told.iter().filter(|(_, event)| event.name == "Coupon Received");
        assert_eq!(told.map(|(_, event)| event.user_id.clone().unwrap()).collect::<Vec<_>>(), ["anna", "carl"]);
    }
}

#[tokio::test]
async fn a_coupon_granted_by_an_order_goes_when_the_order_is_given_up() {
    for shop in shops().await {
        shop.offer("tenth", coupon()).await;
        let mut grants = super::threshold("keep");
        grants["benefit"]["tiers"][0]["rewards"] = json!([{ "kind": "coupon", "offer_id": "tenth" }]);
        shop.offer("grants", grants).await;
        let order = shop.post("/api/v1/redemptions", "1", cart("anna", &[("tea", 4, 5_000)], &[])).await;
        assert_eq!(shop.statuses("anna").await.len(), 0, "not before the order stands");
        shop.post(&of(&order, "redeem"), "", Value::Null).await;
        assert_eq!((shop.statuses("anna").await, shop.tea_costs("anna").await), (vec!["unused".to_owned()], 4_500));
        shop.post(&of(&order, "roll-back"), "", Value::Null).await;
        assert_eq!((shop.statuses("anna").await, shop.tea_costs("anna").await), (vec!["used".to_owned()], 5_000));
        shop.is_sound().await;
    }
}
