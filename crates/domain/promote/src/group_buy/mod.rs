//! Group buys 拼团: several shoppers buy together for a lower price, or everybody gets the money back.
//!
//! A group's free seats are an account. A seat is reserved with its order until the payment is due, moves to the group's
//! members with the payment, and back when the order is given up. So a group has exactly as many members as orders that were
//! paid, none can be invented, and nobody pays without a seat. Completion takes all members' seats out of reach in one
//! transfer, which the ledger refuses unless every seat is paid; a failed group's free seats are taken out of reach alike,
//! and its paid orders are rolled back.

pub(crate) mod complete;
pub(crate) mod expire;
pub(crate) mod join;
pub(crate) mod open;
pub(crate) mod show_group;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Mutex, PoisonError};

use fanvine_kernel::Timestamp;
use fanvine_ledger::{Account, Command, Kind, Leg, Refusal, Standing, standings};
use fanvine_store::{StoreError, Tx};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::checkout::realm::Realm;
use crate::checkout::{Counts, Use, issued_for};
use crate::offers::{Audience, BasePrice, Benefit, Limits, Offer, Scope, Terms, TermsError};
use crate::plays::runs::{Became, Role, Run, Seat};
use crate::plays::{Play, PlayError, Rules, range, text};
use crate::quote::MOST_MINOR;

pub use join::GroupSeat;
pub use open::OpenForm;
pub use show_group::{GroupDetail, GroupMember, GroupState, GroupView};

/// Most seats of a group.
const MOST_SEATS: i64 = 200;
/// Most sizes to choose from.
const MOST_SIZES: usize = 20;
/// Longest a group may take to fill, in hours.
const MOST_HOURS: i64 = 30 * 24;
/// Longest a payment may take, in seconds.
const MOST_PAY_S: i64 = 86_400;
const MOST_UNITS: i64 = 100_000;
const LONGEST_PRODUCT: usize = 100;
/// What it is called in sentences.
pub(crate) const WHAT: &str = "group buy";

/// The rules of a group buy.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct GroupBuy {
    /// The product bought together.
    pub product_id: String,
    /// The sizes a leader may choose from, each with its price.
    pub sizes: Vec<GroupSize>,
    /// How long a group may take to fill, in hours.
    pub hours: i64,
    /// How long a seat is kept for an order that is not paid, in seconds; 15 minutes if absent.
    #[serde(default = "pay_within")]
    pub pay_within_s: i64,
    /// Most units a member may buy.
    #[serde(default = "one")]
    pub most_units: i64,
    /// Units there are for all groups together; any number if absent.
    #[serde(default)]
    pub stock: Option<i64>,
    /// Seats one shopper may have, in all groups together; any number if absent.
    #[serde(default)]
    pub per_shopper: Option<i64>,
    /// Who may open a group.
    #[serde(default)]
    pub leaders: Audience,
    /// Who may join one: only newcomers, where `first_order` is set.
    #[serde(default)]
    pub joiners: Audience,
    /// Whether other offers apply to the group's price.
    #[serde(default)]
    pub admits_later: bool,
}

/// A size of group and what a unit costs in it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct GroupSize {
    /// How many members it takes, the leader included.
    pub size: i64,
    /// What a unit costs, in minor units.
    pub unit_minor: i64,
    /// What a unit costs the leader, if that is less.
    #[serde(default)]
    pub leader_unit_minor: Option<i64>,
}

fn pay_within() -> i64 {
    900
}

fn one() -> i64 {
    1
}

