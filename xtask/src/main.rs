//! The project's own checks: `cargo xtask check` holds the code against the rules of the house.
//!
//! Each rule stands in one place here, with its exceptions and their reasons beside it. The check reads
//! manifests and text only; whatever the compiler, clippy or a test can hold is left to them.

mod confinement;
mod files;
mod finding;
mod layers;
mod manifests;
mod project;
mod source;
mod words;

use std::process::ExitCode;

use anyhow::{Result, bail};

use source::Source;

fn main() -> Result<ExitCode> {
    match std::env::args().nth(1).as_deref() {
        Some("check") => check(),
        _ => bail!("usage: cargo xtask check"),
    }
}

fn check() -> Result<ExitCode> {
    let workspace = manifests::read()?;
    let files = files::read(&workspace.root)?;
    let sources = Source::all(&files);

    let mut findings = layers::check(&workspace);
    findings.extend(confinement::manifests(&workspace));
    findings.extend(sources.iter().flat_map(confinement::source));
    findings.extend(sources.iter().flat_map(words::check));
    findings.extend(files.iter().flat_map(files::check));
    findings.extend(project::check(&files));
    findings.extend(project::machine_paths(&files, &project::paths_of_this_machine(&workspace.root)));
    findings.sort();

    for finding in &findings {
        println!("{finding}");
    }
    let what = format!("{} packages and {} files", workspace.packages.len(), files.len());
    if findings.is_empty() {
        println!("the rules of the house hold in {what}");
        return Ok(ExitCode::SUCCESS);
    }
    println!("{} findings in {what}", findings.len());
    Ok(ExitCode::FAILURE)
}

impl Source {
    /// The Rust sources among the files.
    fn all(files: &[files::File]) -> Vec<Source> {
        let mut sources: Vec<_> = files
            .iter()
            .filter(|file| file.path.ends_with(".rs"))
            .map(|file| Source::read(&file.path, &file.text))
            .collect();
        let for_tests: Vec<_> = sources.iter().flat_map(Source::modules_for_tests).collect();
        for source in &mut sources {
            if for_tests
                .iter()
                .any(|place| source.path == format!("{place}.rs") || source.path.starts_with(&format!("{place}/")))
            {
                source.is_for_tests();
            }
        }
        sources
    }
}
