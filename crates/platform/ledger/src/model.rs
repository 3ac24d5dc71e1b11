//! A naive ledger to hold the real one against: points are single tokens, reservations are found by looking at all of
//! them, a group that fails is undone by having worked on a copy.

use std::collections::BTreeMap;

use fanvine_kernel::Timestamp;

use crate::{Account, Act, Command, Floor, Kind, Leg, Share};

/// One point.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Token {
    /// In which order its lot came, and with which leg of which command.
    turn: u64,
    lot: (String, usize),
    opens: Option<Timestamp>,
    expires: Option<Timestamp>,
}

#[derive(Debug, Clone)]
struct Holder {
    kind: Kind,
    ceiling: Option<i64>,
    balance: i64,
    tokens: Vec<Token>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Moved,
    Reserved,
    Posted,
    Settled,
}

#[derive(Debug, Clone)]
struct Moved {
    from: String,
    to: String,
    amount: i64,
    opens: Option<Timestamp>,
    expires: Option<Timestamp>,
    drawn: Vec<Token>,
    reversed: i64,
}

#[derive(Debug, Clone)]
struct Done {
    asked: Command,
    state: State,
    deadline: Option<Timestamp>,
    open: bool,
    legs: Vec<Moved>,
}

/// Amounts by account, day to open and day to expire.
pub(crate) type Lots = BTreeMap<(String, Option<Timestamp>, Option<Timestamp>), i64>;

type Said = Result<Vec<i64>, &'static str>;

#[derive(Debug, Clone, Default)]
pub(crate) struct Model {
    holders: BTreeMap<String, Holder>,
    done: BTreeMap<String, Done>,
    turns: u64,
}

