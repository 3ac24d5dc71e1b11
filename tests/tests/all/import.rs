//! A shop's history from files: mapped, counted, kept in quarantine where it cannot be used, and never doubled.

use std::fmt::Write;
use std::path::Path;

use anyhow::{Context, Result, ensure};
use fanvine_tests::{Column, Fanvine, Outcome, Run, SERVER_KEY, on_both_columns, wait_for, words};
use serde_json::{Value, json};

const MAPPING: &str = r#"
about = "Orders of the old shop"
source = "Old shop"
currency = "CNY"

[input]
delimiter = ";"

[time]
column = "placed"
format = ["iso", "%d/%m/%Y %H:%M"]
zone = "Asia/Shanghai"

[group]
by = "order_no"

[[skip]]
where = ["quantity < 0"]
reason = "stock_adjustment"

[[event]]
where = ["order_no not starts with C"]
name = "Order Completed"
message_id = "old:{order_no}"
user_id = "{customer:int}"
order_id = "{order_no}"
[event.line]
product_id = "{sku}"
name = "{title}"
price = "{unit_price}"
quantity = "{quantity}"
[event.properties]
country = "{country}"
"#;

/// Three orders (one of two lines, one of a guest), a row of stock, a row whose time is none.
const ORDERS: &str = "order_no;customer;sku;title;quantity;unit_price;placed;country\n\
1001;17850.0;tea;\"Oolong; spring\";3;19.90;2026-05-01T23:30:00;中国\n\
1001;17850.0;tin;\"Tin \"\"large\"\"\";1;5.30;2026-05-01T23:30:00;中国\n\
1002;;tea;\"Oolong; spring\";1;19.90;02/05/2026 08:15;中国\n\
1003;17851;tin;Tin;2;5.30;2026-05-02 00:00:00;中国\n\
1004;17851;tin;Tin;-4;5.30;2026-05-02 00:00:00;中国\n\
1005;17851;tin;Tin;1;5.30;yesterday;中国\n";

fn write(folder: &Path, name: &str, text: &str) -> Result<std::path::PathBuf> {
    let path = folder.join(name);
    std::fs::write(&path, text)?;
    Ok(path)
}

fn check_orders(shop: &Fanvine) -> Result<()> {
    shop.settle()?;
    shop.wait_until_sql(
        "SELECT order_id, shopper_id, placed_at, revenue_minor, currency, lines, units FROM orders ORDER BY order_id",
        &json!([
            ["1001", "17850", "2026-05-01T15:30:00Z", 6_500, "CNY", 2, 4],
            ["1002", null, "2026-05-02T00:15:00Z", 1_990, "CNY", 1, 1],
            ["1003", "17851", "2026-05-01T16:00:00Z", 1_060, "CNY", 1, 2],
        ]),
    )?;
    shop.wait_until_sql("SELECT count(*), count(DISTINCT message_id) FROM events", &json!([[3, 3]]))?;
    shop.wait_until_sql(
        "SELECT name FROM order_lines WHERE order_id = '1001' ORDER BY line",
        &json!([["Oolong; spring"], ["Tin \"large\""]]),
    )?;
    let page = shop.get("/api/v1/quarantine").bearer(SERVER_KEY).expect(200)?.json()?;
    let mut reasons: Vec<&str> =
        page["items"].as_array().into_iter().flatten().filter_map(|item| item["reason"].as_str()).collect();
    reasons.sort_unstable();
    ensure!(reasons.len() == 2 && reasons.contains(&"stock_adjustment"), "{page}");
    ensure!(
        page["items"].as_array().into_iter().flatten().any(|item| item["body"].to_string().contains("yesterday")),
        "{page}"
    );
    Ok(())
}

