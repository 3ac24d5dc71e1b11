//! What an event tells of its shopper, read before anything is locked: reading is most of the work.

use fanvine_kernel::EventKind;
use fanvine_kernel::event::EventRef;

use crate::profile::{Fact, Trait};

/// An event of the log as it is counted.
#[derive(Debug)]
pub(crate) struct Told<'a> {
    /// Its place in the log.
    pub offset: u64,
    /// Whose it is.
    pub key: &'a str,
    /// What was done.
    pub fact: Fact<'a>,
    /// What is said of them.
    pub traits: Vec<Trait>,
}

impl<'a> Told<'a> {
    /// None of an event of nobody.
    pub(crate) fn read(offset: u64, event: EventRef<'a>) -> Option<Self> {
        let key = event.shopper_id()?;
        let traits = if states_traits(&event) { Trait::read(event) } else { Vec::new() };
        Some(Self { offset, key, fact: Fact::read(event), traits })
    }
}

/// Whether it is worth looking for traits: most contexts tell a page and a browser.
fn states_traits(event: &EventRef<'_>) -> bool {
    event.kind == EventKind::Identify || event.context.is_some_and(|context| context.contains("\"traits\""))
}
