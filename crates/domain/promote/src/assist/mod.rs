//! Assist 助力 (inviting with rewards 邀请有礼): a shopper invites friends, and gets what each rung of a ladder promises when so
//! many of them count. A friend counts by a paid order that stands, or by a deed the play states; nobody is rewarded for heads.
//!
//! Opening an invitation reserves every rung at once: its stock, what it costs the play and its campaign, and the coupon. So
//! whoever gets their friends together gets what was promised, whoever else was faster. A friend counts once in a play, in an
//! account that takes one; the friend, the rung's reward and its news are one transaction under the ledger's lock.
//!
//! An order counts when goods can come back no more: until then it waits, and one that was given up or returned meanwhile
//! counts for nothing. So nothing that was given is ever taken back.

pub(crate) mod accept;
pub(crate) mod activate;
pub(crate) mod announce;
pub(crate) mod count;
pub(crate) mod due;
pub(crate) mod expire;
pub(crate) mod gates;
pub(crate) mod open;
pub(crate) mod show_assist;
pub(crate) mod store;

use std::collections::{BTreeMap, BTreeSet};

use fanvine_contracts::campaigns::Charge;
use fanvine_kernel::{Currency, Timestamp};
use fanvine_ledger::{Account, Command, Kind, Leg, Refusal};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::campaigns;
use crate::lottery::issued;
use crate::offers::TermsError;
use crate::plays::runs::Run;
use crate::plays::{Gift, PlayError, Rules, channels, range, text};
use crate::quote::MOST_MINOR;
use crate::referral::WhoShares;

pub use show_assist::{AssistDetail, AssistState, AssistView, InvitedFriend, RungView};

const MOST_RUNGS: i64 = 10;
const MOST_FRIENDS: i64 = 1_000;
const MOST_HOURS: i64 = 90 * 24;
const MOST_DAYS: i64 = 90;
const MOST_UNITS: i64 = 100_000_000;
const LONGEST_ACTIVITY: usize = 200;
const HOUR: i64 = 3_600_000_000;
const DAY: i64 = 24 * HOUR;
/// What is promised is kept for so long beyond the last moment at which it can be earned, for a program that was down.
const BEYOND: i64 = 365 * DAY;
/// What it is called in sentences.
pub(crate) const WHAT: &str = "invitation";
/// What its runs are called in rows.
pub(crate) const KIND: &str = "assist";

/// The rules of an assist.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Assist {
    /// What is promised for how many friends, the fewest first.
    pub rungs: Vec<Rung>,
    /// The currency of the rewards' values.
    #[schema(value_type = String)]
    pub currency: Currency,
    /// By what a friend counts.
    #[serde(default)]
    pub activated_by: ActivatedBy,
    /// How long an invitation is open, in hours.
    pub hours: i64,
    /// Whether only those may accept who never ordered before.
    #[serde(default)]
    pub newcomers: bool,
    /// Who may invite.
    #[serde(default)]
    pub inviters: WhoShares,
    /// Invitations one shopper may have, open or rewarded; any number if absent.
    #[serde(default)]
    pub per_shopper: Option<i64>,
    /// Most that all rewards may be worth, promised ones included, in minor units; any amount if absent.
    #[serde(default)]
    pub budget_minor: Option<i64>,
    /// Where invitations are shared: names of `GET /api/v1/sharing-channels`.
    #[serde(default = "channels::plain")]
    pub channels: BTreeSet<String>,
}

/// What is promised for so many friends.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Rung {
    /// How many friends must count.
    pub friends: i64,
    /// What the inviter gets.
    pub gives: Gift,
    /// What that is worth, in minor units: it counts in the budgets of the play and of its campaign.
    #[serde(default)]
    pub value_minor: i64,
    /// How many there are. Each open invitation keeps one; any number if absent.
    #[serde(default)]
    pub stock: Option<i64>,
}

/// By what a friend counts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case", tag = "by")]
pub enum ActivatedBy {
    /// By an order that is paid while the invitation is open, and stands when goods can come back no more.
    PaidOrder {
        /// What must be paid for it and kept, in minor units of the play's currency.
        #[serde(default = "one")]
        least_minor: i64,
        /// For how many days after the payment goods may come back; 7 if absent.
        #[serde(default = "seven")]
        hold_days: i64,
    },
    /// By something else they do, which the shop's own server tells.
    Activity {
        /// What it is, in the words people read.
        activity: String,
    },
}

impl Default for ActivatedBy {
    fn default() -> Self {
        Self::PaidOrder { least_minor: one(), hold_days: seven() }
    }
}

fn one() -> i64 {
    1
}

fn seven() -> i64 {
    7
}

