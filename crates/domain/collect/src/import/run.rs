//! The engine: reads files, maps rows, hands events and refused rows to a sink, and remembers how far it got.
//!
//! One thread reads and maps while the caller's thread waits for the disk; a short queue between them bounds memory.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{SyncSender, sync_channel};
use std::time::Instant;

use fanvine_kernel::ids::SourceId;
use fanvine_kernel::{Currency, Event, Timestamp};

use super::build::{Frame, RowFault, TimeReader, add_line, begin, finish};
use super::checkpoint::{self, Checkpoint};
use super::files::{self, OpenParquet, list, name_of};
use super::group::Groups;
use super::json_lines::Lines;
use super::mapping::Mapping;
use super::plan::{Kind, Plan, open_bound};
use super::rows::{ReadError, RowReader, Step};
use super::sink::{Sink, SinkError};
use super::template::Row;
use crate::quarantine::{BODY_BYTES, Quarantined, beginning};
use crate::segment::json::push_text;
use crate::segment::{Arrival, Draft, Limits, decode_message};

/// Why an import ended early. What was handed on before stays; the same import goes on where it ended.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// A file cannot be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// Events or refused rows could not be kept.
    #[error("what was read could not be kept")]
    Sink(#[from] SinkError),
    /// The checkpoint could not be written.
    #[error("cannot write the checkpoint {file}")]
    Checkpoint {
        /// Where.
        file: String,
        /// Why.
        source: std::io::Error,
    },
    /// The reading thread died.
    #[error("reading was interrupted by a fault of the program")]
    Interrupted,
}

/// The circumstances of an import.
pub struct Options<'a> {
    /// The source the events belong to.
    pub source: SourceId,
    /// When it runs.
    pub received_at: Timestamp,
    /// The shop's currency, for mappings that name none.
    pub currency: Option<Currency>,
    /// Where to remember how far it got; nothing is remembered without.
    pub checkpoint: Option<PathBuf>,
    /// How Parquet files are read.
    pub parquet: Option<OpenParquet<'a>>,
}

/// How far it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// Bytes of the files that were read.
    pub bytes_done: u64,
    /// Bytes of the files in all.
    pub bytes_total: u64,
    /// Rows that were read.
    pub rows: u64,
    /// Events that are durable.
    pub events: u64,
}

/// What an import did.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Summary {
    /// Rows that were read.
    pub read: u64,
    /// Events that were not known before.
    pub created: u64,
    /// Events that were known before: from an earlier run, or twice in the files.
    pub already_there: u64,
    /// Rows that are no (part of an) event, by reason. All of them are in quarantine.
    pub skipped: BTreeMap<String, u64>,
    /// How many that are.
    pub quarantined: u64,
    /// Events by name.
    pub events: BTreeMap<String, u64>,
    /// Bytes of the files that were read.
    pub bytes: u64,
    /// How long it took.
    pub seconds: f64,
    /// Events of an earlier run that were passed over because they are known to be durable.
    pub resumed_events: u64,
    /// Whether it was stopped before the end.
    pub stopped: bool,
}

