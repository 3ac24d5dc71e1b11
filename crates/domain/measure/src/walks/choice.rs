//! Which events a question means, in the lake's terms: a table by code, and the filters that remain to be tried.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use fanvine_kernel::event::filter::{Filter, Test};
use fanvine_kernel::{Code, Problem, Zone};
use fanvine_lake::{Column, Run, Snapshot, Walk};
use serde_json::Value as Json;

use super::events::{AskedEvents, meaning_of};
use super::field::Field;
use super::pick::Keys;

/// Several selections of events at once, each a bit.
#[derive(Debug, Clone)]
pub struct Choice {
    zone: Zone,
    /// By code, the last for names without one.
    by_code: Vec<Means>,
    /// Codes of the events whose columns are read, where it is not all.
    names: Vec<String>,
    tests: Vec<Vec<Tried>>,
    /// The properties needed by filters.
    keys: Keys,
    /// Fields that are read besides, of events that these bits mean.
    besides: Vec<(u64, Field)>,
}

/// What an event of some name may mean.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Means {
    /// These selections take it.
    sure: u64,
    /// These take it if it passes their filters.
    perhaps: u64,
}

/// A filter to be tried.
#[derive(Debug, Clone)]
struct Tried {
    field: Field,
    is: Test,
    /// Where the question has it.
    at: String,
    /// Whether any event had a value of the field.
    seen: Arc<AtomicBool>,
}

/// The most filters of one selection.
const MOST_FILTERS: usize = 50;
/// The most values of one `in`.
const MOST_VALUES: usize = 1_000;

impl Choice {
    /// No selection yet.
    pub fn new(snapshot: &Snapshot, zone: Zone) -> Self {
        let names: Vec<String> = snapshot.event_names().map(str::to_owned).collect();
        let by_code = vec![Means::default(); names.len() + 1];
        Self { zone, by_code, names, tests: vec![Vec::new(); 64], keys: Keys::default(), besides: Vec::new() }
    }

    /// Adds a selection as a bit, below 64; none means any event. `at` says where the question has it.
    ///
    /// # Errors
    /// A name is unknown, or a filter cannot be.
    pub fn add(
        &mut self,
        bit: usize,
        asked: Option<&AskedEvents>,
        snapshot: &Snapshot,
        at: &str,
    ) -> Result<(), Problem> {
        let codes = asked.map(|asked| asked.codes(snapshot, at)).transpose()?.flatten();
        let filters = asked.map_or(&[][..], AskedEvents::filters);
        if filters.len() > MOST_FILTERS {
            let text = format!("at most {MOST_FILTERS} filters, not {}", filters.len());
            return Err(Problem::new(Code::InvalidParameter, text).at(at));
        }
        let mut tests = Vec::new();
        for (place, filter) in filters.iter().enumerate() {
            tests.push(tried(filter, format!("{at}.where.{place}"))?);
        }
        for (code, means) in self.by_code.iter_mut().enumerate() {
            if codes.as_ref().is_none_or(|codes| codes.iter().any(|one| usize::from(*one) == code)) {
                *(if tests.is_empty() { &mut means.sure } else { &mut means.perhaps }) |= 1 << bit;
            }
        }
        if let Some(place) = self.tests.get_mut(bit) {
            *place = tests;
        }
        self.keys = Keys::of(self.tests.iter().flatten().map(|tried| &tried.field));
        Ok(())
    }

    /// Has a field be read of the events of these selections, for whoever counts them.
    pub fn also(&mut self, bits: u64, field: &Field) {
        self.besides.push((bits, field.clone()));
    }

    /// Whether names alone decide.
    pub fn is_plain(&self) -> bool {
        self.tests.iter().all(Vec::is_empty)
    }

    /// The selections that an event of this name is taken by, and those that depend on filters too.
    pub fn named(&self, event: u16) -> u64 {
        let means = meaning_of(&self.by_code, event);
        means.sure | means.perhaps
    }

