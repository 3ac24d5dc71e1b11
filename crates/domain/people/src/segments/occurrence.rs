//! An event as segments see it, and whether a rule's selection takes it.

use std::borrow::Cow;

use fanvine_kernel::event::{EventRef, names};
use fanvine_kernel::{Money, Timestamp, Zone};
use serde_json::Value as Json;

use super::rule::{Bound, Field, Measure, Selection};
use super::value::{Value, millionths};

/// Something a shopper did.
#[derive(Debug, Clone, PartialEq)]
pub struct Occurrence<'a> {
    /// What happened.
    pub name: &'a str,
    /// When; never after the moment it was received.
    pub at: Timestamp,
    /// The products it is about.
    pub product_ids: Vec<Cow<'a, str>>,
    /// Their categories.
    pub categories: Vec<Cow<'a, str>>,
    /// Their brands.
    pub brands: Vec<Cow<'a, str>>,
    /// How the shopper came.
    pub channel: Option<&'a str>,
    /// The campaign they came by.
    pub campaign: Option<&'a str>,
    /// What it brought in.
    pub revenue: Option<Money>,
    /// Over how many units.
    pub quantity: Option<i64>,
    /// Its properties: a JSON object, or null.
    pub properties: &'a Json,
}

impl<'a> Occurrence<'a> {
    /// Something of that name at that moment, with what its properties (null if it has none) tell of products: those of
    /// the event itself and of each entry of its `products`. The other fields are empty.
    pub fn told(name: &'a str, at: Timestamp, properties: &'a Json) -> Self {
        let (mut product_ids, mut categories, mut brands) = (Vec::new(), Vec::new(), Vec::new());
        gather(properties, "product_id", &mut product_ids);
        gather(properties, "productId", &mut product_ids);
        gather(properties, "category", &mut categories);
        gather(properties, "brand", &mut brands);
        Self {
            name,
            at,
            product_ids,
            categories,
            brands,
            channel: None,
            campaign: None,
            revenue: None,
            quantity: None,
            properties,
        }
    }

    /// An event, whose properties were parsed by the caller. A sender's clock that runs ahead is set back to the moment of
    /// receipt.
    pub fn of(event: impl Into<EventRef<'a>>, properties: &'a Json) -> Self {
        let event = event.into();
        let mut told = Self::told(event.name, event.occurred_at.min(event.received_at), properties);
        if let Some(id) = event.product_id.filter(|id| !told.product_ids.iter().any(|known| known == id)) {
            told.product_ids.push(id.into());
        }
        Self {
            channel: event.channel,
            campaign: event.campaign,
            revenue: event.revenue_minor.zip(event.currency).map(|(minor, currency)| Money::new(minor, currency)),
            quantity: event.quantity,
            ..told
        }
    }

    /// The values of a field.
    pub fn values(&self, field: &Field) -> Vec<Value<'_>> {
        match field {
            Field::ProductId => texts_of(&self.product_ids),
            Field::Category => texts_of(&self.categories),
            Field::Brand => texts_of(&self.brands),
            Field::Channel => self.channel.map(|text| Value::Text(text.into())).into_iter().collect(),
            Field::Campaign => self.campaign.map(|text| Value::Text(text.into())).into_iter().collect(),
            Field::Revenue => self.revenue.map(Value::Money).into_iter().collect(),
            Field::Quantity => self.quantity.map(|units| Value::Number(units as f64)).into_iter().collect(),
            Field::Property(path) => {
                let mut values = Vec::new();
                descend(self.properties, path, &mut values);
                values
            }
        }
    }

    /// What it adds to a sum: minor units, units or millionths. Nothing if it is of another currency.
    pub(super) fn amount(&self, measure: &Measure) -> Option<i64> {
        match measure {
            Measure::Count(_) | Measure::Days(_) => None,
            Measure::Revenue(bound) => {
                let currency = bound.wanted().currency;
                self.revenue.filter(|revenue| revenue.currency == currency).map(|revenue| revenue.minor)
            }
            Measure::Quantity(_) => self.quantity,
            Measure::Property { path, .. } => {
                let mut values = Vec::new();
                descend(self.properties, path, &mut values);
                values.iter().fold(None, |sum: Option<i64>, value| match value {
                    Value::Number(number) => Some(sum.unwrap_or(0).saturating_add(millionths(*number))),
                    _ => sum,
                })
            }
        }
    }

    /// What ties it to another event: a hash of the field's first value. Without a field, all are tied.
    pub(super) fn tie(&self, field: Option<&Field>) -> Option<u64> {
        let Some(field) = field else { return Some(0) };
        let values = self.values(field);
        Some(match values.first()? {
            Value::Text(text) => fnv1a(text.as_bytes()),
            Value::Number(number) => fnv1a(number.to_string().as_bytes()),
            other => fnv1a(format!("{other:?}").as_bytes()),
        })
    }
}

