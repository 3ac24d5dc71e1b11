//! The decoder of Sensors Analytics' messages: what its clients send is what is kept, and nothing makes it panic.

use std::io::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use fanvine_kernel::ids::SourceId;
use fanvine_kernel::{Event, EventKind, Timestamp};
use proptest::prelude::*;
use serde_json::{Value, json};

use super::{Unpacked, decode, unpacked};
use crate::segment::{Arrival, Limits, Refused, Rejection};

const RECEIVED: Timestamp = Timestamp::from_seconds(1_767_225_600);

fn read(text: &str, query: &str) -> Result<Vec<Result<Event, Rejection>>, Refused> {
    let source: SourceId = "src_1".parse().unwrap();
    let limits = Limits::default();
    let arrival = Arrival { received_at: RECEIVED, currency: "CNY".parse().ok(), limits: &limits, trusted: false };
    let mut told = Vec::new();
    decode(text, query, &|key| (key == "key").then_some(&source), &arrival, &mut |taken| {
        told.push(taken.outcome.map(|draft| draft.of_source(taken.source).to_event_of(taken.source.clone())));
    })?;
    Ok(told)
}

fn only(message: Value) -> Event {
    read(&message.to_string(), "token=key").unwrap().pop().unwrap().unwrap()
}

fn fault(message: Value) -> String {
    read(&message.to_string(), "token=key").unwrap().pop().unwrap().unwrap_err().fault.to_string()
}

fn kept(event: &Event) -> Value {
    serde_json::from_str(event.properties.as_ref().unwrap().get()).unwrap()
}

#[test]
fn an_event_is_kept_under_the_name_it_means() {
    let message = json!({"type": "track", "event": "order_completed", "time": 1767222000123i64, "_track_id": 7,
        "distinct_id": "u1", "_flush_time": 1767225600000i64,
        "lib": {"$lib": "python", "$lib_version": "1.11.0"},
        "properties": {"order_id": "o1", "revenue": 12.50, "$is_login_id": true, "$utm_medium": "email"}});
    let event = only(message.clone());
    assert_eq!(
        (event.name.as_str(), event.kind, event.user_id.as_deref()),
        ("Order Completed", EventKind::Track, Some("u1"))
    );
    assert_eq!(
        (event.revenue_minor, event.order_id.as_deref(), event.channel.as_deref()),
        (Some(1250), Some("o1"), Some("email"))
    );
    assert_eq!(event.occurred_at.to_string(), "2025-12-31T23:00:00.123Z");
    assert_eq!(kept(&event), message["properties"]);
    let mut again = message;
    again["_flush_time"] = json!(1767225609999i64);
    assert_eq!(only(again).message_id, event.message_id);
}

#[test]
fn profiles_are_set_added_to_and_taken_back() {
    let said = |kind: &str, properties: Value| {
        let event =
            only(json!({"type": kind, "time": 1767222000123i64, "distinct_id": "d1", "properties": properties}));
        assert_eq!((event.kind, event.anonymous_id.as_deref()), (EventKind::Identify, Some("d1")));
        kept(&event)
    };
    assert_eq!(said("profile_set", json!({"city": "杭州"})), json!({"city": "杭州"}));
    assert_eq!(said("profile_set_once", json!({"first": 1})), json!({"$set_once": {"first": 1}}));
    assert_eq!(said("profile_increment", json!({"points": 5})), json!({"$increment": {"points": 5}}));
    assert_eq!(said("profile_append", json!({"likes": ["茶"]})), json!({"$append": {"likes": ["茶"]}}));
    assert_eq!(said("profile_unset", json!({"city": true})), json!({"city": null}));
    assert_eq!(said("profile_unset", json!(["city"])), json!({"city": null}));
    assert_eq!(said("profile_delete", json!({})), json!({"$delete": true}));
}

#[test]
fn identifiers_are_bound_and_never_unbound_into_one() {
    let signup = only(json!({"type": "track_signup", "event": "$SignUp", "distinct_id": "u1", "original_id": "d1",
        "properties": {"from": "app"}}));
    assert_eq!((signup.kind, signup.user_id.as_deref()), (EventKind::Alias, Some("u1")));
    assert_eq!(kept(&signup), json!({"previousId": "d1", "from": "app"}));
    let identities = json!({"$identity_login_id": "u1", "$identity_mobile": "13800138000"});
    let bind = only(json!({"type": "track_id_bind", "event": "$BindID", "distinct_id": "u1", "identities": identities,
        "properties": {"$is_login_id": true}}));
    assert_eq!(
        (bind.kind, bind.user_id.as_deref(), bind.anonymous_id.as_deref()),
        (EventKind::Alias, Some("u1"), None)
    );
    assert_eq!(kept(&bind)["identities"], identities);
    let unbind =
        only(json!({"type": "track_id_unbind", "event": "$UnbindID", "distinct_id": "u1", "identities": identities}));
    assert_eq!((unbind.kind, kept(&unbind)), (EventKind::Track, json!({"unbound": identities})));
    let browser = only(json!({"type": "track", "event": "$pageview", "distinct_id": "u1", "login_id": "u1",
        "anonymous_id": "c1", "identities": {"$identity_cookie_id": "c1", "$identity_login_id": "u1"},
        "properties": {"$url": "https://shop.example/", "$referrer": "直接打开"}}));
    assert_eq!(
        (browser.kind, browser.user_id.as_deref(), browser.anonymous_id.as_deref()),
        (EventKind::Page, Some("u1"), Some("c1"))
    );
    assert_eq!((browser.referrer.as_deref(), browser.channel.as_deref()), (None, Some("direct")));
}

