//! Moving events to disk and merging files, one commit each.

use std::sync::{Arc, Mutex, PoisonError};

use tokio::time::Instant;

use crate::catalogue::{Catalogue, DataFile, Manifest};
use crate::lake::{Frozen, Inner};
use crate::shoppers::{Pending, extend};
use crate::{LakeError, compact, flush};

/// What a flush writes.
struct Load {
    frozen: Frozen,
    offset: u64,
    names: Vec<String>,
    pending: Pending,
    /// The first and last offset.
    stretch: (u64, u64),
    /// The ages all of it was held to.
    sifted: u64,
}

impl Inner {
    /// Whether enough events wait, or long enough.
    pub(crate) fn flush_is_due(&self) -> bool {
        let state = self.state();
        let waiting = state.next_offset > state.durable_offset;
        waiting
            && (state.hot.rows() + state.frozen.rows >= self.options.flush_rows
                || state.hot.bytes() + state.frozen.bytes >= self.options.flush_bytes
                || state.flushed_at.elapsed() >= self.options.flush_interval)
    }

    /// Moves what waits in memory to disk. One at a time.
    pub(crate) fn flush(&self) -> Result<(), LakeError> {
        let Some(load) = self.freeze()? else { return Ok(()) };
        let made = Made::default();
        let (buckets, group) = (self.options.buckets, self.options.row_group_rows);
        let new_path = |bucket: u16| made.note(self.catalogue().new_path("events", &format!("-b{bucket:02}.parquet")));
        let written = flush::write_sorted(
            &*self.depot,
            &load.frozen.batches,
            buckets,
            group,
            load.stretch,
            load.sifted,
            new_path,
        );

        let mut catalogue = self.catalogue();
        let committed = written.and_then(|added| {
            let mut next = catalogue.manifest.clone();
            let path = made.note(catalogue.new_path("shoppers", ".names"));
            next.shoppers = extend(&*self.depot, &next.shoppers, &load.pending, path)?;
            next.names = load.names;
            next.next_offset = load.offset;
            next.files.extend(added.iter().cloned());
            catalogue.commit(next)?;
            Ok(added)
        });
        let added = committed.inspect_err(|_| self.discard(&catalogue, &made))?;
        let added = added.into_iter().map(|facts| catalogue.file(facts)).collect();

        let mut state = self.state();
        state.files = exchanged(&state.files, added, &[]);
        state.frozen = Frozen::default();
        state.shoppers.saved(&load.pending);
        state.durable_offset = load.offset;
        state.flushed_at = Instant::now();
        tracing::debug!(rows = load.frozen.rows, bytes = load.frozen.bytes, offset = load.offset, "flushed");
        Ok(())
    }

    /// Sets what is in memory aside, still seen by queries. A flush that failed left its events there;
    /// they go with this one.
    fn freeze(&self) -> Result<Option<Load>, LakeError> {
        let mut state = self.state();
        if state.next_offset == state.durable_offset {
            state.flushed_at = Instant::now();
            return Ok(None);
        }
        let (rows, bytes) = (state.hot.rows(), state.hot.bytes());
        let taken = state.hot.take()?;
        let number = state.sieve.number();
        let sifted = std::mem::replace(&mut state.hot_sifted, number);
        state.frozen.sifted = if state.frozen.rows == 0 { sifted } else { state.frozen.sifted.min(sifted) };
        state.frozen.batches.extend(taken);
        state.frozen.rows += rows;
        state.frozen.bytes += bytes;
        Ok(Some(Load {
            frozen: state.frozen.clone(),
            offset: state.next_offset,
            names: state.names.to_vec(),
            pending: state.shoppers.pending(),
            stretch: (state.durable_offset, state.next_offset - 1),
            sifted: state.frozen.sifted,
        }))
    }

    /// The files most in need of merging, if any; at rest, where merging them makes questions faster.
    pub(crate) fn choose(&self, at_rest: bool) -> Option<Vec<Arc<DataFile>>> {
        let (files, full) = (Arc::clone(&self.state().files), self.options.full_rows);
        compact::choose(&files, full).or_else(|| at_rest.then(|| compact::choose_at_rest(&files, full)).flatten())
    }

    /// Merges the files most in need of it. False when there are none. One at a time.
    pub(crate) fn compact_step(&self, at_rest: bool) -> Result<bool, LakeError> {
        let Some(chosen) = self.choose(at_rest) else { return Ok(false) };
        self.rewrite(&chosen)?;
        tracing::debug!(bucket = chosen[0].facts.bucket, merged = chosen.len(), "compacted");
        Ok(true)
    }

    /// Puts one file in the place of some of a bucket, without what is no longer kept. Returns how many events that was.
    pub(crate) fn rewrite(&self, chosen: &[Arc<DataFile>]) -> Result<u64, LakeError> {
        let bucket = chosen.first().map_or(0, |file| file.facts.bucket);
        let sieve = Arc::clone(&self.state().sieve);
        let made = Made::default();
        let path = made.note(self.catalogue().new_path("events", &format!("-b{bucket:02}.parquet")));
        let merged = compact::merge(&*self.depot, chosen, self.options.row_group_rows, path, &sieve);

        let mut catalogue = self.catalogue();
        let committed = merged.and_then(|merged| {
            let mut next: Manifest = catalogue.manifest.clone();
            next.files.retain(|facts| !chosen.iter().any(|file| file.facts.path == facts.path));
            next.files.extend(merged.clone());
            catalogue.commit(next)?;
            Ok(merged)
        });
        let merged = committed.inspect_err(|_| self.discard(&catalogue, &made))?;
        if merged.is_none() {
            self.discard(&catalogue, &made);
        }
        let before: u64 = chosen.iter().map(|file| file.facts.rows).sum();
        let after = merged.as_ref().map_or(0, |merged| merged.rows);

        let mut state = self.state();
        state.files =
            exchanged(&state.files, merged.map(|merged| catalogue.file(merged)).into_iter().collect(), chosen);
        drop((state, catalogue));
        // Each file goes when the last query that reads it has ended.
        chosen.iter().for_each(|file| file.retire());
        Ok(before - after)
    }

    /// After a failure: removes what was written, so that trying again does not fill the disk. If the
    /// manifest may have come to be after all, the files stay, and the next start decides.
    fn discard(&self, catalogue: &Catalogue, made: &Made) {
        if catalogue.next_may_exist() {
            return;
        }
        for path in made.paths() {
            if let Err(error) = self.depot.delete(&path) {
                tracing::warn!(path, %error, "a file of a failed write could not be removed; the next start will");
            }
        }
    }
}

/// The list of files with some put in place of others, in the catalogue's order.
pub(crate) fn exchanged(
    files: &[Arc<DataFile>],
    added: Vec<Arc<DataFile>>,
    removed: &[Arc<DataFile>],
) -> Arc<Vec<Arc<DataFile>>> {
    let stays = |file: &&Arc<DataFile>| !removed.iter().any(|gone| Arc::ptr_eq(gone, file));
    let mut files: Vec<_> = files.iter().filter(stays).cloned().chain(added).collect();
    files.sort_by_key(|file| (file.facts.bucket, file.facts.first_offset));
    Arc::new(files)
}

/// The paths of files that were begun.
#[derive(Default)]
struct Made(Mutex<Vec<String>>);

impl Made {
    fn note(&self, path: String) -> String {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(path.clone());
        path
    }

    fn paths(&self) -> Vec<String> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}
