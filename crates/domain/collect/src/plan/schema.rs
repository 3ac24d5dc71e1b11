//! The part of JSON Schema a plan is written in, held against JSON as it stands in the text.
//!
//! Understood are `type` (one or several), `properties`, `required`, `additionalProperties` (true or false), `items`,
//! `enum`, `minimum`, `maximum`, `minLength` and `maxLength` (in characters); `title`, `description`, `default`,
//! `examples` and `$schema` are kept and mean nothing. Any other keyword is refused: what is not checked must not look as
//! if it were.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde_json::Value;

use super::departure::Departure;
use crate::said::Object;
use crate::segment::json::{Scalar, elements, fields, is_number, push_text, scalar};
use crate::segment::shown;

/// How deeply a schema may be nested.
const DEEPEST: usize = 16;
/// How many violations of one event are told.
const MOST: usize = 10;

/// Why a schema cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SchemaError {
    /// A keyword that would not be checked.
    #[error("the keyword `{0}` is not understood")]
    Keyword(String),
    /// A keyword with a value it cannot have.
    #[error("`{keyword}` is {got}; expected {expected}")]
    Value {
        /// Which one.
        keyword: &'static str,
        /// What it may be.
        expected: &'static str,
        /// The beginning of what it is.
        got: String,
    },
    /// Nested too deeply.
    #[error("it is nested more than {DEEPEST} levels deep")]
    TooDeep,
}

impl SchemaError {
    /// The same in Simplified Chinese.
    pub fn in_chinese(&self) -> String {
        match self {
            Self::Keyword(keyword) => format!("不支持关键字 `{keyword}`"),
            Self::Value { keyword, expected, got } => {
                let expected = match *expected {
                    "an object" => "对象",
                    "a number" => "数值",
                    "a whole number" => "整数",
                    "types of JSON" => " JSON 类型",
                    "an array of names" => "名称的数组",
                    "an array of values" => "值的数组",
                    "true or false" => " true 或 false",
                    other => other,
                };
                format!("`{keyword}` 为 {got}，应为{expected}")
            }
            Self::TooDeep => format!("嵌套超过 {DEEPEST} 层"),
        }
    }
}

/// A type of JSON.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Type {
    Null,
    Boolean,
    Integer,
    Number,
    String,
    Array,
    Object,
}

impl Type {
    const ALL: [(&'static str, Self); 7] = [
        ("null", Self::Null),
        ("boolean", Self::Boolean),
        ("integer", Self::Integer),
        ("number", Self::Number),
        ("string", Self::String),
        ("array", Self::Array),
        ("object", Self::Object),
    ];

    fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|(known, _)| *known == name).map(|(_, kind)| kind)
    }

    fn name(self) -> &'static str {
        Self::ALL.into_iter().find(|(_, kind)| *kind == self).map_or("", |(name, _)| name)
    }

    fn fits(self, raw: &str, value: &Scalar<'_>) -> bool {
        match (self, value) {
            (Self::Null, Scalar::Null)
            | (Self::Boolean, Scalar::Bool(_))
            | (Self::Number, Scalar::Number(_))
            | (Self::String, Scalar::Text(_)) => true,
            (Self::Integer, Scalar::Number(text)) => text.parse::<f64>().is_ok_and(|number| number.fract() == 0.0),
            (Self::Array, Scalar::Nested) => raw.starts_with('['),
            (Self::Object, Scalar::Nested) => raw.starts_with('{'),
            _ => false,
        }
    }
}

/// A schema.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Schema {
    types: Vec<Type>,
    properties: BTreeMap<String, Schema>,
    required: Vec<String>,
    closed: bool,
    items: Option<Box<Schema>>,
    one_of: Option<Vec<Value>>,
    minimum: Option<f64>,
    maximum: Option<f64>,
    min_length: Option<u64>,
    max_length: Option<u64>,
}

/// What of a value is not as planned.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Violation {
    /// Where: `properties.products[].price`.
    pub path: String,
    /// What.
    pub problem: Departure,
}

impl Schema {
    /// Reads a schema.
    ///
    /// # Errors
    /// It holds what is not understood.
    pub fn read(written: &Value) -> Result<Self, SchemaError> {
        Self::read_within(written, DEEPEST)
    }

