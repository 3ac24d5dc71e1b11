//! Counting what follows what.

use std::sync::Arc;

use fanvine_lake::{Run, Visitor};
use roaring::RoaringBitmap;
use rustc_hash::FxHashMap;

use crate::walks::choice::Choice;

/// The most events of a path.
pub const MOST_STEPS: usize = 10;
/// So many different paths are told apart by one visitor.
const MOST_PATHS: usize = 60_000;
/// No event: a path that is shorter. No event has this code; the one above it stands for names without a code.
pub const NONE: u16 = u16::MAX - 1;

/// The bits of a choice: what is the anchor, and what is looked at.
const ANCHOR: u64 = 1;
const LOOKED_AT: u64 = 2;

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
    /// Bit 0 is the anchor, bit 1 what is looked at.
    pub choice: Choice,
    pub steps: usize,
    pub gap_s: u32,
    pub fold: bool,
    /// Whose numbers are kept.
    pub listed: Option<Listed>,
}

/// Whom paths list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Listed {
    /// Who took a path that begins with these events.
    Path(Vec<u16>),
    /// Who went from an event at this place to another, or ended there.
    Link { step: usize, from: u16, to: Option<u16> },
}

impl Listed {
    fn takes(&self, path: &Path, steps: usize) -> bool {
        match self {
            Self::Path(events) => path.starts_with(events),
            Self::Link { step, from, to } => {
                let next = path.get(step + 1).copied().filter(|next| *next != NONE);
                path.get(*step) == Some(from) && next == *to && (to.is_some() || step + 1 < steps)
            }
        }
    }
}

/// Counts sessions as they come by.
pub struct Counting {
    plan: Arc<Plan>,
    /// Whether names alone decide.
    plain: bool,
    pub paths: FxHashMap<Path, u64>,
    /// Sessions whose path came after so many different ones that it is not told apart.
    pub others: u64,
    pub listed: RoaringBitmap,
    /// The events of the session at hand, each with whether it is the anchor.
    session: Vec<(u16, bool)>,
}

impl Counting {
    pub fn new(plan: Arc<Plan>) -> Self {
        Self {
            plain: plan.choice.is_plain(),
            plan,
            paths: FxHashMap::default(),
            others: 0,
            listed: RoaringBitmap::new(),
            session: Vec::new(),
        }
    }

    /// Counts the session at hand.
    fn close(&mut self, shopper: u32) {
        let plan = &self.plan;
        let place = self.session.iter().position(|(_, anchor)| *anchor);
        let events: &[(u16, bool)] = match (plan.anchor, place) {
            (Anchor::Beginning, _) => &self.session,
            (Anchor::Start, Some(place)) => &self.session[place..],
            (Anchor::End, Some(place)) => {
                let before = &self.session[..=place];
                &before[before.len().saturating_sub(plan.steps)..]
            }
            (_, None) => &[],
        };
        let mut path = [NONE; MOST_STEPS];
        path.iter_mut().zip(events.iter().take(plan.steps)).for_each(|(place, (event, _))| *place = *event);
        if !events.is_empty() {
            if plan.listed.as_ref().is_some_and(|listed| listed.takes(&path, plan.steps)) {
                self.listed.insert(shopper);
            }
            if self.paths.len() < MOST_PATHS || self.paths.contains_key(&path) {
                *self.paths.entry(path).or_default() += 1;
            } else {
                self.others += 1;
            }
        }
        self.session.clear();
    }

    /// Adds an event to the session at hand.
    fn add(&mut self, code: u16, anchor: bool) {
        // What lies beyond the path need not be remembered.
        let full = self.plan.anchor == Anchor::Beginning && self.session.len() >= self.plan.steps;
        match self.session.last_mut() {
            // Of events that repeat one another, one that is the anchor makes them so.
            Some((known, is_anchor)) if self.plan.fold && *known == code => *is_anchor |= anchor,
            _ if full => {}
            _ => self.session.push((code, anchor)),
        }
    }
}

impl Visitor for Counting {
    fn visit(&mut self, run: &Run<'_>) {
        let mut last = None::<u32>;
        for (event, (at_s, code)) in run.seconds().iter().zip(run.events()).enumerate() {
            let choice = &self.plan.choice;
            let bits = if self.plain { choice.named(*code) } else { choice.bits(run, event) };
            if bits & LOOKED_AT == 0 {
                continue;
            }
            if last.is_some_and(|last| at_s - last >= self.plan.gap_s) {
                self.close(run.shopper);
            }
            last = Some(*at_s);
            self.add(*code, bits & ANCHOR != 0);
        }
        self.close(run.shopper);
    }
}
