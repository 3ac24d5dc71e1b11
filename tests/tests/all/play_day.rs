//! A shop's plays of one day, hammered through `kill -9`: helps with a bargain, draws of a lottery, check-ins. Whatever was
//! answered stands, nothing is doubled, and the ledger's proof holds.

use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};

use anyhow::{Context, Result, ensure};
use fanvine_tests::{Fanvine, SERVER_KEY, on_both_columns};
use serde_json::{Value, json};

use crate::crowd::{Crowd, agent};

/// Helps of the bargain, draws of the lottery, check-ins: one of each for every shopper.
const SHOPPERS: usize = 240;
const STOCK: usize = 25;
const CRASHES: usize = 3;

struct Day {
    crowd: Crowd,
    next: AtomicUsize,
    won: AtomicUsize,
    bargain: String,
}

impl Day {
    /// One client: takes shoppers, and each helps, draws and checks in, some of them twice under the same key.
    fn take_part(&self) -> Result<()> {
        let agent = agent();
        loop {
            let number = self.next.fetch_add(1, SeqCst);
            if number >= SHOPPERS {
                return Ok(());
            }
            let form = json!({ "shopper_id": format!("shopper-{number}") });
            let help = format!("/api/v1/bargains/{}/help", self.bargain);
            let (draw, check_in) = ("/api/v1/plays/wheel/draw", "/api/v1/plays/daily/check-in");
            let asked = [(help.as_str(), "help"), (draw, "draw"), (check_in, "in")];
            for (path, what) in asked {
                let key = format!("{what}-{number}");
                let (status, first) = self.crowd.ask(&agent, path, &key, &form)?;
                ensure!(status == 200, "{key} was answered {status} {first}");
                if number.is_multiple_of(5) {
                    let (_, again) = self.crowd.ask(&agent, path, &key, &form)?;
                    let same = |field: &str| first[field] == again[field];
                    ensure!(same("cut_minor") && same("draw_id") && same("streak"), "{key}: {first}, then {again}");
                }
                self.won.fetch_add(usize::from(what == "draw" && first["prize"].is_object()), SeqCst);
            }
            self.crowd.has_done_one();
        }
    }
}

fn publish(shop: &Fanvine, id: &str, terms: &Value) -> Result<()> {
    shop.request("PUT", &format!("/api/v1/plays/{id}")).json(terms).bearer(SERVER_KEY).expect(200)?;
    shop.post(&format!("/api/v1/plays/{id}/publish"), &json!({})).bearer(SERVER_KEY).expect(200)?;
    Ok(())
}

fn get(shop: &Fanvine, path: &str) -> Result<Value> {
    shop.get(path).bearer(SERVER_KEY).expect(200)?.json()
}

on_both_columns! {
    fn helps_draws_and_check_ins_hammered_through_crashes_stand_and_are_not_doubled(column) {
        let mut shop = Fanvine::start(&column)?;
        publish(&shop, "cut", &json!({ "name": "Cut it", "rules": {
            "kind": "bargain", "product_id": "mug", "start_minor": 100_000, "floor_minor": 10_000, "helps": SHOPPERS, "hours": 24,
        }}))?;
        publish(&shop, "wheel", &json!({ "name": "Wheel", "ends_at": "2099-01-01T00:00:00Z", "rules": {
            "kind": "lottery", "currency": "CNY", "daily_free": 1, "prizes": [{
                "prize_id": "points", "name": "Ten points", "odds": 500_000, "stock": STOCK, "value_minor": 10,
                "gives": { "kind": "points", "points": 10 },
            }],
        }}))?;
        publish(&shop, "daily", &json!({ "name": "Every day", "rules": { "kind": "check_in", "points": 5 } }))?;
        let opened = shop.request("POST", "/api/v1/plays/cut/bargains").header("Idempotency-Key", "open")
            .json(&json!({ "shopper_id": "anna" })).bearer(SERVER_KEY).expect(200)?.json()?;
        let bargain = opened["bargain_id"].as_str().context("no bargain_id")?.to_owned();
        let crowd = Crowd::new(&shop.url);
        let day = Day { crowd, next: AtomicUsize::new(0), won: AtomicUsize::new(0), bargain };
        day.crowd.hammer(&mut shop, CRASHES, SHOPPERS, || day.take_part())?;

        let cut = get(&shop, &format!("/api/v1/bargains/{}/proof", day.bargain))?;
        ensure!(cut["agrees"] == true && cut["cut"].as_array().map(Vec::len) == Some(SHOPPERS), "{cut}");
        let shown = get(&shop, &format!("/api/v1/bargains/{}", day.bargain))?;
        ensure!(shown["price_minor"] == 10_000 && shown["helped"] == SHOPPERS, "{shown}");
        let wheel = get(&shop, "/api/v1/lotteries?play_id=wheel")?["lotteries"][0].clone();
        ensure!(wheel["draws"] == SHOPPERS, "{wheel}");
        let won = day.won.load(SeqCst);
        ensure!(won <= STOCK && wheel["prizes"][0]["won"] == won, "{won} were told they won: {wheel}");
        ensure!(wheel["prizes"][0]["left"] == STOCK - won, "{wheel}");
        let issued = get(&shop, "/api/v1/ledger/account?name=issue/points/points")?;
        ensure!(issued["balance"] == -i64::try_from(5 * SHOPPERS + 10 * won)?, "{issued}");
        let proof = get(&shop, "/api/v1/ledger/proof")?;
        ensure!(proof["sound"] == true, "{proof}");
        Ok(())
    }
}