impl GroupBuy {
    /// Refuses rules that could not be held.
    pub(crate) fn check(&self) -> Result<(), TermsError> {
        text("rules.product_id", &self.product_id, LONGEST_PRODUCT)?;
        range("the number of rules.sizes", i64::try_from(self.sizes.len()).unwrap_or(i64::MAX), 1, MOST_SIZES as i64)?;
        range("rules.hours", self.hours, 1, MOST_HOURS)?;
        range("rules.pay_within_s", self.pay_within_s, 1, MOST_PAY_S.min(self.hours.saturating_mul(3_600)))?;
        range("rules.most_units", self.most_units, 1, 100)?;
        self.stock.into_iter().try_for_each(|stock| range("rules.stock", stock, 0, MOST_UNITS * 1_000))?;
        self.per_shopper.into_iter().try_for_each(|seats| range("rules.per_shopper", seats, 1, MOST_UNITS))?;
        let (mut sizes, mut dearest) = (BTreeSet::new(), i64::MAX);
        let mut by_size: Vec<&GroupSize> = self.sizes.iter().collect();
        by_size.sort_by_key(|one| one.size);
        for one in by_size {
            range("rules.sizes.size", one.size, 2, MOST_SEATS)?;
            // A larger group never pays more.
            range("rules.sizes.unit_minor", one.unit_minor, 0, dearest.min(MOST_MINOR / 100))?;
            dearest = one.unit_minor;
            if let Some(minor) = one.leader_unit_minor {
                range("rules.sizes.leader_unit_minor", minor, 0, one.unit_minor)?;
            }
            if !sizes.insert(one.size) {
                return Err(TermsError::Twice { field: "rules.sizes", number: one.size });
            }
        }
        Ok(())
    }

    /// The size of that many members.
    pub(crate) fn size(&self, size: i64) -> Option<&GroupSize> {
        self.sizes.iter().find(|one| one.size == size)
    }

    /// Every price it promises, as the offer it is in a quote.
    pub(crate) fn prices(&self, play: &Play) -> Vec<Offer> {
        let roles = [Role::Joiner, Role::Leader];
        let both = self.sizes.iter().flat_map(|size| roles.map(|role| (size, role)));
        both.map(|(size, role)| {
            let mut offer = self.price(play, size, role);
            // Held against the gates as what it is: limited by its stock.
            offer.terms.limits.total = self.stock;
            offer.terms.ends_at = play.terms.ends_at;
            offer
        })
        .collect()
    }

    /// What a member pays, as the offer it is in a quote. It is no offer of the shop's: nothing else may have such a name.
    pub(crate) fn price(&self, play: &Play, size: &GroupSize, role: Role) -> Offer {
        let unit_minor = match role {
            Role::Leader => size.leader_unit_minor.unwrap_or(size.unit_minor),
            Role::Joiner | Role::Buyer => size.unit_minor,
        };
        let benefit = Benefit::BasePrice {
            price: BasePrice::Group,
            unit_minor,
            most_units: Some(self.most_units),
            admits_later: self.admits_later,
            points: None,
            presale: None,
        };
        let audience = match role {
            Role::Leader => self.leaders.clone(),
            Role::Joiner | Role::Buyer => self.joiners.clone(),
        };
        let scope = Scope { products: BTreeSet::from([self.product_id.clone()]), ..Scope::default() };
        let name = play.terms.name.clone();
        let terms = Terms { scope, audience, limits: Limits::default(), ..Terms::plain(name, benefit) };
        let offer_id = format!("group/{}/{}/{}", play.play_id, size.size, role.as_str());
        Offer { offer_id, version: play.version, terms }
    }
}

/// A group in flight, or ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Group {
    pub run: Run,
    pub rules: GroupBuy,
    pub size: GroupSize,
}

/// How a group's seats stand in the ledger.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Seats {
    /// Free, and set aside for nobody.
    pub free: i64,
    /// Set aside for orders that are not paid yet.
    pub held: i64,
    /// Paid.
    pub paid: i64,
}

/// What is to be done with a group.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Next {
    /// Nothing before then.
    Wait(Timestamp),
    /// Every seat is paid.
    Complete,
    /// It was not filled in time, or its leader did not pay; so many seats are free.
    Fail(i64),
}

/// Decides what is to be done with a group that has not ended. Overdue reservations are counted no more.
pub(crate) fn next(group: &Group, seats: Seats, now: Timestamp) -> Next {
    let size = group.size.size;
    match () {
        () if seats.paid >= size => Next::Complete,
        () if now >= group.run.closes_at => Next::Fail(size - seats.paid),
        () if !group.run.led && seats.held + seats.paid == 0 => Next::Fail(size),
        () => Next::Wait(group.run.closes_at),
    }
}

