//! What is known of one person besides their events, as rules ask for it: read when asked, and only what is asked for.

use std::cell::{OnceCell, RefCell};

use fanvine_kernel::{Timestamp, Zone};
use roaring::RoaringBitmap;
use rustc_hash::FxHashMap;

use super::lists::Lists;
use super::live::{Program, States};
use super::ranks::{RANKED, Ranks};
use super::rule::{Literal, Rule, Test};
use super::stated::StatedOf;
use super::value::{Facts, Reading, Value};
use crate::profile::{DecodeError, State, Typed, newest};
use crate::shoppers::{Counted, Shoppers};
use crate::tags::{Person, assign_where};

/// How long a tag is believed: what time alone does to it is seen no later.
const TAG_STANDS: i64 = 3_600_000_000;
/// The days since something, and the moment of it.
const SINCE: [(&str, &str); 2] = [("days_since_seen", "last_seen"), ("days_since_order", "last_order")];
const DAY: f64 = 86_400e6;

/// What the facts of everybody are read from, for a moment.
pub(crate) struct Sources<'a> {
    pub(crate) shoppers: &'a Shoppers,
    pub(crate) lists: &'a Lists,
    /// Where buyers stand, if somebody asked for that.
    pub(crate) ranks: Option<&'a Ranks>,
    /// Members of the segments that are not compiled with the rule.
    pub(crate) segments: &'a FxHashMap<String, RoaringBitmap>,
    /// The days with which rules compare the days since something.
    pub(crate) days: &'a [f64],
    pub(crate) now: Timestamp,
    pub(crate) zone: Zone,
}

/// One person.
pub(crate) struct KnownPerson<'a> {
    sources: &'a Sources<'a>,
    numbers: &'a [u32],
    stated: &'a StatedOf,
    state: OnceCell<State>,
    counted: OnceCell<Counted>,
    /// What was computed so far.
    computed: RefCell<Vec<(String, Option<Typed>)>>,
}

impl<'a> KnownPerson<'a> {
    /// The person with these keys, and all that is said of them.
    pub(crate) fn new(sources: &'a Sources<'a>, numbers: &'a [u32], stated: &'a StatedOf) -> Self {
        let (state, counted) = (OnceCell::new(), OnceCell::new());
        Self { sources, numbers, stated, state, counted, computed: RefCell::default() }
    }

    /// What live rules remember of all their keys.
    pub(crate) fn states(&self, program: &Program) -> Result<States, DecodeError> {
        let mut merged: Option<States> = None;
        for number in self.numbers {
            let states = self.sources.shoppers.remembered(*number)?;
            match &mut merged {
                None => merged = Some(states),
                Some(merged) => program.merge(merged, &states),
            }
        }
        Ok(merged.unwrap_or_default())
    }

    /// What is counted of all their keys; of one that cannot be read, nothing: whoever saves it says so.
    fn counted(&self) -> &Counted {
        self.counted.get_or_init(|| {
            let mut all = Counted::default();
            for counted in self.numbers.iter().filter_map(|number| self.sources.shoppers.counted_of(*number).ok()) {
                all.merge(&counted);
            }
            all
        })
    }

    /// The same, only what they did.
    fn state(&self) -> &State {
        self.state.get_or_init(|| {
            let mut all = State::default();
            for state in self.numbers.iter().filter_map(|number| self.sources.shoppers.state_of(*number).ok()) {
                all.merge(&state);
            }
            all
        })
    }

    /// A computed value, by name.
    fn value(&self, name: &str) -> Option<Typed> {
        let mut computed = self.computed.borrow_mut();
        if let Some((_, value)) = computed.iter().find(|(known, _)| known == name) {
            return value.clone();
        }
        let value = self.sources.shoppers.value(self.state(), name, self.sources.now, self.sources.zone);
        computed.push((name.to_owned(), value.clone()));
        value
    }

