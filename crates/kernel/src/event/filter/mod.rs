//! The one language in which events are chosen: by name, and by what their fields must be.
//!
//! Segments, steps of a funnel, series of a trend: whoever lets people choose events speaks it, in one JSON form.
//!
//! ```
//! # use fanvine_kernel::event::filter::{Occurrence, Selection};
//! # use fanvine_kernel::{Timestamp, Zone};
//! let tea: Selection = serde_json::from_str(
//!     r#"{"names": ["Product Viewed"], "where": [{"field": "category", "is": {"in": ["Tea", "Matcha"]}}]}"#,
//! ).unwrap();
//! let properties = serde_json::json!({"category": "Tea"});
//! let view = Occurrence::told("Product Viewed", Timestamp::from_seconds(0), &properties);
//! assert!(tea.takes(&view, Zone::UTC));
//! ```

mod occurrence;
pub mod span;
mod test;
pub mod text;
mod value;

use serde::{Deserialize, Serialize};

pub use occurrence::Occurrence;
pub use span::{Span, SpanError, Unit};
pub use test::{Literal, Test};
pub use value::Value;

/// Which events count.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Selection {
    /// The event is called one of these; any event if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub names: Option<Vec<String>>,
    /// And passes all of these.
    #[serde(default, rename = "where", skip_serializing_if = "Vec::is_empty")]
    pub filters: Vec<Filter>,
}

/// A field of an event and what it must be.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Filter {
    /// Which field.
    pub field: Field,
    /// What it must be.
    pub is: Test,
}

/// A field of an event. As text: its name, or `properties.` and a path.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
pub enum Field {
    /// The products it is about.
    ProductId,
    /// Their categories.
    Category,
    /// Their brands.
    Brand,
    /// How the shopper came.
    Channel,
    /// The campaign they came by.
    Campaign,
    /// What the event brought in.
    Revenue,
    /// Over how many units.
    Quantity,
    /// A property, by a path of keys joined with dots. A list on the way stands for each of its entries.
    Property(String),
}

impl Field {
    /// The fields with a name of their own.
    pub const NAMED: [(&'static str, Field); 7] = [
        ("product_id", Field::ProductId),
        ("category", Field::Category),
        ("brand", Field::Brand),
        ("channel", Field::Channel),
        ("campaign", Field::Campaign),
        ("revenue", Field::Revenue),
        ("quantity", Field::Quantity),
    ];
}

impl Field {
    /// Whether it is found in an event's properties: what they tell of products is there.
    pub fn is_in_properties(&self) -> bool {
        matches!(self, Self::ProductId | Self::Category | Self::Brand | Self::Property(_))
    }
}

impl From<String> for Field {
    /// A bare name that is no field of its own is a property.
    fn from(text: String) -> Self {
        match Self::NAMED.into_iter().find(|(name, _)| *name == text) {
            Some((_, field)) => field,
            None => Self::Property(text.strip_prefix("properties.").map_or(text.clone(), str::to_owned)),
        }
    }
}

impl From<Field> for String {
    fn from(field: Field) -> String {
        match field {
            Field::Property(path) => format!("properties.{path}"),
            named => {
                Field::NAMED.into_iter().find(|(_, field)| *field == named).map_or("", |(name, _)| name).to_owned()
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bare_name_that_is_no_field_is_a_property() {
        assert_eq!(Field::from("brand".to_owned()), Field::Brand);
        assert_eq!(Field::from("page".to_owned()), Field::from("properties.page".to_owned()));
        assert_eq!(String::from(Field::Property("brand".into())), "properties.brand");
    }
}
