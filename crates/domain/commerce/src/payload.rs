//! Reading what events say about products and orders, in the form of Segment's e-commerce spec.
//!
//! Amounts stay the decimal text they were sent as until their currency is known; no float ever holds one.

use std::borrow::Cow;

use fanvine_kernel::{Currency, Money, MoneyError};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

/// The longest identifier that is kept, in bytes: PostgreSQL cannot index much longer ones.
const LONGEST_ID: usize = 512;

/// Why the commerce part of an event cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PayloadError {
    /// The properties are not of the expected form.
    #[error("the properties cannot be read: {0}")]
    Unreadable(String),
    /// A field that must be there is not.
    #[error("`{0}` is missing")]
    Missing(&'static str),
    /// A field holds something else.
    #[error("`{field}` must be {wanted}, not {got}")]
    Wrong {
        /// The field's name.
        field: &'static str,
        /// What it must be.
        wanted: &'static str,
        /// The beginning of what it is.
        got: String,
    },
    /// An amount or currency was refused.
    #[error("`{field}`: {source}")]
    Amount {
        /// The field's name.
        field: &'static str,
        /// Why.
        source: MoneyError,
    },
    /// There are amounts, but nothing says in which currency.
    #[error("there are amounts but no `currency`, and the shop has none set")]
    NoCurrency,
}

/// The fields of properties, and of each entry of `products`, that mean something here.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Said<'a> {
    #[serde(borrow)]
    order_id: Option<&'a RawValue>,
    #[serde(borrow, rename = "orderId")]
    order_id_camel: Option<&'a RawValue>,
    #[serde(borrow)]
    refund_id: Option<&'a RawValue>,
    #[serde(borrow)]
    product_id: Option<&'a RawValue>,
    #[serde(borrow, rename = "productId")]
    product_id_camel: Option<&'a RawValue>,
    #[serde(borrow)]
    sku: Option<&'a RawValue>,
    #[serde(borrow)]
    name: Option<&'a RawValue>,
    #[serde(borrow)]
    category: Option<&'a RawValue>,
    #[serde(borrow)]
    brand: Option<&'a RawValue>,
    #[serde(borrow)]
    variant: Option<&'a RawValue>,
    #[serde(borrow)]
    image_url: Option<&'a RawValue>,
    #[serde(borrow)]
    url: Option<&'a RawValue>,
    #[serde(borrow)]
    coupon: Option<&'a RawValue>,
    #[serde(borrow)]
    currency: Option<&'a RawValue>,
    #[serde(borrow)]
    price: Option<&'a RawValue>,
    #[serde(borrow)]
    quantity: Option<&'a RawValue>,
    #[serde(borrow)]
    discount: Option<&'a RawValue>,
    #[serde(borrow)]
    total: Option<&'a RawValue>,
    #[serde(borrow)]
    revenue: Option<&'a RawValue>,
    #[serde(borrow)]
    subtotal: Option<&'a RawValue>,
    #[serde(borrow)]
    shipping: Option<&'a RawValue>,
    #[serde(borrow)]
    tax: Option<&'a RawValue>,
    #[serde(borrow)]
    products: Option<&'a RawValue>,
    /// What of it was not said but completed from the catalogue.
    #[serde(borrow)]
    from_catalogue: Option<&'a RawValue>,
}

/// The amounts an event gives for an order as a whole, as decimal text.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Amounts {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub total: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub revenue: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub subtotal: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub shipping: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tax: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub discount: Option<String>,
}

/// A product as one line of an order names it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct SaidLine {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub product_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub variant: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub category: Option<String>,
    /// Units; 1 where a fraction was sold (a length, a weight), whose price is then that of the whole fraction.
    pub quantity: i64,
    /// The price of one unit, decimal text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub price: Option<String>,
    /// What was taken off the whole line, decimal text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub discount: Option<String>,
}

