//! Random rules, events and facts for the property tests.

use std::collections::BTreeMap;

use fanvine_kernel::{Currency, LocalDate, Money, Timestamp, Zone};
use fanvine_testkit::{EventBuilder, track};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::{Value as Json, json};

use super::Occurrence;
use super::rule::*;
use super::span::{Span, Unit};
use super::value::{Facts, Reading, Value};

/// The zone of the tests: its clocks change on 2026-03-08, within the days on which the random events lie.
pub(super) fn zone() -> Zone {
    "America/New_York".parse().unwrap()
}

/// The first moment of the random events.
pub(super) fn begin() -> Timestamp {
    zone().parse("2026-02-20 00:00:00").unwrap()
}

/// On how many days they lie.
pub(super) const DAYS: i64 = 30;

fn day() -> impl Strategy<Value = LocalDate> {
    (0..DAYS).prop_map(|days| zone().date_of(begin()).plus_days(days))
}

fn bound<T: std::fmt::Debug + Clone + 'static>(of: impl Strategy<Value = T> + 'static) -> BoxedStrategy<Bound<T>> {
    let makes = [Bound::Eq, Bound::Ne, Bound::Lt, Bound::Le, Bound::Gt, Bound::Ge];
    (of, 0..makes.len()).prop_map(move |(value, which)| makes[which](value)).boxed()
}

fn money() -> impl Strategy<Value = Money> {
    let code = select(vec!["CNY", "CNY", "JPY"]);
    (-300i64..1_000, code).prop_map(|(minor, code)| Money::new(minor, code.parse::<Currency>().unwrap()))
}

fn span() -> impl Strategy<Value = Span> {
    let units = prop_oneof![
        1 => Just(Unit::Minutes), 1 => Just(Unit::Hours), 4 => Just(Unit::Days), 3 => Just(Unit::CalendarDays)
    ];
    (1u32..20, units)
        .prop_map(|(count, unit)| Span { count: if unit == Unit::Minutes { count * 60 } else { count }, unit })
}

fn duration() -> impl Strategy<Value = Span> {
    (1u32..10).prop_map(|count| Span { count, unit: Unit::Days })
}

fn period() -> impl Strategy<Value = Period> {
    prop_oneof![
        span().prop_map(Period::Last),
        (day(), 0i64..20).prop_map(|(from, days)| Period::Between { from, to: from.plus_days(days) }),
    ]
}

fn filter() -> impl Strategy<Value = Filter> {
    let text = || select(vec!["Tea", "Milk"]).prop_map(|text| Literal::Text(text.to_owned()));
    prop_oneof![
        text().prop_map(|value| Filter { field: Field::Category, is: Test::Eq(value) }),
        text().prop_map(|value| Filter { field: Field::Property("k".into()), is: Test::Ne(value) }),
        (0i32..3).prop_map(|n| Filter { field: Field::Quantity, is: Test::Ge(Literal::Number(n.into())) }),
    ]
}

fn selection() -> impl Strategy<Value = Selection> {
    let name = || select(vec!["A", "B", "C"]).prop_map(str::to_owned);
    let names = prop_oneof![
        6 => name().prop_map(|name| Some(vec![name])),
        1 => vec(name(), 2).prop_map(Some),
        1 => Just(None),
    ];
    let filters = prop_oneof![5 => Just(Vec::new()), 1 => vec(filter(), 1..3)];
    (names, filters).prop_map(|(names, filters)| Selection { names, filters })
}

fn window() -> impl Strategy<Value = Window> {
    prop_oneof![
        1 => Just(Window::Ever),
        4 => period().prop_map(Window::from),
        2 => selection().prop_map(Window::Since),
    ]
}

fn event(measure: impl Strategy<Value = Measure>) -> impl Strategy<Value = Rule> {
    (selection(), measure, window()).prop_map(|(of, measure, window)| Rule::Event(EventTest { of, measure, window }))
}

/// How often, or on how many days.
pub(super) fn counted() -> impl Strategy<Value = Rule> {
    event(prop_oneof![bound(0u32..5).prop_map(Measure::Count), bound(0u32..5).prop_map(Measure::Days)])
}

/// For how much.
pub(super) fn summed() -> impl Strategy<Value = Rule> {
    let tenths = (0i32..60).prop_map(|n| f64::from(n) / 10.0);
    event(prop_oneof![
        bound(money()).prop_map(Measure::Revenue),
        bound(0i64..12).prop_map(Measure::Quantity),
        bound(tenths).prop_map(|sum| Measure::Property { path: "n".into(), sum }),
    ])
}

