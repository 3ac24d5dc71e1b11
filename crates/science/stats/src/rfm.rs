//! RFM: how recently, how often and for how much somebody bought, each scored 1 to 5, and the eight classic groups.
//!
//! Hughes (1994), "Strategic Database Marketing", for the scores; the eight groups are those of Chinese practice
//! (重要价值客户 and its seven neighbours): each score high or low against a bar.

use thiserror::Error;

/// Why there are no bands.
#[derive(Debug, Clone, PartialEq, Error)]
pub enum BandsError {
    /// Cuts must go from the worst to the best, each better than the one before.
    #[error("cuts {cuts:?} do not go from worse to better, where {better} is better")]
    Order {
        /// What they were.
        cuts: [f64; 4],
        /// Which values are better.
        better: Better,
    },
    /// Quantiles need values.
    #[error("there are no values to take quantiles of")]
    Empty,
    /// A value is infinite or not a number.
    #[error("value {index} is {value}: it must be finite")]
    NotFinite {
        /// Its place among the values.
        index: usize,
        /// What it was.
        value: f64,
    },
}

/// Which values are better.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Better {
    /// As with orders and spend.
    Higher,
    /// As with days since the last order.
    Lower,
}

impl std::fmt::Display for Better {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(match self {
            Better::Higher => "higher",
            Better::Lower => "lower",
        })
    }
}

impl Better {
    /// Whether `value` is `than` or better.
    fn reaches(self, value: f64, than: f64) -> bool {
        match self {
            Better::Higher => value >= than,
            Better::Lower => value <= than,
        }
    }
}

/// Four cuts that part values into the scores 1 to 5. A value on a cut has the better score.
///
/// ```
/// use fanvine_stats::rfm::{Bands, Better};
///
/// let recency = Bands::fixed([180.0, 90.0, 60.0, 30.0], Better::Lower).unwrap();
/// assert_eq!([0.0, 30.0, 31.0, 200.0].map(|days| recency.score(days)), [5, 5, 4, 1]);
///
/// // Six of ten bought once: equals have the same score, the share of all that did worse, in fifths.
/// let orders = [1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 2.0, 2.0, 3.0, 9.0];
/// let frequency = Bands::quantiles(&orders, Better::Higher).unwrap();
/// assert_eq!([1.0, 2.0, 3.0, 9.0].map(|orders| frequency.score(orders)), [1, 4, 5, 5]);
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Bands {
    /// What a value must reach for the scores 2, 3, 4 and 5.
    cuts: [f64; 4],
    better: Better,
}

impl Bands {
    /// Bands of the shop's choosing: what a value must reach for the scores 2, 3, 4 and 5.
    pub fn fixed(cuts: [f64; 4], better: Better) -> Result<Bands, BandsError> {
        let rises = |pair: &[f64]| matches!(pair, [worse, good] if good != worse && better.reaches(*good, *worse));
        if cuts.windows(2).all(rises) { Ok(Bands { cuts, better }) } else { Err(BandsError::Order { cuts, better }) }
    }

    /// Bands that hold about a fifth of the values each: the score is 1 + ⌊5 · (values that are worse) / (values)⌋.
    ///
    /// The tie rule: equal values have equal scores, the lowest any of them would have. So a score may be missing, and
    /// where all are equal everybody has 1.
    pub fn quantiles(values: &[f64], better: Better) -> Result<Bands, BandsError> {
        if let Some((index, value)) = values.iter().enumerate().find(|(_, value)| !value.is_finite()) {
            return Err(BandsError::NotFinite { index, value: *value });
        }
        if values.is_empty() {
            return Err(BandsError::Empty);
        }
        let mut sorted = values.to_vec();
        sorted.sort_by(f64::total_cmp);
        let unreachable = match better {
            Better::Higher => f64::INFINITY,
            Better::Lower => {
                sorted.reverse();
                f64::NEG_INFINITY
            }
        };
        // The cut for score 1 + k is the worst value that k fifths of all are worse than.
        let mut cuts = [unreachable; 4];
        let mut worse = 0;
        for equals in sorted.chunk_by(|left, right| left == right) {
            let Some(value) = equals.first() else { continue };
            for (k, cut) in (1..).zip(&mut cuts) {
                if *cut == unreachable && 5 * worse >= k * sorted.len() {
                    *cut = *value;
                }
            }
            worse += equals.len();
        }
        Ok(Bands { cuts, better })
    }

