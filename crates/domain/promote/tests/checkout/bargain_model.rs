//! Thousands of random steps of bargains, held against a model that knows nothing of ledgers: prices are what is left after
//! the cuts that were answered, units are counted by looking at every bargain. Some steps are cut off and repeated after a
//! start, as a crash would have it.

use fanvine_kernel::Timestamp;
use fanvine_promote::checkout::{ReserveForm, Status};
use fanvine_promote::plays::PlayerForm;
use serde_json::json;

use super::bargains::{rules, with};
use super::group_buys::{MINUTE, mug};
use super::walk::{Dice, code, cut_off};
use super::{Shop, shops};

const STEPS: usize = 5_200;
const STEPS_ON_POSTGRES: usize = 300;
const SHOPPERS: u64 = 16;
const STOCK: usize = 14;
const PER_SHOPPER: usize = 2;
const HELPS: usize = 4;
const PER_DAY: usize = 3;
const START: i64 = 2_000;
const FLOOR: i64 = 500;
const HOURS: i64 = 24;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Standing {
    Held(Timestamp),
    Paid,
    Over,
    GivenUp,
}

#[derive(Debug)]
struct Order {
    bargain: usize,
    redemption_id: String,
    standing: Standing,
    payable_minor: i64,
}

#[derive(Debug)]
struct Bargain {
    id: String,
    shopper: u64,
    closes_at: Timestamp,
    cuts: Vec<i64>,
    /// Who helped, and on which day.
    helpers: Vec<(u64, i64)>,
    completed: bool,
    failed: bool,
}

/// What should be.
#[derive(Default)]
struct Model {
    bargains: Vec<Bargain>,
    orders: Vec<Order>,
}

impl Model {
    fn lapse(&mut self, now: Timestamp) {
        for order in &mut self.orders {
            if matches!(order.standing, Standing::Held(until) if until <= now) {
                order.standing = Standing::Over;
            }
        }
    }

    fn price(&self, at: usize) -> i64 {
        START - self.bargains[at].cuts.iter().sum::<i64>()
    }

    /// Whether a unit is kept for it, or sold with it.
    fn has_a_unit(&self, at: usize, now: Timestamp) -> bool {
        let bargain = &self.bargains[at];
        let paid = || self.orders.iter().any(|order| order.bargain == at && order.standing == Standing::Paid);
        if bargain.completed { paid() } else { !bargain.failed && now < bargain.closes_at }
    }

    fn units(&self, now: Timestamp) -> impl Iterator<Item = &Bargain> {
        self.bargains.iter().enumerate().filter(move |(at, _)| self.has_a_unit(*at, now)).map(|(_, bargain)| bargain)
    }

    fn may_open(&self, shopper: u64, now: Timestamp) -> Result<(), &'static str> {
        let mine = self.units(now).filter(|bargain| bargain.shopper == shopper).count();
        if mine >= PER_SHOPPER || self.units(now).count() >= STOCK { Err("play_full") } else { Ok(()) }
    }

    fn is_open(&self, at: usize, now: Timestamp) -> Result<(), &'static str> {
        let bargain = &self.bargains[at];
        if bargain.completed || bargain.failed || now >= bargain.closes_at { Err("play_over") } else { Ok(()) }
    }

    fn is_ordered(&self, at: usize) -> bool {
        self.orders.iter().any(|order| order.bargain == at && matches!(order.standing, Standing::Held(_)))
    }

    fn may_help(&self, at: usize, shopper: u64, now: Timestamp) -> Result<(), &'static str> {
        self.is_open(at, now)?;
        let bargain = &self.bargains[at];
        if self.is_ordered(at) || bargain.cuts.len() >= HELPS {
            return Err("play_full");
        }
        if bargain.shopper == shopper {
            return Err("play_rule");
        }
        let here = bargain.helpers.iter().any(|(helper, _)| *helper == shopper);
        let all = self.bargains.iter().flat_map(|bargain| &bargain.helpers);
        let today = all.filter(|one| **one == (shopper, day(now))).count();
        if here || today >= PER_DAY { Err("play_full") } else { Ok(()) }
    }

    fn may_order(&self, at: usize, now: Timestamp) -> Result<(), &'static str> {
        self.is_open(at, now)?;
        if self.bargains[at].cuts.is_empty() {
            return Err("play_rule");
        }
        if self.is_ordered(at) { Err("play_full") } else { Ok(()) }
    }

    fn pay(&mut self, at: usize) -> Result<(), &'static str> {
        let order = &mut self.orders[at];
        match order.standing {
            Standing::Held(_) => order.standing = Standing::Paid,
            Standing::Paid => return Ok(()),
            Standing::Over | Standing::GivenUp => return Err("reservation_over"),
        }
        self.bargains[order.bargain].completed = true;
        Ok(())
    }

    fn give_up(&mut self, at: usize) -> Result<(), &'static str> {
        let order = &mut self.orders[at];
        match order.standing {
            Standing::Over => Err("reservation_over"),
            _ => {
                order.standing = Standing::GivenUp;
                Ok(())
            }
        }
    }

    fn sweep(&mut self, now: Timestamp) {
        for bargain in &mut self.bargains {
            bargain.failed |= !bargain.completed && now >= bargain.closes_at;
        }
    }
}

