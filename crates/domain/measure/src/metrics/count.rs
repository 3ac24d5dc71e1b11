//! Counting what people did, interval by interval, as they come by.

use std::sync::Arc;

use fanvine_lake::{Column, Run, Visitor};
use rustc_hash::FxHashMap;

use crate::attribution::origin::inside;
use crate::orders::Orders;
use crate::sessions::count as sessions;
use crate::walks::events::meaning_of;

/// What an event is to the metrics.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Deed {
    /// The shop's own fact.
    Silent,
    /// Something else that the shopper did.
    #[default]
    Any,
    /// A product was looked at.
    View,
    /// A product went into the cart.
    Add,
    /// Something was shared.
    Share,
    /// What somebody shared was opened, or an invitation accepted.
    Opening,
    /// Content was liked.
    Like,
    /// Content was commented on.
    Comment,
}

/// The counts that metrics are formulas of.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Counts {
    pub active: u64,
    pub new: u64,
    pub viewers: u64,
    pub adders: u64,
    pub sharers: u64,
    pub likers: u64,
    pub commenters: u64,
    pub shares: u64,
    pub openings: u64,
    pub brought: u64,
    pub buyers: u64,
    pub new_buyers: u64,
    pub orders: u64,
    pub units: i64,
    pub revenue_minor: i64,
    pub refunded_minor: i64,
    pub spend_minor: i64,
    pub sessions: u64,
    pub pages: u64,
    pub bounced: u64,
    pub session_s: u64,
    /// Half of the viral cycles took at most so long.
    pub cycle_s: Option<u32>,
}

impl Counts {
    pub fn add(&mut self, other: &Self) {
        let sums = [
            (&mut self.active, other.active),
            (&mut self.new, other.new),
            (&mut self.viewers, other.viewers),
            (&mut self.adders, other.adders),
            (&mut self.sharers, other.sharers),
            (&mut self.likers, other.likers),
            (&mut self.commenters, other.commenters),
            (&mut self.shares, other.shares),
            (&mut self.openings, other.openings),
            (&mut self.brought, other.brought),
            (&mut self.buyers, other.buyers),
            (&mut self.new_buyers, other.new_buyers),
            (&mut self.orders, other.orders),
        ];
        sums.into_iter().for_each(|(sum, more)| *sum += more);
        self.units += other.units;
        self.revenue_minor += other.revenue_minor;
    }

    /// Notes what a person did.
    fn note(&mut self, did: Did) {
        let once = |deed: Did| u64::from(did.0 & deed.0 != 0);
        self.active += once(Did::ANYTHING);
        self.new += once(Did::NEW);
        self.viewers += once(Did::VIEWED);
        self.adders += once(Did::ADDED);
        self.sharers += once(Did::SHARED);
        self.likers += once(Did::LIKED);
        self.commenters += once(Did::COMMENTED);
        self.brought += once(Did::BROUGHT);
        self.buyers += once(Did::ORDERED);
        self.new_buyers += once(Did::ORDERED_FIRST);
    }
}

/// What a person did in some time, a bit each.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Did(u16);

impl Did {
    const ANYTHING: Self = Self(1);
    const NEW: Self = Self(2);
    const VIEWED: Self = Self(4);
    const ADDED: Self = Self(8);
    const SHARED: Self = Self(16);
    const LIKED: Self = Self(32);
    const COMMENTED: Self = Self(64);
    const BROUGHT: Self = Self(128);
    const ORDERED: Self = Self(256);
    const ORDERED_FIRST: Self = Self(512);

    fn of(deed: Deed) -> Self {
        let special = match deed {
            Deed::Silent => return Self(0),
            Deed::Any | Deed::Opening => 0,
            Deed::View => Self::VIEWED.0,
            Deed::Add => Self::ADDED.0,
            Deed::Share => Self::SHARED.0,
            Deed::Like => Self::LIKED.0,
            Deed::Comment => Self::COMMENTED.0,
        };
        Self(special | Self::ANYTHING.0)
    }
}

/// A part of those who bought, for the tree.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Group {
    pub active: u64,
    pub buyers: u64,
    pub orders: u64,
    pub units: i64,
    pub revenue_minor: i64,
}

impl Group {
    pub fn add(&mut self, other: &Self) {
        self.active += other.active;
        self.buyers += other.buyers;
        self.orders += other.orders;
        self.units += other.units;
        self.revenue_minor += other.revenue_minor;
    }
}

/// A period and what is known of it before the walk.
pub struct Plan {
    /// The first second of each interval, and the one behind the last.
    pub starts_s: Vec<u32>,
    pub orders: Orders,
    /// When each person, by number, ordered for the first time ever.
    pub first_orders: Arc<FxHashMap<u32, u32>>,
    pub sessions: Arc<sessions::Plan>,
    /// By code.
    pub deeds: Arc<Vec<Deed>>,
}

