//! Forgetting events that are older than they may be kept: in the columns and in the log, and none that old comes in.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use fanvine_contracts::keeping::{EventKeeper, EventsOfName};
use fanvine_contracts::shoppers::Asking;
use fanvine_kernel::event::{EventRef, KeptSince};
use fanvine_kernel::{Code, Problem, Timestamp};
use fanvine_lake::{Lake, LakeError, Run, Visitor, Walk};
use tokio::sync::watch;

use crate::program::Program;
use crate::projections::on_a_thread;

/// How often it is looked whether something is to be forgotten: days end.
const PAUSE: Duration = Duration::from_secs(60);
/// After this the projections are too far behind, and it is tried again later.
const PATIENCE: Duration = Duration::from_secs(300);
const MOMENT: Duration = Duration::from_millis(50);

/// Forgets what is due, at once and whenever that changes, until told to stop.
pub async fn follow(program: Arc<Program>, mut stop: watch::Receiver<bool>) {
    while !*stop.borrow() {
        if let Err(error) = look(&program).await {
            tracing::error!(error = format!("{error:#}"), "old events could not be forgotten; trying again");
        }
        tokio::select! {
            () = program.data_retention.changed() => {}
            () = tokio::time::sleep(PAUSE) => {}
            _ = stop.changed() => {}
        }
    }
}

async fn look(program: &Arc<Program>) -> Result<()> {
    let retention = &program.data_retention;
    let (kept, done) = retention.kept_now().await.context("the rules cannot be read")?;
    // A lake that was made anew knows of no rules.
    if done && program.lake.kept_since() == kept {
        return Ok(());
    }
    let run = retention.begin(&kept).await.context("the run cannot be recorded")?;
    tracing::info!(run, "events that are older than they are kept are forgotten");
    let forgotten = forget(program, kept).await;
    let told = forgotten.as_ref().map(|events| *events).map_err(|error| format!("{error:#}"));
    retention.end(run, told).await.context("the end of the run cannot be recorded")?;
    tracing::info!(run, events = forgotten?, "events were forgotten");
    Ok(())
}

/// Forgets what is older. A crash at any moment leaves it to be done again, which changes nothing where it was done.
async fn forget(program: &Arc<Program>, kept: KeptSince) -> Result<u64> {
    program.collect.keep_since(kept.clone());
    let log = program.log.clone();
    let end = tokio::task::spawn_blocking(move || log.seal()).await?.context("the event log")?;
    let patience = tokio::time::Instant::now() + PATIENCE;
    while program.progress.taken_in() < end {
        if tokio::time::Instant::now() > patience {
            bail!("the projections are {} events behind the log", end - program.progress.taken_in());
        }
        tokio::time::sleep(MOMENT).await;
    }
    let forgotten = program.lake.forget(kept.clone()).await.context("the event store")?;
    tracing::debug!(events = forgotten.events, files = forgotten.files, "forgotten in the event store");
    let (log, (told, tell)) = (program.log.clone(), tokio::sync::oneshot::channel());
    on_a_thread("forgetting", async move {
        // What cannot be read is not for this to judge: it stays.
        let gone = |bytes: &[u8]| EventRef::decode(bytes).is_ok_and(|event| !kept.keeps(event.name, event.occurred_at));
        // Nobody waits for the answer once the program ends.
        drop(told.send(log.forget(end, gone)));
    })
    .await;
    tell.await.context("the thread ended early")?.context("the event log")
}

/// Counts what the lake keeps.
pub struct LakeKeeper(pub Lake);

impl EventKeeper for LakeKeeper {
    fn count<'a>(&'a self, kept: &'a KeptSince) -> Asking<'a, Vec<EventsOfName>> {
        let (lake, kept) = (self.0.clone(), kept.clone());
        Box::pin(async move {
            let counted = tokio::task::spawn_blocking(move || count(&lake, &kept)).await;
            let counted = counted.map_err(|error| Problem::new(Code::Internal, error.to_string()))?;
            counted.map_err(|error| Problem::new(Code::Unavailable, error.to_string()).retry_after(5))
        })
    }
}

fn count(lake: &Lake, kept: &KeptSince) -> Result<Vec<EventsOfName>, LakeError> {
    let snapshot = lake.snapshot()?;
    let since: Vec<u32> = snapshot.event_names().map(|name| second(kept.of(name))).collect();
    let walk = Walk { guests: true, ..Walk::default() };
    let counters = snapshot.walk(&walk, |_| Counter::new(kept, &since))?;
    let mut all: BTreeMap<String, Tally> = BTreeMap::new();
    for counter in counters {
        let coded = snapshot.event_names().map(str::to_owned).zip(counter.coded);
        for (name, tally) in coded.chain(counter.spelled_out).filter(|(_, tally)| tally.events > 0) {
            let sum = all.entry(name).or_insert(Tally { first: u32::MAX, ..Tally::default() });
            sum.events += tally.events;
            sum.older += tally.older;
            sum.first = sum.first.min(tally.first);
        }
    }
    let told = |(event, tally): (String, Tally)| EventsOfName {
        event,
        events: tally.events,
        older: tally.older,
        first_at: Timestamp::from_seconds(tally.first.into()),
    };
    Ok(all.into_iter().map(told).collect())
}

fn second(since: Option<Timestamp>) -> u32 {
    since.map_or(0, |since| u32::try_from(since.micros().div_euclid(1_000_000)).unwrap_or(0))
}

#[derive(Debug, Clone, Copy, Default)]
struct Tally {
    events: u64,
    older: u64,
    first: u32,
}

impl Tally {
    fn add(&mut self, at_s: u32, since: u32) {
        self.first = if self.events == 0 { at_s } else { self.first.min(at_s) };
        self.events += 1;
        self.older += u64::from(at_s < since);
    }
}

/// Counts events by name while they go by.
struct Counter<'k> {
    kept: &'k KeptSince,
    /// By code.
    since: &'k [u32],
    coded: Vec<Tally>,
    /// Names that have no code.
    spelled_out: BTreeMap<String, Tally>,
}

impl<'k> Counter<'k> {
    fn new(kept: &'k KeptSince, since: &'k [u32]) -> Self {
        Self { kept, since, coded: vec![Tally::default(); since.len()], spelled_out: BTreeMap::new() }
    }
}

impl Visitor for Counter<'_> {
    fn visit(&mut self, run: &Run<'_>) {
        for (row, (event, at_s)) in run.events().iter().zip(run.seconds()).enumerate() {
            let code = usize::from(*event);
            match (self.since.get(code), self.coded.get_mut(code)) {
                (Some(since), Some(tally)) => tally.add(*at_s, *since),
                _ => {
                    let name = run.name(row);
                    let since = second(self.kept.of(name));
                    self.spelled_out.entry(name.to_owned()).or_default().add(*at_s, since);
                }
            }
        }
    }
}
