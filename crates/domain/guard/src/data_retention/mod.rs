//! How long events are kept, by name; and the record of what was forgotten when.
//!
//! This room decides since when events are to be kept, and keeps the evidence. Who keeps the events forgets them: the
//! program asks [`DataRetention::kept_now`] what is to be kept, has it forgotten, and reports with
//! [`DataRetention::begin`] and [`DataRetention::end`].

pub(crate) mod preview;
pub(crate) mod put_rules;
mod routes;
pub(crate) mod show_rules;
mod store;

use std::collections::BTreeSet;
use std::sync::Arc;

use fanvine_contracts::keeping::EventKeeper;
use fanvine_kernel::event::KeptSince;
use fanvine_kernel::{Clock, Code, LocalDate, Problem, Timestamp, Zone};
use fanvine_store::{Store, StoreError};
use serde::{Deserialize, Serialize};
use tokio::sync::Notify;

pub use routes::router;

/// An event is not kept longer than this: a hundred years.
const MOST_DAYS: u32 = 36_500;
/// Most names with an age of their own.
const MOST_NAMES: usize = 1_000;
/// Most characters of a name.
const MOST_CHARS: usize = 200;
/// What is older goes in steps of this part of its age, at least of a day: what is kept is written anew so often.
const STEPS: u32 = 30;

/// For how long events are kept.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[schema(as = DataRetentionRules)]
#[serde(deny_unknown_fields)]
pub struct Rules {
    /// Events of these names.
    #[serde(default)]
    pub events: Vec<EventAge>,
    /// Days that all other events are kept, 1 to 36,500; null keeps them for ever.
    #[serde(default)]
    pub others_days: Option<u32>,
}

/// For how long events of a name are kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[schema(as = DataRetentionOfEvent)]
#[serde(deny_unknown_fields)]
pub struct EventAge {
    /// The name.
    pub event: String,
    /// Days, 1 to 36,500; null keeps them for ever.
    pub days: Option<u32>,
}

/// Why rules were not taken.
#[derive(Debug, thiserror::Error)]
pub(crate) enum RulesError {
    #[error("{0} names have an age of their own; at most {MOST_NAMES} may")]
    TooMany(usize),
    #[error("the name of an event has {0} characters; it must have 1 to {MOST_CHARS}")]
    Name(usize),
    #[error("`{0}` is named twice")]
    Twice(String),
    #[error("{days} days for {of}; it must be 1 to {MOST_DAYS}")]
    Days { of: String, days: u32 },
}

impl From<RulesError> for Problem {
    fn from(error: RulesError) -> Self {
        let at = if matches!(&error, RulesError::Days { of, .. } if of == OTHERS) { "others_days" } else { "events" };
        Problem::new(Code::InvalidBody, error.to_string()).at(at)
    }
}

const OTHERS: &str = "all other events";

impl Rules {
    pub(crate) fn check(&self) -> Result<(), RulesError> {
        if self.events.len() > MOST_NAMES {
            return Err(RulesError::TooMany(self.events.len()));
        }
        let mut seen = BTreeSet::new();
        for EventAge { event, days } in &self.events {
            let chars = event.chars().count();
            if !(1..=MOST_CHARS).contains(&chars) {
                return Err(RulesError::Name(chars));
            }
            if !seen.insert(event) {
                return Err(RulesError::Twice(event.clone()));
            }
            within(&format!("`{event}`"), *days)?;
        }
        within(OTHERS, self.others_days)
    }

    /// Since when events are kept at a moment, in a shop whose days begin in `zone`: from the beginning of a day on that
    /// lies at least that many days back, and at most a thirtieth of them (at least a day) more.
    pub(crate) fn kept_since(&self, now: Timestamp, zone: Zone) -> KeptSince {
        let today = zone.date_of(now);
        let since = |days: Option<u32>| days.map(|days| first_moment(days, today, zone));
        let named = self.events.iter().map(|EventAge { event, days }| (event.clone(), since(*days)));
        KeptSince { named: named.collect(), others: since(self.others_days) }
    }
}

fn within(of: &str, days: Option<u32>) -> Result<(), RulesError> {
    match days {
        Some(days) if !(1..=MOST_DAYS).contains(&days) => Err(RulesError::Days { of: of.to_owned(), days }),
        _ => Ok(()),
    }
}

fn first_moment(days: u32, today: LocalDate, zone: Zone) -> Timestamp {
    let step = i64::from((days / STEPS).max(1));
    let day = today.plus_days(-i64::from(days));
    let number = day.days_since(Zone::UTC.date_of(Timestamp::default()));
    zone.start_of(day.plus_days(-number.rem_euclid(step)))
}

