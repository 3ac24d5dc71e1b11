//! What shoppers say of themselves, with who told it and when.

use fanvine_kernel::event::EventRef;
use fanvine_kernel::{EventKind, Timestamp};
use serde::{Deserialize, Serialize};

use super::doing::Doing;
use crate::json::{fields, text};

/// How many traits of one event are looked at, and how long a value may be, in bytes.
const MOST: usize = 100;
const LONGEST: usize = 1_024;

/// One statement about a shopper.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Trait {
    /// What it is about: `gender`, `city`; `address.city` for what stands inside. `$increment.points` and its like
    /// are no statements, but what is done to one ([`Doing`]).
    pub name: String,
    /// Since when it is said.
    pub at: Timestamp,
    /// Who says it: a source's id, `upload`, `survey` …
    pub source: String,
    /// The text, or a number, truth value or list of such as it was written; empty where the trait is taken back (a JSON `null`).
    pub value: String,
}

impl Trait {
    /// The traits an event states: those of an identify call, else those in its context.
    pub fn read<'a>(event: impl Into<EventRef<'a>>) -> Vec<Self> {
        let event = event.into();
        let mut traits = Vec::new();
        let (at, source, once) = (event.occurred_at, event.source, format!("{}#{:032x}", event.source, event.key()));
        let mut keep = |name: String, raw: &str, source: &str| {
            let value = match raw {
                "true" | "false" => Some(raw.into()),
                "null" => Some("".into()),
                _ if raw.starts_with('[') => Some(raw.into()),
                _ => text(raw),
            };
            let value = value.filter(|value| value.len() <= LONGEST && name.len() <= LONGEST);
            if let Some(value) = value.filter(|_| traits.len() < MOST) {
                traits.push(Self { name, at, source: source.to_owned(), value: value.into_owned() });
            }
        };
        let mut read = |object: &str| {
            fields(object, |key, raw| match (Doing::named(key), raw.starts_with('{')) {
                (Some(Doing::Delete), false) => keep(key.to_owned(), raw, source),
                (Some(Doing::SetOnce), true) => fields(raw, |name, raw| keep(format!("{key}.{name}"), raw, source)),
                // Each counts by itself, and once, however often it is told.
                (Some(Doing::Increment | Doing::Append), true) => {
                    fields(raw, |name, raw| keep(format!("{key}.{name}"), raw, &once));
                }
                (Some(_), _) => {}
                (None, true) => fields(raw, |inner, raw| keep(format!("{key}.{inner}"), raw, source)),
                (None, false) => keep(key.to_owned(), raw, source),
            });
        };
        match (event.kind, event.properties, event.context) {
            (EventKind::Identify, Some(properties), _) => read(properties),
            (_, _, Some(context)) if event.kind != EventKind::Group => {
                fields(context, |key, raw| {
                    if key == "traits" {
                        read(raw)
                    }
                });
            }
            _ => {}
        }
        traits
    }
}

#[cfg(test)]
mod tests {
    use super::super::newest;
    use super::*;
    use fanvine_kernel::event::Json;
    use fanvine_testkit::track;

    #[test]
    fn an_identify_call_states_traits() {
        let event = track("Identify")
            .kind(EventKind::Identify)
            .properties(r#"{"gender":"f","age":31,"vip":true,"none":null,"address":{"city":"杭州"},"list":[1],"$set_once":{"a":1}}"#)
            .build();
        let read: Vec<_> = Trait::read(&event).into_iter().map(|one| (one.name, one.value)).collect();
        let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        assert_eq!(
            read,
            [
                pair("gender", "f"),
                pair("age", "31"),
                pair("vip", "true"),
                pair("none", ""),
                pair("address.city", "杭州"),
                pair("list", "[1]"),
                pair("$set_once.a", "1")
            ]
        );
        let context = Json::parse(r#"{"traits":{"city":"x"}}"#).ok();
        let viewed = track("Product Viewed").with(|event| event.context = context).build();
        assert_eq!(Trait::read(&viewed)[0].name, "city");
    }

    #[test]
    fn the_latest_word_on_a_trait_holds() {
        let said = |name: &str, at: i64, value: &str| Trait {
            name: name.into(),
            at: Timestamp::from_seconds(at),
            source: "s".into(),
            value: value.into(),
        };
        let traits = [said("city", 2, "new"), said("age", 1, "30"), said("city", 1, "old"), said("city", 2, "mew")];
        let values: Vec<_> = newest(&traits).into_iter().map(|one| one.value.clone()).collect();
        assert_eq!(values, ["30", "new"]);
        assert!(newest(&[said("city", 1, "old"), said("city", 2, "")]).is_empty());
    }
}