/// Imports a file or a folder. `progress` is called after each step; it answers whether to go on.
///
/// # Errors
/// A file cannot be read on, or what was read cannot be kept. What was kept before stays, and the same import goes
/// on from there.
pub fn run(
    plan: &Plan,
    path: &Path,
    options: &Options<'_>,
    sink: &mut dyn Sink,
    progress: &mut dyn FnMut(&Progress) -> bool,
) -> Result<Summary, ImportError> {
    let begun = Instant::now();
    let files = list(path, plan.pattern())?;
    let bytes_total = files.iter().filter_map(|file| std::fs::metadata(file).ok()).map(|about| about.len()).sum();
    let fingerprint = checkpoint::fingerprint(plan, options.source.as_str(), &files);
    let done =
        options.checkpoint.as_deref().map_or_else(Checkpoint::default, |file| checkpoint::load(file, &fingerprint));
    let mut keeper = Keeper {
        passed: Checkpoint { fingerprint, ..Checkpoint::default() },
        summary: Summary { resumed_events: done.events, ..Summary::default() },
        done,
        file: options.checkpoint.as_deref(),
    };
    let outcome = std::thread::scope(|threads| -> Result<(), ImportError> {
        let (hand_on, chunks) = sync_channel::<Chunk>(3);
        let reader = threads.spawn(|| Producer::new(options, hand_on).read(plan, &files));
        for chunk in chunks {
            let (bytes_done, rows) = (chunk.bytes_done, chunk.rows);
            keeper.keep(chunk, sink)?;
            let events = keeper.passed.events;
            if !progress(&Progress { bytes_done, bytes_total, rows, events }) {
                keeper.summary.stopped = true;
                break;
            }
        }
        // The queue's end is gone by now: a reader that was stopped notices when it hands on.
        reader.join().map_err(|_| ImportError::Interrupted)?.map_err(ImportError::Read)
    });
    keeper.summary.seconds = begun.elapsed().as_secs_f64();
    outcome.map(|()| keeper.summary)
}

/// What is handed from the reader to the keeper at once.
#[derive(Default)]
struct Chunk {
    events: Vec<Event>,
    refused: Vec<Quarantined>,
    bytes_done: u64,
    rows: u64,
}

/// Keeps what comes, passing over what an earlier run kept.
struct Keeper<'a> {
    done: Checkpoint,
    passed: Checkpoint,
    summary: Summary,
    file: Option<&'a Path>,
}

impl Keeper<'_> {
    fn keep(&mut self, chunk: Chunk, sink: &mut dyn Sink) -> Result<(), ImportError> {
        let Chunk { events, refused, bytes_done, rows } = chunk;
        let passed_over = |done: u64, passed: u64, count: usize| done.saturating_sub(passed).min(count as u64) as usize;
        let known = passed_over(self.done.events, self.passed.events, events.len());
        let known_refused = passed_over(self.done.quarantined, self.passed.quarantined, refused.len());
        let summary = &mut self.summary;
        for event in &events {
            count(&mut summary.events, &event.name);
        }
        for row in &refused {
            count(&mut summary.skipped, &row.reason);
        }
        summary.already_there += known as u64;
        if events.len() > known {
            let counts = sink.append(&events[known..])?;
            summary.created += counts.new;
            summary.already_there += counts.duplicate;
        }
        if refused.len() > known_refused {
            sink.quarantine(&refused[known_refused..])?;
        }
        summary.quarantined += refused.len() as u64;
        (summary.bytes, summary.read) = (bytes_done, rows);
        self.passed.events += events.len() as u64;
        self.passed.quarantined += refused.len() as u64;
        match self.file {
            Some(file) if self.passed.events > self.done.events || self.passed.quarantined > self.done.quarantined => {
                // Never less than before, in either count.
                let reached = Checkpoint {
                    fingerprint: self.passed.fingerprint.clone(),
                    events: self.passed.events.max(self.done.events),
                    quarantined: self.passed.quarantined.max(self.done.quarantined),
                };
                checkpoint::save(file, &reached)
                    .map_err(|source| ImportError::Checkpoint { file: file.display().to_string(), source })
            }
            _ => Ok(()),
        }
    }
}

fn count(counts: &mut BTreeMap<String, u64>, name: &str) {
    match counts.get_mut(name) {
        Some(count) => *count += 1,
        None => {
            counts.insert(name.to_owned(), 1);
        }
    }
}

/// Reads and maps, on a thread of its own.
struct Producer<'a> {
    options: &'a Options<'a>,
    frame: Frame,
    out: SyncSender<Chunk>,
    chunk: Chunk,
    chunk_bytes: usize,
    /// Bytes of the files before this one.
    bytes_before: u64,
    rows: u64,
    times: TimeReader,
    groups: Groups,
}

