//! Points by what is paid, more or fewer for some goods and levels; and points for what shoppers do.

use fanvine_kernel::Event;
use fanvine_promote::earning::EarningTerms;
use fanvine_testkit::track;
use http::StatusCode;
use serde_json::{Value, json};

use super::walk::{Dice, cut_off};
use super::{Shop, cart, of, shops, threshold};

const HOUR: i64 = 3_600_000_000;
const DAY: i64 = 24 * HOUR;

impl Shop {
    async fn points_left(&self, shopper: &str) -> i64 {
        self.get(&format!("/api/v1/points/{shopper}")).await["balance"].as_i64().unwrap()
    }

    async fn earning_rule(&self, rule_id: &str, more: Value) {
        let (status, answer) = self.try_earning_rule(rule_id, more).await;
        assert_eq!(status, StatusCode::OK, "{answer}");
    }

    async fn try_earning_rule(&self, rule_id: &str, more: Value) -> (StatusCode, Value) {
        self.call("PUT", &format!("/api/v1/earning-rules/{rule_id}"), "", rule(more)).await
    }

    /// An event that happens and is read now.
    async fn happened(&self, name: &str, id: &str, who: &str, properties: Value) {
        self.read_event(&self.event_now(name, id, who, &properties)).await;
    }

    fn event_now(&self, name: &str, id: &str, who: &str, properties: &Value) -> Event {
        track(name).id(id).user(who).at_moment(self.now()).properties(&properties.to_string()).build()
    }

    async fn read_event(&self, event: &Event) {
        self.promote.issue_for(&[(1, event.into())], 2).await.unwrap();
    }

    async fn told_of(&self, name: &str) -> usize {
        let pending = self.store.outbox_pending(100_000).await.unwrap();
        pending.iter().filter(|(_, event)| event.name == name).count()
    }
}

fn rule(more: Value) -> Value {
    let mut rule = json!({ "name": "Reviews", "event": "Review Submitted", "points": 20 });
    rule.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    rule
}

#[tokio::test]
async fn an_order_earns_by_its_goods_and_level_and_each_unit_that_comes_back_takes_its_own() {
    for shop in shops().await {
        let paid = json!({
            "minor_per_point": 1, "most_basis_points": 5_000, "minor_per_point_earned": 100,
            "earned_by_currency": { "USD": 50 },
            "multipliers": [
                { "basis_points": 0, "scope": { "products": ["card"] } },
                { "basis_points": 30_000, "scope": { "products": ["tea"] }, "levels": ["gold"] },
                { "basis_points": 20_000, "scope": { "products": ["tea"] } },
            ],
        });
        let (status, answer) = shop.call("PUT", "/api/v1/points/rule", "", paid).await;
        assert_eq!(status, StatusCode::OK, "{answer}");
        let lines = [("card", 1, 100_000), ("mug", 3, 1_999), ("tea", 2, 5_000)];
        let order = shop.post("/api/v1/redemptions", "1", cart("anna", &lines, &[])).await;
        // 59.97 once and 100.00 twice: 59.97 and 200 are 259.97, rounded down once.
        assert_eq!(order["quote"]["points_earned"], 259);
        shop.post(&of(&order, "redeem"), "", Value::Null).await;
        assert_eq!(shop.points_left("anna").await, 259);
        // Another rule meanwhile changes nothing for this order.
        let plain = json!({ "minor_per_point": 1, "most_basis_points": 5_000, "minor_per_point_earned": 1 });
        shop.call("PUT", "/api/v1/points/rule", "", plain).await;
        let back = |line: &str| json!({ "lines": [{ "line_id": line, "quantity": 1 }] });
        shop.post(&of(&order, "returns"), "r1", back("card")).await;
        assert_eq!(shop.points_left("anna").await, 259, "it earned none");
        shop.post(&of(&order, "returns"), "r2", back("tea")).await;
        assert_eq!(shop.points_left("anna").await, 159);
        shop.post(&of(&order, "returns"), "r3", back("mug")).await;
        assert_eq!(shop.points_left("anna").await, 139, "39.98 once and 50.00 twice of 259.97");
        shop.post(&of(&order, "roll-back"), "", Value::Null).await;
        assert_eq!(shop.points_left("anna").await, 0);
        shop.is_sound().await;
    }
}

