//! One clause about events: what it remembers, and what that says at a moment.

use fanvine_kernel::{Timestamp, Zone};

use super::state::{State, add, add_once};
use crate::segments::occurrence::{Occurrence, fnv1a, tie};
use crate::segments::rule::{EventTest, Field, FollowTest, Measure, Period, Rule, Selection, SequenceTest, Window};
use crate::segments::span::Span;

/// Of the keys that followed something not yet known, only so many are remembered, the newest. More opened messages that
/// were never sent are a mistake of the sender.
const MOST_FOLLOWING: usize = 256;

/// A step of a sequence remembers only so many moments, the newest. Who did something more often within the window may
/// miss a sequence that late events would have completed far back.
const MOST_STEPPED: usize = 1_000;

/// A sum remembers only so many moments: past that the oldest amount leaves the window together with the next.
const MOST_AMOUNTS: usize = 4_096;

/// An answer, and how long it stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Verdict {
    /// Whether it holds.
    pub holds: bool,
    /// The first moment at which it may be otherwise though nothing happens; none if it stands for ever.
    pub until: Option<Timestamp>,
}

/// A clause about events, told apart by what it says and by the zone in which its days begin.
#[derive(Debug, Clone, PartialEq)]
pub struct Clause {
    /// A hash of the clause and the zone, the same in every program.
    pub key: u64,
    /// Under what its states are kept: the key, unless the program was told otherwise.
    pub slot: u64,
    zone: Zone,
    kind: Kind,
}

#[derive(Debug, Clone, PartialEq)]
enum Kind {
    Event(EventTest),
    LastOf(FollowTest),
    Sequence(SequenceTest),
}

impl Clause {
    /// The clause, if the rule is one about events.
    pub(super) fn of(rule: &Rule, zone: Zone) -> Option<Self> {
        let kind = match rule {
            Rule::Event(test) => Kind::Event(test.clone()),
            Rule::LastOf(test) => Kind::LastOf(test.clone()),
            Rule::Sequence(test) => Kind::Sequence(test.clone()),
            _ => return None,
        };
        let key = fnv1a(format!("{} {rule}", zone.name()).as_bytes());
        Some(Self { key, slot: key, zone, kind })
    }

    /// Every selection by which events come in.
    pub(super) fn selections(&self) -> Vec<&Selection> {
        match &self.kind {
            Kind::Event(EventTest { of, window: Window::Since(since), .. }) => vec![of, since],
            Kind::Event(test) => vec![&test.of],
            Kind::LastOf(test) => vec![&test.of, &test.by],
            Kind::Sequence(test) => test.steps.iter().chain(&test.without).collect(),
        }
    }

    /// The fields of events that it reads.
    pub fn fields(&self) -> Vec<Field> {
        let filters = self.selections().into_iter().flat_map(|selection| &selection.filters);
        let mut fields: Vec<Field> = filters.map(|filter| filter.field.clone()).collect();
        match &self.kind {
            Kind::Event(test) => fields.extend(match &test.measure {
                Measure::Count(_) | Measure::Days(_) => None,
                Measure::Revenue(_) => Some(Field::Revenue),
                Measure::Quantity(_) => Some(Field::Quantity),
                Measure::Property { path, .. } => Some(Field::Property(path.clone())),
            }),
            Kind::LastOf(test) => fields.extend(test.on.clone()),
            Kind::Sequence(_) => {}
        }
        fields
    }

    /// Whether it minds in which order events of one second came.
    pub fn minds_order(&self) -> bool {
        !matches!(&self.kind, Kind::Event(test) if !matches!(test.window, Window::Since(_)))
    }

    /// What is remembered of one event alone; none if it does not matter here.
    pub(super) fn see(&self, occurrence: &Occurrence<'_>) -> Option<State> {
        let at = occurrence.at.micros();
        let takes = |selection: &Selection| selection.takes(occurrence, self.zone);
        match &self.kind {
            Kind::Event(test) => {
                let since = match &test.window {
                    Window::Since(selection) if takes(selection) => Some(at),
                    _ => None,
                };
                let counts = self.within_days(&test.window, occurrence.at) && takes(&test.of);
                if test.measure.sum().is_none() {
                    let held = if counts { vec![at] } else { Vec::new() };
                    return (counts || since.is_some()).then_some(State::Moments { held, since });
                }
                // Where time takes nothing out of the window, one total is enough.
                let at = if matches!(test.window, Window::Ever | Window::Between { .. }) { 0 } else { at };
                let amount = if counts { test.measure.amount(occurrence) } else { None };
                let held: Vec<_> = amount.map(|amount| (at, amount)).into_iter().collect();
                (!held.is_empty() || since.is_some()).then_some(State::Amounts { held, since })
            }
            Kind::LastOf(test) => {
                let tie = tie(occurrence, test.on.as_ref());
                let firsts: Vec<_> = takes(&test.of).then_some((at, tie.unwrap_or(u64::MAX))).into_iter().collect();
                let seconds: Vec<_> = tie.filter(|_| takes(&test.by)).map(|tie| (at, tie)).into_iter().collect();
                (!firsts.is_empty() || !seconds.is_empty()).then_some(State::Followed { firsts, seconds })
            }
            Kind::Sequence(test) => {
                if !self.within_days(&test.window.into(), occurrence.at) {
                    return None;
                }
                let once = |selection: &Selection| if takes(selection) { vec![at] } else { Vec::new() };
                let steps: Vec<_> = test.steps.iter().map(once).collect();
                let breaks = test.without.as_ref().map(once).unwrap_or_default();
                (!breaks.is_empty() || steps.iter().any(|step| !step.is_empty()))
                    .then_some(State::Chain { steps, breaks })
            }
        }
    }

