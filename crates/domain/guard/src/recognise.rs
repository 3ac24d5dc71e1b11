//! Who is asking: the caller of a request, by a server key or by a session.
//!
//! What was recognised is remembered for a few seconds, so that a busy caller does not cost a query each
//! time. Every change made here forgets it all at once; a change made by another program over the same
//! database is noticed when the memory runs out.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use fanvine_contracts::access::{Actor, Means};
use fanvine_kernel::ids::{ServerKeyId, SessionId};
use fanvine_kernel::{Code, Problem, Timestamp};
use fanvine_store::StoreError;
use http::{HeaderMap, Method};

use crate::secret::{Fingerprint, Secret, csrf_token, same_text};
use crate::sessions::{SEEN_EVERY, has_ended, token_in};
use crate::{Guard, keys, sessions};

/// Where a page's proof of being this session's own is sent.
const CSRF_HEADER: &str = "x-csrf-token";
/// How long something recognised is remembered, in microseconds.
const REMEMBERED: i64 = 10_000_000;
/// Most callers remembered.
const MOST_CALLERS: usize = 10_000;

impl Guard {
    /// Who asks: `None` if the request carries nothing to be recognised by, or a session that has ended.
    ///
    /// Refused are a key nobody knows ([`Code::SignInRequired`]) and, for a method that changes something, a
    /// session without its CSRF token ([`Code::CsrfRefused`]). Call it for addresses that demand a role; a
    /// public address must not be refused over a stale cookie.
    pub async fn recognise(&self, method: &Method, headers: &HeaderMap) -> Result<Option<Actor>, Problem> {
        if let Some(key) = keys::bearer_in(headers) {
            let unknown = || Problem::new(Code::SignInRequired, "the server key is not known or was revoked");
            let caller = Caller::Key(Fingerprint::of(key.reveal()));
            return self.known(caller).await?.ok_or_else(unknown).map(Some);
        }
        let Some(token) = token_in(headers) else { return Ok(None) };
        let Some(actor) = self.known(Caller::Session(Fingerprint::of(token.reveal()))).await? else { return Ok(None) };
        if !method.is_safe() {
            check_csrf(headers, &token)?;
        }
        Ok(Some(actor))
    }

    async fn known(&self, caller: Caller) -> Result<Option<Actor>, StoreError> {
        let now = self.clock.now();
        let known = match self.recognised.get(caller, now) {
            Some(known) => known,
            None => {
                let generation = self.recognised.generation();
                let Some(known) = self.look_up(caller, now).await? else { return Ok(None) };
                self.recognised.put(caller, known.clone(), generation, now);
                known
            }
        };
        if known.has_ended(now) {
            return Ok(None);
        }
        if known.use_is_due(now) {
            self.note_use(caller, &known, now).await;
        }
        Ok(Some(known.actor))
    }

    async fn look_up(&self, caller: Caller, now: Timestamp) -> Result<Option<Known>, StoreError> {
        match caller {
            Caller::Key(secret) => {
                let key = self.store.read(|tx| Box::pin(keys::store::find(tx, secret))).await?;
                Ok(key.map(|key| Known {
                    actor: Actor { id: key.id.to_string(), name: key.name, role: key.role, means: Means::ServerKey },
                    by: By::Key { id: key.id, expires_at: key.expires_at },
                    read_at: now,
                    used_at: key.last_used_at,
                }))
            }
            Caller::Session(token) => {
                let found = self.store.read(|tx| Box::pin(sessions::store::find(tx, token))).await?;
                Ok(found.map(|found| Known {
                    actor: Actor {
                        id: found.session.account_id.to_string(),
                        name: found.email,
                        role: found.role,
                        means: Means::Session,
                    },
                    by: By::Session { id: found.session.id, created_at: found.session.created_at },
                    read_at: now,
                    used_at: Some(found.session.seen_at),
                }))
            }
        }
    }

    /// Writes when the caller was last seen. A store that cannot take it does not keep anybody from reading.
    async fn note_use(&self, caller: Caller, known: &Known, now: Timestamp) {
        // Noted in memory first, so that requests at the same moment do not all write it.
        self.recognised.set_used(caller, now);
        let by = known.by.clone();
        let written = self
            .store
            .write(move |tx| {
                Box::pin(async move {
                    match by {
                        By::Key { id, .. } => keys::store::set_used(tx, &id, now).await,
                        By::Session { id, .. } => sessions::store::set_seen(tx, &id, now).await,
                    }
                })
            })
            .await;
        if let Err(cause) = written {
            tracing::warn!(caller = known.actor.id, error = %cause.in_full(), "could not note when a caller was last seen");
        }
    }
}

fn check_csrf(headers: &HeaderMap, token: &Secret) -> Result<(), Problem> {
    let given = headers.get(CSRF_HEADER).and_then(|value| value.to_str().ok()).unwrap_or_default();
    if same_text(given, &csrf_token(token.reveal())) {
        return Ok(());
    }
    let what = if given.is_empty() { "missing" } else { "not this session's" };
    Err(Problem::new(Code::CsrfRefused, format!("the header X-CSRF-Token is {what}")).at("X-CSRF-Token"))
}

