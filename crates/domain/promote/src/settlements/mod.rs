//! What offers cost, and how much of that partners bear: for the settlement between them and the shop.

pub(crate) mod show_settlements;

use crate::offers::Terms;
use crate::quote::{Quote, Rulebook};

/// What an offer takes off an order, and how much of it a partner bears.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Shared {
    pub offer_id: String,
    pub off_minor: i64,
    pub partner: Option<String>,
    pub partner_minor: i64,
    /// The campaign it counts on.
    pub campaign_id: Option<String>,
}

/// What each applied offer takes off, and who bears it.
pub(crate) fn shared_costs(quote: &Quote, book: &Rulebook) -> Vec<Shared> {
    let each = quote.applied.iter().map(|applied| {
        let off_minor = applied.off_minor.saturating_add(applied.freight_off_minor);
        shared(&applied.offer_id, off_minor, book.offer(&applied.offer_id).map(|offer| &offer.terms))
    });
    each.collect()
}

/// A partner's part is rounded down: the shop bears the last minor unit.
pub(crate) fn shared(offer_id: &str, off_minor: i64, terms: Option<&Terms>) -> Shared {
    let shared = terms.and_then(|terms| terms.shared.as_ref());
    Shared {
        offer_id: offer_id.to_owned(),
        off_minor,
        partner: shared.map(|shared| shared.partner.clone()),
        partner_minor: shared.map_or(0, |shared| part_of(off_minor, shared.basis_points)),
        campaign_id: None,
    }
}

fn part_of(off_minor: i64, basis_points: i64) -> i64 {
    i64::try_from(i128::from(off_minor) * i128::from(basis_points) / 10_000).unwrap_or(off_minor)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_partners_part_is_rounded_down() {
        assert_eq!([part_of(999, 5_000), part_of(1, 9_999), part_of(0, 5_000), part_of(10, 10_000)], [499, 0, 0, 10]);
    }
}
