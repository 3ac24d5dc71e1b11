//! Whether two groups differ: tables of two by two, and many of them at once.

use crate::special::ln_gamma;

/// Who has something in two groups.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TwoByTwo {
    /// Of the first group, who have it.
    pub with: u64,
    /// Of the first group, who have it not.
    pub without: u64,
    /// Of the others, who have it.
    pub others_with: u64,
    /// Of the others, who have it not.
    pub others_without: u64,
}

/// A ratio with the interval in which it lies with 95 % confidence.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Ratio {
    /// The estimate.
    pub ratio: f64,
    /// The interval's lower end.
    pub low: f64,
    /// The interval's upper end.
    pub high: f64,
}

/// The 97.5 % quantile of the normal distribution.
const Z: f64 = 1.959_963_984_540_054;

/// By which test a chance was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Test {
    /// Fisher's exact test: where a cell is expected to hold fewer than five.
    Fisher,
    /// Pearson's χ² without correction.
    ChiSquare,
}

impl TwoByTwo {
    fn cells(&self) -> [f64; 4] {
        [self.with, self.without, self.others_with, self.others_without].map(|count| count as f64)
    }

    /// The odds of the first group by the odds of the others, with Woolf's interval. Where a cell is empty, half a one is
    /// added to each (Haldane and Anscombe).
    pub fn odds_ratio(&self) -> Ratio {
        let cells = self.cells();
        let added = if cells.contains(&0.0) { 0.5 } else { 0.0 };
        let [a, b, c, d] = cells.map(|cell| cell + added);
        around((a * d) / (b * c), (1.0 / a + 1.0 / b + 1.0 / c + 1.0 / d).sqrt())
    }

    /// The share of the first group by the share of the others, with Katz's interval; halves are added as above.
    pub fn share_ratio(&self) -> Ratio {
        let cells = self.cells();
        let added = if cells[0] == 0.0 || cells[2] == 0.0 { 0.5 } else { 0.0 };
        let [a, b, c, d] = cells.map(|cell| cell + added);
        let error = (1.0 / a - 1.0 / (a + b) + 1.0 / c - 1.0 / (c + d)).sqrt();
        around((a / (a + b)) / (c / (c + d)), error)
    }

    /// How likely a difference at least as large is if there is none, two-sided, and by which test.
    pub fn p_value(&self) -> (f64, Test) {
        let [a, b, c, d] = self.cells();
        let all = a + b + c + d;
        let least = (a + b).min(c + d) * (a + c).min(b + d) / all;
        if least < 5.0 || !least.is_finite() {
            return (self.fisher(), Test::Fisher);
        }
        let square = all * (a * d - b * c).powi(2) / ((a + b) * (c + d) * (a + c) * (b + d));
        (chi_square_tail(square), Test::ChiSquare)
    }

    /// Fisher's exact test, two-sided: the chance of all tables with these sums that are no likelier than this one.
    pub fn fisher(&self) -> f64 {
        /// So much may a chance be larger by rounding and still be the same (as in R).
        const SAME: f64 = 1e-7;
        let [a, b, c, d] = self.cells();
        let (row, column, all) = (a + b, a + c, a + b + c + d);
        let choose = |of: f64, some: f64| ln_gamma(of + 1.0) - ln_gamma(some + 1.0) - ln_gamma(of - some + 1.0);
        let chance = |x: f64| (choose(column, x) + choose(all - column, row - x) - choose(all, row)).exp();
        let here = chance(a) * (1.0 + SAME);
        let (mut x, most) = ((row + column - all).max(0.0), row.min(column));
        let mut sum = 0.0;
        while x <= most {
            let there = chance(x);
            if there <= here {
                sum += there;
            }
            x += 1.0;
        }
        sum.min(1.0)
    }
}

fn around(ratio: f64, error: f64) -> Ratio {
    Ratio { ratio, low: ratio * (-Z * error).exp(), high: ratio * (Z * error).exp() }
}

/// The chance that χ² with one degree of freedom is larger than `square`: the upper incomplete gamma function
/// Q(½, square / 2), by its series below 3 and its continued fraction above (Numerical Recipes 6.2).
pub fn chi_square_tail(square: f64) -> f64 {
    let x = square / 2.0;
    if x.is_nan() || x <= 0.0 {
        return 1.0;
    }
    let lead = (0.5 * x.ln() - x - ln_gamma(0.5)).exp();
    if x < 1.5 {
        let (mut term, mut sum, mut n) = (2.0, 2.0, 0.5);
        while term > sum * f64::EPSILON {
            n += 1.0;
            term *= x / n;
            sum += term;
        }
        return 1.0 - lead * sum;
    }
    let tiny = f64::MIN_POSITIVE / f64::EPSILON;
    let mut b = x + 0.5;
    let (mut c, mut d) = (1.0 / tiny, 1.0 / b);
    let mut fraction = d;
    for index in 1..500 {
        let index = f64::from(index);
        let a = -index * (index - 0.5);
        b += 2.0;
        d = (a * d + b).recip();
        c = b + a / c;
        fraction *= d * c;
        if (d * c - 1.0).abs() < f64::EPSILON {
            break;
        }
    }
    lead * fraction
}

