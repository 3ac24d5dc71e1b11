//! Everybody, one person after the other, without holding up whoever takes events in.
//!
//! Shoppers are locked for a few thousand at a time and only to copy; the copies are read without a lock. So a walk may
//! see some events past the offset it begins at, but misses none before it.

use super::cells::{self, Counted};
use crate::People;
use crate::identity::PersonId;
use crate::profile::{DecodeError, State};

/// Shopper keys copied under one lock.
const SLICE: usize = 2048;

/// A person come by on a walk.
pub(crate) struct Walked {
    /// Who.
    pub id: PersonId,
    /// The number of the shopper key of theirs that was heard of first.
    pub number: u32,
    /// What they did, under all their keys.
    pub state: State,
}

/// A person met among many, in full.
#[derive(Debug)]
pub(crate) struct Met {
    /// Who.
    pub id: PersonId,
    /// The numbers of their shopper keys, the one heard of first before the others.
    pub numbers: Vec<u32>,
    /// What is counted of all of them together.
    pub counted: Counted,
}

/// Some people, and how many there are.
#[derive(Debug)]
pub(crate) struct Gathering {
    /// All events of the log before this offset are in what was seen.
    pub offset: u64,
    /// Everybody heard of.
    pub persons: u64,
    /// Those who were met.
    pub met: Vec<Met>,
}

impl People {
    /// The first `most` people in the order of their ids. These are digests, so it is as if they were drawn.
    pub(crate) fn meet_some(&self, most: usize) -> Result<Gathering, DecodeError> {
        let (offset, mut members) = self.members();
        members.sort_unstable();
        let (mut persons, mut met) = (0, Vec::<Met>::new());
        for of_one in members.chunk_by(|(one, _), (other, _)| one == other) {
            persons += 1;
            let Some((id, _)) = of_one.first().filter(|_| met.len() < most) else { continue };
            let mut one = Met { id: *id, numbers: Vec::with_capacity(of_one.len()), counted: Counted::default() };
            let shoppers = self.shoppers();
            for (_, number) in of_one {
                one.counted.merge(&shoppers.cells.get(*number)?);
                one.numbers.push(*number);
            }
            met.push(one);
        }
        Ok(Gathering { offset, persons, met })
    }

    /// Comes by every person heard of, in the order of their ids, each with the keys they have now. The offset of the
    /// log up to which all events are in what was seen. It takes seconds where there are millions: not on a thread that
    /// others wait for.
    pub(crate) fn walk(&self, mut visit: impl FnMut(Walked)) -> Result<u64, DecodeError> {
        let (offset, mut members) = self.members();
        members.sort_unstable();
        let mut open: Option<Walked> = None;
        for slice in members.chunks(SLICE) {
            let copies: Vec<Box<[u8]>> = {
                let shoppers = self.shoppers();
                slice.iter().map(|(_, number)| shoppers.cells.copy(*number)).collect()
            };
            for (&(id, number), copy) in slice.iter().zip(copies) {
                let state = cells::state(&copy)?;
                match &mut open {
                    Some(person) if person.id == id => person.state.merge(&state),
                    _ => open.replace(Walked { id, number, state }).into_iter().for_each(&mut visit),
                }
            }
        }
        open.into_iter().for_each(visit);
        Ok(offset)
    }

    /// The person and the number of every shopper key, and the offset that was reached before the first was read.
    pub(crate) fn members(&self) -> (u64, Vec<(PersonId, u32)>) {
        let (offset, len) = {
            let shoppers = self.shoppers();
            (shoppers.next_offset(), shoppers.len() as u32)
        };
        let mut members = Vec::with_capacity(len as usize);
        for first in (0..len).step_by(SLICE) {
            let slice = first..len.min(first.saturating_add(SLICE as u32));
            // Copied, because whoever takes events in holds the shoppers while they wait for identity.
            let keys: Vec<String> = {
                let shoppers = self.shoppers();
                slice.clone().map(|number| shoppers.cells.key(number).to_owned()).collect()
            };
            let index = self.identity().read();
            let there = slice.zip(keys).filter(|(_, key)| !key.is_empty());
            members.extend(there.map(|(number, key)| (index.person_of(&key), number)));
        }
        (offset, members)
    }

    /// The shopper keys of these numbers.
    pub(crate) fn keys_of(&self, numbers: impl Iterator<Item = u32>) -> Vec<String> {
        let shoppers = self.shoppers();
        numbers.map(|number| shoppers.cells.key(number).to_owned()).collect()
    }
}
