//! A run: an immutable file of sorted keys, with filters that answer most questions without touching it.
//!
//! ```text
//! keys     16 bytes each, ascending
//! shards   one for every 262,144 keys: a binary fuse filter (descriptor, fingerprint count, fingerprints)
//! fences   every 512th key
//! trailer  48 bytes: magic, key count, shard count, checksums
//! ```
//!
//! In memory a run costs 9.2 bits a key for the filters and a quarter of a bit for the fences. The filter is sharded
//! because building one takes 32 bytes a key for a moment: 8 MB for a shard, whatever the size of the run.
//! Binary fuse filters: Graf and Lemire, "Binary Fuse Filters: Fast and Smaller Than Xor Filters", 2022.

use std::fs::File;
use std::io::{self, Read};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use xorf::{BinaryFuse8, Descriptor, Filter};

use crate::disk::Disk;

const KEY: usize = 16;
const SHARD_KEYS: usize = 1 << 18;
const FENCE_KEYS: usize = 512;
const TRAILER: usize = 48;
const MAGIC: [u8; 8] = *b"FvSeen01";
const BUFFER_BYTES: usize = 256 * 1024;

/// What the filters are built over.
pub(crate) fn filter_hash(key: u128) -> u64 {
    xxhash_rust::xxh3::xxh3_64(&key.to_le_bytes())
}

#[derive(Debug)]
struct Shard {
    first: u128,
    /// Absent when none could be built: then every key may be there.
    filter: Option<BinaryFuse8>,
}

/// An open run.
#[derive(Debug)]
pub(crate) struct Run {
    pub(crate) path: PathBuf,
    pub(crate) keys: u64,
    file: File,
    shards: Vec<Shard>,
    fences: Vec<u128>,
    keys_crc: u32,
}

fn broken(detail: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, detail)
}

impl Run {
    /// Marks those of `keys` that are in this run; `hashes` holds their `filter_hash`. Keys already marked are passed over.
    pub(crate) fn mark(&self, keys: &[u128], hashes: &[u64], known: &mut [bool]) -> io::Result<()> {
        for ((key, hash), known) in keys.iter().zip(hashes).zip(known) {
            if *known {
                continue;
            }
            let Some(at) = self.shards.partition_point(|s| s.first <= *key).checked_sub(1) else { continue };
            if self.shards[at].filter.as_ref().is_none_or(|f| f.contains(hash)) {
                *known = self.holds(at, *key)?;
            }
        }
        Ok(())
    }

    fn holds(&self, shard: usize, key: u128) -> io::Result<bool> {
        const PER_SHARD: usize = SHARD_KEYS / FENCE_KEYS;
        let fences = &self.fences[shard * PER_SHARD..((shard + 1) * PER_SHARD).min(self.fences.len())];
        let Some(block) = fences.partition_point(|f| *f <= key).checked_sub(1) else { return Ok(false) };
        let start = ((shard * PER_SHARD + block) * FENCE_KEYS) as u64;
        let count = (self.keys - start).min(FENCE_KEYS as u64) as usize;
        let mut buffer = [0; FENCE_KEYS * KEY];
        let bytes = &mut buffer[..count * KEY];
        self.file.read_exact_at(bytes, start * KEY as u64)?;
        let (keys, _) = bytes.as_chunks::<KEY>();
        Ok(keys.binary_search_by(|k| u128::from_le_bytes(*k).cmp(&key)).is_ok())
    }