fn day(now: Timestamp) -> i64 {
    now.micros().div_euclid(24 * 60 * MINUTE)
}

/// What is done, and may be done again.
#[derive(Debug, Clone)]
enum Step {
    Open(u64, String),
    Help(usize, u64, String),
    Order(usize, String),
    Pay(usize),
    GiveUp(usize),
    Sweep,
    Wait(i64),
}

/// What a step was answered.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Done {
    Nothing,
    Opened(String),
    Helped(i64, i64),
    Ordered(String, i64),
}

struct Run {
    shop: Shop,
    dice: Dice,
    model: Model,
    starts: u64,
}

fn form(shopper: u64) -> PlayerForm {
    PlayerForm { shopper_id: format!("s{shopper}") }
}

impl Run {
    fn next(&self, number: usize) -> Step {
        let dice = &self.dice;
        let (bargains, orders) = (self.model.bargains.len(), self.model.orders.len());
        let key = format!("k{number}");
        match dice.below(24) {
            0..=2 => Step::Open(dice.below(SHOPPERS), key),
            _ if bargains == 0 => Step::Open(dice.below(SHOPPERS), key),
            3..=12 => Step::Help(dice.late(bargains), dice.below(SHOPPERS), key),
            13..=15 => Step::Order(dice.late(bargains), key),
            16..=18 if orders > 0 => Step::Pay(dice.late(orders)),
            19 if orders > 0 => Step::GiveUp(dice.late(orders)),
            20 => Step::Sweep,
            21 => Step::Wait(1 + dice.below(240) as i64),
            _ => Step::Wait(1 + dice.below(6) as i64),
        }
    }

