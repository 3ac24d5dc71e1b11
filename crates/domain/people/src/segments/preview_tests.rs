//! Whoever a preview takes is whom the rule means, for random rules about everything there is.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use fanvine_kernel::{Event, EventKind, Timestamp};
use fanvine_testkit::track;
use proptest::prelude::*;
use rustc_hash::FxHashMap;
use serde_json::Value as Json;

use super::facts::{KnownPerson, Sources};
use super::live::Program;
use super::naive::{Person, holds};
use super::samples::{Sample, rule, samples, zone};
use super::text::parse;
use super::{Occurrence, Rule};
use crate::segments::ranks::Models;
use crate::testing::Opened;

/// Clauses that meet what people, their profiles and the store know of the random events.
const FACTS: [&str; 14] = [
    "value orders >= 1",
    "value events >= 6",
    "value last_seen within last 20 days",
    "value days_since_order <= 50",
    "value favourite_category = \"Tea\"",
    "value spend >= 1.00 CNY",
    "value spend_rank >= 0.5",
    "trait city = \"x\"",
    "tag interest.category:\"Tea\" >= 0.01",
    "in list some",
    "did anything on >= 3 days",
    "did anything between 2026-03-01 and 2026-03-08",
    "bought = 0 since \"A\"",
    "did \"A\"(category = \"Tea\") >= 2",
];

fn mixed() -> BoxedStrategy<Rule> {
    let known = (0..FACTS.len()).prop_map(|place| parse(FACTS[place]).unwrap());
    let leaf = prop_oneof![2 => known, 1 => rule()].boxed();
    leaf.prop_recursive(2, 6, 3, |inner| {
        prop_oneof![
            3 => proptest::collection::vec(inner.clone(), 1..4).prop_map(Rule::All),
            2 => proptest::collection::vec(inner.clone(), 1..4).prop_map(Rule::Any),
            1 => inner.prop_map(|rule| Rule::Not(Box::new(rule))),
        ]
    })
    .boxed()
}

/// A shop in which this happened: four people at most, some under several keys, one of whom may be erased and be back.
async fn shop(samples: &[Sample], joined: u8, again: bool) -> (Opened, Vec<Event>) {
    let shop = Opened::at("2026-03-20T12:34:56.789Z", zone()).await;
    let mut log = Vec::new();
    let (before, after) = samples.split_at(samples.len() / 2);
    let happens = |samples: &[Sample]| {
        let told = samples.iter().enumerate().map(|(place, sample)| sample.told(KEYS[(sample.key * 3 + place) % 5]));
        let orders = samples.iter().enumerate().filter(|(place, _)| place % 4 == 0).map(|(place, sample)| {
            let order = format!(r#"{{"order_id":"{}-{place}"}}"#, samples.len());
            sample.told(KEYS[place % 5]).properties(&order).with(|event| event.name = "Order Completed".into())
        });
        told.chain(orders).collect::<Vec<_>>()
    };
    log.extend(shop.hears(happens(before)));
    let joins = (1..5).filter(|place| joined >> place & 1 == 1).map(|place| {
        let call = track("Identify").kind(EventKind::Identify).user(KEYS[0]).anonymous(KEYS[place]);
        call.at("2026-03-02T00:00:00Z").properties(r#"{"city":"x"}"#)
    });
    log.extend(shop.hears(joins));
    if again {
        shop.clock.advance_micros(1);
        let gone = shop.people.keys_with(KEYS[4]);
        shop.people.forget(KEYS[4], None);
        log.retain(|event: &Event| !event.shopper_id().is_some_and(|key| gone.contains(key)));
        shop.clock.advance_micros(1);
        log.extend(shop.hears([track("A").user(KEYS[4]).with(|event| event.occurred_at = shop.clock_now())]));
    }
    shop.clock.advance_micros(86_400_000_000);
    // What is told late of a life that was erased is nobody's.
    let late =
        |event: &Event| shop.people.shoppers().erased_at(event.shopper_id()?).filter(|at| event.occurred_at < *at);
    log.extend(shop.hears(happens(after)).into_iter().filter(|event| late(event).is_none()));
    (shop, log)
}

const KEYS: [&str; 5] = ["u0", "k1", "k2", "u3", "u4"];

/// The first keys, by number, of whom the rule means.
async fn meant(shop: &Opened, log: &[Event], rule: &Rule) -> Vec<u32> {
    let people = &shop.people;
    let mut persons: BTreeMap<Vec<u32>, BTreeSet<String>> = BTreeMap::new();
    for key in log.iter().filter_map(Event::shopper_id).filter(|key| people.shoppers().knows(key)) {
        let keys = people.keys_with(key);
        let mut numbers: Vec<u32> = keys.iter().filter_map(|key| people.shoppers().number_of(key)).collect();
        numbers.sort_unstable();
        persons.insert(numbers, keys);
    }
    let program = Program::compile([("s".to_owned(), rule)], zone()).unwrap();
    let mut taken = Vec::new();
    for (numbers, keys) in persons {
        let said = people.stated(&program, None, numbers.clone()).await.unwrap().of(&numbers);
        let (shoppers, lists, ranks) = (people.shoppers(), people.segments.lists(), people.segments.ranks());
        let now: Timestamp = shoppers.watch.moment(people.clock.now());
        let sources = Sources {
            shoppers: &shoppers,
            lists: &lists,
            ranks: ranks.as_deref(),
            segments: &FxHashMap::default(),
            days: &[],
            now,
            zone: zone(),
        };
        let own = log.iter().filter(|event| event.shopper_id().is_some_and(|key| keys.contains(key)));
        let own: Vec<(&Event, Json)> = own
            .map(|event| {
                let properties = event.properties.as_ref().map(|json| serde_json::from_str(json.get()).unwrap());
                (event, properties.unwrap_or_default())
            })
            .collect();
        let occurrences: Vec<_> = own.iter().map(|(event, properties)| Occurrence::of(*event, properties)).collect();
        let facts = KnownPerson::new(&sources, &numbers, &said);
        if holds(rule, Person { occurrences: &occurrences, facts: &facts, zone: zone() }, now) {
            taken.extend(numbers.first());
        }
    }
    taken.sort_unstable();
    taken
}

async fn taken(shop: &Opened, rule: &Rule) -> Vec<u32> {
    let (people, rule, store) = (shop.people.clone(), rule.clone(), tokio::runtime::Handle::current());
    let work = move || {
        let said = |program: &Program, numbers| store.block_on(people.stated(program, None, numbers));
        people.taken_by(&rule, &Arc::default(), &said)
    };
    tokio::task::spawn_blocking(work).await.unwrap().unwrap().people
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]
    #[test]
    fn a_preview_takes_whom_the_rule_means(
        samples in samples(), joined in any::<u8>(), again in any::<bool>(),
        rules in proptest::collection::vec(mixed(), 1..12),
    ) {
        let runtime = tokio::runtime::Runtime::new().unwrap();
        runtime.block_on(async {
            let (shop, log) = shop(&samples, joined, again).await;
            shop.people.take_ranks(Models { churn: true, worth: true }).unwrap();
            let listed = KEYS.map(str::to_owned).into_iter().step_by(2).collect::<Vec<_>>();
            let now = shop.clock_now();
            shop.people.segments.lists_mut().put("some", String::new(), now, &listed, &shop.people.shoppers());
            for rule in &rules {
                prop_assert_eq!(taken(&shop, rule).await, meant(&shop, &log, rule).await, "{}", rule);
            }
            Ok(())
        })?;
    }
}
