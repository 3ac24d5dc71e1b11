//! The models on the data they were published with: the purchases at CDNOW of the customers who came in early 1997.
//!
//! The papers use a tenth of these customers, 2,357 of 23,570, and calibrate on the 39 weeks until 1997-09-30.
//! `cdnow_sample_ids.txt` lists that tenth: the ids of `CDNOW_sample.txt` as the `lifetimes` package ships it. Purchases
//! of one day count as one.

use std::collections::{BTreeMap, HashSet};
use std::path::{Path, PathBuf};

use fanvine_stats::bg_nbd::{BgNbd, History};
use fanvine_stats::gamma_gamma::{GammaGamma, Spend};
use fanvine_stats::lifetime::{Horizon, lifetime_value};

/// 1997-09-30, counted from 1997-01-01.
const END: u32 = 272;

struct Customer {
    history: History,
    /// Of the repeat purchases.
    spend: Spend,
}

fn customers() -> Option<Vec<Customer>> {
    let root = std::env::var_os("FANVINE_DATA")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../../shared/data"), PathBuf::from);
    let file = root.join("cdnow/CDNOW_master.txt");
    let Ok(text) = std::fs::read_to_string(&file) else {
        println!("skipped: {} is not at hand; set FANVINE_DATA to the folder of real data", file.display());
        return None;
    };
    let sample: HashSet<u32> =
        include_str!("cdnow_sample_ids.txt").split_whitespace().map(|id| id.parse().unwrap()).collect();
    let mut days: BTreeMap<u32, BTreeMap<u32, f64>> = BTreeMap::new();
    for line in text.lines() {
        let [id, date, _, dollars] = line.split_whitespace().collect::<Vec<_>>()[..] else { continue };
        let Ok(id) = id.parse() else { continue };
        let day = day_of(date);
        if sample.contains(&id) && day <= END {
            *days.entry(id).or_default().entry(day).or_default() += dollars.parse::<f64>().unwrap();
        }
    }
    Some(days.values().map(customer).collect())
}

/// Days since 1997-01-01 of a day like 19970314 in 1997; any later one is after the end.
fn day_of(date: &str) -> u32 {
    const BEFORE_MONTH: [u32; 12] = [0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334];
    let Some(month_and_day) = date.strip_prefix("1997") else { return u32::MAX };
    let (month, day) = month_and_day.split_at(2);
    BEFORE_MONTH[month.parse::<usize>().unwrap() - 1] + day.parse::<u32>().unwrap() - 1
}

fn customer(days: &BTreeMap<u32, f64>) -> Customer {
    let (first, last) = (*days.keys().next().unwrap(), *days.keys().next_back().unwrap());
    let weeks = |from: u32, to: u32| f64::from(to - from) / 7.0;
    let frequency = days.len() as u32 - 1;
    let repeats: f64 = days.values().skip(1).sum();
    Customer {
        history: History { frequency, recency: weeks(first, last), age: weeks(first, END) },
        spend: Spend { purchases: frequency, mean: repeats / f64::from(frequency.max(1)) },
    }
}

fn close(name: &str, value: f64, expected: f64, tolerance: f64) {
    assert!((value / expected - 1.0).abs() <= tolerance, "{name} is {value}, not {expected}");
}

#[test]
fn bg_nbd_reproduces_the_published_parameters() {
    let Some(customers) = customers() else { return };
    assert_eq!(customers.len(), 2357);
    let histories: Vec<History> = customers.iter().map(|customer| customer.history).collect();
    let fitted = BgNbd::fit(&histories, None, 0.0).unwrap();
    assert!(fitted.convergence.converged, "{fitted:?}");

    // Fader, Hardie & Lee (2005), table 2.
    let [r, alpha, a, b] = fitted.model.parameters();
    for (name, value, published) in [("r", r, 0.243), ("alpha", alpha, 4.414), ("a", a, 0.793), ("b", b, 2.426)] {
        assert!((value - published).abs() < 6e-4, "{name} is {value}, not {published}");
    }
    assert!((fitted.log_likelihood + 9582.4).abs() < 0.05, "{}", fitted.log_likelihood);

    // lifetimes 0.11.3: BetaGeoFitter().fit(x, t_x, T, tol=1e-8) on the same histories.
    for (name, value, figure) in
        [("r", r, 0.2425945), ("alpha", alpha, 4.4136021), ("a", a, 0.792922), ("b", b, 2.4259067)]
    {
        close(name, value, figure, 1e-4);
    }
    let alive: f64 = histories.iter().map(|history| fitted.model.probability_alive(history)).sum();
    close("customers still there", alive, 1917.2776662578995, 1e-5);
    let purchases: f64 = histories.iter().map(|history| fitted.model.expected_purchases(history, 39.0)).sum();
    close("purchases in the next 39 weeks", purchases, 1653.4086827631038, 1e-5);
}

#[test]
fn gamma_gamma_and_lifetime_values_reproduce_the_published_figures() {
    let Some(customers) = customers() else { return };
    let repeaters: Vec<&Customer> = customers.iter().filter(|customer| customer.spend.purchases > 0).collect();
    assert_eq!(repeaters.len(), 946);
    let spends: Vec<Spend> = repeaters.iter().map(|customer| customer.spend).collect();
    let fitted = GammaGamma::fit(&spends, 0.0).unwrap();
    assert!(fitted.convergence.converged, "{fitted:?}");

    // Fader & Hardie (2013): p = 6.25, q = 3.74, γ = 15.44. More digits, and the log-likelihood, from lifetimes 0.11.3:
    // GammaGammaFitter().fit(x, m, tol=1e-8) on the same spends.
    let [p, q, v] = fitted.model.parameters();
    for (name, value, figure) in [("p", p, 6.2495723), ("q", q, 3.7442247), ("v", v, 15.443521)] {
        close(name, value, figure, 1e-4);
    }
    close("log-likelihood", fitted.log_likelihood, -4055.9176948018726, 1e-9);
    let mean = spends.iter().map(|spend| fitted.model.expected_spend(spend)).sum::<f64>() / 946.0;
    close("mean expected spend", mean, 35.374433170253184, 1e-5);

    // lifetimes 0.11.3: customer_lifetime_value(bg, x, t_x, T, m, time=12, discount_rate=0.01, freq="W"), whose months
    // last 4.345 weeks; the first four customers by id are 4, 21, 50 and 71, of whom the repeaters come first.
    let histories: Vec<History> = customers.iter().map(|customer| customer.history).collect();
    let buying = BgNbd::fit(&histories, None, 0.0).unwrap().model;
    let year = Horizon::new(12, 4.345, 0.01).unwrap();
    let values: Vec<f64> = repeaters
        .iter()
        .map(|customer| lifetime_value(&buying, &fitted.model, &customer.history, &customer.spend, &year))
        .collect();
    for (value, figure) in
        values.iter().zip([36.27397770312069, 4.640936462850391, 283.5580843723268, 6.881744753597904])
    {
        close("lifetime value", *value, figure, 1e-4);
    }
    close("lifetime values", values.iter().sum(), 57950.63548364316, 1e-5);
}
