//! Who came by on which day, as bitmaps of shoppers.
//!
//! Distinct shoppers by day, week or month are unions of these, and counting them touches no event. A file never changes,
//! so its bitmaps are worked out once, when they are first asked for, and kept with it for as long as it is part of the
//! lake; what is in memory is looked at every time. Shoppers of a bucket share no bits with those of another, so figures
//! add up over buckets.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use fanvine_kernel::{LocalDate, Timestamp, Zone};
use roaring::RoaringBitmap;

use crate::LakeError;
use crate::catalogue::DataFile;
use crate::layout::GUEST;
use crate::narrow::{Block, NarrowFile};
use crate::walk::hot::{HotBucket, by_bucket};
use crate::walk::{Days, Merges, Snapshot, in_parts};

/// The most bytes all kept bitmaps may take. Beyond it they are worked out each time.
const KEPT_BYTES: usize = 96 << 20;
static KEPT: AtomicUsize = AtomicUsize::new(0);

/// Which days, and which events make somebody come by.
#[derive(Debug, Clone)]
pub struct DayQuestion {
    /// The zone in which days begin.
    pub zone: Zone,
    /// The first day.
    pub from: LocalDate,
    /// How many days.
    pub days: usize,
    /// For each code whether the event counts.
    pub counts: Vec<bool>,
    /// Whether events count whose names have no code.
    pub others: bool,
    /// Set by whoever no longer wants the answer: it may then lack anybody.
    pub stop: Option<Arc<AtomicBool>>,
}

impl DayQuestion {
    fn stopped(&self) -> bool {
        self.stop.as_ref().is_some_and(|stop| stop.load(Ordering::Relaxed))
    }
}

/// Who of some people came by when. A bit is a person; what it is called is of no meaning outside.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct DayPart {
    /// Who came by on any day before the first.
    pub before: RoaringBitmap,
    /// Who came by on each day.
    pub days: Vec<RoaringBitmap>,
}

/// The days of a file, by their number since 1970.
#[derive(Debug, Default)]
struct FileDays(BTreeMap<i32, RoaringBitmap>);

/// What was worked out of a file before.
#[derive(Debug, Default)]
pub(crate) struct KeptDays(Mutex<Option<Kept>>);

/// The days of a file, and for which question.
#[derive(Debug)]
struct Kept {
    zone: Zone,
    counts: Vec<bool>,
    others: bool,
    days: Arc<FileDays>,
    bytes: usize,
}

impl Drop for KeptDays {
    fn drop(&mut self) {
        if let Some(kept) = self.0.get_mut().unwrap_or_else(PoisonError::into_inner) {
            KEPT.fetch_sub(kept.bytes, Ordering::Relaxed);
        }
    }
}

impl Snapshot {
    /// Who came by on each of these days: parts that share nobody. Shoppers that `merges` knows as one person are one.
    /// Blocks, and uses as many threads as a walk.
    ///
    /// # Errors
    /// A file cannot be read, or is damaged.
    pub fn by_day(&self, question: &DayQuestion, merges: Option<&Merges>) -> Result<Vec<DayPart>, LakeError> {
        let hot = by_bucket(&self.hot, self.buckets);
        let mut parts = in_parts(self.threads, usize::from(self.buckets), |bucket| {
            self.bucket_by_day(question, bucket as u16, hot.get(bucket))
        })?;
        if let Some(merges) = merges {
            let merged = self.take_out(&mut parts, merges, question.days);
            parts.push(merged);
        }
        Ok(parts)
    }

    fn bucket_by_day(
        &self,
        question: &DayQuestion,
        bucket: u16,
        hot: Option<&HotBucket>,
    ) -> Result<DayPart, LakeError> {
        let first = number_of(question.from);
        let mut part = DayPart { before: RoaringBitmap::new(), days: vec![RoaringBitmap::new(); question.days] };
        let mut take = |found: &FileDays| {
            for (day, shoppers) in found.0.range(..first + question.days as i32) {
                match usize::try_from(day - first).ok().and_then(|place| part.days.get_mut(place)) {
                    Some(known) => *known |= shoppers,
                    None => part.before |= shoppers,
                }
            }
        };
        for file in self.files.iter().filter(|file| file.facts.bucket == bucket) {
            if question.stopped() {
                return Ok(part);
            }
            take(&*self.file_days(file, question)?);
        }
        if let Some(hot) = hot.filter(|hot| !hot.block.at_s().is_empty()) {
            let seconds = || hot.block.at_s().iter().copied();
            let span = (seconds().min().unwrap_or_default(), seconds().max().unwrap_or_default());
            let mut found = Finding::new(question, self.buckets, span);
            found.read(&hot.block);
            take(&found.found());
        }
        Ok(part)
    }

