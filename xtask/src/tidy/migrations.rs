//! Migrations come in pairs: the same names for SQLite and PostgreSQL, numbered without a gap.

use super::Fault;
use crate::source::Source;
use std::collections::BTreeSet;

/// Adds a fault for each migration without its pair and each gap.
pub fn check(sources: &[Source], faults: &mut Vec<Fault>) {
    let sqlite = names(sources, "migrations/sqlite/");
    let postgres = names(sources, "migrations/postgres/");
    for (have, other, folder) in
        [(&sqlite, &postgres, "migrations/postgres"), (&postgres, &sqlite, "migrations/sqlite")]
    {
        for name in have.difference(other) {
            faults.push(Fault::of(folder, format!("{name} is missing")));
        }
    }
    for (index, name) in sqlite.iter().enumerate() {
        let number = name.split('_').next().and_then(|number| number.parse::<usize>().ok());
        if number != Some(index + 1) {
            faults.push(Fault::of(
                "migrations/sqlite",
                format!("{name} should have the number {:04}", index + 1),
            ));
        }
    }
}

fn names<'a>(sources: &'a [Source], folder: &str) -> BTreeSet<&'a str> {
    sources.iter().filter_map(|source| source.path.strip_prefix(folder)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn faults_of(paths: &[&str]) -> Vec<String> {
        let sources: Vec<Source> = paths
            .iter()
            .map(|path| Source { path: (*path).to_owned(), text: String::new() })
            .collect();
        let mut faults = Vec::new();
        check(&sources, &mut faults);
        faults.into_iter().map(|fault| format!("{}: {}", fault.place, fault.what)).collect()
    }

    #[test]
    fn pairs_without_gaps_pass() {
        let paths = ["migrations/sqlite/0001_a.sql", "migrations/postgres/0001_a.sql"];
        assert_eq!(faults_of(&paths), [""; 0]);
    }

    #[test]
    fn missing_pair_and_gap_are_found() {
        assert_eq!(
            faults_of(&["migrations/sqlite/0001_a.sql"]),
            ["migrations/postgres: 0001_a.sql is missing"]
        );
        let paths = ["migrations/sqlite/0002_a.sql", "migrations/postgres/0002_a.sql"];
        assert_eq!(
            faults_of(&paths),
            ["migrations/sqlite: 0002_a.sql should have the number 0001"]
        );
    }
}
