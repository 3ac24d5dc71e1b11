//! Random appends, repetitions, reopenings, kills with torn tails, trims and reads, against a simple model.

use std::collections::HashSet;
use std::fs;

use fanvine_stream::{Appended, Log, Record};
use proptest::prelude::*;

use crate::{copy_of, frames, read_all, segment_files, small};

#[derive(Debug, Clone)]
enum Step {
    /// Records by (key, length).
    Append(Vec<(u8, u16)>),
    Close,
    /// Kill, leaving this much of a further frame behind.
    Kill(Vec<u8>),
    Trim(prop::sample::Index),
    Read(prop::sample::Index, u16),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        8 => prop::collection::vec((any::<u8>(), 0..300_u16), 1..8).prop_map(Step::Append),
        1 => Just(Step::Close),
        1 => prop::collection::vec(any::<u8>(), 0..200).prop_map(Step::Kill),
        1 => any::<prop::sample::Index>().prop_map(Step::Trim),
        2 => (any::<prop::sample::Index>(), 0..2000_u16).prop_map(|(at, max)| Step::Read(at, max)),
    ]
}

#[derive(Default)]
struct Model {
    records: Vec<Vec<u8>>,
    seen: HashSet<u8>,
    start: u64,
}

impl Model {
    fn append(&mut self, key: u8, bytes: Vec<u8>) -> Appended {
        if !self.seen.insert(key) {
            return Appended::Duplicate;
        }
        self.records.push(bytes);
        Appended::New { offset: self.records.len() as u64 - 1 }
    }

    fn from(&self, offset: u64) -> Vec<(u64, Vec<u8>)> {
        (offset..).zip(self.records[offset as usize..].iter().cloned()).collect()
    }
}

/// Bytes that compress for some keys and do not for others.
fn bytes_of(key: u8, len: u16) -> Vec<u8> {
    (0..len).map(|i| if key.is_multiple_of(2) { key } else { (i.wrapping_mul(40_503) >> 7) as u8 ^ key }).collect()
}

fn leave_torn_tail(dir: &std::path::Path, torn: &[u8]) {
    let file = segment_files(dir).pop().expect("a segment");
    let mut bytes = fs::read(&file).expect("reads");
    let end = frames(&bytes).last().map_or(0, |frame| frame.1);
    let zeros = bytes.len().saturating_sub(end + torn.len());
    bytes.truncate(end);
    bytes.extend_from_slice(b"FvL1");
    bytes.extend_from_slice(torn);
    bytes.resize(bytes.len() + zeros, 0);
    fs::write(&file, bytes).expect("writes");
}

fn run(steps: Vec<Step>) {
    let mut dir = tempfile::tempdir().expect("folder");
    let mut log = Log::open(dir.path(), small()).expect("opens");
    let mut model = Model::default();
    for step in steps {
        match step {
            Step::Append(records) => {
                let expected: Vec<_> =
                    records.iter().map(|(key, len)| model.append(*key, bytes_of(*key, *len))).collect();
                // Keys of both extremes of the 128 bits.
                let wide = |key: u8| u128::from(key) << (u32::from(key % 2) * 120);
                let records = records.iter().map(|(key, len)| Record { key: wide(*key), bytes: bytes_of(*key, *len) });
                assert_eq!(log.append_blocking(records.collect()).expect("appends"), expected);
            }
            Step::Close => {
                log.close();
                log = Log::open(dir.path(), small()).expect("opens");
            }
            Step::Kill(torn) => {
                // Nothing else appends, so only the keeper of seen keys is under way; let it come to rest.
                log.trim(0).expect("trims nothing");
                let copy = copy_at_rest(&log, &dir);
                leave_torn_tail(copy.path(), &torn);
                log = Log::open(copy.path(), small()).expect("opens");
                dir = copy;
            }
            Step::Trim(at) => {
                let before = at.index(model.records.len() + 1) as u64;
                let start = log.trim(before).expect("trims");
                assert!(start >= model.start && start <= before.max(model.start));
                model.start = start;
            }
            Step::Read(at, max) => {
                let from = model.start + at.index(model.records.len() + 1 - model.start as usize) as u64;
                let batch = log.read(from, usize::from(max)).expect("reads");
                let found: Vec<_> = batch.records().map(|(o, bytes)| (o, bytes.to_vec())).collect();
                assert_eq!(found, model.from(from)[..batch.len()]);
                let bytes: usize = found.iter().map(|(_, bytes)| bytes.len()).sum();
                assert!(bytes <= usize::from(max) || found.len() == 1);
            }
        }
        assert_eq!((log.start(), log.end()), (model.start, model.records.len() as u64));
    }
    assert_eq!(read_all(&log, model.start, 500), model.from(model.start));
}

/// A copy of the folder whose manifest and runs belong together.
fn copy_at_rest(log: &Log, dir: &tempfile::TempDir) -> tempfile::TempDir {
    loop {
        let manifest = || fs::read(dir.path().join("seen/manifest.json")).ok();
        let before = manifest();
        let copy = copy_of(dir.path());
        if manifest() == before {
            return copy;
        }
        assert!(log.end() > 0, "an empty log has nothing under way");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]
    #[test]
    fn the_log_agrees_with_a_simple_model(steps in prop::collection::vec(step(), 1..60)) {
        run(steps);
    }
}