    fn read_within(written: &Value, levels: usize) -> Result<Self, SchemaError> {
        let wrong = |keyword: &'static str, expected: &'static str, got: &Value| SchemaError::Value {
            keyword,
            expected,
            got: shown(&got.to_string()),
        };
        if levels == 0 {
            return Err(SchemaError::TooDeep);
        }
        let entries = written.as_object().ok_or_else(|| wrong("schema", "an object", written))?;
        let mut schema = Self::default();
        for (keyword, value) in entries {
            let number = |keyword| value.as_f64().ok_or_else(|| wrong(keyword, "a number", value)).map(Some);
            let length = |keyword| value.as_u64().ok_or_else(|| wrong(keyword, "a whole number", value)).map(Some);
            match keyword.as_str() {
                "type" => {
                    let one = std::slice::from_ref(value);
                    let all = value.as_array().map_or(one, Vec::as_slice);
                    let types: Option<Vec<Type>> = all.iter().map(|name| Type::named(name.as_str()?)).collect();
                    schema.types = types.ok_or_else(|| wrong("type", "types of JSON", value))?;
                }
                "properties" => {
                    let inner = value.as_object().ok_or_else(|| wrong("properties", "an object", value))?;
                    for (name, value) in inner {
                        schema.properties.insert(name.clone(), Self::read_within(value, levels - 1)?);
                    }
                }
                "required" => {
                    let names = value.as_array().map(|names| names.iter().map(|name| name.as_str().map(str::to_owned)));
                    let names: Option<Vec<String>> = names.and_then(Iterator::collect);
                    schema.required = names.ok_or_else(|| wrong("required", "an array of names", value))?;
                }
                "additionalProperties" => {
                    let open = value.as_bool().ok_or_else(|| wrong("additionalProperties", "true or false", value))?;
                    schema.closed = !open;
                }
                "items" => schema.items = Some(Box::new(Self::read_within(value, levels - 1)?)),
                "enum" => {
                    let values = value.as_array().ok_or_else(|| wrong("enum", "an array of values", value))?;
                    schema.one_of = Some(values.clone());
                }
                "minimum" => schema.minimum = number("minimum")?,
                "maximum" => schema.maximum = number("maximum")?,
                "minLength" => schema.min_length = length("minLength")?,
                "maxLength" => schema.max_length = length("maxLength")?,
                "title" | "description" | "default" | "examples" | "$schema" => {}
                other => return Err(SchemaError::Keyword(shown(other))),
            }
        }
        Ok(schema)
    }

    /// What of a value is not as planned, at most ten things of it.
    pub fn check(&self, raw: &str) -> Vec<Violation> {
        let mut found = Vec::new();
        self.check_at(raw, "properties", &mut found);
        found
    }

    fn check_at(&self, raw: &str, path: &str, found: &mut Vec<Violation>) {
        let tell = |found: &mut Vec<Violation>, problem: Departure| {
            if found.len() < MOST {
                found.push(Violation { path: path.to_owned(), problem });
            }
        };
        let value = scalar(raw);
        if !self.types.is_empty() && !self.types.iter().any(|kind| kind.fits(raw, &value)) {
            let planned = self.types.iter().map(|kind| kind.name()).collect();
            return tell(found, Departure::Type { got: shown(raw), planned });
        }
        if let Some(values) = &self.one_of {
            let read = serde_json::from_str::<Value>(raw).unwrap_or(Value::Null);
            if !values.contains(&read) {
                tell(found, Departure::NoneOf { got: shown(raw) });
            }
        }
        match &value {
            Scalar::Number(text) => {
                let number = text.parse::<f64>().unwrap_or(0.0);
                if let Some(least) = self.minimum.filter(|least| number < *least) {
                    tell(found, Departure::Below { got: shown(raw), least: least.to_string() });
                }
                if let Some(most) = self.maximum.filter(|most| number > *most) {
                    tell(found, Departure::Above { got: shown(raw), most: most.to_string() });
                }
            }
            Scalar::Text(text) if self.min_length.is_some() || self.max_length.is_some() => {
                let chars = text.chars().count() as u64;
                if let Some(least) = self.min_length.filter(|least| chars < *least) {
                    tell(found, Departure::Short { chars, least });
                }
                if let Some(most) = self.max_length.filter(|most| chars > *most) {
                    tell(found, Departure::Long { chars, most });
                }
            }
            Scalar::Nested => self.check_inside(raw, path, found),
            _ => {}
        }
    }

