//! How far a shopper got: pure, over one shopper's events in order of time.
//!
//! An event is the steps it may serve as, one bit each; one event serves as one step of a chain only. All three orders
//! find the *furthest* any chain gets, of all that begin in the period; and for each step, how long the first chain that
//! got so far took from its first event.

use std::collections::VecDeque;

/// How steps must follow one another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize, utoipa::ToSchema)]
#[schema(as = FunnelOrder)]
#[serde(rename_all = "lowercase")]
pub enum Order {
    /// In their order, whatever else happens in between.
    #[default]
    Ordered,
    /// In their order, with nothing else in between.
    Strict,
    /// In any order.
    Any,
}

/// Steps by bit.
pub type Steps = u32;
/// The most steps a funnel may have.
pub const MOST_STEPS: usize = 20;

/// The rules of a funnel, as far as they are about one shopper's events.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chains {
    /// How many steps there are, at most [`MOST_STEPS`].
    pub steps: usize,
    /// How they follow one another.
    pub order: Order,
    /// From a chain's first event to its last, seconds.
    pub within_s: u32,
    /// Steps that may be left out. Never the first.
    pub optional: Steps,
    /// What ends a chain: for each exclusion the first step after which, and the step until which it must not happen.
    pub excluded: Vec<(usize, usize)>,
    /// A chain begins before this second.
    pub to_s: u32,
}

/// An event of a shopper, as a funnel sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Moment {
    /// When, seconds.
    pub at_s: u32,
    /// As which steps it may serve.
    pub steps: Steps,
    /// Which exclusions it is, one bit each.
    pub excludes: u32,
}

/// How far a shopper got.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reached {
    /// The steps that some chain reached. In any order: the first so many.
    pub steps: Steps,
    /// For each step reached, seconds from the beginning of the first chain that reached it.
    pub after_s: [u32; MOST_STEPS],
}

impl Reached {
    const NOTHING: Self = Self { steps: 0, after_s: [0; MOST_STEPS] };

    fn note(&mut self, step: usize, after_s: u32) {
        if self.steps & (1 << step) == 0
            && let Some(place) = self.after_s.get_mut(step)
        {
            self.steps |= 1 << step;
            *place = after_s;
        }
    }
}

impl Chains {
    /// How far the shopper got.
    pub fn reached(&self, moments: impl Iterator<Item = Moment> + Clone) -> Reached {
        match self.order {
            Order::Ordered if self.optional == 0 && self.excluded.is_empty() => self.in_order(moments),
            Order::Ordered => self.in_order_with_exceptions(moments),
            Order::Strict => self.one_after_the_other(moments),
            Order::Any => self.in_any_order(moments),
        }
    }

    /// Of all chains that wait at a step, the one that began last gets furthest: it is all that has to be remembered.
    fn in_order(&self, moments: impl Iterator<Item = Moment>) -> Reached {
        let mut reached = Reached::NOTHING;
        let mut begun = [None; MOST_STEPS];
        for moment in moments {
            let mut steps = moment.steps;
            // From the last to the first: an event that may be two steps does not follow itself.
            while steps != 0 {
                let step = steps.ilog2() as usize;
                steps &= !(1 << step);
                let from = match step.checked_sub(1) {
                    None => (moment.at_s < self.to_s).then_some(moment.at_s),
                    Some(before) => begun[before].filter(|from| moment.at_s - from <= self.within_s),
                };
                if let Some(from) = from {
                    begun[step] = Some(from);
                    reached.note(step, moment.at_s - from);
                }
            }
        }
        reached
    }

    /// The same as [`Self::reached`] for plain ordered steps of which an event is at most one: `steps` gives it by the
    /// event's code, counted from 1, 0 for none. Hardly a branch depends on what the events are.
    ///
    /// # Panics
    /// Never: steps beyond [`MOST_STEPS`] are folded into those there are.
    pub fn straight(&self, at_s: &[u32], events: &[u16], steps: &[u8]) -> Reached {
        const PLACES: usize = 32;
        let mut reached = Reached::NOTHING;
        // Nothing began in 1970; so what has not begun is too long ago.
        let mut begun = [0u32; PLACES];
        let mut depth = 0;
        for (at_s, event) in at_s.iter().zip(events) {
            let step = usize::from(steps.get(usize::from(*event)).copied().unwrap_or(0)) % PLACES;
            let before = begun[step.saturating_sub(1)];
            let from = if step <= 1 { *at_s } else { before };
            let goes_on = (at_s.wrapping_sub(from) <= self.within_s) & ((step != 1) | (*at_s < self.to_s));
            begun[step] = if goes_on { from } else { begun[step] };
            if goes_on & (step > depth) {
                depth = step;
                reached.note(step - 1, at_s - from);
                // Only the first chain that reaches a step is told of: there is nothing left to find.
                if depth == self.steps {
                    break;
                }
            }
        }
        reached
    }

