//! Every question over a real history, beside what another reader of the file counts (`oracles/uci_questions.py`).

use anyhow::{Result, ensure};
use fanvine_tests::{Fanvine, Run, client_libraries, on_both_columns, python, shared_data, words};
use serde_json::{Value, json};

use crate::analyses::ask;

/// About all days of the file.
fn asked(shop: &Fanvine, kind: &str, mut question: Value) -> Result<Value> {
    question["from"] = json!("2010-12-01");
    question["to"] = json!("2011-12-31");
    ask(shop, kind, &question)
}

/// The fields of `expected`, of each of these.
fn like(all: &Value, expected: &Value) -> Value {
    let same = |one: &Value, like: &Value| -> Value {
        let fields = like.as_object().into_iter().flatten();
        fields.map(|(name, _)| (name.clone(), one[name].clone())).collect::<serde_json::Map<_, _>>().into()
    };
    let pairs = all.as_array().into_iter().flatten().zip(expected.as_array().into_iter().flatten());
    pairs.map(|(one, like)| same(one, like)).collect()
}

fn check(what: &str, found: &Value, expected: &Value) -> Result<()> {
    ensure!(found == expected, "{what}: {found} is not {expected}");
    Ok(())
}

fn people(shop: &Fanvine, expected: &Value) -> Result<()> {
    let order = json!(["Order Completed"]);
    let active = asked(shop, "active", json!({ "events": order, "interval": "month" }))?;
    check("active by month", &like(&active["points"], &expected["active"]), &expected["active"])?;
    let retention = json!({ "start": order, "then": order, "interval": "month", "horizon": 12 });
    let retention = asked(shop, "retention", retention)?;
    for (cohort, known) in
        retention["cohorts"].as_array().into_iter().flatten().zip(expected["cohorts"].as_array().into_iter().flatten())
    {
        let returned = cohort["returned"].as_array().map(Vec::as_slice).unwrap_or_default();
        let wanted = known["returned"].as_array().map(Vec::as_slice).unwrap_or_default();
        let (told, later) = returned.split_at(wanted.len().min(returned.len()));
        ensure!(
            cohort["start"] == known["start"] && cohort["shoppers"] == known["shoppers"],
            "{cohort} is not {known}"
        );
        ensure!(told == wanted && later.iter().all(|count| *count == 0), "{cohort} is not {known}");
    }
    let funnel = |counted: &str| json!({ "steps": [{ "events": order }, { "events": order }], "within_s": 2_592_000, "counted": counted });
    let shoppers = asked(shop, "funnel", funnel("shoppers"))?;
    check("customers", &shoppers["steps"][0]["shoppers"], &expected["customers"])?;
    check("twice within thirty days", &shoppers["steps"][1]["shoppers"], &expected["twice"])?;
    let entries = asked(shop, "funnel", funnel("entries"))?;
    check("entries", &json!([entries["steps"][0]["shoppers"], entries["steps"][1]["shoppers"]]), &expected["entries"])?;
    let again = asked(shop, "correlation", json!({ "goal": order, "start": order }))?;
    check("ordered again", &again["converted"], &expected["ordered_again"])?;
    let sessions = asked(shop, "sessions", json!({ "interval": "month" }))?;
    check("sessions", &sessions["total"]["sessions"], &expected["sessions"])
}

fn money(shop: &Fanvine, expected: &Value) -> Result<()> {
    let series = json!([{ "events": ["Order Completed"], "figure": "sum", "of": "revenue" }, { "events": ["Order Completed"], "figure": "shoppers" }]);
    let trends = asked(shop, "trends", json!({ "series": series, "interval": "month" }))?;
    let minor = |value: &Value| value.as_f64().map(|value| value as i64);
    let revenue: Vec<_> =
        trends["lines"][0]["parts"][0]["points"].as_array().into_iter().flatten().map(minor).collect();
    check("revenue by month", &json!(revenue), &expected["revenue_by_month"])?;
    let buyers: Vec<_> = trends["lines"][1]["parts"][0]["points"].as_array().into_iter().flatten().map(minor).collect();
    let active: Vec<_> =
        expected["active"].as_array().into_iter().flatten().map(|one| one["active"].as_i64()).collect();
    ensure!(buyers == active, "{buyers:?} is not {active:?}");
    let total = asked(shop, "attribution", json!({}))?["total"].clone();
    ensure!(total["conversions"].as_f64() == expected["orders"].as_f64(), "{total}");
    check("attributed to all", &total["revenue_minor"], &expected["revenue_minor"])?;
    let rules = json!({ "items": 2, "least_orders": expected["least_orders"], "limit": 1_000 });
    let basket = asked(shop, "basket", rules)?;
    check("orders with products", &basket["orders"], &expected["orders"])?;
    let mut rules: Vec<(u64, String, String, f64)> = Vec::new();
    for rule in basket["rules"].as_array().into_iter().flatten() {
        let item =
            |side: &str| rule[side]["item"].as_str().or(rule[side][0]["item"].as_str()).unwrap_or_default().to_owned();
        let confidence = rule["confidence"].as_f64().unwrap_or_default();
        rules.push((rule["orders"].as_u64().unwrap_or_default(), item("with"), item("also"), confidence));
    }
    rules.sort_by(|one, other| (other.0, &one.1, &one.2).cmp(&(one.0, &other.1, &other.2)));
    let known = expected["rules"].as_array().map(Vec::as_slice).unwrap_or_default();
    ensure!(rules.len() == known.len(), "{} rules are not {}", rules.len(), known.len());
    for ((orders, with, also, confidence), rule) in rules.iter().zip(known) {
        let same = rule["orders"] == *orders && rule["with"] == **with && rule["also"] == **also;
        let near = rule["confidence"].as_f64().is_some_and(|known| (known - confidence).abs() < 1e-9);
        ensure!(same && near, "{with} and {also}, {orders} times ({confidence}): {rule}");
    }
    let question = json!({ "from": "2011-11-01", "to": "2011-11-30", "interval": "month" });
    let metrics = ask(shop, "metrics", &question)?;
    for (key, known) in expected["november"].as_object().into_iter().flatten() {
        let metric = metrics["metrics"].as_array().into_iter().flatten().find(|one| one["key"] == **key);
        let value = metric.and_then(|metric| metric["value"].as_f64());
        ensure!(value == known.as_f64(), "{key}: {value:?} is not {known}");
    }
    Ok(())
}

on_both_columns! {
    fn questions_over_a_real_history_are_what_another_reader_of_it_counts(column) {
        let Some(file) = shared_data("uci-online-retail/online_retail_full.parquet") else { return Ok(()) };
        let Some(libraries) = client_libraries() else { return Ok(()) };
        let expected = python(&libraries, "oracles/uci_questions.py", &[&file.to_string_lossy()])?;
        let expected: Value = serde_json::from_str(&expected)?;
        let folder = tempfile::tempdir()?;
        let data = folder.path().join("data");
        let run = Run::on(&column);
        run.import(&data, &words(&[&file, &"--preset", &"uci-online-retail"]))?.expect_success()?;
        let shop = Fanvine::start_in(run, std::sync::Arc::new(tempfile::tempdir()?), data)?;
        shop.settle()?;
        shop.wait_until_sql("SELECT count(*) FROM orders WHERE status <> 'refund_only'", &json!([[expected["orders"]]]))?;
        people(&shop, &expected)?;
        money(&shop, &expected)
    }
}
