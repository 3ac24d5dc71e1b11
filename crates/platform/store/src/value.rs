//! What may be bound to a statement: five kinds of value, each with its own null.
//!
//! PostgreSQL must be told the type of a null, so a null here knows its [`Kind`].

use fanvine_kernel::Timestamp;

/// The kinds of value both databases hold alike.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// `BIGINT`.
    Int,
    /// `DOUBLE PRECISION`.
    Float,
    /// `TEXT`.
    Text,
    /// `{{bytes}}`.
    Bytes,
}

/// A value bound to a statement.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// No value, of this kind.
    Null(Kind),
    /// A `BIGINT`.
    Int(i64),
    /// A `DOUBLE PRECISION`.
    Float(f64),
    /// A `TEXT`. PostgreSQL cannot hold U+0000, so both databases get U+FFFD in its place.
    Text(String),
    /// A `{{bytes}}`.
    Bytes(Vec<u8>),
}

impl Value {
    /// Which kind it is of.
    pub(crate) fn kind(&self) -> Kind {
        match self {
            Self::Null(kind) => *kind,
            Self::Int(_) => Kind::Int,
            Self::Float(_) => Kind::Float,
            Self::Text(_) => Kind::Text,
            Self::Bytes(_) => Kind::Bytes,
        }
    }
}

/// A Rust type that is bound as one kind of value.
pub trait Bind: Into<Value> {
    /// Which kind.
    const KIND: Kind;
}

macro_rules! bind {
    ($($type:ty => $kind:ident, $value:ident => $make:expr;)*) => {$(
        impl Bind for $type {
            const KIND: Kind = Kind::$kind;
        }
        impl From<$type> for Value {
            fn from($value: $type) -> Self {
                Self::$kind($make)
            }
        }
    )*};
}

bind! {
    i64 => Int, number => number;
    i32 => Int, number => i64::from(number);
    u32 => Int, number => i64::from(number);
    bool => Int, truth => i64::from(truth);
    Timestamp => Int, moment => moment.micros();
    f64 => Float, number => number;
    String => Text, text => without_nul(text);
    &String => Text, text => without_nul(text.clone());
    &str => Text, text => without_nul(text.to_owned());
    Vec<u8> => Bytes, bytes => bytes;
    &[u8] => Bytes, bytes => bytes.to_vec();
}

impl<T: Bind> From<Option<T>> for Value {
    fn from(option: Option<T>) -> Self {
        option.map_or(Self::Null(T::KIND), Into::into)
    }
}

fn without_nul(text: String) -> String {
    if text.contains('\0') { text.replace('\0', "\u{FFFD}") } else { text }
}

/// The values of a statement, in the order of `$1, $2, …`: `args![order_id, 12, None::<i64>]`.
#[macro_export]
macro_rules! args {
    ($($value:expr),* $(,)?) => {
        ::std::vec::Vec::<$crate::Value>::from([$($crate::Value::from($value)),*])
    };
}

/// Binds `args` to a statement of either database.
macro_rules! bound {
    ($sql:expr, $args:expr) => {{
        let mut query = sqlx::query(sqlx::AssertSqlSafe($sql));
        for value in $args {
            query = match value {
                $crate::Value::Int(number) => query.bind(number),
                $crate::Value::Float(number) => query.bind(number),
                $crate::Value::Text(text) => query.bind(text),
                $crate::Value::Bytes(bytes) => query.bind(bytes),
                $crate::Value::Null($crate::Kind::Int) => query.bind(None::<i64>),
                $crate::Value::Null($crate::Kind::Float) => query.bind(None::<f64>),
                $crate::Value::Null($crate::Kind::Text) => query.bind(None::<String>),
                $crate::Value::Null($crate::Kind::Bytes) => query.bind(None::<Vec<u8>>),
            };
        }
        query
    }};
}
pub(crate) use bound;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_null_knows_the_kind_it_stands_in_for() {
        assert_eq!(Value::from(None::<bool>), Value::Null(Kind::Int));
        assert_eq!(Value::from(None::<&str>), Value::Null(Kind::Text));
        assert_eq!(Value::from(Some(Timestamp::from_micros(5))), Value::Int(5));
    }

    #[test]
    fn a_text_never_carries_the_character_postgresql_refuses() {
        assert_eq!(Value::from("a\0b"), Value::Text("a\u{FFFD}b".to_owned()));
    }
}
