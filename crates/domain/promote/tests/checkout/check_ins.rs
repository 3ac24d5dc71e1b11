//! Check-ins: one a day of the shop, streaks that earn more, days that are made up; and a random walk beside a plain calendar.

use std::collections::BTreeMap;
use std::sync::Arc;

use fanvine_promote::check_in::MakeUpForm;
use fanvine_promote::plays::PlayerForm;
use http::StatusCode;
use serde_json::{Value, json};

use super::group_buys::MINUTE;
use super::walk::{Dice, code, cut_off};
use super::{Shop, shops};

const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;

fn rules() -> Value {
    json!({
        "kind": "check_in", "points": 5, "cycle_days": 7,
        "ladder": [{ "day": 3, "points": 10 }, { "day": 7, "points": 50 }],
        "make_up": { "points": 8, "per_month": 2, "within_days": 3 },
    })
}

impl Shop {
    async fn daily(&self) {
        let terms = json!({ "name": "Every day", "rules": rules() });
        let (status, answer) = self.call("PUT", "/api/v1/plays/daily", "", terms).await;
        assert_eq!(status, StatusCode::OK, "{answer}");
        self.post("/api/v1/plays/daily/publish", "", Value::Null).await;
    }

    async fn check_in(&self, shopper: &str) -> Value {
        self.post("/api/v1/plays/daily/check-in", "", json!({ "shopper_id": shopper })).await
    }

    async fn balance(&self, shopper: &str) -> i64 {
        self.get(&format!("/api/v1/points/{shopper}")).await["balance"].as_i64().unwrap()
    }
}

/// The failure of shops that look whether there was a check-in today, and then write one: two requests at once find none, and both
/// earn.
#[tokio::test(flavor = "multi_thread")]
async fn two_check_ins_in_one_day() {
    for shop in shops().await {
        shop.daily().await;
        let shop = Arc::new(shop);
        let mut tasks = tokio::task::JoinSet::new();
        for _ in 0..16 {
            let shop = shop.clone();
            tasks.spawn(async move { shop.check_in("anna").await });
        }
        let answers = tasks.join_all().await;
        assert_eq!(answers.iter().filter(|answer| answer["now"] == true).count(), 1, "one of them did it");
        assert!(answers.iter().all(|answer| answer["streak"] == 1 && answer["day"] == "2026-11-11"));
        assert_eq!(shop.balance("anna").await, 5);
        assert_eq!(shop.told("Checked In").await.len(), 1);
        // A minute before midnight it is still that day; at midnight it is the next.
        shop.clock.advance_micros(DAY - MINUTE);
        assert_eq!(shop.check_in("anna").await["now"], false);
        shop.clock.advance_micros(MINUTE);
        let next = shop.check_in("anna").await;
        assert_eq!([&next["now"], &next["streak"], &next["day"]], [&json!(true), &json!(2), &json!("2026-11-12")]);
        assert_eq!(shop.balance("anna").await, 10);
        shop.is_sound().await;
    }
}

#[tokio::test]
async fn a_streak_climbs_its_ladder_breaks_and_is_made_up_in_order() {
    for shop in shops().await {
        shop.daily().await;
        let make_up = "/api/v1/plays/daily/check-in/make-up";
        let day = |day: &str| json!({ "shopper_id": "anna", "day": day });
        assert_eq!(shop.refused(make_up, "", day("2026-11-10")).await.1, "play_rule", "there was no check-in yet");
        let mut earned = Vec::new();
        for _ in 0..3 {
            earned.push(shop.check_in("anna").await["points"].as_i64().unwrap());
            shop.clock.advance_micros(DAY);
        }
        assert_eq!(earned, [5, 5, 15]);
        // The 14th and 15th go by; it is the 16th.
        shop.clock.advance_micros(2 * DAY);
        let stands = shop.get("/api/v1/plays/daily/check-ins/anna").await;
        assert_eq!([&stands["streak"], &stands["may_make_up"]], [&json!(0), &json!("2026-11-14")]);
        assert_eq!(shop.refused(make_up, "", day("2026-11-15")).await.1, "play_rule", "days come in their order");
        for _ in 0..2 {
            let made = shop.post(make_up, "", day("2026-11-14")).await;
            assert_eq!([&made["streak"], &made["made_up"]], [&json!(4), &json!(true)]);
        }
        assert_eq!(shop.balance("anna").await, 25 - 8 + 5);
        shop.post(make_up, "", day("2026-11-15")).await;
        assert_eq!(shop.check_in("anna").await["streak"], 6);
        assert_eq!(shop.refused(make_up, "", day("2026-11-16")).await.1, "play_rule", "nothing was missed");
        shop.clock.advance_micros(2 * DAY);
        assert_eq!(shop.refused(make_up, "", day("2026-11-17")).await.1, "play_full", "two a month");
        assert_eq!(shop.check_in("anna").await["streak"], 1, "it begins anew");
        // Who has no points makes nothing up, and loses nothing by asking.
        shop.check_in("bert").await;
        shop.clock.advance_micros(2 * DAY);
        let bert = json!({ "shopper_id": "bert", "day": "2026-11-19" });
        assert_eq!(shop.refused(make_up, "", bert).await.1, "play_full");
        assert_eq!(shop.balance("bert").await, 5);
        let all = shop.get("/api/v1/plays/daily/check-ins").await;
        assert_eq!(all["check_ins"].as_array().unwrap().len(), 8);
        assert_eq!(shop.refused("/api/v1/plays/none/check-in", "", json!({ "shopper_id": "a" })).await.0, 404);
        shop.is_sound().await;
    }
}

