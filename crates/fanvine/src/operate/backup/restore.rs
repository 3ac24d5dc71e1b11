//! `fanvine restore`: a data folder from a backup, checked byte by byte on the way.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail, ensure};

use super::depot::Depot;
use super::{DUMP, Manifest, SETTINGS, SQLITE, check, postgres};
use crate::settings::{Place, Settings};

/// Make a data folder from a backup
///
/// The folder must be empty or missing. What came into the log after the database was copied is taken in from the log by the
/// next start. With PostgreSQL, name an empty database by --store: its own pg_restore is run.
#[derive(Debug, clap::Args)]
pub struct Restore {
    /// Folder of the backups
    #[arg(value_name = "DIR")]
    dir: PathBuf,
    /// Which backup; the newest unless told
    #[arg(long, value_name = "NAME")]
    name: Option<String>,
    /// List the backups, and restore nothing
    #[arg(long)]
    list: bool,
    /// Open what was restored and compare its answers with its log
    #[arg(long)]
    verify: bool,
    #[command(flatten)]
    place: Place,
}

/// Restores, or lists.
pub async fn run(restore: Restore) -> Result<()> {
    ensure!(restore.dir.join("backups").is_dir(), "there are no backups in {}", restore.dir.display());
    let depot = Depot::open(&restore.dir)?;
    let names = depot.names()?;
    if restore.list {
        for name in &names {
            let manifest = depot.manifest(name)?;
            println!("{name}  {} events, {}", manifest.log_end - manifest.log_start, manifest.store);
        }
        return Ok(());
    }
    let name = match &restore.name {
        Some(name) => name,
        None => names.last().with_context(|| format!("there is no backup in {}", restore.dir.display()))?,
    };
    ensure!(names.contains(name), "there is no backup {name}; there are: {}", names.join(", "));
    let manifest = depot.manifest(name)?;
    let data = &restore.place.data_dir;
    into_folder(&depot, &manifest, data, restore.place.store.as_deref())?;
    println!("restored {name} into {}: {} events", data.display(), manifest.log_end - manifest.log_start);
    if restore.verify {
        let settings = Settings::load(&restore.place)?;
        let answers = check::open_and_ask(data, settings).await?;
        println!("verified: {answers}");
    }
    Ok(())
}

/// Restores a backup into a folder that is not there, opens it, compares its answers, and removes it. If a server has the
/// `source` open and nothing came in since, it is asked the same.
pub async fn verify(
    depot: &Depot,
    manifest: &Manifest,
    folder: &Path,
    source: &Path,
    store: Option<&str>,
) -> Result<()> {
    let outcome = async {
        into_folder(depot, manifest, folder, store)?;
        let place = Place { store: store.map(str::to_owned), ..Place::of(folder) };
        let mut settings = Settings::load(&place)?;
        if store.is_none() {
            // What the settings name is the original.
            settings.store = None;
        }
        let answers = check::open_and_ask(folder, settings).await?;
        println!("verified: {answers}");
        match check::compare_with_server(source, manifest, &answers).await? {
            true => println!("  and the running server answers the same"),
            false => println!("  the server was not asked: none runs, or more has come in since"),
        }
        Ok::<_, anyhow::Error>(())
    };
    let outcome = outcome.await;
    let removed = std::fs::remove_dir_all(folder).with_context(|| format!("cannot remove {}", folder.display()));
    outcome.and(removed)
}

fn into_folder(depot: &Depot, manifest: &Manifest, data: &Path, store: Option<&str>) -> Result<()> {
    let empty = std::fs::read_dir(data).map_or(true, |mut entries| entries.next().is_none());
    ensure!(empty, "{} is not empty; name another folder by --data-dir", data.display());
    let to_postgres = store.filter(|url| url.starts_with("postgres"));
    match (manifest.store.as_str(), to_postgres) {
        ("postgres", None) => bail!("this backup is of a PostgreSQL: name an empty database by --store postgres://…"),
        ("sqlite", Some(_)) => bail!("this backup is of a SQLite store, which cannot be restored into PostgreSQL"),
        _ => {}
    }
    std::fs::create_dir_all(data).with_context(|| format!("cannot make {}", data.display()))?;
    for entry in &manifest.files {
        let inside = Path::new(&entry.path);
        let plain = inside.components().all(|part| matches!(part, std::path::Component::Normal(_)));
        ensure!(plain, "the backup names a path outside the data folder: {}", entry.path);
        depot.restore(entry, &target(data, inside, store)?)?;
    }
    if let Some(url) = to_postgres {
        let dump = data.join(DUMP);
        postgres::restore(url, &dump)?;
        std::fs::remove_file(&dump)?;
    }
    let settings = data.join(SETTINGS);
    if names_a_store(&settings)? {
        // A start must not go on writing into the original.
        let aside = data.join(format!("{SETTINGS}.restored"));
        std::fs::rename(&settings, &aside)?;
        println!("the settings name a store of their own: look at {}, and rename it to {SETTINGS}", aside.display());
    }
    sync_folders(data)
}

/// Where a file of a backup goes: the database where it was asked for, all else into the data folder.
fn target(data: &Path, inside: &Path, store: Option<&str>) -> Result<PathBuf> {
    match store.and_then(|url| url.strip_prefix("sqlite:")) {
        Some(path) if inside == Path::new(SQLITE) => {
            let path = Path::new(path.strip_prefix("//").unwrap_or(path));
            ensure!(!path.exists(), "there is a database at {} already", path.display());
            Ok(path.to_owned())
        }
        _ => Ok(data.join(inside)),
    }
}

fn names_a_store(settings: &Path) -> Result<bool> {
    let text = match std::fs::read_to_string(settings) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(false),
        Err(error) => return Err(error.into()),
    };
    Ok(text.parse::<toml::Table>().is_ok_and(|settings| settings.contains_key("store")))
}

fn sync_folders(folder: &Path) -> Result<()> {
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            sync_folders(&path)?;
        }
    }
    std::fs::File::open(folder)?.sync_all()?;
    Ok(())
}
