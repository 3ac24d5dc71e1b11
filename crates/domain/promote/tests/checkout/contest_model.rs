//! Thousands of random steps of contests, held against a model that counts everything anew from its own list of orders: who is
//! ranked, in which place, and who got a prize. Events are read late, twice and not at all, and some steps are cut off and repeated
//! after a start, as a crash would have it.

use std::cmp::Reverse;

use fanvine_kernel::event::EventRef;
use fanvine_kernel::{Event, Timestamp};
use fanvine_promote::checkout::{ReserveForm, ReturnForm, Status};
use fanvine_promote::contest::ExclusionForm;
use fanvine_promote::plays::PlayerForm;
use fanvine_promote::quote::ReturnLine;
use fanvine_promote::referral::BindForm;
use serde_json::json;

use super::bargains::with;
use super::contests::spenders;
use super::group_buys::MINUTE;
use super::referrals::rules;
use super::walk::{Dice, code, cut_off};
use super::{Shop, cart, shops};

const STEPS: usize = 5_200;
const STEPS_ON_POSTGRES: usize = 400;
const SHOPPERS: u64 = 12;
/// The first so many share, and bring the others by their number.
const SHARERS: u64 = 3;
const PRICE: i64 = 1_000;
const LEAST: i64 = 2_000;
const LASTS: i64 = 48 * 60 * MINUTE;
const HOLD: i64 = 24 * 60 * MINUTE;
const GRACE: i64 = 5_000_000;
/// Prizes: points for the first, and for the two behind.
const PRIZES: [i64; 3] = [100, 10, 10];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Standing {
    Held(Timestamp),
    Paid(Timestamp),
    Over,
    GivenUp,
}

#[derive(Debug)]
struct Order {
    shopper: u64,
    redemption_id: String,
    standing: Standing,
    kept: i64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Measure {
    Spent,
    Sales,
}

#[derive(Debug, Clone, Copy)]
struct Entrant {
    shopper: u64,
    left: bool,
    excluded: bool,
}

/// Place, number, score, and since when.
type Row = (i64, i64, i64, Timestamp);

#[derive(Debug)]
struct Board {
    id: String,
    measure: Measure,
    opened_at: Timestamp,
    closes_at: Timestamp,
    entrants: Vec<Entrant>,
    /// The final places, once it is settled.
    settled: Option<Vec<Row>>,
}

#[derive(Default)]
struct Model {
    orders: Vec<Order>,
    boards: Vec<Board>,
    /// Points of prizes, by shopper.
    points: [i64; SHOPPERS as usize],
}

fn sharer_of(shopper: u64) -> Option<u64> {
    (shopper >= SHARERS).then_some(shopper % SHARERS)
}

impl Model {
    fn lapse(&mut self, now: Timestamp) {
        for order in &mut self.orders {
            if matches!(order.standing, Standing::Held(until) if until <= now) {
                order.standing = Standing::Over;
            }
        }
    }

    /// Who is ranked, counted from the orders alone.
    fn places(&self, board: &Board) -> Vec<Row> {
        let mut rows = Vec::new();
        for (number, entrant) in (1..).zip(&board.entrants) {
            let counts = |order: &&Order| match board.measure {
                Measure::Spent => order.shopper == entrant.shopper,
                Measure::Sales => sharer_of(order.shopper) == Some(entrant.shopper),
            };
            let paid = self.orders.iter().filter(counts).filter_map(|order| match order.standing {
                Standing::Paid(at) if board.opened_at <= at && at < board.closes_at && order.kept > 0 => {
                    Some((at, order.kept * PRICE))
                }
                _ => None,
            });
            let (mut score, mut since) = (0, Timestamp::from_micros(0));
            for (at, minor) in paid {
                score += minor;
                since = since.max(at);
            }
            if score >= LEAST && !entrant.left && !entrant.excluded {
                rows.push((score, since, number));
            }
        }
        rows.sort_by_key(|(score, since, number)| (Reverse(*score), *since, *number));
        (1..).zip(rows).map(|(place, (score, since, number))| (place, number, score, since)).collect()
    }