on_both_columns! {
    fn a_mapped_csv_is_imported_once_however_often_it_is_run(column) {
        let folder = tempfile::tempdir()?;
        let (file, map) = (write(folder.path(), "orders.csv", ORDERS)?, write(folder.path(), "map.toml", MAPPING)?);
        let arguments = words(&[&file, &"--mapping", &map]);
        let run = Run::on(&column);
        let data = folder.path().join("data");
        // Before the server ever ran, twice.
        let first = run.import(&data, &arguments)?.expect_success()?;
        let second = run.import(&data, &arguments)?.expect_success()?;
        println!("{}\n---\n{}", first.text, second.text);
        let shop = Fanvine::start_in(run, std::sync::Arc::new(tempfile::tempdir()?), data)?;
        check_orders(&shop)?;
        // And again while it runs.
        shop.import(&arguments)?.expect_success()?;
        check_orders(&shop)?;
        let sources = shop.get("/api/v1/sources").bearer(SERVER_KEY).expect(200)?.json()?;
        ensure!(sources["sources"].as_array().into_iter().flatten().any(|one| one["name"] == "Old shop"), "{sources}");
        Ok(())
    }

    fn a_file_is_imported_into_a_running_program(column) {
        let folder = tempfile::tempdir()?;
        let (file, map) = (write(folder.path(), "orders.csv", ORDERS)?, write(folder.path(), "map.toml", MAPPING)?);
        let shop = Fanvine::start(&column)?;
        shop.import(&words(&[&file, &"--mapping", &map]))?.expect_success()?;
        check_orders(&shop)
    }

    fn json_lines_are_imported_by_a_mapping_or_as_segment_messages(column) {
        let folder = tempfile::tempdir()?;
        let rows = "{\"who\":\"u1\",\"what\":\"tea\",\"when\":1767225600,\"price\":19.9}\n\
                    {\"who\":\"u2\",\"what\":\"tin\",\"when\":1767225601,\"price\":5.3}\n\
                    this is no JSON\n";
        let map = "source = \"App\"\ncurrency = \"CNY\"\n[time]\ncolumn = \"when\"\nformat = \"unix_s\"\n[[event]]\nname = \"Product Viewed\"\n\
                   message_id = \"app:{who}:{when}\"\nuser_id = \"{who}\"\nproduct_id = \"{what}\"\n";
        let (file, map) = (write(folder.path(), "views.jsonl", rows)?, write(folder.path(), "map.toml", map)?);
        let shop = Fanvine::start(&column)?;
        shop.import(&words(&[&file, &"--mapping", &map]))?.expect_success()?;
        shop.settle()?;
        shop.wait_until_sql(
            "SELECT message_id, product_id, occurred_at FROM events ORDER BY 1",
            &json!([
                ["app:u1:1767225600", "tea", "2026-01-01T00:00:00Z"],
                ["app:u2:1767225601", "tin", "2026-01-01T00:00:01Z"],
            ]),
        )?;
        let page = shop.get("/api/v1/quarantine").bearer(SERVER_KEY).expect(200)?.json()?;
        ensure!(page["total"] == 1 && page["items"][0]["body"].to_string().contains("this is no JSON"), "{page}");
        let export = "{\"type\":\"track\",\"event\":\"Product Added\",\"userId\":\"u3\",\"messageId\":\"x1\",\"timestamp\":\"2020-02-29T10:00:00Z\",\
                      \"receivedAt\":\"2020-02-29T10:00:02Z\",\"sentAt\":\"2020-02-29T09:00:00Z\"}\n";
        let export = write(folder.path(), "export.jsonl", export)?;
        shop.import(&words(&[&export, &"--preset", &"segment"]))?.expect_success()?;
        shop.settle()?;
        shop.wait_until_sql(
            "SELECT event, occurred_at, received_at FROM events WHERE message_id = 'x1'",
            &json!([["Product Added", "2020-02-29T10:00:00Z", "2020-02-29T10:00:02Z"]]),
        )
    }

    fn what_cannot_be_imported_is_refused_by_name_and_leaves_nothing(column) {
        let folder = tempfile::tempdir()?;
        let path = folder.path();
        let file = write(path, "orders.csv", ORDERS)?;
        let good = write(path, "map.toml", MAPPING)?;
        let (run, data) = (Run::on(&column), path.join("data"));
        let refused = |arguments: &[&dyn AsRef<std::ffi::OsStr>], told: &[&str]| -> Result<()> {
            let outcome = run.import(&data, &words(arguments))?;
            ensure!(!outcome.status.success(), "{told:?} was imported: {}", outcome.text);
            ensure!(told.iter().all(|word| outcome.text.contains(word)), "expected {told:?}: {}", outcome.text);
            ensure!(!outcome.text.contains("panicked"), "{}", outcome.text);
            Ok(())
        };
        refused(&[&path.join("nothing.csv"), &"--mapping", &good], &["nothing.csv"])?;
        refused(&[&file, &"--mapping", &path.join("nothing.toml")], &["nothing.toml"])?;
        let map = write(path, "typo.toml", &MAPPING.replace("[time]", "[thyme]"))?;
        refused(&[&file, &"--mapping", &map], &["thyme"])?;
        let map = write(path, "column.toml", &MAPPING.replace("{sku}", "{article}"))?;
        refused(&[&file, &"--mapping", &map], &["article"])?;
        let map = write(path, "zone.toml", &MAPPING.replace("Asia/Shanghai", "Asia/Nowhere"))?;
        refused(&[&file, &"--mapping", &map], &["Asia/Nowhere"])?;
        let picture = path.join("picture.parquet");
        std::fs::write(&picture, [0x89, 0x50, 0x4e, 0x47, 0, 1, 2, 3].repeat(100))?;
        refused(&[&picture, &"--mapping", &good], &["picture.parquet"])?;
        refused(&[&file], &["--preset"])?;
        let shop = Fanvine::start_in(run.clone(), std::sync::Arc::new(tempfile::tempdir()?), data.clone())?;
        ensure!(shop.value("SELECT count(*) FROM events")? == 0);
        Ok(())
    }

    fn an_import_that_is_killed_goes_on_without_doubling(column) {
        kill_imports(&column)
    }
}