    fn ranked(&self, name: &str) -> Option<Value<'_>> {
        let ranks = self.sources.ranks?;
        self.numbers.iter().find_map(|number| ranks.value(*number, name))
    }

    /// When the days since something next reach a number that some rule compares them with. A comparison turns at the
    /// microsecond or the one after it.
    fn until_days(&self, name: &str) -> Option<Timestamp> {
        let (_, event) = SINCE.iter().find(|(since, _)| *since == name)?;
        let Typed::Moment(at) = self.value(event)? else { return None };
        let turns = self.sources.days.iter().flat_map(|days| {
            let turn = at.plus_micros((days * DAY).round() as i64);
            [turn.plus_micros(-1), turn, turn.plus_micros(1)]
        });
        turns.filter(|turn| *turn > self.sources.now).min()
    }
}

impl Facts for KnownPerson<'_> {
    /// What is said is text; that it may also be a number or a truth, the rule decides.
    fn trait_value(&self, name: &str) -> Reading<'_> {
        let said = newest(&self.stated.traits).into_iter().find(|said| said.name == name);
        let Some(text) = said.map(|said| said.into_owned().value) else { return Reading::default() };
        let number = text.parse().ok().filter(|number: &f64| number.is_finite()).map(Value::Number);
        let truth = text.parse().ok().map(Value::Bool);
        let values = [Value::Text(text.into())].into_iter().chain(number).chain(truth);
        Reading { values: values.collect(), until: None }
    }

    fn computed(&self, name: &str) -> Reading<'_> {
        if RANKED.contains(&name) {
            return Reading { values: self.ranked(name).into_iter().collect(), until: None };
        }
        let Some(found) = self.value(name) else { return Reading::default() };
        let values = match found {
            Typed::Count(count) => vec![Value::Number(count as f64)],
            Typed::Days(days) => vec![Value::Number(days)],
            Typed::Moment(moment) => vec![Value::Time(moment)],
            Typed::Text(text) => vec![Value::Text(text.into())],
            Typed::Hour(hour) => vec![Value::Number(f64::from(hour))],
            Typed::Money(amounts) => amounts.into_iter().map(Value::Money).collect(),
        };
        Reading { values, until: self.until_days(name) }
    }

    fn tag(&self, tag: &str, term: Option<&str>, _: f64) -> (f64, Option<Timestamp>) {
        let sources = self.sources;
        let counted = self.counted();
        let StatedOf { traits, given } = self.stated;
        let person = Person { state: &counted.state, weights: &counted.weights, traits, given };
        let catalogue = sources.shoppers.catalogue();
        let shop = sources.shoppers.shop(catalogue, sources.zone);
        let carried = assign_where(&person, &shop, sources.now, |definition| definition.id == tag);
        let carried = carried.iter().filter(|one| term.is_none_or(|term| one.term.as_deref() == Some(term)));
        let weight = carried.map(|one| one.weight).fold(0.0, f64::max);
        (weight, Some(sources.now.plus_micros(TAG_STANDS)))
    }

    fn in_segment(&self, segment: &str) -> bool {
        let members = self.sources.segments.get(segment);
        members.is_some_and(|members| self.numbers.iter().any(|number| members.contains(*number)))
    }

    fn in_list(&self, list: &str) -> bool {
        let list = self.sources.lists.get(list);
        list.is_some_and(|list| self.numbers.iter().any(|number| list.numbers.contains(*number)))
    }
}

/// The numbers with which rules compare the days since something.
pub(crate) fn days_of<'r>(rules: impl IntoIterator<Item = &'r Rule>) -> Vec<f64> {
    let (mut open, mut days) = (rules.into_iter().collect::<Vec<_>>(), Vec::new());
    while let Some(rule) = open.pop() {
        match rule {
            Rule::All(rules) | Rule::Any(rules) => open.extend(rules),
            Rule::Not(rule) => open.push(rule),
            Rule::Computed(test) if SINCE.iter().any(|(name, _)| *name == test.name) => {
                days.extend(literals(&test.is).into_iter().filter_map(|literal| match literal {
                    Literal::Number(number) => Some(*number),
                    _ => None,
                }));
            }
            _ => {}
        }
    }
    days
}

fn literals(test: &Test) -> Vec<&Literal> {
    super::bounds::literals(test)
}
