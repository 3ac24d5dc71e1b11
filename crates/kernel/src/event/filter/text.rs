//! How people read a selection of events: `viewed(category = "Tea")`.

use std::fmt::{self, Display, Formatter};

use super::{Field, Filter, Literal, Selection, Test};
use crate::event::names;

/// Words for events that are spoken of often.
pub const VERBS: [(&str, &str); 6] = [
    ("bought", names::ORDER_COMPLETED),
    ("viewed", names::PRODUCT_VIEWED),
    ("searched", names::PRODUCTS_SEARCHED),
    ("added", names::PRODUCT_ADDED),
    ("shared", names::PRODUCT_SHARED),
    ("reviewed", names::REVIEW_SUBMITTED),
];

/// The verb that says the same as the selection's one name.
pub fn verb(selection: &Selection) -> Option<&'static str> {
    let [name] = selection.names.as_deref()? else { return None };
    VERBS.into_iter().find(|(_, event)| event == name).map(|(verb, _)| verb)
}

impl Display for Selection {
    fn fmt(&self, out: &mut Formatter<'_>) -> fmt::Result {
        match (verb(self), self.names.as_deref()) {
            (Some(verb), _) => out.write_str(verb)?,
            (None, None) => out.write_str("anything")?,
            (None, Some([name])) => Quoted(name).fmt(out)?,
            (None, Some(names)) => {
                out.write_str("(")?;
                separated(out, ", ", names.iter().map(|name| Quoted(name)))?;
                out.write_str(")")?;
            }
        }
        if !self.filters.is_empty() {
            out.write_str("(")?;
            listed(out, &self.filters)?;
            out.write_str(")")?;
        }
        Ok(())
    }
}

impl Display for Filter {
    fn fmt(&self, out: &mut Formatter<'_>) -> fmt::Result {
        write!(out, "{} {}", self.field, self.is)
    }
}

impl Display for Field {
    fn fmt(&self, out: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Property(path) => Path(path).fmt(out),
            named => out.write_str(&String::from(named.clone())),
        }
    }
}

impl Display for Test {
    fn fmt(&self, out: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Eq(value) => write!(out, "= {value}"),
            Self::Ne(value) => write!(out, "!= {value}"),
            Self::Lt(value) => write!(out, "< {value}"),
            Self::Le(value) => write!(out, "<= {value}"),
            Self::Gt(value) => write!(out, "> {value}"),
            Self::Ge(value) => write!(out, ">= {value}"),
            Self::In(values) => {
                out.write_str("in (")?;
                listed(out, values)?;
                out.write_str(")")
            }
            Self::Between(low, high) => write!(out, "between {low} and {high}"),
            Self::Exists => out.write_str("exists"),
            Self::Contains(text) => write!(out, "contains {}", Quoted(text)),
            Self::StartsWith(text) => write!(out, "starts with {}", Quoted(text)),
            Self::Within(span) => write!(out, "within last {span}"),
            Self::Over(span) => write!(out, "over {span} ago"),
        }
    }
}

impl Display for Literal {
    fn fmt(&self, out: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bool(bool) => bool.fmt(out),
            Self::Number(number) => number.fmt(out),
            Self::Text(text) => Quoted(text).fmt(out),
            Self::Money(money) => money.fmt(out),
            Self::Day { day } => day.fmt(out),
        }
    }
}

/// Whether a name can be written without quotation marks.
pub fn is_word(name: &str) -> bool {
    name.starts_with(begins_word) && name.chars().all(in_word)
}

/// Whether a word may begin so.
pub fn begins_word(letter: char) -> bool {
    letter.is_alphabetic() || letter == '_'
}

/// Whether a word may go on so.
pub fn in_word(letter: char) -> bool {
    letter.is_alphanumeric() || letter == '_' || letter == '.'
}

/// A path of properties.
pub struct Path<'a>(pub &'a str);

impl Display for Path<'_> {
    fn fmt(&self, out: &mut Formatter<'_>) -> fmt::Result {
        let bare = format!("properties.{}", self.0);
        if !self.0.is_empty() && is_word(&bare) {
            out.write_str(&bare)
        } else {
            write!(out, "properties.{}", Quoted(self.0))
        }
    }
}

/// Text in quotation marks.
pub struct Quoted<'a>(pub &'a str);

impl Display for Quoted<'_> {
    fn fmt(&self, out: &mut Formatter<'_>) -> fmt::Result {
        write!(out, "\"{}\"", self.0.replace('\\', "\\\\").replace('"', "\\\""))
    }
}

/// Entries with commas between them.
///
/// # Errors
/// `out` cannot be written to.
pub fn listed<T: Display>(out: &mut Formatter<'_>, entries: &[T]) -> fmt::Result {
    separated(out, ", ", entries)
}

/// Entries with something between them.
///
/// # Errors
/// `out` cannot be written to.
pub fn separated<T: Display>(out: &mut Formatter<'_>, by: &str, entries: impl IntoIterator<Item = T>) -> fmt::Result {
    for (place, entry) in entries.into_iter().enumerate() {
        if place > 0 {
            out.write_str(by)?;
        }
        entry.fmt(out)?;
    }
    Ok(())
}