impl Plan {
    /// The interval in which a moment lies.
    pub fn interval(&self, at_s: u32) -> Option<usize> {
        let place = self.starts_s.partition_point(|start| *start <= at_s).checked_sub(1)?;
        (place + 1 < self.starts_s.len()).then_some(place)
    }
}

/// Somebody brought by sharing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Brought {
    pub interval: usize,
    pub at_s: u32,
    pub sharer: Option<String>,
}

/// So long after the first event a share may still have brought somebody.
const A_DAY_S: u32 = 86_400;

/// Counts people over one period.
pub struct Counting {
    plan: Arc<Plan>,
    pub all: Counts,
    pub points: Vec<Counts>,
    /// New and returning shoppers.
    pub groups: [Group; 2],
    pub sessions: sessions::Counting,
    pub brought: Vec<Brought>,
    /// When each person shared something, of those who did.
    pub shared: FxHashMap<u32, Vec<u32>>,
    did: Vec<Did>,
}

impl Counting {
    pub fn new(plan: Arc<Plan>) -> Self {
        let intervals = plan.starts_s.len().saturating_sub(1);
        Self {
            all: Counts::default(),
            points: vec![Counts::default(); intervals],
            groups: [Group::default(); 2],
            sessions: sessions::Counting::new(Arc::clone(&plan.sessions)),
            brought: Vec::new(),
            shared: FxHashMap::default(),
            did: vec![Did::default(); intervals],
            plan,
        }
    }

    /// What was done, and whether it brought somebody, whose first event ever is at `first_s`.
    fn deeds(&mut self, run: &Run<'_>, plan: &Plan) -> Option<u32> {
        let mut first_s = None;
        // Who shared something before may open it themselves.
        let mut came_by = false;
        for event in 0..run.len() {
            let (at_s, deed) = (run.at_s(event), meaning_of(&plan.deeds, run.event(event)));
            if deed == Deed::Silent {
                continue;
            }
            let first_s = *first_s.get_or_insert(at_s);
            if deed == Deed::Share {
                came_by = true;
                self.shared.entry(run.shopper).or_default().push(at_s);
            }
            let Some(interval) = plan.interval(at_s) else { continue };
            self.did[interval].0 |= Did::of(deed).0;
            match deed {
                Deed::Share => self.points[interval].shares += 1,
                Deed::Opening => self.points[interval].openings += 1,
                _ => {}
            }
            let is_new = plan.starts_s.first().is_some_and(|from| *from <= first_s);
            if deed == Deed::Opening && !came_by && is_new && at_s - first_s <= A_DAY_S {
                came_by = true;
                self.did[interval].0 |= Did::BROUGHT.0;
                let properties = run.text(Column::Properties, event);
                let told = |key| properties.and_then(|text| inside(text, &[key]));
                let sharer = told("sharer_id").or_else(|| told("inviter_id"));
                self.brought.push(Brought { interval, at_s, sharer });
            }
        }
        if let Some(interval) = first_s.and_then(|first| plan.interval(first)) {
            self.did[interval].0 |= Did::NEW.0;
        }
        first_s
    }

    fn orders(&mut self, shopper: u32, plan: &Plan) -> Group {
        let mut group = Group::default();
        let first_order = plan.first_orders.get(&shopper);
        for order in plan.orders.of.get(&shopper).into_iter().flatten() {
            let Some(interval) = plan.interval(order.at_s) else { continue };
            let first = if first_order == Some(&order.at_s) { Did::ORDERED_FIRST.0 } else { 0 };
            self.did[interval].0 |= Did::ORDERED.0 | Did::ANYTHING.0 | first;
            let point = &mut self.points[interval];
            point.orders += 1;
            point.units += order.units;
            point.revenue_minor += order.revenue_minor;
            group.orders += 1;
            group.units += order.units;
            group.revenue_minor += order.revenue_minor;
        }
        group
    }
}

impl Visitor for Counting {
    fn visit(&mut self, run: &Run<'_>) {
        let plan = Arc::clone(&self.plan);
        self.sessions.visit(run);
        self.did.fill(Did::default());
        let first_s = self.deeds(run, &plan);
        let group = self.orders(run.shopper, &plan);
        let mut over_all = Did::default();
        for (did, point) in self.did.iter().zip(&mut self.points) {
            point.note(*did);
            over_all.0 |= did.0;
        }
        if over_all == Did::default() {
            return;
        }
        self.all.note(over_all);
        let is_new = first_s.zip(plan.starts_s.first()).is_some_and(|(first, from)| *from <= first);
        let buyers = u64::from(group.orders > 0);
        self.groups[usize::from(!is_new)].add(&Group { active: 1, buyers, ..group });
    }
}

/// Both periods at once: one walk shows everybody once.
pub struct Both {
    pub now: Counting,
    pub before: Counting,
}

impl Visitor for Both {
    fn visit(&mut self, run: &Run<'_>) {
        self.now.visit(run);
        self.before.visit(run);
    }
}
