//! What a query's conditions rule out: files, row groups and pages that need not be read.
//!
//! Only conditions on `occurred_at`, `shopper_id` and `event` are understood. They narrow what is
//! read; the query engine still applies each of them to every row that is.

use datafusion::logical_expr::expr::InList;
use datafusion::logical_expr::{Between, BinaryExpr, Expr, Operator, col, lit};
use datafusion::scalar::ScalarValue;

use crate::catalogue::FileFacts;
use crate::flush::bucket_of;
use crate::lake::Lake;
use crate::layout::split_moment;

/// What rows a query can be about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Bounds {
    /// No earlier moment, microseconds.
    from: i64,
    /// No later moment.
    to: i64,
    /// Only these shoppers' numbers.
    shoppers: Option<Vec<u32>>,
    /// Only these codes of events.
    events: Option<Vec<u16>>,
}

/// A condition on one column.
enum Condition {
    From(i64),
    To(i64),
    Shoppers(Vec<String>),
    Events(Vec<String>),
}

/// Whether a condition would narrow what is read.
pub(crate) fn understands(filter: &Expr) -> bool {
    !conditions(filter).is_empty()
}

impl Bounds {
    /// What all of these conditions together leave.
    pub(crate) fn of(filters: &[Expr], lake: &Lake) -> Self {
        let mut bounds = Self { from: i64::MIN, to: i64::MAX, shoppers: None, events: None };
        for condition in filters.iter().flat_map(conditions) {
            match condition {
                Condition::From(moment) => bounds.from = bounds.from.max(moment),
                Condition::To(moment) => bounds.to = bounds.to.min(moment),
                Condition::Shoppers(names) => {
                    let numbers = names.iter().filter_map(|name| lake.find_shopper(name)).collect();
                    narrow(&mut bounds.shoppers, numbers);
                }
                Condition::Events(names) => {
                    narrow(&mut bounds.events, names.iter().map(|name| lake.find_name(name)).collect());
                }
            }
        }
        bounds
    }

    /// Whether a file can hold such rows.
    pub(crate) fn admit(&self, file: &FileFacts, buckets: u16) -> bool {
        let shopper = self.shoppers.as_ref().is_none_or(|numbers| {
            let held = file.min_shopper..=file.max_shopper;
            numbers.iter().any(|number| held.contains(number) && bucket_of(*number, buckets) == file.bucket)
        });
        shopper && file.max_at >= self.from && file.min_at <= self.to
    }

    /// Whether no row at all is left.
    pub(crate) fn is_empty(&self) -> bool {
        self.from > self.to || self.shoppers.as_ref().is_some_and(Vec::is_empty)
    }

    /// The same as a condition on the columns of a file; none where everything is admitted.
    pub(crate) fn on_files(&self) -> Option<Expr> {
        let mut parts = Vec::new();
        if self.from > i64::MIN {
            parts.push(col("at_s").gt_eq(lit(split_moment(self.from).0)));
        }
        if self.to < i64::MAX {
            parts.push(col("at_s").lt_eq(lit(split_moment(self.to).0)));
        }
        if let Some(numbers) = &self.shoppers {
            parts.push(col("shopper").in_list(numbers.iter().map(|number| lit(*number)).collect(), false));
        }
        if let Some(codes) = &self.events {
            parts.push(col("event").in_list(codes.iter().map(|code| lit(*code)).collect(), false));
        }
        parts.into_iter().reduce(Expr::and)
    }
}

fn narrow<T: PartialEq>(to: &mut Option<Vec<T>>, only: Vec<T>) {
    *to = Some(match to.take() {
        Some(mut before) => {
            before.retain(|item| only.contains(item));
            before
        }
        None => only,
    });
}

fn conditions(filter: &Expr) -> Vec<Condition> {
    match filter {
        Expr::BinaryExpr(BinaryExpr { left, op, right }) => match (&**left, &**right) {
            (Expr::Column(column), Expr::Literal(value, _)) => compare(&column.name, *op, value),
            (Expr::Literal(value, _), Expr::Column(column)) => {
                op.swap().map(|op| compare(&column.name, op, value)).unwrap_or_default()
            }
            (left, right) if *op == Operator::And => {
                let mut both = conditions(left);
                both.extend(conditions(right));
                both
            }
            _ => Vec::new(),
        },
        Expr::Between(Between { expr, negated: false, low, high }) => match (&**expr, &**low, &**high) {
            (Expr::Column(column), Expr::Literal(low, _), Expr::Literal(high, _)) => {
                let mut both = compare(&column.name, Operator::GtEq, low);
                both.extend(compare(&column.name, Operator::LtEq, high));
                both
            }
            _ => Vec::new(),
        },
        Expr::InList(InList { expr, list, negated: false }) => match &**expr {
            Expr::Column(column) => {
                let names: Option<Vec<String>> = list
                    .iter()
                    .map(|item| if let Expr::Literal(value, _) = item { text(value) } else { None })
                    .collect();
                names.and_then(|names| among(&column.name, names)).into_iter().collect()
            }
            _ => Vec::new(),
        },
        _ => Vec::new(),
    }
}

fn compare(column: &str, op: Operator, value: &ScalarValue) -> Vec<Condition> {
    if column == "occurred_at" {
        let ScalarValue::TimestampMicrosecond(Some(moment), _) = value else { return Vec::new() };
        return match op {
            Operator::Eq => vec![Condition::From(*moment), Condition::To(*moment)],
            Operator::Gt | Operator::GtEq => vec![Condition::From(*moment)],
            Operator::Lt | Operator::LtEq => vec![Condition::To(*moment)],
            _ => Vec::new(),
        };
    }
    if op != Operator::Eq {
        return Vec::new();
    }
    text(value).and_then(|name| among(column, vec![name])).into_iter().collect()
}

fn among(column: &str, names: Vec<String>) -> Option<Condition> {
    match column {
        "shopper_id" => Some(Condition::Shoppers(names)),
        "event" => Some(Condition::Events(names)),
        _ => None,
    }
}

fn text(value: &ScalarValue) -> Option<String> {
    match value {
        ScalarValue::Utf8(Some(text)) | ScalarValue::LargeUtf8(Some(text)) | ScalarValue::Utf8View(Some(text)) => {
            Some(text.clone())
        }
        ScalarValue::Dictionary(_, value) => self::text(value),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn moment(micros: i64) -> Expr {
        lit(ScalarValue::TimestampMicrosecond(Some(micros), Some("UTC".into())))
    }

    #[test]
    fn only_conditions_that_hold_for_every_row_narrow_the_scan() {
        let late = col("occurred_at").gt_eq(moment(5));
        assert!(understands(&late));
        assert!(understands(&lit("ann").eq(col("shopper_id"))));
        assert!(understands(&col("occurred_at").between(moment(1), moment(2))));
        assert!(!understands(&late.clone().or(col("event").eq(lit("x")))));
        assert!(!understands(&col("event").not_eq(lit("x"))));
        assert!(!understands(&col("event").in_list(vec![lit("x"), col("kind")], false)));
        assert!(!understands(&col("occurred_at").not_between(moment(1), moment(2))));
        assert!(!understands(&col("channel").eq(lit("x"))));
    }
}
