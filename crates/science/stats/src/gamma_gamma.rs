//! What customers spend in a purchase: the Gamma-Gamma model.
//!
//! Fader & Hardie (2013), "The Gamma-Gamma Model of Monetary Value", after Colombo & Jiang (1999). What a customer
//! spends varies around a mean of their own: Gamma(p, ν) with ν over the customers Gamma(q, γ), independent of how
//! often they buy. The spend is in the caller's unit; γ, here `v` as in most software, is in that unit.

use thiserror::Error;

use crate::optimise::{Fitted, minimise};
use crate::special::ln_gamma;

/// How far beyond what the parameters may be a fit stops looking, as a natural logarithm.
const FARTHEST: f64 = 12.0;

/// Why there is no Gamma-Gamma model, or none of these data.
#[derive(Debug, Clone, PartialEq, Error)]
pub enum GammaGammaError {
    /// A parameter is out of range.
    #[error("parameter {name} is {value}: it must be above {above} and finite")]
    Parameter {
        /// Which one.
        name: &'static str,
        /// What it was.
        value: f64,
        /// What it must be above.
        above: f64,
    },
    /// A customer's mean spend must be positive, over at least one purchase.
    #[error("spend {index} is impossible: {mean} a purchase over {purchases} purchases")]
    Spend {
        /// Its place among the spends.
        index: usize,
        /// Its purchases.
        purchases: u32,
        /// Its mean.
        mean: f64,
    },
    /// One customer does not tell how customers differ.
    #[error("{customers} customers are too few: at least 2 are needed")]
    TooFew {
        /// How many there were.
        customers: usize,
    },
    /// A ridge must not be negative.
    #[error("ridge is {ridge}: it must be finite and not negative")]
    Ridge {
        /// What it was.
        ridge: f64,
    },
}

/// What a customer spent so far.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Spend {
    /// x: how many purchases the mean is taken over. With BG/NBD these are by custom the repeat purchases.
    pub purchases: u32,
    /// z̄: the mean spend of these purchases.
    pub mean: f64,
}

/// A Gamma-Gamma model.
///
/// ```
/// use fanvine_stats::gamma_gamma::{GammaGamma, Spend};
///
/// // The parameters of the paper for CDNOW: a mean spend of some 35 dollars over all customers,
/// // towards which the mean of a customer's few purchases is drawn.
/// let model = GammaGamma::new(6.25, 3.74, 15.44).unwrap();
/// assert!((model.population_mean() - 35.2).abs() < 0.05);
/// let few = model.expected_spend(&Spend { purchases: 1, mean: 100.0 });
/// let many = model.expected_spend(&Spend { purchases: 20, mean: 100.0 });
/// assert!(35.2 < few && few < many && many < 100.0);
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct GammaGamma {
    p: f64,
    q: f64,
    v: f64,
}

impl GammaGamma {
    /// A model with parameters p, q and v. The mean over the customers, p v / (q − 1), exists only where q > 1.
    pub fn new(p: f64, q: f64, v: f64) -> Result<GammaGamma, GammaGammaError> {
        for (name, value, above) in [("p", p, 0.0), ("q", q, 1.0), ("v", v, 0.0)] {
            if !(value > above && value.is_finite()) {
                return Err(GammaGammaError::Parameter { name, value, above });
            }
        }
        Ok(GammaGamma { p, q, v })
    }

    /// p, q and v.
    pub fn parameters(&self) -> [f64; 3] {
        [self.p, self.q, self.v]
    }

    /// The model under which the spends are most likely, among those with q > 1.
    ///
    /// Minimises −ln L / n + ridge · (p² + q² + v²), where money is counted in the mean of the customers' means so
    /// that the currency does not matter. A ridge of 0 gives maximum likelihood.
    pub fn fit(spends: &[Spend], ridge: f64) -> Result<Fitted<GammaGamma>, GammaGammaError> {
        if !(ridge >= 0.0 && ridge.is_finite()) {
            return Err(GammaGammaError::Ridge { ridge });
        }
        let sorted = sorted(spends)?;
        if sorted.len() < 2 {
            return Err(GammaGammaError::TooFew { customers: sorted.len() });
        }
        let count = sorted.len() as f64;
        let unit = sorted.iter().map(|spend| spend.mean / count).sum::<f64>();
        let scaled: Vec<Spend> = sorted.iter().map(|spend| Spend { mean: spend.mean / unit, ..*spend }).collect();
        let model_at = |[p, q, v]: [f64; 3]| GammaGamma { p: p.exp(), q: 1.0 + q.exp(), v: v.exp() };
        let minimum = minimise([0.0; 3], 0.5, |logarithms| {
            if logarithms.iter().any(|logarithm| logarithm.abs() > FARTHEST) {
                return f64::INFINITY;
            }
            let model = model_at(*logarithms);
            let penalty = ridge * model.parameters().iter().map(|value| value * value).sum::<f64>();
            penalty - model.likelihood_of(&scaled) / count
        })
        .within(FARTHEST);
        let GammaGamma { p, q, v } = model_at(minimum.at);
        let model = GammaGamma::new(p, q, v * unit)?;
        Ok(Fitted { model, log_likelihood: model.likelihood_of(&sorted), convergence: minimum.convergence })
    }

