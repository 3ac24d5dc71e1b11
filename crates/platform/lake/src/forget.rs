//! Events that are no longer kept: taken out of the files that hold them, and not let in any more.
//!
//! Ages are counted by number. A new one is committed first; from then on nothing older comes in, and whatever is
//! compacted is sifted on the way. The files it did not pass yet are read through, narrow columns only, and those that hold
//! something to forget are written anew, one commit each. So a crash leaves some files sifted and some not, and asking
//! again goes on with the rest.

use std::sync::Arc;

use datafusion::arrow::array::{Array, AsArray, RecordBatch};
use datafusion::arrow::datatypes::{UInt16Type, UInt32Type};
use fanvine_kernel::Timestamp;
use fanvine_kernel::event::KeptSince;
use futures::future::BoxFuture;

use crate::catalogue::{Ages, DataFile};
use crate::lake::{Inner, Lake};
use crate::layout::{SPELLED_OUT, column};
use crate::narrow::{Block, NarrowFile};
use crate::threads::upkeep;
use crate::upkeep::exchanged;
use crate::walk::Column;
use crate::{LakeError, narrow};

/// What a lake forgot.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Forgotten {
    /// Events.
    pub events: u64,
    /// Files that were written anew for it.
    pub files: usize,
}

impl Lake {
    /// Since when events are kept from now on. What is older goes, from disk too, before this returns; reading goes on
    /// meanwhile. Moments count by whole seconds. After an error some of it may have gone: ask again.
    ///
    /// # Errors
    /// A file cannot be read or written.
    pub fn forget(&self, kept: KeptSince) -> BoxFuture<'_, Result<Forgotten, LakeError>> {
        Box::pin(async move {
            let turn = Arc::clone(&self.inner.compacting).lock_owned().await;
            let inner = Arc::clone(&self.inner);
            upkeep(self.inner.options.on_upkeep, move || inner.set_ages(kept)).await?;
            // What is in memory may be older than that.
            self.flush().await?;
            let inner = Arc::clone(&self.inner);
            upkeep(self.inner.options.on_upkeep, move || {
                let forgotten = inner.sift();
                drop(turn);
                forgotten
            })
            .await
        })
    }

    /// Since when events are kept, as it was last said.
    pub fn kept_since(&self) -> KeptSince {
        self.inner.state().sieve.ages.kept.clone()
    }
}

impl Inner {
    /// Commits new ages, if they are new.
    fn set_ages(&self, kept: KeptSince) -> Result<(), LakeError> {
        let mut catalogue = self.catalogue();
        let before = &catalogue.manifest.ages;
        if before.kept == kept {
            return Ok(());
        }
        let ages = Ages { number: before.number + 1, complete: before.complete.and(&kept), kept };
        let mut next = catalogue.manifest.clone();
        next.ages = ages.clone();
        catalogue.commit(next)?;
        let mut state = self.state();
        state.sieve = Arc::new(Sieve::new(&ages, &state.names.to_vec()));
        Ok(())
    }

    /// Holds every file to the ages in force.
    fn sift(&self) -> Result<Forgotten, LakeError> {
        let (files, sieve) = {
            let state = self.state();
            let sieve = Arc::clone(&state.sieve);
            let files = state.files.iter().filter(|file| file.facts.sifted < sieve.number());
            (files.cloned().collect::<Vec<_>>(), sieve)
        };
        let (mut forgotten, mut clean) = (Forgotten::default(), Vec::new());
        // Each is let go as soon as it is done, so that it need not lie on disk beside what takes its place.
        for file in files {
            if self.holds_older(&file, &sieve)? {
                forgotten.events += self.rewrite(&[file])?;
                forgotten.files += 1;
            } else {
                clean.push(file);
            }
        }
        self.note_sifted(&clean, sieve.number())?;
        Ok(forgotten)
    }

