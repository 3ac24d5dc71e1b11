//! A flash sale of 1,000 units and a coupon good once, hammered by 64 clients with retries, repeated requests and
//! `kill -9`: sold exactly 1,000 and 1, and the ledger's proof holds.

use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};

use anyhow::{Context, Result, bail, ensure};
use fanvine_tests::{Fanvine, SERVER_KEY, on_both_columns};
use serde_json::{Value, json};

use crate::crowd::{Crowd, agent};

const STOCK: usize = 1_000;
/// Orders, more than there is stock.
const ORDERS: usize = 1_064;
const CRASHES: usize = 3;

/// What the clients share.
struct Sale {
    crowd: Crowd,
    next: AtomicUsize,
    sold: AtomicUsize,
    coupons: AtomicUsize,
}

impl Sale {
    fn new(url: &str) -> Self {
        Self {
            crowd: Crowd::new(url),
            next: AtomicUsize::new(0),
            sold: AtomicUsize::new(0),
            coupons: AtomicUsize::new(0),
        }
    }

    /// One client: takes orders and brings each to its end.
    fn buy(&self) -> Result<()> {
        let agent = agent();
        loop {
            let order = self.next.fetch_add(1, SeqCst);
            if order >= ORDERS {
                return Ok(());
            }
            if self.order(&agent, &format!("mug-{order}"), &mug(order))? {
                self.sold.fetch_add(1, SeqCst);
            }
            // Every client tries the coupon now and then.
            if order.is_multiple_of(16) && self.order(&agent, &format!("tea-{order}"), &tea(order))? {
                self.coupons.fetch_add(1, SeqCst);
            }
            self.crowd.has_done_one();
        }
    }

    /// Reserves and redeems, some requests twice; whether the price could be had.
    fn order(&self, agent: &ureq::Agent, key: &str, form: &Value) -> Result<bool> {
        let (status, reserved) = self.crowd.ask(agent, "/api/v1/redemptions", key, form)?;
        if key.ends_with('3') {
            let (again, answer) = self.crowd.ask(agent, "/api/v1/redemptions", key, form)?;
            let same = answer["redemption_id"] == reserved["redemption_id"];
            ensure!(again == status && same, "{key} was answered {reserved}, then {answer}");
        }
        match (status, reserved["code"].as_str()) {
            (200, _) => {}
            (409, Some("price_changed")) => return Ok(false),
            _ => bail!("{key} was answered {status} {reserved}"),
        }
        let id = reserved["redemption_id"].as_str().context("no redemption_id")?;
        for _ in 0..if key.ends_with('7') { 2 } else { 1 } {
            let (status, redeemed) =
                self.crowd.ask(agent, &format!("/api/v1/redemptions/{id}/redeem"), key, &json!({}))?;
            ensure!(status == 200 && redeemed["status"] == "redeemed", "{key} was answered {status} {redeemed}");
        }
        Ok(true)
    }
}

fn form(order: usize, product: &str, unit_minor: i64, expected: i64, codes: &[&str]) -> Value {
    json!({
        "cart": { "currency": "CNY", "lines": [
            { "line_id": "1", "product_id": product, "quantity": 1, "unit_minor": unit_minor },
        ]},
        "shopper": { "shopper_id": format!("shopper-{order}") },
        "codes": codes,
        "expect_payable_minor": expected,
        "hold_s": 86_400,
        "order_id": format!("{product}-{order}"),
    })
}

fn mug(order: usize) -> Value {
    form(order, "mug", 2_000, 990, &[])
}

fn tea(order: usize) -> Value {
    form(order, "tea", 5_000, 4_500, &["ONCE"])
}

fn set_up(shop: &Fanvine) -> Result<()> {
    let flash = json!({
        "name": "Mug hour", "scope": { "products": ["mug"] },
        "benefit": { "kind": "base_price", "price": "flash", "unit_minor": 990 },
        "limits": { "per_product": { "mug": STOCK }, "per_shopper": 1 },
    });
    let tenth = json!({
        "name": "A tenth", "claim": "coupon",
        "benefit": { "kind": "tiers", "tiers": [
            { "at": { "spend_minor": 0 }, "rewards": [{ "kind": "percent", "basis_points": 1_000 }] },
        ]},
    });
    for (id, terms) in [("flash", flash), ("tenth", tenth)] {
        shop.request("PUT", &format!("/api/v1/offers/{id}")).json(&terms).bearer(SERVER_KEY).expect(200)?;
        shop.post(&format!("/api/v1/offers/{id}/publish"), &json!({})).bearer(SERVER_KEY).expect(200)?;
    }
    let code = shop.post("/api/v1/offers/tenth/codes", &json!({ "code": "ONCE", "most_uses": 1 }));
    code.bearer(SERVER_KEY).header("Idempotency-Key", "once").expect(200)?;
    Ok(())
}

/// What is in an account of the ledger, and reserved to come into it.
fn account(shop: &Fanvine, name: &str) -> Result<(Value, Value)> {
    let found = shop.get(&format!("/api/v1/ledger/account?name={name}")).bearer(SERVER_KEY).expect(200)?.json()?;
    Ok((found["balance"].clone(), found["held_in"].clone()))
}

on_both_columns! {
    fn a_flash_sale_hammered_through_crashes_sells_exactly_its_stock(column) {
        let mut shop = Fanvine::start(&column)?;
        set_up(&shop)?;
        let sale = Sale::new(&shop.url);
        sale.crowd.hammer(&mut shop, CRASHES, STOCK, || sale.buy())?;
        ensure!(sale.sold.load(SeqCst) == STOCK, "{} units were sold", sale.sold.load(SeqCst));
        ensure!(sale.coupons.load(SeqCst) == 1, "the coupon was used {} times", sale.coupons.load(SeqCst));
        ensure!(account(&shop, "sold/flash/mug")? == (json!(STOCK), json!(0)));
        ensure!(account(&shop, "code/ONCE")? == (json!(1), json!(0)));
        let proof = shop.get("/api/v1/ledger/proof").bearer(SERVER_KEY).expect(200)?.json()?;
        ensure!(proof["sound"] == true && proof["open_reservations"] == 0, "{proof}");
        Ok(())
    }
}
