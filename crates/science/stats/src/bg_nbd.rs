//! How often customers will buy again, and whether they are still there: the BG/NBD model.
//!
//! Fader, Hardie & Lee (2005), "“Counting Your Customers” the Easy Way: An Alternative to the Pareto/NBD Model",
//! Marketing Science 24(2). A customer who is there buys at random with a rate λ, and leaves for good after any
//! purchase with probability p; over the customers λ is Gamma(r, α) and p is Beta(a, b). Someone who never bought
//! again is, in this model, always still there.
//!
//! The unit of time is the caller's (days, weeks), the same everywhere; α is in that unit.

use thiserror::Error;

use crate::optimise::{Fitted, minimise};
use crate::special::{hypergeometric, ln_gamma};

/// How far beyond what the parameters may be a fit stops looking, as a natural logarithm (e¹² is 160,000).
const FARTHEST: f64 = 12.0;
/// The longest horizon, in units of α + age. Beyond it the series would need millions of terms.
const LONGEST: f64 = 1e5;

/// Why there is no BG/NBD model, or none of these data.
#[derive(Debug, Clone, PartialEq, Error)]
pub enum BgNbdError {
    /// A parameter must be positive and finite.
    #[error("parameter {name} is {value}: it must be positive and finite")]
    Parameter {
        /// Which one.
        name: &'static str,
        /// What it was.
        value: f64,
    },
    /// A history contradicts itself.
    #[error(
        "history {index} is impossible: {frequency} repeat purchases, the last {recency} after the first, at age {age}"
    )]
    History {
        /// Its place among the histories.
        index: usize,
        /// Its repeat purchases.
        frequency: u32,
        /// Its last purchase.
        recency: f64,
        /// Its age.
        age: f64,
    },
    /// A weight must be positive and finite.
    #[error("weight {index} is {weight}: it must be positive and finite")]
    Weight {
        /// Its place among the weights.
        index: usize,
        /// What it was.
        weight: f64,
    },
    /// Each history needs its weight.
    #[error("{weights} weights for {histories} histories")]
    Lengths {
        /// How many weights there were.
        weights: usize,
        /// How many histories there were.
        histories: usize,
    },
    /// Without a single repeat purchase nothing can be said about the next.
    #[error("none of the {histories} histories has a repeat purchase")]
    NoRepeats {
        /// How many histories there were.
        histories: usize,
    },
    /// A ridge must not be negative.
    #[error("ridge is {ridge}: it must be finite and not negative")]
    Ridge {
        /// What it was.
        ridge: f64,
    },
}

/// What a customer did so far.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct History {
    /// x: purchases after the first.
    pub frequency: u32,
    /// tₓ: time from the first to the last purchase; 0 where there was but one.
    pub recency: f64,
    /// T: time from the first purchase until now.
    pub age: f64,
}

impl History {
    fn is_possible(&self) -> bool {
        let ordered = 0.0 <= self.recency && self.recency <= self.age && self.age.is_finite();
        ordered && (self.frequency > 0 || self.recency == 0.0)
    }

    fn x(&self) -> f64 {
        f64::from(self.frequency)
    }
}

/// A BG/NBD model.
///
/// ```
/// use fanvine_stats::bg_nbd::{BgNbd, History};
///
/// // The paper's parameters for CDNOW, in weeks, and the customer of Fader & Hardie's worked example.
/// let model = BgNbd::new(0.243, 4.414, 0.793, 2.426).unwrap();
/// let customer = History { frequency: 2, recency: 30.43, age: 38.86 };
/// assert!((model.expected_purchases(&customer, 39.0) - 1.226).abs() < 5e-4);
/// assert!((model.probability_alive(&customer) - 0.727).abs() < 5e-4);
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct BgNbd {
    r: f64,
    alpha: f64,
    a: f64,
    b: f64,
}

impl BgNbd {
    /// A model with parameters r, α, a and b.
    pub fn new(r: f64, alpha: f64, a: f64, b: f64) -> Result<BgNbd, BgNbdError> {
        for (name, value) in [("r", r), ("alpha", alpha), ("a", a), ("b", b)] {
            if !(value > 0.0 && value.is_finite()) {
                return Err(BgNbdError::Parameter { name, value });
            }
        }
        Ok(BgNbd { r, alpha, a, b })
    }

    /// r, α, a and b.
    pub fn parameters(&self) -> [f64; 4] {
        [self.r, self.alpha, self.a, self.b]
    }

