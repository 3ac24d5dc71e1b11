//! The one writer: commands of many callers wait in a queue, and all that wait share one commit.
//!
//! Accounts stay in memory from one commit to the next. They are used only while nobody else has written to the ledger:
//! the highest number in it tells. What a command pays for, the rows that come along, is inserted in the same
//! transaction, and only if the command was carried out now: not when it was refused, not when it had been done before.

use std::collections::BTreeMap;
use std::sync::Arc;

use fanvine_kernel::{Clock, Event, Timestamp};
use fanvine_store::{Store, StoreError, Value};
use tokio::sync::{mpsc, oneshot};

use crate::book::Book;
use crate::command::{Command, Receipt, any_new};
use crate::{LedgerError, Refusal, Standing, work};

const QUEUE: usize = 4_096;
const GROUPS_PER_COMMIT: usize = 1_024;
/// About 200 bytes each.
const ACCOUNTS_IN_MEMORY: usize = 250_000;

/// A row to insert along with a group of commands.
#[derive(Debug, Clone)]
pub struct Along {
    /// `INSERT INTO table (columns) VALUES`.
    pub head: &'static str,
    /// Its values.
    pub row: Vec<Value>,
    /// An `ON CONFLICT` clause, or empty.
    pub tail: &'static str,
}

/// A group of commands, all or none, what they pay for, and what is told of it.
struct Work {
    commands: Vec<Command>,
    along: Vec<Along>,
    events: Vec<Event>,
    look: Vec<String>,
}

/// What came of a group of commands.
#[derive(Debug, Clone, Default)]
pub struct Done {
    /// One for each command.
    pub receipts: Vec<Receipt>,
    /// The accounts that were to be looked at, as they stand with the commit. An account that was never opened is not there.
    pub standings: BTreeMap<String, Standing>,
}

impl Done {
    /// Whether anything was done now, and not before.
    pub fn is_new(&self) -> bool {
        any_new(&self.receipts)
    }
}

struct Job {
    work: Arc<Work>,
    tell: oneshot::Sender<Result<Done, LedgerError>>,
}

type Outcome = Result<Done, Refusal>;

/// The way in for what is hot. Cheap to clone; the writer ends when the last one is dropped.
#[derive(Clone)]
pub struct Lane {
    queue: mpsc::Sender<Job>,
}

impl Lane {
    /// Starts the writer. Must be called inside a tokio runtime.
    pub fn start(store: Store, clock: Arc<dyn Clock>) -> Self {
        let (queue, jobs) = mpsc::channel(QUEUE);
        tokio::spawn(serve(store, clock, jobs));
        Self { queue }
    }

    /// Carries out `commands`, all or none, and inserts the rows that come along. Answers once that is durable. It is
    /// done even if the caller stops waiting.
    pub async fn carry_out(&self, commands: Vec<Command>, along: Vec<Along>) -> Result<Vec<Receipt>, LedgerError> {
        self.carry_out_and_tell(commands, along, Vec::new()).await
    }

    /// Likewise, and puts the events into the outbox in the same commit; like the rows, only if the commands were carried
    /// out now.
    pub async fn carry_out_and_tell(
        &self,
        commands: Vec<Command>,
        along: Vec<Along>,
        events: Vec<Event>,
    ) -> Result<Vec<Receipt>, LedgerError> {
        Ok(self.carry_out_and_look(commands, along, events, Vec::new()).await?.receipts)
    }

    /// Likewise, and says how the accounts of these names stand with it.
    pub async fn carry_out_and_look(
        &self,
        commands: Vec<Command>,
        along: Vec<Along>,
        events: Vec<Event>,
        look: Vec<String>,
    ) -> Result<Done, LedgerError> {
        let (tell, told) = oneshot::channel();
        let job = Job { work: Arc::new(Work { commands, along, events, look }), tell };
        self.queue.send(job).await.map_err(|_| LedgerError::Closed)?;
        told.await.unwrap_or(Err(LedgerError::Closed))
    }
}

async fn serve(store: Store, clock: Arc<dyn Clock>, mut jobs: mpsc::Receiver<Job>) {
    let mut book = Book::default();
    let mut batch = Vec::with_capacity(GROUPS_PER_COMMIT);
    while jobs.recv_many(&mut batch, GROUPS_PER_COMMIT).await > 0 {
        let works: Vec<Arc<Work>> = batch.iter().map(|job| job.work.clone()).collect();
        match commit(&store, book, works, clock.now()).await {
            Ok((kept, outcomes)) => {
                book = kept;
                for (job, outcome) in batch.drain(..).zip(outcomes) {
                    // A caller that no longer waits is no concern of ours.
                    drop(job.tell.send(outcome.map_err(LedgerError::from)));
                }
            }
            Err(error) => {
                book = Book::default();
                one_by_one(&store, clock.as_ref(), error, &mut batch).await;
            }
        }
    }
}

/// After a commit that failed: what is wrong with one job must not fail the others.
async fn one_by_one(store: &Store, clock: &dyn Clock, error: StoreError, batch: &mut Vec<Job>) {
    let hopeless = batch.len() == 1 || error.is_full() || matches!(error, StoreError::Closed);
    for job in batch.drain(..) {
        let outcome = if hopeless {
            Err(error.clone().into())
        } else {
            let alone = commit(store, Book::default(), vec![job.work], clock.now()).await;
            let alone = alone.map_err(LedgerError::from);
            alone.and_then(|(_, mut outcomes)| outcomes.pop().ok_or(LedgerError::Closed)?.map_err(LedgerError::from))
        };
        drop(job.tell.send(outcome));
    }
}

async fn commit(
    store: &Store,
    mut book: Book,
    works: Vec<Arc<Work>>,
    now: Timestamp,
) -> Result<(Book, Vec<Outcome>), StoreError> {
    store
        .write(move |tx| {
            Box::pin(async move {
                let groups: Vec<&[Command]> = works.iter().map(|work| work.commands.as_slice()).collect();
                let look: Vec<&str> = works.iter().flat_map(|work| &work.look).map(String::as_str).collect();
                let outcomes = work(tx, &mut book, &groups, &look, now).await?;
                let mut along: BTreeMap<(&'static str, &'static str), Vec<Vec<Value>>> = BTreeMap::new();
                let mut events = Vec::new();
                for (work, outcome) in works.iter().zip(&outcomes) {
                    if outcome.as_ref().is_ok_and(|receipts| any_new(receipts)) {
                        for one in &work.along {
                            along.entry((one.head, one.tail)).or_default().push(one.row.clone());
                        }
                        events.extend(&work.events);
                    }
                }
                for ((head, tail), rows) in along {
                    tx.insert_many(head, rows, tail).await?;
                }
                tx.emit_all(events).await?;
                let done = works
                    .iter()
                    .zip(outcomes)
                    .map(|(work, outcome)| Ok(Done { receipts: outcome?, standings: standings(&book, &work.look) }));
                let done = done.collect();
                book.slim(ACCOUNTS_IN_MEMORY);
                Ok((book, done))
            })
        })
        .await
}

fn standings(book: &Book, names: &[String]) -> BTreeMap<String, Standing> {
    let state = |name: &String| book.accounts.get(book.numbers.get(name.as_str())?).cloned();
    names.iter().filter_map(|name| Some((name.clone(), state(name)?.into()))).collect()
}
