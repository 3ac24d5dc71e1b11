//! The past of clauses, counted by a walk over the lake.

use fanvine_kernel::EventKind;
use fanvine_kernel::event::EventRef;
use fanvine_kernel::{Currency, Timestamp};
use fanvine_lake::{Column, Run, Visitor, Walk};
use rustc_hash::FxHashSet;
use serde_json::Value as Json;

use super::Occurrence;
use super::live::{Program, States};
use super::numbers::NOBODY;
use super::rule::Field;

/// Reads a shopper's events for some clauses of a program.
pub(crate) struct Reading<'p> {
    program: &'p Program,
    /// The clauses.
    places: &'p [usize],
    /// Whose properties are read.
    parsed: FxHashSet<String>,
    /// No event is later than this.
    latest: Timestamp,
}

/// The walk that shows clauses all they look at. `exact` reads when events were received: the sender's clock may have run
/// ahead.
pub(crate) fn walk(program: &Program, places: &[usize], exact: bool) -> Walk {
    let clauses = || places.iter().filter_map(|place| program.clauses().get(*place));
    let mut columns: Vec<Column> = Vec::new();
    for field in clauses().flat_map(|clause| clause.fields()) {
        columns.extend_from_slice(match field {
            Field::ProductId => &[Column::Properties, Column::ProductId],
            Field::Category | Field::Brand | Field::Property(_) => &[Column::Properties],
            Field::Channel => &[Column::Channel],
            Field::Campaign => &[Column::Campaign],
            Field::Revenue => &[Column::RevenueMinor, Column::Currency],
            Field::Quantity => &[Column::Quantity],
        });
    }
    if exact {
        columns.push(Column::ReceivedUs);
    }
    columns.sort_unstable();
    columns.dedup();
    let micros = exact || clauses().any(|clause| clause.minds_order());
    Walk { events: program.names_of(places), columns, micros, ..Walk::default() }
}

impl<'p> Reading<'p> {
    /// Of these clauses.
    pub(crate) fn new(program: &'p Program, places: &'p [usize], latest: Timestamp) -> Self {
        let names = program.names_of(places).unwrap_or_default();
        let parsed = names.into_iter().filter(|name| program.reads_properties(name)).collect();
        Self { program, places, parsed, latest }
    }

    /// What the clauses remember of a shopper's events.
    pub(crate) fn states(&self, run: &Run<'_>) -> States {
        let mut states = States::default();
        let every = self.program.names_of(self.places).is_none();
        for event in 0..run.len() {
            let name = run.name(event);
            let parse = self.parsed.contains(name) || (every && self.program.reads_properties(name));
            let properties = run.text(Column::Properties, event).filter(|_| parse);
            // What does not parse tells nothing.
            let properties: Json = properties.and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default();
            let occurrence = Occurrence::of(self.event(run, event, name), &properties);
            for place in self.places {
                self.program.observe_clause(*place, &occurrence, &mut states);
            }
        }
        states
    }

    fn event<'r>(&self, run: &Run<'r>, event: usize, name: &'r str) -> EventRef<'r> {
        let received = run.int(Column::ReceivedUs, event).map(Timestamp::from_micros);
        EventRef {
            message_id: "",
            kind: EventKind::Track,
            name,
            source: "",
            user_id: None,
            anonymous_id: None,
            occurred_at: run.at(event),
            received_at: received.unwrap_or(self.latest),
            session_id: None,
            product_id: run.text(Column::ProductId, event),
            order_id: None,
            quantity: run.int(Column::Quantity, event),
            revenue_minor: run.int(Column::RevenueMinor, event),
            currency: run.text(Column::Currency, event).and_then(|code| code.parse::<Currency>().ok()),
            channel: run.text(Column::Channel, event),
            campaign: run.text(Column::Campaign, event),
            referrer: None,
            properties: None,
            context: None,
        }
    }
}

/// Remembers what clauses remember of everybody, packed.
pub(crate) struct Gather<'w> {
    pub(crate) reading: &'w Reading<'w>,
    /// From the lake's numbers to the cells'.
    pub(crate) cells: &'w [u32],
    /// By cell.
    pub(crate) found: Vec<(u32, Box<[u8]>)>,
}

impl Visitor for Gather<'_> {
    fn visit(&mut self, run: &Run<'_>) {
        let cell = self.cells.get(run.shopper as usize).copied().unwrap_or(NOBODY);
        let states = self.reading.states(run);
        if cell != NOBODY && !states.is_empty() {
            let mut bytes = Vec::new();
            states.encode(&mut bytes);
            self.found.push((cell, bytes.into_boxed_slice()));
        }
    }
}
