//! Walks against a plain list of events.

use std::collections::BTreeMap;
use std::sync::Arc;

use fanvine_kernel::{Event, Timestamp};
use fanvine_lake::{Column, Lake, LakeError, Merges, Run, Visitor, Walk};

use crate::shop::{MARCH, event, give, json, open};

/// What a visitor saw of an event: microsecond, name, message, quantity, properties.
type Seen = (i64, String, Option<String>, Option<i64>, Option<String>);

#[derive(Default)]
struct Notes(Vec<(u32, Vec<Seen>)>);

impl Visitor for Notes {
    fn visit(&mut self, run: &Run<'_>) {
        let seen = |row: usize| {
            let text = |column| run.text(column, row).map(str::to_owned);
            let (id, properties) = (text(Column::MessageId), text(Column::Properties));
            (run.at(row).micros(), run.name(row).to_owned(), id, run.int(Column::Quantity, row), properties)
        };
        assert_eq!((run.seconds().len(), run.events().len()), (run.len(), run.len()));
        self.0.push((run.shopper, (0..run.len()).map(seen).collect()));
    }
}

fn walked(lake: &Lake, walk: &Walk) -> Result<BTreeMap<u32, Vec<Seen>>, LakeError> {
    let mut all: BTreeMap<u32, Vec<Seen>> = BTreeMap::new();
    for notes in lake.snapshot()?.walk(walk, |_| Notes::default())? {
        for (shopper, seen) in notes.0 {
            assert!(shopper == 0 || !all.contains_key(&shopper), "shopper {shopper} came twice");
            all.entry(shopper).or_default().extend(seen);
        }
    }
    Ok(all)
}

/// The same from a plain list of the log.
fn expected(log: &[Event], walk: &Walk) -> BTreeMap<u32, Vec<Seen>> {
    let (mut numbers, mut all) = (BTreeMap::new(), BTreeMap::<u32, Vec<(u32, i64, Seen)>>::new());
    for event in log {
        let next = numbers.len() as u32 + 1;
        let number = event.shopper_id().map_or(0, |name| *numbers.entry(name).or_insert(next));
        let at = event.occurred_at;
        let wanted = walk.events.as_ref().is_none_or(|names| names.contains(&event.name))
            && walk.from.is_none_or(|from| at >= from)
            && walk.to.is_none_or(|to| at < to)
            && (number > 0 || walk.guests);
        if !wanted {
            continue;
        }
        let has = |column| walk.columns.contains(&column);
        let micros = if walk.micros { at.micros() } else { at.micros().div_euclid(1_000_000) * 1_000_000 };
        let seen = (
            micros,
            event.name.clone(),
            has(Column::MessageId).then(|| event.message_id.clone()),
            event.quantity.filter(|_| has(Column::Quantity)),
            event.properties.as_ref().filter(|_| has(Column::Properties)).map(|json| json.get().to_owned()),
        );
        let person = walk.merges.as_ref().and_then(|merges| merges.person(number)).unwrap_or(number);
        all.entry(person).or_default().push((number, at.micros(), seen));
    }
    let in_order = |mut events: Vec<(u32, i64, Seen)>| {
        events.sort_by_key(|(number, at, _)| (*at, *number));
        events.into_iter().map(|(_, _, seen)| seen).collect()
    };
    all.into_iter().map(|(person, events)| (person, in_order(events))).collect()
}

/// Every kind of walk over a lake that holds `log`.
pub fn compare(lake: &Lake, log: &[Event]) {
    let names = |names: &[&str]| Some(names.iter().map(|name| (*name).to_owned()).collect());
    let at = |micros: i64| Some(Timestamp::from_micros(MARCH * 1_000_000 + micros));
    let every = vec![Column::Quantity, Column::MessageId];
    let merges = Some(Arc::new(Merges::of([vec![1, 4, 6], vec![3, 2]])));
    let walks = [
        Walk { micros: true, ..Walk::default() },
        Walk { events: names(&["Event 1", "Event 3", "Nothing"]), ..Walk::default() },
        Walk { columns: every.clone(), micros: true, ..Walk::default() },
        Walk { from: at(10_000_000), to: at(31_000_000), ..Walk::default() },
        Walk { from: at(10_000_001), to: at(31_000_001), micros: true, columns: every.clone(), ..Walk::default() },
        Walk { from: at(10_000_002), events: names(&["Event 2"]), micros: true, ..Walk::default() },
        Walk { micros: true, merges: merges.clone(), ..Walk::default() },
        Walk { micros: true, merges, columns: every, events: names(&["Event 0", "Event 1"]), ..Walk::default() },
    ];
    for walk in walks {
        assert_eq!(walked(lake, &walk).unwrap(), expected(log, &walk), "{walk:?}");
    }
    // Events without a shopper come in no order.
    let walk = Walk { guests: true, micros: true, columns: vec![Column::MessageId], ..Walk::default() };
    let sorted = |mut all: BTreeMap<u32, Vec<Seen>>| {
        all.entry(0).or_default().sort();
        all
    };
    assert_eq!(sorted(walked(lake, &walk).unwrap()), sorted(expected(log, &walk)));
}

