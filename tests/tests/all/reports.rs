//! Growth reports: what changed, where and why, read as data, as HTML and as PDF, and sent by e-mail.

use std::io::Read;
use std::process::Command;

use anyhow::{Context, Result, ensure};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use fanvine_tests::{Fanvine, MailServer, Run, SERVER_KEY, on_both_columns, wait_for};
use serde_json::{Value, json};

use crate::analyses::a_few_shoppers;

fn march(more: Value) -> Value {
    let mut order = json!({ "name": "March <b>", "from": "2026-03-01", "to": "2026-03-31" });
    if let (Some(order), Value::Object(more)) = (order.as_object_mut(), more) {
        order.extend(more);
    }
    order
}

/// The bytes of an answer.
fn bytes(shop: &Fanvine, path: &str) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    shop.get(path).bearer(SERVER_KEY).open()?.read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// What another program reads out of a PDF; none where it is not installed.
fn read_by(program: &str, arguments: &[&str], pdf: &[u8]) -> Result<Option<String>> {
    let file = tempfile::NamedTempFile::new()?;
    std::fs::write(file.path(), pdf)?;
    let path = file.path().to_string_lossy().into_owned();
    let arguments: Vec<&str> = arguments.iter().map(|one| if *one == "FILE" { path.as_str() } else { one }).collect();
    match Command::new(program).args(arguments).output() {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            println!("skipped: {program} is not installed");
            Ok(None)
        }
        Err(error) => Err(error.into()),
        Ok(output) => {
            ensure!(output.status.success(), "{program}: {}", String::from_utf8_lossy(&output.stderr));
            Ok(Some(String::from_utf8_lossy(&output.stdout).into_owned()))
        }
    }
}

