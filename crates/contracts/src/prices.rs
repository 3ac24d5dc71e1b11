//! What goods cost and did cost: for whoever announces a lower price.

use fanvine_kernel::{Currency, Timestamp};

use crate::shoppers::Asking;

/// Goods: those of any of the products, categories and brands, or everything if none is named; without the exceptions.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Goods {
    /// Products by the shop's number.
    pub products: Vec<String>,
    /// Categories.
    pub categories: Vec<String>,
    /// Brands.
    pub brands: Vec<String>,
    /// Products left out in any case.
    pub except_products: Vec<String>,
}

/// A product on sale, with what it costs and did cost.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PricedProduct {
    /// The shop's number for it.
    pub product_id: String,
    /// What it is called, if the shop told.
    pub name: Option<String>,
    /// A picture of it.
    pub image_url: Option<String>,
    /// Its page.
    pub url: Option<String>,
    /// Its category.
    pub category: Option<String>,
    /// Its brand.
    pub brand: Option<String>,
    /// The price on its page, in minor units of `currency`.
    pub price_minor: i64,
    /// The currency of its prices.
    pub currency: Currency,
    /// What a unit costs the shop, if it told.
    pub cost_minor: Option<i64>,
    /// Its lowest price since the moment asked about.
    pub lowest_minor: i64,
    /// From when on it had that.
    pub lowest_since: Timestamp,
}

/// Tells prices.
pub trait Prices: Send + Sync {
    /// These goods, by number, those with a price that are on sale; at most `most` of them. Lowest prices are those in
    /// force at `since` or later.
    fn prices_of<'a>(&'a self, goods: &'a Goods, since: Timestamp, most: u32) -> Asking<'a, Vec<PricedProduct>>;
}
