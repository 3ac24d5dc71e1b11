//! What the ledger is asked to do, and what it answers.

use fanvine_kernel::Timestamp;
use xxhash_rust::xxh3::Xxh3;

use crate::{Kind, Refusal};

/// Longest key, name of an account or of a unit, in bytes.
pub const LONGEST_NAME: usize = 255;
/// What the names of the ledger's own keys and accounts begin with.
pub(crate) const OWN: char = '~';
/// Most legs of one command.
const MOST_LEGS: usize = 1_000;

/// An account, opened when something first moves into or out of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// Its name, unique in the ledger: `stock/flash_7/sku_red`.
    pub name: String,
    /// What is counted in it: `sku_red of flash_7`, `points`, `CNY`. Only accounts of one unit exchange anything.
    pub unit: String,
    /// What it is for.
    pub kind: Kind,
    /// Most that may be in it, reservations included. The last one given holds; one below what is there already means
    /// that nothing more comes in.
    pub ceiling: Option<i64>,
}

impl Account {
    /// An account without a ceiling.
    pub fn new(name: impl Into<String>, unit: impl Into<String>, kind: Kind) -> Self {
        Self { name: name.into(), unit: unit.into(), kind, ceiling: None }
    }

    /// The same, with a ceiling.
    pub fn at_most(mut self, ceiling: i64) -> Self {
        self.ceiling = Some(ceiling);
        self
    }
}

/// An amount from one account to another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Leg {
    /// The account it leaves.
    pub from: Account,
    /// The account it comes into.
    pub to: Account,
    /// How much, at least 1.
    pub amount: i64,
    /// From when on it may be spent, in an account with lots; at once if absent.
    pub opens_at: Option<Timestamp>,
    /// When it expires, in an account with lots; never if absent.
    pub expires_at: Option<Timestamp>,
}

impl Leg {
    /// An amount from one account to another.
    pub fn new(from: Account, to: Account, amount: i64) -> Self {
        Self { from, to, amount, opens_at: None, expires_at: None }
    }
}

/// How much of an earlier command's legs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Share {
    /// All of it; for a reversal, all that was not reversed yet.
    All,
    /// This much of each leg, in their order; 0 for nothing of one.
    Of(Vec<i64>),
}

/// What to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Act {
    /// Move amounts, all legs or none.
    Move(Vec<Leg>),
    /// Set amounts aside until the deadline, all legs or none: they cannot be spent, nor their room be taken.
    Reserve {
        /// What is set aside.
        legs: Vec<Leg>,
        /// When the reservation releases itself.
        deadline: Timestamp,
    },
    /// Move what was reserved, or part of it; the rest is released.
    Post {
        /// The key of the reservation.
        of: String,
        /// How much of it.
        share: Share,
    },
    /// Release what was reserved.
    Void {
        /// The key of the reservation.
        of: String,
    },
    /// Move back what was moved or posted, or part of it, never more in all than was moved.
    Reverse {
        /// The key of the command that moved or posted it.
        of: String,
        /// How much of it.
        share: Share,
    },
}

/// Something to do, once: the same key again answers what was done the first time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Command {
    /// Names it.
    pub key: String,
    /// What to do.
    pub act: Act,
}

/// What kind of row a transfer is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum What {
    /// Moved at once.
    Moved,
    /// Reserved.
    Reserved,
    /// A reservation's amount moved.
    Posted,
    /// A reservation released.
    Voided,
    /// Moved back.
    Reversed,
    /// A reservation that released itself at its deadline.
    Lapsed,
    /// A lot that expired.
    Expired,
}

impl What {
    const ALL: [What; 7] = {
        use What::*;
        [Moved, Reserved, Posted, Voided, Reversed, Lapsed, Expired]
    };

    pub(crate) fn code(self) -> i64 {
        Self::ALL.iter().zip(0..).find(|(what, _)| **what == self).map_or(-1, |(_, code)| code)
    }

    pub(crate) fn of_code(code: i64) -> Option<Self> {
        usize::try_from(code).ok().and_then(|place| Self::ALL.get(place)).copied()
    }

    /// Its name: `reserved`.
    pub const fn as_str(self) -> &'static str {
        match self {
            What::Moved => "moved",
            What::Reserved => "reserved",
            What::Posted => "posted",
            What::Voided => "voided",
            What::Reversed => "reversed",
            What::Lapsed => "lapsed",
            What::Expired => "expired",
        }
    }

    /// Whether amounts change accounts by it.
    pub(crate) const fn moves(self) -> bool {
        matches!(self, What::Moved | What::Posted | What::Reversed | What::Expired)
    }
}

