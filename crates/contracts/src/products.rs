//! Products as the catalogue describes them: for whoever completes what an event leaves out.

use std::collections::BTreeMap;
use std::sync::Arc;

use fanvine_kernel::{Money, Timestamp};

use crate::shoppers::Asking;

/// The property that names, in the object it stands in, what was not said by the sender but completed from the catalogue.
/// Whoever asks what was *said* of a product leaves those out.
pub const FROM_CATALOGUE: &str = "from_catalogue";

/// A product as the catalogue describes it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DescribedProduct {
    /// What it is called.
    pub name: Option<String>,
    /// Its category.
    pub category: Option<String>,
    /// Its brand.
    pub brand: Option<String>,
    /// Its price, and from when on it has been that.
    pub price: Option<(Money, Timestamp)>,
    /// Whether there are variants with prices of their own.
    pub priced_variants: bool,
}

/// What is in memory of a product.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum InMemory {
    /// The catalogue's description; none if the catalogue does not have it.
    Known(Option<Arc<DescribedProduct>>),
    /// The catalogue was not asked lately.
    Unread,
}

/// Describes products, at the price of a look into memory wherever it was asked before.
pub trait DescribedProducts: Send + Sync {
    /// What is in memory of it. Never older than what the catalogue holds.
    fn in_memory(&self, product_id: &str) -> InMemory;

    /// Reads what is not in memory, all at once; the catalogue's descriptions of those it has, by their numbers.
    fn read<'a>(&'a self, product_ids: Vec<String>) -> Asking<'a, BTreeMap<String, Arc<DescribedProduct>>>;
}
