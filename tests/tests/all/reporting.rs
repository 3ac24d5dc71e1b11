//! What is kept of questions: saved insights, dashboards and links to them.

use anyhow::{Context, Result, ensure};
use fanvine_tests::{Fanvine, SERVER_KEY, on_both_columns};
use serde_json::{Value, json};

use crate::messages::track_at;

fn a_shopper_looks_and_buys(shop: &Fanvine) -> Result<()> {
    shop.send_batch(&[
        track_at("v1", "Product Viewed", "ann", "2026-03-01T10:00:00Z", json!({})),
        track_at("o1", "Order Completed", "ann", "2026-03-02T10:00:00Z", json!({ "order_id": "o1", "products": [] })),
        track_at("v2", "Product Viewed", "bob", "2026-03-01T11:00:00Z", json!({})),
    ])?;
    shop.wait_until_sql("SELECT count(*) FROM events", &json!([[3]]))
}

fn key_of(shop: &Fanvine, role: &str) -> Result<String> {
    let form = json!({ "name": role, "role": role });
    let made = shop.post("/api/v1/keys", &form).bearer(SERVER_KEY).expect(201)?.json()?;
    Ok(made["secret"].as_str().context("no secret")?.to_owned())
}

fn text(value: &Value) -> Result<String> {
    Ok(value.as_str().context("no text")?.to_owned())
}

