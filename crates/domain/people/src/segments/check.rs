//! Refusing what cannot be, and what cannot be afforded, by the name of the clause.

use std::collections::HashSet;

use fanvine_kernel::event::names::is_about_segments;

use super::fault::{Fault, Wrong};
use super::rule::{
    EventTest, Field, Filter, FollowTest, Literal, Measure, Period, Rule, Selection, SequenceTest, TagTest, Test,
    Window,
};
use super::span::{Span, Unit};
use super::{bounds, opposed};

/// Levels of `all`, `any` and `not`.
const DEEPEST: usize = 8;
/// Clauses of one rule.
const MOST_CLAUSES: usize = 64;
/// The greatest count compared with: so many moments are kept per shopper.
const MOST_TIMES: u32 = 1_000;
/// The most events "of the last" looks at.
const MOST_LAST: u32 = 50;
/// The steps of a sequence.
const MOST_STEPS: usize = 5;
/// Names or filters of one selection.
const MOST_PARTS: usize = 50;
/// Values of one `in`.
const MOST_VALUES: usize = 1_000;
/// Characters of a name or text.
const LONGEST_TEXT: usize = 256;
/// The longest window: three years and some days.
const LONGEST: Span = Span { count: 1_100, unit: Unit::Days };

/// What a rule may name.
pub trait Known {
    /// The ids of the segments that a segment's rule names; none if there is no such segment.
    fn segment(&self, id: &str) -> Option<Vec<String>>;
    /// Whether there is such a list.
    fn list(&self, id: &str) -> bool;
    /// Whether there is such a tag.
    fn tag(&self, id: &str) -> bool;
    /// Whether the profile has such a computed value.
    fn computed(&self, name: &str) -> bool;
}

/// Everything that is wrong with a rule, in its order. `id` is the segment it is to define, if that has an id yet.
pub fn check(rule: &Rule, id: Option<&str>, known: &dyn Known) -> Vec<Fault> {
    let mut check = Check { id, known, clauses: 0, faults: Vec::new() };
    check.rule(rule, "", 1);
    if check.clauses > MOST_CLAUSES {
        check.fault("", Wrong::TooMany { found: check.clauses, limit: MOST_CLAUSES });
    }
    check.faults
}

impl Rule {
    /// The ids of the segments it names, each once.
    pub fn segments(&self) -> Vec<String> {
        let (mut open, mut named) = (vec![self], Vec::new());
        while let Some(rule) = open.pop() {
            match rule {
                Self::All(rules) | Self::Any(rules) => open.extend(rules),
                Self::Not(rule) => open.push(rule),
                Self::Segment(id) if !named.contains(id) => named.push(id.clone()),
                _ => {}
            }
        }
        named
    }
}

struct Check<'a> {
    id: Option<&'a str>,
    known: &'a dyn Known,
    clauses: usize,
    faults: Vec<Fault>,
}

/// A path and what follows it.
fn under(path: &str, part: &str) -> String {
    if path.is_empty() { part.to_owned() } else { format!("{path}.{part}") }
}

