//! Contest 排行赛, and leaderboard 榜单: shoppers who take part are ranked by a stated measure over a stated time; who comes to a
//! place that has a prize gets it.
//!
//! A score is a pure function of what this room keeps anyway: paid orders and what came back of them, commission, friends who
//! count, votes. So it is counted anew whenever something may have changed it, and never added to: what is told twice, late or
//! through a crash counts once, and what is taken back is gone. Of as high scores, who reached it first comes first; of those, who
//! joined first. So the order is total.
//!
//! Publishing reserves every prize in the ledger. Some days after the end, when goods come back no more, everybody is counted once
//! more under the ledger's lock, and in the same transaction places are frozen, their digest is told, and prizes are given.

pub(crate) mod announce;
pub(crate) mod count;
pub(crate) mod exclude;
pub(crate) mod facts;
pub(crate) mod gates;
pub(crate) mod join;
pub(crate) mod publish;
pub(crate) mod settle;
pub(crate) mod show_contest;
pub(crate) mod standings;
pub(crate) mod store;

use std::collections::BTreeMap;

use fanvine_contracts::campaigns::Charge;
use fanvine_kernel::{Currency, Timestamp};
use fanvine_ledger::{Account, Command, Kind, Leg};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::campaigns;
use crate::lottery::issued;
use crate::offers::TermsError;
use crate::offers::check::check_id;
use crate::plays::Gift;
use crate::plays::runs::Run;
use crate::plays::{PlayError, Rules, range};
use crate::quote::MOST_MINOR;
use crate::referral::WhoShares;

pub use exclude::ExclusionForm;
pub use show_contest::{ContestState, ContestView};
pub use standings::{Ahead, EntrantState, EntrantView, FinalStanding, RankedEntrant, Standings};

const MOST_PLACES: i64 = 500;
const MOST_RANGES: i64 = 20;
const MOST_SHOWN: i64 = 100;
const MOST_DAYS: i64 = 90;
const MOST_UNITS: i64 = 100_000_000;
const DAY: i64 = 86_400_000_000;
/// Prizes are kept for so long beyond the day they are given, for a program that was down.
const BEYOND: i64 = 365 * DAY;
/// What it is called in sentences.
pub(crate) const WHAT: &str = "contest";
/// What its runs are called in rows.
pub(crate) const KIND: &str = "contest";

/// The rules of a contest. They hold from its publication to its end: give it an `ends_at`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Contest {
    /// By what shoppers are ranked.
    pub measure: Measure,
    /// The currency of what is measured, and of the prizes' values. Orders in others do not count.
    #[schema(value_type = String)]
    pub currency: Currency,
    /// The least score that is ranked; 1 if absent. Money is in minor units.
    #[serde(default = "one")]
    pub least: i64,
    /// What the first places get, the first first; none if empty: then it is a plain leaderboard.
    #[serde(default)]
    pub prizes: Vec<RankPrize>,
    /// For how many days after the end orders may still be given up and goods come back before places are final; 7 if absent.
    #[serde(default = "seven")]
    pub hold_days: i64,
    /// How many places everybody sees while it goes on; 20 if absent. The final standings are open to all.
    #[serde(default = "twenty")]
    pub shown: i64,
    /// Who may take part.
    #[serde(default)]
    pub entrants: WhoShares,
}

/// By what shoppers are ranked: what happens from the start to the end, as far as it still stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case", tag = "by")]
pub enum Measure {
    /// What they paid for goods, less what came back, in minor units. By when an order was paid.
    Spent,
    /// What others paid for goods through their share links, less what came back, in minor units: orders that earned them commission
    /// of the first level. By when an order was paid.
    Sales {
        /// The referral play in which they share.
        play_id: String,
    },
    /// Invited friends who count in an assist, and whose order stands. By when the friend paid, or did what the assist asks for.
    Friends {
        /// The assist.
        play_id: String,
    },
    /// Votes of others for what they put up in a topic challenge, as far as it is shown. By when they were cast.
    Votes {
        /// The topic challenge.
        play_id: String,
    },
}

impl Measure {
    /// Its name: `spent`.
    pub(crate) const fn name(&self) -> &'static str {
        match self {
            Self::Spent => "spent",
            Self::Sales { .. } => "sales",
            Self::Friends { .. } => "friends",
            Self::Votes { .. } => "votes",
        }
    }

    /// The play it counts in, if it does.
    pub(crate) fn play_id(&self) -> Option<&str> {
        match self {
            Self::Spent => None,
            Self::Sales { play_id } | Self::Friends { play_id } | Self::Votes { play_id } => Some(play_id),
        }
    }
}

