//! A field of an event, by which a question cuts or ties.

use std::borrow::Cow;

use fanvine_kernel::{Code, Problem};
use fanvine_lake::{Column, Run};
use serde_json::Value;

/// A field of an event. As text: `channel`, `product_id` …, or `properties.` and a path of keys joined with dots.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Field {
    /// One that has a column of its own.
    Column(Column),
    /// A property.
    Property(Vec<String>),
}

/// The fields with a column of their own.
const NAMED: [(&str, Column); 8] = [
    ("channel", Column::Channel),
    ("campaign", Column::Campaign),
    ("referrer", Column::Referrer),
    ("product_id", Column::ProductId),
    ("order_id", Column::OrderId),
    ("session_id", Column::SessionId),
    ("source_id", Column::SourceId),
    ("currency", Column::Currency),
];

impl Field {
    /// Reads its name; `at` says where the question has it.
    ///
    /// # Errors
    /// It is neither a column nor a property.
    pub fn parse(text: &str, at: &str) -> Result<Self, Problem> {
        if let Some((_, column)) = NAMED.iter().find(|(name, _)| *name == text) {
            return Ok(Self::Column(*column));
        }
        match text.strip_prefix("properties.").filter(|path| !path.is_empty()) {
            Some(path) => Ok(Self::Property(path.split('.').map(str::to_owned).collect())),
            None => {
                let names = NAMED.map(|(name, _)| name).join(", ");
                let text = format!("`{text}` is no field of an event; it may be {names} or `properties.` and a key");
                Err(Problem::new(Code::InvalidParameter, text).at(at))
            }
        }
    }

    /// The column in which it lies.
    pub fn column(&self) -> Column {
        match self {
            Self::Column(column) => *column,
            Self::Property(_) => Column::Properties,
        }
    }

    /// Its value in an event; none where it has none.
    pub fn value<'r>(&self, run: &Run<'r>, event: usize) -> Option<Cow<'r, str>> {
        let text = run.text(self.column(), event)?;
        let Self::Property(path) = self else { return Some(Cow::Borrowed(text)) };
        let properties: Value = serde_json::from_str(text).ok()?;
        let found = path.iter().try_fold(&properties, |value, key| value.get(key))?;
        Some(Cow::Owned(match found {
            Value::Null => return None,
            Value::String(text) => text.clone(),
            other => other.to_string(),
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_columns_or_properties_and_nothing_else() {
        assert_eq!(Field::parse("channel", "by").unwrap(), Field::Column(Column::Channel));
        let nested = Field::Property(vec!["a".into(), "b".into()]);
        assert_eq!(Field::parse("properties.a.b", "by").unwrap(), nested);
        for wrong in ["colour", "properties.", ""] {
            let problem = Field::parse(wrong, "by").unwrap_err();
            assert!(problem.detail.contains(&format!("`{wrong}` is no field")), "{}", problem.detail);
        }
    }
}
