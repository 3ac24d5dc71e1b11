//! The past of clauses, counted by a walk over the lake.

use std::sync::Arc;

use fanvine_kernel::event::EventRef;
use fanvine_kernel::{Currency, EventKind, Timestamp};
use fanvine_lake::{Column, Run, Visitor, Walk};
use rustc_hash::FxHashMap;
use serde_json::Value as Json;

use super::Occurrence;
use super::live::{Program, States};
use super::numbers::{NOBODY, Places};
use super::rule::Field;

/// Reads a shopper's events for some clauses of a program.
pub(crate) struct Reading<'p> {
    program: &'p Program,
    /// By the name of an event, which of the clauses look at it; of other names, all that look at any.
    by_name: FxHashMap<String, Concern>,
    any: Concern,
    /// No event is later than this.
    latest: Timestamp,
}

/// The clauses that look at an event.
#[derive(Default)]
struct Concern {
    places: Vec<usize>,
    /// Whether one of them reads its properties.
    parsed: bool,
}

/// The walk that shows clauses all they look at. `exact` reads when events were received: the sender's clock may have run
/// ahead.
pub(crate) fn walk(program: &Program, clauses_at: &[usize], known: &Places, exact: bool) -> Walk {
    let clauses = || clauses_at.iter().filter_map(|place| program.clauses().get(*place));
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
    let since = (!known.since.is_empty()).then(|| Arc::clone(&known.since));
    Walk { events: program.names_of(clauses_at), columns, micros, since, ..Walk::default() }
}

impl<'p> Reading<'p> {
    /// Of these clauses.
    pub(crate) fn new(program: &'p Program, places: &[usize], latest: Timestamp) -> Self {
        let concern = |name: &str| Concern {
            places: program.places_at(name).iter().copied().filter(|place| places.contains(place)).collect(),
            parsed: program.reads_properties(name),
        };
        let by_name = program.names().map(|name| (name.clone(), concern(name))).collect();
        Self { program, by_name, any: concern(""), latest }
    }

    /// What the clauses remember of a shopper's events.
    pub(crate) fn states(&self, run: &Run<'_>) -> States {
        let mut states = States::default();
        for event in 0..run.len() {
            let name = run.name(event);
            let Concern { places, parsed } = self.by_name.get(name).unwrap_or(&self.any);
            if places.is_empty() {
                continue;
            }
            let properties = run.text(Column::Properties, event).filter(|_| *parsed);
            // What does not parse tells nothing.
            let properties: Json = properties.and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default();
            let occurrence = Occurrence::of(self.event(run, event, name), &properties);
            for place in places {
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
    pub(crate) places: &'w Places,
    /// By cell.
    pub(crate) found: Vec<(u32, Box<[u8]>)>,
}

impl Visitor for Gather<'_> {
    fn visit(&mut self, run: &Run<'_>) {
        let cell = self.places.cell(run.shopper);
        let states = self.reading.states(run);
        if cell != NOBODY && !states.is_empty() {
            let mut bytes = Vec::new();
            states.encode(&mut bytes);
            self.found.push((cell, bytes.into_boxed_slice()));
        }
    }
}
