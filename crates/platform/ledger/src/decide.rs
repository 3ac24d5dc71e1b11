//! The decisions: what a command does to the book, or why it is refused.

use std::sync::Arc;

use fanvine_kernel::Timestamp;

use crate::Refusal;
use crate::book::{Book, Fate, Row, State};
use crate::command::{Act, Command, Leg, OWN, Receipt, Share, What};
use crate::kind::Floor;
use crate::lots::{Lot, draw, give_back};

/// By what right an amount leaves an account.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Right {
    /// It is spent: it must be there, open, and not reserved.
    Spent,
    /// It was reserved.
    Promised,
    /// It is taken back.
    TakenBack,
}

impl Row {
    /// A row without dates, lots or anything before it.
    pub fn new(id: i64, key: &Arc<str>, what: What, (debit, credit): (i64, i64), amount: i64, at: Timestamp) -> Self {
        let (of, deadline, opens_at, expires_at) = (None, None, None, None);
        let (key, lots) = (key.clone(), Vec::new());
        Self { id, key, leg: 0, digest: 0, what, debit, credit, amount, of, at, deadline, opens_at, expires_at, lots }
    }
}

/// What some rows of one command did.
fn receipt(rows: &[Row], repeated: bool) -> Option<Receipt> {
    let first = rows.first()?;
    Some(Receipt {
        key: first.key.to_string(),
        what: first.what,
        at: first.at,
        amounts: rows.iter().map(|row| row.amount).collect(),
        deadline: first.deadline,
        repeated,
    })
}

impl Book {
    /// Carries out a command. On a refusal the book may be half-changed: [`Book::attempt`] undoes that.
    pub fn carry_out(&mut self, command: &Command, now: Timestamp) -> Result<Receipt, Refusal> {
        command.check()?;
        let digest = command.digest();
        if let Some(rows) = self.entries.get(command.key.as_str()) {
            let same = rows.first().is_some_and(|row| row.digest == digest);
            return receipt(rows, true).filter(|_| same).ok_or_else(|| Refusal::KeyReused { key: command.key.clone() });
        }
        let key: Arc<str> = command.key.as_str().into();
        let mut rows = match &command.act {
            Act::Move(legs) => self.transfer(&key, legs, now)?,
            Act::Reserve { legs, deadline } => self.reserve(&key, legs, *deadline, now)?,
            Act::Post { of, share } => {
                let reserved = self.open_reservation(of, "posted")?;
                self.settle(&key, &reserved, What::Posted, share, now)?
            }
            Act::Void { of } => {
                let reserved = self.open_reservation(of, "voided")?;
                self.settle(&key, &reserved, What::Voided, &Share::All, now)?
            }
            Act::Reverse { of, share } => self.reverse(&key, of, share, now)?,
        };
        rows.iter_mut().zip(0..).for_each(|(row, leg)| (row.leg, row.digest) = (leg, digest));
        let done = receipt(&rows, false);
        self.record(&key, rows);
        done.ok_or(Refusal::Legs { key: command.key.clone(), given: 0, wanted: 1 })
    }

    /// Releases a reservation that is past its deadline. Its rows and accounts have been read.
    pub fn lapse(&mut self, key: &str, now: Timestamp) {
        let Some(reserved) = self.entries.get(key).cloned() else { return };
        let id = reserved.first().map_or(0, |row| row.id);
        let own: Arc<str> = format!("{OWN}lapse/{id}").into();
        // A release asks nothing of the accounts, so it is never refused.
        if let Ok(mut rows) = self.settle(&own, &reserved, What::Lapsed, &Share::All, now) {
            rows.iter_mut().zip(0..).for_each(|(row, leg)| row.leg = leg);
            self.record(&own, rows);
        }
    }

    fn transfer(&mut self, key: &Arc<str>, legs: &[Leg], now: Timestamp) -> Result<Vec<Row>, Refusal> {
        let mut rows = Vec::with_capacity(legs.len());
        for leg in legs {
            let (from, to) = self.ends(leg)?;
            let taken = self.take(from, leg.amount, Right::Spent, None, now)?;
            let mut row = Row::new(self.next(), key, What::Moved, (from, to), leg.amount, now);
            (row.opens_at, row.expires_at, row.lots) = (leg.opens_at, leg.expires_at, taken);
            self.give_new(&mut row)?;
            rows.push(row);
        }
        Ok(rows)
    }

    fn reserve(
        &mut self,
        key: &Arc<str>,
        legs: &[Leg],
        deadline: Timestamp,
        now: Timestamp,
    ) -> Result<Vec<Row>, Refusal> {
        if deadline <= now {
            return Err(Refusal::Past { key: key.to_string(), deadline, now });
        }
        let mut rows = Vec::with_capacity(legs.len());
        for leg in legs {
            let (from, to) = self.ends(leg)?;
            self.must_have(from, leg.amount, now)?;
            self.must_fit(to, leg.amount)?;
            self.hold(from, to, leg.amount)?;
            let mut row = Row::new(self.next(), key, What::Reserved, (from, to), leg.amount, now);
            (row.deadline, row.opens_at, row.expires_at) = (Some(deadline), leg.opens_at, leg.expires_at);
            rows.push(row);
        }
        self.changes.holds.push((key.clone(), deadline));
        self.next_deadline = self.next_deadline.map(|next| next.min(deadline));
        Ok(rows)
    }