/// Whether a group can be joined now.
pub(crate) fn may_join(group: &Group, now: Timestamp) -> Result<(), PlayError> {
    let run = &group.run;
    let ended = |became, at| PlayError::Ended { what: WHAT, run_id: run.run_id.clone(), became, at };
    match run.ended {
        Some((became, at)) => Err(ended(became.as_str(), at)),
        None if now >= run.closes_at => Err(ended("closed", run.closes_at)),
        None if !run.led => Err(PlayError::Forming { run_id: run.run_id.clone() }),
        None => Ok(()),
    }
}

impl Group {
    /// A run as the group it is.
    pub fn of(run: Run) -> Result<Self, PlayError> {
        let unknown = || PlayError::UnknownRun { what: WHAT, run_id: run.run_id.clone() };
        let Rules::GroupBuy(rules) = run.play.terms.rules.clone() else { return Err(unknown()) };
        let size = run.detail.parse().ok().and_then(|size| rules.size(size)).cloned().ok_or_else(unknown)?;
        Ok(Self { run, rules, size })
    }

    fn unit(&self) -> String {
        format!("seats of {}", self.run.run_id)
    }

    /// The accounts that tell how its seats stand.
    pub fn looked_at(&self) -> [String; 3] {
        [self.seats().name, self.members().name, self.completed().name]
    }

    /// How its seats stand.
    pub fn seats_in(&self, standings: &BTreeMap<String, Standing>) -> Seats {
        let [free, paid, completed] = self.looked_at().map(|name| standings.get(&name));
        let balance = |account: Option<&Standing>| account.map_or(0, |account| account.balance);
        Seats {
            free: free.map_or(0, Standing::free),
            held: free.map_or(0, |account| account.held_out),
            paid: balance(paid) + balance(completed),
        }
    }

    /// Free seats.
    pub fn seats(&self) -> Account {
        Account::new(format!("seats/{}", self.run.run_id), self.unit(), Kind::GroupSeats)
    }

    /// Paid seats of a group in flight.
    pub fn members(&self) -> Account {
        Account::new(format!("members/{}", self.run.run_id), self.unit(), Kind::Gone)
    }

    /// Seats of the completed group.
    pub fn completed(&self) -> Account {
        Account::new(format!("completed/{}", self.run.run_id), self.unit(), Kind::Gone)
    }

    /// Seats nobody takes any more.
    pub fn closed(&self) -> Account {
        Account::new(format!("closed/{}", self.run.run_id), self.unit(), Kind::Gone)
    }

    /// Issues the seats of a new group.
    pub fn issue(&self) -> Command {
        let (seats, key) = (self.seats(), format!("open/{}", self.run.run_id));
        Command::transfer(key, vec![Leg::new(issued_for(&Realm::default(), &seats), seats, self.size.size)])
    }

    /// What a member's order takes: a seat, stock, and its part of what one shopper may have.
    pub fn legs(&self, role: Role, shopper_id: &str, quantity: i64) -> (Vec<Use>, Vec<Leg>) {
        let (run_id, play_id) = (&self.run.run_id, &self.run.play.play_id);
        let seat = Seat { run_id: run_id.clone(), play_id: play_id.clone(), role };
        let offer_id = self.rules.price(&self.run.play, &self.size, role).offer_id;
        let uses_of = format!("uses of play {play_id}");
        let limit = |name: String, kind, most| Account::new(name, uses_of.clone(), kind).at_most(most);
        let stock = self.rules.stock.map(|most| limit(format!("play_sold/{play_id}"), Kind::FlashStock, most));
        let mine = self.rules.per_shopper;
        let mine = mine.map(|most| limit(format!("play_uses/{play_id}/{shopper_id}"), Kind::RedemptionLimit, most));
        let here = limit(format!("member/{run_id}/{shopper_id}"), Kind::RedemptionLimit, 1);
        let issued = |to: Account, amount| Leg::new(issued_for(&Realm::default(), &to), to, amount);
        let legs = [
            Some((Counts::Seat(seat), Leg::new(self.seats(), self.members(), 1))),
            Some((Counts::Use, issued(here, 1))),
            mine.map(|account| (Counts::Use, issued(account, 1))),
            stock.map(|account| (Counts::Units(None), issued(account, quantity))),
        ];
        let used = |(counts, leg): (Counts, Leg)| (Use { offer_id: offer_id.clone(), counts, amount: leg.amount }, leg);
        legs.into_iter().flatten().map(used).unzip()
    }

