//! Thousands of random steps of referral, held against a model that knows nothing of ledgers: who counts is the last who
//! brought somebody, commission is counted unit by unit. Some steps are cut off and repeated after a start, as a crash would
//! have it.

use std::collections::BTreeMap;

use fanvine_kernel::Timestamp;
use fanvine_promote::checkout::{ReserveForm, ReturnForm, Status};
use fanvine_promote::plays::PlayerForm;
use fanvine_promote::quote::ReturnLine;
use fanvine_promote::referral::{BindForm, DecisionForm, StatementQuery, WithdrawalForm, WithdrawalState};
use serde_json::{Value, json};

use super::bargains::with;
use super::group_buys::MINUTE;
use super::referrals::rules;
use super::walk::{Dice, code, cut_off};
use super::{Shop, cart, shops};

const STEPS: usize = 5_200;
const STEPS_ON_POSTGRES: usize = 300;
const SHOPPERS: u64 = 10;
const DAY: i64 = 24 * 60 * MINUTE;
const FROZEN: i64 = 3 * DAY;
/// First and second level, in hundredths; teas are dearer on the first.
const RATES: [[i64; 2]; 2] = [[10, 20], [5, 5]];
const MUG: i64 = 1_999;
const TEA: i64 = 5_001;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Standing {
    Held(Timestamp),
    Paid,
    Over,
    GivenUp,
}

#[derive(Debug)]
struct Order {
    shopper: u64,
    redemption_id: String,
    standing: Standing,
    /// Mugs and teas that are kept.
    kept: [i64; 2],
    /// Who earns, by level.
    earners: Vec<u64>,
    opens_at: Timestamp,
}

#[derive(Debug)]
struct Withdrawal {
    id: String,
    shopper: u64,
    amount: i64,
    state: WithdrawalState,
    deadline: Timestamp,
}

/// What should be.
#[derive(Default)]
struct Model {
    /// By whom each was brought, every time.
    brought: Vec<(u64, u64)>,
    orders: Vec<Order>,
    withdrawals: Vec<Withdrawal>,
}

impl Model {
    fn by_whom(&self, shopper: u64) -> Option<u64> {
        self.brought.iter().rev().find(|(who, _)| *who == shopper).map(|(_, by)| *by)
    }

    /// Whether a sharer was ever brought by somebody, through whomever.
    fn descends(&self, sharer: u64, from: u64) -> bool {
        let (mut seen, mut next) = (Vec::new(), vec![sharer]);
        while let Some(one) = next.pop() {
            if one == from {
                return true;
            }
            if !seen.contains(&one) {
                seen.push(one);
                next.extend(self.brought.iter().filter(|(who, _)| *who == one).map(|(_, by)| *by));
            }
        }
        false
    }

