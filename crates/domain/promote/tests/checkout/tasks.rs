//! Tasks are taken on, done, and rewarded with what was kept for them.

use std::collections::{BTreeMap, BTreeSet};

use fanvine_kernel::Event;
use fanvine_promote::plays::PlayerForm;
use fanvine_testkit::track;
use http::StatusCode;
use serde_json::{Value, json};

use super::walk::{Dice, code, cut_off};
use super::{Shop, coupon, shops};

const HOUR: i64 = 3_600_000_000;
const DAY: i64 = 24 * HOUR;

fn points(points: i64, stock: i64) -> Value {
    json!({ "stock": stock, "gives": { "kind": "points", "points": points } })
}

/// Two products to be seen and a review, until the 13th; a coupon for all.
fn rules() -> Value {
    json!({
        "kind": "tasks",
        "steps": [
            { "step_id": "see", "name": "See two products", "event": "Product Viewed", "count": 2,
                "once_per": "product_id", "reward": points(5, 10) },
            { "step_id": "review", "name": "Review something", "event": "Review Submitted",
                "where": [{ "field": "properties.rating", "is": { "ge": 4 } }] },
        ],
        "completed": { "stock": 2, "gives": { "kind": "coupon", "offer_id": "tenth" } },
    })
}

impl Shop {
    async fn sets_tasks(&self, rules: Value) -> (StatusCode, Value) {
        let terms = json!({ "name": "First steps", "ends_at": "2026-11-13T00:00:00Z", "rules": rules });
        let (status, answer) = self.call("PUT", "/api/v1/plays/steps", "", terms).await;
        if status != StatusCode::OK {
            return (status, answer);
        }
        self.call("POST", "/api/v1/plays/steps/publish", "", Value::Null).await
    }

    async fn takes_on(&self, who: &str) -> Value {
        self.post("/api/v1/plays/steps/tasks", "", json!({ "shopper_id": who })).await
    }

    async fn task_stands(&self, who: &str) -> Value {
        self.get(&format!("/api/v1/plays/steps/tasks/{who}")).await
    }

    async fn does_task(&self, name: &str, id: &str, who: &str, about: Value) {
        self.follows_task(&self.task_event(name, id, who, &about)).await;
    }

    fn task_event(&self, name: &str, id: &str, who: &str, about: &Value) -> Event {
        track(name).id(id).user(who).at_moment(self.now()).properties(&about.to_string()).build()
    }

    async fn follows_task(&self, event: &Event) {
        self.promote.issue_for(&[(1, event.into())], 2).await.unwrap();
    }

    async fn has_points(&self, who: &str) -> i64 {
        self.get(&format!("/api/v1/points/{who}")).await["balance"].as_i64().unwrap()
    }

    async fn has_coupons(&self, who: &str) -> usize {
        self.get(&format!("/api/v1/coupons?shopper_id={who}")).await["coupons"].as_array().unwrap().len()
    }
}

