//! Points: what they are worth, what a shopper has of them, and how they come and go with orders.

pub(crate) mod give_points;
pub(crate) mod put_rule;
pub(crate) mod show_points;
pub(crate) mod store;

use fanvine_kernel::Timestamp;
use fanvine_ledger::{Account, Command, Kind, Leg};

use crate::checkout::Redemption;
use crate::checkout::issued_for;
use crate::checkout::realm::Realm;
use crate::quote::{Granted, PointsRule, Returns};

/// What is counted.
pub(crate) const UNIT: &str = "points";
const DAY: i64 = 86_400_000_000;

/// The account of a shopper's points.
pub(crate) fn points_account(realm: &Realm, shopper: &str) -> Account {
    Account::new(realm.own(format!("points/{shopper}")), UNIT, Kind::Points)
}

/// Points that come to a shopper now: open after the time in which goods may come back, good until they expire.
pub(crate) fn earned_leg(realm: &Realm, shopper: &str, points: i64, rule: Option<&PointsRule>, now: Timestamp) -> Leg {
    let to = points_account(realm, shopper);
    let opens_after = rule.map_or(0, |rule| rule.opens_after_days);
    let later = |days: i64| now.plus_micros(days.saturating_mul(DAY));
    let leg = Leg::new(issued_for(realm, &to), to, points);
    Leg {
        opens_at: (opens_after > 0).then(|| later(opens_after)),
        expires_at: rule.and_then(|rule| rule.expires_after_days).map(later),
        ..leg
    }
}

/// All points an order earns: by the rule, and as its offers' rewards.
pub(crate) fn earned(one: &Redemption) -> i64 {
    let granted = one.quote.applied.iter().flat_map(|applied| &applied.granted).map(|granted| match granted {
        Granted::Points { points } => *points,
        Granted::Gift { .. } | Granted::Coupon { .. } => 0,
    });
    granted.fold(one.quote.points_earned, i64::saturating_add)
}

/// How many of these points an order has after goods came back: those by the rule in proportion to what is still paid, as its
/// lines earned them, rounded down; the offers' own until everything came back.
pub(crate) fn kept(one: &Redemption, returns: &Returns<'_>, all_back: bool) -> i64 {
    if all_back {
        return 0;
    }
    let by_rule = one.quote.points_earned;
    let still = match &one.quote.earning {
        Some(earning) => {
            let all = one.quote.lines.iter().map(|line| (line.line_id.as_str(), line.paid_minor));
            earning.kept(by_rule, all, returns.kept_by_line())
        }
        // An order of an earlier release: in proportion, rounded down.
        None => {
            let exact =
                i128::from(by_rule) * i128::from(returns.kept_paid()) / i128::from(one.quote.goods_minor.max(1));
            i64::try_from(exact).unwrap_or(by_rule)
        }
    };
    earned(one) - by_rule + still.min(by_rule)
}

/// The command by which an order's points come to its shopper, if there are any.
pub(crate) fn earning(one: &Redemption, rule: Option<&PointsRule>, now: Timestamp) -> Option<Command> {
    let (shopper, points) = (one.shopper_id.as_deref()?, earned(one));
    let realm = Realm::kept(one.sandbox.as_deref());
    let leg = || earned_leg(&realm, shopper, points, rule, now);
    (points > 0).then(|| Command::transfer(earning_key(&one.redemption_id), vec![leg()]))
}

/// The key of that command.
pub(crate) fn earning_key(redemption_id: &str) -> String {
    format!("earn/{redemption_id}")
}
