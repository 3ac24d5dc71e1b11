//! The contract and what every installation can rely on: its snapshot, health, the names of tables and columns.

use std::path::Path;

use anyhow::{Context, ensure};
use fanvine_tests::{Fanvine, SERVER_KEY, on_both_columns};

on_both_columns! {
    fn the_served_contract_is_the_snapshot_the_console_is_built_from(column) {
        let shop = Fanvine::start(&column)?;
        let served = shop.get("/openapi.json").expect(200)?;
        let snapshot = Path::new(env!("CARGO_MANIFEST_DIR")).join("../console/openapi.json");
        let snapshot = std::fs::read_to_string(&snapshot).with_context(|| format!("cannot read {}", snapshot.display()))?;
        ensure!(served.json()?["openapi"].as_str().unwrap_or_default().starts_with("3.1"), "not OpenAPI 3.1");
        ensure!(served.text() == snapshot, "console/openapi.json is stale; write it anew with `fanvine openapi > console/openapi.json`");
        Ok(())
    }

    fn health_and_readiness_are_told_to_anybody(column) {
        let shop = Fanvine::start(&column)?;
        ensure!(shop.get("/healthz").expect(200)?.text() == "ok\n");
        let ready = shop.get("/readyz").expect(200)?.json()?;
        ensure!(ready["ready"] == true && ready["behind"].as_array().is_some_and(|behind| !behind.is_empty()), "{ready}");
        let about = shop.get("/api/v1/shop").bearer(SERVER_KEY).expect(200)?.json()?;
        ensure!(about["time_zone"] == "UTC" && about["first_event_at"].is_null(), "{about}");
        let expected = if column.store().is_some() { "postgres" } else { "sqlite" };
        ensure!(about["storage"]["store"].as_str().unwrap_or_default().starts_with(expected), "{about}");
        Ok(())
    }

    fn the_tables_others_script_against_have_their_columns(column) {
        let shop = Fanvine::start(&column)?;
        let tables = [
            ("events", "message_id, event, kind, shopper_id, user_id, anonymous_id, occurred_at, received_at, source_id, session_id, \
              product_id, order_id, quantity, revenue_minor, currency, channel, campaign, referrer, properties, context"),
            ("orders", "order_id, shopper_id, anonymous_id, status, placed_at, updated_at, currency, revenue_minor, total_minor, \
              shipping_minor, tax_minor, discount_minor, refunded_minor, coupon, channel, campaign, source_id, lines, units"),
            ("order_lines", "order_id, line, product_id, variant, name, category, quantity, unit_price_minor, discount_minor, \
              revenue_minor, refunded_quantity, refunded_minor, currency, placed_at, shopper_id"),
            ("products", "product_id, name, category, brand, price_minor, currency, image_url, url, status, created_at, updated_at"),
            ("shoppers", "shopper_id"),
            ("price_history", "product_id, price_minor"),
            ("persons", "shopper_id, person_id"),
        ];
        for (table, columns) in tables {
            let rows = shop.sql(&format!("SELECT {columns} FROM {table}"))?;
            ensure!(rows.is_empty(), "{table} is not empty: {rows:?}");
        }
        let schema = shop.get("/api/v1/sql/schema").bearer(SERVER_KEY).expect(200)?.json()?;
        for (table, columns) in tables {
            let listed = schema["tables"].as_array().context("no tables")?;
            let found = listed.iter().find(|one| one["name"] == table).with_context(|| format!("the schema lacks {table}"))?;
            let names: Vec<&str> = found["columns"].as_array().into_iter().flatten().filter_map(|one| one["name"].as_str()).collect();
            for column in columns.split(", ") {
                ensure!(names.contains(&column), "the schema of {table} lacks {column}: {names:?}");
            }
        }
        Ok(())
    }

    fn an_address_nobody_knows_is_refused_and_the_console_is_served(column) {
        let shop = Fanvine::start(&column)?;
        shop.get("/api/v1/nothing").bearer(SERVER_KEY).send()?.expect_problem(404, "not_found")?;
        shop.request("DELETE", "/healthz").send()?.expect_problem(405, "method_not_allowed")?;
        let page = shop.get("/").send()?;
        ensure!(page.status == 200 && page.header("content-type").starts_with("text/html"), "{} {}", page.status, page.text());
        Ok(())
    }
}
