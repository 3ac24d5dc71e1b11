//! The fields asked about most, lifted out of an event's properties and context.

use std::borrow::Cow;

use fanvine_kernel::{Currency, Money};

use super::channel::{self, Visit};
use super::fault::{Fault, shown};
use super::json::{Scalar, elements, fields, pick, scalar};

/// What properties say.
#[derive(Debug, Default, PartialEq)]
pub struct FromProperties<'a> {
    /// `product_id`, else `sku`; else that of the only entry of `products`.
    pub product_id: Option<Cow<'a, str>>,
    /// `order_id` or `orderId`.
    pub order_id: Option<Cow<'a, str>>,
    /// `quantity`, else the sum over `products` (1 where a line gives none). Fractions are not lifted.
    pub quantity: Option<i64>,
    /// `revenue`; for the events of orders else `total`, else the sum of price × quantity.
    pub revenue: Option<Money>,
    /// `currency`, else the shop's.
    pub currency: Option<Currency>,
    /// `session_id`.
    pub session_id: Option<Cow<'a, str>>,
    /// `channel`.
    pub channel: Option<Cow<'a, str>>,
}

/// What the context says.
#[derive(Debug, Default)]
pub struct FromContext<'a> {
    /// `sessionId` or `session.id`.
    pub session_id: Option<Cow<'a, str>>,
    /// Derived from `campaign`, `page` and `referrer` (see [`channel`]).
    pub channel: Option<&'static str>,
    /// `campaign.name`.
    pub campaign: Option<Cow<'a, str>>,
    /// `page.referrer`, else `referrer` or `referrer.url`.
    pub referrer: Option<Cow<'a, str>>,
    /// `traits`, as it stands.
    pub traits: Option<&'a str>,
    /// `userAgent`.
    pub agent: Option<Cow<'a, str>>,
    /// `ip`.
    pub address: Option<Cow<'a, str>>,
}

#[derive(Default)]
struct Line<'a> {
    product_id: Option<&'a str>,
    sku: Option<&'a str>,
    price: Option<&'a str>,
    quantity: Option<&'a str>,
}

impl<'a> Line<'a> {
    /// Keeps the value if the key is one of a product's.
    fn keep(&mut self, key: &str, value: &'a str) {
        match key {
            "product_id" | "productId" => self.product_id = Some(value),
            "sku" => self.sku = Some(value),
            "price" => self.price = Some(value),
            "quantity" => self.quantity = Some(value),
            _ => {}
        }
    }
}

/// Reads the properties of the event `name`; `shop` is the currency of amounts that give none.
///
/// # Errors
/// A lifted field holds something it cannot.
pub fn from_properties<'a>(
    properties: &'a str,
    name: &str,
    shop: Option<Currency>,
) -> Result<FromProperties<'a>, Fault> {
    let (mut line, mut products) = (Line::default(), None);
    let (mut order, mut revenue, mut total, mut currency, mut session, mut channel) =
        (None, None, None, None, None, None);
    let read = fields(properties, |key, value| match key {
        "products" => products = Some(value),
        "order_id" => order = Some(value),
        "orderId" if order.is_none() => order = Some(value),
        "revenue" => revenue = Some(value),
        "total" => total = Some(value),
        "currency" => currency = Some(value),
        "session_id" | "sessionId" => session = Some(value),
        "channel" => channel = Some(value),
        other => line.keep(other, value),
    });
    if read.is_err() {
        return Err(wrong("properties", "an object", properties));
    }
    let lines = lines_of(products)?;
    let only = if lines.len() == 1 { lines.first() } else { None };
    let currency = currency_of(currency)?.or(shop);
    let of_order = name.starts_with("Order ");
    let revenue = match currency {
        None => None,
        Some(currency) => match (amount(revenue), amount(total)) {
            (Some(text), _) => Some(money("properties.revenue", &text, currency)?),
            (None, Some(text)) if of_order => Some(money("properties.total", &text, currency)?),
            (None, _) if of_order && !lines.is_empty() => sum_of(&lines, currency)?,
            (None, _) if of_order && line.price.is_some() => sum_of(std::slice::from_ref(&line), currency)?,
            _ => None,
        },
    };
    let quantity = match whole("properties.quantity", line.quantity)? {
        Some(quantity) => quantity,
        None if lines.is_empty() => None,
        None => units_of(&lines)?,
    };
    let product = first_text(&[("properties.product_id", line.product_id), ("properties.sku", line.sku)])?;
    let product_id = match (product, only) {
        (None, Some(only)) => first_text(&[
            ("properties.products[0].product_id", only.product_id),
            ("properties.products[0].sku", only.sku),
        ])?,
        (product, _) => product,
    };
    Ok(FromProperties {
        product_id,
        order_id: first_text(&[("properties.order_id", order)])?,
        quantity,
        revenue,
        currency,
        session_id: first_text(&[("properties.session_id", session)])?,
        channel: loose_text(channel),
    })
}

