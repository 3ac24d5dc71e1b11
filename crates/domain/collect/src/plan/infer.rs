//! A plan written from events that were observed.

use std::collections::BTreeMap;

use fanvine_contracts::products::FROM_CATALOGUE;
use fanvine_kernel::EventKind;
use fanvine_kernel::event::{EventRef, names};
use serde_json::{Map, Value, json};

use super::{Action, PlannedEvent, TrackingPlan};
use crate::segment::json::{Scalar, elements, fields, pick, scalar};

/// How many names of one object are remembered, and how deep it is looked.
const MOST_NAMES: usize = 200;
const DEEPEST: usize = 4;
/// Which part of the objects a property must be in to be called required.
const REQUIRED: f64 = 0.99;
/// How many objects must have been seen for that.
const ENOUGH: u64 = 20;

/// What was seen of the values in one place.
#[derive(Debug, Default)]
struct Seen {
    times: u64,
    null: u64,
    boolean: u64,
    integer: u64,
    number: u64,
    string: u64,
    array: u64,
    object: u64,
    inside: BTreeMap<String, Seen>,
    items: Option<Box<Seen>>,
}

impl Seen {
    fn see(&mut self, raw: &str, levels: usize) {
        self.times += 1;
        match scalar(raw) {
            Scalar::Null => self.null += 1,
            Scalar::Bool(_) => self.boolean += 1,
            Scalar::Text(_) => self.string += 1,
            Scalar::Number(text) if text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-') => self.integer += 1,
            Scalar::Number(_) => self.number += 1,
            Scalar::Nested if raw.starts_with('[') => {
                self.array += 1;
                if levels > 0 {
                    let items = self.items.get_or_insert_default();
                    elements(raw).unwrap_or_default().into_iter().for_each(|element| items.see(element, levels - 1));
                }
            }
            Scalar::Nested => {
                self.object += 1;
                if levels > 0 {
                    // What was completed from the catalogue nobody sends.
                    let completed = completed(raw);
                    let is_ours = |key: &str| key == FROM_CATALOGUE || completed.iter().any(|name| name == key);
                    // What is in the log was read as JSON before.
                    let _ = fields(raw, |key, value| {
                        if !completed.is_empty() && is_ours(key) {
                            return;
                        }
                        let room = self.inside.len() < MOST_NAMES;
                        if let Some(seen) = self.inside.get_mut(key) {
                            seen.see(value, levels - 1);
                        } else if room {
                            self.inside.entry(key.to_owned()).or_default().see(value, levels - 1);
                        }
                    });
                }
            }
        }
    }

    fn schema(&self) -> Value {
        let number = if self.number > 0 { "number" } else { "integer" };
        let types = [
            ("null", self.null),
            ("boolean", self.boolean),
            (number, self.integer + self.number),
            ("string", self.string),
            ("array", self.array),
            ("object", self.object),
        ];
        let found: Vec<&str> = types.into_iter().filter(|(_, times)| *times > 0).map(|(name, _)| name).collect();
        let mut schema = Map::new();
        match found.as_slice() {
            [] => {}
            [one] => drop(schema.insert("type".into(), json!(one))),
            several => drop(schema.insert("type".into(), json!(several))),
        }
        if self.object > 0 {
            let properties: Map<String, Value> =
                self.inside.iter().map(|(name, seen)| (name.clone(), seen.schema())).collect();
            let always = |seen: &Seen| self.object >= ENOUGH && seen.times as f64 >= self.object as f64 * REQUIRED;
            let required: Vec<&String> =
                self.inside.iter().filter(|(_, seen)| always(seen)).map(|(name, _)| name).collect();
            if !required.is_empty() {
                schema.insert("required".into(), json!(required));
            }
            schema.insert("properties".into(), Value::Object(properties));
        }
        if let Some(items) = self.items.as_ref().filter(|items| items.times > 0) {
            schema.insert("items".into(), items.schema());
        }
        Value::Object(schema)
    }
}

/// The fields of an object that were completed.
fn completed(object: &str) -> Vec<String> {
    if !object.contains(FROM_CATALOGUE) {
        return Vec::new();
    }
    let [names] = pick(Some(object), [FROM_CATALOGUE]);
    names.and_then(|names| serde_json::from_str(names).ok()).unwrap_or_default()
}

/// What was observed of events, by name.
#[derive(Debug, Default)]
pub struct Observed {
    events: BTreeMap<String, Seen>,
    /// How many events it was.
    pub count: u64,
}

impl Observed {
    /// Looks at an event; at those of clients, not at the program's own findings.
    pub fn see(&mut self, event: &EventRef<'_>) {
        if names::is_about_segments(event.name) || matches!(event.kind, EventKind::Alias) {
            return;
        }
        self.count += 1;
        let room = self.events.len() < 1_000;
        if !self.events.contains_key(event.name) && !room {
            return;
        }
        self.events.entry(event.name.to_owned()).or_default().see(event.properties.unwrap_or("{}"), DEEPEST);
    }

    /// The plan by which all of them would be as planned; whoever is not is told about.
    pub fn plan(&self) -> TrackingPlan {
        let planned =
            |seen: &Seen| PlannedEvent { description: None, on_violation: Action::Warn, schema: seen.schema() };
        TrackingPlan {
            unknown_events: Action::Warn,
            trim: true,
            coerce: true,
            events: self.events.iter().map(|(name, seen)| (name.clone(), planned(seen))).collect(),
        }
    }
}
