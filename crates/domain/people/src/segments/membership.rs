//! Who belongs to which segment: sets of shopper keys by number, what of them is announced, and what is not yet.
//!
//! A person belongs under all their keys. What the store has is exactly `announced`: a change is written together with the
//! event that tells of it, so a crash loses none and tells none twice.

use roaring::RoaringBitmap;
use rustc_hash::FxHashMap;

use super::draft::{Changes, Draft};
use super::live::Program;
use super::timers::Timers;
use super::watch::{Past, Watch};

/// The members of a segment.
#[derive(Debug, Default)]
pub(crate) struct Held {
    /// Those who belong to it now; while it is counted for the first time, or anew, those who did before.
    pub(crate) members: RoaringBitmap,
    /// Those of whom it is saved that they belong to it.
    pub(crate) announced: RoaringBitmap,
    /// Those who may differ between the two …
    changed: RoaringBitmap,
    /// … and those of them that need no event: another key of the person tells it, or nobody wants to be told.
    silent: RoaringBitmap,
    /// Those found so far while it is counted.
    growing: Option<RoaringBitmap>,
    /// Whether its members follow its rule.
    pub(crate) settled: bool,
    /// Whether those found by the next count are announced.
    pub(crate) announcing: bool,
    /// Changes with its definition.
    stamp: u64,
    /// Counted, which the store does not know yet.
    uncounted: bool,
    /// Bytes of changes the store has beside the set it wrote whole.
    beside: u64,
}

impl Held {
    /// Members as saved, with so many bytes of changes beside them.
    pub(crate) fn saved(members: RoaringBitmap, beside: u64, settled: bool, announcing: bool) -> Self {
        Self { announced: members.clone(), members, beside, settled, announcing, ..Self::default() }
    }

    /// Its definition is another from now on: the members that were announced stay until they are counted. What was not
    /// announced goes: it was by the definition before, and is none of the new one's.
    pub(crate) fn redefine(&mut self, announcing: bool) {
        self.stamp += 1;
        self.members = self.announced.clone();
        self.changed.clear();
        self.silent.clear();
        (self.settled, self.growing, self.announcing, self.uncounted) = (false, None, announcing, false);
    }

    /// What its definition cannot follow just now; its members stay, and what changed meanwhile is announced later.
    pub(crate) fn unsettle(&mut self) {
        if self.settled || self.growing.is_some() {
            self.redefine(self.settled || self.announcing);
        }
    }

    /// Begins to count; what to give to [`Held::counted`].
    pub(crate) fn count(&mut self) -> u64 {
        self.growing = Some(RoaringBitmap::new());
        self.stamp
    }

    /// Counting failed: it is to be done again, unless the definition changed meanwhile.
    pub(crate) fn abandon(&mut self, stamp: u64) {
        if self.stamp == stamp {
            self.growing = None;
        }
    }

    /// All were looked at: those found are its members, unless its definition changed meanwhile.
    pub(crate) fn counted(&mut self, stamp: u64, not_first: &RoaringBitmap) {
        let Some(found) = self.growing.take_if(|_| self.stamp == stamp) else { return };
        let differing = &self.members ^ &found;
        self.silent |= if self.announcing { &differing & not_first } else { differing.clone() };
        self.changed |= differing;
        self.members = found;
        (self.settled, self.uncounted) = (true, true);
    }

    /// Whether its rule is to be asked.
    pub(crate) fn is_asked(&self) -> bool {
        self.settled || self.growing.is_some()
    }

    /// Whether it waits to be counted.
    pub(crate) fn is_waiting(&self) -> bool {
        !self.settled && self.growing.is_none()
    }

    /// A person, by their keys, belongs to it or does not.
    pub(crate) fn settle(&mut self, numbers: &[u32], belongs: bool) {
        if let Some(growing) = &mut self.growing {
            for number in numbers {
                let _ = if belongs { growing.insert(*number) } else { growing.remove(*number) };
            }
            return;
        }
        let did = numbers.iter().any(|number| self.members.contains(*number));
        // A person who gains or loses a key did not come or go.
        let mut told = did == belongs;
        for number in numbers {
            let changed = if belongs { self.members.insert(*number) } else { self.members.remove(*number) };
            if changed {
                self.changed.insert(*number);
                let _ = if told { self.silent.insert(*number) } else { self.silent.remove(*number) };
                told = true;
            }
        }
    }

    fn draft(&self, most: usize) -> Option<Draft> {
        if self.changed.is_empty() && !self.uncounted {
            return None;
        }
        let mut draft = Draft { counted: self.uncounted, ..Draft::default() };
        for number in &self.changed {
            let belongs = self.members.contains(number);
            if belongs != self.announced.contains(number) {
                if !self.silent.contains(number) {
                    if draft.events.len() >= most {
                        break;
                    }
                    draft.events.push((number, belongs));
                }
                let Changes { came, went } = &mut draft.changes;
                if belongs { came } else { went }.push(number);
            }
            draft.done.insert(number);
        }
        if draft.changes.fill(&self.announced, self.beside) {
            let mut whole = self.announced.clone();
            draft.changes.apply(&mut whole);
            draft.whole = Some(whole);
        }
        Some(draft)
    }

