//! Quizzes are begun, answered, and rewarded with what was kept for them; and a random walk beside a plain count.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use fanvine_contracts::campaigns::{Charge, Piece, Pieces};
use fanvine_kernel::Timestamp;
use fanvine_promote::plays::PlayerForm;
use fanvine_promote::quiz::{AnswersForm, AttemptState, QuizAttempt};
use http::StatusCode;
use serde_json::{Value, json};

use super::walk::{Dice, code, cut_off};
use super::{Shop, coupon, shops};

const SECOND: i64 = 1_000_000;
const HOUR: i64 = 3_600 * SECOND;
const DAY: i64 = 24 * HOUR;
const ATTEMPTS: &str = "/api/v1/plays/know/quiz-attempts";

fn points(correct: i64, points: i64, stock: i64) -> Value {
    json!({ "correct": correct, "reward": { "stock": stock, "gives": { "kind": "points", "points": points } } })
}

/// Four questions; whatever begins with `yes` is right.
fn rules(more: Value) -> Value {
    let question = |id: &str, options: Value, right: Value| json!({ "question_id": id, "text": format!("Question {id}"), "options": options, "right": right, "about": format!("Of {id}.") });
    let questions = json!([
        question("a", json!(["yes", "no", "never"]), json!([1])),
        question("b", json!(["no", "yes"]), json!([2])),
        question("c", json!(["yes too", "no", "yes"]), json!([1, 3])),
        question("d", json!(["no", "never", "yes", "nowhere"]), json!([3])),
    ]);
    let mut rules = json!({ "kind": "quiz", "questions": questions, "seconds": 60, "rewards": [points(2, 5, 10), points(4, 20, 10)] });
    rules.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    rules
}

/// Answers of which the first so many are right.
fn answers(attempt: &Value, right: usize) -> Value {
    let answers = attempt["questions"].as_array().unwrap().iter().enumerate().map(|(at, question)| {
        let options = (1..).zip(question["options"].as_array().unwrap());
        let wanted = options.filter(|(_, said)| said.as_str().unwrap().starts_with("yes") == (at < right));
        let places: Vec<i64> = wanted.map(|(place, _)| place).collect();
        (question["question_id"].as_str().unwrap().to_owned(), json!(places))
    });
    Value::Object(answers.collect())
}

impl Shop {
    async fn sets_quiz(&self, rules: Value) -> (StatusCode, Value) {
        let terms = json!({ "name": "What do you know?", "ends_at": "2026-12-24T00:00:00Z", "rules": rules });
        let (status, answer) = self.call("PUT", "/api/v1/plays/know", "", terms).await;
        if status != StatusCode::OK {
            return (status, answer);
        }
        self.call("POST", "/api/v1/plays/know/publish", "", Value::Null).await
    }

    async fn begins(&self, key: &str, who: &str) -> Value {
        // Of one millisecond, attempts are in any order.
        self.clock.advance_micros(1_000);
        self.post(ATTEMPTS, key, json!({ "shopper_id": who })).await
    }

    async fn hands_in(&self, attempt: &Value, who: &str, answers: Value) -> (StatusCode, Value) {
        let path = format!("{ATTEMPTS}/{}/answers", attempt["attempt_id"].as_str().unwrap());
        self.call("POST", &path, "", json!({ "shopper_id": who, "answers": answers })).await
    }

    async fn knows(&self, attempt: &Value, who: &str, right: usize) -> Value {
        let (status, answer) = self.hands_in(attempt, who, answers(attempt, right)).await;
        assert_eq!(status, StatusCode::OK, "{answer}");
        answer
    }

    async fn quiz_points(&self, who: &str) -> i64 {
        self.get(&format!("/api/v1/points/{who}")).await["balance"].as_i64().unwrap()
    }

    async fn held(&self, part: i64) -> Value {
        self.account(&format!("quiz_given/know/{part}")).await["held_in"].clone()
    }
}

