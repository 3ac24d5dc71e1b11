//! What is known of a person, for a rule to look at.

use fanvine_kernel::Timestamp;
pub use fanvine_kernel::event::filter::Value;

/// A value and how long it stays so.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Reading<'a> {
    /// The value; several if it is a list, none if it is not known.
    pub values: Vec<Value<'a>>,
    /// The moment from which it may be another though nothing happens; none if it stays.
    pub until: Option<Timestamp>,
}

impl<'a> Reading<'a> {
    /// A single value that stays until something happens.
    pub fn steady(value: Value<'a>) -> Self {
        Self { values: vec![value], until: None }
    }
}

/// What is known of one person besides their events. Asked for one moment: the `now` of the evaluation.
pub trait Facts {
    /// A trait by name.
    fn trait_value(&self, name: &str) -> Reading<'_>;
    /// A computed value by name.
    fn computed(&self, name: &str) -> Reading<'_>;
    /// The weight of a tag (of one of its terms), 0 if not carried, and the moment at which time alone takes it to
    /// the other side of `bar`.
    fn tag(&self, tag: &str, term: Option<&str>, bar: f64) -> (f64, Option<Timestamp>);
    /// Whether they belong to that segment. Asked only of segments that are not compiled together with the rule.
    fn in_segment(&self, segment: &str) -> bool;
    /// Whether they are on that list.
    fn in_list(&self, list: &str) -> bool;
}

/// A number in millionths, the nearest: whole numbers add up to the same in any order. What does not fit becomes the
/// largest that does.
pub(super) fn millionths(number: f64) -> i64 {
    (number * 1e6).round() as i64
}
