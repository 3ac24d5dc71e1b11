//! From the offer to the returned goods, on every store; and what shoppers do at once.

mod assist_model;
mod assists;
mod bargain_model;
mod bargains;
mod campaigns;
mod check_ins;
mod contest_model;
mod contests;
mod earning;
mod failures;
mod gates;
mod group_buys;
mod group_model;
mod known;
mod level_model;
mod levels;
mod lotteries;
mod lottery_model;
mod points;
mod quizzes;
mod referral_model;
mod referrals;
mod sandbox;
mod tasks;
mod votes;
mod walk;
mod wallet;

use std::sync::Arc;

use axum::body::{Body, to_bytes};
use fanvine_kernel::Zone;
use fanvine_promote::{MIGRATIONS, Others, Promote, router, storefront};
use fanvine_testkit::{FakeClock, SeededEntropy, TempStore, stores};
use http::{Request, StatusCode};
use serde_json::{Value, json};
use tower::ServiceExt;

use known::Known;

struct Shop {
    store: TempStore,
    clock: Arc<FakeClock>,
    promote: Arc<Promote>,
    /// What other rooms would know.
    known: Arc<Known>,
    routes: axum::Router,
}

async fn shops() -> Vec<Shop> {
    let mut shops = Vec::new();
    for store in stores().await {
        store.migrate(fanvine_ledger::MIGRATIONS).await.map_err(|error| error.in_full()).unwrap();
        store.migrate(MIGRATIONS).await.map_err(|error| error.in_full()).unwrap();
        let clock = Arc::new(FakeClock::at("2026-11-11T00:00:00Z"));
        let promote = Promote::open(store.store(), clock.clone(), Arc::new(SeededEntropy::new(1)), Zone::UTC).await;
        let known = Arc::new(Known::default());
        let (audience, traits, orders, prices) = (known.clone(), known.clone(), known.clone(), known.clone());
        let campaigns = known.clone();
        let promote = promote.unwrap().asking(Others { audience, traits, orders, prices, campaigns });
        let promote = Arc::new(promote);
        let both = router(promote.clone()).merge(storefront(promote.clone(), known.clone()));
        let (routes, _) = both.split_for_parts();
        shops.push(Shop { store, clock, promote, known, routes });
    }
    shops
}

impl Shop {
    async fn call(&self, method: &str, path: &str, key: &str, body: Value) -> (StatusCode, Value) {
        self.call_with(method, path, key, &[], body).await
    }

    async fn call_with(
        &self,
        method: &str,
        path: &str,
        key: &str,
        headers: &[(&str, &str)],
        body: Value,
    ) -> (StatusCode, Value) {
        let mut request = Request::builder().method(method).uri(path).header("content-type", "application/json");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let body = if body.is_null() { Body::empty() } else { Body::from(body.to_string()) };
        let request = request.header("Idempotency-Key", key).body(body).unwrap();
        let response = self.routes.clone().oneshot(request).await.unwrap();
        let status = response.status();
        let bytes = to_bytes(response.into_body(), usize::MAX).await.unwrap();
        (status, serde_json::from_slice(&bytes).unwrap_or(Value::Null))
    }

    async fn get(&self, path: &str) -> Value {
        let (status, answer) = self.call("GET", path, "", Value::Null).await;
        assert_eq!(status, StatusCode::OK, "{path}: {answer}");
        answer
    }

    async fn post(&self, path: &str, key: &str, body: Value) -> Value {
        let (status, answer) = self.call("POST", path, key, body).await;
        assert_eq!(status, StatusCode::OK, "{path}: {answer}");
        answer
    }

    async fn refused(&self, path: &str, key: &str, body: Value) -> (u16, String) {
        let (status, answer) = self.call("POST", path, key, body).await;
        assert_ne!(status, StatusCode::OK, "{path}: {answer}");
        (status.as_u16(), answer["code"].as_str().unwrap_or_default().to_owned())
    }

    async fn offer(&self, id: &str, terms: Value) {
        let (status, answer) = self.call("PUT", &format!("/api/v1/offers/{id}"), "", terms).await;
        assert_eq!(status, StatusCode::OK, "{answer}");
        self.post(&format!("/api/v1/offers/{id}/publish"), "", Value::Null).await;
    }