#[tokio::test]
async fn a_quiz_is_begun_answered_and_rewarded_for_what_is_right() {
    for shop in shops().await {
        assert_eq!(shop.sets_quiz(rules(json!({ "per_day": 3, "rewarded": 2 }))).await.0, StatusCode::OK);
        let attempt = shop.begins("k1", "anna").await;
        assert_eq!((&attempt["state"], &attempt["closes_at"]), (&json!("open"), &json!("2026-11-11T00:01:00.001Z")));
        assert_eq!(shop.begins("k1", "anna").await, attempt, "the same request, the same attempt");
        assert_eq!(shop.begins("k2", "anna").await, attempt, "one at a time");
        assert_eq!((shop.held(2).await, shop.held(4).await), (json!(1), json!(1)), "both are kept for her");
        // Nothing tells what is right before it was answered.
        for question in attempt["questions"].as_array().unwrap() {
            assert_eq!((&question["right"], &question["about"]), (&Value::Null, &Value::Null));
        }
        assert_eq!(attempt["questions"].as_array().unwrap().iter().filter(|one| one["several"] == true).count(), 1);
        let asked: BTreeSet<&str> =
            attempt["questions"].as_array().unwrap().iter().map(|one| one["question_id"].as_str().unwrap()).collect();
        assert_eq!(asked, BTreeSet::from(["a", "b", "c", "d"]));
        let done = shop.knows(&attempt, "anna", 3).await;
        assert_eq!((&done["correct"], &done["reward"]["points"]), (&json!(3), &json!(5)));
        for question in done["questions"].as_array().unwrap() {
            let right: Vec<&str> = question["right"]
                .as_array()
                .unwrap()
                .iter()
                .map(|place| question["options"][place.as_i64().unwrap() as usize - 1].as_str().unwrap())
                .collect();
            assert!(!right.is_empty() && right.iter().all(|option| option.starts_with("yes")), "{question}");
        }
        assert_eq!((shop.quiz_points("anna").await, shop.held(2).await, shop.held(4).await), (5, json!(0), json!(0)));
        assert_eq!(shop.knows(&attempt, "anna", 3).await, done, "the same answers change nothing");
        let (status, answer) = shop.hands_in(&attempt, "anna", answers(&attempt, 4)).await;
        assert_eq!((status.as_u16(), &answer["code"]), (409, &json!("play_rule")), "{answer}");
        // The dearer reward alone comes of all right; after two rewards there are none for her, and she is told.
        let all = shop.knows(&shop.begins("k3", "anna").await, "anna", 4).await;
        assert_eq!((&all["reward"]["points"], shop.quiz_points("anna").await), (&json!(20), 25));
        let practice = shop.begins("k4", "anna").await;
        assert_eq!(practice["promised"], json!([]));
        assert_eq!(shop.knows(&practice, "anna", 4).await["reward"], Value::Null);
        assert_eq!(shop.refused(ATTEMPTS, "k5", json!({ "shopper_id": "anna" })).await.1, "play_full", "three a day");
        let results = shop.get("/api/v1/plays/know/quiz").await;
        let sums =
            ["attempts", "shoppers", "answered", "correct", "rewarded"].map(|field| results[field].as_i64().unwrap());
        assert_eq!(sums, [3, 1, 3, 11, 2]);
        let right: i64 =
            results["questions"].as_array().unwrap().iter().map(|one| one["correct"].as_i64().unwrap()).sum();
        assert_eq!(right, 11);
        assert_eq!(shop.told("Quiz Started").await.len(), 3);
        assert_eq!(shop.told("Quiz Completed").await.len(), 3);
        let list = shop.get(ATTEMPTS).await;
        assert_eq!(list["attempts"].as_array().unwrap().len(), 3);
        assert_eq!(list["attempts"][2]["attempt_id"], attempt["attempt_id"]);
        // A campaign counts her once.
        let charge = Charge { campaign_id: "tea".into(), currency: "CNY".parse().unwrap(), budget_minor: None };
        let given = shop.promote.given(&charge, &[Piece::play("know")], Timestamp::from_micros(0)).await.unwrap();
        assert_eq!(given.parts.iter().map(|part| part.shopper_key.as_str()).collect::<Vec<_>>(), ["anna"]);
        shop.is_sound().await;
    }
}

