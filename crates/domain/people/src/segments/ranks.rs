//! Where buyers stand beside all others: what only a census of everybody gives.

use std::sync::Arc;

use fanvine_kernel::Timestamp;
use fanvine_stats::rfm::Group;
use rustc_hash::FxHashMap;

use crate::People;
use crate::profile::DecodeError;
use crate::standing::StandingError;
use crate::standing::census::{AsOf, Census};
use crate::standing::rfm::{Cuts, Rfm};

/// A census older than this is taken anew while some rule reads it, in microseconds.
pub(crate) const RANKS_STAND: i64 = 300_000_000;

/// A buyer's place.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Rank {
    /// The classic group.
    pub group: Group,
    /// The share of buyers who spent at most as much, 0..1.
    pub spend: f32,
}

/// Every buyer's place at a moment.
#[derive(Debug, Default)]
pub(crate) struct Ranks {
    pub taken_at: Timestamp,
    /// By the number of their first key.
    buyers: FxHashMap<u32, Rank>,
}

impl Ranks {
    /// Counts everybody; see [`People::walk`] for how long that takes.
    pub(crate) fn take(people: &People, now: Timestamp) -> Result<Self, DecodeError> {
        let census = Arc::new(Census::take(people, now)?);
        let as_of = AsOf::new(census, now, people.zone, None);
        let mut ranks = Self { taken_at: now, buyers: FxHashMap::default() };
        let rfm = match Rfm::of(&as_of, Cuts::default()) {
            Ok(rfm) => rfm,
            // Nobody has bought anything.
            Err(StandingError::Unreadable(error)) => return Err(error),
            Err(_) => return Ok(ranks),
        };
        let all = rfm.buyers.len();
        // Who spent most comes first; equals have one rank.
        let mut above = 0;
        let mut spent = None;
        for (place, one) in rfm.buyers.iter().enumerate() {
            if spent != Some(one.spend_minor) {
                (spent, above) = (Some(one.spend_minor), place);
            }
            if let Some((_, number)) = as_of.census.who(one.buyer) {
                let spend = (all - above) as f32 / all as f32;
                ranks.buyers.insert(number, Rank { group: one.group, spend });
            }
        }
        Ok(ranks)
    }

    /// Every buyer, by the number they were counted under.
    pub(crate) fn each(&self, mut tell: impl FnMut(u32, Rank)) {
        self.buyers.iter().for_each(|(number, rank)| tell(*number, *rank));
    }

    /// The place of a person with that key, if it is the one they were counted under.
    pub(crate) fn of(&self, number: u32) -> Option<Rank> {
        self.buyers.get(&number).copied()
    }
}
