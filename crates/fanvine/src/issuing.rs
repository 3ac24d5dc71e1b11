//! Coupons given by themselves, behind the log: a reader of its own, which passes over everything while no offer gives any.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result};
use fanvine_kernel::event::EventRef;
use tokio::sync::watch;

use crate::program::Program;
use crate::projections::on_a_thread;

/// Bytes of the log read at a time.
const BATCH_BYTES: usize = 1 << 20;
/// How far it has read is kept so often where nothing was to be given; a restart reads so much again.
const KEEP: Duration = Duration::from_secs(5);
/// After a failure.
const PAUSE: Duration = Duration::from_secs(1);

/// Gives coupons for events until told to stop. `begin` is where the log ended before anybody could ask for anything: the first
/// time it begins there, however late this reader comes to its first turn.
pub async fn follow(program: Arc<Program>, begin: u64, stop: watch::Receiver<bool>) {
    on_a_thread("issuing", async move {
        while !*stop.borrow() {
            if let Err(error) = read_on(&program, begin, stop.clone()).await {
                tracing::error!(error = format!("{error:#}"), "coupons could not be given; trying again");
                tokio::time::sleep(PAUSE).await;
            }
        }
    })
    .await;
}

async fn read_on(program: &Program, begin: u64, mut stop: watch::Receiver<bool>) -> Result<()> {
    let kept = program.promote.issuing_from().await?;
    let mut next = kept.unwrap_or(begin).max(program.log.start());
    if kept.is_none() {
        program.promote.followed(next).await?;
    }
    while !*stop.borrow() {
        let waiting = tokio::time::timeout(KEEP, program.log.wait_past(next));
        tokio::select! {
            waited = waiting => if waited.is_err() { continue },
            _ = stop.changed() => break,
        }
        // Taken before it is asked: whatever comes after the answer to whoever publishes an offer is read.
        let end = program.log.end();
        if !program.promote.follows().await? {
            // An offer published from here on gives nothing for what was before, but for these few seconds.
            next = end;
            program.promote.followed(next).await?;
            tokio::select! {
                () = tokio::time::sleep(KEEP) => {}
                _ = stop.changed() => break,
            }
            continue;
        }
        let batch = program.log.read(next, BATCH_BYTES)?;
        let event =
            |(offset, bytes)| Ok((offset, EventRef::decode(bytes).with_context(|| format!("offset {offset}"))?));
        let events: Vec<_> = batch.records().map(event).collect::<Result<_>>()?;
        program.promote.issue_for(&events, batch.next).await?;
        next = batch.next;
    }
    Ok(())
}