    /// What a value must reach for the scores 2, 3, 4 and 5; infinite where nothing does.
    pub fn cuts(&self) -> [f64; 4] {
        self.cuts
    }

    /// The score of a value, 1 (worst) to 5 (best). What is not a number has 1.
    pub fn score(&self, value: f64) -> u8 {
        let reached = |cut: &f64| u8::from(cut.is_finite() && self.better.reaches(value, *cut));
        1 + self.cuts.iter().map(reached).sum::<u8>()
    }
}

/// The three scores of a customer, 1 (worst) to 5 (best) each.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Scores {
    /// R: how recently they bought.
    pub recency: u8,
    /// F: how often.
    pub frequency: u8,
    /// M: for how much.
    pub monetary: u8,
}

/// What a score must be above to be high.
///
/// ```
/// use fanvine_stats::rfm::{Bars, Group, Scores};
///
/// let scores = |recency, frequency, monetary| Scores { recency, frequency, monetary };
/// let all = [scores(5, 4, 5), scores(1, 1, 4), scores(4, 1, 1)];
/// let bars = Bars::mean(&all).unwrap();
/// assert_eq!(all.map(|scores| bars.group(&scores)), [Group::Champions, Group::WinBack, Group::Newcomers]);
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Bars {
    /// For R.
    pub recency: f64,
    /// For F.
    pub frequency: f64,
    /// For M.
    pub monetary: f64,
}

impl Bars {
    /// The mean of each score over all customers; none without customers.
    pub fn mean(scores: &[Scores]) -> Option<Bars> {
        let mean = |score: fn(&Scores) -> u8| {
            (!scores.is_empty())
                .then(|| scores.iter().map(|all| f64::from(score(all))).sum::<f64>() / scores.len() as f64)
        };
        Some(Bars {
            recency: mean(|scores| scores.recency)?,
            frequency: mean(|scores| scores.frequency)?,
            monetary: mean(|scores| scores.monetary)?,
        })
    }

    /// The group of a customer. A score is high where it is above its bar, low on it.
    pub fn group(&self, scores: &Scores) -> Group {
        let recent = f64::from(scores.recency) > self.recency;
        let frequent = f64::from(scores.frequency) > self.frequency;
        let spends = f64::from(scores.monetary) > self.monetary;
        match (recent, frequent, spends) {
            (true, true, true) => Group::Champions,
            (true, false, true) => Group::Promising,
            (false, true, true) => Group::AtRisk,
            (false, false, true) => Group::WinBack,
            (true, true, false) => Group::Regulars,
            (true, false, false) => Group::Newcomers,
            (false, true, false) => Group::Fading,
            (false, false, false) => Group::Lost,
        }
    }
}

/// The eight classic groups.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Group {
    /// 重要价值客户: bought lately, often and for much.
    Champions,
    /// 重要发展客户: lately and for much, but seldom.
    Promising,
    /// 重要保持客户: often and for much, but not lately.
    AtRisk,
    /// 重要挽留客户: for much, but neither lately nor often.
    WinBack,
    /// 一般价值客户: lately and often, but for little.
    Regulars,
    /// 一般发展客户: lately, but seldom and for little.
    Newcomers,
    /// 一般保持客户: often, but not lately and for little.
    Fading,
    /// 一般挽留客户: neither lately nor often nor for much.
    Lost,
}

impl Group {
    /// All eight, the most valuable first.
    pub const ALL: [Group; 8] = [
        Group::Champions,
        Group::Promising,
        Group::AtRisk,
        Group::WinBack,
        Group::Regulars,
        Group::Newcomers,
        Group::Fading,
        Group::Lost,
    ];