    async fn account(&self, name: &str) -> Value {
        self.call("GET", &format!("/api/v1/ledger/account?name={name}"), "", Value::Null).await.1
    }

    async fn is_sound(&self) {
        let (_, proof) = self.call("GET", "/api/v1/ledger/proof", "", Value::Null).await;
        assert_eq!(proof["faults"], json!([]));
        assert_eq!(proof["sound"], true);
    }
}

fn of(redemption: &Value, verb: &str) -> String {
    format!("/api/v1/redemptions/{}/{verb}", redemption["redemption_id"].as_str().unwrap())
}

fn flash(stock: i64, per_shopper: i64) -> Value {
    json!({
        "name": "Mug hour", "scope": { "products": ["mug"] },
        "benefit": { "kind": "base_price", "price": "flash", "unit_minor": 990 },
        "limits": { "per_product": { "mug": stock }, "per_shopper": per_shopper },
    })
}

fn threshold(on_return: &str) -> Value {
    json!({
        "name": "50 off 200", "on_return": on_return,
        "benefit": { "kind": "tiers", "tiers": [
            { "at": { "spend_minor": 20_000 }, "rewards": [{ "kind": "amount", "minor": 5_000 }] },
        ]},
    })
}

fn coupon() -> Value {
    json!({
        "name": "A tenth", "claim": "coupon",
        "benefit": { "kind": "tiers", "tiers": [
            { "at": { "spend_minor": 0 }, "rewards": [{ "kind": "percent", "basis_points": 1_000 }] },
        ]},
    })
}

fn cart(shopper: &str, lines: &[(&str, i64, i64)], codes: &[&str]) -> Value {
    let lines: Vec<Value> = lines
        .iter()
        .map(|(product, quantity, unit)| {
            json!({ "line_id": product, "product_id": product, "quantity": quantity, "unit_minor": unit })
        })
        .collect();
    json!({ "cart": { "currency": "CNY", "lines": lines }, "shopper": { "shopper_id": shopper }, "codes": codes })
}

#[tokio::test]
async fn an_order_goes_from_the_quote_to_its_returned_goods() {
    for shop in shops().await {
        shop.offer("flash", flash(10, 2)).await;
        shop.offer("200", threshold("retest")).await;
        shop.offer("tenth", coupon()).await;
        shop.post("/api/v1/offers/tenth/codes", "summer", json!({ "code": "SUMMER", "most_uses": 1 })).await;

        let form = cart("anna", &[("mug", 3, 2_000), ("tea", 4, 5_000)], &["SUMMER", "WINTER"]);
        let quote = shop.post("/api/v1/quotes", "", form.clone()).await;
        // 2 mugs at 9.90, 1 at 20.00, 4 teas at 50.00: 50.00 off what is not on flash sale, then a tenth.
        assert_eq!(quote["payable_minor"], 2 * 990 + (2_000 + 20_000 - 5_000) * 9 / 10);
        assert_eq!(quote["codes"][1], json!({ "code": "WINTER", "offer_id": null, "used_up": false }));

        let mut wanted = form.clone();
        wanted["expect_payable_minor"] = quote["payable_minor"].clone();
        let reserved = shop.post("/api/v1/redemptions", "order-1", wanted.clone()).await;
        assert_eq!(
            shop.post("/api/v1/redemptions", "order-1", wanted.clone()).await,
            reserved,
            "asked twice, reserved once"
        );
        assert_eq!(shop.refused("/api/v1/redemptions", "order-1", form.clone()).await.1, "idempotency_key_reused");
        assert_eq!(shop.refused("/api/v1/redemptions", "order-2", wanted).await.1, "price_changed");
        for order_id in ["", &"9".repeat(201)] {
            let mut long = form.clone();
            long["order_id"] = json!(order_id);
            assert_eq!(shop.refused("/api/v1/redemptions", "order-3", long).await.1, "invalid_cart");
        }
        assert_eq!(shop.account("sold/flash/mug").await["held_in"], 2);

        let path = |verb: &str| format!("/api/v1/redemptions/{}/{verb}", reserved["redemption_id"].as_str().unwrap());
        for _ in 0..2 {
            assert_eq!(shop.post(&path("redeem"), "", Value::Null).await["status"], "redeemed");
        }
        assert_eq!(shop.account("code/SUMMER").await["balance"], 1);

        let paid = |quote: &Value| quote["quote"]["goods_minor"].as_i64().unwrap();
        let back = |quantity: i64| json!({ "lines": [{ "line_id": "tea", "quantity": quantity }] });
        let once = shop.post(&path("returns"), "r1", back(1)).await;
        assert_eq!(shop.post(&path("returns"), "r1", back(1)).await["refunded_minor"], once["refunded_minor"]);
        assert_eq!(shop.refused(&path("returns"), "r1", back(2)).await.1, "idempotency_key_reused");
        assert_eq!(shop.refused(&path("returns"), "r2", back(4)).await, (409, "refund_exceeds_order".into()));
        assert_eq!(shop.account("sold/flash/mug").await["balance"], 2);
        let mugs = json!({ "lines": [{ "line_id": "mug", "quantity": 2 }] });
        shop.post(&path("returns"), "r3", mugs).await;
        assert_eq!(
            shop.account("sold/flash/mug").await["balance"],
            1,
            "the plain mug came back first, then one of the sale"
        );
        let all = shop.post(&path("returns"), "r4", json!({})).await;
        assert_eq!(all["refunded_minor"], paid(&all), "all of it back is all that was paid");
        assert_eq!(shop.account("code/SUMMER").await["balance"], 0, "the coupon is good again");
        assert_eq!(shop.account("shopper_uses/flash/anna").await["balance"], 0);
        shop.is_sound().await;
    }
}