impl Model {
    /// Carries out a group, all or none: the amounts of each command's legs, or the refusal's name.
    pub fn attempt(&mut self, group: &[Command], now: Timestamp) -> Result<Vec<Vec<i64>>, &'static str> {
        self.bring_up_to(now);
        let mut copy = self.clone();
        let said = group.iter().map(|command| copy.carry_out(command, now)).collect();
        if Result::is_ok(&said) {
            *self = copy;
        }
        said
    }

    /// Releases and expires what is due.
    pub fn bring_up_to(&mut self, now: Timestamp) {
        for done in self.done.values_mut().filter(|done| done.deadline.is_some_and(|deadline| deadline <= now)) {
            done.open = false;
        }
        for name in self.holders.keys().cloned().collect::<Vec<_>>() {
            let held = self.held(&name, true);
            let holder = self.holders.get_mut(&name).unwrap();
            let past = |token: &Token| token.expires.is_some_and(|expires| expires <= now);
            let due = holder.tokens.iter().filter(|token| past(token)).count() as i64 - held;
            holder.tokens.sort_by_key(|token| turn(token, now));
            for _ in 0..due.max(0) {
                let at = holder.tokens.iter().position(past).unwrap();
                holder.tokens.remove(at);
                holder.balance -= 1;
                self.turns += 1;
            }
        }
    }

    /// Name, balance, reserved out and in of every account that something moved through.
    pub fn balances(&self) -> BTreeMap<String, (i64, i64, i64)> {
        let standing = |name: &String| (self.holders[name].balance, self.held(name, true), self.held(name, false));
        self.holders.keys().map(|name| (name.clone(), standing(name))).collect()
    }

    /// How many points of each account open and expire when.
    pub fn lots(&self) -> Lots {
        let mut lots = Lots::new();
        for (name, holder) in &self.holders {
            for token in &holder.tokens {
                *lots.entry((name.clone(), token.opens, token.expires)).or_default() += 1;
            }
        }
        lots
    }

    /// What is reserved to leave an account, or to come into it.
    fn held(&self, name: &str, out: bool) -> i64 {
        let open = self.done.values().filter(|done| done.open);
        open.flat_map(|done| &done.legs)
            .filter(|leg| if out { leg.from == name } else { leg.to == name })
            .map(|leg| leg.amount)
            .sum()
    }

    fn carry_out(&mut self, command: &Command, now: Timestamp) -> Said {
        if let Some(done) = self.done.get(&command.key) {
            let same = plain(&done.asked) == plain(command);
            return if same { Ok(done.legs.iter().map(|leg| leg.amount).collect()) } else { Err("KeyReused") };
        }
        let (state, legs) = match &command.act {
            Act::Move(legs) => (State::Moved, self.transfer(command, legs, now)?),
            Act::Reserve { legs, deadline } => {
                if *deadline <= now {
                    return Err("Past");
                }
                return self.reserve(command, legs, *deadline, now);
            }
            Act::Post { of, share } => (State::Posted, self.settle(command, of, Some(share), now)?),
            Act::Void { of } => (State::Settled, self.settle(command, of, None, now)?),
            Act::Reverse { of, share } => (State::Settled, self.reverse(command, of, share, now)?),
        };
        let amounts = legs.iter().map(|leg| leg.amount).collect();
        self.done
            .insert(command.key.clone(), Done { asked: command.clone(), state, deadline: None, open: false, legs });
        Ok(amounts)
    }

    fn open(&mut self, account: &Account) {
        let holder = self.holders.entry(account.name.clone()).or_insert(Holder {
            kind: account.kind,
            ceiling: account.ceiling,
            balance: 0,
            tokens: Vec::new(),
        });
        holder.ceiling = account.ceiling;
    }

    fn transfer(&mut self, command: &Command, legs: &[Leg], now: Timestamp) -> Result<Vec<Moved>, &'static str> {
        let mut done = Vec::new();
        for (place, leg) in legs.iter().enumerate() {
            self.open(&leg.from);
            self.open(&leg.to);
            self.must_have(&leg.from.name, leg.amount, now)?;
            let drawn = self.take(&leg.from.name, leg.amount, None, now);
            let mut moved = moved(leg);
            self.put(&moved, command, place)?;
            moved.drawn = drawn;
            done.push(moved);
        }
        Ok(done)
    }

    fn reserve(&mut self, command: &Command, legs: &[Leg], deadline: Timestamp, now: Timestamp) -> Said {
        let key = command.key.clone();
        let done =
            Done { asked: command.clone(), state: State::Reserved, deadline: Some(deadline), open: true, legs: vec![] };
        self.done.insert(key.clone(), done);
        for leg in legs {
            self.open(&leg.from);
            self.open(&leg.to);
            self.must_have(&leg.from.name, leg.amount, now)?;
            self.must_fit(&leg.to.name, leg.amount)?;
            self.done.get_mut(&key).unwrap().legs.push(moved(leg));
        }
        Ok(legs.iter().map(|leg| leg.amount).collect())
    }

    fn settle(
        &mut self,
        command: &Command,
        of: &str,
        share: Option<&Share>,
        now: Timestamp,
    ) -> Result<Vec<Moved>, &'static str> {
        let done = self.done.get(of).cloned().ok_or("Unknown")?;
        if done.state != State::Reserved {
            return Err("Unfit");
        }
        if !done.open {
            return Err("Settled");
        }
        let limits: Vec<i64> = done.legs.iter().map(|leg| leg.amount).collect();
        let amounts = amounts(share.unwrap_or(&Share::All), &limits)?;
        self.done.get_mut(of).unwrap().open = false;
        let mut legs = done.legs;
        for (place, (leg, amount)) in legs.iter_mut().zip(amounts).enumerate() {
            leg.amount = amount;
            if share.is_some() {
                leg.drawn = self.take(&leg.from, amount, None, now);
                self.put(leg, command, place)?;
            }
        }
        Ok(legs)
    }

    fn reverse(
        &mut self,
        command: &Command,
        of: &str,
        share: &Share,
        now: Timestamp,
    ) -> Result<Vec<Moved>, &'static str> {
        let done = self.done.get(of).cloned().ok_or("Unknown")?;
        if !matches!(done.state, State::Moved | State::Posted) {
            return Err("Unfit");
        }
        let limits: Vec<i64> = done.legs.iter().map(|leg| leg.amount - leg.reversed).collect();
        let amounts = amounts(share, &limits)?;
        let mut legs = Vec::new();
        for (place, (was, amount)) in done.legs.iter().zip(amounts).enumerate() {
            if amount > 0 {
                if self.holders[&was.to].kind.floor() != Floor::Clawback {
                    self.must_have(&was.to, amount, now)?;
                }
                self.take(&was.to, amount, Some((of.to_owned(), place)), now);
                self.must_fit(&was.from, amount)?;
                let back = was.drawn.iter().rev().skip(was.reversed as usize).cloned().collect::<Vec<_>>();
                self.turns += 1;
                let fresh = Token { turn: self.turns, lot: (command.key.clone(), place), opens: None, expires: None };
                self.give(&was.from, amount, back.into_iter().chain(std::iter::repeat(fresh)));
            }
            self.done.get_mut(of).unwrap().legs[place].reversed += amount;
            let (from, to) = (was.to.clone(), was.from.clone());
            legs.push(Moved { from, to, amount, opens: None, expires: None, drawn: vec![], reversed: 0 });
        }
        Ok(legs)
    }

    fn must_have(&self, name: &str, wanted: i64, now: Timestamp) -> Result<(), &'static str> {
        let holder = &self.holders[name];
        let there = match holder.kind.floor() {
            Floor::None => return Ok(()),
            _ if holder.kind.has_lots() => holder.tokens.iter().filter(|token| is_open(token, now)).count() as i64,
            _ => holder.balance,
        };
        if wanted <= there - self.held(name, true) { Ok(()) } else { Err("Short") }
    }

    fn must_fit(&self, name: &str, wanted: i64) -> Result<(), &'static str> {
        let holder = &self.holders[name];
        let fits = holder.ceiling.is_none_or(|most| holder.balance + self.held(name, false) + wanted <= most);
        if fits { Ok(()) } else { Err("Full") }
    }

    fn take(&mut self, name: &str, amount: i64, first: Option<(String, usize)>, now: Timestamp) -> Vec<Token> {
        let holder = self.holders.get_mut(name).unwrap();
        holder.balance -= amount;
        holder.tokens.sort_by_key(|token| (Some(&token.lot) != first.as_ref(), turn(token, now)));
        let taken = (amount as usize).min(holder.tokens.len());
        holder.tokens.drain(..taken).collect()
    }

    fn give(&mut self, name: &str, amount: i64, tokens: impl Iterator<Item = Token>) {
        let holder = self.holders.get_mut(name).unwrap();
        let grown = (holder.balance + amount).max(0) - holder.balance.max(0);
        holder.balance += amount;
        if holder.kind.has_lots() {
            holder.tokens.extend(tokens.take(grown as usize));
        }
    }

    fn put(&mut self, leg: &Moved, command: &Command, place: usize) -> Result<(), &'static str> {
        self.must_fit(&leg.to, leg.amount)?;
        self.turns += 1;
        let lot = (command.key.clone(), place);
        let token = Token { turn: self.turns, lot, opens: leg.opens, expires: leg.expires };
        self.give(&leg.to, leg.amount, std::iter::repeat(token));
        Ok(())
    }
}

