//! Passwords: their length, and their argon2id hashes.
//!
//! Hashing is meant to be dear (19 MiB and tens of milliseconds by default, after OWASP's password
//! storage advice), so only a few run at once on threads of their own and only so many may wait:
//! a flood of sign-ins is refused before it exhausts memory.

use std::fmt;
use std::sync::Arc;

use argon2::password_hash::Error as ArgonError;
use argon2::password_hash::phc;
use argon2::{Algorithm, Argon2, Params, PasswordHasher as _, PasswordVerifier as _, Version};
use fanvine_kernel::{Code, Entropy, Problem};
use tokio::sync::Semaphore;

use super::AccountError;
use crate::secret::Secret;

/// Fewest characters of a password.
pub(crate) const SHORTEST: usize = 10;
/// Most characters of a password.
pub(crate) const LONGEST: usize = 256;

/// Hashes that may run at once: as much memory as this times [`HashCost::memory_kib`].
const AT_ONCE: usize = 2;
/// Hashes that may wait or run before more are refused.
const QUEUE: usize = 64;

/// How much work a hash takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HashCost {
    /// Memory in KiB.
    pub memory_kib: u32,
    /// Passes over that memory.
    pub passes: u32,
}

impl Default for HashCost {
    /// 19 MiB and two passes: OWASP's first choice for argon2id on a server.
    fn default() -> Self {
        Self { memory_kib: 19_456, passes: 2 }
    }
}

/// Why no hash could be computed or checked.
#[derive(Debug, thiserror::Error)]
pub enum HashError {
    /// Too many are waiting already.
    #[error("{QUEUE} passwords are being checked already")]
    Busy,
    /// A kept hash does not read, or the machine has not the memory for one.
    #[error("argon2 failed: {0}")]
    Argon(ArgonError),
    /// The task died.
    #[error("the hashing task ended without an answer")]
    Lost,
}

impl From<HashError> for Problem {
    fn from(cause: HashError) -> Self {
        match cause {
            HashError::Busy => Problem::new(Code::Unavailable, cause.to_string()).retry_after(2),
            HashError::Argon(_) | HashError::Lost => {
                tracing::error!(%cause, "a password could not be hashed");
                Problem::new(Code::Internal, "the password could not be checked")
            }
        }
    }
}

/// A password somebody chose, of acceptable length.
#[derive(Debug, Clone)]
pub(crate) struct NewPassword(Secret);

impl NewPassword {
    pub(crate) fn parse(text: &Secret) -> Result<Self, AccountError> {
        let length = text.reveal().chars().count();
        if (SHORTEST..=LONGEST).contains(&length) {
            Ok(Self(text.clone()))
        } else {
            Err(AccountError::InvalidPassword { length })
        }
    }

    pub(crate) fn secret(&self) -> &Secret {
        &self.0
    }
}

/// A hash in PHC form (`$argon2id$v=19$m=…`), with its salt and cost.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct PasswordHash(String);

impl PasswordHash {
    /// A hash as it was kept.
    pub(crate) fn kept(text: String) -> Self {
        Self(text)
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for PasswordHash {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("PasswordHash(…)")
    }
}

/// Computes and checks hashes, a few at a time.
pub(crate) struct PasswordHasher {
    cost: HashCost,
    entropy: Arc<dyn Entropy>,
    running: Arc<Semaphore>,
    queue: Arc<Semaphore>,
}

impl PasswordHasher {
    pub(crate) fn new(cost: HashCost, entropy: Arc<dyn Entropy>) -> Self {
        Self { cost, entropy, running: Arc::new(Semaphore::new(AT_ONCE)), queue: Arc::new(Semaphore::new(QUEUE)) }
    }

    /// Hashes a new password with a salt of its own.
    pub(crate) async fn hash(&self, password: &NewPassword) -> Result<PasswordHash, HashError> {
        let mut salt = [0u8; 16];
        self.entropy.fill(&mut salt);
        let (cost, password) = (self.cost, password.secret().clone());
        self.on_a_thread(move || Ok(PasswordHash(compute(cost, &password, &salt)?.to_string()))).await
    }

