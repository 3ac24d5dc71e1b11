//! Properties of the decoder: whatever comes in, it answers; what is valid goes through whole.

use std::io::Write;

use fanvine_kernel::ids::SourceId;
use fanvine_kernel::{Currency, Event, Timestamp};
use proptest::prelude::*;
use serde_json::{Value, json};

use super::body::text;
use super::{Arrival, Call, Fault, Limits, Refused, Rejection, Taken, decode};
use crate::said::any_json;

const RECEIVED: Timestamp = Timestamp::from_seconds(1_767_225_600);

/// One message, with its source and text of its own.
#[derive(Debug)]
struct Told {
    source: SourceId,
    outcome: Result<Event, Rejection>,
}

fn read(call: Call, text: &str, key: Option<&str>) -> Result<Vec<Told>, Refused> {
    read_within(call, text, key, &Limits::default())
}

fn read_within(call: Call, text: &str, key: Option<&str>, limits: &Limits) -> Result<Vec<Told>, Refused> {
    let currency: Option<Currency> = "CNY".parse().ok();
    let sources: [(&str, SourceId); 2] = [("key", "src_1".parse().unwrap()), ("other", "src_2".parse().unwrap())];
    let resolve = |key: &str| sources.iter().find(|(known, _)| *known == key).map(|(_, source)| source);
    let arrival = Arrival { received_at: RECEIVED, currency, limits, trusted: false };
    let mut told = Vec::new();
    decode(call, text, key, &resolve, &arrival, |Taken { source, outcome, .. }| {
        let source = source.clone();
        let outcome = outcome.map(|draft| draft.of_source(&source).to_event_of(source.clone()));
        told.push(Told { source, outcome });
    })?;
    Ok(told)
}

fn only(call: &str, message: &Value) -> Result<Event, Fault> {
    let sent = message.to_string();
    let mut told = read(Call::named(call).unwrap(), &sent, Some("key")).unwrap();
    told.pop().unwrap().outcome.map_err(|rejection| rejection.fault)
}

#[test]
fn a_track_call_becomes_an_event() {
    let event = only(
        "track",
        &json!({
            "messageId": "m1", "event": "Order Completed", "userId": 42, "anonymousId": "a",
            "timestamp": "2025-12-31T23:00:00Z", "sentAt": "2025-12-31T23:30:00.000Z",
            "context": {"campaign": {"name": "spring", "medium": "email"}, "sessionId": 7},
            "properties": {"order_id": 536365, "revenue": 12.5, "products": [{"product_id": "p", "quantity": 2}]},
            "integrations": {"All": true},
        }),
    )
    .unwrap();
    assert_eq!((event.message_id.as_str(), event.user_id.as_deref()), ("m1", Some("42")));
    assert_eq!(event.occurred_at.to_string(), "2025-12-31T23:30:00Z");
    assert_eq!((event.order_id.as_deref(), event.product_id.as_deref()), (Some("536365"), Some("p")));
    assert_eq!((event.quantity, event.revenue_minor, event.session_id.as_deref()), (Some(2), Some(1250), Some("7")));
    assert_eq!((event.channel.as_deref(), event.campaign.as_deref()), (Some("email"), Some("spring")));
    assert_eq!(event.source.as_str(), "src_1");
}