fn moved(leg: &Leg) -> Moved {
    let (from, to) = (leg.from.name.clone(), leg.to.name.clone());
    let (opens, expires) = (leg.opens_at, leg.expires_at);
    Moved { from, to, amount: leg.amount, opens, expires, drawn: vec![], reversed: 0 }
}

fn is_open(token: &Token, now: Timestamp) -> bool {
    token.opens.is_none_or(|opens| opens <= now)
}

fn turn(token: &Token, now: Timestamp) -> (bool, Timestamp, u64) {
    let moment = if is_open(token, now) { token.expires } else { token.opens };
    (!is_open(token, now), moment.unwrap_or(Timestamp::from_micros(i64::MAX)), token.turn)
}

fn amounts(share: &Share, limits: &[i64]) -> Result<Vec<i64>, &'static str> {
    let amounts = match share {
        Share::All => limits.to_vec(),
        Share::Of(amounts) => amounts.clone(),
    };
    if amounts.len() != limits.len() {
        return Err("Legs");
    }
    let exceeds = amounts.iter().zip(limits).any(|(amount, limit)| amount > limit);
    if exceeds || amounts.iter().sum::<i64>() == 0 { Err("Exceeds") } else { Ok(amounts) }
}

/// A command without dates and ceilings.
fn plain(command: &Command) -> Command {
    let mut plain = command.clone();
    if let Act::Move(legs) | Act::Reserve { legs, .. } = &mut plain.act {
        for leg in legs {
            (leg.from.ceiling, leg.to.ceiling, leg.opens_at, leg.expires_at) = (None, None, None, None);
        }
    }
    if let Act::Reserve { deadline, .. } = &mut plain.act {
        *deadline = Timestamp::default();
    }
    plain
}
