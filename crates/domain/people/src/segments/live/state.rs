//! What is remembered of one shopper key.

/// The states of one shopper key: for each clause that any of its events met, what must be remembered of them.
///
/// They are kept by the clause's slot, so they outlive a change of the program.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct States {
    /// In the order of the clauses' slots.
    pub(super) held: Vec<(u64, State)>,
}

impl States {
    /// Whether nothing is remembered.
    pub fn is_empty(&self) -> bool {
        self.held.is_empty()
    }

    /// Whether anything is remembered for that clause.
    pub fn has(&self, clause: u64) -> bool {
        self.of(clause).is_some()
    }

    /// Forgets the clauses that are not `kept`.
    pub fn retain(&mut self, mut kept: impl FnMut(u64) -> bool) {
        self.held.retain(|(clause, _)| kept(*clause));
    }

    pub(super) fn of(&self, clause: u64) -> Option<&State> {
        self.place(clause).ok().and_then(|place| self.held.get(place)).map(|(_, state)| state)
    }

    pub(super) fn place(&self, clause: u64) -> Result<usize, usize> {
        self.held.binary_search_by_key(&clause, |(key, _)| *key)
    }
}

/// What one clause remembers. All moments are microseconds, the newest first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum State {
    /// The newest few moments, or the newest moment of each of the newest few days.
    Moments { held: Vec<i64>, since: Option<i64> },
    /// Moments and amounts, one entry a moment.
    Amounts { held: Vec<(i64, i64)>, since: Option<i64> },
    /// The newest events that may be followed, and for each key when it last followed: moments with their keys.
    Followed { firsts: Vec<(i64, u64)>, seconds: Vec<(i64, u64)> },
    /// The moments of each step, and of what must not lie between.
    Chain { steps: Vec<Vec<i64>>, breaks: Vec<i64> },
}

impl State {
    /// The same kind of state, remembering nothing.
    pub(super) fn empty(&self) -> Self {
        match self {
            Self::Moments { .. } => Self::Moments { held: Vec::new(), since: None },
            Self::Amounts { .. } => Self::Amounts { held: Vec::new(), since: None },
            Self::Followed { .. } => Self::Followed { firsts: Vec::new(), seconds: Vec::new() },
            Self::Chain { steps, .. } => Self::Chain { steps: vec![Vec::new(); steps.len()], breaks: Vec::new() },
        }
    }
}

/// Adds to a list that has its greatest first; equal entries stay.
pub(super) fn add<T: Ord>(list: &mut Vec<T>, entry: T) {
    let place = list.partition_point(|held| *held > entry);
    list.insert(place, entry);
}

/// Adds to a list that has its greatest first and each entry once.
pub(super) fn add_once(list: &mut Vec<i64>, moment: i64) {
    let place = list.partition_point(|held| *held > moment);
    if list.get(place) != Some(&moment) {
        list.insert(place, moment);
    }
}
