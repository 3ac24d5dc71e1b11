//! What only a census of everybody gives: where buyers stand beside all others, and what models learnt from all of them
//! say of each.

use std::sync::Arc;

use fanvine_kernel::{Currency, Money, Timestamp};
use fanvine_stats::rfm::Group;
use rustc_hash::FxHashMap;

use super::rule::Rule;
use super::value::Value;
use crate::People;
use crate::profile::{Bilingual, DecodeError};
use crate::standing::StandingError;
use crate::standing::census::{AsOf, Census};
use crate::standing::churn::Churn;
use crate::standing::rfm::{Cuts, Rfm};
use crate::standing::show_value::HorizonQuery;
use crate::standing::worth::{Ahead, Worth};

/// A census older than this is taken anew while some rule reads it, in microseconds.
pub(crate) const RANKS_STAND: i64 = 300_000_000;
/// The values, as rules name them.
pub(crate) const RANKED: [&str; 6] =
    ["rfm_group", "spend_rank", "churn_risk", "alive_probability", "lifetime_value", "lifetime_value_rank"];

/// Which models are asked for: each costs a search for its parameters over all buyers.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Models {
    /// Of who will not buy again soon.
    pub churn: bool,
    /// Of what buyers will still be worth.
    pub worth: bool,
}

impl Models {
    /// Those that give these values.
    pub(crate) fn giving<'n>(names: impl IntoIterator<Item = &'n str>) -> Self {
        names.into_iter().map(Self::of).fold(Self::default(), Self::and)
    }

    fn of(name: &str) -> Self {
        let worth = ["alive_probability", "lifetime_value", "lifetime_value_rank"].contains(&name);
        Self { churn: name == "churn_risk", worth }
    }

    pub(crate) fn and(self, more: Self) -> Self {
        Self { churn: self.churn || more.churn, worth: self.worth || more.worth }
    }

    fn cover(self, wanted: Self) -> bool {
        self.and(wanted) == self
    }
}

/// A buyer's place.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Rank {
    /// The classic group.
    pub group: Group,
    /// The share of buyers who spent at most as much, 0..1.
    spend: f64,
    /// The probability that they place no order within the usual horizon.
    churn: Option<f64>,
    worth: Option<Outlook>,
}

/// What a buyer will still be worth.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Outlook {
    /// The probability that they are still a customer.
    alive: f64,
    /// What they will buy within the usual horizon is worth so much now, in minor units.
    minor: i64,
    /// The share of buyers who will be worth at most as much, 0..1.
    rank: f64,
}

/// Every buyer's place at a moment.
#[derive(Debug, Default)]
pub(crate) struct Ranks {
    pub taken_at: Timestamp,
    /// What was asked for.
    models: Models,
    /// Of lifetime values.
    currency: Option<Currency>,
    /// By the number of their first key.
    buyers: FxHashMap<u32, Rank>,
    /// Why there is no model, where one was asked for.
    refused: Vec<(Models, Bilingual)>,
}

impl Ranks {
    /// Counts everybody, and fits the models that are asked for; see [`People::walk`] for how long counting takes.
    pub(crate) fn take(people: &People, now: Timestamp, models: Models) -> Result<Self, DecodeError> {
        let census = Arc::new(Census::take(people, now)?);
        let as_of = Arc::new(AsOf::new(census, now, people.zone, None));
        let mut ranks = Self { taken_at: now, models, currency: as_of.currency, ..Self::default() };
        let rfm = match Rfm::of(&as_of, Cuts::default()) {
            Ok(rfm) => rfm,
            // Nobody has bought anything.
            Err(error) => return ranks.refuse(models, error).map(|()| ranks),
        };
        let spent = rfm.buyers.iter().map(|one| one.spend_minor);
        for (one, spend) in rfm.buyers.iter().zip(shares_below(spent)) {
            if let Some((_, number)) = as_of.census.who(one.buyer) {
                ranks.buyers.insert(number, Rank { group: one.group, spend, churn: None, worth: None });
            }
        }
        if models.churn {
            match Churn::of(&as_of, None) {
                Ok(churn) => ranks.add_churn(&as_of, &churn),
                Err(error) => ranks.refuse(Models { churn: true, worth: false }, error)?,
            }
        }
        if models.worth {
            // As the value of all buyers is told where nobody says how far ahead to look.
            match HorizonQuery::default().read().and_then(|(ahead, _)| Ok((ahead, Worth::of(&as_of)?))) {
                Ok((ahead, worth)) => ranks.add_worth(&as_of, &worth, ahead),
                Err(error) => ranks.refuse(Models { churn: false, worth: true }, error)?,
            }
        }
        Ok(ranks)
    }