    /// The model under which the histories are most likely. A weight says how many customers have that history; all
    /// count once without weights.
    ///
    /// Minimises −ln L / Σ weights + ridge · (r² + α² + a² + b²) over the parameters' logarithms, where time is
    /// counted in the oldest customer's ages so that the unit does not matter. A ridge of 0 gives maximum likelihood;
    /// where customers are few or all alike, a and b run away, and a ridge of 0.001 to 0.1 holds them.
    pub fn fit(histories: &[History], weights: Option<&[f64]>, ridge: f64) -> Result<Fitted<BgNbd>, BgNbdError> {
        if !(ridge >= 0.0 && ridge.is_finite()) {
            return Err(BgNbdError::Ridge { ridge });
        }
        let patterns = patterns(histories, weights)?;
        let oldest = patterns.iter().fold(0.0_f64, |oldest, pattern| oldest.max(pattern.history.age));
        if oldest == 0.0 || patterns.iter().all(|pattern| pattern.history.frequency == 0) {
            return Err(BgNbdError::NoRepeats { histories: histories.len() });
        }
        let scaled: Vec<Pattern> = patterns.iter().map(|pattern| pattern.scaled(1.0 / oldest)).collect();
        let total: f64 = scaled.iter().map(|pattern| pattern.weight).sum();
        let minimum = minimise([0.0; 4], 0.5, |logarithms| {
            if logarithms.iter().any(|logarithm| logarithm.abs() > FARTHEST) {
                return f64::INFINITY;
            }
            let parameters = logarithms.map(f64::exp);
            let [r, alpha, a, b] = parameters;
            let penalty = ridge * parameters.iter().map(|value| value * value).sum::<f64>();
            penalty - BgNbd { r, alpha, a, b }.likelihood_of(&scaled) / total
        })
        .within(FARTHEST);
        let [r, alpha, a, b] = minimum.at.map(f64::exp);
        let model = BgNbd::new(r, alpha * oldest, a, b)?;
        let log_likelihood = model.likelihood_of(&patterns);
        Ok(Fitted { model, log_likelihood, convergence: minimum.convergence })
    }

    /// ln L of the histories under this model: equation (6) of the paper, summed with the weights.
    pub fn log_likelihood(&self, histories: &[History], weights: Option<&[f64]>) -> Result<f64, BgNbdError> {
        Ok(self.likelihood_of(&patterns(histories, weights)?))
    }

    fn likelihood_of(&self, patterns: &[Pattern]) -> f64 {
        let BgNbd { r, alpha, a, b } = *self;
        let constant = r * alpha.ln() - ln_gamma(r) + ln_gamma(a + b) - ln_gamma(b);
        let of_one = |history: &History| {
            let x = history.x();
            let stayed = -(r + x) * (alpha + history.age).ln();
            if history.frequency == 0 {
                return stayed;
            }
            let left = a.ln() - (b + x - 1.0).ln() - (r + x) * (alpha + history.recency).ln();
            stayed.max(left) + (-(stayed - left).abs()).exp().ln_1p()
        };
        // The patterns are sorted by frequency, so the gamma functions are evaluated once for each.
        let same = patterns.chunk_by(|left, right| left.history.frequency == right.history.frequency);
        same.map(|group| {
            let x = group.first().map_or(0.0, |pattern| pattern.history.x());
            let shared = constant + ln_gamma(r + x) + ln_gamma(b + x) - ln_gamma(a + b + x);
            group.iter().map(|pattern| pattern.weight * (shared + of_one(&pattern.history))).sum::<f64>()
        })
        .sum()
    }

    /// The probability that the customer is still there: Fader & Hardie (2008), "Computing P(alive) Using the BG/NBD
    /// Model", 1 / (1 + a / (b + x − 1) · ((α + T) / (α + tₓ))^(r + x)). NaN for an impossible history.
    pub fn probability_alive(&self, history: &History) -> f64 {
        if !history.is_possible() {
            return f64::NAN;
        }
        if history.frequency == 0 {
            return 1.0;
        }
        let x = history.x();
        let odds = self.a.ln() - (self.b + x - 1.0).ln()
            + (self.r + x) * ((history.age - history.recency) / (self.alpha + history.recency)).ln_1p();
        (1.0 + odds.exp()).recip()
    }

    /// How many purchases to expect of this customer in the next `time`: equation (10) of the paper. NaN for an
    /// impossible history or a negative time; a time above 100,000 (α + T) counts as that.
    pub fn expected_purchases(&self, history: &History, time: f64) -> f64 {
        self.probability_alive(history) * self.expected_while(history.x(), history.age, time)
    }

    /// How many purchases to expect of someone new in the `time` after their first: equation (9) of the paper.
    pub fn expected_purchases_new(&self, time: f64) -> f64 {
        self.expected_while(0.0, 0.0, time)
    }