fn lines_of(products: Option<&str>) -> Result<Vec<Line<'_>>, Fault> {
    let Some(products) = products.filter(|raw| *raw != "null") else { return Ok(Vec::new()) };
    let entries = elements(products).ok_or_else(|| wrong("properties.products", "an array of products", products))?;
    let mut lines = Vec::with_capacity(entries.len());
    for (place, entry) in entries.iter().enumerate() {
        let mut line = Line::default();
        fields(entry, |key, value| line.keep(key, value))
            .map_err(|_| wrong(format!("properties.products[{place}]"), "an object", entry))?;
        lines.push(line);
    }
    Ok(lines)
}

/// Σ price × quantity, each line rounded to the minor unit; nothing when no line has a price.
fn sum_of(lines: &[Line<'_>], currency: Currency) -> Result<Option<Money>, Fault> {
    let mut sum = None;
    for (place, line) in lines.iter().enumerate() {
        let Some(price) = amount(line.price) else { continue };
        let field = || Cow::Owned(format!("properties.products[{place}].price"));
        let quantity = match whole("properties.products[].quantity", line.quantity)? {
            None => 1,
            Some(Some(quantity)) => quantity,
            // A fraction of a piece: its worth is not known to the minor unit.
            Some(None) => return Ok(None),
        };
        let worth = Money::from_product(&price, quantity, currency)
            .map_err(|source| Fault::Amount { field: field(), source })?;
        let so_far = sum.unwrap_or(Money::new(0, currency));
        sum = Some(so_far.plus(worth).map_err(|source| Fault::Amount { field: field(), source })?);
    }
    Ok(sum)
}

fn units_of(lines: &[Line<'_>]) -> Result<Option<i64>, Fault> {
    let mut units = 0i64;
    for line in lines {
        match whole("properties.products[].quantity", line.quantity)? {
            None => units = units.saturating_add(1),
            Some(Some(quantity)) => units = units.saturating_add(quantity),
            Some(None) => return Ok(None),
        }
    }
    Ok(Some(units))
}

/// A whole number: none if the field is absent, `Some(None)` if it is a fraction.
fn whole(field: &'static str, raw: Option<&str>) -> Result<Option<Option<i64>>, Fault> {
    let Some(raw) = raw else { return Ok(None) };
    let text = match scalar(raw) {
        Scalar::Null => return Ok(None),
        Scalar::Number(text) => Cow::Borrowed(text),
        Scalar::Text(text) if text.trim().is_empty() => return Ok(None),
        Scalar::Text(text) => text,
        Scalar::Bool(_) | Scalar::Nested => return Err(wrong(field, "a number", raw)),
    };
    let text = text.trim();
    if let Ok(number) = text.parse::<i64>() {
        return Ok(Some(Some(number)));
    }
    match text.parse::<f64>() {
        Ok(number) if number.is_finite() && number.fract() == 0.0 && number.abs() < 9e15 => {
            Ok(Some(Some(number as i64)))
        }
        Ok(number) if number.is_finite() => Ok(Some(None)),
        _ => Err(wrong(field, "a number", raw)),
    }
}

/// The text of an amount as it was written, number or string; none if it is absent, null or empty.
fn amount(raw: Option<&str>) -> Option<Cow<'_, str>> {
    match scalar(raw?) {
        Scalar::Null => None,
        Scalar::Number(text) => Some(Cow::Borrowed(text)),
        Scalar::Text(text) if text.trim().is_empty() => None,
        Scalar::Text(text) => Some(text),
        // Refused by name when it is read as money.
        Scalar::Bool(_) | Scalar::Nested => raw.map(|raw| Cow::Owned(shown(raw))),
    }
}

fn money(field: &'static str, text: &str, currency: Currency) -> Result<Money, Fault> {
    Money::from_decimal(text, currency).map_err(|source| Fault::Amount { field: Cow::Borrowed(field), source })
}

fn currency_of(raw: Option<&str>) -> Result<Option<Currency>, Fault> {
    let Some(raw) = raw else { return Ok(None) };
    match scalar(raw) {
        Scalar::Null => Ok(None),
        Scalar::Text(text) if text.trim().is_empty() => Ok(None),
        Scalar::Text(text) => match text.parse() {
            Ok(currency) => Ok(Some(currency)),
            Err(source) => Err(Fault::Amount { field: Cow::Borrowed("properties.currency"), source }),
        },
        _ => Err(wrong("properties.currency", "a currency code of ISO 4217", raw)),
    }
}

/// The first of the fields that is there, as text; numbers as they were written.
fn first_text<'a>(candidates: &[(&'static str, Option<&'a str>)]) -> Result<Option<Cow<'a, str>>, Fault> {
    for (field, raw) in candidates {
        let Some(raw) = *raw else { continue };
        match scalar(raw) {
            Scalar::Null => {}
            Scalar::Text(text) if text.is_empty() => {}
            Scalar::Text(text) => return Ok(Some(text)),
            Scalar::Number(text) => return Ok(Some(Cow::Borrowed(text))),
            Scalar::Bool(_) | Scalar::Nested => return Err(wrong(*field, "a string or number", raw)),
        }
    }
    Ok(None)
}

/// Text or a number as text; anything else is as if it were absent.
fn loose_text(raw: Option<&str>) -> Option<Cow<'_, str>> {
    match scalar(raw?) {
        Scalar::Text(text) if !text.is_empty() => Some(text),
        Scalar::Number(text) => Some(Cow::Borrowed(text)),
        _ => None,
    }
}