#[test]
fn goods_are_told_about_by_nobody_in_particular() {
    let goods = only(json!({"type": "item_set", "item_type": "goods", "item_id": "tea", "time": 1767222000123i64,
        "properties": {"name": "乌龙茶", "price": 19.9}}));
    assert_eq!(
        (goods.name.as_str(), goods.shopper_id(), goods.product_id.as_deref()),
        ("Product Updated", None, Some("tea"))
    );
    let other = only(json!({"type": "item_delete", "item_type": "store", "item_id": "7", "properties": {}}));
    assert_eq!((other.name.as_str(), kept(&other)), ("Item Deleted", json!({"item_type": "store", "item_id": "7"})));
}

#[test]
fn faults_name_the_field_as_the_client_knows_it() {
    assert_eq!(fault(json!({"type": "track", "event": "x"})), "`distinct_id` is missing");
    assert_eq!(fault(json!({"type": "track", "distinct_id": "u"})), "`event` is missing");
    assert_eq!(fault(json!({"type": "track_signup", "distinct_id": "u"})), "`original_id` is missing");
    assert_eq!(fault(json!({"type": "track_id_bind", "distinct_id": "u"})), "`identities` is missing");
    assert_eq!(fault(json!({"type": "item_set", "item_type": "x"})), "`item_id` is missing");
    assert_eq!(fault(json!({"distinct_id": "u"})), "`type` is missing");
}

#[test]
fn data_is_unpacked_however_it_was_packed() {
    let text = r#"[{"type":"track","名":"茶"}]"#;
    let mut gz = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gz.write_all(text.as_bytes()).unwrap();
    let (plain, packed) = (STANDARD.encode(text), STANDARD.encode(gz.finish().unwrap()));
    let form = |base64: &str| base64.replace('+', "%2B").replace('/', "%2F").replace('=', "%3D");
    for sent in [
        format!("data_list={}", form(&plain)),
        format!("data_list={}&gzip=1", form(&packed)),
        format!("gzip=0&data_list={}&ext=crc%3D1", form(&packed)),
        format!("data={}", form(&packed)),
        format!("data={packed}"),
        format!("data={}", form(&form(&plain))),
        text.to_owned(),
    ] {
        assert_eq!(unpacked(&sent, 10_000).as_deref(), Ok(text), "{sent}");
    }
    assert_eq!(unpacked("gzip=9&data=x", 100), Err(Unpacked::Encrypted("9".into())));
    assert_eq!(unpacked("a=1", 100), Err(Unpacked::Nothing));
    assert!(matches!(unpacked("data=茶", 100), Err(Unpacked::NotBase64 { .. })));
    assert!(matches!(unpacked(&format!("data={packed}"), 5), Err(Unpacked::Body(_))));
}

#[test]
fn the_key_is_the_first_that_is_known() {
    let message = json!({"type": "track", "event": "x", "distinct_id": "u", "token": "key"}).to_string();
    assert!(read(&message, "project=default").unwrap()[0].is_ok());
    let message = json!({"type": "track", "event": "x", "distinct_id": "u", "project": "key"}).to_string();
    assert!(read(&message, "project=production").unwrap()[0].is_ok());
    assert_eq!(read("{}", "project=no").unwrap_err(), Refused::UnknownKey("no".into()));
    assert_eq!(read("{}", "").unwrap_err(), Refused::NoKey);
    assert_eq!(read("[]", "").unwrap_err(), Refused::NoKey);
}

proptest! {
    #[test]
    fn arbitrary_bytes_never_panic(form in "(data|data_list|gzip|a)?=?.{0,200}", text in ".{0,100}") {
        if let Ok(text) = unpacked(&form, 10_000) {
            let _ = read(&text, "token=key");
        }
        let _ = unpacked(&format!("data={}", STANDARD.encode(&text)), 10_000);
        let _ = read(&text, &form);
    }

    #[test]
    fn arbitrary_values_in_every_field_never_panic(
        values in proptest::collection::vec(crate::said::any_json(), 12), kind in 0usize..11,
    ) {
        let keys = ["distinct_id", "event", "time", "_track_id", "original_id", "login_id", "anonymous_id", "identities",
            "properties", "lib", "item_type", "item_id"];
        let mut message: Value = keys.iter().zip(values).map(|(key, value)| ((*key).to_owned(), value)).collect();
        message["type"] = json!(["track", "track_signup", "track_id_bind", "track_id_unbind", "profile_set",
            "profile_increment", "profile_unset", "profile_delete", "item_set", "item_delete", "profile_append"][kind]);
        let _ = read(&message.to_string(), "token=key");
    }
}