impl Assist {
    /// Refuses rules that could not be held.
    pub(crate) fn check(&self) -> Result<(), TermsError> {
        range("the number of rules.rungs", self.rungs.len() as i64, 1, MOST_RUNGS)?;
        let mut least = 1;
        for rung in &self.rungs {
            // Each rung is for more friends than the one before.
            range("rules.rungs.friends", rung.friends, least, MOST_FRIENDS)?;
            least = rung.friends + 1;
            range("rules.rungs.value_minor", rung.value_minor, 0, MOST_MINOR / 100)?;
            rung.stock.into_iter().try_for_each(|stock| range("rules.rungs.stock", stock, 0, MOST_UNITS))?;
            rung.gives.check("rules.rungs.gives.points", MOST_UNITS)?;
        }
        match &self.activated_by {
            ActivatedBy::PaidOrder { least_minor, hold_days } => {
                range("rules.activated_by.least_minor", *least_minor, 1, MOST_MINOR / 100)?;
                range("rules.activated_by.hold_days", *hold_days, 0, MOST_DAYS)?;
            }
            ActivatedBy::Activity { activity } => text("rules.activated_by.activity", activity, LONGEST_ACTIVITY)?,
        }
        range("rules.hours", self.hours, 1, MOST_HOURS)?;
        self.inviters.check("the number of rules.inviters.segments")?;
        self.per_shopper.into_iter().try_for_each(|most| range("rules.per_shopper", most, 1, MOST_UNITS))?;
        self.budget_minor.into_iter().try_for_each(|most| range("rules.budget_minor", most, 0, MOST_MINOR))?;
        channels::check(&self.channels)
    }

    /// The offers of which rungs give coupons, each once, and how many rungs do.
    pub(crate) fn coupons(&self) -> BTreeMap<&str, i64> {
        let mut coupons = BTreeMap::new();
        for rung in &self.rungs {
            if let Gift::Coupon { offer_id } = &rung.gives {
                *coupons.entry(offer_id.as_str()).or_default() += 1;
            }
        }
        coupons
    }

    /// For how long an order may wait before it counts, in microseconds.
    fn hold_micros(&self) -> i64 {
        match self.activated_by {
            ActivatedBy::PaidOrder { hold_days, .. } => hold_days.saturating_mul(DAY),
            ActivatedBy::Activity { .. } => 0,
        }
    }
}

/// What was fixed when an invitation was opened.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Fixed {
    /// The offers its coupons are of, in the versions they had.
    pub offers: BTreeMap<String, i64>,
}

/// An invitation that is open, or ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Open {
    pub run: Run,
    pub rules: Assist,
    pub fixed: Fixed,
}

impl Open {
    /// A run as the invitation it is.
    pub fn of(run: Run) -> Result<Self, PlayError> {
        let (rules, fixed) = match (&run.play.terms.rules, serde_json::from_str(&run.detail)) {
            (Rules::Assist(rules), Ok(fixed)) => (rules.clone(), fixed),
            _ => return Err(PlayError::UnknownRun { what: WHAT, run_id: run.run_id }),
        };
        Ok(Self { run, rules, fixed })
    }

    /// Refuses whatever needs an invitation that is open.
    pub fn is_open(&self, now: Timestamp) -> Result<(), PlayError> {
        let ended = |became, at| PlayError::Ended { what: WHAT, run_id: self.run.run_id.clone(), became, at };
        match self.run.ended {
            Some((became, at)) => Err(ended(became.as_str(), at)),
            None if now >= self.run.closes_at => Err(ended("closed", self.run.closes_at)),
            None => Ok(()),
        }
    }

    /// The rules do not allow it.
    pub fn rule(&self, why: impl Into<String>) -> PlayError {
        PlayError::Rule { play_id: self.run.play.play_id.clone(), why: why.into() }
    }

    /// The rung that so many friends reach.
    pub fn rung(&self, friends: i64) -> Option<&Rung> {
        self.rules.rungs.iter().find(|rung| rung.friends == friends)
    }

    /// The friends that reach the last rung.
    pub fn top(&self) -> i64 {
        self.rules.rungs.last().map_or(0, |rung| rung.friends)
    }

    /// The reservation of a rung.
    pub fn promise_key(&self, rung: &Rung) -> String {
        format!("assist/{}/{}", self.run.run_id, rung.friends)
    }

    /// Rewards of a rung that were given, or are promised.
    pub fn given(&self, rung: &Rung) -> Account {
        let (play_id, friends) = (&self.run.play.play_id, rung.friends);
        let name = format!("assist_given/{play_id}/{friends}");
        let account = Account::new(name, format!("rewards for {friends} friends of {play_id}"), Kind::RedemptionLimit);
        Account { ceiling: rung.stock, ..account }
    }

