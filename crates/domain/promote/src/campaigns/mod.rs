//! What campaigns decide of offers and plays, as far as this room must know it: who may have what, on which campaign a use
//! counts, and what was given with one. Whose campaign it is and why somebody is refused is not known here.
//!
//! Everything a campaign's pieces cost moves, with the order it is for, into one account of the campaign, whose ceiling is the
//! budget. So the ledger itself refuses what would go beyond, whatever crashes and whoever comes at once.

mod admit;
mod given;
mod pieces;

use fanvine_contracts::campaigns::Charge;
use fanvine_kernel::Timestamp;
use fanvine_ledger::{Account, Kind, Leg};

use crate::checkout::realm::Realm;
use crate::lottery::issued;
use crate::plays::PlayError;
use crate::points::earned_leg;
use crate::quote::PointsRule;

pub(crate) use admit::Said;

/// The account in which everything stands that a campaign has cost, in minor units.
pub(crate) fn account(charge: &Charge) -> Account {
    let currency = charge.currency.code();
    let account = Account::new(format!("campaign/{}/{currency}", charge.campaign_id), currency, Kind::Budget);
    Account { ceiling: charge.budget_minor, ..account }
}

/// The points a play gives: by which rule they open, expire and pay, and which campaign they cost anything.
pub(crate) struct Grants {
    pub rule: Option<PointsRule>,
    pub charge: Option<Charge>,
}

impl Grants {
    /// Points for a shopper, and what they can pay on the account of the campaign. Nothing for no points.
    pub fn legs(&self, shopper: &str, points: i64, now: Timestamp) -> Vec<Leg> {
        let earned = (points > 0).then(|| earned_leg(&Realm::default(), shopper, points, self.rule.as_ref(), now));
        earned.into_iter().chain(self.cost(points)).collect()
    }

    /// What points can pay, on the account of the campaign if there is one.
    pub fn cost(&self, points: i64) -> Option<Leg> {
        let minor = self.worth(points);
        self.charge.as_ref().filter(|_| minor > 0).map(|charge| issued(account(charge), minor))
    }

    /// What points can pay, in minor units.
    pub fn worth(&self, points: i64) -> i64 {
        points.saturating_mul(self.rule.as_ref().map_or(0, |rule| rule.minor_per_point))
    }
}

/// What it means for a play that the ledger had no room in this account, if it is a campaign's.
pub(crate) fn used_up(account: &str, play_id: &str) -> Option<PlayError> {
    let limit = "the budget of its campaign is used up".to_owned();
    account.starts_with("campaign/").then(|| PlayError::Full { what: "play", id: play_id.to_owned(), limit })
}

/// The play that a price is of. Prices of plays are named `kind/play/…`, and no offer has a `/` in its name.
pub(crate) fn play_of(offer_id: &str) -> Option<&str> {
    offer_id.split('/').nth(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_price_of_a_play_names_its_play() {
        assert_eq!(play_of("group/mugs/3/leader"), Some("mugs"));
        assert_eq!(play_of("mugs"), None);
    }
}
