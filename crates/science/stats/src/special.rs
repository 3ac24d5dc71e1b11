//! Special functions: the logarithms of gamma and beta, and the hypergeometric series.

/// Terms after which a hypergeometric series is given up.
const MOST_TERMS: u32 = 10_000_000;

/// ln Γ(x) for x > 0, to about fifteen digits; NaN elsewhere.
///
/// Stirling's series (Abramowitz & Stegun 6.1.41) from 10 on, reached by Γ(x) = Γ(x + n) / (x (x + 1) … (x + n − 1)).
///
/// ```
/// let half = fanvine_stats::special::ln_gamma(0.5);
/// assert!((half - std::f64::consts::PI.sqrt().ln()).abs() < 1e-14);
/// ```
pub fn ln_gamma(x: f64) -> f64 {
    /// B₂ₖ / (2k (2k − 1)) for k = 1, 2, …
    const STIRLING: [f64; 7] =
        [1.0 / 12.0, -1.0 / 360.0, 1.0 / 1260.0, -1.0 / 1680.0, 1.0 / 1188.0, -691.0 / 360_360.0, 1.0 / 156.0];
    if x.is_nan() || x <= 0.0 {
        return f64::NAN;
    }
    let (mut shifted, mut product) = (x, 1.0);
    while shifted < 10.0 {
        product *= shifted;
        shifted += 1.0;
    }
    let inverse = shifted.recip();
    let square = inverse * inverse;
    let series = STIRLING.iter().rev().fold(0.0, |sum, coefficient| sum * square + coefficient) * inverse;
    let half_ln_tau = 0.5 * std::f64::consts::TAU.ln();
    (shifted - 0.5) * shifted.ln() - shifted + half_ln_tau + series - product.ln()
}

/// ln B(a, b) = ln Γ(a) + ln Γ(b) − ln Γ(a + b), for a, b > 0; NaN elsewhere.
///
/// ```
/// // B(2, 3) = 1! · 2! / 4!
/// assert!((fanvine_stats::special::ln_beta(2.0, 3.0) - (1.0_f64 / 12.0).ln()).abs() < 1e-14);
/// ```
pub fn ln_beta(a: f64, b: f64) -> f64 {
    ln_gamma(a) + ln_gamma(b) - ln_gamma(a + b)
}

/// The regularised incomplete beta function I_x(a, b), by its continued fraction (Numerical Recipes 6.4, Lentz's method).
///
/// ```
/// // I_x(1, b) = 1 − (1 − x)^b
/// let found = fanvine_stats::special::incomplete_beta(1.0, 3.0, 0.25);
/// assert!((found - (1.0 - 0.75f64.powi(3))).abs() < 1e-12);
/// ```
pub fn incomplete_beta(a: f64, b: f64, x: f64) -> f64 {
    if x <= 0.0 || x >= 1.0 {
        return if x >= 1.0 { 1.0 } else { 0.0 };
    }
    // The fraction converges fast below this; above, by symmetry.
    if x > (a + 1.0) / (a + b + 2.0) {
        return 1.0 - incomplete_beta(b, a, 1.0 - x);
    }
    let lead = (a * x.ln() + b * (-x).ln_1p() - ln_beta(a, b)).exp() / a;
    let away = |value: f64| if value.abs() < f64::MIN_POSITIVE { f64::MIN_POSITIVE } else { value };
    let mut c = 1.0;
    let mut d = away(1.0 - (a + b) * x / (a + 1.0)).recip();
    let mut fraction = d;
    for step in 1..1_000 {
        let m = f64::from(step);
        for part in [
            m * (b - m) * x / ((a + 2.0 * m - 1.0) * (a + 2.0 * m)),
            -(a + m) * (a + b + m) * x / ((a + 2.0 * m) * (a + 2.0 * m + 1.0)),
        ] {
            d = away(1.0 + part * d).recip();
            c = away(1.0 + part / c);
            fraction *= c * d;
        }
        if (c * d - 1.0).abs() < f64::EPSILON {
            break;
        }
    }
    lead * fraction
}

/// Gauss's hypergeometric function ₂F₁(a, b; c; z) for real z < 1; NaN where it is not defined, or where ten million
/// terms do not settle it (z within some 10⁻⁶ of 1).
///
/// The power series, after Euler's transformation (Abramowitz & Stegun 15.3.3) where c < a + b, and after Pfaff's
/// (15.3.4) where z < 0: both lead to a series that converges quickly and does not overflow.
///
/// ```
/// // ₂F₁(1, 1; 2; z) = −ln(1 − z) / z
/// let value = fanvine_stats::special::gauss_2f1(1.0, 1.0, 2.0, 0.5);
/// assert!((value - 2.0 * 2.0_f64.ln()).abs() < 1e-14);
/// ```
pub fn gauss_2f1(a: f64, b: f64, c: f64, z: f64) -> f64 {
    let pole = c <= 0.0 && c.fract() == 0.0;
    if pole || !(z < 1.0 && a.is_finite() && b.is_finite() && c.is_finite()) {
        return f64::NAN;
    }
    if z < 0.0 {
        let (a, b) = (a.min(b), a.max(b));
        let inner = hypergeometric([a, c - b], [c], z / (z - 1.0));
        return inner.times_exp(-a * (-z).ln_1p());
    }
    if c < a + b {
        let inner = hypergeometric([c - a, c - b], [c], z);
        return inner.times_exp((c - a - b) * (-z).ln_1p());
    }
    hypergeometric([a, b], [c], z).times_exp(0.0)
}