/// What p-values are worth when many were looked at (Benjamini and Hochberg, 1995): calling everything with an adjusted
/// value of at most *q* a finding is wrong, on average, in a share of at most *q* of the findings.
///
/// ```
/// let adjusted = fanvine_stats::significance::false_discovery(&[0.01, 0.5, 0.02]);
/// assert_eq!(adjusted, [0.03, 0.5, 0.03]);
/// ```
pub fn false_discovery(p_values: &[f64]) -> Vec<f64> {
    let mut ranked: Vec<usize> = (0..p_values.len()).collect();
    ranked.sort_by(|left, right| p_values[*right].total_cmp(&p_values[*left]));
    let (mut adjusted, mut least) = (vec![1.0; p_values.len()], 1.0_f64);
    for (place, index) in ranked.iter().enumerate() {
        let rank = (p_values.len() - place) as f64;
        least = least.min(p_values[*index] * p_values.len() as f64 / rank);
        adjusted[*index] = least;
    }
    adjusted
}

#[cfg(test)]
mod tests {
    use super::*;

    fn close(value: f64, expected: f64) {
        assert!((value - expected).abs() <= 1e-10 * expected.abs(), "{value:e} is not {expected:e}");
    }

    fn table([with, without, others_with, others_without]: [u64; 4]) -> TwoByTwo {
        TwoByTwo { with, without, others_with, others_without }
    }

    // The figures of these tests are those of scipy 1.17.1: contingency.odds_ratio(kind="sample"),
    // contingency.relative_risk, fisher_exact, chi2_contingency(correction=False), chi2.sf and false_discovery_control.

    #[test]
    fn ratios_and_their_intervals_agree_with_scipy() {
        let odds = table([12, 5, 29, 2]).odds_ratio();
        close(odds.ratio, 0.16551724137931034);
        close(odds.low, 0.028123837154608543);
        close(odds.high, 0.9741187535402726);
        let odds = table([120, 880, 300, 4700]).odds_ratio();
        close(odds.low, 1.7083007168826436);
        close(odds.high, 2.671689791891833);
        let shares = table([120, 880, 300, 4700]).share_ratio();
        close(shares.ratio, 2.0);
        close(shares.low, 1.6366143342193455);
        close(shares.high, 2.444070002544597);
        let shares = table([12, 5, 29, 2]).share_ratio();
        close(shares.low, 0.5476697032099684);
        close(shares.high, 1.0396168851062468);
    }

    #[test]
    fn an_empty_cell_leaves_the_ratio_finite() {
        let odds = table([0, 10, 8, 2]).odds_ratio();
        close(odds.ratio, (0.5 * 2.5) / (10.5 * 8.5));
        assert!(odds.low > 0.0 && odds.high.is_finite());
        assert!(table([0, 10, 8, 2]).share_ratio().low > 0.0);
    }

    #[test]
    fn chances_agree_with_scipy() {
        close(table([12, 5, 29, 2]).fisher(), 0.08026855207410463);
        close(table([3, 1, 1, 3]).fisher(), 0.48571428571428565);
        close(table([120, 880, 300, 4700]).fisher(), 2.52028668298984e-10);
        close(table([0, 10, 8, 2]).fisher(), 0.000714455822814956);
        close(table([40, 60, 20, 80]).fisher(), 0.0031918168259287634);
        let (p, test) = table([40, 60, 20, 80]).p_value();
        close(p, 0.0020282311484520824);
        assert_eq!(test, Test::ChiSquare);
        close(table([120, 880, 300, 4700]).p_value().0, 1.1335066958303877e-11);
        assert_eq!(table([12, 5, 29, 2]).p_value().1, Test::Fisher);
        for (square, tail) in [
            (0.001, 0.9747728793699604),
            (0.5, 0.47950012218695337),
            (3.84, 0.05004352124870519),
            (10.83, 0.0009986863791802592),
            (50.0, 1.537459794428033e-12),
            (300.0, 3.2943623833139784e-67),
        ] {
            close(chi_square_tail(square), tail);
        }
    }

    #[test]
    fn a_table_of_nobody_says_nothing() {
        for nobody in [[0, 0, 0, 0], [0, 5, 0, 5], [5, 0, 0, 0]] {
            close(table(nobody).p_value().0, 1.0);
        }
    }

    #[test]
    fn many_findings_are_adjusted_as_benjamini_and_hochberg_say() {
        // The 25 values of the example in statsmodels' and McDonald's handbook of biological statistics.
        let values = [
            0.001, 0.008, 0.039, 0.041, 0.042, 0.06, 0.074, 0.205, 0.212, 0.216, 0.222, 0.251, 0.269, 0.275, 0.34,
            0.341, 0.384, 0.569, 0.594, 0.696, 0.762, 0.94, 0.942, 0.975, 0.986,
        ];
        let adjusted = false_discovery(&values);
        for (place, expected) in [
            (0, 0.025),
            (1, 0.1),
            (2, 0.21000000000000002),
            (5, 0.25),
            (6, 0.2642857142857143),
            (7, 0.49107142857142866),
            (14, 0.5328125),
            (16, 0.5647058823529413),
            (19, 0.8699999999999999),
            (24, 0.986),
        ] {
            close(adjusted[place], expected);
        }
        assert!(false_discovery(&[]).is_empty());
    }
}
