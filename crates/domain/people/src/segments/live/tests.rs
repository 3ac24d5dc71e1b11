//! The live answers against the meaning of the rules, under random streams of events.

use fanvine_kernel::Timestamp;
use proptest::prelude::*;
use proptest::sample::Index;
use serde_json::Value as Json;

use super::*;
use crate::segments::naive::{self, Person};
use crate::segments::samples::{
    DAYS, Known, Sample, begin, counted, followed, known, rule, samples, sequence, summed, zone,
};
use crate::segments::text::parse;
use crate::segments::{Occurrence, Rule};

const DAY: i64 = 86_400_000_000;

/// What the rule means for the events, at a moment.
fn meant(rule: &Rule, samples: &[Sample], facts: Known, now: Timestamp) -> bool {
    let occurrences: Vec<Occurrence<'_>> = samples.iter().map(Sample::occurrence).collect();
    let facts = facts.at(now);
    naive::holds(rule, Person { occurrences: &occurrences, facts: &facts, zone: zone() }, now)
}

/// The events as three shopper keys remember them, put together.
fn remembered(program: &Program, samples: &[Sample]) -> States {
    let mut keys = [const { None::<States> }; 3];
    for sample in samples {
        let states = keys[sample.key].get_or_insert_default();
        program.observe(&sample.occurrence(), states, &mut Vec::new());
    }
    let mut merged = States::default();
    for states in keys.iter().flatten() {
        let mut bytes = Vec::new();
        states.encode(&mut bytes);
        program.merge(&mut merged, &States::decode(&bytes).unwrap());
    }
    merged
}

fn newest(samples: &[Sample]) -> Timestamp {
    samples.iter().map(|sample| sample.at).max().unwrap_or(begin())
}

/// Checks the live answer at some moments, and that it stands as long as it says, no longer than the moment before.
fn check(rule: &Rule, samples: &[Sample], facts: Known, later: &[i64]) -> Result<(), TestCaseError> {
    let program = Program::compile([("s".to_owned(), rule)], zone()).unwrap();
    let states = remembered(&program, samples);
    for &later in later {
        let now = newest(samples).plus_micros(later);
        let verdict = program.evaluate(0, &states, &facts.at(now), now);
        prop_assert_eq!(verdict.holds, meant(rule, samples, facts, now), "{} at {}", rule, now);
        let end = verdict.until.unwrap_or(now.plus_micros(60 * DAY));
        prop_assert!(end > now, "{} at {} stands until {}", rule, now, end);
        let span = end.micros_since(now);
        for moment in [span / 3, span / 2, span - 1].map(|part| now.plus_micros(part)) {
            prop_assert_eq!(verdict.holds, meant(rule, samples, facts, moment), "{} from {} at {}", rule, now, moment);
        }
    }
    Ok(())
}

/// Moments after the newest event: some on whole half days, where windows end.
fn later() -> impl Strategy<Value = Vec<i64>> {
    let moment = prop_oneof![Just(0), (0..DAYS * 2).prop_map(|n| n * DAY / 2), 0..DAYS * DAY];
    proptest::collection::vec(moment, 1..4)
}

proptest! {
    #[test]
    fn a_count_says_what_it_means(clause in counted(), samples in samples(), later in later()) {
        check(&clause, &samples, Known::nothing(), &later)?;
    }

    #[test]
    fn a_sum_says_what_it_means(clause in summed(), samples in samples(), later in later()) {
        check(&clause, &samples, Known::nothing(), &later)?;
    }

    #[test]
    fn what_followed_the_last_few_says_what_it_means(clause in followed(), samples in samples(), later in later()) {
        check(&clause, &samples, Known::nothing(), &later)?;
    }

    #[test]
    fn a_sequence_says_what_it_means(clause in sequence(), samples in samples(), later in later()) {
        check(&clause, &samples, Known::nothing(), &later)?;
    }

    #[test]
    fn a_rule_says_what_it_means_while_events_arrive(
        rule in rule(), samples in samples(), facts in known(), later in later(), part in any::<Index>(),
    ) {
        check(&rule, &samples, facts, &later)?;
        check(&rule, &samples[..part.index(samples.len() + 1)], facts, &later)?;
    }

    #[test]
    fn an_event_that_touches_no_rule_changes_none(rule in rule(), samples in samples(), facts in known()) {
        let program = Program::compile([("s".to_owned(), &rule)], zone()).unwrap();
        let now = newest(&samples);
        for (count, sample) in samples.iter().enumerate() {
            let mut touched = Vec::new();
            program.observe(&sample.occurrence(), &mut States::default(), &mut touched);
            if touched.is_empty() {
                prop_assert_eq!(
                    meant(&rule, &samples[..count], facts, now),
                    meant(&rule, &samples[..=count], facts, now),
                );
            }
        }
    }

    #[test]
    fn a_count_remembers_few_moments(samples in samples()) {
        let rule = parse("did anything >= 3 in last 9 days and did anything on < 4 days").unwrap();
        let program = Program::compile([("s".to_owned(), &rule)], zone()).unwrap();
        let mut bytes = Vec::new();
        remembered(&program, &samples).encode(&mut bytes);
        prop_assert!(bytes.len() < 128, "{}", bytes.len());
    }

    #[test]
    fn arbitrary_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..60)) {
        let _ = States::decode(&bytes);
        let _ = States::decode(&[&[1, 1], &bytes[..]].concat());
    }
}