    /// ln L of the spends under this model: equation (1a) of the paper, summed.
    pub fn log_likelihood(&self, spends: &[Spend]) -> Result<f64, GammaGammaError> {
        Ok(self.likelihood_of(&sorted(spends)?))
    }

    fn likelihood_of(&self, spends: &[Spend]) -> f64 {
        let GammaGamma { p, q, v } = *self;
        let constant = q * v.ln() - ln_gamma(q);
        // The spends are sorted by purchases, so the gamma functions are evaluated once for each count.
        let same = spends.chunk_by(|left, right| left.purchases == right.purchases);
        same.map(|group| {
            let x = group.first().map_or(1.0, |spend| f64::from(spend.purchases));
            let shape = p * x;
            let shared = constant + ln_gamma(shape + q) - ln_gamma(shape) + shape * x.ln();
            let of_one = |mean: f64| shared + (shape - 1.0) * mean.ln() - (shape + q) * (x * mean + v).ln();
            group.iter().map(|spend| of_one(spend.mean)).sum::<f64>()
        })
        .sum()
    }

    /// The mean spend of a purchase over all customers, p v / (q − 1).
    pub fn population_mean(&self) -> f64 {
        self.p * self.v / (self.q - 1.0)
    }

    /// The mean spend to expect of a customer from now on: equation (5) of the paper, the population's mean and the
    /// customer's own, weighted by (q − 1) and p x. Without purchases it is the population's.
    pub fn expected_spend(&self, spend: &Spend) -> f64 {
        if spend.purchases == 0 {
            return self.population_mean();
        }
        let own = self.p * f64::from(spend.purchases);
        let weight = own / (own + self.q - 1.0);
        (1.0 - weight) * self.population_mean() + weight * spend.mean
    }
}

/// The spends by their number of purchases, if all are possible.
fn sorted(spends: &[Spend]) -> Result<Vec<Spend>, GammaGammaError> {
    for (index, &Spend { purchases, mean }) in spends.iter().enumerate() {
        if purchases == 0 || !(mean > 0.0 && mean.is_finite()) {
            return Err(GammaGammaError::Spend { index, purchases, mean });
        }
    }
    let mut sorted = spends.to_vec();
    sorted.sort_by(|left, right| left.purchases.cmp(&right.purchases).then(left.mean.total_cmp(&right.mean)));
    Ok(sorted)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_currency_does_not_matter() {
        let dollars: Vec<Spend> =
            (1..40).map(|n| Spend { purchases: 1 + n % 4, mean: 5.0 + f64::from(n * n % 37) }).collect();
        let cents: Vec<Spend> = dollars.iter().map(|spend| Spend { mean: 100.0 * spend.mean, ..*spend }).collect();
        let [in_dollars, in_cents] = [dollars, cents].map(|spends| GammaGamma::fit(&spends, 0.0).unwrap().model);
        let ratio = in_cents.population_mean() / in_dollars.population_mean();
        assert!((ratio - 100.0).abs() < 1e-6, "{in_dollars:?} {in_cents:?}");
    }

    #[test]
    fn what_cannot_be_fitted_is_refused_by_name() {
        let fit = |spends: &[Spend]| GammaGamma::fit(spends, 0.0).unwrap_err().to_string();
        let fine = Spend { purchases: 2, mean: 10.0 };
        assert_eq!(
            fit(&[fine, Spend { purchases: 0, mean: 10.0 }]),
            "spend 1 is impossible: 10 a purchase over 0 purchases"
        );
        assert!(fit(&[Spend { purchases: 1, mean: 0.0 }]).starts_with("spend 0 is impossible: 0 a purchase"));
        assert_eq!(fit(&[fine]), "1 customers are too few: at least 2 are needed");
        assert_eq!(
            GammaGamma::new(1.0, 1.0, 1.0).unwrap_err().to_string(),
            "parameter q is 1: it must be above 1 and finite"
        );
    }
}