    fn bind(&mut self, shopper: u64, sharer: u64) -> Result<(), &'static str> {
        if shopper == sharer {
            return Err("play_rule");
        }
        if self.by_whom(shopper) == Some(sharer) {
            return Ok(());
        }
        if self.descends(sharer, shopper) {
            return Err("play_rule");
        }
        self.brought.push((shopper, sharer));
        Ok(())
    }

    fn lapse(&mut self, now: Timestamp) {
        for order in &mut self.orders {
            if matches!(order.standing, Standing::Held(until) if until <= now) {
                order.standing = Standing::Over;
            }
        }
        for one in &mut self.withdrawals {
            if one.state == WithdrawalState::Requested && one.deadline <= now {
                one.state = WithdrawalState::Lapsed;
            }
        }
    }

    fn pay(&mut self, at: usize, now: Timestamp) -> Result<(), &'static str> {
        match self.orders[at].standing {
            Standing::Paid => return Ok(()),
            Standing::Over | Standing::GivenUp => return Err("reservation_over"),
            Standing::Held(_) => {}
        }
        let first = self.by_whom(self.orders[at].shopper);
        let second = first.and_then(|first| self.by_whom(first));
        let order = &mut self.orders[at];
        order.standing = Standing::Paid;
        order.opens_at = now.plus_micros(FROZEN);
        order.earners = first.into_iter().chain(second).collect();
        Ok(())
    }

    fn give_up(&mut self, at: usize) -> Result<(), &'static str> {
        match self.orders[at].standing {
            Standing::Over => Err("reservation_over"),
            // All of it came back: there is nothing left to give up.
            Standing::Paid if self.orders[at].kept == [0, 0] => Err("reservation_over"),
            _ => {
                self.orders[at].standing = Standing::GivenUp;
                Ok(())
            }
        }
    }

    fn take_back(&mut self, at: usize, line: usize, quantity: i64) -> Result<(), &'static str> {
        let order = &mut self.orders[at];
        if order.standing != Standing::Paid {
            return Err("reservation_over");
        }
        if order.kept[line] < quantity {
            return Err("refund_exceeds_order");
        }
        order.kept[line] -= quantity;
        Ok(())
    }

    /// What an order's kept units earn on a level.
    fn earned(order: &Order, level: usize) -> i64 {
        if order.standing != Standing::Paid {
            return 0;
        }
        let unit = |at: usize, paid: i64| order.kept[at] * (paid * RATES[level][at] / 100);
        unit(0, MUG) + unit(1, TEA)
    }

    fn balances(&self) -> BTreeMap<u64, i64> {
        let mut balances = BTreeMap::new();
        for order in &self.orders {
            for (level, who) in order.earners.iter().enumerate() {
                *balances.entry(*who).or_default() += Self::earned(order, level);
            }
        }
        for one in self.withdrawals.iter().filter(|one| one.state == WithdrawalState::Paid) {
            *balances.entry(one.shopper).or_default() -= one.amount;
        }
        balances
    }

    fn requested(&self, shopper: u64) -> i64 {
        let open = |one: &&Withdrawal| one.shopper == shopper && one.state == WithdrawalState::Requested;
        self.withdrawals.iter().filter(open).map(|one| one.amount).sum()
    }

    fn decide(&mut self, at: usize, wanted: WithdrawalState) -> Result<(), &'static str> {
        let balance = self.balances().get(&self.withdrawals[at].shopper).copied().unwrap_or(0);
        let one = &mut self.withdrawals[at];
        match one.state {
            state if state == wanted => Ok(()),
            WithdrawalState::Requested if wanted == WithdrawalState::Paid && balance < one.amount => Err("play_full"),
            WithdrawalState::Requested => {
                one.state = wanted;
                Ok(())
            }
            _ => Err("play_over"),
        }
    }
}

/// What is done, and may be done again.
#[derive(Debug, Clone)]
enum Step {
    Bind(u64, u64),
    Order(u64, [i64; 2], String),
    Pay(usize),
    GiveUp(usize),
    Return(usize, usize, i64, String),
    Withdraw(u64, i64, String),
    Decide(usize, WithdrawalState),
    Sweep,
    Wait(i64),
}

struct Run {
    shop: Shop,
    dice: Dice,
    model: Model,
    starts: u64,
    codes: Vec<String>,
}

fn name(shopper: u64) -> String {
    format!("s{shopper}")
}

impl Run {
    async fn next(&self, number: usize) -> Step {
        let dice = &self.dice;
        let (orders, withdrawals) = (self.model.orders.len(), self.model.withdrawals.len());
        let key = format!("k{number}");
        match dice.below(24) {
            0..=2 => Step::Bind(dice.below(SHOPPERS), dice.below(SHOPPERS)),
            3..=7 => Step::Order(dice.below(SHOPPERS), [dice.below(4) as i64, 1 + dice.below(3) as i64], key),
            8..=12 if orders > 0 => Step::Pay(dice.late(orders)),
            13 if orders > 0 => Step::GiveUp(dice.late(orders)),
            14..=15 if orders > 0 => {
                Step::Return(dice.late(orders), dice.below(2) as usize, 1 + dice.below(2) as i64, key)
            }
            16..=17 => {
                let shopper = dice.below(SHOPPERS);
                let available = self.shown(shopper).await["balances"][0]["available_minor"].as_i64().unwrap_or(0);
                // All of it, some of it, or a little more than there is.
                let amount = [available, available / 2, available + 1][dice.below(3) as usize];
                Step::Withdraw(shopper, amount.max(1), key)
            }
            18..=19 if withdrawals > 0 => {
                let wanted = [WithdrawalState::Paid, WithdrawalState::Rejected][dice.below(2) as usize];
                Step::Decide(dice.late(withdrawals), wanted)
            }
            20 => Step::Sweep,
            21 => Step::Wait(1 + dice.below(2_000) as i64),
            _ => Step::Wait(1 + dice.below(6) as i64),
        }
    }