    /// Does a step with the real thing.
    async fn act(&self, step: &Step) -> Result<Done, &'static str> {
        let promote = &self.shop.promote;
        match step {
            Step::Open(shopper, key) => {
                let opened = promote.open_bargain("mugs", key.clone(), form(*shopper)).await;
                opened.map(|bargain| Done::Opened(bargain.bargain_id)).map_err(code)
            }
            Step::Help(bargain, shopper, key) => {
                let bargain = &self.model.bargains[*bargain].id;
                let helped = promote.help_bargain(bargain, key.clone(), form(*shopper)).await;
                helped.map(|helped| Done::Helped(helped.number, helped.cut_minor)).map_err(code)
            }
            Step::Order(bargain, key) => {
                let bargain = &self.model.bargains[*bargain];
                let order: ReserveForm = serde_json::from_value(mug(&format!("s{}", bargain.shopper))).unwrap();
                let ordered = promote.order_bargain(&bargain.id, key.clone(), order).await;
                let done = |order: fanvine_promote::bargain::BargainOrder| {
                    Done::Ordered(order.redemption.redemption_id, order.redemption.quote.payable_minor)
                };
                ordered.map(done).map_err(code)
            }
            Step::Pay(order) => self.settle(*order, Status::Redeemed).await,
            Step::GiveUp(order) => self.settle(*order, Status::RolledBack).await,
            Step::Sweep => {
                promote.sweep().await.unwrap();
                Ok(Done::Nothing)
            }
            Step::Wait(minutes) => {
                self.shop.clock.advance_micros(minutes * MINUTE);
                Ok(Done::Nothing)
            }
        }
    }

    async fn settle(&self, order: usize, wanted: Status) -> Result<Done, &'static str> {
        let order = &self.model.orders[order];
        self.shop.promote.settle(&order.redemption_id, wanted).await.map(|_| Done::Nothing).map_err(code)
    }

    /// Does a step, cut off somewhere and done again after a start, now and then.
    async fn act_through_crashes(&mut self, step: &Step) -> Result<Done, &'static str> {
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
        let (step, now) = (self.next(number), self.shop.now());
        self.model.lapse(now);
        let expected = match &step {
            Step::Open(shopper, _) => self.model.may_open(*shopper, now),
            Step::Help(bargain, shopper, _) => self.model.may_help(*bargain, *shopper, now),
            Step::Order(bargain, _) => self.model.may_order(*bargain, now),
            Step::Pay(order) => self.model.pay(*order),
            Step::GiveUp(order) => self.model.give_up(*order),
            Step::Sweep | Step::Wait(_) => Ok(()),
        };
        let done = self.act_through_crashes(&step).await;
        assert_eq!(done.as_ref().map(drop).map_err(|code| *code), expected, "step {number}: {step:?}");
        let model = &mut self.model;
        match (step, done.unwrap_or(Done::Nothing)) {
            (Step::Open(shopper, _), Done::Opened(id)) => {
                let closes_at = now.plus_micros(HOURS * 60 * MINUTE);
                let (cuts, helpers) = (Vec::new(), Vec::new());
                model.bargains.push(Bargain { id, shopper, closes_at, cuts, helpers, completed: false, failed: false });
            }
            (Step::Help(at, shopper, _), Done::Helped(number, cut)) => {
                let bargain = &mut model.bargains[at];
                bargain.cuts.push(cut);
                bargain.helpers.push((shopper, day(now)));
                assert_eq!(number as usize, bargain.cuts.len());
                let price = model.price(at);
                assert!(price >= FLOOR && (price > FLOOR || model.bargains[at].cuts.len() == HELPS));
            }
            (Step::Order(bargain, _), Done::Ordered(redemption_id, payable_minor)) => {
                assert_eq!(payable_minor, model.price(bargain), "the price of the order");
                let until = now.plus_micros(15 * MINUTE).min(model.bargains[bargain].closes_at);
                let standing = Standing::Held(until);
                model.orders.push(Order { bargain, redemption_id, standing, payable_minor });
            }
            (Step::Sweep, _) => model.sweep(now),
            _ => {}
        }
    }

    /// Every bargain stands as it should, and so does the stock.
    async fn agrees(&mut self) {
        let now = self.shop.now();
        self.shop.promote.sweep().await.unwrap();
        self.model.lapse(now);
        self.model.sweep(now);
        for (at, bargain) in self.model.bargains.iter().enumerate() {
            let shown = self.shop.promote.show_bargain(&bargain.id).await.unwrap();
            let shown = serde_json::to_value(&shown).unwrap();
            let state = match (bargain.completed, bargain.failed, self.model.is_ordered(at)) {
                (true, ..) => "completed",
                (_, true, _) => "failed",
                (.., true) => "ordered",
                _ => "open",
            };
            assert_eq!(shown["state"], state, "{bargain:?}");
            assert_eq!(shown["price_minor"], self.model.price(at), "{bargain:?}");
            let cuts: Vec<_> =
                shown["helpers"].as_array().unwrap().iter().map(|help| help["cut_minor"].clone()).collect();
            assert_eq!(json!(cuts), json!(bargain.cuts));
            if shown["seed"].is_string() {
                let proof = self.shop.promote.prove_bargain(&bargain.id).await.unwrap();
                assert_eq!(proof.agrees, Some(true), "{bargain:?}");
            }
        }
        let sold = self.shop.account("play_sold/mugs").await;
        let units = sold["balance"].as_i64().unwrap() + sold["held_in"].as_i64().unwrap();
        assert_eq!(units as usize, self.model.units(now).count());
        let ended = |done: fn(&Bargain) -> bool| self.model.bargains.iter().filter(|one| done(one)).count();
        assert_eq!(self.shop.told("Bargain Failed").await.len(), ended(|one| one.failed));
        assert_eq!(self.shop.told("Bargain Completed").await.len(), ended(|one| one.completed));
        let helps: usize = self.model.bargains.iter().map(|bargain| bargain.cuts.len()).sum();
        assert_eq!(self.shop.told("Bargain Helped").await.len(), helps);
        self.shop.is_sound().await;
    }
}

async fn story(seed: u64) {
    for shop in shops().await {
        let steps = if shop.store.name.contains("ostgre") { STEPS_ON_POSTGRES } else { STEPS };
        let limits = json!({ "stock": STOCK, "per_shopper": PER_SHOPPER, "helps_per_day": PER_DAY, "hours": HOURS });
        shop.play("mugs", with(rules(), limits)).await;
        let mut run = Run { shop, dice: Dice::of(seed), model: Model::default(), starts: seed * 10_000 };
        for number in 0..steps {
            run.step(number).await;
            if number.is_multiple_of(400) {
                run.agrees().await;
            }
        }
        run.agrees().await;
        let paid: i64 = run.model.orders.iter().map(|order| order.payable_minor).sum();
        let ended = |done: fn(&Bargain) -> bool| run.model.bargains.iter().filter(|one| done(one)).count();
        let enough = ended(|one| one.failed) > 9 && ended(|one| one.completed) > 9 && paid > 0;
        assert!(enough || steps < STEPS, "{} bargains", run.model.bargains.len());
    }
}

#[tokio::test]
async fn bargains_do_what_a_plain_count_of_their_helps_says() {
    story(3).await;
}

#[tokio::test]
async fn bargains_do_what_a_plain_count_says_in_another_order() {
    story(4).await;
}
