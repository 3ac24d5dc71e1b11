//! Walks against a plain list of events.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use fanvine_kernel::{Event, Timestamp, Zone};
use fanvine_lake::{Column, DayQuestion, Lake, LakeError, Merges, Run, Visitor, Walk};

use crate::shop::{MARCH, event, give, json, open};

/// What a visitor saw of an event: microsecond, name, texts and numbers.
type Seen = (i64, String, [Option<String>; 4], [Option<i64>; 2]);
const TEXTS: [Column; 4] = [Column::MessageId, Column::Properties, Column::ProductId, Column::Channel];
const NUMBERS: [Column; 2] = [Column::Quantity, Column::RevenueMinor];

#[derive(Default)]
struct Notes(Vec<(u32, Vec<Seen>)>);

impl Visitor for Notes {
    fn visit(&mut self, run: &Run<'_>) {
        let seen = |row: usize| {
            let texts = TEXTS.map(|column| run.text(column, row).map(str::to_owned));
            (run.at(row).micros(), run.name(row).to_owned(), texts, NUMBERS.map(|column| run.int(column, row)))
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
    expected_but(log, &BTreeSet::new(), walk)
}

/// The same where those of these message ids were forgotten since.
fn expected_but(log: &[Event], gone: &BTreeSet<String>, walk: &Walk) -> BTreeMap<u32, Vec<Seen>> {
    let (mut numbers, mut all) = (BTreeMap::new(), BTreeMap::<u32, Vec<(u32, i64, Seen)>>::new());
    for event in log {
        let next = numbers.len() as u32 + 1;
        let number = event.shopper_id().map_or(0, |name| *numbers.entry(name).or_insert(next));
        let at = event.occurred_at;
        let wanted = walk.events.as_ref().is_none_or(|names| names.contains(&event.name))
            && walk.from.is_none_or(|from| at >= from)
            && walk.to.is_none_or(|to| at < to)
            && walk.since.as_ref().and_then(|since| since.get(&number)).is_none_or(|since| at >= *since)
            && (number > 0 || walk.guests)
            && !gone.contains(&event.message_id);
        if !wanted {
            continue;
        }
        let read = walk.columns_of.as_ref().is_none_or(|names| names.contains(&event.name));
        let has = |column| read && walk.columns.contains(&column);
        let micros = if walk.micros { at.micros() } else { at.micros().div_euclid(1_000_000) * 1_000_000 };
        let texts = TEXTS.map(|column| {
            let text = match column {
                Column::MessageId => Some(event.message_id.clone()),
                Column::Properties => event.properties.as_ref().map(|json| json.get().to_owned()),
                Column::ProductId => event.product_id.clone(),
                _ => event.channel.clone(),
            };
            text.filter(|_| has(column))
        });
        let quantity = event.quantity.filter(|_| has(Column::Quantity));
        let revenue = event.revenue_minor.filter(|_| has(Column::RevenueMinor));
        let seen = (micros, event.name.clone(), texts, [quantity, revenue]);
        let person = walk.merges.as_ref().and_then(|merges| merges.person(number)).unwrap_or(number);
        all.entry(person).or_default().push((number, at.micros(), seen));
    }
    let in_order = |mut events: Vec<(u32, i64, Seen)>| {
        events.sort_by_key(|(number, at, _)| (*at, *number));
        events.into_iter().map(|(_, _, seen)| seen).collect()
    };
    all.into_iter().map(|(person, events)| (person, in_order(events))).collect()
}

/// Every kind of walk over a lake that took in `log` and forgot some of it.
pub fn compare(lake: &Lake, log: &[Event], gone: &BTreeSet<String>) {
    let names = |names: &[&str]| Some(names.iter().map(|name| (*name).to_owned()).collect());
    let at = |micros: i64| Some(Timestamp::from_micros(MARCH * 1_000_000 + micros));
    let every = vec![Column::Quantity, Column::MessageId];
    let merges = Some(Arc::new(Merges::of([vec![1, 4, 6], vec![3, 2]])));
    let since = [(1, 9_000_001), (2, 25_500_000), (3, 99_000_000_000)];
    let since =
        Some(Arc::new(since.into_iter().filter_map(|(shopper, micros)| Some((shopper, at(micros)?))).collect()));
    let walks = [
        Walk { micros: true, ..Walk::default() },
        Walk { events: names(&["Event 1", "Event 3", "Nothing"]), ..Walk::default() },
        Walk { columns: every.clone(), micros: true, ..Walk::default() },
        Walk { columns: every.clone(), columns_of: names(&["Event 2", "Nothing"]), ..Walk::default() },
        Walk { from: at(10_000_000), to: at(31_000_000), ..Walk::default() },
        Walk { from: at(10_000_001), to: at(31_000_001), micros: true, columns: every.clone(), ..Walk::default() },
        Walk { from: at(10_000_002), events: names(&["Event 2"]), micros: true, ..Walk::default() },
        Walk { micros: true, merges: merges.clone(), ..Walk::default() },
        Walk { since: since.clone(), from: at(8_000_000), ..Walk::default() },
        Walk { since, columns: every.clone(), merges: merges.clone(), ..Walk::default() },
        Walk { micros: true, merges, columns: every, events: names(&["Event 0", "Event 1"]), ..Walk::default() },
    ];
    let snapshot = lake.snapshot().unwrap();
    assert_eq!(snapshot.most_events(&Walk::default()), (log.len() - gone.len()) as u64);
    // Once from Parquet, and once with what lies beside the narrow columns.
    let beside = vec![Column::ProductId, Column::Channel, Column::RevenueMinor, Column::Quantity];
    let wide = walks.iter().filter(|walk| !walk.columns.is_empty());
    let other: Vec<Walk> = wide.map(|walk| Walk { columns: beside.clone(), ..walk.clone() }).collect();
    for walk in walks.into_iter().chain(other) {
        let seen = walked(lake, &walk).unwrap();
        assert_eq!(seen, expected_but(log, gone, &walk), "{walk:?}");
        let seen: usize = seen.values().map(Vec::len).sum();
        assert!(snapshot.most_events(&walk) >= seen as u64, "{walk:?}");
    }
    // Events without a shopper come in no order.
    let walk = Walk { guests: true, micros: true, columns: vec![Column::MessageId], ..Walk::default() };
    let sorted = |mut all: BTreeMap<u32, Vec<Seen>>| {
        all.entry(0).or_default().sort();
        all
    };
    assert_eq!(sorted(walked(lake, &walk).unwrap()), sorted(expected_but(log, gone, &walk)));
}

#[tokio::test]
async fn a_shopper_with_more_events_than_a_block_holds_is_one_run() {
    let folder = tempfile::tempdir().unwrap();
    let lake = open(folder.path()).await;
    let log: Vec<Event> = (0..50_000)
        .map(|number| {
            let shopper = if number % 3 == 0 { "much" } else { "more" };
            let mut event = event(&number.to_string(), &format!("Event {}", number % 7), Some(shopper), number / 5);
            // The first file has too many to keep them beside its narrow columns, the second has not.
            event.product_id = (number % 5 > 0).then(|| format!("p{number}"));
            event.properties = (number % 2 == 0).then(|| json(&format!(r#"{{"n":{number}}}"#)).unwrap());
            event
        })
        .collect();
    for part in log.chunks(35_000) {
        give(&lake, part.to_vec());
        lake.flush().await.unwrap();
    }
    for columns in [vec![Column::Properties], vec![Column::ProductId, Column::Quantity], vec![Column::Quantity]] {
        let walk = Walk { columns, micros: true, ..Walk::default() };
        assert_eq!(walked(&lake, &walk).unwrap(), expected(&log, &walk));
    }
    let walk = Walk::default();
    assert_eq!(walked(&lake, &walk).unwrap(), expected(&log, &walk));
}

#[tokio::test]
async fn a_walk_over_some_events_finds_them_wherever_they_lie_in_blocks() {
    let folder = tempfile::tempdir().unwrap();
    let lake = open(folder.path()).await;
    // A few shoppers have more than a block, most have little; some events are everywhere, one is in a few blocks only.
    let log: Vec<Event> = (0..60_000i64)
        .map(|number| {
            let shopper = match number % 4 {
                0 => "much".to_owned(),
                1 => "more".to_owned(),
                _ => format!("s{}", (number * 7_919) % 900),
            };
            let name = match number {
                number if number % 20_011 == 0 => "Rare".to_owned(),
                number if (30_000..30_040).contains(&number) => "Once".to_owned(),
                number => format!("Event {}", number % 6),
            };
            let mut event = event(&number.to_string(), &name, Some(&shopper), (number * 31) % 40_000);
            event.quantity = (number % 3 == 0).then_some(number);
            event.channel = (number % 5 == 0).then(|| format!("c{}", number % 40));
            event
        })
        .collect();
    for part in log.chunks(25_000) {
        give(&lake, part.to_vec());
        lake.flush().await.unwrap();
    }
    let merges = Some(Arc::new(Merges::of([vec![1, 2], vec![5, 9, 40]])));
    let columns = [vec![], vec![Column::Quantity, Column::Channel], vec![Column::Properties]];
    for names in [
        &["Rare"][..],
        &["Once", "Rare"],
        &["Event 1", "Once", "Rare"],
        &["Event 0", "Event 1", "Event 2", "Event 4", "Once"],
        &["Nothing"],
    ] {
        for columns in &columns {
            let moment = |second: i64| Some(Timestamp::from_seconds(MARCH + second));
            for (from, to, merges) in [(None, None, None), (moment(9_000), moment(31_000), merges.clone())] {
                let (events, columns) = (Some(names.iter().map(|&name| name.to_owned()).collect()), columns.clone());
                let walk = Walk { events, columns, from, to, merges, ..Walk::default() };
                assert_eq!(walked(&lake, &walk).unwrap(), expected(&log, &walk), "{names:?}");
            }
        }
    }
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

/// How many come by before and on each day: by bitmaps, and from a plain list of the log.
pub fn compare_days(lake: &Lake, log: &[Event], merges: Option<&Merges>) {
    let zone: Zone = "Asia/Shanghai".parse().unwrap();
    let (from, days) = (zone.date_of(Timestamp::from_seconds(MARCH + 10)), 3);
    let snapshot = lake.snapshot().unwrap();
    let counts = snapshot.event_names().map(|name| name != "Event 2").collect();
    let parts = snapshot
        .by_day(&DayQuestion { zone, from, days, counts, others: true, again: true, stop: None }, merges)
        .unwrap();
    let size = |day: usize| parts.iter().map(|part| part.days[day].len()).sum::<u64>();
    let twice = |day: usize| parts.iter().map(|part| part.again[day].len()).sum::<u64>();
    let sizes = (0..days).map(|day| (size(day), twice(day))).collect::<Vec<_>>();
    let found = (parts.iter().map(|part| part.before.len()).sum(), sizes);

    let (mut numbers, mut before, mut came) = (BTreeMap::new(), BTreeSet::new(), vec![BTreeMap::new(); days]);
    for event in log {
        let next = numbers.len() as u32 + 1;
        let Some(number) = event.shopper_id().map(|name| *numbers.entry(name).or_insert(next)) else { continue };
        let person = merges.and_then(|merges| merges.person(number)).unwrap_or(number);
        match usize::try_from(zone.date_of(event.occurred_at).days_since(from)) {
            _ if event.name == "Event 2" => {}
            Ok(day) if day < days => *came[day].entry(person).or_insert(0u64) += 1,
            Ok(_) => {}
            Err(_) => _ = before.insert(person),
        }
    }
    let again = |day: &BTreeMap<u32, u64>| day.values().filter(|times| **times > 1).count() as u64;
    let expected = (before.len() as u64, came.iter().map(|day| (day.len() as u64, again(day))).collect::<Vec<_>>());
    assert_eq!(found, expected);
}

#[tokio::test]
async fn who_came_by_on_which_day_is_known_from_files_and_from_memory() {
    let folder = tempfile::tempdir().unwrap();
    let lake = open(folder.path()).await;
    let merges = Merges::of([vec![1, 6], vec![2, 3, 9]]);
    let mut log: Vec<Event> = Vec::new();
    for batch in 0..12i64 {
        let events: Vec<Event> = (0..40)
            .map(|n| {
                let shopper = (batch * 7 + n * n) % 23;
                let name = format!("Event {}", n % 4);
                event(&format!("{batch}-{n}"), &name, Some(&format!("s{shopper}")), (batch - 3) * 30_000 + n * 700)
            })
            .collect();
        log.extend(events.clone());
        give(&lake, events);
        compare_days(&lake, &log, None);
        compare_days(&lake, &log, Some(&merges));
        if batch % 2 == 0 {
            lake.flush().await.unwrap();
            compare_days(&lake, &log, Some(&merges));
        }
    }
    lake.flush().await.unwrap();
    lake.compact().await.unwrap();
    compare_days(&lake, &log, None);
    compare_days(&lake, &log, Some(&merges));
}
