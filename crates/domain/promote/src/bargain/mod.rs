//! Bargains 砍价: a shopper opens one for a product, others help, and each help cuts the price by an amount that was fixed
//! before the first of them came. After a known number of helps the price is at its floor.
//!
//! What may still be cut is an account; a help moves its cut out of it under the ledger's lock, together with its number. So
//! helps at the same time get cuts of their own and none is lost. An order reserves all that was not cut: its price is what
//! the ledger says it is, and nobody can help behind its back.

pub(crate) mod cuts;
pub(crate) mod expire;
pub(crate) mod gates;
pub(crate) mod help;
pub(crate) mod open;
pub(crate) mod order;
pub(crate) mod prove;
pub(crate) mod show_bargain;
pub(crate) mod store;

use std::collections::{BTreeMap, BTreeSet};

use fanvine_kernel::{LocalDate, Timestamp};
use fanvine_ledger::{Account, Along, Command, Kind, Leg, Refusal, Share, Standing, standings};
use fanvine_store::{StoreError, Tx, args};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::checkout::realm::Realm;
use crate::checkout::{Counts, Use, issued_for};
use crate::offers::{BasePrice, Benefit, Limits, Offer, Scope, Terms, TermsError};
use crate::plays::fair::Seed;
use crate::plays::runs::{Became, Role, Run, Seat};
use crate::plays::{Play, PlayError, Rules, range, text};
use crate::quote::MOST_MINOR;

pub use help::BargainHelped;
pub use order::BargainOrder;
pub use prove::BargainProof;
pub use show_bargain::{BargainDetail, BargainHelp, BargainState, BargainView};

/// Most helps to the floor.
const MOST_HELPS: i64 = 500;
const MOST_HOURS: i64 = 30 * 24;
const MOST_PAY_S: i64 = 86_400;
const MOST_UNITS: i64 = 100_000_000;
const LONGEST_PRODUCT: usize = 100;
/// What it is called in sentences.
pub(crate) const WHAT: &str = "bargain";
/// What its runs are called in rows.
pub(crate) const KIND: &str = "bargain";

/// The rules of a bargain.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Bargain {
    /// The product bargained for; an order is for one unit of it.
    pub product_id: String,
    /// What it costs before anybody has helped, in minor units.
    pub start_minor: i64,
    /// What it costs after all helps, in minor units.
    pub floor_minor: i64,
    /// How many helps bring it there.
    pub helps: i64,
    /// Least that a help cuts, in minor units.
    #[serde(default = "one")]
    pub least_cut_minor: i64,
    /// How long a bargain is open, in hours.
    pub hours: i64,
    /// At which price it may be ordered.
    #[serde(default)]
    pub order_at: OrderAt,
    /// How long an order may wait for its payment, in seconds; 15 minutes if absent. Nobody helps meanwhile.
    #[serde(default = "pay_within")]
    pub pay_within_s: i64,
    /// Whether who opens it may help too.
    #[serde(default)]
    pub own_help: bool,
    /// How often one shopper may help with one bargain.
    #[serde(default = "one")]
    pub helps_per_bargain: i64,
    /// How often one shopper may help on a day of the shop, with all bargains of the play; any number if absent.
    #[serde(default)]
    pub helps_per_day: Option<i64>,
    /// How often one shopper may help with all bargains of the play; any number if absent.
    #[serde(default)]
    pub helps_in_all: Option<i64>,
    /// Units there are. Each open bargain keeps one until it is over; any number if absent.
    #[serde(default)]
    pub stock: Option<i64>,
    /// Bargains one shopper may have, open or paid; any number if absent.
    #[serde(default)]
    pub per_shopper: Option<i64>,
    /// Whether other offers apply to its price.
    #[serde(default)]
    pub admits_later: bool,
}

/// At which price a bargain may be ordered.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum OrderAt {
    /// At whatever price was reached.
    #[default]
    Any,
    /// At its floor alone.
    Floor,
}

