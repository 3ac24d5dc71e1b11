//! Referral and distribution 分享返利: whoever shares has a code; whom their link brings is bound to them; and what the bound
//! buy earns them a part of what was paid.
//!
//! Commission is an account of the ledger. It comes with the payment, frozen until goods can come back no more, and goes with
//! every unit that does come back, each with its own share: the rate of each line is kept with the order. By whom somebody was
//! brought is never overwritten: links are kept as they came, and the rule of the play is applied to all of them, of all keys
//! of the person. So a merge changes nothing that was written.

pub(crate) mod bind;
pub(crate) mod decide_withdrawal;
pub(crate) mod earn;
pub(crate) mod gates;
pub(crate) mod join_sharers;
pub(crate) mod release;
pub(crate) mod show_statement;
pub(crate) mod show_tree;
pub(crate) mod store;
pub(crate) mod withdraw;

use std::collections::{BTreeMap, BTreeSet};

use fanvine_kernel::Timestamp;
use fanvine_ledger::{Account, Kind};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::offers::TermsError;
use crate::plays::{channels, range, text};
use crate::quote::Quote;

pub use bind::{BindForm, BindingView};
pub use decide_withdrawal::DecisionForm;
pub use join_sharers::SharerCode;
pub use show_statement::{Balance, CommissionEntry, Statement, StatementQuery};
pub use show_tree::InviteTree;
pub use withdraw::{WithdrawalForm, WithdrawalState, WithdrawalView};

/// What its plays are called in rows.
pub(crate) const KIND: &str = "referral";
/// What it is called in sentences.
pub(crate) const WHAT: &str = "referral";
/// Most levels that can be written down. More than two are refused by a gate, which says why.
const MOST_LEVELS: i64 = 9;
const MOST_NAMES: i64 = 1_000;
const MOST_DAYS: i64 = 3_660;
const LONGEST_NAME: usize = 100;
/// The whole, in basis points.
const WHOLE: i64 = 10_000;
/// Most by which the rate of a level of sharers is multiplied, in basis points.
const MOST_FACTOR: i64 = 100_000;
const DAY: i64 = 86_400_000_000;

/// The rules of a referral play.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Referral {
    /// What an order earns: first whoever brought its buyer, then whoever brought them.
    pub levels: Vec<CommissionLevel>,
    /// Of several who brought somebody, who counts.
    pub binding: Binding,
    /// For how many days somebody stays bound; for ever if absent.
    #[serde(default)]
    pub bound_days: Option<i64>,
    /// Whether only who never ordered before can be bound.
    #[serde(default)]
    pub newcomers: bool,
    /// What a sharer's own orders earn.
    #[serde(default)]
    pub own_orders: OwnOrders,
    /// For how many days commission is frozen after the payment: as long as goods may come back.
    pub frozen_days: i64,
    /// Who may share.
    #[serde(default)]
    pub sharers: WhoShares,
    /// A reward for each person recruited, in minor units. No gate lets that through: commission is for sales alone.
    #[serde(default)]
    pub per_head_minor: Option<i64>,
    /// Whether an opened link binds by itself, as the tracker tells it; otherwise the shop's server alone binds.
    #[serde(default = "yes")]
    pub links_bind: bool,
    /// Where links are shared: names of `GET /api/v1/sharing-channels`.
    #[serde(default = "channels::plain")]
    pub channels: BTreeSet<String>,
}

fn yes() -> bool {
    true
}

/// What an order earns on one level, in basis points of what was paid for its goods.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CommissionLevel {
    /// For all goods that are not named below.
    pub basis_points: i64,
    /// For these products.
    #[serde(default)]
    pub products: BTreeMap<String, i64>,
    /// For these categories, as the catalogue says.
    #[serde(default)]
    pub categories: BTreeMap<String, i64>,
    /// By what the rate is multiplied for sharers of these levels (the trait `level`), in basis points: 12,000 is a fifth more.
    #[serde(default)]
    pub by_sharer_level: BTreeMap<String, i64>,
}

/// Of several who brought somebody, who counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case", tag = "rule")]
pub enum Binding {
    /// Who brought them first.
    First,
    /// Who brought them last.
    Last,
    /// Who brought them first, for so many days; then who brings them next.
    Locked {
        /// How many days.
        days: i64,
    },
}

