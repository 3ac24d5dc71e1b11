//! Flush, crash, compaction.

use fanvine_kernel::event::KeptSince;
use fanvine_kernel::{Event, Timestamp};
use fanvine_lake::{Forgotten, Lake, LakeError};
use futures::StreamExt;
use serde_json::json;

use crate::shop::{MARCH, ask, event, files_in, give, numbered, one, open, options, request};

fn day_of_events(count: usize, label: &str) -> Vec<Event> {
    let shopper = |place: usize| (!place.is_multiple_of(7)).then(|| format!("shopper-{}", place % 13));
    (0..count)
        .map(|place| {
            let name = ["Product Viewed", "Product Added", "Order Completed"][place % 3];
            event(&format!("{label}-{place:05}"), name, shopper(place).as_deref(), (place as i64 * 7919) % 86_400)
        })
        .collect()
}

#[tokio::test]
async fn events_are_seen_at_once_and_again_after_a_flush() {
    let folder = tempfile::tempdir().unwrap();
    let lake = open(folder.path()).await;
    give(&lake, day_of_events(100, "a"));
    assert_eq!(one(&lake, "SELECT count(*) FROM events").await, 100);
    lake.flush().await.unwrap();
    assert_eq!(lake.stats().hot_rows, 0);
    give(&lake, day_of_events(50, "b"));
    assert_eq!(one(&lake, "SELECT count(*) FROM events").await, 150);
    assert_eq!(one(&lake, "SELECT count(DISTINCT message_id) FROM events").await, 150);
    assert_eq!((lake.next_offset(), lake.durable_offset()), (150, 100));
    assert_eq!(lake.stats().shoppers, 13);
}

#[tokio::test]
async fn giving_records_twice_changes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let lake = open(folder.path()).await;
    let batch = numbered(0, day_of_events(60, "a"));
    lake.ingest(0, &batch[..40], 40).unwrap();
    lake.ingest(0, &batch[..40], 40).unwrap();
    lake.flush().await.unwrap();
    lake.ingest(20, &batch[20..], 60).unwrap();
    lake.ingest(10, &batch[10..30], 30).unwrap();
    assert_eq!(one(&lake, "SELECT count(*) FROM events").await, 60);
    assert_eq!(lake.next_offset(), 60);
}

#[tokio::test]
async fn a_gap_in_the_log_is_refused_and_records_that_are_no_event_are_passed() {
    let folder = tempfile::tempdir().unwrap();
    let lake = open(folder.path()).await;
    let refused = lake.ingest(5, &numbered(5, day_of_events(1, "a")), 6).unwrap_err();
    assert_eq!(refused.to_string(), "the lake wants the log from offset 0, but was given 5");
    lake.ingest(0, &numbered(3, day_of_events(1, "a")), 9).unwrap();
    assert_eq!(lake.next_offset(), 9);
    lake.flush().await.unwrap();
    drop(lake);
    assert_eq!(open(folder.path()).await.next_offset(), 9);
}

#[tokio::test]
async fn late_events_land_where_they_belong() {
    let folder = tempfile::tempdir().unwrap();
    let lake = open(folder.path()).await;
    for (id, at) in [("c", 30), ("a", 10), ("d", 40), ("b", 20)] {
        give(&lake, vec![event(id, "Product Viewed", Some("ann"), at)]);
        lake.flush().await.unwrap();
    }
    give(&lake, vec![event("z", "Product Viewed", Some("ann"), 5)]);
    let rows = ask(&lake, "SELECT message_id FROM events ORDER BY occurred_at").await;
    assert_eq!(json!(rows), json!([["z"], ["a"], ["b"], ["c"], ["d"]]));
    let window = "SELECT count(*) FROM events WHERE occurred_at >= '2026-03-01T00:00:10Z' AND occurred_at < '2026-03-01T00:00:30Z'";
    assert_eq!(one(&lake, window).await, 2);
}

#[tokio::test]
async fn a_crash_before_the_flush_leaves_the_state_of_the_last_one() {
    let folder = tempfile::tempdir().unwrap();
    let log = numbered(0, day_of_events(300, "a"));
    let lake = open(folder.path()).await;
    lake.ingest(0, &log[..200], 200).unwrap();
    lake.flush().await.unwrap();
    lake.ingest(200, &log[200..], 300).unwrap();
    drop(lake);
    let lake = open(folder.path()).await;
    assert_eq!((lake.next_offset(), lake.durable_offset()), (200, 200));
    assert_eq!(one(&lake, "SELECT count(*) FROM events").await, 200);
    lake.ingest(200, &log[200..], 300).unwrap();
    assert_eq!(one(&lake, "SELECT count(DISTINCT message_id) FROM events").await, 300);
    assert_eq!(lake.stats().shoppers, 13);
}

