//! The frozen share of every unit: what each offer takes off it, to the last minor unit.
//!
//! Inside a portion every discount is shared out by what is left of each unit, by largest remainder, so no unit ever costs
//! less than nothing, and all shares of a discount sum to it.

use fanvine_kernel::allocation::allocate;

use super::answer::{QuotedLine, Share, UnitRun};
use super::cart::Cart;
use super::effect::Portion;

/// A discount by portions, under the name it is kept.
pub(super) struct Taken<'a> {
    pub name: &'a str,
    pub off: &'a [(usize, i64)],
}

/// The lines with their units, after all that was taken off in order.
pub(super) fn freeze(cart: &Cart, portions: &[Portion], taken: &[Taken<'_>]) -> Vec<QuotedLine> {
    let mut lines: Vec<QuotedLine> = cart
        .lines
        .iter()
        .map(|line| QuotedLine {
            line_id: line.line_id.clone(),
            product_id: line.product_id.clone(),
            quantity: line.quantity,
            list_minor: line.unit_minor * line.quantity,
            paid_minor: 0,
            units: Vec::new(),
        })
        .collect();
    for (place, portion) in portions.iter().enumerate() {
        let (Some(line), Some(quoted)) = (cart.lines.get(portion.line), lines.get_mut(portion.line)) else { continue };
        let mut runs = vec![UnitRun {
            units: portion.units,
            list_minor: line.unit_minor,
            paid_minor: line.unit_minor,
            shares: Vec::new(),
        }];
        for one in taken {
            let off = one.off.iter().filter(|(at, _)| *at == place).map(|(_, off)| off).sum();
            runs = share_out(runs, one.name, off);
        }
        quoted.paid_minor += runs.iter().map(|run| run.paid_minor * run.units).sum::<i64>();
        quoted.units.extend(runs);
    }
    lines
}

/// Takes `off` off units, in proportion to what each costs. Units that are alike differ by one minor unit at most.
fn share_out(runs: Vec<UnitRun>, name: &str, off: i64) -> Vec<UnitRun> {
    if off <= 0 {
        return runs;
    }
    let weights: Vec<i64> = runs.iter().map(|run| run.paid_minor * run.units).collect();
    let mut next = Vec::with_capacity(runs.len() + 1);
    for (run, share) in runs.into_iter().zip(allocate(off, &weights)) {
        let (each, more) = (share / run.units.max(1), share % run.units.max(1));
        for (units, off_minor) in [(more, each + 1), (run.units - more, each)] {
            if units == 0 {
                continue;
            }
            let mut part = UnitRun { units, paid_minor: run.paid_minor - off_minor, ..run.clone() };
            if off_minor > 0 {
                part.shares.push(Share { offer_id: name.to_owned(), off_minor });
            }
            next.push(part);
        }
    }
    next
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_line_takes_no_rounding_of_the_others() {
        let run = UnitRun { units: 3, list_minor: 100, paid_minor: 100, shares: vec![] };
        let runs = share_out(share_out(vec![run], "a", 100), "b", 1);
        let paid: Vec<(i64, i64)> = runs.iter().map(|run| (run.units, run.paid_minor)).collect();
        assert_eq!(paid, [(1, 66), (1, 66), (1, 67)]);
        assert_eq!(runs.iter().map(|run| run.units * run.paid_minor).sum::<i64>(), 199);
    }
}
