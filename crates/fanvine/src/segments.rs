//! Keeping segments up, behind the projections: who came and went is told within a second, the long work has a thread of
//! its own.

use std::sync::Arc;
use std::time::Duration;

use anyhow::Result;
use fanvine_people::segments::SegmentError;
use tokio::sync::watch;

use crate::program::Program;
use crate::projections::on_a_thread;

/// Whoever did something is asked about again no sooner than this after the last time …
const ROUND: Duration = Duration::from_millis(250);
/// … and the long work is looked for so often.
const LOOK: Duration = Duration::from_millis(500);
/// After a failure it is tried again so late.
const PAUSE: Duration = Duration::from_secs(2);

/// Asks about whoever did something or whose time has come, until told to stop.
pub async fn keep(program: Arc<Program>, stop: watch::Receiver<bool>) {
    on_a_thread("segments", async move {
        while !*stop.borrow() {
            let kept = program.people.keep_segments().await;
            rest(kept.map(|_| ROUND), stop.clone()).await;
        }
    })
    .await;
}

/// Does the long work, until told to stop: the past of new clauses, the members of new rules.
pub async fn count(program: Arc<Program>, stop: watch::Receiver<bool>) {
    on_a_thread("segments-count", async move {
        while !*stop.borrow() {
            let counted = program.people.count_segments().await;
            let pause = counted.map(|worked| if worked { Duration::ZERO } else { LOOK });
            rest(pause, stop.clone()).await;
        }
    })
    .await;
}

async fn rest(pause: Result<Duration, SegmentError>, mut stop: watch::Receiver<bool>) {
    let pause = pause.unwrap_or_else(|error| {
        tracing::error!(%error, "segments could not be kept up; trying again");
        PAUSE
    });
    tokio::select! {
        () = tokio::time::sleep(pause) => {}
        _ = stop.changed() => {}
    }
}
