//! How a campaign stands.

use fanvine_kernel::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// How a campaign stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case", tag = "state")]
pub enum CampaignState {
    /// It is being made; nobody is concerned.
    Draft,
    /// It passed the gates and waits for its beginning.
    Published,
    /// It runs.
    Running,
    /// Nobody gets anything of it for now; what was reserved may still be paid.
    Paused {
        /// Why.
        why: Why,
    },
    /// It is over for ever, and its figures are kept.
    Closed {
        /// Why.
        why: Why,
        /// Since when.
        #[schema(value_type = String, format = DateTime)]
        at: Timestamp,
    },
}

/// Why a campaign was paused or closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = CampaignWhy)]
pub enum Why {
    /// Somebody wanted it so.
    Asked,
    /// What is left of the budget would not pay for another order.
    BudgetUsed,
    /// Its orders brought in less than the floor asks.
    BelowFloor,
    /// Its time was over.
    Ended,
}

impl CampaignState {
    /// Its name in rows and sentences: `running`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Draft => "draft",
            Self::Published => "published",
            Self::Running => "running",
            Self::Paused { .. } => "paused",
            Self::Closed { .. } => "closed",
        }
    }

    /// Why it is so, where that is told.
    pub(crate) const fn why(self) -> Option<Why> {
        match self {
            Self::Paused { why } | Self::Closed { why, .. } => Some(why),
            _ => None,
        }
    }

    /// As it stands in a row.
    pub(crate) fn kept(state: &str, why: Option<&str>, closed_at: Option<Timestamp>) -> Self {
        let why = why.map_or(Why::Asked, Why::named);
        match state {
            "published" => Self::Published,
            "running" => Self::Running,
            "paused" => Self::Paused { why },
            "closed" => Self::Closed { why, at: closed_at.unwrap_or(Timestamp::from_micros(0)) },
            _ => Self::Draft,
        }
    }
}

impl Why {
    /// Its name in rows: `budget_used`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Asked => "asked",
            Self::BudgetUsed => "budget_used",
            Self::BelowFloor => "below_floor",
            Self::Ended => "ended",
        }
    }

    fn named(name: &str) -> Self {
        [Self::BudgetUsed, Self::BelowFloor, Self::Ended]
            .into_iter()
            .find(|why| why.as_str() == name)
            .unwrap_or(Self::Asked)
    }
}
