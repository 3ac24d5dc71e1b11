//! `fanvine import`: a shop's history from files, into the data folder or, when a server has it open, through that.

mod parquet;
mod remote;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use fanvine_collect::import::{self, LocalSink, Options, Plan, Sink, Summary};
use fanvine_kernel::ids::SourceId;
use fanvine_kernel::{Clock, Currency};
use fanvine_stream::LogError;
use indicatif::{HumanBytes, HumanCount, ProgressBar, ProgressStyle};
use tokio::sync::watch;

use crate::ambient::SystemClock;
use crate::program::Program;
use crate::projections;
use crate::serve::Running;
use crate::settings::{Place, Settings};

/// Bring in a shop's history from CSV, JSON Lines or Parquet
///
/// What each row means is told by a preset or a mapping file. Every event gets a name of its own that does not depend on
/// when it is imported: a second run, or one that goes on after a crash or Ctrl-C, doubles nothing. What cannot be an
/// event is kept in quarantine with its reason.
#[derive(Debug, clap::Args)]
pub struct Import {
    /// A file, or a folder whose files are read in the order of their names
    #[arg(value_name = "FILE|FOLDER")]
    path: PathBuf,
    /// A mapping that comes with Fanvine: uci-online-retail, retailrocket or segment
    #[arg(long, value_name = "NAME", conflicts_with = "mapping", required_unless_present = "mapping")]
    preset: Option<String>,
    /// A mapping of your own, in TOML
    #[arg(long, value_name = "FILE")]
    mapping: Option<PathBuf>,
    /// The source the events belong to [default: the mapping's]
    #[arg(long, value_name = "NAME")]
    source: Option<String>,
    #[command(flatten)]
    place: Place,
}

impl Import {
    /// Messages of Segment's, from a file into a data folder.
    pub fn of_segment(path: PathBuf, place: Place) -> Self {
        Self { path, preset: Some("segment".into()), mapping: None, source: None, place }
    }
}

/// Reads, maps and keeps; then says what came of it.
pub async fn run(import: Import) -> Result<()> {
    let plan = plan(&import)?;
    if !import.path.exists() {
        bail!("there is no file or folder {}", import.path.display());
    }
    let mut settings = Settings::load(&import.place)?;
    // A history is large and nobody else needs the memory: larger files at once, less to merge later.
    settings.lake.hot_bytes = settings.lake.hot_bytes.max(IMPORT_HOT_BYTES);
    let currency = settings.shop.currency;
    let asked_to_stop = stop_flag();
    let summary = match Program::open(&import.place.data_dir, settings).await {
        Ok(program) => into_folder(&program, &import, &plan, currency, &asked_to_stop).await?,
        Err(error) if is_locked(&error) => {
            let Some(running) = Running::read(&import.place.data_dir) else { return Err(error) };
            println!("the data folder is open in a running Fanvine; importing through {}", running.url);
            through_server(running, &import, plan, currency, asked_to_stop).await?
        }
        Err(error) => return Err(error),
    };
    tell(&summary);
    if summary.stopped {
        bail!("stopped before the end; the same command goes on from here");
    }
    Ok(())
}

fn plan(import: &Import) -> Result<Plan> {
    let mut plan = match (&import.preset, &import.mapping) {
        (Some(name), _) => Plan::preset(name)?,
        (None, Some(path)) => {
            let text =
                std::fs::read_to_string(path).with_context(|| format!("cannot read the mapping {}", path.display()))?;
            Plan::mapping(&text).with_context(|| path.display().to_string())?
        }
        (None, None) => bail!("say what the rows mean: --preset NAME or --mapping FILE"),
    };
    if let Some(name) = &import.source {
        plan.source.clone_from(name);
    }
    Ok(plan)
}

fn is_locked(error: &anyhow::Error) -> bool {
    error.chain().any(|cause| matches!(cause.downcast_ref::<LogError>(), Some(LogError::Locked { .. })))
}

/// Turns true on Ctrl-C. A second Ctrl-C ends the process, which loses nothing either.
fn stop_flag() -> Arc<AtomicBool> {
    let flag = Arc::new(AtomicBool::new(false));
    let raised = flag.clone();
    tokio::spawn(async move {
        while tokio::signal::ctrl_c().await.is_ok() {
            if raised.swap(true, Ordering::Relaxed) {
                std::process::exit(130);
            }
        }
    });
    flag
}

/// See `hot_bytes` of the settings.
const IMPORT_HOT_BYTES: usize = 128 << 20;

