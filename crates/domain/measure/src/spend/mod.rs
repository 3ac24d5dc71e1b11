//! What was paid for marketing, by day, channel and campaign, as the shop says it. Whoever says it again replaces
//! what was said; so an import may be repeated.

pub mod list_spend;
pub mod put_spend;
pub mod routes;
pub mod table;

use std::sync::Arc;

use fanvine_kernel::{Currency, LocalDate};
use fanvine_store::{Migration, Row, Store, StoreError};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::Measure;

/// The table of spend.
pub const MIGRATIONS: &[Migration] =
    &[Migration { name: "spend/0001_spend", sql: include_str!("../../migrations/spend_0001.sql") }];

/// What whoever tells of spend works with.
pub struct Spending {
    /// The clock, the zone, the shop's currency.
    pub measure: Arc<Measure>,
    /// Where it is kept.
    pub store: Store,
}

/// What was paid on a day for a channel, or for a campaign on it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Spend {
    /// The day in the shop's zone, `YYYY-MM-DD`.
    #[schema(value_type = String, format = Date)]
    pub day: LocalDate,
    /// The channel, as events have it: `paid_social`, `wechat` …
    pub channel: String,
    /// The campaign, as events have it; none for what belongs to no campaign.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub campaign: Option<String>,
    /// ISO 4217; the shop's if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub currency: Option<Currency>,
    /// What was paid, in minor units.
    pub amount_minor: i64,
    /// How often it was shown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub impressions: Option<i64>,
    /// How often it was clicked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub clicks: Option<i64>,
}

/// The columns [`read`] reads.
const COLUMNS: &str = "day, channel, campaign, currency, amount_minor, impressions, clicks";

/// A row as it was kept; none where it holds no day.
fn read(row: &Row) -> Result<Option<Spend>, StoreError> {
    let Ok(day) = row.get::<String>("day")?.parse() else { return Ok(None) };
    Ok(Some(Spend {
        day,
        channel: row.get("channel")?,
        campaign: Some(row.get::<String>("campaign")?).filter(|campaign| !campaign.is_empty()),
        currency: row.get::<String>("currency")?.parse().ok(),
        amount_minor: row.get("amount_minor")?,
        impressions: row.get("impressions")?,
        clicks: row.get("clicks")?,
    }))
}
