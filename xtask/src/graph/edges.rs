//! Direct dependencies between packages, and which of them break a rule.

use super::rules::{Rules, fits};
use anyhow::Result;
use serde::Deserialize;

/// A package of the workspace.
#[derive(Debug)]
pub struct Package {
    pub name: String,
    /// Folder of the package, absolute.
    pub folder: String,
    pub uses: Vec<Use>,
}

/// One direct dependency.
#[derive(Debug)]
pub struct Use {
    pub name: String,
    /// For tests only.
    pub dev: bool,
    /// Of our own workspace.
    pub ours: bool,
}

#[derive(Deserialize)]
struct Metadata {
    packages: Vec<RawPackage>,
}

#[derive(Deserialize)]
struct RawPackage {
    name: String,
    manifest_path: String,
    dependencies: Vec<RawUse>,
}

#[derive(Deserialize)]
struct RawUse {
    name: String,
    kind: Option<String>,
    path: Option<String>,
}

/// Reads the answer of `cargo metadata --no-deps`.
pub fn packages(answer: &str) -> Result<Vec<Package>> {
    let metadata: Metadata = serde_json::from_str(answer)?;
    let package = |raw: RawPackage| Package {
        folder: raw.manifest_path.trim_end_matches("/Cargo.toml").to_owned(),
        name: raw.name,
        uses: raw
            .dependencies
            .into_iter()
            .map(|raw| Use {
                name: raw.name,
                dev: raw.kind.as_deref() == Some("dev"),
                ours: raw.path.is_some(),
            })
            .collect(),
    };
    Ok(metadata.packages.into_iter().map(package).collect())
}

/// One sentence for every dependency that the rules do not allow.
pub fn faults(packages: &[Package], rules: &Rules) -> Vec<String> {
    let mut faults = Vec::new();
    for package in packages {
        if rules.allowed(&package.name, false).is_none() {
            faults.push(format!("{}: the package has no line in [internal]", package.name));
        }
        faults.extend(package.uses.iter().filter_map(|used| fault(package, used, rules)));
    }
    faults
}

fn fault(package: &Package, used: &Use, rules: &Rules) -> Option<String> {
    let suffix = if used.dev { " (for tests)" } else { "" };
    if used.ours {
        // A package may use itself in tests, to switch on a feature with test support.
        if used.dev && used.name == package.name {
            return None;
        }
        let allowed = rules.allowed(&package.name, used.dev)?;
        let known = allowed.iter().any(|pattern| fits(pattern, &used.name));
        return (!known).then(|| {
            format!("{} -> {}{suffix}: the edge is not allowed", package.name, used.name)
        });
    }
    let rule = rules.restricted.get(&used.name)?;
    let dev = if used.dev { &rule.dev[..] } else { &[] };
    let known = rule.normal.iter().chain(dev).any(|pattern| fits(pattern, &package.name));
    (!known).then(|| format!("{} -> {}{suffix}: {}", package.name, used.name, rule.reason))
}

#[cfg(test)]
mod tests {
    use super::*;

    const RULES: &str = "
        internal = { sla = [], broker = [\"sla\", \"driver-*\"] }
        internal-dev = { broker = [\"testkit\"] }
        restricted.sqlx = { reason = \"only storage contains SQL\", normal = [], dev = [\"broker\"] }
        pure = { packages = [], banned = [] }
        sql = { packages = [], banned = [] }
    ";

    fn faults_of(name: &str, used: &str, dev: bool, ours: bool) -> Vec<String> {
        let uses = vec![Use { name: used.to_owned(), dev, ours }];
        let package = Package { name: name.to_owned(), folder: String::new(), uses };
        faults(&[package], &toml::from_str(RULES).unwrap())
    }

    #[test]
    fn written_edges_are_allowed() {
        assert_eq!(faults_of("broker", "sla", false, true), [""; 0]);
        assert_eq!(faults_of("broker", "driver-x", false, true), [""; 0]);
        assert_eq!(faults_of("broker", "testkit", true, true), [""; 0]);
        assert_eq!(faults_of("broker", "serde", false, false), [""; 0]);
    }

    #[test]
    fn edge_against_the_direction_is_a_fault() {
        assert_eq!(
            faults_of("sla", "broker", false, true),
            ["sla -> broker: the edge is not allowed"]
        );
    }

    #[test]
    fn edge_for_tests_does_not_count_for_the_program() {
        assert_eq!(faults_of("broker", "testkit", false, true).len(), 1);
        assert_eq!(faults_of("broker", "sqlx", true, false), [""; 0]);
        assert_eq!(
            faults_of("broker", "sqlx", false, false),
            ["broker -> sqlx: only storage contains SQL"]
        );
    }

    #[test]
    fn unknown_package_is_a_fault() {
        assert_eq!(
            faults_of("new", "serde", false, false),
            ["new: the package has no line in [internal]"]
        );
    }

    #[test]
    fn answer_of_cargo_is_understood() {
        let answer = r#"{"packages":[{"name":"domain","manifest_path":"/r/crates/domain/Cargo.toml","extra":1,
            "dependencies":[{"name":"sla","kind":null,"path":"/r/crates/sla"},{"name":"proptest","kind":"dev"}]}]}"#;
        let packages = packages(answer).unwrap();
        assert_eq!(packages[0].folder, "/r/crates/domain");
        assert!(packages[0].uses[0].ours && !packages[0].uses[0].dev);
        assert!(!packages[0].uses[1].ours && packages[0].uses[1].dev);
    }
}
