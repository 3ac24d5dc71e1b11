//! Visits by the 30-minute rule, whatever order the moments come in.
//!
//! A visit is a longest run of moments in which none lies more than 30 minutes after the one before. Kept as the
//! set of spans `[first, last]` that are more than 30 minutes apart, to the second, this is exact: a moment within
//! 30 minutes of a span belongs to that visit and to no other knowledge of its inside, so spans can be extended and
//! joined without the moments themselves. Adding is commutative and idempotent, and the union of two sets is the
//! set of the union. The client's session ids are not used: merged shoppers and several devices share none.
//!
//! There are at most 48 spans a day, 8 bytes each.

use fanvine_kernel::Timestamp;

use super::codec::{DecodeError, Reader, put};

/// The longest silence within a visit.
pub const VISIT_GAP_SECONDS: u32 = 30 * 60;

/// One visit: its first and last second since 1970.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Visit {
    pub(super) first: u32,
    pub(super) last: u32,
}

/// All visits, earliest first.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Visits(Vec<Visit>);

impl Visits {
    pub(super) fn add(&mut self, moment: Timestamp) {
        let at = seconds(moment);
        self.join(Visit { first: at, last: at });
    }

    pub(super) fn merge(&mut self, other: &Self) {
        for visit in &other.0 {
            self.join(*visit);
        }
    }

    /// Adds a span: all it touches become one.
    fn join(&mut self, mut new: Visit) {
        let from = self.0.partition_point(|visit| visit.last.saturating_add(VISIT_GAP_SECONDS) < new.first);
        let mut to = from;
        while let Some(touched) = self.0.get(to)
            && touched.first <= new.last.saturating_add(VISIT_GAP_SECONDS)
        {
            new = Visit { first: new.first.min(touched.first), last: new.last.max(touched.last) };
            to += 1;
        }
        match self.0.get_mut(from) {
            Some(place) if to > from => {
                *place = new;
                self.0.drain(from + 1..to);
            }
            _ => {
                self.0.reserve_exact(if self.0.len() < self.0.capacity() { 1 } else { self.0.len() / 4 + 1 });
                self.0.insert(from, new);
            }
        }
    }

    pub(super) fn iter(&self) -> impl DoubleEndedIterator<Item = Visit> {
        self.0.iter().copied()
    }

    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    pub(super) fn heap_bytes(&self) -> usize {
        self.0.capacity() * size_of::<Visit>()
    }

    pub(super) fn encode(&self, out: &mut Vec<u8>) {
        put(out, self.0.len() as u64);
        let mut before = 0;
        for visit in &self.0 {
            put(out, u64::from(visit.first - before));
            put(out, u64::from(visit.last - visit.first));
            before = visit.last;
        }
    }

    pub(super) fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let length = reader.length()?;
        let mut visits: Vec<Visit> = Vec::with_capacity(length);
        let mut before = 0u32;
        for place in 0..length {
            let (gap, span) = (reader.small("gap of visits")?, reader.small("length of a visit")?);
            let first = before.checked_add(gap).filter(|_| place == 0 || gap > VISIT_GAP_SECONDS);
            let first = first.ok_or_else(|| reader.wrong("gap of visits", u64::from(gap)))?;
            let last = first.checked_add(span).ok_or_else(|| reader.wrong("length of a visit", u64::from(span)))?;
            visits.push(Visit { first, last });
            before = last;
        }
        Ok(Self(visits))
    }
}

/// Whole seconds since 1970, within the years 1970 to 2106.
pub(super) fn seconds(moment: Timestamp) -> u32 {
    u32::try_from(moment.micros().div_euclid(1_000_000).max(0)).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn of(moments: &[u32]) -> Visits {
        let mut visits = Visits::default();
        moments.iter().for_each(|at| visits.add(Timestamp::from_seconds(i64::from(*at))));
        visits
    }

    /// The rule as it is told: sort, and count the silences.
    fn told(moments: &[u32]) -> usize {
        let mut sorted = moments.to_vec();
        sorted.sort_unstable();
        let silences = sorted.windows(2).filter(|pair| pair[1] - pair[0] > VISIT_GAP_SECONDS).count();
        if sorted.is_empty() { 0 } else { silences + 1 }
    }

    #[test]
    fn a_silence_of_exactly_thirty_minutes_is_the_same_visit() {
        assert_eq!(of(&[0, 1800, 3600]).len(), 1);
        assert_eq!(of(&[0, 1801]).len(), 2);
        assert_eq!(of(&[0, 3600, 1800]).len(), 1, "a late moment joins two visits");
    }

    proptest! {
        #[test]
        fn visits_are_those_of_the_sorted_moments(
            moments in prop::collection::vec(0u32..40_000, 0..60),
            cut in 0usize..60,
        ) {
            let whole = of(&moments);
            prop_assert_eq!(whole.len(), told(&moments));
            let (one, two) = moments.split_at(cut.min(moments.len()));
            let mut merged = of(two);
            merged.merge(&of(one));
            prop_assert_eq!(&merged, &whole);
            merged.merge(&whole);
            prop_assert_eq!(&merged, &whole);
            let mut bytes = Vec::new();
            whole.encode(&mut bytes);
            prop_assert_eq!(Visits::decode(&mut Reader::new("visits", &bytes)), Ok(whole));
        }
    }
}
