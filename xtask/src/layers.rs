//! Layers: a package depends on strictly lower layers only, so domain crates never import one another.

use crate::finding::Finding;
use crate::manifests::{Package, Workspace};

const RULE: &str = "layers";

/// The layer a place demands. The first that fits counts.
const PLACES: &[(&str, u64)] = &[
    ("crates/kernel", 0),
    ("crates/science/", 1),
    ("crates/platform/cluster", 3),
    ("crates/platform/ledger", 3),
    ("crates/platform/", 2),
    ("crates/contracts", 3),
    ("crates/domain/", 4),
    ("crates/fanvine", 5),
];

/// For tests only; never part of the program.
const TESTKIT: &str = "fanvine-testkit";

/// Every package against its place and its dependencies.
pub fn check(workspace: &Workspace) -> Vec<Finding> {
    workspace.packages.iter().flat_map(|package| check_package(package, &workspace.packages)).collect()
}

fn check_package(package: &Package, all: &[Package]) -> Vec<Finding> {
    let at = |what: &str, says: String| Finding::at(&package.manifest(), package.line_of(what), RULE, says);
    let Some(layer) = package.layer else {
        return vec![at("[package]", "declare package.metadata.layer".to_owned())];
    };
    let mut findings = Vec::new();
    if let Some((place, demanded)) = PLACES.iter().find(|(place, _)| package.folder.starts_with(place))
        && layer != *demanded
    {
        findings.push(at("layer", format!("{place} is layer {demanded}, not {layer}")));
    }
    for name in package.shipped() {
        let Some(other) = all.iter().find(|other| other.name == name) else { continue };
        if other.layer.is_some_and(|theirs| theirs >= layer) {
            let theirs = other.layer.unwrap_or_default();
            let says = format!("{} (layer {layer}) must not depend on {name} (layer {theirs})", package.name);
            findings.push(at(name, says));
        }
        if name == TESTKIT && package.folder.starts_with("crates/") {
            findings.push(at(name, format!("{TESTKIT} is for tests: a dev-dependency")));
        }
    }
    findings
}

#[cfg(test)]
pub mod tests {
    use super::*;
    use crate::manifests::Dependency;

    /// A package for a test: its dependencies by name, `dev:` before those for tests.
    pub fn package(folder: &str, layer: Option<u64>, dependencies: &[&str]) -> Package {
        let dependencies = dependencies.iter().map(|text| match text.strip_prefix("dev:") {
            Some(name) => Dependency { name: name.to_owned(), kind: Some("dev".to_owned()) },
            None => Dependency { name: (*text).to_owned(), kind: None },
        });
        let name = format!("fanvine-{}", folder.rsplit('/').next().unwrap_or(folder));
        Package { name, folder: folder.to_owned(), layer, dependencies: dependencies.collect(), text: String::new() }
    }

    fn says(packages: Vec<Package>) -> Vec<String> {
        check(&Workspace { root: "/".into(), packages }).into_iter().map(|finding| finding.says).collect()
    }

    #[test]
    fn a_domain_crate_may_not_import_another() {
        let found = says(vec![
            package("crates/domain/guard", Some(4), &["fanvine-collect", "serde"]),
            package("crates/domain/collect", Some(4), &["fanvine-store"]),
            package("crates/platform/store", Some(2), &[]),
        ]);
        assert_eq!(found, ["fanvine-guard (layer 4) must not depend on fanvine-collect (layer 4)"]);
    }

    #[test]
    fn dependencies_of_tests_are_free() {
        let testkit = package("crates/testkit", Some(4), &[]);
        let free = vec![testkit.clone(), package("crates/platform/store", Some(2), &["dev:fanvine-testkit"])];
        assert!(says(free).is_empty());
        let shipped = vec![testkit, package("crates/fanvine", Some(5), &["fanvine-testkit"])];
        assert_eq!(says(shipped), ["fanvine-testkit is for tests: a dev-dependency"]);
    }

    #[test]
    fn a_layer_is_declared_and_fits_its_place() {
        assert_eq!(says(vec![package("crates/kernel", None, &[])]), ["declare package.metadata.layer"]);
        assert_eq!(says(vec![package("crates/domain/guard", Some(5), &[])]), ["crates/domain/ is layer 4, not 5"]);
        assert!(says(vec![package("crates/platform/ledger", Some(3), &[])]).is_empty());
    }
}
