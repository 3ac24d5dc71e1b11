//! What the state promises: any order, any split, and back from its bytes.

use fanvine_kernel::event::Json;
use fanvine_kernel::{Event, EventKind, Money, Timestamp, Zone};
use fanvine_testkit::track;
use proptest::prelude::*;

use super::{Deed, Fact, NAMES, State, Terms, Typed, Value, Vocabulary};

const START: i64 = 1_767_225_600;

fn known(events: &[Event]) -> (State, Vocabulary) {
    let (mut state, mut words) = (State::default(), Vocabulary::default());
    for event in events {
        let fact = Fact::read(event);
        let terms = fact.terms(&mut words);
        state.observe(&fact, &terms);
    }
    (state, words)
}

fn values(events: &[Event], now: &str) -> Vec<Value> {
    let (state, words) = known(events);
    state.values(&words, Timestamp::parse(now).unwrap(), "Asia/Shanghai".parse().unwrap())
}

fn value(values: &[Value], name: &str) -> Option<Typed> {
    values.iter().find(|value| value.name == name).map(|value| value.value.clone())
}

fn order(id: &str, at: &str, minor: i64) -> Event {
    let properties = format!(r#"{{"order_id":"{id}","currency":"CNY"}}"#);
    track("Order Completed").at(at).properties(&properties).with(|event| event.revenue_minor = Some(minor)).build()
}

fn cny(minor: i64) -> Option<Typed> {
    Some(Typed::Money(vec![Money::new(minor, "CNY".parse().unwrap())]))
}

#[test]
fn an_order_told_twice_is_one_order() {
    let server = track("Order Completed")
        .source("src_server")
        .at("2026-01-01T00:00:05Z")
        .properties(r#"{"order_id":"o1","currency":"CNY","coupon":"X"}"#)
        .with(|event| event.revenue_minor = Some(900))
        .build();
    let second = order("o2", "2026-01-11T00:00:00Z", 300);
    let values = values(&[order("o1", "2026-01-01T00:00:00Z", 1_000), server, second], "2026-01-12T12:00:00Z");
    assert_eq!(value(&values, "orders"), Some(Typed::Count(2)));
    assert_eq!(value(&values, "spend"), cny(1_200));
    assert_eq!(value(&values, "average_order_value"), cny(600));
    assert_eq!(value(&values, "order_gap_days"), Some(Typed::Days(10.0)));
    assert_eq!(value(&values, "days_since_order"), Some(Typed::Days(1.5)));
    assert_eq!(value(&values, "discounted_orders"), Some(Typed::Count(1)));
}

#[test]
fn refunds_go_up_to_the_cost_and_cancelled_orders_do_not_count() {
    let back = |order: &str, refund: &str, minor: Option<i64>| {
        let properties = format!(r#"{{"order_id":"{order}","refund_id":"{refund}","currency":"CNY"}}"#);
        track("Order Refunded").properties(&properties).with(|event| event.revenue_minor = minor).build()
    };
    let events = [
        order("o1", "2026-01-01", 1_000),
        back("o1", "r1", Some(400)),
        back("o1", "r1", Some(400)),
        back("o1", "r2", Some(700)),
        order("o2", "2026-01-02", 500),
        back("o2", "r3", None),
        order("o3", "2026-01-03", 9_999),
        track("Order Cancelled").properties(r#"{"order_id":"o3"}"#).build(),
        back("unknown", "r4", Some(50)),
    ];
    let values = values(&events, "2026-02-01");
    assert_eq!(value(&values, "orders"), Some(Typed::Count(2)));
    assert_eq!(value(&values, "cancelled_orders"), Some(Typed::Count(1)));
    assert_eq!(value(&values, "spend"), cny(1_500));
    assert_eq!(value(&values, "refunds"), cny(1_000 + 500 + 50));
}

#[test]
fn favourites_say_how_they_were_counted() {
    let seen = |at: &str, category: &str, price: &str| {
        let properties = format!(r#"{{"product_id":"p","category":"{category}","price":{price},"currency":"CNY"}}"#);
        track("Product Viewed")
            .at(at)
            .properties(&properties)
            .with(|event| event.channel = Some("wechat".into()))
            .build()
    };
    let events = [
        seen("2026-01-01T12:10:00Z", "茶", "79.9"),
        seen("2026-01-02T12:20:00Z", "茶", "65"),
        seen("2026-01-03T02:00:00Z", "杯", "8"),
    ];
    let values = values(&events, "2026-02-01");
    let favourite = values.iter().find(|value| value.name == "favourite_category").unwrap();
    assert_eq!(favourite.value, Typed::Text("茶".into()));
    assert_eq!(favourite.why.en, "2 of 3 products seen, wished, carted or bought");
    assert_eq!(favourite.why.zh, "3 次浏览、收藏、加购或购买的商品中的 2 次");
    assert_eq!(favourite.from.unwrap().to_string(), "2026-01-01T12:10:00Z");
    assert_eq!(value(&values, "favourite_price_band"), Some(Typed::Text("50.00 CNY – 99.99 CNY".into())));
    assert_eq!(value(&values, "favourite_hour"), Some(Typed::Hour(20)));
    assert_eq!(value(&values, "favourite_channel"), Some(Typed::Text("wechat".into())));
    assert!(values.iter().all(|value| NAMES.contains(&value.name)));
}

#[test]
fn what_others_do_counts_but_makes_nobody_seen() {
    let mut state = State::default();
    state.receive(Deed::Followed);
    state.receive(Deed::Order);
    assert_eq!((state.count(Deed::Followed), state.count(Deed::Order), state.events()), (1, 0, 0));
    assert_eq!((state.first_seen(), state.sessions()), (None, 0));
}

#[test]
fn a_typical_shopper_takes_about_two_hundred_bytes() {
    let mut events = Vec::new();
    for (place, name) in ["Product Viewed", "Product Viewed", "Product Viewed", "Product Added"].iter().enumerate() {
        let properties =
            format!(r#"{{"category":"c{}","brand":"b{}","price":9,"currency":"CNY"}}"#, place % 2, place % 2);
        events.push(track(name).properties(&properties).with(|event| event.channel = Some("direct".into())).build());
    }
    let (state, _) = known(&events);
    assert!(state.memory_bytes() < 200, "{} bytes", state.memory_bytes());
    let mut bytes = Vec::new();
    state.encode(&mut bytes);
    assert!(bytes.len() < 50, "{} bytes", bytes.len());
}

#[test]
fn bad_bytes_are_refused_by_name() {
    let (state, _) = known(&[order("o1", "2026-01-01", 5)]);
    let mut bytes = Vec::new();
    state.encode(&mut bytes);
    let error = |bytes: &[u8]| State::decode(bytes).unwrap_err().to_string();
    for end in 0..bytes.len() {
        assert!(error(&bytes[..end]).starts_with("profile: "));
    }
    bytes.push(0);
    assert!(error(&bytes).starts_with("profile: 1 bytes are left over at byte"));
    assert_eq!(error(&[7]), "profile: version 7 of the bytes is not the known 1");
    assert_eq!(error(&[1, 99]), "profile: marks is 99 at byte 2");
}

/// Events of one shopper, of every kind that means something, in a few days.
fn shopping() -> impl Strategy<Value = Vec<Event>> {
    let names = prop::sample::select(vec![
        "Product Viewed",
        "Product Added",
        "Products Searched",
        "Product Added to Wishlist",
        "Order Completed",
        "Order Updated",
        "Order Refunded",
        "Order Cancelled",
        "Review Submitted",
        "Group Buy Joined",
        "Anything",
    ]);
    let event = (names, 0i64..400_000, 0u8..4, 0u8..4, prop::option::of(1i64..5_000), any::<bool>());
    prop::collection::vec(event, 0..40).prop_map(|events| {
        let build = |(name, at, one, two, minor, flag): (&str, i64, u8, u8, Option<i64>, bool)| {
            let coupon = if flag { r#","coupon":"X""# } else { "" };
            let properties = format!(
                r#"{{"order_id":"o{one}","refund_id":"r{two}","group_buy_id":"g{one}","currency":"CNY","discount":{two},
                "products":[{{"category":"c{one}","brand":"b{two}","price":{one}.{two}}},
                {{"category":"c{two}"}}]{coupon}}}"#
            );
            let context = format!(r#"{{"device":{{"type":"d{two}"}},"location":{{"city":"l{one}"}}}}"#);
            let mut built = track(name).at_moment(Timestamp::from_seconds(START + at)).properties(&properties);
            built = built.with(|event| {
                event.revenue_minor = minor;
                event.channel = Some(format!("ch{one}"));
                event.context = Json::parse(&context).ok();
            });
            built.kind(EventKind::Track).build()
        };
        events.into_iter().map(build).collect()
    })
}

proptest! {
    #[test]
    fn order_and_split_of_the_events_do_not_matter(events in shopping(), seed: u64, cut in 0usize..40) {
        let mut words = Vocabulary::default();
        let facts: Vec<(Fact<'_>, Terms)> = events.iter().map(|event| {
            let fact = Fact::read(event);
            let terms = fact.terms(&mut words);
            (fact, terms)
        }).collect();
        let state = |facts: &[&(Fact<'_>, Terms)]| {
            let mut state = State::default();
            facts.iter().for_each(|(fact, terms)| state.observe(fact, terms));
            state
        };
        let forward: Vec<_> = facts.iter().collect();
        let whole = state(&forward);
        let mut shuffled = forward.clone();
        shuffled.sort_by_key(|(fact, _)| (fact.at.micros() as u64 ^ seed).wrapping_mul(0x9e37_79b9_7f4a_7c15));
        prop_assert_eq!(&state(&shuffled), &whole);
        let (one, two) = shuffled.split_at(cut.min(facts.len()));
        let (mut left, mut right) = (state(one), state(two));
        let kept = left.clone();
        left.merge(&right);
        right.merge(&kept);
        prop_assert_eq!(&left, &whole);
        prop_assert_eq!(&right, &whole);
        let mut bytes = Vec::new();
        whole.encode(&mut bytes);
        prop_assert_eq!(&State::decode(&bytes).unwrap(), &whole);
        let values = whole.values(&words, Timestamp::from_seconds(START), Zone::UTC);
        prop_assert!(values.iter().all(|value| NAMES.contains(&value.name)));
        for name in NAMES {
            let alone = whole.value(name, &words, Timestamp::from_seconds(START), Zone::UTC);
            prop_assert_eq!(alone.as_ref(), values.iter().find(|value| value.name == *name));
        }
    }

    #[test]
    fn arbitrary_bytes_never_panic(mut bytes in prop::collection::vec(any::<u8>(), 0..80), versioned: bool) {
        if let Some(first) = bytes.first_mut().filter(|_| versioned) {
            *first = 1;
        }
        if let Ok(state) = State::decode(&bytes) {
            state.values(&Vocabulary::default(), Timestamp::from_seconds(START), Zone::UTC);
        }
    }
}
