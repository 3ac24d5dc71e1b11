//! Counting what follows what.

use std::sync::Arc;

use fanvine_lake::{Run, Visitor};
use rustc_hash::FxHashMap;

/// The most events of a path.
pub const MOST_STEPS: usize = 10;
/// So many different paths are told apart by one visitor.
const MOST_PATHS: usize = 60_000;
/// No event: a path that is shorter. No event has this code; the one above it stands for names without a code.
pub const NONE: u16 = u16::MAX - 1;

/// A path by the codes of its events.
pub type Path = [u16; MOST_STEPS];

/// Where a path lies in a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Anchor {
    /// It begins with the session.
    Beginning,
    /// It begins with the first event of this meaning.
    Start,
    /// It ends with the first event of this meaning.
    End,
}

/// How paths are counted.
#[derive(Debug, Clone)]
pub struct Plan {
    pub anchor: Anchor,
    /// By code: whether the event is the anchor.
    pub anchors: Vec<bool>,
    pub steps: usize,
    pub gap_s: u32,
    pub fold: bool,
}

/// Counts sessions as they come by.
pub struct Counting {
    plan: Arc<Plan>,
    pub paths: FxHashMap<Path, u64>,
    /// Sessions whose path came after so many different ones that it is not told apart.
    pub others: u64,
    session: Vec<u16>,
}

impl Counting {
    pub fn new(plan: Arc<Plan>) -> Self {
        Self { plan, paths: FxHashMap::default(), others: 0, session: Vec::new() }
    }

    /// Counts the session at hand.
    fn close(&mut self) {
        let plan = &self.plan;
        let is_anchor = |event: &u16| plan.anchors.get(usize::from(*event)).copied().unwrap_or(false);
        let place = self.session.iter().position(is_anchor);
        let events: &[u16] = match (plan.anchor, place) {
            (Anchor::Beginning, _) => &self.session,
            (Anchor::Start, Some(place)) => &self.session[place..],
            (Anchor::End, Some(place)) => {
                let before = &self.session[..=place];
                &before[before.len().saturating_sub(plan.steps)..]
            }
            (_, None) => &[],
        };
        let mut path = [NONE; MOST_STEPS];
        path.iter_mut().zip(events.iter().take(plan.steps)).for_each(|(place, event)| *place = *event);
        if !events.is_empty() {
            if self.paths.len() < MOST_PATHS || self.paths.contains_key(&path) {
                *self.paths.entry(path).or_default() += 1;
            } else {
                self.others += 1;
            }
        }
        self.session.clear();
    }
}

impl Visitor for Counting {
    fn visit(&mut self, run: &Run<'_>) {
        let mut last = None::<u32>;
        for (at_s, event) in run.seconds().iter().zip(run.events()) {
            if last.is_some_and(|last| at_s - last >= self.plan.gap_s) {
                self.close();
            }
            last = Some(*at_s);
            // What lies beyond the path need not be remembered.
            let full = self.plan.anchor == Anchor::Beginning && self.session.len() >= self.plan.steps;
            let repeats = self.plan.fold && self.session.last() == Some(event);
            if !full && !repeats {
                self.session.push(*event);
            }
        }
        self.close();
    }
}