/// What followed the last few.
pub(super) fn followed() -> impl Strategy<Value = Rule> {
    let on = option::of(Just(Field::Property("k".into())));
    (1u32..4, selection(), selection(), on, bound(0u32..4))
        .prop_map(|(last, of, by, on, count)| Rule::LastOf(FollowTest { last, of, by, on, count }))
}

/// One after another.
pub(super) fn sequence() -> impl Strategy<Value = Rule> {
    (vec(selection(), 2..4), duration(), option::of(selection()), period())
        .prop_map(|(steps, within, without, window)| Rule::Sequence(SequenceTest { steps, within, without, window }))
}

/// A clause about events.
pub(super) fn event_clause() -> BoxedStrategy<Rule> {
    prop_oneof![counted(), summed(), followed(), sequence()].boxed()
}

fn fact_clause() -> BoxedStrategy<Rule> {
    let time = prop_oneof![span().prop_map(Test::Within), span().prop_map(Test::Over)];
    prop_oneof![
        time.prop_map(|is| Rule::Computed(ValueTest { name: "last_at".into(), is })),
        day().prop_map(|day| Rule::Trait(ValueTest { name: "born".into(), is: Test::Le(Literal::Day { day }) })),
        bound((0i32..10).prop_map(|n| f64::from(n) / 10.0)).prop_map(|weight| Rule::Tag(TagTest {
            tag: "t".into(),
            term: None,
            weight
        })),
        Just(Rule::List("l".into())),
        Just(Rule::Segment("elsewhere".into())),
    ]
    .boxed()
}

/// A rule whose clauses meet the random events and facts often.
pub(super) fn rule() -> BoxedStrategy<Rule> {
    nested(prop_oneof![4 => event_clause(), 1 => fact_clause()].boxed())
}

fn nested(leaf: BoxedStrategy<Rule>) -> BoxedStrategy<Rule> {
    leaf.prop_recursive(3, 8, 3, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..4).prop_map(Rule::All),
            vec(inner.clone(), 0..4).prop_map(Rule::Any),
            inner.prop_map(|rule| Rule::Not(Box::new(rule))),
        ]
    })
    .boxed()
}

/// A rule with anything for names and texts, for what only reads and writes.
pub(super) fn wild_rule() -> BoxedStrategy<Rule> {
    let name = || prop_oneof!["[a-z_.]{1,8}", "[ -~和\\\\\"]{0,6}", Just("not".to_owned())];
    let literal = || {
        prop_oneof![
            any::<bool>().prop_map(Literal::Bool),
            (-1_000_000i32..1_000_000).prop_map(|n| Literal::Number(f64::from(n) / 1000.0)),
            name().prop_map(Literal::Text),
            money().prop_map(Literal::Money),
            day().prop_map(|day| Literal::Day { day }),
        ]
    };
    let test = move || {
        prop_oneof![
            bound(literal()).prop_map(|bound| match bound {
                Bound::Eq(value) => Test::Eq(value),
                Bound::Ne(value) => Test::Ne(value),
                Bound::Lt(value) => Test::Lt(value),
                Bound::Le(value) => Test::Le(value),
                Bound::Gt(value) => Test::Gt(value),
                Bound::Ge(value) => Test::Ge(value),
            }),
            vec(literal(), 0..3).prop_map(Test::In),
            (literal(), literal()).prop_map(|(low, high)| Test::Between(low, high)),
            Just(Test::Exists),
            name().prop_map(Test::Contains),
            name().prop_map(Test::StartsWith),
            span().prop_map(Test::Within),
            span().prop_map(Test::Over),
        ]
    };
    let values = move || (name(), test()).prop_map(|(name, is)| ValueTest { name, is });
    let filters = vec((name(), test()).prop_map(|(name, is)| Filter { field: Field::Property(name), is }), 1..3);
    let named = (vec(name(), 0..3), filters)
        .prop_map(|(names, filters)| Selection { names: Some(names), filters })
        .prop_map(|of| EventTest { of, measure: Measure::Count(Bound::Ge(1)), window: Window::Ever });
    nested(
        prop_oneof![
            4 => event_clause(),
            1 => named.prop_map(Rule::Event),
            1 => values().prop_map(Rule::Trait),
            1 => values().prop_map(Rule::Computed),
            1 => (name(), option::of(name()), bound(Just(0.5)))
                .prop_map(|(tag, term, weight)| Rule::Tag(TagTest { tag, term, weight })),
            1 => name().prop_map(Rule::Segment),
            1 => name().prop_map(Rule::List),
        ]
        .boxed(),
    )
}

