//! A shop's history of ten million events, imported: how fast, and what limits it.
//!
//! The peer does in one thread what nobody can avoid: read the file, parse every line, write the lines and sync.

use std::fs::{File, OpenOptions};
use std::io::{BufRead, BufReader, BufWriter, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use fanvine_bench::events;
use fanvine_bench::process::{self, MemoryWatch, Usage};
use fanvine_bench::report::{self, Row, count};

const PEER: &str = "one thread: read, parse each line with serde_json, append it raw, fdatasync every 4 MiB";
const GOAL: f64 = 0.5;
const GROUP_BYTES: u64 = 4 << 20;

/// What importing took.
struct Import {
    seconds: f64,
    usage: Usage,
    threads: Vec<(String, f64)>,
    memory: u64,
}

/// Measures and writes `import.json` and `import.md`.
pub fn run() -> Result<()> {
    let events = crate::number("BENCH_EVENTS", 10_000_000);
    let dir = crate::work_dir()?;
    let file = dir.path().join("history.jsonl");
    println!("writing a history of {} events", count(events as f64));
    let bytes = generate(&file, events)?;
    let begun = Instant::now();
    let parsed = floor(&file, &dir.path().join("floor.raw"))?;
    let floor_s = begun.elapsed().as_secs_f64();
    if parsed != events {
        bail!("the floor read {parsed} lines of {events}");
    }
    println!("floor: {} events/s", count(events as f64 / floor_s));
    let data = dir.path().join("ours");
    let import = import(&file, &data)?;
    let rate = |seconds: f64| events as f64 / seconds;
    let work = format!("import of {} JSON-lines events", count(events as f64));
    let row = Row::new(work, rate(import.seconds), "events/s", PEER, rate(floor_s), GOAL);
    let page = page(&row, &import, events, bytes, &data);
    report::write("import", &[row], &page)
}

fn generate(path: &Path, events: u64) -> Result<u64> {
    let mut out = BufWriter::with_capacity(1 << 20, File::create(path)?);
    let (mut line, mut bytes) = (String::new(), 0);
    for number in 0..events {
        events::history_line(number, &mut line);
        bytes += line.len() as u64;
        out.write_all(line.as_bytes())?;
    }
    out.into_inner().map_err(std::io::IntoInnerError::into_error)?.sync_all()?;
    Ok(bytes)
}

fn floor(from: &Path, to: &Path) -> Result<u64> {
    let mut lines = BufReader::with_capacity(1 << 20, File::open(from)?);
    let out = OpenOptions::new().write(true).create_new(true).open(to)?;
    let mut buffered = BufWriter::with_capacity(GROUP_BYTES as usize, &out);
    let (mut line, mut parsed, mut unsynced) = (Vec::new(), 0, 0);
    while lines.read_until(b'\n', &mut line)? > 0 {
        let value: serde_json::Value = serde_json::from_slice(&line).with_context(|| format!("line {}", parsed + 1))?;
        if !value.is_object() {
            bail!("line {} is not an object", parsed + 1);
        }
        buffered.write_all(&line)?;
        parsed += 1;
        unsynced += line.len() as u64;
        line.clear();
        if unsynced >= GROUP_BYTES {
            buffered.flush()?;
            out.sync_data()?;
            unsynced = 0;
        }
    }
    buffered.flush()?;
    out.sync_data()?;
    drop(buffered);
    std::fs::remove_file(to)?;
    Ok(parsed)
}

fn import(file: &Path, data: &Path) -> Result<Import> {
    let mut command = Command::new(crate::program()?);
    command.arg("import").arg(file).args(["--preset", "segment", "--data-dir"]).arg(data).stdout(Stdio::inherit());
    let begun = Instant::now();
    let mut child = command.spawn().context("cannot start the import")?;
    let memory = MemoryWatch::start(child.id());
    let (mut usage, mut threads) = (Usage::default(), Vec::new());
    let status = loop {
        if let Some(status) = child.try_wait()? {
            break status;
        }
        // A process that is ending tells less and less: the last full look counts.
        if let Some(now) = process::usage(child.id()).filter(|now| now.user_s + now.system_s > 0.0) {
            usage = now;
        }
        let looked = process::threads(child.id());
        if looked.len() > 1 {
            threads = looked;
        }
        std::thread::sleep(Duration::from_millis(50));
    };
    if !status.success() {
        bail!("the import ended with {status}");
    }
    Ok(Import { seconds: begun.elapsed().as_secs_f64(), usage, threads, memory: memory.most() })
}

fn page(row: &Row, import: &Import, events: u64, bytes: u64, data: &Path) -> String {
    let busy = import.usage.user_s + import.usage.system_s;
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let threads: Vec<Vec<String>> = import
        .threads
        .iter()
        .filter(|(_, seconds)| *seconds >= 0.1)
        .map(|(name, seconds)| vec![name.clone(), format!("{seconds:.1}"), format!("{:.0} %", seconds / busy * 100.0)])
        .collect();
    format!(
        "# Import\n\nWritten by `make bench NAME=import`; how it is made: [bench/README.md](../README.md). {}.\n\n{}\n\
         The peer is {PEER}.\n\n\
         {} events, {} MB of JSON lines, in {:.0} s: {:.1} MB/s read, {:.1} MB/s written ({} MB in all), {:.2} of {cores} cores busy \
         ({:.0} s in the program, {:.0} s in the kernel), at most {} MiB of memory. On disk afterwards: {:.0} bytes an event.\n\n{}",
        report::machine(),
        report::table(
            &["events/s imported", "Fanvine", "peer", "ratio", "goal"],
            &[vec![
                row.work.clone(),
                count(row.ours),
                count(row.peer_value),
                format!("{:.2}", row.ratio),
                format!("{:.2}", row.goal)
            ]]
        ),
        count(events as f64),
        bytes / 1_000_000,
        import.seconds,
        bytes as f64 / 1e6 / import.seconds,
        import.usage.written as f64 / 1e6 / import.seconds,
        import.usage.written / 1_000_000,
        busy / import.seconds,
        import.usage.user_s,
        import.usage.system_s,
        import.memory >> 20,
        process::bytes_under(data) as f64 / events as f64,
        report::table(&["threads by name", "CPU s", "share"], &threads),
    )
}