fn one() -> i64 {
    1
}

fn pay_within() -> i64 {
    900
}

impl Bargain {
    /// Refuses rules that could not be held.
    pub(crate) fn check(&self) -> Result<(), TermsError> {
        text("rules.product_id", &self.product_id, LONGEST_PRODUCT)?;
        range("rules.start_minor", self.start_minor, 1, MOST_MINOR / 100)?;
        range("rules.floor_minor", self.floor_minor, 0, self.start_minor - 1)?;
        range("rules.helps", self.helps, 1, MOST_HELPS.min(self.start_minor - self.floor_minor))?;
        // There is enough to cut for every help.
        range("rules.least_cut_minor", self.least_cut_minor, 1, (self.start_minor - self.floor_minor) / self.helps)?;
        range("rules.hours", self.hours, 1, MOST_HOURS)?;
        range("rules.pay_within_s", self.pay_within_s, 1, MOST_PAY_S.min(self.hours.saturating_mul(3_600)))?;
        range("rules.helps_per_bargain", self.helps_per_bargain, 1, self.helps)?;
        let limits = [
            ("rules.helps_per_day", self.helps_per_day, 1),
            ("rules.helps_in_all", self.helps_in_all, 1),
            ("rules.stock", self.stock, 0),
            ("rules.per_shopper", self.per_shopper, 1),
        ];
        limits.into_iter().try_for_each(|(field, limit, least)| {
            limit.into_iter().try_for_each(|limit| range(field, limit, least, MOST_UNITS))
        })
    }

    /// The least it promises, as the offer it is held against the gates as.
    pub(crate) fn prices(&self, play: &Play) -> Vec<Offer> {
        let mut offer = self.price(play, self.floor_minor);
        offer.terms.limits.total = self.stock;
        offer.terms.ends_at = play.terms.ends_at;
        vec![offer]
    }

    /// A price that was reached, as the offer it is in a quote. It is no offer of the shop's: nothing else may have such a
    /// name.
    pub(crate) fn price(&self, play: &Play, unit_minor: i64) -> Offer {
        let benefit = Benefit::BasePrice {
            price: BasePrice::Bargain,
            unit_minor,
            most_units: Some(1),
            admits_later: self.admits_later,
            points: None,
            presale: None,
        };
        let scope = Scope { products: BTreeSet::from([self.product_id.clone()]), ..Scope::default() };
        let terms = Terms { scope, limits: Limits::default(), ..Terms::plain(play.terms.name.clone(), benefit) };
        Offer { offer_id: format!("bargain/{}", play.play_id), version: play.version, terms }
    }
}

/// A bargain in flight, or ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Open {
    pub run: Run,
    pub rules: Bargain,
    pub seed: Seed,
}

/// How a bargain stands in the ledger.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Cut {
    /// Helps so far.
    pub helps: i64,
    /// What they cut off, in minor units.
    pub minor: i64,
    /// Whether an order waits for its payment.
    pub ordered: bool,
}

impl Open {
    /// A run as the bargain it is.
    pub fn of(run: Run) -> Result<Self, PlayError> {
        let Rules::Bargain(rules) = run.play.terms.rules.clone() else {
            return Err(PlayError::UnknownRun { what: WHAT, run_id: run.run_id });
        };
        let seed = Seed::of_text(run.detail.clone());
        Ok(Self { run, rules, seed })
    }

    /// The digest that fixes its cuts.
    pub fn commitment(&self) -> String {
        self.seed.commitment(&cuts::played(&self.run.run_id, &self.rules))
    }

    /// What a unit costs by now, in minor units.
    pub fn price_minor(&self, cut: Cut) -> i64 {
        self.rules.start_minor - cut.minor
    }

    /// The rest that may still be cut, in minor units.
    pub fn uncut_minor(&self, cut: Cut) -> i64 {
        self.price_minor(cut) - self.rules.floor_minor
    }