/// How many orders the file of [`kill_imports`] holds, each of three lines.
const MANY: usize = 20_000;

fn many_orders() -> String {
    let mut text = String::from("order_no;customer;sku;title;quantity;unit_price;placed;country\n");
    for order in 0..MANY {
        for line in 0..3 {
            // Writing to a String cannot fail.
            let _ = writeln!(
                text,
                "N{order};{};sku-{};Article {line};{};{}.05;2026-03-{:02} {:02}:00:00;中国",
                order % 3_000,
                (order * 7 + line) % 400,
                line + 1,
                order % 50,
                order % 28 + 1,
                order % 24
            );
        }
    }
    text
}

fn bytes_in(folder: &Path) -> u64 {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    entries
        .map(|entry| match entry.metadata() {
            Ok(about) if about.is_dir() => bytes_in(&entry.path()),
            Ok(about) => std::os::unix::fs::MetadataExt::blocks(&about) * 512,
            Err(_) => 0,
        })
        .sum()
}

fn kill_imports(column: &Column) -> Result<()> {
    let folder = tempfile::tempdir()?;
    let (file, map) = (write(folder.path(), "orders.csv", &many_orders())?, write(folder.path(), "map.toml", MAPPING)?);
    let arguments = words(&[&file, &"--mapping", &map]);
    let (run, data) = (Run::on(column), folder.path().join("data"));
    let mut killed = 0;
    for attempt in 1..=6 {
        let before = bytes_in(&data.join("log"));
        let mut child = run.start_import(&data, &arguments)?;
        // Killed when it has written a little more than the last one, or left alone when it has finished by then.
        let ended = wait_for("the import to write or end", || {
            Ok(match child.try_wait()? {
                Some(_) => Some(true),
                None => (bytes_in(&data.join("log")) > before + attempt * 150_000).then_some(false),
            })
        })?;
        if ended {
            Outcome::of(child)?.expect_success()?;
            break;
        }
        child.kill()?;
        child.wait()?;
        killed += 1;
    }
    ensure!(killed > 0, "the import was too quick to be killed");
    run.import(&data, &arguments)?.expect_success()?;
    let shop = Fanvine::start_in(run, std::sync::Arc::new(tempfile::tempdir()?), data)?;
    shop.settle()?;
    let counts = shop.sql("SELECT count(*), count(DISTINCT message_id) FROM events")?;
    ensure!(counts == [vec![Value::from(MANY), Value::from(MANY)]], "after {killed} kills: {counts:?}");
    let expected: i64 = (0..MANY as i64).map(|order| (order % 50 * 100 + 5) * 6).sum();
    let orders = shop.sql("SELECT count(*), sum(revenue_minor), sum(lines), sum(units) FROM orders")?;
    let wanted = [MANY as i64, expected, MANY as i64 * 3, MANY as i64 * 6].map(Value::from);
    ensure!(orders.first().context("no row")? == &wanted, "after {killed} kills: {orders:?}, expected {wanted:?}");
    ensure!(shop.value("SELECT count(*) FROM order_lines")? == MANY * 3);
    println!("killed {killed} times, {MANY} orders of three lines are there once, {}", column.name());
    Ok(())
}