/// A number that may be too large for an `f64`: `value · e^log_scale`.
pub(crate) struct Scaled {
    value: f64,
    log_scale: f64,
}

impl Scaled {
    /// The number times `e^exponent`. The exponents are added first: apart, one would overflow and the other vanish.
    pub(crate) fn times_exp(&self, exponent: f64) -> f64 {
        self.value * (self.log_scale + exponent).exp()
    }
}

/// The series Σ (u₁)ₙ(u₂)ₙ… / ((l₁)ₙ(l₂)ₙ…) zⁿ/n! with one upper parameter more than lower ones and |z| < 1; NaN if it
/// does not settle.
pub(crate) fn hypergeometric<const U: usize, const L: usize>(upper: [f64; U], lower: [f64; L], z: f64) -> Scaled {
    const LARGE: f64 = 1e200;
    let (mut term, mut sum, mut log_scale) = (1.0_f64, 1.0_f64, 0.0);
    // Before this term, factors may still change their sign, and a small term says nothing about the next ones.
    let settled = upper.iter().chain(&lower).fold(0.0_f64, |latest, parameter| latest.max(-parameter));
    for index in 0..MOST_TERMS {
        let n = f64::from(index);
        let rise: f64 = upper.iter().map(|parameter| parameter + n).product();
        let fall: f64 = lower.iter().map(|parameter| parameter + n).product();
        let ratio = rise / (fall * (n + 1.0)) * z;
        term *= ratio;
        sum += term;
        if term == 0.0 || term.is_nan() {
            return Scaled { value: sum, log_scale };
        }
        // The ratio tends to z, so what is left out is at most about a geometric series.
        let steady = ratio.abs().max(z.abs());
        if n > settled && steady < 1.0 && term.abs() <= 0.5 * f64::EPSILON * (1.0 - steady) * sum.abs() {
            return Scaled { value: sum, log_scale };
        }
        if sum.abs() > LARGE || term.abs() > LARGE {
            term /= LARGE;
            sum /= LARGE;
            log_scale += LARGE.ln();
        }
    }
    Scaled { value: f64::NAN, log_scale }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn close(value: f64, expected: f64, tolerance: f64) {
        let error = (value - expected).abs() / expected.abs().max(1.0);
        assert!(error <= tolerance, "{value:e} is not {expected:e}: off by {error:e}");
    }

    // The figures of these tests were computed with mpmath 1.4.1 at 40 digits.

    #[test]
    fn ln_gamma_agrees_with_mpmath() {
        for (x, expected) in [
            (1e-8, 18.42068073818021),
            (0.001, 6.907178885383853),
            (0.243, 1.3180435846996699),
            (0.5, 0.5723649429247001),
            (1.5, -0.12078223763524522),
            (2.426, 0.23400811688731613),
            (3.7, 1.4280723266653879),
            (9.9, 12.577179904219879),
            (10.0, 12.801827480081469),
            (42.5, 115.90007047041453),
            (171.5, 709.1431630309282),
            (1e6, 12815504.569147611),
            (1e15, 3.3538776394910668e16),
        ] {
            close(ln_gamma(x), expected, 4e-15);
        }
        assert!(ln_gamma(0.0).is_nan() && ln_gamma(-1.5).is_nan() && ln_gamma(f64::NAN).is_nan());
    }

    #[test]
    fn ln_beta_agrees_with_mpmath() {
        for (a, b, expected) in [
            (0.793, 2.426, -0.5115692885937032),
            (1.0, 1.0, 0.0),
            (0.001, 50.0, 6.903276885609827),
            (300.0, 400.0, -479.688451037132),
            (1e-6, 1e-6, 14.508657738522574),
        ] {
            close(ln_beta(a, b), expected, 1e-14);
        }
    }

    #[test]
    fn gauss_2f1_agrees_with_mpmath() {
        for (a, b, c, z, expected) in [
            (0.3, 0.7, 1.9, 0.0, 1.0),
            (1.0, 1.0, 2.0, 0.5, 1.3862943611198906),
            (0.243, 2.426, 2.219, 0.8983, 1.9372021708785994),
            (0.5, 0.5, 1.0, 0.99, 2.3527158167797424),
            (-2.0, 3.0, 1.5, 0.25, 0.2),
            (2.5, 3.5, 4.5, -3.0, 0.05810907647160885),
            (1.0, 2.0, 3.5, -40.0, 0.05511540593709508),
            (10.5, 12.25, 13.0, 0.6, 8344.525711803319),
            (200.2, 202.4, 202.2, 0.5, 2.118263934816145e60),
            (-0.207, 2.976, 2.219, 0.9999, -25.091769631883878),
        ] {
            close(gauss_2f1(a, b, c, z), expected, 1e-12);
        }
    }

    #[test]
    fn gauss_2f1_is_nan_where_it_is_not_defined() {
        assert!(gauss_2f1(1.0, 1.0, -2.0, 0.5).is_nan());
        assert!(gauss_2f1(1.0, 1.0, 2.0, 1.0).is_nan());
        assert!(gauss_2f1(1.0, f64::INFINITY, 2.0, 0.5).is_nan());
        assert!(gauss_2f1(1.0, 1.0, 2.0, f64::NAN).is_nan());
        assert!(gauss_2f1(1.0, 1.0, 2.0, f64::NEG_INFINITY).is_nan());
    }
}
