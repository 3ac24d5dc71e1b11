//! What is done to traits rather than stated, and what holds after all of it.
//!
//! Clients set once, add, append and delete (see `collect::said`). Each of these is kept as a word of its own under the
//! message it came with, and what holds is reckoned when asked: so it does not matter in what order or how often they
//! are told, nor which of a person's keys they were told of.

use std::borrow::Cow;
use std::collections::BTreeMap;

use fanvine_kernel::Timestamp;

use super::traits::Trait;
use crate::json::{elements, text};

/// Decimal places that sums are rounded to: what binary fractions add beyond is nobody's word.
const PLACES: f64 = 1e6;

/// What may be done to a trait.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Doing {
    /// Holds if nothing was said before. Of a source the earliest is kept.
    SetOnce,
    /// Adds to a number.
    Increment,
    /// Puts into a list what is not in it.
    Append,
    /// Takes back everything said before.
    Delete,
}

impl Doing {
    /// All that are done to one trait, which their names precede.
    const TO_ONE: [(&str, Self); 3] =
        [("$set_once", Self::SetOnce), ("$increment", Self::Increment), ("$append", Self::Append)];
    const DELETE: &str = "$delete";

    /// What a client calls by this name.
    pub(super) fn named(key: &str) -> Option<Self> {
        if key == Self::DELETE {
            return Some(Self::Delete);
        }
        Self::TO_ONE.into_iter().find(|(name, _)| *name == key).map(|(_, doing)| doing)
    }

    /// What is done, and to which trait, by the name it is kept under; of a plain statement none.
    pub(crate) fn of_name(kept: &str) -> Option<(Self, &str)> {
        if !kept.starts_with('$') {
            return None;
        }
        if kept == Self::DELETE {
            return Some((Self::Delete, ""));
        }
        let (key, name) = kept.split_once('.')?;
        Self::named(key).map(|doing| (doing, name))
    }
}

impl Trait {
    /// What is done, and to which trait; of a plain statement none.
    fn doing(&self) -> Option<(Doing, &str)> {
        Doing::of_name(&self.name)
    }

    /// Whether it states something, rather than doing something to what is stated.
    pub(crate) fn is_plain(&self) -> bool {
        self.doing().is_none()
    }

    /// The names under which something is kept that decides on the trait of this name.
    pub(crate) fn names_deciding(name: &str) -> Vec<String> {
        let to_one = Doing::TO_ONE.into_iter().map(|(key, _)| format!("{key}.{name}"));
        [name.to_owned(), Doing::DELETE.to_owned()].into_iter().chain(to_one).collect()
    }

    /// Whether this is kept rather than another of the same name and source.
    pub(crate) fn outdoes(&self, other: &Self) -> bool {
        match self.doing() {
            Some((Doing::SetOnce, _)) => self < other,
            _ => self > other,
        }
    }
}

/// What holds: of each name the latest statement, and what was done since; of one moment, the greatest by source and
/// value. By name, without those taken back. What is owned was reckoned, and stated by nobody in these words.
pub fn newest(traits: &[Trait]) -> Vec<Cow<'_, Trait>> {
    let mut by_name: BTreeMap<&str, Words<'_>> = BTreeMap::new();
    let mut deleted: Option<Timestamp> = None;
    for one in traits {
        match one.doing() {
            Some((Doing::Delete, _)) if one.value == "true" => deleted = deleted.max(Some(one.at)),
            Some((Doing::Delete, _)) => {}
            Some((doing, name)) => by_name.entry(name).or_default().done.push((doing, one)),
            None => {
                let stated = &mut by_name.entry(&one.name).or_default().stated;
                *stated = (*stated).max(Some(one));
            }
        }
    }
    by_name.into_iter().filter_map(|(name, words)| words.holding(name, deleted)).collect()
}

/// All there is about one trait.
#[derive(Default)]
struct Words<'a> {
    stated: Option<&'a Trait>,
    done: Vec<(Doing, &'a Trait)>,
}

impl<'a> Words<'a> {
    fn holding(mut self, name: &str, deleted: Option<Timestamp>) -> Option<Cow<'a, Trait>> {
        let stated = self.stated.filter(|one| Some(one.at) >= deleted);
        let since = deleted.max(stated.map(|one| one.at));
        self.done.retain(|(_, one)| Some(one.at) >= since);
        self.done.sort_unstable_by_key(|(_, one)| (one.at, &one.source, &one.value));
        // A source's word may be found twice, waiting to be saved and saved.
        self.done.dedup_by(|(_, later), (_, former)| later == former);
        let stated = stated.filter(|one| !one.value.is_empty());
        if self.done.is_empty() {
            return stated.map(Cow::Borrowed);
        }
        let mut held: Option<(String, &Trait)> = stated.map(|one| (one.value.clone(), one));
        for (doing, one) in self.done {
            let before = held.as_ref().map(|(value, _)| value.as_str());
            let value = match doing {
                Doing::SetOnce => before.is_none().then(|| one.value.clone()).filter(|value| !value.is_empty()),
                Doing::Increment => sum(before, &one.value),
                Doing::Append => Some(list(before, &one.value)),
                Doing::Delete => None,
            };
            if let Some(value) = value {
                held = Some((value, one));
            }
        }
        let (value, by) = held?;
        if stated == Some(by) {
            return Some(Cow::Borrowed(by));
        }
        let source = by.source.split('#').next().unwrap_or_default().to_owned();
        Some(Cow::Owned(Trait { name: name.to_owned(), at: by.at, source, value }))
    }
}

