//! Free questions in SQL: they read and nothing else, and answer as JSON or CSV.

use std::io::{BufRead, BufReader, Read};

use anyhow::{Context, ensure};
use fanvine_tests::{Fanvine, Run, SERVER_KEY, on_both_columns};
use serde_json::json;

use crate::messages::{track, track_at};

on_both_columns! {
    fn a_query_that_does_more_than_read_is_refused(column) {
        let shop = Fanvine::start(&column)?;
        shop.send("track", &track("m1", "Product Viewed", "u1", json!({})))?;
        let outside = tempfile::tempdir()?;
        let file = outside.path().join("secret.csv");
        std::fs::write(&file, "a,b\n1,2\n")?;
        let file = file.display();
        let refused = [
            "DELETE FROM events".to_owned(),
            "DROP TABLE events".into(),
            "UPDATE events SET event = 'x'".into(),
            "INSERT INTO events SELECT * FROM events".into(),
            "CREATE TABLE t AS SELECT 1".into(),
            "CREATE VIEW v AS SELECT 1".into(),
            format!("CREATE EXTERNAL TABLE t STORED AS CSV LOCATION '{file}'"),
            format!("COPY (SELECT 1) TO '{file}'"),
            format!("COPY events TO '{file}' STORED AS CSV"),
            "SET datafusion.execution.batch_size = 1".into(),
            "SELECT 1; DROP TABLE events".into(),
            "EXPLAIN ANALYZE INSERT INTO events SELECT * FROM events".into(),
            format!("SELECT * FROM '{file}'"),
            format!("SELECT * FROM read_csv('{file}')"),
            "SELECT no_such_column FROM events".into(),
            "SELEC 1".into(),
            String::new(),
        ];
        for query in refused {
            let reply = shop.post("/api/v1/sql", &json!({ "query": query })).bearer(SERVER_KEY).send()?;
            let problem = reply.json()?;
            ensure!(reply.status == 400, "`{query}` was answered {} {problem}", reply.status);
            ensure!(problem["code"] == "query_not_read_only" || problem["code"] == "invalid_query", "{query}: {problem}");
        }
        ensure!(std::fs::read_to_string(outside.path().join("secret.csv"))? == "a,b\n1,2\n");
        shop.wait_until_sql("SELECT message_id FROM events", &json!([["m1"]]))
    }

    fn an_answer_is_cut_and_says_so(column) {
        let shop = Fanvine::start(&column)?;
        let all: Vec<_> = (0..5).map(|number| track(&format!("m{number}"), "e", "u", json!({ "n": number }))).collect();
        shop.send_batch(&all)?;
        shop.wait_until_sql("SELECT count(*) FROM events", &json!([[5]]))?;
        let ask = json!({ "query": "SELECT message_id FROM events ORDER BY message_id", "max_rows": 2 });
        let answer = shop.post("/api/v1/sql", &ask).bearer(SERVER_KEY).expect(200)?.json()?;
        ensure!(answer["columns"] == json!(["message_id"]) && answer["rows"] == json!([["m0"], ["m1"]]), "{answer}");
        ensure!(answer["truncated"] == true && answer["types"] == json!(["text"]), "{answer}");
        ensure!(shop.value("SELECT sum(json_number(properties, 'n')) FROM events")?.as_f64() == Some(10.0));
        Ok(())
    }

    fn an_answer_in_csv_is_quoted_and_whole(column) {
        let shop = Fanvine::start(&column)?;
        shop.send("track", &track("m1", "Said \"hello\", twice\nand left", "顾客", json!({})))?;
        shop.wait_until_sql("SELECT count(*) FROM events", &json!([[1]]))?;
        let ask = json!({ "query": "SELECT event, shopper_id, session_id, 1.5 AS number FROM events" });
        let reply = shop.post("/api/v1/sql", &ask).bearer(SERVER_KEY).header("Accept", "text/csv").expect(200)?;
        ensure!(reply.header("content-type").starts_with("text/csv"), "{}", reply.header("content-type"));
        let text = reply.text().replace("\r\n", "\n");
        let packed = shop.post("/api/v1/sql", &ask).bearer(SERVER_KEY).header("Accept", "text/csv").header("Accept-Encoding", "gzip");
        let mut unpacked = String::new();
        flate2::read::GzDecoder::new(packed.expect(200)?.body.as_slice()).read_to_string(&mut unpacked)?;
        ensure!(unpacked.replace("\r\n", "\n") == text, "gzipped it reads otherwise: {unpacked}");
        ensure!(text == "event,shopper_id,session_id,number\n\"Said \"\"hello\"\", twice\nand left\",顾客,,1.5\n", "{text}");
        Ok(())
    }

    fn a_query_that_takes_too_long_is_given_up_and_the_program_goes_on(column) {
        let folder = tempfile::tempdir()?;
        let settings = folder.path().join("settings.toml");
        std::fs::write(&settings, "[lake]\nquery_timeout_s = 1\n")?;
        let shop = Fanvine::start_as(Run::on(&column).with("FANVINE_CONFIG", settings.to_string_lossy()))?;
        let query = "SELECT sum(value % 7) FROM generate_series(1, 1000000000000)";
        let reply = shop.post("/api/v1/sql", &json!({ "query": query })).bearer(SERVER_KEY).send()?;
        reply.expect_problem(503, "query_timeout")?;
        shop.send("track", &track("m1", "Product Viewed", "u1", json!({})))?;
        shop.wait_until_sql("SELECT count(*) FROM events", &json!([[1]]))
    }

    fn days_begin_in_the_shops_zone(column) {
        let shop = Fanvine::start_as(Run::on(&column).with("FANVINE_TIME_ZONE", "Asia/Shanghai").with("FANVINE_CURRENCY", "CNY"))?;
        let properties = |order: &str| json!({ "order_id": order, "revenue": 10, "products": [{ "product_id": "p", "price": 10 }] });
        shop.send_batch(&[
            track_at("m1", "Order Completed", "u1", "2026-05-01T15:59:59Z", properties("o1")),
            track_at("m2", "Order Completed", "u1", "2026-05-01T16:00:00Z", properties("o2")),
            track_at("m3", "Order Completed", "u2", "2026-05-02T15:59:59Z", properties("o3")),
        ])?;
        shop.settle()?;
        shop.wait_until_sql(
            "SELECT CAST(local_day(occurred_at) AS VARCHAR), count(*) FROM events GROUP BY 1 ORDER BY 1",
            &json!([["2026-05-01", 1], ["2026-05-02", 2]]),
        )?;
        let path = "/api/v1/insights/overview?from=2026-05-02&to=2026-05-02&interval=day";
        let overview = shop.get(path).bearer(SERVER_KEY).expect(200)?.json()?;
        let totals = &overview["totals"];
        ensure!(totals["orders"] == 2 && totals["revenue_minor"] == 2_000 && totals["active_shoppers"] == 2, "{overview}");
        ensure!(totals["new_shoppers"] == 1 && totals["returning_shoppers"] == 1, "{overview}");
        ensure!(overview["previous"]["orders"] == 1 && overview["currency"] == "CNY", "{overview}");
        shop.get("/api/v1/insights/overview?from=2026-05-02&to=2026-05-01").bearer(SERVER_KEY).send()?.expect_problem(400, "invalid_parameter")?;
        Ok(())
    }

    fn events_are_shown_live_as_they_arrive(column) {
        let shop = Fanvine::start(&column)?;
        shop.send("track", &track("before", "Product Viewed", "u1", json!({})))?;
        let stream = shop.get("/api/v1/events/live").bearer(SERVER_KEY).open()?;
        shop.send("track", &track("after", "Product Shared", "u1", json!({ "product_id": "tea" })))?;
        let mut lines = BufReader::new(stream).lines();
        let data = lines.find_map(|line| line.ok()?.strip_prefix("data:").map(|data| data.trim().to_owned()));
        let events: serde_json::Value = serde_json::from_str(&data.context("the stream ended")?)?;
        let shown = &events[0];
        ensure!(shown["message_id"] == "after" && shown["product_id"] == "tea" && shown["event"] == "Product Shared", "{events}");
        let recent = shop.get("/api/v1/events/recent?limit=1").bearer(SERVER_KEY).expect(200)?.json()?;
        ensure!(recent["events"][0]["message_id"] == "after", "{recent}");
        Ok(())
    }
}
