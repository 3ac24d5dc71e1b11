//! The projections' schedule: the log is read in order, once, and handed to every projection.
//!
//! A projection keeps its own offset with its own state and ignores what lies before it, so a crash, a replay or a
//! duplicate delivery changes nothing. One that fails is tried again, with growing pauses, and holds the others back
//! meanwhile: they share the reading, and a shop's figures should not drift apart.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::{Context, Result};
use fanvine_collect::sources::seen::{self, Tally};
use fanvine_commerce::Words;
use fanvine_kernel::event::EventRef;
use fanvine_lake::LakeError;
use fanvine_stream::Record;
use tokio::runtime::Handle;
use tokio::sync::{oneshot, watch};
use tokio::task::JoinHandle;
use tokio::time::Instant;

use crate::ambient::stand_back;
use crate::http::health::Lag;
use crate::program::Program;

/// Bytes of the log read at a time.
const BATCH_BYTES: usize = 2 << 20;
/// How often the lake looks whether it should write or compact.
const MAINTENANCE: Duration = Duration::from_millis(500);
/// How often the outbox is looked at when nothing was in it.
const OUTBOX: Duration = Duration::from_millis(200);

/// Events gathered before they are committed to the store …
const COMMIT_EVENTS: usize = 50_000;
/// … or how long after the last commit they wait for more, while the log has more to read …
const PATIENCE: Duration = Duration::from_millis(500);
/// … and when it has not. An event that comes alone waits for nothing.
const LINGER: Duration = Duration::from_millis(100);
/// How often what people did is saved, at most; a restart reads so much of the log again. Whoever did one thing is written
/// whole, with others, so a save of many comes less often: no more than so many bytes a second are written.
const PEOPLE_INTERVAL: Duration = Duration::from_secs(5);
const PEOPLE_BYTES_A_SECOND: f64 = 4e6;
/// Fewer events than this are not worth a reading of their own …
const SMALL_BATCH: u64 = 500;
/// … so this long is waited for company.
const BREATH: Duration = Duration::from_millis(25);

/// So many events at once are worth a thread of their own.
const WORTH_A_THREAD: usize = 2_000;
/// So far behind the log, catching up comes before tidying up.
const BUSY_EVENTS: u64 = 50_000;

/// The projections, by the names they keep their offsets under.
const NAMES: [&str; 4] = ["lake", "commerce", "sources", "people"];
/// Their places in [`NAMES`].
const LAKE: usize = 0;
const COMMERCE: usize = 1;
const SOURCES: usize = 2;
const PEOPLE: usize = 3;

/// How far each projection has come, for `/readyz` and for `fanvine import` to wait on.
#[derive(Default)]
pub struct Progress {
    next: [AtomicU64; NAMES.len()],
    errors: [Mutex<Option<String>>; NAMES.len()],
}

impl Progress {
    /// How far each is behind the end of the log.
    pub fn lags(&self, log_end: u64) -> Vec<Lag> {
        let lag = |(place, projection): (usize, &&'static str)| Lag {
            projection,
            events: log_end.saturating_sub(self.next[place].load(Ordering::Acquire)),
            error: self.errors[place].lock().unwrap_or_else(PoisonError::into_inner).clone(),
        };
        NAMES.iter().enumerate().map(lag).collect()
    }

    /// The offset up to which all have taken everything in.
    pub fn taken_in(&self) -> u64 {
        self.next.iter().map(|next| next.load(Ordering::Acquire)).min().unwrap_or(0)
    }

    fn record(&self, place: usize, next: u64) {
        self.next[place].store(next, Ordering::Release);
        *self.errors[place].lock().unwrap_or_else(PoisonError::into_inner) = None;
    }

    /// Records that a projection has come to `next`, or why it has not.
    fn settle<E: Into<anyhow::Error>>(&self, place: usize, next: u64, outcome: Result<(), E>) -> Result<u64> {
        match outcome {
            Ok(()) => {
                self.record(place, next);
                Ok(next)
            }
            Err(error) => {
                let error = error.into();
                *self.errors[place].lock().unwrap_or_else(PoisonError::into_inner) = Some(format!("{error:#}"));
                Err(error)
            }
        }
    }
}

