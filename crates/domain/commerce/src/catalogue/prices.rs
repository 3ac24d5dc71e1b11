//! The history of a price: the moments at which it changed.

use std::collections::BTreeMap;

use fanvine_kernel::Money;

/// Prices by the moment from which they hold, in microseconds.
pub(crate) type History = BTreeMap<i64, Money>;

/// Enters that the price was `price` at `at`. `current` is the price last seen before and when that was, which may be
/// later than `at`: words arrive late.
pub(crate) fn enter(history: &mut History, at: i64, price: Money, current: Option<(i64, Money)>) {
    if let Some((_, before)) = history.range(..at).next_back()
        && *before == price
    {
        history.remove(&at);
    } else {
        history.insert(at, price);
    }
    let next = history.range(at + 1..).next().map(|(&moment, &next)| (moment, next));
    match next {
        Some((moment, next)) if next == price => {
            history.remove(&moment);
        }
        Some(_) => {}
        None => {
            if let Some((moment, now)) = current
                && moment > at
                && now != price
            {
                history.insert(moment, now);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cny(minor: i64) -> Money {
        Money::new(minor, "CNY".parse().unwrap())
    }

    fn told(words: &[(i64, i64)]) -> Vec<(i64, i64)> {
        let mut history = History::new();
        let mut current: Option<(i64, Money)> = None;
        for &(at, minor) in words {
            enter(&mut history, at, cny(minor), current);
            if current.is_none_or(|(last, _)| at >= last) {
                current = Some((at, cny(minor)));
            }
        }
        history.into_iter().map(|(at, price)| (at, price.minor)).collect()
    }

    #[test]
    fn only_changes_are_kept() {
        assert_eq!(told(&[(1, 100), (2, 100), (3, 90), (4, 90), (5, 100)]), [(1, 100), (3, 90), (5, 100)]);
    }

    #[test]
    fn a_price_told_late_finds_its_place() {
        assert_eq!(told(&[(5, 100), (1, 80)]), [(1, 80), (5, 100)]);
        assert_eq!(told(&[(5, 100), (1, 100)]), [(1, 100)]);
        assert_eq!(told(&[(1, 100), (9, 100), (5, 80)]), [(1, 100), (5, 80), (9, 100)]);
    }
}
