//! Since when events are kept: what is older may be forgotten.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::Timestamp;

/// Since when events are kept, by name. The default keeps all.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeptSince {
    /// Events of these names: since that moment, or all of them.
    pub named: BTreeMap<String, Option<Timestamp>>,
    /// All others.
    pub others: Option<Timestamp>,
}

impl KeptSince {
    /// The first moment of which events of this name are kept; none if all are.
    pub fn of(&self, event: &str) -> Option<Timestamp> {
        self.named.get(event).copied().unwrap_or(self.others)
    }

    /// Whether an event of this name that occurred then is kept.
    pub fn keeps(&self, event: &str, occurred_at: Timestamp) -> bool {
        self.of(event).is_none_or(|since| occurred_at >= since)
    }

    /// Whether everything is.
    pub fn is_everything(&self) -> bool {
        self.latest().is_none()
    }

    /// The moment from which on everything is kept; none if it always was.
    pub fn latest(&self) -> Option<Timestamp> {
        self.named.values().copied().chain([self.others]).max().flatten()
    }

    /// What is kept where both were in force, one after the other.
    pub fn and(&self, other: &Self) -> Self {
        let names = self.named.keys().chain(other.named.keys());
        Self {
            named: names.map(|name| (name.clone(), self.of(name).max(other.of(name)))).collect(),
            others: self.others.max(other.others),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn second(second: i64) -> Option<Timestamp> {
        Some(Timestamp::from_seconds(second))
    }

    #[test]
    fn a_name_without_a_word_of_its_own_is_one_of_the_others() {
        let named = [("Page Viewed".to_owned(), second(100)), ("Order Completed".to_owned(), None)].into();
        let kept = KeptSince { named, others: second(50) };
        assert_eq!(
            [kept.of("Page Viewed"), kept.of("Order Completed"), kept.of("Cart Viewed")],
            [second(100), None, second(50)]
        );
        assert!(kept.keeps("Order Completed", Timestamp::from_seconds(1)));
        assert!(!kept.keeps("Cart Viewed", Timestamp::from_seconds(49)));
        assert!(kept.keeps("Cart Viewed", Timestamp::from_seconds(50)));
        assert_eq!(kept.latest(), second(100));
        assert!(!kept.is_everything() && KeptSince::default().is_everything());
    }

    #[test]
    fn what_was_forgotten_once_stays_missing_when_more_is_kept_later() {
        let before = KeptSince { named: [("a".to_owned(), second(100))].into(), others: second(10) };
        let after = KeptSince { named: [("b".to_owned(), None)].into(), others: second(20) };
        let both = before.and(&after);
        assert_eq!([both.of("a"), both.of("b"), both.of("c")], [second(100), second(10), second(20)]);
    }
}
