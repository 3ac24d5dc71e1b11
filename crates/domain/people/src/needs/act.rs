//! What an event tells of wanting something: read from its properties in one walk.

use std::borrow::Cow;
use std::collections::BTreeSet;

use fanvine_kernel::event::names;
use fanvine_kernel::{Currency, Money};

use super::terms::terms_of;
use crate::json::{elements, fields, text};

/// How much of a search or a name is kept, in characters.
const LONGEST: usize = 128;
/// A rating of this share of the best, or less, is a complaint.
const LOW: f64 = 0.4;
/// Feedback that is no review of a product.
const FEEDBACK_SUBMITTED: &str = "Feedback Submitted";

/// The events that tell something.
pub(super) const EVENTS: [&str; 8] = [
    names::PRODUCTS_SEARCHED,
    names::PRODUCT_ADDED,
    names::WISHLIST_PRODUCT_ADDED_TO_CART,
    names::PRODUCT_VIEWED,
    names::ORDER_COMPLETED,
    names::REVIEW_SUBMITTED,
    names::PRODUCT_REVIEWED,
    FEEDBACK_SUBMITTED,
];

/// Something a person did.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Act {
    /// Searched.
    Searched { query: String, in_vain: bool },
    /// Put into the cart.
    Added(Line),
    /// Looked at a product.
    Viewed { line: Line, out_of_stock: bool },
    /// Ordered these products; any product if none is told.
    Ordered { order: String, products: Vec<String>, total: Option<Money> },
    /// Gave a low rating, in these words.
    Complained(BTreeSet<String>),
}

/// A product and what so many of it cost.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Line {
    pub product: String,
    pub name: Option<String>,
    /// For all of them.
    pub cost: Option<Money>,
    /// Of one.
    pub price: Option<Money>,
}

/// What stands beside the properties of an event.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Beside<'a> {
    pub product: Option<&'a str>,
    pub order: Option<&'a str>,
    pub message: &'a str,
    pub revenue_minor: Option<i64>,
    pub currency: Option<Currency>,
}

impl Act {
    /// Reads an event; none if it tells nothing of this.
    pub fn read(name: &str, properties: &str, beside: Beside<'_>) -> Option<Self> {
        match name {
            names::PRODUCTS_SEARCHED => searched(properties),
            names::PRODUCT_ADDED | names::WISHLIST_PRODUCT_ADDED_TO_CART => {
                Some(Self::Added(line(properties, beside)?.0))
            }
            names::PRODUCT_VIEWED => {
                let (line, out_of_stock) = line(properties, beside)?;
                Some(Self::Viewed { line, out_of_stock })
            }
            names::ORDER_COMPLETED => Some(ordered(properties, beside)),
            names::REVIEW_SUBMITTED | names::PRODUCT_REVIEWED | FEEDBACK_SUBMITTED => complained(properties),
            _ => None,
        }
    }
}

fn searched(properties: &str) -> Option<Act> {
    let (mut query, mut in_vain) = (None, false);
    fields(properties, |key, raw| match key {
        "query" => query = text(raw),
        "results" | "result_count" | "results_count" | "total_results" => {
            in_vain |= raw.starts_with('[') && elements(raw).is_empty() || number(raw) == Some(0.0);
        }
        _ => {}
    });
    let query = cut(&query?.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase());
    (!query.is_empty()).then_some(Act::Searched { query, in_vain })
}

fn line(properties: &str, beside: Beside<'_>) -> Option<(Line, bool)> {
    let (mut product, mut name, mut price, mut quantity) = (beside.product.map(Cow::Borrowed), None, None, 1.0);
    let (mut availability, mut in_stock, mut stock) = (None, None, None);
    // Beside an event that brings nothing in no currency is kept: it is in what the event says.
    let mut currency = beside.currency;
    fields(properties, |key, raw| match key {
        "product_id" | "productId" if product.is_none() => product = text(raw),
        "name" => name = text(raw),
        "price" => price = text(raw),
        "currency" => currency = text(raw).and_then(|code| code.parse().ok()).or(currency),
        "quantity" => quantity = number(raw).unwrap_or(1.0),
        "availability" | "stock_status" => availability = text(raw),
        "in_stock" | "inStock" | "available" => in_stock = Some(raw),
        "stock" | "inventory" | "stock_quantity" | "inventory_quantity" => stock = number(raw),
        _ => {}
    });
    let price = price.zip(currency).and_then(|(text, currency)| Money::from_decimal(&text, currency).ok());
    let units = (quantity.clamp(1.0, 1e6)) as i64;
    let cost = price.map(|price| Money::new(price.minor.saturating_mul(units), price.currency));
    let says_out = availability.is_some_and(|word| is_out(&word));
    let out = says_out || in_stock == Some("false") || stock.is_some_and(|units| units <= 0.0);
    Some((Line { product: cut(&product?), name: name.map(|name| cut(&name)), cost, price }, out))
}

