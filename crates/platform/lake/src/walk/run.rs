//! A shopper's events as a visitor sees them.

use datafusion::arrow::array::{Array, StringArray};
use fanvine_kernel::Timestamp;

use super::column::Column;
use super::extras::Extras;
use crate::layout::SPELLED_OUT;

/// Events of one shopper, in order of time.
pub struct Run<'r> {
    /// The shopper's number; with [`super::Walk::merges`], the person's.
    pub shopper: u32,
    pub(crate) at_s: &'r [u32],
    pub(crate) at_us: Option<&'r [u32]>,
    pub(crate) events: &'r [u16],
    pub(crate) extras: Option<&'r Extras>,
    pub(crate) names: &'r StringArray,
}

impl<'r> Run<'r> {
    /// How many events there are: at least one.
    #[expect(clippy::len_without_is_empty, reason = "a run has at least one event")]
    pub fn len(&self) -> usize {
        self.at_s.len()
    }

    /// When each occurred, seconds since 1970 in UTC. What occurred before 1970 or after 2106 lies at the nearest end.
    pub fn seconds(&self) -> &'r [u32] {
        self.at_s
    }

    /// What each is, by code: see [`super::Snapshot::event_code`]. 65535 is a name without a code.
    pub fn events(&self) -> &'r [u16] {
        self.events
    }

    /// The second at which an event occurred.
    pub fn at_s(&self, event: usize) -> u32 {
        self.at_s.get(event).copied().unwrap_or_default()
    }

    /// When an event occurred: to the microsecond where the walk asked for that.
    pub fn at(&self, event: usize) -> Timestamp {
        let micros = self.at_us.and_then(|at_us| at_us.get(event)).copied().unwrap_or_default();
        Timestamp::from_micros(i64::from(self.at_s(event)) * 1_000_000 + i64::from(micros))
    }

    /// The code of an event.
    pub fn event(&self, event: usize) -> u16 {
        self.events.get(event).copied().unwrap_or(SPELLED_OUT)
    }

    /// The name of an event.
    pub fn name(&self, event: usize) -> &'r str {
        match self.event(event) {
            SPELLED_OUT => self.extras.and_then(|extras| extras.text(Column::EventText, event)).unwrap_or_default(),
            code if usize::from(code) < self.names.len() => self.names.value(usize::from(code)),
            _ => "",
        }
    }

    /// A text of an event; none where it has none, or where the walk did not ask for the column.
    pub fn text(&self, column: Column, event: usize) -> Option<&'r str> {
        self.extras?.text(column, event)
    }

    /// A number of an event; none where it has none, or where the walk did not ask for the column.
    pub fn int(&self, column: Column, event: usize) -> Option<i64> {
        self.extras?.int(column, event)
    }
}