/// What a sharer's own orders earn.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum OwnOrders {
    /// Nothing for themselves; whoever brought them has commission of it as of any other.
    #[default]
    Nothing,
    /// The first level's commission, as if they had brought themselves; whoever brought them has the second's.
    Earn,
}

/// Who may share.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case", tag = "who")]
pub enum WhoShares {
    /// Anybody.
    #[default]
    Anyone,
    /// Who belongs to any of these segments.
    Segments {
        /// The segments.
        segments: BTreeSet<String>,
    },
    /// Who has bought. No gate lets that through: nobody pays to take part.
    Buyers,
}

impl WhoShares {
    /// Refuses no segment, or too many of them.
    pub(crate) fn check(&self, field: &'static str) -> Result<(), TermsError> {
        match self {
            Self::Segments { segments } => range(field, segments.len() as i64, 1, MOST_NAMES),
            Self::Anyone | Self::Buyers => Ok(()),
        }
    }
}

impl Referral {
    /// Refuses rules that could not be held.
    pub(crate) fn check(&self) -> Result<(), TermsError> {
        let count = |many: usize| i64::try_from(many).unwrap_or(i64::MAX);
        range("the number of rules.levels", count(self.levels.len()), 1, MOST_LEVELS)?;
        for level in &self.levels {
            range("rules.levels.basis_points", level.basis_points, 0, WHOLE)?;
            let maps = [
                ("rules.levels.products", &level.products, WHOLE),
                ("rules.levels.categories", &level.categories, WHOLE),
                ("rules.levels.by_sharer_level", &level.by_sharer_level, MOST_FACTOR),
            ];
            for (field, map, most) in maps {
                range(field, count(map.len()), 0, MOST_NAMES)?;
                map.keys().try_for_each(|name| text(field, name, LONGEST_NAME))?;
                map.values().try_for_each(|rate| range(field, *rate, 0, most))?;
            }
        }
        if let Binding::Locked { days } = self.binding {
            range("rules.binding.days", days, 1, MOST_DAYS)?;
        }
        self.bound_days.into_iter().try_for_each(|days| range("rules.bound_days", days, 1, MOST_DAYS))?;
        range("rules.frozen_days", self.frozen_days, 0, MOST_DAYS)?;
        self.sharers.check("the number of rules.sharers.segments")?;
        let heads = self.per_head_minor.into_iter();
        heads.into_iter().try_for_each(|minor| range("rules.per_head_minor", minor, 0, crate::quote::MOST_MINOR))?;
        channels::check(&self.channels)
    }

    /// When what is earned now may be had.
    pub(crate) fn opens_at(&self, now: Timestamp) -> Timestamp {
        now.plus_micros(self.frozen_days.saturating_mul(DAY))
    }

    /// By whom somebody was brought, as far as it counts at a moment: every time in order, by the play's rule.
    pub(crate) fn bound(&self, times: &[Brought], at: Timestamp) -> Option<Brought> {
        let over = |one: &Brought, at: Timestamp| {
            self.bound_days.is_some_and(|days| one.bound_at.plus_micros(days.saturating_mul(DAY)) <= at)
        };
        let takes = |before: &Brought, at: Timestamp| match self.binding {
            _ if over(before, at) => true,
            Binding::First => false,
            Binding::Last => true,
            Binding::Locked { days } => before.bound_at.plus_micros(days.saturating_mul(DAY)) <= at,
        };
        let mut now: Option<&Brought> = None;
        let mut times: Vec<&Brought> = times.iter().collect();
        times.sort_by(|one, other| (one.bound_at, &one.sharer_id).cmp(&(other.bound_at, &other.sharer_id)));
        for next in times {
            if now.is_none_or(|before| takes(before, next.bound_at)) {
                now = Some(next);
            }
        }
        now.filter(|one| !over(one, at)).cloned()
    }
}

/// One time that somebody was brought.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Brought {
    pub shopper_id: String,
    pub sharer_id: String,
    pub bound_at: Timestamp,
}

impl CommissionLevel {
    /// The rate for a product, in basis points.
    fn rate(&self, product_id: &str, category: Option<&str>, sharer_level: Option<&str>) -> i64 {
        let of_category = || category.and_then(|category| self.categories.get(category));
        let rate = self.products.get(product_id).or_else(of_category).copied().unwrap_or(self.basis_points);
        let factor = sharer_level.and_then(|level| self.by_sharer_level.get(level)).copied().unwrap_or(WHOLE);
        (rate.saturating_mul(factor) / WHOLE).min(WHOLE)
    }

