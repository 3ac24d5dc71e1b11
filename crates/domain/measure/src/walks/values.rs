//! The values by which a question tells things apart: told apart by all threads in the same way, and not without end.

use std::sync::{Arc, PoisonError, RwLock};

use rustc_hash::FxHashMap;

/// So many values are told apart; the rest is counted together.
pub const MOST_VALUES: usize = 10_000;

/// The number of things without a value.
pub const NO_VALUE: u32 = 0;
/// The number of things whose value came when there were too many.
pub const NOT_TOLD_APART: u32 = u32::MAX;

/// Numbers for values, the same for all who share it.
#[derive(Debug, Default)]
pub struct Values(RwLock<FxHashMap<String, u32>>);

/// One thread's view of it.
#[derive(Debug, Clone)]
pub struct Telling {
    all: Arc<Values>,
    /// Those met before.
    met: FxHashMap<String, u32>,
}

impl Values {
    /// The values by their numbers; at [`NO_VALUE`] none.
    pub fn list(&self) -> Vec<Option<String>> {
        let known = self.0.read().unwrap_or_else(PoisonError::into_inner);
        let mut list = vec![None; known.len() + 1];
        for (value, number) in known.iter() {
            if let Some(place) = list.get_mut(*number as usize) {
                *place = Some(value.clone());
            }
        }
        list
    }

    fn number(&self, value: &str) -> u32 {
        {
            let known = self.0.read().unwrap_or_else(PoisonError::into_inner);
            match known.get(value) {
                Some(number) => return *number,
                None if known.len() >= MOST_VALUES => return NOT_TOLD_APART,
                None => {}
            }
        }
        let mut known = self.0.write().unwrap_or_else(PoisonError::into_inner);
        let next = known.len() as u32 + 1;
        if known.len() >= MOST_VALUES && !known.contains_key(value) {
            return NOT_TOLD_APART;
        }
        *known.entry(value.to_owned()).or_insert(next)
    }
}

impl Telling {
    /// A view of these values.
    pub fn of(all: Arc<Values>) -> Self {
        Self { all, met: FxHashMap::default() }
    }

    /// The number of a value: the same wherever it is met. [`NOT_TOLD_APART`] if there are too many, for all events
    /// with that value.
    pub fn number(&mut self, value: &str) -> u32 {
        if let Some(number) = self.met.get(value) {
            return *number;
        }
        let number = self.all.number(value);
        if number != NOT_TOLD_APART {
            self.met.insert(value.to_owned(), number);
        }
        number
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_has_one_number_for_all_and_too_many_have_none() {
        let all = Arc::new(Values::default());
        let (mut one, mut other) = (Telling::of(all.clone()), Telling::of(all.clone()));
        assert_eq!((one.number("a"), other.number("b"), other.number("a"), one.number("b")), (1, 2, 1, 2));
        (0..MOST_VALUES).for_each(|value| assert!(one.number(&value.to_string()) != NO_VALUE));
        assert_eq!((other.number("one more"), other.number("a")), (NOT_TOLD_APART, 1));
        let list = all.list();
        assert_eq!((list.len(), &list[0], &list[2]), (MOST_VALUES + 1, &None, &Some("b".to_owned())));
    }
}