    /// Whether `password` is the one behind `kept`. Without a kept hash, the same work for the answer no.
    pub(crate) async fn verify(&self, password: &Secret, kept: Option<&PasswordHash>) -> Result<bool, HashError> {
        if password.reveal().chars().count() > LONGEST {
            return Ok(false);
        }
        let (cost, password, kept) = (self.cost, password.clone(), kept.cloned());
        self.on_a_thread(move || match kept {
            None => compute(cost, &password, &[0x5A; 16]).map(|_| false),
            Some(kept) => {
                let parsed = phc::PasswordHash::new(kept.as_str()).map_err(|cause| HashError::Argon(cause.into()))?;
                match Argon2::default().verify_password(password.reveal().as_bytes(), &parsed) {
                    Ok(()) => Ok(true),
                    Err(ArgonError::PasswordInvalid) => Ok(false),
                    Err(cause) => Err(HashError::Argon(cause)),
                }
            }
        })
        .await
    }

    async fn on_a_thread<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> Result<T, HashError> + Send + 'static,
    ) -> Result<T, HashError> {
        let place = self.queue.clone().try_acquire_owned().map_err(|_| HashError::Busy)?;
        let turn = self.running.clone().acquire_owned().await.map_err(|_| HashError::Lost)?;
        // Both permits live as long as the work: a caller that hangs up does not free memory still in use.
        tokio::task::spawn_blocking(move || {
            let _held = (place, turn);
            work()
        })
        .await
        .map_err(|_| HashError::Lost)?
    }
}

fn compute(cost: HashCost, password: &Secret, salt: &[u8]) -> Result<phc::PasswordHash, HashError> {
    let params = Params::new(cost.memory_kib, cost.passes, 1, None).map_err(|cause| HashError::Argon(cause.into()))?;
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
        .hash_password_with_salt(password.reveal().as_bytes(), salt)
        .map_err(HashError::Argon)
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Fixed;
    impl Entropy for Fixed {
        fn fill(&self, into: &mut [u8]) {
            into.fill(7);
        }
    }

    fn hasher() -> PasswordHasher {
        PasswordHasher::new(HashCost { memory_kib: 64, passes: 1 }, Arc::new(Fixed))
    }

    fn password(text: &str) -> NewPassword {
        NewPassword::parse(&Secret::new(text)).unwrap()
    }

    #[tokio::test]
    async fn a_password_is_known_by_its_hash_and_another_is_not() {
        let hasher = hasher();
        let kept = hasher.hash(&password("correct horse")).await.unwrap();
        assert!(kept.as_str().starts_with("$argon2id$v=19$m=64,t=1,p=1$"), "{}", kept.as_str());
        assert!(hasher.verify(&Secret::new("correct horse"), Some(&kept)).await.unwrap());
        assert!(!hasher.verify(&Secret::new("correct house"), Some(&kept)).await.unwrap());
        assert!(!hasher.verify(&Secret::new("correct horse"), None).await.unwrap());
    }

    #[tokio::test]
    async fn a_damaged_hash_is_an_error_and_not_a_match() {
        let damaged = PasswordHash::kept("$argon2id$oops".into());
        assert!(hasher().verify(&Secret::new("correct horse"), Some(&damaged)).await.is_err());
    }

    #[tokio::test]
    async fn a_flood_of_hashes_is_refused_rather_than_queued() {
        let hasher = hasher();
        let held = hasher.queue.clone().acquire_many_owned(QUEUE as u32).await.unwrap();
        assert!(matches!(hasher.verify(&Secret::new("correct horse"), None).await, Err(HashError::Busy)));
        drop(held);
        assert!(hasher.verify(&Secret::new("correct horse"), None).await.is_ok());
    }

    #[test]
    fn a_password_has_ten_to_256_characters() {
        assert!(NewPassword::parse(&Secret::new("123456789")).is_err());
        assert!(NewPassword::parse(&Secret::new("一二三四五六七八九十")).is_ok());
        assert!(NewPassword::parse(&Secret::new("x".repeat(257))).is_err());
    }

    #[test]
    fn neither_a_password_nor_its_hash_prints() {
        let hash = PasswordHash::kept("$argon2id$secret".into());
        let shown = format!("{:?} {hash:?}", password("correct horse"));
        assert!(!shown.contains("horse") && !shown.contains("secret"), "{shown}");
    }
}
