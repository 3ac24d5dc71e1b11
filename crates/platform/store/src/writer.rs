//! SQLite's one writer, a thread of its own: commands wait in a queue, and up to 64 of them share a commit. They run on that
//! thread, where a statement is a call and no message.
//!
//! Each command has a savepoint of its own, so one that fails takes nothing of the others with it. A commit that
//! fails fails all of its commands: none of them was saved.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use futures::future::BoxFuture;
use rusqlite::Connection;
use tokio::runtime::Handle;
use tokio::sync::{mpsc, oneshot};

use crate::store::guarded;
use crate::tx::Link;
use crate::{StoreError, Tx, sqlite};

const COMMANDS_PER_COMMIT: usize = 64;
const QUEUE: usize = 1_024;

/// Tells the caller how its command ended, once the commit is decided.
type Answer = Box<dyn FnOnce(Result<(), StoreError>) + Send>;

/// A command that has run: whether to keep what it did, and whom to tell.
struct Ran {
    keep: bool,
    answer: Answer,
}

/// A waiting command. Given a transaction it runs; given an error it only passes that on.
type Job = Box<dyn for<'t> FnOnce(Result<&'t mut Tx, StoreError>) -> BoxFuture<'t, Ran> + Send>;

pub(crate) struct Writer {
    queue: Mutex<Option<mpsc::Sender<Job>>>,
    /// Answers when the thread has ended.
    ended: tokio::sync::Mutex<Option<oneshot::Receiver<()>>>,
}

/// Starts it; `commits` counts what it saves. Must be called inside a tokio runtime.
pub(crate) fn start(connection: Connection, commits: Arc<AtomicU64>) -> std::io::Result<Writer> {
    let (queue, jobs) = mpsc::channel(QUEUE);
    let (tell, ended) = oneshot::channel();
    let runtime = Handle::current();
    std::thread::Builder::new().name("store-writer".to_owned()).spawn(move || {
        work(connection, jobs, &commits, &runtime);
        // Nobody need wait for it.
        let _ = tell.send(());
    })?;
    Ok(Writer { queue: Mutex::new(Some(queue)), ended: tokio::sync::Mutex::new(Some(ended)) })
}

impl Writer {
    pub(crate) async fn run<T, E, F>(&self, command: F) -> Result<T, E>
    where
        F: for<'t> FnOnce(&'t mut Tx) -> BoxFuture<'t, Result<T, E>> + Send + 'static,
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        let queue = self.queue.lock().unwrap_or_else(|poisoned| poisoned.into_inner()).clone();
        let queue = queue.ok_or(StoreError::Closed)?;
        let (tell, told) = oneshot::channel::<Result<T, E>>();
        let job: Job = Box::new(move |tx: Result<&mut Tx, StoreError>| {
            Box::pin(async move {
                let outcome = match tx {
                    Ok(tx) => guarded(tx, command).await,
                    Err(error) => Err(error.into()),
                };
                let keep = outcome.is_ok();
                let answer: Answer = Box::new(move |commit| {
                    let answer = match (outcome, commit) {
                        (Ok(_), Err(error)) => Err(error.into()),
                        (outcome, _) => outcome,
                    };
                    // A caller that no longer waits is no concern of ours.
                    drop(tell.send(answer));
                });
                Ran { keep, answer }
            })
        });
        queue.send(job).await.map_err(|_| StoreError::Closed)?;
        told.await.unwrap_or_else(|_| Err(StoreError::Closed.into()))
    }

    pub(crate) async fn close(&self) {
        drop(self.queue.lock().unwrap_or_else(|poisoned| poisoned.into_inner()).take());
        if let Some(ended) = self.ended.lock().await.take()
            && ended.await.is_err()
        {
            tracing::error!("the store's writer did not end well");
        }
    }
}

