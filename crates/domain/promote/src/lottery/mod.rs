//! Lotteries 抽奖: prizes with stock and odds, drawn by chance that was fixed before anybody took part.
//!
//! Publishing a lottery opens it until its end: its prizes are issued into accounts, and a digest of its seed is told. From then on
//! neither prizes nor odds nor stock can change. A draw's number comes of the seed, the shopper and the key of the request, which
//! the shop does not choose; when the lottery is over the seed is told, and anybody computes every draw anew.
//!
//! A draw, what it is paid with, the prize and its stock are one commit of the ledger: cut off anywhere, the same request gets
//! the same draw.

pub(crate) mod chance;
pub(crate) mod claim;
pub(crate) mod draw;
pub(crate) mod earn;
pub(crate) mod entries;
pub(crate) mod expire;
pub(crate) mod gates;
pub(crate) mod prove;
pub(crate) mod publish;
pub(crate) mod show_draws;
pub(crate) mod show_lottery;
pub(crate) mod store;

use std::collections::BTreeSet;

use fanvine_kernel::{Currency, LocalDate};
use fanvine_ledger::{Account, Command, Kind, Leg};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::checkout::issued_for;
use crate::checkout::realm::Realm;
use crate::offers::TermsError;
use crate::offers::check::check_id;
use crate::plays::fair::Seed;
use crate::plays::runs::Run;
use crate::plays::{Play, PlayError, Rules, range, text};
use crate::quote::MOST_MINOR;

pub use claim::ClaimForm;
pub use draw::{DrawForm, PaidWith};
pub use entries::{EntriesForm, EntriesView};
pub use prove::LotteryProof;
pub use show_draws::DrawView;
pub use show_lottery::{LotteryView, PrizeView};

/// Odds are parts of this.
pub(crate) const WHOLE: i64 = 1_000_000;
const MOST_PRIZES: usize = 50;
const MOST_STOCK: i64 = 10_000_000;
const MOST_EARNS: usize = 20;
const LONGEST_NAME: usize = 200;
/// What it is called in sentences.
pub(crate) const WHAT: &str = "lottery";
/// What its runs are called in rows.
pub(crate) const KIND: &str = "lottery";

/// The rules of a lottery.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Lottery {
    /// What can be won. What is missing to 1,000,000 of their odds is thanks for playing.
    pub prizes: Vec<Prize>,
    /// The currency of the prizes' values.
    #[schema(value_type = String)]
    pub currency: Currency,
    /// Draws a shopper has for nothing on each day of the shop.
    #[serde(default)]
    pub daily_free: i64,
    /// What a draw costs in points; none is sold for points if absent.
    #[serde(default)]
    pub points: Option<i64>,
    /// What else earns draws: an order, a share.
    #[serde(default)]
    pub earn: Vec<Earn>,
    /// Most draws of one shopper on a day of the shop; any number if absent.
    #[serde(default)]
    pub per_day: Option<i64>,
    /// Most draws of one shopper; any number if absent.
    #[serde(default)]
    pub per_shopper: Option<i64>,
}

/// Something that can be won.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Prize {
    /// Its identifier.
    pub prize_id: String,
    /// What people call it.
    pub name: String,
    /// How likely it is, in parts of 1,000,000.
    pub odds: i64,
    /// How many there are. When all are won, its part of the odds is thanks for playing.
    pub stock: i64,
    /// What one is worth, in minor units: as goods, their price in the market.
    pub value_minor: i64,
    /// What it is.
    pub gives: Gives,
}

/// What a prize is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum Gives {
    /// Points, which come with the draw.
    Points {
        /// How many.
        points: i64,
    },
    /// A coupon, which comes with the draw.
    Coupon {
        /// The offer it is of.
        offer_id: String,
    },
    /// Goods, which the shopper claims.
    Goods {
        /// The shop's number for them.
        product_id: String,
    },
}

/// What earns draws: whoever does it gets them, behind the log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Earn {
    /// The event's name: `Order Completed`, `Product Shared`.
    pub event: String,
    /// How many draws each earns.
    pub entries: i64,
    /// How many such events of one shopper count on a day of the shop.
    #[serde(default = "one")]
    pub per_day: i64,
}

fn one() -> i64 {
    1
}