    fn drafted(&mut self, draft: Draft) {
        match draft.whole {
            Some(whole) => (self.announced, self.beside) = (whole, 0),
            None if draft.changes.is_empty() => {}
            None => {
                draft.changes.apply(&mut self.announced);
                self.beside += draft.changes.size();
            }
        }
        if draft.counted {
            self.uncounted = false;
        }
        for number in draft.done {
            // It may have changed again since.
            if self.members.contains(number) == self.announced.contains(number) {
                self.changed.remove(number);
                self.silent.remove(number);
            }
        }
    }
}

/// Which keys are one person, as far as sets of keys must know.
#[derive(Debug, Default)]
pub(crate) struct Together {
    /// The keys of people that are not their first: so many are not people of their own.
    not_first: RoaringBitmap,
}

impl Together {
    /// These are the keys of one person, ascending.
    pub(crate) fn meet(&mut self, numbers: &[u32]) {
        let Some((first, rest)) = numbers.split_first() else { return };
        self.not_first.remove(*first);
        self.not_first.extend(rest);
    }
}

/// The members of all segments, and when time alone may change them.
#[derive(Debug, Default)]
pub(crate) struct Membership {
    held: FxHashMap<String, Held>,
    pub(crate) together: Together,
    /// When to look at whom again.
    pub(crate) timers: Timers,
}

/// All there is to keep answers in, each by itself.
pub(crate) struct Answers<'a> {
    /// The members of each rule of a program that is to be asked, by its number.
    pub(crate) held: Vec<Option<&'a mut Held>>,
    pub(crate) together: &'a mut Together,
    pub(crate) timers: &'a mut Timers,
}

impl Membership {
    /// What rules whose past is not known cannot follow; see [`Held::unsettle`].
    pub(crate) fn unsettle_unknown(&mut self, watch: &Watch) {
        for rule in 0..watch.program.len() {
            if watch.past_of(rule) != Past::Known {
                self.entry(watch.program.id(rule)).unsettle();
            }
        }
    }

