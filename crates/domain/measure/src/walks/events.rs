//! Which events a question means.

use fanvine_kernel::{Code, Problem};
use fanvine_lake::Snapshot;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Events of any of these names.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(transparent)]
pub struct EventNames(pub Vec<String>);

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
    let mut near: Vec<(f64, &str)> = snapshot
        .event_names()
        .map(|known| (strsim::normalized_damerau_levenshtein(&name.to_lowercase(), &known.to_lowercase()), known))
        .filter(|(alike, _)| *alike >= ALIKE)
        .collect();
    near.sort_by(|left, right| right.0.total_cmp(&left.0));
    let near: Vec<String> = near.iter().take(3).map(|(_, known)| format!("`{known}`")).collect();
    let hint = if near.is_empty() { String::new() } else { format!("; did you mean {}?", near.join(" or ")) };
    Problem::new(Code::InvalidParameter, format!("no event is called `{name}`{hint}")).at(at)
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
