//! What a customer will still be worth: purchases to come (BG/NBD) times spend (Gamma-Gamma), discounted.
//!
//! Fader, Hardie & Lee (2005), "RFM and CLV: Using Iso-Value Curves for Customer Base Analysis", Journal of Marketing
//! Research 42(4), as a sum over periods.

use thiserror::Error;

use crate::bg_nbd::{BgNbd, History};
use crate::gamma_gamma::{GammaGamma, Spend};

/// A horizon that makes no sense.
#[derive(Debug, Clone, PartialEq, Error)]
pub enum HorizonError {
    /// A period must last.
    #[error("a period of {period} is impossible: it must be positive and finite")]
    Period {
        /// What it was.
        period: f64,
    },
    /// A discount rate must be above −100 %.
    #[error("a discount rate of {rate} a period is impossible: it must be above -1 and finite")]
    DiscountRate {
        /// What it was.
        rate: f64,
    },
}

/// How far ahead to look, and what later money is worth now.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Horizon {
    periods: u32,
    period: f64,
    discount_rate: f64,
}

impl Horizon {
    /// So many periods, each so long (in the unit of the histories); `discount_rate` is for one period: 0.01 makes
    /// money that comes a period later worth 1 / 1.01.
    pub fn new(periods: u32, period: f64, discount_rate: f64) -> Result<Horizon, HorizonError> {
        if !(period > 0.0 && period.is_finite()) {
            return Err(HorizonError::Period { period });
        }
        if !(discount_rate > -1.0 && discount_rate.is_finite()) {
            return Err(HorizonError::DiscountRate { rate: discount_rate });
        }
        Ok(Horizon { periods, period, discount_rate })
    }
}

/// The discounted spend to expect of a customer within the horizon, in the unit of the spend; what a period brings is
/// counted at its end. NaN for an impossible history.
///
/// ```
/// use fanvine_stats::bg_nbd::{BgNbd, History};
/// use fanvine_stats::gamma_gamma::{GammaGamma, Spend};
/// use fanvine_stats::lifetime::{Horizon, lifetime_value};
///
/// let buying = BgNbd::new(0.243, 4.414, 0.793, 2.426).unwrap();
/// let spending = GammaGamma::new(6.25, 3.74, 15.44).unwrap();
/// let history = History { frequency: 2, recency: 30.43, age: 38.86 };
/// let spend = Spend { purchases: 2, mean: 22.35 };
/// // Without discounting: the purchases of 39 weeks times the spend of one.
/// let year = Horizon::new(3, 13.0, 0.0).unwrap();
/// let value = lifetime_value(&buying, &spending, &history, &spend, &year);
/// assert!((value - 1.226 * spending.expected_spend(&spend)).abs() < 0.01);
/// ```
pub fn lifetime_value(
    buying: &BgNbd,
    spending: &GammaGamma,
    history: &History,
    spend: &Spend,
    horizon: &Horizon,
) -> f64 {
    let (mut purchases, mut before, mut worth) = (0.0, 0.0, 1.0);
    for period in 1..=horizon.periods {
        let until = buying.expected_purchases(history, f64::from(period) * horizon.period);
        worth /= 1.0 + horizon.discount_rate;
        purchases += (until - before) * worth;
        before = until;
    }
    purchases * spending.expected_spend(spend)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn impossible_horizons_are_refused_by_name() {
        assert_eq!(
            Horizon::new(12, 0.0, 0.01).unwrap_err().to_string(),
            "a period of 0 is impossible: it must be positive and finite"
        );
        assert_eq!(
            Horizon::new(12, 1.0, -1.0).unwrap_err().to_string(),
            "a discount rate of -1 a period is impossible: it must be above -1 and finite"
        );
    }

    #[test]
    fn someone_who_never_came_back_is_worth_the_spend_of_the_population() {
        let buying = BgNbd::new(0.243, 4.414, 0.793, 2.426).unwrap();
        let spending = GammaGamma::new(6.25, 3.74, 15.44).unwrap();
        let history = History { frequency: 0, recency: 0.0, age: 20.0 };
        let spend = Spend { purchases: 0, mean: 0.0 };
        let value = lifetime_value(&buying, &spending, &history, &spend, &Horizon::new(1, 10.0, 0.25).unwrap());
        let expected = buying.expected_purchases(&history, 10.0) * spending.population_mean() / 1.25;
        assert!((value - expected).abs() < 1e-12);
    }
}
