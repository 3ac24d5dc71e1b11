//! Taking events in over HTTP: a 200 goes out only when every message is on disk, as an event or in quarantine.

pub mod browser_settings;
#[cfg(test)]
mod client_tests;
mod complete;
#[cfg(test)]
mod complete_tests;
pub mod cors;
mod heard;
pub mod preflight;
pub mod rate;
pub mod take;
#[cfg(test)]
mod tests;
pub mod traffic;

use fanvine_kernel::event::EventRef;
use fanvine_kernel::{Code, Problem};
use fanvine_stream::{AppendError, Records};

use crate::segment::body::BodyError;
use crate::segment::{Fault, Refused, Rejection};

/// The problem of a body that is no text.
pub(crate) fn body_problem(error: &BodyError) -> Problem {
    let code = match error {
        BodyError::TooLarge { .. } => Code::BatchTooLarge,
        BodyError::Damaged { .. } | BodyError::UnknownEncoding(_) | BodyError::NotText(_) => Code::InvalidEncoding,
    };
    Problem::new(code, error.to_string())
}

/// The problem of a request that was refused as a whole.
pub(crate) fn refused_problem(refused: &Refused) -> Problem {
    let code = match refused {
        Refused::InvalidJson(_) => Code::InvalidJson,
        Refused::InvalidBody(_) => Code::InvalidBody,
        Refused::NoKey | Refused::UnknownKey(_) => Code::InvalidWriteKey,
        Refused::TooMany { .. } => Code::BatchTooLarge,
    };
    Problem::new(code, refused.to_string())
}

/// The problem of a request none of whose messages is valid.
pub(crate) fn rejected_problem(first: &Rejection, many: bool, count: usize) -> Problem {
    let code = match first.fault {
        Fault::TooLarge { .. } if !many => Code::EventTooLarge,
        _ => Code::InvalidEvent,
    };
    let chinese = first.fault.in_chinese();
    let (detail, chinese) = match count {
        1 => (first.fault.to_string(), chinese),
        count => (
            format!("none of the {count} events is valid; the first: {}", first.fault),
            format!("{count} 个事件都不合格；第一个：{chinese}"),
        ),
    };
    let problem = Problem::new(code, detail).in_chinese(chinese);
    match first.pointer(many) {
        pointer if pointer.is_empty() => problem,
        pointer => problem.at(pointer),
    }
}

/// The problem of events the log did not take.
pub(crate) fn append_problem(error: &AppendError) -> Problem {
    match error {
        AppendError::Busy { retry_after_s, .. } => {
            Problem::new(Code::Overloaded, error.to_string()).retry_after(u32::try_from(*retry_after_s).unwrap_or(60))
        }
        AppendError::NoSpace { .. } => {
            tracing::error!(%error, "the disk of the event log is full");
            Problem::new(Code::StorageFull, "the disk of the event log is full").retry_after(10)
        }
        AppendError::TooLarge { .. } => Problem::new(Code::BatchTooLarge, error.to_string()),
        AppendError::Io(cause) => {
            tracing::error!(%cause, "the event log could not be written");
            Problem::new(Code::Unavailable, "the event log could not be written; the program's log says why")
                .retry_after(5)
        }
        AppendError::Closed => Problem::new(Code::Unavailable, "the program is shutting down").retry_after(5),
    }
}

/// Adds an event to what goes into the log.
pub(crate) fn record(records: &mut Records, event: &EventRef<'_>) {
    records.push(event.key(), |bytes| event.encode_into(bytes));
}