#[tokio::test]
async fn a_shopper_with_more_events_than_a_block_holds_is_one_run() {
    let folder = tempfile::tempdir().unwrap();
    let lake = open(folder.path()).await;
    let log: Vec<Event> = (0..50_000)
        .map(|number| {
            let shopper = if number % 3 == 0 { "much" } else { "more" };
            let mut event = event(&number.to_string(), &format!("Event {}", number % 7), Some(shopper), number / 5);
            event.properties = (number % 2 == 0).then(|| json(&format!(r#"{{"n":{number}}}"#)).unwrap());
            event
        })
        .collect();
    for part in log.chunks(20_000) {
        give(&lake, part.to_vec());
        lake.flush().await.unwrap();
    }
    let walk = Walk { columns: vec![Column::Properties], micros: true, ..Walk::default() };
    assert_eq!(walked(&lake, &walk).unwrap(), expected(&log, &walk));
    let walk = Walk::default();
    assert_eq!(walked(&lake, &walk).unwrap(), expected(&log, &walk));
}

#[tokio::test]
async fn names_without_a_code_and_files_with_many_names_are_walked() {
    let folder = tempfile::tempdir().unwrap();
    let lake = open(folder.path()).await;
    let log: Vec<Event> =
        (0..5_000).map(|number| event(&number.to_string(), &format!("Event {number}"), Some("s"), number)).collect();
    give(&lake, log.clone());
    for _ in 0..2 {
        let walk = Walk::default();
        assert_eq!(walked(&lake, &walk).unwrap(), expected(&log, &walk));
        let some = ["Event 3", "Event 4500", "Event 4999", "Event 300"].map(str::to_owned);
        let walk = Walk { events: Some(some.to_vec()), ..Walk::default() };
        assert_eq!(walked(&lake, &walk).unwrap(), expected(&log, &walk));
        lake.flush().await.unwrap();
    }
}

#[tokio::test]
async fn a_snapshot_does_not_change_while_files_are_merged_away() {
    let folder = tempfile::tempdir().unwrap();
    let lake = open(folder.path()).await;
    let mut log = Vec::new();
    for batch in 0..9i64 {
        let events: Vec<Event> = (0..30)
            .map(|n| event(&format!("{batch}-{n}"), "Event 1", Some(&format!("s{}", n % 7)), batch * 5 + n))
            .collect();
        log.extend(events.clone());
        give(&lake, events);
        lake.flush().await.unwrap();
    }
    let snapshot = lake.snapshot().unwrap();
    assert_eq!((snapshot.next_offset(), snapshot.shoppers()), (270, 7));
    lake.compact().await.unwrap();
    give(&lake, vec![event("late", "Event 1", Some("s0"), 0)]);
    let seen = |snapshot: &fanvine_lake::Snapshot| {
        let all = snapshot.walk(&Walk::default(), |_| Notes::default()).unwrap();
        all.iter().flat_map(|notes| &notes.0).map(|(_, seen)| seen.len()).sum::<usize>()
    };
    assert_eq!((seen(&snapshot), seen(&lake.snapshot().unwrap())), (270, 271));
}

#[tokio::test]
async fn shoppers_are_named_in_the_order_of_their_numbers() {
    let folder = tempfile::tempdir().unwrap();
    let lake = open(folder.path()).await;
    give(&lake, (0..5).map(|n| event(&format!("a{n}"), "Event", Some(&format!("s{n}")), n)).collect());
    lake.flush().await.unwrap();
    give(&lake, (3..8).map(|n| event(&format!("b{n}"), "Event", Some(&format!("s{n}")), n)).collect());
    let named = |from: u32| {
        let mut names = Vec::new();
        lake.shopper_names(from, |number, name| names.push(format!("{number}{name}"))).unwrap();
        names.join(" ")
    };
    assert_eq!(named(0), "1s0 2s1 3s2 4s3 5s4 6s5 7s6 8s7");
    assert_eq!(named(5), "5s4 6s5 7s6 8s7");
    assert_eq!((named(8), named(9)), ("8s7".to_owned(), String::new()));
}