/// What some places get.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RankPrize {
    /// The last place that gets it. The first is behind the places of the prize before.
    pub up_to: i64,
    /// What each of them gets.
    pub gives: Gift,
    /// What that is worth, in minor units: it counts in the budget of its campaign.
    #[serde(default)]
    pub value_minor: i64,
}

fn one() -> i64 {
    1
}

fn seven() -> i64 {
    7
}

fn twenty() -> i64 {
    20
}

impl Contest {
    /// Refuses rules that could not be held.
    pub(crate) fn check(&self) -> Result<(), TermsError> {
        self.measure.play_id().map_or(Ok(()), check_id)?;
        range("rules.least", self.least, 1, MOST_MINOR)?;
        range("the number of rules.prizes", self.prizes.len() as i64, 0, MOST_RANGES)?;
        let mut first = 1;
        for prize in &self.prizes {
            // Each range of places is behind the one before.
            range("rules.prizes.up_to", prize.up_to, first, MOST_PLACES)?;
            first = prize.up_to + 1;
            range("rules.prizes.value_minor", prize.value_minor, 0, MOST_MINOR / 100)?;
            prize.gives.check("rules.prizes.gives.points", MOST_UNITS)?;
        }
        range("rules.hold_days", self.hold_days, 0, MOST_DAYS)?;
        range("rules.shown", self.shown, 1, MOST_SHOWN)?;
        self.entrants.check("the number of rules.entrants.segments")
    }

    /// The prize of a place, if it has one.
    pub(crate) fn prize(&self, place: i64) -> Option<&RankPrize> {
        self.prizes.iter().find(|prize| place <= prize.up_to)
    }

    /// Every place that has a prize.
    pub(crate) fn places(&self) -> impl Iterator<Item = (i64, &RankPrize)> {
        let last = self.prizes.last().map_or(0, |prize| prize.up_to);
        (1..=last).filter_map(|place| Some((place, self.prize(place)?)))
    }

    /// The offers of which places get coupons, each once, and how many places do.
    pub(crate) fn coupons(&self) -> BTreeMap<&str, i64> {
        let mut coupons = BTreeMap::new();
        for (_, prize) in self.places() {
            if let Gift::Coupon { offer_id } = &prize.gives {
                *coupons.entry(offer_id.as_str()).or_default() += 1;
            }
        }
        coupons
    }

    /// For how long it is waited after the end, in microseconds.
    pub(crate) fn hold_micros(&self) -> i64 {
        self.hold_days.saturating_mul(DAY)
    }
}

/// What was fixed when a contest was published.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Fixed {
    /// The offers its coupons are of, in the versions they had.
    pub offers: BTreeMap<String, i64>,
}

/// A contest that was published, until it is settled or after.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Open {
    pub run: Run,
    pub rules: Contest,
    pub fixed: Fixed,
}

impl Open {
    /// A run as the contest it is.
    pub fn of(run: Run) -> Result<Self, PlayError> {
        let (rules, fixed) = match (&run.play.terms.rules, serde_json::from_str(&run.detail)) {
            (Rules::Contest(rules), Ok(fixed)) => (rules.clone(), fixed),
            _ => return Err(PlayError::UnknownRun { what: WHAT, run_id: run.run_id }),
        };
        Ok(Self { run, rules, fixed })
    }

    /// From when on it counts: nothing from before its rules were told.
    pub fn starts_at(&self) -> Timestamp {
        self.run.play.terms.starts_at.map_or(self.run.opened_at, |starts| starts.max(self.run.opened_at))
    }

    /// When places are final.
    pub fn settles_at(&self) -> Timestamp {
        self.run.closes_at.plus_micros(self.rules.hold_micros())
    }

    /// Whether something that happened at a moment counts.
    pub fn counts(&self, at: Timestamp) -> bool {
        self.starts_at() <= at && at < self.run.closes_at
    }

    /// The reservation of a place's prize.
    pub fn promise_key(&self, place: i64) -> String {
        format!("contest/{}/{place}", self.run.run_id)
    }

    /// The reservation of what a place's prize costs its campaign.
    pub fn campaign_key(&self, place: i64) -> String {
        format!("contest_campaign/{}/{place}", self.run.run_id)
    }

    /// Prizes that were given, or are kept.
    fn given(&self) -> Account {
        let run_id = &self.run.run_id;
        let most = self.rules.prizes.last().map_or(0, |prize| prize.up_to);
        let account =
            Account::new(format!("contest_given/{run_id}"), format!("prizes of {run_id}"), Kind::RedemptionLimit);
        account.at_most(most)
    }