    /// Ends an open reservation: releases all of it, and moves `share` of it if it is posted.
    fn settle(
        &mut self,
        key: &Arc<str>,
        reserved: &[Row],
        what: What,
        share: &Share,
        now: Timestamp,
    ) -> Result<Vec<Row>, Refusal> {
        let of = reserved.first().map_or("", |row| &row.key).to_owned();
        let limits: Vec<i64> = reserved.iter().map(|row| row.amount).collect();
        let amounts = shares(key, &of, share, &limits)?;
        let mut rows = Vec::with_capacity(reserved.len());
        for (held, amount) in reserved.iter().zip(amounts) {
            self.hold(held.debit, held.credit, -held.amount)?;
            let mut row = Row::new(self.next(), key, what, (held.debit, held.credit), amount, now);
            (row.of, row.opens_at, row.expires_at) = (Some(held.id), held.opens_at, held.expires_at);
            if what == What::Posted && amount > 0 {
                row.lots = self.take(held.debit, amount, Right::Promised, None, now)?;
                self.give_new(&mut row)?;
            }
            self.change_fate(held.id).settled = Some(what);
            rows.push(row);
        }
        self.changes.released.push(of.as_str().into());
        Ok(rows)
    }

    fn reverse(&mut self, key: &Arc<str>, of: &str, share: &Share, now: Timestamp) -> Result<Vec<Row>, Refusal> {
        let moved = self.entry(of)?;
        if let Some(row) = moved.iter().find(|row| !matches!(row.what, What::Moved | What::Posted)) {
            return Err(Refusal::Unfit { of: of.to_owned(), was: row.what.as_str(), wanted: "reversed" });
        }
        let fates: Vec<Fate> = moved.iter().map(|row| self.fates.get(&row.id).copied().unwrap_or_default()).collect();
        let limits: Vec<i64> = moved.iter().zip(&fates).map(|(row, fate)| row.amount - fate.reversed).collect();
        let amounts = shares(key, of, share, &limits)?;
        let mut rows = Vec::with_capacity(moved.len());
        for ((was, fate), amount) in moved.iter().zip(fates).zip(amounts) {
            let mut row = Row::new(self.next(), key, What::Reversed, (was.credit, was.debit), amount, now);
            row.of = Some(was.id);
            if amount > 0 {
                row.lots = self.take(was.credit, amount, Right::TakenBack, Some(was.id), now)?;
                let grown = self.give(was.debit, amount)?;
                row.lots.extend(self.refill(was, fate.reversed, grown, row.id));
                self.change_fate(was.id).reversed += amount;
            }
            rows.push(row);
        }
        Ok(rows)
    }

    fn entry(&self, of: &str) -> Result<Vec<Row>, Refusal> {
        self.entries.get(of).cloned().ok_or_else(|| Refusal::Unknown { of: of.to_owned() })
    }

    fn open_reservation(&self, of: &str, wanted: &'static str) -> Result<Vec<Row>, Refusal> {
        let rows = self.entry(of)?;
        if let Some(row) = rows.iter().find(|row| row.what != What::Reserved) {
            return Err(Refusal::Unfit { of: of.to_owned(), was: row.what.as_str(), wanted });
        }
        let settled = rows.first().and_then(|row| self.fates.get(&row.id)).and_then(|fate| fate.settled);
        match settled {
            Some(what) => Err(Refusal::Settled { of: of.to_owned(), became: what.as_str() }),
            None => Ok(rows),
        }
    }

    fn ends(&mut self, leg: &Leg) -> Result<(i64, i64), Refusal> {
        if leg.from.unit != leg.to.unit {
            return Err(Refusal::Units {
                from: leg.from.name.clone(),
                from_unit: leg.from.unit.clone(),
                to: leg.to.name.clone(),
                to_unit: leg.to.unit.clone(),
            });
        }
        Ok((self.resolve(&leg.from)?, self.resolve(&leg.to)?))
    }

    fn state(&self, number: i64) -> Result<&State, Refusal> {
        self.accounts.get(&number).ok_or_else(|| Refusal::Unknown { of: format!("account {number}") })
    }

    /// What may be spent of an account now.
    fn spendable(&self, number: i64, now: Timestamp) -> Result<i64, Refusal> {
        let state = self.state(number)?;
        let there = match state.kind.floor() {
            Floor::None => return Ok(i64::MAX),
            _ if state.kind.has_lots() => {
                let lots = self.lots.get(&number).map_or(&[][..], Vec::as_slice);
                lots.iter().filter(|lot| lot.is_open(now)).map(|lot| lot.remaining).sum()
            }
            _ => state.balance,
        };
        Ok(there.saturating_sub(state.held_out))
    }

