//! What an event tells of its shopper, read before anything is locked: reading is most of the work.

use fanvine_kernel::event::{EventRef, names};
use fanvine_kernel::{EventKind, Timestamp};
use serde_json::Value as Json;

use crate::profile::{Fact, Trait};
use crate::segments::Occurrence;
use crate::segments::live::Program;

/// An event of the log as it is counted.
#[derive(Debug)]
pub(crate) struct Told<'a> {
    /// Its place in the log.
    pub offset: u64,
    /// When it was received.
    pub received_at: Timestamp,
    /// Whose it is.
    pub key: &'a str,
    /// What was done.
    pub fact: Fact<'a>,
    /// What is said of them.
    pub traits: Vec<Trait>,
    /// The event and its properties, if live rules look at it.
    looked_at: Option<Box<(EventRef<'a>, Json)>>,
}

impl<'a> Told<'a> {
    /// None of an event of nobody, and of what is told of segments: nobody did that.
    pub(crate) fn read(offset: u64, event: EventRef<'a>, program: &Program) -> Option<Self> {
        let key = event.shopper_id().filter(|_| !names::is_about_segments(event.name))?;
        let traits = if states_traits(&event) { Trait::read(event) } else { Vec::new() };
        let looked_at = program.looks_at(event.name).then(|| {
            let properties = event.properties.filter(|_| program.reads_properties(event.name));
            // What does not parse tells nothing.
            let properties = properties.and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default();
            Box::new((event, properties))
        });
        Some(Self { offset, received_at: event.received_at, key, fact: Fact::read(event), traits, looked_at })
    }

    /// The event as live rules see it, if they look at it.
    pub(crate) fn occurrence(&self) -> Option<Occurrence<'_>> {
        self.looked_at.as_deref().map(|(event, properties)| Occurrence::of(*event, properties))
    }
}

/// Whether it is worth looking for traits: most contexts tell a page and a browser.
fn states_traits(event: &EventRef<'_>) -> bool {
    event.kind == EventKind::Identify || event.context.is_some_and(|context| context.contains("\"traits\""))
}
