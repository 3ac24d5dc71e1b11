//! Shoppers that are one person.

use rustc_hash::FxHashMap;

use super::part::Gathered;
use super::{Plan, Visitor};

/// Which shoppers' numbers are one person. A person's number is the lowest of its shoppers'.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Merges {
    persons: FxHashMap<u32, u32>,
}

/// A shopper's events, held back until those of all shoppers of the person are there.
pub(crate) struct Held {
    pub(crate) person: u32,
    pub(crate) shopper: u32,
    pub(crate) events: Gathered,
}

impl Merges {
    /// Persons with more than one shopper, each by all its shoppers' numbers. No number may be in two.
    pub fn of(persons: impl IntoIterator<Item = Vec<u32>>) -> Self {
        let mut merges = Self::default();
        for shoppers in persons {
            if let Some(first) = shoppers.iter().min().copied()
                && shoppers.len() > 1
            {
                merges.persons.extend(shoppers.into_iter().map(|shopper| (shopper, first)));
            }
        }
        merges
    }

    /// The person of a shopper that is one with others.
    pub fn person(&self, shopper: u32) -> Option<u32> {
        self.persons.get(&shopper).copied()
    }

    /// The shoppers that are one with others, each with the number of the person.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (u32, u32)> + '_ {
        self.persons.iter().map(|(shopper, person)| (*shopper, *person))
    }

    /// Whether every shopper is a person of their own.
    pub fn is_empty(&self) -> bool {
        self.persons.is_empty()
    }
}

/// Shows the persons whose shoppers' events were held back.
pub(crate) fn visit(mut held: Vec<Held>, plan: &Plan<'_>, visitor: &mut dyn Visitor) {
    held.sort_by_key(|one| (one.person, one.shopper));
    for person in held.chunk_by_mut(|left, right| left.person == right.person) {
        let Some((first, others)) = person.split_first_mut() else { continue };
        others.iter().for_each(|other| first.events.append(&other.events));
        first.events.sort();
        first.events.show(first.person, plan, visitor);
    }
}
