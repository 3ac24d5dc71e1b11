//! Imports of small files and, where they are at hand, of the real ones.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use fanvine_kernel::{Event, Timestamp};
use rustc_hash::FxHashMap;

use super::sink::{Counts, Sink, SinkError};
use super::{ImportError, Options, Plan, Progress, Summary, run};
use crate::quarantine::Quarantined;

/// Keeps everything in memory, once; may fail after some appends.
#[derive(Default)]
struct Memory {
    events: FxHashMap<u128, Event>,
    refused: FxHashMap<String, Quarantined>,
    appends_left: Option<u32>,
    appended: u64,
}

impl Sink for Memory {
    fn append(&mut self, events: &[Event]) -> Result<Counts, SinkError> {
        if let Some(left) = &mut self.appends_left {
            *left = left.checked_sub(1).ok_or_else(|| SinkError::Server("gone".to_owned()))?;
        }
        self.appended += events.len() as u64;
        let mut counts = Counts::default();
        for event in events {
            match self.events.insert(event.key(), event.clone()) {
                None => counts.new += 1,
                Some(_) => counts.duplicate += 1,
            }
        }
        Ok(counts)
    }

    fn quarantine(&mut self, rows: &[Quarantined]) -> Result<(), SinkError> {
        self.refused.extend(rows.iter().map(|row| (row.key.clone(), row.clone())));
        Ok(())
    }
}

impl Memory {
    fn event(&self, message_id: &str) -> &Event {
        self.events.values().find(|event| event.message_id == message_id).unwrap()
    }
}

fn options(checkpoint: Option<PathBuf>) -> Options<'static> {
    Options {
        source: "src_test".parse().unwrap(),
        received_at: Timestamp::parse("2026-01-01T00:00:00Z").unwrap(),
        currency: None,
        checkpoint,
        parquet: None,
    }
}

fn import(plan: &Plan, path: &Path, sink: &mut Memory, checkpoint: Option<PathBuf>) -> Result<Summary, ImportError> {
    run(plan, path, &options(checkpoint), sink, &mut |_: &Progress| true)
}

fn file(dir: &tempfile::TempDir, name: &str, text: &str) -> PathBuf {
    let path = dir.path().join(name);
    fs::write(&path, text).unwrap();
    path
}

fn skipped(summary: &Summary) -> Vec<(&str, u64)> {
    summary.skipped.iter().map(|(reason, count)| (reason.as_str(), *count)).collect()
}

const INVOICES: &str = "\u{feff}InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country
536365,85123A,\"HEART, \"\"WHITE\"\"\",6,12/1/2010 8:26,2.55,17850.0,United Kingdom
536365,71053,LANTERN,6,12/1/2010 8:26,3.39,17850.0,United Kingdom
536366,22633,HAND WARMER,1,7/1/2011 8:28,0.335,,France
C536379,D,Discount,-1,12/1/2010 9:41,27.50,14527.0,United Kingdom
536414,22139,,56,12/1/2010 11:52,0.0,,United Kingdom
536589,21777,,-10,12/1/2010 16:50,0.0,,United Kingdom
A563186,B,Adjust bad debt,1,8/12/2011 14:51,-11062.06,,United Kingdom
536367,1,x,one,12/1/2010 8:26,1,,United Kingdom
536367,1
";

#[test]
fn invoices_become_orders_and_refunds() {
    let (dir, mut sink) = (tempfile::tempdir().unwrap(), Memory::default());
    let path = file(&dir, "retail.csv", INVOICES);
    let summary = import(&Plan::preset("uci-online-retail").unwrap(), &path, &mut sink, None).unwrap();
    assert_eq!((summary.read, summary.created, summary.quarantined), (9, 4, 4));
    let reasons = [("no_event_fits", 1), ("stock_adjustment", 1), ("wrong_number_of_values", 1), ("zero_price", 1)];
    assert_eq!(skipped(&summary), reasons);

    let order = sink.event("uci:536365");
    assert_eq!(
        (order.name.as_str(), order.user_id.as_deref(), order.quantity),
        ("Order Completed", Some("17850"), Some(12))
    );
    assert_eq!((order.revenue_minor, order.order_id.as_deref()), (Some(3_564), Some("536365")));
    assert_eq!(order.occurred_at.to_string(), "2010-12-01T08:26:00Z");
    assert_eq!(
        order.properties.as_ref().unwrap().get(),
        concat!(
            r#"{"order_id":"536365","revenue":35.64,"currency":"GBP","products":["#,
            r#"{"name":"HEART, \"WHITE\"","price":2.55,"product_id":"85123A","quantity":6},"#,
            r#"{"name":"LANTERN","price":3.39,"product_id":"71053","quantity":6}],"country":"United Kingdom"}"#
        )
    );
    let guest = sink.event("uci:536366");
    assert_eq!((guest.shopper_id(), guest.product_id.as_deref()), (None, Some("22633")));
    assert_eq!((guest.revenue_minor, guest.occurred_at.to_string().as_str()), (Some(34), "2011-07-01T07:28:00Z"));
    let refund = sink.event("uci:C536379");
    assert_eq!((refund.name.as_str(), refund.revenue_minor, refund.quantity), ("Order Refunded", Some(2_750), Some(1)));
    assert_eq!(sink.event("uci:A563186").revenue_minor, Some(1_106_206));
}

