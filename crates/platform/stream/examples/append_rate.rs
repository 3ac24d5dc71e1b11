//! Prints how fast the log acknowledges appends: `append_rate [folder] [seconds per row]`.

use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::{Duration, Instant};

use fanvine_stream::{AppendError, Log, LogOptions, Record};

/// An event of the size a storefront sends, about 450 bytes.
fn event(key: u128) -> Record {
    let n = key as u64;
    let text = format!(
        r#"{{"messageId":"ajs-{key:032x}","type":"track","event":"Product Viewed","anonymousId":"{:016x}-{:08x}","userId":"u{}","sentAt":"2026-11-22T10:{:02}:{:02}.{:03}Z","context":{{"page":{{"url":"https://shop.example/p/{}","referrer":"https://social.example/"}},"campaign":{{"source":"feed","name":"autumn"}}}},"properties":{{"product_id":"p{}","category":"scarves","price":{}.{:02},"currency":"EUR","quantity":1}}}}"#,
        n.wrapping_mul(0x9e37_79b9_7f4a_7c15),
        n as u32 ^ 0x5bd1_e995,
        n % 100_003,
        n / 60 % 60,
        n % 60,
        n % 1000,
        n % 4_001,
        n % 4_001,
        n % 90,
        n % 100,
    );
    Record { key: key.wrapping_mul(0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835), bytes: text.into_bytes() }
}

async fn appender(log: Log, next_key: &'static AtomicU64, batch: u64, until: Instant) -> (u64, Vec<u32>) {
    let (mut records, mut micros) = (0, Vec::new());
    while Instant::now() < until {
        let first = next_key.fetch_add(batch, Relaxed);
        let group: Vec<Record> = (first..first + batch).map(|key| event(u128::from(key))).collect();
        let begun = Instant::now();
        match log.append(group.into_iter().collect()).await {
            Ok(_) => {
                records += batch;
                micros.push(begun.elapsed().as_micros() as u32);
            }
            Err(AppendError::Busy { .. }) => tokio::time::sleep(Duration::from_millis(1)).await,
            Err(error) => {
                eprintln!("{error}");
                break;
            }
        }
    }
    (records, micros)
}

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    static NEXT_KEY: AtomicU64 = AtomicU64::new(0);
    let mut args = std::env::args().skip(1);
    let parent = args.next().map_or_else(std::env::temp_dir, PathBuf::from);
    let seconds: f64 = args.next().map_or(Ok(2.0), |s| s.parse())?;
    println!("{:>6} {:>10} {:>12} {:>9} {:>9} {:>9}", "batch", "appenders", "records/s", "p50 ms", "p99 ms", "MB/s");
    for batch in [1, 100, 1000] {
        for appenders in [1, 8, 32, 128] {
            let dir = tempfile::tempdir_in(&parent)?;
            let log = Log::open(dir.path(), LogOptions::default())?;
            let begun = Instant::now();
            let until = begun + Duration::from_secs_f64(seconds);
            let tasks: Vec<_> =
                (0..appenders).map(|_| tokio::spawn(appender(log.clone(), &NEXT_KEY, batch, until))).collect();
            let (mut records, mut micros) = (0, Vec::new());
            for task in tasks {
                let (r, m) = task.await?;
                records += r;
                micros.extend(m);
            }
            let elapsed = begun.elapsed().as_secs_f64();
            micros.sort_unstable();
            let at = |part: usize| micros.get(micros.len() * part / 100).map_or(0.0, |m| f64::from(*m) / 1000.0);
            let rate = records as f64 / elapsed;
            let mega = log.bytes_on_disk() as f64 / 1e6 / elapsed;
            println!("{batch:>6} {appenders:>10} {rate:>12.0} {:>9.2} {:>9.2} {mega:>9.1}", at(50), at(99));
        }
    }
    Ok(())
}
