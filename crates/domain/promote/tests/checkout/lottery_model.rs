//! Thousands of random draws, held against a model that knows nothing of ledgers: free draws, earned ones, points and prizes are
//! plain counts. Some draws are cut off and repeated after a start, as a crash would have it.

use std::collections::BTreeMap;

use fanvine_promote::lottery::{DrawForm, EntriesForm, PaidWith};
use serde_json::{Value, json};

use super::group_buys::MINUTE;
use super::lotteries::{points, prize, terms};
use super::walk::{Dice, code, cut_off};
use super::{Shop, shops};

const STEPS: usize = 5_200;
const STEPS_ON_POSTGRES: usize = 300;
const SHOPPERS: u64 = 10;
const FREE: i64 = 1;
const COST: i64 = 20;
const PER_DAY: i64 = 6;
const DAYS: i64 = 60;
const WON: i64 = 30;
const ODDS: [i64; 3] = [50_000, 200_000, 100_000];
const STOCK: [i64; 3] = [30, 400, 60];

#[derive(Default)]
struct Player {
    entries: i64,
    points: i64,
    free: BTreeMap<i64, i64>,
    drawn: BTreeMap<i64, i64>,
}

/// What should be.
struct Model {
    players: Vec<Player>,
    left: [i64; 3],
    draws: i64,
    missed: i64,
}

impl Model {
    /// With what a draw is paid, or why there is none.
    fn pay(&self, shopper: usize, pay: Option<PaidWith>, day: i64) -> Result<PaidWith, &'static str> {
        let player = &self.players[shopper];
        let has = |pay: &PaidWith| match pay {
            PaidWith::Free => player.free.get(&day).copied().unwrap_or(0) < FREE,
            PaidWith::Entry => player.entries > 0,
            PaidWith::Points => player.points >= COST,
        };
        let ways = pay.map_or(vec![PaidWith::Free, PaidWith::Entry, PaidWith::Points], |pay| vec![pay]);
        let paid = ways.into_iter().find(has).ok_or("play_full")?;
        if player.drawn.get(&day).copied().unwrap_or(0) >= PER_DAY { Err("play_full") } else { Ok(paid) }
    }

    /// A draw with that number; the prize that is won, and the one that was missed.
    fn draw(&mut self, shopper: usize, paid: PaidWith, day: i64, number: i64) -> (Option<usize>, Option<usize>) {
        let player = &mut self.players[shopper];
        match paid {
            PaidWith::Free => *player.free.entry(day).or_default() += 1,
            PaidWith::Entry => player.entries -= 1,
            PaidWith::Points => player.points -= COST,
        }
        *player.drawn.entry(day).or_default() += 1;
        self.draws += 1;
        let ends = [ODDS[0], ODDS[0] + ODDS[1], ODDS[0] + ODDS[1] + ODDS[2]];
        let Some(at) = ends.iter().position(|end| number < *end) else { return (None, None) };
        if self.left[at] == 0 {
            self.missed += 1;
            return (None, Some(at));
        }
        self.left[at] -= 1;
        player.points += WON;
        (Some(at), None)
    }
}

/// What is done, and may be done again.
#[derive(Debug, Clone)]
enum Step {
    Draw(u64, Option<PaidWith>, String),
    Give(u64, i64, String),
    Sweep,
    Wait(i64),
}

struct Run {
    shop: Shop,
    dice: Dice,
    model: Model,
    starts: u64,
}

impl Run {
    fn next(&self, number: usize) -> Step {
        let (dice, key) = (&self.dice, format!("k{number}"));
        let shopper = dice.below(SHOPPERS);
        match dice.below(20) {
            0..=13 => {
                let ways = [None, None, None, Some(PaidWith::Free), Some(PaidWith::Entry), Some(PaidWith::Points)];
                Step::Draw(shopper, ways[dice.below(6) as usize], key)
            }
            14..=16 => Step::Give(shopper, 1 + dice.below(3) as i64, key),
            17 => Step::Sweep,
            _ => Step::Wait(1 + dice.below(240) as i64),
        }
    }

