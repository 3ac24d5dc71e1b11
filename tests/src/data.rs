//! What lies outside the project: real data, and the real client libraries.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

/// The file or folder `name` of the real data: `$FANVINE_DATA`, or `../shared/data` beside the project. None, saying so,
/// where there is none.
pub fn shared_data(name: &str) -> Option<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let data = std::env::var_os("FANVINE_DATA").map_or_else(|| root.join("../shared/data"), PathBuf::from);
    let path = data.join(name);
    if !path.exists() {
        println!("skipped: there is no {}", path.display());
        return None;
    }
    Some(path)
}

/// Where the test command installed the client libraries: `$FANVINE_CLIENTS`. None, saying so, without it.
pub fn client_libraries() -> Option<PathBuf> {
    let Some(path) = std::env::var_os("FANVINE_CLIENTS") else {
        println!("skipped: FANVINE_CLIENTS names no installed client libraries; scripts/test installs them");
        return None;
    };
    Some(PathBuf::from(path))
}

/// Runs a Python script of `tests/` in the environment of the client libraries and returns what it prints.
pub fn python(libraries: &Path, script: &str, arguments: &[&str]) -> Result<String> {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join(script);
    let done = Command::new(libraries.join("python/bin/python"))
        .arg(&script)
        .args(arguments)
        .output()
        .context("cannot run the Python of the client libraries")?;
    if !done.status.success() {
        bail!("{} {arguments:?}: {}", script.display(), String::from_utf8_lossy(&done.stderr));
    }
    String::from_utf8(done.stdout).context("the script printed something that is not text")
}
