//! The metric tree, and what was paid for marketing.

use anyhow::{Result, ensure};
use fanvine_tests::{Fanvine, SERVER_KEY, on_both_columns};
use serde_json::{Value, json};

use crate::analyses::{a_few_shoppers, ask, in_march};

on_both_columns! {
    fn the_metric_tree_explains_all_of_the_change_and_spend_is_said_once(column) {
        let shop = Fanvine::start(&column)?;
        a_few_shoppers(&shop)?;
        let rows = json!({ "rows": [
            { "day": "2026-03-02", "channel": "wechat", "campaign": "spring", "currency": "CNY", "amount_minor": 5_000, "clicks": 40 },
            { "day": "2026-03-02", "channel": "email", "currency": "CNY", "amount_minor": 1_000 },
            { "day": "2026-02-02", "channel": "email", "currency": "CNY", "amount_minor": 700 },
        ] });
        let put = |rows: &Value| -> Result<Value> {
            shop.request("PUT", "/api/v1/spend").json(rows).bearer(SERVER_KEY).expect(200)?.json()
        };
        ensure!(put(&rows)? == json!({ "created": 3, "updated": 0, "unchanged": 0 }));
        ensure!(put(&rows)? == json!({ "created": 0, "updated": 0, "unchanged": 3 }));
        ensure!(shop.value("SELECT sum(amount_minor) FROM spend")? == 6_700);
        let listed = shop.get("/api/v1/spend?from=2026-03-01&to=2026-03-31").bearer(SERVER_KEY).expect(200)?.json()?;
        ensure!(listed["rows"].as_array().map(Vec::len) == Some(2), "{listed}");
        let twice = json!({ "rows": [rows["rows"][0], rows["rows"][0]] });
        let reply = shop.request("PUT", "/api/v1/spend").json(&twice).bearer(SERVER_KEY).send()?;
        let problem = reply.expect_problem(400, "invalid_parameter")?;
        ensure!(problem["detail"] == "rows 0 and 1 are of one day, channel and campaign", "{problem}");

        let answer = ask(&shop, "metrics", &in_march(json!({ "interval": "month" })))?;
        let metric = |key: &str, field: &str| {
            let metrics = answer["metrics"].as_array().into_iter().flatten();
            metrics.filter(|one| one["key"] == key).map(|one| one[field].clone()).next().unwrap_or_default()
        };
        for (key, now, before) in [
            ("active_shoppers", 4.0, Some(1.0)),
            ("new_shoppers", 3.0, Some(1.0)),
            ("gmv", 19_001.0, Some(4_000.0)),
            ("orders", 3.0, Some(1.0)),
            ("buyers", 3.0, Some(1.0)),
            ("conversion", 0.75, Some(1.0)),
            ("spend", 6_000.0, Some(700.0)),
            ("new_buyers", 2.0, Some(1.0)),
            ("cac", 3_000.0, Some(700.0)),
            ("shares", 1.0, Some(0.0)),
            ("brought", 1.0, Some(0.0)),
            ("k_factor", 0.25, Some(0.0)),
            ("cycle_s", 3_600.0, None),
            ("sessions", 9.0, Some(1.0)),
        ] {
            ensure!(metric(key, "value").as_f64() == Some(now), "{key}: {answer}");
            ensure!(metric(key, "previous").as_f64() == before, "{key} before: {answer}");
        }
        ensure!(metric("gmv", "series") == json!([19_001.0]), "{answer}");
        let tree = &answer["tree"];
        let parts: i64 = tree["contributions"].as_array().into_iter().flatten().filter_map(|one| one["contribution_minor"].as_i64()).sum();
        ensure!(parts == 15_001 && tree["now_minor"] == 19_001 && tree["before_minor"] == 4_000, "{tree}");
        let about = shop.get("/api/v1/metrics").bearer(SERVER_KEY).expect(200)?.json()?;
        let defined = about["metrics"].as_array().map(Vec::len);
        ensure!(defined == answer["metrics"].as_array().map(Vec::len), "{about}");
        Ok(())
    }
}
