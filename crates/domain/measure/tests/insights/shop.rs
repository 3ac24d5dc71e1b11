//! A small shop whose events are known.

use std::sync::Arc;
use std::time::Duration;

use fanvine_contracts::audience::{Audience, Member};
use fanvine_contracts::lists::Lists;
use fanvine_contracts::persons::NoPersons;
use fanvine_contracts::shoppers::{Asking, ByValue, KnownBy, KnownOfPeople};
use fanvine_kernel::event::Json;
use fanvine_kernel::{Entropy, Event, EventKind, Problem, Timestamp, Zone};
use fanvine_lake::{Lake, LakeOptions};
use fanvine_measure::Measure;
use fanvine_measure::sql::Limits;
use fanvine_measure::walks::KnownPersons;
use fanvine_testkit::{FakeClock, SeededEntropy};
use tempfile::TempDir;

pub const ZONE: &str = "Asia/Shanghai";
pub const NAMES: [&str; 4] = ["Product Viewed", "Product Added", "Order Completed", "Order Refunded"];

/// Everybody whose key ends with 1 is in the segment `ones`; whoever lives in a city, in the segment of its name.
struct Ones;

impl Ones {
    fn takes(segment: &str, shopper_key: &str) -> bool {
        let number = shopper_key.strip_prefix('s').and_then(|number| number.parse().ok());
        shopper_key.ends_with('1') && segment == "ones" || number.and_then(city) == Some(segment)
    }
}

impl Audience for Ones {
    fn has_segment(&self, segment: &str) -> bool {
        ["ones", "Wuhan", "Xi'an"].contains(&segment)
    }

    fn belongs(&self, segment: &str, shopper_key: &str) -> Option<bool> {
        self.has_segment(segment).then(|| Self::takes(segment, shopper_key))
    }

    fn members(&self, segment: &str, after: Option<u32>, limit: usize) -> Option<Vec<Member>> {
        let from = after.map_or(0, |after| after + 1);
        let all = (0..100).map(|number| (number, format!("s{number}"))).filter(|(_, key)| Self::takes(segment, key));
        let page = all.filter(|(place, _)| *place >= from).take(limit);
        let member = |(place, key): (u32, String)| Member { place, shopper_key: key.clone(), keys: vec![key] };
        self.has_segment(segment).then(|| page.map(member).collect())
    }

    fn keys_of(&self, shopper_key: &str) -> Vec<String> {
        vec![shopper_key.to_owned()]
    }
}

/// Of those with an odd number it is said that they live in Wuhan; of the rest of those below eight, in Xi'an.
struct Cities;

/// The city of the shopper with that number.
pub fn city(number: u32) -> Option<&'static str> {
    match number {
        odd if odd % 2 == 1 => Some("Wuhan"),
        0..8 => Some("Xi'an"),
        _ => None,
    }
}

impl KnownOfPeople for Cities {
    fn by_value(&self, known: KnownBy<'_>) -> Result<ByValue, Problem> {
        let values = vec!["Wuhan".to_owned(), "Xi'an".to_owned()];
        let of = (0..100).filter_map(|number| Some((format!("s{number}"), u32::from(city(number)? != "Wuhan"))));
        Ok(match known {
            KnownBy::Trait("city") => ByValue { values, of: of.collect(), names: Vec::new() },
            _ => ByValue { names: vec!["city".to_owned()], ..ByValue::default() },
        })
    }
}

struct NoLists;

impl Lists for NoLists {
    fn keep<'a>(&'a self, _: &'a str, _: Option<&'a str>, keys: Vec<String>) -> Asking<'a, usize> {
        Box::pin(async move { Ok::<usize, Problem>(keys.len()) })
    }
}

pub struct Shop {
    pub measure: Arc<Measure>,
    pub events: Vec<Event>,
    pub zone: Zone,
    _folder: TempDir,
}

/// A shop of some hundred random events of twelve shoppers and guests, from 28 February to 12 March 2026: some in files,
/// some in memory.
pub async fn shop(seed: u64) -> Shop {
    let folder = tempfile::tempdir().unwrap();
    let zone: Zone = ZONE.parse().unwrap();
    let mut options = LakeOptions::new(folder.path());
    (options.buckets, options.query_partitions, options.zone) = (4, 2, zone);
    let lake = Lake::open(options).await.unwrap();
    let events = random_events(seed, zone);
    let numbered: Vec<(u64, Event)> = (0..).zip(events.iter().cloned()).collect();
    for (place, part) in numbered.chunks(150).enumerate() {
        let next = part.last().unwrap().0 + 1;
        lake.ingest(part[0].0, part, next).unwrap();
        if place < 3 {
            lake.flush().await.unwrap();
        }
    }
    let measure = Measure {
        lake,
        clock: Arc::new(FakeClock::at("2026-03-12T12:00:00Z")),
        zone,
        currency: Some("CNY".parse().unwrap()),
        limits: Limits { rows: 10_000, timeout: Duration::from_secs(60) },
        identity: Arc::new(NoPersons),
        audience: Arc::new(Ones),
        known: Arc::new(Cities),
        lists: Arc::new(NoLists),
        persons: KnownPersons::default(),
    };
    Shop { measure: Arc::new(measure), events, zone, _folder: folder }
}

fn random_events(seed: u64, zone: Zone) -> Vec<Event> {
    let entropy = SeededEntropy::new(seed);
    let below = |most: u64| {
        let mut bytes = [0; 8];
        entropy.fill(&mut bytes);
        u64::from_le_bytes(bytes) % most
    };
    let begins = zone.start_of("2026-02-28".parse().unwrap());
    let event = |number: u64| {
        let at = begins.plus_micros(below(12 * 86_400) as i64 * 1_000_000);
        let shopper = below(13);
        let name = NAMES[below(4) as usize];
        let colours = [r#""red""#, r#""blue""#, r#"["red","green"]"#, "null", "3"];
        let colour = colours[below(5) as usize];
        let properties = format!(
            r#"{{"colour":{colour},"size":{},"nested":{{"n":{}}},"tag":"t{}"}}"#,
            below(9) as f64 / 4.0,
            below(5),
            below(90)
        );
        Event {
            message_id: number.to_string(),
            kind: EventKind::Track,
            name: name.to_owned(),
            source: "src_1".parse().unwrap(),
            user_id: (shopper > 0).then(|| format!("s{shopper}")),
            anonymous_id: None,
            occurred_at: at,
            received_at: Timestamp::from_micros(at.micros() + 1),
            session_id: None,
            product_id: (below(3) > 0).then(|| format!("p{}", below(5))),
            order_id: None,
            quantity: (below(4) > 0).then(|| below(5) as i64),
            revenue_minor: (name == "Order Completed").then(|| below(10_000) as i64),
            currency: (name == "Order Completed").then(|| if below(5) > 0 { "CNY" } else { "USD" }.parse().unwrap()),
            channel: [None, Some("mail"), Some("wechat"), Some("direct")][below(4) as usize].map(str::to_owned),
            campaign: None,
            referrer: None,
            properties: Some(Json::parse(&properties).unwrap()),
            context: None,
        }
    };
    (0..600).map(event).collect()
}
