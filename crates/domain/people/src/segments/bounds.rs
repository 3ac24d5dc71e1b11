//! Comparisons as ranges: which cannot be met together, which by nothing at all.

use std::cmp::Ordering;
use std::collections::HashMap;

use fanvine_kernel::LocalDate;

use super::fault::Wrong;
use super::rule::{Bound, EventTest, Field, Filter, Literal, Measure, Rule, Test, ValueTest};

/// Something that is greater or less than another of its kind.
#[derive(Debug, Clone, PartialEq, PartialOrd)]
pub(super) enum Scalar {
    Number(f64),
    Text(String),
    Day(LocalDate),
}

/// From where to where, each end included or not; none is no end.
#[derive(Debug, Clone, Default)]
struct Range {
    low: Option<(Scalar, bool)>,
    high: Option<(Scalar, bool)>,
}

impl Range {
    fn of(bound: Bound<Scalar>) -> Self {
        match bound {
            Bound::Eq(value) => Self { low: Some((value.clone(), true)), high: Some((value, true)) },
            Bound::Ne(_) => Self::default(),
            Bound::Lt(value) => Self { high: Some((value, false)), low: None },
            Bound::Le(value) => Self { high: Some((value, true)), low: None },
            Bound::Gt(value) => Self { low: Some((value, false)), high: None },
            Bound::Ge(value) => Self { low: Some((value, true)), high: None },
        }
    }

    /// Whether nothing lies in both.
    fn misses(&self, other: &Self) -> bool {
        let apart = |low: &Option<(Scalar, bool)>, high: &Option<(Scalar, bool)>| match (low, high) {
            (Some((low, from)), Some((high, to))) => match low.partial_cmp(high) {
                Some(Ordering::Greater) => true,
                Some(Ordering::Equal) => !(*from && *to),
                _ => false,
            },
            _ => false,
        };
        apart(&self.low, &other.high) || apart(&other.low, &self.high)
    }
}

/// Whether a comparison with something that is always from `least` to `greatest` can only go one way.
pub(super) fn settled(bound: &Bound<Scalar>, least: f64, greatest: f64) -> Option<Wrong> {
    let all = Range { low: Some((Scalar::Number(least), true)), high: Some((Scalar::Number(greatest), true)) };
    let written = || match bound.wanted() {
        Scalar::Number(number) => format!("{} {number}", bound.sign()),
        other => format!("{} {other:?}", bound.sign()),
    };
    let reverse = match bound.clone() {
        Bound::Lt(value) => Bound::Ge(value),
        Bound::Le(value) => Bound::Gt(value),
        Bound::Gt(value) => Bound::Le(value),
        Bound::Ge(value) => Bound::Lt(value),
        same => same,
    };
    if Range::of(bound.clone()).misses(&all) {
        return Some(Wrong::Never(written()));
    }
    Range::of(reverse).misses(&all).then(|| Wrong::Always(written()))
}

/// The numbers of the clauses, an earlier and a later one, that want ranges of one thing which nothing lies in.
pub(super) fn apart(numbered: &[(usize, Rule)]) -> Vec<(usize, usize)> {
    let clashes = clashes(numbered, |(_, rule)| range_of_rule(rule));
    let number = |place: usize| numbered.get(place).map(|(number, _)| *number);
    clashes.into_iter().filter_map(|(one, other)| Some((number(one)?, number(other)?))).collect()
}

/// The filters that cannot be passed together with an earlier one. A field with several values may pass both.
pub(super) fn contradicting_filters(filters: &[Filter]) -> Vec<(usize, Wrong)> {
    let clashes = clashes(filters, |filter| match filter.field {
        Field::Channel | Field::Campaign | Field::Revenue | Field::Quantity => {
            let (kind, range) = range_of_test(&filter.is, true)?;
            Some((format!("{} {kind}", filter.field), range))
        }
        _ => None,
    });
    let text = |place: usize| filters.get(place).map(ToString::to_string).unwrap_or_default();
    clashes.into_iter().map(|(one, other)| (other, Wrong::Contradiction(text(one)))).collect()
}

/// The places of what clashes with an earlier entry about the same subject: that entry's, and its own.
fn clashes<T>(entries: &[T], range: fn(&T) -> Option<(String, Range)>) -> Vec<(usize, usize)> {
    let mut known: HashMap<String, Vec<(usize, Range)>> = HashMap::new();
    let mut found = Vec::new();
    for (place, entry) in entries.iter().enumerate() {
        let Some((subject, range)) = range(entry) else { continue };
        let earlier = known.entry(subject).or_default();
        if let Some(other) = earlier.iter().find(|(_, other)| other.misses(&range)) {
            found.push((other.0, place));
        }
        earlier.push((place, range));
    }
    found
}

