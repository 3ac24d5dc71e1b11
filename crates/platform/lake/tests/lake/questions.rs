//! SQL: what it answers, what it refuses.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use fanvine_kernel::Event;
use fanvine_lake::{ColumnData, ColumnKind, ColumnSpec, ColumnStream, Lake, SqlError, SqlRequest, Table};
use futures::StreamExt;
use serde_json::{Value, json};

use crate::shop::{ask, event, give, json as raw, one, open, options, request, try_ask};

fn order(id: &str, shopper: &str, at_s: i64, minor: i64, currency: &str) -> Event {
    let mut event = event(id, "Order Completed", Some(shopper), at_s);
    event.order_id = Some(format!("o-{id}"));
    event.revenue_minor = Some(minor);
    event.currency = Some(currency.parse().unwrap());
    event
}

/// Half on disk, half in memory.
async fn filled(root: &std::path::Path) -> Lake {
    let lake = open(root).await;
    let mut viewed = event("m1", "Product Viewed", Some("ann"), 10);
    viewed.product_id = Some("p1".into());
    viewed.properties = raw(r#"{"price": 12.5, "tags": ["a", "b"], "deep": {"name": "竹"}, "sku": "7"}"#);
    let mut guest = event("m2", "Product Viewed", None, 20);
    guest.quantity = None;
    let mut anonymous = event("m3", "Product Viewed", None, 30);
    anonymous.anonymous_id = Some("anon-1".into());
    give(&lake, vec![viewed, guest, anonymous]);
    lake.flush().await.unwrap();
    let mut refund = order("m6", "ann", 60, 100, "CNY");
    refund.name = "Order Refunded".into();
    give(&lake, vec![order("m4", "ann", 40, 1250, "CNY"), order("m5", "ann", 50, 250, "CNY"), refund]);
    give(&lake, vec![order("m7", "bob", 70, 900, "CNY"), order("m8", "bob", 80, 100, "USD")]);
    lake
}

#[tokio::test]
async fn events_has_the_promised_columns_in_their_order() {
    let folder = tempfile::tempdir().unwrap();
    let lake = filled(folder.path()).await;
    let answer = try_ask(&lake, "SELECT * FROM events ORDER BY message_id").await.unwrap();
    let promised = "message_id, event, kind, shopper_id, user_id, anonymous_id, occurred_at, received_at, source_id, session_id, product_id, order_id, quantity, revenue_minor, currency, channel, campaign, referrer, properties, context";
    assert_eq!(answer.columns.join(", "), promised);
    assert_eq!(answer.rows.len(), 8);
    let described: Vec<String> = lake.schema()[0].columns.iter().map(|column| column.name.clone()).collect();
    assert_eq!(described.join(", "), promised);
    let types: Vec<String> = lake.schema()[0].columns.iter().map(|column| column.kind.clone()).collect();
    assert_eq!(answer.types, types);
    assert_eq!(json!(answer.rows[2][3]), json!("anon-1"));
    assert_eq!(json!(answer.rows[0][6..8]), json!(["2026-03-01T00:00:10Z", "2026-03-01T00:00:11Z"]));
    assert_eq!(json!(answer.rows[3][11..15]), json!(["o-m4", 1, 1250, "CNY"]));
}

#[tokio::test]
async fn shoppers_are_reckoned_from_their_events_and_currencies_are_not_mixed() {
    let folder = tempfile::tempdir().unwrap();
    let lake = filled(folder.path()).await;
    let rows = ask(
        &lake,
        "SELECT shopper_id, events, orders, revenue_minor, refunded_minor, currency FROM shoppers ORDER BY 1",
    )
    .await;
    let expected =
        json!([["ann", 4, 2, 1500, 100, "CNY"], ["anon-1", 1, 0, 0, 0, null], ["bob", 2, 2, null, null, null]]);
    assert_eq!(json!(rows), expected);
    let answer = try_ask(&lake, "SELECT * FROM shoppers").await.unwrap();
    let described: Vec<String> = lake.schema()[1].columns.iter().map(|column| column.name.clone()).collect();
    assert_eq!(answer.columns, described);
}

#[tokio::test]
async fn a_condition_that_narrows_the_scan_finds_what_one_that_does_not_would() {
    let folder = tempfile::tempdir().unwrap();
    let lake = filled(folder.path()).await;
    let pairs = [
        ("shopper_id = 'ann'", "concat(shopper_id, '') = 'ann'"),
        ("shopper_id IN ('ann', 'anon-1', 'nobody')", "concat(shopper_id, '') IN ('ann', 'anon-1')"),
        ("shopper_id = 'nobody'", "false"),
        ("event = 'Order Completed'", "concat(event, '') = 'Order Completed'"),
        ("event <> 'Order Completed'", "concat(event, '') <> 'Order Completed'"),
        ("event LIKE 'Order%' AND shopper_id = 'bob'", "concat(event, shopper_id) LIKE 'Order%bob'"),
        ("occurred_at BETWEEN '2026-03-01T00:00:20Z' AND '2026-03-01T00:00:50Z'", "message_id BETWEEN 'm2' AND 'm5'"),
        ("occurred_at > '2026-03-01T00:00:20Z' AND event = 'Product Viewed'", "message_id = 'm3'"),
        ("occurred_at = '2026-03-01T00:00:40Z' OR shopper_id IS NULL", "message_id IN ('m4', 'm2')"),
        ("TIMESTAMP '2026-03-01T00:00:30.5' > occurred_at", "message_id <= 'm3'"),
        ("revenue_minor > 500 AND product_id IS NULL", "message_id IN ('m4', 'm7')"),
    ];
    for (narrow, wide) in pairs {
        let query = |condition: &str| format!("SELECT message_id FROM events WHERE {condition} ORDER BY 1");
        let (narrowed, widened) = (ask(&lake, &query(narrow)).await, ask(&lake, &query(wide)).await);
        assert_eq!(narrowed, widened, "{narrow}");
        let count = format!("SELECT count(*) FROM events WHERE {narrow}");
        assert_eq!(one(&lake, &count).await, widened.len(), "{narrow}");
    }
    let plan = ask(&lake, "EXPLAIN SELECT count(*) FROM events WHERE shopper_id = 'nobody'").await;
    assert!(!json!(plan).to_string().contains(".parquet"), "{plan:?}");
}

#[tokio::test]
async fn only_reading_is_allowed() {
    let folder = tempfile::tempdir().unwrap();
    let lake = filled(folder.path()).await;
    let secret = folder.path().join("secret.csv");
    std::fs::write(&secret, "a\n1\n").unwrap();
    let secret = secret.display();
    for query in [
        "CREATE TABLE t AS SELECT 1".to_owned(),
        "CREATE VIEW v AS SELECT 1".to_owned(),
        "DROP TABLE events".to_owned(),
        "INSERT INTO events SELECT * FROM events".to_owned(),
        "DELETE FROM events".to_owned(),
        "UPDATE events SET event = 'x'".to_owned(),
        "SELECT * INTO t FROM events".to_owned(),
        "SET datafusion.execution.batch_size = 1".to_owned(),
        "RESET datafusion.execution.batch_size".to_owned(),
        "PREPARE p AS SELECT 1".to_owned(),
        "BEGIN".to_owned(),
        "EXPLAIN ANALYZE INSERT INTO events SELECT * FROM events".to_owned(),
        format!("COPY events TO '{secret}.parquet'"),
        format!("CREATE EXTERNAL TABLE x STORED AS CSV LOCATION '{secret}'"),
    ] {
        let refused = try_ask(&lake, &query).await.unwrap_err();
        assert!(matches!(refused, SqlError::NotReadOnly { .. }), "{query}: {refused:?}");
    }
    for query in [format!("SELECT * FROM '{secret}'"), format!("SELECT * FROM \"file://{secret}\"")] {
        let refused = try_ask(&lake, &query).await.unwrap_err();
        assert!(matches!(refused, SqlError::Invalid { .. }), "{query}: {refused:?}");
    }
    assert!(matches!(try_ask(&lake, "SELECT 1; SELECT 2").await, Err(SqlError::Invalid { .. })));
    assert!(matches!(try_ask(&lake, "").await, Err(SqlError::Invalid { .. })));
    assert_eq!(one(&lake, "SELECT count(*) FROM events").await, 8);
}

#[tokio::test]
async fn looking_around_is_allowed() {
    let folder = tempfile::tempdir().unwrap();
    let lake = filled(folder.path()).await;
    for query in [
        "SHOW TABLES",
        "DESCRIBE events",
        "EXPLAIN SELECT * FROM events",
        "SHOW COLUMNS FROM shoppers",
        "VALUES (1), (2)",
    ] {
        let rows = ask(&lake, query).await;
        assert!(!rows.is_empty(), "{query}");
    }
    assert_eq!(ask(&lake, "DESCRIBE events").await.len(), 20);
    assert_eq!(one(&lake, "WITH a AS (SELECT count(*) AS n FROM events) SELECT n FROM a").await, 8);
}

#[tokio::test]
async fn an_error_says_what_is_wrong_and_where() {
    let folder = tempfile::tempdir().unwrap();
    let lake = filled(folder.path()).await;
    let error = try_ask(&lake, "SELECT count(*)\nFORM events").await.unwrap_err();
    assert!(matches!(error, SqlError::Invalid { line: Some(2), column: Some(_), .. }), "{error:?}");
    let error = try_ask(&lake, "SELECT evnt\nFROM events").await.unwrap_err();
    assert!(
        matches!(&error, SqlError::Invalid { message, line: Some(1), column: Some(8) } if message.contains("evnt")),
        "{error:?}"
    );
    let error = try_ask(&lake, "SELECT * FROM evnts").await.unwrap_err();
    assert!(matches!(&error, SqlError::Invalid { message, .. } if message.contains("evnts")), "{error:?}");
    let error = try_ask(&lake, "SELECT 1 / (count(*) - 8) FROM events").await.unwrap_err();
    assert!(
        matches!(&error, SqlError::Failed { message } if message.to_lowercase().contains("divide by zero")),
        "{error:?}"
    );
}

#[tokio::test]
async fn a_query_is_bounded_in_rows_time_and_memory() {
    let folder = tempfile::tempdir().unwrap();
    let mut tight = options(folder.path());
    tight.query_memory = 3 << 20;
    tight.spill_bytes = 1 << 10;
    let lake = Lake::open(tight).await.unwrap();
    give(&lake, (0..10).map(|n| event(&format!("m{n}"), "Product Viewed", Some("ann"), n)).collect());
    let answer =
        lake.sql(&SqlRequest { max_rows: 3, ..request("SELECT message_id FROM events ORDER BY 1") }).await.unwrap();
    assert_eq!((json!(answer.rows), answer.truncated), (json!([["m0"], ["m1"], ["m2"]]), true));
    let answer = lake.sql(&SqlRequest { max_rows: 10, ..request("SELECT message_id FROM events") }).await.unwrap();
    assert_eq!((answer.rows.len(), answer.truncated), (10, false));

    let endless = "SELECT count(*) FROM generate_series(1, 1000000000000) a";
    let error = lake.sql(&SqlRequest { timeout: Duration::from_millis(50), ..request(endless) }).await.unwrap_err();
    assert_eq!(error, SqlError::TimedOut { after: Duration::from_millis(50) });

    let greedy = "SELECT value, count(*) FROM generate_series(1, 5000000) GROUP BY value";
    let error = try_ask(&lake, greedy).await.unwrap_err();
    assert_eq!(error, SqlError::OutOfMemory { limit_bytes: 3 << 20 });
}

#[tokio::test]
async fn every_kind_of_value_has_its_form() {
    let folder = tempfile::tempdir().unwrap();
    let lake = open(folder.path()).await;
    let rows = ask(
        &lake,
        "SELECT 9007199254740993, 1.5, CAST('NaN' AS DOUBLE), true, NULL, DATE '2026-02-03', X'00ff', \
         CAST('12.30' AS DECIMAL(10, 2)), [1, NULL, 3], named_struct('a', 1, 'b', 'x'), \
         TIMESTAMP '2026-02-03T04:05:06.789', INTERVAL '1' DAY IS NULL, CAST(18446744073709551615 AS BIGINT UNSIGNED)",
    )
    .await;
    let expected = json!([[9007199254740993i64, 1.5, null, true, null, "2026-02-03", "00ff", "12.30", [1, null, 3], {"a": 1, "b": "x"},
        "2026-02-03T04:05:06.789", false, 18446744073709551615u64]]);
    assert_eq!(json!(rows), expected);
}

#[tokio::test]
async fn paths_reach_into_properties() {
    let folder = tempfile::tempdir().unwrap();
    let lake = filled(folder.path()).await;
    let query = "SELECT json_text(properties, 'deep.name'), json_number(properties, 'price'), json_text(properties, 'tags.1'), \
                 json_number(properties, 'sku'), properties ->> 'sku', properties -> 'tags' FROM events WHERE message_id = 'm1'";
    assert_eq!(json!(ask(&lake, query).await), json!([["竹", 12.5, "b", 7.0, "7", r#"["a", "b"]"#]]));
    let query =
        "SELECT count(*) FROM events WHERE json_number(properties, 'price') > 12 AND properties ->> 'deep.name' = '竹'";
    assert_eq!(one(&lake, query).await, 1);
}

#[tokio::test]
async fn days_begin_where_the_shop_is_also_when_clocks_change() {
    let folder = tempfile::tempdir().unwrap();
    let mut london = options(folder.path());
    london.zone = "Europe/London".parse().unwrap();
    let lake = Lake::open(london).await.unwrap();
    let query = "SELECT local_day(t), local_week(t), local_month(t) FROM (VALUES \
        (TIMESTAMP '2026-03-28T23:59:59Z'), (TIMESTAMP '2026-03-29T22:59:59Z'), (TIMESTAMP '2026-03-29T23:00:00Z'), \
        (TIMESTAMP '2026-10-24T22:59:59Z'), (TIMESTAMP '2026-10-24T23:00:00Z'), (TIMESTAMP '2026-10-25T23:59:59Z'), \
        (TIMESTAMP '2026-10-31T23:30:00Z')) AS v(t)";
    let expected = json!([
        ["2026-03-28", "2026-03-23", "2026-03-01"],
        ["2026-03-29", "2026-03-23", "2026-03-01"],
        ["2026-03-30", "2026-03-30", "2026-03-01"],
        ["2026-10-24", "2026-10-19", "2026-10-01"],
        ["2026-10-25", "2026-10-19", "2026-10-01"],
        ["2026-10-25", "2026-10-19", "2026-10-01"],
        ["2026-10-31", "2026-10-26", "2026-10-01"]
    ]);
    assert_eq!(json!(ask(&lake, query).await), expected);
    give(&lake, vec![event("m1", "Product Viewed", None, 27 * 86_400 + 86_000 + 86_000)]);
    assert_eq!(one(&lake, "SELECT local_day(occurred_at) FROM events").await, "2026-03-30");
    let there = "SELECT date_trunc('day', occurred_at AT TIME ZONE 'Asia/Shanghai') FROM events";
    assert_eq!(one(&lake, there).await, "2026-03-30T00:00:00+08:00");
}

/// Counts from zero.
struct Counting(Arc<AtomicUsize>);

impl Table for Counting {
    fn name(&self) -> &'static str {
        "orders"
    }

    fn columns(&self) -> Vec<ColumnSpec> {
        let column = |name, kind| ColumnSpec { name, kind, about: "" };
        vec![
            column("order_id", ColumnKind::Text),
            column("units", ColumnKind::Int),
            column("weight", ColumnKind::Float),
            column("placed_at", ColumnKind::Time),
            column("paid", ColumnKind::Bool),
        ]
    }

    fn scan(&self, projection: Vec<usize>, _: Option<usize>) -> ColumnStream {
        self.0.fetch_add(projection.len(), Ordering::Relaxed);
        let chunk = move |from: i64| {
            let rows = from..from + 10;
            let column = |place: &usize| match place {
                0 => ColumnData::Text(rows.clone().map(|row| Some(format!("o-m{row}"))).collect()),
                1 => ColumnData::Int(rows.clone().map(Some).collect()),
                2 => ColumnData::Float(rows.clone().map(|row| Some(row as f64 / 2.0)).collect()),
                3 => ColumnData::Time(rows.clone().map(|row| (row > 0).then_some(row)).collect()),
                _ => ColumnData::Bool(rows.clone().map(|row| Some(row % 2 == 0)).collect()),
            };
            let columns = projection.iter().map(column).collect();
            if from < 30 { Ok(columns) } else { Err("the store is away".to_owned()) }
        };
        futures::stream::iter((0..3).map(|part| part * 10)).map(chunk).boxed()
    }
}

#[tokio::test]
async fn tables_that_live_elsewhere_are_streamed_in_column_by_column() {
    let folder = tempfile::tempdir().unwrap();
    let lake = filled(folder.path()).await;
    let asked = Arc::new(AtomicUsize::new(0));
    lake.register(Arc::new(Counting(Arc::clone(&asked))));
    assert_eq!(one(&lake, "SELECT count(*) FROM orders").await, 30);
    assert_eq!(one(&lake, "SELECT sum(units) FROM orders WHERE paid").await, 210);
    assert_eq!(asked.load(Ordering::Relaxed), 3);
    let joined = "SELECT e.order_id, o.units, o.weight, o.placed_at FROM events e JOIN orders o USING (order_id) ORDER BY 1 LIMIT 1";
    assert_eq!(json!(ask(&lake, joined).await), json!([["o-m4", 4, 2.0, "1970-01-01T00:00:00.000004Z"]]));
    assert!(lake.schema().iter().any(|table| table.name == "orders" && table.columns.len() == 5));
}

/// Dies after its first chunk.
struct Dying;

impl Table for Dying {
    fn name(&self) -> &'static str {
        "dying"
    }

    fn columns(&self) -> Vec<ColumnSpec> {
        vec![ColumnSpec { name: "n", kind: ColumnKind::Int, about: "" }]
    }

    fn scan(&self, _: Vec<usize>, _: Option<usize>) -> ColumnStream {
        let chunk = |place: i64| async move {
            assert!(place < 1, "the reader dies");
            Ok(vec![ColumnData::Int(vec![Some(place)])])
        };
        futures::stream::iter(0..3).then(chunk).boxed()
    }
}

#[tokio::test]
async fn a_table_whose_reader_dies_does_not_pass_for_a_short_one() {
    let folder = tempfile::tempdir().unwrap();
    let lake = open(folder.path()).await;
    lake.register(Arc::new(Dying));
    let error = try_ask(&lake, "SELECT sum(n) FROM dying").await.unwrap_err();
    assert!(matches!(&error, SqlError::Failed { message } if message.contains("dying")), "{error:?}");
}

#[tokio::test]
async fn csv_quotes_what_needs_it_and_tells_nothing_from_an_empty_text() {
    let folder = tempfile::tempdir().unwrap();
    let lake = filled(folder.path()).await;
    let query = "SELECT 'a,\"b\"' AS \"one, two\", '' AS empty, NULL AS nothing, 1 AS number, [1, 2] AS list";
    let chunks: Vec<_> = lake.sql_csv(&request(query)).await.unwrap().collect().await;
    let text: String = chunks.into_iter().map(|chunk| String::from_utf8(chunk.unwrap().to_vec()).unwrap()).collect();
    assert_eq!(text, "\"one, two\",empty,nothing,number,list\r\n\"a,\"\"b\"\"\",\"\",,1,\"[1,2]\"\r\n");
    let few = SqlRequest { max_rows: 2, ..request("SELECT message_id FROM events") };
    let chunks: Vec<_> = lake.sql_csv(&few).await.unwrap().collect().await;
    let lines: usize =
        chunks.into_iter().map(|chunk| chunk.unwrap().iter().filter(|byte| **byte == b'\n').count()).sum();
    assert_eq!(lines, 3);
}

#[tokio::test]
async fn one_query_sees_one_moment_of_the_lake() {
    let folder = tempfile::tempdir().unwrap();
    let lake = filled(folder.path()).await;
    let query = "SELECT (SELECT count(*) FROM events) - (SELECT count(*) FROM events)";
    assert_eq!(one(&lake, query).await, Value::from(0));
    let empty = tempfile::tempdir().unwrap();
    let lake = open(empty.path()).await;
    assert_eq!(one(&lake, "SELECT count(*) FROM events").await, 0);
    assert!(ask(&lake, "SELECT * FROM events").await.is_empty());
}
