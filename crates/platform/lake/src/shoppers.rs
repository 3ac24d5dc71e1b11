//! Numbers for shoppers.
//!
//! A shopper's name gets the next free number the first time it is seen, and keeps it. In memory
//! there are only 96 bits of the name's hash and the number; the names lie in immutable segments
//! that the catalogue lists, a few of them: a new segment swallows its smaller neighbours.

use rustc_hash::FxBuildHasher;
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use xxhash_rust::xxh3::{xxh3_64, xxh3_128};

use crate::LakeError;
use crate::depot::Depot;

/// A file of shoppers' names, in the order of their numbers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Segment {
    /// Where it lies.
    pub(crate) path: String,
    /// How many names it holds.
    pub(crate) count: u32,
    /// Its size.
    pub(crate) bytes: u64,
    /// XXH3 of its content.
    pub(crate) checksum: u64,
}

/// From a shopper's name to its number.
#[derive(Debug, Default)]
pub(crate) struct Shoppers {
    numbers: HashMap<[u32; 3], u32, FxBuildHasher>,
    count: u32,
    pending: Vec<u8>,
    pending_count: u32,
}

/// Names that no segment holds yet.
#[derive(Debug, Clone, Default)]
pub(crate) struct Pending {
    /// The names, each after its length.
    pub(crate) bytes: Vec<u8>,
    /// How many they are.
    pub(crate) count: u32,
}

impl Shoppers {
    /// Reads the segments, in order.
    pub(crate) fn load(depot: &dyn Depot, segments: &[Segment]) -> Result<Self, LakeError> {
        let mut shoppers = Self::default();
        for segment in segments {
            let bytes = depot.read(&segment.path).map_err(LakeError::io("read", &segment.path))?;
            let damaged = |reason: &str| LakeError::Damaged { path: segment.path.clone(), reason: reason.to_owned() };
            if xxh3_64(&bytes) != segment.checksum {
                return Err(damaged("the checksum differs"));
            }
            shoppers.numbers.reserve(segment.count as usize);
            let before = shoppers.count;
            for name in Names(&bytes) {
                shoppers.count += 1;
                shoppers.numbers.insert(key(name), shoppers.count);
            }
            if shoppers.count - before != segment.count {
                return Err(damaged("it holds another number of names than the catalogue says"));
            }
        }
        Ok(shoppers)
    }

    /// The shopper's number, a new one for a new shopper.
    pub(crate) fn number(&mut self, name: &str) -> Result<u32, LakeError> {
        let key = key(name.as_bytes());
        if let Some(number) = self.numbers.get(&key) {
            return Ok(*number);
        }
        let number = self.count.checked_add(1).ok_or(LakeError::TooManyShoppers)?;
        self.numbers.insert(key, number);
        self.count = number;
        write_name(&mut self.pending, name.as_bytes());
        self.pending_count += 1;
        Ok(number)
    }

    /// The shopper's number, if it has one.
    pub(crate) fn find(&self, name: &str) -> Option<u32> {
        self.numbers.get(&key(name.as_bytes())).copied()
    }

    /// How many shoppers there are.
    pub(crate) fn count(&self) -> u32 {
        self.count
    }

    /// The names to be saved.
    pub(crate) fn pending(&self) -> Pending {
        Pending { bytes: self.pending.clone(), count: self.pending_count }
    }

    /// Forgets the names that were saved.
    pub(crate) fn saved(&mut self, pending: &Pending) {
        self.pending.drain(..pending.bytes.len());
        self.pending_count -= pending.count;
    }
}

/// Tells the names by number, from a number on: those of the segments, then those that wait.
pub(crate) fn each_name(
    depot: &dyn Depot,
    segments: &[Segment],
    pending: &Pending,
    from: u32,
    mut tell: impl FnMut(u32, &str),
) -> Result<(), LakeError> {
    let mut first = 1;
    let mut each = |bytes: &[u8], first: u32| {
        for (name, number) in Names(bytes).zip(first..) {
            if number >= from {
                tell(number, std::str::from_utf8(name).unwrap_or_default());
            }
        }
    };
    for segment in segments {
        if first + segment.count > from {
            let bytes = depot.read(&segment.path).map_err(LakeError::io("read", &segment.path))?;
            each(&bytes, first);
        }
        first += segment.count;
    }
    each(&pending.bytes, first);
    Ok(())
}

