//! The checkout of the book (`docs/checkout.md`), with its amounts; the same in a sandbox, which touches nothing of the
//! shop's own; and a pre-sale with its deposit.

use anyhow::{Context, Result, ensure};
use fanvine_tests::{Fanvine, Reply, SERVER_KEY, on_both_columns};
use serde_json::{Value, json};

pub fn put(shop: &Fanvine, path: &str, body: &Value) -> Result<Value> {
    shop.request("PUT", path).json(body).bearer(SERVER_KEY).expect(200)?.json()
}

pub fn get(shop: &Fanvine, path: &str) -> Result<Value> {
    shop.get(path).bearer(SERVER_KEY).expect(200)?.json()
}

/// Asks under a key, whatever the answer.
pub fn ask(shop: &Fanvine, path: &str, key: &str, body: &Value) -> Result<Reply> {
    shop.post(path, body).bearer(SERVER_KEY).header("Idempotency-Key", key).send()
}

/// Asks under a key, and must be answered 200.
pub fn post(shop: &Fanvine, path: &str, key: &str, body: &Value) -> Result<Value> {
    shop.post(path, body).bearer(SERVER_KEY).header("Idempotency-Key", key).expect(200)?.json()
}

pub fn offer(shop: &Fanvine, id: &str, terms: &Value) -> Result<()> {
    put(shop, &format!("/api/v1/offers/{id}"), terms)?;
    post(shop, &format!("/api/v1/offers/{id}/publish"), "", &json!({}))?;
    Ok(())
}

/// The path of a verb of a redemption.
pub fn of(redemption: &Value, verb: &str) -> Result<String> {
    let id = redemption["redemption_id"].as_str().with_context(|| format!("no redemption: {redemption}"))?;
    Ok(format!("/api/v1/redemptions/{id}/{verb}"))
}

/// Reserves under this key, and redeems.
pub fn order(shop: &Fanvine, key: &str, form: &Value) -> Result<Value> {
    let reserved = post(shop, "/api/v1/redemptions", key, form)?;
    post(shop, &of(&reserved, "redeem")?, "", &json!({}))
}

pub fn is_sound(shop: &Fanvine) -> Result<()> {
    let proof = get(shop, "/api/v1/ledger/proof")?;
    ensure!(proof["sound"] == true && proof["open_reservations"] == 0, "{proof}");
    Ok(())
}

/// What is in an account, and reserved to come into it.
fn account(shop: &Fanvine, name: &str) -> Result<[Value; 2]> {
    let found = get(shop, &format!("/api/v1/ledger/account?name={name}"))?;
    Ok([found["balance"].clone(), found["held_in"].clone()])
}

/// A tenth off, for whoever has a coupon.
pub fn tenth(receive: Value) -> Value {
    json!({
        "name": "A tenth", "claim": "coupon", "receive": receive,
        "benefit": { "kind": "tiers", "tiers": [
            { "at": { "spend_minor": 0 }, "rewards": [{ "kind": "percent", "basis_points": 1_000 }] },
        ]},
    })
}

