//! Webhooks, behind the log: a reader of its own, so that whoever has nothing to do with them waits for nothing.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result};
use fanvine_kernel::event::EventRef;
use tokio::sync::watch;
use tokio::time::Instant;

use crate::program::Program;
use crate::projections::on_a_thread;

/// Bytes of the log read at a time.
const BATCH_BYTES: usize = 1 << 20;
/// How far it has read is kept so often where nobody wanted to be told of anything; a restart reads so much again.
const KEEP: Duration = Duration::from_secs(5);
/// After a failure.
const PAUSE: Duration = Duration::from_secs(1);
/// Events that come one by one are waited for so long, to be taken in together.
const BREATH: Duration = Duration::from_millis(25);

/// Turns events into deliveries until told to stop. `begin` is where the log ended before anybody could ask for anything: whoever
/// never told anybody begins there, however late this reader comes to its first turn.
pub async fn follow(program: Arc<Program>, begin: u64, stop: watch::Receiver<bool>) {
    on_a_thread("webhooks", async move {
        while !*stop.borrow() {
            if let Err(error) = read_on(&program, begin, stop.clone()).await {
                tracing::error!(error = format!("{error:#}"), "events could not be told; trying again");
                tokio::time::sleep(PAUSE).await;
            }
        }
    })
    .await;
}

async fn read_on(program: &Program, begin: u64, mut stop: watch::Receiver<bool>) -> Result<()> {
    let kept = program.engage.webhooks_from().await?;
    let mut next = kept.unwrap_or(begin).max(program.log.start());
    let mut kept = kept.unwrap_or(u64::MAX);
    let mut keep_at = Instant::now();
    while !*stop.borrow() {
        if next != kept && keep_at <= Instant::now() {
            program.engage.passed(next).await?;
            (kept, keep_at) = (next, Instant::now() + KEEP);
        }
        let waiting = tokio::time::timeout(KEEP, program.log.wait_past(next));
        tokio::select! {
            waited = waiting => if waited.is_err() { continue },
            _ = stop.changed() => break,
        }
        // The end is read first: whoever subscribes from here on is told of nothing before it.
        let end = program.log.end();
        if !program.engage.wants_events() {
            next = end;
            continue;
        }
        let batch = program.log.read(next, BATCH_BYTES)?;
        let event =
            |(offset, bytes)| Ok((offset, EventRef::decode(bytes).with_context(|| format!("offset {offset}"))?));
        let events: Vec<_> = batch.records().map(event).collect::<Result<_>>()?;
        if program.engage.take_in(&events, batch.next).await? {
            (kept, keep_at) = (batch.next, Instant::now() + KEEP);
        }
        next = batch.next;
        if next == program.log.end() {
            tokio::time::sleep(BREATH).await;
        }
    }
    if next != kept {
        program.engage.passed(next).await?;
    }
    Ok(())
}