    /// Opens a run written before, reading its filters and fences into memory and checking them.
    pub(crate) fn open(path: &Path) -> io::Result<Run> {
        let file = File::open(path)?;
        let len = file.metadata()?.len();
        let trailer_at = len.checked_sub(TRAILER as u64).ok_or_else(|| broken("the run is too short"))?;
        let mut trailer = [0; TRAILER];
        file.read_exact_at(&mut trailer, trailer_at)?;
        let word = |at: usize| u32::from_le_bytes([0, 1, 2, 3].map(|i| trailer[at + i]));
        if trailer[..8] != MAGIC || word(44) != crc32fast::hash(&trailer[..44]) {
            return Err(broken("the run has no valid trailer"));
        }
        let keys = u64::from(word(8)) | u64::from(word(12)) << 32;
        let (shards, keys_crc, index_crc) = (word(16) as usize, word(20), word(24));
        let index_at = keys.checked_mul(KEY as u64).filter(|at| *at <= trailer_at);
        let index_at = index_at.ok_or_else(|| broken("the run's key count does not fit its length"))?;
        let mut index = IndexReader { file: &file, at: index_at, end: trailer_at, crc: crc32fast::Hasher::new() };
        let mut read = Vec::with_capacity(shards.min(1 << 16));
        for _ in 0..shards {
            read.push(index.shard()?);
        }
        let count = keys.div_ceil(FENCE_KEYS as u64) as usize;
        let bytes = index.take(count * KEY)?;
        let fences = bytes.as_chunks::<KEY>().0.iter().map(|k| u128::from_le_bytes(*k)).collect();
        if index.at != trailer_at || index.crc.finalize() != index_crc {
            return Err(broken("the run's index does not match its checksum"));
        }
        Ok(Run { path: path.to_owned(), keys, file, shards: read, fences, keys_crc })
    }

    /// All keys in order, checked against the checksum at the end.
    pub(crate) fn reader(&self) -> io::Result<RunReader> {
        let file = File::open(&self.path)?;
        let left = self.keys;
        let input = io::BufReader::with_capacity(BUFFER_BYTES, file);
        Ok(RunReader { input, left, crc: crc32fast::Hasher::new(), expected: self.keys_crc })
    }

    /// Bytes of memory the filters and fences take.
    #[cfg(test)]
    pub(crate) fn memory_bytes(&self) -> usize {
        let filters: usize = self.shards.iter().map(|s| s.filter.as_ref().map_or(0, |f| f.fingerprints.len())).sum();
        filters + self.fences.len() * KEY + self.shards.len() * size_of::<Shard>()
    }
}

struct IndexReader<'a> {
    file: &'a File,
    at: u64,
    end: u64,
    crc: crc32fast::Hasher,
}

impl IndexReader<'_> {
    fn take(&mut self, len: usize) -> io::Result<Vec<u8>> {
        if self.end - self.at < len as u64 {
            return Err(broken("the run's index is cut short"));
        }
        let mut bytes = vec![0; len];
        self.file.read_exact_at(&mut bytes, self.at)?;
        self.at += len as u64;
        self.crc.update(&bytes);
        Ok(bytes)
    }

    fn shard(&mut self) -> io::Result<Shard> {
        let head = self.take(KEY + 8 + 4 * 4)?;
        let word = |at: usize| u32::from_le_bytes([0, 1, 2, 3].map(|i| head[at + i]));
        let first = u128::from_le_bytes(std::array::from_fn(|i| head[i]));
        let descriptor = Descriptor {
            seed: u64::from(word(16)) | u64::from(word(20)) << 32,
            segment_length: word(24),
            segment_length_mask: word(28),
            segment_count_length: word(32),
        };
        let fingerprints = self.take(word(36) as usize)?.into_boxed_slice();
        let filter = (!fingerprints.is_empty()).then_some(BinaryFuse8 { descriptor, fingerprints });
        Ok(Shard { first, filter })
    }
}

/// Reads a run's keys front to back.
pub(crate) struct RunReader {
    input: io::BufReader<File>,
    left: u64,
    crc: crc32fast::Hasher,
    expected: u32,
}

impl RunReader {
    pub(crate) fn next(&mut self) -> io::Result<Option<u128>> {
        if self.left == 0 {
            let matches = self.crc.clone().finalize() == self.expected;
            return if matches { Ok(None) } else { Err(broken("the run's keys do not match their checksum")) };
        }
        let mut key = [0; KEY];
        self.input.read_exact(&mut key)?;
        self.crc.update(&key);
        self.left -= 1;
        Ok(Some(u128::from_le_bytes(key)))
    }
}

