//! A plan's report is made once for each time that it is due, and sent once to everybody who gets it.

use std::sync::{Arc, Mutex, PoisonError};

use fanvine_contracts::mail::{Mail, Mailer, Sending};
use fanvine_kernel::Timestamp;
use fanvine_lake::{ColumnData, ColumnKind, ColumnSpec, ColumnStream, Table};
use fanvine_measure::reporting::{MIGRATIONS, Reporting};
use fanvine_store::{StoreError, args};
use fanvine_testkit::{SeededEntropy, TempStore, stores};
use futures::{StreamExt, stream};
use serde_json::json;

use ColumnKind::{Int, Text, Time};

use crate::shop::{Shop, shop};

/// A table of the store as this room asks it, with some rows.
struct Rows {
    name: &'static str,
    columns: &'static [(&'static str, ColumnKind)],
    rows: Vec<Vec<Option<String>>>,
}

impl Table for Rows {
    fn name(&self) -> &'static str {
        self.name
    }

    fn columns(&self) -> Vec<ColumnSpec> {
        self.columns.iter().map(|&(name, kind)| ColumnSpec { name, kind, about: "" }).collect()
    }

    fn scan(&self, projection: Vec<usize>, _: Option<usize>) -> ColumnStream {
        let column = |place: usize| {
            let cells = self.rows.iter().map(|row| row[place].clone());
            let number = |cell: Option<String>| cell.map(|cell| cell.parse().unwrap());
            let moment = |cell: Option<String>| cell.map(|cell| Timestamp::parse(&cell).unwrap().micros());
            match self.columns[place].1 {
                Int => ColumnData::Int(cells.map(number).collect()),
                Time => ColumnData::Time(cells.map(moment).collect()),
                _ => ColumnData::Text(cells.collect()),
            }
        };
        let columns = projection.into_iter().map(column).collect();
        stream::once(async move { Ok(columns) }).boxed()
    }
}

fn row(cells: &[&str]) -> Vec<Option<String>> {
    cells.iter().map(|cell| (!cell.is_empty()).then(|| (*cell).to_owned())).collect()
}

/// In the week of 2 March orders brought in 30.00 CNY; in the one before, 20.00.
fn tables(shop: &Shop) {
    let orders = [
        ["o1", "s1", "completed", "2026-02-26T04:00:00Z", "CNY", "2000", "mail", "1"],
        ["o2", "s1", "completed", "2026-03-03T04:00:00Z", "CNY", "1000", "mail", "2"],
        ["o3", "", "completed", "2026-03-04T04:00:00Z", "CNY", "2000", "wechat", "1"],
    ];
    let lines = orders.map(|[order, _, _, at, currency, revenue, _, units]| {
        row(&[order, "p1", "Tea", "drinks", units, revenue, currency, at])
    });
    let all = [
        Rows {
            name: "orders",
            columns: &[
                ("order_id", Text),
                ("shopper_id", Text),
                ("status", Text),
                ("placed_at", Time),
                ("currency", Text),
                ("revenue_minor", Int),
                ("channel", Text),
                ("units", Int),
            ],
            rows: orders.iter().map(|cells| row(cells)).collect(),
        },
        Rows {
            name: "order_lines",
            columns: &[
                ("order_id", Text),
                ("product_id", Text),
                ("name", Text),
                ("category", Text),
                ("quantity", Int),
                ("revenue_minor", Int),
                ("currency", Text),
                ("placed_at", Time),
            ],
            rows: lines.to_vec(),
        },
        Rows {
            name: "refunds",
            columns: &[("refunded_at", Time), ("amount_minor", Int), ("currency", Text)],
            rows: Vec::new(),
        },
        Rows { name: "spend", columns: &[("day", Text), ("amount_minor", Int), ("currency", Text)], rows: Vec::new() },
        Rows { name: "products", columns: &[("product_id", Text), ("name", Text)], rows: Vec::new() },
    ];
    all.into_iter().for_each(|table| shop.measure.lake.register(Arc::new(table)));
}

/// Takes everything.
#[derive(Default)]
struct Post(Mutex<Vec<Mail>>);

impl Mailer for Post {
    fn is_set(&self) -> bool {
        true
    }

    fn send(&self, mail: Mail) -> Sending<'_> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(mail);
        Box::pin(std::future::ready(Ok(())))
    }
}