    fn refuse(&mut self, models: Models, error: StandingError) -> Result<(), DecodeError> {
        match error {
            StandingError::Unreadable(error) => Err(error),
            error => {
                self.refused.push((models, error.words()));
                Ok(())
            }
        }
    }

    fn add_churn(&mut self, as_of: &AsOf, churn: &Churn) {
        for (buyer, risk) in &churn.risks {
            if let Some(rank) = self.rank_mut(as_of, *buyer) {
                rank.churn = Some(*risk);
            }
        }
    }

    fn add_worth(&mut self, as_of: &AsOf, worth: &Worth, ahead: Ahead) {
        let expected = worth.expected_of_all(ahead);
        let minor = |value: f64| value.round() as i64;
        let shares = shares_below(expected.iter().map(|(_, one)| minor(one.value)));
        for ((buyer, one), rank) in expected.iter().zip(shares) {
            if let Some(of_buyer) = self.rank_mut(as_of, *buyer) {
                of_buyer.worth = Some(Outlook { alive: one.alive, minor: minor(one.value), rank });
            }
        }
    }

    fn rank_mut(&mut self, as_of: &AsOf, buyer: usize) -> Option<&mut Rank> {
        as_of.census.who(buyer).and_then(|(_, number)| self.buyers.get_mut(&number))
    }

    /// Whether these may be asked for values of such models at a moment.
    pub(crate) fn answer(&self, models: Models, now: Timestamp) -> bool {
        self.models.cover(models) && now.micros_since(self.taken_at).abs() < RANKS_STAND
    }

    /// Every buyer, by the number they were counted under.
    pub(crate) fn each(&self, mut tell: impl FnMut(u32, Rank)) {
        self.buyers.iter().for_each(|(number, rank)| tell(*number, *rank));
    }

    /// A value of a person with that key, if it is the one they were counted under.
    pub(crate) fn value(&self, number: u32, name: &str) -> Option<Value<'static>> {
        let rank = self.buyers.get(&number)?;
        match name {
            "rfm_group" => Some(Value::Text(rank.group.code().into())),
            "spend_rank" => Some(Value::Number(rank.spend)),
            "churn_risk" => rank.churn.map(Value::Number),
            "alive_probability" => rank.worth.map(|worth| Value::Number(worth.alive)),
            "lifetime_value" => Some(Value::Money(Money::new(rank.worth?.minor, self.currency?))),
            "lifetime_value_rank" => rank.worth.map(|worth| Value::Number(worth.rank)),
            _ => None,
        }
    }

    /// Why values that a rule reads are nobody's.
    pub(crate) fn refused(&self, rule: &Rule) -> Vec<Bilingual> {
        let models = Models::giving(ranked_in(rule));
        let read = |refused: Models| (refused.churn && models.churn) || (refused.worth && models.worth);
        self.refused.iter().filter(|(refused, _)| read(*refused)).map(|(_, why)| why.clone()).collect()
    }
}

/// The values of a census that a rule reads.
pub(crate) fn ranked_in(rule: &Rule) -> Vec<&'static str> {
    let (mut open, mut found) = (vec![rule], Vec::new());
    while let Some(rule) = open.pop() {
        match rule {
            Rule::All(rules) | Rule::Any(rules) => open.extend(rules),
            Rule::Not(rule) => open.push(rule),
            Rule::Computed(test) => found.extend(RANKED.iter().find(|name| **name == test.name)),
            _ => {}
        }
    }
    found
}

/// Of numbers, the greatest first, the share that is at most as great as each; equals have one.
fn shares_below(numbers: impl ExactSizeIterator<Item = i64> + Clone) -> Vec<f64> {
    let all = numbers.len();
    let (mut above, mut last) = (0, None);
    let share = |(place, number): (usize, i64)| {
        if last != Some(number) {
            (last, above) = (Some(number), place);
        }
        (all - above) as f64 / all as f64
    };
    numbers.enumerate().map(share).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::segments::text::parse;

    #[test]
    fn who_spent_as_much_has_the_same_place() {
        assert_eq!(shares_below([9, 5, 5, 1].into_iter()), [1.0, 0.75, 0.75, 0.25]);
        assert_eq!(shares_below([].into_iter()), [0.0; 0]);
    }

    #[test]
    fn only_the_models_that_a_rule_reads_are_asked_for() {
        let models = |text| Models::giving(ranked_in(&parse(text).unwrap()));
        assert_eq!(models("value spend_rank > 0.5 and value orders > 1"), Models::default());
        assert_eq!(models("not (value churn_risk > 0.5 or bought)"), Models { churn: true, worth: false });
        assert_eq!(models("value lifetime_value > 10.00 CNY"), Models { churn: false, worth: true });
        assert!(Models { churn: true, worth: true }.cover(Models::default()));
        assert!(!Models::default().cover(Models { churn: true, worth: false }));
    }
}
