//! Why a message cannot be taken as an event, always naming the field and its value.

use std::borrow::Cow;

use fanvine_kernel::{MoneyError, Timestamp};

/// What is wrong with one message.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// Something else than a JSON object.
    #[error("the message is {got}, not a JSON object")]
    NotAnObject {
        /// The beginning of what was sent.
        got: String,
    },
    /// A field that must be there is not, or is empty.
    #[error("`{field}` is missing")]
    Missing {
        /// Which one.
        field: &'static str,
    },
    /// Nobody to whom the event could belong.
    #[error("`userId` and `anonymousId` are both missing")]
    NoShopper,
    /// A field of the wrong JSON type.
    #[error("`{field}` is {got}; expected {expected}")]
    WrongType {
        /// Which one.
        field: Cow<'static, str>,
        /// What it should have been.
        expected: &'static str,
        /// The beginning of what was sent, as JSON.
        got: String,
    },
    /// A `type` that is none of the six.
    #[error("`type` is `{got}`; expected track, identify, page, screen, group or alias")]
    UnknownType {
        /// What was sent.
        got: String,
    },
    /// A text longer than it may be.
    #[error("`{field}` has {chars} characters; the limit is {limit} (it begins `{start}`)")]
    TooLong {
        /// Which one.
        field: &'static str,
        /// How many it has.
        chars: usize,
        /// How many it may have.
        limit: usize,
        /// Its beginning.
        start: String,
    },
    /// An event that nobody planned.
    #[error("`{event}` is not in the tracking plan")]
    Unplanned {
        /// Its name.
        event: String,
    },
    /// An event of another form than planned.
    #[error("`{path}` {problem}, says the tracking plan{}", and_more(.more))]
    Violates {
        /// Where in the message.
        path: String,
        /// What is wrong there.
        problem: String,
        /// How many other things are wrong.
        more: usize,
    },
    /// A body without what a mapping needs of it.
    #[error("nothing stands at `{path}`, of which the mapping makes `{field}`")]
    Unmapped {
        /// What was to be made of it.
        field: &'static str,
        /// Where it was looked for.
        path: String,
    },
    /// A list of a body that is longer than a mapping reads.
    #[error("the list at `{path}` has {elements} elements; the limit is {limit}")]
    LongList {
        /// Where it stands.
        path: String,
        /// How many it has.
        elements: usize,
        /// How many are read.
        limit: usize,
    },
    /// A text that names no moment.
    #[error("`{field}` is {got}, which is not a date and time in ISO 8601")]
    NotATime {
        /// Which one.
        field: &'static str,
        /// What was sent, as JSON.
        got: String,
    },
    /// A moment no event can have happened at.
    #[error("`{field}` is {got}, which lies outside the years 1970 to 2105")]
    OutOfRange {
        /// Which one.
        field: &'static str,
        /// What was sent, as JSON.
        got: String,
    },
    /// An amount or currency that is none.
    #[error("`{field}`: {source}")]
    Amount {
        /// Which one.
        field: Cow<'static, str>,
        /// What is wrong with it.
        source: MoneyError,
    },
    /// An event that would not be kept.
    #[error("`{event}` occurred at {occurred_at}; events of this name are kept since {since}")]
    TooOld {
        /// Its name.
        event: String,
        /// When it occurred.
        occurred_at: Timestamp,
        /// Since when they are.
        since: Timestamp,
    },
    /// More bytes than an event may hold.
    #[error("the event holds {bytes} bytes; the limit is {limit}")]
    TooLarge {
        /// How many it holds.
        bytes: usize,
        /// How many it may hold.
        limit: usize,
    },
    /// Nested deeper than anyone reads.
    #[error("the event is nested deeper than {limit} levels")]
    TooDeep {
        /// How deep it may be.
        limit: usize,
    },
}

impl Fault {
    /// The reason in one word, for counting and filtering.
    pub const fn reason(&self) -> &'static str {
        match self {
            Self::NotAnObject { .. } => "not_an_object",
            Self::Missing { .. } => "missing_field",
            Self::NoShopper => "no_shopper",
            Self::WrongType { .. } => "wrong_type",
            Self::UnknownType { .. } => "unknown_type",
            Self::TooLong { .. } => "too_long",
            Self::NotATime { .. } => "not_a_time",
            Self::OutOfRange { .. } => "time_out_of_range",
            Self::Amount { .. } => "invalid_amount",
            Self::TooOld { .. } => "too_old",
            Self::TooLarge { .. } => "event_too_large",
            Self::TooDeep { .. } => "too_deep",
            Self::Unplanned { .. } => "unplanned_event",
            Self::Violates { .. } => "plan_violation",
            Self::Unmapped { .. } => "unmapped_field",
            Self::LongList { .. } => "too_long",
        }
    }

    /// The field it lies in, as a path inside the message; empty for the message itself.
    pub fn field(&self) -> &str {
        match self {
            Self::Missing { field } | Self::TooLong { field, .. } => field,
            Self::NotATime { field, .. } | Self::OutOfRange { field, .. } => field,
            Self::WrongType { field, .. } | Self::Amount { field, .. } => field,
            Self::UnknownType { .. } => "type",
            Self::Unplanned { .. } => "event",
            Self::TooOld { .. } => "timestamp",
            Self::Violates { path, .. } | Self::Unmapped { path, .. } | Self::LongList { path, .. } => path,
            Self::NoShopper => "userId",
            Self::NotAnObject { .. } | Self::TooLarge { .. } | Self::TooDeep { .. } => "",
        }
    }
}

/// A message that was refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rejection {
    /// Its place in the batch, from 0.
    pub index: usize,
    /// Its message id, where it could be read.
    pub message_id: Option<String>,
    /// Why.
    pub fault: Fault,
}

impl Rejection {
    /// Where in the request it lies: `batch[3].properties.revenue`.
    pub fn pointer(&self, many: bool) -> String {
        let field = self.fault.field();
        match (many, field.is_empty()) {
            (true, true) => format!("batch[{}]", self.index),
            (true, false) => format!("batch[{}].{field}", self.index),
            (false, _) => field.to_owned(),
        }
    }
}

fn and_more(more: &usize) -> String {
    if *more == 0 { String::new() } else { format!(" ({more} more)") }
}

/// The beginning of a value, short enough to be shown.
pub(crate) fn shown(raw: &str) -> String {
    const MOST: usize = 80;
    match raw.char_indices().nth(MOST) {
        Some((end, _)) => format!("{}…", &raw[..end]),
        None => raw.to_owned(),
    }
}