async fn reporting(shop: &Shop, store: &TempStore, post: &Arc<Post>) -> Reporting {
    store.migrate(MIGRATIONS).await.unwrap();
    Reporting {
        measure: shop.measure.clone(),
        store: store.store(),
        entropy: Arc::new(SeededEntropy::new(7)),
        mailer: post.clone(),
        shop: "茶店".into(),
        answers: Default::default(),
    }
}

/// A plan that is due.
async fn plan(reporting: &Reporting, due_at: Timestamp) {
    let terms = json!({ "name": "周报", "language": "zh", "emails": ["ana@example.com", "bob@example.com"] });
    let values = args!["rpl_1", "周报", "acc_1", "Ana", terms.to_string(), due_at, due_at, due_at];
    let insert = "INSERT INTO report_plans (plan_id, name, owner, owner_name, terms, due_at, created_at, updated_at)
                  VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";
    reporting
        .store
        .write(move |tx| Box::pin(async move { tx.execute(insert, values).await.map(|_| ()) }))
        .await
        .unwrap();
}

async fn number(reporting: &Reporting, query: &'static str) -> i64 {
    reporting
        .store
        .read(move |tx| {
            Box::pin(async move {
                let row = tx.one(query, args![]).await?;
                row.map_or(Ok::<i64, StoreError>(-1), |row| row.get("n"))
            })
        })
        .await
        .unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_report_that_is_due_is_made_and_sent_once() {
    for store in stores().await {
        let shop = shop(5).await;
        tables(&shop);
        let post = Arc::new(Post::default());
        let reporting = reporting(&shop, &store, &post).await;
        // Thursday 12 March, 20:00 in Shanghai: the Monday before at 8 is long over.
        plan(&reporting, Timestamp::parse("2026-03-09T00:00:00Z").unwrap()).await;
        assert_eq!(reporting.make_reports().await.unwrap(), 1);
        assert_eq!(reporting.make_reports().await.unwrap(), 0, "{}: it is not due any more", store.name);
        assert_eq!(number(&reporting, "SELECT count(*) AS n FROM reports").await, 1);
        let next = Timestamp::parse("2026-03-16T00:00:00Z").unwrap().micros();
        assert_eq!(number(&reporting, "SELECT due_at AS n FROM report_plans").await, next);

        assert_eq!(reporting.send_mails().await.unwrap(), 2);
        assert_eq!(reporting.send_mails().await.unwrap(), 0);
        let sent = post.0.lock().unwrap_or_else(PoisonError::into_inner).clone();
        assert_eq!(
            sent.iter().map(|mail| mail.to.as_str()).collect::<Vec<_>>(),
            ["ana@example.com", "bob@example.com"]
        );
        let mail = &sent[0];
        assert_eq!(mail.subject, "周报: 2026-03-02 - 2026-03-08 (茶店)");
        let said = "2026-03-02 至 2026-03-08 的 GMV（成交总额）为 30.00 CNY，较此前的 20.00 CNY 增长 50.0%";
        assert!(mail.text.starts_with(said), "{}", mail.text);
        assert!(mail.html.as_deref().is_some_and(|html| html.contains("<html lang=\"zh-CN\">") && html.contains(said)));
        let file = mail.attachment.as_ref().unwrap();
        assert_eq!((file.name.as_str(), file.content_type), ("report-2026-03-02-2026-03-08.pdf", "application/pdf"));
        assert!(file.bytes.starts_with(b"%PDF-1.7"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_report_that_cannot_be_made_says_why_and_is_tried_again() {
    for store in stores().await {
        // Without orders nothing can be told.
        let shop = shop(5).await;
        let post = Arc::new(Post::default());
        let reporting = reporting(&shop, &store, &post).await;
        plan(&reporting, Timestamp::parse("2026-03-09T00:00:00Z").unwrap()).await;
        reporting.make_reports().await.unwrap();
        let failed = "SELECT count(*) AS n FROM report_plans WHERE fault IS NOT NULL AND made_at IS NULL";
        assert_eq!(number(&reporting, failed).await, 1);
        let again = Timestamp::parse("2026-03-12T12:10:00Z").unwrap().micros();
        assert_eq!(number(&reporting, "SELECT due_at AS n FROM report_plans").await, again);
        assert_eq!(number(&reporting, "SELECT count(*) AS n FROM reports").await, 0);
        assert_eq!(reporting.send_mails().await.unwrap(), 0);
    }
}
