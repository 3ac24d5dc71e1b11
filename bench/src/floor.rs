//! The floor: what the machine allows. The same HTTP server, which only appends the raw body of each request to a file
//! and answers when it is on disk.
//!
//! It syncs as Fanvine's event log does: one writer takes whatever has come in meanwhile (up to 4 MiB), writes it once,
//! syncs once, answers all; space is filled with zeros ahead of small groups; a file is closed at 64 MiB. It parses
//! nothing, checks no key, knows no duplicates and keeps no columns.

use std::fs::{File, OpenOptions};
use std::io;
use std::net::SocketAddr;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Condvar, Mutex, PoisonError};

use anyhow::{Context, Result};
use axum::Router;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use tokio::sync::oneshot;

const SEGMENT_BYTES: u64 = 64 << 20;
const GROUP_BYTES: usize = 4 << 20;
const AHEAD_BYTES: usize = 1 << 20;
const AHEAD_PART: usize = 16;

struct Waiting {
    body: Bytes,
    done: oneshot::Sender<bool>,
}

#[derive(Default)]
struct Queue {
    waiting: Mutex<Vec<Waiting>>,
    ready: Condvar,
}

/// Serves until the process is ended, keeping what comes in under `dir`.
pub fn serve(listen: SocketAddr, dir: &Path) -> Result<()> {
    let queue = Arc::new(Queue::default());
    let mut writer = Writer::open(dir).with_context(|| format!("cannot write to {}", dir.display()))?;
    let shared = queue.clone();
    std::thread::Builder::new().name("floor-writer".into()).spawn(move || writer.run(&shared))?;
    let router = Router::new()
        .route("/v1/track", post(append))
        .route("/v1/batch", post(append))
        .layer(DefaultBodyLimit::max(1 << 20))
        .with_state(queue);
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        let listener = tokio::net::TcpListener::bind(listen).await?;
        println!("The floor is ready at http://{}", listener.local_addr()?);
        axum::serve(listener, router).await?;
        Ok(())
    })
}

async fn append(State(queue): State<Arc<Queue>>, body: Bytes) -> Response {
    let (done, durable) = oneshot::channel();
    queue.waiting.lock().unwrap_or_else(PoisonError::into_inner).push(Waiting { body, done });
    queue.ready.notify_one();
    if durable.await == Ok(true) {
        ([(header::CONTENT_TYPE, "application/json")], r#"{"success":true}"#).into_response()
    } else {
        StatusCode::SERVICE_UNAVAILABLE.into_response()
    }
}

impl Queue {
    /// Waits for bodies and takes as many as fit in one group.
    fn take(&self) -> Vec<Waiting> {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        while waiting.is_empty() {
            waiting = self.ready.wait(waiting).unwrap_or_else(PoisonError::into_inner);
        }
        let mut bytes = 0;
        let fitting = waiting.iter().take_while(|next| {
            bytes += next.body.len();
            bytes <= GROUP_BYTES
        });
        let fitting = fitting.count().max(1);
        waiting.drain(..fitting).collect()
    }
}

struct Writer {
    dir: PathBuf,
    file: File,
    number: u64,
    len: u64,
    filled: u64,
    frame: Vec<u8>,
}

impl Writer {
    fn open(dir: &Path) -> io::Result<Self> {
        std::fs::create_dir_all(dir)?;
        let file = create(dir, 0)?;
        Ok(Self { dir: dir.to_owned(), file, number: 0, len: 0, filled: 0, frame: Vec::new() })
    }

    fn run(&mut self, queue: &Queue) {
        loop {
            let group = queue.take();
            self.frame.clear();
            for waiting in &group {
                self.frame.extend_from_slice(&(waiting.body.len() as u32).to_le_bytes());
                self.frame.extend_from_slice(&waiting.body);
            }
            let durable = self.write().inspect_err(|error| eprintln!("the floor cannot write: {error}")).is_ok();
            for waiting in group {
                // A client that went away is no concern of ours.
                let _ = waiting.done.send(durable);
            }
        }
    }

    fn write(&mut self) -> io::Result<()> {
        let size = self.frame.len();
        if self.len > 0 && self.len + size as u64 > SEGMENT_BYTES {
            self.file.set_len(self.len)?;
            self.number += 1;
            self.file = create(&self.dir, self.number)?;
            (self.len, self.filled) = (0, 0);
        }
        let end = self.len + size as u64;
        if end > self.filled && size <= AHEAD_BYTES / AHEAD_PART {
            self.frame.resize(size + AHEAD_BYTES, 0);
        }
        self.file.write_all_at(&self.frame, self.len)?;
        self.file.sync_data()?;
        self.filled = self.filled.max(self.len + self.frame.len() as u64);
        self.len = end;
        Ok(())
    }
}

fn create(dir: &Path, number: u64) -> io::Result<File> {
    let path = dir.join(format!("{number:08}.raw"));
    let file = OpenOptions::new().read(true).write(true).create(true).truncate(true).open(path)?;
    File::open(dir)?.sync_all()?;
    Ok(file)
}
