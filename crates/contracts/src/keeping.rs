//! The events that are kept, and how old they are: for whoever decides how long they may be.

use fanvine_kernel::Timestamp;
use fanvine_kernel::event::KeptSince;

use crate::shoppers::Asking;

/// The events of one name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventsOfName {
    /// The name.
    pub event: String,
    /// How many there are.
    pub events: u64,
    /// How many of them are older than asked about.
    pub older: u64,
    /// When the first occurred.
    pub first_at: Timestamp,
}

/// Keeps events, and can forget them.
pub trait EventKeeper: Send + Sync {
    /// How many events of each name there are, and how many of them would no longer be kept; by name.
    fn count<'a>(&'a self, kept: &'a KeptSince) -> Asking<'a, Vec<EventsOfName>>;
}
