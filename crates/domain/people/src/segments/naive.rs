//! What a rule means: evaluated for one person from all their events, in the most obvious way.
//!
//! This is the measure of every faster way, and the place where "why" is answered.

use std::collections::BTreeSet;

use fanvine_kernel::{Timestamp, Zone};

use super::occurrence::{Occurrence, tie};
use super::reason::{Observed, Reason};
use super::rule::{EventTest, FollowTest, Measure, Rule, Selection, SequenceTest, Window};
use super::span::Unit;
use super::value::{Facts, Reading};

/// All that is known of one person.
#[derive(Clone, Copy)]
pub struct Person<'a> {
    /// Everything they did, in any order, none of it after the moment asked for.
    pub occurrences: &'a [Occurrence<'a>],
    /// Everything else, as of the moment asked for.
    pub facts: &'a dyn Facts,
    /// The shop's zone.
    pub zone: Zone,
}

/// Whether the rule holds for them.
pub fn holds(rule: &Rule, person: Person<'_>, now: Timestamp) -> bool {
    explain(rule, person, now).holds
}

/// Whether the rule holds for them, and why: each clause with what was found.
pub fn explain(rule: &Rule, person: Person<'_>, now: Timestamp) -> Reason {
    let parts = |rules: &[Rule]| rules.iter().map(|rule| explain(rule, person, now)).collect::<Vec<_>>();
    let valued = |reading: Reading<'_>, test: &super::Test| {
        Reason::leaf(rule, test.holds(&reading.values, now, person.zone), Observed::values(&reading.values))
    };
    match rule {
        Rule::All(rules) => {
            let parts = parts(rules);
            Reason::joint("all", parts.iter().all(|part| part.holds), parts)
        }
        Rule::Any(rules) => {
            let parts = parts(rules);
            Reason::joint("any", parts.iter().any(|part| part.holds), parts)
        }
        Rule::Not(inner) => {
            let part = explain(inner, person, now);
            Reason::joint("not", !part.holds, vec![part])
        }
        Rule::Trait(test) => valued(person.facts.trait_value(&test.name), &test.is),
        Rule::Computed(test) => valued(person.facts.computed(&test.name), &test.is),
        Rule::Tag(test) => {
            let (weight, _) = person.facts.tag(&test.tag, test.term.as_deref(), *test.weight.wanted());
            Reason::leaf(rule, test.weight.holds(weight), Observed::Weight(weight))
        }
        Rule::Event(test) => event(rule, test, person, now),
        Rule::LastOf(test) => last_of(rule, test, person),
        Rule::Sequence(test) => {
            let begun = newest_sequence(test, person, now);
            Reason::leaf(rule, begun.is_some(), Observed::Sequence(begun))
        }
        Rule::Segment(id) => member(rule, person.facts.in_segment(id)),
        Rule::List(id) => member(rule, person.facts.in_list(id)),
    }
}

fn member(rule: &Rule, is: bool) -> Reason {
    Reason::leaf(rule, is, Observed::Member(is))
}

fn event(rule: &Rule, test: &EventTest, person: Person<'_>, now: Timestamp) -> Reason {
    let found = || taken(&test.of, person).filter(|occurrence| inside(&test.window, occurrence.at, person, now));
    let (holds, observed) = match (&test.measure, test.measure.sum()) {
        (Measure::Count(count), _) => {
            let times = found().count() as u64;
            (count.map(u64::from).holds(times), Observed::Times(times))
        }
        (Measure::Days(bound), _) => {
            let days = found().map(|occurrence| person.zone.date_of(occurrence.at)).collect::<BTreeSet<_>>().len();
            (bound.map(u64::from).holds(days as u64), Observed::Days(days as u64))
        }
        (measure, bound) => {
            let sum = found().filter_map(|occurrence| measure.amount(occurrence)).map(i128::from).sum();
            (bound.is_some_and(|bound| bound.holds(sum)), Observed::sum(sum, measure))
        }
    };
    Reason::leaf(rule, holds, observed)
}

fn taken<'a>(selection: &'a Selection, person: Person<'a>) -> impl Iterator<Item = &'a Occurrence<'a>> {
    person.occurrences.iter().filter(move |occurrence| selection.takes(occurrence, person.zone))
}

fn inside(window: &Window, at: Timestamp, person: Person<'_>, now: Timestamp) -> bool {
    let day = person.zone.date_of(at);
    match window {
        Window::Ever => true,
        Window::Last(span) if span.unit == Unit::CalendarDays => {
            day > person.zone.date_of(now).plus_days(-i64::from(span.count))
        }
        Window::Last(span) => at > now.plus_micros(-span.micros()),
        Window::Between { from, to } => *from <= day && day <= *to,
        Window::Since(selection) => {
            taken(selection, person).map(|occurrence| occurrence.at).max().is_some_and(|newest| at > newest)
        }
    }
}

fn last_of(rule: &Rule, test: &FollowTest, person: Person<'_>) -> Reason {
    let tie = |occurrence: &Occurrence<'_>| tie(occurrence, test.on.as_ref());
    let mut newest: Vec<_> = taken(&test.of, person).map(|first| (first.at, tie(first).unwrap_or(u64::MAX))).collect();
    newest.sort_unstable();
    let newest: Vec<_> = newest.into_iter().rev().take(test.last as usize).collect();
    let followed = newest
        .iter()
        .filter(|(at, key)| taken(&test.by, person).any(|by| by.at > *at && tie(by) == Some(*key)))
        .count() as u64;
    let of = newest.len() as u64;
    let holds = of == u64::from(test.last) && test.count.map(u64::from).holds(followed);
    Reason::leaf(rule, holds, Observed::Followed { followed, of, wanted: test.last })
}

