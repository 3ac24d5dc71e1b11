//! Walking the events of every shopper, in order: the way product questions are answered.
//!
//! SQL over the lake groups and joins; a funnel, a retention table or a segment instead looks at one shopper after the
//! other, event by event. Files are sorted by (shopper, moment), so that is one pass over narrow columns without any
//! hashing: [`Snapshot::walk`] hands every shopper's events, from all files and from memory, to a [`Visitor`] as one
//! [`Run`]. Several visitors work at once, each on shoppers of its own.

mod column;
mod cursor;
mod days;
mod extras;
pub(crate) mod hot;
mod merges;
mod part;
mod run;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use datafusion::arrow::array::{Array, RecordBatch, StringArray};
use fanvine_kernel::Timestamp;
use rustc_hash::FxHashMap;

use crate::LakeError;
use crate::catalogue::DataFile;
use crate::depot::Depot;
use crate::forget::Sieve;
use crate::lake::Lake;
use crate::layout::{MAX_NAMES, SPELLED_OUT};
use crate::threads::cores;

pub use column::Column;
pub use days::Days;
pub use merges::Merges;
pub use run::Run;

use part::Part;

/// What is to be walked. The default is everything that has a shopper.
#[derive(Debug, Clone, Default)]
pub struct Walk {
    /// Only events of these names.
    pub events: Option<Vec<String>>,
    /// Only what occurred at this moment or later.
    pub from: Option<Timestamp>,
    /// Only what occurred before this moment.
    pub to: Option<Timestamp>,
    /// What a visitor reads besides moment and event. Each costs about as much as all narrow columns together.
    pub columns: Vec<Column>,
    /// Of which events `columns` are read; by default of all that are walked. The others come without values, and cost
    /// nothing more.
    pub columns_of: Option<Vec<String>>,
    /// Whether moments are wanted to the microsecond. Order is always exact; without this, [`Run::at`] gives the second.
    pub micros: bool,
    /// Also events without a shopper: they come as runs of shopper 0, in several parts and in no order.
    pub guests: bool,
    /// Shoppers that are one person: their events come as one run, under the person's number.
    pub merges: Option<Arc<Merges>>,
    /// Of these shoppers, only what occurred at this moment or later.
    pub since: Option<Arc<FxHashMap<u32, Timestamp>>>,
    /// Set by whoever no longer wants the answer. What the visitors have seen by then is returned.
    pub stop: Option<Arc<AtomicBool>>,
}

/// Sees the events of shoppers, one shopper after the other.
pub trait Visitor: Send {
    /// All events of a shopper that are to be walked, in order of time; what occurred at one moment as in the log.
    /// Shoppers without any are not visited.
    fn visit(&mut self, run: &Run<'_>);
}

/// All the lake holds at one moment. What happens later does not change it; while it is held, its files stay.
#[derive(Clone)]
pub struct Snapshot {
    pub(crate) depot: Arc<dyn Depot>,
    pub(crate) files: Arc<Vec<Arc<DataFile>>>,
    pub(crate) hot: Vec<RecordBatch>,
    pub(crate) names: Arc<StringArray>,
    pub(crate) buckets: u16,
    pub(crate) sieve: Arc<Sieve>,
    pub(crate) next_offset: u64,
    pub(crate) shoppers: u32,
    pub(crate) threads: usize,
}

impl Lake {
    /// What it holds at this moment, to be walked. Cheap.
    ///
    /// # Errors
    /// What is in memory cannot be read.
    pub fn snapshot(&self) -> Result<Snapshot, LakeError> {
        let mut state = self.inner.state();
        let mut hot = state.frozen.batches.clone();
        hot.extend(state.hot.batches()?);
        Ok(Snapshot {
            depot: Arc::clone(&self.inner.depot),
            files: Arc::clone(&state.files),
            hot,
            names: state.names.array(),
            buckets: self.inner.options.buckets,
            sieve: Arc::clone(&state.sieve),
            next_offset: state.next_offset,
            shoppers: state.shoppers.count(),
            threads: match self.inner.options.query_partitions {
                0 => cores(),
                some => some,
            },
        })
    }

    /// The number of a shopper, if it was ever seen.
    pub fn shopper_number(&self, name: &str) -> Option<u32> {
        self.find_shopper(name)
    }

    /// The names of shoppers by number, from a number on, in order. Blocks while it reads them.
    ///
    /// # Errors
    /// The files of names cannot be read.
    pub fn shopper_names(&self, from: u32, tell: impl FnMut(u32, &str)) -> Result<(), LakeError> {
        // The catalogue's lock keeps the files from being merged away meanwhile.
        let catalogue = self.inner.catalogue();
        let pending = self.inner.state().shoppers.pending();
        crate::shoppers::each_name(&*self.inner.depot, &catalogue.manifest.shoppers, &pending, from, tell)
    }
}

impl Snapshot {
    /// It holds the log up to this offset, excluded.
    pub fn next_offset(&self) -> u64 {
        self.next_offset
    }

