//! Thousands of random steps of invitations, held against a model that knows nothing of ledgers: who counts is what stands of the
//! orders, and what is kept is counted by looking at every invitation. Some steps are cut off and repeated after a start, as a
//! crash would have it.

use fanvine_kernel::Timestamp;
use fanvine_promote::checkout::{ReserveForm, ReturnForm, Status};
use fanvine_promote::plays::PlayerForm;
use fanvine_promote::quote::ReturnLine;
use serde_json::json;

use super::assists::ladder;
use super::bargains::with;
use super::group_buys::MINUTE;
use super::walk::{Dice, code, cut_off};
use super::{Shop, cart, coupon, shops};

const STEPS: usize = 5_200;
const STEPS_ON_POSTGRES: usize = 300;
const SHOPPERS: u64 = 400;
const STOCK: usize = 30;
const PER_SHOPPER: usize = 2;
const HOURS: i64 = 12;
const HOLD: i64 = 24 * 60 * MINUTE;
/// What must be left of an order of three units at 10.00.
const LEAST: i64 = 1_500;
/// Friends of the two rungs: points for the first, a coupon for the second.
const RUNGS: [usize; 2] = [1, 2];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Standing {
    Held(Timestamp),
    Paid,
    Over,
    GivenUp,
}

#[derive(Debug)]
struct Order {
    friend: u64,
    redemption_id: String,
    standing: Standing,
    back: i64,
    /// The invitation for which it may count, and when.
    due: Option<(usize, Timestamp)>,
}

#[derive(Debug)]
struct Invitation {
    id: String,
    inviter: u64,
    closes_at: Timestamp,
    accepted: Vec<u64>,
    counted: Vec<u64>,
    ended: bool,
}

impl Invitation {
    fn has_reached(&self, rung: usize) -> bool {
        self.counted.len() >= rung
    }

    /// Whether the reward of a rung is given, or kept for it.
    fn has_taken(&self, rung: usize) -> bool {
        self.has_reached(rung) || !self.ended
    }
}

/// What should be.
#[derive(Default)]
struct Model {
    invitations: Vec<Invitation>,
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

    fn taken(&self, rung: usize) -> usize {
        self.invitations.iter().filter(|one| one.has_taken(rung)).count()
    }

    fn may_open(&self, shopper: u64) -> Result<(), &'static str> {
        let mine = self.invitations.iter().filter(|one| one.inviter == shopper && one.has_taken(RUNGS[0])).count();
        if mine >= PER_SHOPPER || self.taken(RUNGS[1]) >= STOCK { Err("play_full") } else { Ok(()) }
    }

    fn has_counted(&self, friend: u64) -> bool {
        self.invitations.iter().any(|one| one.counted.contains(&friend))
    }

    fn may_accept(&self, at: usize, friend: u64, now: Timestamp) -> Result<(), &'static str> {
        let one = &self.invitations[at];
        if one.accepted.contains(&friend) {
            return Ok(());
        }
        if one.ended || now >= one.closes_at {
            return Err("play_over");
        }
        let elsewhere = self.invitations.iter().any(|one| !one.ended && one.accepted.contains(&friend));
        if one.inviter == friend || self.has_counted(friend) || elsewhere { Err("play_rule") } else { Ok(()) }
    }

    fn pay(&mut self, at: usize, now: Timestamp) -> Result<(), &'static str> {
        let friend = self.orders[at].friend;
        let mine = |one: &Invitation| !one.ended && now < one.closes_at && one.accepted.contains(&friend);
        let invited = self.invitations.iter().position(mine).filter(|_| !self.has_counted(friend));
        let order = &mut self.orders[at];
        match order.standing {
            Standing::Held(_) => {
                order.standing = Standing::Paid;
                order.due = invited.map(|one| (one, now.plus_micros(HOLD)));
                Ok(())
            }
            Standing::Paid => Ok(()),
            Standing::Over | Standing::GivenUp => Err("reservation_over"),
        }
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

    /// Counts whose orders stand, then ends what is over and waits for none.
    fn sweep(&mut self, now: Timestamp) {
        let mut due: Vec<usize> = (0..self.orders.len()).collect();
        due.retain(|at| self.orders[*at].due.is_some_and(|(_, at)| at <= now));
        // Who paid first counts first.
        due.sort_by_key(|at| (self.orders[*at].due.map(|(_, at)| at), self.orders[*at].redemption_id.clone()));
        for at in due {
            let Some((to, _)) = self.orders[at].due.take() else { continue };
            let (friend, order) = (self.orders[at].friend, &self.orders[at]);
            let stands = order.standing == Standing::Paid && 3_000 - order.back * 1_000 >= LEAST;
            let counted = self.has_counted(friend);
            let invitation = &mut self.invitations[to];
            if stands && !counted && !invitation.ended {
                invitation.counted.push(friend);
                invitation.ended = invitation.has_reached(RUNGS[1]);
            }
        }
        for (at, invitation) in self.invitations.iter_mut().enumerate() {
            let waits = self.orders.iter().any(|order| order.due.is_some_and(|(to, _)| to == at));
            invitation.ended |= now >= invitation.closes_at.plus_micros(MINUTE) && !waits;
        }
    }
}

