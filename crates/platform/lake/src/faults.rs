//! What the lake does when any single step on the disk fails, or is the last before a crash.

use std::fs::File;
use std::io;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use datafusion::object_store::ObjectStore;
use fanvine_kernel::event::KeptSince;
use fanvine_kernel::{Event, EventKind, Timestamp};
use serde_json::json;
use std::time::Duration;

use crate::catalogue::FOLDERS;
use crate::depot::{Depot, LocalDepot, Sink};
use crate::lake::{Inner, Lake};
use crate::{LakeError, LakeOptions, SqlRequest};

/// A local depot that fails once, at the step whose turn it is.
#[derive(Debug)]
struct Faulty {
    depot: LocalDepot,
    steps_left: Arc<AtomicI64>,
}

impl Faulty {
    fn step(&self) -> io::Result<()> {
        match self.steps_left.fetch_sub(1, Ordering::SeqCst) {
            0 => Err(io::ErrorKind::StorageFull.into()),
            _ => Ok(()),
        }
    }
}

impl Depot for Faulty {
    fn create(&self, path: &str) -> io::Result<Box<dyn Sink>> {
        self.step()?;
        self.depot.create(path)
    }
    fn settle(&self, folder: &str) -> io::Result<()> {
        self.step()?;
        self.depot.settle(folder)
    }
    fn publish(&self, path: &str, bytes: &[u8]) -> io::Result<()> {
        self.step()?;
        self.depot.publish(path, bytes)
    }
    fn read(&self, path: &str) -> io::Result<Vec<u8>> {
        self.depot.read(path)
    }
    fn open(&self, path: &str) -> io::Result<File> {
        self.step()?;
        self.depot.open(path)
    }
    fn size(&self, path: &str) -> io::Result<Option<u64>> {
        self.depot.size(path)
    }
    fn list(&self, folder: &str) -> io::Result<Vec<String>> {
        self.depot.list(folder)
    }
    fn delete(&self, path: &str) -> io::Result<()> {
        self.depot.delete(path)
    }
    fn objects(&self) -> Arc<dyn ObjectStore> {
        self.depot.objects()
    }
}

fn open(root: &Path, steps_left: &Arc<AtomicI64>) -> Lake {
    let mut options = LakeOptions::new(root);
    options.buckets = 2;
    options.query_partitions = 1;
    let depot = Faulty { depot: LocalDepot::open(root, &FOLDERS).unwrap(), steps_left: Arc::clone(steps_left) };
    let lock = File::create(root.join("lock")).unwrap();
    Lake { inner: Arc::new(Inner::over(Arc::new(depot), lock, options).unwrap()) }
}

fn event(number: u64) -> (u64, Event) {
    let event = serde_json::from_value(
        json!({"id": format!("m{number}"), "kind": EventKind::Track, "name": "Product Viewed", "src": "src_1",
               "uid": format!("s{}", number % 5), "at": number * 1_000_000, "rx": Timestamp::from_micros(7).micros()}),
    );
    (number, event.unwrap())
}

async fn count(lake: &Lake) -> u64 {
    let query = "SELECT count(DISTINCT message_id), count(*) FROM events".to_owned();
    let request = SqlRequest { query, max_rows: 1, timeout: Duration::from_secs(60) };
    let row = lake.sql(&request).await.unwrap().rows.remove(0);
    assert_eq!(row[0], row[1]);
    row[0].as_u64().unwrap()
}

/// Ten flushes of ten events, then compaction, then half is forgotten, with a fault at step `fault`. Returns whether it
/// was met.
async fn live_with_a_fault(fault: i64, crash: bool) -> bool {
    let folder = tempfile::tempdir().unwrap();
    let steps_left = Arc::new(AtomicI64::new(fault));
    let mut lake = open(folder.path(), &steps_left);
    let mut met = false;
    while lake.durable_offset() < 100 || lake.stats().files > 4 {
        let next = (lake.durable_offset() + 10).min(100);
        let batch: Vec<_> = (lake.next_offset()..next).map(event).collect();
        lake.ingest(lake.next_offset(), &batch, next).unwrap();
        let outcome = match lake.flush().await {
            Ok(()) if next == 100 => lake.compact().await,
            flushed => flushed,
        };
        if let Err(error) = outcome {
            assert!(!met, "one fault was met twice");
            met = true;
            lake = after(error, lake, crash.then_some((folder.path(), &steps_left)));
            assert!(!crash || lake.next_offset().is_multiple_of(10));
        }
        assert_eq!(count(&lake).await, lake.next_offset());
    }
    assert_eq!((count(&lake).await, lake.stats().shoppers), (100, 5));
    let kept = KeptSince { others: Some(Timestamp::from_seconds(50)), ..KeptSince::default() };
    while let Err(error) = lake.forget(kept.clone()).await {
        assert!(!met, "one fault was met twice");
        met = true;
        lake = after(error, lake, crash.then_some((folder.path(), &steps_left)));
        let left = count(&lake).await;
        assert!((50..=100).contains(&left), "{left}");
    }
    assert_eq!((count(&lake).await, lake.stats().shoppers), (50, 5));
    drop(lake);
    assert_eq!(count(&open(folder.path(), &steps_left)).await, 50);
    met
}

/// The lake after a write that failed, begun again if that was a crash.
fn after(error: LakeError, lake: Lake, crash: Option<(&Path, &Arc<AtomicI64>)>) -> Lake {
    assert!(matches!(&error, LakeError::Io { .. }) && error.is_full(), "{error:?}");
    if let Some((root, steps_left)) = crash {
        drop(lake);
        return open(root, steps_left);
    }
    let files = std::fs::read_dir(lake.inner.options.root.join("events")).unwrap().count();
    assert_eq!(files, lake.stats().files, "a failed write left files behind");
    lake
}

#[tokio::test]
async fn whichever_step_on_the_disk_fails_nothing_is_lost_or_doubled() {
    for crash in [false, true] {
        let mut fault = 0;
        while live_with_a_fault(fault, crash).await {
            fault += 7;
        }
        assert!(fault > 60, "only {fault} steps were met");
    }
}