    /// Whether a file holds anything that is no longer kept.
    fn holds_older(&self, file: &DataFile, sieve: &Sieve) -> Result<bool, LakeError> {
        if sieve.ages.kept.latest().is_none_or(|latest| file.facts.min_at >= latest.micros()) {
            return Ok(false);
        }
        let index = narrow::index(&*self.depot, &file.facts.path, file.facts.narrow)?;
        if index.dictionary.iter().all(|code| sieve.since(*code) == 0) {
            return Ok(false);
        }
        let mut blocks = NarrowFile::open(&*self.depot, &file.facts.path, Arc::new(index))?;
        let mut block = Block::default();
        while blocks.read(&mut block)? {
            if block.at_s().iter().zip(&block.events).any(|(at_s, event)| *at_s < sieve.since(*event)) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Notes in one commit that files hold nothing to forget.
    fn note_sifted(&self, clean: &[Arc<DataFile>], number: u64) -> Result<(), LakeError> {
        if clean.is_empty() {
            return Ok(());
        }
        let mut catalogue = self.catalogue();
        let mut next = catalogue.manifest.clone();
        let mut noted = Vec::with_capacity(clean.len());
        for facts in next.files.iter_mut().filter(|facts| clean.iter().any(|file| file.facts.path == facts.path)) {
            facts.sifted = number;
            noted.push(facts.clone());
        }
        catalogue.commit(next)?;
        let noted = noted.into_iter().map(|facts| catalogue.file(facts)).collect();
        let mut state = self.state();
        state.files = exchanged(&state.files, noted, clean);
        Ok(())
    }
}

/// Tells what is no longer kept.
#[derive(Debug, Default)]
pub(crate) struct Sieve {
    ages: Ages,
    /// By code, the first second of which an event is kept; of names without a code the latest of any.
    since: Vec<u32>,
    spelled_out: u32,
}

impl Sieve {
    /// By these ages, for events of these names.
    pub(crate) fn new(ages: &Ages, names: &[String]) -> Self {
        let since = names.iter().map(|name| second(ages.kept.of(name))).collect();
        Self { ages: ages.clone(), since, spelled_out: second(ages.kept.latest()) }
    }

    /// Which ages these are.
    pub(crate) fn number(&self) -> u64 {
        self.ages.number
    }

    /// Since when events are there, whatever was in force before.
    pub(crate) fn complete(&self) -> &KeptSince {
        &self.ages.complete
    }

    /// Whether an event may come in.
    pub(crate) fn keeps(&self, name: &str, occurred_at: Timestamp) -> bool {
        self.ages.kept.is_everything() || {
            let at_s = crate::layout::split_moment(occurred_at.micros()).0;
            at_s >= second(self.ages.kept.of(name))
        }
    }

    /// The first second of which events of this code may be kept.
    fn since(&self, code: u16) -> u32 {
        self.since.get(usize::from(code)).copied().unwrap_or(self.spelled_out)
    }

    /// Of each row whether it is no longer kept; none where all are.
    pub(crate) fn forgotten(&self, batch: &RecordBatch) -> Vec<bool> {
        if self.ages.kept.is_everything() {
            return Vec::new();
        }
        let at_s = batch.column(column::AT_S).as_primitive::<UInt32Type>().values();
        let events = batch.column(column::EVENT).as_primitive::<UInt16Type>().values();
        let texts = batch.column(Column::EventText.place()).as_string::<i32>();
        let older = |(row, (at_s, event)): (usize, (&u32, &u16))| match self.since.get(usize::from(*event)) {
            Some(since) => at_s < since,
            None if *event == SPELLED_OUT && texts.is_valid(row) => *at_s < second(self.ages.kept.of(texts.value(row))),
            // A name that was new after these ages were in force: nothing older came in.
            None => false,
        };
        at_s.iter().zip(events).enumerate().map(older).collect()
    }
}

fn second(moment: Option<Timestamp>) -> u32 {
    moment.map_or(0, |moment| crate::layout::split_moment(moment.micros()).0)
}