/// Writes a run from keys that come in ascending order.
pub(crate) struct RunWriter {
    disk: Disk,
    path: PathBuf,
    file: File,
    written: u64,
    buffer: Vec<u8>,
    crc: crc32fast::Hasher,
    keys: u64,
    last: Option<u128>,
    shard_first: u128,
    hashes: Vec<u64>,
    shards: Vec<Shard>,
    fences: Vec<u128>,
}

impl RunWriter {
    pub(crate) fn create(disk: &Disk, path: PathBuf) -> io::Result<Self> {
        Ok(RunWriter {
            file: disk.create(&path)?,
            disk: disk.clone(),
            path,
            written: 0,
            buffer: Vec::with_capacity(BUFFER_BYTES + KEY),
            crc: crc32fast::Hasher::new(),
            keys: 0,
            last: None,
            shard_first: 0,
            hashes: Vec::new(),
            shards: Vec::new(),
            fences: Vec::new(),
        })
    }

    /// Adds a key; one equal to the last is passed over.
    pub(crate) fn push(&mut self, key: u128) -> io::Result<()> {
        if self.last == Some(key) {
            return Ok(());
        }
        debug_assert!(self.last.is_none_or(|last| last < key), "keys ascend");
        self.last = Some(key);
        if self.hashes.is_empty() {
            self.shard_first = key;
        }
        if self.keys.is_multiple_of(FENCE_KEYS as u64) {
            self.fences.push(key);
        }
        self.keys += 1;
        self.hashes.push(filter_hash(key));
        self.buffer.extend_from_slice(&key.to_le_bytes());
        if self.buffer.len() >= BUFFER_BYTES {
            self.flush(true)?;
        }
        if self.hashes.len() == SHARD_KEYS {
            self.close_shard();
        }
        Ok(())
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    fn flush(&mut self, are_keys: bool) -> io::Result<()> {
        if are_keys {
            self.crc.update(&self.buffer);
        }
        self.disk.write_at(&self.file, &self.buffer, self.written)?;
        self.written += self.buffer.len() as u64;
        self.buffer.clear();
        Ok(())
    }

    fn close_shard(&mut self) {
        if self.hashes.is_empty() {
            return;
        }
        // The filter wants distinct numbers; two keys may share a hash.
        self.hashes.sort_unstable();
        self.hashes.dedup();
        let filter = BinaryFuse8::try_from(&self.hashes).ok();
        self.hashes.clear();
        self.shards.push(Shard { first: self.shard_first, filter });
    }

    /// Completes the file, makes it durable and opens it.
    pub(crate) fn finish(mut self) -> io::Result<Run> {
        self.close_shard();
        self.flush(true)?;
        let mut index_crc = crc32fast::Hasher::new();
        let none = Descriptor { seed: 0, segment_length: 0, segment_length_mask: 0, segment_count_length: 0 };
        for i in 0..self.shards.len() {
            let shard = &self.shards[i];
            let (d, fingerprints) = match &shard.filter {
                Some(filter) => (&filter.descriptor, &filter.fingerprints[..]),
                None => (&none, &[][..]),
            };
            self.buffer.extend_from_slice(&shard.first.to_le_bytes());
            self.buffer.extend_from_slice(&d.seed.to_le_bytes());
            for word in [d.segment_length, d.segment_length_mask, d.segment_count_length, fingerprints.len() as u32] {
                self.buffer.extend_from_slice(&word.to_le_bytes());
            }
            self.buffer.extend_from_slice(fingerprints);
            index_crc.update(&self.buffer);
            self.flush(false)?;
        }
        for fence in &self.fences {
            self.buffer.extend_from_slice(&fence.to_le_bytes());
        }
        index_crc.update(&self.buffer);
        let keys_crc = self.crc.clone().finalize();
        let trailer = trailer(self.keys, self.shards.len() as u32, keys_crc, index_crc.finalize());
        self.buffer.extend_from_slice(&trailer);
        self.flush(false)?;
        self.disk.sync(&self.file)?;
        let RunWriter { path, keys, file, shards, fences, .. } = self;
        Ok(Run { path, keys, file, shards, fences, keys_crc })
    }
}

fn trailer(keys: u64, shards: u32, keys_crc: u32, index_crc: u32) -> [u8; TRAILER] {
    let mut trailer = [0; TRAILER];
    trailer[..8].copy_from_slice(&MAGIC);
    trailer[8..16].copy_from_slice(&keys.to_le_bytes());
    trailer[16..20].copy_from_slice(&shards.to_le_bytes());
    trailer[20..24].copy_from_slice(&keys_crc.to_le_bytes());
    trailer[24..28].copy_from_slice(&index_crc.to_le_bytes());
    let crc = crc32fast::hash(&trailer[..44]);
    trailer[44..].copy_from_slice(&crc.to_le_bytes());
    trailer
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run_of(dir: &Path, keys: impl Iterator<Item = u128>) -> Run {
        let mut writer = RunWriter::create(&Disk::default(), dir.join("run")).expect("creates");
        keys.for_each(|key| writer.push(key).expect("pushes"));
        writer.finish().expect("finishes")
    }

    fn has(run: &Run, key: u128) -> bool {
        let mut known = [false];
        run.mark(&[key], &[filter_hash(key)], &mut known).expect("reads");
        known[0]
    }

    #[test]
    fn a_run_knows_exactly_its_keys_before_and_after_reopening() {
        let dir = tempfile::tempdir().expect("folder");
        for count in [1_u128, 2, 3, 511, 512, 513, 3_000] {
            let written = run_of(dir.path(), (0..count).map(|k| k * 3 + 5));
            let opened = Run::open(&written.path).expect("opens");
            assert_eq!(opened.keys, count as u64);
            for run in [&written, &opened] {
                for key in 0..count * 3 + 10 {
                    assert_eq!(
                        has(run, key),
                        key >= 5 && (key - 5) % 3 == 0 && (key - 5) / 3 < count,
                        "{key} of {count}"
                    );
                }
            }
            let mut reader = opened.reader().expect("reads");
            let mut read = 0;
            while reader.next().expect("key").is_some() {
                read += 1;
            }
            assert_eq!(read, count);
        }
    }

    #[test]
    fn a_run_of_several_shards_costs_under_ten_bits_a_key() {
        let dir = tempfile::tempdir().expect("folder");
        let mut keys: Vec<u128> = (0..2 * SHARD_KEYS as u128 + 77)
            .map(|k| k.wrapping_mul(0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835))
            .collect();
        keys.sort_unstable();
        let run = run_of(dir.path(), keys.iter().copied());
        assert_eq!(run.shards.len(), 3);
        assert!(run.memory_bytes() * 8 < keys.len() * 10, "{} bytes", run.memory_bytes());
        let run = Run::open(&run.path).expect("opens");
        assert!(keys.iter().step_by(97).all(|k| has(&run, *k)));
        assert!(keys.iter().step_by(97).all(|k| !has(&run, k ^ 1)));
    }

    #[test]
    fn a_run_with_a_changed_byte_is_refused() {
        let dir = tempfile::tempdir().expect("folder");
        let run = run_of(dir.path(), 0..700);
        let good = std::fs::read(&run.path).expect("reads");
        for position in (700 * KEY..good.len()).step_by(3).chain(good.len() - TRAILER..good.len()) {
            let mut bad = good.clone();
            bad[position] ^= 1;
            std::fs::write(&run.path, &bad).expect("writes");
            assert!(Run::open(&run.path).is_err(), "byte {position}");
        }
        let mut bad = good.clone();
        bad[33] ^= 1;
        std::fs::write(&run.path, &bad).expect("writes");
        let mut reader = Run::open(&run.path).expect("the index is whole").reader().expect("reads");
        assert!((0..701).any(|_| reader.next().is_err()), "a changed key is noticed when the run is read through");
    }
}
