//! A quiz through the real program: begun from a page, answered, rewarded once through crashes and requests sent again.

use anyhow::{Result, ensure};
use fanvine_tests::{Fanvine, on_both_columns};
use serde_json::{Value, json};

use crate::checkout::{ask, get, is_sound, post, put};

const ATTEMPTS: &str = "/api/v1/plays/know/quiz-attempts";

fn answers(attempt: &Value) -> Value {
    let right = |question: &Value| {
        let options = question["options"].as_array().into_iter().flatten();
        (1..).zip(options).filter(|(_, said)| **said == "yes").map(|(place, _)| place).collect::<Vec<i64>>()
    };
    let questions = attempt["questions"].as_array().into_iter().flatten();
    Value::Object(
        questions.map(|one| (one["question_id"].as_str().unwrap_or_default().to_owned(), json!(right(one)))).collect(),
    )
}

fn points(shop: &Fanvine, who: &str) -> Result<Value> {
    Ok(get(shop, &format!("/api/v1/points/{who}"))?["balance"].clone())
}

on_both_columns! {
    fn a_quiz_is_begun_answered_and_rewarded_once_through_crashes(column) {
        let mut shop = Fanvine::start(&column)?;
        let question = |id: &str| json!({ "question_id": id, "text": id, "options": ["yes", "no", "never"], "right": [1] });
        let play = json!({ "name": "What do you know?", "rules": {
            "kind": "quiz", "questions": [question("a"), question("b"), question("c")], "ask": 2, "seconds": 600,
            "rewards": [{ "correct": 2, "reward": { "stock": 1, "gives": { "kind": "points", "points": 7 } } }],
        } });
        put(&shop, "/api/v1/plays/know", &play)?;
        post(&shop, "/api/v1/plays/know/publish", "", &json!({}))?;
        let anna = json!({ "shopper_id": "anna" });
        let attempt = post(&shop, ATTEMPTS, "k1", &anna)?;
        shop.kill()?;
        shop.begin()?;
        ensure!(post(&shop, ATTEMPTS, "k1", &anna)? == attempt, "the questions and their order stand");
        // The one reward there is, is promised.
        ask(&shop, ATTEMPTS, "k2", &json!({ "shopper_id": "bert" }))?.expect_problem(409, "play_full")?;
        let path = format!("{ATTEMPTS}/{}/answers", attempt["attempt_id"].as_str().unwrap_or_default());
        let form = json!({ "shopper_id": "anna", "answers": answers(&attempt) });
        let done = post(&shop, &path, "", &form)?;
        shop.kill()?;
        shop.begin()?;
        ensure!(post(&shop, &path, "", &form)? == done && done["correct"] == 2, "{done}");
        ensure!(points(&shop, "anna")? == 7);
        ask(&shop, ATTEMPTS, "k3", &anna)?.expect_problem(409, "play_full")?;
        let results = get(&shop, "/api/v1/plays/know/quiz")?;
        ensure!(results["answered"] == 1 && results["rewarded"] == 1 && results["correct"] == 2, "{results}");
        let told = "SELECT COUNT(*) FROM events WHERE event IN ('Quiz Started', 'Quiz Completed')";
        shop.wait_until_sql(told, &json!([[2]]))?;
        is_sound(&shop)
    }
}
