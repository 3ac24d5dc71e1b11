//! The stage of a buyer's life, as the ready-made segments define it, and who went from which stage to which.
//!
//! [`Stage::of`] says at once what the rules of [`READY`] say, from the orders that stand. The one difference: for "won
//! back" the rule counts the times an order was told to be completed, this the orders that stand.

use fanvine_kernel::Timestamp;

use super::census::{Bought, Census};
use crate::segments::ready::{READY, Ready};

const DAY: i64 = 86_400_000_000;

/// Where a buyer stands between the first order and the last.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stage {
    New,
    Growing,
    Mature,
    WonBack,
    AtRisk,
    Dormant,
    Lost,
}

impl Stage {
    pub const ALL: [Stage; 7] =
        [Stage::New, Stage::Growing, Stage::Mature, Stage::WonBack, Stage::AtRisk, Stage::Dormant, Stage::Lost];

    /// The stage at `now` after these orders, the earliest first, none after `now`; none without orders.
    pub fn of(orders: &[Bought], now: Timestamp) -> Option<Self> {
        let within = |order: &Bought, days: i64| order.at.plus_micros(days * DAY) > now;
        let last = orders.last()?;
        if !within(last, 240) {
            return Some(Self::Lost);
        }
        if !within(last, 120) {
            return Some(Self::Dormant);
        }
        if !within(last, 60) {
            return Some(Self::AtRisk);
        }
        let lately = orders.iter().rev().take_while(|order| within(order, 240)).count();
        Some(match orders.len() {
            0 | 1 => Self::New,
            _ if lately == 1 => Self::WonBack,
            2 | 3 => Self::Growing,
            _ => Self::Mature,
        })
    }

    /// By which it is asked for and answered.
    pub fn code(self) -> &'static str {
        match self {
            Self::New => "new",
            Self::Growing => "growing",
            Self::Mature => "mature",
            Self::WonBack => "won_back",
            Self::AtRisk => "at_risk",
            Self::Dormant => "dormant",
            Self::Lost => "lost",
        }
    }

    /// The stage of that code.
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|stage| stage.code() == code)
    }

    /// The ready-made segment of it.
    pub fn ready(self) -> Option<&'static Ready> {
        READY.iter().find(|ready| ready.id.strip_prefix("lifecycle.") == Some(self.code()))
    }
}

/// A buyer's stage at the earlier moment, none before the first order, and at the later one.
pub(crate) type Move = (Option<Stage>, Stage);

/// Every buyer's move between two moments, with their place in the census.
pub(crate) fn moves(census: &Census, before: Timestamp, now: Timestamp) -> impl Iterator<Item = (usize, Move)> {
    census
        .orders_until(before)
        .zip(census.orders_until(now))
        .enumerate()
        .filter_map(move |(buyer, (then, now_too))| Some((buyer, (Stage::of(then, before), Stage::of(now_too, now)?))))
}

#[cfg(test)]
mod tests {
    use fanvine_kernel::Zone;
    use proptest::prelude::*;

    use super::*;
    use crate::segments::live::{Program, States};
    use crate::segments::{Facts, Occurrence, Reading, Value};

    /// A buyer by the moments of their orders.
    struct Buyer(Vec<Timestamp>);

    impl Facts for Buyer {
        fn trait_value(&self, _: &str) -> Reading<'_> {
            Reading::default()
        }
        fn computed(&self, name: &str) -> Reading<'_> {
            match (name, self.0.last()) {
                ("orders", _) => Reading::steady(Value::Number(self.0.len() as f64)),
                ("last_order", Some(last)) => Reading::steady(Value::Time(*last)),
                _ => Reading::default(),
            }
        }
        fn tag(&self, _: &str, _: Option<&str>, _: f64) -> (f64, Option<Timestamp>) {
            (0.0, None)
        }
        fn in_segment(&self, _: &str) -> bool {
            false
        }
        fn in_list(&self, _: &str) -> bool {
            false
        }
    }

    /// The stages whose ready-made rules hold.
    fn by_the_rules(buyer: &Buyer, now: Timestamp) -> Vec<&'static str> {
        let ready: Vec<&Ready> = Stage::ALL.iter().filter_map(|stage| stage.ready()).collect();
        let rules: Vec<_> = ready.iter().map(|ready| (ready.id.to_owned(), ready.rule().unwrap())).collect();
        let program = Program::compile(rules.iter().map(|(id, rule)| (id.clone(), rule)), Zone::UTC).unwrap();
        let mut states = States::default();
        for at in &buyer.0 {
            let order = Occurrence::told("Order Completed", *at, &serde_json::Value::Null);
            program.observe(&order, &mut states, &mut Vec::new());
        }
        let holding = ready.iter().enumerate().filter(|(rule, _)| program.evaluate(*rule, &states, buyer, now).holds);
        holding.map(|(_, ready)| ready.id).collect()
    }

    proptest! {
        #[test]
        fn a_stage_is_what_the_ready_made_rules_say(
            mut days in prop::collection::vec(0i64..500, 1..7), later in 0i64..400, odd in 0i64..2,
        ) {
            days.sort_unstable();
            // Half of the cases lie right on an edge, the others a microsecond before it.
            let on = |day: i64| Timestamp::from_micros((20_000 + day) * DAY);
            let buyer = Buyer(days.iter().map(|day| on(*day)).collect());
            let now = buyer.0.last().unwrap().plus_micros(later * DAY - if later > 0 { odd } else { 0 });
            let bought = |at: &Timestamp| Bought { at: *at, minor: 0, currency: None };
            let orders: Vec<Bought> = buyer.0.iter().map(bought).collect();
            let stage = Stage::of(&orders, now).unwrap();
            prop_assert_eq!(by_the_rules(&buyer, now), [format!("lifecycle.{}", stage.code())]);
        }
    }
}