    /// Where to keep the answers of a program's rules.
    pub(crate) fn answers(&mut self, program: &Program) -> Answers<'_> {
        let mut held: Vec<Option<&mut Held>> = Vec::new();
        held.resize_with(program.len(), || None);
        for (id, asked) in self.held.iter_mut().filter(|(_, held)| held.is_asked()) {
            if let Some(place) = program.find(id).and_then(|rule| held.get_mut(rule)) {
                *place = Some(asked);
            }
        }
        Answers { held, together: &mut self.together, timers: &mut self.timers }
    }

    /// A segment's members, if it is known.
    pub(crate) fn of(&self, segment: &str) -> Option<&Held> {
        self.held.get(segment)
    }

    /// The same, made where there are none.
    pub(crate) fn entry(&mut self, segment: &str) -> &mut Held {
        self.held.entry(segment.to_owned()).or_default()
    }

    /// Puts members in place.
    pub(crate) fn put(&mut self, segment: String, held: Held) {
        self.held.insert(segment, held);
    }

    /// Forgets a segment.
    pub(crate) fn forget(&mut self, segment: &str) {
        self.held.remove(segment);
    }

    /// These are nobody's any more: they go without a word.
    pub(crate) fn forget_people(&mut self, numbers: &[u32]) {
        for number in numbers {
            self.together.not_first.remove(*number);
        }
        for held in self.held.values_mut() {
            for number in numbers {
                if let Some(growing) = &mut held.growing {
                    growing.remove(*number);
                }
                if held.members.remove(*number) {
                    held.changed.insert(*number);
                    held.silent.insert(*number);
                }
            }
        }
    }

    /// How many people are among these keys.
    pub(crate) fn people(&self, members: &RoaringBitmap) -> u64 {
        members.len() - members.intersection_len(&self.together.not_first)
    }

    /// The keys that are the first of their person.
    pub(crate) fn firsts(&self, members: &RoaringBitmap) -> RoaringBitmap {
        members - &self.together.not_first
    }

    /// All were looked at for a segment.
    pub(crate) fn counted(&mut self, segment: &str, stamp: u64) {
        if let Some(held) = self.held.get_mut(segment) {
            held.counted(stamp, &self.together.not_first);
        }
    }

    /// What is to be written next, with at most so many events.
    pub(super) fn drafts(&self, mut most: usize) -> Vec<(String, Draft)> {
        let mut drafts = Vec::new();
        for (segment, held) in &self.held {
            if let Some(mut draft) = held.draft(most) {
                let change = draft.changes.people(&self.together.not_first);
                draft.people = self.people(&held.announced).saturating_add_signed(change);
                most -= draft.events.len();
                drafts.push((segment.clone(), draft));
            }
        }
        drafts
    }

    /// Tells that it was written.
    pub(super) fn drafted(&mut self, drafts: Vec<(String, Draft)>) {
        for (segment, draft) in drafts {
            if let Some(held) = self.held.get_mut(&segment) {
                held.drafted(draft);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settled() -> Held {
        Held { settled: true, ..Held::default() }
    }

    fn write(held: &mut Held, most: usize) -> Vec<(u32, bool)> {
        let draft = held.draft(most).unwrap_or_default();
        let events = draft.events.clone();
        if held.draft(most).is_some() {
            held.drafted(draft);
        }
        events
    }

    #[test]
    fn a_person_comes_and_goes_once_whatever_their_keys() {
        let mut held = settled();
        held.settle(&[4, 9], true);
        assert_eq!(write(&mut held, 10), [(4, true)]);
        held.settle(&[2, 4, 9], true);
        assert_eq!(write(&mut held, 10), [], "a key more is nobody new");
        held.settle(&[9], true);
        held.settle(&[2, 4], false);
        assert_eq!(write(&mut held, 10), [(2, false)]);
        assert_eq!(held.announced.iter().collect::<Vec<_>>(), [9]);
        held.settle(&[9], false);
        held.settle(&[9], true);
        assert_eq!(write(&mut held, 10), [], "who went and came back before it was told did neither");
    }

    #[test]
    fn what_does_not_fit_into_one_announcement_waits_for_the_next() {
        let mut held = settled();
        (0..5).for_each(|number| held.settle(&[number], true));
        assert_eq!(write(&mut held, 3).len(), 3);
        assert_eq!(held.announced.len(), 3, "saved is only what was told");
        held.settle(&[0], false);
        assert_eq!(write(&mut held, 9), [(0, false), (3, true), (4, true)]);
        assert_eq!(held.announced, held.members);
    }

    #[test]
    fn what_the_store_has_is_what_was_announced_whether_written_whole_or_as_changes() {
        let mut held = settled();
        let (mut stored, mut beside, mut wholes) = (RoaringBitmap::new(), 0, 0);
        for round in 0..200_u32 {
            (0..100).for_each(|step| held.settle(&[(round * 37 + step * 11) % 3_000], (round + step) % 3 != 0));
            let Some(draft) = held.draft(60) else { continue };
            match &draft.whole {
                Some(whole) => (stored, beside, wholes) = (whole.clone(), 0, wholes + 1),
                None => {
                    Changes::from_bytes(&draft.changes.to_bytes()).unwrap().apply(&mut stored);
                    beside += draft.changes.size();
                }
            }
            held.drafted(draft);
            assert_eq!((&stored, beside), (&held.announced, held.beside));
        }
        assert!((1..50).contains(&wholes), "written whole {wholes} times");
    }

    #[test]
    fn a_first_count_is_silent_unless_it_is_wanted() {
        for announcing in [false, true] {
            let mut held = Held { announcing, ..Held::default() };
            let stamp = held.count();
            held.settle(&[1, 2], true);
            held.settle(&[3], true);
            held.settle(&[3], false);
            held.counted(stamp, &RoaringBitmap::from([2]));
            assert_eq!(write(&mut held, 9), if announcing { vec![(1, true)] } else { vec![] });
            assert_eq!(held.announced.iter().collect::<Vec<_>>(), [1, 2]);
        }
    }

    #[test]
    fn what_one_definition_found_is_never_told_as_the_finding_of_the_next() {
        let mut held = settled();
        held.settle(&[1], true);
        held.redefine(false);
        assert_eq!(write(&mut held, 9), [], "nobody told that 1 came, and the next definition has not been asked");
        let stamp = held.count();
        held.settle(&[1, 2], true);
        held.counted(stamp, &RoaringBitmap::new());
        assert_eq!((write(&mut held, 9), held.announced.len()), (vec![], 2));
        held.settle(&[2], false);
        held.redefine(true);
        let stamp = held.count();
        held.settle(&[1], true);
        held.counted(stamp, &RoaringBitmap::new());
        assert_eq!(write(&mut held, 9), [(2, false)]);
    }

    #[test]
    fn a_count_for_a_definition_that_is_no_more_counts_nothing() {
        let mut held = Held::saved(RoaringBitmap::from([7]), 0, true, false);
        held.redefine(false);
        let stamp = held.count();
        held.settle(&[1], true);
        held.redefine(false);
        held.counted(stamp, &RoaringBitmap::new());
        assert!(held.is_waiting() && held.members.contains(7));
    }
}