    /// Takes in what another state remembers. In whatever order events and states come together, what is remembered
    /// gives the same answers.
    pub(super) fn absorb(&self, into: &mut State, from: &State) {
        match (&self.kind, into, from) {
            (Kind::Event(test), State::Moments { held, since }, State::Moments { held: more, since: other }) => {
                *since = (*since).max(*other);
                more.iter().for_each(|&at| add(held, at));
                forget_before(held, *since, |at| *at);
                if matches!(test.measure, Measure::Days(_)) {
                    held.dedup_by_key(|at| self.zone.date_of(Timestamp::from_micros(*at)));
                }
                held.truncate(keep(&test.measure));
            }
            (Kind::Event(test), State::Amounts { held, since }, State::Amounts { held: more, since: other }) => {
                *since = (*since).max(*other);
                more.iter().for_each(|&entry| add_amount(held, entry));
                forget_before(held, *since, |entry| entry.0);
                if let Window::Last(span) = test.window {
                    let newest = held.first().map(|entry| entry.0);
                    self.forget_ended(held, span, newest, |entry| entry.0);
                }
                while held.len() > MOST_AMOUNTS {
                    let oldest = held.pop().map_or(0, |entry| entry.1);
                    held.last_mut().into_iter().for_each(|next| next.1 = next.1.saturating_add(oldest));
                }
            }
            (
                Kind::LastOf(test),
                State::Followed { firsts, seconds },
                State::Followed { firsts: more, seconds: others },
            ) => {
                more.iter().for_each(|&first| add(firsts, first));
                firsts.truncate(test.last as usize);
                others.iter().for_each(|&second| add_second(seconds, second));
                // What is not later than the last of a full list follows nothing in it, and never will.
                let threshold = firsts.last().filter(|_| firsts.len() == test.last as usize).map(|first| first.0);
                forget_before(seconds, threshold, |second| second.0);
                seconds.truncate(MOST_FOLLOWING);
            }
            (Kind::Sequence(test), State::Chain { steps, breaks }, State::Chain { steps: more, breaks: others }) => {
                for (step, more) in steps.iter_mut().zip(more) {
                    more.iter().for_each(|&at| add_once(step, at));
                }
                others.iter().for_each(|&at| add_once(breaks, at));
                steps.iter_mut().chain([&mut *breaks]).for_each(|moments| moments.truncate(MOST_STEPPED));
                self.forget_useless(test, steps, breaks);
            }
            // Another kind of state under the same key: only if 64 bits met by chance. The newer program wins.
            (_, into, from) => *into = from.clone(),
        }
    }

    /// Forgets moments of a sequence that can no longer be part of one that matters.
    fn forget_useless(&self, test: &SequenceTest, steps: &mut [Vec<i64>], breaks: &mut Vec<i64>) {
        if let Period::Last(span) = test.window {
            let newest = steps.iter().chain([&*breaks]).filter_map(|moments| moments.first()).max().copied();
            for moments in steps.iter_mut().chain([&mut *breaks]) {
                self.forget_ended(moments, span, newest, |at| *at);
            }
        }
        // Nothing can undo a sequence that has no `without`, and one that began earlier ends earlier.
        if test.without.is_none()
            && let Some(begun) = newest_sequence(test, steps, breaks)
        {
            for moments in steps {
                moments.truncate(moments.partition_point(|at| *at >= begun));
            }
        }
    }

    /// Forgets what had left the window when the newest happened.
    fn forget_ended<T>(&self, list: &mut Vec<T>, span: Span, newest: Option<i64>, moment: fn(&T) -> i64) {
        if let Some(newest) = newest {
            list.truncate(list.partition_point(|entry| self.ends(span, moment(entry)).micros() > newest));
        }
    }

