//! How fast events come in: `ingest` through the API, durably; `ingest import` from a shop's history; `ingest protocols` by
//! every protocol; and whether memory stays flat: `ingest soak`.
//!
//! `ingest floor ADDRESS FOLDER` is the peer of the first, started by it.

mod durable;
mod history;
mod protocols;

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, Result, bail};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let outcome = match words.as_slice() {
        [] => durable::run(),
        ["import"] => history::run(),
        ["protocols"] => protocols::run(),
        ["soak"] => protocols::soak(),
        ["floor", address, dir] => address
            .parse()
            .context("not an address")
            .and_then(|address| fanvine_bench::floor::serve(address, dir.as_ref())),
        _ => Err(anyhow::anyhow!("usage: ingest [import | protocols | soak | floor ADDRESS FOLDER]")),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("ingest: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// The program under measurement: `$FANVINE_BIN`, or the one built beside this one.
fn program() -> Result<PathBuf> {
    let path = match std::env::var_os("FANVINE_BIN") {
        Some(path) => PathBuf::from(path),
        None => std::env::current_exe()?.with_file_name("fanvine"),
    };
    if !path.is_file() {
        bail!("there is no program at {}; run scripts/bench, or set FANVINE_BIN", path.display());
    }
    Ok(path)
}

/// A folder for what is written, on the disk that `$FANVINE_BENCH_DIR` names; removed when dropped.
fn work_dir() -> Result<tempfile::TempDir> {
    let parent = std::env::var_os("FANVINE_BENCH_DIR").map_or_else(std::env::temp_dir, PathBuf::from);
    std::fs::create_dir_all(&parent)?;
    tempfile::tempdir_in(&parent).with_context(|| format!("cannot write to {}", parent.display()))
}

/// A number from the environment, for shorter or longer runs.
fn number(name: &str, otherwise: u64) -> u64 {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(otherwise)
}