#[tokio::test]
async fn what_a_crash_leaves_behind_is_swept_away() {
    let folder = tempfile::tempdir().unwrap();
    let lake = open(folder.path()).await;
    give(&lake, day_of_events(100, "a"));
    lake.flush().await.unwrap();
    let kept = files_in(folder.path(), "events");
    drop(lake);
    let leave = |path: &str| std::fs::write(folder.path().join(path), b"PAR1 half a file").unwrap();
    leave("events/0000000002-0001-b00.parquet");
    leave("shoppers/0000000002-0002.names");
    leave("catalogue/00000000000000000002.json.tmp");
    let lake = open(folder.path()).await;
    assert_eq!(one(&lake, "SELECT count(*) FROM events").await, 100);
    assert_eq!(files_in(folder.path(), "events"), kept);
    assert_eq!((files_in(folder.path(), "catalogue"), files_in(folder.path(), "shoppers")), (1, 1));
    give(&lake, day_of_events(10, "b"));
    lake.flush().await.unwrap();
    drop(lake);
    assert_eq!(one(&open(folder.path()).await, "SELECT count(*) FROM events").await, 110);
}

#[tokio::test]
async fn an_unreadable_manifest_is_passed_over_and_nothing_is_swept_away_for_it() {
    let folder = tempfile::tempdir().unwrap();
    let lake = open(folder.path()).await;
    give(&lake, day_of_events(100, "a"));
    lake.flush().await.unwrap();
    drop(lake);
    std::fs::write(folder.path().join("catalogue/00000000000000000002.json"), b"{\"format\":1,").unwrap();
    std::fs::write(folder.path().join("events/0000000002-0001-b00.parquet"), b"PAR1").unwrap();
    let files = files_in(folder.path(), "events");
    let lake = open(folder.path()).await;
    assert_eq!(one(&lake, "SELECT count(*) FROM events").await, 100);
    assert_eq!(files_in(folder.path(), "events"), files);
    give(&lake, day_of_events(10, "b"));
    lake.flush().await.unwrap();
    drop(lake);
    assert_eq!(one(&open(folder.path()).await, "SELECT count(*) FROM events").await, 110);
}

#[tokio::test]
async fn a_missing_file_is_named_rather_than_its_events_lost_in_silence() {
    let folder = tempfile::tempdir().unwrap();
    let lake = open(folder.path()).await;
    give(&lake, day_of_events(10, "a"));
    lake.flush().await.unwrap();
    drop(lake);
    let file = std::fs::read_dir(folder.path().join("events")).unwrap().next().unwrap().unwrap();
    std::fs::remove_file(file.path()).unwrap();
    let error = Lake::open(options(folder.path())).await.err().unwrap();
    let LakeError::Damaged { path, reason } = error else { panic!("{error}") };
    assert!(path.ends_with(file.file_name().to_str().unwrap()), "{path}");
    assert_eq!(reason, "it is missing");
}

#[tokio::test]
async fn one_process_at_a_time_has_the_lake() {
    let folder = tempfile::tempdir().unwrap();
    let lake = open(folder.path()).await;
    assert!(matches!(Lake::open(options(folder.path())).await, Err(LakeError::Locked { .. })));
    give(&lake, day_of_events(10, "a"));
    lake.flush().await.unwrap();
    drop(lake);
    let mut other = options(folder.path());
    other.buckets = 8;
    assert!(matches!(Lake::open(other).await, Err(LakeError::Buckets { found: 4, wanted: 8 })));
}

#[tokio::test]
async fn compaction_keeps_every_answer_and_leaves_fewer_files() {
    let folder = tempfile::tempdir().unwrap();
    let lake = open(folder.path()).await;
    for round in 0..20 {
        give(&lake, day_of_events(97, &format!("r{round}")));
        lake.flush().await.unwrap();
    }
    let query =
        "SELECT shopper_id, message_id, event, occurred_at, quantity FROM events ORDER BY occurred_at, message_id";
    let (before, answer) = (lake.stats(), ask(&lake, query).await);
    assert_eq!(before.files, 80);
    lake.compact().await.unwrap();
    let after = lake.stats();
    assert_eq!(after.files, 4, "one for each bucket");
    assert_eq!(after.rows, before.rows);
    assert_eq!(files_in(folder.path(), "events"), after.files);
    assert_eq!(ask(&lake, query).await, answer);
    drop(lake);
    assert_eq!(ask(&open(folder.path()).await, query).await, answer);
}

