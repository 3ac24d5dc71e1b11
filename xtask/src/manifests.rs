//! The workspace's packages and what they depend on, as `cargo metadata` tells it.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, ensure};
use serde::Deserialize;
use serde_json::Value;

/// The packages under one root.
#[derive(Debug)]
pub struct Workspace {
    /// The project's root.
    pub root: PathBuf,
    /// Its packages.
    pub packages: Vec<Package>,
}

/// One package.
#[derive(Debug, Clone)]
pub struct Package {
    /// Its name.
    pub name: String,
    /// Its folder, from the root.
    pub folder: String,
    /// Its `package.metadata.layer`.
    pub layer: Option<u64>,
    /// What it is built with, for tests or not.
    pub dependencies: Vec<Dependency>,
    /// The text of its manifest.
    pub text: String,
}

/// One dependency.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Dependency {
    /// The package depended on.
    pub name: String,
    /// `None` for a normal one, else `dev` or `build`.
    pub kind: Option<String>,
}

impl Package {
    /// The path of its manifest, from the root.
    pub fn manifest(&self) -> String {
        format!("{}/Cargo.toml", self.folder)
    }

    /// The line of its manifest that names `what`, or the first.
    pub fn line_of(&self, what: &str) -> usize {
        self.text.lines().position(|line| line.trim_start().starts_with(what)).map_or(1, |index| index + 1)
    }

    /// What it is built with when it is not tested.
    pub fn shipped(&self) -> impl Iterator<Item = &str> {
        self.dependencies
            .iter()
            .filter(|dependency| dependency.kind.as_deref() != Some("dev"))
            .map(|dependency| dependency.name.as_str())
    }
}

#[derive(Deserialize)]
struct Metadata {
    workspace_root: PathBuf,
    packages: Vec<Described>,
}

#[derive(Deserialize)]
struct Described {
    name: String,
    manifest_path: PathBuf,
    metadata: Option<Value>,
    dependencies: Vec<Dependency>,
}

/// Asks cargo about the workspace around the current folder.
pub fn read() -> Result<Workspace> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let answer = Command::new(cargo)
        .args(["metadata", "--format-version", "1", "--no-deps"])
        .output()
        .context("cannot run cargo metadata")?;
    ensure!(answer.status.success(), "cargo metadata failed: {}", String::from_utf8_lossy(&answer.stderr));
    let metadata: Metadata = serde_json::from_slice(&answer.stdout).context("cannot read cargo metadata")?;
    let root = metadata.workspace_root;
    let packages = metadata.packages.into_iter().map(|package| described(package, &root)).collect::<Result<_>>()?;
    Ok(Workspace { root, packages })
}

fn described(package: Described, root: &Path) -> Result<Package> {
    let manifest = &package.manifest_path;
    let folder = manifest.parent().and_then(|folder| folder.strip_prefix(root).ok()).unwrap_or(manifest);
    Ok(Package {
        name: package.name,
        folder: folder.to_string_lossy().replace('\\', "/"),
        layer: package.metadata.and_then(|metadata| metadata.get("layer")?.as_u64()),
        dependencies: package.dependencies,
        text: std::fs::read_to_string(manifest).with_context(|| format!("cannot read {}", manifest.display()))?,
    })
}