/// Goods, points and offers of the page, the offers published.
fn set_up(shop: &Fanvine) -> Result<()> {
    for (id, name, price, cost) in [("mug", "Mug", 2_000, 900), ("tea", "Tea", 5_000, 3_000)] {
        let product = json!({ "name": name, "price_minor": price, "currency": "CNY", "cost_minor": cost });
        put(shop, &format!("/api/v1/products/{id}"), &product)?;
    }
    let rule = json!({ "minor_per_point": 1, "most_basis_points": 5_000, "minor_per_point_earned": 100 });
    put(shop, "/api/v1/points/rule", &rule)?;
    let off = json!({
        "name": "50 off 200", "on_return": "retest", "ends_at": "2040-01-01T00:00:00Z",
        "shared": { "partner": "Teahouse", "basis_points": 5_000 },
        "benefit": { "kind": "tiers", "tiers": [
            { "at": { "spend_minor": 20_000 }, "rewards": [{ "kind": "amount", "minor": 5_000 }] },
        ]},
    });
    let flash = json!({
        "name": "Mug hour", "scope": { "products": ["mug"] },
        "benefit": { "kind": "base_price", "price": "flash", "unit_minor": 990 },
        "limits": { "per_product": { "mug": 1_000 }, "per_shopper": 2 },
    });
    put(shop, "/api/v1/offers/mug-hour", &flash)?;
    let drafts = json!({
        "drafts": ["mug-hour"], "shopper": { "shopper_id": "u-1" },
        "cart": { "currency": "CNY", "lines": [{ "line_id": "1", "product_id": "mug", "quantity": 3, "unit_minor": 2_000 }] },
    });
    let tried = shop.post("/api/v1/quotes", &drafts).bearer(SERVER_KEY).header("Fanvine-Sandbox", "try");
    let tried = tried.expect(200)?.json()?;
    ensure!(tried["payable_minor"] == 3_980 && tried["sandbox"] == "try", "{tried}");
    let gates = get(shop, "/api/v1/offers/mug-hour/gates")?;
    ensure!(gates["passes"] == true, "{gates}");
    post(shop, "/api/v1/offers/mug-hour/publish", "", &json!({}))?;
    offer(shop, "off-50", &off)?;
    offer(shop, "tenth", &tenth(json!({ "good_for_days": 30, "total": 1_000, "per_shopper": 1 })))
}

/// A coupon and 300 points for the shopper of the page.
fn give(shop: &Fanvine) -> Result<()> {
    let coupons = json!({ "shopper_ids": ["u-1"] });
    let issued = post(shop, "/api/v1/offers/tenth/coupons", "welcome", &coupons)?;
    ensure!(issued == json!({ "issued": 1, "repeated": 0, "refused": 0, "next": null }), "{issued}");
    let again = post(shop, "/api/v1/offers/tenth/coupons", "welcome", &coupons)?;
    ensure!(again == json!({ "issued": 0, "repeated": 1, "refused": 0, "next": null }), "{again}");
    for _ in 0..2 {
        let points = post(shop, "/api/v1/points/u-1", "welcome", &json!({ "points": 300 }))?;
        ensure!(points["balance"] == 300 && points["spendable"] == 300, "{points}");
    }
    Ok(())
}

fn form(order: &str, expected: i64, codes: &[&str]) -> Value {
    json!({
        "cart": { "currency": "CNY", "freight_minor": 800, "points": 300, "lines": [
            { "line_id": "1", "product_id": "mug", "quantity": 1, "unit_minor": 2_000 },
            { "line_id": "2", "product_id": "tea", "quantity": 5, "unit_minor": 5_000 },
        ]},
        "shopper": { "shopper_id": "u-1" }, "order_id": order, "expect_payable_minor": expected, "codes": codes,
    })
}

/// One tea comes back, then everything else.
fn give_back(shop: &Fanvine, paid: &Value) -> Result<()> {
    let (returns, one) = (of(paid, "returns")?, json!({ "lines": [{ "line_id": "2", "quantity": 1 }] }));
    for _ in 0..2 {
        let back = post(shop, &returns, "return-7", &one)?;
        ensure!(
            back["refunded_minor"] == 3_544 && back["returns"].as_array().is_some_and(|all| all.len() == 1),
            "{back}"
        );
    }
    let two = json!({ "lines": [{ "line_id": "2", "quantity": 2 }] });
    ask(shop, &returns, "return-7", &two)?.expect_problem(422, "idempotency_key_reused")?;
    ensure!(get(shop, "/api/v1/points/u-1")?["balance"] == 206);
    let settled = get(shop, "/api/v1/settlements?partner=Teahouse")?["settlements"].clone();
    let expected = json!([{
        "offer_id": "off-50", "partner": "Teahouse", "currency": "CNY", "orders": 1, "off_minor": 5_000,
        "back_minor": 1_000, "net_minor": 4_000, "partner_minor": 2_000, "shop_minor": 2_000,
    }]);
    ensure!(settled == expected, "{settled}");
    let all = post(shop, &returns, "return-8", &json!({}))?;
    ensure!(all["refunded_minor"] == 18_690, "{all}");
    let settled = get(shop, "/api/v1/settlements?partner=Teahouse")?["settlements"][0].clone();
    ensure!(settled["net_minor"] == 0 && settled["partner_minor"] == 0 && settled["shop_minor"] == 0, "{settled}");
    Ok(())
}