    /// Refuses whatever needs a bargain that is open.
    pub fn is_open(&self, now: Timestamp) -> Result<(), PlayError> {
        let ended = |became, at| PlayError::Ended { what: WHAT, run_id: self.run.run_id.clone(), became, at };
        match self.run.ended {
            Some((became, at)) => Err(ended(became.as_str(), at)),
            None if now >= self.run.closes_at => Err(ended("closed", self.run.closes_at)),
            None => Ok(()),
        }
    }

    fn account(&self, name: &str, of: &str, kind: Kind) -> Account {
        Account::new(format!("{name}/{}", self.run.run_id), format!("{of} of {}", self.run.run_id), kind)
    }

    /// Helps that may still come.
    pub fn helps_left(&self) -> Account {
        self.account("helps_left", "helps", Kind::Helps)
    }

    /// Helps that came.
    pub fn helped(&self) -> Account {
        self.account("helped", "helps", Kind::Gone)
    }

    /// Helps that never come any more.
    pub fn no_help(&self) -> Account {
        self.account("no_help", "helps", Kind::Gone)
    }

    /// What may still be cut off the price.
    pub fn to_cut(&self) -> Account {
        self.account("to_cut", "price", Kind::Helps)
    }

    /// What was cut off.
    pub fn cut_off(&self) -> Account {
        self.account("cut_off", "price", Kind::Gone)
    }

    /// What was paid and not cut, or is never cut any more.
    pub fn uncut(&self) -> Account {
        self.account("uncut", "price", Kind::Gone)
    }

    /// The one order of it.
    fn ordered(&self) -> Account {
        self.account("ordered", "orders", Kind::RedemptionLimit).at_most(1)
    }

    /// Sets out what helps may cut, and keeps a unit of the stock for as long as it is open.
    pub fn issue(&self) -> Vec<Command> {
        let (run_id, rules) = (&self.run.run_id, &self.rules);
        let issued = |to: Account, amount| Leg::new(issued_for(&Realm::default(), &to), to, amount);
        let all = rules.start_minor - rules.floor_minor;
        let cuts = vec![issued(self.helps_left(), rules.helps), issued(self.to_cut(), all)];
        let play_id = &self.run.play.play_id;
        let uses = |name: String, kind, most| Account {
            ceiling: most,
            ..Account::new(name, format!("uses of play {play_id}"), kind)
        };
        let sold = uses(format!("play_sold/{play_id}"), Kind::FlashStock, rules.stock);
        let mine =
            uses(format!("play_uses/{play_id}/{}", self.run.shopper_id), Kind::RedemptionLimit, rules.per_shopper);
        let keep = vec![issued(sold, 1), issued(mine, 1)];
        vec![
            Command::transfer(format!("bargain/{run_id}"), cuts),
            Command::reserve(keep_key(run_id), keep, self.run.closes_at),
        ]
    }

    /// The `number`th help, by a shopper.
    pub fn help(&self, number: i64, cut_minor: i64, shopper: &str, today: LocalDate) -> Command {
        let (run_id, play_id, rules) = (&self.run.run_id, &self.run.play.play_id, &self.rules);
        let limit = |name: String, most| {
            let to = Account::new(name, format!("helps with play {play_id}"), Kind::Helps).at_most(most);
            Leg::new(issued_for(&Realm::default(), &to), to, 1)
        };
        let mut legs = vec![
            Leg::new(self.helps_left(), self.helped(), 1),
            Leg::new(self.to_cut(), self.cut_off(), cut_minor),
            limit(format!("helper/{run_id}/{shopper}"), rules.helps_per_bargain),
        ];
        legs.extend(rules.helps_per_day.map(|most| limit(format!("helps_day/{play_id}/{today}/{shopper}"), most)));
        legs.extend(rules.helps_in_all.map(|most| limit(format!("helps_all/{play_id}/{shopper}"), most)));
        Command::transfer(format!("help/{run_id}/{number}"), legs)
    }