#[tokio::test]
async fn tasks_are_done_step_by_step_and_give_what_was_kept_for_them() {
    for shop in shops().await {
        let (status, refused) = shop.sets_tasks(rules()).await;
        let says = "play steps does not pass the gate rewards_exist: there is no published offer tenth";
        assert_eq!((status.as_u16(), &refused["detail"]), (422, &json!(says)));
        shop.offer("tenth", coupon()).await;
        assert_eq!(shop.sets_tasks(rules()).await.0, StatusCode::OK);
        assert!(shop.promote.issues());
        let see = async |id: &str, product: &str| {
            shop.does_task("Product Viewed", id, "anna", json!({ "product_id": product })).await;
        };
        see("m0", "mug").await;
        assert_eq!(shop.call("GET", "/api/v1/plays/steps/tasks/anna", "", Value::Null).await.0, StatusCode::NOT_FOUND);
        let before = shop.task_event("Product Viewed", "m1", "anna", &json!({ "product_id": "tea" }));
        shop.clock.advance_micros(HOUR);
        let taken = shop.takes_on("anna").await;
        assert_eq!(shop.takes_on("anna").await, taken, "asked twice, taken on once");
        assert_eq!((&taken["closes_at"], &taken["day"]), (&json!("2026-11-13T00:00:00Z"), &Value::Null));
        assert_eq!(shop.account("task_given/steps/see").await["held_in"], 1, "kept for her");
        assert_eq!(shop.account("received/tenth").await["held_in"], 1);
        shop.follows_task(&before).await;
        shop.follows_task(&Event { received_at: shop.now(), ..before }).await;
        for (id, product) in [("m2", "tea"), ("m2", "tea"), ("m3", "tea")] {
            see(id, product).await;
        }
        assert_eq!(shop.task_stands("anna").await["steps"][0]["done"], 1, "one product, since she took them on");
        see("m4", "mug").await;
        let stands = shop.task_stands("anna").await;
        assert_eq!((&stands["steps"][0]["given"], &stands["completed_at"]), (&json!(true), &Value::Null));
        see("m5", "cup").await;
        assert_eq!(shop.task_stands("anna").await["steps"][0]["done"], 2, "no more than it takes");
        assert_eq!(shop.has_points("anna").await, 5);
        shop.does_task("Review Submitted", "m6", "anna", json!({ "rating": 3 })).await;
        assert_eq!(shop.has_coupons("anna").await, 0);
        shop.does_task("Review Submitted", "m7", "anna", json!({ "rating": 4 })).await;
        let stands = shop.task_stands("anna").await;
        assert_eq!((&stands["given"], &stands["reward"]["kind"]), (&json!(true), &json!("coupon")));
        assert_eq!((shop.has_coupons("anna").await, shop.has_points("anna").await), (1, 5));
        assert_eq!(shop.account("task_given/steps/see").await["balance"], 1);
        let list = shop.get("/api/v1/plays/steps/tasks").await;
        assert_eq!((&list["runs"], &list["next"]), (&json!([stands]), &Value::Null));
        let names = shop.store.outbox_pending(1_000).await.unwrap();
        let told = names.iter().filter(|(_, event)| event.name.starts_with("Task"));
        let told: Vec<&str> = told.map(|(_, event)| event.name.as_str()).collect();
        assert_eq!(told, ["Tasks Joined", "Task Step Completed", "Task Step Completed", "Tasks Completed"]);
        shop.is_sound().await;
    }
}

