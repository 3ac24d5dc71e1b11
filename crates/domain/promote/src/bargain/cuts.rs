//! The cuts of a bargain, all of them, as its seed has them. Each is at least the least; the rest is shared out by weights
//! from 1 to 1,000 that come of the seed. The last help takes what is left, so that the price ends at the floor exactly.

use super::Bargain;
use crate::plays::fair::Seed;

/// What the seed's numbers are taken by.
const WEIGHTS: u128 = 1_000;

/// What is published of the seed when a bargain opens: a digest of these lines, and of the seed as the last.
pub(crate) fn played(run_id: &str, rules: &Bargain) -> Vec<String> {
    let Bargain { start_minor, floor_minor, helps, least_cut_minor, .. } = rules;
    vec![
        "fanvine-bargain-1".to_owned(),
        run_id.to_owned(),
        format!("{start_minor} {floor_minor} {helps} {least_cut_minor}"),
    ]
}

/// Every cut, in minor units, in the order helps come.
///
/// With `w(i) = 1 + number("cut/<i>") mod 1000`, and `W(i)` their sum from 1 to `i`, the `i`th cut is
/// `least + floor(T·W(i)/W(n)) − floor(T·W(i−1)/W(n))`, where `T` is what is above `n` times the least.
pub(crate) fn cuts(rules: &Bargain, seed: &Seed) -> Vec<i64> {
    let weights: Vec<u128> = (1..=rules.helps).map(|at| 1 + seed.number(&format!("cut/{at}")) % WEIGHTS).collect();
    let all: u128 = weights.iter().sum();
    let total = rules.start_minor - rules.floor_minor - rules.helps.saturating_mul(rules.least_cut_minor);
    let total = u128::try_from(total).unwrap_or(0);
    let shares = weights.iter().scan((0, 0), |(weight, before), one| {
        *weight += one;
        let upto = total * *weight / all.max(1);
        let share = upto - *before;
        *before = upto;
        Some(share)
    });
    shares.map(|share| rules.least_cut_minor.saturating_add(i64::try_from(share).unwrap_or(i64::MAX))).collect()
}

#[cfg(test)]
mod tests {
    use fanvine_testkit::SeededEntropy;
    use proptest::prelude::*;

    use super::*;

    fn rules(start_minor: i64, floor_minor: i64, helps: i64, least: i64) -> Bargain {
        serde_json::from_value(serde_json::json!({
            "product_id": "mug", "start_minor": start_minor, "floor_minor": floor_minor, "helps": helps,
            "least_cut_minor": least, "hours": 24,
        }))
        .unwrap()
    }

    proptest! {
        #[test]
        fn cuts_are_as_many_as_helps_none_below_the_least_and_end_at_the_floor(
            floor in 0..10_000_i64, helps in 1..60_i64, least in 1..20_i64, more in 0..100_000_i64, seed in 0..1_000_u64,
        ) {
            let start = floor + helps * least + more;
            let rules = rules(start, floor, helps, least);
            rules.check().unwrap();
            let cuts = cuts(&rules, &Seed::new(&SeededEntropy::new(seed)));
            prop_assert_eq!(cuts.len() as i64, helps);
            prop_assert!(cuts.iter().all(|cut| *cut >= least));
            prop_assert_eq!(start - cuts.iter().sum::<i64>(), floor);
        }
    }

    #[test]
    fn cuts_are_what_an_independent_computation_says() {
        // docs/plays.md has it in Python; its figures for the seed "00ff".
        assert_eq!(cuts(&rules(10_000, 100, 5, 50), &Seed::of_text("00ff")), PYTHONS);
    }

    const PYTHONS: [i64; 5] = [1991, 965, 2034, 1348, 3562];
}
