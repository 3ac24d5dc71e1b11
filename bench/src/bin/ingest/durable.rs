//! Events acknowledged durably, at three batch sizes, against the floor: A B A B, medians over the rounds.

use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::Result;
use fanvine_bench::events::{Request, WRITE_KEY};
use fanvine_bench::generator::{self, Load};
use fanvine_bench::process::{self, MemoryWatch, Server, Usage};
use fanvine_bench::report::{self, Row, count, median};

const PEER: &str = "floor: same HTTP server appending the raw body with the same fsync policy";
const GOAL: f64 = 0.5;
/// Events in a request, and how many connections send.
const WORKS: [(usize, usize); 3] = [(1, 64), (100, 16), (1_000, 8)];
/// Memory the server may take at a sustained load.
const MEMORY_GOAL: u64 = 300 << 20;

/// One side in one round of one work.
struct Cell {
    rate: f64,
    p50_us: u32,
    p99_us: u32,
    events: u64,
    refused: u64,
    usage: Usage,
    log_bytes: u64,
    memory: u64,
    lag: u64,
    settled_s: f64,
}

/// Both sides of one work, round by round.
struct Work {
    batch: usize,
    connections: usize,
    ours: Vec<Cell>,
    floor: Vec<Cell>,
}

struct Sides {
    ours: Server,
    floor: Server,
    dir: tempfile::TempDir,
    memory: MemoryWatch,
}

/// Measures and writes `ingest.json` and `ingest.md`.
pub fn run() -> Result<()> {
    let rounds = crate::number("BENCH_ROUNDS", 3);
    let measured = Duration::from_secs(crate::number("BENCH_SECONDS", 8));
    let sides = start()?;
    let mut works = Vec::new();
    for (batch, connections) in WORKS {
        let load = Load { batch, connections, warm_up: Duration::from_secs(1), measured };
        let mut work = Work { batch, connections, ours: Vec::new(), floor: Vec::new() };
        for round in 0..rounds {
            // Which side goes first changes from round to round.
            for ours in [round % 2 == 0, round % 2 == 1] {
                let cell = measure(&sides, load, ours)?;
                let side = if ours { "Fanvine" } else { "floor" };
                println!(
                    "batch {batch:>4}, round {}: {side:7} {:>9} events/s, p50 {} µs, p99 {} µs, {} refused",
                    round + 1,
                    count(cell.rate),
                    cell.p50_us,
                    cell.p99_us,
                    cell.refused
                );
                if ours { work.ours.push(cell) } else { work.floor.push(cell) }
            }
        }
        works.push(work);
    }
    let memory = sides.memory.most();
    let rest = after_settling(sides.ours, sides.dir.path())?;
    let rows: Vec<Row> = works.iter().map(row).collect();
    report::write("ingest", &rows, &page(&works, &rows, &rest, measured, memory))
}

/// Starts the program under measurement on a folder in `dir`.
pub fn start_ours(dir: &Path) -> Result<Server> {
    let mut command = Command::new(crate::program()?);
    command.args(["serve", "--listen", "127.0.0.1:0", "--data-dir"]).arg(dir.join("ours"));
    Server::start(command.env("FANVINE_WRITE_KEY", WRITE_KEY).env("FANVINE_LOG", "warn"))
}

fn start() -> Result<Sides> {
    let dir = crate::work_dir()?;
    let ours = start_ours(dir.path())?;
    let floor = Server::start(
        Command::new(std::env::current_exe()?).args(["floor", "127.0.0.1:0"]).arg(dir.path().join("floor")),
    )?;
    let memory = MemoryWatch::start(ours.id());
    Ok(Sides { ours, floor, dir, memory })
}

fn measure(sides: &Sides, load: Load, ours: bool) -> Result<Cell> {
    let (server, dir) = if ours { (&sides.ours, "ours/log") } else { (&sides.floor, "floor") };
    let dir = sides.dir.path().join(dir);
    let (used, bytes) = (server.usage(), process::bytes_under(&dir));
    let memory = MemoryWatch::start(server.id());
    let mut outcome = generator::run(server.address, load)?;
    let usage = server.usage().since(used);
    let lag = if ours { behind(server) } else { 0 };
    let begun = Instant::now();
    if ours && !process::wait_until(Duration::from_secs(120), || behind(server) == 0) {
        println!("Fanvine was still {} events behind after 120 s", behind(server));
    }
    Ok(Cell {
        rate: outcome.rate(),
        p50_us: report::quantile(&mut outcome.latencies_us, 0.5),
        p99_us: report::quantile(&mut outcome.latencies_us, 0.99),
        events: outcome.events_ever,
        refused: outcome.refused,
        usage,
        log_bytes: process::bytes_under(&dir).saturating_sub(bytes),
        memory: memory.most(),
        lag,
        settled_s: begun.elapsed().as_secs_f64(),
    })
}