/// As shops and schema.org write it.
fn is_out(word: &str) -> bool {
    let plain: String = word.rsplit('/').next().unwrap_or(word).to_lowercase();
    let plain: String = plain.chars().filter(|letter| letter.is_alphanumeric()).collect();
    matches!(
        plain.as_str(),
        "outofstock" | "out" | "soldout" | "unavailable" | "backorder" | "discontinued" | "缺货" | "售罄" | "无货"
    )
}

fn ordered(properties: &str, beside: Beside<'_>) -> Act {
    let mut products: Vec<String> = Vec::new();
    fields(properties, |key, raw| {
        if key == "products" {
            for element in elements(raw) {
                fields(element, |key, raw| {
                    if matches!(key, "product_id" | "productId")
                        && let Some(id) = text(raw)
                    {
                        products.push(cut(&id));
                    }
                });
            }
        }
    });
    if products.is_empty() {
        products.extend(beside.product.map(cut));
    }
    let total = beside.revenue_minor.zip(beside.currency).map(|(minor, currency)| Money::new(minor, currency));
    Act::Ordered { order: beside.order.unwrap_or(beside.message).to_owned(), products, total }
}

fn complained(properties: &str) -> Option<Act> {
    let (mut rating, mut best, mut words) = (None, 5.0, None);
    fields(properties, |key, raw| match key {
        "rating" | "score" | "stars" => rating = number(raw),
        "rating_max" | "max_rating" | "best_rating" => best = number(raw).filter(|best| *best > 0.0).unwrap_or(best),
        "review_body" | "body" | "text" | "content" | "comment" | "feedback" | "message" => words = text(raw),
        _ => {}
    });
    (rating? / best <= LOW).then_some(())?;
    let terms = terms_of(&words?);
    (!terms.is_empty()).then_some(Act::Complained(terms))
}

fn number(raw: &str) -> Option<f64> {
    text(raw)?.trim().parse().ok().filter(|number: &f64| number.is_finite())
}

fn cut(text: &str) -> String {
    text.chars().take(LONGEST).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(name: &str, properties: &str) -> Option<Act> {
        Act::read(name, properties, Beside { currency: "CNY".parse().ok(), ..Beside::default() })
    }

    #[test]
    fn a_search_is_in_vain_by_its_number_or_its_empty_list() {
        let vain = |properties| {
            read("Products Searched", properties).map(|act| matches!(act, Act::Searched { in_vain: true, .. }))
        };
        assert_eq!(vain(r#"{"query":" 乌龙  TEA ","results":0}"#), Some(true));
        assert_eq!(vain(r#"{"query":"tea","results":[]}"#), Some(true));
        assert_eq!(vain(r#"{"query":"tea","result_count":"0"}"#), Some(true));
        assert_eq!(vain(r#"{"query":"tea","results":[{"id":1}]}"#), Some(false));
        assert_eq!(vain(r#"{"query":"tea"}"#), Some(false));
        assert_eq!(vain(r#"{"query":"  ","results":0}"#), None);
        let act = read("Products Searched", r#"{"query":" 乌龙  TEA ","results":0}"#);
        assert_eq!(act, Some(Act::Searched { query: "乌龙 tea".into(), in_vain: true }));
    }

    #[test]
    fn a_product_is_out_of_stock_however_the_shop_says_it() {
        let out = |properties: &str| {
            let properties = format!(r#"{{"product_id":"p",{properties}}}"#);
            read("Product Viewed", &properties).map(|act| matches!(act, Act::Viewed { out_of_stock: true, .. }))
        };
        for said in [
            r#""availability":"out_of_stock""#,
            r#""availability":"https://schema.org/OutOfStock""#,
            r#""availability":"售罄""#,
            r#""in_stock":false"#,
            r#""stock":0"#,
        ] {
            assert_eq!(out(said), Some(true), "{said}");
        }
        for said in [r#""availability":"InStock""#, r#""in_stock":true"#, r#""stock":3"#] {
            assert_eq!(out(said), Some(false), "{said}");
        }
    }

    #[test]
    fn only_a_low_rating_is_a_complaint() {
        let complained = |properties| read("Review Submitted", properties).is_some();
        assert!(complained(r#"{"rating":2,"review_body":"the lid leaks"}"#));
        assert!(complained(r#"{"rating":4,"rating_max":10,"text":"leaks"}"#));
        assert!(!complained(r#"{"rating":3,"text":"leaks"}"#));
        assert!(!complained(r#"{"text":"leaks"}"#));
        assert!(!complained(r#"{"rating":1}"#));
    }

    #[test]
    fn what_was_put_into_the_cart_costs_its_price_so_many_times() {
        let Some(Act::Added(line)) =
            read("Product Added", r#"{"product_id":7,"name":"Tea","price":"12.50","quantity":3}"#)
        else {
            panic!("no line")
        };
        assert_eq!(
            (line.product.as_str(), line.name.as_deref(), line.cost.map(|cost| cost.minor)),
            ("7", Some("Tea"), Some(3_750))
        );
        let said = r#"{"product_id":"tea","price":20,"currency":"JPY"}"#;
        let Some(Act::Viewed { line, .. }) = read("Product Viewed", said) else { panic!("no line") };
        assert_eq!(line.price, Some(Money::new(20, "JPY".parse().unwrap())));
    }
}
