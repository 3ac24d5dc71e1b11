//! How good the model of purchases was: fitted to the first two thirds of the time, held against the last third.

use std::collections::BTreeSet;

use fanvine_kernel::{LocalDate, Zone};
use fanvine_stats::bg_nbd::History;
use fanvine_stats::evaluate::{auc, brier};
use serde::Serialize;

use super::census::{AsOf, Bought};
use super::worth::{LEAST_REPEATERS, Past, fit_buying};

/// Who came back so often or more are one class.
const LAST_CLASS: u32 = 7;
/// Fewer days to be held against tell nothing.
const LEAST_DAYS: i64 = 7;

/// What was predicted, and what happened.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct HeldOut {
    /// The last day the model was fitted to.
    #[schema(value_type = String, format = Date)]
    pub fitted_until: LocalDate,
    /// Days after it that were predicted.
    pub days: i64,
    /// Buyers up to that day.
    pub persons: usize,
    /// Whether the search for the parameters came to rest.
    pub converged: bool,
    /// How strongly the parameters had to be held.
    pub ridge: f64,
    /// Purchases predicted.
    pub predicted: f64,
    /// Purchases that happened.
    pub actual: u64,
    /// The mean over the persons of |predicted − actual|.
    pub mean_absolute_error: f64,
    /// How often somebody who bought again had the higher probability of being alive than somebody who did not; none
    /// where all or nobody did.
    pub alive_auc: Option<f64>,
    /// The same for purchases expected.
    pub purchases_auc: Option<f64>,
    /// The mean squared difference between the probability of being alive and buying again (1) or not (0). Being alive is
    /// not seen, and buying again within these days stands for it: who lives on without buying counts as an error.
    pub alive_brier: Option<f64>,
    /// By how often they had come back.
    pub classes: Vec<HeldOutClass>,
}

/// Those who had come back equally often.
#[derive(Debug, Clone, Default, Serialize, utoipa::ToSchema)]
pub struct HeldOutClass {
    /// Purchases after the first; 7 stands for 7 or more.
    pub frequency: u32,
    /// How many persons.
    pub persons: u64,
    /// Purchases predicted of each.
    pub predicted: f64,
    /// Purchases each made.
    pub actual: f64,
}

/// One who had bought by the day the model was fitted to.
struct Tried {
    history: History,
    /// Days with an order after it.
    actual: u64,
}

impl HeldOut {
    /// Tries the model of purchases; none where there are too few days or buyers who came back to fit it.
    pub(crate) fn of(as_of: &AsOf) -> Option<Self> {
        let first = as_of.buyers().filter_map(|(_, orders)| Some(orders.first()?.at)).min()?;
        let first = as_of.zone.date_of(first);
        let until = first.plus_days(as_of.day.days_since(first) * 2 / 3);
        let days = as_of.day.days_since(until);
        let tried: Vec<Tried> = as_of.buyers().filter_map(|(_, orders)| Tried::of(orders, until, as_of.zone)).collect();
        let repeaters = tried.iter().filter(|one| one.history.frequency > 0).count();
        if days < LEAST_DAYS || repeaters < LEAST_REPEATERS {
            return None;
        }
        let histories: Vec<History> = tried.iter().map(|one| one.history).collect();
        let held = fit_buying(&histories).ok()?;
        let model = &held.fitted.model;
        let predicted: Vec<f64> =
            histories.iter().map(|history| model.expected_purchases(history, days as f64)).collect();
        let alive: Vec<f64> = histories.iter().map(|history| model.probability_alive(history)).collect();
        let again: Vec<bool> = tried.iter().map(|one| one.actual > 0).collect();
        let errors = tried.iter().zip(&predicted).map(|(one, predicted)| (predicted - one.actual as f64).abs());
        Some(Self {
            fitted_until: until,
            days,
            persons: tried.len(),
            converged: held.fitted.convergence.converged,
            ridge: held.ridge,
            predicted: predicted.iter().sum(),
            actual: tried.iter().map(|one| one.actual).sum(),
            mean_absolute_error: errors.sum::<f64>() / tried.len() as f64,
            alive_auc: auc(&alive, &again).ok(),
            purchases_auc: auc(&predicted, &again).ok(),
            alive_brier: brier(&alive, &again).ok(),
            classes: classes(&tried, &predicted),
        })
    }
}

impl Tried {
    fn of(orders: &[Bought], until: LocalDate, zone: Zone) -> Option<Self> {
        let known = orders.partition_point(|order| zone.date_of(order.at) <= until);
        let (known, later) = orders.split_at_checked(known)?;
        let later: BTreeSet<LocalDate> = later.iter().map(|order| zone.date_of(order.at)).collect();
        Some(Self { history: Past::of(known, until, zone, None)?.history, actual: later.len() as u64 })
    }
}

fn classes(tried: &[Tried], predicted: &[f64]) -> Vec<HeldOutClass> {
    let mut classes: Vec<HeldOutClass> =
        (0..=LAST_CLASS).map(|frequency| HeldOutClass { frequency, ..HeldOutClass::default() }).collect();
    for (one, predicted) in tried.iter().zip(predicted) {
        if let Some(class) = classes.get_mut(one.history.frequency.min(LAST_CLASS) as usize) {
            class.persons += 1;
            class.predicted += predicted;
            class.actual += one.actual as f64;
        }
    }
    classes.retain(|class| class.persons > 0);
    for class in &mut classes {
        class.predicted /= class.persons as f64;
        class.actual /= class.persons as f64;
    }
    classes
}