/// When the newest sequence began that is done, soon enough, and without what must not lie between.
fn newest_sequence(test: &SequenceTest, person: Person<'_>, now: Timestamp) -> Option<Timestamp> {
    let window = Window::from(test.window);
    let moments = |selection: &Selection| -> BTreeSet<Timestamp> {
        taken(selection, person).map(|step| step.at).filter(|at| inside(&window, *at, person, now)).collect()
    };
    let steps: Vec<_> = test.steps.iter().map(moments).collect();
    let breaks = test.without.as_ref().map(moments).unwrap_or_default();
    let (firsts, rest) = steps.split_first()?;
    let complete = |first: Timestamp| {
        let latest = first.plus_micros(test.within.micros());
        ends_well(rest, first, &|last| {
            last <= latest && !breaks.iter().any(|between| first < *between && *between < last)
        })
    };
    firsts.iter().rev().copied().find(|first| complete(*first))
}

/// Whether some way through the steps, each strictly after the one before, ends as `good` wants it.
fn ends_well(steps: &[BTreeSet<Timestamp>], after: Timestamp, good: &dyn Fn(Timestamp) -> bool) -> bool {
    match steps.split_first() {
        None => good(after),
        Some((step, rest)) => step.iter().filter(|at| **at > after).any(|at| ends_well(rest, *at, good)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::segments::samples::{begin, zone};
    use crate::segments::text::parse;
    use crate::segments::value::Value;
    use serde_json::{Value as Json, json};

    struct Somebody;
    impl Facts for Somebody {
        fn trait_value(&self, _: &str) -> Reading<'_> {
            Reading::steady(Value::Text("上海".into()))
        }
        fn computed(&self, _: &str) -> Reading<'_> {
            Reading::default()
        }
        fn tag(&self, _: &str, _: Option<&str>, _: f64) -> (f64, Option<Timestamp>) {
            (0.75, None)
        }
        fn in_segment(&self, id: &str) -> bool {
            id == "vip"
        }
        fn in_list(&self, _: &str) -> bool {
            false
        }
    }

    fn at_day<'a>(name: &'a str, day: i64, properties: &'a Json) -> Occurrence<'a> {
        Occurrence {
            revenue: Some(fanvine_kernel::Money::new(1_250, "CNY".parse().unwrap())),
            ..Occurrence::told(name, begin().plus_micros(day * 86_400_000_000), properties)
        }
    }

    fn said(text: &str) -> Reason {
        let (tea, milk, one, two) = (
            json!({"category": "Tea"}),
            json!({"category": "Milk"}),
            json!({"message_id": 1}),
            json!({"message_id": 2}),
        );
        let occurrences = [
            at_day("Order Completed", 1, &tea),
            at_day("Order Completed", 5, &tea),
            at_day("Order Completed", 9, &milk),
            at_day("Message Sent", 2, &one),
            at_day("Message Sent", 3, &two),
            at_day("Message Opened", 4, &one),
        ];
        let person = Person { occurrences: &occurrences, facts: &Somebody, zone: zone() };
        explain(&parse(text).unwrap(), person, begin().plus_micros(10 * 86_400_000_000))
    }

    #[test]
    fn each_kind_of_clause_finds_what_it_says() {
        for (text, holds) in [
            (r#"bought(category = "Tea") >= 2 in last 30 days"#, true),
            (r#"bought(category = "Tea") >= 2 in last 9 days"#, false),
            ("bought on = 3 days", true),
            ("sum of revenue of bought = 25.00 CNY in last 6 days", true),
            ("sum of revenue of bought > 0 USD in last 6 days", false),
            ("bought between 2026-02-21 and 2026-02-21", true),
            ("bought between 2026-02-22 and 2026-02-24", false),
            (r#"bought = 1 since "Message Opened""#, false),
            (r#"bought = 2 since "Message Opened""#, true),
            ("bought >= 1 since viewed", false),
            (r#"of last 2 "Message Sent" followed by "Message Opened" on properties.message_id = 1"#, true),
            (r#"of last 2 "Message Sent" followed by "Message Opened" = 2"#, true),
            (r#"of last 3 "Message Sent" followed by "Message Opened" = 0"#, false),
            (r#"did "Message Sent" then "Message Opened" within 1 day in last 30 days"#, true),
            (r#"did "Message Sent" then "Message Opened" then bought within 2 days in last 30 days"#, true),
            (r#"did "Message Sent" then "Message Opened" then bought within 1 day in last 30 days"#, false),
            (r#"bought then "Message Opened" within 9 days without "Message Sent" in last 30 days"#, false),
            (r#"trait city in ("上海") and tag t:"x" > 0.7 and in segment vip and not in list vip"#, true),
            ("value orders exists", false),
        ] {
            assert_eq!(said(text).holds, holds, "{text}");
        }
    }

    #[test]
    fn a_reason_says_what_was_found_in_two_languages() {
        let reason =
            said(r#"bought(category = "Tea") >= 3 in last 30 days or not (trait city = "上海" and in segment vip)"#);
        assert_eq!(
            reason.english(),
            "no: any of\n  no: bought(category = \"Tea\") >= 3 in last 30 days (found 2 times)\n  no: not\n    \
             yes: all of\n      yes: trait city = \"上海\" (it is 上海)\n      yes: in segment vip (a member)\n"
        );
        assert!(
            reason
                .chinese()
                .starts_with("否: 以下任一成立\n  否: bought(category = \"Tea\") >= 3 in last 30 days (实际 2 次)\n")
        );
    }
}
