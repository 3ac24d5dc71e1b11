//! Questions told apart by what is known of people, or by segments: each part is what the question says of those people.

use axum::Json;
use axum::extract::State;
use fanvine_kernel::Problem;
use fanvine_measure::funnel::ask::ask_funnel;
use fanvine_measure::retention::ask::ask_retention;
use fanvine_measure::sessions::ask::ask_sessions;
use fanvine_measure::trends::ask::answer_trends;
use fanvine_web::Body;
use serde_json::{Value, json};

use crate::shop::{Shop, shop};

async fn ask(shop: &Shop, kind: &str, question: &Value) -> Result<Value, Problem> {
    macro_rules! asked {
        ($verb:ident) => {{
            let question = serde_json::from_value(question.clone()).unwrap();
            let Json(answer) = $verb(State(shop.measure.clone()), Body(question)).await.map_err(|refusal| refusal.0)?;
            serde_json::to_value(answer).unwrap()
        }};
    }
    Ok(match kind {
        "funnel" => asked!(ask_funnel),
        "retention" => asked!(ask_retention),
        "sessions" => asked!(ask_sessions),
        _ => asked!(answer_trends),
    })
}

/// Every kind, with what it says of everybody it is asked of, and where its parts are.
fn questions() -> Vec<(&'static str, Value)> {
    let steps = json!([{ "events": ["Product Viewed"] }, { "events": ["Product Added"] }]);
    let within_s = 86_400;
    vec![
        ("funnel", json!({ "steps": steps, "within_s": within_s })),
        ("funnel", json!({ "steps": steps, "within_s": within_s, "counted": "entries" })),
        ("funnel", json!({ "steps": steps, "within_s": within_s, "order": "any" })),
        ("retention", json!({ "start": ["Product Viewed"], "first_time": false, "horizon": 3 })),
        ("sessions", json!({})),
        ("trends", json!({ "series": [{ "events": ["Product Viewed"], "figure": "shoppers" }] })),
    ]
}

/// What an answer says of everybody it was asked of.
fn whole(kind: &str, answer: &Value) -> Value {
    match kind {
        "funnel" => answer["steps"].as_array().unwrap().iter().map(|step| step["shoppers"].clone()).collect(),
        "retention" => answer["average"].clone(),
        "sessions" => answer["total"].clone(),
        _ => answer["lines"][0]["parts"][0]["points"].clone(),
    }
}

/// What it says of the people of one value.
fn part(kind: &str, answer: &Value, value: &str) -> Value {
    let parts = if kind == "trends" { &answer["lines"][0]["parts"] } else { &answer["parts"] };
    let mut found = parts
        .as_array()
        .unwrap()
        .iter()
        .find(|part| part["value"] == value)
        .unwrap_or_else(|| panic!("{kind}: no {value} in {answer}"))
        .clone();
    match kind {
        "funnel" => found["shoppers"].take(),
        "retention" => found["average"].take(),
        "sessions" => {
            found.as_object_mut().unwrap().remove("value");
            found
        }
        _ => found["points"].take(),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_part_by_trait_or_segment_is_the_question_asked_of_those_people() {
    let shop = shop(31).await;
    for (kind, question) in questions() {
        let with = |more: Value| {
            let mut all = question.clone();
            all.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            all.as_object_mut()
                .unwrap()
                .extend(json!({ "from": "2026-03-01", "to": "2026-03-10" }).as_object().unwrap().clone());
            all
        };
        let by_trait = ask(&shop, kind, &with(json!({ "break_down": "trait.city" }))).await.unwrap();
        let by_segment = ask(&shop, kind, &with(json!({ "segments": ["Wuhan", "ones", "Xi'an"] }))).await.unwrap();
        for segment in ["Wuhan", "Xi'an", "ones"] {
            let expected = whole(kind, &ask(&shop, kind, &with(json!({ "segment": segment }))).await.unwrap());
            assert_eq!(part(kind, &by_segment, segment), expected, "{kind} by segment {segment}");
            if segment != "ones" {
                assert_eq!(part(kind, &by_trait, segment), expected, "{kind} by city {segment}");
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_nobody_is_known_by_is_refused_with_what_is_near() {
    let shop = shop(32).await;
    for (kind, mut question) in questions() {
        let near = [
            ("trait.citty", "nobody has a trait `citty`; did you mean `city`?"),
            ("value.orders", "there is no value `orders`"),
            ("colour", "`colour` is no field of an event"),
            ("properties.nothing", "ever had a property `nothing`"),
        ];
        for (asked, said) in near {
            question["break_down"] = json!(asked);
            let problem = ask(&shop, kind, &question).await.unwrap_err();
            assert!(problem.detail.contains(said), "{kind}: {}", problem.detail);
            assert_eq!(problem.pointer.as_deref(), Some("break_down"), "{kind}");
        }
        question["segments"] = json!(["ones"]);
        let problem = ask(&shop, kind, &question).await.unwrap_err();
        assert!(problem.detail.contains("not by both"), "{}", problem.detail);
    }
}