    /// The days of a file, from before if they were asked for in the same way.
    fn file_days(&self, file: &DataFile, question: &DayQuestion) -> Result<Arc<FileDays>, LakeError> {
        let kept = &file.days.0;
        if let Some(kept) = &*kept.lock().unwrap_or_else(PoisonError::into_inner)
            && (kept.zone, kept.others) == (question.zone, question.others)
            && same(&kept.counts, &question.counts)
        {
            return Ok(Arc::clone(&kept.days));
        }
        let second = |micros: i64| crate::layout::split_moment(micros).0;
        let mut found = Finding::new(question, self.buckets, (second(file.facts.min_at), second(file.facts.max_at)));
        let mut blocks = NarrowFile::open(&*self.depot, &file.facts.path, file.index()?)?;
        let mut block = Block::default();
        while blocks.read(&mut block)? {
            found.read(&block);
        }
        let days = Arc::new(found.found());
        let bytes = days.0.values().map(RoaringBitmap::serialized_size).sum::<usize>();
        let mut kept = kept.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(before) = kept.take() {
            KEPT.fetch_sub(before.bytes, Ordering::Relaxed);
        }
        if KEPT.load(Ordering::Relaxed) + bytes <= KEPT_BYTES {
            KEPT.fetch_add(bytes, Ordering::Relaxed);
            *kept = Some(Kept {
                zone: question.zone,
                counts: question.counts.clone(),
                others: question.others,
                days: Arc::clone(&days),
                bytes,
            });
        }
        Ok(days)
    }

    /// Takes those who are one person with others out of their buckets, into a part of their own by person.
    fn take_out(&self, parts: &mut [DayPart], merges: &Merges, days: usize) -> DayPart {
        let buckets = u32::from(self.buckets);
        let mut merged: Vec<(RoaringBitmap, BTreeMap<u32, u32>)> = vec![Default::default(); parts.len()];
        for (shopper, person) in merges.iter() {
            if let Some((bits, persons)) = merged.get_mut((shopper % buckets) as usize) {
                bits.insert(shopper / buckets);
                persons.insert(shopper / buckets, person);
            }
        }
        let mut own = DayPart { before: RoaringBitmap::new(), days: vec![RoaringBitmap::new(); days] };
        for (part, (bits, persons)) in parts.iter_mut().zip(&merged) {
            let from = std::iter::once(&mut part.before).chain(&mut part.days);
            for (from, into) in from.zip(std::iter::once(&mut own.before).chain(&mut own.days)) {
                let out = &*from & bits;
                *from -= &out;
                into.extend(out.iter().filter_map(|bit| persons.get(&bit)));
            }
        }
        own
    }
}

/// Codes that were given out since do not occur in older files.
fn same(kept: &[bool], asked: &[bool]) -> bool {
    let shorter = kept.len().min(asked.len());
    kept[..shorter] == asked[..shorter]
}

/// Finds out who came by when, block by block.
struct Finding<'q> {
    counts: &'q [bool],
    others: bool,
    buckets: u32,
    first: i32,
    days: Days,
    shoppers: Vec<RoaringBitmap>,
}

impl<'q> Finding<'q> {
    /// Of events between two seconds.
    fn new(question: &'q DayQuestion, buckets: u16, span: (u32, u32)) -> Self {
        let day = |second: u32| question.zone.date_of(Timestamp::from_seconds(second.into()));
        let (first, last) = (day(span.0), day(span.1));
        let count = usize::try_from(last.days_since(first)).unwrap_or_default() + 1;
        let days = Days::of(question.zone, (0..=count as i64).map(|after| first.plus_days(after)));
        let shoppers = vec![RoaringBitmap::new(); count];
        let (counts, others) = (&question.counts, question.others);
        Self { counts, others, buckets: buckets.into(), first: number_of(first), days, shoppers }
    }

    fn read(&mut self, block: &Block) {
        let mut rows = block.at_s().iter().zip(&block.events);
        for (shopper, count) in block.runs() {
            let mut until = 0;
            for (at_s, event) in rows.by_ref().take(count as usize) {
                // Most events lie on the day of the one before.
                let counts = *at_s >= until && self.counts.get(usize::from(*event)).copied().unwrap_or(self.others);
                let Some(day) = self.days.place(*at_s).filter(|_| counts && shopper != GUEST) else { continue };
                until = self.days.start(day + 1).unwrap_or(u32::MAX);
                if let Some(shoppers) = self.shoppers.get_mut(day) {
                    shoppers.insert(shopper / self.buckets);
                }
            }
        }
    }

    fn found(self) -> FileDays {
        let days = (self.first..).zip(self.shoppers).filter(|(_, shoppers)| !shoppers.is_empty());
        FileDays(days.collect())
    }
}

fn number_of(day: LocalDate) -> i32 {
    i32::try_from(day.days_since(Zone::UTC.date_of(Timestamp::from_seconds(0)))).unwrap_or_default()
}