impl Check<'_> {
    fn fault(&mut self, path: &str, wrong: Wrong) {
        self.faults.push(Fault { path: path.to_owned(), wrong });
    }

    fn rule(&mut self, rule: &Rule, path: &str, depth: usize) {
        if depth > DEEPEST {
            return self.fault(path, Wrong::TooDeep { limit: DEEPEST });
        }
        match rule {
            Rule::All(rules) => {
                self.parts(rules, &under(path, "all"), depth);
                for (place, wrong) in opposed::contradictions(rules) {
                    self.fault(&under(path, &format!("all[{place}]")), wrong);
                }
            }
            Rule::Any(rules) => {
                self.parts(rules, &under(path, "any"), depth);
                for (place, wrong) in opposed::certainties(rules) {
                    self.fault(&under(path, &format!("any[{place}]")), wrong);
                }
            }
            Rule::Not(rule) => self.rule(rule, &under(path, "not"), depth + 1),
            leaf => {
                self.clauses += 1;
                self.clause(leaf, path);
            }
        }
    }

    fn parts(&mut self, rules: &[Rule], path: &str, depth: usize) {
        if rules.is_empty() {
            self.fault(path, Wrong::Empty);
        }
        for (place, rule) in rules.iter().enumerate() {
            self.rule(rule, &format!("{path}[{place}]"), depth + 1);
        }
    }

    fn clause(&mut self, rule: &Rule, path: &str) {
        match rule {
            Rule::Trait(test) => {
                let path = under(path, "trait");
                self.text(&test.name, &under(&path, "name"));
                self.test(&test.is, &under(&path, "is"));
            }
            Rule::Computed(test) => {
                let path = under(path, "computed");
                if !self.known.computed(&test.name) {
                    self.fault(&under(&path, "name"), Wrong::UnknownValue(test.name.clone()));
                }
                self.test(&test.is, &under(&path, "is"));
            }
            Rule::Tag(test) => self.tag(test, &under(path, "tag")),
            Rule::Event(test) => self.event(test, &under(path, "event")),
            Rule::LastOf(test) => self.last_of(test, &under(path, "last_of")),
            Rule::Sequence(test) => self.sequence(test, &under(path, "sequence")),
            Rule::Segment(id) => self.segment(id, &under(path, "segment")),
            Rule::List(id) if !self.known.list(id) => {
                self.fault(&under(path, "list"), Wrong::UnknownList(id.clone()));
            }
            _ => {}
        }
    }

    fn tag(&mut self, test: &TagTest, path: &str) {
        if !self.known.tag(&test.tag) {
            self.fault(&under(path, "tag"), Wrong::UnknownTag(test.tag.clone()));
        }
        let bar = *test.weight.wanted();
        if !(0.0..=1.0).contains(&bar) {
            self.fault(&under(path, "weight"), Wrong::range(bar, 0, 1));
        } else if let Some(wrong) = bounds::settled(&test.weight.map(bounds::Scalar::Number), 0.0, 1.0) {
            self.fault(&under(path, "weight"), wrong);
        }
    }

    fn event(&mut self, test: &EventTest, path: &str) {
        self.selection(&test.of, &under(path, "of"));
        let measure = under(path, "measure");
        match &test.measure {
            Measure::Count(bound) | Measure::Days(bound) => {
                if *bound.wanted() > MOST_TIMES {
                    self.fault(&measure, Wrong::range(bound.wanted(), 0, MOST_TIMES));
                } else if let Some(wrong) =
                    bounds::settled(&bound.map(|n| bounds::Scalar::Number(n.into())), 0.0, f64::INFINITY)
                {
                    self.fault(&measure, wrong);
                }
            }
            Measure::Property { path: property, .. } => self.text(property, &measure),
            Measure::Revenue(_) | Measure::Quantity(_) => {}
        }
        let window = under(path, "window");
        match &test.window {
            Window::Ever => {}
            Window::Last(span) => self.span(*span, &window, true),
            Window::Between { from, to } if from > to => self.fault(&window, Wrong::reversed(from, to)),
            Window::Between { .. } => {}
            Window::Since(selection) => self.selection(selection, &under(&window, "since")),
        }
        let open = matches!(test.window, Window::Ever | Window::Since(_));
        if open && !matches!(test.measure, Measure::Count(_) | Measure::Days(_)) {
            self.fault(&window, Wrong::EndlessSum);
        } else if open && test.of.names.is_none() && !test.of.filters.is_empty() {
            self.fault(&window, Wrong::EndlessScan);
        }
    }

    fn last_of(&mut self, test: &FollowTest, path: &str) {
        if !(1..=MOST_LAST).contains(&test.last) {
            self.fault(&under(path, "last"), Wrong::range(test.last, 1, MOST_LAST));
        }
        self.selection(&test.of, &under(path, "of"));
        self.selection(&test.by, &under(path, "by"));
        for (name, selection) in [("of", &test.of), ("by", &test.by)] {
            if selection.names.is_none() {
                self.fault(&under(path, name), Wrong::EndlessScan);
            }
        }
        let count = under(path, "count");
        if *test.count.wanted() > test.last {
            self.fault(&count, Wrong::range(test.count.wanted(), 0, test.last));
        } else if let Some(wrong) =
            bounds::settled(&test.count.map(|n| bounds::Scalar::Number(n.into())), 0.0, test.last.into())
        {
            self.fault(&count, wrong);
        }
    }

    fn sequence(&mut self, test: &SequenceTest, path: &str) {
        let steps = under(path, "steps");
        if !(2..=MOST_STEPS).contains(&test.steps.len()) {
            self.fault(&steps, Wrong::range(test.steps.len(), 2, MOST_STEPS));
        }
        for (place, step) in test.steps.iter().enumerate() {
            self.selection(step, &format!("{steps}[{place}]"));
        }
        if let Some(without) = &test.without {
            self.selection(without, &under(path, "without"));
        }
        self.span(test.within, &under(path, "within"), false);
        let window = under(path, "window");
        match &test.window {
            Period::Last(span) => self.span(*span, &window, true),
            Period::Between { from, to } if from > to => self.fault(&window, Wrong::reversed(from, to)),
            Period::Between { .. } => {}
        }
    }

    fn segment(&mut self, id: &str, path: &str) {
        let Some(named) = self.known.segment(id) else {
            return self.fault(path, Wrong::UnknownSegment(id.to_owned()));
        };
        let Some(own) = self.id else { return };
        let mut seen = HashSet::from([id.to_owned()]);
        let mut open = vec![(id.to_owned(), named)];
        while let Some((at, named)) = open.pop() {
            if at == own || named.iter().any(|inner| inner == own) {
                return self.fault(path, Wrong::Cycle { segment: own.to_owned(), through: at });
            }
            for inner in named {
                if seen.insert(inner.clone()) {
                    let further = self.known.segment(&inner).unwrap_or_default();
                    open.push((inner, further));
                }
            }
        }
    }

    fn selection(&mut self, selection: &Selection, path: &str) {
        if let Some(names) = &selection.names {
            let path = under(path, "names");
            if names.is_empty() {
                self.fault(&path, Wrong::Empty);
            }
            if names.len() > MOST_PARTS {
                self.fault(&path, Wrong::TooMany { found: names.len(), limit: MOST_PARTS });
            }
            for (place, name) in names.iter().enumerate() {
                self.text(name, &format!("{path}[{place}]"));
                if is_about_segments(name) {
                    self.fault(&format!("{path}[{place}]"), Wrong::OwnEvent(name.clone()));
                }
            }
        }
        let filters = under(path, "where");
        if selection.filters.len() > MOST_PARTS {
            self.fault(&filters, Wrong::TooMany { found: selection.filters.len(), limit: MOST_PARTS });
        }
        for (place, filter) in selection.filters.iter().enumerate() {
            self.filter(filter, &format!("{filters}[{place}]"));
        }
        for (place, wrong) in bounds::contradicting_filters(&selection.filters) {
            self.fault(&format!("{filters}[{place}]"), wrong);
        }
    }

    fn filter(&mut self, filter: &Filter, path: &str) {
        self.test(&filter.is, &under(path, "is"));
        if let Field::Property(property) = &filter.field {
            self.text(property, &under(path, "field"));
        }
        if matches!(filter.is, Test::Within(_) | Test::Over(_)) {
            return self.fault(&under(path, "is"), Wrong::AgeOfField);
        }
        let fits: fn(&Literal) -> bool = match filter.field {
            Field::Property(_) => return,
            Field::Revenue => |literal| matches!(literal, Literal::Money(_)),
            Field::Quantity => |literal| matches!(literal, Literal::Number(_)),
            _ => |literal| matches!(literal, Literal::Text(_)),
        };
        let textual = matches!(filter.is, Test::Contains(_) | Test::StartsWith(_));
        let misses = textual && matches!(filter.field, Field::Revenue | Field::Quantity);
        if misses || !bounds::literals(&filter.is).into_iter().all(fits) {
            self.fault(&under(path, "is"), Wrong::KindOfField(filter.field.clone().into()));
        }
    }

    fn test(&mut self, test: &Test, path: &str) {
        let ordered = matches!(test, Test::Lt(_) | Test::Le(_) | Test::Gt(_) | Test::Ge(_) | Test::Between(..));
        let orderless = |literal: &&Literal| matches!(literal, Literal::Bool(_) | Literal::Text(_));
        match test {
            Test::Eq(Literal::Text(text)) | Test::Ne(Literal::Text(text)) if !text.is_empty() => self.text(text, path),
            test if ordered && bounds::literals(test).iter().any(orderless) => self.fault(path, Wrong::NoOrder),
            Test::Between(low, high) => match bounds::order(low, high) {
                None => self.fault(path, Wrong::NoOrder),
                Some(order) if order.is_gt() => self.fault(path, Wrong::reversed(low, high)),
                Some(_) => {}
            },
            Test::In(values) if values.is_empty() => self.fault(path, Wrong::Empty),
            Test::In(values) if values.len() > MOST_VALUES => {
                self.fault(path, Wrong::TooMany { found: values.len(), limit: MOST_VALUES });
            }
            Test::Contains(text) | Test::StartsWith(text) => self.text(text, path),
            Test::Within(span) | Test::Over(span) => self.span(*span, path, true),
            _ => {}
        }
    }

    fn text(&mut self, text: &str, path: &str) {
        if text.trim().is_empty() {
            self.fault(path, Wrong::Empty);
        } else if text.chars().nth(LONGEST_TEXT).is_some() {
            self.fault(path, Wrong::TooLong { found: text.chars().count(), limit: LONGEST_TEXT });
        }
    }

    fn span(&mut self, span: Span, path: &str, calendar: bool) {
        if span.unit == Unit::CalendarDays && !calendar {
            self.fault(path, Wrong::NotElapsed);
        } else if span.count == 0 || span.micros() > LONGEST.micros() {
            let shortest = Span { count: 1, unit: span.unit };
            self.fault(path, Wrong::range(span, shortest, LONGEST));
        }
    }
}

#[cfg(test)]
#[path = "check_tests.rs"]
mod tests;
