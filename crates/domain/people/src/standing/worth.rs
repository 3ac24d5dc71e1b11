//! What buyers will still be worth: BG/NBD and Gamma-Gamma fitted to the shop's own orders.
//!
//! As in the papers (see `fanvine_stats`) time is counted in days, here those of the shop's zone; the orders of one day
//! are one purchase, and the first purchase tells nothing of what is spent.

use fanvine_kernel::{Currency, LocalDate, Zone};
use fanvine_stats::bg_nbd::{BgNbd, BgNbdError, History};
use fanvine_stats::gamma_gamma::{GammaGamma, GammaGammaError, Spend};
use fanvine_stats::lifetime::{Horizon, lifetime_value};
use fanvine_stats::optimise::Fitted;
use rustc_hash::FxHashMap;

use super::StandingError;
use super::census::{AsOf, Bought};

/// With fewer buyers who came back nothing is said of anybody.
pub(crate) const LEAST_REPEATERS: usize = 30;
/// Tried one after the other until the parameters do not run away.
const RIDGES: [f64; 4] = [0.0, 0.001, 0.01, 0.1];
/// Days in a month of the horizon, as in `lifetimes`.
pub(crate) const MONTH_DAYS: f64 = 30.0;

/// A buyer's purchases in days.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Past {
    /// Days with an order after the first, until the last of them, until the day of asking.
    pub history: History,
    /// What was spent on these days, by those orders that tell it in the currency asked for, in minor units.
    pub spend: Spend,
}

impl Past {
    /// The past of a buyer as of `day`, by orders on or before it, the earliest first; none without orders.
    pub fn of(orders: &[Bought], day: LocalDate, zone: Zone, currency: Option<Currency>) -> Option<Self> {
        let first = zone.date_of(orders.first()?.at);
        let (mut last, mut repeats) = (first, 0u32);
        let (mut told, mut told_on, mut spent) = (0u32, first, 0.0);
        for order in orders {
            let on = zone.date_of(order.at);
            repeats += u32::from(on > last);
            last = last.max(on);
            if on > first && order.currency.is_some() && order.currency == currency {
                told += u32::from(on > told_on);
                told_on = on;
                spent += order.minor as f64;
            }
        }
        let days = |until: LocalDate| until.days_since(first) as f64;
        Some(Self {
            history: History { frequency: repeats, recency: days(last), age: days(day.max(last)) },
            spend: Spend { purchases: told, mean: if told > 0 { spent / f64::from(told) } else { 0.0 } },
        })
    }
}

/// A model, and how hard it had to be held.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Held<M> {
    pub fitted: Fitted<M>,
    pub ridge: f64,
}

/// Fits without a ridge, then with ever stronger ones until the parameters stay. Where none holds them, as when nobody
/// ever left, the weakest ridge's is taken: its parameters are at the edge, and said not to have converged.
fn held<M, E>(fit: impl Fn(f64) -> Result<Fitted<M>, E>) -> Result<Held<M>, E> {
    let mut weakest = None;
    for ridge in RIDGES {
        let fitted = fit(ridge)?;
        if fitted.convergence.converged {
            return Ok(Held { fitted, ridge });
        }
        if ridge > 0.0 {
            weakest.get_or_insert(Held { fitted, ridge });
        }
    }
    match weakest {
        Some(held) => Ok(held),
        None => fit(0.0).map(|fitted| Held { fitted, ridge: 0.0 }),
    }
}

/// How often these buyers buy and when they leave.
pub(crate) fn fit_buying(histories: &[History]) -> Result<Held<BgNbd>, BgNbdError> {
    held(|ridge| BgNbd::fit(histories, None, ridge))
}

/// What these buyers spend in a purchase.
fn fit_spending(spends: &[Spend]) -> Result<Held<GammaGamma>, GammaGammaError> {
    held(|ridge| GammaGamma::fit(spends, ridge))
}

/// Both models of a shop.
#[derive(Debug)]
pub(crate) struct Worth {
    pub buying: Held<BgNbd>,
    pub spending: Held<GammaGamma>,
    /// Of every buyer, with their place in the census.
    pub pasts: Vec<(usize, Past)>,
    /// Buyers who came back, on a later day, and tell what they spent then.
    pub repeaters: usize,
    /// Between how often they came back and what they spend: Gamma-Gamma takes it for 0.
    pub correlation: f64,
}

/// What to expect of a buyer.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Expected {
    /// The probability that they are still a customer.
    pub alive: f64,
    /// Purchases within the horizon.
    pub purchases: f64,
    /// What they spend in one, in minor units.
    pub spend: f64,
    /// What all of it is worth now, in minor units.
    pub value: f64,
}

