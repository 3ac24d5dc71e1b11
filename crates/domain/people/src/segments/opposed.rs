//! Clauses that cannot hold together, and clauses of which one always holds, however they are written: through `not`s,
//! and through groups of the same kind.
//!
//! A rule is brought into one form: `not` stands before clauses only, groups within groups of their kind are one, and
//! counts and weights are compared the other way round instead of denied. Nothing is said of values somebody may not
//! have: neither `value orders >= 5` nor `value orders < 5` holds for who has none.

use std::collections::HashMap;

use super::bounds;
use super::fault::Wrong;
use super::rule::{Bound, EventTest, Measure, Rule, TagTest};

/// The parts of an `all` that cannot hold together with an earlier one, and the earlier one.
pub(super) fn contradictions(rules: &[Rule]) -> Vec<(usize, Wrong)> {
    clashing(rules, true).into_iter().map(|(place, clause)| (place, Wrong::Contradiction(clause))).collect()
}

/// The parts of an `any` of which, or of an earlier one, everybody meets one: nobody meets neither.
pub(super) fn certainties(rules: &[Rule]) -> Vec<(usize, Wrong)> {
    clashing(rules, false).into_iter().map(|(place, clause)| (place, Wrong::Everybody(clause))).collect()
}

/// Each place that clashes with an earlier one, once. What clashes within one place is told of that place.
fn clashing(rules: &[Rule], holds: bool) -> Vec<(usize, String)> {
    let mut parts: Vec<(usize, Rule)> = Vec::new();
    for (place, rule) in rules.iter().enumerate() {
        match normal(rule, holds) {
            Rule::All(inner) => parts.extend(inner.into_iter().map(|part| (place, part))),
            part => parts.push((place, part)),
        }
    }
    let mut places: HashMap<String, usize> = HashMap::new();
    for (place, part) in &parts {
        places.entry(part.to_string()).or_insert(*place);
    }
    let denied = parts.iter().filter_map(|(place, part)| {
        let against = match normal(part, false) {
            Rule::All(against) => against,
            one => vec![one],
        };
        let met: Option<Vec<usize>> = against.iter().map(|one| places.get(&one.to_string()).copied()).collect();
        let met = met?;
        let (first, last) = (met.iter().min()?, met.iter().max()?);
        Some((*first.min(place), *last.max(place)))
    });
    let mut found: Vec<(usize, usize)> =
        denied.chain(bounds::apart(&parts)).filter(|(one, other)| one != other).collect();
    found.sort_by_key(|(one, other)| (*other, *one));
    found.dedup_by_key(|(_, other)| *other);
    let text = |place: usize| rules.get(place).map(ToString::to_string).unwrap_or_default();
    found.into_iter().map(|(one, other)| (other, text(one))).collect()
}

/// The one form of a rule, or of its contrary unless it `holds`.
fn normal(rule: &Rule, holds: bool) -> Rule {
    match rule {
        Rule::Not(inner) => normal(inner, !holds),
        Rule::All(rules) if holds => group(rules, holds, true),
        Rule::Any(rules) if !holds => group(rules, holds, true),
        Rule::All(rules) | Rule::Any(rules) => group(rules, holds, false),
        leaf => clause(leaf, holds),
    }
}

fn group(rules: &[Rule], holds: bool, all: bool) -> Rule {
    let mut parts = Vec::new();
    for rule in rules {
        match normal(rule, holds) {
            Rule::All(inner) if all => parts.extend(inner),
            Rule::Any(inner) if !all => parts.extend(inner),
            part => parts.push(part),
        }
    }
    parts.sort_by_cached_key(ToString::to_string);
    parts.dedup();
    match parts.pop() {
        Some(only) if parts.is_empty() => only,
        last => {
            parts.extend(last);
            if all { Rule::All(parts) } else { Rule::Any(parts) }
        }
    }
}

fn clause(rule: &Rule, holds: bool) -> Rule {
    match rule {
        Rule::Event(EventTest { of, measure: Measure::Count(bound), window }) => {
            let measure = Measure::Count(whole(turned(*bound, holds)));
            Rule::Event(EventTest { of: of.clone(), measure, window: window.clone() })
        }
        Rule::Event(EventTest { of, measure: Measure::Days(bound), window }) => {
            let measure = Measure::Days(whole(turned(*bound, holds)));
            Rule::Event(EventTest { of: of.clone(), measure, window: window.clone() })
        }
        Rule::Tag(test) => Rule::Tag(TagTest { weight: turned(test.weight, holds), ..test.clone() }),
        leaf if holds => leaf.clone(),
        leaf => Rule::Not(Box::new(leaf.clone())),
    }
}

/// The comparison that holds where this one does not, unless it `holds`.
fn turned<T>(bound: Bound<T>, holds: bool) -> Bound<T> {
    match bound {
        same if holds => same,
        Bound::Eq(n) => Bound::Ne(n),
        Bound::Ne(n) => Bound::Eq(n),
        Bound::Lt(n) => Bound::Ge(n),
        Bound::Le(n) => Bound::Gt(n),
        Bound::Gt(n) => Bound::Le(n),
        Bound::Ge(n) => Bound::Lt(n),
    }
}

/// Of whole numbers, more than 2 is at least 3.
fn whole(bound: Bound<u32>) -> Bound<u32> {
    match bound {
        Bound::Gt(n) if n < u32::MAX => Bound::Ge(n + 1),
        Bound::Le(n) if n < u32::MAX => Bound::Lt(n + 1),
        same => same,
    }
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;
    use crate::segments::naive::{Person, holds};
    use crate::segments::samples::{DAYS, begin, known, rule, samples, zone};

    /// The same rule, written otherwise.
    fn otherwise(rule: &Rule, how: u8) -> Rule {
        let not = |rule| Rule::Not(Box::new(rule));
        match how % 4 {
            0 => rule.clone(),
            1 => not(not(rule.clone())),
            2 => Rule::All(vec![rule.clone()]),
            _ => not(Rule::Any(vec![not(rule.clone())])),
        }
    }

    proptest! {
        #[test]
        fn what_contradicts_takes_nobody_and_what_is_certain_everybody(
            mut rules in vec(rule(), 1..4), against in any::<Option<(u8, u8)>>(),
            samples in samples(), known in known(), later in 0..DAYS,
        ) {
            if let Some((one, other)) = against {
                let contrary = Rule::Not(Box::new(otherwise(&rules[0], one)));
                rules.push(otherwise(&contrary, other));
            }
            let now = begin().plus_micros(later * 86_400_000_000);
            let known = known.at(now);
            let occurrences: Vec<_> =
                samples.iter().map(|one| one.occurrence()).filter(|one| one.at <= now).collect();
            let person = Person { occurrences: &occurrences, facts: &known, zone: zone() };
            if !contradictions(&rules).is_empty() {
                prop_assert!(!holds(&Rule::All(rules.clone()), person, now));
            }
            if !certainties(&rules).is_empty() {
                prop_assert!(holds(&Rule::Any(rules.clone()), person, now));
            }
        }
    }
}
