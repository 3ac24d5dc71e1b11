//! Who made a product of factors change: the logarithmic mean Divisia index (LMDI I, Ang, *Energy Policy* 33, 2005).
//!
//! Where a whole is v = x₁ x₂ … xₙ, factor i contributes L(v′, v) ln(x′ᵢ / xᵢ) to its change, with the logarithmic mean
//! L(a, b) = (a − b) / (ln a − ln b). The contributions sum to the change and leave nothing unexplained.

/// The logarithmic mean of two positive numbers.
fn mean(left: f64, right: f64) -> f64 {
    if left == right { left } else { (left - right) / (left / right).ln() }
}

/// What each factor contributed to the change of their product. Where the product is nothing before or after, the change
/// belongs to the first factor that is nothing then: the limit of the formula where what comes behind it has no meaning
/// (Ang and Liu, *Energy Policy* 35, 2007).
///
/// ```
/// use fanvine_stats::contributions::of_factors;
/// // 100 visitors at 2 % and 50 each were 100; 110 at 3 % are 165.
/// let parts = of_factors(&[100.0, 0.02, 50.0], &[110.0, 0.03, 50.0]);
/// assert!((parts.iter().sum::<f64>() - 65.0).abs() < 1e-9);
/// assert!(parts[1] > parts[0] && parts[2] == 0.0);
/// ```
pub fn of_factors(before: &[f64], after: &[f64]) -> Vec<f64> {
    let (was, is): (f64, f64) = (before.iter().product(), after.iter().product());
    let factors = before.iter().zip(after);
    if was > 0.0 && is > 0.0 {
        let weight = mean(is, was);
        return factors.map(|(before, after)| weight * (after / before).ln()).collect();
    }
    let nothing = if was > 0.0 { after } else { before };
    let first = nothing.iter().position(|factor| *factor <= 0.0);
    (0..before.len()).map(|place| if Some(place) == first { is - was } else { 0.0 }).collect()
}

/// Rounds parts to whole units that sum to `whole`: each is rounded down, and what is left goes, one unit each, to those
/// that lost most by it. Parts that do not sum to about `whole` are not made to: the last unit only.
pub fn in_whole_units(parts: &[f64], whole: i64) -> Vec<i64> {
    let mut units: Vec<i64> = parts.iter().map(|part| part.floor() as i64).collect();
    let mut lost: Vec<usize> = (0..parts.len()).collect();
    lost.sort_by(|left, right| {
        let fraction = |place: usize| parts[place] - parts[place].floor();
        fraction(*right).total_cmp(&fraction(*left)).then(left.cmp(right))
    });
    let mut left = whole - units.iter().sum::<i64>();
    let count = lost.len();
    for place in lost.into_iter().cycle().take(2 * count) {
        if left != 0 {
            units[place] += left.signum();
            left -= left.signum();
        }
    }
    units
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_factor_that_came_from_nothing_brought_all_of_it() {
        assert_eq!(of_factors(&[100.0, 0.0, 0.0], &[120.0, 0.1, 50.0]), [0.0, 600.0, 0.0]);
        assert_eq!(of_factors(&[100.0, 0.1, 5.0], &[0.0, 0.0, 0.0]), [-50.0, 0.0, 0.0]);
        assert_eq!(of_factors(&[0.0, 0.0], &[0.0, 0.0]), [0.0, 0.0]);
    }

    #[test]
    fn doubling_two_factors_shares_the_growth_equally() {
        // From 1 to 4 by two factors that each double.
        let parts = of_factors(&[1.0, 1.0], &[2.0, 2.0]);
        assert!(parts.iter().all(|part| (part - 1.5).abs() < 1e-12), "{parts:?}");
    }

    proptest! {
        #[test]
        fn contributions_sum_to_the_change_also_in_whole_units(
            before in prop::collection::vec(0.01f64..1e4, 4), after in prop::collection::vec(0.01f64..1e4, 4),
        ) {
            let parts = of_factors(&before, &after);
            let change = after.iter().product::<f64>() - before.iter().product::<f64>();
            let scale = after.iter().product::<f64>().max(before.iter().product::<f64>());
            prop_assert!((parts.iter().sum::<f64>() - change).abs() <= 1e-9 * scale);
            if scale < 1e12 {
                let whole = change.round() as i64;
                prop_assert_eq!(in_whole_units(&parts, whole).iter().sum::<i64>(), whole);
            }
        }
    }
}
