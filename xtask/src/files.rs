//! Files: what each is called, how it opens, how long it may be.

use std::path::Path;

use anyhow::{Context as _, Result};

use crate::finding::Finding;

/// Most lines of a file: past that it usually holds two ideas.
const MOST_LINES: usize = 500;
/// Files that may be longer, and why.
const LONGER: &[(&str, &str)] = &[];
/// Names that say nothing about what is inside.
const EMPTY_NAMES: &[&str] = &["util", "utils", "common", "manager", "helper", "helpers", "misc"];
/// Folders, and files, that are not written by hand.
const NOT_OURS: &[&str] =
    &[".git", "target", "node_modules", "dist", ".venv", "__pycache__", "generated", "results", "data"];
/// Larger files are data.
const LARGEST_BYTES: u64 = 1 << 20;

/// A file of the project that reads as text.
#[derive(Debug, Clone)]
pub struct File {
    /// From the project's root.
    pub path: String,
    /// What it holds.
    pub text: String,
}

/// Every file of the project that is written by hand, in order of path.
pub fn read(root: &Path) -> Result<Vec<File>> {
    let mut files = Vec::new();
    walk(root, root, &mut files)?;
    files.sort_by(|one, two| one.path.cmp(&two.path));
    Ok(files)
}

fn walk(root: &Path, folder: &Path, files: &mut Vec<File>) -> Result<()> {
    for entry in std::fs::read_dir(folder).with_context(|| format!("cannot read {}", folder.display()))? {
        let entry = entry?;
        // In a second work tree `.git` is a file.
        if NOT_OURS.contains(&entry.file_name().to_string_lossy().as_ref()) {
            continue;
        }
        let path = entry.path();
        let kind = entry.file_type()?;
        if kind.is_dir() {
            walk(root, &path, files)?;
        } else if kind.is_file()
            && entry.metadata()?.len() <= LARGEST_BYTES
            && let Ok(text) = std::fs::read_to_string(&path)
        {
            let path = path.strip_prefix(root).unwrap_or(&path).to_string_lossy().replace('\\', "/");
            files.push(File { path, text });
        }
    }
    Ok(())
}

/// One file against all of it.
pub fn check(file: &File) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut found = |line, rule, says| findings.push(Finding::at(&file.path, line, rule, says));
    let code = [".rs", ".ts", ".tsx"].iter().any(|ending| file.path.ends_with(ending));
    if file.path.ends_with(".rs") && !file.text.starts_with("//! ") {
        found(1, "opening", "open the file with `//!`: what it holds".to_owned());
    }
    let lines = file.text.lines().count();
    if code && lines > MOST_LINES && !LONGER.iter().any(|(path, _)| *path == file.path) {
        found(MOST_LINES + 1, "length", format!("{lines} lines, at most {MOST_LINES}: which two ideas does it hold?"));
    }
    if let Some(part) = file.path.split('/').find(|part| code && EMPTY_NAMES.contains(&stem(part))) {
        found(1, "names", format!("`{part}` says nothing about what is inside"));
    }
    findings
}

fn stem(part: &str) -> &str {
    part.split('.').next().unwrap_or(part)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rules(path: &str, text: &str) -> Vec<&'static str> {
        let file = File { path: path.to_owned(), text: text.to_owned() };
        check(&file).into_iter().map(|finding| finding.rule).collect()
    }

    #[test]
    fn a_source_opens_by_saying_what_it_holds() {
        assert_eq!(rules("crates/a/src/b.rs", "use c;"), ["opening"]);
        assert!(rules("crates/a/src/b.rs", "//! Holds b.\n").is_empty());
        assert!(rules("console/src/b.ts", "import c").is_empty());
    }

    #[test]
    fn a_file_has_at_most_500_lines() {
        assert!(rules("a.rs", &"//! a\n".repeat(500)).is_empty());
        assert_eq!(rules("a.rs", &"//! a\n".repeat(501)), ["length"]);
        assert!(rules("a.md", &"a\n".repeat(501)).is_empty());
    }

    #[test]
    fn a_name_says_what_is_inside() {
        assert_eq!(rules("crates/a/src/utils.rs", "//! a"), ["names"]);
        assert_eq!(rules("console/src/common/x.tsx", ""), ["names"]);
        assert!(rules("crates/a/src/utilities.rs", "//! a").is_empty());
    }
}
