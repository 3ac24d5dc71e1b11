//! Random orders, returns, orders given up, growth that is given, other levels, looks and starts anew, as time goes by; held
//! against a model that goes through every tick of time from the first, each time anew, and knows nothing of looks.

use fanvine_promote::checkout::Status;
use serde_json::{Value, json};

use super::levels::{DAY, ladder};
use super::walk::{Dice, cut_off};
use super::{Shop, cart, of, shops};

const TICKS: i64 = 600;
const TICKS_ON_POSTGRES: i64 = 60;
const TICKS_A_DAY: i64 = 3;
const TICK: i64 = DAY / TICKS_A_DAY;
const SHOPPERS: u64 = 4;
const UNIT: i64 = 3_350;

/// An order or a gift: when, how much in units or growth, and what of it is left since when.
struct Made {
    shopper: u64,
    at: i64,
    redemption: Option<Value>,
    amount: i64,
    left: Vec<(i64, i64)>,
}

impl Made {
    /// What it counts at `at`, by what was known at `known`.
    fn growth(&self, at: i64, known: i64, wait: i64) -> i64 {
        let opens = self.at + wait * TICKS_A_DAY;
        let counts = self.at <= known && opens <= at && at < opens + 10 * TICKS_A_DAY;
        let left = self.left.iter().rev().find(|(since, _)| *since <= known).map_or(self.amount, |(_, left)| *left);
        match (counts, &self.redemption) {
            (false, _) => 0,
            (true, Some(_)) => left * UNIT / 100,
            (true, None) => left,
        }
    }
}

#[derive(Default)]
struct Model {
    made: Vec<Made>,
    /// Since when other levels are in force: those that ask this much more.
    versions: Vec<(i64, i64)>,
}

impl Model {
    /// The level of a shopper at a tick: all ticks up to it, with what was left by then.
    fn level(&self, shopper: u64, now: i64) -> Option<usize> {
        let mut held: Option<(usize, i64)> = None;
        for at in 0..=now {
            let Some((_, more)) = self.versions.iter().rev().find(|(since, _)| *since <= at) else { continue };
            let (needs, keeps) = ([100 + more, 300 + more], [50, 200]);
            let mine = self.made.iter().filter(|one| one.shopper == shopper);
            let growth = mine.map(|one| one.growth(at, now, 1)).sum::<i64>();
            let reached = (0..2).filter(|number| growth >= needs[*number]).max();
            if reached > held.map(|(number, _)| number) {
                held = reached.map(|number| (number, at + 6 * TICKS_A_DAY));
            } else if let Some((number, until)) = held
                && until == at
            {
                let kept = (0..=number).filter(|lower| growth >= keeps[*lower]).max();
                held = kept.map(|lower| (lower, at + 6 * TICKS_A_DAY));
            }
        }
        held.map(|(number, _)| number)
    }
}

fn levels(more: i64) -> Value {
    let mut levels = ladder(1);
    levels["levels"][0]["needs"] = json!(100 + more);
    levels["levels"][1]["needs"] = json!(300 + more);
    levels
}

fn name(level: Option<usize>) -> Value {
    level.map_or(Value::Null, |number| json!(["silver", "gold"][number]))
}

