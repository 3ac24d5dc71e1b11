//! Questions that look at one shopper after the other, and what they share: whom they count, which events they mean,
//! how days are cut.

pub mod apart;
pub mod choice;
pub mod csv;
pub mod events;
pub mod field;
pub mod missing;
pub mod period;
pub mod pick;
pub mod population;
mod unseen;
pub mod values;

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use fanvine_contracts::persons::Persons;
use fanvine_kernel::{Code, Problem};
use fanvine_lake::{DayPart, DayQuestion, Lake, LakeError, Merges, Snapshot, Visitor, Walk};

use population::{Among, Population};

use crate::Measure;

/// The persons' version, and how many shoppers the lake knew.
type Version = (u64, u32);

/// Persons in the lake's numbers, as of some version.
#[derive(Default)]
pub struct KnownPersons {
    last: Mutex<Option<(Version, Arc<Merges>)>>,
}

impl KnownPersons {
    /// Which shoppers are one person, now. Worked out anew only when that, or who is in the lake, has changed.
    fn of(&self, persons: &dyn Persons, lake: &Lake, shoppers: u32) -> Arc<Merges> {
        let version = (persons.version(), shoppers);
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        match &*last {
            Some((known, merges)) if *known == version => Arc::clone(merges),
            _ => {
                let numbers = |keys: Vec<String>| keys.iter().filter_map(|key| lake.shopper_number(key)).collect();
                let merges = Arc::new(Merges::of(persons.merged().into_iter().map(numbers)));
                *last = Some((version, Arc::clone(&merges)));
                merges
            }
        }
    }
}

/// Sets the flag when dropped: whoever stops waiting stops the work.
struct StopOnDrop(Arc<AtomicBool>);

impl Drop for StopOnDrop {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

impl Measure {
    /// What the lake holds now.
    pub fn snapshot(&self) -> Result<Snapshot, Problem> {
        self.lake.snapshot().map_err(|error| failed(&error))
    }

    /// Shows every person's events to visitors, on threads of their own, and gives them back. Shoppers that are one
    /// person come as one.
    pub async fn walk<V: Visitor + 'static>(
        &self,
        snapshot: Snapshot,
        mut walk: Walk,
        visitor: impl Fn(usize) -> V + Send + Sync + 'static,
    ) -> Result<Vec<V>, Problem> {
        let merges = self.merges(&snapshot);
        let stop = Arc::new(AtomicBool::new(false));
        walk.merges = (!merges.is_empty()).then_some(merges);
        walk.stop = Some(Arc::clone(&stop));
        let _stop = StopOnDrop(stop);
        let events = snapshot.most_events(&walk);
        let walked = self.work(move || snapshot.walk(&walk, visitor)).await;
        walked.map_err(|problem| costly(problem, events))
    }

    /// The same for those people only.
    pub async fn walk_among<V: Visitor + 'static>(
        &self,
        who: &Population,
        snapshot: Snapshot,
        mut walk: Walk,
        visitor: impl Fn(usize) -> V + Send + Sync + 'static,
    ) -> Result<Vec<V>, Problem> {
        let Some(members) = who.clone() else {
            return self.walk(snapshot, walk, visitor).await;
        };
        walk.guests = false;
        let among = move |part| Among { members: Arc::clone(&members), visitor: visitor(part) };
        Ok(self.walk(snapshot, walk, among).await?.into_iter().map(|among| among.visitor).collect())
    }

    /// Hands each part of who came by on which day to `count`, and gives back what it made of them. Shoppers that are one
    /// person come as one.
    pub async fn by_day<T: Send + 'static>(
        &self,
        snapshot: Snapshot,
        mut question: DayQuestion,
        count: impl Fn(DayPart) -> T + Send + Sync + 'static,
    ) -> Result<Vec<T>, Problem> {
        let merges = self.merges(&snapshot);
        let stop = Arc::new(AtomicBool::new(false));
        question.stop = Some(Arc::clone(&stop));
        let _stop = StopOnDrop(stop);
        self.work(move || {
            let merges = (!merges.is_empty()).then_some(&*merges);
            Ok(on_all_cores(snapshot.by_day(&question, merges)?, &count))
        })
        .await
    }

    /// Which shoppers of a snapshot are one person.
    pub(crate) fn merges(&self, snapshot: &Snapshot) -> Arc<Merges> {
        self.persons.of(&*self.identity, &self.lake, snapshot.shoppers())
    }

    /// The keys of shoppers by their numbers, in the order of the numbers.
    pub async fn names_of(&self, numbers: &[u32]) -> Result<Vec<String>, Problem> {
        if numbers.is_empty() {
            return Ok(Vec::new());
        }
        let (lake, mut wanted) = (self.lake.clone(), numbers.to_vec());
        wanted.sort_unstable();
        self.work(move || {
            let (mut names, mut next) = (Vec::with_capacity(wanted.len()), wanted.iter().peekable());
            let first = wanted.first().copied().unwrap_or_default();
            lake.shopper_names(first, |number, name| {
                if next.next_if_eq(&&number).is_some() {
                    names.push(name.to_owned());
                }
            })?;
            Ok(names)
        })
        .await
    }

    /// Does what blocks on a thread of its own, for as long as a question may take.
    pub(crate) async fn work<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> Result<T, LakeError> + Send + 'static,
    ) -> Result<T, Problem> {
        match tokio::time::timeout(self.limits.timeout, tokio::task::spawn_blocking(work)).await {
            Err(_) => {
                let limit = self.limits.timeout.as_secs();
                let text = format!("the question took longer than {limit} s; ask about a shorter period");
                Err(Problem::new(Code::QueryTimeout, text).retry_after(10))
            }
            Ok(Err(ended)) => Err(Problem::new(Code::Internal, format!("the question was not ended: {ended}"))),
            Ok(Ok(answer)) => answer.map_err(|error| failed(&error)),
        }
    }
}

/// What a question that took too long would have had to read.
fn costly(problem: Problem, events: u64) -> Problem {
    if problem.code != Code::QueryTimeout {
        return problem;
    }
    Problem { detail: format!("{}: it reads up to {events} events", problem.detail), ..problem }
}

/// Makes something of each part, on as many threads as there are cores; in no order.
fn on_all_cores<P: Send, T: Send>(parts: Vec<P>, make: &(impl Fn(P) -> T + Sync)) -> Vec<T> {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let parts = Mutex::new(parts);
    let next = || parts.lock().unwrap_or_else(PoisonError::into_inner).pop();
    let work = || std::iter::from_fn(next).map(make).collect::<Vec<T>>();
    std::thread::scope(|scope| {
        let others: Vec<_> = (1..cores).map(|_| scope.spawn(work)).collect();
        let mut made = work();
        for other in others {
            match other.join() {
                Ok(more) => made.extend(more),
                Err(panic) => std::panic::resume_unwind(panic),
            }
        }
        made
    })
}

fn failed(error: &LakeError) -> Problem {
    tracing::error!(error = error as &dyn std::error::Error, "events could not be walked");
    Problem::new(Code::Internal, error.to_string())
}