/// The reader was stopped, or a file cannot be read on.
enum Ended {
    Stopped,
    Failed(ReadError),
}

impl From<ReadError> for Ended {
    fn from(error: ReadError) -> Self {
        Self::Failed(error)
    }
}

/// How much is handed on at once.
const CHUNK_EVENTS: usize = 2_000;
const CHUNK_BYTES: usize = 1 << 20;

impl<'a> Producer<'a> {
    fn new(options: &'a Options<'a>, out: SyncSender<Chunk>) -> Self {
        let frame =
            Frame { source: options.source.clone(), received_at: options.received_at, currency: options.currency };
        Self {
            options,
            frame,
            out,
            chunk: Chunk::default(),
            chunk_bytes: 0,
            bytes_before: 0,
            rows: 0,
            times: TimeReader::default(),
            groups: Groups::default(),
        }
    }

    fn read(mut self, plan: &Plan, files: &[PathBuf]) -> Result<(), ReadError> {
        let ended = files.iter().try_for_each(|file| {
            match &plan.kind {
                Kind::Mapped(mapping) => self.read_mapped(mapping, file)?,
                Kind::Segment => self.read_segment(file)?,
            }
            self.bytes_before += std::fs::metadata(file).map_or(0, |about| about.len());
            Ok(())
        });
        let ended = ended.and_then(|()| {
            while let Some(draft) = self.groups.close_any() {
                self.event(finish(draft), 0)?;
            }
            self.hand_on(0)
        });
        match ended {
            Ok(()) | Err(Ended::Stopped) => Ok(()),
            Err(Ended::Failed(error)) => Err(error),
        }
    }

    fn read_mapped(&mut self, mapping: &Mapping, file: &Path) -> Result<(), Ended> {
        let name = name_of(file);
        let (mapping, mut reader) = open_bound(mapping, file, self.options.parquet)?;
        let mut place = 0u64;
        loop {
            let step = reader.advance()?;
            if step == Step::End {
                return Ok(());
            }
            place += 1;
            self.rows += 1;
            let bytes = reader.bytes_done();
            if let Step::Bad { reason, detail, body } = step {
                self.refuse(&name, place, reason, detail, body, bytes)?;
                continue;
            }
            let row = Row { reader: &*reader, file: &name, nulls: &mapping.input.null };
            let outcome = self.map_row(&mapping, &row, place);
            match outcome {
                Ok(Some(event)) => self.event(event, bytes)?,
                Ok(None) => {}
                Err(fault) => {
                    let body = body_of(&*reader);
                    self.refuse(&name, place, fault.reason(), fault.to_string(), body, bytes)?;
                }
            }
            if let Some(group) = &mapping.group {
                while let Some(draft) = self.groups.close_one(self.rows, group.window_rows) {
                    self.event(finish(draft), bytes)?;
                }
            }
        }
    }

    /// The event a row is; none if it went into a group.
    fn map_row(&mut self, mapping: &Mapping, row: &Row<'_>, place: u64) -> Result<Option<Event>, RowFault> {
        let holds = |conditions: &[super::template::Condition]| conditions.iter().all(|test| test.holds(row));
        if let Some(skip) = mapping.skip.iter().find(|skip| holds(&skip.conditions)) {
            return Err(RowFault::Skipped { reason: skip.reason.clone() });
        }
        let found = mapping.events.iter().enumerate().find(|(_, rule)| holds(&rule.conditions));
        let (index, rule) = found.ok_or(RowFault::NoEvent)?;
        let group = mapping.group.as_ref().filter(|_| rule.line.is_some());
        let Some(group) = group else {
            let mut draft = begin(rule, mapping, row, place, &mut self.times, &self.frame)?;
            add_line(&mut draft, rule, row)?;
            return Ok(Some(finish(draft)));
        };
        let by = group.by.cell(row).text().ok_or(RowFault::Missing { key: "group" })?;
        if let Some(draft) = self.groups.find(index, &by) {
            add_line(draft, rule, row)?;
            self.groups.touch(index, &by, self.rows);
            return Ok(None);
        }
        if self.groups.was_closed(index, &by) {
            return Err(RowFault::GroupClosed { group: by.into_owned(), window_rows: group.window_rows });
        }
        let mut draft = begin(rule, mapping, row, place, &mut self.times, &self.frame)?;
        add_line(&mut draft, rule, row)?;
        self.groups.insert(index, by.into_owned(), draft, self.rows);
        Ok(None)
    }