#[tokio::test]
async fn a_reservation_that_is_not_paid_is_over_and_one_rolled_back_is_free() {
    for shop in shops().await {
        shop.offer("flash", flash(1, 1)).await;
        let form = |shopper| {
            let mut form = cart(shopper, &[("mug", 1, 2_000)], &[]);
            form["expect_payable_minor"] = json!(990);
            form
        };
        let path = |redemption: &Value, verb: &str| {
            format!("/api/v1/redemptions/{}/{verb}", redemption["redemption_id"].as_str().unwrap())
        };
        let first = shop.post("/api/v1/redemptions", "1", form("anna")).await;
        assert_eq!(shop.refused("/api/v1/redemptions", "2", form("bert")).await, (409, "price_changed".into()));
        shop.clock.advance_micros(900_000_000);
        assert_eq!(shop.refused(&path(&first, "redeem"), "", Value::Null).await, (409, "reservation_over".into()));
        let second = shop.post("/api/v1/redemptions", "2", form("bert")).await;
        assert_eq!(shop.post(&path(&second, "roll-back"), "", Value::Null).await["status"], "rolled_back");
        assert_eq!(shop.refused(&path(&second, "redeem"), "", Value::Null).await, (409, "reservation_over".into()));
        let third = shop.post("/api/v1/redemptions", "3", form("carl")).await;
        shop.post(&path(&third, "redeem"), "", Value::Null).await;
        assert_eq!(shop.post(&path(&third, "roll-back"), "", Value::Null).await["status"], "rolled_back");
        assert_eq!(shop.account("sold/flash/mug").await["balance"], 0);
        shop.is_sound().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_flash_sale_and_a_code_raced_by_64_shoppers_are_sold_exactly() {
    for shop in shops().await {
        shop.offer("flash", flash(20, 1)).await;
        shop.offer("tenth", coupon()).await;
        shop.post("/api/v1/offers/tenth/codes", "one", json!({ "code": "ONE", "most_uses": 1 })).await;
        let shop = Arc::new(shop);
        let mut tasks = tokio::task::JoinSet::new();
        for shopper in 0..64 {
            let shop = shop.clone();
            tasks.spawn(async move {
                let mut flash = cart(&format!("s{shopper}"), &[("mug", 1, 2_000)], &[]);
                flash["expect_payable_minor"] = json!(990);
                let mut coupon = cart(&format!("s{shopper}"), &[("tea", 1, 5_000)], &["ONE"]);
                coupon["expect_payable_minor"] = json!(4_500);
                let mut won = [0, 0];
                for (at, form) in [flash, coupon].into_iter().enumerate() {
                    for _ in 0..2 {
                        let key = format!("{at}/{shopper}");
                        let (status, answer) = shop.call("POST", "/api/v1/redemptions", &key, form.clone()).await;
                        match status {
                            StatusCode::OK => won[at] = 1,
                            _ => assert_eq!(answer["code"], "price_changed", "{answer}"),
                        }
                    }
                }
                won
            });
        }
        let won = tasks.join_all().await.into_iter().fold([0, 0], |sum, won| [sum[0] + won[0], sum[1] + won[1]]);
        assert_eq!(won, [20, 1]);
        assert_eq!(shop.account("sold/flash/mug").await["held_in"], 20);
        shop.is_sound().await;
    }
}

#[tokio::test]
async fn codes_are_made_by_the_thousand_and_each_is_good_once() {
    for shop in shops().await {
        shop.offer("tenth", coupon()).await;
        let form = json!({ "count": 12_000, "prefix": "VIP" });
        let made = shop.post("/api/v1/offers/tenth/codes", "batch", form.clone()).await;
        assert_eq!(made["made"], 12_000);
        assert_eq!(
            shop.post("/api/v1/offers/tenth/codes", "batch", form).await,
            json!({ "made": 12_000, "sample": [] })
        );
        let code = made["sample"][0].as_str().unwrap();
        let form = cart("anna", &[("tea", 1, 5_000)], &[code]);
        let reserved = shop.post("/api/v1/redemptions", "1", form.clone()).await;
        assert_eq!(reserved["quote"]["payable_minor"], 4_500);
        assert_eq!(shop.post("/api/v1/redemptions", "2", form).await["quote"]["payable_minor"], 5_000);
        let (_, view) = shop.call("GET", &format!("/api/v1/codes/{code}"), "", Value::Null).await;
        assert_eq!((&view["offer_id"], &view["most_uses"], &view["reserved"]), (&json!("tenth"), &json!(1), &json!(1)));
        assert_eq!(shop.refused("/api/v1/offers/none/codes", "x", json!({ "count": 1 })).await.0, 404);
        assert_eq!(shop.refused("/api/v1/offers/tenth/codes", "y", json!({})).await.1, "invalid_offer");
    }
}

#[tokio::test]
async fn offers_have_versions_and_pass_gates() {
    for shop in shops().await {
        let path = "/api/v1/offers/flash";
        let put = |terms| shop.call("PUT", path, "", terms);
        assert_eq!(put(flash(5, 1)).await.1["version"], 1);
        assert_eq!(put(flash(5, 1)).await.1["version"], 1, "the same terms are the same version");
        let mut best = flash(5, 1);
        best["name"] = json!("全网最低价");
        assert_eq!(put(best).await.1["version"], 2);
        let published = shop.post(&format!("{path}/publish"), "", Value::Null).await;
        assert_eq!(published["gates"][0]["verdict"], "warn");
        assert_eq!(published["offer"]["published_version"], 2);
        let free = json!({ "name": "All free", "benefit": { "kind": "line_price", "price": "member", "cut": { "unit_minor": 0 } } });
        shop.call("PUT", "/api/v1/offers/free", "", free).await;
        assert_eq!(shop.refused("/api/v1/offers/free/publish", "", Value::Null).await, (422, "invalid_offer".into()));
        let (status, answer) = put(json!({ "name": "x", "benefit": { "kind": "tiers", "tiers": [] } })).await;
        assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
        assert_eq!(answer["detail"], "benefit.tiers is 0, where 1 to 1000 can be");
        assert_eq!(shop.post(&format!("{path}/withdraw"), "", Value::Null).await["published_version"], Value::Null);
        let quote = shop.post("/api/v1/quotes", "", cart("anna", &[("mug", 1, 2_000)], &[])).await;
        assert_eq!(quote["payable_minor"], 2_000);
    }
}