#[tokio::test]
async fn a_large_file_is_not_rewritten_for_a_little() {
    let folder = tempfile::tempdir().unwrap();
    let lake = open(folder.path()).await;
    for round in ["a", "b"] {
        give(&lake, day_of_events(500, round));
        lake.flush().await.unwrap();
    }
    lake.compact().await.unwrap();
    assert_eq!(lake.stats().files, 4);
    for round in ["c", "d"] {
        give(&lake, day_of_events(20, round));
        lake.flush().await.unwrap();
    }
    lake.compact().await.unwrap();
    assert_eq!(lake.stats().files, 8, "what is small is merged among itself");
    give(&lake, day_of_events(400, "e"));
    lake.flush().await.unwrap();
    lake.compact().await.unwrap();
    assert_eq!(lake.stats().files, 4, "what is worth it is merged");
}

#[tokio::test]
async fn maintenance_flushes_when_it_is_due_and_not_before() {
    let folder = tempfile::tempdir().unwrap();
    let mut small = options(folder.path());
    small.flush_rows = 100;
    let lake = Lake::open(small).await.unwrap();
    give(&lake, day_of_events(99, "a"));
    lake.maintain(false).await.unwrap();
    assert_eq!(lake.durable_offset(), 0);
    give(&lake, day_of_events(1, "b"));
    lake.maintain(false).await.unwrap();
    assert_eq!(lake.durable_offset(), 100);
}

#[tokio::test]
async fn memory_does_not_grow_when_flushing_does_not_keep_up() {
    let folder = tempfile::tempdir().unwrap();
    let mut small = options(folder.path());
    small.flush_bytes = 10_000;
    let lake = Lake::open(small).await.unwrap();
    give(&lake, day_of_events(1000, "a"));
    let more = numbered(1000, day_of_events(1, "b"));
    assert!(matches!(lake.ingest(1000, &more, 1001), Err(LakeError::Behind { .. })));
    lake.flush().await.unwrap();
    lake.ingest(1000, &more, 1001).unwrap();
    assert_eq!(one(&lake, "SELECT count(*) FROM events").await, 1001);
}

#[tokio::test]
async fn a_query_that_runs_during_compaction_reads_on_undisturbed() {
    let folder = tempfile::tempdir().unwrap();
    let lake = open(folder.path()).await;
    for round in 0..10 {
        give(&lake, day_of_events(200, &format!("r{round}")));
        lake.flush().await.unwrap();
    }
    let mut running = lake.sql_csv(&request("SELECT message_id FROM events")).await.unwrap();
    let mut text = running.next().await.unwrap().unwrap().to_vec();
    let before = files_in(folder.path(), "events");
    lake.compact().await.unwrap();
    assert!(lake.stats().files < before);
    assert!(files_in(folder.path(), "events") > before, "a file was removed under a query that reads it");
    give(&lake, day_of_events(5, "later"));
    while let Some(chunk) = running.next().await {
        text.extend(chunk.unwrap());
    }
    drop(running);
    assert_eq!(String::from_utf8(text).unwrap().lines().count(), 2001);
    assert_eq!(files_in(folder.path(), "events"), lake.stats().files);
    assert_eq!(one(&lake, "SELECT count(*) FROM events").await, 2005);
}

#[tokio::test]
async fn moments_beyond_the_narrow_columns_are_kept_exactly() {
    let folder = tempfile::tempdir().unwrap();
    let lake = open(folder.path()).await;
    let micros = [-62_135_596_800_000_000, -1, 0, 4_294_967_295_999_999, 4_294_967_296_000_001, 32_503_680_000_000_000];
    let events = micros.iter().map(|at| {
        let mut event = event(&at.to_string(), "Product Viewed", Some("ann"), 0);
        event.occurred_at = Timestamp::from_micros(*at);
        event
    });
    give(&lake, events.rev().collect());
    let expected: Vec<_> =
        micros.iter().map(|at| vec![json!(at.to_string()), json!(Timestamp::from_micros(*at))]).collect();
    let query = "SELECT message_id, occurred_at FROM events ORDER BY occurred_at";
    assert_eq!(ask(&lake, query).await, expected);
    lake.flush().await.unwrap();
    assert_eq!(ask(&lake, query).await, expected);
    assert_eq!(one(&lake, "SELECT count(*) FROM events WHERE occurred_at < '1970-01-01'").await, 2);
    assert_eq!(one(&lake, "SELECT count(*) FROM events WHERE occurred_at > '2106-02-07T06:28:16Z'").await, 2);
}

