//! `fanvine backup`: copies everything, also while the server runs. What an earlier backup holds is not copied again.

use std::io;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail, ensure};
use fanvine_kernel::Clock;
use fanvine_lake::{LakeError, lake_files};
use fanvine_stream::{record_files, seen_files};
use indicatif::HumanBytes;

use super::depot::{Depot, Known};
use super::{DUMP, Entry, FORMAT, Manifest, SETTINGS, SQLITE, postgres, restore};
use crate::ambient::SystemClock;
use crate::settings::{Place, Settings};

/// How often a file may be gone before it is copied, because it was merged into another.
const TRIES: usize = 50;

/// Copy everything that is kept into a backup, also while the server runs
///
/// A folder holds any number of backups; what two of them have in common is kept once, so a second backup copies only what
/// is new. With PostgreSQL, its own pg_dump is run for the database. Settings and secrets in them are part of a backup:
/// keep it as safe as the data.
#[derive(Debug, clap::Args)]
pub struct Backup {
    /// Folder of the backups; made if it is not there
    #[arg(value_name = "DIR")]
    dir: PathBuf,
    /// Keep only so many of the newest backups
    #[arg(long, value_name = "COUNT", value_parser = clap::value_parser!(u32).range(1..))]
    keep: Option<u32>,
    /// Restore it into a folder beside it, open that and compare its answers; then remove it
    #[arg(long)]
    verify: bool,
    /// With PostgreSQL and --verify: an empty database to restore into
    #[arg(long, env = "FANVINE_VERIFY_STORE", value_name = "URL", hide_env_values = true, requires = "verify")]
    verify_store: Option<String>,
    #[command(flatten)]
    place: Place,
}

/// Makes a backup and says what it holds.
pub async fn run(backup: Backup) -> Result<()> {
    let settings = Settings::load(&backup.place)?;
    let data = &backup.place.data_dir;
    ensure!(data.join("log").is_dir(), "there is nothing to back up in {}: it has no event log", data.display());
    if settings.store_url(data).starts_with("postgres") && backup.verify {
        ensure!(backup.verify_store.is_some(), "with PostgreSQL, --verify needs an empty database: --verify-store URL");
    }
    let mut depot = Depot::open(&backup.dir)?;
    let known = match depot.names()?.last() {
        Some(last) => Known::of(depot.manifest(last)?),
        None => Known::default(),
    };
    let made_at = SystemClock.now();
    let name = made_at.to_string().replace(':', "-");
    let mut files = settings_and_imports(&mut depot, &backup.place)?;
    let (store, entry) = database(&mut depot, &settings, data).await?;
    files.push(entry);
    files.extend(lake(&mut depot, &data.join("lake"), &known)?);
    let (log, log_start, log_end) = log(&mut depot, &data.join("log"), &known)?;
    files.extend(log);
    let version = env!("CARGO_PKG_VERSION").to_owned();
    let manifest =
        Manifest { format: FORMAT, fanvine: version, made_at, store: store.into(), log_start, log_end, files };
    depot.publish(&name, &manifest)?;
    let bytes: u64 = manifest.files.iter().map(|entry| entry.bytes).sum();
    println!("backup {name} in {}", backup.dir.display());
    println!("  {} events, {} files of {}", log_end - log_start, manifest.files.len(), HumanBytes(bytes));
    println!("  newly copied {}", HumanBytes(depot.written));
    if backup.verify {
        let folder = depot.draft();
        restore::verify(&depot, &manifest, &folder, data, backup.verify_store.as_deref()).await?;
    }
    if let Some(keep) = backup.keep {
        let gone = depot.forget_all_but(keep as usize)?;
        println!("  {gone} older backups were removed");
    }
    Ok(())
}

/// The settings file, and how far imports have come.
fn settings_and_imports(depot: &mut Depot, place: &Place) -> Result<Vec<Entry>> {
    let mut files = Vec::new();
    if let Some(settings) = place.settings_file() {
        files.push(depot.keep(SETTINGS, &settings, None)?);
    }
    let Ok(imports) = std::fs::read_dir(place.data_dir.join("imports")) else { return Ok(files) };
    for import in imports {
        let path = import?.path();
        if let Some(name) = path.file_name().and_then(|name| name.to_str())
            && path.extension().is_some_and(|extension| extension == "json")
        {
            files.push(depot.keep(&format!("imports/{name}"), &path, None)?);
        }
    }
    Ok(files)
}

