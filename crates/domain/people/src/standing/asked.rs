//! As of when, and in which currency: what every question about standing may say.

use std::sync::Arc;

use fanvine_kernel::{Currency, LocalDate, Timestamp, Zone};
use serde::{Deserialize, Serialize};

use super::StandingError;
use super::census::{AsOf, Census};

/// As of when, and in which currency.
#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct StandingQuery {
    /// The day in the shop's zone, `YYYY-MM-DD`, as of whose end to answer; now if absent. Orders placed later do not
    /// count; what was cancelled or refunded since is as it is now.
    pub as_of: Option<String>,
    /// ISO 4217: whose money; that of most orders if absent. Spend in other currencies is left out, and told beside.
    pub currency: Option<String>,
    /// 1 counts everybody anew, rather than answer from a count of up to a minute ago.
    pub fresh: Option<u8>,
}

/// What a [`StandingQuery`] says.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Asked {
    day: Option<LocalDate>,
    currency: Option<Currency>,
    pub fresh: bool,
}

impl StandingQuery {
    /// Reads it; `now` in `zone` is today.
    pub(crate) fn read(&self, now: Timestamp, zone: Zone) -> Result<Asked, StandingError> {
        let day = self.as_of.as_deref().map(|text| day("as_of", text)).transpose()?;
        let latest = zone.date_of(now);
        if let Some(day) = day.filter(|day| *day > latest) {
            return Err(StandingError::Later { name: "as_of", day, latest });
        }
        let currency = self.currency.as_deref().map(str::parse).transpose();
        let fresh = match self.fresh {
            None | Some(0) => false,
            Some(1) => true,
            Some(value) => return Err(StandingError::number("fresh", value, 0, 1)),
        };
        Ok(Asked { day, currency: currency.map_err(StandingError::Currency)?, fresh })
    }
}

impl Asked {
    /// What of the census is asked for. It ends when it was taken.
    pub fn of(&self, census: Arc<Census>, zone: Zone) -> AsOf {
        let end = self.day.map_or(census.taken_at, |day| end_of(day, zone)).min(census.taken_at);
        AsOf::new(census, end, zone, self.currency)
    }
}

/// The last moment of a day.
pub(crate) fn end_of(day: LocalDate, zone: Zone) -> Timestamp {
    zone.start_of(day.plus_days(1)).plus_micros(-1)
}

/// Reads a day.
pub(crate) fn day(name: &'static str, text: &str) -> Result<LocalDate, StandingError> {
    text.parse().map_err(|error| StandingError::Day { name, error })
}

/// What an answer rests on.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct StandingBasis {
    /// The day in the shop's zone as of which it is.
    #[schema(value_type = String, format = Date)]
    pub as_of: LocalDate,
    /// When everybody was counted.
    #[schema(value_type = String, format = DateTime)]
    pub counted_at: Timestamp,
    /// All events of the log before this offset were counted.
    pub offset: u64,
}

impl From<&AsOf> for StandingBasis {
    fn from(as_of: &AsOf) -> Self {
        Self { as_of: as_of.day, counted_at: as_of.census.taken_at, offset: as_of.census.offset }
    }
}