/// One time that events were forgotten.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[schema(as = DataRetentionRun)]
pub(crate) struct Run {
    /// When it began.
    #[schema(value_type = String, format = DateTime)]
    pub(crate) begun_at: Timestamp,
    /// When it ended; null while it is under way, or if the program was stopped meanwhile: then it is done again.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub(crate) ended_at: Option<Timestamp>,
    /// How many events were forgotten.
    pub(crate) events: Option<i64>,
    /// Why it failed; it is tried again.
    pub(crate) error: Option<String>,
}

/// The state of this room.
pub struct DataRetention {
    store: Store,
    clock: Arc<dyn Clock>,
    zone: Zone,
    keeper: Arc<dyn EventKeeper>,
    changed: Notify,
}

impl std::fmt::Debug for DataRetention {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("DataRetention").field("zone", &self.zone).finish_non_exhaustive()
    }
}

impl DataRetention {
    /// Over a store that has this crate's tables.
    pub fn new(store: Store, clock: Arc<dyn Clock>, zone: Zone, keeper: Arc<dyn EventKeeper>) -> Self {
        Self { store, clock, zone, keeper, changed: Notify::new() }
    }

    /// Since when events are to be kept now, and whether what is older was forgotten already.
    ///
    /// # Errors
    /// The store failed.
    pub async fn kept_now(&self) -> Result<(KeptSince, bool), StoreError> {
        let read = self.store.read(|tx| {
            Box::pin(async move { Ok::<_, StoreError>((store::rules(tx).await?, store::last_done(tx).await?)) })
        });
        let ((rules, _), done) = read.await?;
        let kept = rules.kept_since(self.clock.now(), self.zone);
        // Before there was any rule there is nothing to be forgotten.
        let done = done.unwrap_or_default() == kept;
        Ok((kept, done))
    }

    /// Resolves when the rules were changed.
    pub async fn changed(&self) {
        self.changed.notified().await;
    }

    /// Records that it begins to be forgotten; the number of the run.
    ///
    /// # Errors
    /// The store failed.
    pub async fn begin(&self, kept: &KeptSince) -> Result<i64, StoreError> {
        let (now, kept) = (self.clock.now(), store::as_text(kept)?);
        self.store.write(move |tx| Box::pin(async move { store::begin(tx, now, kept).await })).await
    }

    /// Records how a run ended: how many events were forgotten, or why not.
    ///
    /// # Errors
    /// The store failed.
    pub async fn end(&self, run: i64, outcome: Result<u64, String>) -> Result<(), StoreError> {
        let now = self.clock.now();
        self.store.write(move |tx| Box::pin(async move { store::end(tx, run, now, outcome).await })).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shanghai() -> Zone {
        "Asia/Shanghai".parse().unwrap()
    }

    #[test]
    fn an_event_is_kept_for_its_days_and_at_most_a_thirtieth_more() {
        for days in [1, 2, 29, 30, 59, 60, 90, 365, 3_650] {
            let rules = Rules { others_days: Some(days), ..Rules::default() };
            let mut before = None;
            for hour in 0..(24 * 200) {
                let now = Timestamp::from_seconds(1_770_000_000 + hour * 3_600);
                let since = rules.kept_since(now, shanghai()).others.unwrap();
                let age = shanghai().date_of(now).days_since(shanghai().date_of(since));
                let most = i64::from(days) + i64::from((days / 30).max(1)) - 1;
                assert!((i64::from(days)..=most).contains(&age), "{age} days for {days}");
                assert_eq!(shanghai().start_of(shanghai().date_of(since)), since, "a day begins");
                assert!(before <= Some(since), "it never goes back");
                before = Some(since);
            }
        }
    }

    #[test]
    fn ages_that_are_none_are_named() {
        let of = |event: &str, days| EventAge { event: event.to_owned(), days };
        let said = |events, others_days| Rules { events, others_days }.check().unwrap_err().to_string();
        assert_eq!(said(vec![of("a", Some(0))], None), "0 days for `a`; it must be 1 to 36500");
        assert_eq!(said(vec![], Some(40_000)), "40000 days for all other events; it must be 1 to 36500");
        assert_eq!(said(vec![of("a", None), of("a", Some(1))], None), "`a` is named twice");
        assert_eq!(said(vec![of("", None)], None), "the name of an event has 0 characters; it must have 1 to 200");
        assert!(Rules { events: vec![of("a", None)], others_days: Some(1) }.check().is_ok());
    }
}