#[test]
fn the_other_calls_keep_what_they_say() {
    let page = only("page", &json!({"anonymousId": "a", "name": "Home", "properties": {"url": "/"}})).unwrap();
    assert_eq!((page.name.as_str(), page.properties.unwrap().get()), ("Page Viewed", r#"{"name":"Home","url":"/"}"#));
    let named = only("screen", &json!({"anonymousId": "a", "name": "Home", "properties": {"name": "mine"}})).unwrap();
    assert_eq!(named.properties.unwrap().get(), r#"{"name":"mine"}"#);
    let group = only("group", &json!({"userId": "u", "groupId": "g", "traits": {}})).unwrap();
    assert_eq!(group.properties.unwrap().get(), r#"{"groupId":"g"}"#);
    let alias = only("alias", &json!({"userId": "u", "previousId": "a"})).unwrap();
    assert_eq!(alias.properties.unwrap().get(), r#"{"previousId":"a"}"#);
    let identify = only("identify", &json!({"userId": "u", "context": {"traits": {"email": "x@y"}}})).unwrap();
    assert_eq!(identify.properties.unwrap().get(), r#"{"email":"x@y"}"#);
    assert_eq!(only("alias", &json!({"userId": "u"})).unwrap_err(), Fault::Missing { field: "previousId" });
    assert_eq!(only("group", &json!({"userId": "u"})).unwrap_err(), Fault::Missing { field: "groupId" });
}

#[test]
fn faults_name_the_field_and_its_value() {
    let fault = |message: Value| only("track", &message).unwrap_err().to_string();
    assert_eq!(fault(json!({"event": "x"})), "`userId` and `anonymousId` are both missing");
    assert_eq!(fault(json!({"userId": "u"})), "`event` is missing");
    assert_eq!(fault(json!({"userId": "u", "event": 5})), "`event` is 5; expected a string");
    assert_eq!(fault(json!({"userId": ["u"], "event": "x"})), "`userId` is [\"u\"]; expected a string or number");
    assert_eq!(
        fault(json!({"userId": "u", "event": "x", "properties": [1]})),
        "`properties` is [1]; expected an object"
    );
    assert_eq!(
        fault(json!({"userId": "u", "event": "x", "timestamp": "soon"})),
        "`timestamp` is \"soon\", which is not a date and time in ISO 8601"
    );
    assert_eq!(
        fault(json!({"userId": "u", "event": "x", "timestamp": "1912-01-01T00:00:00Z"})),
        "`timestamp` is \"1912-01-01T00:00:00Z\", which lies outside the years 1970 to 2105"
    );
    let long = fault(json!({"userId": "u", "event": "é".repeat(201)}));
    assert!(long.starts_with("`event` has 201 characters; the limit is 200"), "{long}");
    assert!(only("track", &json!({"userId": "u", "event": "é".repeat(200)})).is_ok());
    let large = fault(json!({"userId": "u", "event": "x", "properties": {"a": "x".repeat(40_000)}}));
    assert!(large.starts_with("the event holds 400"), "{large}");
}

#[test]
fn a_batch_takes_the_valid_and_names_the_rest() {
    let sent = json!({"writeKey": "key", "sentAt": "2025-12-31T00:00:00Z", "context": {"sessionId": "s"}, "batch": [
        {"type": "track", "event": "A", "userId": "u", "messageId": "1", "timestamp": "2025-12-30T00:00:00Z"},
        7,
        {"type": "tracks", "userId": "u", "messageId": "3"},
        {"type": "identify", "userId": "u"},
    ]})
    .to_string();
    let taken = read(Call::Many, &sent, None).unwrap();
    let first = taken[0].outcome.as_ref().unwrap();
    assert_eq!(
        (first.occurred_at.to_string().as_str(), first.session_id.as_deref()),
        ("2025-12-31T00:00:00Z", Some("s"))
    );
    let second = taken[1].outcome.as_ref().unwrap_err();
    assert_eq!(
        (second.fault.to_string().as_str(), second.pointer(true).as_str()),
        ("the message is 7, not a JSON object", "batch[1]")
    );
    let third = taken[2].outcome.as_ref().unwrap_err();
    assert_eq!((third.message_id.as_deref(), third.pointer(true).as_str()), (Some("3"), "batch[2].type"));
    assert!(taken[3].outcome.as_ref().unwrap().message_id.starts_with("made-"));
}

#[test]
fn the_write_key_is_found_in_header_body_or_message() {
    let message = r#"{"type":"identify","userId":"u","writeKey":"other"}"#;
    let in_message = format!(r#"{{"batch":[{message}]}}"#);
    let in_both = format!(r#"{{"writeKey":"key","batch":[{message}]}}"#);
    assert_eq!(read(Call::Many, &in_message, None).unwrap()[0].source.as_str(), "src_2");
    assert_eq!(read(Call::Many, &in_both, None).unwrap()[0].source.as_str(), "src_1");
    assert_eq!(read(Call::named("identify").unwrap(), message, None).unwrap()[0].source.as_str(), "src_2");
    assert_eq!(read(Call::Many, &in_both, Some("no")).unwrap_err(), Refused::UnknownKey("no".into()));
    assert_eq!(read(Call::Many, r#"{"batch":[{"type":"identify"}]}"#, None).unwrap_err(), Refused::NoKey);
    assert_eq!(read(Call::Many, r#"{"batch":[]}"#, None).unwrap_err(), Refused::NoKey);
}

#[test]
fn bodies_of_another_form_are_refused_as_a_whole() {
    assert!(matches!(read(Call::Many, "{\"batch\":[", Some("key")), Err(Refused::InvalidJson(_))));
    assert!(matches!(read(Call::Many, "[]", Some("key")), Err(Refused::InvalidBody(_))));
    assert!(matches!(read(Call::Many, "{\"batch\":{}}", Some("key")), Err(Refused::InvalidBody(_))));
    assert!(matches!(read(Call::Many, "{}", Some("key")), Err(Refused::InvalidBody(_))));
    let limits = Limits { batch_events: 1, ..Limits::default() };
    let many = read_within(Call::Many, "{\"batch\":[1,2]}", Some("key"), &limits);
    assert_eq!(many.unwrap_err(), Refused::TooMany { events: 2, limit: 1 });
}

#[test]
fn deep_nesting_is_refused_and_never_overflows() {
    let nested = |levels: usize| {
        format!(r#"{{"userId":"u","event":"x","properties":{{"a":{}{}}}}}"#, "[".repeat(levels), "]".repeat(levels))
    };
    let (shallow, deep) = (nested(60), nested(10_000));
    assert!(read(Call::named("track").unwrap(), &shallow, Some("key")).unwrap()[0].outcome.is_ok());
    let taken = read(Call::named("track").unwrap(), &deep, Some("key")).unwrap();
    assert_eq!(taken[0].outcome.as_ref().unwrap_err().fault, Fault::TooDeep { limit: 64 });
}

proptest! {
    #[test]
    fn arbitrary_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..400), gzip: bool) {
        if let Ok(text) = text(&bytes, gzip.then_some("gzip"), 10_000) {
            let _ = read(Call::Many, &text, Some("key"));
            let _ = read(Call::named("track").unwrap(), &text, None);
        }
    }

    #[test]
    fn arbitrary_json_in_every_field_never_panics(values in proptest::collection::vec(any_json(), 12)) {
        let keys = ["userId", "event", "messageId", "timestamp", "sentAt", "properties", "context", "traits", "type",
            "name", "groupId", "writeKey"];
        let message: Value = keys.iter().zip(values).map(|(key, value)| ((*key).to_owned(), value)).collect();
        for sent in [message.clone(), json!({"batch": [message.clone(), {"type": "track", "event": "Order Completed", "userId": "u", "properties": message}]})] {
            let sent = sent.to_string();
            for call in ["track", "page", "identify", "group", "alias", "batch"] {
                let _ = read(Call::named(call).unwrap(), &sent, Some("key"));
            }
        }
    }

    #[test]
    fn arbitrary_values_in_lifted_fields_never_panic(values in proptest::collection::vec(any_json(), 8)) {
        let keys = ["product_id", "order_id", "quantity", "revenue", "currency", "products", "total", "price"];
        let properties: Value = keys.iter().zip(values).map(|(key, value)| ((*key).to_owned(), value)).collect();
        let _ = only("track", &json!({"userId": "u", "event": "Order Completed", "properties": properties}));
    }

    #[test]
    fn a_valid_message_survives_the_round_trip(
        name in "[^\u{0}]{1,200}", user in "[^\u{0}]{1,40}", id in "[a-z0-9-]{1,40}", seconds in 0i64..4_000_000_000,
        minor in -10i64.pow(14)..10i64.pow(14), extra in any_json(), packed: bool,
    ) {
        prop_assume!(!name.trim().is_empty());
        let revenue = fanvine_kernel::Money::new(minor, "CNY".parse().unwrap()).to_string();
        let revenue = revenue.trim_end_matches(" CNY").to_owned();
        let at = Timestamp::from_seconds(seconds);
        let sent = json!({"batch": [{"type": "track", "event": name, "userId": user, "messageId": id,
            "timestamp": at, "properties": {"revenue": revenue, "extra": extra}}]}).to_string();
        let bytes = if packed {
            let mut out = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
            out.write_all(sent.as_bytes()).unwrap();
            out.finish().unwrap()
        } else {
            sent.clone().into_bytes()
        };
        let text = text(&bytes, packed.then_some("gzip"), 1 << 20).unwrap();
        let taken = read(Call::Many, &text, Some("key")).unwrap();
        let event = taken[0].outcome.as_ref().unwrap();
        let again = Event::decode(&event.encode()).unwrap();
        prop_assert_eq!((&again.name, again.user_id.as_deref(), &again.message_id), (&name, Some(user.as_str()), &id));
        prop_assert_eq!((again.occurred_at, again.revenue_minor), (at, Some(minor)));
        let kept: Value = serde_json::from_str(again.properties.unwrap().get()).unwrap();
        let was: Value = serde_json::from_str(&sent).unwrap();
        prop_assert_eq!(&kept, &was["batch"][0]["properties"]);
    }
}
