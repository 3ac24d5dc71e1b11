//! Forgetting a person: all evidence that names them, what was decided of them, and the audit of it.

use std::collections::BTreeSet;

use fanvine_kernel::Timestamp;
use fanvine_store::{StoreError, Tx, Value, args};
use tokio::sync::MutexGuard;

use super::Identity;
use super::decision::DecisionId;
use super::identifier::{Identifier, IdentifierKind, PersonId};
use super::index::Index;

/// What is to go from the store.
#[derive(Debug, Clone, Default)]
pub(crate) struct Forgotten {
    identifiers: Vec<Identifier>,
    /// The keys of evidence that names any of them.
    evidence: Vec<String>,
    decisions: Vec<DecisionId>,
    /// Every person they may ever have been.
    persons: Vec<String>,
}

impl Identity {
    /// Keeps decisions from being taken while it is held.
    pub(crate) async fn deciding(&self) -> MutexGuard<'_, ()> {
        self.changing.lock().await
    }

    /// Forgets the person with these shopper keys, in memory; who they were, and what is to go from the store.
    pub(crate) fn forget(&self, keys: &[String], now: Timestamp) -> (PersonId, Forgotten) {
        self.write().forget(keys, now)
    }
}

impl Index {
    fn forget(&mut self, keys: &[String], now: Timestamp) -> (PersonId, Forgotten) {
        let first = keys.first().map(String::as_str).unwrap_or_default();
        let person = self.person_of(first);
        let mut identifiers: BTreeSet<Identifier> = self.identifiers_of(person).cloned().collect();
        for kind in [IdentifierKind::UserId, IdentifierKind::AnonymousId] {
            // Whatever they are to identity: one that is set aside belongs to no person.
            let named = keys
                .iter()
                .filter_map(|key| Some(self.find(&Identifier::new(kind.clone(), key).ok()?)?.identifier.clone()));
            let named: Vec<Identifier> = named.collect();
            identifiers.extend(named);
        }
        let mut gone = Forgotten { persons: vec![person.to_string()], ..Forgotten::default() };
        gone.persons.extend(keys.iter().map(|key| PersonId::of_key(key).to_string()));
        for identifier in &identifiers {
            gone.persons.push(PersonId::of(identifier).to_string());
            let decisions: Vec<DecisionId> = self.decisions.about(identifier).map(|one| one.id.clone()).collect();
            for id in decisions {
                self.undo_silently(&id);
                gone.decisions.push(id);
            }
        }
        for identifier in &identifiers {
            gone.evidence.extend(self.cut_loose(identifier));
        }
        // Nobody is told: it is as if it had never been. But whoever counts people must see that somebody changed.
        self.recluster(now, None, false);
        self.outgoing.next_merge += 1;
        for identifier in &identifiers {
            self.unname(identifier);
        }
        gone.persons.sort_unstable();
        gone.persons.dedup();
        self.outgoing.merges.retain(|merge| {
            let of = |person: PersonId| gone.persons.binary_search(&person.to_string()).is_ok();
            !of(merge.from) && !of(merge.to)
        });
        self.outgoing.forget_reviews(&identifiers);
        gone.identifiers = identifiers.into_iter().collect();
        (person, gone)
    }
}

/// Takes a person out of the store.
pub(crate) async fn forget(tx: &mut Tx, gone: &Forgotten) -> Result<(), StoreError> {
    let texts = |texts: &[String]| texts.iter().map(|text| Value::from(text.as_str())).collect::<Vec<_>>();
    tx.execute_in("DELETE FROM identity_evidence WHERE evidence_key IN (", texts(&gone.evidence), ")").await?;
    let decisions = gone.decisions.iter().map(|id| Value::from(id.as_str())).collect();
    tx.execute_in("DELETE FROM identity_decisions WHERE decision_id IN (", decisions, ")").await?;
    for sql in
        ["DELETE FROM identity_merges WHERE from_person IN (", "DELETE FROM identity_merges WHERE to_person IN ("]
    {
        tx.execute_in(sql, texts(&gone.persons), ")").await?;
    }
    for identifier in &gone.identifiers {
        let sql = "DELETE FROM identity_reviews WHERE kind = $1 AND value = $2";
        tx.execute(sql, args![identifier.kind.to_string(), &*identifier.value]).await?;
    }
    Ok(())
}