const GROUPED: &str = "
[time]
column = \"at\"
[group]
by = \"order\"
window_rows = 3
[[event]]
name = \"Order Completed\"
message_id = \"{order}\"
order_id = \"{order}\"
[event.line]
product_id = \"{item}\"
";

#[test]
fn a_row_of_a_group_that_was_closed_goes_to_quarantine() {
    let (dir, mut sink) = (tempfile::tempdir().unwrap(), Memory::default());
    let rows = ["a,1", "b,1", "a,2", "c,1", "d,1", "a,3", "e,1", "f,1", "b,2", "g,1"];
    let text: String = rows.iter().map(|row| format!("{row},2026-01-01\n")).collect();
    let path = file(&dir, "orders.csv", &format!("order,item,at\n{text}"));
    let summary = import(&Plan::mapping(GROUPED).unwrap(), &path, &mut sink, None).unwrap();
    assert_eq!((summary.created, skipped(&summary)), (7, vec![("group_closed", 1)]));
    assert_eq!(sink.event("a").quantity, Some(3));
    let refused = sink.refused.values().next().unwrap();
    assert_eq!(
        (refused.key.as_str(), refused.detail.as_str()),
        ("row:orders.csv:9", "orders.csv, row 9: the group `b` was closed: its last row lies more than 3 rows back")
    );
    assert_eq!(refused.body, r#"{"order":"b","item":"2","at":"2026-01-01"}"#);
}

/// Rows enough for several chunks, refused ones among them.
fn many_rows(dir: &tempfile::TempDir) -> PathBuf {
    let mut text = String::from("order,item,at\n");
    for row in 0..20_000 {
        let at = if row % 97 == 0 { "never" } else { "2026-01-01" };
        text.push_str(&format!("o{},{row},{at}\n", row / 3));
    }
    file(dir, "orders.csv", &text)
}

#[test]
fn an_import_that_was_cut_off_goes_on_and_ends_as_if_it_never_was() {
    let dir = tempfile::tempdir().unwrap();
    let path = many_rows(&dir);
    let plan = Plan::mapping(GROUPED).unwrap();
    let mut whole = Memory::default();
    let expected = import(&plan, &path, &mut whole, None).unwrap();

    let checkpoint = Some(dir.path().join("state/checkpoint.json"));
    let mut sink = Memory { appends_left: Some(2), ..Memory::default() };
    assert!(matches!(import(&plan, &path, &mut sink, checkpoint.clone()), Err(ImportError::Sink(_))));
    let durable = sink.events.len() as u64;
    assert!(durable > 0 && durable < expected.created);

    (sink.appends_left, sink.appended) = (None, 0);
    let resumed = import(&plan, &path, &mut sink, checkpoint.clone()).unwrap();
    assert_eq!((resumed.resumed_events, sink.appended), (durable, expected.created - durable));
    assert_eq!((resumed.created + resumed.already_there, &resumed.skipped), (expected.created, &expected.skipped));
    assert_eq!(sink.events.len(), whole.events.len());
    assert_eq!(sink.refused, whole.refused);

    let again = import(&plan, &path, &mut sink, checkpoint).unwrap();
    assert_eq!((again.created, again.already_there), (0, expected.created));
    // Without its checkpoint it doubles nothing either.
    assert_eq!(import(&plan, &path, &mut sink, None).unwrap().created, 0);
}

#[test]
fn an_import_that_is_stopped_ends_soon() {
    let (dir, mut sink) = (tempfile::tempdir().unwrap(), Memory::default());
    let path = many_rows(&dir);
    let plan = Plan::mapping(GROUPED).unwrap();
    let summary = run(&plan, &path, &options(None), &mut sink, &mut |_: &Progress| false).unwrap();
    assert!(summary.stopped && summary.created < 6_000);
}

#[test]
fn events_without_a_message_id_get_the_same_one_every_time() {
    let (dir, mut sink) = (tempfile::tempdir().unwrap(), Memory::default());
    let lines = "{\"what\":\"Product Viewed\",\"who\":7,\"at\":1700000000,\"score\":1.50,\"tags\":[1,2]}\nnot json\n";
    let mut out = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    out.write_all(lines.as_bytes()).unwrap();
    let path = dir.path().join("events.jsonl.gz");
    fs::write(&path, out.finish().unwrap()).unwrap();
    let plan = Plan::mapping(
        "[time]\ncolumn=\"at\"\nformat=\"unix_s\"\n[[event]]\nname=\"{what}\"\nuser_id=\"{who}\"\n\
         [event.properties]\nscore=\"{score}\"\ntags=\"{tags}\"\n",
    )
    .unwrap();
    assert_eq!(import(&plan, &path, &mut sink, None).unwrap().created, 1);
    let summary = import(&plan, &path, &mut sink, None).unwrap();
    assert_eq!((summary.already_there, skipped(&summary)), (1, vec![("invalid_json", 1)]));
    let event = sink.events.values().next().unwrap();
    assert_eq!((event.user_id.as_deref(), event.occurred_at.to_string().as_str()), (Some("7"), "2023-11-14T22:13:20Z"));
    assert_eq!(event.properties.as_ref().unwrap().get(), r#"{"score":1.50,"tags":"[1,2]"}"#);
}

#[test]
fn segment_messages_keep_the_times_they_were_collected_at() {
    let (dir, mut sink) = (tempfile::tempdir().unwrap(), Memory::default());
    let path = file(
        &dir,
        "export.jsonl",
        concat!(
            r#"{"type":"track","event":"Order Completed","messageId":"1","timestamp":"2020-01-01T00:00:00Z","sentAt":"2019-12-31T00:00:00Z","receivedAt":"2020-01-01T00:00:01Z"}"#,
            "\n",
            r#"{"type":"trak","messageId":"2","userId":"u"}"#,
            "\n"
        ),
    );
    let summary = import(&Plan::preset("segment").unwrap(), &path, &mut sink, None).unwrap();
    assert_eq!((summary.created, skipped(&summary)), (1, vec![("unknown_type", 1)]));
    let event = sink.event("1");
    assert_eq!(
        (event.occurred_at.to_string().as_str(), event.received_at.to_string().as_str()),
        ("2020-01-01T00:00:00Z", "2020-01-01T00:00:01Z")
    );
}

#[test]
fn a_column_that_is_not_in_the_file_is_named() {
    let dir = tempfile::tempdir().unwrap();
    let path = file(&dir, "x.csv", "a;b\n1;2\n");
    let error = import(&Plan::mapping(GROUPED).unwrap(), &path, &mut Memory::default(), None).unwrap_err();
    assert_eq!(error.to_string(), "cannot read x.csv: there is no column `at`; the file has a, b");
}

/// The folder of real data, or none with a word about it.
fn real_data(folder: &str) -> Option<PathBuf> {
    let root = std::env::var_os("FANVINE_DATA")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../../shared/data"), PathBuf::from);
    let found = root.join(folder);
    if found.exists() {
        return Some(found);
    }
    println!("skipped: {folder} is not at hand; set FANVINE_DATA to the folder of real data");
    None
}

#[test]
fn retailrocket_is_imported_whole() {
    let Some(folder) = real_data("retailrocket") else { return };
    let mut sink = Memory::default();
    let summary = import(&Plan::preset("retailrocket").unwrap(), &folder, &mut sink, None).unwrap();
    let events: BTreeMap<String, u64> =
        [("Product Viewed", 75_374), ("Product Added", 12_456), ("Order Completed", 9_551)]
            .map(|(name, count)| (name.to_owned(), count))
            .into();
    assert_eq!((&summary.events, skipped(&summary)), (&events, vec![("time_is_a_rank", 2_174)]));
    println!("{summary:?}");
    assert!(sink.events.values().all(|event| event.occurred_at.to_string().starts_with("2015-")));
}