impl Worth {
    /// Fits both models to everybody's orders.
    pub fn of(as_of: &AsOf) -> Result<Self, StandingError> {
        let currency = as_of.currency.ok_or(StandingError::NoOrders { day: as_of.day })?;
        let past = |orders| Past::of(orders, as_of.day, as_of.zone, as_of.currency);
        let pasts: Vec<(usize, Past)> =
            as_of.buyers().filter_map(|(buyer, orders)| Some((buyer, past(orders)?))).collect();
        let histories: Vec<History> = pasts.iter().map(|(_, past)| past.history).collect();
        let spends: Vec<Spend> =
            pasts.iter().map(|(_, past)| past.spend).filter(|spend| spend.purchases > 0 && spend.mean > 0.0).collect();
        if spends.len() < LEAST_REPEATERS {
            let (repeaters, least) = (spends.len(), LEAST_REPEATERS);
            return Err(StandingError::TooFewRepeaters { repeaters, least, currency, day: as_of.day });
        }
        Ok(Self {
            buying: fit_buying(&histories)?,
            spending: fit_spending(&spends)?,
            repeaters: spends.len(),
            correlation: correlation(&spends),
            pasts,
        })
    }

    /// What to expect of one with this past.
    pub fn expected_of(&self, past: &Past, horizon: Ahead) -> Expected {
        self.with_spend(&past.spend, self.of_history(&past.history, horizon))
    }

    /// What to expect of every buyer, with their place in the census; the most valuable first. What follows from a
    /// history alone is computed once for all who share it: series cost, and a million buyers have few histories.
    pub fn expected_of_all(&self, horizon: Ahead) -> Vec<(usize, Expected)> {
        let mut known: FxHashMap<(u32, u64, u64), Expected> = FxHashMap::default();
        let mut all: Vec<(usize, Expected)> = self
            .pasts
            .iter()
            .map(|(buyer, past)| {
                let History { frequency, recency, age } = past.history;
                let of_history = known
                    .entry((frequency, recency.to_bits(), age.to_bits()))
                    .or_insert_with(|| self.of_history(&past.history, horizon));
                (*buyer, self.with_spend(&past.spend, *of_history))
            })
            .collect();
        all.sort_unstable_by(|(one, left), (two, right)| right.value.total_cmp(&left.value).then(one.cmp(two)));
        all
    }

    /// What to expect of one with this history who spends like everybody.
    fn of_history(&self, history: &History, Ahead { months, horizon }: Ahead) -> Expected {
        let (buying, spending) = (&self.buying.fitted.model, &self.spending.fitted.model);
        let like_everybody = Spend { purchases: 0, mean: 0.0 };
        Expected {
            alive: buying.probability_alive(history),
            purchases: buying.expected_purchases(history, f64::from(months) * MONTH_DAYS),
            spend: spending.population_mean(),
            value: lifetime_value(buying, spending, history, &like_everybody, &horizon),
        }
    }

    /// The same of one who spends so.
    fn with_spend(&self, spend: &Spend, like_everybody: Expected) -> Expected {
        let own = self.spending.fitted.model.expected_spend(spend);
        Expected { spend: own, value: like_everybody.value * own / like_everybody.spend, ..like_everybody }
    }
}

/// How far ahead to look.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Ahead {
    pub months: u32,
    /// These months, with what later money is worth now.
    pub horizon: Horizon,
}

/// Pearson's correlation of purchases and mean spend; 0 where either never differs.
fn correlation(spends: &[Spend]) -> f64 {
    let count = spends.len() as f64;
    let means = spends
        .iter()
        .fold((0.0, 0.0), |(x, y), spend| (x + f64::from(spend.purchases) / count, y + spend.mean / count));
    let (mut both, mut xs, mut ys) = (0.0, 0.0, 0.0);
    for spend in spends {
        let (x, y) = (f64::from(spend.purchases) - means.0, spend.mean - means.1);
        (both, xs, ys) = (both + x * y, xs + x * x, ys + y * y);
    }
    if xs > 0.0 && ys > 0.0 { both / (xs * ys).sqrt() } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use fanvine_kernel::Timestamp;

    #[test]
    fn the_orders_of_a_day_of_the_shop_are_one_purchase() {
        let cny: Currency = "CNY".parse().unwrap();
        let bought = |at: &str, minor: i64, currency| Bought { at: Timestamp::parse(at).unwrap(), minor, currency };
        let orders = [
            bought("2026-01-01T10:00:00Z", 9_900, Some(cny)),
            // Still the second of January in Shanghai, then the third.
            bought("2026-01-02T10:00:00Z", 1_000, Some(cny)),
            bought("2026-01-02T15:59:00Z", 500, Some(cny)),
            bought("2026-01-02T16:01:00Z", 300, Some(cny)),
            bought("2026-01-06T00:00:00Z", 0, None),
        ];
        let day: LocalDate = "2026-01-31".parse().unwrap();
        let past = Past::of(&orders, day, "Asia/Shanghai".parse().unwrap(), Some(cny)).unwrap();
        assert_eq!(past.history, History { frequency: 3, recency: 5.0, age: 30.0 });
        assert_eq!(past.spend, Spend { purchases: 2, mean: 900.0 });
        assert_eq!(Past::of(&[], day, Zone::UTC, None), None);
    }
}