    /// The highest rate anybody has for anything.
    fn highest(&self) -> i64 {
        let rates = self.products.values().chain(self.categories.values()).chain([&self.basis_points]);
        let factor = self.by_sharer_level.values().copied().chain([WHOLE]).max().unwrap_or(WHOLE);
        (rates.max().copied().unwrap_or(0).saturating_mul(factor) / WHOLE).min(WHOLE)
    }
}

/// The rate of every line of an order, by line.
pub(crate) type Rates = BTreeMap<String, i64>;

/// What a unit earns, rounded down.
pub(crate) fn of_unit(paid_minor: i64, basis_points: i64) -> i64 {
    i64::try_from(i128::from(paid_minor) * i128::from(basis_points) / i128::from(WHOLE)).unwrap_or(0)
}

/// What all units of an order earn at these rates.
pub(crate) fn of_order(quote: &Quote, rates: &Rates) -> i64 {
    let of_line = |line: &crate::quote::QuotedLine| {
        let rate = rates.get(&line.line_id).copied().unwrap_or(0);
        line.units.iter().map(|run| run.units * of_unit(run.paid_minor, rate)).sum::<i64>()
    };
    quote.lines.iter().map(of_line).sum()
}

/// The account of a sharer's commission.
pub(crate) fn account(sharer_id: &str, currency: &str) -> Account {
    Account::new(format!("commission/{sharer_id}/{currency}"), currency, Kind::Commission)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rules(binding: Binding, bound_days: Option<i64>) -> Referral {
        let level = CommissionLevel {
            basis_points: 1_000,
            products: BTreeMap::from([("mug".to_owned(), 2_000)]),
            categories: BTreeMap::from([("tea".to_owned(), 500)]),
            by_sharer_level: BTreeMap::from([("gold".to_owned(), 15_000)]),
        };
        Referral {
            levels: vec![level],
            binding,
            bound_days,
            newcomers: false,
            own_orders: OwnOrders::Nothing,
            frozen_days: 7,
            sharers: WhoShares::Anyone,
            per_head_minor: None,
            links_bind: true,
            channels: channels::plain(),
        }
    }

    fn day(day: i64) -> Timestamp {
        Timestamp::from_micros(day * DAY)
    }

    fn brought(sharer: &str, on: i64) -> Brought {
        Brought { shopper_id: "buyer".into(), sharer_id: sharer.into(), bound_at: day(on) }
    }

    #[test]
    fn who_counts_of_several_follows_from_all_of_them_in_any_order() {
        let times = [brought("late", 9), brought("early", 1), brought("middle", 4)];
        let who = |binding, bound_days, at| rules(binding, bound_days).bound(&times, day(at)).map(|one| one.sharer_id);
        assert_eq!(who(Binding::First, None, 20).as_deref(), Some("early"));
        assert_eq!(who(Binding::Last, None, 20).as_deref(), Some("late"));
        assert_eq!(who(Binding::Locked { days: 7 }, None, 20).as_deref(), Some("late"), "eight days after the first");
        assert_eq!(who(Binding::Locked { days: 9 }, None, 20).as_deref(), Some("early"));
        assert_eq!(who(Binding::First, Some(5), 12).as_deref(), Some("late"), "the first was over by then");
        assert_eq!(who(Binding::Last, Some(3), 12), None);
        assert_eq!(rules(Binding::First, None).bound(&[], day(1)), None);
    }

    #[test]
    fn a_rate_is_of_the_product_then_its_category_then_all_and_rises_with_the_sharer() {
        let level = &rules(Binding::First, None).levels[0];
        assert_eq!(level.rate("mug", Some("tea"), None), 2_000);
        assert_eq!(level.rate("leaf", Some("tea"), None), 500);
        assert_eq!(level.rate("leaf", None, Some("silver")), 1_000);
        assert_eq!(level.rate("mug", None, Some("gold")), 3_000);
        assert_eq!(level.highest(), 3_000);
        assert_eq!(of_unit(999, 1_000), 99);
    }
}
