//! From the lake's numbers of shoppers to those of the cells. Both only grow, so what was looked up stays.

use std::sync::{Mutex, PoisonError};

use fanvine_lake::{Lake, LakeError};

use crate::People;

/// Nobody heard of yet: the lake may be ahead.
pub(crate) const NOBODY: u32 = u32::MAX;
/// Names looked up under one lock.
const SLICE: usize = 4_096;

/// See the module.
#[derive(Debug, Default)]
pub(crate) struct Numbers(Mutex<Known>);

#[derive(Debug, Default)]
struct Known {
    /// By the lake's number; 0 is for guests.
    cells: Vec<u32>,
    /// Those of whom nobody was heard yet.
    waiting: Vec<(u32, String)>,
}

impl Numbers {
    /// The cell of every number of the lake, by place; blocks while names are read.
    pub(crate) fn of_lake(&self, lake: &Lake, people: &People) -> Result<Vec<u32>, LakeError> {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let Known { cells, waiting } = &mut *known;
        let mut names = std::mem::take(waiting);
        let mut end = cells.len();
        let read = lake.shopper_names(end as u32, |number, name| {
            names.push((number, name.to_owned()));
            end = end.max(number as usize + 1);
        });
        cells.resize(end, NOBODY);
        for slice in names.chunks(SLICE) {
            let shoppers = people.shoppers();
            for (number, name) in slice {
                match (shoppers.number_of(name), cells.get_mut(*number as usize)) {
                    (Some(cell), Some(place)) => *place = cell,
                    _ => waiting.push((*number, name.clone())),
                }
            }
        }
        read?;
        Ok(cells.clone())
    }
}