#[tokio::test]
async fn members_of_a_level_earn_more_by_the_level_they_have_when_they_order() {
    for shop in shops().await {
        let paid = json!({
            "minor_per_point": 1, "most_basis_points": 5_000, "minor_per_point_earned": 100, "most_earned": 250,
            "multipliers": [{ "basis_points": 15_000, "levels": ["gold"] }],
        });
        shop.call("PUT", "/api/v1/points/rule", "", paid).await;
        shop.known.says("anna", "level", "gold");
        let earned = async |who: &str, units: i64| {
            let quote = shop.post("/api/v1/quotes", "", cart(who, &[("tea", units, 5_000)], &[])).await;
            quote["points_earned"].clone()
        };
        assert_eq!((earned("anna", 1).await, earned("bert", 1).await), (json!(75), json!(50)));
        assert_eq!(
            (earned("anna", 9).await, earned("bert", 4).await),
            (json!(250), json!(200)),
            "and no more than 250"
        );
        let order = shop.post("/api/v1/redemptions", "1", cart("anna", &[("tea", 4, 5_000)], &[])).await;
        shop.known.says("anna", "level", "tin");
        shop.post(&of(&order, "redeem"), "", Value::Null).await;
        assert_eq!(shop.points_left("anna").await, 250);
        let back = json!({ "lines": [{ "line_id": "tea", "quantity": 1 }] });
        shop.post(&of(&order, "returns"), "r", back).await;
        assert_eq!(shop.points_left("anna").await, 187, "three quarters of them");
        let wrong = json!({ "minor_per_point": 1, "most_basis_points": 1, "multipliers": [{ "basis_points": -1 }] });
        let (status, answer) = shop.call("PUT", "/api/v1/points/rule", "", wrong).await;
        let says = "multipliers.basis_points is -1, where 0 to 1000000 can be";
        assert_eq!((status.as_u16(), &answer["detail"]), (422, &json!(says)));
    }
}

/// What an order earned that is left of it, unit by unit as its quote has them; the last of a line come back first.
fn units_earn(quote: &Value, basis_points: [i64; 2], back: [i64; 2]) -> i64 {
    let (mut sum, mut all) = (0, 0);
    for (at, line) in quote["lines"].as_array().unwrap().iter().enumerate() {
        let runs = line["units"].as_array().unwrap().iter();
        let number = |run: &Value, name: &str| run[name].as_i64().unwrap();
        let units = runs.flat_map(|run| vec![number(run, "paid_minor"); number(run, "units") as usize]);
        let units: Vec<i64> = units.collect();
        all += units.iter().sum::<i64>() * basis_points[at];
        sum += units[..units.len() - back[at] as usize].iter().sum::<i64>() * basis_points[at];
    }
    if all == 0 { 0 } else { all / 10_000 / 77 * sum / all }
}

#[tokio::test]
async fn random_orders_keep_the_points_of_the_units_that_are_kept() {
    for (number, shop) in shops().await.into_iter().enumerate() {
        let dice = Dice::of(5);
        shop.offer("200", threshold("keep")).await;
        for step in 0..if number == 0 { 150 } else { 25 } {
            let times = [dice.below(4) as i64 * 7_500, 10_000 + dice.below(3) as i64 * 3_333];
            let multiplier =
                |product: &str, times: i64| json!({ "basis_points": times, "scope": { "products": [product] } });
            let paid = json!({
                "minor_per_point": 1, "most_basis_points": 5_000, "minor_per_point_earned": 77,
                "multipliers": [multiplier("mug", times[0]), multiplier("tea", times[1])],
            });
            shop.call("PUT", "/api/v1/points/rule", "", paid).await;
            let who = format!("s{step}");
            let units = [1 + dice.below(4) as i64, 1 + dice.below(6) as i64];
            let lines = [("mug", units[0], 1_999), ("tea", units[1], 3_337)];
            let order = shop.post("/api/v1/redemptions", &who, cart(&who, &lines, &[])).await;
            shop.post(&of(&order, "redeem"), "", Value::Null).await;
            let mut back = [0, 0];
            for again in 0..4 {
                assert_eq!(
                    shop.points_left(&who).await,
                    units_earn(&order["quote"], times, back),
                    "{who}: {back:?} back"
                );
                let line = dice.below(2) as usize;
                let some = (dice.below(3) as i64).min(units[line] - back[line]);
                if some == 0 {
                    continue;
                }
                back[line] += some;
                let form = json!({ "lines": [{ "line_id": lines[line].0, "quantity": some }] });
                for _ in 0..2 {
                    shop.post(&of(&order, "returns"), &format!("r{again}"), form.clone()).await;
                }
                if back == units {
                    assert_eq!(shop.points_left(&who).await, 0);
                    break;
                }
            }
        }
        shop.is_sound().await;
    }
}

