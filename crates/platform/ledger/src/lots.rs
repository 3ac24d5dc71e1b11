//! Lots: amounts that came in with a day to open or to expire, and in which order they are spent.
//!
//! In an account with lots, what is left of them sums to its balance, or to nothing if that is negative. Reserved
//! amounts are taken from the lots only when they are posted; until then, lots that expire are kept as far as
//! reservations need them.

use std::sync::Arc;

use fanvine_kernel::Timestamp;

use crate::book::{Book, Row};
use crate::command::{OWN, What};
use crate::{Account, Kind};

/// What is left of an amount that came in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Lot {
    /// The leg by which it came in.
    pub lot: i64,
    pub opens_at: Option<Timestamp>,
    pub expires_at: Option<Timestamp>,
    pub remaining: i64,
}

impl Lot {
    pub fn is_open(&self, now: Timestamp) -> bool {
        self.opens_at.is_none_or(|opens| opens <= now)
    }

    fn is_past(&self, now: Timestamp) -> bool {
        self.expires_at.is_some_and(|expires| expires <= now)
    }

    /// Open ones first, the first to expire first; then those to open, the first to open first.
    fn turn(&self, now: Timestamp) -> (bool, i64, i64) {
        let open = self.is_open(now);
        let moment = if open { self.expires_at } else { self.opens_at };
        (!open, moment.map_or(i64::MAX, Timestamp::micros), self.lot)
    }
}

/// Takes `amount` out of `lots`, out of the lot `first` before all others; what was taken from which. Answers less if
/// there is less.
pub(crate) fn draw(lots: &mut [Lot], amount: i64, first: Option<i64>, now: Timestamp) -> Vec<(i64, i64)> {
    lots.sort_by_key(|lot| (Some(lot.lot) != first, lot.turn(now)));
    let mut left = amount;
    let mut drawn = Vec::new();
    for lot in lots {
        let taken = lot.remaining.min(left);
        if taken > 0 {
            lot.remaining -= taken;
            left -= taken;
            drawn.push((lot.lot, -taken));
        }
    }
    drawn
}

/// Shares `amount` out over the lots of `drawn` as it goes back: of what was drawn, `before` went back already. The
/// last drawn come back first.
pub(crate) fn give_back(drawn: &[(i64, i64)], before: i64, amount: i64) -> Vec<(i64, i64)> {
    let (mut skip, mut left) = (before, amount);
    let mut back = Vec::new();
    for &(lot, change) in drawn.iter().rev().filter(|(_, change)| *change < 0) {
        let skipped = skip.min(-change);
        skip -= skipped;
        let given = (-change - skipped).min(left);
        left -= given;
        if given > 0 {
            back.push((lot, given));
        }
    }
    back
}

impl Book {
    /// The account in which what expired of a unit ends up.
    pub fn expired_into(unit: &str) -> Account {
        Account::new(format!("{OWN}expired/{unit}"), unit, Kind::Gone)
    }

    /// How much of an account's lots is past its day and not needed by reservations.
    pub fn due_to_expire(&self, account: i64, now: Timestamp) -> i64 {
        let Some(state) = self.accounts.get(&account) else { return 0 };
        let lots = self.lots.get(&account).map_or(&[][..], Vec::as_slice);
        let past: i64 = lots.iter().filter(|lot| lot.is_past(now)).map(|lot| lot.remaining).sum();
        (past - state.held_out).max(0)
    }

    /// Lets what is past its day expire. The account it goes to has been read, if it is there.
    pub fn expire(&mut self, account: i64, now: Timestamp) {
        let mut due = self.due_to_expire(account, now);
        let Some(unit) = self.accounts.get(&account).map(|state| state.unit.clone()) else { return };
        // Its name is the ledger's own, so no other kind or unit can have it.
        let Ok(gone) = self.resolve(&Self::expired_into(&unit)) else { return };
        let mut lots = std::mem::take(self.change_lots(account));
        lots.sort_by_key(|lot| lot.turn(now));
        for lot in lots.iter_mut().filter(|lot| lot.is_past(now)) {
            let amount = lot.remaining.min(due);
            if amount == 0 {
                continue;
            }
            lot.remaining -= amount;
            due -= amount;
            self.change(account).into_iter().for_each(|state| state.balance -= amount);
            self.change(gone).into_iter().for_each(|state| state.balance = state.balance.saturating_add(amount));
            let id = self.next();
            let key: Arc<str> = format!("{OWN}expire/{id}").into();
            let row = Row {
                of: Some(lot.lot),
                lots: vec![(lot.lot, -amount)],
                ..Row::new(id, &key, What::Expired, (account, gone), amount, now)
            };
            self.record(&key, vec![row]);
        }
        self.lots.insert(account, lots);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lot(lot: i64, opens: Option<i64>, expires: Option<i64>, remaining: i64) -> Lot {
        let moment = |micros: Option<i64>| micros.map(Timestamp::from_micros);
        Lot { lot, opens_at: moment(opens), expires_at: moment(expires), remaining }
    }

    #[test]
    fn what_expires_first_is_spent_first_and_what_is_frozen_last() {
        let mut lots =
            [lot(1, Some(50), None, 5), lot(2, None, None, 5), lot(3, None, Some(30), 5), lot(4, None, Some(20), 5)];
        let drawn = draw(&mut lots, 18, None, Timestamp::from_micros(10));
        assert_eq!(drawn, [(4, -5), (3, -5), (2, -5), (1, -3)]);
        assert_eq!(draw(&mut lots, 9, Some(2), Timestamp::from_micros(10)), [(1, -2)]);
    }

    #[test]
    fn what_goes_back_in_parts_goes_back_whole() {
        let drawn = [(4, -5), (3, -5), (9, 2)];
        assert_eq!(give_back(&drawn, 0, 3), [(3, 3)]);
        assert_eq!(give_back(&drawn, 3, 4), [(3, 2), (4, 2)]);
        assert_eq!(give_back(&drawn, 7, 3), [(4, 3)]);
    }
}
