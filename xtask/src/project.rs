//! What a newcomer must find, and what must not travel with the project.

use std::path::{Path, PathBuf};

use crate::files::File;
use crate::finding::Finding;

/// Pages that must be there.
const PAGES: &[&str] = &["README.md", "ARCHITECTURE.md", "CHANGELOG.md", "LICENSE", "docs/README.md"];
/// Where each decision has its page: `0001-a-web-room.md`.
const DECISIONS: &str = "docs/decisions/";
/// A path this short could be anybody's.
const SHORTEST: usize = 5;

/// The project's pages.
pub fn check(files: &[File]) -> Vec<Finding> {
    let missing = PAGES.iter().filter(|page| !files.iter().any(|file| file.path == **page && !file.text.is_empty()));
    let mut findings: Vec<_> = missing.map(|page| Finding::at(page, 1, "pages", "is missing or empty")).collect();
    let decided = |file: &File| {
        let name = file.path.strip_prefix(DECISIONS).unwrap_or_default();
        name.len() > 5 && name.bytes().take(4).all(|byte| byte.is_ascii_digit()) && name.ends_with(".md")
    };
    if !files.iter().any(decided) {
        findings.push(Finding::at(DECISIONS, 1, "pages", "holds no decision"));
    }
    findings
}

/// Where this machine keeps things: paths that mean nothing on another.
pub fn paths_of_this_machine(root: &Path) -> Vec<String> {
    let named = ["HOME", "CARGO_HOME", "CARGO_TARGET_DIR"].into_iter().filter_map(std::env::var_os).map(PathBuf::from);
    let mut paths: Vec<_> =
        [Some(root), root.parent()].into_iter().flatten().map(Path::to_path_buf).chain(named).collect();
    paths.retain(|path| path.is_absolute() && path.as_os_str().len() >= SHORTEST);
    paths.iter().map(|path| path.to_string_lossy().into_owned()).collect()
}

/// Every file that names one of `paths`.
pub fn machine_paths(files: &[File], paths: &[String]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in files {
        for (index, line) in file.text.lines().enumerate() {
            if let Some(path) = paths.iter().find(|path| names(line, path)) {
                let says = format!("{path} is a path of this machine only");
                findings.push(Finding::at(&file.path, index + 1, "machine", says));
            }
        }
    }
    findings
}

/// Whether the line names the path itself, or something below it; not a longer path that ends or goes on like it.
fn names(line: &str, path: &str) -> bool {
    let wordy = |character: char| character.is_alphanumeric() || "_-.".contains(character);
    line.match_indices(path).any(|(at, _)| {
        let before = line[..at].chars().next_back();
        let after = line[at + path.len()..].chars().next();
        !before.is_some_and(|character| wordy(character) || "/}".contains(character)) && !after.is_some_and(wordy)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(path: &str, text: &str) -> File {
        File { path: path.to_owned(), text: text.to_owned() }
    }

    #[test]
    fn a_path_of_this_machine_is_found_whole_only() {
        let here = ["/srv/build".to_owned()];
        let text = "a /srv/build/x\n\"/srv/build\"\nb /srv/builder\nhttps://x/srv/build/\n$ROOT}/srv/build\n";
        let lines: Vec<_> = machine_paths(&[file("a", text)], &here).iter().map(|finding| finding.line).collect();
        assert_eq!(lines, [1, 2]);
    }

    #[test]
    fn a_missing_page_is_named() {
        let mut files: Vec<_> = PAGES.iter().map(|page| file(page, "x")).collect();
        assert_eq!(check(&files).len(), 1, "no decision yet");
        files.push(file("docs/decisions/0001-a-web-room.md", "x"));
        assert!(check(&files).is_empty());
        files.remove(0);
        assert_eq!(check(&files)[0].path, "README.md");
    }
}