    fn in_order_with_exceptions(&self, moments: impl Iterator<Item = Moment>) -> Reached {
        let mut reached = Reached::NOTHING;
        let mut begun: [Option<u32>; MOST_STEPS] = [None; MOST_STEPS];
        for moment in moments {
            for (exclusion, (after, before)) in self.excluded.iter().enumerate() {
                if moment.excludes & (1 << exclusion) != 0 {
                    begun[*after..*before].fill(None);
                }
            }
            let mut steps = moment.steps;
            while steps != 0 {
                let step = steps.ilog2() as usize;
                steps &= !(1 << step);
                let from = if step == 0 {
                    (moment.at_s < self.to_s).then_some(moment.at_s)
                } else {
                    let within = |before: usize| begun[before].filter(|from| moment.at_s - from <= self.within_s);
                    let first = (0..step).rev().find(|before| self.optional & (1 << before) == 0).unwrap_or(0);
                    (first..step).filter_map(within).max()
                };
                if let Some(from) = from {
                    begun[step] = begun[step].max(Some(from));
                    reached.note(step, moment.at_s - from);
                }
            }
        }
        reached
    }

    fn one_after_the_other(&self, moments: impl Iterator<Item = Moment> + Clone) -> Reached {
        let mut reached = Reached::NOTHING;
        let mut from = moments;
        while let Some(first) = from.next() {
            if first.steps & 1 == 0 || first.at_s >= self.to_s {
                continue;
            }
            reached.note(0, 0);
            // An event may be several of the steps that can come next: all of them are followed up.
            let mut at: Steps = 1;
            for moment in from.clone() {
                at = if moment.at_s - first.at_s > self.within_s { 0 } else { self.next_of(at) & moment.steps };
                if at == 0 {
                    break;
                }
                (0..self.steps).filter(|step| at & (1 << step) != 0).for_each(|step| {
                    reached.note(step, moment.at_s - first.at_s);
                });
            }
        }
        reached
    }

    /// The steps that may come right after any of these.
    fn next_of(&self, at: Steps) -> Steps {
        let after = |step: usize| {
            let mut next = 0;
            for later in step + 1..self.steps {
                next |= 1 << later;
                if self.optional & (1 << later) == 0 {
                    break;
                }
            }
            next
        };
        (0..self.steps).filter(|step| at & (1 << step) != 0).fold(0, |next, step| next | after(step))
    }

    /// The most different steps within any window. An event stands for one step: where it may be several, as many events
    /// as steps are needed, whichever stands for which. Of events that may be the same steps the newest few are enough.
    fn in_any_order(&self, moments: impl Iterator<Item = Moment>) -> Reached {
        let mut reached = Reached::NOTHING;
        let mut held: Vec<(Steps, VecDeque<u32>)> = Vec::new();
        let mut most = 0;
        for moment in moments.filter(|moment| moment.steps != 0 && moment.at_s < self.to_s) {
            let alike = match held.iter_mut().find(|(steps, _)| *steps == moment.steps) {
                Some((_, newest)) => newest,
                None => {
                    held.push((moment.steps, VecDeque::new()));
                    let Some((_, newest)) = held.last_mut() else { continue };
                    newest
                }
            };
            alike.push_front(moment.at_s);
            alike.truncate(moment.steps.count_ones() as usize);
            let mut filled = Matching::default();
            let mut earliest = moment.at_s;
            for (steps, newest) in &held {
                for at_s in newest.iter().take_while(|at_s| moment.at_s - **at_s <= self.within_s) {
                    if filled.add(*steps, self.steps) {
                        earliest = earliest.min(*at_s);
                    }
                }
            }
            while most < filled.count {
                reached.note(most, moment.at_s - earliest);
                most += 1;
            }
            if most == self.steps {
                break;
            }
        }
        reached
    }
}

/// Which event stands for which step: a matching that grows by augmenting paths (Kuhn's algorithm).
#[derive(Default)]
struct Matching {
    /// For each step, as which steps the event that stands for it might serve.
    events: [Option<Steps>; MOST_STEPS],
    count: usize,
}

impl Matching {
    /// Adds an event; whether one more step now has its event.
    fn add(&mut self, steps: Steps, of: usize) -> bool {
        let grown = self.place(steps, of, &mut 0);
        self.count += usize::from(grown);
        grown
    }

    fn place(&mut self, steps: Steps, of: usize, tried: &mut Steps) -> bool {
        for step in 0..of.min(MOST_STEPS) {
            if steps & (1 << step) == 0 || *tried & (1 << step) != 0 {
                continue;
            }
            *tried |= 1 << step;
            let free = match self.events[step] {
                None => true,
                Some(other) => self.place(other, of, tried),
            };
            if free {
                self.events[step] = Some(steps);
                return true;
            }
        }
        false
    }
}