    fn check_inside(&self, raw: &str, path: &str, found: &mut Vec<Violation>) {
        if raw.starts_with('[') {
            let Some(items) = &self.items else { return };
            let path = format!("{path}[]");
            for element in elements(raw).unwrap_or_default() {
                items.check_at(element, &path, found);
            }
            return;
        }
        let mut missing: Vec<&str> = self.required.iter().map(String::as_str).collect();
        // It was read as JSON before.
        let _ = fields(raw, |key, value| {
            missing.retain(|name| *name != key);
            match self.properties.get(key) {
                Some(schema) => schema.check_at(value, &format!("{path}.{key}"), found),
                None if self.closed && found.len() < MOST => {
                    let path = format!("{path}.{}", shown(key));
                    found.push(Violation { path, problem: Departure::Unplanned });
                }
                None => {}
            }
        });
        for name in missing {
            if found.len() < MOST {
                found.push(Violation { path: format!("{path}.{name}"), problem: Departure::Missing });
            }
        }
    }

    /// The value as it was meant: texts of planned properties without blanks around, and what can be read as the planned
    /// type turned into it. None where nothing changes.
    pub fn mended(&self, raw: &str, trim: bool, coerce: bool) -> Option<String> {
        match scalar(raw) {
            Scalar::Nested if raw.starts_with('{') && !self.properties.is_empty() => {
                let (mut out, mut changed) = (Object::new(), false);
                let _ = fields(raw, |key, value| {
                    let mended = self.properties.get(key).and_then(|schema| schema.mended(value, trim, coerce));
                    changed |= mended.is_some();
                    out.raw(key, Some(mended.as_deref().unwrap_or(value)));
                });
                changed.then(|| out.done())
            }
            Scalar::Nested => {
                let items = self.items.as_deref()?;
                let mut changed = false;
                let mended: Vec<Cow<'_, str>> = elements(raw)?
                    .into_iter()
                    .map(|element| match items.mended(element, trim, coerce) {
                        Some(mended) => {
                            changed = true;
                            Cow::Owned(mended)
                        }
                        None => Cow::Borrowed(element),
                    })
                    .collect();
                changed.then(|| format!("[{}]", mended.join(",")))
            }
            value if coerce && !self.types.is_empty() && !self.types.iter().any(|kind| kind.fits(raw, &value)) => {
                self.turned(&value).or_else(|| if trim { trimmed(&value) } else { None })
            }
            value if trim => trimmed(&value),
            _ => None,
        }
    }

    /// The value as the first of the planned types it can be read as.
    fn turned(&self, value: &Scalar<'_>) -> Option<String> {
        self.types.iter().find_map(|kind| match (kind, value) {
            (Type::Number, Scalar::Text(text)) if is_number(text.trim()) => Some(text.trim().to_owned()),
            (Type::Integer, Scalar::Text(text)) if is_number(text.trim()) => {
                let text = text.trim();
                Type::Integer.fits(text, &Scalar::Number(text)).then(|| text.to_owned())
            }
            (Type::Boolean, Scalar::Text(text)) => match text.trim() {
                "true" | "True" | "TRUE" | "1" => Some("true".to_owned()),
                "false" | "False" | "FALSE" | "0" => Some("false".to_owned()),
                _ => None,
            },
            (Type::String, Scalar::Number(text)) => Some(format!("\"{text}\"")),
            (Type::String, Scalar::Bool(truth)) => Some(format!("\"{truth}\"")),
            _ => None,
        })
    }
}

fn trimmed(value: &Scalar<'_>) -> Option<String> {
    let Scalar::Text(text) = value else { return None };
    let inner = text.trim();
    (inner.len() != text.len()).then(|| {
        let mut out = String::with_capacity(inner.len() + 2);
        push_text(&mut out, inner);
        out
    })
}
