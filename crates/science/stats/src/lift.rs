//! What a treatment did against a holdout: differences of means and of shares, with the intervals they lie in.

use crate::special::incomplete_beta;

/// The 97.5 % quantile of the normal distribution.
const Z: f64 = 1.959_963_984_540_054;

/// How many, their mean, and the variance of the sample (by n − 1).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Sample {
    /// How many.
    pub count: u64,
    /// Their mean.
    pub mean: f64,
    /// The variance, by n − 1; 0 for fewer than two.
    pub variance: f64,
}

impl Sample {
    /// The sample of so many with that sum and sum of squares, both exact.
    ///
    /// ```
    /// let sample = fanvine_stats::lift::Sample::of_sums(4, 10, 30); // 1, 2, 3, 4
    /// assert_eq!((sample.mean, sample.variance), (2.5, 5.0 / 3.0));
    /// ```
    pub fn of_sums(count: u64, sum: i128, squares: i128) -> Self {
        if count == 0 {
            return Self { count, mean: 0.0, variance: 0.0 };
        }
        let n = i128::from(count);
        // n times the sum of squared deviations, exact while it fits: nothing is cancelled.
        let spread = n.saturating_mul(squares).saturating_sub(sum.saturating_mul(sum)).max(0);
        let variance = if count < 2 { 0.0 } else { spread as f64 / n as f64 / (n - 1) as f64 };
        Self { count, mean: sum as f64 / n as f64, variance }
    }
}

/// A difference with the interval in which it lies with 95 % confidence.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Difference {
    /// The estimate.
    pub difference: f64,
    /// The interval's lower end.
    pub low: f64,
    /// The interval's upper end.
    pub high: f64,
}

/// The first mean less the second, with Welch's interval (B. L. Welch, 1947): the two may vary differently, and the degrees of
/// freedom of Student's t are those of Welch and Satterthwaite. None with fewer than two in either.
///
/// ```
/// use fanvine_stats::lift::{Sample, welch};
/// let of = |values: &[i128]| {
///     Sample::of_sums(values.len() as u64, values.iter().sum(), values.iter().map(|one| one * one).sum())
/// };
/// let found = welch(of(&[1, 2, 3, 4]), of(&[2, 2, 2, 2])).unwrap();
/// // 0.5 ± t(0.975; 3) · √(5/3 / 4)
/// assert!((found.high - (0.5 + 3.182_446_305_284_263 * (5.0f64 / 12.0).sqrt())).abs() < 1e-9);
/// ```
pub fn welch(one: Sample, other: Sample) -> Option<Difference> {
    if one.count < 2 || other.count < 2 {
        return None;
    }
    let (of_one, of_other) = (one.variance / one.count as f64, other.variance / other.count as f64);
    let error = (of_one + of_other).sqrt();
    let difference = one.mean - other.mean;
    if error == 0.0 {
        return Some(Difference { difference, low: difference, high: difference });
    }
    let below = of_one.powi(2) / (one.count - 1) as f64 + of_other.powi(2) / (other.count - 1) as f64;
    let half = student_t(0.975, (of_one + of_other).powi(2) / below) * error;
    Some(Difference { difference, low: difference - half, high: difference + half })
}

/// The first share less the second, with the hybrid score interval of R. G. Newcombe (Statistics in Medicine 17, 1998, method
/// 10): built of Wilson's interval of each, it holds for few and for shares near 0 and 1. None where either is of nobody.
///
/// ```
/// let found = fanvine_stats::lift::newcombe((56, 70), (48, 80)).unwrap(); // the paper's first example
/// assert_eq!(format!("{:.4} {:.4} {:.4}", found.difference, found.low, found.high), "0.2000 0.0524 0.3339");
/// ```
pub fn newcombe(one: (u64, u64), other: (u64, u64)) -> Option<Difference> {
    if one.1 == 0 || other.1 == 0 {
        return None;
    }
    let ((share, low, high), (share_of_other, low_of_other, high_of_other)) = (wilson(one), wilson(other));
    let difference = share - share_of_other;
    let down = ((share - low).powi(2) + (high_of_other - share_of_other).powi(2)).sqrt();
    let up = ((high - share).powi(2) + (share_of_other - low_of_other).powi(2)).sqrt();
    Some(Difference { difference, low: difference - down, high: difference + up })
}

/// A share with Wilson's interval.
fn wilson((with, all): (u64, u64)) -> (f64, f64, f64) {
    let (x, n, z2) = (with as f64, all as f64, Z * Z);
    let middle = 2.0 * x + z2;
    let half = Z * (z2 + 4.0 * x * (1.0 - x / n)).max(0.0).sqrt();
    let below = 2.0 * (n + z2);
    (x / n, ((middle - half) / below).max(0.0), ((middle + half) / below).min(1.0))
}

