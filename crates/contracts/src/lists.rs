//! Lists of people that somebody chose once, kept by their keys: for whoever found people worth keeping.

use crate::shoppers::Asking;

/// Keeps lists of people.
pub trait Lists: Send + Sync {
    /// Keeps people under that id, in place of whom it held before; answers how many they are. Segments may name it from then
    /// on.
    fn keep<'a>(&'a self, id: &'a str, name: Option<&'a str>, shopper_keys: Vec<String>) -> Asking<'a, usize>;
}
