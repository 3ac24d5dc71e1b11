//! Threads of their own for queries and for upkeep, so that a long one never keeps the rest of the program waiting.

use std::future::Future;

use tokio::runtime::{Builder, Handle, Runtime};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use crate::{LakeError, SqlError};

/// How many cores the machine has.
pub(crate) fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

/// The threads on which queries run.
pub(crate) struct QueryThreads(Option<Runtime>);

impl QueryThreads {
    /// Starts so many threads; 0 for as many as there are cores.
    pub(crate) fn start(count: usize) -> Result<Self, LakeError> {
        let count = if count == 0 { cores() } else { count };
        let runtime = Builder::new_multi_thread()
            .worker_threads(count)
            .max_blocking_threads(count * 4)
            .thread_name("lake-query")
            .enable_time()
            .build()
            .map_err(LakeError::io("start", "query threads"))?;
        Ok(Self(Some(runtime)))
    }

    /// Runs work there. It ends with the caller: whoever stops waiting stops the work.
    pub(crate) async fn run<T: Send + 'static>(
        &self,
        work: impl Future<Output = Result<T, SqlError>> + Send + 'static,
    ) -> Result<T, SqlError> {
        let mut task = self.spawn(work);
        task.outcome().await.unwrap_or_else(|message| Err(SqlError::Failed { message }))
    }

    /// Starts work there that ends when the handle is dropped.
    pub(crate) fn spawn<T: Send + 'static>(&self, work: impl Future<Output = T> + Send + 'static) -> Task<T> {
        // Taken out only on drop.
        match &self.0 {
            Some(runtime) => Task(runtime.spawn(work)),
            None => Task(tokio::spawn(work)),
        }
    }
}

impl Drop for QueryThreads {
    fn drop(&mut self) {
        // A runtime may not wait for its threads where others are waited for.
        if let Some(runtime) = self.0.take() {
            runtime.shutdown_background();
        }
    }
}

/// Work that is stopped when this is dropped.
pub(crate) struct Task<T>(JoinHandle<T>);

impl<T: Send + 'static> Task<T> {
    /// Starts work on some runtime's threads.
    pub(crate) fn on(threads: &Handle, work: impl Future<Output = T> + Send + 'static) -> Self {
        Self(threads.spawn(work))
    }

    /// What came of it, or of what it died.
    pub(crate) async fn outcome(&mut self) -> Result<T, String> {
        (&mut self.0).await.map_err(|error| error.to_string())
    }
}

impl<T> Drop for Task<T> {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// Starts work that may wait on a thread made for it: `prepare` may change what the thread is for good, so it is not
/// used again.
pub(crate) fn begin_upkeep<T: Send + 'static>(
    prepare: fn(),
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<oneshot::Receiver<T>, LakeError> {
    let (tell, told) = oneshot::channel();
    let body = move || {
        prepare();
        // Whoever asked may have stopped waiting.
        drop(tell.send(work()));
    };
    std::thread::Builder::new()
        .name("lake-upkeep".into())
        .spawn(body)
        .map_err(LakeError::io("start", "a thread for upkeep"))?;
    Ok(told)
}

/// Does such work and waits for it.
pub(crate) async fn upkeep<T: Send + 'static>(
    prepare: fn(),
    work: impl FnOnce() -> Result<T, LakeError> + Send + 'static,
) -> Result<T, LakeError> {
    let ended = |_| Err(LakeError::Task("its thread ended before it was done".to_owned()));
    begin_upkeep(prepare, work)?.await.unwrap_or_else(ended)
}