#[tokio::test]
async fn what_is_promised_is_kept_for_whoever_came_first_and_free_again_when_they_do_not_do_it() {
    for shop in shops().await {
        shop.offer("tenth", coupon()).await;
        shop.sets_tasks(rules()).await;
        shop.takes_on("anna").await;
        shop.takes_on("bert").await;
        let refused = shop.refused("/api/v1/plays/steps/tasks", "", json!({ "shopper_id": "carl" })).await;
        assert_eq!(refused, (409, "play_full".into()), "two coupons are promised");
        assert_eq!(shop.account("task_given/steps/see").await["held_in"], 2, "nothing was kept for carl");
        // Withdrawn, it goes on for whoever took it on; nobody else does.
        shop.post("/api/v1/plays/steps/withdraw", "", Value::Null).await;
        assert_eq!(shop.refused("/api/v1/plays/steps/tasks", "", json!({ "shopper_id": "dora" })).await.1, "play_over");
        let at_the_end = shop.clock.clone();
        at_the_end.advance_micros(2 * DAY - 1);
        let view = |id: &str| shop.task_event("Product Viewed", id, "anna", &json!({ "product_id": id }));
        let (first, second) = (view("a"), view("b"));
        at_the_end.advance_micros(1);
        let late = view("c");
        // Read hours later: what reached us in time counts, what came after does not.
        at_the_end.advance_micros(5 * HOUR);
        shop.follows_task(&late).await;
        shop.follows_task(&first).await;
        assert_eq!(shop.task_stands("anna").await["steps"][0]["done"], 1);
        shop.follows_task(&second).await;
        assert_eq!(shop.has_points("anna").await, 5);
        // Days later nothing is kept any more; there is some left, and it is given.
        at_the_end.advance_micros(2 * DAY);
        shop.promote.sweep().await.unwrap();
        assert_eq!(shop.account("task_given/steps/see").await["held_in"], 0);
        let of_bert = |event: &Event| Event { user_id: Some("bert".into()), ..event.clone() };
        shop.follows_task(&of_bert(&first)).await;
        shop.follows_task(&of_bert(&second)).await;
        assert_eq!(shop.has_points("bert").await, 5);
        assert_eq!(shop.account("task_given/steps/see").await["balance"], 2);
        shop.is_sound().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn rewards_of_tasks_raced_by_32_shoppers_are_promised_exactly() {
    for shop in shops().await {
        let step = json!({ "step_id": "see", "name": "See", "event": "Product Viewed", "reward": points(1, 20) });
        shop.sets_tasks(json!({ "kind": "tasks", "steps": [step] })).await;
        let shop = std::sync::Arc::new(shop);
        let mut tasks = tokio::task::JoinSet::new();
        for number in 0..64 {
            let shop = shop.clone();
            tasks.spawn(async move {
                let form = json!({ "shopper_id": format!("s{}", number / 2) });
                let (status, answer) = shop.call("POST", "/api/v1/plays/steps/tasks", "", form).await;
                assert!(status == StatusCode::OK || answer["code"] == "play_full", "{answer}");
                (number / 2, status == StatusCode::OK)
            });
        }
        let won: BTreeSet<i32> =
            tasks.join_all().await.into_iter().filter(|(_, won)| *won).map(|(who, _)| who).collect();
        assert_eq!(won.len(), 20);
        assert_eq!(shop.account("task_given/steps/see").await["held_in"], 20);
        shop.is_sound().await;
    }
}

#[tokio::test]
async fn tasks_that_must_not_be_are_refused() {
    for shop in shops().await {
        let with = |change: fn(&mut Value)| {
            let mut wrong = rules();
            change(&mut wrong);
            wrong
        };
        for (wrong, says) in [
            (with(|rules| rules["steps"][0]["event"] = json!("Order Completed")), "no reward asks for a purchase"),
            (with(|rules| rules["steps"][0]["event"] = json!("Invite Accepted")), "Pyramid Selling"),
            (with(|rules| rules["steps"][1]["step_id"] = json!("see")), "rules.steps.step_id has see twice"),
            (with(|rules| rules["completed"]["stock"] = json!(0)), "stock is 0, where 1 to 10000000 can be"),
        ] {
            let (status, answer) = shop.sets_tasks(wrong).await;
            assert_eq!((status.as_u16(), &answer["code"]), (422, &json!("invalid_play")), "{answer}");
            assert!(answer["detail"].as_str().unwrap().contains(says), "{answer}");
        }
    }
}

/// A plain count: who took what on which day, which values counted when.
#[derive(Default)]
struct Model {
    /// By shopper and day: products seen, and reviews by message.
    runs: BTreeMap<(u64, i64), (BTreeSet<u64>, BTreeSet<String>)>,
    points: BTreeMap<u64, i64>,
}

impl Model {
    fn count(&mut self, event: &Event, joined: &BTreeMap<(u64, i64), i64>) {
        let who: u64 = event.user_id.as_ref().unwrap()[1..].parse().unwrap();
        let at = event.received_at.micros();
        let of = (who, at / DAY);
        if joined.get(&of).is_none_or(|joined| at < *joined) {
            return;
        }
        let Some((seen, reviews)) = self.runs.get_mut(&of) else { return };
        let before = (seen.len() >= 3, reviews.len() >= 2);
        if event.name == "Product Viewed" {
            let about: Value = serde_json::from_str(event.properties.as_ref().unwrap().get()).unwrap();
            if !before.0 {
                seen.insert(about["product_id"].as_u64().unwrap());
            }
        } else if !before.1 {
            reviews.insert(event.message_id.clone());
        }
        let after = (seen.len() >= 3, reviews.len() >= 2);
        let earned =
            [(after.0 && !before.0, 5), (after.1 && !before.1, 7), (after == (true, true) && before != after, 11)];
        *self.points.entry(who).or_default() +=
            earned.iter().filter(|(is, _)| *is).map(|(_, points)| points).sum::<i64>();
    }
}

#[tokio::test]
async fn daily_tasks_give_what_a_plain_count_would_through_crashes_and_repetitions() {
    for (number, mut shop) in shops().await.into_iter().enumerate() {
        let (steps, dice) = (if number == 0 { 1_200 } else { 250 }, Dice::of(23));
        let stock = if number == 0 { 12 } else { 3 };
        let daily = json!({
            "kind": "tasks", "daily": true,
            "steps": [
                { "step_id": "see", "name": "See", "event": "Product Viewed", "count": 3, "once_per": "product_id",
                    "reward": points(5, 100_000) },
                { "step_id": "review", "name": "Review", "event": "Review Submitted", "count": 2, "reward": points(7, 100_000) },
            ],
            "completed": points(11, stock),
        });
        let terms = json!({ "name": "Every day", "rules": daily });
        shop.call("PUT", "/api/v1/plays/steps", "", terms).await;
        shop.post("/api/v1/plays/steps/publish", "", Value::Null).await;
        let (mut model, mut joined, mut read) = (Model::default(), BTreeMap::new(), Vec::<Event>::new());
        let mut refused = 0;
        for step in 0..steps {
            let (who, day) = (dice.below(4), shop.now().micros() / DAY);
            let whose = format!("s{who}");
            let crash = dice.below(4) == 0;
            match dice.below(10) {
                0 | 1 => {
                    let form = PlayerForm { shopper_id: whose.clone() };
                    if crash {
                        cut_off(shop.promote.take_tasks_on("steps", form.clone()), dice.below(8)).await;
                        shop.start_anew(step).await;
                    }
                    match shop.promote.take_tasks_on("steps", form).await {
                        Ok(taken) => {
                            joined.entry((who, day)).or_insert(taken.joined_at.micros());
                            model.runs.entry((who, day)).or_default();
                        }
                        Err(error) => {
                            assert_eq!(code(error), "play_full");
                            assert!(!joined.contains_key(&(who, day)));
                            refused += 1;
                        }
                    }
                }
                2 => shop.clock.advance_micros(dice.below(14) as i64 * HOUR),
                3 => shop.promote.sweep().await.unwrap(),
                kind => {
                    // Now and then the log is read again, as far back as what is promised is kept.
                    let recent = |event: &&Event| shop.now().micros() - event.received_at.micros() < DAY;
                    let again = read.iter().rev().take(20).filter(recent).nth(dice.below(20) as usize);
                    let event = match again {
                        Some(event) if kind == 4 => event.clone(),
                        _ if kind < 8 => {
                            let about = json!({ "product_id": dice.below(6) });
                            shop.task_event("Product Viewed", &format!("m{step}"), &whose, &about)
                        }
                        _ => shop.task_event("Review Submitted", &format!("m{step}"), &whose, &json!({})),
                    };
                    if crash {
                        cut_off(shop.promote.issue_for(&[(1, (&event).into())], 2), dice.below(12)).await;
                        shop.start_anew(step).await;
                    }
                    shop.follows_task(&event).await;
                    model.count(&event, &joined);
                    read.push(event);
                }
            }
        }
        for who in 0..4 {
            let expected = model.points.get(&who).copied().unwrap_or_default();
            assert_eq!(shop.has_points(&format!("s{who}")).await, expected, "s{who}");
        }
        let done = model.runs.values().filter(|(seen, reviews)| seen.len() >= 3 && reviews.len() >= 2).count() as i64;
        assert!(done > 1 && refused > 0, "{done} days done and {refused} refused are too few to tell anything");
        assert_eq!(shop.account("task_given/steps/").await["balance"], done);
        shop.is_sound().await;
    }
}
