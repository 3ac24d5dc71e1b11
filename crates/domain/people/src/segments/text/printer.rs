//! From a rule to its text.

use std::fmt::{self, Display, Formatter};

use super::VERBS;
use super::lexer::is_word;
use crate::segments::rule::{
    Bound, EventTest, Field, Filter, FollowTest, Literal, Measure, Period, Rule, Selection, SequenceTest, Test, Window,
};

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

/// The verb that says the same as the selection's one name.
fn verb(selection: &Selection) -> Option<&'static str> {
    let [name] = selection.names.as_deref()? else { return None };
    VERBS.into_iter().find(|(_, event)| event == name).map(|(verb, _)| verb)
}

impl Display for Selection {
    fn fmt(&self, out: &mut Formatter<'_>) -> fmt::Result {
        match (verb(self), self.names.as_deref()) {
            (Some(verb), _) => out.write_str(verb)?,
            (None, None) => out.write_str("anything")?,
            (None, Some([name])) => Quoted(name).fmt(out)?,
            (None, Some(names)) => {
                out.write_str("(")?;
                separated(out, ", ", names.iter().map(|name| Quoted(name)))?;
                out.write_str(")")?;
            }
        }
        if !self.filters.is_empty() {
            out.write_str("(")?;
            listed(out, &self.filters)?;
            out.write_str(")")?;
        }
        Ok(())
    }
}

impl Display for Filter {
    fn fmt(&self, out: &mut Formatter<'_>) -> fmt::Result {
        write!(out, "{} {}", self.field, self.is)
    }
}

impl Display for Field {
    fn fmt(&self, out: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Property(path) => Path(path).fmt(out),
            named => out.write_str(&String::from(named.clone())),
        }
    }
}

impl Display for Test {
    fn fmt(&self, out: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Eq(value) => write!(out, "= {value}"),
            Self::Ne(value) => write!(out, "!= {value}"),
            Self::Lt(value) => write!(out, "< {value}"),
            Self::Le(value) => write!(out, "<= {value}"),
            Self::Gt(value) => write!(out, "> {value}"),
            Self::Ge(value) => write!(out, ">= {value}"),
            Self::In(values) => {
                out.write_str("in (")?;
                listed(out, values)?;
                out.write_str(")")
            }
            Self::Between(low, high) => write!(out, "between {low} and {high}"),
            Self::Exists => out.write_str("exists"),
            Self::Contains(text) => write!(out, "contains {}", Quoted(text)),
            Self::StartsWith(text) => write!(out, "starts with {}", Quoted(text)),
            Self::Within(span) => write!(out, "within last {span}"),
            Self::Over(span) => write!(out, "over {span} ago"),
        }
    }
}

impl Display for Literal {
    fn fmt(&self, out: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bool(bool) => bool.fmt(out),
            Self::Number(number) => number.fmt(out),
            Self::Text(text) => Quoted(text).fmt(out),
            Self::Money(money) => money.fmt(out),
            Self::Day { day } => day.fmt(out),
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

/// A path of properties.
struct Path<'a>(&'a str);

impl Display for Path<'_> {
    fn fmt(&self, out: &mut Formatter<'_>) -> fmt::Result {
        let bare = format!("properties.{}", self.0);
        if !self.0.is_empty() && is_word(&bare) {
            out.write_str(&bare)
        } else {
            write!(out, "properties.{}", Quoted(self.0))
        }
    }
}

/// Text in quotation marks.
struct Quoted<'a>(&'a str);

impl Display for Quoted<'_> {
    fn fmt(&self, out: &mut Formatter<'_>) -> fmt::Result {
        write!(out, "\"{}\"", self.0.replace('\\', "\\\\").replace('"', "\\\""))
    }
}

fn listed<T: Display>(out: &mut Formatter<'_>, entries: &[T]) -> fmt::Result {
    separated(out, ", ", entries)
}

fn separated<T: Display>(out: &mut Formatter<'_>, by: &str, entries: impl IntoIterator<Item = T>) -> fmt::Result {
    for (place, entry) in entries.into_iter().enumerate() {
        if place > 0 {
            out.write_str(by)?;
        }
        entry.fmt(out)?;
    }
    Ok(())
}
