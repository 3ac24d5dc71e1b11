//! Segments as other rooms see them.

use fanvine_contracts::audience::{Audience, Member};
use fanvine_kernel::Timestamp;

use crate::People;

impl Audience for People {
    fn has_segment(&self, segment: &str) -> bool {
        self.segments.definitions().contains_key(segment)
    }

    fn belongs(&self, segment: &str, shopper_key: &str) -> Option<bool> {
        if !self.has_segment(segment) {
            return None;
        }
        let keys = self.keys_with(shopper_key);
        let numbers: Vec<u32> = {
            let shoppers = self.shoppers();
            keys.iter().filter_map(|key| shoppers.number_of(key)).collect()
        };
        let membership = self.segments.membership();
        Some(membership.of(segment).is_some_and(|held| numbers.iter().any(|one| held.members.contains(*one))))
    }

    fn members(&self, segment: &str, after: Option<u32>, limit: usize) -> Option<Vec<Member>> {
        let from = after.map_or(0, |after| after.saturating_add(1));
        let page: Vec<u32> = self.first_members(segment).ok()?.range(from..).take(limit).collect();
        let members = page.iter().zip(self.shown_members(&page));
        Some(
            members
                .map(|(place, one)| Member { place: *place, shopper_key: one.shopper_id, keys: one.shopper_ids })
                .collect(),
        )
    }

    fn keys_of(&self, shopper_key: &str) -> Vec<String> {
        self.keys_with(shopper_key).into_iter().collect()
    }

    fn erased_at(&self, shopper_key: &str) -> Option<Timestamp> {
        self.shoppers().erased_at(shopper_key)
    }
}