    fn must_have(&self, number: i64, wanted: i64, now: Timestamp) -> Result<(), Refusal> {
        let left = self.spendable(number, now)?;
        if wanted <= left {
            return Ok(());
        }
        let state = self.state(number)?;
        Err(Refusal::Short { account: state.name.to_string(), kind: state.kind.as_str(), left: left.max(0), wanted })
    }

    fn must_fit(&self, number: i64, wanted: i64) -> Result<(), Refusal> {
        let state = self.state(number)?;
        let there = state.balance.saturating_add(state.held_in);
        let room = state.ceiling.unwrap_or(i64::MAX).saturating_sub(there);
        if wanted <= room {
            return Ok(());
        }
        let (account, kind) = (state.name.to_string(), state.kind.as_str());
        if state.ceiling.is_none() {
            return Err(Refusal::TooLarge { account });
        }
        Err(Refusal::Full { account, kind, room: room.max(0), wanted })
    }

    /// Sets `amount` aside at both ends, or releases it if negative.
    fn hold(&mut self, from: i64, to: i64, amount: i64) -> Result<(), Refusal> {
        let too_large = |state: &State| Refusal::TooLarge { account: state.name.to_string() };
        if let Some(state) = self.change(from) {
            state.held_out = state.held_out.checked_add(amount).ok_or_else(|| too_large(state))?;
        }
        if let Some(state) = self.change(to) {
            state.held_in = state.held_in.checked_add(amount).ok_or_else(|| too_large(state))?;
        }
        Ok(())
    }

    /// Takes an amount out of an account; from which lots.
    fn take(
        &mut self,
        number: i64,
        amount: i64,
        right: Right,
        first: Option<i64>,
        now: Timestamp,
    ) -> Result<Vec<(i64, i64)>, Refusal> {
        let clawed_back = right == Right::TakenBack && self.state(number)?.kind.floor() == Floor::Clawback;
        if right != Right::Promised && !clawed_back {
            self.must_have(number, amount, now)?;
        }
        let Some(state) = self.change(number) else { return Ok(Vec::new()) };
        let before = state.balance;
        let after = before.checked_sub(amount).ok_or_else(|| Refusal::TooLarge { account: state.name.to_string() })?;
        state.balance = after;
        if !state.kind.has_lots() {
            return Ok(Vec::new());
        }
        Ok(draw(self.change_lots(number), before.max(0) - after.max(0), first, now))
    }

    /// Puts an amount into an account; by how much its lots must grow. What it owes is paid first.
    fn give(&mut self, number: i64, amount: i64) -> Result<i64, Refusal> {
        self.must_fit(number, amount)?;
        let Some(state) = self.change(number) else { return Ok(0) };
        let before = state.balance;
        let after = before.checked_add(amount).ok_or_else(|| Refusal::TooLarge { account: state.name.to_string() })?;
        state.balance = after;
        Ok(if state.kind.has_lots() { after.max(0) - before.max(0) } else { 0 })
    }

    /// Puts `grown` back into the lots that `was` drew from, of which `before` went back already. What it did not draw,
    /// because the account owed then, comes as a lot of its own.
    fn refill(&mut self, was: &Row, before: i64, grown: i64, id: i64) -> Vec<(i64, i64)> {
        if grown == 0 {
            return Vec::new();
        }
        let mut back = give_back(&was.lots, before, grown);
        let lots = self.change_lots(was.debit);
        for &(lot, given) in &back {
            lots.iter_mut().filter(|known| known.lot == lot).for_each(|known| known.remaining += given);
        }
        let rest = grown - back.iter().map(|(_, given)| given).sum::<i64>();
        if rest > 0 {
            lots.push(Lot { lot: id, opens_at: None, expires_at: None, remaining: rest });
            back.push((id, rest));
        }
        back
    }

    /// Puts the amount of a new row into its account, as a lot if that has any.
    fn give_new(&mut self, row: &mut Row) -> Result<(), Refusal> {
        let grown = self.give(row.credit, row.amount)?;
        if grown > 0 {
            let (opens_at, expires_at) = (row.opens_at, row.expires_at);
            self.change_lots(row.credit).push(Lot { lot: row.id, opens_at, expires_at, remaining: grown });
            row.lots.push((row.id, grown));
        }
        Ok(())
    }
}

/// The amount of each leg, if no leg has less.
fn shares(key: &str, of: &str, share: &Share, limits: &[i64]) -> Result<Vec<i64>, Refusal> {
    let amounts = match share {
        Share::All => limits.to_vec(),
        Share::Of(amounts) => amounts.clone(),
    };
    if amounts.len() != limits.len() {
        return Err(Refusal::Legs { key: key.to_owned(), given: amounts.len(), wanted: limits.len() });
    }
    for ((leg, &wanted), &left) in amounts.iter().enumerate().zip(limits) {
        if wanted < 0 {
            return Err(Refusal::Amount { key: key.to_owned(), amount: wanted });
        }
        if wanted > left {
            return Err(Refusal::Exceeds { of: of.to_owned(), leg, left, wanted });
        }
    }
    if amounts.iter().all(|&amount| amount == 0) {
        return Err(Refusal::Exceeds { of: of.to_owned(), leg: 0, left: 0, wanted: 1 });
    }
    Ok(amounts)
}
