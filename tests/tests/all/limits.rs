//! How much a request may hold, and how fast requests may come.

use std::io::Write;

use anyhow::{Result, ensure};
use fanvine_tests::{Fanvine, Run, SERVER_KEY, WRITE_KEY, on_both_columns, words};
use serde_json::{Value, json};

use crate::messages::track;

fn many(count: usize) -> Value {
    let small = |number| json!({ "type": "track", "event": "e", "userId": "u", "messageId": format!("m{number}") });
    json!({ "batch": (0..count).map(small).collect::<Vec<_>>() })
}

on_both_columns! {
    fn what_is_too_large_is_refused_and_nothing_of_it_is_kept(column) {
        let shop = Fanvine::start(&column)?;
        let large = track("large", "Product Viewed", "u1", json!({ "text": "x".repeat(33 << 10) }));
        shop.post("/v1/track", &large).write_key(WRITE_KEY).send()?.expect_problem(413, "event_too_large")?;
        shop.post("/v1/batch", &many(2_501)).write_key(WRITE_KEY).send()?.expect_problem(413, "batch_too_large")?;
        let filling = "x".repeat(30 << 10);
        let heavy: Vec<Value> =
            (0..18).map(|number| track(&format!("h{number}"), "e", "u", json!({ "text": filling }))).collect();
        shop.post("/v1/batch", &json!({ "batch": heavy })).write_key(WRITE_KEY).send()?.expect_problem(413, "batch_too_large")?;
        ensure!(shop.value("SELECT count(*) FROM events")? == 0);
        Ok(())
    }

    fn what_just_fits_is_taken(column) {
        let shop = Fanvine::start(&column)?;
        shop.post("/v1/batch", &many(2_500)).write_key(WRITE_KEY).expect(200)?;
        shop.send("track", &track("large", "e", "u1", json!({ "text": "x".repeat(31 << 10) })))?;
        shop.wait_until_sql("SELECT count(*), count(DISTINCT message_id) FROM events", &json!([[2_501, 2_501]]))
    }

    fn an_event_too_large_inside_a_batch_does_not_hold_up_the_others(column) {
        let shop = Fanvine::start(&column)?;
        let large = track("large", "e", "u1", json!({ "text": "x".repeat(33 << 10) }));
        shop.send_batch(&[track("small", "e", "u1", json!({})), large])?;
        shop.wait_until_sql("SELECT message_id FROM events", &json!([["small"]]))?;
        let page = shop.get("/api/v1/quarantine").bearer(SERVER_KEY).expect(200)?.json()?;
        ensure!(page["items"][0]["reason"] == "event_too_large", "{page}");
        Ok(())
    }

    fn a_body_that_unpacks_into_too_much_is_refused(column) {
        let shop = Fanvine::start(&column)?;
        let mut bomb = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
        bomb.write_all(&vec![b' '; 64 << 20])?;
        let request = shop.request("POST", "/v1/batch").header("Content-Encoding", "gzip").write_key(WRITE_KEY);
        request.bytes(bomb.finish()?).send()?.expect_problem(413, "batch_too_large")?;
        ensure!(shop.get("/healthz").expect(200)?.text().starts_with("ok"));
        Ok(())
    }

    fn a_source_that_sends_too_fast_is_told_when_to_come_back(column) {
        let folder = tempfile::tempdir()?;
        let settings = folder.path().join("settings.toml");
        std::fs::write(&settings, "[collect]\nevents_per_second = 1\n")?;
        let shop = Fanvine::start_as(Run::on(&column).with("FANVINE_CONFIG", settings.to_string_lossy()))?;
        shop.post("/v1/batch", &many(50)).write_key(WRITE_KEY).expect(200)?;
        let refused = shop.post("/v1/batch", &many(50)).write_key(WRITE_KEY).send()?;
        let problem = refused.expect_problem(429, "rate_limited")?;
        ensure!(problem["retryable"] == true, "{problem}");
        let wait: u32 = refused.header("retry-after").parse()?;
        ensure!(wait >= 1, "Retry-After: {wait}");
        Ok(())
    }
}

#[test]
fn a_misspelt_setting_is_refused_by_name() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let settings = folder.path().join("settings.toml");
    std::fs::write(&settings, "[collect]\nevent_size = 1\n")?;
    let run = Run::default().with("FANVINE_CONFIG", settings.to_string_lossy());
    let outcome = run.import(folder.path(), &words(&[&settings, &"--preset", &"segment"]))?;
    ensure!(!outcome.status.success() && outcome.text.contains("event_size"), "{}", outcome.text);
    Ok(())
}
