//! The thread that writes runs, merges them and replaces the manifest, so that the writer of the log need not wait.

use std::collections::VecDeque;
use std::fs;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Release};
use std::sync::mpsc::{self, Receiver, Sender, SyncSender, TryRecvError};
use std::thread::JoinHandle;

use super::Frozen;
use super::manifest::Manifest;
use super::merge::{self, Merge};
use super::run::{Run, RunWriter};
use crate::disk::Disk;
use crate::error::LogError;

/// With more runs than this, merging goes before writing, and appends come to wait: looking keys up stays cheap.
const MOST_RUNS: usize = 32;

/// What the keeper is asked to do, in order.
pub(crate) enum Job {
    Write(Arc<Frozen>),
    /// Answer when everything asked for so far is written, or cannot be.
    Checkpoint(SyncSender<Result<(), LogError>>),
    Retry,
    Stop {
        acknowledged: u64,
    },
}

/// What the keeper has done.
pub(crate) enum Report {
    /// These runs are the index now; they cover all tables frozen up to `upto`.
    Runs { runs: Vec<Arc<Run>>, upto: u64 },
    /// A table could not be written; nothing more is tried before the next job.
    Stalled(io::Error),
}

pub(crate) struct KeeperHandle {
    jobs: Sender<Job>,
    reports: Receiver<Report>,
    thread: JoinHandle<()>,
}

impl KeeperHandle {
    /// A keeper that ended is noticed when its reports are awaited.
    pub(crate) fn send(&self, job: Job) {
        drop(self.jobs.send(job));
    }

    pub(crate) fn poll(&self) -> Option<Report> {
        self.reports.try_recv().ok()
    }

    pub(crate) fn wait(&self) -> Option<Report> {
        self.reports.recv().ok()
    }

    pub(crate) fn stop(self, acknowledged: u64) {
        self.send(Job::Stop { acknowledged });
        if self.thread.join().is_err() {
            tracing::error!("the thread that keeps the index of seen keys panicked");
        }
    }
}

pub(crate) struct Keeper {
    dir: PathBuf,
    disk: Disk,
    manifest: Manifest,
    runs: Vec<Arc<Run>>,
    covered: Arc<AtomicU64>,
    waiting: VecDeque<Arc<Frozen>>,
    checkpoints: Vec<SyncSender<Result<(), LogError>>>,
    merge: Option<Merge>,
    /// The last write failed: wait for a job before trying again.
    stalled: bool,
    /// The last merge failed: merge again only after the next table was written.
    merge_paused: bool,
}

impl Keeper {
    pub(crate) fn new(
        dir: PathBuf,
        disk: Disk,
        manifest: Manifest,
        runs: Vec<Arc<Run>>,
        covered: Arc<AtomicU64>,
    ) -> Self {
        covered.store(manifest.covered, Release);
        Keeper {
            dir,
            disk,
            manifest,
            runs,
            covered,
            waiting: VecDeque::new(),
            checkpoints: Vec::new(),
            merge: None,
            stalled: false,
            merge_paused: false,
        }
    }

    pub(crate) fn spawn(mut self) -> io::Result<KeeperHandle> {
        self.remove_strays()?;
        let (jobs, inbox) = mpsc::channel();
        let (outbox, reports) = mpsc::channel();
        let body = move || self.run(&inbox, &outbox);
        let thread = std::thread::Builder::new().name("stream-seen".into()).spawn(body)?;
        Ok(KeeperHandle { jobs, reports, thread })
    }

    /// Runs that no manifest names are left over from a crash.
    fn remove_strays(&self) -> io::Result<()> {
        for entry in fs::read_dir(&self.dir)? {
            let entry = entry?;
            let name = entry.file_name().to_string_lossy().into_owned();
            if name.ends_with(".run") && !self.manifest.runs.contains(&name) {
                fs::remove_file(entry.path())?;
            }
        }
        Ok(())
    }

    fn run(&mut self, inbox: &Receiver<Job>, outbox: &Sender<Report>) {
        loop {
            let can_write = !self.waiting.is_empty() && !self.stalled;
            let can_merge = self.merge.is_some() || (!self.merge_paused && merge::due(&self.runs).is_some());
            let nothing_to_do = !can_write && !can_merge;
            let job =
                if nothing_to_do { inbox.recv().map_err(|_| TryRecvError::Disconnected) } else { inbox.try_recv() };
            match job {
                Ok(Job::Stop { acknowledged }) => return self.stop(acknowledged),
                Err(TryRecvError::Disconnected) => return self.stop(self.manifest.acknowledged),
                Ok(job) => self.take(job),
                Err(TryRecvError::Empty) => {}
            }
            let merge_first = can_merge && self.runs.len() > MOST_RUNS;
            if !self.waiting.is_empty() && !self.stalled && !merge_first {
                self.write_next(outbox);
            } else if let Err(error) = self.merge_some(outbox) {
                tracing::warn!(%error, "runs of seen keys could not be merged; it will be tried again");
                self.abandon_merge();
                self.merge_paused = true;
            }
            if self.waiting.is_empty() {
                self.checkpoints.drain(..).for_each(|done| drop(done.send(Ok(()))));
            }
        }
    }

    fn take(&mut self, job: Job) {
        match job {
            Job::Write(frozen) => self.waiting.push_back(frozen),
            Job::Checkpoint(done) => self.checkpoints.push(done),
            Job::Retry | Job::Stop { .. } => {}
        }
        self.stalled = false;
    }

