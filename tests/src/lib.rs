//! Black-box tests: the real program as a process, spoken to over HTTP, by real client libraries, killed and restarted.
//!
//! This is what the stories in `tests/all` share: [`Fanvine`], a running program on a data folder of its own;
//! [`Column`], which storage it runs on; [`Request`] and [`Reply`]. Nothing here knows the program's crates.

mod column;
mod data;
mod http;
mod program;
mod receiver;

pub use column::Column;
pub use data::{client_libraries, python, shared_data};
pub use http::{Reply, Request};
pub use program::{Fanvine, OWNER_PASSWORD, Outcome, Run, SERVER_KEY, WRITE_KEY, words};
pub use receiver::{Letter, MailServer, Mood, Received, Receiver};

/// Tells a story on both columns of storage: the embedded one, and PostgreSQL when the test command started one.
///
/// ```ignore
/// on_both_columns! {
///     fn a_sent_event_can_be_queried(column) {
///         let shop = Fanvine::start(&column)?;
///         …
///         Ok(())
///     }
/// }
/// ```
#[macro_export]
macro_rules! on_both_columns {
    ($($(#[$about:meta])* fn $name:ident($column:ident) $story:block)*) => {$(
        $(#[$about])*
        mod $name {
            #[allow(unused_imports, clippy::allow_attributes, reason = "a story may need nothing of its module")]
            use super::*;

            fn story($column: $crate::Column) -> anyhow::Result<()> $story

            #[test]
            fn on_sqlite() -> anyhow::Result<()> {
                story($crate::Column::embedded())
            }

            #[test]
            fn on_postgresql() -> anyhow::Result<()> {
                $crate::Column::postgresql()?.map_or(Ok(()), story)
            }
        }
    )*};
}

/// How long a condition may take to come true before a test gives up. Generous: it bounds a failure, it measures nothing.
pub const PATIENCE: std::time::Duration = std::time::Duration::from_secs(90);

/// Asks `condition` again and again until it answers something, or fails naming `what` after [`PATIENCE`].
pub fn wait_for<T>(what: &str, mut condition: impl FnMut() -> anyhow::Result<Option<T>>) -> anyhow::Result<T> {
    let begun = std::time::Instant::now();
    let mut last = None;
    while begun.elapsed() < PATIENCE {
        match condition() {
            Ok(Some(found)) => return Ok(found),
            Ok(None) => {}
            Err(error) => last = Some(error),
        }
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    match last {
        Some(error) => Err(error.context(format!("waited {} s for {what}", PATIENCE.as_secs()))),
        None => anyhow::bail!("waited {} s for {what}", PATIENCE.as_secs()),
    }
}