    async fn shown(&self, shopper: u64) -> Value {
        let statement = self.shop.promote.statement(&name(shopper), StatementQuery::default()).await.unwrap();
        serde_json::to_value(&statement).unwrap()
    }

    /// Does a step with the real thing; what it made, if it makes anything.
    async fn act(&self, step: &Step) -> Result<String, &'static str> {
        let promote = &self.shop.promote;
        let nothing = String::new();
        match step {
            Step::Bind(shopper, sharer) => {
                let form = BindForm { shopper_id: name(*shopper), code: self.codes[*sharer as usize].clone() };
                promote.bind_shopper("friends", form).await.map(|_| nothing).map_err(code)
            }
            Step::Order(shopper, [mugs, teas], key) => {
                let lines = [("mug", *mugs, MUG), ("tea", *teas, TEA)];
                let lines: Vec<_> = lines.into_iter().filter(|(_, quantity, _)| *quantity > 0).collect();
                let form: ReserveForm = serde_json::from_value(cart(&name(*shopper), &lines, &[])).unwrap();
                promote.reserve(key.clone(), form).await.map(|one| one.redemption_id).map_err(code)
            }
            Step::Pay(at) => self.settle(*at, Status::Redeemed).await,
            Step::GiveUp(at) => self.settle(*at, Status::RolledBack).await,
            Step::Return(at, line, quantity, key) => {
                let line_id = ["mug", "tea"][*line].to_owned();
                let form = ReturnForm { lines: vec![ReturnLine { line_id, quantity: *quantity }] };
                let id = self.model.orders[*at].redemption_id.clone();
                promote.return_goods(id, key.clone(), form).await.map(|_| nothing).map_err(code)
            }
            Step::Withdraw(shopper, amount_minor, key) => {
                let (currency, amount_minor) = ("CNY".parse().unwrap(), *amount_minor);
                let form = WithdrawalForm { currency, amount_minor, payee: "bank".into() };
                let asked = promote.request_withdrawal(&name(*shopper), key.clone(), form).await;
                asked.map(|one| one.withdrawal_id).map_err(code)
            }
            Step::Decide(at, wanted) => {
                let id = &self.model.withdrawals[*at].id;
                let decided = promote.decide_withdrawal(id, *wanted, DecisionForm::default(), "acc_1".into()).await;
                decided.map(|_| nothing).map_err(code)
            }
            Step::Sweep => promote.sweep().await.map(|()| nothing).map_err(|error| panic!("{error}")),
            Step::Wait(minutes) => {
                self.shop.clock.advance_micros(minutes * MINUTE);
                Ok(nothing)
            }
        }
    }

    async fn settle(&self, order: usize, wanted: Status) -> Result<String, &'static str> {
        let id = &self.model.orders[order].redemption_id;
        self.shop.promote.settle(id, wanted).await.map(|_| String::new()).map_err(code)
    }

    /// Does a step, cut off somewhere and done again after a start, now and then.
    async fn act_through_crashes(&mut self, step: &Step) -> Result<String, &'static str> {
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
        let (step, now) = (self.next(number).await, self.shop.now());
        self.model.lapse(now);
        let may = match &step {
            Step::Withdraw(shopper, amount, _) => {
                let available = self.shown(*shopper).await["balances"][0]["available_minor"].as_i64().unwrap_or(0);
                if *amount <= available { Ok(()) } else { Err("play_full") }
            }
            _ => Ok(()),
        };
        let expected = match &step {
            Step::Bind(shopper, sharer) => self.model.bind(*shopper, *sharer),
            Step::Pay(at) => self.model.pay(*at, now),
            Step::GiveUp(at) => self.model.give_up(*at),
            Step::Return(at, line, quantity, _) => self.model.take_back(*at, *line, *quantity),
            Step::Decide(at, wanted) => self.model.decide(*at, *wanted),
            Step::Withdraw(..) | Step::Order(..) | Step::Sweep | Step::Wait(_) => may,
        };
        let done = self.act_through_crashes(&step).await;
        assert_eq!(done.as_ref().map(drop).map_err(|code| *code), expected, "step {number}: {step:?}");
        let Ok(id) = done else { return };
        match step {
            Step::Order(shopper, kept, _) => {
                let standing = Standing::Held(now.plus_micros(15 * MINUTE));
                let (redemption_id, earners) = (id, Vec::new());
                self.model.orders.push(Order { shopper, redemption_id, standing, kept, earners, opens_at: now });
            }
            Step::Withdraw(shopper, amount, _) => {
                let (state, deadline) = (WithdrawalState::Requested, now.plus_micros(90 * DAY));
                self.model.withdrawals.push(Withdrawal { id, shopper, amount, state, deadline });
            }
            _ => {}
        }
    }

    /// Every account stands as it should, and so does what is told.
    async fn agrees(&mut self) {
        let now = self.shop.now();
        self.shop.promote.sweep().await.unwrap();
        self.model.lapse(now);
        let balances = self.model.balances();
        for shopper in 0..SHOPPERS {
            let shown = self.shown(shopper).await;
            let of = |name: &str| shown["balances"][0][name].as_i64().unwrap_or(0);
            let balance = balances.get(&shopper).copied().unwrap_or(0);
            assert_eq!(of("balance_minor"), balance, "s{shopper}: {shown}");
            assert_eq!(of("requested_minor"), self.model.requested(shopper), "s{shopper}");
            assert_eq!(of("available_minor"), (balance.max(0) - of("frozen_minor") - of("requested_minor")).max(0));
            let frozen: i64 = self
                .model
                .orders
                .iter()
                .filter(|order| now < order.opens_at)
                .map(|order| {
                    let mine = order.earners.iter().enumerate().filter(|(_, who)| **who == shopper);
                    mine.map(|(level, _)| Model::earned(order, level)).sum::<i64>()
                })
                .sum();
            assert!(of("frozen_minor") <= frozen, "s{shopper} has {} frozen of {frozen}", of("frozen_minor"));
            if balance >= frozen {
                assert!(
                    of("frozen_minor") == frozen || balance < frozen + of("requested_minor"),
                    "s{shopper}: {shown}"
                );
            }
        }
        let paid: i64 =
            self.model.withdrawals.iter().filter(|one| one.state == WithdrawalState::Paid).map(|one| one.amount).sum();
        assert_eq!(self.shop.account("commission_paid/CNY").await["balance"].as_i64().unwrap_or(0), paid);
        let opened = self.model.orders.iter().filter(|order| order.opens_at <= now);
        let opened: usize = opened.map(|order| order.earners.len()).sum();
        assert!(self.shop.told("Commission Released").await.len() <= opened);
        assert_eq!(self.shop.told("Shopper Referred").await.len(), self.model.brought.len());
        self.shop.is_sound().await;
    }
}