    /// What an order takes: that it is the only one, and all that was not cut.
    pub fn order(&self, cut: Cut) -> (Seat, Vec<Use>, Vec<Leg>) {
        let (run_id, play_id) = (self.run.run_id.clone(), self.run.play.play_id.clone());
        let seat = Seat { run_id, play_id, role: Role::Buyer };
        let ordered = self.ordered();
        let mut legs = vec![Leg::new(issued_for(&Realm::default(), &ordered), ordered, 1)];
        let rest = self.uncut_minor(cut);
        legs.extend((rest > 0).then(|| Leg::new(self.to_cut(), self.uncut(), rest)));
        let offer_id = self.rules.price(&self.run.play, 0).offer_id;
        let counted =
            |leg: &Leg| Use { offer_id: offer_id.clone(), counts: Counts::Seat(seat.clone()), amount: leg.amount };
        (seat.clone(), legs.iter().map(counted).collect(), legs)
    }

    /// Why the ledger had no room, in the words of bargains.
    pub fn full(&self, refusal: &Refusal) -> Option<PlayError> {
        let (Refusal::Full { account, .. } | Refusal::Short { account, .. }) = refusal else { return None };
        let (run_id, play_id, rules) = (self.run.run_id.clone(), self.run.play.play_id.clone(), &self.rules);
        let of_run = |limit: String| Some(PlayError::Full { what: WHAT, id: run_id.clone(), limit });
        let of_play = |limit: String| Some(PlayError::Full { what: "play", id: play_id.clone(), limit });
        match account.split('/').next()? {
            "helper" => of_run(format!("one shopper helps {} times", rules.helps_per_bargain)),
            "helps_day" => of_play(format!("one shopper helps {} times a day", rules.helps_per_day?)),
            "helps_all" => of_play(format!("one shopper helps {} times", rules.helps_in_all?)),
            "play_sold" => of_play(format!("all {} units are sold, or kept for bargains that are open", rules.stock?)),
            "play_uses" => of_play(format!("one shopper has {} bargains", rules.per_shopper?)),
            "ordered" => of_run("an order of it waits for its payment, or was paid".to_owned()),
            _ => None,
        }
    }
}

fn keep_key(run_id: &str) -> String {
    format!("keep/{run_id}")
}

/// What happens with the payment of a bargain's order, in the same commit: the unit kept for it is sold, and it has ended.
pub(crate) fn paid(seat: &Seat, now: Timestamp) -> (Vec<Command>, Vec<Along>) {
    let run_id = &seat.run_id;
    let sell = Command::post(format!("sell/{run_id}"), keep_key(run_id));
    let end = Along {
        head: "INSERT INTO play_ends (run_id, became, at) VALUES",
        row: args![run_id, Became::Completed.as_str(), now],
        tail: "",
    };
    (vec![sell], vec![end])
}

/// What happens when a paid order is given up, or its unit comes back: the unit is free again. The bargain is over.
pub(crate) fn given_up(seat: &Seat) -> Command {
    let run_id = &seat.run_id;
    Command::reverse(format!("unsell/{run_id}"), format!("sell/{run_id}"), Share::All)
}

/// How some bargains stand.
pub(crate) async fn cut_of(tx: &mut Tx, some: &[Open], now: Timestamp) -> Result<BTreeMap<String, Cut>, StoreError> {
    let accounts = |one: &Open| [one.helped().name, one.cut_off().name, one.ordered().name];
    let names: Vec<String> = some.iter().flat_map(accounts).collect();
    let standing = standings(tx, names.iter().map(String::as_str), now).await?;
    let cut = |one: &Open| {
        let [helped, cut_off, ordered] = accounts(one).map(|name| standing.get(&name));
        let balance = |account: Option<&Standing>| account.map_or(0, |account| account.balance);
        Cut {
            helps: balance(helped),
            minor: balance(cut_off),
            ordered: ordered.is_some_and(|account| account.held_in > 0),
        }
    };
    Ok(some.iter().map(|one| (one.run.run_id.clone(), cut(one))).collect())
}
