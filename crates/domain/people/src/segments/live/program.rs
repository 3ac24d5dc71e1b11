//! All live rules compiled together: which events touch which of them, and what each says of a person.

use fanvine_kernel::{Timestamp, Zone};
use rustc_hash::FxHashMap;

use super::clause::{Clause, Verdict};
use super::state::{State, States};
use crate::segments::occurrence::Occurrence;
use crate::segments::rule::Rule;
use crate::segments::value::Facts;

/// Why rules cannot be compiled together.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ProgramError {
    /// Two of them have one id.
    #[error("segment `{0}` has two rules")]
    Twice(String),
    /// A segment is defined by itself.
    #[error("segment `{0}` is defined by itself")]
    Cycle(String),
}

/// Something other than events that a rule may depend on.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Fact {
    /// A trait by name.
    Trait(String),
    /// A computed value by name.
    Computed(String),
    /// A tag by id.
    Tag(String),
    /// A segment that is not part of the program.
    Segment(String),
    /// A list by id.
    List(String),
}

/// The live rules. They are numbered in the order given.
#[derive(Debug)]
pub struct Program {
    clauses: Vec<Clause>,
    /// By slot.
    places: FxHashMap<u64, usize>,
    by_name: FxHashMap<String, Looking>,
    /// For events of all other names.
    of_any: Looking,
    rules: Vec<(String, Node)>,
    /// By the segment's id.
    numbers: FxHashMap<String, usize>,
    /// Of each clause, the rules that rest on it.
    users: Vec<Vec<usize>>,
    /// Of each rule, itself and those it names, also through others.
    parts: Vec<Vec<usize>>,
    readers: FxHashMap<Fact, Vec<usize>>,
    zone: Zone,
}

/// The clauses that look at an event.
#[derive(Debug, Default, Clone)]
struct Looking {
    places: Vec<usize>,
    /// Whether one of them reads its properties.
    parsed: bool,
}

impl Default for Program {
    /// No rules.
    fn default() -> Self {
        Self {
            clauses: Vec::new(),
            places: FxHashMap::default(),
            by_name: FxHashMap::default(),
            of_any: Looking::default(),
            rules: Vec::new(),
            numbers: FxHashMap::default(),
            users: Vec::new(),
            parts: Vec::new(),
            readers: FxHashMap::default(),
            zone: Zone::UTC,
        }
    }
}

/// A rule whose clauses about events and segments are numbers.
#[derive(Debug)]
enum Node {
    All(Vec<Node>),
    Any(Vec<Node>),
    Not(Box<Node>),
    Clause(usize),
    Rule(usize),
    Fact(Rule),
}

impl Node {
    /// Whether anything but events is asked for.
    fn asks_facts(&self) -> bool {
        match self {
            Self::All(nodes) | Self::Any(nodes) => nodes.iter().any(Self::asks_facts),
            Self::Not(node) => node.asks_facts(),
            Self::Clause(_) => false,
            Self::Rule(_) | Self::Fact(_) => true,
        }
    }
}