    /// What the rewards of the play are worth that were given, or are promised.
    pub fn cost(&self) -> Account {
        let (play_id, currency) = (&self.run.play.play_id, self.rules.currency.code());
        let account = Account::new(format!("assist_cost/{play_id}/{currency}"), currency, Kind::Budget);
        Account { ceiling: self.rules.budget_minor, ..account }
    }

    /// The invitations of its inviter that are open or rewarded.
    fn mine(&self) -> Account {
        let (play_id, shopper) = (&self.run.play.play_id, &self.run.shopper_id);
        let account = Account::new(
            format!("play_uses/{play_id}/{shopper}"),
            format!("uses of play {play_id}"),
            Kind::RedemptionLimit,
        );
        Account { ceiling: self.rules.per_shopper, ..account }
    }

    /// Sets every rung aside: its stock, what it costs, and what its coupon takes. The first one counts as the inviter's.
    pub fn promise(&self, charge: Option<&Charge>, coupon: impl Fn(&Rung) -> Vec<Leg>) -> Vec<Command> {
        let until = self.run.closes_at.plus_micros(self.rules.hold_micros()).plus_micros(BEYOND);
        let of_rung = |(at, rung): (usize, &Rung)| {
            let mut legs = vec![issued(self.given(rung), 1)];
            if rung.value_minor > 0 {
                legs.push(issued(self.cost(), rung.value_minor));
                legs.extend(charge.map(|charge| issued(campaigns::account(charge), rung.value_minor)));
            }
            legs.extend(coupon(rung));
            legs.extend((at == 0).then(|| issued(self.mine(), 1)));
            Command::reserve(self.promise_key(rung), legs, until)
        };
        self.rules.rungs.iter().enumerate().map(of_rung).collect()
    }

    /// That a friend counts, which one does once in a play.
    pub fn count(&self, friend: &str) -> Command {
        let (run_id, play_id) = (&self.run.run_id, &self.run.play.play_id);
        let once = Account::new(format!("assisted/{play_id}/{friend}"), format!("friends of {play_id}"), Kind::Helps);
        Command::transfer(format!("assisted/{run_id}/{friend}"), vec![issued(once.at_most(1), 1)])
    }

    /// Why the ledger had no room, in the words of invitations.
    pub fn full(&self, refusal: &Refusal) -> Option<PlayError> {
        let Refusal::Full { account, .. } = refusal else { return None };
        let (play_id, rules) = (&self.run.play.play_id, &self.rules);
        let full = |limit: String| Some(PlayError::Full { what: "play", id: play_id.clone(), limit });
        if let Some(used_up) = campaigns::used_up(account, play_id) {
            return Some(used_up);
        }
        match account.split('/').next()? {
            "assist_given" => {
                let friends = account.rsplit('/').next()?;
                full(format!("the rewards for {friends} friends are given, or kept for invitations that are open"))
            }
            "assist_cost" => full("its budget is given, or kept for invitations that are open".to_owned()),
            "play_uses" => full(format!("one shopper has {} invitations", rules.per_shopper?)),
            name if name.starts_with("received") => full("no coupon of those it promises is left".to_owned()),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rules(friends: &[i64]) -> Assist {
        let rung =
            |friends: &i64| serde_json::json!({ "friends": friends, "gives": { "kind": "points", "points": 9 } });
        let rungs: Vec<_> = friends.iter().map(rung).collect();
        serde_json::from_value(serde_json::json!({ "rungs": rungs, "currency": "CNY", "hours": 24 })).unwrap()
    }

    #[test]
    fn every_rung_is_for_more_friends_than_the_one_before() {
        rules(&[1, 3, 10]).check().unwrap();
        assert_eq!(rules(&[]).check().unwrap_err().to_string(), "the number of rules.rungs is 0, where 1 to 10 can be");
        let twice = rules(&[1, 3, 3]).check().unwrap_err();
        assert_eq!(twice.to_string(), "rules.rungs.friends is 3, where 4 to 1000 can be");
        assert!(rules(&[0]).check().is_err() && rules(&[1_001]).check().is_err());
    }

    #[test]
    fn without_a_word_friends_count_by_orders_that_stand_for_a_week() {
        assert_eq!(rules(&[1]).activated_by, ActivatedBy::PaidOrder { least_minor: 1, hold_days: 7 });
        let long = Assist { activated_by: ActivatedBy::Activity { activity: "  ".into() }, ..rules(&[1]) };
        assert!(long.check().is_err());
    }
}
