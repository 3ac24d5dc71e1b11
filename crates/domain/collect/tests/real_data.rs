//! The real shop's file through the real Parquet reader: figures checked against ones computed independently.
//!
//! Gross and net sales and the number of sales invoices stand in the data set's description; the rest was computed
//! with DuckDB: `sum(round(Quantity * UnitPrice, 2))` and `count(DISTINCT …)` over the same file.

use std::collections::{BTreeMap, HashSet};
use std::path::{Path, PathBuf};

use fanvine_collect::import::{Batches, Cell, Counts, Options, Plan, ReadError, RowReader, Sink, SinkError, View, run};
use fanvine_collect::quarantine::Quarantined;
use fanvine_kernel::{Event, Timestamp};

#[derive(Default)]
struct Memory {
    events: Vec<Event>,
    refused: u64,
}

impl Sink for Memory {
    fn append(&mut self, events: &[Event]) -> Result<Counts, SinkError> {
        self.events.extend_from_slice(events);
        Ok(Counts { new: events.len() as u64, duplicate: 0, too_old: 0 })
    }

    fn quarantine(&mut self, rows: &[Quarantined]) -> Result<(), SinkError> {
        self.refused += rows.len() as u64;
        Ok(())
    }
}

fn open_parquet(path: &Path) -> Result<Box<dyn RowReader>, ReadError> {
    let file = path.display().to_string();
    let failed = move |error: &dyn std::error::Error| ReadError { file: file.clone(), detail: error.to_string() };
    let rows = fanvine_lake::parquet_rows(path).map_err(|error| failed(&error))?;
    let columns = rows.columns().to_vec();
    let zoned: Vec<bool> = (0..columns.len()).map(|column| rows.is_zoned(column)).collect();
    let total = rows.total_rows();
    let bytes = std::fs::metadata(path).map_or(0, |about| about.len());
    let batches = rows.map(move |batch| batch.map_err(|error| failed(&error)));
    Ok(Box::new(Batches::new(columns, batches, seen(zoned), total, bytes)))
}

fn seen(zoned: Vec<bool>) -> View<fanvine_lake::Cell> {
    use fanvine_lake::Cell as Stored;
    Box::new(move |column, cell| match cell {
        Stored::Null => Cell::Null,
        Stored::Text(text) => Cell::Text(text),
        Stored::Int(number) => Cell::Int(*number),
        Stored::Float(number) => Cell::Float(*number),
        Stored::Bool(truth) => Cell::Bool(*truth),
        Stored::Time(moment) if zoned.get(column) == Some(&true) => Cell::Time(*moment),
        Stored::Time(wall) => Cell::Wall(*wall),
    })
}

fn uci_file() -> Option<PathBuf> {
    let root = std::env::var_os("FANVINE_DATA")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../../shared/data"), PathBuf::from);
    let file = root.join("uci-online-retail/online_retail_full.parquet");
    if file.exists() {
        return Some(file);
    }
    println!("skipped: {} is not at hand; set FANVINE_DATA to the folder of real data", file.display());
    None
}

fn sum(events: &[&Event]) -> i64 {
    events.iter().filter_map(|event| event.revenue_minor).sum()
}

#[test]
fn online_retail_gives_the_published_sales() {
    let Some(file) = uci_file() else { return };
    let options = Options {
        source: "src_uci".parse().unwrap(),
        received_at: Timestamp::parse("2026-01-01T00:00:00Z").unwrap(),
        currency: None,
        checkpoint: None,
        parquet: Some(&open_parquet),
    };
    let mut sink = Memory::default();
    let plan = Plan::preset("uci-online-retail").unwrap();
    let summary = run(&plan, &file, &options, &mut sink, &mut |_| true).unwrap();
    println!("{summary:#?}");

    let named = |name: &str| sink.events.iter().filter(|event| event.name == name).collect::<Vec<_>>();
    let (orders, refunds) = (named("Order Completed"), named("Order Refunded"));
    assert_eq!(summary.read, 541_909);
    assert_eq!((orders.len(), refunds.len()), (19_960, 3_836 + 2));
    assert_eq!(sum(&orders), 1_066_668_454);
    assert_eq!(sum(&orders) - sum(&refunds), 974_774_793);
    let skipped: BTreeMap<String, u64> =
        [("stock_adjustment", 1_336), ("zero_price", 1_179)].map(|(reason, rows)| (reason.to_owned(), rows)).into();
    assert_eq!((&summary.skipped, sink.refused), (&skipped, 2_515));
    let customers =
        |events: &[&Event]| events.iter().filter_map(|event| event.user_id.clone()).collect::<HashSet<_>>().len();
    // Of 4,372 known customers one has only lines without a price, and 33 more have only cancellations.
    assert_eq!((customers(&sink.events.iter().collect::<Vec<_>>()), customers(&orders)), (4_371, 4_338));
    let first = sink.events.iter().find(|event| event.message_id == "uci:536365").unwrap();
    assert_eq!(
        (first.user_id.as_deref(), first.quantity, first.revenue_minor),
        (Some("17850"), Some(40), Some(13_912))
    );
    assert_eq!(first.occurred_at.to_string(), "2010-12-01T08:26:00Z");
    let summer = sink.events.iter().find(|event| event.message_id == "uci:A563185").unwrap();
    assert_eq!(summer.occurred_at.to_string(), "2011-08-12T13:50:00Z");
}