    /// Why the ledger had no room for an order, in the words of group buys.
    pub fn full(&self, refusal: &Refusal) -> Option<PlayError> {
        let (Refusal::Full { account, .. } | Refusal::Short { account, .. }) = refusal else { return None };
        let (run_id, play_id) = (self.run.run_id.clone(), self.run.play.play_id.clone());
        let of_run = |limit| PlayError::Full { what: WHAT, id: run_id.clone(), limit };
        let of_play = |limit| PlayError::Full { what: "play", id: play_id.clone(), limit };
        let size = self.size.size;
        match account.split('/').next() {
            Some("seats") => Some(of_run(format!("{size} of {size} seats are taken or wait for a payment"))),
            Some("member") => Some(of_run("one shopper takes one seat".to_owned())),
            Some("play_uses") => {
                let most = self.rules.per_shopper.unwrap_or_default();
                Some(of_play(format!("one shopper takes {most} seats")))
            }
            Some("play_sold") => {
                Some(of_play(format!("of {} units, too few are left", self.rules.stock.unwrap_or_default())))
            }
            _ => None,
        }
    }
}

/// How the seats of some groups stand.
pub(crate) async fn seats_of(
    tx: &mut Tx,
    groups: &[Group],
    now: Timestamp,
) -> Result<BTreeMap<String, Seats>, StoreError> {
    let names: Vec<String> = groups.iter().flat_map(Group::looked_at).collect();
    let standing = standings(tx, names.iter().map(String::as_str), now).await?;
    Ok(groups.iter().map(|group| (group.run.run_id.clone(), group.seats_in(&standing))).collect())
}

/// Groups that were open when they were read. One may have ended since: the ledger has no seat in it any more, and whoever is
/// refused is told by what it is by then.
#[derive(Debug, Default)]
pub(crate) struct OpenGroups(Mutex<HashMap<String, Group>>);

/// So many are kept in memory.
const GROUPS_IN_MEMORY: usize = 4_096;

impl OpenGroups {
    /// A group that was open.
    pub fn get(&self, group_id: &str) -> Option<Group> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(group_id).cloned()
    }

    /// Keeps a group if it is open, and forgets it if it is not.
    pub fn keep(&self, group: &Group) {
        let mut groups = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if group.run.ended.is_some() || !group.run.led {
            groups.remove(&group.run.run_id);
            return;
        }
        if groups.len() >= GROUPS_IN_MEMORY {
            groups.clear();
        }
        groups.insert(group.run.run_id.clone(), group.clone());
    }
}

/// What must surround the reversal of a paid order of a group that has ended: a completed group gives the seat up first,
/// and nobody takes it afterwards.
pub(crate) fn giving_up(seat: &Seat, redemption_id: &str, became: Option<Became>) -> (Vec<Command>, Vec<Command>) {
    let Some(became) = became else { return (Vec::new(), Vec::new()) };
    let run_id = &seat.run_id;
    let account = |name: &str, kind| Account::new(format!("{name}/{run_id}"), format!("seats of {run_id}"), kind);
    let moved = |key: &str, from, to| Command::transfer(format!("{key}/{redemption_id}"), vec![Leg::new(from, to, 1)]);
    let (seats, closed) = (account("seats", Kind::GroupSeats), account("closed", Kind::Gone));
    let after = vec![moved("close", seats, closed)];
    match became {
        Became::Completed => {
            let (completed, members) = (account("completed", Kind::Gone), account("members", Kind::Gone));
            (vec![moved("unseat", completed, members)], after)
        }
        Became::Failed => (Vec::new(), after),
    }
}