#[tokio::test]
async fn an_attempt_that_runs_out_keeps_nothing_and_answers_on_their_way_count() {
    for shop in shops().await {
        shop.sets_quiz(rules(json!({ "per_day": 2, "rewards": [points(1, 5, 1)] }))).await;
        let attempt = shop.begins("k1", "anna").await;
        let refused = shop.refused(ATTEMPTS, "k2", json!({ "shopper_id": "bert" })).await;
        assert_eq!(refused, (409, "play_full".into()), "the only reward is kept for anna");
        shop.clock.advance_micros(70 * SECOND);
        let (status, answer) = shop.hands_in(&attempt, "anna", answers(&attempt, 4)).await;
        assert_eq!((status.as_u16(), &answer["code"]), (409, &json!("play_over")), "{answer}");
        shop.clock.advance_micros(60 * SECOND);
        shop.promote.sweep().await.unwrap();
        assert_eq!(shop.held(1).await, 0);
        let shown = shop.get(&format!("{ATTEMPTS}/{}", attempt["attempt_id"].as_str().unwrap())).await;
        assert_eq!(shown["state"], "ran_out");
        // Handed in at the last moment, and ten seconds on the way but for one.
        let attempt = shop.begins("k3", "bert").await;
        shop.clock.advance_micros(69 * SECOND);
        assert_eq!(shop.knows(&attempt, "bert", 1).await["reward"]["points"], 5);
        // Now nothing is left, and nobody plays for it without knowing.
        assert_eq!(shop.refused(ATTEMPTS, "k4", json!({ "shopper_id": "anna" })).await.1, "play_full");
        // Whoever had theirs may practise.
        assert_eq!(shop.begins("k5", "bert").await["promised"], json!([]));
        shop.is_sound().await;
    }
}

#[tokio::test]
async fn a_quiz_gives_coupons_and_draws_some_of_its_questions() {
    for shop in shops().await {
        let gift =
            json!({ "correct": 2, "reward": { "stock": 2, "gives": { "kind": "coupon", "offer_id": "tenth" } } });
        let rules = rules(json!({ "ask": 2, "rewards": [points(1, 1, 5), gift], "reveal": false }));
        let (status, refused) = shop.sets_quiz(rules.clone()).await;
        let says = "play know does not pass the gate rewards_exist: there is no published offer tenth";
        assert_eq!((status.as_u16(), &refused["detail"]), (422, &json!(says)));
        shop.offer("tenth", coupon()).await;
        shop.sets_quiz(rules).await;
        let mut asked = BTreeSet::new();
        for number in 0..12 {
            // Of the coupons there are two: from the third on, the lower reward alone is promised, five times.
            let who = format!("s{number}");
            let (status, attempt) = shop.call("POST", ATTEMPTS, &who, json!({ "shopper_id": who })).await;
            if number >= 7 {
                assert_eq!(attempt["code"], "play_full", "{attempt}");
                continue;
            }
            assert_eq!(status, StatusCode::OK, "{attempt}");
            let questions = attempt["questions"].as_array().unwrap();
            assert_eq!(questions.len(), 2);
            asked.extend(questions.iter().map(|one| one["question_id"].as_str().unwrap().to_owned()));
            let promised = attempt["promised"].as_array().unwrap().len();
            assert_eq!(promised, if number < 2 { 2 } else { 1 }, "{attempt}");
            let done = shop.knows(&attempt, &who, 2).await;
            assert_eq!(done["reward"]["kind"], if number < 2 { "coupon" } else { "points" });
            assert_eq!(done["questions"][0]["right"], Value::Null, "the rules keep it to themselves");
        }
        assert_eq!(asked.len(), 4, "all questions are asked of somebody: {asked:?}");
        let coupons = shop.get("/api/v1/coupons?shopper_id=s1").await;
        assert_eq!(coupons["coupons"].as_array().unwrap().len(), 1);
        shop.is_sound().await;
    }
}

/// The failure of quizzes that look whether somebody is in an attempt, and then begin one: two requests at once begin two.
#[tokio::test(flavor = "multi_thread")]
async fn attempts_begun_and_handed_in_at_once_are_one() {
    for shop in shops().await {
        shop.sets_quiz(rules(json!({ "per_day": 5 }))).await;
        let shop = Arc::new(shop);
        let mut tasks = tokio::task::JoinSet::new();
        for number in 0..16 {
            let shop = shop.clone();
            tasks.spawn(async move { shop.begins(&format!("k{number}"), "anna").await["attempt_id"].to_string() });
        }
        let begun: BTreeSet<String> = tasks.join_all().await.into_iter().collect();
        assert_eq!(begun.len(), 1, "{begun:?}");
        let attempt = shop.begins("k0", "anna").await;
        let mut tasks = tokio::task::JoinSet::new();
        for number in 0..16 {
            let (shop, attempt) = (shop.clone(), attempt.clone());
            tasks.spawn(async move { shop.hands_in(&attempt, "anna", answers(&attempt, number % 2 * 2)).await.0 });
        }
        let answered = tasks.join_all().await;
        assert_eq!(answered.iter().filter(|status| **status == StatusCode::OK).count(), 8, "{answered:?}");
        let given = shop.get("/api/v1/plays/know/quiz").await["rewarded"].as_i64().unwrap();
        assert_eq!(shop.quiz_points("anna").await, 5 * given);
        assert_eq!(shop.told("Quiz Completed").await.len(), 1);
        shop.is_sound().await;
    }
}