/// An event of the random streams, with the shopper key it belongs to.
#[derive(Debug, Clone)]
pub(super) struct Sample {
    pub key: usize,
    name: &'static str,
    pub at: Timestamp,
    revenue: Option<Money>,
    quantity: Option<i64>,
    properties: Json,
}

impl Sample {
    pub(super) fn occurrence(&self) -> Occurrence<'_> {
        Occurrence {
            revenue: self.revenue,
            quantity: self.quantity,
            ..Occurrence::told(self.name, self.at, &self.properties)
        }
    }
}

impl Sample {
    /// The same as an event of a shopper key.
    pub(super) fn told(&self, user: &str) -> EventBuilder {
        let Self { at, revenue, quantity, .. } = self.clone();
        track(self.name).user(user).properties(&self.properties.to_string()).with(move |event| {
            event.occurred_at = at;
            event.quantity = quantity;
            (event.revenue_minor, event.currency) = (revenue.map(|one| one.minor), revenue.map(|one| one.currency));
        })
    }
}

/// Events in the order in which they arrive, which is not the one in which they happened. Half of them lie on whole
/// days, so that some happen at one moment, or exactly a window apart.
pub(super) fn samples() -> impl Strategy<Value = Vec<Sample>> {
    let moment = prop_oneof![(0..DAYS).prop_map(|n| n * 86_400_000_000), 0..DAYS * 86_400_000_000];
    let name = prop_oneof![3 => Just("A"), 3 => Just("B"), 2 => Just("C"), 1 => Just("D")];
    let text = || option::of(select(vec!["Tea", "Milk"]));
    let fields = (
        text(),
        option::weighted(0.8, money()),
        option::weighted(0.8, 0i64..4),
        text(),
        option::weighted(0.8, 0i32..30),
    );
    let sample = (prop_oneof![3 => Just(0usize), 1 => 1usize..3], name, moment, fields).prop_map(
        |(key, name, moment, (category, revenue, quantity, k, n))| {
            let mut properties = BTreeMap::new();
            category.map(|category| properties.insert("category", json!(category)));
            k.map(|k| properties.insert("k", json!(k)));
            n.map(|n| properties.insert("n", json!(f64::from(n) / 10.0)));
            let (at, properties) = (begin().plus_micros(moment), json!(properties));
            Sample { key, name, at, revenue, quantity, properties }
        },
    );
    vec(sample, 0..40)
}

/// Facts that do not change by events, among them a tag that fades and a moment.
#[derive(Debug, Clone, Copy)]
pub(super) struct Known {
    now: Timestamp,
    last_at: Timestamp,
    listed: bool,
}

pub(super) fn known() -> impl Strategy<Value = Known> {
    (0..DAYS * 86_400_000_000, any::<bool>()).prop_map(|(micros, listed)| Known {
        now: begin(),
        last_at: begin().plus_micros(micros),
        listed,
    })
}

impl Known {
    /// The same at another moment.
    pub(super) fn at(self, now: Timestamp) -> Self {
        Self { now, ..self }
    }

    pub(super) fn nothing() -> Self {
        Self { now: begin(), last_at: begin(), listed: false }
    }
}

impl Facts for Known {
    fn trait_value(&self, _: &str) -> Reading<'_> {
        Reading::steady(Value::Text("2026-03-01".into()))
    }

    fn computed(&self, _: &str) -> Reading<'_> {
        Reading::steady(Value::Time(self.last_at))
    }

    /// Loses a tenth every three days.
    fn tag(&self, _: &str, _: Option<&str>, bar: f64) -> (f64, Option<Timestamp>) {
        const STEP: i64 = 3 * 86_400_000_000;
        let weight = |steps: i64| f64::from(i32::try_from((10 - steps).max(0)).unwrap()) / 10.0;
        let step = self.now.micros_since(begin()).max(0) / STEP;
        let side = |weight: f64| weight.partial_cmp(&bar);
        let crossing = (step + 1..=11).find(|&later| side(weight(later)) != side(weight(step)));
        (weight(step), crossing.map(|step| begin().plus_micros(step * STEP)))
    }

    fn in_segment(&self, _: &str) -> bool {
        !self.listed
    }

    fn in_list(&self, _: &str) -> bool {
        self.listed
    }
}