/// What a request carries to be recognised by. A key is never looked for among sessions, nor the reverse.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Caller {
    Key(Fingerprint),
    Session(Fingerprint),
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum By {
    Key { id: ServerKeyId, expires_at: Option<Timestamp> },
    Session { id: SessionId, created_at: Timestamp },
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Known {
    actor: Actor,
    by: By,
    read_at: Timestamp,
    used_at: Option<Timestamp>,
}

impl Known {
    fn has_ended(&self, now: Timestamp) -> bool {
        match (&self.by, self.used_at) {
            (By::Session { created_at, .. }, Some(seen_at)) => has_ended(*created_at, seen_at, now),
            (By::Key { expires_at, .. }, _) => expires_at.is_some_and(|until| until <= now),
            (By::Session { .. }, None) => false,
        }
    }

    fn use_is_due(&self, now: Timestamp) -> bool {
        self.used_at.is_none_or(|used_at| now.micros_since(used_at) >= SEEN_EVERY)
    }
}

/// The callers recognised lately.
#[derive(Default)]
pub(crate) struct Recognised(Mutex<Memory>);

#[derive(Default)]
struct Memory {
    callers: HashMap<Caller, Known>,
    /// Grows with each forgetting, so that what was read before one is not remembered after it.
    generation: u64,
}

impl Recognised {
    fn memory(&self) -> MutexGuard<'_, Memory> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn generation(&self) -> u64 {
        self.memory().generation
    }

    fn get(&self, caller: Caller, now: Timestamp) -> Option<Known> {
        let memory = self.memory();
        let known = memory.callers.get(&caller)?;
        (0..REMEMBERED).contains(&now.micros_since(known.read_at)).then(|| known.clone())
    }

    fn put(&self, caller: Caller, known: Known, generation: u64, now: Timestamp) {
        let mut memory = self.memory();
        if memory.generation != generation {
            return;
        }
        if memory.callers.len() >= MOST_CALLERS {
            memory.callers.retain(|_, known| now.micros_since(known.read_at) < REMEMBERED);
        }
        if memory.callers.len() < MOST_CALLERS {
            memory.callers.insert(caller, known);
        }
    }

    fn set_used(&self, caller: Caller, now: Timestamp) {
        if let Some(known) = self.memory().callers.get_mut(&caller) {
            known.used_at = Some(now);
        }
    }

    /// To be called after every committed change of accounts, sessions or keys.
    pub(crate) fn forget_all(&self) {
        let mut memory = self.memory();
        memory.generation += 1;
        memory.callers.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use fanvine_contracts::access::Role;

    const NOW: Timestamp = Timestamp::from_seconds(1_000);

    fn known() -> Known {
        Known {
            actor: Actor { id: "key_1".into(), name: "ci".into(), role: Role::Operator, means: Means::ServerKey },
            by: By::Key { id: "key_1".parse().unwrap(), expires_at: None },
            read_at: NOW,
            used_at: None,
        }
    }

    fn caller() -> Caller {
        Caller::Key(Fingerprint::of("fvs_x"))
    }

    #[test]
    fn a_caller_is_remembered_for_seconds_only() {
        let recognised = Recognised::default();
        recognised.put(caller(), known(), recognised.generation(), NOW);
        assert_eq!(recognised.get(caller(), NOW.plus_micros(REMEMBERED - 1)), Some(known()));
        assert_eq!(recognised.get(caller(), NOW.plus_micros(REMEMBERED)), None);
        assert_eq!(recognised.get(caller(), NOW.plus_micros(-1)), None, "the clock was set back");
        assert_eq!(recognised.get(Caller::Session(Fingerprint::of("fvs_x")), NOW), None);
    }

    #[test]
    fn what_was_read_before_a_change_is_not_remembered_after_it() {
        let recognised = Recognised::default();
        let before = recognised.generation();
        recognised.forget_all();
        recognised.put(caller(), known(), before, NOW);
        assert_eq!(recognised.get(caller(), NOW), None);
    }

    #[test]
    fn use_is_noted_at_most_once_a_minute() {
        let mut known = known();
        assert!(known.use_is_due(NOW));
        known.used_at = Some(NOW);
        assert!(!known.use_is_due(NOW.plus_micros(SEEN_EVERY - 1)));
        assert!(known.use_is_due(NOW.plus_micros(SEEN_EVERY)));
    }

    #[test]
    fn a_change_must_carry_the_token_of_its_session() {
        let token = Secret::new("a".repeat(43));
        let with = |text: &str| HeaderMap::from_iter([(CSRF_HEADER.parse().unwrap(), text.parse().unwrap())]);
        assert!(check_csrf(&with(&csrf_token(token.reveal())), &token).is_ok());
        assert_eq!(check_csrf(&with("other"), &token).unwrap_err().code, Code::CsrfRefused);
        assert_eq!(check_csrf(&HeaderMap::new(), &token).unwrap_err().code, Code::CsrfRefused);
    }
}
