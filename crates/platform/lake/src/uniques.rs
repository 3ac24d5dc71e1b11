//! Who came by on which day, as bitmaps of shoppers.
//!
//! Distinct shoppers by day, week or month are unions of these, and counting them touches no event; who came back when is
//! in them too. A file never changes,
//! so its bitmaps are worked out once, when they are first asked for, and kept with it for as long as it is part of the
//! lake; what is in memory is looked at every time. Shoppers of a bucket share no bits with those of another, so figures
//! add up over buckets.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use fanvine_kernel::{LocalDate, Timestamp, Zone};
use roaring::RoaringBitmap;
use rustc_hash::FxHashMap;

use crate::LakeError;
use crate::catalogue::DataFile;
use crate::layout::GUEST;
use crate::narrow::{Block, NarrowFile};
use crate::walk::hot::{HotBucket, by_bucket};
use crate::walk::{Days, Merges, Snapshot, in_parts};

/// So many questions of a file are kept, the latest ones …
const KEPT_QUESTIONS: usize = 3;
/// … as long as all kept bitmaps take at most so many bytes. Beyond it they are worked out each time.
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
    /// Whether it is asked who came by again on the same day.
    pub again: bool,
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
    /// Who came by on each day more than once; empty unless that was asked.
    pub again: Vec<RoaringBitmap>,
}

/// The days of a file, by their number since 1970.
#[derive(Debug, Default)]
struct FileDays(BTreeMap<i32, Came>);

/// Who came by on a day, and who of them more than once.
#[derive(Debug, Default)]
struct Came {
    once: RoaringBitmap,
    again: RoaringBitmap,
}