    /// What the state says at `now`, which lies before none of the events.
    pub(super) fn judge(&self, state: Option<&State>, now: Timestamp) -> Verdict {
        match (&self.kind, state) {
            (Kind::Event(test), state) => {
                let entries: Vec<(i64, i64)> = match state {
                    Some(State::Moments { held, since }) if in_reach(test, *since) => {
                        held.iter().map(|at| (*at, 1)).collect()
                    }
                    Some(State::Amounts { held, since }) if in_reach(test, *since) => held.clone(),
                    _ => Vec::new(),
                };
                let span = if let Window::Last(span) = test.window { Some(span) } else { None };
                match (&test.measure, test.measure.sum()) {
                    (Measure::Count(bound) | Measure::Days(bound), _) => {
                        let bound = bound.map(i128::from);
                        self.fade(entries, span, now, &|seen| bound.holds(seen))
                    }
                    (_, bound) => self.fade(entries, span, now, &|sum| bound.is_some_and(|bound| bound.holds(sum))),
                }
            }
            (Kind::LastOf(test), Some(State::Followed { firsts, seconds })) => {
                let followed = |first: &&(i64, u64)| seconds.iter().any(|by| by.1 == first.1 && by.0 > first.0);
                let count = firsts.iter().filter(followed).count() as u64;
                let enough = firsts.len() == test.last as usize;
                Verdict { holds: enough && test.count.map(u64::from).holds(count), until: None }
            }
            (Kind::LastOf(test), _) => Verdict { holds: test.last == 0 && test.count.holds(0), until: None },
            (Kind::Sequence(test), Some(State::Chain { steps, breaks })) => {
                let span = if let Period::Last(span) = test.window { Some(span) } else { None };
                let begun = newest_sequence(test, steps, breaks);
                let end = begun.and_then(|begun| Some(self.ends(span?, begun)));
                let holds = begun.is_some() && end.is_none_or(|end| end > now);
                Verdict { holds, until: end.filter(|_| holds) }
            }
            (Kind::Sequence(_), _) => Verdict { holds: false, until: None },
        }
    }

    /// Whether the total of what is inside the window meets the bound, and when it first stops or starts to as one entry
    /// after the other leaves.
    fn fade(
        &self,
        entries: Vec<(i64, i64)>,
        span: Option<Span>,
        now: Timestamp,
        meets: &dyn Fn(i128) -> bool,
    ) -> Verdict {
        let Some(span) = span else {
            let total = entries.iter().map(|entry| i128::from(entry.1)).sum();
            return Verdict { holds: meets(total), until: None };
        };
        let mut inside: Vec<(Timestamp, i128)> = entries
            .iter()
            .map(|(at, amount)| (self.ends(span, *at), i128::from(*amount)))
            .take_while(|(end, _)| *end > now)
            .collect();
        let mut total: i128 = inside.iter().map(|entry| entry.1).sum();
        let holds = meets(total);
        while let Some((end, amount)) = inside.pop() {
            total -= amount;
            let all_gone = inside.last().is_none_or(|entry| entry.0 > end);
            if all_gone && meets(total) != holds {
                return Verdict { holds, until: Some(end) };
            }
        }
        Verdict { holds, until: None }
    }

    fn ends(&self, span: Span, at: i64) -> Timestamp {
        span.ends(Timestamp::from_micros(at), self.zone)
    }

    /// Whether a moment lies on the days of a window that has days.
    fn within_days(&self, window: &Window, at: Timestamp) -> bool {
        match window {
            Window::Between { from, to } => (*from..=*to).contains(&self.zone.date_of(at)),
            _ => true,
        }
    }
}

/// How many moments decide a count: one more than the number it is compared with.
fn keep(measure: &Measure) -> usize {
    match measure {
        Measure::Count(bound) | Measure::Days(bound) => (*bound.wanted() as usize).saturating_add(1),
        _ => usize::MAX,
    }
}

/// Whether there is a window at all: one since an event needs the event.
fn in_reach(test: &EventTest, since: Option<i64>) -> bool {
    since.is_some() || !matches!(test.window, Window::Since(_))
}

/// Forgets what is not after `since`.
fn forget_before<T>(list: &mut Vec<T>, since: Option<i64>, moment: fn(&T) -> i64) {
    if let Some(since) = since {
        list.truncate(list.partition_point(|entry| moment(entry) > since));
    }
}

fn add_amount(held: &mut Vec<(i64, i64)>, (at, amount): (i64, i64)) {
    let place = held.partition_point(|entry| entry.0 > at);
    match held.get_mut(place) {
        Some(entry) if entry.0 == at => entry.1 = entry.1.saturating_add(amount),
        _ => held.insert(place, (at, amount)),
    }
}

/// Remembers when a key last followed.
fn add_second(seconds: &mut Vec<(i64, u64)>, second: (i64, u64)) {
    match seconds.iter().position(|held| held.1 == second.1) {
        Some(place) if seconds.get(place).is_some_and(|held| held.0 >= second.0) => return,
        Some(place) => drop(seconds.remove(place)),
        None => {}
    }
    add(seconds, second);
}

/// When the newest complete sequence began. From each beginning the earliest way through the steps
/// is the one that ends soonest and has the least between: if it fails, all do.
fn newest_sequence(test: &SequenceTest, steps: &[Vec<i64>], breaks: &[i64]) -> Option<i64> {
    let (firsts, rest) = steps.split_first()?;
    firsts.iter().copied().find(|&first| {
        let end = rest
            .iter()
            .try_fold(first, |after, step| step.get(step.partition_point(|at| *at > after).checked_sub(1)?).copied());
        end.is_some_and(|end| {
            let soon = end.saturating_sub(first) <= test.within.micros();
            // The newest that lies before the end.
            let between = breaks.get(breaks.partition_point(|at| *at >= end));
            soon && between.is_none_or(|between| *between <= first)
        })
    })
}