    /// The code by which it is stored and asked for. It never changes.
    pub fn code(self) -> &'static str {
        match self {
            Group::Champions => "champions",
            Group::Promising => "promising",
            Group::AtRisk => "at_risk",
            Group::WinBack => "win_back",
            Group::Regulars => "regulars",
            Group::Newcomers => "newcomers",
            Group::Fading => "fading",
            Group::Lost => "lost",
        }
    }

    /// The group of a code.
    pub fn from_code(code: &str) -> Option<Group> {
        Group::ALL.into_iter().find(|group| group.code() == code)
    }

    /// Its name in English.
    pub fn english(self) -> &'static str {
        match self {
            Group::Champions => "Champions",
            Group::Promising => "Promising big spenders",
            Group::AtRisk => "Best customers at risk",
            Group::WinBack => "Big spenders to win back",
            Group::Regulars => "Regulars",
            Group::Newcomers => "Newcomers",
            Group::Fading => "Fading regulars",
            Group::Lost => "Lost",
        }
    }

    /// Its name in Chinese.
    pub fn chinese(self) -> &'static str {
        match self {
            Group::Champions => "重要价值客户",
            Group::Promising => "重要发展客户",
            Group::AtRisk => "重要保持客户",
            Group::WinBack => "重要挽留客户",
            Group::Regulars => "一般价值客户",
            Group::Newcomers => "一般发展客户",
            Group::Fading => "一般保持客户",
            Group::Lost => "一般挽留客户",
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn ten_different_values_give_two_of_each_score() {
        let values: Vec<f64> = (0..10).rev().map(f64::from).collect();
        let scores = |better| {
            let bands = Bands::quantiles(&values, better).unwrap();
            (0..10).map(|value| bands.score(f64::from(value))).collect::<Vec<u8>>()
        };
        assert_eq!(scores(Better::Higher), [1, 1, 2, 2, 3, 3, 4, 4, 5, 5]);
        assert_eq!(scores(Better::Lower), [5, 5, 4, 4, 3, 3, 2, 2, 1, 1]);
    }

    #[test]
    fn where_all_are_equal_everybody_has_the_lowest_score() {
        let bands = Bands::quantiles(&[7.0; 4], Better::Higher).unwrap();
        assert_eq!((bands.score(7.0), bands.score(f64::INFINITY), bands.score(f64::NAN)), (1, 1, 1));
    }

    #[test]
    fn bands_that_make_no_sense_are_refused_by_name() {
        assert_eq!(
            Bands::fixed([1.0, 2.0, 2.0, 3.0], Better::Higher).unwrap_err().to_string(),
            "cuts [1.0, 2.0, 2.0, 3.0] do not go from worse to better, where higher is better"
        );
        assert!(Bands::fixed([1.0, 2.0, 3.0, 4.0], Better::Lower).is_err());
        assert!(Bands::fixed([1.0, f64::NAN, 3.0, 4.0], Better::Higher).is_err());
        assert_eq!(Bands::quantiles(&[], Better::Lower), Err(BandsError::Empty));
        assert_eq!(
            Bands::quantiles(&[1.0, f64::NAN], Better::Lower).unwrap_err().to_string(),
            "value 1 is NaN: it must be finite"
        );
    }

    #[test]
    fn every_group_is_reached_and_keeps_its_code_and_names() {
        let bars = Bars { recency: 3.0, frequency: 3.0, monetary: 3.0 };
        let groups = [4, 3].into_iter().flat_map(|monetary| {
            [(4, 4), (4, 3), (3, 4), (3, 3)]
                .map(|(recency, frequency)| bars.group(&Scores { recency, frequency, monetary }))
        });
        assert_eq!(groups.collect::<Vec<_>>(), Group::ALL);
        assert!(Group::ALL.iter().all(|group| Group::from_code(group.code()) == Some(*group)));
        assert_eq!(Group::from_code("whales"), None);
        let names: HashSet<&str> = Group::ALL.iter().flat_map(|group| [group.english(), group.chinese()]).collect();
        assert_eq!(names.len(), 16);
    }

    proptest! {
        #[test]
        fn a_quantile_score_is_the_share_that_did_worse_in_fifths(values in prop::collection::vec(0..30_i32, 1..80)) {
            let values: Vec<f64> = values.into_iter().map(f64::from).collect();
            for better in [Better::Higher, Better::Lower] {
                let bands = Bands::quantiles(&values, better).unwrap();
                for value in &values {
                    let worse = values.iter().filter(|other| !better.reaches(**other, *value)).count();
                    prop_assert_eq!(usize::from(bands.score(*value)), 1 + 5 * worse / values.len());
                }
            }
        }
    }
}