    fn sweep(&mut self, now: Timestamp) {
        for at in 0..self.boards.len() {
            let board = &self.boards[at];
            if board.settled.is_some() || now < board.closes_at.plus_micros(HOLD + GRACE) {
                continue;
            }
            let places = self.places(board);
            for ((_, number, ..), points) in places.iter().zip(PRIZES) {
                let winner = self.boards[at].entrants[*number as usize - 1].shopper;
                self.points[winner as usize] += points;
            }
            self.boards[at].settled = Some(places);
        }
    }
}

#[derive(Debug, Clone)]
enum Step {
    Publish(Measure, usize),
    Join(usize, u64),
    Leave(usize, u64),
    Exclude(usize, u64, bool),
    Order(u64, i64, String),
    Pay(usize),
    GiveUp(usize),
    Return(usize, String),
    /// Reads events from one on, so many at most.
    Follow(usize, usize),
    Sweep,
    Wait(i64),
}

struct Run {
    shop: Shop,
    dice: Dice,
    model: Model,
    starts: u64,
}

fn name(shopper: u64) -> String {
    format!("s{shopper}")
}

fn form(shopper: u64) -> PlayerForm {
    PlayerForm { shopper_id: name(shopper) }
}

impl Run {
    fn next(&self, number: usize) -> Step {
        let (dice, key) = (&self.dice, format!("step-{number}"));
        let (boards, orders) = (self.model.boards.len(), self.model.orders.len());
        let open = self.model.boards.iter().filter(|board| board.settled.is_none()).count();
        if open < 2 {
            return Step::Publish([Measure::Spent, Measure::Sales][boards % 2], boards);
        }
        let shopper = dice.below(SHOPPERS);
        let board = boards - 1 - dice.below(3.min(boards as u64)) as usize;
        match dice.below(40) {
            0..=6 => Step::Join(board, shopper),
            7 => Step::Leave(board, shopper),
            8 => Step::Exclude(board, shopper, dice.below(2) == 0),
            9..=16 => Step::Order(shopper, 1 + dice.below(3) as i64, key),
            17..=26 if orders > 0 => Step::Pay(dice.late(orders)),
            27 if orders > 0 => Step::GiveUp(dice.late(orders)),
            28 if orders > 0 => Step::Return(dice.late(orders), key),
            29..=31 => Step::Follow(dice.below(400) as usize, dice.below(200) as usize),
            32 | 33 => Step::Sweep,
            34 => Step::Wait(1 + dice.below(300) as i64),
            _ => Step::Wait(1 + dice.below(10) as i64),
        }
    }

    async fn act(&self, step: &Step) -> Result<String, &'static str> {
        let (promote, nothing) = (&self.shop.promote, String::new());
        match step {
            Step::Publish(_, number) => {
                let play = format!("board-{number}");
                promote.publish_play(play.clone(), "mei".into()).await.map_err(code)?;
                let found = self.shop.get(&format!("/api/v1/contests?play_id={play}")).await;
                Ok(found["contests"][0]["contest_id"].as_str().unwrap().to_owned())
            }
            Step::Join(at, shopper) => {
                let id = &self.model.boards[*at].id;
                promote.join_contest(id, form(*shopper)).await.map(|_| nothing).map_err(code)
            }
            Step::Leave(at, shopper) => {
                let id = &self.model.boards[*at].id;
                promote.leave_contest(id, form(*shopper)).await.map(|_| nothing).map_err(code)
            }
            Step::Exclude(at, shopper, true) => {
                let id = &self.model.boards[*at].id;
                let form = ExclusionForm { shopper_id: name(*shopper), reason: "one card for ten orders".into() };
                promote.exclude_from_contest(id, form, "mei".into()).await.map(|_| nothing).map_err(code)
            }
            Step::Exclude(at, shopper, false) => {
                let id = &self.model.boards[*at].id;
                promote.readmit_to_contest(id, form(*shopper), "mei".into()).await.map(|_| nothing).map_err(code)
            }
            Step::Order(shopper, units, key) => {
                let cart = cart(&name(*shopper), &[("tea", *units, PRICE)], &[]);
                let order: ReserveForm = serde_json::from_value(cart).unwrap();
                promote.reserve(key.clone(), order).await.map(|one| one.redemption_id).map_err(code)
            }
            Step::Pay(order) => self.settle(*order, Status::Redeemed).await,
            Step::GiveUp(order) => self.settle(*order, Status::RolledBack).await,
            Step::Return(order, key) => {
                let id = self.model.orders[*order].redemption_id.clone();
                let lines = vec![ReturnLine { line_id: "tea".into(), quantity: 1 }];
                promote.return_goods(id, key.clone(), ReturnForm { lines }).await.map(|_| nothing).map_err(code)
            }
            Step::Follow(back, most) => {
                self.follow(*back, *most).await;
                Ok(nothing)
            }
            Step::Sweep => {
                promote.sweep().await.unwrap();
                Ok(nothing)
            }
            Step::Wait(minutes) => {
                self.shop.clock.advance_micros(minutes * MINUTE);
                Ok(nothing)
            }
        }
    }

