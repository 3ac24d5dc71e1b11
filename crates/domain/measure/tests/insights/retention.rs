//! Who comes back, counted the quick way and the long way, is who a plain loop finds.

use std::collections::{BTreeMap, BTreeSet};

use axum::extract::State;
use fanvine_kernel::{Event, LocalDate};
use fanvine_measure::retention::ask::{RetentionAnswer, ask_retention};
use fanvine_web::Body;
use serde_json::{Value, json};

use crate::shop::{Shop, shop};

const HORIZON: usize = 6;

/// Shoppers by cohort, and how many of them came back so many days after.
type Counted = BTreeMap<String, (u64, Vec<u64>)>;

fn by_loop(shop: &Shop, start: Option<&str>, then: Option<&str>, first_time: bool) -> Counted {
    let day = |event: &Event| shop.zone.date_of(event.occurred_at);
    let is = |event: &Event, name: Option<&str>| name.is_none_or(|name| event.name == name);
    let (first, last): (LocalDate, LocalDate) = ("2026-03-01".parse().unwrap(), "2026-03-10".parse().unwrap());
    let mut people: BTreeMap<&str, Vec<&Event>> = BTreeMap::new();
    for event in &shop.events {
        // Guests come back as nobody.
        if let Some(person) = event.user_id.as_deref() {
            people.entry(person).or_default().push(event);
        }
    }
    let mut counted = Counted::new();
    for events in people.values_mut() {
        events.sort_by_key(|event| event.occurred_at);
        let mut cohorts = BTreeSet::new();
        for (place, event) in events.iter().enumerate().filter(|(_, event)| is(event, start)) {
            let cohort = day(event);
            if first <= cohort && cohort <= last && cohorts.insert(cohort) {
                let came: BTreeSet<i64> = events[place + 1..]
                    .iter()
                    .filter(|event| is(event, then))
                    .map(|event| day(event).days_since(cohort))
                    .collect();
                let (shoppers, returned) = counted.entry(cohort.to_string()).or_insert((0, vec![0; HORIZON + 1]));
                *shoppers += 1;
                for after in came.into_iter().filter(|after| *after <= HORIZON as i64) {
                    returned[after as usize] += 1;
                }
            }
            if first_time {
                break;
            }
        }
    }
    counted
}

async fn asked(shop: &Shop, question: Value) -> RetentionAnswer {
    let question = serde_json::from_value(question).unwrap();
    ask_retention(State(shop.measure.clone()), Body(question)).await.map_err(|refusal| refusal.0).unwrap().0
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_comes_back_is_who_a_plain_loop_finds() {
    let shop = shop(14).await;
    let names = [None, Some("Product Viewed"), Some("Order Completed")];
    let mut came_back = 0;
    for (start, then) in names.iter().flat_map(|start| names.iter().map(move |then| (*start, *then))) {
        for first_time in [true, false] {
            let mut question = json!({
                "start": start.map(|name| [name]), "then": then.map(|name| [name]), "first_time": first_time, "horizon": HORIZON,
                "from": "2026-03-01", "to": "2026-03-10",
            });
            let quick = asked(&shop, question.clone()).await;
            question["break_down"] = json!("channel");
            let long = asked(&shop, question).await;
            assert_eq!(quick.cohorts, long.cohorts, "{start:?} then {then:?}, first {first_time}");
            let said = quick.cohorts.iter().filter(|cohort| cohort.shoppers > 0);
            let said: Counted =
                said.map(|cohort| (cohort.start.to_string(), (cohort.shoppers, cohort.returned.clone()))).collect();
            let mut found = by_loop(&shop, start, then, first_time);
            // Days that are yet to come are left out.
            found.iter_mut().for_each(|(cohort, (_, returned))| returned.truncate(said[cohort].1.len()));
            came_back += said.values().map(|(_, returned)| returned.iter().sum::<u64>()).sum::<u64>();
            assert_eq!(said, found, "{start:?} then {then:?}, first {first_time}");
        }
    }
    assert!(came_back > 100, "{came_back} returns show little");
}
