//! Confinement: what a crate or a file must never learn.
//!
//! A crate cannot name what its manifest does not list, so storage engines are held by the manifests.
//! HTTP is held file by file: in a domain crate only verb files know of it. `mod.rs` holds state and decisions
//! and may at most describe a type (`utoipa::ToSchema`); `lib.rs` may also assemble the routes; `store.rs` holds
//! rows and knows nothing of it.

use crate::finding::Finding;
use crate::manifests::Workspace;
use crate::source::Source;

const RULE: &str = "confinement";

/// Crates that may be used in these places only. Benchmarks and black-box tests stand outside the house.
const CONFINED: &[(&[&str], &[&str])] = &[
    (&["sqlx", "rusqlite"], &["crates/platform/store", "crates/platform/ledger"]),
    (&["datafusion", "arrow", "parquet"], &["crates/platform/lake", "crates/platform/cluster"]),
    (&["ballista"], &["crates/platform/cluster"]),
    (&["async-nats"], &["crates/platform/stream"]),
    (&["axum", "utoipa-axum"], &["crates/platform/web", "crates/domain/", "crates/fanvine"]),
    // What contracts share may be described, as a `mod.rs` may.
    (&["utoipa"], &["crates/platform/web", "crates/domain/", "crates/fanvine", "crates/contracts"]),
    (&["anyhow"], &["crates/fanvine"]),
];

/// The crates that are HTTP, as they are written in code.
const HTTP: &[&str] = &["axum", "utoipa", "utoipa_axum"];
/// What describes a type and does nothing.
const DESCRIBING: &[&str] = &["utoipa::ToSchema", "utoipa::IntoParams"];
/// What collects the routes of a room.
const ASSEMBLING: &[&str] = &["utoipa_axum"];
/// Databases and brokers no domain crate may name.
const ENGINES: &[&str] = &["sqlite", "postgres", "postgresql", "nats", "jetstream", "sqlx", "datafusion"];

/// Each manifest against what is confined elsewhere.
pub fn manifests(workspace: &Workspace) -> Vec<Finding> {
    let mut findings = Vec::new();
    for package in workspace.packages.iter().filter(|package| package.folder.starts_with("crates/")) {
        for name in package.shipped() {
            let elsewhere = CONFINED.iter().find(|(confined, places)| {
                confined.iter().any(|stem| is_or_extends(name, stem))
                    && !places.iter().any(|place| package.folder.starts_with(place))
            });
            if let Some((_, places)) = elsewhere {
                let says = format!("{name} belongs to {} only", places.join(" and "));
                findings.push(Finding::at(&package.manifest(), package.line_of(name), RULE, says));
            }
        }
    }
    findings
}

/// Whether `name` is `stem` or one of its companions: `arrow-schema`.
fn is_or_extends(name: &str, stem: &str) -> bool {
    name.strip_prefix(stem).is_some_and(|rest| rest.is_empty() || rest.starts_with('-'))
}

/// A file of a domain crate against what it may know.
pub fn source(source: &Source) -> Vec<Finding> {
    let contract = source.path.starts_with("crates/contracts/");
    if !(contract || source.path.starts_with("crates/domain/")) || !source.path.contains("/src/") {
        return Vec::new();
    }
    let file = if contract { "mod.rs" } else { source.file_name() };
    let mut findings = Vec::new();
    for (line, text) in source.shipped_lines() {
        if let Some(word) = http_in(file, text) {
            let says = format!("{word} belongs into a verb file, not into {}", source.file_name());
            findings.push(Finding::at(&source.path, line, RULE, says));
        }
        for word in words_of(text).filter(|word| ENGINES.contains(&word.to_lowercase().as_str())) {
            findings.push(Finding::at(&source.path, line, RULE, format!("a domain crate must not know of {word}")));
        }
    }
    findings
}

/// The HTTP a file of this name may not know of, if the line has it.
fn http_in(file: &str, text: &str) -> Option<&'static str> {
    let left = match file {
        "store.rs" => text.to_owned(),
        "mod.rs" => without(text, DESCRIBING),
        "lib.rs" => without(&without(text, DESCRIBING), ASSEMBLING),
        _ => return None,
    };
    HTTP.iter().copied().find(|name| words_of(&left).any(|word| word == *name))
}

fn without(text: &str, words: &[&str]) -> String {
    words.iter().fold(text.to_owned(), |text, word| text.replace(word, ""))
}

fn words_of(text: &str) -> impl Iterator<Item = &str> {
    text.split(|character: char| !(character.is_alphanumeric() || character == '_')).filter(|word| !word.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::layers::tests::package;

    fn says(path: &str, text: &str) -> Vec<String> {
        source(&Source::read(path, text)).into_iter().map(|finding| finding.says).collect()
    }

    #[test]
    fn engines_stay_behind_their_one_crate() {
        let packages = vec![
            package("crates/platform/store", Some(2), &["sqlx"]),
            package("crates/domain/guard", Some(4), &["sqlx", "axum", "dev:parquet"]),
            package("crates/platform/stream", Some(2), &["arrow-schema", "axum"]),
            package("bench", Some(5), &["sqlx", "axum"]),
        ];
        let found = manifests(&Workspace { root: "/".into(), packages });
        let found: Vec<_> = found.iter().map(|finding| format!("{} {}", finding.path, finding.says)).collect();
        assert_eq!(
            found,
            [
                "crates/domain/guard/Cargo.toml sqlx belongs to crates/platform/store and crates/platform/ledger only",
                "crates/platform/stream/Cargo.toml arrow-schema belongs to crates/platform/lake and crates/platform/cluster only",
                "crates/platform/stream/Cargo.toml axum belongs to crates/platform/web and crates/domain/ and crates/fanvine only",
            ]
        );
    }

    #[test]
    fn http_is_for_verb_files() {
        let handler = "//! x\nuse axum::Json;\n";
        assert!(says("crates/domain/guard/src/keys/list.rs", handler).is_empty());
        let expected = "axum belongs into a verb file, not into";
        assert_eq!(says("crates/domain/guard/src/keys/mod.rs", handler), [format!("{expected} mod.rs")]);
        assert_eq!(says("crates/domain/guard/src/keys/store.rs", handler), [format!("{expected} store.rs")]);
        assert!(says("crates/domain/guard/src/keys/mod.rs", "#[derive(utoipa::ToSchema)]\nstruct A;").is_empty());
        assert!(says("crates/domain/guard/src/lib.rs", "use utoipa_axum::routes;").is_empty());
        assert!(says("crates/contracts/src/gates.rs", "use utoipa::ToSchema;").is_empty());
        assert_eq!(says("crates/contracts/src/gates.rs", handler).len(), 1);
        assert!(says("crates/domain/guard/src/keys/mod.rs", "// axum is not for here\n").is_empty());
    }

    #[test]
    fn a_domain_crate_names_no_database() {
        assert_eq!(
            says("crates/domain/guard/src/keys/list.rs", "if engine == Engine::Sqlite {}"),
            ["a domain crate must not know of Sqlite"]
        );
        let in_a_test = "#[cfg(test)]\nmod tests { fn open() { sqlite() } }";
        assert!(says("crates/domain/guard/src/keys/list.rs", in_a_test).is_empty());
    }
}
