//! The failures well-known shops are known for, and those found here, each by its name. What concerns the price alone stands
//! in the tests of quotes: the discount of a cancelled line, a threshold kept by returning goods, the last line's rounding.

use std::sync::Arc;
use std::task::{Context, Waker};

use fanvine_ledger::carry_out;
use fanvine_store::args;
use http::StatusCode;
use serde_json::{Value, json};

use super::{Shop, cart, coupon, flash, of, shops, threshold};

fn with(mut terms: Value, field: &str, value: Value) -> Value {
    terms[field] = value;
    terms
}

/// Every one of these requests at once; how many were answered 200.
async fn at_once(shop: &Arc<Shop>, requests: Vec<(String, String, Value)>) -> usize {
    let mut tasks = tokio::task::JoinSet::new();
    for (path, key, body) in requests {
        let shop = shop.clone();
        tasks.spawn(async move { shop.call("POST", &path, &key, body).await.0 == StatusCode::OK });
    }
    tasks.join_all().await.into_iter().filter(|done| *done).count()
}

#[tokio::test(flavor = "multi_thread")]
async fn coupons_are_not_over_issued() {
    for shop in shops().await {
        let receive = json!({ "total": 3, "open": true });
        shop.offer("tenth", with(coupon(), "receive", receive)).await;
        let shop = Arc::new(shop);
        let mut tasks = tokio::task::JoinSet::new();
        for shopper in 0..24 {
            let shop = shop.clone();
            tasks.spawn(async move {
                let token = format!("Bearer token-of-s{shopper}");
                let headers = [("authorization", token.as_str())];
                let mut got = 0;
                // Asked twice, received once.
                for _ in 0..2 {
                    let form = json!({ "offer_id": "tenth" });
                    let (status, answer) = shop.call_with("POST", "/v1/coupons/claim", "k", &headers, form).await;
                    match status {
                        StatusCode::OK => got = 1,
                        _ => assert_eq!(answer["code"], "conflict", "{answer}"),
                    }
                }
                got
            });
        }
        assert_eq!(tasks.join_all().await.into_iter().sum::<i32>(), 3, "{}", shop.store.name);
        assert_eq!(shop.account("received/tenth").await["balance"], 3);
        shop.is_sound().await;
    }
}