/// None where there is no number to add, or none to add to.
fn sum(before: Option<&str>, more: &str) -> Option<String> {
    let number = |text: &str| text.parse::<f64>().ok().filter(|number| number.is_finite());
    let sum = before.map_or(Some(0.0), number)? + number(more)?;
    let rounded = (sum * PLACES).round() / PLACES;
    // Of great numbers rounding makes infinity.
    Some(if rounded.is_finite() { rounded } else { sum }.to_string())
}

/// A list, as JSON, of what either has; what is no list is an element.
fn list(before: Option<&str>, more: &str) -> String {
    let mut all: Vec<String> = Vec::new();
    for text in before.into_iter().chain([more]) {
        let texts = if text.starts_with('[') {
            elements(text).into_iter().filter_map(self::text).map(Cow::into_owned).collect()
        } else {
            vec![text.to_owned()]
        };
        for one in texts {
            if !all.contains(&one) {
                all.push(one);
            }
        }
    }
    serde_json::Value::from(all).to_string()
}

#[cfg(test)]
mod tests {
    use fanvine_kernel::EventKind;
    use fanvine_testkit::track;
    use proptest::prelude::*;

    use super::*;

    fn told(minute: i64, traits: &str) -> Vec<Trait> {
        let call = track("Identify").kind(EventKind::Identify).user("u").properties(traits);
        Trait::read(&call.with(|event| event.occurred_at = Timestamp::from_seconds(minute * 60)).build())
    }

    fn holding(traits: &[Trait]) -> Vec<(String, String)> {
        newest(traits).into_iter().map(|one| (one.name.clone(), one.value.clone())).collect()
    }

    fn pairs(wanted: &[(&str, &str)]) -> Vec<(String, String)> {
        wanted.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn what_is_done_to_traits_takes_effect_in_order_of_time() {
        let said = [
            told(1, r#"{"$set_once":{"city":"Wuhu","from":"ad"}}"#),
            told(2, r#"{"city":"Hefei","points":10}"#),
            told(3, r#"{"$increment":{"points":2.1}}"#),
            told(4, r#"{"$increment":{"points":0.2,"visits":1}}"#),
            told(5, r#"{"$append":{"likes":["tea","silk"]}}"#),
            told(6, r#"{"$append":{"likes":["silk","jade"]}}"#),
            told(7, r#"{"$set_once":{"from":"friend"}}"#),
        ]
        .concat();
        let all = [
            ("city", "Hefei"),
            ("from", "ad"),
            ("likes", r#"["tea","silk","jade"]"#),
            ("points", "12.3"),
            ("visits", "1"),
        ];
        assert_eq!(holding(&said), pairs(&all));
        assert!(newest(&said).iter().all(|one| !one.source.contains('#')));
    }

    #[test]
    fn what_was_taken_back_starts_anew() {
        let mut said = [told(1, r#"{"points":10,"city":"Wuhu"}"#), told(2, r#"{"$increment":{"points":5}}"#)].concat();
        said.extend(told(3, r#"{"$delete":true}"#));
        assert_eq!(holding(&said), []);
        said.extend(told(4, r#"{"$increment":{"points":1}}"#));
        said.extend(told(5, r#"{"$set_once":{"city":"Hefei"}}"#));
        assert_eq!(holding(&said), pairs(&[("city", "Hefei"), ("points", "1")]));
        said.extend(told(6, r#"{"points":null}"#));
        assert_eq!(holding(&said), pairs(&[("city", "Hefei")]));
    }

    #[test]
    fn what_is_no_number_is_not_added_to() {
        let said = [told(1, r#"{"level":"gold"}"#), told(2, r#"{"$increment":{"level":1,"points":"x"}}"#)].concat();
        assert_eq!(holding(&said), pairs(&[("level", "gold")]));
    }

    proptest! {
        #[test]
        fn neither_order_nor_repetition_matters(
            deeds in proptest::collection::vec((0i64..6, 0usize..6), 1..12), seed in 0usize..1_000,
        ) {
            let kinds = [
                r#"{"n":3}"#, r#"{"n":null}"#, r#"{"$increment":{"n":1}}"#, r#"{"$set_once":{"n":7}}"#,
                r#"{"$delete":true}"#, r#"{"$append":{"n":["a"]}}"#,
            ];
            let said: Vec<Trait> =
                deeds.iter().flat_map(|(minute, kind)| told(*minute, kinds[*kind])).collect();
            let mut other: Vec<Trait> = said.iter().chain(&said).cloned().collect();
            let turn = seed % other.len();
            other.rotate_left(turn);
            other.reverse();
            prop_assert_eq!(holding(&said), holding(&other));
        }
    }
}
