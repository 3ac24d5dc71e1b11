//! What the rooms, the process and the disk know at this moment.

use fanvine_store::StoreError;

use super::Figure;
use crate::ambient::process;
use crate::program::Program;

/// Gathers all figures. What cannot be found out is left out.
pub async fn gather(program: &Program) -> Vec<Figure> {
    let mut figures = vec![
        Figure::gauge("build_info", "Which program this is: always 1")
            .with([("version", env!("CARGO_PKG_VERSION").into()), ("store", program.store.kind().into())], 1.0),
        Figure::gauge("start_time_seconds", "When it was started, in seconds since 1970")
            .of(program.started_at.micros() as f64 / 1e6),
    ];
    figures.extend(events(program));
    figures.extend(log_and_projections(program));
    figures.extend(lake(program));
    match store(program).await {
        Ok(store) => figures.extend(store),
        // Somebody who watches wants the rest all the same, above all when the store is away.
        Err(error) => tracing::warn!(error = %error.in_full(), "the store did not say how large it is"),
    }
    figures.extend(machine(program));
    figures
}

fn events(program: &Program) -> [Figure; 3] {
    let mut received = Figure::counter("events_received", "Messages that came, by source, since the start");
    let mut duplicates =
        Figure::counter("events_duplicate", "Messages that had come before, by source, since the start");
    let mut refused =
        Figure::counter("events_refused", "Messages kept in quarantine, by source and reason, since the start");
    for (source, taken) in program.collect.taken() {
        let source = || ("source", source.to_string());
        received = received.with([source()], taken.received as f64);
        duplicates = duplicates.with([source()], taken.duplicates as f64);
        for (reason, times) in taken.refused {
            refused = refused.with([source(), ("reason", reason.to_owned())], times as f64);
        }
    }
    [received, duplicates, refused]
}

fn log_and_projections(program: &Program) -> [Figure; 4] {
    let end = program.log.end();
    let mut behind = Figure::gauge("projection_behind_events", "Events of the log a projection has yet to take in");
    let mut failing = Figure::gauge("projection_failing", "1 while a projection is held up by an error");
    for lag in program.progress.lags(end) {
        behind = behind.with([("projection", lag.projection.into())], lag.events as f64);
        failing = failing.with([("projection", lag.projection.into())], f64::from(u8::from(lag.error.is_some())));
    }
    [
        Figure::counter("log_events", "Events in the log, ever").of(end as f64),
        Figure::gauge("log_bytes", "Bytes of the event log on disk").of(program.log.bytes_on_disk() as f64),
        behind,
        failing,
    ]
}

fn lake(program: &Program) -> [Figure; 7] {
    let stats = program.lake.stats();
    [
        Figure::gauge("lake_files", "Files of the columnar event store").of(stats.files as f64),
        Figure::gauge("lake_bytes", "Bytes of those files").of(stats.bytes as f64),
        Figure::gauge("lake_rows", "Events in those files").of(stats.rows as f64),
        Figure::gauge("lake_hot_rows", "Events in memory, not yet in a file").of(stats.hot_rows as f64),
        Figure::gauge("lake_hot_bytes", "About how many bytes they take").of(stats.hot_bytes as f64),
        Figure::gauge("lake_shoppers", "Shoppers with any event").of(f64::from(stats.shoppers)),
        Figure::gauge("lake_durable_offset", "The log is in files up to this offset").of(stats.durable_offset as f64),
    ]
}

async fn store(program: &Program) -> Result<[Figure; 3], StoreError> {
    let waiting = program.store.read(|tx| {
        Box::pin(async move {
            let row = tx.one("SELECT count(*) AS waiting FROM outbox", Vec::new()).await?;
            row.map_or(Ok(0), |row| row.get::<i64>("waiting"))
        })
    });
    let waiting: Result<i64, StoreError> = waiting.await;
    Ok([
        Figure::counter("store_commits", "Transactions saved in the operational store, since the start")
            .of(program.store.commits() as f64),
        Figure::gauge("store_bytes", "Bytes of the operational store").of(program.store.bytes_on_disk().await? as f64),
        Figure::gauge("outbox_events", "Events that wait to be moved to the log").of(waiting? as f64),
    ])
}

fn machine(program: &Program) -> Vec<Figure> {
    let mut figures = Vec::new();
    let mut add =
        |name, help, value: Option<f64>| figures.extend(value.map(|value| Figure::gauge(name, help).of(value)));
    let usage = process::usage();
    add("process_memory_bytes", "Memory the process has in use", usage.memory_bytes.map(|bytes| bytes as f64));
    add("process_open_files", "Files and connections it has open", usage.open_files.map(|files| files as f64));
    let disk = process::disk(&program.data_dir);
    add("disk_free_bytes", "Free space where the data is", disk.map(|disk| disk.free_bytes as f64));
    add("disk_bytes", "All the space there", disk.map(|disk| disk.all_bytes as f64));
    if let Some(seconds) = usage.cpu_seconds {
        figures.push(Figure::counter("process_cpu_seconds", "Time on the processors").of(seconds));
    }
    figures
}
