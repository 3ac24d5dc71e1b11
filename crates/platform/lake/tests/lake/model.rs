//! Any mixture of batches, flushes, compactions and crashes, against a plain list of events.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use fanvine_kernel::event::KeptSince;
use fanvine_kernel::{Event, Timestamp};
use fanvine_lake::{Cell, Forgotten, Lake, parquet_rows};
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::shop::{MARCH, ask, event, numbered, open};

#[derive(Debug, Clone)]
enum Step {
    /// So many events of the log, given from some records before the next one.
    Give {
        events: Vec<(u8, u8, i64)>,
        again: u64,
    },
    Flush,
    Compact,
    Crash,
    /// Since so many seconds of each kind of event, and of all others.
    Forget {
        named: Vec<(u8, Option<i64>)>,
        others: Option<i64>,
    },
}

fn step() -> impl Strategy<Value = Step> {
    let events = prop::collection::vec((0u8..12, 0u8..5, 0i64..50), 0..40);
    prop_oneof![
        5 => (events, 0u64..30).prop_map(|(events, again)| Step::Give { events, again }),
        4 => Just(Step::Flush),
        1 => Just(Step::Compact),
        1 => Just(Step::Crash),
        1 => (prop::collection::vec((0u8..5, prop::option::of(0i64..30)), 0..3), prop::option::of(0i64..20))
            .prop_map(|(named, others)| Step::Forget { named, others }),
    ]
}

fn made(number: usize, (shopper, name, at): (u8, u8, i64)) -> Event {
    let id = format!("{number:06}");
    let shopper_id = (shopper > 0).then(|| format!("s{shopper}"));
    let mut event = event(&id, &format!("Event {name}"), shopper_id.as_deref(), at);
    event.occurred_at = Timestamp::from_micros(event.occurred_at.micros() + at % 3);
    event.quantity = (at % 4 > 0).then_some(at);
    event.product_id = (at % 3 > 0).then(|| format!("p{}", at % 7));
    event.revenue_minor = (at % 5 == 0).then_some(at * 100);
    event.channel = Some("app".to_owned());
    event
}

/// What became of an event of the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fate {
    Kept,
    Forgotten,
    /// Too old when it came.
    Refused,
}

async fn compare(lake: &Lake, log: &[Event], fates: &[Fate]) {
    let given = || log[..lake.next_offset() as usize].iter().zip(fates);
    let of = |fate: Fate| given().filter(move |(_, was)| **was == fate).map(|(event, _)| event.clone());
    let seen: Vec<Event> = of(Fate::Kept).collect();
    let sums = ask(
        lake,
        "SELECT count(*), count(quantity), coalesce(sum(quantity), 0), count(DISTINCT shopper_id) FROM events",
    )
    .await;
    let shoppers: BTreeSet<_> = seen.iter().filter_map(|event| event.shopper_id()).collect();
    let quantities: Vec<i64> = seen.iter().filter_map(|event| event.quantity).collect();
    let expected = json!([[seen.len(), quantities.len(), quantities.iter().sum::<i64>(), shoppers.len()]]);
    assert_eq!(json!(sums), expected);

    let rows = ask(lake, "SELECT shopper_id, message_id, event, occurred_at FROM events ORDER BY shopper_id NULLS FIRST, occurred_at, message_id").await;
    let mut sorted: Vec<&Event> = seen.iter().collect();
    sorted.sort_by_key(|event| (event.shopper_id(), event.occurred_at, &event.message_id));
    let expected: Vec<Vec<Value>> = sorted
        .iter()
        .map(|event| {
            vec![json!(event.shopper_id()), json!(event.message_id), json!(event.name), json!(event.occurred_at)]
        })
        .collect();
    assert_eq!(rows, expected);

    let gone = of(Fate::Forgotten).map(|event| event.message_id).collect();
    let taken: Vec<Event> =
        given().filter(|(_, fate)| **fate != Fate::Refused).map(|(event, _)| event.clone()).collect();
    crate::walks::compare(lake, &taken, &gone);

    let mut by_name = BTreeMap::new();
    for event in seen.iter().filter(|event| event.shopper_id() == Some("s3")) {
        *by_name.entry(event.name.clone()).or_insert(0) += 1;
    }
    let counted =
        ask(lake, "SELECT event, count(*) FROM events WHERE shopper_id = 's3' GROUP BY event ORDER BY event").await;
    assert_eq!(json!(counted), json!(by_name.into_iter().collect::<Vec<_>>()));
}

