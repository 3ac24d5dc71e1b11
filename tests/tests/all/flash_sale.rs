//! A flash sale of 1,000 units and a coupon good once, hammered by 64 clients with retries, repeated requests and
//! `kill -9`: sold exactly 1,000 and 1, and the ledger's proof holds.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};
use std::sync::{Condvar, Mutex, PoisonError};

use anyhow::{Context, Result, bail, ensure};
use fanvine_tests::{Fanvine, SERVER_KEY, on_both_columns};
use serde_json::{Value, json};

const CLIENTS: usize = 64;
const STOCK: usize = 1_000;
/// Orders, more than there is stock.
const ORDERS: usize = 1_064;
const CRASHES: usize = 3;

/// What the clients share while the program comes and goes.
struct Sale {
    /// Where the program answers; none while it is down.
    url: Mutex<Option<String>>,
    back: Condvar,
    next: AtomicUsize,
    sold: AtomicUsize,
    coupons: AtomicUsize,
    /// Orders that came to their end.
    done: AtomicUsize,
    progress: (Mutex<()>, Condvar),
    broken: AtomicBool,
}

impl Sale {
    fn new(url: &str) -> Self {
        Self {
            url: Mutex::new(Some(url.to_owned())),
            back: Condvar::new(),
            next: AtomicUsize::new(0),
            sold: AtomicUsize::new(0),
            coupons: AtomicUsize::new(0),
            done: AtomicUsize::new(0),
            progress: (Mutex::default(), Condvar::new()),
            broken: AtomicBool::new(false),
        }
    }

    fn address(&self) -> String {
        let mut url = self.url.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            match url.as_ref() {
                Some(url) => return url.clone(),
                None => url = self.back.wait(url).unwrap_or_else(PoisonError::into_inner),
            }
        }
    }

    fn set_address(&self, address: Option<&str>) {
        *self.url.lock().unwrap_or_else(PoisonError::into_inner) = address.map(str::to_owned);
        self.back.notify_all();
    }

    /// Waits until that many orders came to their end.
    fn wait_for(&self, orders: usize) -> Result<()> {
        let mut turn = self.progress.0.lock().unwrap_or_else(PoisonError::into_inner);
        while self.done.load(SeqCst) < orders {
            ensure!(!self.broken.load(SeqCst), "a client failed");
            turn = self.progress.1.wait(turn).unwrap_or_else(PoisonError::into_inner);
        }
        Ok(())
    }

    /// Asks until there is an answer that says something of the request itself: 200, or a refusal for good.
    fn ask(&self, agent: &ureq::Agent, path: &str, key: &str, body: &Value) -> Result<(u16, Value)> {
        loop {
            let url = format!("{}{path}", self.address());
            ensure!(!self.broken.load(SeqCst), "another client failed, or the program did not come back");
            let request = agent.post(url).header("Authorization", format!("Bearer {SERVER_KEY}"));
            let request = request.header("Idempotency-Key", key).header("Content-Type", "application/json");
            let Ok(mut reply) = request.send(body.to_string()) else { continue };
            let status = reply.status().as_u16();
            let Ok(text) = reply.body_mut().read_to_string() else { continue };
            if status < 500 && status != 429 {
                return Ok((status, serde_json::from_str(&text).with_context(|| text.clone())?));
            }
        }
    }

    /// One client: takes orders and brings each to its end.
    fn buy(&self) -> Result<()> {
        let config = ureq::Agent::config_builder().http_status_as_error(false);
        let agent = config.timeout_global(Some(fanvine_tests::PATIENCE)).build().new_agent();
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
            self.done.fetch_add(1, SeqCst);
            self.tell();
        }
    }

    /// Lets everybody end.
    fn give_up(&self) {
        self.broken.store(true, SeqCst);
        if self.url.lock().unwrap_or_else(PoisonError::into_inner).is_none() {
            self.set_address(Some("http://127.0.0.1:9"));
        }
        self.tell();
    }

    fn tell(&self) {
        drop(self.progress.0.lock().unwrap_or_else(PoisonError::into_inner));
        self.progress.1.notify_all();
    }

    /// Reserves and redeems, some requests twice; whether the price could be had.
    fn order(&self, agent: &ureq::Agent, key: &str, form: &Value) -> Result<bool> {
        let (status, reserved) = self.ask(agent, "/api/v1/redemptions", key, form)?;
        if key.ends_with('3') {
            let (again, answer) = self.ask(agent, "/api/v1/redemptions", key, form)?;
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
            let (status, redeemed) = self.ask(agent, &format!("/api/v1/redemptions/{id}/redeem"), key, &json!({}))?;
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
        std::thread::scope(|scope| -> Result<()> {
            let clients: Vec<_> = (0..CLIENTS)
                .map(|_| {
                    scope.spawn(|| {
                        let bought = sale.buy();
                        if bought.is_err() {
                            sale.give_up();
                        }
                        bought
                    })
                })
                .collect();
            let crashed = (1..=CRASHES).try_for_each(|crash| -> Result<()> {
                sale.wait_for(crash * STOCK / (CRASHES + 1))?;
                sale.set_address(None);
                shop.kill()?;
                shop.begin()?;
                sale.set_address(Some(&shop.url));
                Ok(())
            });
            if crashed.is_err() {
                sale.give_up();
            }
            for client in clients {
                client.join().map_err(|_| anyhow::anyhow!("a client panicked"))??;
            }
            crashed
        })?;
        ensure!(sale.sold.load(SeqCst) == STOCK, "{} units were sold", sale.sold.load(SeqCst));
        ensure!(sale.coupons.load(SeqCst) == 1, "the coupon was used {} times", sale.coupons.load(SeqCst));
        ensure!(account(&shop, "sold/flash/mug")? == (json!(STOCK), json!(0)));
        ensure!(account(&shop, "code/ONCE")? == (json!(1), json!(0)));
        let proof = shop.get("/api/v1/ledger/proof").bearer(SERVER_KEY).expect(200)?.json()?;
        ensure!(proof["sound"] == true && proof["open_reservations"] == 0, "{proof}");
        Ok(())
    }
}