    /// Purchases to expect in `t` of a customer who is there at age T, after x repeat purchases:
    ///
    /// c / ε · (1 − (1 − z)^(r + x) ₂F₁(r + x, b + x; c; z)), with ε = a − 1, c = a + b + x − 1, z = t / (α + T + t).
    ///
    /// Written so, it is 0 / 0 at a = 1, and overflows for busy customers. Euler's transformation makes the product
    /// (1 − z)^ε ₂F₁(ε, d; c; z) with d = c − r − x; dividing by ε and multiplying by c term by term leaves
    ///
    /// −c · ((1 − z)^ε − 1) / ε − (1 − z)^ε · d z · ₃F₂(ε + 1, d + 1, 1; c + 1, 2; z),
    ///
    /// in which nothing is singular: c + 1 = a + b + x is positive.
    fn expected_while(&self, x: f64, age: f64, time: f64) -> f64 {
        let BgNbd { r, alpha, a, b } = *self;
        if time.is_nan() || time < 0.0 {
            return f64::NAN;
        }
        let horizon = time.min(LONGEST * (alpha + age));
        let z = horizon / (alpha + age + horizon);
        let (epsilon, c) = (a - 1.0, a + b + x - 1.0);
        let d = a + b - 1.0 - r;
        // ln(1 − z), exact for short horizons too.
        let shrink = -(horizon / (alpha + age)).ln_1p();
        let relative = if epsilon == 0.0 { shrink } else { (epsilon * shrink).exp_m1() / epsilon };
        let series = hypergeometric([epsilon + 1.0, d + 1.0, 1.0], [c + 1.0, 2.0], z);
        (-c * relative - d * z * series.times_exp(epsilon * shrink)).max(0.0)
    }
}

/// A history, and how many customers have it.
#[derive(Clone, Copy)]
struct Pattern {
    history: History,
    weight: f64,
}

impl Pattern {
    fn scaled(&self, by: f64) -> Pattern {
        let History { frequency, recency, age } = self.history;
        Pattern { history: History { frequency, recency: recency * by, age: age * by }, weight: self.weight }
    }
}