    /// For each code what names alone say; the last for names without one.
    pub fn table(&self) -> impl Iterator<Item = u64> + '_ {
        self.by_code.iter().map(|means| means.sure | means.perhaps)
    }

    /// The selections that take an event.
    #[inline]
    pub fn bits(&self, run: &Run<'_>, event: usize) -> u64 {
        let means = meaning_of(&self.by_code, run.event(event));
        if means.perhaps == 0 { means.sure } else { means.sure | self.tried(means.perhaps, run, event) }
    }

    fn tried(&self, perhaps: u64, run: &Run<'_>, event: usize) -> u64 {
        let properties = self.keys.read(run, event);
        let passes = |bit: &usize| {
            let tests = self.tests.get(*bit).map(Vec::as_slice).unwrap_or_default();
            tests.iter().all(|tried| tried.holds(run, event, &properties, self.zone))
        };
        (0..64).filter(|bit| perhaps & (1 << bit) != 0).filter(passes).fold(0, |bits, bit| bits | 1 << bit)
    }

    /// Has a walk read what is needed, of the events of which it is needed, and nothing else.
    pub fn prepare(&self, walk: &mut Walk) {
        let mut bits = 0u64;
        let mut columns: Vec<Column> = walk.columns.clone();
        for (bit, tests) in self.tests.iter().enumerate().filter(|(_, tests)| !tests.is_empty()) {
            bits |= 1 << bit;
            columns.extend(tests.iter().flat_map(|tried| tried.field.columns()));
        }
        for (of, field) in &self.besides {
            bits |= of;
            columns.extend(field.columns());
        }
        columns.sort_unstable();
        columns.dedup();
        walk.columns = columns;
        let read = self.names.iter().zip(&self.by_code).filter(|(_, means)| (means.sure | means.perhaps) & bits != 0);
        walk.columns_of = (!walk.columns.is_empty()).then(|| read.map(|(name, _)| name.clone()).collect());
    }

    /// The names of all events that some selection may take; none if that is every event.
    pub fn names(&self) -> Option<Vec<String>> {
        let taken = |means: &Means| means.sure | means.perhaps != 0;
        let any = self.by_code.last().is_some_and(taken);
        let named = self.names.iter().zip(&self.by_code).filter(|(_, means)| taken(means));
        (!any).then(|| named.map(|(name, _)| name.clone()).collect())
    }

    /// The names of the events that any of these bits may mean, of those that ever occurred.
    pub fn names_of(&self, bits: u64) -> Vec<String> {
        let meant = self.names.iter().zip(&self.by_code).filter(|(_, means)| (means.sure | means.perhaps) & bits != 0);
        meant.map(|(name, _)| name.clone()).collect()
    }

    /// The first filter over a property that no event had: where the question has it, the bit, and the property.
    pub fn never_seen(&self) -> Option<(String, usize, Field)> {
        let unseen = |tried: &&Tried| matches!(tried.field, Field::Told(_)) && !tried.seen.load(Ordering::Relaxed);
        self.tests.iter().enumerate().find_map(|(bit, tests)| {
            let tried = tests.iter().find(unseen)?;
            Some((tried.at.clone(), bit, tried.field.clone()))
        })
    }
}

impl Tried {
    fn holds(&self, run: &Run<'_>, event: usize, properties: &Json, zone: Zone) -> bool {
        let values = self.field.values(run, event, properties);
        if !values.is_empty() && !self.seen.load(Ordering::Relaxed) {
            self.seen.store(true, Ordering::Relaxed);
        }
        self.is.holds(&values, run.at(event), zone)
    }
}

fn tried(filter: &Filter, at: String) -> Result<Tried, Problem> {
    let wrong = |text: String| Err(Problem::new(Code::InvalidParameter, text).at(at.clone()));
    let name = String::from(filter.field.clone());
    match &filter.is {
        Test::In(values) if values.is_empty() => return wrong(format!("`in` names no value for `{name}`")),
        Test::In(values) if values.len() > MOST_VALUES => {
            return wrong(format!("`in` names {} values for `{name}`; at most {MOST_VALUES}", values.len()));
        }
        Test::Within(_) | Test::Over(_) => {
            return wrong(format!("`{name}` cannot be asked how long ago it was: choose days by `from` and `to`"));
        }
        _ => {}
    }
    Ok(Tried { field: filter.field.clone().into(), is: filter.is.clone(), at, seen: Arc::default() })
}
