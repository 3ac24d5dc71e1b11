//! What campaigns decide of offers and plays, as far as this room must know it: who may have what, on which campaign a use
//! counts, and what was given with one. Whose campaign it is and why somebody is refused is not known here.
//!
//! Everything a campaign's pieces cost moves, with the order it is for, into one account of the campaign, whose ceiling is the
//! budget. So the ledger itself refuses what would go beyond, whatever crashes and whoever comes at once.

mod admit;
mod given;
mod pieces;

use fanvine_contracts::campaigns::Charge;
use fanvine_ledger::{Account, Kind};

pub(crate) use admit::Said;

/// The account in which everything stands that a campaign has cost, in minor units.
pub(crate) fn account(charge: &Charge) -> Account {
    let currency = charge.currency.code();
    let account = Account::new(format!("campaign/{}/{currency}", charge.campaign_id), currency, Kind::Budget);
    Account { ceiling: charge.budget_minor, ..account }
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