    async fn act(&self, step: &Step) -> Result<Value, &'static str> {
        let promote = &self.shop.promote;
        match step {
            Step::Draw(shopper, pay_with, key) => {
                let form = DrawForm { shopper_id: format!("s{shopper}"), pay_with: *pay_with };
                let drawn = promote.draw_lottery("wheel", key.clone(), form).await;
                drawn.map(|draw| serde_json::to_value(draw).unwrap()).map_err(code)
            }
            Step::Give(shopper, entries, key) => {
                let form = EntriesForm { shopper_id: format!("s{shopper}"), entries: *entries };
                promote.give_entries("wheel", key.clone(), form).await.map(|_| Value::Null).map_err(code)
            }
            Step::Sweep => {
                promote.sweep().await.unwrap();
                Ok(Value::Null)
            }
            Step::Wait(minutes) => {
                self.shop.clock.advance_micros(minutes * MINUTE);
                Ok(Value::Null)
            }
        }
    }

    async fn act_through_crashes(&mut self, step: &Step) -> Result<Value, &'static str> {
        let repeats = !matches!(step, Step::Wait(_));
        if repeats && self.dice.below(12) == 0 {
            cut_off(self.act(step), self.dice.below(24)).await;
            self.starts += 1;
            self.shop.start_anew(self.starts).await;
        }
        let first = self.act(step).await;
        if repeats && first.is_ok() && self.dice.below(8) == 0 {
            assert_eq!(self.act(step).await, first, "{step:?} again");
        }
        first
    }

    async fn step(&mut self, number: usize) {
        let step = self.next(number);
        let day = self.shop.now().micros().div_euclid(24 * 60 * MINUTE);
        let expected = match &step {
            Step::Draw(shopper, pay, _) => self.model.pay(*shopper as usize, *pay, day).map(Some),
            _ => Ok(None),
        };
        let done = self.act_through_crashes(&step).await;
        match (step, done, expected) {
            (Step::Draw(shopper, ..), Ok(draw), Ok(Some(paid))) => {
                assert_eq!(draw["paid_with"], json!(paid), "step {number}");
                let number = draw["number"].as_i64().unwrap();
                let (won, missed) = self.model.draw(shopper as usize, paid, day, number);
                let named = |at: Option<usize>| at.map(|at| format!("p{at}"));
                assert_eq!(draw["prize"]["prize_id"].as_str(), named(won).as_deref());
                assert_eq!(draw["missed"].as_str(), named(missed).as_deref());
            }
            (Step::Give(shopper, entries, _), Ok(_), _) => self.model.players[shopper as usize].entries += entries,
            (step, done, expected) => {
                assert_eq!(done.map(drop), expected.map(drop), "step {number}: {step:?}");
            }
        }
    }

    async fn agrees(&self, wheel: &str) {
        for (at, player) in self.model.players.iter().enumerate() {
            let has = self.shop.promote.entries_of("wheel", &format!("s{at}")).await.unwrap();
            assert_eq!((has.entries, has.spendable), (player.entries, player.points), "s{at}");
        }
        let shown = self.shop.get(&format!("/api/v1/lotteries/{wheel}")).await;
        assert_eq!(shown["draws"], self.model.draws);
        for (at, left) in self.model.left.iter().enumerate() {
            assert_eq!(shown["prizes"][at]["left"], *left);
        }
        assert_eq!(self.shop.told("Lottery Drawn").await.len() as i64, self.model.draws);
        self.shop.is_sound().await;
    }
}

async fn story(seed: u64) {
    for shop in shops().await {
        let steps = if shop.store.name.contains("ostgre") { STEPS_ON_POSTGRES } else { STEPS };
        let prizes: Vec<Value> = (0..3).map(|at| prize(&format!("p{at}"), ODDS[at], STOCK[at], points(WON))).collect();
        let mut wheel = terms(json!({ "prizes": prizes, "daily_free": FREE, "points": COST, "per_day": PER_DAY }));
        wheel["ends_at"] = json!(shop.now().plus_micros(DAYS * 24 * 60 * MINUTE).to_string());
        shop.call("PUT", "/api/v1/plays/wheel", "", wheel).await;
        shop.post("/api/v1/plays/wheel/publish", "", Value::Null).await;
        let open = shop.get("/api/v1/lotteries").await;
        let wheel = open["lotteries"][0]["lottery_id"].as_str().unwrap().to_owned();
        let players = (0..SHOPPERS).map(|_| Player::default()).collect();
        let model = Model { players, left: STOCK, draws: 0, missed: 0 };
        let mut run = Run { shop, dice: Dice::of(seed), model, starts: seed * 10_000 };
        for number in 0..steps {
            run.step(number).await;
            if number.is_multiple_of(400) {
                run.agrees(&wheel).await;
            }
        }
        run.agrees(&wheel).await;
        run.shop.clock.advance_micros(DAYS * 24 * 60 * MINUTE);
        run.shop.promote.sweep().await.unwrap();
        let proof = run.shop.get(&format!("/api/v1/lotteries/{wheel}/proof?limit=200")).await;
        assert_eq!(proof["wrong"], json!([]));
        assert!(run.model.missed > 0 || steps < STEPS, "{} draws", run.model.draws);
    }
}

#[tokio::test]
async fn draws_do_what_a_plain_count_says() {
    story(5).await;
}

#[tokio::test]
async fn draws_do_what_a_plain_count_says_in_another_order() {
    story(6).await;
}
