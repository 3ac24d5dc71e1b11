//! Who will not buy again soon: a logistic regression, learnt from what buyers did after an earlier day, and tried on days
//! it had not seen.
//!
//! A buyer *churns* who places no order within the horizon. The model learns from everybody as of two horizons ago, when
//! it is known who ordered in the horizon that followed; it is tried as of one horizon ago; and what is told of today
//! comes from a model learnt as of one horizon ago. Maximum likelihood makes its probabilities right on average over
//! those it learns from; how right they are on days to come is what the trial says.

use std::sync::Arc;

use fanvine_kernel::Timestamp;
use fanvine_stats::evaluate::{Bin, EvaluateError, auc, brier, calibration, calibration_error};
use fanvine_stats::logistic::Logistic;
use fanvine_stats::table::Table;

use super::StandingError;
use super::census::{AsOf, Bought};
use crate::identity::PersonId;
use crate::profile::{Bilingual, days_between};

const DAY: i64 = 86_400_000_000;
/// Of each, who churned and who did not, so many are needed, on both days.
const LEAST: usize = 30;
/// How strongly the weights are held.
const RIDGE: f64 = 1.0;
/// Parts of 0 to 1 in which probabilities are held against what happened.
const BINS: usize = 10;
/// A horizon that is not given is at most so long, and a quarter of the time that orders span.
const USUAL_DAYS: u32 = 90;
pub(crate) const LEAST_DAYS: u32 = 7;
pub(crate) const MOST_DAYS: u32 = 365;
const MONTH: i64 = 30 * DAY;

/// What is known of a buyer on a day, and what to call it. Not since when they are known: where all came at about the same
/// time, that says nothing but what day it is.
pub(crate) const COLUMNS: [(&str, &str, &str); 6] = [
    ("days_since_order", "days since the last order", "距上次下单天数"),
    ("orders", "orders", "订单数"),
    ("gap_days", "mean days between orders", "平均下单间隔天数"),
    ("overdue", "how often the usual gap has gone by", "已超过惯常间隔的倍数"),
    ("days_since_visit", "days since the last visit", "距上次到访天数"),
    ("visits_30_days", "visits in the last 30 days", "近 30 天访问次数"),
];
const WIDTH: usize = COLUMNS.len();

/// What is known of a buyer.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Known([f64; WIDTH]);

impl Known {
    /// As of a moment, by orders and visits up to it, the earliest first; none without orders.
    pub fn at(orders: &[Bought], visits: &[u32], moment: Timestamp) -> Option<Self> {
        let orders = orders.get(..orders.partition_point(|order| order.at <= moment))?;
        let (first, last) = (orders.first()?.at, orders.last()?.at);
        let second = |visit: &u32| Timestamp::from_seconds(i64::from(*visit));
        let visits = visits.get(..visits.partition_point(|visit| second(visit) <= moment)).unwrap_or_default();
        let since = days_between(last, moment);
        let gap = match orders.len() {
            1 => since,
            count => days_between(first, last) / (count - 1) as f64,
        };
        let month = moment.plus_micros(-MONTH);
        let lately = visits.iter().rev().take_while(|visit| second(visit) > month).count();
        Some(Self([
            since,
            orders.len() as f64,
            gap,
            since / gap.max(1.0),
            visits.last().map_or(since, |visit| days_between(second(visit), moment)),
            lately as f64,
        ]))
    }

    /// As it is compared: 1 and 2 differ as much as 10 and 20.
    fn scaled(&self) -> [f64; WIDTH] {
        self.0.map(|value| value.max(0.0).ln_1p())
    }
}

/// A model and how good it was.
#[derive(Debug)]
pub(crate) struct Churn {
    pub horizon_days: u32,
    /// As of when the model that is tried learnt, and as of when it was tried. What is told of now comes from a model
    /// that learnt as of then.
    pub learnt_at: Timestamp,
    pub tried_at: Timestamp,
    pub trial: Trial,
    pub model: Logistic,
    /// The risk of every buyer, with their place in the census: the greatest first.
    pub risks: Vec<(usize, f64)>,
}

/// How good a model was on days it had not seen.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Trial {
    pub buyers: usize,
    pub churned: usize,
    pub auc: f64,
    pub brier: f64,
    /// The same of telling everybody the share that churned.
    pub brier_of_share: f64,
    pub calibration: Vec<Bin>,
    pub calibration_error: f64,
}

/// Buyers as of a moment, and whether they placed no order within the horizon after it.
struct Lesson {
    values: Vec<f64>,
    churned: Vec<bool>,
}

impl Lesson {
    fn of(as_of: &AsOf, moment: Timestamp, horizon: i64) -> Self {
        let (mut values, mut churned) = (Vec::new(), Vec::new());
        for (buyer, orders) in as_of.buyers() {
            let Some(known) = Known::at(orders, as_of.census.visits_of(buyer), moment) else { continue };
            values.extend(known.scaled());
            let end = moment.plus_micros(horizon);
            churned.push(!orders.iter().any(|order| order.at > moment && order.at <= end));
        }
        Self { values, churned }
    }

