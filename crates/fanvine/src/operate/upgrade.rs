//! `fanvine upgrade`: which migrations of the database the next start would run, and running them without starting.

use anyhow::{Context, Result, bail};
use fanvine_store::{MigrationState, Store};

use crate::program::{Program, migrations};
use crate::settings::{Place, Settings};

/// Bring the database up to date without starting, or show what that would do
#[derive(Debug, clap::Args)]
pub struct Upgrade {
    /// Only say what would be done
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    place: Place,
}

/// Says what is pending and, without `--dry-run`, does it.
pub async fn run(upgrade: Upgrade) -> Result<()> {
    let settings = Settings::load(&upgrade.place)?;
    let states = states(&upgrade.place, &settings).await?;
    let named = |wanted: MigrationState| -> Vec<&str> {
        states.iter().filter(|(_, state)| *state == wanted).map(|(name, _)| name.as_str()).collect()
    };
    let (pending, changed, unknown) =
        (named(MigrationState::Pending), named(MigrationState::Changed), named(MigrationState::Unknown));
    println!("{} migrations were applied, {} are pending", named(MigrationState::Applied).len(), pending.len());
    for name in &pending {
        println!("  pending  {name}");
    }
    if !unknown.is_empty() {
        bail!(
            "a newer Fanvine has used this database: it has {}; use that one, or restore a backup",
            unknown.join(", ")
        );
    }
    if !changed.is_empty() {
        bail!("this program is not one that was released: it has another text of {}", changed.join(", "));
    }
    if upgrade.dry_run || pending.is_empty() {
        return Ok(());
    }
    let program = Program::open(&upgrade.place.data_dir, settings).await?;
    program.close().await?;
    println!("done");
    Ok(())
}

/// How every migration stands to the database of an installation. Nothing is changed.
pub async fn states(place: &Place, settings: &Settings) -> Result<Vec<(String, MigrationState)>> {
    let url = settings.store_url(&place.data_dir);
    if let Some(path) = url.strip_prefix("sqlite:")
        && !std::path::Path::new(path.strip_prefix("//").unwrap_or(path)).exists()
    {
        bail!("there is no database yet at {path}: `fanvine serve` makes it");
    }
    let store = Store::open_as_it_is(&url).await.context("cannot open the operational store")?;
    let states = store.migration_states(&migrations()).await;
    store.close().await;
    states.context("cannot read which migrations were applied")
}
