//! Every buyer's scores for recency, frequency and money, and the group that follows from them.

use fanvine_kernel::Timestamp;
use fanvine_stats::rfm::{Bands, BandsError, Bars, Better, Group, Scores};

use super::StandingError;
use super::census::AsOf;

/// Cuts of the shop's choosing, what a value must reach for the scores 2 to 5; where there are none, fifths of the
/// buyers.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(crate) struct Cuts {
    /// In days since the last order.
    pub recency: Option<[f64; 4]>,
    /// In orders.
    pub frequency: Option<[f64; 4]>,
    /// In minor units.
    pub monetary: Option<[f64; 4]>,
}

/// A buyer and their scores.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Scored {
    /// Their place in the census.
    pub buyer: usize,
    /// Their last order.
    pub last: Timestamp,
    /// Days of the shop's zone since then.
    pub days: i64,
    pub orders: u64,
    pub spend_minor: i64,
    pub scores: Scores,
    pub group: Group,
}

/// All buyers scored.
#[derive(Debug)]
pub(crate) struct Rfm {
    pub recency: Bands,
    pub frequency: Bands,
    pub monetary: Bands,
    pub bars: Bars,
    /// Who spent most first; of equals, by place in the census.
    pub buyers: Vec<Scored>,
}

impl Rfm {
    /// Scores everybody who had ordered.
    pub fn of(as_of: &AsOf, cuts: Cuts) -> Result<Self, StandingError> {
        let mut buyers: Vec<Scored> = as_of
            .buyers()
            .filter_map(|(buyer, orders)| {
                let last = orders.last()?.at;
                let told = orders.iter().filter(|order| order.currency.is_some() && order.currency == as_of.currency);
                Some(Scored {
                    buyer,
                    last,
                    days: as_of.day.days_since(as_of.zone.date_of(last)),
                    orders: orders.len() as u64,
                    spend_minor: told.fold(0i64, |sum, order| sum.saturating_add(order.minor)),
                    scores: Scores { recency: 1, frequency: 1, monetary: 1 },
                    group: Group::Lost,
                })
            })
            .collect();
        let bands = |name, cuts: Option<[f64; 4]>, value: fn(&Scored) -> f64, better| match cuts {
            Some(cuts) => Bands::fixed(cuts, better).map_err(|error| StandingError::Cuts { name, error }),
            None => {
                Bands::quantiles(&buyers.iter().map(value).collect::<Vec<f64>>(), better).map_err(|error| match error {
                    BandsError::Empty => StandingError::NoOrders { day: as_of.day },
                    error => StandingError::Cuts { name, error },
                })
            }
        };
        let recency = bands("recency_cuts", cuts.recency, days, Better::Lower)?;
        let frequency = bands("frequency_cuts", cuts.frequency, count, Better::Higher)?;
        let monetary = bands("monetary_cuts", cuts.monetary, money, Better::Higher)?;
        for one in &mut buyers {
            one.scores = Scores {
                recency: recency.score(days(one)),
                frequency: frequency.score(count(one)),
                monetary: monetary.score(money(one)),
            };
        }
        let scores: Vec<Scores> = buyers.iter().map(|one| one.scores).collect();
        let bars = Bars::mean(&scores).ok_or(StandingError::NoOrders { day: as_of.day })?;
        buyers.iter_mut().for_each(|one| one.group = bars.group(&one.scores));
        buyers.sort_unstable_by_key(|one| (std::cmp::Reverse(one.spend_minor), one.buyer));
        Ok(Self { recency, frequency, monetary, bars, buyers })
    }

    /// Those of a group, who spent most first.
    pub fn members(&self, group: Group) -> impl Iterator<Item = &Scored> {
        self.buyers.iter().filter(move |one| one.group == group)
    }
}

fn days(one: &Scored) -> f64 {
    one.days as f64
}

fn count(one: &Scored) -> f64 {
    one.orders as f64
}

fn money(one: &Scored) -> f64 {
    one.spend_minor as f64
}
