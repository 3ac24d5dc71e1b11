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