/// A product as it was seen: whatever of it the event told.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct SaidProduct {
    pub product_id: String,
    pub sku: Option<String>,
    pub name: Option<String>,
    pub category: Option<String>,
    pub brand: Option<String>,
    pub variant: Option<String>,
    pub image_url: Option<String>,
    pub url: Option<String>,
    pub price: Option<String>,
}

impl<'a> Said<'a> {
    pub(crate) fn read(properties: &'a str) -> Result<Self, PayloadError> {
        let said: Self =
            serde_json::from_str(properties).map_err(|error| PayloadError::Unreadable(error.to_string()))?;
        Ok(said.without_completed())
    }

    /// What the sender said: the catalogue must not learn from itself, and no order is worth what it guessed.
    fn without_completed(mut self) -> Self {
        let Some(raw) = self.from_catalogue else { return self };
        let completed: Vec<Cow<'_, str>> = serde_json::from_str(raw.get()).unwrap_or_default();
        for field in &completed {
            match &**field {
                "name" => self.name = None,
                "category" => self.category = None,
                "brand" => self.brand = None,
                "price" => self.price = None,
                _ => {}
            }
        }
        self
    }

    pub(crate) fn order_id(&self) -> Result<Option<String>, PayloadError> {
        Ok(id("order_id", self.order_id)?.or(id("orderId", self.order_id_camel)?))
    }

    pub(crate) fn refund_id(&self) -> Result<Option<String>, PayloadError> {
        id("refund_id", self.refund_id)
    }

    pub(crate) fn coupon(&self) -> Result<Option<String>, PayloadError> {
        text("coupon", self.coupon)
    }

    pub(crate) fn currency(&self) -> Result<Option<Currency>, PayloadError> {
        text("currency", self.currency)?
            .map(|code| code.parse().map_err(|source| PayloadError::Amount { field: "currency", source }))
            .transpose()
    }

    pub(crate) fn amounts(&self) -> Result<Amounts, PayloadError> {
        Ok(Amounts {
            total: amount("total", self.total)?,
            revenue: amount("revenue", self.revenue)?,
            subtotal: amount("subtotal", self.subtotal)?,
            shipping: amount("shipping", self.shipping)?,
            tax: amount("tax", self.tax)?,
            discount: amount("discount", self.discount)?,
        })
    }

    /// The entries of `products`, if it is there.
    pub(crate) fn products(&self) -> Result<Option<Vec<Said<'a>>>, PayloadError> {
        self.products
            .map(|raw| {
                let products: Vec<Self> = serde_json::from_str(raw.get())
                    .map_err(|error| PayloadError::Unreadable(format!("`products`: {error}")))?;
                Ok(products.into_iter().map(Self::without_completed).collect())
            })
            .transpose()
    }

    fn product_id(&self) -> Result<Option<String>, PayloadError> {
        let named = id("product_id", self.product_id)?.or(id("productId", self.product_id_camel)?);
        Ok(named.or(id("sku", self.sku)?))
    }

    /// The line it describes; none if it names no product.
    pub(crate) fn line(&self) -> Result<SaidLine, PayloadError> {
        let (quantity, price) = quantity_and_price(self.quantity, amount("price", self.price)?)?;
        if let Some(price) = &price {
            let fits = finest("price").and_then(|finest| {
                Money::from_product(price, quantity, finest)
                    .map_err(|source| PayloadError::Amount { field: "price", source })
            });
            fits?;
        }
        Ok(SaidLine {
            product_id: self.product_id()?,
            variant: id("variant", self.variant)?,
            name: text("name", self.name)?,
            category: text("category", self.category)?,
            quantity,
            price,
            discount: amount("discount", self.discount)?,
        })
    }

    /// The product it shows; none if it names none.
    pub(crate) fn product(&self) -> Result<Option<SaidProduct>, PayloadError> {
        let Some(product_id) = self.product_id()? else { return Ok(None) };
        Ok(Some(SaidProduct {
            product_id,
            sku: id("sku", self.sku)?,
            name: text("name", self.name)?,
            category: text("category", self.category)?,
            brand: text("brand", self.brand)?,
            variant: id("variant", self.variant)?,
            image_url: text("image_url", self.image_url)?,
            url: text("url", self.url)?,
            price: amount("price", self.price)?,
        }))
    }
}

