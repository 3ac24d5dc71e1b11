//! The decoder of PostHog's messages: what its clients send is what is kept, and nothing makes it panic.

use fanvine_kernel::ids::SourceId;
use fanvine_kernel::{Event, EventKind, Timestamp};
use proptest::prelude::*;
use serde_json::{Value, json};

use super::{decode, text};
use crate::segment::{Arrival, Limits, Refused, Rejection};

const RECEIVED: Timestamp = Timestamp::from_seconds(1_767_225_600);

fn read(text: &str) -> Result<Vec<Result<Event, Rejection>>, Refused> {
    let source: SourceId = "src_1".parse().unwrap();
    let limits = Limits::default();
    let arrival = Arrival { received_at: RECEIVED, currency: "CNY".parse().ok(), limits: &limits, trusted: false };
    let mut told = Vec::new();
    decode(text, None, &|key| (key == "key").then_some(&source), &arrival, &mut |taken| {
        told.push(taken.outcome.map(|draft| draft.of_source(taken.source).to_event_of(taken.source.clone())));
    })?;
    Ok(told)
}

fn only(message: Value) -> Event {
    let sent = json!({"api_key": "key", "batch": [message]}).to_string();
    read(&sent).unwrap().pop().unwrap().unwrap()
}

fn fault(message: Value) -> String {
    let sent = json!({"api_key": "key", "batch": [message]}).to_string();
    read(&sent).unwrap().pop().unwrap().unwrap_err().fault.to_string()
}

fn kept(event: &Event) -> Value {
    serde_json::from_str(event.properties.as_ref().unwrap().get()).unwrap()
}

#[test]
fn a_captured_event_is_kept_with_its_visit() {
    let event = only(json!({
        "event": "Order Completed", "distinct_id": "u1", "uuid": "0199-1", "timestamp": "2025-12-31T23:00:00Z",
        "properties": {"order_id": 7, "revenue": 12.50, "$lib": "web", "$is_identified": true, "$session_id": "s",
            "$current_url": "https://shop.example/", "$referrer": "$direct", "utm_medium": "email", "utm_campaign": "spring",
            "$set": {"city": "杭州"}, "$set_once": {"first": "x"}},
    }));
    assert_eq!((event.message_id.as_str(), event.user_id.as_deref()), ("0199-1", Some("u1")));
    assert_eq!((event.order_id.as_deref(), event.revenue_minor), (Some("7"), Some(1250)));
    assert_eq!((event.channel.as_deref(), event.campaign.as_deref()), (Some("email"), Some("spring")));
    assert_eq!(
        (event.session_id.as_deref(), event.occurred_at.to_string().as_str()),
        (Some("s"), "2025-12-31T23:00:00Z")
    );
    let context: Value = serde_json::from_str(event.context.as_ref().unwrap().get()).unwrap();
    assert_eq!(context["traits"], json!({"city": "杭州", "$set_once": {"first": "x"}}));
    assert_eq!(kept(&event)["$referrer"], "$direct");
}

#[test]
fn who_is_identified_aliased_and_grouped() {
    let identify = only(json!({"event": "$identify", "distinct_id": "u1",
        "properties": {"$anon_distinct_id": "a1", "$set": {"email": "x@y.example"}, "$unset": ["old"]}}));
    assert_eq!(
        (identify.kind, identify.user_id.as_deref(), identify.anonymous_id.as_deref()),
        (EventKind::Identify, Some("u1"), Some("a1"))
    );
    assert_eq!(kept(&identify), json!({"email": "x@y.example", "old": null}));
    let once = only(json!({"event": "$set_once", "distinct_id": "u1", "$set_once": {"first": 1}, "properties": {}}));
    assert_eq!(kept(&once), json!({"$set_once": {"first": 1}}));
    for (lib, user, previous) in [("posthog-python", "new", "old"), ("posthog-node", "old", "new")] {
        let alias = only(json!({"event": "$create_alias", "distinct_id": "old",
            "properties": {"distinct_id": "old", "alias": "new", "$lib": lib}}));
        assert_eq!((alias.kind, alias.user_id.as_deref()), (EventKind::Alias, Some(user)));
        assert_eq!(kept(&alias), json!({"previousId": previous}));
    }
    let group = only(json!({"event": "$groupidentify", "distinct_id": "$club_7",
        "properties": {"$group_type": "club", "$group_key": "7", "$group_set": {"plan": "gold"}}}));
    assert_eq!((group.kind, group.shopper_id()), (EventKind::Group, None));
    assert_eq!(kept(&group), json!({"groupId": "7", "groupType": "club", "plan": "gold"}));
}

#[test]
fn a_browsers_visitor_is_nobody_the_shop_knows() {
    let seen =
        only(json!({"event": "$pageview", "properties": {"distinct_id": "d1", "$device_id": "d1", "token": "x"},
        "offset": 1500}));
    assert_eq!((seen.kind, seen.user_id.as_deref(), seen.anonymous_id.as_deref()), (EventKind::Page, None, Some("d1")));
    assert_eq!(seen.occurred_at, RECEIVED.plus_micros(-1_500_000));
}

#[test]
fn faults_name_the_field_as_the_client_knows_it() {
    assert_eq!(fault(json!({"event": "x"})), "`distinct_id` is missing");
    assert_eq!(fault(json!({"distinct_id": "u"})), "`event` is missing");
    assert_eq!(fault(json!({"event": "$create_alias", "distinct_id": "u"})), "`alias` is missing");
    assert_eq!(
        fault(json!({"event": "x", "distinct_id": "u", "properties": 1})),
        "`properties` is 1; expected an object"
    );
    assert_eq!(fault(json!(7)), "the message is 7, not a JSON object");
}

#[test]
fn the_key_is_found_wherever_it_is() {
    for sent in [
        r#"{"api_key":"key","batch":[{"event":"x","distinct_id":"u"}]}"#,
        r#"{"token":"key","event":"x","distinct_id":"u"}"#,
        r#"[{"event":"x","properties":{"token":"key","distinct_id":"u"}}]"#,
    ] {
        assert!(read(sent).unwrap()[0].is_ok(), "{sent}");
    }
    assert_eq!(read(r#"{"event":"x","distinct_id":"u"}"#).unwrap_err(), Refused::NoKey);
    assert_eq!(read(r#"{"api_key":"no","batch":[]}"#).unwrap_err(), Refused::UnknownKey("no".into()));
    assert_eq!(text(b"data=eyJldmVudCI6MX0%3D&ver=1", None, 1_000).unwrap(), r#"{"event":1}"#);
}

proptest! {
    #[test]
    fn arbitrary_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        if let Ok(text) = text(&bytes, None, 10_000) {
            let _ = read(&text);
        }
    }

    #[test]
    fn arbitrary_values_in_every_field_never_panic(
        values in proptest::collection::vec(crate::said::any_json(), 10), event in 0usize..6,
    ) {
        let keys = ["distinct_id", "$set", "$set_once", "$unset", "alias", "$group_key", "$group_set", "$device_id", "uuid", "offset"];
        let mut message: Value = keys.iter().zip(values).map(|(key, value)| ((*key).to_owned(), value)).collect();
        let inner = message.clone();
        message["properties"] = inner;
        message["event"] = json!(["$identify", "$create_alias", "$groupidentify", "$pageview", "$set", "x"][event]);
        let _ = read(&json!({"api_key": "key", "batch": [message]}).to_string());
    }
}