    /// Reads what was told, from so many events back on.
    async fn follow(&self, back: usize, most: usize) {
        let told: Vec<Event> =
            self.shop.store.outbox_pending(1_000_000).await.unwrap().into_iter().map(|(_, event)| event).collect();
        let from = told.len().saturating_sub(back);
        let events: Vec<(u64, EventRef<'_>)> = (1..).zip(told[from..].iter().take(most).map(EventRef::from)).collect();
        self.shop.promote.issue_for(&events, events.len() as u64 + 1).await.unwrap();
    }

    async fn settle(&self, order: usize, wanted: Status) -> Result<String, &'static str> {
        let order = &self.model.orders[order];
        self.shop.promote.settle(&order.redemption_id, wanted).await.map(|_| String::new()).map_err(code)
    }

    /// Does a step, cut off somewhere and done again after a start, now and then.
    async fn act_through_crashes(&mut self, step: &Step) -> Result<String, &'static str> {
        let repeats = !matches!(step, Step::Wait(_));
        if repeats && self.dice.below(12) == 0 {
            cut_off(self.act(step), self.dice.below(40)).await;
            self.starts += 1;
            self.shop.start_anew(self.starts).await;
        }
        let first = self.act(step).await;
        if repeats && first.is_ok() && self.dice.below(8) == 0 {
            assert_eq!(self.act(step).await, first, "{step:?} again");
        }
        first
    }

    /// What a step should answer.
    fn expected(&self, step: &Step, now: Timestamp) -> Result<(), &'static str> {
        let mine = |at: usize, shopper: u64| {
            let board = &self.model.boards[at];
            (board, board.entrants.iter().find(|one| one.shopper == shopper))
        };
        match step {
            Step::Join(at, shopper) => match mine(*at, *shopper) {
                (_, Some(one)) if one.excluded => Err("play_rule"),
                (_, Some(one)) if !one.left => Ok(()),
                (board, _) if board.settled.is_some() || now >= board.closes_at => Err("play_over"),
                _ => Ok(()),
            },
            Step::Leave(at, shopper) => match mine(*at, *shopper) {
                (_, None) => Err("play_rule"),
                (board, Some(one)) if !one.left && board.settled.is_some() => Err("play_over"),
                _ => Ok(()),
            },
            Step::Exclude(at, shopper, out) => match mine(*at, *shopper) {
                (_, None) => Err("play_rule"),
                (board, Some(one)) if one.excluded != *out && board.settled.is_some() => Err("play_over"),
                _ => Ok(()),
            },
            Step::Pay(at) | Step::GiveUp(at) => match (self.model.orders[*at].standing, step) {
                (Standing::Over, _) | (Standing::GivenUp, Step::Pay(_)) => Err("reservation_over"),
                _ => Ok(()),
            },
            _ => Ok(()),
        }
    }

    async fn step(&mut self, number: usize) {
        let (mut step, now) = (self.next(number), self.shop.now());
        self.model.lapse(now);
        let odd = match &step {
            Step::Return(at, _) => {
                let order = &self.model.orders[*at];
                !matches!(order.standing, Standing::Paid(_)) || order.kept == 0
            }
            Step::GiveUp(at) => self.model.orders[*at].kept == 0,
            _ => false,
        };
        if odd {
            step = Step::Sweep;
        }
        if let Step::Publish(measure, number) = &step {
            let measure = match measure {
                Measure::Spent => json!({ "by": "spent" }),
                Measure::Sales => json!({ "by": "sales", "play_id": "friends" }),
            };
            let prizes = json!([
                { "up_to": 1, "gives": { "kind": "points", "points": PRIZES[0] }, "value_minor": 100 },
                { "up_to": 3, "gives": { "kind": "points", "points": PRIZES[1] }, "value_minor": 10 },
            ]);
            let more = json!({ "measure": measure, "least": LEAST, "prizes": prizes });
            self.shop.put_contest(&format!("board-{number}"), with(spenders(), more), LASTS).await;
        }
        let expected = self.expected(&step, now);
        let done = self.act_through_crashes(&step).await;
        assert_eq!(done.as_ref().map(drop).map_err(|code| *code), expected, "step {number}: {step:?}");
        let (model, made) = (&mut self.model, done.unwrap_or_default());
        match step {
            Step::Publish(measure, _) => {
                let (opened_at, closes_at) = (now, now.plus_micros(LASTS));
                let entrants = Vec::new();
                model.boards.push(Board { id: made, measure, opened_at, closes_at, entrants, settled: None });
            }
            Step::Join(at, shopper) if expected.is_ok() => {
                let entrants = &mut model.boards[at].entrants;
                match entrants.iter_mut().find(|one| one.shopper == shopper) {
                    Some(one) => one.left = false,
                    None => entrants.push(Entrant { shopper, left: false, excluded: false }),
                }
            }
            Step::Leave(at, shopper) if expected.is_ok() => {
                model.boards[at]
                    .entrants
                    .iter_mut()
                    .filter(|one| one.shopper == shopper)
                    .for_each(|one| one.left = true);
            }
            Step::Exclude(at, shopper, out) if expected.is_ok() => {
                let entrants = model.boards[at].entrants.iter_mut();
                entrants.filter(|one| one.shopper == shopper).for_each(|one| one.excluded = out);
            }
            Step::Order(shopper, units, _) => {
                let standing = Standing::Held(now.plus_micros(15 * MINUTE));
                model.orders.push(Order { shopper, redemption_id: made, standing, kept: units });
            }
            Step::Pay(at) if expected.is_ok() && matches!(model.orders[at].standing, Standing::Held(_)) => {
                model.orders[at].standing = Standing::Paid(now);
            }
            Step::GiveUp(at) if expected.is_ok() => model.orders[at].standing = Standing::GivenUp,
            Step::Return(at, _) => model.orders[at].kept -= 1,
            Step::Sweep => model.sweep(now),
            _ => {}
        }
    }

    /// Every board stands as it should, everybody's own place too, and so do the prizes.
    async fn agrees(&mut self) {
        let now = self.shop.now();
        // What was told of late is read; what was told before, and skipped, a look over everybody finds.
        self.follow(2_000, 2_000).await;
        self.shop.promote.sweep().await.unwrap();
        self.model.lapse(now);
        self.model.sweep(now);
        for board in &self.model.boards {
            let expected = board.settled.clone().unwrap_or_else(|| self.model.places(board));
            let shown = self.shop.promote.contest_standings(&board.id, Default::default()).await.unwrap();
            let rows: Vec<Row> =
                shown.entrants.iter().map(|one| (one.place, one.number, one.score, one.reached_at)).collect();
            assert_eq!((rows, shown.settled), (expected.clone(), board.settled.is_some()), "{board:?}");
            for (place, number, score, _) in &expected {
                let shopper = name(board.entrants[*number as usize - 1].shopper);
                let own = self.shop.promote.contest_entrant(&board.id, &shopper).await.unwrap();
                let before = expected.iter().find(|one| one.0 == place - 1).map(|one| (one.0, one.2 - score + 1));
                let ahead = own.ahead.map(|ahead| (ahead.place, ahead.missing));
                assert_eq!((own.place, own.score, ahead), (Some(*place), *score, before), "{shopper} in {}", board.id);
            }
            let kept = self.shop.account(&format!("contest_given/{}", board.id)).await;
            let won = expected.len().min(PRIZES.len());
            let prizes = match board.settled {
                Some(_) => [json!(won), json!(0)],
                None => [json!(0), json!(PRIZES.len())],
            };
            assert_eq!([&kept["balance"], &kept["held_in"]], [&prizes[0], &prizes[1]], "{}", board.id);
        }
        for shopper in 0..SHOPPERS {
            let points = self.shop.get(&format!("/api/v1/points/{}", name(shopper))).await;
            assert_eq!(points["balance"], self.model.points[shopper as usize], "points of {shopper}");
        }
        let settled = self.model.boards.iter().filter(|board| board.settled.is_some()).count();
        assert_eq!(self.shop.told("Contest Settled").await.len(), settled);
        self.shop.is_sound().await;
    }
}