/// Text, or a number as it was written; none if absent, null or blank.
fn text(field: &'static str, raw: Option<&RawValue>) -> Result<Option<String>, PayloadError> {
    let Some(raw) = raw.map(RawValue::get) else { return Ok(None) };
    let text: Cow<'_, str> = match raw.as_bytes().first() {
        Some(b'"') => {
            serde_json::from_str::<String>(raw).map_err(|_| wrong(field, "text", raw))?.trim().to_owned().into()
        }
        Some(b'-' | b'0'..=b'9') => raw.into(),
        _ if raw == "null" => return Ok(None),
        _ => return Err(wrong(field, "text", raw)),
    };
    Ok(Some(text.into_owned()).filter(|text| !text.is_empty()))
}

/// Like [`text`], but short enough to be indexed.
fn id(field: &'static str, raw: Option<&RawValue>) -> Result<Option<String>, PayloadError> {
    match text(field, raw)? {
        Some(text) if text.len() > LONGEST_ID => Err(wrong(field, "at most 512 bytes", &text)),
        text => Ok(text),
    }
}

/// An amount as decimal text.
fn amount(field: &'static str, raw: Option<&RawValue>) -> Result<Option<String>, PayloadError> {
    let Some(text) = text(field, raw)? else { return Ok(None) };
    match Money::from_decimal(&text, finest(field)?) {
        Ok(_) => Ok(Some(text)),
        Err(source) => Err(PayloadError::Amount { field, source }),
    }
}

/// The currency with the finest minor unit: an amount that fits it fits any.
fn finest(field: &'static str) -> Result<Currency, PayloadError> {
    "CLF".parse().map_err(|source| PayloadError::Amount { field, source })
}

/// A whole quantity with the unit price, or 1 with the price of the fraction sold.
fn quantity_and_price(
    quantity: Option<&RawValue>,
    price: Option<String>,
) -> Result<(i64, Option<String>), PayloadError> {
    const FIELD: &str = "quantity";
    let Some(text) = text(FIELD, quantity)? else { return Ok((1, price)) };
    let refused = || wrong(FIELD, "a number", &text);
    let (digits, decimals) = decimal(&text).ok_or_else(refused)?;
    if decimals == 0 {
        return Ok((i64::try_from(digits).map_err(|_| refused())?, price));
    }
    let price = match price {
        None => None,
        Some(unit) => {
            let (unit_digits, unit_decimals) = decimal(&unit).ok_or_else(refused)?;
            let product = unit_digits.checked_mul(digits).ok_or_else(refused)?;
            let whole = format!("{product}e-{}", unit_decimals + decimals);
            Money::from_decimal(&whole, finest(FIELD)?).map_err(|_| refused())?;
            Some(whole)
        }
    };
    Ok((1, price))
}

/// Decimal text as an integer and how many of its digits are decimals, trailing zeros dropped: `2.50` is `(25, 1)`.
fn decimal(text: &str) -> Option<(i128, u32)> {
    let (mantissa, exponent) = match text.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, exponent.parse::<i32>().ok()?),
        None => (text, 0),
    };
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let mut digits: i128 = format!("{whole}{fraction}").parse().ok()?;
    let mut decimals = i32::try_from(fraction.len()).ok()?.checked_sub(exponent)?;
    if decimals.unsigned_abs() > 24 {
        return None;
    }
    while decimals < 0 {
        digits = digits.checked_mul(10)?;
        decimals += 1;
    }
    while decimals > 0 && digits % 10 == 0 {
        digits /= 10;
        decimals -= 1;
    }
    Some((digits, decimals.unsigned_abs()))
}