/// Learns from each projection where it stopped.
pub async fn resume(program: &Program) -> Result<()> {
    program.progress.record(LAKE, program.lake.next_offset());
    program
        .progress
        .record(COMMERCE, program.commerce.position().await.context("the offset of the commerce projection")?);
    // Nobody waits for what stands still.
    let people = if program.settings.people.paused { u64::MAX } else { program.people.next_offset() };
    program.progress.record(PEOPLE, people);
    program
        .progress
        .record(SOURCES, seen::next_offset(&program.store).await.context("the offset of the sources projection")?);
    Ok(())
}

/// Follows the log until told to stop, on a thread of its own that stands back while requests come in.
pub async fn follow(program: Arc<Program>, stop: watch::Receiver<bool>) {
    on_a_thread("projections", follow_here(program, stop)).await;
}

/// Takes in all that the log holds, with nobody else at work.
///
/// # Errors
/// What holds up a projection: it would be tried again for ever.
pub async fn catch_up(program: &Arc<Program>) -> Result<()> {
    let (stop, stopped) = watch::channel(false);
    let background = [
        tokio::spawn(follow(program.clone(), stopped.clone())),
        tokio::spawn(maintain(program.clone(), is_busy, stopped)),
    ];
    let held_up = loop {
        let error = program.progress.lags(program.log.end()).into_iter().find_map(|lag| lag.error);
        if error.is_some() || program.progress.taken_in() >= program.log.end() {
            break error;
        }
        tokio::time::sleep(BREATH).await;
    };
    stop.send_replace(true);
    for task in background {
        task.await?;
    }
    held_up.map_or(Ok(()), |error| Err(anyhow::Error::msg(error)))
}

/// Does lasting work on a thread of its own that stands back while requests come in.
pub(crate) async fn on_a_thread(name: &str, work: impl Future<Output = ()> + Send + 'static) {
    let (ended, end) = oneshot::channel::<()>();
    let home = Handle::current();
    let work = move || {
        stand_back();
        home.block_on(work);
        drop(ended);
    };
    match std::thread::Builder::new().name(name.into()).spawn(work) {
        // The end is told by dropping the other side, also by a panic.
        Ok(_thread) => drop(end.await),
        Err(error) => tracing::error!(%error, name, "a thread could not be started"),
    }
}

async fn follow_here(program: Arc<Program>, stop: watch::Receiver<bool>) {
    let mut gathered = Gathered::from(program.progress.taken_in());
    gathered.follow(&program, stop).await;
    if let Err(error) = gathered.saved(&program).await {
        tracing::error!(error = format!("{error:#}"), "orders could not be saved; the next start reads them again");
    }
    if let Err(error) = gathered.save_people(&program).await {
        // Nothing is lost: the log still has it.
        tracing::error!(
            error = format!("{error:#}"),
            "what people did could not be saved; the next start counts it again"
        );
    }
}

/// What was read of the log and is not saved everywhere yet.
struct Gathered {
    /// Up to where the lake has it.
    next: u64,
    /// When what came before was saved.
    saved_at: Instant,
    words: Words,
    tally: Tally,
    /// What was gathered before that, on its way to the store.
    saving: Option<Saving>,
    /// Until when people may wait to be saved, if there is anything to save.
    people_due: Option<Instant>,
    /// How long they may wait.
    people_wait: Duration,
}

impl Gathered {
    fn from(next: u64) -> Self {
        Self {
            next,
            saved_at: Instant::now(),
            words: Words::default(),
            tally: Tally::default(),
            saving: None,
            people_due: None,
            people_wait: PEOPLE_INTERVAL,
        }
    }

    async fn follow(&mut self, program: &Arc<Program>, mut stop: watch::Receiver<bool>) {
        while !*stop.borrow() {
            let due = self.due();
            tokio::select! {
                () = program.log.wait_past(self.next) => {}
                () = until(due) => {}
                () = over(&mut self.saving) => {}
                () = program.people.segments_wait() => {}
                _ = stop.changed() => return,
            }
            let mut pause = Duration::from_millis(50);
            while let Err(error) = self.take_in(program).await {
                tracing::error!(offset = self.next, error = format!("{error:#}"), "a projection failed; trying again");
                tokio::select! {
                    () = tokio::time::sleep(pause) => {}
                    _ = stop.changed() => return,
                }
                pause = (pause * 2).min(Duration::from_secs(5));
            }
            if program.log.end() < self.next + SMALL_BATCH {
                tokio::time::sleep(BREATH).await;
            }
        }
    }

