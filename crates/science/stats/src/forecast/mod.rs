//! What a figure will be: exponential smoothing with prediction intervals, and how well it would have done.
//!
//! A series is a figure for each day (or week), one after the other, without gaps. [`fit`] chooses among the additive
//! exponential smoothing models of Hyndman, Koehler, Ord & Snyder, *Forecasting with Exponential Smoothing* (2008), by
//! corrected AIC; [`Fit::ahead`] gives means with intervals, [`Fit::sum`] the total over what is to come, [`held_out`] how
//! the same would have done on what is known by now.

mod backtest;
mod ets;
#[cfg(test)]
mod ets_tests;
mod start;

pub use backtest::{HeldOut, held_out};
pub use ets::{Fit, Form, Smoothing, fit, fit_form, score};

/// What is expected, and between which bounds it will be with the probability that was asked for.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Expected {
    /// The middle.
    pub mean: f64,
    /// The lower bound.
    pub lower: f64,
    /// The upper bound.
    pub upper: f64,
}

/// Why there is no forecast.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum ForecastError {
    /// Too few figures.
    #[error("a forecast needs {needed} figures at least, there are {given}")]
    TooShort {
        /// So many there are.
        given: usize,
        /// So many it takes.
        needed: usize,
    },
    /// A figure is none.
    #[error("figure {place} of the series is {value}")]
    NotFinite {
        /// Its place, from 0.
        place: usize,
        /// What stands there.
        value: f64,
    },
}

/// The fewest figures by which anything is foretold.
pub const FEWEST: usize = 8;

/// How many standard deviations around the middle hold a share of `level` of a normal distribution, 0 < `level` < 1.
///
/// Acklam's rational approximation of the inverse normal distribution, relative error below 1.2e-9.
///
/// ```
/// assert!((fanvine_stats::forecast::deviations(0.95) - 1.959_963_985).abs() < 1e-6);
/// assert!((fanvine_stats::forecast::deviations(0.80) - 1.281_551_566).abs() < 1e-6);
/// ```
pub fn deviations(level: f64) -> f64 {
    // Upper tail of the two-sided interval.
    let p = 0.5 + level.clamp(1e-9, 1.0 - 1e-9) / 2.0;
    const A: [f64; 6] = [
        -3.969_683_028_665_376e1,
        2.209_460_984_245_205e2,
        -2.759_285_104_469_687e2,
        1.383_577_518_672_69e2,
        -3.066_479_806_614_716e1,
        2.506_628_277_459_239,
    ];
    const B: [f64; 5] = [
        -5.447_609_879_822_406e1,
        1.615_858_368_580_409e2,
        -1.556_989_798_598_866e2,
        6.680_131_188_771_972e1,
        -1.328_068_155_288_572e1,
    ];
    const C: [f64; 6] = [
        -7.784_894_002_430_293e-3,
        -3.223_964_580_411_365e-1,
        -2.400_758_277_161_838,
        -2.549_732_539_343_734,
        4.374_664_141_464_968,
        2.938_163_982_698_783,
    ];
    const D: [f64; 4] =
        [7.784_695_709_041_462e-3, 3.224_671_290_700_398e-1, 2.445_134_137_142_996, 3.754_408_661_907_416];
    let along = |coefficients: &[f64], x: f64| coefficients.iter().fold(0.0, |sum, one| sum * x + one);
    if p <= 0.975_75 {
        let q = p - 0.5;
        let r = q * q;
        return along(&A, r) * q / (along(&B, r) * r + 1.0);
    }
    let q = (-2.0 * (1.0 - p).ln()).sqrt();
    -along(&C, q) / (along(&D, q) * q + 1.0)
}

/// Whether all figures are figures.
fn checked(series: &[f64]) -> Result<(), ForecastError> {
    match series.iter().position(|value| !value.is_finite()) {
        Some(place) => Err(ForecastError::NotFinite { place, value: series[place] }),
        None if series.len() < FEWEST => Err(ForecastError::TooShort { given: series.len(), needed: FEWEST }),
        None => Ok(()),
    }
}