#[tokio::test]
async fn more_names_than_there_are_codes_for_are_kept_as_text() {
    let folder = tempfile::tempdir().unwrap();
    let lake = open(folder.path()).await;
    give(&lake, (0..5000).map(|n| event(&format!("m{n}"), &format!("Name {n}"), Some("ann"), n)).collect());
    lake.flush().await.unwrap();
    give(&lake, vec![event("again", "Name 4999", Some("ann"), 0), event("first", "Name 0", Some("ann"), 0)]);
    assert_eq!(one(&lake, "SELECT count(DISTINCT event) FROM events").await, 5000);
    assert_eq!(one(&lake, "SELECT count(*) FROM events WHERE event = 'Name 4999'").await, 2);
    assert_eq!(one(&lake, "SELECT count(*) FROM events WHERE event IN ('Name 0', 'Name 4998', 'None')").await, 3);
}

#[tokio::test]
async fn what_is_too_old_goes_from_disk_and_does_not_come_back() {
    let folder = tempfile::tempdir().unwrap();
    let lake = open(folder.path()).await;
    let views = |label: &str, ages: std::ops::Range<i64>| {
        let view = |at| event(&format!("{label}-{at:03}"), "Product Viewed", Some("ann"), at);
        ages.map(view).collect::<Vec<_>>()
    };
    give(&lake, views("a", 0..100));
    give(&lake, vec![event("order", "Order Completed", Some("ann"), 0)]);
    lake.flush().await.unwrap();
    give(&lake, views("b", 0..10));
    let since = |at| Some(Timestamp::from_seconds(MARCH + at));
    let kept = KeptSince { named: [("Product Viewed".to_owned(), since(40))].into(), others: None };
    assert_eq!(lake.snapshot().unwrap().complete_since("Product Viewed"), None);
    assert_eq!(lake.forget(kept.clone()).await.unwrap().events, 50, "40 on disk, 10 in memory");
    assert_eq!(one(&lake, "SELECT count(*) FROM events").await, 61);
    give(&lake, views("late", 39..42));
    assert_eq!(one(&lake, "SELECT count(*) FROM events").await, 63, "the one that is too old is not let in");
    drop(lake);

    let lake = open(folder.path()).await;
    assert_eq!(lake.kept_since(), kept);
    give(&lake, views("again", 39..42));
    assert_eq!(one(&lake, "SELECT count(*) FROM events").await, 63);
    assert_eq!(lake.forget(KeptSince::default()).await.unwrap(), Forgotten::default());
    give(&lake, views("now", 0..1));
    assert_eq!(one(&lake, "SELECT count(*) FROM events").await, 64, "from now on all are kept");
    let snapshot = lake.snapshot().unwrap();
    assert_eq!(snapshot.complete_since("Product Viewed"), since(40), "what went is still missing");
    assert_eq!(snapshot.complete_since("Order Completed"), None);
    drop(snapshot);
    let all = KeptSince { named: Default::default(), others: since(1_000) };
    lake.forget(all).await.unwrap();
    assert_eq!((lake.stats().files, lake.stats().rows, files_in(folder.path(), "events")), (0, 0, 0));
}

#[tokio::test]
async fn names_without_a_code_are_forgotten_by_their_text() {
    let folder = tempfile::tempdir().unwrap();
    let lake = open(folder.path()).await;
    give(&lake, (0..5_000).map(|name| event(&format!("m{name}"), &format!("Event {name}"), Some("ann"), 10)).collect());
    let since = |at| Some(Timestamp::from_seconds(MARCH + at));
    let named = [("Event 4999".to_owned(), since(11)), ("Event 1".to_owned(), since(11))].into();
    assert_eq!(lake.forget(KeptSince { named, others: since(10) }).await.unwrap().events, 2);
    assert_eq!(one(&lake, "SELECT count(*) FROM events WHERE event IN ('Event 1', 'Event 4999')").await, 0);
    assert_eq!(one(&lake, "SELECT count(*) FROM events").await, 4_998);
}