    fn write_next(&mut self, outbox: &Sender<Report>) {
        let Some(frozen) = self.waiting.front().cloned() else { return };
        match self.write(&frozen) {
            Ok(()) => {
                self.waiting.pop_front();
                self.merge_paused = false;
                self.report(outbox);
            }
            Err(error) => {
                self.stalled = true;
                for done in self.checkpoints.drain(..) {
                    let source = io::Error::new(error.kind(), error.to_string());
                    drop(done.send(Err(LogError::io("write seen keys to", &self.dir)(source))));
                }
                drop(outbox.send(Report::Stalled(error)));
            }
        }
    }

    fn report(&self, outbox: &Sender<Report>) {
        self.covered.store(self.manifest.covered, Release);
        drop(outbox.send(Report::Runs { runs: self.runs.clone(), upto: self.manifest.covered }));
    }

    fn next_path(&mut self) -> PathBuf {
        self.manifest.next_run += 1;
        self.dir.join(format!("{:010}.run", self.manifest.next_run))
    }

    fn write(&mut self, frozen: &Frozen) -> io::Result<()> {
        let mut keys: Vec<u128> = frozen.keys.iter().copied().collect();
        keys.sort_unstable();
        let path = self.next_path();
        let written = RunWriter::create(&self.disk, path.clone()).and_then(|mut writer| {
            keys.iter().try_for_each(|key| writer.push(*key))?;
            writer.finish()
        });
        let installed = written.and_then(|run| {
            let mut runs = self.runs.clone();
            runs.push(Arc::new(run));
            self.install(runs, frozen.upto)
        });
        if installed.is_err() {
            drop(fs::remove_file(path));
        }
        installed
    }

    /// Makes these runs the index, on disk and in memory.
    fn install(&mut self, runs: Vec<Arc<Run>>, covered: u64) -> io::Result<()> {
        let mut manifest = self.manifest.clone();
        manifest.runs =
            runs.iter().filter_map(|run| Some(run.path.file_name()?.to_string_lossy().into_owned())).collect();
        manifest.covered = covered;
        manifest.acknowledged = manifest.acknowledged.max(covered);
        manifest.save(&self.disk, &self.dir)?;
        self.manifest = manifest;
        self.runs = runs;
        Ok(())
    }

    fn merge_some(&mut self, outbox: &Sender<Report>) -> io::Result<()> {
        let Some(merge) = &mut self.merge else {
            if let Some(inputs) = merge::due(&self.runs).filter(|_| !self.merge_paused) {
                let output = self.next_path();
                self.merge = Some(Merge::start(&self.disk, inputs, output)?);
            }
            return Ok(());
        };
        if !merge.step()? {
            return Ok(());
        }
        let Some(merge) = self.merge.take() else { return Ok(()) };
        let inputs = merge.inputs.clone();
        let path = merge.output_path();
        let is_input = |run: &Arc<Run>| inputs.iter().any(|input| Arc::ptr_eq(input, run));
        let installed = merge.finish().and_then(|run| {
            let mut runs: Vec<_> = self.runs.iter().filter(|run| !is_input(run)).cloned().collect();
            runs.insert(0, Arc::new(run));
            self.install(runs, self.manifest.covered)
        });
        if let Err(error) = installed {
            drop(fs::remove_file(path));
            return Err(error);
        }
        self.report(outbox);
        // Open handles keep working; a file left here by a crash is removed at the next start.
        inputs.iter().for_each(|run| drop(fs::remove_file(&run.path)));
        Ok(())
    }

    fn abandon_merge(&mut self) {
        if let Some(merge) = self.merge.take() {
            drop(fs::remove_file(merge.output_path()));
        }
    }

    fn stop(&mut self, acknowledged: u64) {
        self.abandon_merge();
        if acknowledged > self.manifest.acknowledged {
            self.manifest.acknowledged = acknowledged;
            if let Err(error) = self.manifest.save(&self.disk, &self.dir) {
                tracing::warn!(%error, "the manifest of seen keys could not be brought up to date at closing");
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn many_small_tables_become_few_runs_with_all_their_keys() {
        let dir = tempfile::tempdir().expect("folder");
        let covered = Arc::new(AtomicU64::new(0));
        let keeper = Keeper::new(dir.path().to_owned(), Disk::default(), Manifest::default(), Vec::new(), covered);
        let handle = keeper.spawn().expect("starts");
        for table in 1..=100_u64 {
            let keys = (table * 10..table * 10 + 10).map(u128::from).collect();
            handle.send(Job::Write(Arc::new(Frozen { keys, upto: table * 10 })));
        }
        let runs = loop {
            match handle.wait() {
                Some(Report::Runs { runs, upto: 1000 }) if runs.len() < 4 => break runs,
                Some(Report::Runs { .. }) => {}
                Some(Report::Stalled(error)) => panic!("{error}"),
                None => panic!("the keeper ended"),
            }
        };
        handle.stop(1000);
        let mut found = HashSet::new();
        for run in &runs {
            let mut reader = run.reader().expect("reads");
            while let Some(key) = reader.next().expect("key") {
                assert!(found.insert(key));
            }
        }
        assert_eq!(found.len(), 1000);
        let manifest = Manifest::load(dir.path()).expect("reads").expect("is there");
        assert_eq!((manifest.runs.len(), manifest.covered, manifest.acknowledged), (runs.len(), 1000, 1000));
        let files = fs::read_dir(dir.path()).expect("lists").count();
        assert_eq!(files, runs.len() + 1, "merged runs are removed");
    }
}
