//! Who belongs to which segment: for whoever speaks to some shoppers and not to others.

use fanvine_kernel::Timestamp;

/// Tells who belongs to a segment at this moment. Answers come from memory.
pub trait Audience: Send + Sync {
    /// Whether there is such a segment.
    fn has_segment(&self, segment: &str) -> bool;

    /// Whether the shopper with that key belongs to a segment; none if there is no such segment. One who was never heard
    /// of belongs to none.
    fn belongs(&self, segment: &str, shopper_key: &str) -> Option<bool>;

    /// The next people who belong to a segment, in the order in which they were heard of, behind the place `after`; none
    /// if there is no such segment.
    fn members(&self, segment: &str, after: Option<u32>, limit: usize) -> Option<Vec<Member>>;

    /// All keys of the person with that key, itself among them, in order.
    fn keys_of(&self, shopper_key: &str) -> Vec<String>;

    /// When the shopper with that key was erased last; none if never.
    fn erased_at(&self, _shopper_key: &str) -> Option<Timestamp> {
        None
    }
}

/// A person who belongs to a segment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// The place, for the next page.
    pub place: u32,
    /// The user id, if the person has one; else the shopper key that was heard of first.
    pub shopper_key: String,
    /// All keys of the person.
    pub keys: Vec<String>,
}