fn wrong(field: &'static str, wanted: &'static str, got: &str) -> PayloadError {
    PayloadError::Wrong { field, wanted, got: got.chars().take(48).collect() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn identifiers_may_be_numbers_and_either_spelling() {
        let said = Said::read(r#"{"orderId": 536365, "product_id": " A1 ", "name": null}"#).unwrap();
        assert_eq!(said.order_id().unwrap().as_deref(), Some("536365"));
        assert_eq!(said.product().unwrap().unwrap().product_id, "A1");
        assert_eq!(Said::read(r#"{"sku": "S"}"#).unwrap().line().unwrap().product_id.as_deref(), Some("S"));
    }

    #[test]
    fn what_was_completed_from_the_catalogue_was_not_said() {
        let said = Said::read(
            r#"{"product_id":"p","name":"Cup","price":9,"from_catalogue":["price","name"],
                "products":[{"product_id":"a","price":3,"brand":"B","from_catalogue":["brand"]}]}"#,
        )
        .unwrap();
        let product = said.product().unwrap().unwrap();
        assert_eq!((product.product_id.as_str(), product.name, product.price), ("p", None, None));
        let line = said.products().unwrap().unwrap().remove(0).product().unwrap().unwrap();
        assert_eq!((line.price.as_deref(), line.brand), (Some("3"), None));
        let odd = Said::read(r#"{"name":"Cup","from_catalogue":{"name":1}}"#).unwrap();
        assert_eq!(odd.line().unwrap().name.as_deref(), Some("Cup"));
    }

    #[test]
    fn amounts_stay_the_text_they_were_sent_as() {
        let said = Said::read(r#"{"total": 0.1, "revenue": "19.999", "tax": null, "shipping": ""}"#).unwrap();
        let amounts = said.amounts().unwrap();
        assert_eq!(amounts.total.as_deref(), Some("0.1"));
        assert_eq!(amounts.revenue.as_deref(), Some("19.999"));
        assert_eq!((amounts.tax, amounts.shipping), (None, None));
    }

    #[test]
    fn a_fraction_of_a_unit_is_one_unit_at_the_price_of_the_fraction() {
        let line = Said::read(r#"{"product_id":"rope","price":"12.50","quantity":1.5}"#).unwrap().line().unwrap();
        assert_eq!((line.quantity, line.price.as_deref()), (1, Some("1875e-2")));
        let line = Said::read(r#"{"product_id":"rope","price":3,"quantity":"2.0"}"#).unwrap().line().unwrap();
        assert_eq!((line.quantity, line.price.as_deref()), (2, Some("3")));
    }

    #[test]
    fn what_cannot_be_used_is_refused_by_field() {
        let error = |json: &str| {
            let said = Said::read(json).unwrap();
            said.amounts().err().or(said.line().err()).or(said.products().err()).unwrap().to_string()
        };
        assert_eq!(error(r#"{"total": "ten"}"#), "`total`: `ten` is not a decimal amount");
        assert_eq!(error(r#"{"quantity": true}"#), "`quantity` must be text, not true");
        assert!(error(r#"{"products": 3}"#).starts_with("the properties cannot be read: `products`"));
        assert!(error(r#"{"price": 99999999999, "quantity": 99999999999}"#).contains("too large to hold"));
        assert!(error(&format!(r#"{{"product_id": "{}"}}"#, "x".repeat(600))).contains("at most 512 bytes"));
    }

    proptest! {
        #[test]
        fn arbitrary_properties_never_panic(text in ".*", number in "-?[0-9]{0,40}(\\.[0-9]{0,40})?(e-?[0-9]{0,4})?") {
            for json in [text.clone(), format!(r#"{{"price":"{number}","quantity":"{number}","products":[{{"price":{number}}}]}}"#)] {
                if let Ok(said) = Said::read(&json) {
                    let _ = (said.amounts(), said.line(), said.products(), said.product(), said.order_id(), said.currency());
                }
            }
        }
    }
}
