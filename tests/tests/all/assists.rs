//! Invitations of many shoppers, hammered by 64 clients through `kill -9`: every friend whose order was paid counts once, every
//! rung is given once, and the ledger's proof holds.

use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};

use anyhow::{Context, Result, ensure};
use fanvine_tests::{Fanvine, SERVER_KEY, on_both_columns, wait_for};
use serde_json::{Value, json};

use crate::crowd::{Crowd, agent};

const INVITERS: usize = 12;
/// Friends of each, as many as its last rung asks for.
const FRIENDS: usize = 15;
const CRASHES: usize = 3;

struct Party {
    crowd: Crowd,
    next: AtomicUsize,
    invitations: Vec<String>,
}

impl Party {
    /// One client: takes friends, and each accepts, orders and pays, some of them twice.
    fn take_part(&self) -> Result<()> {
        let agent = agent();
        loop {
            let number = self.next.fetch_add(1, SeqCst);
            if number >= INVITERS * FRIENDS {
                return Ok(());
            }
            let accept = format!("/api/v1/assists/{}/accept", self.invitations[number % INVITERS]);
            let order = json!({
                "cart": { "currency": "CNY", "lines": [
                    { "line_id": "1", "product_id": "tea", "quantity": 1, "unit_minor": 2_000 },
                ]},
                "shopper": { "shopper_id": format!("friend-{number}") },
            });
            for _ in 0..1 + usize::from(number.is_multiple_of(5)) {
                self.asks(&agent, &accept, number, &json!({ "shopper_id": format!("friend-{number}") }))?;
                let reserved = self.asks(&agent, "/api/v1/redemptions", number, &order)?;
                let id = reserved["redemption_id"].as_str().context("no redemption_id")?;
                let paid = self.asks(&agent, &format!("/api/v1/redemptions/{id}/redeem"), number, &json!({}))?;
                ensure!(paid["status"] == "redeemed", "{paid}");
            }
            self.crowd.has_done_one();
        }
    }

    fn asks(&self, agent: &ureq::Agent, path: &str, number: usize, body: &Value) -> Result<Value> {
        let (status, answer) = self.crowd.ask(agent, path, &format!("order-{number}"), body)?;
        ensure!(status == 200, "friend {number} asked {path} and was answered {status} {answer}");
        Ok(answer)
    }
}

fn get(shop: &Fanvine, path: &str) -> Result<Value> {
    shop.get(path).bearer(SERVER_KEY).expect(200)?.json()
}

on_both_columns! {
    fn friends_of_many_invitations_hammered_through_crashes_count_once_and_rungs_are_given_once(column) {
        let mut shop = Fanvine::start(&column)?;
        let rung = |friends: usize, points: i64| {
            json!({ "friends": friends, "gives": { "kind": "points", "points": points }, "value_minor": 100, "stock": INVITERS })
        };
        let terms = json!({ "name": "Invite friends", "rules": {
            "kind": "assist", "currency": "CNY", "hours": 24, "per_shopper": 1, "rungs": [rung(1, 50), rung(FRIENDS, 200)],
            "activated_by": { "by": "paid_order", "least_minor": 2_000, "hold_days": 0 },
        }});
        shop.request("PUT", "/api/v1/plays/friends").json(&terms).bearer(SERVER_KEY).expect(200)?;
        shop.post("/api/v1/plays/friends/publish", &json!({})).bearer(SERVER_KEY).expect(200)?;
        let mut invitations = Vec::new();
        for inviter in 0..INVITERS {
            let opened = shop.request("POST", "/api/v1/plays/friends/assists").header("Idempotency-Key", format!("open-{inviter}"))
                .json(&json!({ "shopper_id": format!("inviter-{inviter}") })).bearer(SERVER_KEY).expect(200)?.json()?;
            invitations.push(opened["assist_id"].as_str().context("no assist_id")?.to_owned());
        }
        let party = Party { crowd: Crowd::new(&shop.url), next: AtomicUsize::new(0), invitations };
        party.crowd.hammer(&mut shop, CRASHES, INVITERS * FRIENDS, || party.take_part())?;

        // What a crash came between is counted when the program looks again.
        wait_for("every invitation to be rewarded", || {
            let all = get(&shop, "/api/v1/assists?play_id=friends&limit=200")?;
            let all = all["assists"].as_array().context("no assists")?;
            let done = |one: &Value| one["state"] == "completed" && one["activated"] == FRIENDS;
            Ok((all.len() == INVITERS && all.iter().all(done)).then_some(()))
        })?;
        let issued = get(&shop, "/api/v1/ledger/account?name=issue/points/points")?;
        ensure!(issued["balance"] == -i64::try_from(INVITERS * 250)?, "{issued}");
        for rung in [1, FRIENDS] {
            let given = get(&shop, &format!("/api/v1/ledger/account?name=assist_given/friends/{rung}"))?;
            ensure!(given["balance"] == INVITERS && given["held_in"] == 0, "{given}");
        }
        let more = json!({ "shopper_id": "late" });
        let late = shop.request("POST", "/api/v1/plays/friends/assists").header("Idempotency-Key", "late").json(&more);
        let refused = late.bearer(SERVER_KEY).expect(409)?.json()?;
        ensure!(refused["code"] == "play_full", "{refused}");
        let proof = get(&shop, "/api/v1/ledger/proof")?;
        ensure!(proof["sound"] == true, "{proof}");
        Ok(())
    }
}