impl Program {
    /// Compiles the rules of segments, by id. A segment named in a rule is another of these; else it is a fact. Days
    /// begin in `zone`.
    pub fn compile<'r>(rules: impl IntoIterator<Item = (String, &'r Rule)>, zone: Zone) -> Result<Self, ProgramError> {
        Self::compile_with(rules, zone, |key| key)
    }

    /// The same, keeping the states of each clause under the slot that is named for its key. What was remembered under
    /// another slot is not its own.
    pub fn compile_with<'r>(
        rules: impl IntoIterator<Item = (String, &'r Rule)>,
        zone: Zone,
        mut slot: impl FnMut(u64) -> u64,
    ) -> Result<Self, ProgramError> {
        let rules: Vec<(String, &Rule)> = rules.into_iter().collect();
        let mut numbers = FxHashMap::default();
        for (number, (id, _)) in rules.iter().enumerate() {
            if numbers.insert(id.as_str(), number).is_some() {
                return Err(ProgramError::Twice(id.clone()));
            }
        }
        let mut keys = FxHashMap::default();
        let mut program = Self { zone, ..Self::default() };
        for (id, rule) in &rules {
            let node = program.node(rule, &numbers, &mut keys);
            program.numbers.insert(id.clone(), program.rules.len());
            program.rules.push((id.clone(), node));
        }
        for (place, clause) in program.clauses.iter_mut().enumerate() {
            clause.slot = slot(clause.key);
            program.places.insert(clause.slot, place);
        }
        program.index();
        program.users = vec![Vec::new(); program.clauses.len()];
        for number in 0..program.rules.len() {
            let mut needs = Needs { path: vec![number], ..Needs::default() };
            program.gather(number, &mut needs)?;
            for clause in needs.clauses {
                if let Some(users) = program.users.get_mut(clause) {
                    note(users, number);
                }
            }
            for fact in needs.facts {
                note(program.readers.entry(fact).or_default(), number);
            }
            program.parts.push(needs.path.into_iter().chain(needs.done).collect());
        }
        Ok(program)
    }

    fn node(&mut self, rule: &Rule, numbers: &FxHashMap<&str, usize>, keys: &mut FxHashMap<u64, usize>) -> Node {
        let mut parts = |rules: &[Rule]| {
            let mut nodes: Vec<Node> = rules.iter().map(|rule| self.node(rule, numbers, keys)).collect();
            // What is remembered is at hand; what is known of a person must be gathered, and often need not be.
            nodes.sort_by_key(Node::asks_facts);
            nodes
        };
        match rule {
            Rule::All(rules) => Node::All(parts(rules)),
            Rule::Any(rules) => Node::Any(parts(rules)),
            Rule::Not(rule) => Node::Not(Box::new(self.node(rule, numbers, keys))),
            Rule::Segment(id) => match numbers.get(id.as_str()) {
                Some(number) => Node::Rule(*number),
                None => Node::Fact(rule.clone()),
            },
            other => match Clause::of(other, self.zone) {
                Some(clause) => Node::Clause(self.place(clause, keys)),
                None => Node::Fact(other.clone()),
            },
        }
    }

    /// The number of a clause, which may be known already.
    fn place(&mut self, clause: Clause, keys: &mut FxHashMap<u64, usize>) -> usize {
        if let Some(place) = keys.get(&clause.key) {
            return *place;
        }
        let place = self.clauses.len();
        keys.insert(clause.key, place);
        self.clauses.push(clause);
        place
    }

    /// Finds by the name of an event the clauses that look at it.
    fn index(&mut self) {
        let mut named: FxHashMap<&String, Vec<usize>> = FxHashMap::default();
        let mut of_any = Vec::new();
        for (place, clause) in self.clauses.iter().enumerate() {
            let names: Option<Vec<_>> = clause.selections().into_iter().map(|one| one.names.as_ref()).collect();
            match names {
                // Looking at any event in one part, it is asked for all of them.
                None => of_any.push(place),
                Some(names) => {
                    names.into_iter().flatten().for_each(|name| note(named.entry(name).or_default(), place));
                }
            }
        }
        let looking = |places: Vec<usize>| {
            let clauses = places.iter().filter_map(|place| self.clauses.get(*place));
            Looking { parsed: clauses.flat_map(Clause::fields).any(|field| field.is_in_properties()), places }
        };
        let with_any =
            |(name, places): (&String, Vec<usize>)| (name.clone(), looking([places, of_any.clone()].concat()));
        let by_name = named.into_iter().map(with_any).collect();
        (self.of_any, self.by_name) = (looking(of_any.clone()), by_name);
    }

    fn at(&self, name: &str) -> &Looking {
        self.by_name.get(name).unwrap_or(&self.of_any)
    }

    /// Gathers what a rule depends on, through the segments it names.
    fn gather(&self, number: usize, needs: &mut Needs) -> Result<(), ProgramError> {
        let Some((_, node)) = self.rules.get(number) else { return Ok(()) };
        let mut open = vec![node];
        while let Some(node) = open.pop() {
            match node {
                Node::All(nodes) | Node::Any(nodes) => open.extend(nodes),
                Node::Not(node) => open.push(node),
                Node::Clause(clause) => needs.clauses.push(*clause),
                Node::Fact(rule) => needs.facts.extend(fact(rule)),
                Node::Rule(inner) if needs.path.contains(inner) => {
                    return Err(ProgramError::Cycle(self.id(*inner).to_owned()));
                }
                Node::Rule(inner) if needs.done.contains(inner) => {}
                Node::Rule(inner) => {
                    needs.path.push(*inner);
                    self.gather(*inner, needs)?;
                    needs.path.pop();
                    needs.done.push(*inner);
                }
            }
        }
        Ok(())
    }

    /// The clauses about events, each once.
    pub fn clauses(&self) -> &[Clause] {
        &self.clauses
    }

    /// How many rules there are.
    pub fn len(&self) -> usize {
        self.rules.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.rules.is_empty()
    }

    /// The id of a rule's segment.
    pub fn id(&self, rule: usize) -> &str {
        self.rules.get(rule).map_or("", |(id, _)| id)
    }

    /// The number of a segment's rule.
    pub fn find(&self, id: &str) -> Option<usize> {
        self.numbers.get(id).copied()
    }

    /// The clauses that a rule rests on, also through segments it names.
    pub fn clauses_of(&self, rule: usize) -> impl Iterator<Item = &Clause> {
        self.clauses.iter().zip(&self.users).filter(move |(_, users)| users.contains(&rule)).map(|(clause, _)| clause)
    }

    /// A rule and those it names, also through others.
    pub fn parts_of(&self, rule: usize) -> &[usize] {
        self.parts.get(rule).map_or(&[], Vec::as_slice)
    }

    /// Whether some clause keeps its states under that slot.
    pub fn has_slot(&self, slot: u64) -> bool {
        self.places.contains_key(&slot)
    }

    /// The places of the clauses that keep their states under these slots.
    pub fn places_of(&self, slots: &[u64]) -> Vec<usize> {
        slots.iter().filter_map(|slot| self.places.get(slot).copied()).collect()
    }

    /// The places of the clauses about events on which these rules rest.
    pub fn places_under(&self, rules: &[usize]) -> Vec<usize> {
        let used = |users: &Vec<usize>| users.iter().any(|user| rules.contains(user));
        self.users.iter().enumerate().filter(|(_, users)| used(users)).map(|(place, _)| place).collect()
    }

    /// The names of events at which some clause looks that does not look at all.
    pub fn names(&self) -> impl Iterator<Item = &String> {
        self.by_name.keys()
    }

    /// The places of the clauses that look at events of that name.
    pub fn places_at(&self, name: &str) -> &[usize] {
        &self.at(name).places
    }

    /// The events at which these clauses look; none if one of them looks at every event.
    pub fn names_of(&self, places: &[usize]) -> Option<Vec<String>> {
        let selections = places.iter().filter_map(|place| self.clauses.get(*place)).flat_map(Clause::selections);
        let names: Option<Vec<&Vec<String>>> = selections.map(|selection| selection.names.as_ref()).collect();
        let mut names: Vec<String> = names?.into_iter().flatten().cloned().collect();
        names.sort_unstable();
        names.dedup();
        Some(names)
    }

    /// Whether a clause that looks at events of that name reads their properties.
    pub fn reads_properties(&self, name: &str) -> bool {
        self.at(name).parsed
    }

    /// The rules, also through segments they name, that a fact can change.
    pub fn readers(&self, fact: &Fact) -> &[usize] {
        self.readers.get(fact).map_or(&[], Vec::as_slice)
    }

    /// Every fact on which some rule depends.
    pub fn facts(&self) -> impl Iterator<Item = &Fact> {
        self.readers.keys()
    }

    /// Whether any clause looks at events of that name: if not, [`Self::observe`] need not be asked.
    pub fn looks_at(&self, name: &str) -> bool {
        !self.at(name).places.is_empty()
    }

    /// Takes in an event of a shopper key, which must not have been taken in before. The rules it may have changed,
    /// also through segments they name, are added to `touched`, each once.
    pub fn observe(&self, occurrence: &Occurrence<'_>, states: &mut States, touched: &mut Vec<usize>) {
        for &place in self.places_at(occurrence.name) {
            if self.take(place, occurrence, states) {
                touched.extend(self.users.get(place).into_iter().flatten());
            }
        }
        touched.sort_unstable();
        touched.dedup();
    }

    /// Takes an event in for one clause only: to catch up a clause that is new.
    pub fn observe_clause(&self, clause: usize, occurrence: &Occurrence<'_>, states: &mut States) {
        self.take(clause, occurrence, states);
    }

    fn take(&self, place: usize, occurrence: &Occurrence<'_>, states: &mut States) -> bool {
        let Some(clause) = self.clauses.get(place) else { return false };
        let Some(seen) = clause.see(occurrence) else { return false };
        absorb(clause, states, &seen);
        true
    }

    /// Takes in what another key of the same person remembers. Clauses that are no longer part of the program are left
    /// out.
    pub fn merge(&self, into: &mut States, from: &States) {
        for (slot, state) in &from.held {
            if let Some(clause) = self.places.get(slot).and_then(|place| self.clauses.get(*place)) {
                absorb(clause, into, state);
            }
        }
    }

    /// What a rule says of a person, given the merged states of their keys. `now` lies before none of their events.
    pub fn evaluate(&self, rule: usize, states: &States, facts: &dyn Facts, now: Timestamp) -> Verdict {
        match self.rules.get(rule) {
            Some((_, node)) => self.judge(node, states, facts, now),
            None => Verdict { holds: false, until: None },
        }
    }

    fn judge(&self, node: &Node, states: &States, facts: &dyn Facts, now: Timestamp) -> Verdict {
        match node {
            Node::All(nodes) => self.join(nodes, true, states, facts, now),
            Node::Any(nodes) => self.join(nodes, false, states, facts, now),
            Node::Not(inner) => {
                let verdict = self.judge(inner, states, facts, now);
                Verdict { holds: !verdict.holds, ..verdict }
            }
            Node::Clause(place) => match self.clauses.get(*place) {
                Some(clause) => clause.judge(states.of(clause.slot), now),
                None => Verdict { holds: false, until: None },
            },
            Node::Rule(number) => self.evaluate(*number, states, facts, now),
            Node::Fact(rule) => self.judge_fact(rule, facts, now),
        }
    }

    /// `all` holds until the first part stops; it fails until the last failing part starts. `any` is the reverse.
    fn join(&self, nodes: &[Node], all: bool, states: &States, facts: &dyn Facts, now: Timestamp) -> Verdict {
        let (mut soonest, mut latest) = (None, Some(Timestamp::from_micros(i64::MIN)));
        let mut decided = false;
        for node in nodes {
            let verdict = self.judge(node, states, facts, now);
            if verdict.holds == all {
                soonest = earlier(soonest, verdict.until);
            } else {
                decided = true;
                latest = latest.zip(verdict.until).map(|(one, other)| one.max(other));
                if latest.is_none() {
                    break;
                }
            }
        }
        Verdict { holds: all != decided, until: if decided { latest } else { soonest } }
    }

    fn judge_fact(&self, rule: &Rule, facts: &dyn Facts, now: Timestamp) -> Verdict {
        let (test, reading) = match rule {
            Rule::Trait(test) => (&test.is, facts.trait_value(&test.name)),
            Rule::Computed(test) => (&test.is, facts.computed(&test.name)),
            Rule::Tag(test) => {
                let (weight, until) = facts.tag(&test.tag, test.term.as_deref(), *test.weight.wanted());
                return Verdict { holds: test.weight.holds(weight), until };
            }
            Rule::Segment(id) => return Verdict { holds: facts.in_segment(id), until: None },
            Rule::List(id) => return Verdict { holds: facts.in_list(id), until: None },
            _ => return Verdict { holds: false, until: None },
        };
        Verdict {
            holds: test.holds(&reading.values, now, self.zone),
            until: earlier(reading.until, test.changes(&reading.values, now, self.zone)),
        }
    }
}