    /// Refuses what is too little to learn from, or to be tried on.
    fn checked(self, as_of: &AsOf, moment: Timestamp, horizon_days: u32) -> Result<Self, StandingError> {
        let churned = self.churned.iter().filter(|churned| **churned).count();
        let stayed = self.churned.len() - churned;
        if churned < LEAST || stayed < LEAST {
            let day = as_of.zone.date_of(moment);
            return Err(StandingError::TooFewLessons { day, horizon_days, churned, stayed, least: LEAST });
        }
        Ok(self)
    }

    fn model(&self) -> Result<Logistic, StandingError> {
        Ok(Logistic::fit(&Table::new(&self.values, WIDTH)?, &self.churned, RIDGE)?)
    }

    fn probabilities(&self, model: &Logistic) -> Vec<f64> {
        self.values.chunks_exact(WIDTH).map(|row| model.probability(row)).collect()
    }

    fn trial(&self, model: &Logistic) -> Result<Trial, EvaluateError> {
        let probabilities = self.probabilities(model);
        let churned = self.churned.iter().filter(|churned| **churned).count();
        let share = churned as f64 / self.churned.len().max(1) as f64;
        Ok(Trial {
            buyers: self.churned.len(),
            churned,
            auc: auc(&probabilities, &self.churned)?,
            brier: brier(&probabilities, &self.churned)?,
            brier_of_share: share * (1.0 - share),
            calibration: calibration(&probabilities, &self.churned, BINS)?,
            calibration_error: calibration_error(&probabilities, &self.churned, BINS)?,
        })
    }
}

impl Churn {
    /// Learns, tries and tells.
    pub fn of(as_of: &Arc<AsOf>, horizon_days: Option<u32>) -> Result<Self, StandingError> {
        let first = as_of.buyers().filter_map(|(_, orders)| Some(orders.first()?.at)).min();
        let first = first.ok_or(StandingError::NoOrders { day: as_of.day })?;
        let quarter = (days_between(first, as_of.moment) / 4.0) as u32;
        let horizon_days = horizon_days.unwrap_or(quarter.clamp(LEAST_DAYS, USUAL_DAYS));
        let horizon = i64::from(horizon_days) * DAY;
        let (learnt_at, tried_at) = (as_of.moment.plus_micros(-2 * horizon), as_of.moment.plus_micros(-horizon));
        let lesson = |moment| Lesson::of(as_of, moment, horizon).checked(as_of, moment, horizon_days);
        let (learnt, later) = (lesson(learnt_at)?, lesson(tried_at)?);
        let trial = later.trial(&learnt.model()?)?;
        let model = later.model()?;
        let now = as_of.buyers().filter_map(|(buyer, orders)| {
            Some((buyer, Known::at(orders, as_of.census.visits_of(buyer), as_of.moment)?))
        });
        let mut risks: Vec<(usize, f64)> =
            now.map(|(buyer, known)| (buyer, model.probability(&known.scaled()))).collect();
        risks.sort_unstable_by(|(one, left), (two, right)| right.total_cmp(left).then(one.cmp(two)));
        Ok(Self { horizon_days, learnt_at, tried_at, trial, model, risks })
    }

    /// The risk of one of whom this is known.
    pub fn risk(&self, known: &Known) -> f64 {
        self.model.probability(&known.scaled())
    }

    /// What speaks for it and against it, the most telling first.
    pub fn why(&self, known: &Known) -> Bilingual {
        let scaled = known.scaled();
        let added = self.model.contributions(&scaled).zip(COLUMNS).zip(known.0);
        let mut parts: Vec<(f64, &str, &str, f64)> =
            added.map(|((added, (_, en, zh)), value)| (added, en, zh, value)).collect();
        parts.sort_by(|one, two| two.0.abs().total_cmp(&one.0.abs()));
        let (mut en, mut zh) = (Vec::new(), Vec::new());
        for (added, in_english, in_chinese, value) in parts.into_iter().take(3) {
            let (raises, raises_zh) = if added > 0.0 { ("raises", "提高") } else { ("lowers", "降低") };
            en.push(format!("{in_english} {value:.1} {raises} it"));
            zh.push(format!("{in_chinese} {value:.1}，{raises_zh}风险"));
        }
        Bilingual::new(en.join("; "), zh.join("；"))
    }
}

/// A buyer at risk, as a page tells of them: who comes after this one.
pub(crate) fn read_after(text: &str) -> Result<(f64, PersonId), StandingError> {
    let parts = text.rsplit_once('.').and_then(|(risk, id)| Some((risk.parse().ok()?, id.parse().ok()?)));
    parts.ok_or_else(|| StandingError::After(text.chars().take(64).collect()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bought(days: &[i64]) -> Vec<Bought> {
        days.iter().map(|day| Bought { at: Timestamp::from_micros(day * DAY), minor: 0, currency: None }).collect()
    }

    #[test]
    fn what_is_known_of_a_buyer_on_a_day_is_what_had_happened_by_then() {
        let orders = bought(&[100, 110, 120, 150]);
        let visits: Vec<u32> = [100, 110, 120, 125, 150].iter().map(|day| day * 86_400).collect();
        let known = |day: i64| Known::at(&orders, &visits, Timestamp::from_micros(day * DAY)).map(|known| known.0);
        assert_eq!(known(99), None);
        assert_eq!(known(130), Some([10.0, 3.0, 10.0, 1.0, 5.0, 3.0]));
        assert_eq!(known(105), Some([5.0, 1.0, 5.0, 1.0, 5.0, 1.0]));
    }
}