/// A shopper's days by number, with the streak each made.
#[derive(Default)]
struct Player {
    days: BTreeMap<i64, i64>,
    points: i64,
    made_up: BTreeMap<String, i64>,
}

fn worth(streak: i64) -> i64 {
    5 + match (streak - 1) % 7 + 1 {
        3 => 10,
        7 => 50,
        _ => 0,
    }
}

impl Player {
    fn check_in(&mut self, today: i64) -> i64 {
        if let Some(streak) = self.days.get(&today) {
            return *streak;
        }
        let streak = self.days.get(&(today - 1)).map_or(1, |streak| streak + 1);
        self.days.insert(today, streak);
        self.points += worth(streak);
        streak
    }

    /// Makes up for the first day missed; that day and its streak.
    fn make_up(&mut self, today: i64, month: &str) -> Result<(i64, i64), &'static str> {
        let (last, streak) = self.days.last_key_value().map(|(day, streak)| (*day, *streak)).ok_or("play_rule")?;
        if today - last - 1 <= 0 || today - last - 1 > 3 {
            return Err("play_rule");
        }
        let used = self.made_up.entry(month.to_owned()).or_default();
        if *used >= 2 || self.points < 8 {
            return Err("play_full");
        }
        *used += 1;
        self.days.insert(last + 1, streak + 1);
        self.points += worth(streak + 1) - 8;
        Ok((last + 1, streak + 1))
    }
}

#[tokio::test]
async fn check_ins_do_what_a_plain_calendar_says() {
    for mut shop in shops().await {
        shop.daily().await;
        let steps = if shop.store.name.contains("ostgre") { 300 } else { 5_200 };
        let dice = Dice::of(7);
        let mut players: Vec<Player> = (0..6).map(|_| Player::default()).collect();
        for number in 0..steps {
            let at = dice.below(6) as usize;
            let (player, shopper_id) = (&mut players[at], format!("s{at}"));
            let today = shop.now().micros().div_euclid(DAY);
            let crashes = dice.below(12) == 0;
            match dice.below(10) {
                0..=3 => {
                    let form = PlayerForm { shopper_id };
                    if crashes {
                        cut_off(shop.promote.check_in("daily", form.clone()), dice.below(20)).await;
                        shop.start_anew(number).await;
                    }
                    let done = shop.promote.check_in("daily", form).await.unwrap();
                    assert_eq!(done.streak, player.check_in(today), "step {number}");
                }
                4..=6 => {
                    let stands = shop.promote.streak_of("daily", &shopper_id).await.unwrap();
                    let day = stands.may_make_up.unwrap_or_else(|| "2026-11-01".to_owned());
                    let month = &stands.today[..7];
                    let form = MakeUpForm { shopper_id, day: day.clone() };
                    if crashes {
                        cut_off(shop.promote.make_up_check_in("daily", form.clone()), dice.below(20)).await;
                        shop.start_anew(number).await;
                    }
                    let done = shop.promote.make_up_check_in("daily", form).await.map(|day| day.streak).map_err(code);
                    assert_eq!(done, player.make_up(today, month).map(|(_, streak)| streak), "step {number}: {day}");
                }
                _ => shop.clock.advance_micros((1 + dice.below(9) as i64) * HOUR),
            }
        }
        for (at, player) in players.iter().enumerate() {
            assert_eq!(shop.balance(&format!("s{at}")).await, player.points, "s{at}");
        }
        let days: usize = players.iter().map(|player| player.days.len()).sum();
        assert_eq!(shop.told("Checked In").await.len(), days);
        assert!(players.iter().any(|player| player.made_up.len() > 1) || steps < 5_200);
        shop.is_sound().await;
    }
}