#[tokio::test]
async fn answers_that_cannot_be_are_refused_by_name() {
    for shop in shops().await {
        shop.sets_quiz(rules(json!({}))).await;
        let attempt = shop.begins("k1", "anna").await;
        for (answers, says) in [
            (json!({ "z": [1] }), "question z was not asked"),
            (json!({ "b": [3] }), "question b has the options 1 to 2, not 3"),
            (json!({ "b": [0] }), "question b has the options 1 to 2, not 0"),
        ] {
            let (_, answer) = shop.hands_in(&attempt, "anna", answers).await;
            assert!(answer["detail"].as_str().unwrap().contains(says), "{answer}");
        }
        let (status, _) = shop.hands_in(&attempt, "bert", json!({})).await;
        assert_eq!(status, StatusCode::NOT_FOUND, "an attempt is its shopper's alone");
        // Nothing chosen is nothing right.
        let (_, done) = shop.hands_in(&attempt, "anna", json!({ "a": [] })).await;
        assert_eq!((&done["correct"], &done["reward"]), (&json!(0), &Value::Null));
        for (wrong, says) in [
            (json!({ "ask": 5 }), "rules.ask is 5, where 1 to 4 can be"),
            (json!({ "rewards": [points(5, 1, 1)] }), "rules.rewards.correct is 5, where 1 to 4 can be"),
            (json!({ "per_day": 0 }), "rules.per_day is 0, where 1 to 1000 can be"),
        ] {
            let (status, answer) = shop.sets_quiz(rules(wrong)).await;
            assert_eq!((status.as_u16(), &answer["detail"]), (422, &json!(says)));
        }
    }
}

/// One attempt as a plain count knows it.
struct Made {
    id: String,
    day: i64,
    closes: i64,
    promised: BTreeSet<i64>,
    /// How many were right, and what was won.
    done: Option<(i64, Option<i64>)>,
}

const PER_DAY: usize = 3;
const REWARDED: i64 = 4;
/// For how many right answers how many points, and how many times.
const REWARDS: [(i64, i64, i64); 2] = [(2, 5, 60), (4, 20, 12)];
const PEOPLE: u64 = 20;

#[derive(Default)]
struct Model {
    made: BTreeMap<u64, Vec<Made>>,
}

impl Model {
    /// How many of a reward are left at a moment: neither won nor kept.
    fn left(&self, correct: i64, stock: i64, now: i64) -> i64 {
        let all = self.made.values().flatten();
        let gone = all.filter(|one| match one.done {
            Some((_, won)) => won == Some(correct),
            None => one.promised.contains(&correct) && now < one.closes + 70 * SECOND,
        });
        stock - gone.count() as i64
    }

    fn rewards_left(&self, who: u64, now: i64) -> i64 {
        let theirs = self.made.get(&who).into_iter().flatten();
        let had = theirs.filter(|one| match one.done {
            Some((_, won)) => won.is_some(),
            None => !one.promised.is_empty() && now < one.closes + 10 * SECOND,
        });
        REWARDED - had.count() as i64
    }

    /// What beginning comes to: the attempt that is open, what a new one is promised, or a refusal.
    fn begins(&self, who: u64, now: i64) -> Result<Result<String, BTreeSet<i64>>, &'static str> {
        let theirs = self.made.get(&who).map(Vec::as_slice).unwrap_or_default();
        if let Some(open) = theirs.iter().find(|one| one.done.is_none() && now < one.closes) {
            return Ok(Ok(open.id.clone()));
        }
        if theirs.iter().filter(|one| one.day == now.div_euclid(DAY)).count() >= PER_DAY {
            return Err("play_full");
        }
        if self.rewards_left(who, now) <= 0 {
            return Ok(Err(BTreeSet::new()));
        }
        let there: BTreeSet<i64> = REWARDS
            .iter()
            .filter(|(correct, _, stock)| self.left(*correct, *stock, now) > 0)
            .map(|(correct, ..)| *correct)
            .collect();
        if there.is_empty() { Err("play_full") } else { Ok(Err(there)) }
    }
}