/// What is done, and may be done again.
#[derive(Debug, Clone)]
enum Step {
    Open(u64, String),
    Accept(usize, u64),
    Order(u64, String),
    Pay(usize),
    GiveUp(usize),
    Return(usize, i64, String),
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
    /// Somebody: mostly one who accepted lately.
    fn somebody(&self) -> u64 {
        let accepted: Vec<u64> = self.model.invitations.iter().flat_map(|one| one.accepted.iter().copied()).collect();
        match self.dice.below(4) {
            0 => self.dice.below(SHOPPERS),
            _ if accepted.is_empty() => self.dice.below(SHOPPERS),
            _ => accepted[self.dice.late(accepted.len())],
        }
    }

    fn next(&self, number: usize) -> Step {
        let dice = &self.dice;
        let (invitations, orders) = (self.model.invitations.len(), self.model.orders.len());
        let key = format!("k{number}");
        match dice.below(30) {
            0..=2 => Step::Open(dice.below(SHOPPERS / 20), key),
            _ if invitations == 0 => Step::Open(dice.below(SHOPPERS / 20), key),
            3..=9 => Step::Accept(dice.late(invitations), dice.below(SHOPPERS)),
            10..=15 => Step::Order(self.somebody(), key),
            16..=21 if orders > 0 => Step::Pay(dice.late(orders)),
            22 if orders > 0 => Step::GiveUp(dice.late(orders)),
            23 if orders > 0 => Step::Return(dice.late(orders), 1 + dice.below(2) as i64, key),
            24 | 25 => Step::Sweep,
            26 => Step::Wait(1 + dice.below(300) as i64),
            _ => Step::Wait(1 + dice.below(8) as i64),
        }
    }

