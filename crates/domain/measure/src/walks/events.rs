//! Which events a question means.

use fanvine_kernel::event::filter::Filter;
use fanvine_kernel::{Code, Problem};
use fanvine_lake::Snapshot;
use serde::de::{Deserializer, Error};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

/// Events of any of these names.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(transparent)]
pub struct EventNames(pub Vec<String>);

/// A field of an event and what it must be.
#[derive(Debug, Serialize, ToSchema)]
pub struct EventFilter {
    /// `channel`, `campaign`, `product_id`, `category`, `brand`, `revenue`, `quantity`, or `properties.` and a path.
    pub field: String,
    /// `{"eq": …}`, `{"ne": …}`, `{"in": […]}`, `{"lt": …}`, `{"le": …}`, `{"gt": …}`, `{"ge": …}`, `{"between": […, …]}`,
    /// `"exists"`, `{"contains": "…"}` or `{"starts_with": "…"}`; an amount is `{"minor": 1000, "currency": "CNY"}`, a day
    /// `{"day": "2026-11-01"}`.
    pub is: Value,
}

/// Events of some names that pass filters.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AskedSelection {
    /// Any of these names; any event if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub names: Option<EventNames>,
    /// And all of these.
    #[serde(default, rename = "where", skip_serializing_if = "Vec::is_empty")]
    #[schema(value_type = Vec<EventFilter>)]
    pub filters: Vec<Filter>,
}

/// Which events: a list of names, any of which will do, or names with filters.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[serde(untagged)]
pub enum AskedEvents {
    /// Any of these names.
    Names(EventNames),
    /// With filters.
    Chosen(AskedSelection),
}

impl<'de> Deserialize<'de> for AskedEvents {
    fn deserialize<D: Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
        // By hand, so that a mistake is told where it is.
        match Value::deserialize(input)? {
            Value::Object(object) => serde_json::from_value(Value::Object(object)).map(Self::Chosen),
            other => serde_json::from_value(other).map(Self::Names),
        }
        .map_err(D::Error::custom)
    }
}

impl AskedEvents {
    /// The names; none for any event.
    pub fn names(&self) -> Option<&EventNames> {
        match self {
            Self::Names(names) => Some(names),
            Self::Chosen(selection) => selection.names.as_ref(),
        }
    }

    /// The filters.
    pub fn filters(&self) -> &[Filter] {
        match self {
            Self::Names(_) => &[],
            Self::Chosen(selection) => &selection.filters,
        }
    }

    /// The codes of the names; none for any event. See [`EventNames::codes`].
    ///
    /// # Errors
    /// No name is given, or one is unknown.
    pub fn codes(&self, snapshot: &Snapshot, at: &str) -> Result<Option<Vec<u16>>, Problem> {
        self.names().map(|names| names.codes(snapshot, at)).transpose()
    }
}

/// So unlike a name may be to be offered for it: the share of letters that must agree.
const ALIKE: f64 = 0.6;

impl EventNames {
    /// Their codes. A name that never occurred is refused, with those that are spelled alike; `at` says where the
    /// question names it.
    ///
    /// # Errors
    /// No name is given, or one is unknown.
    pub fn codes(&self, snapshot: &Snapshot, at: &str) -> Result<Vec<u16>, Problem> {
        if self.0.is_empty() {
            return Err(Problem::new(Code::InvalidParameter, "name at least one event").at(at));
        }
        self.0.iter().map(|name| snapshot.event_code(name).ok_or_else(|| unknown(name, snapshot, at))).collect()
    }
}

fn unknown(name: &str, snapshot: &Snapshot, at: &str) -> Problem {
    let hint = did_you_mean(name, snapshot.event_names());
    Problem::new(Code::InvalidParameter, format!("no event is called `{name}`{hint}")).at(at)
}

/// The names among those known that are spelled alike, as the end of a sentence; empty if there are none.
pub fn did_you_mean<'k>(name: &str, known: impl Iterator<Item = &'k str>) -> String {
    let mut near: Vec<(f64, &str)> = known
        .map(|known| (strsim::normalized_damerau_levenshtein(&name.to_lowercase(), &known.to_lowercase()), known))
        .filter(|(alike, _)| *alike >= ALIKE)
        .collect();
    near.sort_by(|left, right| right.0.total_cmp(&left.0));
    let near: Vec<String> = near.iter().take(3).map(|(_, known)| format!("`{known}`")).collect();
    if near.is_empty() { String::new() } else { format!("; did you mean {}?", near.join(" or ")) }
}

/// What a table says of an event: the last entry is for names that have no code.
#[inline]
pub fn meaning_of<T: Copy + Default>(table: &[T], event: u16) -> T {
    table.get(usize::from(event)).or(table.last()).copied().unwrap_or_default()
}

/// For each code a value, the default for all codes that were not named; and one more entry, for names without a code.
pub fn table<T: Copy + Default>(snapshot: &Snapshot, named: impl IntoIterator<Item = (u16, T)>) -> Vec<T> {
    let mut table = vec![T::default(); snapshot.event_names().count() + 1];
    for (code, value) in named {
        if let Some(place) = table.get_mut(usize::from(code)) {
            *place = value;
        }
    }
    table
}
