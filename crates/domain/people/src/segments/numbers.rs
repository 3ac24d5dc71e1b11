//! From the lake's numbers of shoppers to those of the cells. What was looked up stays, until somebody is erased.

use std::sync::{Arc, Mutex, PoisonError};

use fanvine_kernel::Timestamp;
use fanvine_lake::{Lake, LakeError};
use rustc_hash::FxHashMap;

use crate::People;

/// Nobody heard of yet: the lake may be ahead.
pub(crate) const NOBODY: u32 = u32::MAX;
/// Names looked up under one lock.
const SLICE: usize = 4_096;

/// Where the lake's shoppers are kept.
#[derive(Debug, Clone, Default)]
pub(crate) struct Places {
    /// By the lake's number; 0 is for guests.
    cells: Vec<u32>,
    /// When the life of those who were erased before began: what lies before it is nobody's.
    pub(crate) since: Arc<FxHashMap<u32, Timestamp>>,
}

impl Places {
    /// The cell of a shopper of the lake, or [`NOBODY`].
    pub(crate) fn cell(&self, shopper: u32) -> u32 {
        self.cells.get(shopper as usize).copied().unwrap_or(NOBODY)
    }

    fn put(&mut self, shopper: u32, cell: u32) {
        self.cells.get_mut(shopper as usize).into_iter().for_each(|place| *place = cell);
    }
}

/// See the module.
#[derive(Debug, Default)]
pub(crate) struct Numbers(Mutex<Known>);

#[derive(Debug, Default)]
struct Known {
    places: Arc<Places>,
    /// Those of whom nobody was heard yet.
    waiting: Vec<(u32, String)>,
}

impl Numbers {
    /// The cell of every shopper of the lake; blocks while names are read.
    pub(crate) fn of_lake(&self, lake: &Lake, people: &People) -> Result<Arc<Places>, LakeError> {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let Known { places, waiting } = &mut *known;
        let places = Arc::make_mut(places);
        let mut names = std::mem::take(waiting);
        let mut end = places.cells.len();
        let read = lake.shopper_names(end as u32, |number, name| {
            names.push((number, name.to_owned()));
            end = end.max(number as usize + 1);
        });
        places.cells.resize(end, NOBODY);
        for slice in names.chunks(SLICE) {
            let shoppers = people.shoppers();
            for (number, name) in slice {
                let Some(cell) = shoppers.number_of(name) else {
                    waiting.push((*number, name.clone()));
                    continue;
                };
                places.put(*number, cell);
                if let Some(erased_at) = shoppers.erased_at(name) {
                    Arc::make_mut(&mut places.since).insert(*number, erased_at);
                }
            }
        }
        read?;
        Ok(Arc::clone(&known.places))
    }

    /// These keys were erased: whoever has one from now on is somebody else.
    pub(crate) fn forget(&self, lake: &Lake, keys: &[String]) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for key in keys {
            // Those whose name was not read yet are looked up when it is.
            let number = lake.shopper_number(key).filter(|number| known.places.cell(*number) != NOBODY);
            if let Some(number) = number {
                Arc::make_mut(&mut known.places).put(number, NOBODY);
                known.waiting.push((number, key.clone()));
            }
        }
    }
}