fn presale(from: &str) -> Value {
    json!({
        "name": "A lamp ahead", "scope": { "products": ["lamp"] }, "limits": { "total": 3 },
        "benefit": { "kind": "base_price", "price": "presale", "unit_minor": 15_000, "presale": {
            "deposit_minor": 3_000, "balance_from": from, "balance_until": "2040-11-22T00:00:00Z",
        }},
    })
}

fn lamps(quantity: i64) -> Value {
    json!({
        "cart": { "currency": "CNY", "lines": [
            { "line_id": "1", "product_id": "lamp", "quantity": quantity, "unit_minor": 20_000 },
        ]},
        "shopper": { "shopper_id": "u-1" },
    })
}

on_both_columns! {
    fn the_checkout_of_the_book_gives_the_amounts_of_the_book(column) {
        let mut shop = Fanvine::start(&column)?;
        set_up(&shop)?;
        give(&shop)?;
        let made = post(&shop, "/api/v1/offers/tenth/codes", "leaflet", &json!({ "count": 1_000, "prefix": "VIP" }))?;
        let code = made["sample"][0].as_str().with_context(|| format!("no code in {made}"))?;

        let reserved = post(&shop, "/api/v1/redemptions", "order-1001", &form("1001", 19_490, &[]))?;
        let quote = &reserved["quote"];
        ensure!((&quote["discount_minor"], &quote["points_spent"]) == (&json!(8_310), &json!(300)), "{quote}");
        let other = ask(&shop, "/api/v1/redemptions", "order-1002", &form("1002", 19_490, &[]))?;
        let changed = other.expect_problem(409, "price_changed")?;
        ensure!(changed["detail"] == "the cart costs 21790 minor units now, not 19490", "{changed}");
        let unpaid = post(&shop, "/api/v1/redemptions", "order-1002", &form("1002", 19_790, &[code]))?;
        ensure!(get(&shop, &format!("/api/v1/codes/{code}"))?["reserved"] == 1);
        post(&shop, &of(&unpaid, "roll-back")?, "", &json!({}))?;
        ensure!(get(&shop, &format!("/api/v1/codes/{code}"))?["reserved"] == 0);
        ask(&shop, &of(&unpaid, "redeem")?, "", &json!({}))?.expect_problem(409, "reservation_over")?;

        shop.kill()?;
        shop.begin()?;
        let again = post(&shop, "/api/v1/redemptions", "order-1001", &form("1001", 19_490, &[]))?;
        ensure!(again == reserved, "{again}");
        let found = get(&shop, "/api/v1/redemptions?order_id=1001")?;
        ensure!(found["redemptions"] == json!([reserved]), "{found}");
        for _ in 0..2 {
            let paid = post(&shop, &of(&reserved, "redeem")?, "", &json!({}))?;
            ensure!(paid["status"] == "redeemed", "{paid}");
        }
        ensure!(get(&shop, "/api/v1/points/u-1")?["balance"] == 186);
        ensure!(get(&shop, "/api/v1/coupons?shopper_id=u-1")?["coupons"][0]["status"] == "used");

        give_back(&shop, &reserved)?;
        ensure!(get(&shop, "/api/v1/points/u-1")?["spendable"] == 300);
        ensure!(get(&shop, "/api/v1/coupons?shopper_id=u-1")?["coupons"][0]["status"] == "unused");
        ensure!(account(&shop, "sold/mug-hour/mug")? == [json!(0), json!(0)]);
        is_sound(&shop)
    }

    fn a_sandbox_touches_nothing_of_the_shops_own(column) {
        let shop = Fanvine::start(&column)?;
        set_up(&shop)?;
        give(&shop)?;
        let state = || -> Result<Value> {
            let accounts = ["sold/mug-hour/mug", "shopper_uses/mug-hour/u-1", "points/u-1"];
            let accounts = accounts.map(|name| account(&shop, name).map_or(Value::Null, |found| json!(found)));
            Ok(json!([
                accounts,
                get(&shop, "/api/v1/points/u-1")?,
                get(&shop, "/api/v1/coupons?shopper_id=u-1")?,
                get(&shop, "/api/v1/settlements")?,
            ]))
        };
        let before = state()?;
        let mut wanted = form("1001", 0, &[]);
        wanted.as_object_mut().context("no form")?.remove("expect_payable_minor");
        let reserve = |name: &str| {
            let request = shop.post("/api/v1/redemptions", &wanted).bearer(SERVER_KEY).header("Idempotency-Key", "order-1001");
            request.header("Fanvine-Sandbox", name).expect(200)?.json()
        };
        let tried = reserve("try")?;
        ensure!(tried["sandbox"] == "try" && tried["quote"]["applied"][0]["offer_id"] == "mug-hour", "{tried}");
        post(&shop, &of(&tried, "redeem")?, "", &json!({}))?;
        post(&shop, &of(&tried, "returns")?, "r", &json!({ "lines": [{ "line_id": "2", "quantity": 1 }] }))?;
        // Another sandbox knows nothing of the first.
        let other = reserve("other")?;
        ensure!(other["redemption_id"] != tried["redemption_id"], "{other}");
        post(&shop, &of(&other, "roll-back")?, "", &json!({}))?;
        ensure!(state()? == before, "{}, where {before} was", state()?);

        // The key, the coupon, the points and the price are still there for the order itself.
        let live = post(&shop, "/api/v1/redemptions", "order-1001", &form("1001", 19_490, &[]))?;
        ensure!(live["sandbox"].is_null() && live["redemption_id"] != tried["redemption_id"], "{live}");
        post(&shop, &of(&live, "roll-back")?, "", &json!({}))?;
        shop.wait_until_sql(
            "SELECT event, count(*) FROM events WHERE event LIKE 'Redemption%' GROUP BY event ORDER BY event",
            &json!([["Redemption Reserved", 1], ["Redemption Rolled Back", 1]]),
        )?;
        is_sound(&shop)
    }

    fn a_pre_sale_takes_its_deposit_first_and_its_balance_in_time(column) {
        let mut shop = Fanvine::start(&column)?;
        offer(&shop, "ahead", &presale("2040-11-20T00:00:00Z"))?;
        let early = post(&shop, "/api/v1/redemptions", "early", &lamps(2))?;
        let due = &early["quote"]["presale"];
        ensure!((&due["deposit_minor"], &due["balance_minor"]) == (&json!(6_000), &json!(24_000)), "{due}");
        ask(&shop, &of(&early, "redeem")?, "", &json!({}))?.expect_problem(409, "reservation_over")?;
        for _ in 0..2 {
            let deposited = post(&shop, &of(&early, "deposit")?, "", &json!({}))?;
            let until = &deposited["deadline"];
            ensure!(deposited["status"] == "deposited" && *until == "2040-11-22T00:00:00Z", "{deposited}");
            shop.kill()?;
            shop.begin()?;
        }
        ask(&shop, &of(&early, "redeem")?, "", &json!({}))?.expect_problem(409, "reservation_over")?;
        ask(&shop, &of(&early, "returns")?, "r", &json!({}))?.expect_problem(409, "reservation_over")?;
        // One of three is left; the second lamp costs what it costs.
        let quote = post(&shop, "/api/v1/quotes", "", &lamps(2))?;
        ensure!(quote["payable_minor"] == 35_000, "{quote}");
        post(&shop, &of(&early, "roll-back")?, "", &json!({}))?;
        ask(&shop, &of(&early, "deposit")?, "", &json!({}))?.expect_problem(409, "reservation_over")?;

        offer(&shop, "ahead", &presale("2020-11-20T00:00:00Z"))?;
        let on_time = post(&shop, "/api/v1/redemptions", "on-time", &lamps(3))?;
        post(&shop, &of(&on_time, "deposit")?, "", &json!({}))?;
        let paid = post(&shop, &of(&on_time, "redeem")?, "", &json!({}))?;
        ensure!(paid["status"] == "redeemed" && paid["quote"]["payable_minor"] == 45_000, "{paid}");
        let back = post(&shop, &of(&paid, "returns")?, "r", &json!({ "lines": [{ "line_id": "1", "quantity": 1 }] }))?;
        ensure!(back["refunded_minor"] == 15_000, "{back}");
        is_sound(&shop)
    }
}