    /// Hands the next batch of the log to the lake at once, and to the others when that is due: a commit costs about the
    /// same for few events as for many.
    async fn take_in(&mut self, program: &Arc<Program>) -> Result<()> {
        let paused = program.settings.people.paused;
        // Nobody may come to wait for it: without this, what was refused would lie until more is gathered.
        if self.saving.as_ref().is_some_and(Saving::is_over) {
            self.saved(program).await?;
        }
        if !self.is_due(program) && program.log.end() > self.next {
            let batch = program.log.read(self.next, BATCH_BYTES)?;
            let event =
                |(offset, bytes)| Ok((offset, EventRef::decode(bytes).with_context(|| format!("offset {offset}"))?));
            let events: Vec<_> = batch.records().map(event).collect::<Result<_>>()?;
            let (filled, known) = side_by_side(
                events.len() >= WORTH_A_THREAD,
                || program.lake.ingest(batch.first, &events, batch.next),
                || if paused { Ok(()) } else { program.people.take_in(&events, batch.next) },
            );
            let filled = match filled {
                // Too much waits in its memory: that is written first.
                Err(LakeError::Behind { .. }) => {
                    program.lake.flush().await.context("lake")?;
                    program.lake.ingest(batch.first, &events, batch.next)
                }
                taken => taken,
            };
            program.progress.settle(LAKE, batch.next, filled.context("lake"))?;
            let known = known.context("people");
            self.next = if paused { batch.next } else { program.progress.settle(PEOPLE, batch.next, known)? };
            program.commerce.gather(&mut self.words, &events);
            self.tally.gather(&events);
            if !paused {
                self.people_due.get_or_insert_with(|| Instant::now() + self.people_wait);
            }
        }
        if !paused {
            program.people.put_segments_in_force().context("segments")?;
        }
        if self.is_due(program) {
            self.save(program).await?;
        }
        if self.people_due.is_some_and(|due| due <= Instant::now()) {
            self.save_people(program).await?;
        }
        Ok(())
    }

    fn is_due(&self, program: &Program) -> bool {
        let patience = if program.log.end() <= self.next { LINGER } else { PATIENCE };
        let many = self.words.events() >= COMMIT_EVENTS;
        self.words.events() > 0 && (many || self.saved_at.elapsed() >= patience)
    }

    /// Until when what was gathered may wait for more; none if nothing was.
    fn due(&self) -> Option<Instant> {
        let words = (self.words.events() > 0).then(|| self.saved_at + LINGER);
        words.into_iter().chain(self.people_due).min()
    }

    /// Hands what was gathered to the store, and goes on reading meanwhile.
    async fn save(&mut self, program: &Arc<Program>) -> Result<()> {
        self.saved(program).await?;
        let words = Arc::new(std::mem::take(&mut self.words));
        let tally = Arc::new(std::mem::take(&mut self.tally));
        self.saving = Some(Saving::begin(program.clone(), words, tally, self.next));
        self.saved_at = Instant::now();
        Ok(())
    }

    /// Waits for what is on its way to the store, and sends what did not get there once more.
    async fn saved(&mut self, program: &Arc<Program>) -> Result<()> {
        let Some(saving) = &mut self.saving else { return Ok(()) };
        if saving.refused {
            *saving = Saving::begin(program.clone(), saving.words.clone(), saving.tally.clone(), saving.next);
        }
        saving.wait().await;
        let outcome = saving.outcome.take().unwrap_or(Ok(()));
        saving.refused = outcome.is_err();
        if !saving.refused {
            self.saving = None;
        }
        outcome
    }

    /// Saves what people did, which questions see already. After a crash it is counted again from where it was saved.
    async fn save_people(&mut self, program: &Program) -> Result<()> {
        let written = program.people.save().await.context("people")?;
        self.people_due = None;
        self.people_wait = PEOPLE_INTERVAL.max(Duration::from_secs_f64(written as f64 / PEOPLE_BYTES_A_SECOND));
        Ok(())
    }
}

/// Resolves at that moment; never if there is none.
async fn until(due: Option<Instant>) {
    match due {
        None => std::future::pending().await,
        Some(due) => tokio::time::sleep_until(due).await,
    }
}

/// Resolves when what is on its way to the store has got there, or was refused; never if nothing is.
async fn over(saving: &mut Option<Saving>) {
    match saving {
        None => std::future::pending().await,
        Some(saving) if saving.is_over() => {}
        Some(saving) => saving.wait().await,
    }
}