async fn story(seed: u64) {
    for shop in shops().await {
        let steps = if shop.store.name.contains("ostgre") { STEPS_ON_POSTGRES } else { STEPS };
        shop.referral(with(rules(), json!({ "levels": [{ "basis_points": 1_000 }] }))).await;
        for sharer in 0..SHARERS {
            let code = shop.promote.join_sharers("friends", form(sharer)).await.unwrap().code;
            for shopper in (SHARERS..SHOPPERS).filter(|shopper| sharer_of(*shopper) == Some(sharer)) {
                let form = BindForm { shopper_id: name(shopper), code: code.clone() };
                shop.promote.bind_shopper("friends", form).await.unwrap();
            }
        }
        let mut run = Run { shop, dice: Dice::of(seed), model: Model::default(), starts: seed * 10_000 };
        for number in 0..steps {
            run.step(number).await;
            if number % 200 == 150 {
                run.agrees().await;
            }
        }
        run.agrees().await;
        let settled: Vec<&Vec<Row>> = run.model.boards.iter().filter_map(|board| board.settled.as_ref()).collect();
        let ties = settled.iter().filter(|rows| rows.windows(2).any(|two| two[0].2 == two[1].2)).count();
        let full = settled.iter().filter(|rows| rows.len() >= PRIZES.len()).count();
        let enough = settled.len() > 8 && ties > 2 && full > 3;
        assert!(enough || steps < STEPS, "{} settled, {ties} with ties, {full} with all prizes", settled.len());
    }
}

#[tokio::test]
async fn boards_are_what_a_plain_count_of_standing_orders_says() {
    story(21).await;
}

#[tokio::test]
async fn boards_are_what_a_plain_count_says_in_another_order() {
    story(22).await;
}
