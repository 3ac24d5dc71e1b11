//! A server under measurement: started, found, looked at from outside through `/proc`, ended.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use serde_json::Value;

/// A running server. Ended when dropped.
pub struct Server {
    child: Child,
    /// Where it answers.
    pub address: SocketAddr,
    _stdout: BufReader<ChildStdout>,
}

/// What a process used, ever.
#[derive(Debug, Clone, Copy, Default)]
pub struct Usage {
    /// Seconds of CPU in the program.
    pub user_s: f64,
    /// Seconds of CPU in the kernel.
    pub system_s: f64,
    /// Bytes it caused to be written to disk.
    pub written: u64,
}

impl Usage {
    /// What was used since `before`.
    pub fn since(self, before: Self) -> Self {
        Self {
            user_s: self.user_s - before.user_s,
            system_s: self.system_s - before.system_s,
            written: self.written - before.written,
        }
    }
}

impl Server {
    /// Starts a server and waits for the line in which it says `ready at http://…`.
    pub fn start(command: &mut Command) -> Result<Self> {
        let mut child = command.stdout(Stdio::piped()).spawn().with_context(|| format!("cannot start {command:?}"))?;
        let mut stdout = BufReader::new(child.stdout.take().context("no standard output")?);
        let mut line = String::new();
        loop {
            line.clear();
            if stdout.read_line(&mut line)? == 0 {
                bail!("{command:?} ended without being ready: {}", child.wait()?);
            }
            if let Some((_, address)) = line.split_once("ready at http://") {
                let address = address.trim().parse().with_context(|| format!("not an address: {line}"))?;
                return Ok(Self { child, address, _stdout: stdout });
            }
        }
    }

    /// Its process id.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// What it used so far.
    pub fn usage(&self) -> Usage {
        usage(self.id()).unwrap_or_default()
    }

    /// `GET path` as JSON.
    pub fn get(&self, path: &str) -> Result<Value> {
        let mut stream = TcpStream::connect(self.address)?;
        write!(stream, "GET {path} HTTP/1.1\r\nHost: fanvine\r\nConnection: close\r\n\r\n")?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        let (_, body) = answer.split_once("\r\n\r\n").context("an answer without an end of its head")?;
        serde_json::from_str(body).with_context(|| format!("not JSON: {answer}"))
    }

    /// Ends it as an operator would and waits.
    pub fn stop(mut self) -> Result<()> {
        let asked = Command::new("kill").args(["-TERM", &self.id().to_string()]).status()?;
        if !asked.success() {
            bail!("cannot signal process {}", self.id());
        }
        self.child.wait()?;
        Ok(())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended already; either way it is gone afterwards.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// What the process used so far, while it lives.
pub fn usage(id: u32) -> Option<Usage> {
    let stat = std::fs::read_to_string(format!("/proc/{id}/stat")).ok()?;
    let (user_s, system_s) = cpu_seconds(&stat)?;
    let io = std::fs::read_to_string(format!("/proc/{id}/io")).unwrap_or_default();
    let written = io.lines().find_map(|line| line.strip_prefix("write_bytes: ")?.parse().ok()).unwrap_or(0);
    Some(Usage { user_s, system_s, written })
}

fn cpu_seconds(stat: &str) -> Option<(f64, f64)> {
    /// The unit of `/proc/PID/stat`; `getconf CLK_TCK` is 100 on every Linux.
    const TICKS: f64 = 100.0;
    let fields: Vec<&str> = stat.rsplit_once(')')?.1.split_whitespace().collect();
    let seconds = |place: usize| Some(fields.get(place)?.parse::<f64>().ok()? / TICKS);
    Some((seconds(11)?, seconds(12)?))
}

/// Seconds of CPU by the name of the thread, the most first.
pub fn threads(id: u32) -> Vec<(String, f64)> {
    let mut by_name = std::collections::BTreeMap::<String, f64>::new();
    for task in std::fs::read_dir(format!("/proc/{id}/task")).into_iter().flatten().flatten() {
        let stat = std::fs::read_to_string(task.path().join("stat")).unwrap_or_default();
        let name = stat.split_once('(').and_then(|(_, rest)| rest.rsplit_once(')')).map(|(name, _)| name.to_owned());
        if let (Some(name), Some((user, system))) = (name, cpu_seconds(&stat)) {
            *by_name.entry(name).or_default() += user + system;
        }
    }
    let mut threads: Vec<_> = by_name.into_iter().collect();
    threads.sort_by(|one, two| two.1.total_cmp(&one.1));
    threads
}

/// Memory in use now, in bytes (`VmRSS`).
pub fn resident(id: u32) -> Option<u64> {
    let status = std::fs::read_to_string(format!("/proc/{id}/status")).ok()?;
    let kib = status
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:")?.trim().strip_suffix(" kB")?.trim().parse::<u64>().ok());
    Some(kib? << 10)
}

/// Looks at a process's memory ten times a second, until dropped.
pub struct MemoryWatch {
    over: Arc<AtomicBool>,
    most: Arc<AtomicU64>,
}

impl MemoryWatch {
    /// Begins to look.
    pub fn start(id: u32) -> Self {
        let (over, most) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU64::new(0)));
        let (until, into) = (over.clone(), most.clone());
        std::thread::spawn(move || {
            while !until.load(Relaxed) {
                into.fetch_max(resident(id).unwrap_or(0), Relaxed);
                std::thread::sleep(Duration::from_millis(100));
            }
        });
        Self { over, most }
    }

    /// The most that was in use, in bytes.
    pub fn most(&self) -> u64 {
        self.most.load(Relaxed)
    }
}

impl Drop for MemoryWatch {
    fn drop(&mut self) {
        self.over.store(true, Relaxed);
    }
}

/// Bytes of the files under `path`, as allocated on disk.
pub fn bytes_under(path: &Path) -> u64 {
    use std::os::unix::fs::MetadataExt;
    let entries = std::fs::read_dir(path).into_iter().flatten().flatten();
    let size = |entry: std::fs::DirEntry| match entry.metadata() {
        Ok(about) if about.is_dir() => bytes_under(&entry.path()),
        Ok(about) => about.len().min(about.blocks() * 512),
        Err(_) => 0,
    };
    entries.map(size).sum()
}

/// Asks `done` ten times a second until it says yes; says whether it did within `limit`.
pub fn wait_until(limit: Duration, mut done: impl FnMut() -> bool) -> bool {
    let begun = Instant::now();
    while begun.elapsed() < limit {
        if done() {
            return true;
        }
        std::thread::sleep(Duration::from_millis(100));
    }
    false
}
