//! Questions about shoppers one after the other: funnels, retention, active shoppers, paths.

use anyhow::{Context, Result, ensure};
use fanvine_tests::{Fanvine, SERVER_KEY, on_both_columns};
use serde_json::{Value, json};

use crate::messages::track_at;

fn ask(shop: &Fanvine, kind: &str, question: &Value) -> Result<Value> {
    shop.post(&format!("/api/v1/insights/{kind}"), question).bearer(SERVER_KEY).expect(200)?.json()
}

/// Ann buys a day after she looked, Bob puts into the cart before he looks, Cid only looks, and twice.
fn a_few_shoppers(shop: &Fanvine) -> Result<()> {
    let did = |id: &str, name: &str, who: &str, at: &str, channel: &str| {
        let mut message = track_at(id, name, who, at, json!({ "product_id": format!("p-{who}") }));
        message["context"] = json!({ "campaign": { "name": channel } });
        message
    };
    shop.send_batch(&[
        did("a1", "Product Viewed", "ann", "2026-03-01T10:00:00Z", "spring"),
        did("a2", "Product Viewed", "ann", "2026-03-01T10:01:00Z", "spring"),
        did("a3", "Product Added", "ann", "2026-03-01T10:10:00Z", "spring"),
        did("a4", "Order Completed", "ann", "2026-03-02T10:00:00Z", "spring"),
        did("b1", "Product Added", "bob", "2026-03-01T11:00:00Z", "mail"),
        did("b2", "Product Viewed", "bob", "2026-03-01T11:05:00Z", "mail"),
        did("b3", "Order Completed", "bob", "2026-03-03T12:00:00Z", "mail"),
        did("c1", "Product Viewed", "cid", "2026-03-01T12:00:00Z", "mail"),
        did("c2", "Product Viewed", "cid", "2026-03-08T12:00:00Z", "mail"),
    ])?;
    shop.wait_until_sql("SELECT count(*) FROM events", &json!([[9]]))
}

fn counts(answer: &Value) -> Vec<u64> {
    answer["steps"].as_array().into_iter().flatten().filter_map(|step| step["shoppers"].as_u64()).collect()
}