impl Lottery {
    /// Refuses rules that could not be held.
    pub(crate) fn check(&self) -> Result<(), TermsError> {
        range("the number of rules.prizes", self.prizes.len() as i64, 1, MOST_PRIZES as i64)?;
        let (mut names, mut left) = (BTreeSet::new(), WHOLE);
        for prize in &self.prizes {
            check_id(&prize.prize_id)?;
            text("rules.prizes.name", &prize.name, LONGEST_NAME)?;
            // All odds together are the whole at most.
            range("rules.prizes.odds", prize.odds, 1, left)?;
            left -= prize.odds;
            range("rules.prizes.stock", prize.stock, 1, MOST_STOCK)?;
            range("rules.prizes.value_minor", prize.value_minor, 0, MOST_MINOR / 100)?;
            match &prize.gives {
                Gives::Points { points } => range("rules.prizes.gives.points", *points, 1, MOST_STOCK)?,
                Gives::Coupon { offer_id } => check_id(offer_id)?,
                Gives::Goods { product_id } => text("rules.prizes.gives.product_id", product_id, LONGEST_NAME)?,
            }
            if !names.insert(&prize.prize_id) {
                return Err(TermsError::Again { field: "rules.prizes.prize_id", text: prize.prize_id.clone() });
            }
        }
        range("rules.daily_free", self.daily_free, 0, 100)?;
        self.points.into_iter().try_for_each(|points| range("rules.points", points, 1, MOST_STOCK))?;
        self.per_day.into_iter().try_for_each(|most| range("rules.per_day", most, 1, MOST_STOCK))?;
        self.per_shopper.into_iter().try_for_each(|most| range("rules.per_shopper", most, 1, MOST_STOCK))?;
        range("the number of rules.earn", self.earn.len() as i64, 0, MOST_EARNS as i64)?;
        self.earn.iter().try_for_each(|earn| {
            text("rules.earn.event", &earn.event, LONGEST_NAME)?;
            range("rules.earn.entries", earn.entries, 1, 100)?;
            range("rules.earn.per_day", earn.per_day, 1, 100)
        })
    }
}

/// A lottery that was opened, until its end or after.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Open {
    pub run: Run,
    pub rules: Lottery,
    pub seed: Seed,
}

impl Open {
    /// A run as the lottery it is.
    pub fn of(run: Run) -> Result<Self, PlayError> {
        let Rules::Lottery(rules) = run.play.terms.rules.clone() else {
            return Err(PlayError::UnknownRun { what: WHAT, run_id: run.run_id });
        };
        let seed = Seed::of_text(run.detail.clone());
        Ok(Self { run, rules, seed })
    }

    fn of_prize(&self, name: &str, prize: &Prize, kind: Kind) -> Account {
        let (run_id, id) = (&self.run.run_id, &prize.prize_id);
        Account::new(format!("{name}/{run_id}/{id}"), format!("{id} of {run_id}"), kind)
    }

    /// Of a prize, those that may still be won.
    pub fn left(&self, prize: &Prize) -> Account {
        self.of_prize("prizes", prize, Kind::Prizes)
    }

    /// Of a prize, those that were won.
    pub fn won(&self, prize: &Prize) -> Account {
        self.of_prize("won", prize, Kind::Gone)
    }

    /// Of a prize, those that were claimed.
    pub fn claimed(&self, prize: &Prize) -> Account {
        self.of_prize("claimed", prize, Kind::Gone)
    }

    /// Of a prize, those nobody won.
    pub fn unwon(&self, prize: &Prize) -> Account {
        self.of_prize("unwon", prize, Kind::Gone)
    }

    /// All draws.
    pub fn draws(&self) -> Account {
        let run_id = &self.run.run_id;
        Account::new(format!("draws/{run_id}"), format!("draws of {run_id}"), Kind::Gone)
    }

    /// What a shopper drew for nothing on a day.
    pub fn free(&self, shopper: &str, day: LocalDate) -> Account {
        let run_id = &self.run.run_id;
        let name = format!("free_draws/{run_id}/{day}/{shopper}");
        Account::new(name, format!("draws of {run_id}"), Kind::RedemptionLimit).at_most(self.rules.daily_free)
    }

    /// What limits the draws of one shopper, and how far.
    pub fn limits(&self, shopper: &str, day: LocalDate) -> Vec<Account> {
        let run_id = &self.run.run_id;
        let limit = |name: String, most: i64| {
            Account::new(name, format!("draws of {run_id}"), Kind::RedemptionLimit).at_most(most)
        };
        let by_day = self.rules.per_day.map(|most| limit(format!("draws_day/{run_id}/{day}/{shopper}"), most));
        let in_all = self.rules.per_shopper.map(|most| limit(format!("draws_by/{run_id}/{shopper}"), most));
        by_day.into_iter().chain(in_all).collect()
    }

    /// Issues every prize.
    pub fn issue(&self) -> Command {
        let legs = self.rules.prizes.iter().map(|prize| issued(self.left(prize), prize.stock));
        Command::transfer(format!("lottery/{}", self.run.run_id), legs.collect())
    }
}

/// An amount that is issued into an account.
pub(crate) fn issued(to: Account, amount: i64) -> Leg {
    Leg::new(issued_for(&Realm::default(), &to), to, amount)
}

/// Draws of a play that a shopper earned and did not make yet.
pub(crate) fn entries_account(play_id: &str, shopper: &str) -> Account {
    Account::new(format!("entries/{play_id}/{shopper}"), format!("entries of {play_id}"), Kind::Entries)
}

/// Earned draws that were made.
pub(crate) fn entries_used(play_id: &str) -> Account {
    Account::new(format!("entries_used/{play_id}"), format!("entries of {play_id}"), Kind::Gone)
}

/// The rules of a play that is a lottery.
pub(crate) fn rules_of(play: &Play) -> Result<&Lottery, PlayError> {
    match &play.terms.rules {
        Rules::Lottery(rules) => Ok(rules),
        other => Err(PlayError::Kind { play_id: play.play_id.clone(), kind: other.kind(), wanted: WHAT }),
    }
}
