//! Where a shopper stands, of what grew and when, so that a look that comes late decides what one in time would have.
//!
//! Time is gone through by the moments at which something may change: an order begins to count, a period ends, the shop sets
//! other levels. When goods come back, everything is decided anew without them. Growth that ceases to count takes no level
//! away before the period ends, so those are no such moments.

use std::collections::BTreeSet;

use fanvine_kernel::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

use super::{Ladder, Level};

pub(crate) const DAY: i64 = 86_400_000_000;

/// What grew at once, of an order or as a gift.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grown {
    /// The order's redemption, or which gift.
    pub source: String,
    /// In which money it is counted; none where it is growth itself.
    pub currency: Option<String>,
    /// For what it was given.
    pub note: Option<String>,
    /// What was left of it from when on, in order of time; the first is all of it.
    pub left: Vec<Left>,
}

/// What was left of it from a moment on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Left {
    /// The how manieth change it is; 0 is the order or gift itself.
    pub number: i64,
    /// From when on.
    pub at: Timestamp,
    /// How much.
    pub amount: i64,
    /// Whether it was known when it was last decided.
    pub looked: bool,
}

/// A version of the levels.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Version {
    /// Its number, from 1.
    pub number: i64,
    /// From when on it is in force.
    pub since: Timestamp,
    /// The levels.
    pub ladder: Ladder,
}

/// All versions, in their order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Ladders(pub Vec<Version>);

/// Where a shopper stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Standing {
    /// Under which version of the levels; 0 before the first.
    pub version: i64,
    /// The level they hold; none below the lowest.
    pub held: Option<Held>,
    /// Up to when all is decided.
    pub decided: Timestamp,
}

/// A level that is held.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Held {
    /// Which of the ladder's, from 0.
    pub number: usize,
    /// When it was come to.
    pub since: Timestamp,
    /// When its period ends.
    pub until: Timestamp,
}

/// Why a level changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Cause {
    /// Enough had grown.
    Reached,
    /// Its period ended, and too little had grown to keep it.
    NotKept,
    /// Goods came back without which it would not have been reached.
    CameBack,
    /// The shop set other levels.
    OtherLevels,
}

/// From one level to another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// When.
    pub at: Timestamp,
    /// From which level.
    pub from: Option<String>,
    /// To which.
    pub to: Option<String>,
    /// Whether it is no lower than the one before.
    pub up: bool,
    /// Until when it is held.
    pub until: Option<Timestamp>,
    /// How much counted.
    pub growth: i64,
    /// Why.
    pub cause: Cause,
}

/// What counts under a version, in order of when it begins to: sums, so that a moment costs two searches.
struct Counted<'v> {
    version: &'v Version,
    opens: Vec<Timestamp>,
    sums: Vec<i64>,
}

impl<'v> Counted<'v> {
    /// As it is known at a moment.
    fn of(version: &'v Version, grown: &[Grown], known: Timestamp) -> Self {
        let counts = |one: &Grown| {
            let opens = version.ladder.opens(one.left.first()?.at);
            let left = one.left.iter().rfind(|left| left.at <= known)?;
            Some((opens, version.ladder.worth(left.amount, one.currency.as_deref())))
        };
        let mut all: Vec<(Timestamp, i64)> = grown.iter().filter_map(counts).collect();
        all.sort_by_key(|(opens, _)| *opens);
        let mut sum = 0_i64;
        let sums = std::iter::once(0).chain(all.iter().map(|(_, worth)| {
            sum = sum.saturating_add(*worth);
            sum
        }));
        let sums = sums.collect();
        Self { version, opens: all.into_iter().map(|(opens, _)| opens).collect(), sums }
    }

    /// How much counts at a moment.
    fn at(&self, now: Timestamp) -> i64 {
        let sum = |upto: Timestamp| self.opens.partition_point(|opens| *opens <= upto);
        let over = now.plus_micros(-self.version.ladder.window_days.saturating_mul(DAY));
        let of = |place: usize| self.sums.get(place).copied().unwrap_or_default();
        of(sum(now)).saturating_sub(of(sum(over)))
    }

    /// When the next begins to count.
    fn next(&self, after: Timestamp) -> Option<Timestamp> {
        self.opens.get(self.opens.partition_point(|opens| *opens <= after)).copied()
    }
}

impl Ladders {
    /// The version in force at a moment.
    pub fn in_force(&self, now: Timestamp) -> Option<&Version> {
        self.0.iter().rfind(|version| version.since <= now)
    }

    /// The level of a standing.
    pub fn level(&self, standing: &Standing) -> Option<&Level> {
        let version = self.0.iter().find(|version| version.number == standing.version)?;
        version.ladder.levels.get(standing.held?.number)
    }

    /// Decides everything that is due by now, in the order of time: where that leads, and the steps taken.
    pub fn look(&self, from: &Standing, grown: &[Grown], now: Timestamp) -> (Standing, Vec<Step>) {
        let (mut standing, mut steps) = (*from, Vec::new());
        let came_back = grown.iter().flat_map(|one| one.left.iter().skip(1));
        // What was told late comes back when it is known.
        let news = came_back.filter(|left| left.at <= now && (!left.looked || left.at > from.decided));
        let news: BTreeSet<Timestamp> = news.map(|left| left.at.max(from.decided)).collect();
        for at in news {
            let before = at.plus_micros(-1);
            if before > standing.decided {
                self.advance(&mut standing, grown, (before, before), &mut steps);
            }
            let mut anew = Standing::default();
            self.advance(&mut anew, grown, (at, at), &mut Vec::new());
            steps.extend(self.step(&standing, &anew, self.growth(grown, at), Cause::CameBack));
            standing = anew;
        }
        let now = now.max(standing.decided);
        self.advance(&mut standing, grown, (now, now), &mut steps);
        (standing, steps)
    }

