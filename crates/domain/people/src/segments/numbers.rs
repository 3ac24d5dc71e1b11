//! From the lake's numbers of shoppers to those of the cells. Both only grow, so what was looked up stays.

use std::sync::{Mutex, PoisonError};

use fanvine_lake::{Lake, LakeError};

use crate::People;
use crate::shoppers::Shoppers;

/// Nobody heard of yet: the lake may be ahead.
pub(crate) const NOBODY: u32 = u32::MAX;
/// Names looked up under one lock.
const SLICE: usize = 4_096;

/// See the module.
#[derive(Debug, Default)]
pub(crate) struct Numbers(Mutex<Vec<u32>>);

impl Numbers {
    /// The cell of every number of the lake, by place; blocks while names are read.
    pub(crate) fn of_lake(&self, lake: &Lake, people: &People) -> Result<Vec<u32>, LakeError> {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        // Those at the end who were not heard of may have been since.
        let firm = known.iter().rposition(|cell| *cell != NOBODY).map_or(0, |last| last + 1);
        known.truncate(firm);
        let from = known.len() as u32;
        let mut names: Vec<(u32, String)> = Vec::new();
        lake.shopper_names(from, |number, name| names.push((number, name.to_owned())))?;
        for slice in names.chunks(SLICE) {
            let shoppers = people.shoppers();
            for (number, name) in slice {
                put(&mut known, *number as usize, &shoppers, name);
            }
        }
        Ok(known.clone())
    }
}

fn put(known: &mut Vec<u32>, place: usize, shoppers: &Shoppers, name: &str) {
    if known.len() <= place {
        known.resize(place + 1, NOBODY);
    }
    let cell = shoppers.number_of(name).unwrap_or(NOBODY);
    known.iter_mut().skip(place).take(1).for_each(|known| *known = cell);
}
