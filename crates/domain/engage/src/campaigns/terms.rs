//! What a campaign is, as data; and what of it cannot be.

use fanvine_contracts::campaigns::Piece;
use fanvine_kernel::{Currency, Timestamp};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::CampaignError;

const LONGEST_NAME: usize = 200;
const LONGEST_ID: usize = 100;
const LONGEST_WAIVER: usize = 500;
/// Most offers and plays of a campaign.
const MOST_PIECES: usize = 100;
/// Most that may be held out, in hundredths of a percent: half.
const MOST_HELD_OUT: i64 = 5_000;
/// Most of an amount or a target.
const MOST: i64 = i64::MAX / 10_000;

/// What a campaign is called, whom it is for, what it holds and what it may cost.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CampaignTerms {
    /// What people call it.
    pub name: String,
    /// What it is to reach.
    #[serde(default)]
    pub goal: Option<Goal>,
    /// The currency of its amounts. Carts in another currency get nothing of it, and orders in another are not counted.
    #[schema(value_type = String)]
    pub currency: Currency,
    /// Most that all it gives may cost, in minor units: what its offers and plays take off goods and freight, and the points
    /// they grant by their worth. A balance in the ledger, which refuses what would go beyond.
    #[serde(default)]
    pub budget_minor: Option<i64>,
    /// The segment it is for; everybody if absent.
    #[serde(default)]
    pub segment: Option<String>,
    /// The offers and plays it holds: nobody else gets them while it runs. Each is held by one campaign at a time.
    #[serde(default)]
    pub pieces: Vec<Piece>,
    /// When it begins; when it is published, if absent.
    #[serde(default)]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub starts_at: Option<Timestamp>,
    /// When it ends, that moment excluded.
    #[serde(default)]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub ends_at: Option<Timestamp>,
    /// How many people are held out, in hundredths of a percent; 1,000 (10 %) if absent.
    #[serde(default = "tenth")]
    pub holdout_basis_points: i64,
    /// Why nobody is held out, where that is so: without this, such a campaign is not published.
    #[serde(default)]
    pub no_holdout_because: Option<String>,
    /// Below which return it pauses itself.
    #[serde(default)]
    pub floor: Option<ReturnFloor>,
}

/// What is to be reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = CampaignGoal)]
pub struct Goal {
    /// Which figure.
    pub metric: GoalMetric,
    /// How much of it: a number, or minor units.
    pub target: i64,
}

/// A figure a campaign may have as its goal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = CampaignMetric)]
pub enum GoalMetric {
    /// Orders that used anything of the campaign.
    Orders,
    /// What was paid for them, in minor units.
    Revenue,
    /// Paid places in its plays.
    Joins,
    /// Runs of its plays that came about.
    Completions,
    /// Revenue that would not have been, as the holdout says, in minor units.
    IncrementalRevenue,
}

/// Below which return on what is spent a campaign pauses itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = CampaignFloor)]
pub struct ReturnFloor {
    /// What must at least be paid in orders with the campaign for each 100 it costs.
    pub least_per_hundred: i64,
    /// After how many of these orders that is looked at first.
    pub after_orders: i64,
}

fn tenth() -> i64 {
    1_000
}

impl CampaignTerms {
    /// Refuses what could not be kept or held, whatever the gates say.
    pub fn check(&self) -> Result<(), CampaignError> {
        text("name", &self.name, LONGEST_NAME)?;
        self.segment.iter().try_for_each(|segment| text("segment", segment, LONGEST_ID))?;
        self.no_holdout_because.iter().try_for_each(|why| text("no_holdout_because", why, LONGEST_WAIVER))?;
        self.budget_minor.into_iter().try_for_each(|minor| range("budget_minor", minor, 1, MOST))?;
        range("holdout_basis_points", self.holdout_basis_points, 0, MOST_HELD_OUT)?;
        if let Some(goal) = self.goal {
            range("goal.target", goal.target, 1, MOST)?;
        }
        if let Some(floor) = self.floor {
            range("floor.least_per_hundred", floor.least_per_hundred, 1, 1_000_000)?;
            range("floor.after_orders", floor.after_orders, 1, 1_000_000)?;
        }
        let pieces = i64::try_from(self.pieces.len()).unwrap_or(i64::MAX);
        range("the number of pieces", pieces, 0, MOST_PIECES as i64)?;
        for (at, piece) in self.pieces.iter().enumerate() {
            text("pieces.id", &piece.id, LONGEST_ID)?;
            if self.pieces.iter().take(at).any(|before| before == piece) {
                return Err(CampaignError::Twice(piece.id.clone()));
            }
        }
        match (self.starts_at, self.ends_at) {
            (Some(starts_at), Some(ends_at)) if ends_at <= starts_at => Err(CampaignError::Ends { starts_at, ends_at }),
            _ => Ok(()),
        }
    }

    /// The first thing about which these terms and others differ that may not change once people were assigned.
    pub(crate) fn fixed_difference(&self, other: &Self) -> Option<&'static str> {
        let differs = [
            ("currency", self.currency != other.currency),
            ("segment", self.segment != other.segment),
            ("pieces", self.pieces != other.pieces),
            ("starts_at", self.starts_at != other.starts_at),
            ("holdout_basis_points", self.holdout_basis_points != other.holdout_basis_points),
        ];
        differs.into_iter().find(|(_, differs)| *differs).map(|(field, _)| field)
    }
}

/// Refuses an identifier that could not stand in the name of an account.
pub(crate) fn check_id(campaign_id: &str) -> Result<(), CampaignError> {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.');
    let good = !campaign_id.is_empty() && campaign_id.len() <= LONGEST_ID && campaign_id.bytes().all(plain);
    if good { Ok(()) } else { Err(CampaignError::Id(campaign_id.chars().take(64).collect())) }
}

fn text(field: &'static str, text: &str, most: usize) -> Result<(), CampaignError> {
    let good = !text.trim().is_empty() && text.len() <= most && !text.contains('\0');
    if good { Ok(()) } else { Err(CampaignError::Text { field, bytes: text.len(), most }) }
}

fn range(field: &'static str, number: i64, least: i64, most: i64) -> Result<(), CampaignError> {
    let good = (least..=most).contains(&number);
    if good { Ok(()) } else { Err(CampaignError::Range { field, number, least, most }) }
}