async fn step(shop: &mut Shop, model: &mut Model, dice: &mut Dice, tick: i64) {
    let shopper = dice.below(SHOPPERS);
    let who = format!("s{shopper}");
    match dice.below(12) {
        0..=2 => {
            let units = dice.below(6) as i64 + 1;
            let order =
                shop.post("/api/v1/redemptions", &format!("o{tick}"), cart(&who, &[("tea", units, UNIT)], &[])).await;
            let id = order["redemption_id"].as_str().unwrap().to_owned();
            cut_off(shop.promote.settle(&id, Status::Redeemed), dice.below(6)).await;
            if dice.below(3) == 0 {
                shop.start_anew(tick as u64).await;
            }
            shop.post(&of(&order, "redeem"), "", Value::Null).await;
            model.made.push(Made { shopper, at: tick, redemption: Some(order), amount: units, left: Vec::new() });
        }
        3 | 4 => {
            let open = |one: &&mut Made| one.redemption.is_some() && one.left.last().is_none_or(|(_, left)| *left > 0);
            let Some(one) = model.made.iter_mut().rev().filter(open).nth(dice.below(3) as usize) else { return };
            let left = one.left.last().map_or(one.amount, |(_, left)| *left);
            let order = one.redemption.as_ref().unwrap();
            let back = dice.below(left as u64) as i64 + 1;
            if back == left && dice.below(2) == 0 {
                shop.post(&of(order, "roll-back"), "", Value::Null).await;
            } else {
                let form = json!({ "lines": [{ "line_id": "tea", "quantity": back }] });
                for _ in 0..2 {
                    shop.post(&of(order, "returns"), &format!("r{tick}"), form.clone()).await;
                }
            }
            one.left.push((tick, left - back));
        }
        5 => {
            let gift = |one: &&mut Made| one.redemption.is_none() && one.left.is_empty();
            if dice.below(3) == 0
                && let Some(one) = model.made.iter_mut().rev().find(gift)
            {
                let path = format!("/api/v1/levels/members/s{}/growth/g{}/take-back", one.shopper, one.at);
                shop.post(&path, "", Value::Null).await;
                one.left.push((tick, 0));
                return;
            }
            let growth = dice.below(90) as i64 + 1;
            let path = format!("/api/v1/levels/members/{who}/growth");
            for _ in 0..2 {
                shop.post(&path, &format!("g{tick}"), json!({ "growth": growth })).await;
            }
            model.made.push(Made { shopper, at: tick, redemption: None, amount: growth, left: Vec::new() });
        }
        6 if dice.below(8) == 0 => {
            let more = dice.below(3) as i64 * 20;
            shop.levels(levels(more)).await;
            model.versions.push((tick, more));
        }
        7 | 8 => shop.promote.sweep().await.unwrap(),
        _ => {}
    }
}

/// How the level of a shopper went, as it was told, in ticks.
async fn told(shop: &Shop, who: &str, first: i64) -> Vec<(i64, Value)> {
    let pending = shop.store.outbox_pending(100_000).await.unwrap();
    let mine = pending.into_iter().map(|(_, event)| event);
    let mine = mine.filter(|event| event.name.starts_with("Level ") && event.user_id.as_deref() == Some(who));
    let read = |event: fanvine_kernel::Event| {
        let about: Value = serde_json::from_str(event.properties.unwrap().get()).unwrap();
        ((event.occurred_at.micros() - first) / TICK, about["level"].clone())
    };
    mine.map(read).collect()
}

#[tokio::test]
async fn levels_go_as_a_look_at_every_moment_would_have_them() {
    for (number, mut shop) in shops().await.into_iter().enumerate() {
        let (mut model, mut dice) = (Model::default(), Dice::of(77));
        let (first, ticks) = (shop.now().micros(), if number == 0 { TICKS } else { TICKS_ON_POSTGRES });
        model.versions.push((0, 0));
        shop.levels(levels(0)).await;
        for tick in 0..ticks {
            step(&mut shop, &mut model, &mut dice, tick).await;
            let shopper = dice.below(SHOPPERS);
            let level = shop.level(&format!("s{shopper}")).await;
            assert_eq!(level, name(model.level(shopper, tick)), "s{shopper} at {tick}");
            shop.clock.advance_micros(TICK);
        }
        shop.promote.sweep().await.unwrap();
        let mut steps = 0;
        for shopper in 0..SHOPPERS {
            let (mut went, mut last) = (Vec::new(), None);
            for tick in 0..=ticks {
                let level = model.level(shopper, tick);
                if level != last {
                    went.push((tick, name(level)));
                    last = level;
                }
            }
            assert_eq!(told(&shop, &format!("s{shopper}"), first).await, went, "s{shopper}");
            steps += went.len();
        }
        assert!(steps as i64 > ticks / 20, "{steps} steps are too few to tell anything");
        shop.is_sound().await;
    }
}