fn work(connection: Connection, mut jobs: mpsc::Receiver<Job>, commits: &AtomicU64, runtime: &Handle) {
    let mut tx = Tx::new(Link::Writer(connection));
    let mut batch = Vec::with_capacity(COMMANDS_PER_COMMIT);
    while jobs.blocking_recv_many(&mut batch, COMMANDS_PER_COMMIT) > 0 {
        let mut waiting = batch.drain(..);
        while waiting.len() > 0 {
            runtime.block_on(commit_together(&mut tx, &mut waiting, commits));
        }
    }
    if let Link::Writer(connection) = tx.link
        && let Err((_, error)) = connection.close()
    {
        tracing::error!(%error, "the store's file did not close well");
    }
}

/// Runs commands from `waiting` in one transaction and answers them. Leaves the rest of `waiting` for a new
/// transaction if the database gave this one up.
async fn commit_together(tx: &mut Tx, waiting: &mut dyn ExactSizeIterator<Item = Job>, commits: &AtomicU64) {
    if let Err(error) = begin(tx) {
        for job in waiting {
            let refused = job(Err(error.clone())).await;
            (refused.answer)(Err(error.clone()));
        }
        return;
    }
    if waiting.len() == 1
        && let Some(job) = waiting.next()
    {
        return commit_one(tx, job, commits).await;
    }
    let mut answers = Vec::with_capacity(waiting.len());
    let mut lost = None;
    for job in waiting {
        let (answer, ended) = run_one(tx, job).await;
        answers.push(answer);
        if let Err(error) = ended {
            lost = Some(error);
            break;
        }
    }
    let outcome = match lost {
        None => control(tx, "COMMIT"),
        Some(error) => Err(error),
    };
    if outcome.is_ok() {
        commits.fetch_add(1, Ordering::Relaxed);
    } else {
        // Fails where SQLite has rolled back on its own already.
        drop(control(tx, "ROLLBACK"));
    }
    for answer in answers {
        answer(outcome.clone());
    }
}

/// Ends the transaction that was begun with one command alone in it, which needs no savepoint.
async fn commit_one(tx: &mut Tx, job: Job, commits: &AtomicU64) {
    let ran = job(Ok(tx)).await;
    let outcome = control(tx, if ran.keep { "COMMIT" } else { "ROLLBACK" });
    match (&outcome, ran.keep) {
        (Ok(()), true) => drop(commits.fetch_add(1, Ordering::Relaxed)),
        // Fails where SQLite has rolled back on its own already.
        (Err(_), true) => drop(control(tx, "ROLLBACK")),
        (_, false) => {}
    }
    (ran.answer)(outcome);
}

/// Runs one command in its savepoint. An error beside the answer means that the whole transaction is lost: a full
/// or failing disk makes SQLite roll it back on its own.
async fn run_one(tx: &mut Tx, job: Job) -> (Answer, Result<(), StoreError>) {
    if let Err(error) = control(tx, "SAVEPOINT command") {
        return (job(Err(error.clone())).await.answer, Err(error));
    }
    let ran = job(Ok(tx)).await;
    if !ran.keep
        && let Err(error) = control(tx, "ROLLBACK TO command")
    {
        // What the command itself ran into says more than "no such savepoint".
        return (ran.answer, Err(tx.failed.take().unwrap_or(error)));
    }
    (ran.answer, control(tx, "RELEASE command"))
}

fn begin(tx: &mut Tx) -> Result<(), StoreError> {
    if control(tx, "BEGIN IMMEDIATE").is_ok() {
        return Ok(());
    }
    // A transaction that a failure left open must not stay in the way for ever.
    drop(control(tx, "ROLLBACK"));
    control(tx, "BEGIN IMMEDIATE")
}

fn control(tx: &mut Tx, statement: &'static str) -> Result<(), StoreError> {
    let Link::Writer(connection) = &mut tx.link else { return Err(StoreError::Closed) };
    let outcome = sqlite::execute(connection, statement, &[]);
    outcome.map(|_| ()).map_err(|cause| StoreError::sort(statement, cause))
}
