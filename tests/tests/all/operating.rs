//! Looking after an installation: figures for Prometheus, ids of requests, headers, the doctor, upgrades, exports.

use anyhow::{Context, Result, ensure};
use fanvine_tests::{Column, Fanvine, Run, SERVER_KEY, WRITE_KEY, on_both_columns, words};
use serde_json::{Value, json};

use crate::messages::{order, track};

/// The value on the line of that name and those labels.
fn figure(text: &str, name: &str) -> Result<f64> {
    let line = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
    Ok(line.with_context(|| format!("no {name} in\n{text}"))?.parse()?)
}

on_both_columns! {
    fn prometheus_reads_what_the_program_does(column) {
        let shop = Fanvine::start(&column)?;
        shop.get("/metrics").send()?.expect_problem(401, "sign_in_required")?;
        for number in 0..3 {
            shop.send("track", &track(&format!("m{number}"), "Product Viewed", "u1", json!({})))?;
        }
        shop.send("track", &track("m0", "Product Viewed", "u1", json!({})))?;
        shop.post("/v1/track", &json!({ "type": "track", "event": "x" })).write_key(WRITE_KEY).send()?.expect_problem(400, "invalid_event")?;
        shop.get("/api/v1/people/nobody").bearer(SERVER_KEY).send()?;
        shop.settle()?;
        let reply = shop.get("/metrics").bearer(SERVER_KEY).expect(200)?;
        ensure!(reply.header("content-type").starts_with("application/openmetrics-text"), "{}", reply.header("content-type"));
        let text = reply.text();
        let requests = "fanvine_http_request_duration_seconds_count";
        ensure!(figure(&text, &format!("{requests}{{method=\"POST\",route=\"/v1/{{call}}\",status=\"200\"}}"))? == 4.0);
        ensure!(figure(&text, &format!("{requests}{{method=\"POST\",route=\"/v1/{{call}}\",status=\"400\"}}"))? == 1.0);
        ensure!(figure(&text, "fanvine_log_events_total")? == 3.0);
        ensure!(text.contains("reason=\"no_shopper\"} 1.0"), "{text}");
        ensure!(figure(&text, "fanvine_projection_behind_events{projection=\"lake\"}")? == 0.0);
        for name in ["log_bytes", "lake_files", "store_commits_total", "store_bytes", "process_memory_bytes", "disk_free_bytes"] {
            ensure!(figure(&text, &format!("fanvine_{name}"))? >= 0.0);
        }
        let kind = if column.store().is_some() { "postgres" } else { "sqlite" };
        ensure!(text.contains(&format!("store=\"{kind}\"")) && text.ends_with("# EOF\n"), "{text}");
        Ok(())
    }

    fn the_doctor_finds_nothing_wrong_and_upgrade_nothing_to_do(column) {
        let mut shop = Fanvine::start(&column)?;
        shop.send("track", &track("m", "Product Viewed", "u1", json!({})))?;
        let running = shop.run().tool(shop.data(), &words(&[&"doctor"]))?.expect_success()?;
        ensure!(running.text.contains("it is ready at"), "{}", running.text);
        ensure!(shop.stop()?.success());
        let stopped = shop.run().tool(shop.data(), &words(&[&"doctor", &"--listen", &"127.0.0.1:0"]))?.expect_success()?;
        ensure!(stopped.text.contains("it is not running") && stopped.text.contains("1 events, every one whole"), "{}", stopped.text);
        let upgrade = shop.run().tool(shop.data(), &words(&[&"upgrade", &"--dry-run"]))?.expect_success()?;
        ensure!(upgrade.text.contains(" 0 are pending"), "{}", upgrade.text);
        Ok(())
    }

    fn a_table_and_a_question_are_exported_in_three_forms(column) {
        let mut shop = Fanvine::start(&column)?;
        let orders: Vec<Value> = (0..20).map(|n| order(&format!("o{n}"), &format!("order-{n}"), "u1")).collect();
        shop.send_batch(&orders)?;
        shop.settle()?;
        let folder = tempfile::tempdir()?;
        let file = |name: &str| folder.path().join(name);
        let export = |shop: &Fanvine, what: &[&str], name: &str| -> Result<Vec<u8>> {
            let mut arguments = words(&[&"export"]);
            arguments.extend(what.iter().map(Into::into));
            arguments.extend(words(&[&"--output", &file(name)]));
            shop.run().tool(shop.data(), &arguments)?.expect_success()?;
            Ok(std::fs::read(file(name))?)
        };
        let question = ["--query", "SELECT order_id, revenue_minor FROM orders ORDER BY order_id"];
        // Through the server, and from the folder when it is stopped: the same bytes.
        let mut made = Vec::new();
        for round in 0..2 {
            let csv = String::from_utf8(export(&shop, &question, &format!("{round}.csv"))?)?;
            ensure!(csv.lines().next() == Some("order_id,revenue_minor") && csv.lines().count() == 21, "{csv}");
            let lines = String::from_utf8(export(&shop, &question, &format!("{round}.jsonl"))?)?;
            let first: Value = serde_json::from_str(lines.lines().next().context("no line")?)?;
            ensure!(first == json!({ "order_id": "order-0", "revenue_minor": 6_500 }) && lines.lines().count() == 20, "{lines}");
            let table = export(&shop, &["--table", "orders"], &format!("{round}.parquet"))?;
            ensure!(table.starts_with(b"PAR1") && table.ends_with(b"PAR1"));
            made.push((csv, lines));
            if round == 0 {
                ensure!(shop.stop()?.success());
            }
        }
        ensure!(made[0] == made[1]);
        let wrong = shop.run().tool(shop.data(), &words(&[&"export", &"--table", &"nothing", &"-o", &file("x.csv")]))?;
        ensure!(!wrong.status.success() && !file("x.csv").exists(), "{}", wrong.text);
        Ok(())
    }
}