fn wrong(field: impl Into<Cow<'static, str>>, expected: &'static str, got: &str) -> Fault {
    Fault::WrongType { field: field.into(), expected, got: shown(got) }
}

/// Reads the context. What is of no known form inside it is passed over: clients put all sorts of things there.
///
/// # Errors
/// The context is not an object.
pub fn from_context(context: &str) -> Result<FromContext<'_>, Fault> {
    let (mut session_id, mut session, mut campaign, mut page, mut referrer, mut traits) =
        (None, None, None, None, None, None);
    let (mut agent, mut address) = (None, None);
    fields(context, |key, value| match key {
        "sessionId" => session_id = Some(value),
        "session" => session = Some(value),
        "campaign" => campaign = Some(value),
        "page" => page = Some(value),
        "referrer" => referrer = Some(value),
        "traits" => traits = Some(value),
        "userAgent" => agent = Some(value),
        "ip" => address = Some(value),
        _ => {}
    })
    .map_err(|_| wrong("context", "an object", context))?;

    let [inner_session] = pick(session, ["id"]);
    let [name, source, medium] = pick(campaign, ["name", "source", "medium"]);
    let [page_referrer, url] = pick(page, ["referrer", "url"]);
    let [referrer_url] = pick(referrer, ["url"]);
    let (medium, source, url) = (loose_text(medium), loose_text(source), loose_text(url));
    let referrer = loose_text(page_referrer).or_else(|| loose_text(referrer)).or_else(|| loose_text(referrer_url));
    let visit = Visit {
        medium: medium.as_deref(),
        source: source.as_deref(),
        referrer: referrer.as_deref(),
        page: url.as_deref(),
    };
    Ok(FromContext {
        session_id: loose_text(session_id).or_else(|| loose_text(inner_session)),
        channel: channel::of(&visit),
        campaign: loose_text(name),
        referrer,
        traits: traits.filter(|raw| raw.starts_with('{')),
        agent: loose_text(agent),
        address: loose_text(address),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lift(properties: &str) -> FromProperties<'_> {
        from_properties(properties, "Order Completed", "CNY".parse().ok()).unwrap()
    }

    fn fault(properties: &str) -> String {
        from_properties(properties, "Order Completed", "CNY".parse().ok()).unwrap_err().to_string()
    }

    #[test]
    fn revenue_is_exact_from_the_number_as_it_was_written() {
        assert_eq!(lift(r#"{"revenue":1234567890123.45}"#).revenue.unwrap().minor, 123_456_789_012_345);
        assert_eq!(lift(r#"{"revenue":"25.005","currency":"usd"}"#).revenue.unwrap().to_string(), "25.01 USD");
        assert_eq!(lift(r#"{"revenue":1999,"currency":"JPY"}"#).revenue.unwrap().minor, 1_999);
        assert_eq!(lift(r#"{"revenue":null,"total":3.5,"products":[{"price":9}]}"#).revenue.unwrap().minor, 350);
    }

    #[test]
    fn an_order_without_revenue_is_worth_its_lines() {
        let order = lift(r#"{"products":[{"product_id":"a","price":0.335,"quantity":3},{"sku":7,"price":"2"}]}"#);
        assert_eq!(order.revenue.unwrap().minor, 101 + 200);
        assert_eq!((order.quantity, order.product_id), (Some(4), None));
        let one = lift(r#"{"products":[{"sku":7,"price":"2","quantity":"2"}]}"#);
        assert_eq!((one.product_id.as_deref(), one.quantity), (Some("7"), Some(2)));
    }

    #[test]
    fn a_product_seen_brings_nothing_in() {
        let seen = from_properties(r#"{"product_id":"a","price":9.9}"#, "Product Viewed", "CNY".parse().ok()).unwrap();
        assert_eq!((seen.revenue, seen.product_id.as_deref()), (None, Some("a")));
    }

    #[test]
    fn without_any_currency_there_is_no_amount() {
        assert_eq!(from_properties(r#"{"revenue":5}"#, "Order Completed", None).unwrap().revenue, None);
    }

    #[test]
    fn wrong_values_are_named() {
        assert_eq!(fault(r#"{"revenue":"$5"}"#), "`properties.revenue`: `$5` is not a decimal amount");
        assert_eq!(fault(r#"{"revenue":{"a":1}}"#), r#"`properties.revenue`: `{"a":1}` is not a decimal amount"#);
        assert_eq!(
            fault(r#"{"currency":"yuan"}"#),
            "`properties.currency`: `yuan` is not a currency code of ISO 4217, such as CNY"
        );
        assert_eq!(fault(r#"{"quantity":"two"}"#), "`properties.quantity` is \"two\"; expected a number");
        assert_eq!(fault(r#"{"products":{}}"#), "`properties.products` is {}; expected an array of products");
        assert_eq!(fault(r#"{"products":[1]}"#), "`properties.products[0]` is 1; expected an object");
        assert_eq!(fault(r#"{"product_id":["a"]}"#), "`properties.product_id` is [\"a\"]; expected a string or number");
    }

    #[test]
    fn the_context_tells_visit_campaign_and_channel() {
        let context = from_context(
            r#"{"sessionId":1690,"campaign":{"name":"spring","source":"google","medium":"cpc"},"page":{"referrer":"https://x.example/"}}"#,
        )
        .unwrap();
        assert_eq!(context.session_id.as_deref(), Some("1690"));
        assert_eq!((context.campaign.as_deref(), context.channel), (Some("spring"), Some("paid_search")));
        assert_eq!(context.referrer.as_deref(), Some("https://x.example/"));
        assert_eq!(
            from_context(r#"{"session":{"id":"s"},"campaign":"odd"}"#).unwrap().session_id.as_deref(),
            Some("s")
        );
        assert!(from_context("[]").is_err());
    }
}