on_both_columns! {
    fn a_report_says_what_changed_where_and_why_in_both_languages(column) {
        let shop = Fanvine::start(&column)?;
        a_few_shoppers(&shop)?;
        let made = shop.post("/api/v1/reports", &march(json!({ "language": "zh" }))).bearer(SERVER_KEY).expect(201)?.json()?;
        let id = made["report_id"].as_str().context("no id")?.to_owned();
        let path = format!("/api/v1/reports/{id}");
        let told = shop.get(&path).bearer(SERVER_KEY).expect(200)?.json()?;
        let content = &told["content"];
        let headline = content["headline"]["en"].as_str().unwrap_or_default();
        let said = "GMV from 2026-03-01 to 2026-03-31 was 190.01 CNY, up 375.0% from 40.00 CNY from 2026-02-01 to 2026-02-28.";
        ensure!(headline == said, "{headline}");
        // What each factor, each channel and each product contributed adds up to the change.
        let sections = content["sections"].as_array().context("sections")?;
        let section = |title: &str| sections.iter().find(|one| one["title"]["en"].as_str().is_some_and(|text| text.starts_with(title)));
        for title in ["Why", "Where: by product"] {
            let bars = section(title).with_context(|| title.to_owned())?["chart"]["bars"].as_array().context("bars")?;
            let sum: f64 = bars.iter().filter_map(|bar| bar["value"].as_f64()).sum();
            ensure!(sum == 15_001.0, "{title}: {bars:?}");
        }
        ensure!(section("Sharing").is_some() && section("What growth costs").is_none(), "{sections:?}");

        let page = shop.get(&format!("{path}/html?language=en")).bearer(SERVER_KEY).expect(200)?;
        ensure!(page.header("content-type").starts_with("text/html"), "{}", page.header("content-type"));
        ensure!(page.header("content-security-policy").contains("sandbox"), "{}", page.header("content-security-policy"));
        let page = page.text();
        ensure!(page.contains(said) && page.contains("March &lt;b&gt;") && page.contains("<svg "), "{page}");
        for outside in ["<script", "href=", "src=", "url("] {
            ensure!(!page.contains(outside), "{outside}: {page}");
        }
        let page = shop.get(&format!("{path}/html")).bearer(SERVER_KEY).expect(200)?.text();
        ensure!(page.contains("<html lang=\"zh-CN\">") && page.contains("新顾客"), "{page}");

        for (language, word) in [("en", "GMV from 2026-03-01 to 2026-03-31 was 190.01 CNY"), ("zh", "影响最大的因素是")] {
            let pdf = bytes(&shop, &format!("{path}/pdf?language={language}"))?;
            ensure!(pdf.starts_with(b"%PDF-1.7") && pdf.trim_ascii_end().ends_with(b"%%EOF"), "{} bytes", pdf.len());
            read_by("qpdf", &["--check", "FILE"], &pdf)?;
            if let Some(text) = read_by("pdftotext", &["-layout", "FILE", "-"], &pdf)? {
                ensure!(text.contains(word), "{language}: {text}");
            }
        }

        let preview = shop.post("/api/v1/reports/preview", &march(json!({}))).bearer(SERVER_KEY).expect(200)?.text();
        ensure!(preview.contains(said), "{preview}");
        let refused = |order: Value, at: &str| -> Result<()> {
            let problem = shop.post("/api/v1/reports", &order).bearer(SERVER_KEY).send()?;
            let problem = problem.expect_problem(400, "invalid_parameter")?;
            ensure!(problem["pointer"] == at, "{problem}");
            Ok(())
        };
        refused(march(json!({ "name": " " })), "name")?;
        refused(march(json!({ "from": "2020-01-01" })), "from")?;
        refused(march(json!({ "segments": [{ "segment_id": "gone", "name": "Gone" }] })), "segments.0.segment_id")?;
        let list = shop.get("/api/v1/reports").bearer(SERVER_KEY).expect(200)?.json()?;
        ensure!(list["reports"].as_array().map(Vec::len) == Some(1), "{list}");
        shop.request("DELETE", &path).bearer(SERVER_KEY).expect(204)?;
        shop.get(&path).bearer(SERVER_KEY).send()?.expect_problem(404, "not_found")?;
        Ok(())
    }

    fn a_report_is_planned_and_sent_with_the_file(column) {
        let server = MailServer::start()?;
        let run = Run::on(&column).with("FANVINE_EMAIL_SERVER", &server.url);
        let shop = Fanvine::start_as(run.with("FANVINE_EMAIL_FROM", "茶店 <shop@example.com>"))?;
        a_few_shoppers(&shop)?;
        let plan = json!({ "name": "Weekly", "emails": ["ana@example.com"], "schedule": { "every": "week", "hour": 7 } });
        let made = shop.post("/api/v1/report-plans", &plan).bearer(SERVER_KEY).expect(201)?.json()?;
        ensure!(made["due_at"].is_string() && made["made_at"].is_null(), "{made}");
        let path = format!("/api/v1/report-plans/{}", made["plan_id"].as_str().context("no id")?);
        let off = json!({ "name": "Weekly", "active": false });
        let changed = shop.request("PUT", &path).json(&off).bearer(SERVER_KEY).expect(200)?.json()?;
        ensure!(changed["due_at"].is_null() && changed["terms"]["emails"] == json!([]), "{changed}");
        let hourly = json!({ "name": "Hourly", "schedule": { "every": "hour" } });
        let refused = shop.post("/api/v1/report-plans", &hourly).bearer(SERVER_KEY).send()?;
        ensure!(refused.expect_problem(400, "invalid_parameter")?["pointer"] == "schedule.every");
        let list = shop.get("/api/v1/report-plans").bearer(SERVER_KEY).expect(200)?.json()?;
        ensure!(list["can_email"] == true && list["plans"].as_array().map(Vec::len) == Some(1), "{list}");
        shop.request("DELETE", &path).bearer(SERVER_KEY).expect(204)?;
        shop.request("DELETE", &path).bearer(SERVER_KEY).send()?.expect_problem(404, "not_found")?;

        let order = march(json!({ "name": "March", "emails": ["ana@example.com"] }));
        shop.post("/api/v1/reports", &order).bearer(SERVER_KEY).expect(201)?;
        let letter = wait_for("the report to arrive", || Ok(server.letters().pop()))?;
        ensure!(letter.to == "ana@example.com" && letter.text.contains("multipart/mixed"), "{letter:?}");
        let part = letter.text.split("application/pdf").nth(1).context("no file")?.replace("\r\n", "\n");
        let file = part.split("\n\n").nth(1).context("no body")?.split("\n--").next().unwrap_or_default();
        let file = STANDARD.decode(file.replace('\n', "")).context("not base64")?;
        ensure!(file.starts_with(b"%PDF-1.7"), "{} bytes", file.len());
        ensure!(letter.text.contains("report-2026-03-01-2026-03-31.pdf"), "{}", letter.text);
        Ok(())
    }
}