#[tokio::test]
async fn what_a_shopper_does_gives_points_once_and_so_often_a_day_and_in_all() {
    for shop in shops().await {
        assert!(!shop.promote.issues());
        let rating = json!([{ "field": "properties.rating", "is": { "ge": 4 } }]);
        shop.earning_rule("reviews", json!({ "where": rating, "per_shopper_per_day": 2, "per_shopper": 3 })).await;
        assert!(shop.promote.issues());
        let good = json!({ "rating": 5 });
        for id in ["m1", "m1", "m2", "m3"] {
            shop.happened("Review Submitted", id, "anna", good.clone()).await;
        }
        assert_eq!(shop.points_left("anna").await, 40, "two a day, each once");
        shop.happened("Review Submitted", "m4", "bert", json!({ "rating": 3 })).await;
        shop.happened("Another", "m5", "bert", good.clone()).await;
        let nobody = track("Review Submitted").anonymous("carl").at_moment(shop.now()).properties(r#"{"rating":5}"#);
        shop.read_event(&nobody.build()).await;
        assert_eq!((shop.points_left("bert").await, shop.points_left("carl").await), (0, 0));
        // The day is that on which it reached us, whatever the client says.
        let tomorrow = track("Review Submitted").id("m6").user("anna").properties(r#"{"rating":5}"#);
        let tomorrow =
            tomorrow.at_moment(shop.now()).with(|event| event.occurred_at = event.occurred_at.plus_micros(DAY));
        shop.read_event(&tomorrow.build()).await;
        assert_eq!(shop.points_left("anna").await, 40);
        shop.clock.advance_micros(DAY);
        for id in ["m7", "m8"] {
            shop.happened("Review Submitted", id, "anna", good.clone()).await;
        }
        assert_eq!(shop.points_left("anna").await, 60, "three in all");
        let earned = shop.get("/api/v1/points/anna/earned?limit=2").await;
        assert_eq!(earned["earned"][0]["message_id"], "m7");
        let more = shop.get(&format!("/api/v1/points/anna/earned?before={}", earned["next"].as_str().unwrap())).await;
        assert_eq!((more["earned"].as_array().unwrap().len(), &more["next"]), (1, &Value::Null));
        let rules = shop.get("/api/v1/earning-rules").await;
        assert_eq!((&rules["rules"][0]["given_points"], &rules["rules"][0]["version"]), (&json!(60), &json!(1)));
        assert_eq!(shop.told_of("Points Given").await, 3);
        shop.is_sound().await;
    }
}

#[tokio::test]
async fn a_fact_that_a_property_names_gives_once_and_is_taken_back_when_it_is_undone() {
    for shop in shops().await {
        let rule = json!({ "minor_per_point": 1, "most_basis_points": 1, "expires_after_days": 10 });
        shop.call("PUT", "/api/v1/points/rule", "", rule).await;
        let named = json!({ "once_per": "review_id", "taken_back_on": ["Review Deleted"], "per_shopper_per_day": 9 });
        shop.earning_rule("reviews", named).await;
        let review = |id: &str| json!({ "review_id": id });
        for (message, id) in [("m1", "a"), ("m2", "a"), ("m3", "b")] {
            shop.happened("Review Submitted", message, "anna", review(id)).await;
        }
        shop.happened("Review Submitted", "m4", "anna", json!({})).await;
        shop.happened("Review Submitted", "m5", "bert", review("a")).await;
        assert_eq!(
            (shop.points_left("anna").await, shop.points_left("bert").await),
            (40, 20),
            "a and b; each their own"
        );
        for message in ["d1", "d1", "d2"] {
            shop.happened("Review Deleted", message, "anna", review("a")).await;
        }
        shop.happened("Review Deleted", "d3", "anna", review("never")).await;
        assert_eq!((shop.points_left("anna").await, shop.points_left("bert").await), (20, 20));
        shop.happened("Review Submitted", "m6", "anna", review("a")).await;
        assert_eq!(shop.points_left("anna").await, 20, "what was taken back is not given again");
        let rules = shop.get("/api/v1/earning-rules").await;
        assert_eq!(rules["rules"][0]["given_points"], 40);
        let earned = shop.get("/api/v1/points/anna/earned").await["earned"].clone();
        let back = earned.as_array().unwrap().iter().filter(|one| !one["taken_back_at"].is_null()).count();
        assert_eq!((back, shop.told_of("Points Taken Back").await), (1, 1));
        // Spent points are taken all the same; expired ones are gone already.
        shop.post("/api/v1/points/bert", "spend", json!({ "points": -20 })).await;
        shop.happened("Review Deleted", "d4", "bert", review("a")).await;
        assert_eq!(shop.points_left("bert").await, -20);
        shop.clock.advance_micros(10 * DAY);
        shop.promote.sweep().await.unwrap();
        shop.happened("Review Deleted", "d5", "anna", review("b")).await;
        assert_eq!(shop.points_left("anna").await, 0);
        shop.is_sound().await;
    }
}

#[tokio::test]
async fn a_rule_gives_while_it_is_open_from_its_sources_and_within_its_budget() {
    for shop in shops().await {
        let early = shop.event_now("Review Submitted", "m0", "anna", &json!({}));
        shop.clock.advance_micros(HOUR);
        let ends = json!({ "sources": ["src_server"], "budget_points": 50, "per_shopper_per_day": 9,
            "ends_at": "2026-11-13T00:00:00Z" });
        shop.earning_rule("reviews", ends.clone()).await;
        let from = |id: &str, source: &str| {
            track("Review Submitted").id(id).user("anna").source(source).at_moment(shop.now()).build()
        };
        let server = |id: &str| from(id, "src_server");
        let before = Event { source: server("m0").source, ..early };
        shop.read_event(&before).await;
        let imported = Event { received_at: shop.now(), message_id: "m1".into(), ..before };
        shop.read_event(&imported).await;
        shop.read_event(&from("m2", "src_browser")).await;
        assert_eq!(shop.points_left("anna").await, 0, "before the rule, and from elsewhere");
        for id in ["m3", "m4", "m5"] {
            shop.read_event(&server(id)).await;
        }
        assert_eq!(shop.points_left("anna").await, 40, "20 more would be over 50");
        let late = server("m6");
        shop.clock.advance_micros(HOUR);
        let mut other = ends.clone();
        other["points"] = json!(5);
        shop.earning_rule("reviews", other.clone()).await;
        shop.read_event(&server("m7")).await;
        assert_eq!(shop.points_left("anna").await, 45);
        shop.read_event(&server("m7")).await;
        shop.read_event(&late).await;
        assert_eq!(shop.points_left("anna").await, 45, "by the version of its moment, for which nothing is left");
        shop.clock.advance_micros(HOUR);
        other["paused"] = json!(true);
        shop.earning_rule("reviews", other.clone()).await;
        shop.read_event(&server("m8")).await;
        other["paused"] = json!(false);
        shop.clock.advance_micros(2 * DAY);
        shop.earning_rule("reviews", other).await;
        shop.read_event(&server("m9")).await;
        assert_eq!(shop.points_left("anna").await, 45, "paused, then over");
        shop.is_sound().await;
    }
}

#[tokio::test]
async fn what_must_not_earn_points_is_refused_or_not_believed() {
    for shop in shops().await {
        for event in ["Order Completed", "Invite Accepted", "Points Given"] {
            let (status, answer) = shop.try_earning_rule("wrong", json!({ "event": event })).await;
            assert_eq!((status.as_u16(), &answer["code"]), (422, &json!("invalid_earning_rule")), "{answer}");
            assert!(answer["detail"].as_str().unwrap().contains(event), "{answer}");
        }
        assert_eq!(shop.try_earning_rule("a%20b", json!({})).await.0.as_u16(), 422);
        assert_eq!(shop.try_earning_rule("points", json!({ "points": 0 })).await.0.as_u16(), 422);
        assert_eq!(shop.get("/api/v1/earning-rules").await["rules"], json!([]));
        // Only the program itself knows who reached a level.
        shop.earning_rule("level", json!({ "event": "Level Reached" })).await;
        shop.happened("Level Reached", "m1", "eve", json!({ "level": "gold" })).await;
        assert_eq!(shop.points_left("eve").await, 0);
        let own = track("Level Reached").id("m2").user("anna").source("src_api").at_moment(shop.now()).build();
        shop.read_event(&own).await;
        assert_eq!(shop.points_left("anna").await, 20);
        // A channel that bans rewards for sharing gives none.
        shop.earning_rule("shares", json!({ "event": "Product Shared", "points": 3, "per_shopper_per_day": 9 })).await;
        shop.happened("Product Shared", "m3", "bert", json!({ "share_via": "wechat" })).await;
        assert_eq!(shop.points_left("bert").await, 0);
        shop.happened("Product Shared", "m4", "bert", json!({ "share_via": "link" })).await;
        assert_eq!(shop.points_left("bert").await, 3);
    }
}

/// A fact of the model: who, which, when it gave how much, and whether that was taken back.
struct Given {
    who: u64,
    review: u64,
    day: i64,
    points: i64,
    back: bool,
}

#[tokio::test]
async fn random_events_read_again_and_cut_off_give_what_a_list_of_facts_would() {
    for (number, mut shop) in shops().await.into_iter().enumerate() {
        let (steps, dice) = (if number == 0 { 1_500 } else { 150 }, Dice::of(41));
        let (mut given, mut read): (Vec<Given>, Vec<Event>) = (Vec::new(), Vec::new());
        let (mut versions, mut budget) = (Vec::<(i64, i64, i64)>::new(), 400);
        for step in 0..steps {
            if step % 150 == 0 {
                let points = 7 + dice.below(3) as i64 * 6;
                budget += 300;
                let terms = rule(json!({
                    "points": points, "once_per": "review_id", "taken_back_on": ["Review Deleted"],
                    "per_shopper_per_day": 3, "per_shopper": 40, "budget_points": budget,
                }));
                let terms: EarningTerms = serde_json::from_value(terms).unwrap();
                shop.promote.put_earning_rule("reviews".into(), terms, String::new()).await.unwrap();
                versions.push((shop.now().micros(), points, budget));
            }
            let (who, review) = (dice.below(5), dice.below(150));
            let deleted = dice.below(5) == 0;
            let name = if deleted { "Review Deleted" } else { "Review Submitted" };
            // Now and then the log is read again from somewhere before, with all that followed.
            let event = match dice.below(6) {
                0 if !read.is_empty() => read[dice.late(read.len())].clone(),
                _ => shop.event_now(name, &format!("m{step}"), &format!("s{who}"), &json!({ "review_id": review })),
            };
            if dice.below(4) == 0 {
                cut_off(shop.promote.issue_for(&[(1, (&event).into())], 2), dice.below(8)).await;
                if dice.below(2) == 0 {
                    shop.start_anew(step).await;
                }
            }
            shop.read_event(&event).await;
            apply(&mut given, &event, &versions);
            read.push(event);
            if dice.below(3) == 0 {
                shop.clock.advance_micros(dice.below(9) as i64 * HOUR);
            }
        }
        let mut gave = 0;
        for who in 0..5 {
            let mine = given.iter().filter(|one| one.who == who);
            let expected: i64 = mine.clone().filter(|one| !one.back).map(|one| one.points).sum();
            assert_eq!(shop.points_left(&format!("s{who}")).await, expected, "s{who}");
            gave += mine.count();
        }
        assert!(gave as u64 > steps / 12, "{gave} facts of {steps} steps are too few to tell anything");
        assert!(given.iter().any(|one| one.back));
        assert_eq!(shop.told_of("Points Given").await, given.len());
        shop.is_sound().await;
    }
}

/// What an event does to the list of facts.
fn apply(given: &mut Vec<Given>, event: &Event, versions: &[(i64, i64, i64)]) {
    let who: u64 = event.user_id.as_ref().unwrap()[1..].parse().unwrap();
    let about: Value = serde_json::from_str(event.properties.as_ref().unwrap().get()).unwrap();
    let review = about["review_id"].as_u64().unwrap();
    let before = given.iter_mut().find(|one| one.who == who && one.review == review);
    if event.name == "Review Deleted" {
        before.into_iter().for_each(|one| one.back = true);
        return;
    }
    if before.is_some() {
        return;
    }
    let (at, day) = (event.received_at.micros(), event.received_at.micros() / DAY);
    let Some((_, points, budget)) = versions.iter().rev().find(|(since, ..)| *since <= at) else { return };
    let counts = |fits: &dyn Fn(&Given) -> bool| given.iter().filter(|one| !one.back && fits(one)).count();
    let all: i64 = given.iter().filter(|one| !one.back).map(|one| one.points).sum();
    if counts(&|one| one.who == who && one.day == day) < 3
        && counts(&|one| one.who == who) < 40
        && all + points <= *budget
    {
        given.push(Given { who, review, day, points: *points, back: false });
    }
}
