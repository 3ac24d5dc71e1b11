//! The narrow columns once more, to be walked: shopper, moment and event of every row of a file, laid out so that
//! reading them is copying bytes.
//!
//! Product questions walk every event of every shopper and look at little else. Decoding Parquet pages is most of what
//! that costs, so each file carries these columns a second time as raw little-endian words, in blocks between the
//! Parquet row groups (readers of Parquet do not see them). The catalogue knows where a file's [`Index`] lies.
//!
//! A block of `rows` rows that make up `runs` runs of one shopper each:
//!
//! | words of 32 bits | what |
//! | --- | --- |
//! | `2 * runs` | for each run its shopper's number and its rows |
//! | `rows` | seconds |
//! | `rows / 4` or `rows / 2`, rounded up | events: a byte each, or two where the file has many names |
//! | `rows` | microseconds of the second, read only where they matter |
//!
//! An event is its place in the index's dictionary. A shopper's run may go on in the next block. Behind the microseconds
//! lie some wider columns, each in a piece of its own: see [`side`].

mod read;
pub(crate) mod side;
mod write;

use serde::{Deserialize, Serialize};

use side::Texts;

pub(crate) use read::{Block, NarrowFile, index};
pub(crate) use write::NarrowWriter;

/// Rows of a block: what is read at a time, small enough for a core's own cache.
const BLOCK_ROWS: usize = 16 << 10;

/// Where a file's index lies.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct IndexPlace {
    /// Its first byte.
    pub(crate) offset: u64,
    /// How many bytes it takes.
    pub(crate) bytes: u32,
}

/// What the blocks of a file are.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Index {
    /// The lake's code of each of the file's events.
    pub(crate) dictionary: Vec<u16>,
    /// The blocks, in the order of rows.
    pub(crate) blocks: Vec<BlockFacts>,
    /// Of each of [`side::SIDE`] the texts; none where the file does not keep it. A file of an earlier version keeps none.
    #[serde(default)]
    pub(crate) side: Vec<Option<Texts>>,
}

impl Index {
    /// The places of these columns among [`side::SIDE`], if the file keeps all of them.
    pub(crate) fn sides<'n>(&self, mut columns: impl Iterator<Item = &'n str>) -> Option<Vec<usize>> {
        let mut sides = Vec::new();
        let kept = |side: &usize| self.side.get(*side).is_some_and(Option::is_some);
        let all = columns.all(|column| {
            let side = side::SIDE.iter().position(|name| *name == column).filter(kept);
            sides.extend(side);
            side.is_some()
        });
        all.then_some(sides)
    }
}

/// One block.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct BlockFacts {
    /// Its first byte in the file.
    #[serde(rename = "o")]
    pub(crate) offset: u64,
    /// Its rows.
    #[serde(rename = "n")]
    pub(crate) rows: u32,
    /// Its runs.
    #[serde(rename = "r")]
    pub(crate) runs: u32,
    /// Whether events take two bytes.
    #[serde(rename = "w")]
    pub(crate) wide: bool,
    /// Of each of [`side::SIDE`], in how many rows there is a value.
    #[serde(rename = "s", default)]
    pub(crate) side: Vec<u32>,
}

impl BlockFacts {
    /// The words before the microseconds.
    fn front_words(&self) -> usize {
        let (rows, runs) = (self.rows as usize, self.runs as usize);
        2 * runs + rows + self.event_words()
    }

    fn event_words(&self) -> usize {
        (self.rows as usize).div_ceil(if self.wide { 2 } else { 4 })
    }
}