fn program(rules: &[(&str, &str)]) -> Result<Program, ProgramError> {
    let rules: Vec<_> = rules.iter().map(|(id, text)| ((*id).to_owned(), parse(text).unwrap())).collect();
    Program::compile(rules.iter().map(|(id, rule)| (id.clone(), rule)), zone())
}

#[test]
fn equal_clauses_of_several_rules_are_one() {
    let program = program(&[
        ("a", "bought >= 2 in last 30 days and viewed"),
        ("b", "bought >= 2 in last 30 days or in segment a"),
        ("c", "not in segment b and tag t > 0.5"),
    ])
    .unwrap();
    assert_eq!(program.clauses().len(), 2);
    assert!(program.looks_at("Product Viewed") && !program.looks_at("Cart Viewed"));
    let viewed = Occurrence::told("Product Viewed", begin(), &Json::Null);
    let (mut states, mut touched) = (States::default(), Vec::new());
    program.observe(&viewed, &mut states, &mut touched);
    assert_eq!(touched, [0, 1, 2], "those that name the segment are touched with it");
    assert_eq!(program.readers(&Fact::Tag("t".into())), [2]);
    assert_eq!(program.readers(&Fact::Segment("a".into())), [0; 0], "it is part of the program");
}

#[test]
fn segments_that_define_each_other_are_refused() {
    let error = program(&[("a", "in segment b"), ("b", "not in segment c"), ("c", "viewed or in segment a")]);
    assert_eq!(error.unwrap_err().to_string(), "segment `a` is defined by itself");
    assert_eq!(program(&[("a", "viewed"), ("a", "bought")]).unwrap_err(), ProgramError::Twice("a".into()));
}

/// What a key remembers of events of these names and moments, each of one unit.
fn seen(program: &Program, events: impl IntoIterator<Item = (&'static str, i64)>) -> States {
    let mut states = States::default();
    for (name, at) in events {
        let told = Occurrence::told(name, Timestamp::from_micros(at), &Json::Null);
        program.observe(&Occurrence { quantity: Some(1), ..told }, &mut states, &mut Vec::new());
    }
    states
}

#[test]
fn somebody_leaves_when_the_second_newest_order_leaves_the_window() {
    let program = program(&[("s", "bought >= 2 in last 30 days")]).unwrap();
    let states = seen(&program, [3 * DAY, DAY, 2 * DAY].map(|at| ("Order Completed", at)));
    let verdict = |day| program.evaluate(0, &states, &Known::nothing(), Timestamp::from_micros(day * DAY));
    assert_eq!(verdict(4), Verdict { holds: true, until: Some(Timestamp::from_micros(32 * DAY)) });
    assert_eq!(verdict(32), Verdict { holds: false, until: None });
}

#[test]
fn somebody_enters_when_enough_has_left_the_window() {
    let program = program(&[("s", "bought < 2 in last 30 days or (viewed and tag t >= 2)")]).unwrap();
    let states = seen(&program, [3 * DAY, DAY, 2 * DAY].map(|at| ("Order Completed", at)));
    let verdict = program.evaluate(0, &states, &Known::nothing(), Timestamp::from_micros(4 * DAY));
    assert_eq!(verdict, Verdict { holds: false, until: Some(Timestamp::from_micros(32 * DAY)) });
}

#[test]
fn a_late_event_that_breaks_the_newest_sequence_leaves_the_one_before() {
    let program = program(&[("s", "viewed then bought within 1 day without shared in last 30 days")]).unwrap();
    let (viewed, bought, shared) = ("Product Viewed", "Order Completed", "Product Shared");
    let events = [(viewed, DAY), (bought, 2 * DAY), (viewed, 5 * DAY), (bought, 6 * DAY), (shared, 5 * DAY + 1)];
    let verdict = program.evaluate(0, &seen(&program, events), &Known::nothing(), Timestamp::from_micros(7 * DAY));
    assert_eq!(verdict, Verdict { holds: true, until: Some(Timestamp::from_micros(31 * DAY)) });
}

#[test]
fn two_events_of_one_moment_count_twice() {
    let program = program(&[("s", "viewed = 2 in last 30 days and of last 2 viewed followed by bought = 0")]).unwrap();
    let states = seen(&program, [("Product Viewed", DAY), ("Product Viewed", DAY)]);
    assert!(program.evaluate(0, &states, &Known::nothing(), Timestamp::from_micros(DAY)).holds);
}

#[test]
fn what_is_remembered_is_bounded_for_who_never_stops() {
    let program = program(&[
        ("sequence", "viewed then bought within 1 day without shared in last 30 days"),
        ("sum", "sum of quantity of viewed >= 9000 in last 30 days"),
        ("last", "of last 3 viewed followed by shared = 0"),
        ("count", "viewed >= 9 in last 30 days"),
    ])
    .unwrap();
    let views = (0..9_000).map(|second| ("Product Viewed", second * 1_000_000));
    let states = seen(&program, views.chain([("Order Completed", 9_001_000_000)]));
    let mut bytes = Vec::new();
    states.encode(&mut bytes);
    assert!(bytes.len() < 40_000, "{}", bytes.len());
    for rule in 0..program.len() {
        let verdict = program.evaluate(rule, &states, &Known::nothing(), Timestamp::from_micros(DAY));
        assert!(verdict.holds, "{}", program.id(rule));
    }
}
