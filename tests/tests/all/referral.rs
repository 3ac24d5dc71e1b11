//! Referral through the real program: a link that was opened binds, an order earns through a crash, goods that come back take
//! their share, and what opens is asked for and paid.

use anyhow::{Context, Result, ensure};
use fanvine_tests::{Fanvine, SERVER_KEY, on_both_columns, wait_for};
use serde_json::{Value, json};

use crate::checkout::{ask, get, is_sound, of, order, post, put};
use crate::messages::track;

fn balance(shop: &Fanvine, sharer: &str) -> Result<Value> {
    Ok(get(shop, &format!("/api/v1/sharers/{sharer}"))?["balances"][0].clone())
}

fn teas(shopper: &str, quantity: i64) -> Value {
    json!({
        "cart": { "currency": "CNY", "lines": [
            { "line_id": "1", "product_id": "tea", "quantity": quantity, "unit_minor": 5_000 },
        ]},
        "shopper": { "shopper_id": shopper },
    })
}

on_both_columns! {
    fn an_opened_link_earns_commission_that_comes_back_with_goods_and_is_paid(column) {
        let mut shop = Fanvine::start(&column)?;
        let rules = json!({
            "kind": "referral", "binding": { "rule": "last" }, "frozen_days": 0,
            "levels": [{ "basis_points": 1_000 }],
        });
        put(&shop, "/api/v1/plays/friends", &json!({ "name": "Bring friends", "rules": rules }))?;
        // Two levels need an owner's word, and a server is no owner.
        let said = json!({ "statement": "We looked at it" });
        shop.post("/api/v1/plays/friends/sign-off", &said).bearer(SERVER_KEY).send()?.expect_problem(403, "forbidden")?;
        post(&shop, "/api/v1/plays/friends/publish", "", &json!({}))?;
        let joined = post(&shop, "/api/v1/plays/friends/sharers", "", &json!({ "shopper_id": "anna" }))?;
        let code = joined["code"].as_str().context("no code")?;
        ensure!(joined["link_query"] == format!("fv_share={code}~anna~"), "{joined}");

        let opened = json!({ "share_id": code, "sharer_id": "anna" });
        shop.send_batch(&[track("open-1", "Share Opened", "bert", opened)])?;
        wait_for("bert to be bound to anna", || {
            let tree = get(&shop, "/api/v1/sharers/anna/tree?play_id=friends")?;
            Ok((tree["invited"][0]["shopper_id"] == "bert").then_some(()))
        })?;
        shop.kill()?;
        shop.begin()?;
        let bought = order(&shop, "order-1", &teas("bert", 4))?;
        ensure!(balance(&shop, "anna")?["balance_minor"] == 2_000, "{}", balance(&shop, "anna")?);
        let one = json!({ "lines": [{ "line_id": "1", "quantity": 1 }] });
        post(&shop, &of(&bought, "returns")?, "back-1", &one)?;
        ensure!(balance(&shop, "anna")?["available_minor"] == 1_500, "{}", balance(&shop, "anna")?);

        let form = json!({ "currency": "CNY", "amount_minor": 1_200, "payee": "bank 1" });
        let asked = post(&shop, "/api/v1/sharers/anna/withdrawals", "w-1", &form)?;
        shop.kill()?;
        shop.begin()?;
        ensure!(post(&shop, "/api/v1/sharers/anna/withdrawals", "w-1", &form)? == asked, "asked twice");
        let again = ask(&shop, "/api/v1/sharers/anna/withdrawals", "w-2", &form)?;
        again.expect_problem(409, "play_full")?;
        let id = asked["withdrawal_id"].as_str().context("no withdrawal_id")?;
        let path = format!("/api/v1/withdrawals/{id}/approve");
        for _ in 0..2 {
            let paid = post(&shop, &path, "", &json!({ "note": "transfer 7" }))?;
            ensure!(paid["state"] == "paid", "{paid}");
        }
        ensure!(balance(&shop, "anna")?["balance_minor"] == 300, "{}", balance(&shop, "anna")?);
        let told = "SELECT COUNT(*) FROM events WHERE event IN ('Commission Earned', 'Commission Taken Back', 'Withdrawal Paid')";
        shop.wait_until_sql(told, &json!([[3]]))?;
        is_sound(&shop)
    }
}