/// Imports into the data folder, and waits until every question sees what came in.
async fn into_folder(
    program: &Arc<Program>,
    import: &Import,
    plan: &Plan,
    currency: Option<Currency>,
    asked_to_stop: &Arc<AtomicBool>,
) -> Result<Summary> {
    let (stop, stopped) = watch::channel(false);
    let background = [
        tokio::spawn(projections::follow(program.clone(), stopped.clone())),
        // More comes as long as it lasts: what it leaves is merged by whoever serves it.
        tokio::spawn(projections::maintain(program.clone(), |_| true, stopped)),
    ];
    let source = program.collect.ensure_named(&plan.source).await.context("the source of the import")?.id;
    let runtime = tokio::runtime::Handle::current();
    let sink = LocalSink::new(&program.collect, runtime);
    let outcome = read(import, plan.clone(), source, currency, Box::new(sink), asked_to_stop.clone()).await;
    if outcome.is_ok() {
        wait_until_taken_in(program).await;
    }
    stop.send_replace(true);
    for task in background {
        task.await?;
    }
    program.close().await?;
    outcome
}

/// Imports through the server that has the data folder open.
async fn through_server(
    running: Running,
    import: &Import,
    plan: Plan,
    currency: Option<Currency>,
    asked_to_stop: Arc<AtomicBool>,
) -> Result<Summary> {
    let name = plan.source.clone();
    let (sink, source) = tokio::task::spawn_blocking(move || remote::connect(running, &name)).await??;
    read(import, plan, source, currency, Box::new(sink), asked_to_stop).await
}

/// Runs the engine on a thread that may block, with a progress bar.
async fn read(
    import: &Import,
    plan: Plan,
    source: SourceId,
    currency: Option<Currency>,
    mut sink: Box<dyn Sink + Send>,
    asked_to_stop: Arc<AtomicBool>,
) -> Result<Summary> {
    let path = import.path.clone();
    let checkpoint = checkpoint_file(&import.place.data_dir, &path, &plan);
    let outcome = tokio::task::spawn_blocking(move || {
        let options = Options {
            source,
            received_at: SystemClock.now(),
            currency,
            checkpoint: Some(checkpoint),
            parquet: Some(&parquet::open),
        };
        let bar = ProgressBar::new(0).with_style(bar_style());
        let outcome = import::run(&plan, &path, &options, sink.as_mut(), &mut |progress| {
            bar.set_length(progress.bytes_total);
            bar.set_position(progress.bytes_done);
            bar.set_message(format!("{} rows, {} events", HumanCount(progress.rows), HumanCount(progress.events)));
            !asked_to_stop.load(Ordering::Relaxed)
        });
        bar.finish_and_clear();
        outcome
    });
    outcome.await?.with_context(|| format!("importing {}", import.path.display()))
}

/// Where the import remembers how far it got: one file per plan and path, in the data folder.
fn checkpoint_file(data_dir: &Path, path: &Path, plan: &Plan) -> PathBuf {
    let absolute = std::fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let key = fanvine_kernel::event::message_key(
        crate::program::own_source().as_str(),
        &format!("{} {}", plan.source, absolute.display()),
    );
    data_dir.join("imports").join(format!("{key:032x}.json"))
}

fn bar_style() -> ProgressStyle {
    ProgressStyle::with_template("{bar:40} {percent}%  {binary_bytes_per_sec}  {msg}  {eta} left")
        .unwrap_or_else(|_| ProgressStyle::default_bar())
}

async fn wait_until_taken_in(program: &Program) {
    let end = program.log.end();
    let bar = ProgressBar::new(end).with_style(
        ProgressStyle::with_template("{spinner} making it queryable: {human_pos} of {human_len} events")
            .unwrap_or_else(|_| ProgressStyle::default_spinner()),
    );
    while program.progress.taken_in() < end {
        bar.set_position(program.progress.taken_in());
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    bar.finish_and_clear();
}

/// Says what came of it.
fn tell(summary: &Summary) {
    println!("read {} rows ({}) in {:.1} s", HumanCount(summary.read), HumanBytes(summary.bytes), summary.seconds);
    println!("  created        {:>12} events", HumanCount(summary.created).to_string());
    println!("  already there  {:>12} events", HumanCount(summary.already_there).to_string());
    if summary.too_old > 0 {
        println!("  passed over    {:>12} events, older than they are kept", HumanCount(summary.too_old).to_string());
    }
    for (name, count) in &summary.events {
        println!("    {name:<28} {:>12}", HumanCount(*count).to_string());
    }
    println!("  quarantined    {:>12} rows", HumanCount(summary.quarantined).to_string());
    for (reason, count) in &summary.skipped {
        println!("    {reason:<28} {:>12}", HumanCount(*count).to_string());
    }
}