    fn read_segment(&mut self, file: &Path) -> Result<(), Ended> {
        let name = name_of(file);
        let mut lines = Lines::new(files::text(file)?, &name);
        let limits = Limits::for_import();
        let arrival = Arrival {
            received_at: self.frame.received_at,
            currency: self.frame.currency,
            limits: &limits,
            trusted: true,
        };
        let source = self.frame.source.clone();
        let own = |draft: &Draft<'_>| draft.of_source(&source).to_event_of(source.clone());
        let mut place = 0usize;
        loop {
            let outcome = match lines.advance()? {
                None => return Ok(()),
                Some(Err(Step::Bad { reason, detail, body })) => Err((reason, detail, body)),
                Some(Err(_)) => continue,
                Some(Ok(line)) => decode_message(line, place, &arrival).map(|draft| own(&draft)).map_err(|rejection| {
                    let (body, _) = beginning(line, BODY_BYTES + 1);
                    (rejection.fault.reason(), rejection.fault.to_string(), body.to_owned())
                }),
            };
            place += 1;
            self.rows += 1;
            let bytes = lines.bytes_done();
            match outcome {
                Ok(event) => self.event(event, bytes)?,
                Err((reason, detail, body)) => self.refuse(&name, place as u64, reason, detail, body, bytes)?,
            }
        }
    }

    fn event(&mut self, event: Event, bytes: u64) -> Result<(), Ended> {
        self.chunk_bytes += 200 + event.properties.as_ref().map_or(0, |raw| raw.get().len());
        self.chunk.events.push(event);
        self.hand_on_when_full(bytes)
    }

    fn refuse(
        &mut self,
        file: &str,
        place: u64,
        reason: &str,
        detail: String,
        body: String,
        bytes: u64,
    ) -> Result<(), Ended> {
        self.chunk_bytes += 100 + body.len();
        self.chunk.refused.push(Quarantined {
            source: self.frame.source.clone(),
            key: format!("row:{file}:{place}"),
            received_at: self.frame.received_at,
            reason: reason.to_owned(),
            detail: format!("{file}, row {place}: {detail}"),
            detail_zh: String::new(),
            body,
            arrived_by: String::new(),
        });
        self.hand_on_when_full(bytes)
    }

    fn hand_on_when_full(&mut self, bytes: u64) -> Result<(), Ended> {
        let count = self.chunk.events.len() + self.chunk.refused.len();
        if count < CHUNK_EVENTS && self.chunk_bytes < CHUNK_BYTES { Ok(()) } else { self.hand_on(bytes) }
    }

    fn hand_on(&mut self, bytes: u64) -> Result<(), Ended> {
        let mut chunk = std::mem::take(&mut self.chunk);
        chunk.bytes_done = self.bytes_before + bytes;
        chunk.rows = self.rows;
        self.chunk_bytes = 0;
        self.out.send(chunk).map_err(|_| Ended::Stopped)
    }
}

/// A row as JSON, for quarantine.
fn body_of(reader: &dyn RowReader) -> String {
    if let Some(raw) = reader.raw() {
        return raw.to_owned();
    }
    let mut text = String::from("{");
    for (index, column) in reader.columns().iter().enumerate() {
        if text.len() > 1 {
            text.push(',');
        }
        push_text(&mut text, column);
        text.push(':');
        match reader.cell(index).text() {
            Some(value) => push_text(&mut text, &value),
            None => text.push_str("null"),
        }
    }
    text.push('}');
    text
}