#[tokio::test]
async fn quizzes_give_what_a_plain_count_would_through_crashes_and_repetitions() {
    for (number, mut shop) in shops().await.into_iter().enumerate() {
        let (steps, dice) = (if number == 0 { 4_000 } else { 300 }, Dice::of(31));
        let rewards = REWARDS.map(|(correct, many, stock)| points(correct, many, stock));
        shop.sets_quiz(rules(json!({ "per_day": PER_DAY, "rewarded": REWARDED, "rewards": rewards }))).await;
        let mut model = Model::default();
        let (mut refused, mut practised, mut late) = (0, 0, 0);
        for step in 0..steps {
            let (who, now) = (dice.below(PEOPLE), shop.now().micros());
            let (shopper_id, crash) = (format!("s{who}"), dice.below(5) == 0);
            match dice.below(10) {
                0..=3 => {
                    let (form, key) = (PlayerForm { shopper_id }, format!("begin-{step}"));
                    if crash {
                        cut_off(shop.promote.begin_quiz("know", key.clone(), form.clone()), dice.below(16)).await;
                        shop.start_anew(step).await;
                    }
                    let begun = shop.promote.begin_quiz("know", key, form).await;
                    match (model.begins(who, now), begun) {
                        (Ok(Ok(open)), Ok(attempt)) => assert_eq!(attempt.attempt_id, open, "step {step}"),
                        (Ok(Err(promised)), Ok(attempt)) => {
                            let kept: BTreeSet<i64> = attempt.promised.iter().map(|one| one.correct).collect();
                            assert_eq!(kept, promised, "step {step}");
                            practised += usize::from(promised.is_empty());
                            let (id, day) = (attempt.attempt_id, now.div_euclid(DAY));
                            let made = Made { id, day, closes: attempt.closes_at.micros(), promised, done: None };
                            model.made.entry(who).or_default().push(made);
                        }
                        (Err(why), Err(error)) => {
                            assert_eq!(code(error), why, "step {step}");
                            refused += 1;
                        }
                        (expected, begun) => panic!("step {step}: {expected:?}, and it was {begun:?}"),
                    }
                }
                4..=7 => {
                    let rewards_left = model.rewards_left(who, now);
                    let Some(one) = model.made.get_mut(&who).and_then(|made| made.last_mut()) else { continue };
                    let path = format!("{ATTEMPTS}/{}", one.id);
                    let attempt = shop.get(&path).await;
                    let right = dice.below(5) as usize;
                    let given = answers(&attempt, right);
                    let form = AnswersForm { shopper_id, answers: serde_json::from_value(given).unwrap() };
                    if crash {
                        cut_off(shop.promote.answer_quiz("know", &one.id, form.clone()), dice.below(16)).await;
                        shop.start_anew(step).await;
                    }
                    let done = shop.promote.answer_quiz("know", &one.id, form).await;
                    let done: Result<QuizAttempt, &str> = done.map_err(code);
                    let right = right as i64;
                    match one.done {
                        Some((before, _)) => assert_eq!(done.is_ok(), before == right, "step {step}"),
                        None if now >= one.closes + 10 * SECOND => {
                            assert_eq!(done.unwrap_err(), "play_over");
                            late += 1;
                        }
                        None => {
                            // What is kept for this attempt counts among those that are not left.
                            let may_win = rewards_left + i64::from(!one.promised.is_empty()) > 0;
                            let won = one.promised.iter().rev().find(|least| **least <= right).copied();
                            one.done = Some((right, won.filter(|_| may_win)));
                            let done = done.unwrap();
                            assert_eq!((done.state, done.correct), (AttemptState::Answered, Some(right)));
                            assert_eq!(done.reward.is_some(), one.done.unwrap().1.is_some(), "step {step}");
                        }
                    }
                }
                8 => shop.clock.advance_micros([SECOND, 20 * SECOND, 55 * SECOND, 9 * HOUR][dice.below(4) as usize]),
                _ => shop.promote.sweep().await.unwrap(),
            }
        }
        for who in 0..PEOPLE {
            let won = model.made.get(&who).into_iter().flatten().filter_map(|one| one.done.and_then(|(_, won)| won));
            let expected: i64 = won
                .map(|won| REWARDS.iter().find(|(correct, ..)| *correct == won).map_or(0, |(_, many, _)| *many))
                .sum();
            assert_eq!(shop.quiz_points(&format!("s{who}")).await, expected, "s{who}");
        }
        let answered = model.made.values().flatten().filter(|one| one.done.is_some()).count();
        assert_eq!(shop.told("Quiz Completed").await.len(), answered);
        assert!(number > 0 || (refused > 20 && practised > 20 && late > 20), "{refused} {practised} {late}");
        shop.is_sound().await;
    }
}
