//! Additive exponential smoothing, ETS(A, N or A or Ad, N or A): Hyndman, Koehler, Ord & Snyder (2008), chapters 2, 3 and 6.
//!
//! With one step's error e = y − (l + φb + s): l ← l + φb + αe, b ← φb + βe, s ← s + γe. The variance h steps ahead is
//! σ²(1 + Σ c²) over j = 1 … h−1, with cⱼ = α + β(φ + … + φʲ) + γ where j is a whole number of seasons (table 6.2).

use super::start::{Start, start};
use super::{Expected, ForecastError, checked, deviations};
use crate::optimise::minimise;

/// Which parts a model has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Form {
    /// Whether it has a slope.
    pub trend: bool,
    /// Whether the slope levels off.
    pub damped: bool,
    /// How many figures a season has; 0 or 1 for none.
    pub season: usize,
}

impl Form {
    fn seasonal(self) -> bool {
        self.season > 1
    }

    /// How many parameters are looked for.
    fn parameters(self) -> usize {
        1 + usize::from(self.trend) + usize::from(self.damped) + usize::from(self.seasonal())
    }

    /// How many numbers it begins with: level, slope, season.
    fn states(self) -> usize {
        1 + usize::from(self.trend) + if self.seasonal() { self.season - 1 } else { 0 }
    }
}

/// How much of each error the parts of the state take over.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Smoothing {
    /// The level, α.
    pub level: f64,
    /// The slope, β.
    pub slope: f64,
    /// The season, γ.
    pub season: f64,
    /// What is left of the slope after each step, φ.
    pub damping: f64,
}

/// A model that was fitted to a series.
#[derive(Debug, Clone, PartialEq)]
pub struct Fit {
    /// Its parts.
    pub form: Form,
    /// Its parameters.
    pub smoothing: Smoothing,
    /// The sum of its squared errors one step ahead.
    pub squares: f64,
    /// Its corrected AIC: the less, the better.
    pub aicc: f64,
    /// The standard deviation of its errors one step ahead.
    pub sigma: f64,
    level: f64,
    slope: f64,
    /// What the season adds to the next figure, the one after …
    season: Vec<f64>,
}

/// The state behind the last figure, and the squared errors on the way.
struct Run {
    level: f64,
    slope: f64,
    season: Vec<f64>,
    at: usize,
    squares: f64,
}

impl Run {
    fn over(series: &[f64], from: &Start, smoothing: Smoothing) -> Self {
        let mut run = Self { level: from.level, slope: from.slope, season: from.season.clone(), at: 0, squares: 0.0 };
        series.iter().for_each(|value| run.step(*value, smoothing));
        run
    }

    fn step(&mut self, value: f64, smoothing: Smoothing) {
        let sloped = smoothing.damping * self.slope;
        let added = self.season.get(self.at).copied().unwrap_or(0.0);
        let error = value - (self.level + sloped + added);
        self.level += sloped + smoothing.level * error;
        self.slope = sloped + smoothing.slope * error;
        if let Some(added) = self.season.get_mut(self.at) {
            *added += smoothing.season * error;
            self.at = (self.at + 1) % self.season.len();
        }
        self.squares += error * error;
    }
}

/// The sum of squared errors, one step ahead, that these parameters make on a series.
pub fn score(series: &[f64], form: Form, smoothing: Smoothing) -> f64 {
    Run::over(series, &start(series, form), smoothing).squares
}

/// Numbers from −∞ to ∞ as parameters that may be: 0 < α < 1, 0 < β < α, 0 < γ < 1 − α, 0.8 < φ < 0.98.
fn smoothing(form: Form, free: &[f64]) -> Smoothing {
    let mut free = free.iter().map(|one| 1.0 / (1.0 + (-one).exp()));
    let mut next = |wanted: bool| if wanted { free.next().unwrap_or(0.5) } else { 0.0 };
    let level = 0.000_1 + 0.999_8 * next(true);
    let slope = level * next(form.trend);
    let season = (1.0 - level) * next(form.seasonal());
    let damping = if form.damped { 0.8 + 0.18 * next(true) } else { 1.0 };
    Smoothing { level, slope, season, damping }
}

