//! A rule as its clauses and how they are joined: decided as soon as enough of its clauses are, whichever those are.

use super::Rule;

/// What is known of the clauses of a rule for one person: a bit for each, by its place.
pub(crate) type Bits = u64;

/// See the module.
#[derive(Debug)]
pub(crate) struct Sieve {
    root: Part,
    clauses: Vec<Rule>,
}

#[derive(Debug)]
enum Part {
    All(Vec<Part>),
    Any(Vec<Part>),
    Not(Box<Part>),
    Clause(Bits),
}

impl Sieve {
    /// Of a rule that was checked: it has no more clauses than [`Bits`] has bits.
    pub(crate) fn of(rule: &Rule) -> Self {
        let mut clauses = Vec::new();
        Self { root: part(rule, &mut clauses), clauses }
    }

    /// The clauses, by place.
    pub(crate) fn clauses(&self) -> &[Rule] {
        &self.clauses
    }

    /// The clauses for which this holds.
    pub(crate) fn those(&self, wanted: impl Fn(&Rule) -> bool) -> Bits {
        let places = self.clauses.iter().enumerate().filter(|(_, clause)| wanted(clause));
        places.fold(0, |bits, (place, _)| bits | bit(place))
    }

    /// What the rule says when the clauses in `known` are known, and those of them in `holding` hold; none if that
    /// leaves it open.
    pub(crate) fn decide(&self, known: Bits, holding: Bits) -> Option<bool> {
        self.root.decide(known, holding)
    }
}

/// The bit of the clause at a place.
pub(crate) fn bit(place: usize) -> Bits {
    u32::try_from(place).ok().and_then(|place| 1u64.checked_shl(place)).unwrap_or_default()
}

fn part(rule: &Rule, clauses: &mut Vec<Rule>) -> Part {
    match rule {
        Rule::All(rules) => Part::All(rules.iter().map(|rule| part(rule, clauses)).collect()),
        Rule::Any(rules) => Part::Any(rules.iter().map(|rule| part(rule, clauses)).collect()),
        Rule::Not(rule) => Part::Not(Box::new(part(rule, clauses))),
        clause => {
            clauses.push(clause.clone());
            Part::Clause(bit(clauses.len() - 1))
        }
    }
}

impl Part {
    fn decide(&self, known: Bits, holding: Bits) -> Option<bool> {
        match self {
            Self::All(parts) => joined(parts, false, known, holding),
            Self::Any(parts) => joined(parts, true, known, holding),
            Self::Not(part) => part.decide(known, holding).map(|holds| !holds),
            Self::Clause(bit) => (known & bit != 0).then_some(holding & bit != 0),
        }
    }
}

/// One part that is `decisive` decides; else all must be known.
fn joined(parts: &[Part], decisive: bool, known: Bits, holding: Bits) -> Option<bool> {
    let mut open = false;
    for part in parts {
        match part.decide(known, holding) {
            Some(holds) if holds == decisive => return Some(decisive),
            Some(_) => {}
            None => open = true,
        }
    }
    (!open).then_some(!decisive)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::segments::naive::{Person, holds};
    use crate::segments::samples::{Sample, begin, known, rule, samples, zone};

    proptest! {
        #[test]
        fn what_is_decided_early_is_what_the_whole_rule_says(
            rule in rule(), samples in samples(), facts in known(), part in any::<u64>(), later in 0..60i64,
        ) {
            let now = begin().plus_micros((30 + later) * 86_400_000_000);
            let (occurrences, facts): (Vec<_>, _) = (samples.iter().map(Sample::occurrence).collect(), facts.at(now));
            let person = Person { occurrences: &occurrences, facts: &facts, zone: zone() };
            let sieve = Sieve::of(&rule);
            let holding = sieve.those(|clause| holds(clause, person, now));
            let whole = holds(&rule, person, now);
            prop_assert_eq!(sieve.decide(Bits::MAX, holding), Some(whole));
            prop_assert!(sieve.decide(part, holding & part).is_none_or(|early| early == whole));
        }
    }
}
