//! Sharing an amount out over lines, to the last minor unit.

/// Shares `amount` (not negative) out in proportion to `weights` by largest remainder: every share is rounded
/// down, and what is left goes, one unit each, to the largest remainders, the first line first among equals.
/// Weights below 1 get nothing. The shares sum to `amount` unless there is no weight at all.
pub fn allocate(amount: i64, weights: &[i64]) -> Vec<i64> {
    let sum: i128 = weights.iter().map(|&weight| i128::from(weight.max(0))).sum();
    if sum == 0 || amount <= 0 {
        return vec![0; weights.len()];
    }
    let mut shares = Vec::with_capacity(weights.len());
    let mut remainders = Vec::with_capacity(weights.len());
    let mut left = amount;
    for (place, &weight) in weights.iter().enumerate() {
        let exact = i128::from(amount) * i128::from(weight.max(0));
        // At most `amount`, as no weight exceeds the sum.
        let share = i64::try_from(exact / sum).unwrap_or(amount);
        left -= share;
        shares.push(share);
        remainders.push((std::cmp::Reverse(exact % sum), place));
    }
    remainders.sort_unstable();
    for (_, place) in remainders.into_iter().take(usize::try_from(left).unwrap_or(0)) {
        shares[place] += 1;
    }
    shares
}

/// What of `amount` belongs to the units from `from` up to `to` of `of`: all parts of a whole sum to it exactly.
pub fn part(amount: i64, from: i64, to: i64, of: i64) -> i64 {
    if of <= 0 {
        return 0;
    }
    let up_to = |units: i64| i128::from(amount) * i128::from(units.clamp(0, of)) / i128::from(of);
    i64::try_from(up_to(to) - up_to(from)).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_discount_is_shared_out_to_the_last_cent() {
        assert_eq!(allocate(100, &[1, 1, 1]), [34, 33, 33]);
        assert_eq!(allocate(10, &[1_000, 0, 500, -3]), [7, 0, 3, 0]);
        assert_eq!(allocate(5, &[0, 0]), [0, 0]);
    }

    proptest! {
        #[test]
        fn shares_sum_to_the_amount_and_none_is_off_by_a_whole_unit(
            amount in 0i64..1_000_000_000_000, weights in prop::collection::vec(0i64..1_000_000_000, 1..20),
        ) {
            let shares = allocate(amount, &weights);
            let sum: i128 = weights.iter().map(|&weight| i128::from(weight)).sum();
            if sum > 0 {
                prop_assert_eq!(shares.iter().sum::<i64>(), amount);
                for (share, weight) in shares.iter().zip(&weights) {
                    let error = i128::from(*share) * sum - i128::from(amount) * i128::from(*weight);
                    prop_assert!(error.abs() < sum);
                }
            }
        }

        #[test]
        fn parts_of_a_whole_sum_to_it(amount in -10i64.pow(12)..10i64.pow(12), cuts in prop::collection::vec(0i64..50, 0..5)) {
            let mut cuts = cuts;
            cuts.sort_unstable();
            let mut sum = 0;
            let mut from = 0;
            for to in cuts.into_iter().chain([50]) {
                sum += part(amount, from, to, 50);
                from = to;
            }
            prop_assert_eq!(sum, amount);
        }
    }
}
