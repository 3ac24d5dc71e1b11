//! Counting sessions as shoppers come by.

use std::borrow::Cow;
use std::sync::Arc;

use fanvine_lake::{Column, Run, Visitor};
use rustc_hash::FxHashMap;

use crate::attribution::origin::inside;
use crate::walks::apart::Apart;
use crate::walks::events::meaning_of;
use crate::walks::field::Field;

/// By what sessions are told apart.
#[derive(Debug, Clone)]
pub enum By {
    /// The path of the first page.
    EntryPage,
    /// The first value of a field.
    Field(Field),
    /// What is known of the person, or their segments; with the values by their numbers.
    Person(Apart, Vec<String>),
}

impl By {
    pub fn columns(&self) -> Vec<Column> {
        match self {
            Self::EntryPage => vec![Column::Properties, Column::Context],
            Self::Field(field) => field.columns().to_vec(),
            Self::Person(..) => Vec::new(),
        }
    }

    fn value<'r>(&self, run: &Run<'r>, event: usize, is_page: bool) -> Option<Cow<'r, str>> {
        match self {
            Self::Field(field) => field.value(run, event),
            Self::EntryPage if !is_page => None,
            Self::Person(..) => None,
            Self::EntryPage => {
                let said = |column, path: &[&str]| inside(run.text(column, event)?, path);
                let path = said(Column::Properties, &["path"]).or_else(|| said(Column::Context, &["page", "path"]));
                path.or_else(|| said(Column::Properties, &["name"])).map(Cow::Owned)
            }
        }
    }
}

/// What an event is in a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Deed {
    /// Something the shopper did.
    #[default]
    Any,
    /// A page or screen was seen.
    Page,
    /// An order was placed.
    Order,
    /// A fact of the shop's own: no part of a session.
    Silent,
}

/// How sessions are counted.
#[derive(Debug, Clone)]
pub struct Plan {
    /// By code.
    pub deeds: Vec<Deed>,
    /// A pause of so many seconds ends a session; none where sessions go by their ids.
    pub gap_s: Option<u32>,
    pub engaged_s: u32,
    /// The first second of each interval, and the one behind the last.
    pub starts_s: Vec<u32>,
    pub by: Option<By>,
}

impl Plan {
    fn value(&self, run: &Run<'_>, event: usize, deed: Deed) -> Option<String> {
        let value = self.by.as_ref()?.value(run, event, deed == Deed::Page);
        value.filter(|text| !text.is_empty()).map(Cow::into_owned)
    }
}

/// Figures of some sessions.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Sums {
    pub sessions: u64,
    pub shoppers: u64,
    pub events: u64,
    pub pages: u64,
    pub bounced: u64,
    pub ordered: u64,
    pub duration_s: u64,
    /// The shopper counted last: they come one after the other.
    pub(super) last: Option<u32>,
}

impl Sums {
    fn count(&mut self, session: &Session, shopper: u32, bounced: bool) {
        self.sessions += 1;
        self.shoppers += u64::from(self.last.replace(shopper) != Some(shopper));
        self.events += session.events;
        self.pages += session.pages;
        self.bounced += u64::from(bounced);
        self.ordered += u64::from(session.ordered);
        self.duration_s += u64::from(session.end_s - session.begin_s);
    }

    #[cfg(test)]
    pub fn without_last(&self) -> Self {
        Self { last: None, ..*self }
    }

    pub fn add(&mut self, other: &Self) {
        self.sessions += other.sessions;
        self.shoppers += other.shoppers;
        self.events += other.events;
        self.pages += other.pages;
        self.bounced += other.bounced;
        self.ordered += other.ordered;
        self.duration_s += other.duration_s;
    }
}

/// What is known so far.
#[derive(Default)]
pub struct Tally {
    pub all: Sums,
    /// By interval.
    pub points: Vec<Sums>,
    /// By value; the empty text stands for none.
    pub parts: FxHashMap<String, Sums>,
    /// How long each session took.
    pub durations_s: Vec<u32>,
    /// Events that belong to no session, as they have no session id.
    pub without_id: u64,
}

impl Tally {
    pub fn add(&mut self, other: Self) {
        self.all.add(&other.all);
        self.points.resize(self.points.len().max(other.points.len()), Sums::default());
        self.points.iter_mut().zip(&other.points).for_each(|(sum, part)| sum.add(part));
        other.parts.into_iter().for_each(|(value, sums)| self.parts.entry(value).or_default().add(&sums));
        self.durations_s.extend(other.durations_s);
        self.without_id += other.without_id;
    }
}

/// A session in the making.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Session {
    pub begin_s: u32,
    pub end_s: u32,
    pub events: u64,
    pub pages: u64,
    pub ordered: bool,
    pub value: Option<String>,
}

