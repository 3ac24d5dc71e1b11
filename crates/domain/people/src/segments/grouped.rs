//! People who have several shopper keys, by number, as identity has them now.

use std::sync::Arc;

use fanvine_contracts::persons::Persons;
use fanvine_lake::{Merges, Snapshot};
use roaring::RoaringBitmap;
use rustc_hash::FxHashMap;

use crate::People;

/// Identity's version, and how many shoppers people and lake knew.
pub(crate) type Version = (u64, usize, u32);

/// See the module. A person is known by the number of the key that was heard of first.
#[derive(Debug, Default)]
pub(crate) struct Grouped {
    /// All numbers of each, ascending, by the first.
    numbers: FxHashMap<u32, Box<[u32]>>,
    /// From the lake's number of each to the first.
    of_lake: FxHashMap<u32, u32>,
    /// The numbers that are not their person's first.
    pub(crate) others: RoaringBitmap,
    /// The same in the lake's numbers.
    pub(crate) merges: Option<Arc<Merges>>,
}

impl Grouped {
    /// All numbers of the person known by this one.
    pub(crate) fn numbers_of<'a>(&'a self, first: &'a u32) -> &'a [u32] {
        self.numbers.get(first).map_or(std::slice::from_ref(first), |numbers| numbers)
    }

    /// The person of a shopper of a walk, if they have several keys.
    pub(crate) fn of_lake(&self, shopper: u32) -> Option<u32> {
        self.of_lake.get(&shopper).copied()
    }

    /// The people who have any of these keys.
    pub(crate) fn people_with(&self, members: &RoaringBitmap) -> RoaringBitmap {
        let mut firsts = members - &self.others;
        let with_others = self.numbers.iter().filter(|(_, all)| all.iter().any(|one| members.contains(*one)));
        firsts.extend(with_others.map(|(first, _)| *first));
        firsts
    }

    fn of(people: &People, persons: Vec<Vec<String>>) -> Self {
        let (mut grouped, mut merged) = (Self::default(), Vec::new());
        let shoppers = people.shoppers();
        for keys in persons {
            let mut numbers: Vec<u32> = keys.iter().filter_map(|key| shoppers.number_of(key)).collect();
            numbers.sort_unstable();
            let of_lake: Vec<u32> = keys.iter().filter_map(|key| people.lake.shopper_number(key)).collect();
            let Some((first, others)) = numbers.split_first() else { continue };
            grouped.others.extend(others);
            grouped.of_lake.extend(of_lake.iter().min().map(|lowest| (*lowest, *first)));
            merged.push(of_lake);
            grouped.numbers.insert(*first, numbers.into_boxed_slice());
        }
        grouped.merges = Some(Merges::of(merged)).filter(|merges| !merges.is_empty()).map(Arc::new);
        grouped
    }
}

impl People {
    /// Who has several keys now. Worked out anew only where that has changed; blocks meanwhile.
    pub(crate) fn grouped(&self, snapshot: &Snapshot) -> Arc<Grouped> {
        let version = (self.identity().version(), self.shoppers().len(), snapshot.shoppers());
        let mut last = self.segments.grouped();
        match &*last {
            Some((known, grouped)) if *known == version => Arc::clone(grouped),
            _ => {
                let grouped = Arc::new(Grouped::of(self, self.identity().merged()));
                *last = Some((version, Arc::clone(&grouped)));
                grouped
            }
        }
    }
}
