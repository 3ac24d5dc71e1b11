//! Who is behind attribution and correlation; every entry of a funnel; every question as a table; the metric tree kept.

use anyhow::{Context, Result, ensure};
use fanvine_tests::{Fanvine, SERVER_KEY, on_both_columns};
use serde_json::{Value, json};

use crate::analyses::{a_few_shoppers, ask, in_march};
use crate::messages::track_at;

fn people(shop: &Fanvine, of: &Value) -> Result<Vec<String>> {
    let answer = shop.post("/api/v1/insights/people", &json!({ "of": of })).bearer(SERVER_KEY).expect(200)?.json()?;
    let mut names: Vec<String> = serde_json::from_value(answer["shopper_ids"].clone())?;
    names.sort();
    ensure!(answer["people"] == names.len(), "{answer}");
    Ok(names)
}

on_both_columns! {
    fn whoever_is_behind_attribution_and_correlation_is_listed_and_kept(column) {
        let shop = Fanvine::start(&column)?;
        a_few_shoppers(&shop)?;
        let led = |value: &str| json!({ "attribution": { "question": in_march(json!({})), "value": value } });
        ensure!(people(&shop, &led("wechat"))? == ["ann", "bob"]);
        ensure!(people(&shop, &led("paid_social"))? == ["ann"]);
        let question = in_march(json!({ "fields": ["channel"], "least": 1 }));
        let has = |converted: Option<bool>| {
            json!({ "correlation": { "question": question, "field": "channel", "value": "email", "converted": converted } })
        };
        ensure!(people(&shop, &has(Some(true)))? == ["ann"]);
        ensure!(people(&shop, &has(Some(false)))? == ["dee"]);
        ensure!(people(&shop, &has(None))? == ["ann", "dee"]);
        let viewed = json!({ "correlation": { "question": question, "value": "Product Viewed", "converted": false } });
        ensure!(people(&shop, &viewed)? == ["dee"]);
        let unknown = json!({ "of": { "correlation": { "question": question, "value": "Product Viewd" } } });
        let problem = shop.post("/api/v1/insights/people", &unknown).bearer(SERVER_KEY).send()?;
        let problem = problem.expect_problem(400, "invalid_parameter")?;
        ensure!(problem["detail"].as_str().is_some_and(|text| text.contains("did you mean `Product Viewed`")), "{problem}");
        let list = json!({ "of": led("wechat"), "id": "led", "name": "Led by WeChat" });
        let kept = shop.post("/api/v1/insights/people/list", &list).bearer(SERVER_KEY).expect(200)?.json()?;
        ensure!(kept == json!({ "id": "led", "people": 2 }), "{kept}");
        // A property that no event ever had is told by name, wherever it stands.
        for (kind, question, at) in [
            ("correlation", in_march(json!({ "fields": ["properties.sharerid"] })), "fields.0"),
            ("attribution", in_march(json!({ "by": "properties.sharerid" })), "by"),
        ] {
            let problem = shop.post(&format!("/api/v1/insights/{kind}"), &question).bearer(SERVER_KEY).send()?;
            let problem = problem.expect_problem(400, "invalid_parameter")?;
            ensure!(problem["pointer"] == at, "{problem}");
            ensure!(problem["detail"].as_str().is_some_and(|text| text.contains("did you mean `sharer_id`")), "{problem}");
        }
        Ok(())
    }

    fn a_funnel_counts_every_entry_where_that_is_asked(column) {
        let shop = Fanvine::start(&column)?;
        let at = |id: &str, name: &str, time: &str| track_at(id, name, "ann", &format!("2026-03-{time}:00Z"), json!({ "step": name }));
        // Looks twice and buys; looks and does not buy within an hour; looks again and buys.
        shop.send_batch(&[
            at("1", "Product Viewed", "01T10:00"),
            at("2", "Product Viewed", "01T10:10"),
            at("3", "Deal Done", "01T10:20"),
            at("4", "Product Viewed", "02T10:00"),
            at("5", "Product Viewed", "03T10:00"),
            at("6", "Deal Done", "03T10:30"),
        ])?;
        shop.settle()?;
        let steps = json!([{ "events": ["Product Viewed"] }, { "events": ["Deal Done"] }]);
        let funnel = |counted: &str| in_march(json!({ "steps": steps, "within_s": 3_600, "counted": counted, "trend": "day" }));
        let counts = |answer: &Value| [answer["steps"][0]["shoppers"].as_u64(), answer["steps"][1]["shoppers"].as_u64()];
        ensure!(counts(&ask(&shop, "funnel", &funnel("shoppers"))?) == [Some(1), Some(1)]);
        let answer = ask(&shop, "funnel", &funnel("entries"))?;
        ensure!(counts(&answer) == [Some(3), Some(2)] && answer["counted"] == "entries", "{answer}");
        ensure!(answer["trend"][1]["shoppers"] == json!([1, 0]), "{answer}");
        let dropped = json!({ "funnel": { "question": funnel("entries"), "step": 1, "dropped": true } });
        ensure!(people(&shop, &dropped)? == ["ann"]);
        let mut any = funnel("entries");
        any["order"] = json!("any");
        let problem = shop.post("/api/v1/insights/funnel", &any).bearer(SERVER_KEY).send()?;
        ensure!(problem.expect_problem(400, "invalid_parameter")?["pointer"] == "counted");
        Ok(())
    }

    fn every_question_is_answered_as_a_table_where_that_is_asked(column) {
        let shop = Fanvine::start(&column)?;
        a_few_shoppers(&shop)?;
        let steps = json!([{ "events": ["Product Viewed"] }, { "events": ["Order Completed"] }]);
        for (kind, question, head) in [
            ("funnel", json!({ "steps": steps }), "events,shoppers,"),
            ("retention", json!({}), "start,shoppers,"),
            ("active", json!({}), "start,active,"),
            ("paths", json!({}), "events,sessions"),
            ("trends", json!({ "series": [{}] }), ""),
            ("attribution", json!({}), "value,touches,"),
            ("sessions", json!({}), "start,sessions,"),
            ("correlation", json!({ "least": 1 }), "field,value,"),
            ("basket", json!({ "least_orders": 1 }), "with.item,also.item,"),
            ("metrics", json!({ "interval": "month" }), "key,value,previous"),
        ] {
            let asked = shop.post(&format!("/api/v1/insights/{kind}"), &in_march(question)).bearer(SERVER_KEY);
            let answer = asked.header("accept", "text/csv").expect(200)?;
            ensure!(answer.header("content-type").starts_with("text/csv"), "{kind}: {}", answer.header("content-type"));
            let table = answer.text();
            ensure!(table.starts_with(head) && table.lines().count() > 1, "{kind}: {table}");
        }
        Ok(())
    }

    fn the_metric_tree_stands_on_a_dashboard(column) {
        let shop = Fanvine::start(&column)?;
        a_few_shoppers(&shop)?;
        let form = json!({ "name": "Tree", "kind": "metrics", "question": in_march(json!({ "interval": "month" })), "shared": true });
        let saved = shop.post("/api/v1/saved-insights", &form).bearer(SERVER_KEY).expect(201)?.json()?;
        let id = saved["insight_id"].as_str().context("no id")?;
        let answer = shop.get(&format!("/api/v1/saved-insights/{id}/answer")).bearer(SERVER_KEY).expect(200)?.json()?;
        ensure!(answer["answer"]["tree"]["now_minor"] == 19_001, "{answer}");
        let tiles = json!([{ "insight_id": id, "width": 6, "height": 2 }]);
        let board = json!({ "name": "Board", "tiles": tiles, "shared": true });
        shop.post("/api/v1/dashboards", &board).bearer(SERVER_KEY).expect(201)?;
        Ok(())
    }
}