    /// Does a step with the real thing; what was made by it.
    async fn act(&self, step: &Step) -> Result<String, &'static str> {
        let (promote, nothing) = (&self.shop.promote, String::new());
        match step {
            Step::Open(shopper, key) => {
                let opened = promote.open_assist("friends", key.clone(), form(*shopper)).await;
                opened.map(|one| one.assist_id).map_err(code)
            }
            Step::Accept(at, friend) => {
                let id = &self.model.invitations[*at].id;
                promote.accept_assist(id, form(*friend)).await.map(|_| nothing).map_err(code)
            }
            Step::Order(shopper, key) => {
                let cart = cart(&name(*shopper), &[("tea", 3, 1_000)], &[]);
                let order: ReserveForm = serde_json::from_value(cart).unwrap();
                promote.reserve(key.clone(), order).await.map(|one| one.redemption_id).map_err(code)
            }
            Step::Pay(order) => self.settle(*order, Status::Redeemed).await,
            Step::GiveUp(order) => self.settle(*order, Status::RolledBack).await,
            Step::Return(order, quantity, key) => {
                let id = self.model.orders[*order].redemption_id.clone();
                let lines = vec![ReturnLine { line_id: "tea".into(), quantity: *quantity }];
                promote.return_goods(id, key.clone(), ReturnForm { lines }).await.map(|_| nothing).map_err(code)
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

    async fn settle(&self, order: usize, wanted: Status) -> Result<String, &'static str> {
        let order = &self.model.orders[order];
        self.shop.promote.settle(&order.redemption_id, wanted).await.map(|_| String::new()).map_err(code)
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
        let (mut step, now) = (self.next(number), self.shop.now());
        self.model.lapse(now);
        // Of what was paid, no more comes back than there is; the rest is not about invitations.
        let odd = match &step {
            Step::Return(at, quantity, _) => {
                let order = &self.model.orders[*at];
                order.standing != Standing::Paid || order.back + quantity > 3
            }
            Step::GiveUp(at) => self.model.orders[*at].back > 0,
            _ => false,
        };
        if odd {
            step = Step::Sweep;
        }
        let expected = match &step {
            Step::Open(shopper, _) => self.model.may_open(*shopper),
            Step::Accept(at, friend) => self.model.may_accept(*at, *friend, now),
            Step::Pay(order) => self.model.pay(*order, now),
            Step::GiveUp(order) => self.model.give_up(*order),
            Step::Order(..) | Step::Return(..) | Step::Sweep | Step::Wait(_) => Ok(()),
        };
        let done = self.act_through_crashes(&step).await;
        assert_eq!(done.as_ref().map(drop).map_err(|code| *code), expected, "step {number}: {step:?}");
        let (model, made) = (&mut self.model, done.unwrap_or_default());
        match step {
            Step::Open(inviter, _) if expected.is_ok() => {
                let closes_at = now.plus_micros(HOURS * 60 * MINUTE);
                let (accepted, counted) = (Vec::new(), Vec::new());
                model.invitations.push(Invitation { id: made, inviter, closes_at, accepted, counted, ended: false });
            }
            Step::Accept(at, friend) if expected.is_ok() && !model.invitations[at].accepted.contains(&friend) => {
                model.invitations[at].accepted.push(friend);
            }
            Step::Order(friend, _) => {
                let standing = Standing::Held(now.plus_micros(15 * MINUTE));
                model.orders.push(Order { friend, redemption_id: made, standing, back: 0, due: None });
            }
            Step::Return(at, quantity, _) => model.orders[at].back += quantity,
            Step::Sweep => model.sweep(now),
            _ => {}
        }
    }

    /// What is in an account, and what is kept for it; nothing if there is none yet.
    async fn stands(&self, account: &str) -> (usize, usize) {
        let account = self.shop.account(account).await;
        let of = |field: &str| account[field].as_u64().unwrap_or(0) as usize;
        (of("balance"), of("held_in"))
    }

    /// Every invitation stands as it should, and so does what is kept.
    async fn agrees(&mut self) {
        let now = self.shop.now();
        self.shop.promote.sweep().await.unwrap();
        self.model.lapse(now);
        self.model.sweep(now);
        for one in &self.model.invitations {
            let shown = serde_json::to_value(self.shop.promote.show_assist(&one.id).await.unwrap()).unwrap();
            let state = match (one.ended, one.has_reached(RUNGS[0])) {
                (true, true) => "completed",
                (true, false) => "failed",
                _ if now >= one.closes_at => "settling",
                _ => "open",
            };
            let stands = [&shown["state"], &shown["accepted"], &shown["activated"]];
            assert_eq!(stands, [&json!(state), &json!(one.accepted.len()), &json!(one.counted.len())], "{one:?}");
            for (rung, view) in RUNGS.into_iter().zip(shown["rungs"].as_array().unwrap()) {
                assert_eq!(view["given_at"].is_string(), one.has_reached(rung), "{one:?}");
            }
        }
        let reached = |rung: usize| self.model.invitations.iter().filter(|one| one.has_reached(rung)).count();
        let (ones, tops) = (reached(RUNGS[0]), reached(RUNGS[1]));
        for rung in RUNGS {
            let (given, kept) = self.stands(&format!("assist_given/friends/{rung}")).await;
            assert_eq!((given, given + kept), (reached(rung), self.model.taken(rung)), "rewards for {rung}");
        }
        assert_eq!(self.stands("assist_cost/friends/CNY").await.0, ones * 500 + tops * 1_000);
        assert_eq!(self.stands("received/tenth").await.0, tops);
        for inviter in 0..SHOPPERS / 20 {
            let mine = self.model.invitations.iter().filter(|one| one.inviter == inviter && one.has_reached(RUNGS[0]));
            let points = self.stands(&format!("points/{}", name(inviter))).await.0;
            assert_eq!(points, mine.count() * 50, "{inviter}");
        }
        let counted: usize = self.model.invitations.iter().map(|one| one.counted.len()).sum();
        assert_eq!(self.shop.told("Invitee Activated").await.len(), counted);
        assert_eq!(self.shop.told("Assist Rewarded").await.len(), ones + tops);
        let ended = self.model.invitations.iter().filter(|one| one.ended).count();
        let told = self.shop.told("Assist Completed").await.len() + self.shop.told("Assist Failed").await.len();
        assert_eq!(told, ended);
        self.shop.is_sound().await;
    }
}

async fn story(seed: u64) {
    for shop in shops().await {
        let steps = if shop.store.name.contains("ostgre") { STEPS_ON_POSTGRES } else { STEPS };
        shop.offer("tenth", coupon()).await;
        let mut rules = with(ladder(), json!({ "hours": HOURS, "per_shopper": PER_SHOPPER }));
        rules["activated_by"] = json!({ "by": "paid_order", "least_minor": LEAST, "hold_days": 1 });
        (rules["rungs"][1]["friends"], rules["rungs"][1]["stock"]) = (json!(RUNGS[1]), json!(STOCK));
        shop.play("friends", rules).await;
        let mut run = Run { shop, dice: Dice::of(seed), model: Model::default(), starts: seed * 10_000 };
        for number in 0..steps {
            run.step(number).await;
            if number.is_multiple_of(400) {
                run.agrees().await;
            }
        }
        run.agrees().await;
        let of = |what: fn(&Invitation) -> bool| run.model.invitations.iter().filter(|one| what(one)).count();
        let (tops, failed) = (of(|one| one.has_reached(RUNGS[1])), of(|one| one.ended && one.counted.is_empty()));
        let some = of(|one| one.ended && one.has_reached(RUNGS[0]) && !one.has_reached(RUNGS[1]));
        let enough = tops > 4 && failed > 4 && some > 4;
        assert!(enough || steps < STEPS, "{tops} to the top, {some} to a rung, {failed} to none");
    }
}

#[tokio::test]
async fn invitations_do_what_a_plain_count_of_standing_orders_says() {
    story(5).await;
}

#[tokio::test]
async fn invitations_do_what_a_plain_count_says_in_another_order() {
    story(6).await;
}