async fn story(seed: u64) {
    for shop in shops().await {
        let steps = if shop.store.name.contains("ostgre") { STEPS_ON_POSTGRES } else { STEPS };
        shop.referral(with(rules(), json!({ "frozen_days": 3 }))).await;
        let mut codes = Vec::new();
        for shopper in 0..SHOPPERS {
            let form = PlayerForm { shopper_id: name(shopper) };
            codes.push(shop.promote.join_sharers("friends", form).await.unwrap().code);
        }
        let mut run = Run { shop, dice: Dice::of(seed), model: Model::default(), starts: seed * 10_000, codes };
        for number in 0..steps {
            run.step(number).await;
            if number.is_multiple_of(400) {
                run.agrees().await;
            }
        }
        run.agrees().await;
        let paid = run.model.withdrawals.iter().filter(|one| one.state == WithdrawalState::Paid).count();
        let earning = run.model.orders.iter().filter(|order| !order.earners.is_empty()).count();
        assert!(paid > 9 && earning > 99 || steps < STEPS, "{paid} paid, {earning} earned");
    }
}

#[tokio::test]
async fn commission_is_what_a_plain_count_of_units_says() {
    story(5).await;
}

#[tokio::test]
async fn commission_is_what_a_plain_count_says_in_another_order() {
    story(6).await;
}
