//! Campaigns and what they hold: what a campaign says of an offer or a play for one shopper, and what it asks of whoever
//! keeps offers and plays.

use std::collections::BTreeMap;

use fanvine_kernel::{Currency, Timestamp};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::gates::GateResult;
use crate::shoppers::Asking;

/// What a campaign holds: an offer or a play, by its identifier.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Piece {
    /// Which of the two.
    pub kind: PieceKind,
    /// Its identifier.
    pub id: String,
}

/// An offer or a play.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum PieceKind {
    /// An offer.
    Offer,
    /// A play.
    Play,
}

impl Piece {
    /// The offer of that identifier.
    pub fn offer(id: impl Into<String>) -> Self {
        Self { kind: PieceKind::Offer, id: id.into() }
    }

    /// The play of that identifier.
    pub fn play(id: impl Into<String>) -> Self {
        Self { kind: PieceKind::Play, id: id.into() }
    }
}

/// What a campaign says of a piece it holds, for one shopper.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Admission {
    /// They may have it, and what it costs counts there.
    Open(Charge),
    /// The campaign has not begun.
    NotYet {
        /// When it begins.
        starts_at: Timestamp,
    },
    /// The campaign is over.
    Over {
        /// When it ended.
        ended_at: Timestamp,
    },
    /// The campaign is paused.
    Paused,
    /// They are not of its audience, or are held out; which of the two, nobody is told.
    OtherShoppers,
}

/// On which campaign something counts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Charge {
    /// The campaign.
    pub campaign_id: String,
    /// The currency of its figures.
    pub currency: Currency,
    /// Most that all it gives may cost, in minor units; any amount if none.
    pub budget_minor: Option<i64>,
}

/// Tells what campaigns say.
pub trait Campaigns: Send + Sync {
    /// What is said of these pieces for the person with that shopper key; of those that no campaign holds, nothing. Whoever
    /// meets a campaign for the first time is assigned, and that is kept before this answers.
    fn admit<'a>(
        &'a self,
        shopper_key: Option<&'a str>,
        pieces: Vec<Piece>,
        now: Timestamp,
    ) -> Asking<'a, BTreeMap<Piece, Admission>>;
}

/// A piece as it stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct PieceLook {
    /// What people call it.
    pub name: String,
    /// Its kind: `coupon` and `offer`, or the play's.
    pub sort: String,
    /// Its latest version.
    pub version: i64,
    /// The version that is published; none is if null.
    pub published_version: Option<i64>,
}

/// What was paid and given with a campaign.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Given {
    /// Posted in the ledger as its cost, in minor units.
    pub spent_minor: i64,
    /// Set aside for reservations that are open.
    pub reserved_minor: i64,
    /// Orders that stand and used anything of it.
    pub orders: Vec<UsedIn>,
    /// Runs of its plays: groups, bargains, whatever somebody opens and others join.
    pub runs: Runs,
    /// Who took part in its plays, by shopper key; the earlier part first.
    pub parts: Vec<Part>,
}

/// An order that stands and used anything of a campaign.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UsedIn {
    /// The redemption.
    pub redemption_id: String,
    /// Whose it is.
    pub shopper_key: Option<String>,
    /// What was paid, less what was refunded, in minor units.
    pub paid_minor: i64,
    /// What the campaign's pieces took off, in minor units, before anything came back.
    pub off_minor: i64,
}

/// Runs of plays, by how they stand.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Runs {
    /// All that were opened.
    pub opened: i64,
    /// Those that came about.
    pub completed: i64,
    /// Those that did not in time.
    pub failed: i64,
}

/// Somebody took part in a play.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// Who.
    pub shopper_key: String,
    /// Whether they opened the run, not joined somebody else's.
    pub led: bool,
    /// When.
    pub at: Timestamp,
}

/// Keeps offers and plays.
pub trait Pieces: Send + Sync {
    /// A piece as it stands; none if there is no such piece.
    fn look<'a>(&'a self, piece: &'a Piece) -> Asking<'a, Option<PieceLook>>;

    /// What its gates find of its latest version.
    fn gates<'a>(&'a self, piece: &'a Piece) -> Asking<'a, Vec<GateResult>>;

    /// Publishes its latest version, unless that is published.
    fn publish<'a>(&'a self, piece: &'a Piece, by: &'a str) -> Asking<'a, ()>;

    /// Withdraws it, unless that is done.
    fn withdraw<'a>(&'a self, piece: &'a Piece, by: &'a str) -> Asking<'a, ()>;

    /// What was paid and given with a campaign that holds these pieces, since it was published.
    fn given<'a>(&'a self, charge: &'a Charge, pieces: &'a [Piece], since: Timestamp) -> Asking<'a, Given>;

    /// What is posted in the ledger as the cost of a campaign, in minor units: cheap to ask.
    fn spent<'a>(&'a self, charge: &'a Charge) -> Asking<'a, i64>;

    /// Words of the highest degree in a text.
    fn absolute_words(&self, text: &str) -> Vec<String>;
}
