//! Answers that cost something, kept for whoever asks the same next.

use std::sync::Arc;

use tokio::sync::Mutex;

/// A task ended without an answer: a mistake of ours, or the program is being shut down.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{0} was not carried through")]
pub struct Ended(pub &'static str);

/// Something made at some cost, kept for whoever asks the same next. One makes it; the others wait.
#[derive(Debug)]
pub(crate) struct Kept<K, V>(Mutex<Option<(K, Arc<V>)>>);

impl<K, V> Default for Kept<K, V> {
    fn default() -> Self {
        Self(Mutex::new(None))
    }
}

impl<K, V> Kept<K, V> {
    /// What is kept, if its key is still `good`, else what `make` makes.
    pub async fn get<E>(
        &self,
        key: K,
        good: impl Fn(&K) -> bool,
        make: impl Future<Output = Result<V, E>>,
    ) -> Result<Arc<V>, E> {
        let mut kept = self.0.lock().await;
        if let Some((_, value)) = kept.as_ref().filter(|(key, _)| good(key)) {
            return Ok(value.clone());
        }
        let made = make.await?;
        Ok(kept.insert((key, Arc::new(made))).1.clone())
    }
}

/// Does long work away from threads that others wait for.
pub(crate) async fn away<V: Send + 'static, E: From<Ended> + Send + 'static>(
    what: &'static str,
    work: impl FnOnce() -> Result<V, E> + Send + 'static,
) -> Result<V, E> {
    tokio::task::spawn_blocking(work).await.map_err(|_| Ended(what))?
}