on_both_columns! {
    fn a_funnel_says_who_got_how_far_and_how_fast(column) {
        let shop = Fanvine::start(&column)?;
        a_few_shoppers(&shop)?;
        let steps = json!([{ "events": ["Product Viewed"] }, { "events": ["Product Added"] }, { "events": ["Order Completed"] }]);
        let funnel = |more: Value| -> Result<Value> {
            let mut question = json!({ "steps": steps, "from": "2026-03-01", "to": "2026-03-31" });
            let (into, more) = (question.as_object_mut().context("an object")?, more);
            into.extend(more.as_object().context("an object")?.clone());
            ask(&shop, "funnel", &question)
        };
        let answer = funnel(json!({ "people_at": 1, "break_down": "campaign" }))?;
        ensure!(counts(&answer) == [3, 1, 1], "{answer}");
        ensure!(answer["people"] == json!(["bob", "cid"]), "{answer}");
        // Ann's later view is the one her funnel begins with: nine minutes to the cart.
        ensure!(answer["steps"][1]["median_s"] == 540 && answer["steps"][2]["median_s"] == 86_340, "{answer}");
        let by_campaign = json!([
            { "value": "mail", "shoppers": [2, 0, 0] },
            { "value": "spring", "shoppers": [1, 1, 1] },
        ]);
        ensure!(answer["parts"] == by_campaign, "{answer}");
        ensure!(counts(&funnel(json!({ "order": "any" }))?) == [3, 2, 2]);
        ensure!(counts(&funnel(json!({ "within_s": 3600 }))?) == [3, 1, 0]);
        ensure!(counts(&funnel(json!({ "order": "strict" }))?) == [3, 1, 1]);
        // A chain may end behind the period in which it began, but not begin there.
        ensure!(counts(&funnel(json!({ "to": "2026-03-01" }))?) == [3, 1, 1]);
        ensure!(counts(&funnel(json!({ "from": "2026-03-02" }))?) == [1, 0, 0]);
        let left_out = json!([
            { "events": ["Product Viewed"] }, { "events": ["Product Added"], "optional": true }, { "events": ["Order Completed"] }]);
        ensure!(counts(&funnel(json!({ "steps": left_out }))?) == [3, 1, 2]);
        let ended = json!([{ "events": ["Product Added"], "after": 1, "before": 2 }]);
        let two = json!([{ "events": ["Product Viewed"] }, { "events": ["Order Completed"] }]);
        ensure!(counts(&funnel(json!({ "steps": two, "exclude": ended }))?) == [3, 1]);
        ensure!(counts(&funnel(json!({ "same": "product_id" }))?) == [3, 1, 1]);
        Ok(())
    }

    fn whoever_turns_out_to_be_one_person_is_counted_once(column) {
        let shop = Fanvine::start(&column)?;
        let anonymous = |id: &str, name: &str, at: &str| json!({
            "type": "track", "messageId": id, "event": name, "anonymousId": "device-1", "timestamp": at, "properties": {}
        });
        shop.send_batch(&[
            anonymous("1", "Product Viewed", "2026-03-01T10:00:00Z"),
            track_at("2", "Order Completed", "ann", "2026-03-02T10:00:00Z", json!({ "order_id": "o1", "products": [] })),
        ])?;
        shop.wait_until_sql("SELECT count(*) FROM events", &json!([[2]]))?;
        let question = json!({
            "steps": [{ "events": ["Product Viewed"] }, { "events": ["Order Completed"] }], "from": "2026-03-01", "to": "2026-03-31"
        });
        ensure!(counts(&ask(&shop, "funnel", &question)?) == [1, 0]);
        let days = json!({ "from": "2026-03-01", "to": "2026-03-31", "interval": "month" });
        ensure!(ask(&shop, "active", &days)?["points"][0]["active"] == 2);
        // That she is the one with the device is learnt later, and holds for the past too.
        let said = json!({ "messageId": "3", "userId": "ann", "anonymousId": "device-1", "timestamp": "2026-03-03T10:00:00Z" });
        shop.send("identify", &said)?;
        let people = "SELECT count(DISTINCT person_id) FROM events JOIN persons USING (shopper_id)";
        shop.wait_until_sql(people, &json!([[1]]))?;
        fanvine_tests::wait_for("the two to be one", || {
            let funnel = ask(&shop, "funnel", &question)?;
            let active = ask(&shop, "active", &days)?;
            Ok((counts(&funnel) == [1, 1] && active["points"][0]["active"] == 1).then_some(()))
        })
    }

    fn who_comes_back_is_counted_by_when_they_began(column) {
        let shop = Fanvine::start(&column)?;
        a_few_shoppers(&shop)?;
        let question = json!({ "from": "2026-03-01", "to": "2026-03-02", "horizon": 7 });
        let answer = ask(&shop, "retention", &question)?;
        let first = &answer["cohorts"][0];
        ensure!(first["shoppers"] == 3 && first["start"] == "2026-03-01", "{answer}");
        ensure!(first["returned"] == json!([2, 1, 1, 0, 0, 0, 0, 1]), "{answer}");
        ensure!(answer["cohorts"][1]["shoppers"] == 0, "{answer}");
        let later = ask(&shop, "retention", &json!({ "from": "2026-03-01", "to": "2026-03-01", "horizon": 7, "returning": "on_or_after" }))?;
        ensure!(later["cohorts"][0]["returned"] == json!([3, 3, 2, 1, 1, 1, 1, 1]), "{later}");
        let orders = json!({
            "from": "2026-03-01", "to": "2026-03-08", "interval": "week", "horizon": 2,
            "start": ["Product Viewed"], "then": ["Order Completed"], "first_time": false
        });
        let orders = ask(&shop, "retention", &orders)?;
        // 1 March 2026 is a Sunday: the week it ends, and the one after.
        ensure!(orders["cohorts"][0]["returned"] == json!([0, 2, 0]), "{orders}");
        ensure!(orders["cohorts"][1]["shoppers"] == 1, "{orders}");
        Ok(())
    }

    fn active_shoppers_are_new_or_back_or_back_again(column) {
        let shop = Fanvine::start(&column)?;
        a_few_shoppers(&shop)?;
        let answer = ask(&shop, "active", &json!({ "from": "2026-03-01", "to": "2026-03-08" }))?;
        let points = answer["points"].as_array().context("points")?;
        let of = |name: &str| points.iter().filter_map(|point| point[name].as_u64()).collect::<Vec<u64>>();
        ensure!(of("active") == [3, 1, 1, 0, 0, 0, 0, 1], "{answer}");
        ensure!(of("new") == [3, 0, 0, 0, 0, 0, 0, 0], "{answer}");
        ensure!(of("returning") == [0, 1, 0, 0, 0, 0, 0, 0], "{answer}");
        ensure!(of("resurrected") == [0, 0, 1, 0, 0, 0, 0, 1], "{answer}");
        ensure!(of("dormant") == [0, 2, 1, 1, 0, 0, 0, 0], "{answer}");
        ensure!(of("weekly") == [3, 3, 3, 3, 3, 3, 3, 3], "{answer}");
        ensure!(of("monthly") == [3; 8], "{answer}");
        Ok(())
    }

    fn paths_lead_from_an_event_or_up_to_one(column) {
        let shop = Fanvine::start(&column)?;
        a_few_shoppers(&shop)?;
        let period = json!({ "from": "2026-03-01", "to": "2026-03-31" });
        let answer = ask(&shop, "paths", &period)?;
        ensure!(answer["sessions"] == 6 && answer["different"] == 4, "{answer}");
        ensure!(answer["paths"][0] == json!({ "events": ["Product Viewed"], "sessions": 2 }) , "{answer}");
        let question = json!({ "from": "2026-03-01", "to": "2026-03-31", "end": ["Product Viewed"], "steps": 3 });
        let before = ask(&shop, "paths", &question)?;
        let led: Vec<String> = before["paths"].as_array().into_iter().flatten().map(|path| path["events"].to_string()).collect();
        ensure!(led == [r#"["Product Viewed"]"#, r#"["Product Added","Product Viewed"]"#], "{before}");
        Ok(())
    }
}

on_both_columns! {
    fn a_question_that_cannot_be_names_what_is_wrong(column) {
        let shop = Fanvine::start(&column)?;
        a_few_shoppers(&shop)?;
        let refused = |kind: &str, question: Value| -> Result<String> {
            let reply = shop.post(&format!("/api/v1/insights/{kind}"), &question).bearer(SERVER_KEY).send()?;
            let problem = reply.expect_problem(400, "invalid_parameter")?;
            Ok(problem["detail"].as_str().unwrap_or_default().to_owned())
        };
        let two = |second: &str| json!([{ "events": ["Product Viewed"] }, { "events": [second] }]);
        let said = refused("funnel", json!({ "steps": two("Order Complete") }))?;
        ensure!(said.starts_with("no event is called `Order Complete`; did you mean `Order Completed`"), "{said}");
        let said = refused("funnel", json!({ "steps": [{ "events": ["Product Viewed"] }] }))?;
        ensure!(said == "a funnel has 2 to 20 steps, not 1", "{said}");
        let said = refused("funnel", json!({ "steps": two("Order Completed"), "same": "colour" }))?;
        ensure!(said.starts_with("`colour` is no field of an event"), "{said}");
        let said = refused("retention", json!({ "horizon": 1000 }))?;
        ensure!(said.contains("`horizon` is 1000"), "{said}");
        let said = refused("paths", json!({ "start": ["Product Viewed"], "end": ["Order Completed"] }))?;
        ensure!(said.contains("not both"), "{said}");
        let said = refused("active", json!({ "from": "2026-02-30" }))?;
        ensure!(said.contains("2026-02-30"), "{said}");
        Ok(())
    }
}

on_both_columns! {
    fn a_trend_is_told_apart_and_its_people_are_whom_other_questions_are_about(column) {
        let shop = Fanvine::start(&column)?;
        a_few_shoppers(&shop)?;
        let question = json!({
            "series": [{ "events": ["Product Viewed"] }, { "events": ["Product Viewed"], "figure": "shoppers" }],
            "formulas": ["A / B"], "break_down": "campaign", "from": "2026-03-01", "to": "2026-03-31"
        });
        let answer = ask(&shop, "trends", &question)?;
        let totals = |line: usize| -> Vec<f64> {
            let parts = answer["lines"][line]["parts"].as_array().into_iter().flatten();
            parts.filter_map(|part| part["total"].as_f64()).collect()
        };
        // Bob once and Cid twice by mail, Ann twice in spring.
        ensure!(totals(0) == [5.0, 3.0, 2.0] && totals(1) == [3.0, 2.0, 1.0], "{answer}");
        ensure!(totals(2)[1..] == [1.5, 2.0], "{answer}");
        let of = json!({ "trends": { "question": question, "series": 1, "kind": "value", "value": "mail" } });
        let people = ask(&shop, "people", &json!({ "of": of }))?;
        ensure!(people["people"] == 2 && people["shopper_ids"] == json!(["bob", "cid"]), "{people}");
        let kept = ask(&shop, "people/list", &json!({ "of": of, "id": "mailed" }))?;
        ensure!(kept == json!({ "id": "mailed", "people": 2 }), "{kept}");
        let segment = json!({ "id": "mailed", "name": "Mailed", "rule": { "list": "mailed" } });
        shop.post("/api/v1/segments", &segment).bearer(SERVER_KEY).expect(201)?;
        let steps = json!([{ "events": ["Product Viewed"] }, { "events": ["Order Completed"] }]);
        let funnel = json!({ "steps": steps, "segment": "mailed", "from": "2026-03-01", "to": "2026-03-31" });
        fanvine_tests::wait_for("the list to be a segment", || {
            Ok((counts(&ask(&shop, "funnel", &funnel)?) == [2, 1]).then_some(()))
        })
    }

    fn a_filter_is_about_its_own_events_and_an_unknown_property_is_told(column) {
        let shop = Fanvine::start(&column)?;
        a_few_shoppers(&shop)?;
        let funnel = |field: &str, value: &str| {
            let viewed = json!({ "names": ["Product Viewed"], "where": [{ "field": field, "is": { "eq": value } }] });
            json!({
                "steps": [{ "events": viewed }, { "events": ["Order Completed"] }], "from": "2026-03-01", "to": "2026-03-31"
            })
        };
        ensure!(counts(&ask(&shop, "funnel", &funnel("campaign", "spring"))?) == [1, 1]);
        ensure!(counts(&ask(&shop, "funnel", &funnel("properties.product_id", "p-bob"))?) == [1, 1]);
        ensure!(counts(&ask(&shop, "funnel", &funnel("properties.product_id", "p-dan"))?) == [0, 0]);
        let reply = shop.post("/api/v1/insights/funnel", &funnel("properties.product", "p-bob")).bearer(SERVER_KEY).send()?;
        let problem = reply.expect_problem(400, "invalid_parameter")?;
        ensure!(problem["pointer"] == "steps.0.events.where.0", "{problem}");
        let said = problem["detail"].as_str().unwrap_or_default();
        ensure!(said == "no `Product Viewed` ever had a property `product`; did you mean `product_id`?", "{said}");
        Ok(())
    }
}
