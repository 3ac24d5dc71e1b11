//! What a question reaches back to that is no longer kept.

use fanvine_kernel::{Problem, Timestamp};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::Measure;

/// Events that a question asks about, of which the older ones are no longer kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct MissingEvents {
    /// Their name.
    pub event: String,
    /// From when on they are there; the question reaches further back.
    #[schema(value_type = String, format = DateTime)]
    pub kept_since: Timestamp,
}

impl Measure {
    /// Which of these events (all there are, if none are named) were forgotten from `from` on, or from the beginning.
    pub(crate) fn missing(
        &self,
        events: Option<Vec<String>>,
        from: Option<Timestamp>,
    ) -> Result<Vec<MissingEvents>, Problem> {
        let snapshot = self.snapshot()?;
        let mut events = events.unwrap_or_else(|| snapshot.event_names().map(str::to_owned).collect());
        events.sort_unstable();
        events.dedup();
        let missing = events.into_iter().filter_map(|event| {
            let kept_since = snapshot.complete_since(&event).filter(|since| from.is_none_or(|from| from < *since))?;
            Some(MissingEvents { event, kept_since })
        });
        Ok(missing.collect())
    }
}
