//! What is to be written of who belongs to a segment: who came and went since the last time, and now and then everybody.
//!
//! A change costs four bytes at the end of a table, wherever in the set it falls; everybody is written once the changes
//! beside them have grown to a part of them, so that reading stays as cheap as writing.

use roaring::RoaringBitmap;

/// Changes, in bytes, that may always stand beside a set before it is written whole.
const LEAST: u64 = 4_096;
/// Beyond that, so many times smaller than the set they must be.
const PART: u64 = 4;

/// Numbers of shopper keys that came to a set, and that went.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Changes {
    /// Those who came.
    pub(super) came: Vec<u32>,
    /// Those who went.
    pub(super) went: Vec<u32>,
}

impl Changes {
    pub(super) fn is_empty(&self) -> bool {
        self.came.is_empty() && self.went.is_empty()
    }

    /// How many people more there are by them, where those of `not_first` are other keys of people counted already.
    pub(super) fn people(&self, not_first: &RoaringBitmap) -> i64 {
        let people = |numbers: &[u32]| numbers.iter().filter(|number| !not_first.contains(**number)).count() as i64;
        people(&self.came) - people(&self.went)
    }

    /// Makes a set what it is with them.
    pub(super) fn apply(&self, set: &mut RoaringBitmap) {
        for number in &self.went {
            set.remove(*number);
        }
        set.extend(&self.came);
    }

    /// How many bytes they are.
    pub(super) fn size(&self) -> u64 {
        4 * (1 + self.came.len() as u64 + self.went.len() as u64)
    }

    /// Whether they, beside a set and so many bytes of changes before them, are better written with all of it.
    pub(super) fn fill(&self, set: &RoaringBitmap, beside: u64) -> bool {
        beside + self.size() > LEAST.max(set.serialized_size() as u64 / PART)
    }

    /// How many came, then who came, then who went: 32 bits each, the least first.
    pub(super) fn to_bytes(&self) -> Vec<u8> {
        let count = [self.came.len() as u32];
        count.iter().chain(&self.came).chain(&self.went).flat_map(|number| number.to_le_bytes()).collect()
    }

    /// What [`Changes::to_bytes`] wrote; `None` for anything else.
    pub(super) fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (words, []) = bytes.as_chunks::<4>() else { return None };
        let mut numbers = words.iter().map(|word| u32::from_le_bytes(*word));
        let came = numbers.next()? as usize;
        let came = (came <= numbers.len()).then(|| numbers.by_ref().take(came).collect())?;
        Some(Self { came, went: numbers.collect() })
    }
}

/// What is to be written of a segment in one transaction.
#[derive(Debug, Default)]
pub(super) struct Draft {
    pub(super) changes: Changes,
    /// Everybody who is announced then, where that is to be written instead.
    pub(super) whole: Option<RoaringBitmap>,
    /// Who came (`true`) or went, and is told of.
    pub(super) events: Vec<(u32, bool)>,
    /// Those who were looked at for it.
    pub(super) done: RoaringBitmap,
    /// Whether it was counted.
    pub(super) counted: bool,
    /// How many people belong to it then.
    pub(super) people: u64,
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn changes_are_read_as_they_were_written(came: Vec<u32>, went: Vec<u32>) {
            let changes = Changes { came, went };
            let bytes = changes.to_bytes();
            prop_assert_eq!(bytes.len() as u64, changes.size());
            prop_assert_eq!(Changes::from_bytes(&bytes), Some(changes));
        }

        #[test]
        fn whatever_bytes_there_are_nothing_breaks(bytes: Vec<u8>) {
            if let Some(changes) = Changes::from_bytes(&bytes) {
                prop_assert_eq!(changes.to_bytes(), bytes);
            }
        }
    }

    #[test]
    fn a_set_is_written_whole_once_the_changes_beside_it_are_a_part_of_it() {
        let changes = Changes { came: (0..500).collect(), went: Vec::new() };
        assert!(!changes.fill(&RoaringBitmap::new(), 0));
        assert!(changes.fill(&RoaringBitmap::new(), LEAST / 2 + 100));
        let many: RoaringBitmap = (0..200_000).step_by(2).collect();
        assert!(!changes.fill(&many, LEAST / 2 + 100));
    }
}
