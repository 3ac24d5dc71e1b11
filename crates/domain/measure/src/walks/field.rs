//! A field of an event, by which a question chooses, cuts or ties.

use std::borrow::Cow;

use fanvine_kernel::event::filter::{self, Value};
use fanvine_kernel::{Code, Currency, Money, Problem};
use fanvine_lake::{Column, Run};
use serde_json::Value as Json;

use super::pick::Keys;

/// A field of an event as a walk reads it. As text: `channel`, `product_id` …, or `properties.` and a path of keys joined
/// with dots.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Field {
    /// One that has a column of its own.
    Column(Column),
    /// What it brought in.
    Revenue,
    /// Over how many units.
    Quantity,
    /// The products it is about: those of its lines, and the one in the column.
    Products,
    /// What only its properties tell.
    Told(filter::Field),
}

/// The fields with a column of their own.
const NAMED: [(&str, Field); 12] = [
    ("channel", Field::Column(Column::Channel)),
    ("campaign", Field::Column(Column::Campaign)),
    ("referrer", Field::Column(Column::Referrer)),
    ("product_id", Field::Column(Column::ProductId)),
    ("order_id", Field::Column(Column::OrderId)),
    ("session_id", Field::Column(Column::SessionId)),
    ("source_id", Field::Column(Column::SourceId)),
    ("currency", Field::Column(Column::Currency)),
    ("revenue", Field::Revenue),
    ("quantity", Field::Quantity),
    ("category", Field::Told(filter::Field::Category)),
    ("brand", Field::Told(filter::Field::Brand)),
];

impl Field {
    /// Reads its name; `at` says where the question has it.
    ///
    /// # Errors
    /// It is neither a column nor a property.
    pub fn parse(text: &str, at: &str) -> Result<Self, Problem> {
        if let Some((_, field)) = NAMED.into_iter().find(|(name, _)| *name == text) {
            return Ok(field);
        }
        match text.strip_prefix("properties.").filter(|path| !path.is_empty()) {
            Some(path) => Ok(Self::Told(filter::Field::Property(path.to_owned()))),
            None => {
                let names = NAMED.map(|(name, _)| name).join(", ");
                let text = format!("`{text}` is no field of an event; it may be {names} or `properties.` and a key");
                Err(Problem::new(Code::InvalidParameter, text).at(at))
            }
        }
    }

    /// The columns in which it lies.
    pub fn columns(&self) -> &[Column] {
        match self {
            Self::Column(column) => std::slice::from_ref(column),
            Self::Revenue => &[Column::RevenueMinor, Column::Currency],
            Self::Quantity => &[Column::Quantity],
            Self::Products => &[Column::Properties, Column::ProductId],
            Self::Told(_) => &[Column::Properties],
        }
    }

    /// The keys of an event's properties that it needs.
    pub fn keys(&self) -> Vec<&str> {
        match self {
            Self::Column(_) | Self::Revenue | Self::Quantity => Vec::new(),
            Self::Products => vec!["product_id", "productId", "products"],
            Self::Told(filter::Field::Property(path)) => {
                let first = path.split_once('.').map(|(first, _)| first);
                first.into_iter().chain([path.as_str()]).collect()
            }
            Self::Told(_) => vec!["category", "brand", "products"],
        }
    }

    /// Its values in an event of these properties (null where it has none, or none are needed).
    pub fn values<'a>(&self, run: &Run<'a>, event: usize, properties: &'a Json) -> Vec<Value<'a>> {
        let text = |column: Column| run.text(column, event).map(|text| Value::Text(text.into()));
        match self {
            Self::Column(column) => text(*column).into_iter().collect(),
            Self::Revenue => revenue(run, event).map(Value::Money).into_iter().collect(),
            Self::Quantity => {
                run.int(Column::Quantity, event).map(|units| Value::Number(units as f64)).into_iter().collect()
            }
            Self::Products => {
                let mut told = filter::Field::ProductId.told(properties);
                told.extend(text(Column::ProductId).filter(|own| !told.contains(own)));
                told
            }
            Self::Told(field) => field.told(properties),
        }
    }

    /// Its first value in an event, as text; none where it has none.
    pub fn value<'a>(&self, run: &Run<'a>, event: usize) -> Option<Cow<'a, str>> {
        if let Self::Column(column) = self {
            return run.text(*column, event).map(Cow::Borrowed);
        }
        let properties = Keys::of([self]).read(run, event);
        self.values(run, event, &properties).first().map(|value| Cow::Owned(text_of(value).into_owned()))
    }
}

/// What an event brought in.
pub fn revenue(run: &Run<'_>, event: usize) -> Option<Money> {
    let currency: Currency = run.text(Column::Currency, event)?.parse().ok()?;
    Some(Money::new(run.int(Column::RevenueMinor, event)?, currency))
}

/// A value as text.
pub fn text_of<'v>(value: &'v Value<'_>) -> Cow<'v, str> {
    match value {
        Value::Text(text) => Cow::Borrowed(text.as_ref()),
        Value::Number(number) => Cow::Owned(number.to_string()),
        Value::Bool(bool) => Cow::Borrowed(if *bool { "true" } else { "false" }),
        Value::Time(moment) => Cow::Owned(moment.to_string()),
        Value::Money(money) => Cow::Owned(money.to_string()),
    }
}

impl From<filter::Field> for Field {
    /// What has a column of its own is read there, also where it is called a property.
    fn from(field: filter::Field) -> Self {
        match field {
            filter::Field::ProductId => Self::Products,
            filter::Field::Channel => Self::Column(Column::Channel),
            filter::Field::Campaign => Self::Column(Column::Campaign),
            filter::Field::Revenue => Self::Revenue,
            filter::Field::Quantity => Self::Quantity,
            filter::Field::Property(path) => match path.as_str() {
                "referrer" => Self::Column(Column::Referrer),
                "order_id" => Self::Column(Column::OrderId),
                "session_id" => Self::Column(Column::SessionId),
                "source_id" => Self::Column(Column::SourceId),
                "currency" => Self::Column(Column::Currency),
                _ => Self::Told(filter::Field::Property(path)),
            },
            told => Self::Told(told),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_columns_or_properties_and_nothing_else() {
        assert_eq!(Field::parse("channel", "by").unwrap(), Field::Column(Column::Channel));
        let nested = Field::Told(filter::Field::Property("a.b".into()));
        assert_eq!(Field::parse("properties.a.b", "by").unwrap(), nested);
        assert_eq!(nested.keys(), ["a", "a.b"]);
        for wrong in ["colour", "properties.", ""] {
            let problem = Field::parse(wrong, "by").unwrap_err();
            assert!(problem.detail.contains(&format!("`{wrong}` is no field")), "{}", problem.detail);
        }
    }
}