    /// Since when it holds all events of a name: older ones were forgotten. None if it was always to hold them.
    pub fn complete_since(&self, event: &str) -> Option<Timestamp> {
        self.sieve.complete().of(event)
    }

    /// The highest number of a shopper.
    pub fn shoppers(&self) -> u32 {
        self.shoppers
    }

    /// The code under which an event's name is found in runs; none for a name that never occurred (or came after the
    /// lake had 4,096 others: [`Run::name`] knows it).
    pub fn event_code(&self, name: &str) -> Option<u16> {
        let place = self.names.iter().position(|known| known == Some(name))?;
        u16::try_from(place).ok()
    }

    /// The names of events; the place is the code.
    pub fn event_names(&self) -> impl Iterator<Item = &str> {
        self.names.iter().flatten()
    }

    /// How many events a walk may have to read at most: those of all files that touch its time, and those in memory.
    pub fn most_events(&self, walk: &Walk) -> u64 {
        let plan = Plan::of(self, walk);
        let files = self.files.iter().filter(|file| plan.admits(file)).map(|file| file.facts.rows);
        files.sum::<u64>() + self.hot.iter().map(|batch| batch.num_rows() as u64).sum::<u64>()
    }

    /// Shows every shopper's events to a visitor. `visitor` makes one for each part of the shoppers; they are given
    /// back. Blocks, and uses as many threads as the lake's queries do.
    ///
    /// # Errors
    /// A file cannot be read, or is damaged.
    pub fn walk<V: Visitor>(&self, walk: &Walk, visitor: impl Fn(usize) -> V + Sync) -> Result<Vec<V>, LakeError> {
        let plan = Plan::of(self, walk);
        let hot = hot::by_bucket(&self.hot, self.buckets);
        let parts = usize::from(self.buckets);
        let done = in_parts(self.threads, parts, |bucket| {
            let mut visitor = visitor(bucket);
            let stopped = plan.stopped();
            let held =
                if stopped { Vec::new() } else { Part::open(self, &plan, bucket as u16, &hot)?.walk(&mut visitor)? };
            Ok((visitor, held))
        })?;
        let mut held = Vec::new();
        let mut visitors: Vec<V> = Vec::with_capacity(done.len() + 1);
        for (visitor, runs) in done {
            visitors.push(visitor);
            held.extend(runs);
        }
        if !held.is_empty() {
            let mut last = visitor(parts);
            merges::visit(held, &plan, &mut last);
            visitors.push(last);
        }
        Ok(visitors)
    }
}

/// Does a number of parts on several threads, each part on one; what came of them in their order.
pub(crate) fn in_parts<T: Send>(
    threads: usize,
    parts: usize,
    part: impl Fn(usize) -> Result<T, LakeError> + Sync,
) -> Result<Vec<T>, LakeError> {
    let (turn, done) = (AtomicUsize::new(0), Mutex::new(Vec::with_capacity(parts)));
    let work = || -> Result<(), LakeError> {
        loop {
            let next = turn.fetch_add(1, Ordering::Relaxed);
            if next >= parts {
                return Ok(());
            }
            let made = part(next)?;
            done.lock().unwrap_or_else(PoisonError::into_inner).push((next, made));
        }
    };
    std::thread::scope(|scope| {
        let others: Vec<_> = (1..threads.min(parts)).map(|_| scope.spawn(work)).collect();
        let mine = work();
        let theirs = others.into_iter().map(|other| other.join().unwrap_or_else(|_| Err(died())));
        theirs.fold(mine, |before, next| before.and(next))
    })?;
    let mut done = done.into_inner().unwrap_or_else(PoisonError::into_inner);
    done.sort_by_key(|(place, _)| *place);
    Ok(done.into_iter().map(|(_, made)| made).collect())
}

/// A walk in the lake's own terms.
pub(crate) struct Plan<'w> {
    walk: &'w Walk,
    names: Arc<StringArray>,
    /// For each code whether it is wanted, the last for spelled-out names; none where all are.
    wanted: Option<Vec<bool>>,
    /// The first second wanted, and how many of its microseconds are not.
    from: (u32, u32),
    /// The second at which the walk ends, and how many of its microseconds are wanted.
    to: (u32, u32),
    /// What is read beyond the narrow columns.
    columns: Vec<Column>,
    /// For each code whether those are read; none where all are.
    read: Option<Vec<bool>>,
    /// Whether microseconds are read for every row.
    micros: bool,
}