    /// What the prizes of the play are worth that were given, or are kept.
    fn cost(&self) -> Account {
        let (play_id, currency) = (&self.run.play.play_id, self.rules.currency.code());
        Account::new(format!("contest_cost/{play_id}/{currency}"), currency, Kind::Budget)
    }

    /// The accounts in which its promises stand.
    pub fn accounts(&self) -> Vec<String> {
        match self.rules.prizes.is_empty() {
            true => Vec::new(),
            false => vec![self.given().name, self.cost().name],
        }
    }

    fn kept_until(&self) -> Timestamp {
        self.settles_at().plus_micros(BEYOND)
    }

    /// Sets the prize of every place aside: what it costs, and what its coupon takes.
    pub fn promise(&self, coupon: impl Fn(&RankPrize) -> Vec<Leg>) -> Vec<Command> {
        let of_place = |(place, prize): (i64, &RankPrize)| {
            let mut legs = vec![issued(self.given(), 1)];
            if prize.value_minor > 0 {
                legs.push(issued(self.cost(), prize.value_minor));
            }
            legs.extend(coupon(prize));
            Command::reserve(self.promise_key(place), legs, self.kept_until())
        };
        self.rules.places().map(of_place).collect()
    }

    /// Sets aside what the prizes cost a campaign.
    pub fn charge(&self, charge: &Charge) -> Vec<Command> {
        let of_place = |(place, prize): (i64, &RankPrize)| {
            let leg = issued(campaigns::account(charge), prize.value_minor);
            Command::reserve(self.campaign_key(place), vec![leg], self.kept_until())
        };
        self.costly().map(of_place).collect()
    }

    /// Places whose prizes cost something.
    pub fn costly(&self) -> impl Iterator<Item = (i64, &RankPrize)> {
        self.rules.places().filter(|(_, prize)| prize.value_minor > 0)
    }

    /// That the rules do not allow something.
    pub fn rule(&self, why: impl Into<String>) -> PlayError {
        PlayError::Rule { play_id: self.run.play.play_id.clone(), why: why.into() }
    }
}

/// A shopper's identifier as a public board shows it: `a***9`.
pub(crate) fn masked(shopper_id: &str) -> String {
    let mut letters = shopper_id.chars();
    let (first, last) = (letters.next(), letters.next_back());
    // Of a short one the last letter would tell too much.
    let last = last.filter(|_| shopper_id.chars().count() > 4);
    first.into_iter().chain("***".chars()).chain(last).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn rules(more: Value) -> Contest {
        let mut rules = json!({ "measure": { "by": "spent" }, "currency": "CNY" });
        rules.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        serde_json::from_value(rules).unwrap()
    }

    fn prizes(up_to: &[i64]) -> Value {
        let prize = |up_to: &i64| json!({ "up_to": up_to, "gives": { "kind": "points", "points": 9 } });
        json!({ "prizes": up_to.iter().map(prize).collect::<Vec<_>>() })
    }

    #[test]
    fn rules_that_could_not_be_held_are_refused_by_name() {
        rules(json!({})).check().unwrap();
        rules(prizes(&[1, 3, 10])).check().unwrap();
        let says = |more| rules(more).check().unwrap_err().to_string();
        assert_eq!(says(prizes(&[1, 3, 3])), "rules.prizes.up_to is 3, where 4 to 500 can be");
        assert_eq!(says(prizes(&[501])), "rules.prizes.up_to is 501, where 1 to 500 can be");
        assert_eq!(says(json!({ "least": 0 })), "rules.least is 0, where 1 to 922337203685477 can be");
        assert_eq!(says(json!({ "hold_days": 91 })), "rules.hold_days is 91, where 0 to 90 can be");
        let nowhere = json!({ "measure": { "by": "friends", "play_id": "a/b" } });
        assert!(says(nowhere).starts_with("`a/b` cannot identify"));
    }

    #[test]
    fn every_place_has_the_prize_of_its_range() {
        let three = rules(prizes(&[1, 3, 10]));
        let up_to = |place| three.prize(place).map(|prize| prize.up_to);
        assert_eq!([1, 2, 3, 4, 10].map(up_to), [Some(1), Some(3), Some(3), Some(10), Some(10)]);
        assert_eq!((up_to(11), three.places().count()), (None, 10));
    }

    #[test]
    fn a_name_on_a_board_tells_little() {
        assert_eq!(["13812345678", "anna", "小红", "", "a"].map(masked), ["1***8", "a***", "小***", "***", "a***"]);
    }
}
