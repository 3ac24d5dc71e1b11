//! Properties that no event ever had.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use fanvine_kernel::event::filter;
use fanvine_kernel::{Code, Problem};
use fanvine_lake::{Column, Run, Snapshot, Visitor, Walk};
use serde::de::IgnoredAny;

use super::apart::Apart;
use super::choice::Choice;
use super::events::did_you_mean;
use super::field::Field;
use super::pick::Keys;
use super::values::Values;
use crate::Measure;

/// So many events' properties are noted by each thread, to know what is spelled alike.
const NOTED: usize = 500;

impl Measure {
    /// Whether a question asks for a property that none of its events ever had. To be asked when nothing was found: it
    /// looks at everything that is stored, and not only at the question's days.
    ///
    /// # Errors
    /// It does.
    pub async fn check_seen(&self, choice: &Choice) -> Result<(), Problem> {
        let Some((at, bit, field)) = choice.never_seen() else {
            return Ok(());
        };
        let snapshot = self.snapshot()?;
        let names: Vec<String> = {
            let codes = (0u16..).zip(snapshot.event_names());
            codes.filter(|(code, _)| choice.named(*code) & (1 << bit) != 0).map(|(_, name)| name.to_owned()).collect()
        };
        self.check_field(snapshot, names, field, &at).await
    }

    /// The same for the field by which things are told apart, where nothing had any value of it. `events` are the names of
    /// those it was looked for in.
    ///
    /// # Errors
    /// It is a property, and none of these events ever had it.
    pub async fn check_apart(&self, apart: &Apart, values: &Values, events: Vec<String>) -> Result<(), Problem> {
        match apart {
            Apart::Field(field) if values.list().len() == 1 && !events.is_empty() => {
                self.check_field(self.snapshot()?, events, field.clone(), "break_down").await
            }
            _ => Ok(()),
        }
    }

    /// The same for a field and events of these names.
    ///
    /// # Errors
    /// It is a property, and none of these events ever had it.
    pub async fn check_field(
        &self,
        snapshot: Snapshot,
        names: Vec<String>,
        field: Field,
        at: &str,
    ) -> Result<(), Problem> {
        let Field::Told(filter::Field::Property(path)) = &field else {
            return Ok(());
        };
        let path = path.clone();
        let walk =
            Walk { events: Some(names.clone()), columns: vec![Column::Properties], guests: true, ..Walk::default() };
        let found = Arc::new(AtomicBool::new(false));
        let seen = Arc::clone(&found);
        let looks =
            move |_| Looking { field: field.clone(), found: Arc::clone(&seen), noted: 0, keys: BTreeSet::new() };
        let parts = self.walk(snapshot, walk, looks).await?;
        if found.load(Ordering::Relaxed) {
            return Ok(());
        }
        let keys: BTreeSet<String> = parts.into_iter().flat_map(|part| part.keys).collect();
        let hint = did_you_mean(&path, keys.iter().map(String::as_str));
        let names: Vec<String> = names.iter().take(3).map(|name| format!("`{name}`")).collect();
        let text = format!("no {} ever had a property `{path}`{hint}", names.join(" or "));
        Err(Problem::new(Code::InvalidParameter, text).at(at))
    }
}

/// Looks for any event that has the field, and notes what else there is.
struct Looking {
    field: Field,
    found: Arc<AtomicBool>,
    noted: usize,
    keys: BTreeSet<String>,
}

impl Visitor for Looking {
    fn visit(&mut self, run: &Run<'_>) {
        for event in 0..run.len() {
            if self.found.load(Ordering::Relaxed) {
                return;
            }
            let properties = Keys::of([&self.field]).read(run, event);
            if !self.field.values(run, event, &properties).is_empty() {
                self.found.store(true, Ordering::Relaxed);
            }
            if self.noted < NOTED
                && let Some(text) = run.text(Column::Properties, event)
            {
                self.noted += 1;
                let all: Result<HashMap<String, IgnoredAny>, _> = serde_json::from_str(text);
                self.keys.extend(all.into_iter().flatten().map(|(key, _)| key));
            }
        }
    }
}