/// Events that the slowest projection has yet to take in.
pub fn behind(server: &Server) -> u64 {
    let Ok(readiness) = server.get("/readyz") else { return u64::MAX };
    let lags = readiness["behind"].as_array().into_iter().flatten();
    lags.filter_map(|lag| lag["events"].as_u64()).max().unwrap_or(0)
}

/// Bytes of each part of the data folder once nothing moves any more.
struct Rest {
    log: u64,
    lake: u64,
    store: u64,
}

/// Stops the server, which writes what is still in memory, and lets another merge files until it has nothing to do.
fn after_settling(ours: Server, dir: &Path) -> Result<Rest> {
    const STILL: Duration = Duration::from_secs(6);
    ours.stop()?;
    let _ours = start_ours(dir)?;
    let root = dir.join("ours");
    let size = |part: &str| process::bytes_under(&root.join(part));
    let (mut last, mut since) = (0, Instant::now());
    process::wait_until(Duration::from_secs(90), || {
        let now = size("lake") + size("log");
        if now != last {
            (last, since) = (now, Instant::now());
        }
        since.elapsed() > STILL
    });
    let (log, lake) = (size("log"), size("lake"));
    Ok(Rest { log, lake, store: process::bytes_under(&root).saturating_sub(log + lake) })
}

fn middle(cells: &[Cell], of: impl Fn(&Cell) -> f64) -> f64 {
    median(cells.iter().map(of))
}

fn row(work: &Work) -> Row {
    let (ours, floor) = (middle(&work.ours, |cell| cell.rate), middle(&work.floor, |cell| cell.rate));
    Row::new(format!("durable ingest, batch {}", work.batch), ours, "events/s", PEER, floor, GOAL)
}

fn page(works: &[Work], rows: &[Row], rest: &Rest, measured: Duration, memory: u64) -> String {
    let rounds = works.first().map_or(0, |work| work.ours.len());
    let throughput: Vec<Vec<String>> = rows.iter().map(throughput_line).collect();
    let detail: Vec<Vec<String>> = works.iter().flat_map(detail_lines).collect();
    let events: u64 = works.iter().flat_map(|work| &work.ours).map(|cell| cell.events).sum();
    let per_event = |bytes: u64| format!("{:.0}", bytes as f64 / events as f64);
    let verdict = if memory < MEMORY_GOAL { "within" } else { "over" };
    format!(
        "# Durable ingest\n\nWritten by `make bench NAME=ingest`; how it is made: [bench/README.md](../README.md). \
         {}. Medians of {rounds} rounds of {} s, Fanvine and floor alternating, both while the load ran on the same machine.\n\n\
         {}\nThe floor is the {}.\n\n{}\n\
         Memory of the server, at most, over the whole run: {} MiB, {verdict} the goal of {} MiB.\n\n\
         On disk after {} events, once everything had been written to columns and merged: {} bytes an event for the log, {} for \
         the columns, {} for the operational store; a request body had {} bytes an event.\n",
        report::machine(),
        measured.as_secs(),
        report::table(&["events/s acknowledged", "Fanvine", "floor", "ratio", "goal"], &throughput),
        PEER.trim_start_matches("floor: "),
        report::table(
            &[
                "",
                "p50 ms",
                "p99 ms",
                "CPU µs/event",
                "of it kernel",
                "peak MiB",
                "log bytes/event",
                "behind at the end",
                "caught up in s"
            ],
            &detail
        ),
        memory >> 20,
        MEMORY_GOAL >> 20,
        count(events as f64),
        per_event(rest.log),
        per_event(rest.lake),
        per_event(rest.store),
        Request::new(100, 0).bytes.len() / 100,
    )
}

fn throughput_line(row: &Row) -> Vec<String> {
    vec![
        row.work.clone(),
        count(row.ours),
        count(row.peer_value),
        format!("{:.2}", row.ratio),
        format!("{:.2}", row.goal),
    ]
}

fn detail_lines(work: &Work) -> Vec<Vec<String>> {
    let sides = [("Fanvine", &work.ours), ("floor", &work.floor)];
    let line = |(name, cells): (&str, &Vec<Cell>)| {
        let micros = |cell: &Cell, seconds: f64| seconds * 1e6 / cell.events as f64;
        vec![
            format!("batch {}, {} connections: {name}", work.batch, work.connections),
            format!("{:.2}", middle(cells, |cell| f64::from(cell.p50_us)) / 1e3),
            format!("{:.2}", middle(cells, |cell| f64::from(cell.p99_us)) / 1e3),
            format!("{:.2}", middle(cells, |cell| micros(cell, cell.usage.user_s + cell.usage.system_s))),
            format!("{:.2}", middle(cells, |cell| micros(cell, cell.usage.system_s))),
            format!("{:.0}", cells.iter().map(|cell| cell.memory >> 20).max().unwrap_or(0)),
            format!("{:.0}", middle(cells, |cell| cell.log_bytes as f64 / cell.events as f64)),
            count(middle(cells, |cell| cell.lag as f64)),
            format!("{:.1}", middle(cells, |cell| cell.settled_s)),
        ]
    };
    sides.into_iter().map(line).collect()
}