/// What a rule depends on, while it is gathered.
#[derive(Default)]
struct Needs {
    path: Vec<usize>,
    done: Vec<usize>,
    clauses: Vec<usize>,
    facts: Vec<Fact>,
}

fn absorb(clause: &Clause, states: &mut States, seen: &State) {
    match states.place(clause.slot) {
        Ok(place) => {
            if let Some((_, state)) = states.held.get_mut(place) {
                clause.absorb(state, seen);
            }
        }
        Err(place) => {
            let mut state = seen.empty();
            clause.absorb(&mut state, seen);
            states.held.insert(place, (clause.slot, state));
        }
    }
}

fn fact(rule: &Rule) -> Option<Fact> {
    Some(match rule {
        Rule::Trait(test) => Fact::Trait(test.name.clone()),
        Rule::Computed(test) => Fact::Computed(test.name.clone()),
        Rule::Tag(test) => Fact::Tag(test.tag.clone()),
        Rule::Segment(id) => Fact::Segment(id.clone()),
        Rule::List(id) => Fact::List(id.clone()),
        _ => return None,
    })
}

fn earlier(one: Option<Timestamp>, other: Option<Timestamp>) -> Option<Timestamp> {
    one.into_iter().chain(other).min()
}

/// Adds a number to a list, once.
fn note(list: &mut Vec<usize>, number: usize) {
    if list.last() != Some(&number) && !list.contains(&number) {
        list.push(number);
    }
}
