//! Clauses of which the narrow columns of a walk say all: how often, or on how many days, something was done.

use fanvine_kernel::event::names;
use fanvine_kernel::{LocalDate, Timestamp, Zone};
use fanvine_lake::{Run, Snapshot, Walk};

use super::rule::{Bound, EventTest, Measure, Rule, Selection, Window};
use super::sieve::{Bits, bit};
use super::span::Unit;

/// The clauses of a rule that the narrow columns answer, for one moment.
pub(crate) struct Narrow<'r> {
    counters: Vec<Counter<'r>>,
    /// By the lake's code of an event: which counters count it, and which it begins anew.
    by_code: Vec<(Bits, Bits)>,
    now: i64,
    zone: Zone,
}

/// A clause.
struct Counter<'r> {
    /// Its bit in the rule.
    clause: Bits,
    test: &'r EventTest,
    bound: Bound<u32>,
    /// What lies from the first of these microseconds to before the second counts.
    from: i64,
    to: i64,
}

/// What a counter found so far of one person.
#[derive(Clone, Copy, Default)]
struct Tally {
    count: u32,
    /// When the event last happened since which is counted.
    since: Option<i64>,
    /// The last two days on which something counted: where clocks go back at midnight, a day may come twice.
    days: [Option<LocalDate>; 2],
}

impl<'r> Narrow<'r> {
    /// Those of these clauses that can be answered so, at `now`.
    pub(crate) fn of(clauses: &'r [Rule], snapshot: &Snapshot, now: Timestamp, zone: Zone) -> Self {
        let counters = clauses.iter().enumerate().filter_map(|(place, rule)| Counter::of(bit(place), rule, now, zone));
        let mut narrow = Self { counters: counters.collect(), by_code: Vec::new(), now: now.micros(), zone };
        narrow.by_code = snapshot.event_names().map(|name| narrow.concerned(name)).collect();
        narrow
    }

    /// The clauses that are answered.
    pub(crate) fn clauses(&self) -> Bits {
        self.counters.iter().fold(0, |bits, counter| bits | counter.clause)
    }

    /// What is to be walked for them.
    pub(crate) fn walk(&self) -> Walk {
        let from = self.counters.iter().map(|one| one.from).min().filter(|from| *from > i64::MIN);
        // Days of the calendar begin with a second.
        let micros = self.counters.iter().any(|one| matches!(one.test.window, Window::Last(_) | Window::Since(_)));
        // Of all names: runs that are shown as they lie cost less than leaving events out.
        Walk { from: from.map(Timestamp::from_micros), micros, ..Walk::default() }
    }

    /// Which counters count an event of that name, and which begin anew with it.
    fn concerned(&self, name: &str) -> (Bits, Bits) {
        let takes = |selection: &Selection| {
            !names::is_about_segments(name)
                && selection.names.as_ref().is_none_or(|names| names.iter().any(|one| one == name))
        };
        self.counters.iter().enumerate().fold((0, 0), |(counts, begins), (place, counter)| {
            let since = matches!(&counter.test.window, Window::Since(selection) if takes(selection));
            let one = |holds: bool| if holds { bit(place) } else { 0 };
            (counts | one(takes(&counter.test.of)), begins | one(since))
        })
    }

    /// Which of the clauses hold for whoever did nothing.
    pub(crate) fn idle(&self) -> Bits {
        self.holding(&vec![Tally::default(); self.counters.len()])
    }

    fn holding(&self, tallies: &[Tally]) -> Bits {
        let holding = self.counters.iter().zip(tallies).filter(|(counter, tally)| counter.bound.holds(tally.count));
        holding.fold(0, |bits, (counter, _)| bits | counter.clause)
    }
}

impl<'r> Counter<'r> {
    fn of(clause: Bits, rule: &'r Rule, now: Timestamp, zone: Zone) -> Option<Self> {
        let Rule::Event(test) = rule else { return None };
        let bound = match test.measure {
            Measure::Count(bound) | Measure::Days(bound) => bound,
            _ => return None,
        };
        let (from, to) = match &test.window {
            Window::Ever | Window::Since(_) => (i64::MIN, i64::MAX),
            Window::Between { from, to } => (zone.start_of(*from).micros(), zone.start_of(to.plus_days(1)).micros()),
            Window::Last(span) if span.unit == Unit::CalendarDays => {
                let first = zone.date_of(now).plus_days(1 - i64::from(span.count));
                (zone.start_of(first).micros(), i64::MAX)
            }
            Window::Last(span) => (now.micros().saturating_sub(span.micros()).saturating_add(1), i64::MAX),
        };
        let counter = Self { clause, test, bound, from, to };
        counter.selections().all(|selection| selection.filters.is_empty()).then_some(counter)
    }

    fn selections(&self) -> impl Iterator<Item = &'r Selection> + use<'r> {
        let since = if let Window::Since(since) = &self.test.window { Some(since) } else { None };
        std::iter::once(&self.test.of).chain(since)
    }

    fn count(&self, at: i64, zone: Zone, tally: &mut Tally) {
        if !(self.from..self.to).contains(&at) {
            return;
        }
        if let Window::Since(_) = self.test.window
            && tally.since.is_none_or(|since| at <= since)
        {
            return;
        }
        if let Measure::Days(_) = self.test.measure {
            let day = Some(zone.date_of(Timestamp::from_micros(at)));
            if tally.days.contains(&day) {
                return;
            }
            tally.days = [day, tally.days[0]];
        }
        tally.count = tally.count.saturating_add(1);
    }
}

/// Counts one person after the other.
pub(crate) struct Counting<'n> {
    narrow: &'n Narrow<'n>,
    tallies: Vec<Tally>,
}

impl<'n> Counting<'n> {
    /// Nobody so far.
    pub(crate) fn new(narrow: &'n Narrow<'n>) -> Self {
        Self { narrow, tallies: vec![Tally::default(); narrow.counters.len()] }
    }

    /// Which of the clauses hold for a person who did this.
    pub(crate) fn holding(&mut self, run: &Run<'_>) -> Bits {
        let Self { narrow, tallies } = self;
        tallies.fill(Tally::default());
        for (event, code) in run.events().iter().enumerate() {
            let known = narrow.by_code.get(usize::from(*code)).copied();
            let (mut counts, mut begins) = known.unwrap_or_else(|| narrow.concerned(run.name(event)));
            if counts | begins == 0 {
                continue;
            }
            // A sender's clock may run ahead.
            let at = run.at(event).micros().min(narrow.now);
            while let Some(place) = take_lowest(&mut begins) {
                if let Some(tally) = tallies.get_mut(place) {
                    *tally = Tally { since: Some(at), ..Tally::default() };
                }
            }
            while let Some(place) = take_lowest(&mut counts) {
                if let Some((counter, tally)) = narrow.counters.get(place).zip(tallies.get_mut(place)) {
                    counter.count(at, narrow.zone, tally);
                }
            }
        }
        narrow.holding(tallies)
    }
}

/// The place of the lowest bit, which is taken out.
fn take_lowest(bits: &mut Bits) -> Option<usize> {
    let place = (*bits != 0).then(|| bits.trailing_zeros() as usize)?;
    *bits &= *bits - 1;
    Some(place)
}