fn texts_of<'v>(texts: &'v [Cow<'_, str>]) -> Vec<Value<'v>> {
    texts.iter().map(|text| Value::Text(text.as_ref().into())).collect()
}

impl Measure {
    /// What a sum must be, in what [`Occurrence::amount`] counts; none if nothing is added up.
    pub(super) fn sum(&self) -> Option<Bound<i128>> {
        match self {
            Self::Count(_) | Self::Days(_) => None,
            Self::Revenue(bound) => Some(bound.map(|money| money.minor.into())),
            Self::Quantity(bound) => Some(bound.map(i128::from)),
            Self::Property { sum, .. } => Some(sum.map(|number| millionths(number).into())),
        }
    }
}

impl Selection {
    /// Whether it takes this event. What is told of segments is none: rules would feed on their own findings.
    pub fn takes(&self, occurrence: &Occurrence<'_>, zone: Zone) -> bool {
        !names::is_about_segments(occurrence.name)
            && self.names.as_ref().is_none_or(|names| names.iter().any(|name| name == occurrence.name))
            && self.filters.iter().all(|filter| filter.is.holds(&occurrence.values(&filter.field), occurrence.at, zone))
    }
}

/// The texts (or numbers) under `key`, of the properties and of each of their products.
fn gather<'a>(properties: &'a Json, key: &str, into: &mut Vec<Cow<'a, str>>) {
    let products = properties.get("products").and_then(Json::as_array).into_iter().flatten();
    for found in std::iter::once(properties).chain(products).filter_map(|object| object.get(key)) {
        let text = match found {
            Json::String(text) => Cow::from(text.as_str()),
            Json::Number(number) => Cow::from(number.to_string()),
            _ => continue,
        };
        if !into.contains(&text) {
            into.push(text);
        }
    }
}

/// The values at the end of a dotted path. A list on the way stands for each of its entries.
fn descend<'a>(json: &'a Json, path: &str, into: &mut Vec<Value<'a>>) {
    match json {
        Json::Array(entries) => entries.iter().for_each(|entry| descend(entry, path, into)),
        Json::Object(fields) => match path.split_once('.') {
            _ if fields.contains_key(path) => into.extend(fields.get(path).into_iter().flat_map(Value::of_json)),
            Some((key, rest)) => fields.get(key).into_iter().for_each(|inner| descend(inner, rest, into)),
            None => {}
        },
        _ => {}
    }
}

/// FNV-1a with 64 bits (Fowler, Noll, Vo): the same on every machine and in every version, as kept states need.
pub(super) fn fnv1a(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, &byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn an_order_is_about_every_product_of_its_lines() {
        let properties = json!({"products": [{"product_id": 7, "category": "Tea"}, {"productId": "8", "brand": "Yi"}]});
        let text =
            r#"{"id":"m","kind":"track","name":"Order Completed","src":"src_1","uid":"u","at":9,"rx":6,"prd":"7"}"#;
        let event: fanvine_kernel::Event = serde_json::from_str(text).unwrap();
        let order = Occurrence::of(&event, &properties);
        assert_eq!(
            (order.product_ids.len(), &*order.categories, &*order.brands),
            (2, &["Tea".into()][..], &["Yi".into()][..])
        );
        assert_eq!(order.at.micros(), 6, "a clock that runs ahead is set back to the moment of receipt");
        assert_eq!(order.values(&Field::Property("products.category".into())), [Value::Text("Tea".into())]);
        assert_eq!(order.values(&Field::Property("products.category.x".into())), []);
    }

    #[test]
    fn fnv_1a_gives_its_authors_figures() {
        // From the test vectors at http://www.isthe.com/chongo/tech/comp/fnv/.
        assert_eq!(fnv1a(b""), 0xcbf2_9ce4_8422_2325);
        assert_eq!(fnv1a(b"foobar"), 0x8594_4171_f739_67e8);
    }
}
