//! How a forecast would have done: made again from earlier, over figures that are known by now.

use super::start::mean;
use super::{FEWEST, ForecastError, checked, fit};

/// So many origins at most.
const MOST_ORIGINS: usize = 8;

/// How forecasts from earlier origins did.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct HeldOut {
    /// From how many origins.
    pub origins: usize,
    /// How many figures were foretold in all.
    pub figures: usize,
    /// The share of them that lay in their interval.
    pub coverage: f64,
    /// Mean absolute error, scaled by that of the seasonal naive forecast one season ahead within the figures known at
    /// the origin (Hyndman & Koehler 2006, "Another look at measures of forecast accuracy"). None where that is nothing.
    pub mase: Option<f64>,
    /// The same for the seasonal naive forecast of the same figures: each is what it was a season before.
    pub naive_mase: Option<f64>,
}

/// Forecasts `steps` figures again and again from origins before the end, with models fitted only to what was known there,
/// and compares. At least three seasons must be known at an origin.
///
/// # Errors
/// The series is too short to hold anything out.
pub fn held_out(series: &[f64], season: usize, steps: usize, level: f64) -> Result<HeldOut, ForecastError> {
    checked(series)?;
    let (season, steps) = (season.max(1), steps.max(1));
    let fewest = (3 * season).max(2 * FEWEST);
    let needed = fewest + steps;
    if series.len() < needed {
        return Err(ForecastError::TooShort { given: series.len(), needed });
    }
    let room = series.len() - needed;
    let origins = MOST_ORIGINS.min(room + 1);
    // Evenly spread over the later half of what there is.
    let stride = (room / 2).div_euclid(origins.max(1)).max(1);
    let (mut errors, mut naive, mut inside, mut figures) = (Vec::new(), Vec::new(), 0usize, 0usize);
    let mut used = 0;
    for back in 0..origins {
        let Some(origin) = (series.len() - steps).checked_sub(back * stride).filter(|at| *at >= fewest) else { break };
        let (known, rest) = series.split_at(origin);
        let model = fit(known, season)?;
        let steady: Vec<f64> = known.windows(season + 1).map(|pair| (pair[season] - pair[0]).abs()).collect();
        let scale = mean(&steady);
        used += 1;
        for (step, (expected, actual)) in model.ahead(steps, level).iter().zip(rest).enumerate() {
            figures += 1;
            inside += usize::from((expected.lower..=expected.upper).contains(actual));
            if scale > 0.0 {
                errors.push((actual - expected.mean).abs() / scale);
                naive.push((actual - known[origin - season + step % season]).abs() / scale);
            }
        }
    }
    let known = |values: &[f64]| (!values.is_empty()).then(|| mean(values));
    Ok(HeldOut {
        origins: used,
        figures,
        coverage: inside as f64 / figures.max(1) as f64,
        mase: known(&errors),
        naive_mase: known(&naive),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_series_that_repeats_is_foretold_as_it_comes() {
        let week = [5.0, 6.0, 7.0, 6.0, 9.0, 14.0, 12.0];
        // Not quite: a steady series has nothing to scale errors by.
        let mut random = crate::random::Random::new(7);
        let series: Vec<f64> = (0..91).map(|day| week[day % 7] + 2.0 * random.unit() - 1.0).collect();
        let done = held_out(&series, 7, 7, 0.8).unwrap();
        assert_eq!(done.figures, done.origins * 7);
        assert!(done.mase < done.naive_mase && done.coverage > 0.6, "{done:?}");
    }

    #[test]
    fn too_little_to_hold_anything_out_is_said_with_its_numbers() {
        let refused = held_out(&[1.0; 20], 7, 7, 0.8).unwrap_err();
        assert_eq!(refused, ForecastError::TooShort { given: 20, needed: 28 });
    }
}
