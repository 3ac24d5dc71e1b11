//! An event as filters see it, and whether a selection takes it.

use std::borrow::Cow;

use serde_json::Value as Json;

use super::value::Value;
use super::{Field, Selection};
use crate::event::{EventRef, names};
use crate::{Money, Timestamp, Zone};

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
        let told = |field: Field| texts_told(properties, &field);
        let (product_ids, categories, brands) = (told(Field::ProductId), told(Field::Category), told(Field::Brand));
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
            Field::Property(path) => Value::at(self.properties, path),
        }
    }
}

impl Field {
    /// Its values as far as an event's properties tell them: all of a property, and what they say of products. Without
    /// the fields that an event has outside of its properties.
    pub fn told<'a>(&self, properties: &'a Json) -> Vec<Value<'a>> {
        match self {
            Self::Property(path) => Value::at(properties, path),
            named => texts_told(properties, named).into_iter().map(Value::Text).collect(),
        }
    }
}

fn texts_of<'v>(texts: &'v [Cow<'_, str>]) -> Vec<Value<'v>> {
    texts.iter().map(|text| Value::Text(text.as_ref().into())).collect()
}

impl Selection {
    /// Whether it takes this event. What is told of segments is none: rules would feed on their own findings.
    pub fn takes(&self, occurrence: &Occurrence<'_>, zone: Zone) -> bool {
        !names::is_about_segments(occurrence.name)
            && self.names.as_ref().is_none_or(|names| names.iter().any(|name| name == occurrence.name))
            && self.filters.iter().all(|filter| filter.is.holds(&occurrence.values(&filter.field), occurrence.at, zone))
    }
}

/// What the properties, and each of their products, tell of this field.
fn texts_told<'a>(properties: &'a Json, field: &Field) -> Vec<Cow<'a, str>> {
    let keys: &[&str] = match field {
        Field::ProductId => &["product_id", "productId"],
        Field::Category => &["category"],
        Field::Brand => &["brand"],
        _ => &[],
    };
    let mut texts = Vec::new();
    keys.iter().for_each(|key| gather(properties, key, &mut texts));
    texts
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

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn an_order_is_about_every_product_of_its_lines() {
        let properties = json!({"products": [{"product_id": 7, "category": "Tea"}, {"productId": "8", "brand": "Yi"}]});
        let text =
            r#"{"id":"m","kind":"track","name":"Order Completed","src":"src_1","uid":"u","at":9,"rx":6,"prd":"7"}"#;
        let event: crate::Event = serde_json::from_str(text).unwrap();
        let order = Occurrence::of(&event, &properties);
        assert_eq!(
            (order.product_ids.len(), &*order.categories, &*order.brands),
            (2, &["Tea".into()][..], &["Yi".into()][..])
        );
        assert_eq!(order.at.micros(), 6, "a clock that runs ahead is set back to the moment of receipt");
        assert_eq!(order.values(&Field::Property("products.category".into())), [Value::Text("Tea".into())]);
        assert_eq!(order.values(&Field::Property("products.category.x".into())), []);
    }
}
