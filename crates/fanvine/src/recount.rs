//! People counted anew: the log is read again from its beginning while everything else goes on.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use fanvine_kernel::event::EventRef;
use tokio::runtime::Handle;
use tokio::sync::{oneshot, watch};

use crate::ambient::stand_back;
use crate::program::Program;

/// Bytes of the log read at a time.
const BATCH_BYTES: usize = 4 << 20;
/// After a failure.
const PAUSE: Duration = Duration::from_secs(5);

/// Counts people anew whenever their tags were changed so that it must be, until told to stop.
pub async fn follow(program: Arc<Program>, mut stop: watch::Receiver<bool>) {
    while !*stop.borrow() {
        tokio::select! {
            () = program.people.recount_due() => {}
            _ = stop.changed() => return,
        }
        if let Err(error) = aside(program.clone(), stop.clone()).await {
            tracing::error!(error = format!("{error:#}"), "people could not be counted anew; trying again");
            tokio::select! {
                () = tokio::time::sleep(PAUSE) => {}
                _ = stop.changed() => return,
            }
        }
    }
}

/// On a thread of its own, that stands back while requests come in.
async fn aside(program: Arc<Program>, stop: watch::Receiver<bool>) -> Result<()> {
    let (ended, end) = oneshot::channel();
    let home = Handle::current();
    let work = move || {
        stand_back();
        // Nobody waits for the answer once the program ends.
        let _ = ended.send(home.block_on(recount(&program, &stop)));
    };
    std::thread::Builder::new().name("recount".into()).spawn(work).context("the thread could not be started")?;
    end.await.context("the thread ended early")?
}

async fn recount(program: &Program, stop: &watch::Receiver<bool>) -> Result<()> {
    tracing::info!("the tags were changed: people are counted anew from the event log");
    let start = program.log.start();
    ensure!(start == 0, "the event log begins at offset {start}: what came before cannot be counted anew");
    while !*stop.borrow() {
        let Some(from) = program.people.recount_from() else { return Ok(()) };
        let batch = program.log.read(from, BATCH_BYTES)?;
        let event =
            |(offset, bytes)| Ok((offset, EventRef::decode(bytes).with_context(|| format!("offset {offset}"))?));
        let events: Vec<_> = batch.records().map(event).collect::<Result<_>>()?;
        if program.people.recount(&events, batch.next).await? {
            tracing::info!("people were counted anew");
            return Ok(());
        }
    }
    Ok(())
}