impl<'w> Plan<'w> {
    fn of(snapshot: &Snapshot, walk: &'w Walk) -> Self {
        let full = snapshot.names.len() >= MAX_NAMES;
        let mut columns = walk.columns.clone();
        if full {
            columns.push(Column::EventText);
        }
        columns.sort_unstable();
        columns.dedup();
        let wanted = walk.events.as_ref().map(|names| {
            let mut wanted = vec![false; snapshot.names.len() + 1];
            let mut unknown = false;
            for name in names {
                match snapshot.event_code(name) {
                    Some(code) => wanted[usize::from(code)] = true,
                    None => unknown = true,
                }
            }
            wanted[snapshot.names.len()] = full && unknown;
            wanted
        });
        let read = walk.columns_of.as_ref().map(|names| {
            let mut read = vec![false; snapshot.names.len()];
            let codes = names.iter().filter_map(|name| snapshot.event_code(name));
            codes.for_each(|code| read[usize::from(code)] = true);
            read
        });
        let second = |moment: Option<Timestamp>, open: (u32, u32)| {
            moment.map_or(open, |moment| {
                let (second, micros, _) = crate::layout::split_moment(moment.micros());
                (second, micros)
            })
        };
        let from = second(walk.from, (0, 0));
        let to = second(walk.to, (u32::MAX, u32::MAX));
        let fraction = from.1 > 0 || (walk.to.is_some() && to.1 > 0) || walk.since.is_some();
        Self { walk, names: snapshot.names.clone(), wanted, from, to, columns, read, micros: walk.micros || fraction }
    }

    fn stopped(&self) -> bool {
        self.walk.stop.as_ref().is_some_and(|stop| stop.load(Ordering::Relaxed))
    }

    fn wants(&self, event: u16) -> bool {
        self.wanted.as_ref().is_none_or(|wanted| {
            let place = if event == SPELLED_OUT { wanted.len() - 1 } else { usize::from(event) };
            wanted.get(place).copied().unwrap_or(false)
        })
    }

    /// Whether the wider columns of an event are read. Those of a name without a code always are: the name is among them.
    fn reads(&self, event: u16) -> bool {
        self.read.as_ref().is_none_or(|read| read.get(usize::from(event)).copied().unwrap_or(true))
    }

    /// Whether a name without a code is wanted.
    fn wants_text(&self, name: Option<&str>) -> bool {
        self.walk.events.as_ref().is_none_or(|wanted| wanted.iter().any(|one| Some(one.as_str()) == name))
    }

    /// The stretch of a shopper's rows between the two moments.
    #[inline]
    fn within(&self, shopper: u32, at_s: &[u32], at_us: Option<&[u32]>) -> std::ops::Range<usize> {
        let since = self.walk.since.as_ref().and_then(|since| since.get(&shopper)).map(|since| {
            let (second, micros, _) = crate::layout::split_moment(since.micros());
            (second, micros)
        });
        if self.walk.from.is_none() && self.walk.to.is_none() && since.is_none() {
            return 0..at_s.len();
        }
        // Most runs lie between the two moments as a whole.
        if let ([first, ..], [.., last], None) = (at_s, at_s, since)
            && (self.walk.from.is_none() || *first > self.from.0)
            && (self.walk.to.is_none() || *last < self.to.0)
        {
            return 0..at_s.len();
        }
        let bounded = |(second, micros): (u32, u32)| {
            let mut place = at_s.partition_point(|at| *at < second);
            if micros > 0
                && let Some(at_us) = at_us
            {
                while at_s.get(place) == Some(&second) && at_us.get(place).is_some_and(|at| *at < micros) {
                    place += 1;
                }
            }
            place
        };
        let end = if self.walk.to.is_some() { bounded(self.to) } else { at_s.len() };
        bounded(since.map_or(self.from, |since| since.max(self.from))).min(end)..end
    }

    /// Whether everything in a file lies within the walk's time.
    fn covers(&self, file: &DataFile) -> bool {
        self.walk.from.is_none_or(|from| from.micros() <= file.facts.min_at)
            && self.walk.to.is_none_or(|to| file.facts.max_at < to.micros())
            && self.walk.since.is_none()
    }

    /// Whether a file can hold anything to walk.
    fn admits(&self, file: &DataFile) -> bool {
        let from = self.walk.from.is_none_or(|from| file.facts.max_at >= from.micros());
        from && self.walk.to.is_none_or(|to| file.facts.min_at < to.micros())
    }
}

fn died() -> LakeError {
    LakeError::Task("a thread that walked events ended before it was done".to_owned())
}