/// The parameters with which a model of that form makes the least squared error, one step ahead.
///
/// # Errors
/// The series is too short, or holds what is no figure.
pub fn fit_form(series: &[f64], form: Form) -> Result<Fit, ForecastError> {
    checked(series)?;
    let from = start(series, form);
    let squares = |free: &[f64]| Run::over(series, &from, smoothing(form, free)).squares;
    let free: Vec<f64> = match form.parameters() {
        1 => minimise([-1.0], 1.0, |free: &[f64; 1]| squares(free)).at.to_vec(),
        2 => minimise([-1.0; 2], 1.0, |free: &[f64; 2]| squares(free)).at.to_vec(),
        3 => minimise([-1.0; 3], 1.0, |free: &[f64; 3]| squares(free)).at.to_vec(),
        _ => minimise([-1.0; 4], 1.0, |free: &[f64; 4]| squares(free)).at.to_vec(),
    };
    let smoothing = smoothing(form, &free);
    let mut run = Run::over(series, &from, smoothing);
    if !run.season.is_empty() {
        run.season.rotate_left(run.at);
    }
    let count = series.len() as f64;
    let parameters = (form.parameters() + form.states() + 1) as f64;
    let spare = count - parameters - 1.0;
    // Without an error at all the logarithm has no end; such a series is met equally well by every form.
    let variance = (run.squares / count).max(1e-12);
    let aic = count * variance.ln() + 2.0 * parameters;
    let aicc = if spare > 0.0 { aic + 2.0 * parameters * (parameters + 1.0) / spare } else { f64::INFINITY };
    let sigma = (run.squares / (count - form.parameters() as f64).max(1.0)).sqrt();
    let Run { level, slope, season, squares, .. } = run;
    Ok(Fit { form, smoothing, squares, aicc, sigma, level, slope, season })
}

/// The model that fits best by corrected AIC: with or without a slope (one that levels off), with or without a season of
/// `season` figures where there are three of them at least.
///
/// ```
/// let weekly: Vec<f64> = (0..56).map(|day| 100.0 + f64::from(day) + if day % 7 == 6 { 50.0 } else { 0.0 }).collect();
/// let fit = fanvine_stats::forecast::fit(&weekly, 7).unwrap();
/// let next = fit.ahead(7, 0.8);
/// assert!((next[6].mean - (100.0 + 62.0 + 50.0)).abs() < 6.0, "{next:?}");
/// ```
///
/// # Errors
/// The series is too short, or holds what is no figure.
pub fn fit(series: &[f64], season: usize) -> Result<Fit, ForecastError> {
    checked(series)?;
    let seasons: &[usize] = if season > 1 && series.len() >= 3 * season { &[0, season] } else { &[0] };
    let mut best: Option<Fit> = None;
    for season in seasons {
        for trend in [false, true] {
            let found = fit_form(series, Form { trend, damped: trend, season: *season })?;
            if best.as_ref().is_none_or(|best| found.aicc < best.aicc) {
                best = Some(found);
            }
        }
    }
    best.ok_or(ForecastError::TooShort { given: series.len(), needed: super::FEWEST })
}

impl Fit {
    /// What is left of the slope after so many steps, summed: φ + … + φʰ.
    fn damped(&self, steps: usize) -> f64 {
        let damping = self.smoothing.damping;
        if damping >= 1.0 { steps as f64 } else { damping * (1.0 - damping.powi(steps as i32)) / (1.0 - damping) }
    }

    /// What an error leaves behind so many steps later.
    fn echo(&self, steps: usize) -> f64 {
        let Smoothing { level, slope, season, .. } = self.smoothing;
        let whole = self.form.seasonal() && steps.is_multiple_of(self.form.season);
        level + slope * self.damped(steps) + if whole { season } else { 0.0 }
    }

    fn mean(&self, steps: usize) -> f64 {
        let added = if self.season.is_empty() { 0.0 } else { self.season[(steps - 1) % self.season.len()] };
        self.level + self.slope * self.damped(steps) + added
    }

    /// The next `steps` figures, each with an interval that holds it with the probability `level`.
    pub fn ahead(&self, steps: usize, level: f64) -> Vec<Expected> {
        let wide = deviations(level);
        let mut spread = 1.0;
        let expected = |step: usize| {
            let deviation = wide * self.sigma * f64::sqrt(spread);
            spread += self.echo(step).powi(2);
            let mean = self.mean(step);
            Expected { mean, lower: mean - deviation, upper: mean + deviation }
        };
        (1..=steps).map(expected).collect()
    }

    /// The sum of the next `steps` figures. Errors that come early are echoed in all figures after, so this is wider than
    /// if the figures were independent.
    pub fn sum(&self, steps: usize, level: f64) -> Expected {
        let mean: f64 = (1..=steps).map(|step| self.mean(step)).sum();
        let (mut variance, mut weight) = (0.0, 1.0);
        // The last error counts once, the one before it also by its echo, and so on.
        for step in 1..=steps {
            variance += weight * weight;
            weight += self.echo(step);
        }
        let deviation = deviations(level) * self.sigma * f64::sqrt(variance);
        Expected { mean, lower: mean - deviation, upper: mean + deviation }
    }
}