/// What a clause is about, and the range in which it wants that.
fn range_of_rule(rule: &Rule) -> Option<(String, Range)> {
    let of_value = |word: &str, test: &ValueTest| {
        let (kind, range) = range_of_test(&test.is, false)?;
        Some((format!("{word} {} {kind}", test.name), range))
    };
    match rule {
        Rule::Trait(test) => of_value("trait", test),
        Rule::Computed(test) => of_value("value", test),
        Rule::Tag(test) => {
            Some((format!("tag {} {:?}", test.tag, test.term), Range::of(test.weight.map(Scalar::Number))))
        }
        Rule::Event(test) => range_of_event(test),
        _ => None,
    }
}

fn range_of_event(test: &EventTest) -> Option<(String, Range)> {
    let (zeroed, range) = match &test.measure {
        Measure::Count(bound) => (Measure::Count(Bound::Eq(0)), whole(*bound)),
        Measure::Days(bound) => (Measure::Days(Bound::Eq(0)), whole(*bound)),
        Measure::Revenue(bound) => (
            Measure::Revenue(Bound::Eq(fanvine_kernel::Money::new(0, bound.wanted().currency))),
            Range::of(bound.map(|money| Scalar::Number(money.minor as f64))),
        ),
        Measure::Quantity(bound) => {
            (Measure::Quantity(Bound::Eq(0)), Range::of(bound.map(|units| Scalar::Number(units as f64))))
        }
        Measure::Property { path, sum } => {
            (Measure::Property { path: path.clone(), sum: Bound::Eq(0.0) }, Range::of(sum.map(Scalar::Number)))
        }
    };
    let subject = EventTest { measure: zeroed, ..test.clone() };
    Some((Rule::Event(subject).to_string(), range))
}

/// Of whole numbers, more than 2 is at least 3.
fn whole(bound: Bound<u32>) -> Range {
    let bound = bound.map(f64::from);
    Range::of(match bound {
        Bound::Gt(n) => Bound::Ge(Scalar::Number(n + 1.0)),
        Bound::Lt(n) => Bound::Le(Scalar::Number(n - 1.0)),
        other => other.map(Scalar::Number),
    })
}

/// The range of a test, and of what kind its values are. Text counts only where there is one value (`single`).
fn range_of_test(test: &Test, single: bool) -> Option<(String, Range)> {
    let age = |micros: i64| Scalar::Number(micros as f64);
    let bound = match test {
        Test::Eq(value) => Bound::Eq(value),
        Test::Lt(value) => Bound::Lt(value),
        Test::Le(value) => Bound::Le(value),
        Test::Gt(value) => Bound::Gt(value),
        Test::Ge(value) => Bound::Ge(value),
        Test::Between(low, high) => {
            let ((kind, low), (other, high)) = (scalar(low)?, scalar(high)?);
            return (kind == other).then_some((kind, Range { low: Some((low, true)), high: Some((high, true)) }));
        }
        Test::Within(span) => return Some(("age".to_owned(), Range::of(Bound::Lt(age(span.micros()))))),
        Test::Over(span) => return Some(("age".to_owned(), Range::of(Bound::Ge(age(span.micros()))))),
        _ => return None,
    };
    let (kind, value) = scalar(bound.wanted())?;
    (single || kind != "text").then(|| (kind, Range::of(bound.map(|_| value))))
}

fn scalar(literal: &Literal) -> Option<(String, Scalar)> {
    Some(match literal {
        Literal::Bool(_) => return None,
        Literal::Number(number) => ("number".to_owned(), Scalar::Number(*number)),
        Literal::Text(text) => ("text".to_owned(), Scalar::Text(text.clone())),
        Literal::Money(money) => (money.currency.to_string(), Scalar::Number(money.minor as f64)),
        Literal::Day { day } => ("day".to_owned(), Scalar::Day(*day)),
    })
}

/// How two values of a rule stand to each other; none if they are of different kinds.
pub(super) fn order(one: &Literal, other: &Literal) -> Option<Ordering> {
    let ((kind, one), (same, other)) = (scalar(one)?, scalar(other)?);
    if kind == same { one.partial_cmp(&other) } else { None }
}

/// The values a test compares with.
pub(super) fn literals(test: &Test) -> Vec<&Literal> {
    match test {
        Test::Eq(value) | Test::Ne(value) | Test::Lt(value) | Test::Le(value) | Test::Gt(value) | Test::Ge(value) => {
            vec![value]
        }
        Test::In(values) => values.iter().collect(),
        Test::Between(low, high) => vec![low, high],
        Test::Exists | Test::Contains(_) | Test::StartsWith(_) | Test::Within(_) | Test::Over(_) => Vec::new(),
    }
}