/// The distinct histories by frequency. A million customers have some tens of thousands, which is what a fit costs.
fn patterns(histories: &[History], weights: Option<&[f64]>) -> Result<Vec<Pattern>, BgNbdError> {
    if let Some(weights) = weights.filter(|weights| weights.len() != histories.len()) {
        return Err(BgNbdError::Lengths { weights: weights.len(), histories: histories.len() });
    }
    let mut patterns = Vec::with_capacity(histories.len());
    for (index, history) in histories.iter().enumerate() {
        if !history.is_possible() {
            let History { frequency, recency, age } = *history;
            return Err(BgNbdError::History { index, frequency, recency, age });
        }
        let weight = weights.and_then(|weights| weights.get(index)).copied().unwrap_or(1.0);
        if !(weight > 0.0 && weight.is_finite()) {
            return Err(BgNbdError::Weight { index, weight });
        }
        patterns.push(Pattern { history: *history, weight });
    }
    patterns.sort_by(|left, right| {
        let (left, right) = (left.history, right.history);
        let times = left.recency.total_cmp(&right.recency).then(left.age.total_cmp(&right.age));
        left.frequency.cmp(&right.frequency).then(times)
    });
    patterns.dedup_by(|next, kept| {
        let same = next.history == kept.history;
        if same {
            kept.weight += next.weight;
        }
        same
    });
    Ok(patterns)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn close(value: f64, expected: f64, tolerance: f64) {
        assert!((value / expected - 1.0).abs() <= tolerance, "{value:e} is not {expected:e}");
    }

    /// Equations (9) and (10) and P(alive), computed as written in the papers with mpmath 1.4.1 at 60 digits.
    #[test]
    fn expectations_agree_with_mpmath_where_the_papers_formula_breaks_down() {
        let cdnow = (0.243, 4.414, 0.793, 2.426);
        for ((r, alpha, a, b), (frequency, recency, age), time, expected, alive) in [
            (cdnow, (2, 30.43, 38.86), 39.0, 1.2260281747671444, 0.726578570080673),
            (cdnow, (0, 0.0, 38.86), 39.0, 0.19509805201126265, 1.0),
            (cdnow, (0, 0.0, 0.0), 78.0, 1.8605190579427684, 1.0),
            (cdnow, (800, 38.0, 38.86), 39.0, 0.05870872486256748, 0.00010670346251843701),
            ((0.243, 4.414, 1.0, 2.426), (2, 30.43, 38.86), 39.0, 1.1021367860399558, 0.6781756148544038),
            ((0.243, 4.414, 0.2, 0.5), (0, 0.0, 10.0), 52.0, 0.6548124969720833, 1.0),
            ((0.243, 4.414, 1500.0, 4000.0), (2, 30.0, 38.86), 900.0, 2.2238743944997545, 0.6147287872061503),
            ((0.243, 0.01, 0.793, 2.426), (0, 0.0, 0.0), 52.0, 19.477774055287263, 1.0),
            ((0.8, 20.0, 0.5, 1e5), (3, 30.0, 52.0), 52.0, 2.7443658100648394, 0.9999800138055466),
            ((3.0, 10.0, 2.0, 2.0), (1, 1.0, 400.0), 52.0, 2.332686887649796e-07, 5.181256452375989e-07),
        ] {
            let model = BgNbd::new(r, alpha, a, b).unwrap();
            let history = History { frequency, recency, age };
            close(model.expected_purchases(&history, time), expected, 1e-10);
            close(model.probability_alive(&history), alive, 1e-12);
        }
    }

    #[test]
    fn no_time_brings_no_purchases_and_longer_times_bring_more() {
        let model = BgNbd::new(0.243, 4.414, 0.793, 2.426).unwrap();
        assert_eq!(model.expected_purchases_new(0.0), 0.0);
        let times = [1e-9, 0.1, 1.0, 10.0, 1e3, 1e5, 1e7, f64::INFINITY];
        let expected = times.map(|time| model.expected_purchases_new(time));
        assert!(expected.iter().all(|value| value.is_finite()) && expected.is_sorted(), "{expected:?}");
        close(expected[0], 1e-9 * 0.243 / 4.414, 1e-6);
        assert!(model.expected_purchases_new(-1.0).is_nan());
    }

    #[test]
    fn weights_stand_for_repeated_histories() {
        let once = [
            History { frequency: 0, recency: 0.0, age: 30.0 },
            History { frequency: 3, recency: 21.0, age: 30.0 },
            History { frequency: 1, recency: 2.0, age: 28.0 },
        ];
        let model = BgNbd::new(0.5, 6.0, 0.9, 2.0).unwrap();
        let weighted = model.log_likelihood(&once, Some(&[3.0, 2.0, 1.0])).unwrap();
        let repeated = [once[0], once[1], once[0], once[2], once[1], once[0]];
        close(weighted, model.log_likelihood(&repeated, None).unwrap(), 1e-14);
    }

    #[test]
    fn parameters_that_run_away_are_reported_and_a_ridge_holds_them() {
        // Everybody left with the same probability, so that the likeliest a and b are infinite.
        let histories: Vec<History> =
            (1..20).map(|x| History { frequency: x % 3, recency: f64::from(x % 3) * 3.0, age: 10.0 }).collect();
        let free = BgNbd::fit(&histories, None, 0.0).unwrap();
        assert!(!free.convergence.converged, "{free:?}");
        let held = BgNbd::fit(&histories, None, 0.01).unwrap();
        assert!(held.convergence.converged, "{held:?}");
        assert!(held.model.parameters().iter().all(|value| *value < 100.0), "{held:?}");
        assert!(held.log_likelihood < free.log_likelihood, "{held:?} {free:?}");
    }

    #[test]
    fn what_cannot_be_fitted_is_refused_by_name() {
        let fine = History { frequency: 1, recency: 2.0, age: 3.0 };
        let fit = |histories: &[History]| BgNbd::fit(histories, None, 0.0).unwrap_err().to_string();
        assert_eq!(
            fit(&[fine, History { frequency: 1, recency: 4.0, age: 3.0 }]),
            "history 1 is impossible: 1 repeat purchases, the last 4 after the first, at age 3"
        );
        assert!(fit(&[History { frequency: 0, recency: 1.0, age: 3.0 }]).contains("history 0 is impossible"));
        assert!(fit(&[History { age: f64::NAN, ..fine }]).contains("history 0 is impossible"));
        assert_eq!(fit(&[]), "none of the 0 histories has a repeat purchase");
        assert_eq!(
            fit(&[History { frequency: 0, recency: 0.0, age: 3.0 }]),
            "none of the 1 histories has a repeat purchase"
        );
        let weighted = |weights: &[f64]| BgNbd::fit(&[fine], Some(weights), 0.0).unwrap_err().to_string();
        assert_eq!(weighted(&[]), "0 weights for 1 histories");
        assert_eq!(weighted(&[-1.0]), "weight 0 is -1: it must be positive and finite");
        assert_eq!(BgNbd::fit(&[fine], None, -1.0).unwrap_err(), BgNbdError::Ridge { ridge: -1.0 });
        assert_eq!(
            BgNbd::new(1.0, 0.0, 1.0, 1.0).unwrap_err().to_string(),
            "parameter alpha is 0: it must be positive and finite"
        );
    }
}