/// What was gathered up to an offset, on its way to the store.
struct Saving {
    words: Arc<Words>,
    tally: Arc<Tally>,
    next: u64,
    task: JoinHandle<Result<()>>,
    /// How it ended, until that is told.
    outcome: Option<Result<()>>,
    /// Whether it was told that it did not get there.
    refused: bool,
}

impl Saving {
    /// Has it saved; what was saved before changes nothing.
    fn begin(program: Arc<Program>, words: Arc<Words>, tally: Arc<Tally>, next: u64) -> Self {
        let (of_orders, of_sources) = (words.clone(), tally.clone());
        let task = tokio::spawn(async move {
            let (commerce, sources) =
                tokio::join!(program.commerce.save(of_orders, next), seen::save(&program.store, of_sources, next));
            let commerce = program.progress.settle(COMMERCE, next, commerce.context("commerce"));
            program.progress.settle(SOURCES, next, sources.context("sources")).and(commerce).map(drop)
        });
        Self { words, tally, next, task, outcome: None, refused: false }
    }

    /// Whether nothing is to be waited for: it got there, or is to be sent once more.
    fn is_over(&self) -> bool {
        self.refused || self.outcome.is_some()
    }

    /// Waits for how it ends. Whoever stops waiting loses nothing.
    async fn wait(&mut self) {
        if self.outcome.is_none() {
            self.outcome = Some((&mut self.task).await.unwrap_or_else(|lost| Err(lost.into())));
        }
    }
}

/// Whether catching up with the log comes before everything else.
pub fn is_busy(program: &Program) -> bool {
    program.log.end() > program.lake.next_offset() + BUSY_EVENTS
}

/// Does both, at the same time if that is worth a thread: neither needs the other.
fn side_by_side<T, U: Send>(
    worth_a_thread: bool,
    here: impl FnOnce() -> T,
    there: impl FnOnce() -> U + Send,
) -> (T, U) {
    if !worth_a_thread {
        return (here(), there());
    }
    std::thread::scope(|threads| {
        let there = threads.spawn(|| {
            stand_back();
            there()
        });
        let here = here();
        match there.join() {
            Ok(there) => (here, there),
            Err(panic) => std::panic::resume_unwind(panic),
        }
    })
}

/// Lets the lake write what is due and compact while it is not `busy`, until told to stop; then writes the rest.
pub async fn maintain(program: Arc<Program>, busy: fn(&Program) -> bool, mut stop: watch::Receiver<bool>) {
    while !*stop.borrow() {
        if let Err(error) = program.lake.maintain(busy(&program)).await {
            tracing::error!(
                error = format!("{:#}", anyhow::Error::from(error)),
                "the lake could not write; trying again"
            );
        }
        tokio::select! {
            () = tokio::time::sleep(MAINTENANCE) => {}
            _ = stop.changed() => {}
        }
    }
}

/// Moves facts from the outbox to the log until told to stop. Each carries a message id, so one that was moved just
/// before a crash is known the second time.
pub async fn relay(program: Arc<Program>, mut stop: watch::Receiver<bool>) {
    while !*stop.borrow() {
        let moved = match move_outbox(&program).await {
            Ok(moved) => moved,
            Err(error) => {
                tracing::error!(error = format!("{error:#}"), "the outbox could not be moved; trying again");
                0
            }
        };
        if moved == 0 {
            tokio::select! {
                () = tokio::time::sleep(OUTBOX) => {}
                _ = stop.changed() => {}
            }
        }
    }
}

/// Facts moved at a time, for each move waits for the disk twice, and in between for whatever else is written; and no more
/// bytes of them than the log takes at once, with room for what it adds.
const MOVED: u32 = 4_000;
const MOVED_BYTES: usize = 2 << 20;

async fn move_outbox(program: &Program) -> Result<usize> {
    let pending = program.store.outbox_pending(MOVED).await?;
    let (mut records, mut bytes, mut last) = (Vec::with_capacity(pending.len()), 0, None);
    for (id, event) in &pending {
        let record = Record { key: event.key(), bytes: event.encode() };
        bytes += record.bytes.len();
        // One alone is moved whatever its size: the log says what is wrong with it.
        if bytes > MOVED_BYTES && last.is_some() {
            break;
        }
        last = Some(*id);
        records.push(record);
    }
    let Some(last) = last else { return Ok(0) };
    let moved = records.len();
    program.log.append(records.into_iter().collect()).await?;
    program.store.outbox_done(last).await?;
    Ok(moved)
}
