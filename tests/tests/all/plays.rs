//! One hot group buy, hammered by 64 clients with repeated requests and `kill -9`: no seat is sold twice, no unit too many,
//! every full group completes, and the ledger's proof holds.

use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::sync::{Mutex, PoisonError};

use anyhow::{Context, Result, bail, ensure};
use fanvine_tests::{Fanvine, SERVER_KEY, on_both_columns, wait_for};
use serde_json::{Value, json};

use crate::crowd::{Crowd, agent};

const SIZE: i64 = 3;
const STOCK: usize = 360;
/// Shoppers, more than there is stock.
const SHOPPERS: usize = 400;
const CRASHES: usize = 3;

/// What the clients share.
struct Campaign {
    crowd: Crowd,
    next: AtomicUsize,
    paid: AtomicUsize,
    /// The group that is said to have free seats.
    open: Mutex<Option<String>>,
}

impl Campaign {
    fn group(&self) -> Option<String> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// That a group has free seats, or none any more.
    fn say(&self, group: &str, free: bool) {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        match free {
            true => *open = Some(group.to_owned()),
            false => drop(open.take_if(|known| known == group)),
        }
    }

    /// One client: takes shoppers and brings each to a seat, or to the end of the stock.
    fn take_part(&self) -> Result<()> {
        let agent = agent();
        loop {
            let shopper = self.next.fetch_add(1, SeqCst);
            if shopper >= SHOPPERS {
                return Ok(());
            }
            if self.has_a_seat(&agent, shopper)? {
                self.paid.fetch_add(1, SeqCst);
            }
            self.crowd.has_done_one();
        }
    }

    fn has_a_seat(&self, agent: &ureq::Agent, shopper: usize) -> Result<bool> {
        loop {
            let known = self.group();
            let (path, key, body) = match &known {
                Some(group) => {
                    (format!("/api/v1/groups/{group}/join"), format!("join-{shopper}-{group}"), order(shopper))
                }
                None => {
                    let body = json!({ "size": SIZE, "order": order(shopper) });
                    ("/api/v1/group-buys/mugs/open".to_owned(), format!("open-{shopper}"), body)
                }
            };
            let (status, seat) = self.crowd.ask(agent, &path, &key, &body)?;
            if shopper.is_multiple_of(7) {
                let (again, answer) = self.crowd.ask(agent, &path, &key, &body)?;
                let same = answer["redemption"]["redemption_id"] == seat["redemption"]["redemption_id"];
                ensure!(again == status && same || status != 200, "{key} was answered {seat}, then {answer}");
            }
            match (status, seat["code"].as_str(), &known) {
                (200, ..) => return self.pays(agent, &key, &seat, known.is_none()),
                (409, Some("play_full"), _) if seat["detail"].as_str().is_some_and(|why| why.contains("units")) => {
                    return Ok(false);
                }
                (409, Some("play_full" | "play_over"), Some(group)) => self.say(group, false),
                _ => bail!("{key} was answered {status} {seat}"),
            }
        }
    }

    fn pays(&self, agent: &ureq::Agent, key: &str, seat: &Value, leads: bool) -> Result<bool> {
        let id = seat["redemption"]["redemption_id"].as_str().context("no redemption_id")?;
        let (status, paid) = self.crowd.ask(agent, &format!("/api/v1/redemptions/{id}/redeem"), key, &json!({}))?;
        ensure!(status == 200 && paid["status"] == "redeemed", "{key} was answered {status} {paid}");
        if leads {
            self.say(seat["group"]["group_id"].as_str().context("no group_id")?, true);
        }
        Ok(true)
    }
}

fn order(shopper: usize) -> Value {
    json!({
        "cart": { "currency": "CNY", "lines": [
            { "line_id": "1", "product_id": "mug", "quantity": 1, "unit_minor": 2_000 },
        ]},
        "shopper": { "shopper_id": format!("shopper-{shopper}") },
        "expect_payable_minor": 1_200,
        "order_id": format!("mug-{shopper}"),
    })
}

fn groups(shop: &Fanvine) -> Result<Vec<Value>> {
    let (mut all, mut before) = (Vec::new(), String::new());
    loop {
        let path = format!("/api/v1/groups?play_id=mugs&limit=200{before}");
        let page = shop.get(&path).bearer(SERVER_KEY).expect(200)?.json()?;
        all.extend(page["groups"].as_array().context("no groups")?.iter().cloned());
        match page["next"].as_str() {
            Some(next) => before = format!("&before={next}"),
            None => return Ok(all),
        }
    }
}

on_both_columns! {
    fn a_hot_group_buy_hammered_through_crashes_sells_no_seat_twice(column) {
        let mut shop = Fanvine::start(&column)?;
        let terms = json!({ "name": "Mugs together", "rules": {
            "kind": "group_buy", "product_id": "mug", "hours": 24, "pay_within_s": 86_400, "stock": STOCK,
            "sizes": [{ "size": SIZE, "unit_minor": 1_200 }],
        }});
        shop.request("PUT", "/api/v1/plays/mugs").json(&terms).bearer(SERVER_KEY).expect(200)?;
        shop.post("/api/v1/plays/mugs/publish", &json!({})).bearer(SERVER_KEY).expect(200)?;
        let campaign = Campaign {
            crowd: Crowd::new(&shop.url),
            next: AtomicUsize::new(0),
            paid: AtomicUsize::new(0),
            open: Mutex::new(None),
        };
        campaign.crowd.hammer(&mut shop, CRASHES, STOCK, || campaign.take_part())?;
        let paid = campaign.paid.load(SeqCst);
        ensure!(paid == STOCK, "{paid} seats were paid");
        // What a crash came between is completed when the program looks again.
        let full = |group: &Value| group["paid"] == SIZE;
        let groups = wait_for("every full group to be completed", || {
            let groups = groups(&shop)?;
            let done = groups.iter().filter(|group| full(group)).all(|group| group["state"] == "completed");
            Ok(done.then_some(groups))
        })?;
        for group in &groups {
            let (paid, held) = (group["paid"].as_i64().unwrap_or(-1), group["held"].as_i64().unwrap_or(-1));
            ensure!((0..=SIZE).contains(&paid) && held == 0, "{group}");
            ensure!((group["state"] == "completed") == full(group), "{group}");
        }
        let seats: i64 = groups.iter().filter_map(|group| group["paid"].as_i64()).sum();
        ensure!(seats == i64::try_from(STOCK)?, "{seats} seats are taken");
        let sold = shop.get("/api/v1/ledger/account?name=play_sold/mugs").bearer(SERVER_KEY).expect(200)?.json()?;
        ensure!(sold["balance"] == STOCK && sold["held_in"] == 0, "{sold}");
        let proof = shop.get("/api/v1/ledger/proof").bearer(SERVER_KEY).expect(200)?.json()?;
        ensure!(proof["sound"] == true && proof["open_reservations"] == 0, "{proof}");
        Ok(())
    }
}
