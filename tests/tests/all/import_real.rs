//! Two real histories, whose figures are recomputed by an independent reader of the files.

use anyhow::{Result, ensure};
use fanvine_tests::{Fanvine, Run, SERVER_KEY, client_libraries, on_both_columns, python, shared_data, words};
use serde_json::{Value, json};

on_both_columns! {
    fn online_retail_comes_out_to_the_penny(column) {
        let Some(file) = shared_data("uci-online-retail/online_retail_full.parquet") else { return Ok(()) };
        let Some(libraries) = client_libraries() else { return Ok(()) };
        let expected: Value = serde_json::from_str(&python(&libraries, "oracles/uci.py", &[&file.to_string_lossy()])?)?;
        // The published figures, before anything else: 19,960 sales invoices, 10,666,684.54 gross, 9,747,747.93 net.
        ensure!(expected["orders"] == 19_960 && expected["revenue_minor"] == 1_066_668_454_i64, "{expected}");
        ensure!(expected["net_revenue_minor"] == 974_774_793_i64, "{expected}");
        let folder = tempfile::tempdir()?;
        let data = folder.path().join("data");
        let arguments = words(&[&file, &"--preset", &"uci-online-retail"]);
        let run = Run::on(&column);
        println!("{}", run.import(&data, &arguments)?.expect_success()?.text);
        let shop = Fanvine::start_in(run, std::sync::Arc::new(tempfile::tempdir()?), data)?;
        check_online_retail(&shop, &expected)?;
        // Once more while it runs: nothing new.
        println!("{}", shop.import(&arguments)?.expect_success()?.text);
        check_online_retail(&shop, &expected)
    }

    fn retailrocket_comes_out_to_the_row(column) {
        let Some(folder) = shared_data("retailrocket") else { return Ok(()) };
        let Some(libraries) = client_libraries() else { return Ok(()) };
        let expected: Value = serde_json::from_str(&python(&libraries, "oracles/retailrocket.py", &[&folder.to_string_lossy()])?)?;
        ensure!((&expected["viewed_rows"], &expected["added_rows"], &expected["ordered_rows"]) == (&json!(75_374), &json!(12_456), &json!(9_551)));
        let shop = Fanvine::start(&column)?;
        println!("{}", shop.import(&words(&[&folder, &"--preset", &"retailrocket"]))?.expect_success()?.text);
        shop.settle()?;
        shop.wait_until_sql(
            "SELECT event, count(*), count(DISTINCT message_id) FROM events GROUP BY 1 ORDER BY 1",
            &json!([
                ["Order Completed", expected["ordered"], expected["ordered"]],
                ["Product Added", expected["added"], expected["added"]],
                ["Product Viewed", expected["viewed"], expected["viewed"]],
            ]),
        )?;
        shop.wait_until_sql("SELECT count(*) FROM shoppers", &json!([[expected["shoppers"]]]))?;
        shop.wait_until_sql("SELECT count(*), count(DISTINCT order_id) FROM orders", &json!([[expected["ordered"], expected["ordered"]]]))?;
        let page = shop.get("/api/v1/quarantine?limit=1").bearer(SERVER_KEY).expect(200)?.json()?;
        ensure!(page["total"] == expected["test"] && page["items"][0]["reason"] == "time_is_a_rank", "{page}");
        Ok(())
    }
}

fn check_online_retail(shop: &Fanvine, expected: &Value) -> Result<()> {
    shop.settle()?;
    shop.wait_until_sql(
        "SELECT count(*), sum(revenue_minor), sum(lines), sum(units), count(*) - count(shopper_id) FROM orders WHERE status <> 'refund_only'",
        &json!([[expected["orders"], expected["revenue_minor"], expected["order_lines"], expected["units"], expected["guest_orders"]]]),
    )?;
    shop.wait_until_sql(
        "SELECT count(*), sum(amount_minor) FROM refunds",
        &json!([[expected["refunds"], expected["refunded_minor"]]]),
    )?;
    shop.wait_until_sql("SELECT count(*) FROM shoppers", &json!([[expected["customers_ever"]]]))?;
    shop.wait_until_sql(
        "SELECT count(*), sum(quantity) FROM order_lines WHERE quantity > 0",
        &json!([[expected["order_lines"], expected["units"]]]),
    )?;
    let page = shop.get("/api/v1/quarantine?limit=1").bearer(SERVER_KEY).expect(200)?.json()?;
    ensure!(
        page["total"] == expected["rows_skipped"],
        "{} rows in quarantine, expected {}",
        page["total"],
        expected["rows_skipped"]
    );
    let path = "/api/v1/insights/overview?from=2010-12-01&to=2011-12-09&interval=month";
    let overview = shop.get(path).bearer(SERVER_KEY).expect(200)?.json()?;
    let figures = [
        "orders",
        "revenue_minor",
        "refunded_minor",
        "net_revenue_minor",
        "average_order_minor",
        "active_shoppers",
        "new_shoppers",
        "returning_shoppers",
        "guest_orders",
    ];
    for figure in figures {
        ensure!(
            overview["totals"][figure] == expected[figure],
            "{figure}: {} is not {}",
            overview["totals"][figure],
            expected[figure]
        );
    }
    let months = |all: &Value| -> Vec<Value> {
        let cut = |one: &Value| json!([one["start"], one["net_revenue_minor"], one["orders"]]);
        all.as_array().into_iter().flatten().map(cut).collect()
    };
    ensure!(months(&overview["series"]) == months(&expected["months"]), "{}", overview["series"]);
    let top: Vec<Value> = overview["top_products"].as_array().into_iter().flatten().take(5)
        .map(|one| json!({ "product_id": one["product_id"], "revenue_minor": one["revenue_minor"], "units": one["units"], "orders": one["orders"] }))
        .collect();
    ensure!(Value::from(top.clone()) == expected["top_products"], "{top:?}");
    Ok(())
}
