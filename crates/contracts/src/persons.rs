//! Which shopper keys are one person: for whoever counts people over what each key did.

/// Tells which shopper keys are one person. Answers come from memory.
pub trait Persons: Send + Sync {
    /// Changes whenever [`Self::merged`] may answer differently than before.
    fn version(&self) -> u64;

    /// The persons who have more than one shopper key, each with all of them.
    fn merged(&self) -> Vec<Vec<String>>;
}

/// Nobody has more than one key: for a program, or a test, without anyone who knows better.
pub struct NoPersons;

impl Persons for NoPersons {
    fn version(&self) -> u64 {
        0
    }

    fn merged(&self) -> Vec<Vec<String>> {
        Vec::new()
    }
}
