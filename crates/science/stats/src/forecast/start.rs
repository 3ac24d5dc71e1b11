//! Where smoothing begins: Hyndman, Koehler, Ord & Snyder (2008), section 2.6.1.

use super::ets::Form;

/// So many figures say where level and slope begin.
const FIRST: usize = 10;
/// So many seasons say what the season adds.
const SEASONS: usize = 5;

/// The state before the first figure.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Start {
    pub level: f64,
    pub slope: f64,
    /// What the season adds to the first figure, the second …; they sum to nothing.
    pub season: Vec<f64>,
}

/// A line through the first figures, once the season is taken off them: its place before the first, and its slope.
pub(super) fn start(series: &[f64], form: Form) -> Start {
    let season = if form.season > 1 { season(series, form.season) } else { Vec::new() };
    let first: Vec<f64> = series
        .iter()
        .take(FIRST.max(form.season))
        .enumerate()
        .map(|(place, value)| value - season.get(place % form.season.max(1)).copied().unwrap_or(0.0))
        .collect();
    if !form.trend {
        return Start { level: mean(&first), slope: 0.0, season };
    }
    let (level, slope) = line(&first);
    Start { level, slope, season }
}

/// What each place of the first five seasons adds: the mean distance from a centred moving average over one season.
fn season(series: &[f64], length: usize) -> Vec<f64> {
    // With an even season the two ends count half each.
    let half = length / 2;
    let centred = |place: usize| {
        let window = series.get(place.checked_sub(half)?..=place + half)?;
        let sum: f64 = window.iter().sum();
        let ends = window.first()? + window.last()?;
        Some(if length.is_multiple_of(2) { (sum - ends / 2.0) / length as f64 } else { sum / length as f64 })
    };
    let mut sums = vec![(0.0, 0u32); length];
    for (place, value) in series.iter().enumerate().take(SEASONS * length) {
        let Some(middle) = centred(place) else { continue };
        let (sum, count) = &mut sums[place % length];
        *sum += value - middle;
        *count += 1;
    }
    let season: Vec<f64> = sums.iter().map(|(sum, count)| sum / f64::from(*count).max(1.0)).collect();
    let middle = mean(&season);
    season.into_iter().map(|one| one - middle).collect()
}

pub(super) fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len().max(1) as f64
}

/// The line of least squares through values at 1, 2, …: its value at 0, and its slope.
fn line(values: &[f64]) -> (f64, f64) {
    let count = values.len() as f64;
    let (middle, average) = ((count + 1.0) / 2.0, mean(values));
    let (mut products, mut squares) = (0.0, 0.0);
    for (at, value) in (1..).zip(values) {
        let from_middle = f64::from(at) - middle;
        products += from_middle * (value - average);
        squares += from_middle * from_middle;
    }
    let slope = if squares > 0.0 { products / squares } else { 0.0 };
    (average - slope * middle, slope)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_straight_line_with_a_season_is_taken_apart() {
        let added = [3.0, -1.0, -2.0];
        let series: Vec<f64> = (0..30).map(|at| 5.0 + 2.0 * f64::from(at) + added[at as usize % 3]).collect();
        let found = start(&series, Form { trend: true, damped: false, season: 3 });
        found.season.iter().zip(added).for_each(|(found, added)| assert!((found - added).abs() < 1e-9));
        assert!((found.level - 3.0).abs() < 1e-9 && (found.slope - 2.0).abs() < 1e-9, "{found:?}");
    }
}