/// What was worked out of a file before, the latest question last.
#[derive(Debug, Default)]
pub(crate) struct KeptDays(Mutex<Vec<Kept>>);

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
        for kept in self.0.get_mut().unwrap_or_else(PoisonError::into_inner) {
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
            let merged = self.take_out(&mut parts, merges, question);
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
        let mut part = DayPart::of(question);
        let mut take = |found: &FileDays| {
            for (day, came) in found.0.range(..first + question.days as i32) {
                match usize::try_from(day - first) {
                    Ok(place) => part.add(place, &came.once, &came.again),
                    Err(_) => part.before |= &came.once,
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
        let (kept, index) = (&file.days.0, file.index()?);
        let known = |kept: &Kept| {
            (kept.zone, kept.others) == (question.zone, question.others)
                && same(&kept.counts, &question.counts, &index.dictionary)
        };
        if let Some(kept) = kept.lock().unwrap_or_else(PoisonError::into_inner).iter().find(|one| known(one)) {
            return Ok(Arc::clone(&kept.days));
        }
        let second = |micros: i64| crate::layout::split_moment(micros).0;
        let mut found = Finding::new(question, self.buckets, (second(file.facts.min_at), second(file.facts.max_at)));
        let mut blocks = NarrowFile::open(&*self.depot, &file.facts.path, Arc::clone(&index))?;
        let mut block = Block::default();
        while blocks.read(&mut block)? {
            found.read(&block);
        }
        let days = Arc::new(found.found());
        let bytes =
            days.0.values().map(|came| came.once.serialized_size() + came.again.serialized_size()).sum::<usize>();
        let mut kept = kept.lock().unwrap_or_else(PoisonError::into_inner);
        // Somebody may have asked the same meanwhile.
        kept.retain(|one| {
            let stays = !known(one);
            KEPT.fetch_sub(if stays { 0 } else { one.bytes }, Ordering::Relaxed);
            stays
        });
        while !kept.is_empty() && (kept.len() >= KEPT_QUESTIONS || KEPT.load(Ordering::Relaxed) + bytes > KEPT_BYTES) {
            KEPT.fetch_sub(kept.remove(0).bytes, Ordering::Relaxed);
        }
        if KEPT.load(Ordering::Relaxed) + bytes <= KEPT_BYTES {
            KEPT.fetch_add(bytes, Ordering::Relaxed);
            kept.push(Kept {
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
    fn take_out(&self, parts: &mut [DayPart], merges: &Merges, question: &DayQuestion) -> DayPart {
        let buckets = u32::from(self.buckets);
        let mut merged: Vec<(RoaringBitmap, BTreeMap<u32, u32>)> = vec![Default::default(); parts.len()];
        // Persons are called by small numbers, like the shoppers of a bucket.
        let mut numbers: FxHashMap<u32, u32> = FxHashMap::default();
        for (shopper, person) in merges.iter() {
            let next = numbers.len() as u32;
            let person = *numbers.entry(person).or_insert(next);
            if let Some((bits, persons)) = merged.get_mut((shopper % buckets) as usize) {
                bits.insert(shopper / buckets);
                persons.insert(shopper / buckets, person);
            }
        }
        let mut own = DayPart::of(question);
        for (part, (bits, persons)) in parts.iter_mut().zip(&merged) {
            let take = |from: &mut RoaringBitmap| -> RoaringBitmap {
                let out = &*from & bits;
                *from -= &out;
                out.iter().filter_map(|bit| persons.get(&bit)).collect()
            };
            own.before |= take(&mut part.before);
            for place in 0..question.days {
                // Several shoppers of a person in one bucket came more than once together.
                let from = part.days.get_mut(place);
                let (mut once, mut twice) = (RoaringBitmap::new(), RoaringBitmap::new());
                for person in from.into_iter().flat_map(|from| {
                    let out = &*from & bits;
                    *from -= &out;
                    out.into_iter().filter_map(|bit| persons.get(&bit).copied())
                }) {
                    if !once.insert(person) {
                        twice.insert(person);
                    }
                }
                twice |= part.again.get_mut(place).map(take).unwrap_or_default();
                own.add(place, &once, &twice);
            }
        }
        own
    }
}

impl DayPart {
    /// A part in which nobody came.
    fn of(question: &DayQuestion) -> Self {
        let nobody = || vec![RoaringBitmap::new(); question.days];
        let again = if question.again { nobody() } else { Vec::new() };
        Self { before: RoaringBitmap::new(), days: nobody(), again }
    }

    /// Adds who came on a day, and who of them more than once.
    fn add(&mut self, place: usize, once: &RoaringBitmap, again: &RoaringBitmap) {
        let Some(known) = self.days.get_mut(place) else { return };
        if let Some(twice) = self.again.get_mut(place) {
            *twice |= again;
            *twice |= &*known & once;
        }
        *known |= once;
    }
}

/// Whether two tables of codes mean the same in a file that has these.
fn same(kept: &[bool], asked: &[bool], dictionary: &[u16]) -> bool {
    let counts = |table: &[bool], code: u16| table.get(usize::from(code)).copied();
    dictionary.iter().all(|code| counts(kept, *code) == counts(asked, *code))
}

/// Finds out who came by when, block by block.
struct Finding<'q> {
    counts: &'q [bool],
    others: bool,
    buckets: u32,
    first: i32,
    days: Days,
    came: Vec<Came>,
}

impl<'q> Finding<'q> {
    /// Of events between two seconds.
    fn new(question: &'q DayQuestion, buckets: u16, span: (u32, u32)) -> Self {
        let day = |second: u32| question.zone.date_of(Timestamp::from_seconds(second.into()));
        let (first, last) = (day(span.0), day(span.1));
        let count = usize::try_from(last.days_since(first)).unwrap_or_default() + 1;
        let days = Days::of(question.zone, (0..=count as i64).map(|after| first.plus_days(after)));
        let came = (0..count).map(|_| Came::default()).collect();
        let (counts, others) = (&question.counts, question.others);
        Self { counts, others, buckets: buckets.into(), first: number_of(first), days, came }
    }

    fn read(&mut self, block: &Block) {
        let mut rows = block.at_s().iter().zip(&block.events);
        for (shopper, count) in block.runs() {
            // Until when it is the day of the last that counted, and until when there is nothing left to find.
            let (mut today, mut until, mut known) = (0, 0, 0);
            for (at_s, event) in rows.by_ref().take(count as usize) {
                // Most events lie on the day of the one before.
                let counts = *at_s >= known && self.counts.get(usize::from(*event)).copied().unwrap_or(self.others);
                if !counts || shopper == GUEST {
                    continue;
                }
                if *at_s >= until {
                    let Some(day) = self.days.place(*at_s) else { continue };
                    (today, until) = (day, self.days.start(day + 1).unwrap_or(u32::MAX));
                    // A run may have begun in the block before.
                    let first = self.came.get_mut(today).is_some_and(|came| came.once.insert(shopper / self.buckets));
                    if first {
                        continue;
                    }
                }
                known = until;
                self.came.get_mut(today).into_iter().for_each(|came| _ = came.again.insert(shopper / self.buckets));
            }
        }
    }

    fn found(self) -> FileDays {
        let days = (self.first..).zip(self.came).filter(|(_, came)| !came.once.is_empty());
        FileDays(days.collect())
    }
}

fn number_of(day: LocalDate) -> i32 {
    i32::try_from(day.days_since(Zone::UTC.date_of(Timestamp::from_seconds(0)))).unwrap_or_default()
}