impl Session {
    pub fn bounced(&self, engaged_s: u32) -> bool {
        self.end_s - self.begin_s < engaged_s && self.pages < 2 && !self.ordered
    }
}

/// Counts sessions.
pub struct Counting {
    plan: Arc<Plan>,
    pub tally: Tally,
}

impl Counting {
    pub fn new(plan: Arc<Plan>) -> Self {
        let points = vec![Sums::default(); plan.starts_s.len().saturating_sub(1)];
        Self { plan, tally: Tally { points, ..Tally::default() } }
    }

    fn close(&mut self, session: &Session, shopper: u32) {
        let plan = &self.plan;
        let place = plan.starts_s.partition_point(|start| *start <= session.begin_s);
        let Some(point) = place.checked_sub(1).and_then(|place| self.tally.points.get_mut(place)) else { return };
        let bounced = session.bounced(plan.engaged_s);
        point.count(session, shopper, bounced);
        self.tally.all.count(session, shopper, bounced);
        self.tally.durations_s.push(session.end_s - session.begin_s);
        let parts = &mut self.tally.parts;
        let mut count = |value: &str| {
            if !parts.contains_key(value) {
                parts.insert(value.to_owned(), Sums::default());
            }
            if let Some(part) = parts.get_mut(value) {
                part.count(session, shopper, bounced);
            }
        };
        match &plan.by {
            None => {}
            Some(By::Person(apart, values)) => {
                apart.of_person(shopper, |number| count(values.get(number as usize).map_or("", String::as_str)));
            }
            Some(_) => count(session.value.as_deref().unwrap_or_default()),
        }
    }

    /// Takes an event into a session, which may be new.
    fn take(session: &mut Option<Session>, at_s: u32, deed: Deed, value: impl FnOnce() -> Option<String>) {
        let session = session.get_or_insert_with(|| Session { begin_s: at_s, ..Session::default() });
        session.end_s = at_s;
        session.events += 1;
        session.pages += u64::from(deed == Deed::Page);
        session.ordered |= deed == Deed::Order;
        if session.value.is_none() {
            session.value = value();
        }
    }

    /// Cuts a shopper's events, in order of time, where a pause is. `value` says what tells a session, of an event.
    pub fn by_pause(
        &mut self,
        shopper: u32,
        gap_s: u32,
        events: impl Iterator<Item = (u32, Deed)>,
        value: impl Fn(usize, Deed) -> Option<String>,
    ) {
        let mut session: Option<Session> = None;
        let behind = self.plan.starts_s.last().copied().unwrap_or_default();
        for (event, (at_s, deed)) in events.enumerate() {
            if deed == Deed::Silent {
                continue;
            }
            if let Some(over) = session.take_if(|session| at_s - session.end_s >= gap_s) {
                self.close(&over, shopper);
            }
            if session.is_none() && at_s >= behind {
                break;
            }
            Self::take(&mut session, at_s, deed, || value(event, deed));
        }
        if let Some(session) = session {
            self.close(&session, shopper);
        }
    }

    fn by_id(&mut self, run: &Run<'_>) {
        let plan = Arc::clone(&self.plan);
        let mut sessions: FxHashMap<&str, Option<Session>> = FxHashMap::default();
        for event in 0..run.len() {
            let (at_s, deed) = (run.at_s(event), meaning_of(&plan.deeds, run.event(event)));
            if deed == Deed::Silent {
                continue;
            }
            let Some(id) = run.text(Column::SessionId, event) else {
                let (first, behind) = (plan.starts_s.first(), plan.starts_s.last());
                let within = first.is_some_and(|first| *first <= at_s) && behind.is_some_and(|behind| at_s < *behind);
                self.tally.without_id += u64::from(within);
                continue;
            };
            Self::take(sessions.entry(id).or_default(), at_s, deed, || plan.value(run, event, deed));
        }
        let mut sessions: Vec<Session> = sessions.into_values().flatten().collect();
        sessions.sort_unstable_by_key(|session| (session.begin_s, session.end_s));
        sessions.iter().for_each(|session| self.close(session, run.shopper));
    }
}

impl Visitor for Counting {
    fn visit(&mut self, run: &Run<'_>) {
        let plan = Arc::clone(&self.plan);
        let Some(gap_s) = plan.gap_s else { return self.by_id(run) };
        let events = run.seconds().iter().zip(run.events());
        let events = events.map(|(at_s, event)| (*at_s, meaning_of(&plan.deeds, *event)));
        self.by_pause(run.shopper, gap_s, events, |event, deed| plan.value(run, event, deed));
    }
}