/// The quantile of Student's t for a chance above one half: by bisection over its distribution function.
pub fn student_t(chance: f64, degrees: f64) -> f64 {
    let above = |t: f64| 0.5 * incomplete_beta(degrees / 2.0, 0.5, degrees / (degrees + t * t));
    let (mut low, mut high) = (0.0, 1.0);
    while above(high) > 1.0 - chance && high < 1e12 {
        high *= 2.0;
    }
    for _ in 0..100 {
        let middle = 0.5 * (low + high);
        if above(middle) > 1.0 - chance { low = middle } else { high = middle }
    }
    0.5 * (low + high)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Random;

    #[test]
    fn quantiles_of_student_are_those_of_the_tables() {
        // R 4.3, qt(0.975, c(1, 2, 5, 10, 30, 100)).
        for (degrees, expected) in [
            (1.0, 12.706_204_7),
            (2.0, 4.302_652_7),
            (5.0, 2.570_581_8),
            (10.0, 2.228_138_9),
            (30.0, 2.042_272_5),
            (100.0, 1.983_971_5),
        ] {
            let found = student_t(0.975, degrees);
            assert!((found - expected).abs() < 1e-6, "t({degrees}) is {found}, not {expected}");
        }
        assert!((student_t(0.975, 1e9) - Z).abs() < 1e-6);
    }

    #[test]
    fn intervals_of_shares_are_those_of_newcombes_table() {
        // Newcombe 1998, table II, method 10.
        for (one, other, expected) in [
            ((9, 10), (3, 10), "0.1705 0.8090"),
            ((6, 7), (2, 7), "0.0582 0.8062"),
            ((5, 56), (0, 29), "-0.0381 0.1926"),
            ((0, 10), (0, 20), "-0.1611 0.2775"),
            ((0, 10), (0, 10), "-0.2775 0.2775"),
            ((10, 10), (0, 20), "0.6791 1.0000"),
            ((10, 10), (0, 10), "0.6075 1.0000"),
        ] {
            let found = newcombe(one, other).unwrap();
            assert_eq!(format!("{:.4} {:.4}", found.low, found.high), expected, "{one:?} {other:?}");
        }
        assert_eq!(newcombe((0, 0), (1, 2)), None);
    }

    #[test]
    fn a_sample_of_large_amounts_keeps_its_small_spread() {
        let amounts = [1_000_000_000_001_i128, 1_000_000_000_002, 1_000_000_000_003];
        let sample = Sample::of_sums(3, amounts.iter().sum(), amounts.iter().map(|one| one * one).sum());
        assert_eq!((sample.mean, sample.variance), (1_000_000_000_002.0, 1.0));
        assert_eq!(welch(Sample::of_sums(1, 5, 25), sample), None);
    }

    /// Shops of which the truth is known: of the treated 12 % buy, of the held out 10 %, baskets are skewed as baskets are.
    /// Intervals of 95 % must hold the truth in about 95 of 100 shops; over 1,000 shops, two standard errors are 1.4 %.
    #[test]
    fn intervals_hold_the_known_effect_as_often_as_they_say() {
        const SHOPS: usize = 1_000;
        let mut random = Random::new(20_261_123);
        // e^(8 + 0.6 z) has the mean e^(8 + 0.18).
        let basket = (8.0_f64 + 0.18).exp();
        let (of_revenue, of_share) = (0.02 * basket, 0.02);
        let (mut revenue_held, mut share_held) = (0, 0);
        for _ in 0..SHOPS {
            let mut group = |count: u64, share: f64| {
                let (mut buyers, mut sum, mut squares) = (0, 0, 0);
                for _ in 0..count {
                    if random.unit() < share {
                        let normal =
                            (-2.0 * (1.0 - random.unit()).ln()).sqrt() * (std::f64::consts::TAU * random.unit()).cos();
                        let minor = (8.0 + 0.6 * normal).exp().round() as i128;
                        (buyers, sum, squares) = (buyers + 1, sum + minor, squares + minor * minor);
                    }
                }
                (Sample::of_sums(count, sum, squares), (buyers, count))
            };
            let ((treated, buyers), (held_out, other_buyers)) = (group(2_700, 0.12), group(300, 0.10));
            let holds = |found: Difference, truth: f64| found.low <= truth && truth <= found.high;
            revenue_held += usize::from(holds(welch(treated, held_out).unwrap(), of_revenue));
            share_held += usize::from(holds(newcombe(buyers, other_buyers).unwrap(), of_share));
        }
        for (what, held) in [("revenue", revenue_held), ("conversion", share_held)] {
            let share = held as f64 / SHOPS as f64;
            assert!((0.93..=0.97).contains(&share), "{what}: {held} of {SHOPS} intervals hold the truth");
        }
    }
}