/// Writes the pending names as a new last segment. Segments before it that are not much larger are
/// merged into it, so that their number grows with the logarithm of the names'.
pub(crate) fn extend(
    depot: &dyn Depot,
    segments: &[Segment],
    pending: &Pending,
    path: String,
) -> Result<Vec<Segment>, LakeError> {
    let mut kept = segments.to_vec();
    if pending.count == 0 {
        return Ok(kept);
    }
    let (mut swallowed, mut size) = (Vec::new(), pending.bytes.len() as u64);
    while kept.last().is_some_and(|last| last.bytes <= size * 2) {
        if let Some(last) = kept.pop() {
            size += last.bytes;
            swallowed.push(last);
        }
    }
    let mut count = pending.count;
    let mut content = Vec::with_capacity(size as usize);
    for segment in swallowed.iter().rev() {
        content.extend(depot.read(&segment.path).map_err(LakeError::io("read", &segment.path))?);
        count += segment.count;
    }
    content.extend_from_slice(&pending.bytes);
    let mut sink = depot.create(&path).map_err(LakeError::io("write", &path))?;
    sink.write_all(&content).map_err(LakeError::io("write", &path))?;
    sink.seal().map_err(LakeError::io("write", &path))?;
    kept.push(Segment { count, bytes: content.len() as u64, checksum: xxh3_64(&content), path });
    Ok(kept)
}

/// 96 bits: with a hundred million shoppers, two share a key with odds of one in ten trillion.
fn key(name: &[u8]) -> [u32; 3] {
    let hash = xxh3_128(name);
    [hash as u32, (hash >> 32) as u32, (hash >> 64) as u32]
}

fn write_name(into: &mut Vec<u8>, name: &[u8]) {
    let mut length = name.len();
    while length >= 128 {
        into.push((length & 127) as u8 | 128);
        length >>= 7;
    }
    into.push(length as u8);
    into.extend_from_slice(name);
}

struct Names<'a>(&'a [u8]);

impl<'a> Iterator for Names<'a> {
    type Item = &'a [u8];

    fn next(&mut self) -> Option<&'a [u8]> {
        let (mut length, mut shift, mut at) = (0usize, 0u32, 0usize);
        loop {
            let byte = *self.0.get(at)?;
            length |= usize::from(byte & 127).checked_shl(shift)?;
            at += 1;
            shift += 7;
            if byte < 128 {
                break;
            }
        }
        let name = self.0.get(at..at.checked_add(length)?)?;
        self.0 = &self.0[at + length..];
        Some(name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::depot::LocalDepot;

    #[test]
    fn shoppers_keep_their_numbers_over_many_segments() {
        let folder = tempfile::tempdir().unwrap();
        let depot = LocalDepot::open(folder.path(), &["shoppers"]).unwrap();
        let (mut shoppers, mut segments) = (Shoppers::default(), Vec::new());
        let name = |number: u32| format!("{number}-{}", "x".repeat(number as usize % 300));
        for number in 1..=1000 {
            assert_eq!(shoppers.number(&name(number)).unwrap(), number);
            if number % 10 == 0 {
                let pending = shoppers.pending();
                segments = extend(&depot, &segments, &pending, format!("shoppers/{number}")).unwrap();
                shoppers.saved(&pending);
            }
        }
        assert!(segments.len() < 10, "{} segments", segments.len());
        let again = Shoppers::load(&depot, &segments).unwrap();
        assert_eq!(again.count(), 1000);
        assert!((1..=1000).all(|number| again.find(&name(number)) == Some(number)));
        assert_eq!(again.find("nobody"), None);
    }

    #[test]
    fn a_changed_segment_is_refused_by_name() {
        let folder = tempfile::tempdir().unwrap();
        let depot = LocalDepot::open(folder.path(), &["shoppers"]).unwrap();
        let mut shoppers = Shoppers::default();
        shoppers.number("ann").unwrap();
        let segments = extend(&depot, &[], &shoppers.pending(), "shoppers/1".into()).unwrap();
        std::fs::write(folder.path().join("shoppers/1"), b"\x03bob").unwrap();
        let error = Shoppers::load(&depot, &segments).unwrap_err();
        assert_eq!(error.to_string(), "the lake is damaged: shoppers/1: the checksum differs");
    }
}
