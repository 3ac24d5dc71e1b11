//! What an event adds to a clause, and what ties it to another.

pub use fanvine_kernel::event::filter::Occurrence;

use super::rule::{Bound, Field, Measure};
use super::value::{Value, millionths};

impl Measure {
    /// What a sum must be, in what [`Self::amount`] counts; none if nothing is added up.
    pub(super) fn sum(&self) -> Option<Bound<i128>> {
        match self {
            Self::Count(_) | Self::Days(_) => None,
            Self::Revenue(bound) => Some(bound.map(|money| money.minor.into())),
            Self::Quantity(bound) => Some(bound.map(i128::from)),
            Self::Property { sum, .. } => Some(sum.map(|number| millionths(number).into())),
        }
    }

    /// What an event adds to the sum: minor units, units or millionths. Nothing if it is of another currency.
    pub(super) fn amount(&self, occurrence: &Occurrence<'_>) -> Option<i64> {
        match self {
            Self::Count(_) | Self::Days(_) => None,
            Self::Revenue(bound) => {
                let currency = bound.wanted().currency;
                occurrence.revenue.filter(|revenue| revenue.currency == currency).map(|revenue| revenue.minor)
            }
            Self::Quantity(_) => occurrence.quantity,
            Self::Property { path, .. } => {
                Value::at(occurrence.properties, path).iter().fold(None, |sum: Option<i64>, value| match value {
                    Value::Number(number) => Some(sum.unwrap_or(0).saturating_add(millionths(*number))),
                    _ => sum,
                })
            }
        }
    }
}

/// What ties an event to another: a hash of the field's first value. Without a field, all are tied.
pub(super) fn tie(occurrence: &Occurrence<'_>, field: Option<&Field>) -> Option<u64> {
    let Some(field) = field else { return Some(0) };
    let values = occurrence.values(field);
    Some(match values.first()? {
        Value::Text(text) => fnv1a(text.as_bytes()),
        Value::Number(number) => fnv1a(number.to_string().as_bytes()),
        other => fnv1a(format!("{other:?}").as_bytes()),
    })
}

/// FNV-1a with 64 bits (Fowler, Noll, Vo): the same on every machine and in every version, as kept states need.
pub(super) fn fnv1a(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, &byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fnv_1a_gives_its_authors_figures() {
        // From the test vectors at http://www.isthe.com/chongo/tech/comp/fnv/.
        assert_eq!(fnv1a(b""), 0xcbf2_9ce4_8422_2325);
        assert_eq!(fnv1a(b"foobar"), 0x8594_4171_f739_67e8);
    }
}