#[tokio::test]
async fn stock_is_not_lost_on_a_timeout() {
    for shop in shops().await {
        shop.offer("flash", flash(1, 1)).await;
        shop.post("/api/v1/redemptions", "1", cart("anna", &[("mug", 1, 2_000)], &[])).await;
        shop.clock.advance_micros(900_000_000);
        let quote = shop.post("/api/v1/quotes", "", cart("bert", &[("mug", 1, 2_000)], &[])).await;
        assert_eq!(quote["payable_minor"], 990, "on sale again at once");
        shop.promote.sweep().await.unwrap();
        assert_eq!(shop.account("sold/flash/mug").await["held_in"], 0);
        shop.is_sound().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_limit_per_person_cannot_be_raced() {
    for shop in shops().await {
        shop.offer("flash", flash(100, 2)).await;
        let shop = Arc::new(shop);
        let mut form = cart("anna", &[("mug", 1, 2_000)], &[]);
        form["expect_payable_minor"] = json!(990);
        let requests = (0..16).map(|n| ("/api/v1/redemptions".to_owned(), n.to_string(), form.clone())).collect();
        assert_eq!(at_once(&shop, requests).await, 2);
        assert_eq!(shop.account("shopper_uses/flash/anna").await["held_in"], 2);
        shop.is_sound().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_first_order_is_one_however_many_are_made_at_once() {
    for shop in shops().await {
        let audience = json!({ "first_order": true });
        shop.offer("hello", with(threshold("keep"), "audience", audience)).await;
        shop.known.ordered.lock().unwrap().insert("before-carl".into());
        let form = |shopper: &str| {
            let mut form = cart(shopper, &[("tea", 4, 5_000)], &[]);
            // The claim is not believed.
            form["shopper"]["first_order"] = json!(true);
            form
        };
        let quote = shop.post("/api/v1/quotes", "", form("carl")).await;
        assert_eq!(
            (&quote["payable_minor"], &quote["rejected"][0]["reason"]),
            (&json!(20_000), &json!("first_order_only"))
        );
        let shop = Arc::new(shop);
        let mut wanted = form("anna");
        wanted["expect_payable_minor"] = json!(15_000);
        let requests = (0..8).map(|n| ("/api/v1/redemptions".to_owned(), n.to_string(), wanted.clone())).collect();
        assert_eq!(at_once(&shop, requests).await, 1);
        let later = shop.post("/api/v1/redemptions", "later", form("anna")).await;
        assert_eq!(later["quote"]["payable_minor"], 20_000);
        shop.is_sound().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn points_are_not_kept_when_what_they_pay_for_is_refused() {
    for shop in shops().await {
        let rule = json!({ "minor_per_point": 1, "most_basis_points": 10_000 });
        assert_eq!(shop.call("PUT", "/api/v1/points/rule", "", rule).await.0, StatusCode::OK);
        shop.post("/api/v1/points/anna", "gift", json!({ "points": 500 })).await;
        shop.offer("flash", flash(1, 9)).await;
        let shop = Arc::new(shop);
        let mut form = cart("anna", &[("mug", 1, 2_000)], &[]);
        form["cart"]["points"] = json!(500);
        form["expect_payable_minor"] = json!(490);
        let requests = (0..6).map(|n| ("/api/v1/redemptions".to_owned(), n.to_string(), form.clone())).collect();
        assert_eq!(at_once(&shop, requests).await, 1);
        let account = shop.account("points/anna").await;
        assert_eq!((&account["balance"], &account["held_out"]), (&json!(500), &json!(500)));
        shop.clock.advance_micros(900_000_000);
        shop.promote.sweep().await.unwrap();
        assert_eq!(shop.get("/api/v1/points/anna").await["spendable"], 500);
        shop.is_sound().await;
    }
}

#[tokio::test]
async fn a_budget_nearly_spent_is_quoted_as_it_is_reserved() {
    for shop in shops().await {
        let limits = json!({ "budget_minor": 8_000 });
        shop.offer("200", with(threshold("keep"), "limits", limits)).await;
        let form = |shopper: &str| cart(shopper, &[("tea", 4, 5_000)], &[]);
        for (key, shopper, expected) in [("1", "anna", 15_000), ("2", "bert", 20_000)] {
            let quote = shop.post("/api/v1/quotes", "", form(shopper)).await;
            assert_eq!(quote["payable_minor"], expected, "30.00 of the budget are left, not 50.00");
            let mut wanted = form(shopper);
            wanted["expect_payable_minor"] = quote["payable_minor"].clone();
            shop.post("/api/v1/redemptions", key, wanted).await;
        }
        let quote = shop.post("/api/v1/quotes", "", form("carl")).await;
        assert_eq!(quote["rejected"][0]["reason"], "used_up");
        shop.is_sound().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn goods_do_not_come_back_of_an_order_that_is_rolled_back_meanwhile() {
    for shop in shops().await {
        shop.offer("200", threshold("keep")).await;
        let order = shop.post("/api/v1/redemptions", "1", cart("anna", &[("tea", 4, 5_000)], &[])).await;
        shop.post(&of(&order, "redeem"), "", Value::Null).await;
        let id = order["redemption_id"].as_str().unwrap().to_owned();
        let (routes, path) = (shop.routes.clone(), of(&order, "returns"));
        let now = fanvine_kernel::Clock::now(shop.clock.as_ref());
        // Under the ledger's lock, as a roll-back is; the return is asked for while it is held.
        let returning = shop
            .store
            .write(move |tx| {
                Box::pin(async move {
                    carry_out(tx, Vec::new(), now).await?;
                    let body = json!({ "lines": [{ "line_id": "tea", "quantity": 1 }] }).to_string();
                    let request = http::Request::post(path).header("content-type", "application/json");
                    let request = request.header("Idempotency-Key", "r").body(axum::body::Body::from(body)).unwrap();
                    let returning = tokio::spawn(tower::ServiceExt::oneshot(routes, request));
                    for _ in 0..200 {
                        tx.one("SELECT 1 AS one", args![]).await?;
                    }
                    let step = "INSERT INTO redemption_steps (redemption_id, step, at) VALUES ($1, 'rolled_back', $2)";
                    tx.execute(step, args![&id, now]).await?;
                    Ok::<_, fanvine_ledger::LedgerError>(returning)
                })
            })
            .await
            .unwrap();
        assert_eq!(returning.await.unwrap().unwrap().status(), StatusCode::CONFLICT, "{}", shop.store.name);
        assert_eq!(shop.get(&of(&order, "")[..of(&order, "").len() - 1]).await["returns"], json!([]));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_offer_published_by_a_request_nobody_waits_for_is_quoted() {
    for shop in shops().await {
        shop.call("PUT", "/api/v1/offers/200", "", threshold("keep")).await;
        // However far the request came when it was given up: either it is published and quoted, or neither.
        for turns in 0..12 {
            let mut call = Box::pin(shop.call("POST", "/api/v1/offers/200/publish", "", Value::Null));
            for _ in 0..turns {
                if call.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_ready() {
                    break;
                }
                tokio::task::yield_now().await;
                shop.get("/api/v1/offers/200").await;
            }
            drop(call);
            // A withdrawal comes after whatever the request still does, and reads the offers anew.
            shop.post("/api/v1/offers/200/withdraw", "", Value::Null).await;
            let mut agree = false;
            for _ in 0..200 {
                let published = shop.get("/api/v1/offers/200").await["published_version"] == 1;
                let quote = shop.post("/api/v1/quotes", "", cart("anna", &[("tea", 4, 5_000)], &[])).await;
                agree = published == (quote["payable_minor"] == 15_000);
                if agree {
                    break;
                }
            }
            assert!(agree, "{}: after {turns} turns", shop.store.name);
        }
    }
}
