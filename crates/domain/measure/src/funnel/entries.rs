//! Every entry of a shopper into a funnel, one after the other: pure, over one shopper's events in order of time.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::chain::{Chains, Moment, Reached};

/// What a funnel counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
#[schema(as = FunnelCounted)]
pub enum Counted {
    /// Each shopper once, by the chain that gets furthest.
    #[default]
    Shoppers,
    /// Each time that a shopper enters. Not where steps come in any order.
    Entries,
}

/// One time that a shopper entered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Entry {
    /// The place of its first event.
    pub begin: usize,
    /// How far it got.
    pub reached: Reached,
}

/// The entries among events. One begins with a first step, later than the end of the one before it: that is the second of its
/// last step, or the end of its window. First steps in between begin nothing.
pub fn entries(rules: &Chains, moments: &[Moment]) -> Vec<Entry> {
    let mut found = Vec::new();
    let mut next = 0;
    while let Some((begin, first)) = begins(rules, moments, next) {
        let window_s = first.at_s.saturating_add(rules.within_s);
        let later = moments.iter().skip(begin + 1).take_while(|moment| moment.at_s <= window_s);
        let later = later.map(|moment| Moment { steps: moment.steps & !1, ..*moment });
        let reached = rules.reached(std::iter::once(first).chain(later));
        let last = rules.steps.saturating_sub(1);
        let converted = reached.steps & (1 << last) != 0;
        let end_s = match reached.after_s.get(last) {
            Some(after_s) if converted => first.at_s.saturating_add(*after_s),
            _ => window_s,
        };
        found.push(Entry { begin, reached });
        next = moments.partition_point(|moment| moment.at_s <= end_s);
    }
    found
}

fn begins(rules: &Chains, moments: &[Moment], from: usize) -> Option<(usize, Moment)> {
    let mut rest = moments.iter().copied().enumerate().skip(from);
    rest.find(|(_, moment)| moment.steps & 1 != 0 && moment.at_s < rules.to_s)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::funnel::chain::Order;

    fn at(at_s: u32, steps: u32) -> Moment {
        Moment { at_s, steps, excludes: 0 }
    }

    #[test]
    fn somebody_who_buys_twice_enters_twice_and_looking_again_in_between_begins_nothing() {
        let rules =
            Chains { steps: 2, order: Order::Ordered, within_s: 10, optional: 0, excluded: Vec::new(), to_s: 1_000 };
        // Looks, looks, buys; looks and does not buy; looks again when that is over, and buys.
        let moments = [at(0, 1), at(3, 1), at(5, 2), at(6, 1), at(16, 1), at(17, 1), at(20, 2)];
        let found: Vec<_> = entries(&rules, &moments).iter().map(|one| (one.begin, one.reached.steps)).collect();
        assert_eq!(found, [(0, 0b11), (3, 0b01), (5, 0b11)]);
    }
}
