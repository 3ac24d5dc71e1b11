//! The load: a fixed number of connections, each sending its next request when the last was answered.
//!
//! One thread drives all connections, so that on a small machine the load costs the server little and the same in every
//! cell. Latency is counted from the first byte written to the last byte of the answer read.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::events::Request;

/// How much is sent at a time, by how many at once, for how long.
#[derive(Debug, Clone, Copy)]
pub struct Load {
    /// Events in a request.
    pub batch: usize,
    /// Connections.
    pub connections: usize,
    /// Before counting begins.
    pub warm_up: Duration,
    /// While counting.
    pub measured: Duration,
}

/// What came of it.
#[derive(Debug, Default)]
pub struct Outcome {
    /// Events acknowledged while counting.
    pub events: u64,
    /// Seconds counted.
    pub seconds: f64,
    /// Microseconds from request to answer, of each request answered while counting.
    pub latencies_us: Vec<u32>,
    /// Requests answered with anything but 200, ever.
    pub refused: u64,
    /// Events acknowledged ever, warming up included.
    pub events_ever: u64,
}

impl Outcome {
    /// Events acknowledged per second.
    pub fn rate(&self) -> f64 {
        self.events as f64 / self.seconds
    }
}

#[derive(Default)]
struct Signals {
    counting: AtomicBool,
    over: AtomicBool,
}

/// Sends for as long as `load` says and counts what was acknowledged.
pub fn run(address: SocketAddr, load: Load) -> Result<Outcome> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let signals = Arc::new(Signals::default());
        let senders: Vec<_> = (0..load.connections)
            .map(|variant| tokio::spawn(send(address, load.batch, variant, signals.clone())))
            .collect();
        tokio::time::sleep(load.warm_up).await;
        signals.counting.store(true, Relaxed);
        let begun = Instant::now();
        tokio::time::sleep(load.measured).await;
        signals.counting.store(false, Relaxed);
        let seconds = begun.elapsed().as_secs_f64();
        signals.over.store(true, Relaxed);
        let mut all = Outcome { seconds, ..Outcome::default() };
        for sender in senders {
            let one = sender.await.context("a sender panicked")??;
            all.events += one.events;
            all.events_ever += one.events_ever;
            all.refused += one.refused;
            all.latencies_us.extend(one.latencies_us);
        }
        if all.events == 0 {
            bail!("{address} acknowledged nothing, {} requests were refused", all.refused);
        }
        Ok(all)
    })
}

/// Sends these requests of `batch` events each, every connection its next when the last was answered, and counts from the
/// first to the last answer.
pub fn send_all(address: SocketAddr, connections: usize, requests: Vec<Vec<u8>>, batch: usize) -> Result<Outcome> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let waiting = Arc::new(std::sync::Mutex::new(requests));
        let begun = Instant::now();
        let senders: Vec<_> =
            (0..connections).map(|_| tokio::spawn(send_waiting(address, Arc::clone(&waiting), batch))).collect();
        let mut all = Outcome::default();
        for sender in senders {
            let one = sender.await.context("a sender panicked")??;
            all.events_ever += one.events_ever;
            all.refused += one.refused;
            all.latencies_us.extend(one.latencies_us);
        }
        (all.events, all.seconds) = (all.events_ever, begun.elapsed().as_secs_f64());
        Ok(all)
    })
}

async fn send_waiting(
    address: SocketAddr,
    waiting: Arc<std::sync::Mutex<Vec<Vec<u8>>>>,
    batch: usize,
) -> Result<Outcome> {
    let mut stream = TcpStream::connect(address).await.with_context(|| format!("cannot connect to {address}"))?;
    stream.set_nodelay(true)?;
    let mut answer = Vec::with_capacity(4_096);
    let mut outcome = Outcome::default();
    let next = || waiting.lock().unwrap_or_else(std::sync::PoisonError::into_inner).pop();
    while let Some(request) = next() {
        let begun = Instant::now();
        stream.write_all(&request).await?;
        let status = read_answer(&mut stream, &mut answer).await?;
        outcome.latencies_us.push(u32::try_from(begun.elapsed().as_micros()).unwrap_or(u32::MAX));
        if status == 200 {
            outcome.events_ever += batch as u64;
        } else {
            outcome.refused += 1;
            if outcome.refused == 1 {
                eprintln!("refused with {status}: {}", String::from_utf8_lossy(&answer));
            }
        }
    }
    Ok(outcome)
}

async fn send(address: SocketAddr, batch: usize, variant: usize, signals: Arc<Signals>) -> Result<Outcome> {
    let mut stream = TcpStream::connect(address).await.with_context(|| format!("cannot connect to {address}"))?;
    stream.set_nodelay(true)?;
    let mut request = Request::new(batch, variant);
    let mut answer = Vec::with_capacity(4_096);
    let mut outcome = Outcome::default();
    while !signals.over.load(Relaxed) {
        request.renew();
        let begun = Instant::now();
        stream.write_all(&request.bytes).await?;
        let status = read_answer(&mut stream, &mut answer).await?;
        let took = begun.elapsed();
        if status != 200 {
            outcome.refused += 1;
            if outcome.refused == 1 {
                eprintln!("refused with {status}: {}", String::from_utf8_lossy(&answer));
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
            continue;
        }
        outcome.events_ever += request.events as u64;
        if signals.counting.load(Relaxed) {
            outcome.events += request.events as u64;
            outcome.latencies_us.push(u32::try_from(took.as_micros()).unwrap_or(u32::MAX));
        }
    }
    Ok(outcome)
}

/// Reads one answer whole and returns its status. Understands `Content-Length` only, which small answers have.
async fn read_answer(stream: &mut TcpStream, answer: &mut Vec<u8>) -> Result<u16> {
    answer.clear();
    loop {
        if stream.read_buf(answer).await? == 0 {
            bail!("the server closed the connection in the middle of an answer");
        }
        let Some(end) = answer.windows(4).position(|window| window == b"\r\n\r\n") else { continue };
        let head = std::str::from_utf8(&answer[..end]).context("the head of an answer is not text")?;
        let status = head.get(9..12).and_then(|code| code.parse().ok()).context("an answer has no status")?;
        let length = head.lines().find_map(|line| {
            let (name, value) = line.split_once(':')?;
            name.eq_ignore_ascii_case("content-length").then(|| value.trim().parse::<usize>().ok())?
        });
        let whole = end + 4 + length.context("an answer has no Content-Length")?;
        while answer.len() < whole {
            if stream.read_buf(answer).await? == 0 {
                bail!("the server closed the connection in the middle of an answer");
            }
        }
        return Ok(status);
    }
}
