//! What lies around some identifiers: just enough evidence to say, with the pure function, what holds there now and what
//! would hold.

use std::collections::BTreeSet;

use rustc_hash::FxHashSet;

use super::decision::{Decided, Decision, Decisions};
use super::evidence::Evidence;
use super::identifier::Identifier;
use super::index::Index;

/// Most pieces of evidence looked at to answer one question.
const MOST_EVIDENCE: usize = 20_000;

/// Evidence around some identifiers.
#[derive(Debug, Default)]
pub(super) struct Around {
    pub evidence: Vec<Evidence>,
    /// The decisions in force; and what is set aside around, declared to be, as not all evidence on it is here.
    pub decisions: Decisions,
}

/// There is more than one answer can look at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("more than {MOST_EVIDENCE} pieces of evidence hang together here")]
pub struct TooLarge;

impl Index {
    /// All evidence on what hangs together with `seeds`, even if these are set aside.
    pub(super) fn around(&self, seeds: &[Identifier]) -> Result<Around, TooLarge> {
        let seeds: Vec<u32> = seeds.iter().filter_map(|seed| self.known(&seed.kind, &seed.value)).collect();
        let (mut visited, mut links, mut edge) = (FxHashSet::default(), BTreeSet::new(), BTreeSet::new());
        let mut waiting = seeds.clone();
        while let Some(number) = waiting.pop() {
            let Some(node) = self.node(number).filter(|_| !visited.contains(&number)) else { continue };
            if node.aside.is_some() && !seeds.contains(&number) {
                edge.insert(node.identifier.clone());
                continue;
            }
            visited.insert(number);
            links.extend(&node.links);
            if links.len() > MOST_EVIDENCE {
                return Err(TooLarge);
            }
            waiting.extend(self.neighbours(number, false));
        }
        let links = links.into_iter().filter_map(|link: u32| self.links.get(link as usize));
        let mut around = Around {
            evidence: links.flat_map(|link| self.evidence(link)).collect(),
            decisions: self.decisions.clone(),
        };
        for identifier in edge {
            let decision = Decision::Share { identifier };
            let (id, decided_at) = (decision.id(), Default::default());
            around.decisions.add(Decided { id, decision, decided_at, decided_by: None, note: None });
        }
        Ok(around)
    }

    /// Up to `most` pieces of evidence on any of these identifiers.
    pub(super) fn evidence_on<'a>(
        &self,
        identifiers: impl Iterator<Item = &'a Identifier>,
        most: usize,
    ) -> Vec<Evidence> {
        let nodes = identifiers.filter_map(|one| self.find(one));
        let mut seen = FxHashSet::default();
        let links = nodes.flat_map(|node| &node.links).filter(|link| seen.insert(**link));
        let links = links.filter_map(|link| self.links.get(*link as usize));
        links.flat_map(|link| self.evidence(link)).take(most).collect()
    }
}