async fn database(depot: &mut Depot, settings: &Settings, data: &Path) -> Result<(&'static str, Entry)> {
    let url = settings.store_url(data);
    let draft = depot.draft();
    let (store, path) = match url.strip_prefix("sqlite:") {
        Some(path) => {
            let path = Path::new(path.strip_prefix("//").unwrap_or(path));
            ensure!(path.exists(), "there is no database at {}", path.display());
            fanvine_store::copy_sqlite(path, &draft).await.context("cannot copy the operational store")?;
            ("sqlite", SQLITE)
        }
        None => {
            let into = draft.clone();
            tokio::task::spawn_blocking(move || postgres::dump(&url, &into)).await??;
            ("postgres", DUMP)
        }
    };
    let entry = depot.keep(path, &draft, None)?;
    std::fs::remove_file(&draft)?;
    Ok((store, entry))
}

/// The columns as the newest manifest has them. Their files never change, but go when others take their place.
fn lake(depot: &mut Depot, root: &Path, known: &Known) -> Result<Vec<Entry>> {
    for _ in 0..TRIES {
        let state = match lake_files(root) {
            Ok(Some(state)) => state,
            Ok(None) => return Ok(Vec::new()),
            Err(LakeError::Io { source, .. }) if source.kind() == io::ErrorKind::NotFound => continue,
            Err(error) => return Err(error).context("cannot copy the event store"),
        };
        let kept: Result<Vec<Entry>> = state
            .files
            .iter()
            .map(|(path, bytes)| depot.keep_fixed(&format!("lake/{path}"), &root.join(path), *bytes, known))
            .collect();
        match kept {
            Ok(mut entries) => {
                let (path, bytes) = state.manifest;
                entries.push(depot.keep_from(&format!("lake/{path}"), bytes.as_slice())?);
                return Ok(entries);
            }
            Err(error) if is_gone(&error) => {}
            Err(error) => return Err(error),
        }
    }
    bail!(
        "the files of {} were merged faster than they could be copied; try again when less is coming in",
        root.display()
    )
}

/// The log: the index of seen keys, then the records, up to what is on disk by then.
fn log(depot: &mut Depot, dir: &Path, known: &Known) -> Result<(Vec<Entry>, u64, u64)> {
    let mut entries = seen(depot, dir, known)?;
    let records = record_files(dir).context("cannot copy the event log")?;
    for (path, bytes) in records.files {
        entries.push(depot.keep_fixed(&inside("log", &path), &dir.join(&path), bytes, known)?);
    }
    Ok((entries, records.start, records.end))
}

fn seen(depot: &mut Depot, dir: &Path, known: &Known) -> Result<Vec<Entry>> {
    for _ in 0..TRIES {
        let Some(seen) = seen_files(dir).context("cannot copy the index of seen keys")? else { return Ok(Vec::new()) };
        let mut run = |path: &PathBuf| {
            let source = dir.join(path);
            let bytes = std::fs::metadata(&source).with_context(|| source.display().to_string())?.len();
            depot.keep_fixed(&inside("log", path), &source, bytes, known)
        };
        let kept: Result<Vec<Entry>> = seen.runs.iter().map(&mut run).collect();
        match kept {
            Ok(mut entries) => {
                let (path, bytes) = seen.manifest;
                entries.push(depot.keep_from(&inside("log", &path), bytes.as_slice())?);
                return Ok(entries);
            }
            Err(error) if is_gone(&error) => {}
            Err(error) => return Err(error),
        }
    }
    bail!("the index of seen keys in {} changed faster than it could be copied", dir.display())
}

fn inside(folder: &str, path: &Path) -> String {
    format!("{folder}/{}", path.display())
}

fn is_gone(error: &anyhow::Error) -> bool {
    let gone = |cause: &io::Error| cause.kind() == io::ErrorKind::NotFound;
    error.chain().any(|cause| cause.downcast_ref::<io::Error>().is_some_and(gone))
}
