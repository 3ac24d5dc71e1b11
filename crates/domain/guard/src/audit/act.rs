//! Administrative acts, noted around the verb that does them, whichever room it is of.
//!
//! An act is written down before it is done ([`Guard::begin_act`]) and its outcome after it ([`Guard::end_act`]). So
//! nothing is done that is not on record: what cannot be written down is not done, and a crash, or a caller who hangs
//! up, between the two leaves an entry that says its outcome is not known.

use fanvine_contracts::access::Actor;
use fanvine_kernel::Problem;
use fanvine_store::StoreError;

use super::{AuditError, Entry, store};
use crate::{ClientAddress, Guard};

/// The status of an act whose outcome is not known.
pub(super) const BEGUN: u16 = 0;
/// Longest text of the path that is kept, in characters.
const LONGEST: usize = 200;

/// What is about to be done, as far as the request's head tells. Bodies hold secrets, and are no part of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Act<'a> {
    /// Who does it.
    pub actor: &'a Actor,
    /// The operation's name in the contract: `put_offer`.
    pub operation: &'a str,
    /// On what: the values of the path's parameters.
    pub subject: &'a [&'a str],
    /// The method of the request.
    pub method: &'a str,
    /// The path of the request, without its query.
    pub path: &'a str,
    /// From where.
    pub from: Option<ClientAddress>,
    /// The id of the request.
    pub request_id: Option<&'a str>,
}

/// An act that was written down, whose outcome is not yet.
#[derive(Debug)]
#[must_use = "an act whose outcome is not written stands as one that was cut off"]
pub struct Begun(i64);

impl Guard {
    /// Writes down that an act begins.
    ///
    /// # Errors
    /// The store failed; the act must not be done then.
    pub async fn begin_act(&self, act: Act<'_>) -> Result<Begun, Problem> {
        Ok(Begun(self.write_act(act, BEGUN).await.map_err(AuditError::Store)?))
    }

    /// Writes down what came of an act. If the store cannot take it the entry stays as one whose outcome is not known.
    pub async fn end_act(&self, Begun(id): Begun, status: u16) {
        let written = self.store.write(move |tx| Box::pin(store::set_status(tx, id, status))).await;
        if let Err(cause) = written {
            tracing::warn!(entry = id, status, error = %cause.in_full(), "could not note the outcome of an act");
        }
    }

    /// Writes down that an act was refused for want of a greater role. A store that cannot take it does not make the
    /// refusal another.
    pub async fn note_refused(&self, act: Act<'_>, status: u16) {
        if let Err(cause) = self.write_act(act, status).await {
            tracing::warn!(operation = act.operation, error = %cause.in_full(), "could not note a refused act");
        }
    }

    async fn write_act(&self, act: Act<'_>, status: u16) -> Result<i64, StoreError> {
        let request = format!("{} {}", act.method, act.path);
        let mut entry = Entry::of_act(act.actor, self.clock.now(), act.operation, act.from).saying(short(&request));
        if !act.subject.is_empty() {
            entry = entry.about(&short(&act.subject.join("/")));
        }
        entry.status = Some(status);
        entry.request_id = act.request_id.map(str::to_owned);
        self.store.write(move |tx| Box::pin(async move { store::insert(tx, &entry).await })).await
    }
}

fn short(text: &str) -> String {
    text.chars().take(LONGEST).collect()
}
