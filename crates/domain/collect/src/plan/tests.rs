//! The plan: what is as planned, what is mended, what is told about, and a plan written from what was seen.

use fanvine_kernel::ids::SourceId;
use fanvine_kernel::{EventKind, Timestamp};
use fanvine_testkit::track;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::infer::Observed;
use super::judge::Verdict;
use super::schema::Schema;
use super::{Action, Plan, TrackingPlan};
use crate::segment::{Arrival, Limits, decode_message};

fn problems(schema: Value, value: &str) -> Vec<String> {
    let found = Schema::read(&schema).unwrap().check(value);
    found.into_iter().map(|violation| format!("{} {}", violation.path, violation.problem)).collect()
}

fn mended(schema: Value, value: &str) -> Option<String> {
    Schema::read(&schema).unwrap().mended(value, true, true)
}

fn plan(written: Value) -> Plan {
    Plan::read(&serde_json::from_value::<TrackingPlan>(written).unwrap()).unwrap()
}

/// What the plan says of a message, and the properties that are kept.
fn judged(plan: &Plan, message: &Value) -> (Verdict, Value) {
    let (limits, text) = (Limits::default(), message.to_string());
    let arrival = Arrival { received_at: Timestamp::from_seconds(1), currency: None, limits: &limits, trusted: false };
    let mut draft = decode_message(&text, 0, &arrival).unwrap();
    let verdict = plan.judge(&mut draft);
    (verdict, serde_json::from_str(draft.properties.as_deref().unwrap_or("null")).unwrap())
}