/// Every file is sorted by shopper and moment, and what happened at one moment is as in the log.
fn check_order_in_files(root: &Path) {
    for file in std::fs::read_dir(root.join("events")).unwrap() {
        let rows = parquet_rows(file.unwrap().path()).unwrap();
        let columns = rows.columns();
        let place = |name: &str| columns.iter().position(|column| column == name).unwrap();
        let (shopper, at_s, at_us, id) = (place("shopper"), place("at_s"), place("at_us"), place("message_id"));
        let int = |cell: &Cell| if let Cell::Int(number) = cell { *number } else { panic!("{cell:?}") };
        let keys: Vec<_> = rows
            .flat_map(|batch| batch.unwrap())
            .map(|row| (int(&row[shopper]), int(&row[at_s]), int(&row[at_us]), row[id].to_text().unwrap()))
            .collect();
        assert!(keys.is_sorted(), "{keys:?}");
    }
}

async fn play(steps: Vec<Step>) {
    let folder = tempfile::tempdir().unwrap();
    let mut lake = open(folder.path()).await;
    let mut log: Vec<Event> = Vec::new();
    let (mut fates, mut kept) = (Vec::new(), KeptSince::default());
    for step in steps {
        match step {
            Step::Give { events, again } => {
                let first = lake.next_offset().saturating_sub(again);
                let before = log.len();
                log.extend(events.into_iter().enumerate().map(|(place, about)| made(before + place, about)));
                fates.truncate(lake.next_offset() as usize);
                let fate = |event: &Event| match kept.keeps(&event.name, event.occurred_at) {
                    true => Fate::Kept,
                    false => Fate::Refused,
                };
                fates.extend(log[fates.len()..].iter().map(fate));
                let batch = numbered(first, log[first as usize..].to_vec());
                lake.ingest(first, &batch, log.len() as u64).unwrap();
            }
            Step::Flush => lake.flush().await.unwrap(),
            Step::Compact => lake.compact().await.unwrap(),
            Step::Crash => {
                drop(lake);
                lake = open(folder.path()).await;
                compare(&lake, &log, &fates).await;
            }
            Step::Forget { named, others } => {
                let second = |second: i64| Timestamp::from_seconds(MARCH + second);
                let named = named.into_iter().map(|(name, since)| (format!("Event {name}"), since.map(second)));
                kept = KeptSince { named: named.collect(), others: others.map(second) };
                fates.truncate(lake.next_offset() as usize);
                let mut events = 0;
                for (fate, event) in fates.iter_mut().zip(&log) {
                    if *fate == Fate::Kept && !kept.keeps(&event.name, event.occurred_at) {
                        (*fate, events) = (Fate::Forgotten, events + 1);
                    }
                }
                assert_eq!(lake.forget(kept.clone()).await.unwrap().events, events);
                assert_eq!(lake.forget(kept.clone()).await.unwrap(), Forgotten::default());
                compare(&lake, &log, &fates).await;
            }
        }
    }
    compare(&lake, &log, &fates).await;
    lake.flush().await.unwrap();
    lake.compact().await.unwrap();
    compare(&lake, &log, &fates).await;
    check_order_in_files(folder.path());
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn whatever_happens_the_lake_holds_what_a_plain_list_would(steps in prop::collection::vec(step(), 1..60)) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        runtime.block_on(play(steps));
    }
}
