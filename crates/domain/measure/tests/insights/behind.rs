//! The people behind a figure are as many as the figure says.

use axum::extract::State;
use fanvine_measure::active::ask::ask_active;
use fanvine_measure::behind::Behind;
use fanvine_measure::funnel::ask::ask_funnel;
use fanvine_measure::paths::ask::ask_paths;
use fanvine_measure::retention::ask::ask_retention;
use fanvine_measure::trends::answer::PartKind;
use fanvine_measure::trends::ask::answer_trends;
use fanvine_web::Body;
use serde_json::{Value, json};

use crate::shop::{Shop, shop};

async fn behind(shop: &Shop, of: Value) -> u64 {
    let of: Behind = serde_json::from_value(of).unwrap();
    of.people(&shop.measure).await.unwrap().len()
}

fn days(mut question: Value) -> Value {
    question["from"] = json!("2026-03-01");
    question["to"] = json!("2026-03-10");
    question
}

#[tokio::test(flavor = "multi_thread")]
async fn steps_of_a_funnel_with_filters() {
    let shop = shop(11).await;
    let mail =
        json!({ "names": ["Product Viewed"], "where": [{ "field": "channel", "is": { "in": ["mail", "wechat"] } }] });
    let question = days(
        json!({ "steps": [{ "events": mail }, { "events": ["Order Completed"] }], "within_s": 200_000, "trend": "day" }),
    );
    let asked = serde_json::from_value(question.clone()).unwrap();
    let answer = ask_funnel(State(shop.measure.clone()), Body(asked)).await.map_err(|refusal| refusal.0).unwrap().0;
    let viewed = shop.events.iter().filter(|event| {
        let day = shop.zone.date_of(event.occurred_at).to_string();
        event.name == "Product Viewed"
            && matches!(event.channel.as_deref(), Some("mail" | "wechat"))
            && ("2026-03-01"..="2026-03-10").contains(&day.as_str())
    });
    let people: std::collections::BTreeSet<_> = viewed.filter_map(|event| event.user_id.as_ref()).collect();
    let (first, second) = (answer.steps[0].shoppers, answer.steps[1].shoppers);
    assert_eq!(first, people.len() as u64);
    assert!(second > 0 && answer.trend.len() == 10);
    assert!(answer.trend.iter().map(|point| point.shoppers[0]).sum::<u64>() >= first);
    let at = |step: u64, dropped: bool| json!({ "funnel": { "question": question, "step": step, "dropped": dropped } });
    assert_eq!(behind(&shop, at(1, false)).await, first);
    assert_eq!(behind(&shop, at(2, false)).await, second);
    assert_eq!(behind(&shop, at(1, true)).await, first - second);
}

#[tokio::test(flavor = "multi_thread")]
async fn cells_of_retention() {
    let shop = shop(12).await;
    let question = days(json!({
        "start": ["Product Viewed"], "then": { "names": ["Order Completed"], "where": [{ "field": "quantity", "is": { "ge": 1 } }] },
        "first_time": false, "brackets": [[0, 0], [1, 3]], "revenue_in": "CNY", "break_down": "channel"
    }));
    let asked = serde_json::from_value(question.clone()).unwrap();
    let answer = ask_retention(State(shop.measure.clone()), Body(asked)).await.map_err(|refusal| refusal.0).unwrap().0;
    let cohort = &answer.cohorts[3];
    let at = |bracket: Value, came: bool| json!({ "retention": { "question": question, "cohort": cohort.start.to_string(), "bracket": bracket, "came": came } });
    assert!(cohort.shoppers > 0 && cohort.returned.len() == 2 && cohort.revenue_minor.len() == 2, "{cohort:?}");
    assert_eq!(behind(&shop, at(Value::Null, true)).await, cohort.shoppers);
    assert_eq!(behind(&shop, at(json!(1), true)).await, cohort.returned[1]);
    assert_eq!(behind(&shop, at(json!(1), false)).await, cohort.shoppers - cohort.returned[1]);
    let all: u64 = answer.cohorts.iter().map(|cohort| cohort.shoppers).sum();
    assert_eq!(answer.parts.iter().map(|part| part.shoppers).sum::<u64>(), all);
}

#[tokio::test(flavor = "multi_thread")]
async fn days_of_activity_and_the_same_with_a_filter_that_takes_everything() {
    let shop = shop(13).await;
    let all = json!({ "where": [{ "field": "properties.size", "is": "exists" }] });
    let (quick, looked) = (days(json!({})), days(json!({ "events": all })));
    let ask = |question: Value| {
        let asked = serde_json::from_value(question).unwrap();
        let measure = shop.measure.clone();
        async move { ask_active(State(measure), Body(asked)).await.map_err(|refusal| refusal.0).unwrap().0 }
    };
    let answer = ask(quick.clone()).await;
    assert_eq!(answer, ask(looked).await);
    let point = &answer.points[4];
    for (group, expected) in [
        ("active", point.active),
        ("new", point.new),
        ("returning", point.returning),
        ("resurrected", point.resurrected),
        ("dormant", point.dormant),
    ] {
        let of = json!({ "active": { "question": quick, "start": point.start.to_string(), "group": group } });
        assert_eq!(behind(&shop, of).await, expected, "{group}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn paths_and_points_of_trends() {
    let shop = shop(14).await;
    let question = days(json!({ "start": ["Product Viewed"], "gap_s": 86_400 }));
    let asked = serde_json::from_value(question.clone()).unwrap();
    let answer = ask_paths(State(shop.measure.clone()), Body(asked)).await.map_err(|refusal| refusal.0).unwrap().0;
    let path = &answer.paths[0];
    let taken = behind(&shop, json!({ "paths": { "question": question, "path": path.events } })).await;
    assert!(taken > 0 && taken <= answer.sessions);
    let question = days(
        json!({ "series": [{ "events": ["Order Completed"], "figure": "shoppers" }], "break_down": "channel", "top": 2 }),
    );
    let asked = serde_json::from_value(question.clone()).unwrap();
    let answer = answer_trends(State(shop.measure.clone()), Body(asked)).await.map_err(|refusal| refusal.0).unwrap().0;
    for part in &answer.lines[0].parts {
        let of = |start: Option<&String>| json!({ "trends": { "question": question, "start": start, "kind": part.kind, "value": part.value } });
        assert_eq!(Some(behind(&shop, of(None)).await as f64), part.total, "{:?}", part.kind);
        assert_eq!(Some(behind(&shop, of(answer.starts.get(5))).await as f64), part.points[5], "{:?}", part.kind);
    }
    assert!(answer.lines[0].parts.iter().any(|part| part.kind == PartKind::Others));
}
