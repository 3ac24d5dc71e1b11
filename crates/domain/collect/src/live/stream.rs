//! Events pushed as they become durable, by server-sent events.
//!
//! The stream reads the log when its reader is ready for more; nothing is buffered for a reader. One who falls behind
//! by more than [`BEHIND`] events is put near the end again and told how many were skipped.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::State;
use axum::response::sse::{Event as Frame, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use fanvine_kernel::{Code, Problem};
use fanvine_stream::Log;
use fanvine_web::{Answer, ProblemBody, Refusal};
use futures::Stream;
use tokio::sync::{OwnedSemaphorePermit, watch};
use tokio::time::{Instant, sleep_until};

use super::read;
use crate::Collect;

/// The most events in one frame.
const FRAME: usize = 200;
/// How many events a reader may be behind before it skips.
pub(crate) const BEHIND: u64 = 2_000;
/// The shortest time between two frames.
const PACE: Duration = Duration::from_millis(100);
const HEARTBEAT: Duration = Duration::from_secs(15);

/// Pushes events as they arrive.
///
/// `event: events` comes with an array of events as data, `event: skipped` with
/// `{"events": n}` when this reader was too slow. A comment every 15 s keeps the connection open.
#[utoipa::path(
    get, path = "/api/v1/events/live", operation_id = "live_events", tag = "collect",
    responses(
        (status = 200, description = "A stream of server-sent events", content_type = "text/event-stream", body = String),
        (status = 429, body = ProblemBody, description = "overloaded: too many are watching"),
    ),
    security(("role" = ["analyst"])),
)]
pub(crate) async fn live_events(State(collect): State<Arc<Collect>>) -> Answer<Response> {
    let seat = Arc::clone(&collect.live_readers)
        .try_acquire_owned()
        .map_err(|_| Refusal(Problem::new(Code::Overloaded, "too many are watching events live").retry_after(30)))?;
    let reader = Reader {
        at: collect.log.end(),
        log: collect.log.clone(),
        closing: collect.closing.subscribe(),
        next_frame: Instant::now(),
        _seat: seat,
    };
    let stream = Sse::new(frames(reader)).keep_alive(KeepAlive::new().interval(HEARTBEAT));
    // Proxies must not hold frames back.
    Ok(([("X-Accel-Buffering", "no"), ("Cache-Control", "no-store")], stream).into_response())
}

struct Reader {
    log: Log,
    at: u64,
    closing: watch::Receiver<bool>,
    next_frame: Instant,
    _seat: OwnedSemaphorePermit,
}

fn frames(reader: Reader) -> impl Stream<Item = Result<Frame, Infallible>> {
    futures::stream::unfold(reader, |mut reader| async move {
        let frame = reader.next().await?;
        Some((Ok(frame), reader))
    })
}

/// Where a reader at `at` goes on when the log ends at `end`, and how many events it leaves out.
pub(crate) fn caught_up(at: u64, end: u64) -> (u64, u64) {
    if end.saturating_sub(at) <= BEHIND {
        return (at, 0);
    }
    let near = end - FRAME as u64;
    (near, near - at)
}

impl Reader {
    /// The next frame; none when the program shuts down.
    async fn next(&mut self) -> Option<Frame> {
        loop {
            if *self.closing.borrow() {
                return None;
            }
            tokio::select! {
                () = async { sleep_until(self.next_frame).await; self.log.wait_past(self.at).await } => {}
                _ = self.closing.changed() => return None,
            }
            let end = self.log.end();
            if end <= self.at {
                // The log was closed.
                return None;
            }
            self.next_frame = Instant::now() + PACE;
            let (at, skipped) = caught_up(self.at, end);
            if skipped > 0 {
                self.at = at;
                return Frame::default().event("skipped").json_data(serde_json::json!({ "events": skipped })).ok();
            }
            let (events, next) = read(&self.log, self.at, FRAME).await.ok()?;
            self.at = next;
            if !events.is_empty() {
                return Frame::default().event("events").json_data(&events).ok();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slow_reader_skips_to_near_the_end() {
        assert_eq!(caught_up(100, 2_100), (100, 0));
        assert_eq!(caught_up(100, 10_100), (9_900, 9_800));
    }
}
