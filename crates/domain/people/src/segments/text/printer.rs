//! From a rule to its text.

use std::fmt::{self, Display, Formatter};

use fanvine_kernel::event::filter::text::{Path, Quoted, is_word, listed, separated, verb};

use crate::segments::rule::{Bound, EventTest, FollowTest, Measure, Period, Rule, SequenceTest, Window};

impl Display for Rule {
    fn fmt(&self, out: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::All(rules) => joined(out, "all", " and ", rules),
            Self::Any(rules) => joined(out, "any", " or ", rules),
            Self::Not(rule) => write!(out, "not {}", Inner(rule)),
            Self::Trait(test) => write!(out, "trait {} {}", Name(&test.name), test.is),
            Self::Computed(test) => write!(out, "value {} {}", Name(&test.name), test.is),
            Self::Tag(test) => {
                write!(out, "tag {}", Name(&test.tag))?;
                if let Some(term) = &test.term {
                    write!(out, ":{}", Quoted(term))?;
                }
                write!(out, " {}", test.weight)
            }
            Self::Event(test) => test.fmt(out),
            Self::LastOf(test) => test.fmt(out),
            Self::Sequence(test) => test.fmt(out),
            Self::Segment(id) => write!(out, "in segment {}", Name(id)),
            Self::List(id) => write!(out, "in list {}", Name(id)),
        }
    }
}

/// Joined by a word where that says the same; with fewer than two parts it would not.
fn joined(out: &mut Formatter<'_>, function: &str, word: &str, rules: &[Rule]) -> fmt::Result {
    if rules.len() < 2 {
        write!(out, "{function}(")?;
        listed(out, rules)?;
        return out.write_str(")");
    }
    separated(out, word, rules.iter().map(Inner))
}

/// A rule within another: in parentheses if it is joined of several.
struct Inner<'a>(&'a Rule);

impl Display for Inner<'_> {
    fn fmt(&self, out: &mut Formatter<'_>) -> fmt::Result {
        match self.0 {
            Rule::All(rules) | Rule::Any(rules) if rules.len() > 1 => write!(out, "({})", self.0),
            rule => rule.fmt(out),
        }
    }
}

impl Display for EventTest {
    fn fmt(&self, out: &mut Formatter<'_>) -> fmt::Result {
        let did = if verb(&self.of).is_some() { "" } else { "did " };
        match &self.measure {
            Measure::Count(Bound::Ge(1)) => write!(out, "{did}{}", self.of)?,
            Measure::Count(count) => write!(out, "{did}{} {count}", self.of)?,
            Measure::Days(days) => {
                let unit = if *days.wanted() == 1 { "day" } else { "days" };
                write!(out, "{did}{} on {days} {unit}", self.of)?;
            }
            Measure::Revenue(sum) => write!(out, "sum of revenue of {} {sum}", self.of)?,
            Measure::Quantity(sum) => write!(out, "sum of quantity of {} {sum}", self.of)?,
            Measure::Property { path, sum } => write!(out, "sum of {} of {} {sum}", Path(path), self.of)?,
        }
        match &self.window {
            Window::Ever => Ok(()),
            Window::Last(span) => write!(out, " {}", Period::Last(*span)),
            Window::Between { from, to } => write!(out, " {}", Period::Between { from: *from, to: *to }),
            Window::Since(selection) => write!(out, " since {selection}"),
        }
    }
}

impl Display for FollowTest {
    fn fmt(&self, out: &mut Formatter<'_>) -> fmt::Result {
        write!(out, "of last {} {} followed by {}", self.last, self.of, self.by)?;
        if let Some(field) = &self.on {
            write!(out, " on {field}")?;
        }
        write!(out, " {}", self.count)
    }
}

impl Display for SequenceTest {
    fn fmt(&self, out: &mut Formatter<'_>) -> fmt::Result {
        if self.steps.first().is_none_or(|first| verb(first).is_none()) {
            out.write_str("did ")?;
        }
        separated(out, " then ", &self.steps)?;
        write!(out, " within {}", self.within)?;
        if let Some(without) = &self.without {
            write!(out, " without {without}")?;
        }
        write!(out, " {}", self.window)
    }
}

impl Display for Period {
    fn fmt(&self, out: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Last(span) => write!(out, "in last {span}"),
            Self::Between { from, to } => write!(out, "between {from} and {to}"),
        }
    }
}

impl<T: Display> Display for Bound<T> {
    fn fmt(&self, out: &mut Formatter<'_>) -> fmt::Result {
        write!(out, "{} {}", self.sign(), self.wanted())
    }
}

/// A name, bare if it can be.
struct Name<'a>(&'a str);

impl Display for Name<'_> {
    fn fmt(&self, out: &mut Formatter<'_>) -> fmt::Result {
        if is_word(self.0) { out.write_str(self.0) } else { Quoted(self.0).fmt(out) }
    }
}
