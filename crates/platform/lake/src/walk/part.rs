//! Walking one bucket: the runs of all its sources, put together shopper by shopper.

use std::ops::Range;

use super::column::Column;
use super::cursor::Cursor;
use super::extras::Extras;
use super::hot::HotBucket;
use super::merges::Held;
use super::run::Run;
use super::{Plan, Snapshot, Visitor};
use crate::LakeError;
use crate::layout::{GUEST, SPELLED_OUT};

/// The head of a cursor that has ended. No shopper has this number.
const ENDED: u32 = u32::MAX;

/// A bucket being walked.
pub(crate) struct Part<'w> {
    plan: &'w Plan<'w>,
    /// Files in the order of the log, then what is in memory.
    cursors: Vec<Cursor<'w>>,
    /// Whose run is next in each, [`ENDED`] where none is: what is looked at for every shopper lies close together.
    heads: Vec<u32>,
    gathered: Gathered,
    held: Vec<Held>,
}

/// Events of one shopper, copied together.
#[derive(Debug, Clone, Default)]
pub(crate) struct Gathered {
    pub(crate) at_s: Vec<u32>,
    /// As many as `at_s`, or none.
    pub(crate) at_us: Vec<u32>,
    pub(crate) events: Vec<u16>,
    pub(crate) extras: Extras,
    /// Which rows are added at the moment.
    chosen: Vec<usize>,
}

impl<'w> Part<'w> {
    /// At the beginning of a bucket.
    pub(crate) fn open(
        snapshot: &'w Snapshot,
        plan: &'w Plan<'w>,
        bucket: u16,
        hot: &'w [HotBucket],
    ) -> Result<Self, LakeError> {
        let mut cursors = Vec::new();
        for file in snapshot.files.iter().filter(|file| file.facts.bucket == bucket && plan.admits(file)) {
            cursors.push(Cursor::on_file(&*snapshot.depot, file, plan)?);
        }
        if let Some(hot) = hot.get(usize::from(bucket)) {
            cursors.push(Cursor::on_memory(&snapshot.hot, hot, plan));
        }
        let gathered = Gathered { extras: Extras::of(&plan.columns), ..Gathered::default() };
        let heads = cursors.iter().map(|cursor| cursor.head().unwrap_or(ENDED)).collect();
        Ok(Self { plan, cursors, heads, gathered, held: Vec::new() })
    }

    /// Shows every shopper to the visitor, but holds back those that are part of a person with other shoppers.
    pub(crate) fn walk(mut self, visitor: &mut dyn Visitor) -> Result<Vec<Held>, LakeError> {
        let mut shown = 0u32;
        while let Some((shopper, sources, only)) = self.next() {
            shown = shown.wrapping_add(1);
            if shown.is_multiple_of(1024) && self.plan.stopped() {
                break;
            }
            if shopper == GUEST {
                self.guests(visitor)?;
                continue;
            }
            let person = self.plan.walk.merges.as_ref().and_then(|merges| merges.person(shopper));
            if sources == 1 && person.is_none() && self.cursors[only].is_whole() {
                self.show(only, visitor)?;
                continue;
            }
            self.gather(shopper, sources > 1 || person.is_some())?;
            match person {
                Some(person) if !self.gathered.at_s.is_empty() => {
                    self.held.push(Held { person, shopper, events: self.gathered.clone() });
                }
                _ => self.gathered.show(shopper, self.plan, visitor),
            }
        }
        Ok(self.held)
    }

    /// The lowest shopper among the heads, how many cursors have it, and the last of these.
    fn next(&self) -> Option<(u32, usize, usize)> {
        let lowest = self.heads.iter().copied().min().filter(|head| *head != ENDED)?;
        let (mut sources, mut last) = (0, 0);
        for (place, head) in self.heads.iter().enumerate() {
            if *head == lowest {
                sources += 1;
                last = place;
            }
        }
        Some((lowest, sources, last))
    }

    /// Steps a cursor over its next run.
    fn step(&mut self, place: usize) -> Result<(), LakeError> {
        let cursor = &mut self.cursors[place];
        cursor.step(self.plan)?;
        self.heads[place] = cursor.head().unwrap_or(ENDED);
        Ok(())
    }

    /// Shows a run that lies whole in one block.
    fn show(&mut self, place: usize, visitor: &mut dyn Visitor) -> Result<(), LakeError> {
        let (plan, cursor) = (self.plan, &mut self.cursors[place]);
        let (shopper, rows) = (cursor.head().unwrap_or_default(), cursor.rows());
        let rows = cursor.within(plan, shopper, rows);
        if plan.wanted.is_none() && plan.columns.is_empty() {
            let run = Run {
                shopper,
                at_s: cursor.at_s(rows.clone()),
                at_us: cursor.at_us(rows.clone()).filter(|_| plan.walk.micros),
                events: cursor.events(rows),
                extras: None,
                names: &plan.names,
            };
            if !run.at_s.is_empty() {
                visitor.visit(&run);
            }
        } else {
            self.gathered.clear();
            self.gathered.add(cursor, rows, plan, plan.micros)?;
            self.gathered.show(shopper, plan, visitor);
        }
        self.step(place)
    }