#[test]
fn values_are_held_against_the_schema_and_named() {
    let schema = || {
        json!({"type": "object", "required": ["product_id", "price"], "additionalProperties": false, "properties": {
        "product_id": {"type": "string", "minLength": 2, "maxLength": 5}, "price": {"type": ["number", "null"], "minimum": 0, "maximum": 9},
        "kind": {"enum": ["tea", 7]}, "sizes": {"type": "array", "items": {"type": "integer"}}}})
    };
    assert!(problems(schema(), r#"{"product_id":"ab","price":1.5,"kind":7,"sizes":[1,2.0]}"#).is_empty());
    assert!(problems(schema(), r#"{"product_id":"ab","price":null}"#).is_empty());
    assert_eq!(
        problems(schema(), r#"{"product_id":"a","price":-1,"kind":"tin","sizes":[1,2.5],"more":1}"#),
        [
            "properties.product_id has 1 characters, planned are at least 2",
            "properties.price is -1, planned is at least 0",
            r#"properties.kind is "tin", which is none of the planned values"#,
            "properties.sizes[] is 2.5, planned is integer",
            "properties.more is not planned",
        ]
    );
    assert_eq!(
        problems(schema(), r#"{"product_id":7,"kind":"tea"}"#),
        ["properties.product_id is 7, planned is string", "properties.price is missing"]
    );
}

#[test]
fn violations_are_told_in_chinese_naming_the_same() {
    let schema = json!({"type": "object", "required": ["product_id", "price"], "additionalProperties": false, "properties": {
        "product_id": {"type": "string", "minLength": 2, "maxLength": 3}, "price": {"type": ["number", "null"], "minimum": 0, "maximum": 9},
        "kind": {"enum": ["tea", 7]}, "code": {"type": "string", "maxLength": 3}, "top": {"maximum": 9}}});
    let told = |value: &str| -> Vec<String> {
        let found = Schema::read(&schema).unwrap().check(value);
        found.into_iter().map(|violation| format!("{} {}", violation.path, violation.problem.in_chinese())).collect()
    };
    assert_eq!(
        told(r#"{"product_id":"a","price":"x","kind":"tin","code":"四个字符","top":10,"more":1}"#),
        [
            "properties.product_id 有 1 个字符，方案要求至少 2 个",
            r#"properties.price 的值为 "x"，方案要求数值或空值"#,
            r#"properties.kind 的值为 "tin"，不是方案列出的值"#,
            "properties.code 有 4 个字符，方案要求至多 3 个",
            "properties.top 的值为 10，方案要求不大于 9",
            "properties.more 不在方案内",
        ]
    );
    assert_eq!(told(r#"{"product_id":"ab","price":-1}"#), ["properties.price 的值为 -1，方案要求不小于 0"]);
    assert_eq!(told(r#"{"product_id":"ab"}"#), ["properties.price 缺失"]);
    let held = plan(json!({"unknown_events": "reject", "events": {"A": {"on_violation": "reject", "schema": schema}}}));
    let fault = |name: &str| {
        let event = json!({"type": "track", "userId": "u", "event": name, "properties": {"x": 1}});
        let Verdict::Held(_, fault) = judged(&held, &event).0 else { panic!() };
        fault.in_chinese()
    };
    assert_eq!(fault("A"), "不符合埋点方案：`properties.x` 不在方案内（另有 2 处）");
    assert_eq!(fault("B"), "`B` 不在埋点方案中");
    let refused = |schema: Value| Schema::read(&schema).unwrap_err().in_chinese();
    assert_eq!(refused(json!({"pattern": "^a"})), "不支持关键字 `pattern`");
    assert_eq!(refused(json!({"minimum": "1"})), "`minimum` 为 \"1\"，应为数值");
}

#[test]
fn what_was_completed_from_the_catalogue_is_in_no_plan() {
    let mut observed = Observed::default();
    let properties = r#"{"product_id":"a","from_catalogue":["name"],"name":"Cup",
        "products":[{"product_id":"b","brand":"B","name":"Mine","from_catalogue":["brand"]}]}"#;
    observed.see(&track("Product Viewed").properties(properties).build().borrowed());
    let schema = observed.plan().events["Product Viewed"].schema["properties"].clone();
    let names = |schema: &Value| schema.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
    assert_eq!(names(&schema), ["product_id", "products"]);
    assert_eq!(names(&schema["products"]["items"]["properties"]), ["name", "product_id"]);
}

#[test]
fn what_was_meant_is_mended_and_digits_stay() {
    let schema = || {
        json!({"properties": {"price": {"type": "number"}, "count": {"type": "integer"}, "name": {"type": "string"},
        "gift": {"type": "boolean"}, "products": {"items": {"properties": {"id": {"type": "string"}}}}}})
    };
    assert_eq!(
        mended(
            schema(),
            r#"{"price":" 19.90 ","count":"3","name":" 茶 ","gift":"true","products":[{"id":7,"x":1.50}],"more":" x "}"#
        )
        .as_deref(),
        Some(r#"{"price":19.90,"count":3,"name":"茶","gift":true,"products":[{"id":"7","x":1.50}],"more":" x "}"#)
    );
    assert_eq!(mended(schema(), r#"{"price":1.0,"name":"x"}"#), None);
    assert_eq!(mended(schema(), r#"{"price":"about 5","count":"1.5"}"#), None);
}

#[test]
fn what_is_not_checked_is_refused_by_name() {
    let fault = |schema: Value| Schema::read(&schema).unwrap_err().to_string();
    assert_eq!(fault(json!({"pattern": "^a"})), "the keyword `pattern` is not understood");
    assert_eq!(fault(json!({"type": "text"})), "`type` is \"text\"; expected types of JSON");
    assert_eq!(fault(json!({"properties": {"a": {"required": [1]}}})), "`required` is [1]; expected an array of names");
    let deep = (0..20).fold(json!({}), |inner, _| json!({"items": inner}));
    assert_eq!(fault(deep), "it is nested more than 16 levels deep");
}

#[test]
fn events_are_taken_told_about_held_or_refused_as_configured() {
    let form = json!({"required": ["order_id"]});
    let plan = plan(json!({"unknown_events": "reject", "events": {
        "A": {"on_violation": "allow", "schema": form}, "B": {"on_violation": "warn", "schema": form},
        "C": {"on_violation": "quarantine", "schema": form}, "D": {"on_violation": "reject", "schema": {"properties": {"n": {"type": "number"}}}}}}));
    let event = |name: &str, properties: Value| json!({"type": "track", "userId": "u", "event": name, "properties": properties});
    assert_eq!(judged(&plan, &event("A", json!({}))).0, Verdict::Fine);
    assert!(
        matches!(judged(&plan, &event("B", json!({}))).0, Verdict::Told(told) if told[0].path == "properties.order_id")
    );
    assert_eq!(judged(&plan, &event("B", json!({"order_id": 1}))).0, Verdict::Fine);
    let Verdict::Held(Action::Quarantine, fault) = judged(&plan, &event("C", json!({}))).0 else { panic!() };
    assert_eq!(fault.to_string(), "`properties.order_id` is missing, says the tracking plan");
    assert_eq!(judged(&plan, &event("D", json!({"n": "1.50"}))), (Verdict::Fine, json!({"n": 1.50})));
    let Verdict::Held(Action::Reject, fault) = judged(&plan, &event("E", json!({}))).0 else { panic!() };
    assert_eq!(fault.to_string(), "`E` is not in the tracking plan");
}

#[test]
fn a_plan_from_what_was_seen_finds_nothing_wrong_with_it() {
    let mut observed = Observed::default();
    let seen: Vec<String> = (0..30)
        .map(|number| match number % 3 {
            0 => json!({"product_id": "a", "price": 1, "products": [{"id": 1}]}).to_string(),
            1 => json!({"product_id": "b", "price": 2.5, "gift": true}).to_string(),
            _ => json!({"product_id": "c", "price": null, "products": []}).to_string(),
        })
        .collect();
    for properties in &seen {
        observed.see(&track("Product Viewed").properties(properties).build().borrowed());
    }
    observed.see(&track("Alias").kind(EventKind::Alias).build().borrowed());
    let plan = observed.plan();
    assert_eq!((observed.count, plan.events.len()), (30, 1));
    let schema = &plan.events["Product Viewed"].schema;
    assert_eq!(schema["required"], json!(["price", "product_id"]));
    assert_eq!(schema["properties"]["price"]["type"], json!(["null", "number"]));
    assert_eq!(schema["properties"]["products"]["items"]["properties"]["id"]["type"], "integer");
    let schema = Schema::read(schema).unwrap();
    assert!(seen.iter().all(|properties| schema.check(properties).is_empty()));
}

proptest! {
    #[test]
    fn a_plan_inferred_from_anything_can_be_read_and_holds(values in proptest::collection::vec(crate::said::any_json(), 1..6)) {
        let source: SourceId = "src_1".parse().unwrap();
        let mut observed = Observed::default();
        let texts: Vec<String> = values.iter().map(|value| json!({"a": value}).to_string()).collect();
        for text in &texts {
            observed.see(&track("X").properties(text).with(|event| event.source = source.clone()).build().borrowed());
        }
        let schema = Schema::read(&observed.plan().events["X"].schema).unwrap();
        for text in &texts {
            prop_assert_eq!(schema.check(text), vec![]);
            let _ = schema.mended(text, true, true);
        }
    }

    #[test]
    fn arbitrary_schemas_and_values_never_panic(schema in crate::said::any_json(), value in crate::said::any_json()) {
        if let Ok(schema) = Schema::read(&schema) {
            let _ = schema.check(&value.to_string());
            let _ = schema.mended(&value.to_string(), true, true);
        }
    }
}