/// Whether any of a group of commands was carried out now, and not before.
pub fn any_new(receipts: &[Receipt]) -> bool {
    receipts.iter().any(|receipt| !receipt.repeated)
}

/// What a command did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Receipt {
    /// Its key.
    pub key: String,
    /// What it did.
    pub what: What,
    /// When.
    pub at: Timestamp,
    /// The amount of each leg.
    pub amounts: Vec<i64>,
    /// When the reservation releases itself, if it is one.
    pub deadline: Option<Timestamp>,
    /// Whether it had been done before.
    pub repeated: bool,
}

impl Command {
    /// Moves `legs` at once.
    pub fn transfer(key: impl Into<String>, legs: Vec<Leg>) -> Self {
        Self { key: key.into(), act: Act::Move(legs) }
    }

    /// Reserves `legs` until `deadline`.
    pub fn reserve(key: impl Into<String>, legs: Vec<Leg>, deadline: Timestamp) -> Self {
        Self { key: key.into(), act: Act::Reserve { legs, deadline } }
    }

    /// Posts all of the reservation `of`.
    pub fn post(key: impl Into<String>, of: impl Into<String>) -> Self {
        Self { key: key.into(), act: Act::Post { of: of.into(), share: Share::All } }
    }

    /// Releases the reservation `of`.
    pub fn void(key: impl Into<String>, of: impl Into<String>) -> Self {
        Self { key: key.into(), act: Act::Void { of: of.into() } }
    }

    /// Moves back `share` of what the command `of` moved.
    pub fn reverse(key: impl Into<String>, of: impl Into<String>, share: Share) -> Self {
        Self { key: key.into(), act: Act::Reverse { of: of.into(), share } }
    }

    pub(crate) fn legs(&self) -> &[Leg] {
        match &self.act {
            Act::Move(legs) | Act::Reserve { legs, .. } => legs,
            _ => &[],
        }
    }

    /// The earlier command it is about.
    pub(crate) fn of(&self) -> Option<&str> {
        match &self.act {
            Act::Post { of, .. } | Act::Void { of } | Act::Reverse { of, .. } => Some(of),
            _ => None,
        }
    }

    /// Refuses what no ledger could do, whatever is in it.
    pub(crate) fn check(&self) -> Result<(), Refusal> {
        let name = |what: &'static str, text: &str| {
            let good = !text.is_empty() && text.len() <= LONGEST_NAME && !text.contains('\0') && !text.starts_with(OWN);
            if good { Ok(()) } else { Err(Refusal::Name { what, text: text.chars().take(64).collect() }) }
        };
        name("key", &self.key)?;
        if let Act::Move(legs) | Act::Reserve { legs, .. } = &self.act
            && (legs.is_empty() || legs.len() > MOST_LEGS)
        {
            return Err(Refusal::Legs { key: self.key.clone(), given: legs.len(), wanted: MOST_LEGS });
        }
        for leg in self.legs() {
            for account in [&leg.from, &leg.to] {
                name("account", &account.name)?;
                name("unit", &account.unit)?;
            }
            if leg.amount < 1 {
                return Err(Refusal::Amount { key: self.key.clone(), amount: leg.amount });
            }
            if leg.from.name == leg.to.name {
                return Err(Refusal::ToItself { account: leg.from.name.clone() });
            }
            let dated = leg.opens_at.is_some() || leg.expires_at.is_some();
            if dated && !leg.to.kind.has_lots() {
                return Err(Refusal::NoLots { account: leg.to.name.clone(), kind: leg.to.kind.as_str() });
            }
        }
        Ok(())
    }

    /// A digest of what is moved between whom. Dates and ceilings are left out: a repeated request computes them anew.
    pub(crate) fn digest(&self) -> i64 {
        let mut hash = Xxh3::new();
        let mut text = |part: &str| {
            hash.update(part.as_bytes());
            hash.update(&[0]);
        };
        let share = |share: &Share| match share {
            Share::All => "all".to_owned(),
            Share::Of(amounts) => format!("{amounts:?}"),
        };
        match &self.act {
            Act::Move(_) => text("move"),
            Act::Reserve { .. } => text("reserve"),
            Act::Post { of, share: part } => ["post", of, &share(part)].into_iter().for_each(&mut text),
            Act::Void { of } => ["void", of].into_iter().for_each(&mut text),
            Act::Reverse { of, share: part } => ["reverse", of, &share(part)].into_iter().for_each(&mut text),
        }
        for leg in self.legs() {
            [&leg.from.name, &leg.to.name, &leg.from.unit].into_iter().for_each(|part| text(part));
            text(&leg.amount.to_string());
        }
        i64::from_ne_bytes(hash.digest().to_ne_bytes())
    }
}