    /// Copies all events of a shopper together, in order.
    fn gather(&mut self, shopper: u32, micros: bool) -> Result<(), LakeError> {
        self.gathered.clear();
        let (plan, sorted) = (self.plan, self.in_sequence(shopper));
        let micros = plan.micros || (micros && !sorted);
        for place in 0..self.cursors.len() {
            while self.heads[place] == shopper {
                let cursor = &mut self.cursors[place];
                if micros {
                    cursor.need_micros()?;
                }
                let rows = cursor.rows();
                let rows = cursor.within(plan, shopper, rows);
                self.gathered.add(cursor, rows, plan, micros)?;
                self.step(place)?;
            }
        }
        if !sorted {
            self.gathered.sort();
        }
        Ok(())
    }

    /// Whether a shopper's runs follow one another without sharing a second, as far as is known without stepping.
    fn in_sequence(&self, shopper: u32) -> bool {
        let mut before = None;
        let heads = self.heads.iter().zip(&self.cursors).filter(|(head, _)| **head == shopper);
        let follow = |(_, cursor): (&u32, &Cursor<'_>)| {
            let at_s = cursor.at_s(cursor.rows());
            let follows = before < at_s.first().copied();
            before = at_s.last().copied();
            follows && cursor.is_whole()
        };
        self.plan.walk.merges.as_ref().is_none_or(|merges| merges.person(shopper).is_none())
            && heads.into_iter().all(follow)
    }

    /// Shows or passes over events without a shopper, piece by piece.
    fn guests(&mut self, visitor: &mut dyn Visitor) -> Result<(), LakeError> {
        let plan = self.plan;
        for place in 0..self.cursors.len() {
            while self.heads[place] == GUEST {
                if plan.walk.guests {
                    let cursor = &mut self.cursors[place];
                    let rows = cursor.rows();
                    let rows = cursor.within(plan, GUEST, rows);
                    self.gathered.clear();
                    self.gathered.add(cursor, rows, plan, plan.micros)?;
                    self.gathered.show(GUEST, plan, visitor);
                }
                self.step(place)?;
            }
        }
        Ok(())
    }
}

impl Gathered {
    fn clear(&mut self) {
        self.at_s.clear();
        self.at_us.clear();
        self.events.clear();
        self.extras.clear();
    }

    /// Adds those of a cursor's rows that are wanted.
    fn add(
        &mut self,
        cursor: &mut Cursor<'_>,
        rows: Range<usize>,
        plan: &Plan<'_>,
        micros: bool,
    ) -> Result<(), LakeError> {
        if plan.wanted.is_none() && plan.columns.is_empty() {
            self.at_s.extend_from_slice(cursor.at_s(rows.clone()));
            self.events.extend_from_slice(cursor.events(rows.clone()));
            if micros {
                self.at_us.extend_from_slice(cursor.at_us(rows).unwrap_or_default());
            }
            return Ok(());
        }
        self.chosen.clear();
        cursor.wanted(plan, rows, &mut self.chosen);
        for place in 0..self.chosen.len() {
            let row = self.chosen[place];
            let one = row..row + 1;
            let event = cursor.event(row);
            self.at_s.extend_from_slice(cursor.at_s(one.clone()));
            self.events.push(event);
            if micros {
                self.at_us.extend_from_slice(cursor.at_us(one).unwrap_or_default());
            }
            if !plan.columns.is_empty() {
                match plan.reads(event) {
                    true => cursor.extras(row, &mut self.extras)?,
                    false => self.extras.push_nothing(),
                }
            }
            if event == SPELLED_OUT && !plan.wants_text(self.extras.text(Column::EventText, self.at_s.len() - 1)) {
                self.pop();
            }
        }
        Ok(())
    }

    /// Takes the last row back.
    fn pop(&mut self) {
        let rows = self.at_s.len().saturating_sub(1);
        self.at_s.truncate(rows);
        self.at_us.truncate(rows);
        self.events.truncate(rows);
        self.extras.truncate(rows);
    }

    /// Adds the events of another shopper key of the same person.
    pub(crate) fn append(&mut self, other: &Self) {
        self.at_s.extend_from_slice(&other.at_s);
        self.at_us.extend_from_slice(&other.at_us);
        self.events.extend_from_slice(&other.events);
        self.extras.append(&other.extras, other.at_s.len());
    }

    /// Puts the events in order of time; what occurred at one moment stays as it is.
    pub(crate) fn sort(&mut self) {
        let key = |row: usize| (self.at_s[row], self.at_us.get(row).copied().unwrap_or_default());
        if (1..self.at_s.len()).all(|row| key(row - 1) <= key(row)) {
            return;
        }
        let mut order: Vec<u32> = (0..self.at_s.len() as u32).collect();
        order.sort_by_key(|row| key(*row as usize));
        let sorted = |values: &[u32]| order.iter().filter_map(|row| values.get(*row as usize)).copied().collect();
        let (at_s, at_us) = (sorted(&self.at_s), sorted(&self.at_us));
        self.events = order.iter().map(|row| self.events[*row as usize]).collect();
        (self.at_s, self.at_us) = (at_s, at_us);
        self.extras.reorder(order);
    }

    /// Shows the events, if there are any.
    pub(crate) fn show(&self, shopper: u32, plan: &Plan<'_>, visitor: &mut dyn Visitor) {
        if !self.at_s.is_empty() {
            visitor.visit(&Run {
                shopper,
                at_s: &self.at_s,
                at_us: plan.walk.micros.then_some(&self.at_us),
                events: &self.events,
                extras: Some(&self.extras),
                names: &plan.names,
            });
        }
    }
}
