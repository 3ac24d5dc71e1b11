//! The Segment HTTP API, read purely: bytes of a request in, events or named faults out.
//!
//! Nothing here does IO, knows a store or asks for the time. [`body`] turns the bytes of a request into text,
//! [`decode`] turns the text into events, [`lift`] finds the fields asked about most, [`channel`] says how the
//! shopper came, [`clock`] mends the client's clock.

pub mod body;
pub mod channel;
pub mod clock;
pub mod decode;
mod draft;
mod envelope;
pub mod fault;
pub mod json;
#[cfg(test)]
mod json_tests;
pub mod lift;
#[cfg(test)]
mod properties;

pub use decode::{Arrival, Refused, Taken, decode, decode_message};
pub(crate) use decode::{Shared, decode_said, text_of};
pub use draft::Draft;
pub(crate) use fault::shown;
pub use fault::{Fault, Rejection};

use fanvine_kernel::EventKind;

/// How much one request may hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// The most bytes of JSON one event may hold (32 KiB).
    pub event_bytes: usize,
    /// The most bytes one request may hold, before and after decompression (500 KiB).
    pub batch_bytes: usize,
    /// The most events one batch may hold (2,500).
    pub batch_events: usize,
    /// The most characters an event's name may have (200).
    pub name_chars: usize,
    /// The most characters an identifier may have (512).
    pub id_chars: usize,
    /// How deeply arrays and objects may be nested in one event (64).
    pub depth: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            event_bytes: 32 * 1024,
            batch_bytes: 500 * 1024,
            batch_events: 2_500,
            name_chars: 200,
            id_chars: 512,
            depth: 64,
        }
    }
}

impl Limits {
    /// For a history the shop itself brings in: an order of a thousand lines is one event.
    pub fn for_import() -> Self {
        Self { event_bytes: 4 << 20, batch_bytes: 64 << 20, batch_events: usize::MAX, ..Self::default() }
    }
}

/// The last part of the path: which call the body is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Call {
    /// One message whose kind the path tells.
    One(EventKind),
    /// Many messages, each with its `type`: `batch` and `import`.
    Many,
}

impl Call {
    /// The call of that name, or of its first letter, as browsers say it.
    pub fn named(name: &str) -> Option<Self> {
        Some(match name {
            "batch" | "import" | "b" => Self::Many,
            "t" => Self::One(EventKind::Track),
            "i" => Self::One(EventKind::Identify),
            "p" => Self::One(EventKind::Page),
            "s" => Self::One(EventKind::Screen),
            "g" => Self::One(EventKind::Group),
            "a" => Self::One(EventKind::Alias),
            other => Self::One(kind_named(other)?),
        })
    }
}

/// The kind of event by the name of its call.
pub fn kind_named(name: &str) -> Option<EventKind> {
    Some(match name {
        "track" => EventKind::Track,
        "identify" => EventKind::Identify,
        "page" => EventKind::Page,
        "screen" => EventKind::Screen,
        "group" => EventKind::Group,
        "alias" => EventKind::Alias,
        _ => return None,
    })
}
