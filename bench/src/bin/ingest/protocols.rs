//! How fast events come in by every protocol, beside Segment's path: the same events, the same number of them, in turns.

use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use fanvine_bench::generator;
use fanvine_bench::process;
use fanvine_bench::report::{self, Row, count, median};
use fanvine_bench::spoken::{BATCH, Way};

const PEER: &str = "the same events by Segment's path";
const GOAL: f64 = 0.5;
/// Events in a request, how many connections send, and how many requests a turn has.
const WORKS: [(usize, usize, usize); 2] = [(1, 64, 40_000), (BATCH, 16, 2_400)];

/// One protocol at one size, over the rounds.
struct Line {
    way: Way,
    batch: usize,
    rates: Vec<f64>,
    p99_us: Vec<f64>,
    cpu_us: Vec<f64>,
    bytes: usize,
}

/// Measures and writes `protocols.json` and `protocols.md`.
pub fn run() -> Result<()> {
    let rounds = crate::number("BENCH_ROUNDS", 3) as usize;
    let dir = crate::work_dir()?;
    let server = crate::durable::start_ours(dir.path())?;
    let (mut lines, mut next) = (Vec::new(), 0u64);
    for (batch, connections, requests) in WORKS {
        let mut of_size: Vec<Line> =
            Way::ALL.map(|way| Line { way, batch, rates: vec![], p99_us: vec![], cpu_us: vec![], bytes: 0 }).into();
        for round in 0..=rounds {
            // Who goes first changes from round to round.
            for turn in 0..of_size.len() {
                let place = (turn + round) % of_size.len();
                let line = &mut of_size[place];
                let made: Vec<Vec<u8>> =
                    (0..requests as u64).map(|number| line.way.request(next + number * batch as u64, batch)).collect();
                next += (requests * batch) as u64;
                line.bytes = made.first().map_or(0, Vec::len) / batch;
                let used = server.usage();
                let mut outcome = generator::send_all(server.address, connections, made, batch)?;
                let used = server.usage().since(used);
                ensure!(outcome.refused == 0, "{} requests of {} were refused", outcome.refused, line.way.name());
                process::wait_until(Duration::from_secs(120), || crate::durable::behind(&server) == 0);
                // The first round is to warm up.
                if round > 0 {
                    let events = outcome.events_ever as f64;
                    line.rates.push(outcome.rate());
                    line.p99_us.push(report::quantile(&mut outcome.latencies_us, 0.99).into());
                    line.cpu_us.push((used.user_s + used.system_s) * 1e6 / events);
                    println!("batch {batch:>3}: {:36} {:>9} events/s", line.way.name(), count(outcome.rate()));
                }
            }
        }
        lines.extend(of_size);
    }
    let rows: Vec<Row> = lines.iter().map(|line| row(line, &lines)).collect();
    let table: Vec<Vec<String>> = lines.iter().zip(&rows).map(|(line, row)| told(line, row)).collect();
    let head = ["", "batch", "events/s acknowledged", "by Segment's", "goal", "p99 ms", "CPU µs/event", "bytes/event"];
    let page = format!(
        "# Events by protocol\n\nWritten by `make bench NAME=protocols`; how it is made: [bench/README.md](../README.md). {}. \
         Medians of {rounds} rounds; generator and server share the machine.\n\n{}",
        report::machine(),
        report::table(&head, &table)
    );
    report::write("protocols", &rows, &page)
}

fn row(line: &Line, all: &[Line]) -> Row {
    let ours = median(line.rates.iter().copied());
    let segment = all.iter().find(|other| other.way == Way::Segment && other.batch == line.batch);
    let peer = segment.map_or(ours, |segment| median(segment.rates.iter().copied()));
    Row::new(format!("{}, batch {}", line.way.name(), line.batch), ours, "events/s", PEER, peer, GOAL)
}

fn told(line: &Line, row: &Row) -> Vec<String> {
    vec![
        line.way.name().to_owned(),
        line.batch.to_string(),
        count(row.ours),
        format!("{:.2}", row.ratio),
        format!("{:.2}", row.goal),
        format!("{:.1}", median(line.p99_us.iter().copied()) / 1_000.0),
        format!("{:.1}", median(line.cpu_us.iter().copied())),
        line.bytes.to_string(),
    ]
}

/// Ten minutes of all protocols at a pace that leaves room, and the memory meanwhile; writes `soak.json` and `soak.md`.
pub fn soak() -> Result<()> {
    let minutes = crate::number("BENCH_MINUTES", 10).max(3);
    let pace = crate::number("BENCH_PACE", 20_000);
    let dir = crate::work_dir()?;
    let server = crate::durable::start_ours(dir.path())?;
    let (begun, mut next, mut sent) = (Instant::now(), 0u64, 0u64);
    let mut by_minute: Vec<(u64, u64, u64)> = Vec::new();
    let (mut most, mut behind) = (0, 0);
    let step = Duration::from_millis(100);
    while by_minute.len() < minutes as usize {
        let due = Instant::now() + step;
        let requests = (pace / 10 / BATCH as u64).max(1);
        let way = |number: u64| Way::ALL[(number % Way::ALL.len() as u64) as usize];
        let made: Vec<Vec<u8>> =
            (0..requests).map(|number| way(number + next).request(next + number * BATCH as u64, BATCH)).collect();
        next += requests * BATCH as u64;
        let outcome = generator::send_all(server.address, 4, made, BATCH)?;
        ensure!(outcome.refused == 0, "{} requests were refused", outcome.refused);
        sent += outcome.events_ever;
        most = most.max(process::resident(server.id()).unwrap_or(0));
        std::thread::sleep(due.saturating_duration_since(Instant::now()));
        if begun.elapsed() >= Duration::from_secs(60 * (by_minute.len() as u64 + 1)) {
            behind = crate::durable::behind(&server);
            println!("minute {:>2}: {} MiB, {behind} events behind", by_minute.len() + 1, most >> 20);
            by_minute.push((most, behind, sent));
            most = 0;
        }
    }
    // What is learnt and cached in the first two minutes is not growth.
    let (early, late) = (by_minute[1].0 as f64, by_minute[by_minute.len() - 1].0 as f64);
    let mebibytes = |bytes: f64| bytes / f64::from(1 << 20);
    let work = format!("memory of the second minute by that of minute {minutes}");
    let row = Row::new(work, mebibytes(early), "MiB", "itself", mebibytes(late), 0.95);
    let line = |(minute, (most, behind, sent)): (usize, &(u64, u64, u64))| {
        vec![(minute + 1).to_string(), (most >> 20).to_string(), count(*behind as f64), count(*sent as f64)]
    };
    let table: Vec<Vec<String>> = by_minute.iter().enumerate().map(line).collect();
    let page = format!(
        "# Soak\n\nWritten by `make bench NAME=soak`; how it is made: [bench/README.md](../README.md). {}. {minutes} minutes of \
         about {} events a second, by all protocols in turns, {BATCH} to a request; {} of 200,000 shoppers in all, {behind} behind at the end.\n\n{}",
        report::machine(),
        count(sent as f64 / begun.elapsed().as_secs_f64()),
        count(sent as f64),
        report::table(&["minute", "most memory, MiB", "events behind", "events so far"], &table)
    );
    report::write("soak", &[row], &page)
}