on_both_columns! {
    fn a_question_is_saved_and_seen_by_a_link_until_that_is_taken_back(column) {
        let shop = Fanvine::start(&column)?;
        a_shopper_looks_and_buys(&shop)?;
        let analyst = key_of(&shop, "analyst")?;
        let steps = json!([{ "events": ["Product Viewed"] }, { "events": ["Order Completed"] }]);
        let question = json!({ "steps": steps, "from": "2026-03-01", "to": "2026-03-31", "people_at": 1 });
        let form = |question: &Value| json!({ "name": " From view to order ", "kind": "funnel", "question": question });

        // What is refused where it is asked is not saved, and says where it is wrong.
        let wrong = json!({ "steps": [{ "events": ["Product Viewd"] }, { "events": ["Order Completed"] }] });
        let refused = shop.post("/api/v1/saved-insights", &form(&wrong)).bearer(&analyst).send()?;
        let refused = refused.expect_problem(400, "invalid_parameter")?;
        ensure!(refused["pointer"] == "question.steps.0.events", "{refused}");
        ensure!(refused["detail"].as_str().is_some_and(|text| text.contains("did you mean `Product Viewed`")), "{refused}");

        let saved = shop.post("/api/v1/saved-insights", &form(&question)).bearer(&analyst).expect(201)?.json()?;
        ensure!(saved["name"] == "From view to order" && saved["shared"] == false, "{saved}");
        let insight = text(&saved["insight_id"])?;
        let address = format!("/api/v1/saved-insights/{insight}/answer");
        let answer = shop.get(&address).bearer(&analyst).expect(200)?.json()?;
        let asked = shop.post("/api/v1/insights/funnel", &question).bearer(&analyst).expect(200)?.json()?;
        ensure!(answer["answer"]["steps"] == asked["steps"], "{answer}");
        ensure!(answer["answer"]["people"] == json!([]), "a saved question lists people: {answer}");
        let again = shop.get(&address).bearer(&analyst).expect(200)?.json()?;
        ensure!(again["computed_at"] == answer["computed_at"], "nothing came in, yet it was worked out again");
        let csv = shop.get(&address).bearer(&analyst).header("accept", "text/csv").expect(200)?.text();
        ensure!(csv.starts_with("events,shoppers,of_first") && csv.contains("\r\nOrder Completed,1,0.5,"), "{csv}");
        let other = shop.get(&format!("{address}?from=2026-03-02&to=2026-03-02")).bearer(&analyst).expect(200)?.json()?;
        ensure!(other["answer"]["steps"][0]["shoppers"] == 0, "{other}");
        shop.send_batch(&[track_at("o2", "Order Completed", "bob", "2026-03-03T10:00:00Z", json!({ "order_id": "o2", "products": [] }))])?;
        fanvine_tests::wait_for("the new order to be in the answer", || {
            let answer = shop.get(&address).bearer(&analyst).expect(200)?.json()?;
            Ok((answer["answer"]["steps"][1]["shoppers"] == 2).then_some(()))
        })?;

        // What is private is nobody else's.
        let operator = key_of(&shop, "operator")?;
        shop.get(&address).bearer(&operator).send()?.expect_problem(404, "not_found")?;
        let tiles = json!([{ "insight_id": insight, "width": 6, "height": 2 }]);
        let form = json!({ "name": "Growth", "shared": true, "tiles": tiles });
        let refused = shop.post("/api/v1/dashboards", &form).bearer(&analyst).send()?.expect_problem(409, "conflict")?;
        ensure!(refused["detail"].as_str().is_some_and(|text| text.contains("is private")), "{refused}");
        let change = json!({ "name": "From view to order", "kind": "funnel", "question": question, "shared": true });
        let path = format!("/api/v1/saved-insights/{insight}");
        shop.request("PUT", &path).json(&change).bearer(&analyst).expect(200)?;
        let dashboard = shop.post("/api/v1/dashboards", &form).bearer(&analyst).expect(201)?.json()?;
        let dashboard = format!("/api/v1/dashboards/{}", text(&dashboard["dashboard_id"])?);
        shop.request("DELETE", &path).bearer(&analyst).send()?.expect_problem(409, "conflict")?;

        // A link reads this and nothing else.
        let shares = format!("{dashboard}/shares");
        shop.post(&shares, &json!({})).bearer(&analyst).send()?.expect_problem(403, "forbidden")?;
        let share = shop.post(&shares, &json!({ "days": 7 })).bearer(&operator).expect(201)?.json()?;
        let (token, share_id) = (text(&share["token"])?, text(&share["share_id"])?);
        let by_link = |path: &str, token: &str| shop.get(path).header("x-share-token", token).send();
        let seen = by_link("/api/v1/shared-dashboard", &token)?;
        ensure!(seen.status == 200, "{}", seen.text());
        ensure!(seen.json()?["insights"][0]["name"] == "From view to order", "{}", seen.text());
        let answer = format!("/api/v1/shared-dashboard/insights/{insight}/answer");
        let seen = by_link(&answer, &token)?.json()?;
        ensure!(seen["answer"]["steps"][0]["shoppers"] == 2, "{seen}");
        by_link("/api/v1/shared-dashboard", &token.replace("shr_", "shr_0"))?.expect_problem(404, "not_found")?;
        let mut forged = token.clone();
        forged.replace_range(forged.len() - 1.., if token.ends_with('0') { "1" } else { "0" });
        by_link("/api/v1/shared-dashboard", &forged)?.expect_problem(404, "not_found")?;
        by_link(&path, &token)?.expect_problem(401, "sign_in_required")?;
        shop.get("/api/v1/shop").bearer(&token).send()?.expect_problem(401, "sign_in_required")?;

        let copy = shop.post(&format!("{dashboard}/duplicate"), &json!({ "name": "Mine" })).bearer(&operator).expect(201)?.json()?;
        ensure!(copy["tiles"] == tiles && copy["shared"] == false && copy["yours"] == true, "{copy}");
        shop.request("DELETE", &format!("{shares}/{share_id}")).bearer(&operator).expect(204)?;
        by_link(&answer, &token)?.expect_problem(404, "not_found")?;
        Ok(())
    }

    fn a_ready_made_dashboard_leaves_out_what_never_happened_and_says_so(column) {
        let shop = Fanvine::start(&column)?;
        a_shopper_looks_and_buys(&shop)?;
        let adopt = |id: &str| shop.post(&format!("/api/v1/dashboard-templates/{id}/adopt"), &json!({ "language": "zh" })).bearer(SERVER_KEY).send();
        let made = adopt("retention")?.json()?;
        ensure!(made["dashboard"]["name"] == "留存" && made["left_out"] == json!([]), "{made}");
        let made = adopt("growth")?.json()?;
        ensure!(made["dashboard"]["tiles"].as_array().is_some_and(|tiles| tiles.len() == 3), "{made}");
        ensure!(made["left_out"][0]["why"].as_str().is_some_and(|why| why.contains("no event is called `Product Added`")), "{made}");
        adopt("social")?.expect_problem(409, "conflict")?;
        adopt("nothing")?.expect_problem(404, "not_found")?;
        Ok(())
    }

    fn a_figure_out_of_its_bounds_is_told_once_and_again_when_it_is_well(column) {
        let mut shop = Fanvine::start(&column)?;
        let visit = |shop: &Fanvine, who: &str| shop.send("track", &json!({ "messageId": who, "userId": who, "event": "Product Viewed" }));
        visit(&shop, "ann")?;
        let terms = |above: f64, emails: Value| json!({
            "name": "Too many", "metric": { "kind": "active_shoppers" }, "running": true, "emails": emails,
            "condition": { "kind": "threshold", "above": above }
        });
        let analyst = key_of(&shop, "analyst")?;
        shop.post("/api/v1/alerts", &terms(0.0, json!([]))).bearer(&analyst).send()?.expect_problem(403, "forbidden")?;
        let wrong = shop.post("/api/v1/alerts", &terms(0.0, json!(["ann"]))).bearer(SERVER_KEY).send()?;
        let wrong = wrong.expect_problem(400, "invalid_parameter")?;
        ensure!(wrong["pointer"] == "emails.0", "{wrong}");
        shop.wait_until_sql("SELECT count(*) FROM events", &json!([[1]]))?;
        let preview = shop.post("/api/v1/alerts/preview", &terms(0.0, json!([]))).bearer(&analyst).expect(200)?.json()?;
        ensure!(preview["raises"] == true, "{preview}");
        let form = terms(0.0, json!(["ann@example.com"]));
        let made = shop.post("/api/v1/alerts", &form).bearer(SERVER_KEY).expect(201)?.json()?;
        let alert = text(&made["alert_id"])?;
        let raisings = |shop: &Fanvine| shop.get("/api/v1/alert-raisings").bearer(&analyst).expect(200)?.json();
        let raised = fanvine_tests::wait_for("the alert to be raised", || {
            let list = raisings(&shop)?;
            Ok((list["open"] == 1).then(|| list["raisings"][0].clone()))
        })?;
        let said = text(&raised["found"]["said"]["en"])?;
        ensure!(said.starts_with("Active shoppers on ") && said.ends_with(" was 1, above 0."), "{said}");
        let told = "SELECT event, count(*) FROM events WHERE event LIKE 'Alert %' GROUP BY 1 ORDER BY 1";
        shop.wait_until_sql(told, &json!([["Alert Raised", 1]]))?;
        // No mail server is set: that is told, not tried for ever.
        fanvine_tests::wait_for("the e-mail to have failed", || {
            let list = shop.get("/api/v1/alerts").bearer(&analyst).expect(200)?.json()?;
            Ok((list["failures"][0]["to"] == "ann@example.com" && list["can_email"] == false).then_some(()))
        })?;
        shop.kill()?;
        shop.begin()?;
        // It stays raised, and nobody is told again; with other terms it is well.
        let path = format!("/api/v1/alerts/{alert}");
        shop.request("PUT", &path).json(&terms(5.0, json!([]))).bearer(SERVER_KEY).expect(200)?;
        shop.wait_until_sql(told, &json!([["Alert Raised", 1], ["Alert Resolved", 1]]))?;
        let list = raisings(&shop)?;
        ensure!(list["raisings"].as_array().is_some_and(|all| all.len() == 1), "{list}");
        ensure!(list["raisings"][0]["resolved_at"].is_string(), "{list}");
        let seen = format!("/api/v1/alert-raisings/{}/acknowledge", text(&raised["raising_id"])?);
        shop.request("POST", &seen).bearer(&analyst).send()?.expect_problem(403, "forbidden")?;
        shop.request("POST", &seen).bearer(SERVER_KEY).expect(200)?;
        ensure!(raisings(&shop)?["open"] == 0);
        Ok(())
    }

    fn a_goal_says_how_far_it_is_and_why_nothing_is_foretold(column) {
        let shop = Fanvine::start(&column)?;
        a_shopper_looks_and_buys(&shop)?;
        let goal = |target: f64| json!({ "name": "March", "metric": { "kind": "new_shoppers" }, "target": target, "from": "2026-03-01", "to": "2026-03-31" });
        let made = shop.post("/api/v1/goals", &goal(2.0)).bearer(SERVER_KEY).expect(201)?.json()?;
        ensure!(made["progress"]["status"] == "reached" && made["progress"]["actual"] == 2.0, "{made}");
        let detail = shop.get(&format!("/api/v1/goals/{}", text(&made["goal_id"])?)).bearer(SERVER_KEY).expect(200)?.json()?;
        ensure!(detail["points"].as_array().is_some_and(|points| points.len() == 31), "{detail}");
        ensure!(detail["by_channel"][0]["part"] == 1.0, "{detail}");
        let missed = shop.post("/api/v1/goals", &goal(3.0)).bearer(SERVER_KEY).expect(201)?.json()?;
        ensure!(missed["progress"]["status"] == "missed", "{missed}");
        shop.post("/api/v1/goals", &goal(0.0)).bearer(SERVER_KEY).send()?.expect_problem(400, "invalid_parameter")?;
        let monthly = json!({ "metric": { "kind": "orders" }, "interval": "month" });
        shop.post("/api/v1/insights/forecast", &monthly).bearer(SERVER_KEY).send()?.expect_problem(400, "invalid_parameter")?;
        let daily = json!({ "metric": { "kind": "active_shoppers" }, "ahead": 7 });
        let forecast = shop.post("/api/v1/insights/forecast", &daily).bearer(SERVER_KEY).expect(200)?.json()?;
        let points = forecast["points"].as_array().context("points")?;
        ensure!(points.iter().filter(|point| point["expected"].is_number()).count() == 7, "{forecast}");
        ensure!(forecast["backtest"]["origins"].as_u64().is_some_and(|origins| origins > 0), "{forecast}");
        Ok(())
    }
}