    /// How much counts now.
    pub fn growth(&self, grown: &[Grown], now: Timestamp) -> i64 {
        self.in_force(now).map_or(0, |version| Counted::of(version, grown, now).at(now))
    }

    /// When a look is worth it next, if nothing else happens.
    pub fn due(&self, standing: &Standing, grown: &[Grown]) -> Option<Timestamp> {
        let version = self.in_force(standing.decided)?;
        let opens = Counted::of(version, grown, Timestamp::from_micros(i64::MAX)).next(standing.decided);
        opens.into_iter().chain(standing.held.map(|held| held.until)).min()
    }

    /// Goes through time up to a moment, with what was known at another.
    fn advance(
        &self,
        standing: &mut Standing,
        grown: &[Grown],
        (upto, known): (Timestamp, Timestamp),
        steps: &mut Vec<Step>,
    ) {
        loop {
            let version = self.in_force(standing.decided);
            let ends = self.0.iter().map(|version| version.since).find(|since| *since > standing.decided);
            let ends = ends.filter(|ends| *ends <= upto);
            if let Some(version) = version {
                let counted = Counted::of(version, grown, known);
                let until = ends.map_or(upto, |ends| ends.plus_micros(-1));
                loop {
                    let held = standing.held.map(|held| held.until);
                    let due = counted.next(standing.decided).into_iter().chain(held).min();
                    let Some(at) = due.filter(|at| *at <= until) else { break };
                    steps.extend(self.decide(standing, &counted, at));
                }
                if ends.is_none() {
                    // What was told late counts from a moment that is decided already: it lifts whoever it lifts now.
                    steps.extend(self.decide(standing, &counted, until));
                }
            }
            let Some(ends) = ends else { break };
            if let Some(next) = self.in_force(ends) {
                steps.extend(self.decide(standing, &Counted::of(next, grown, known), ends));
            }
        }
        standing.decided = standing.decided.max(upto);
    }

    fn decide(&self, standing: &mut Standing, counted: &Counted<'_>, at: Timestamp) -> Option<Step> {
        let (before, version) = (*standing, counted.version);
        let levels = &version.ladder.levels;
        let growth = counted.at(at);
        standing.decided = at;
        standing.version = version.number;
        standing.held =
            before.held.and_then(|held| {
                let last = levels.len().checked_sub(1)?;
                let same = self.level(&before).and_then(|old| levels.iter().position(|level| level.level == old.level));
                // A level there is no more is asked at once whether it is kept, in its place.
                Some(same.map_or(Held { number: held.number.min(last), until: at, ..held }, |number| Held {
                    number,
                    ..held
                }))
            });
        let from = standing.held.map(|held| held.number);
        let over = standing.held.is_some_and(|held| held.until <= at);
        let reached = levels.iter().rposition(|level| level.needs <= growth);
        let to = match over {
            _ if reached > from => reached,
            true => levels.iter().take(from.map_or(0, |number| number + 1)).rposition(|level| level.keeps <= growth),
            false => from,
        };
        if over || to != from {
            let until = at.plus_micros(version.ladder.period_days.saturating_mul(DAY));
            standing.held = to.map(|number| Held { number, since: at, until });
        }
        let cause = match (before.version == version.number || before.version == 0, to > from) {
            (false, _) => Cause::OtherLevels,
            (true, true) => Cause::Reached,
            (true, false) => Cause::NotKept,
        };
        let step = self.step(&before, standing, growth, cause);
        if let (None, Some(held), Some(old)) = (&step, standing.held.as_mut(), before.held) {
            held.since = old.since;
        }
        step
    }

    /// The step from one standing to another, if their levels are not the same.
    fn step(&self, before: &Standing, after: &Standing, growth: i64, cause: Cause) -> Option<Step> {
        let name = |standing: &Standing| self.level(standing).map(|level| level.level.clone());
        let (from, to) = (name(before), name(after));
        if from == to {
            return None;
        }
        let number = |standing: &Standing| standing.held.map(|held| held.number);
        let until = after.held.map(|held| held.until);
        Some(Step { at: after.decided, from, to, up: number(after) >= number(before), until, growth, cause })
    }
}

impl Ladder {
    /// By how much so much lets a shopper grow.
    pub fn worth(&self, amount: i64, currency: Option<&str>) -> i64 {
        let Some(currency) = currency else { return amount.max(0) };
        self.minor_per_growth.get(currency).map_or(0, |minor| amount.max(0) / (*minor).max(1))
    }

    /// When what grew at a moment begins to count.
    pub fn opens(&self, at: Timestamp) -> Timestamp {
        at.plus_micros(self.counts_after_days.saturating_mul(DAY))
    }

    /// When it ceases to.
    pub fn closes(&self, at: Timestamp) -> Timestamp {
        self.opens(at).plus_micros(self.window_days.saturating_mul(DAY))
    }
}

#[cfg(test)]
#[path = "decide_tests.rs"]
mod tests;
