//! Held against statsmodels 0.15.0: `ETSModel(series, initialization_method="known", …).fit()` with the start that
//! `start` computes, `get_prediction(…).summary_frame(alpha=0.2)`, and 100,000 simulated futures for the sums. The series are
//! `oil` (Saudi Arabia, million tonnes a year) and `austourists` (visitor nights by quarter) of Hyndman & Athanasopoulos,
//! *Forecasting: Principles and Practice*, as statsmodels' documentation prints them.

use super::ets::{Fit, Form, fit_form, score};

const OIL: [f64; 49] = [
    111.0091, 130.8284, 141.2871, 154.2278, 162.7409, 192.1665, 240.7997, 304.2174, 384.0046, 429.6622, 359.3169,
    437.2519, 468.4008, 424.4353, 487.9794, 509.8284, 506.3473, 340.1842, 240.2589, 219.0328, 172.0747, 252.5901,
    221.0711, 276.5188, 271.1480, 342.6186, 428.3558, 442.3946, 432.7851, 437.2497, 437.2092, 445.3641, 453.1950,
    454.4096, 422.3789, 456.0371, 440.3866, 425.1944, 486.2052, 500.4291, 521.2759, 508.9476, 488.8889, 509.8706,
    456.7229, 473.8166, 525.9509, 549.8338, 542.3405,
];

const TOURISTS: [f64; 68] = [
    30.052513,
    19.148496,
    25.317692,
    27.591437,
    32.076456,
    23.487961,
    28.47594,
    35.123753,
    36.838485,
    25.007017,
    30.72223,
    28.693759,
    36.640986,
    23.824609,
    29.311683,
    31.770309,
    35.177877,
    19.775244,
    29.60175,
    34.538842,
    41.273599,
    26.655862,
    28.279859,
    35.191153,
    42.20566386,
    24.64917133,
    32.66733514,
    37.25735401,
    45.24246027,
    29.35048127,
    36.34420728,
    41.78208136,
    49.27659843,
    31.27540139,
    37.85062549,
    38.83704413,
    51.23690034,
    31.83855162,
    41.32342126,
    42.79900337,
    55.70835836,
    33.40714492,
    42.31663797,
    45.15712257,
    59.57607996,
    34.83733016,
    44.84168072,
    46.97124960,
    60.01903094,
    38.37117851,
    46.97586413,
    50.73379646,
    61.64687319,
    39.29956937,
    52.67120908,
    54.33231689,
    66.83435838,
    40.87118847,
    51.82853579,
    57.49190993,
    65.25146985,
    43.06120822,
    54.76075713,
    59.83447494,
    73.25702747,
    47.69662373,
    61.09776802,
    66.05576122,
];

struct Reference {
    series: &'static [f64],
    form: Form,
    squares: f64,
    means: [f64; 6],
    /// Half the width of the intervals of 80 %, with a variance of squares by figures.
    halves: [f64; 6],
    /// The standard deviation of the sum of six simulated figures, the same way.
    sum_deviation: f64,
}

const REFERENCES: [Reference; 4] = [
    Reference {
        series: &OIL,
        form: Form { trend: false, damped: false, season: 0 },
        squares: 126_095.550_841,
        means: [542.341_249; 6],
        halves: [65.011_162, 91.935_07, 112.595_129, 130.012_572, 145.357_748, 159.230_904],
        sum_deviation: 482.50,
    },
    Reference {
        series: &OIL,
        form: Form { trend: true, damped: true, season: 0 },
        squares: 111_356.781_530,
        means: [545.341_871, 547.741_948, 549.662_009, 551.198_058, 552.426_897, 553.409_969],
        halves: [61.093_693, 90.576_506, 115.394_545, 137.733_894, 158.364_822, 177.662_842],
        sum_deviation: 520.30,
    },
    Reference {
        series: &TOURISTS,
        form: Form { trend: true, damped: true, season: 4 },
        squares: 359.319_150,
        means: [75.950_787, 51.493_798, 63.784_681, 68.055_34, 78.418_97, 53.912_617],
        halves: [2.945_926, 3.146_943, 3.362_5, 3.591_119, 4.374_733, 4.596_004],
        sum_deviation: 13.203,
    },
    Reference {
        series: &TOURISTS,
        form: Form { trend: false, damped: false, season: 4 },
        squares: 424.000_850,
        means: [75.328_52, 50.198_539, 62.234_419, 65.904_692, 75.328_52, 50.198_539],
        halves: [3.200_111, 3.651_784, 4.053_437, 4.418_73, 5.336_662, 5.619_145],
        sum_deviation: 16.737,
    },
];

fn close(one: f64, other: f64, share: f64, what: &str) {
    assert!((one - other).abs() <= share * other.abs(), "{what}: {one}, the reference says {other}");
}

/// We spread errors by the figures less the parameters, statsmodels by all figures.
fn wider(fit: &Fit, figures: usize) -> f64 {
    fit.sigma / (fit.squares / figures as f64).sqrt()
}

#[test]
fn errors_means_and_intervals_are_those_of_statsmodels() {
    for Reference { series, form, squares, means, halves, .. } in REFERENCES {
        let fit = fit_form(series, form).unwrap();
        close(fit.squares, squares, 1e-4, "squared errors");
        assert!((score(series, form, fit.smoothing) - fit.squares).abs() < 1e-9 * fit.squares);
        for ((expected, mean), half) in fit.ahead(6, 0.8).iter().zip(means).zip(halves) {
            close(expected.mean, mean, 1e-3, "mean");
            close((expected.upper - expected.lower) / 2.0 / wider(&fit, series.len()), half, 5e-3, "half width");
        }
    }
}

#[test]
fn the_sum_of_what_is_to_come_spreads_as_simulated_futures_do() {
    for Reference { series, form, means, sum_deviation, .. } in REFERENCES {
        let fit = fit_form(series, form).unwrap();
        let sum = fit.sum(6, 0.682_689_492);
        close(sum.mean, means.iter().sum(), 1e-3, "sum");
        close((sum.upper - sum.lower) / 2.0 / wider(&fit, series.len()), sum_deviation, 0.02, "spread of the sum");
    }
}

#[test]
fn a_season_is_found_where_there_is_one() {
    assert_eq!(super::fit(&TOURISTS, 4).unwrap().form.season, 4);
    let flat: Vec<f64> = (0..60).map(|at: i32| 20.0 + f64::from(at * 7919 % 13)).collect();
    let found = super::fit(&flat, 7).unwrap();
    assert_eq!((found.form.trend, found.form.season), (false, 0));
}

#[test]
fn what_never_changes_is_foretold_to_stay() {
    let fit = super::fit(&[4.0; 30], 7).unwrap();
    let sum = fit.sum(10, 0.95);
    assert!((sum.mean - 40.0).abs() < 1e-6 && (sum.upper - sum.lower).abs() < 1e-3, "{sum:?}");
}

#[test]
fn figures_that_are_none_are_named() {
    let said = |series: &[f64]| super::fit(series, 7).unwrap_err().to_string();
    assert_eq!(said(&[1.0; 5]), "a forecast needs 8 figures at least, there are 5");
    assert_eq!(said(&[1.0, f64::NAN, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0]), "figure 1 of the series is NaN");
}