#[test]
fn every_answer_has_an_id_and_says_what_browsers_may_not_do() -> Result<()> {
    let shop = Fanvine::start_as(Run::default().with("FANVINE__GUARD__SECURE_COOKIES", "true"))?;
    let event = track("m", "Product Viewed", "u1", json!({}));
    let taken = shop.post("/v1/track", &event).write_key(WRITE_KEY).header("X-Request-Id", "order-7").expect(200)?;
    ensure!(taken.header("x-request-id") == "order-7");
    let made = shop.get("/api/v1/shop").bearer(SERVER_KEY).header("X-Request-Id", "not {fit}").expect(200)?;
    ensure!(made.header("x-request-id").len() == 32, "{}", made.header("x-request-id"));
    ensure!(made.header("cache-control") == "no-store" && made.header("x-content-type-options") == "nosniff");
    ensure!(made.header("content-security-policy").contains("default-src 'none'"));
    ensure!(made.header("strict-transport-security").starts_with("max-age="));
    let refused = shop.get("/api/v1/shop").send()?;
    ensure!(refused.status == 401 && !refused.header("x-request-id").is_empty());
    let page = shop.get("/").send()?;
    ensure!(page.header("content-security-policy").contains("default-src 'self'"), "a page has its own policy");
    Ok(())
}

#[test]
fn the_doctor_names_what_is_wrong_and_ends_with_an_error() -> Result<()> {
    let mut shop = Fanvine::start(&Column::embedded())?;
    shop.send("track", &track("m", "Product Viewed", "u1", json!({})))?;
    ensure!(shop.stop()?.success());
    let segment = shop.data().join("log/segments").join(format!("{:020}.log", 0));
    let mut bytes = std::fs::read(&segment)?;
    let whole = bytes.clone();
    bytes.extend_from_slice(&whole);
    bytes[40] ^= 1;
    std::fs::write(&segment, bytes)?;
    std::fs::write(shop.data().join("fanvine.db"), b"not a database, but long enough to be looked at as one")?;
    let outcome = shop.run().tool(shop.data(), &words(&[&"doctor", &"--listen", &"127.0.0.1:0"]))?;
    ensure!(outcome.status.code() == Some(1), "{}: {}", outcome.status, outcome.text);
    ensure!(outcome.text.contains("BAD   database"), "{}", outcome.text);
    let misspelt = Run::default().with("FANVINE__COLLECT__EVENT_SIZE", "1").tool(shop.data(), &words(&[&"doctor"]))?;
    ensure!(!misspelt.status.success() && misspelt.text.contains("event_size"), "{}", misspelt.text);
    Ok(())
}
