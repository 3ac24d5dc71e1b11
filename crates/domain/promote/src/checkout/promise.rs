//! What a play promises an order beside what offers do: a price, and a place that is reserved with it.

use fanvine_kernel::Timestamp;
use fanvine_ledger::{Along, Command, Leg, Refusal};

use super::reserve::CheckoutError;
use super::{Counts, Redemption, Use};
use crate::plays::runs::{Seat, joined};
use crate::quote::Quote;

/// A price and a place for one order.
pub(crate) struct Promise {
    pub seat: Seat,
    pub shopper_id: String,
    /// How many units have the price.
    pub quantity: i64,
    /// The price, as the offer it is in the quote.
    pub offer: crate::offers::Offer,
    /// What the place takes in the ledger.
    pub uses: Vec<Use>,
    pub legs: Vec<Leg>,
    /// What is carried out first, in the same commit.
    pub before: Vec<Command>,
    /// Rows saved along.
    pub rows: Vec<Along>,
    /// How long it is set aside unless the order asks for less, in seconds.
    pub hold_s: i64,
    /// When it is over in any case.
    pub until: Timestamp,
    /// Accounts that are to be looked at with it.
    pub look: Vec<String>,
}

impl Promise {
    /// Refuses an order that would not get the promised price for all its units, or that a failure could not give back.
    pub fn check(&self, quote: &Quote) -> Result<(), CheckoutError> {
        let refused = |why: String| CheckoutError::Promise { offer_id: self.offer.offer_id.clone(), why };
        if quote.presale.is_some() {
            return Err(refused("goods of a pre-sale are paid too late for it".to_owned()));
        }
        let units = quote.applied.iter().find(|one| one.offer_id == self.offer.offer_id).and_then(|one| one.units);
        if units == Some(self.quantity) {
            return Ok(());
        }
        let rejected = quote.rejected.iter().find(|one| one.offer_id == self.offer.offer_id);
        let why = rejected.map(|one| one.words.en.clone());
        Err(refused(why.unwrap_or_else(|| format!("{} of {} units get it", units.unwrap_or(0), self.quantity))))
    }

    /// Whether the ledger refused the place, not an offer.
    pub fn is_refused_by(&self, refusal: &Refusal) -> bool {
        let (Refusal::Full { account, .. } | Refusal::Short { account, .. }) = refusal else { return false };
        self.legs.iter().any(|leg| leg.from.name == *account || leg.to.name == *account)
    }

    /// The rows that are saved with the redemption.
    pub fn rows(&self, redemption: &Redemption) -> Vec<Along> {
        let mut rows = self.rows.clone();
        rows.push(joined(&self.seat, &self.shopper_id, &redemption.redemption_id, redemption.reserved_at));
        rows
    }
}

/// The place that an order has.
pub(crate) fn seat(uses: &[Use]) -> Option<&Seat> {
    uses.iter().find_map(|one| match &one.counts {
        Counts::Seat(seat) => Some(seat),
        _ => None,
    })
}
