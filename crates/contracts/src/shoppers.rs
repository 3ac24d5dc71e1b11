//! What is known of a shopper beside the segments: for whoever decides what they are offered.

use std::collections::BTreeMap;
use std::future::Future;
use std::pin::Pin;

use fanvine_kernel::Problem;

/// What is to come of a question that a store must be asked.
pub type Asking<'a, T> = Pin<Box<dyn Future<Output = Result<T, Problem>> + Send + 'a>>;

/// Tells what the shop says of its shoppers.
pub trait ShopperTraits: Send + Sync {
    /// The traits of these names that the person with that key has now, as they were written.
    fn traits_of<'a>(&'a self, shopper_key: &'a str, names: &'a [&'a str]) -> Asking<'a, BTreeMap<String, String>>;
}

/// Tells who has bought before.
pub trait PastOrders: Send + Sync {
    /// Whether any of these shopper keys has an order that was not cancelled.
    fn has_ordered<'a>(&'a self, shopper_keys: &'a [String]) -> Asking<'a, bool>;
}

/// By what people are told apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KnownBy<'n> {
    /// What they or the shop say of them, by this name.
    Trait(&'n str),
    /// What is computed of what they did, by this name.
    Value(&'n str),
}

/// People by a value that is known of them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ByValue {
    /// The values, each once.
    pub values: Vec<String>,
    /// For everybody of whom one is known: one of their shopper keys, and the place of the value.
    pub of: Vec<(String, u32)>,
    /// Where nobody has any: the names there are.
    pub names: Vec<String>,
}

/// Tells what is known of everybody.
pub trait KnownOfPeople: Send + Sync {
    /// What everybody's value is. Takes seconds where there are millions: to be called where waiting is allowed, within a
    /// runtime.
    ///
    /// # Errors
    /// It is a value by which nobody is told apart: a moment, an amount, a length of time.
    fn by_value(&self, known: KnownBy<'_>) -> Result<ByValue, Problem>;
}
