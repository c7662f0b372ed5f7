//! Every operation of version 1 as data. The reference cloud builds its routes from this table, faults are ordered by
//! its names, and the OpenAPI document is written from it, so that none of them can lack one.

use crate::problem::ProblemCode as Code;
use crate::{archive, openmetrics};

mod table;

pub use table::OPERATIONS;

/// One operation.
#[derive(Clone, Copy, Debug)]
pub struct Operation {
    /// The name in faults, in records of keys and in the document.
    pub name: &'static str,
    pub method: &'static str,
    pub route: &'static str,
    pub part: Part,
    /// Whether it carries a key and an epoch.
    pub changing: bool,
    /// What asks for it.
    pub requirements: &'static [&'static str],
    /// One line.
    pub summary: &'static str,
    /// What a caller must know beyond the rules that hold for all.
    pub text: &'static str,
    /// The name of the request's schema.
    pub body: Option<&'static str>,
    /// Status and schema of the success.
    pub answer: (u16, &'static str),
    /// Refusals of its own, beside those of every operation.
    pub problems: &'static [Code],
}

/// What operations belong together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    Cloud,
    Holds,
    Life,
    Watching,
    Security,
    Backups,
    Ending,
    Images,
    Links,
}

impl Part {
    /// All parts, in the order of the document.
    pub const ALL: [Self; 9] = [
        Self::Cloud,
        Self::Holds,
        Self::Life,
        Self::Watching,
        Self::Security,
        Self::Backups,
        Self::Ending,
        Self::Images,
        Self::Links,
    ];

    /// The tag in the document.
    #[must_use]
    pub fn tag(self) -> &'static str {
        match self {
            Self::Cloud => "cloud",
            Self::Holds => "holds",
            Self::Life => "life",
            Self::Watching => "watching",
            Self::Security => "security",
            Self::Backups => "backups",
            Self::Ending => "ending",
            Self::Images => "images",
            Self::Links => "links",
        }
    }

    /// What the part is about.
    #[must_use]
    pub fn text(self) -> &'static str {
        match self {
            Self::Cloud => "What the cloud can do, where it is, and what is free now",
            Self::Holds => "Hold a whole group for a while, then book it or let it go",
            Self::Life => "Start, stop, let users in, and look at what there is",
            Self::Watching => "Is it up, how does it perform, what is to be billed",
            Self::Security => "What was noticed at the address, and sources that are kept out",
            Self::Backups => {
                "Copy the volume, read a copy again, put it back; long work that is begun now and read until it has ended"
            }
            Self::Images => {
                "What services can be started from: ask what is there, upload in chunks, make another format of it"
            }
            Self::Links => {
                "Tunnels between allocations of two clouds, with the consent of both; what passes through them"
            }
            Self::Ending => "Erase with a signed statement, then give the capacity back",
        }
    }
}

/// The schema of an answer that is OpenMetrics text and no JSON.
pub const OPEN_METRICS: &str = "OpenMetricsText";

/// The schema of an answer that is an archive and no JSON.
pub const ARCHIVE: &str = "Archive";

/// The schema of a request that is a part of a file and no JSON.
pub const CHUNK: &str = "Chunk";

/// Refusals of every changing call.
pub const CHANGING: &[Code] = &[
    Code::IdempotencyKeyMissing,
    Code::EpochMissing,
    Code::IdempotencyKeyReused,
    Code::StaleEpoch,
    Code::NotFound,
    Code::WrongState,
];

const fn ask(
    name: &'static str,
    route: &'static str,
    part: Part,
    requirements: &'static [&'static str],
    texts: [&'static str; 2],
    answer: &'static str,
) -> Operation {
    Operation {
        name,
        method: "GET",
        route,
        part,
        changing: false,
        requirements,
        summary: texts[0],
        text: texts[1],
        body: None,
        answer: (200, answer),
        problems: &[Code::NotFound],
    }
}

const fn act(
    name: &'static str,
    route: &'static str,
    part: Part,
    requirements: &'static [&'static str],
    texts: [&'static str; 2],
) -> Operation {
    let operation = ask(name, route, part, requirements, texts, "Allocation");
    Operation { method: "POST", changing: true, problems: &[], ..operation }
}

/// A call that begins long work.
const fn begin(
    name: &'static str,
    route: &'static str,
    requirements: &'static [&'static str],
    texts: [&'static str; 2],
) -> Operation {
    let operation = act(name, route, Part::Backups, requirements, texts);
    Operation { answer: (202, "LongOperation"), ..operation }
}

impl Operation {
    const fn body(self, schema: &'static str) -> Self {
        Self { body: Some(schema), ..self }
    }

    const fn refuses(self, problems: &'static [Code]) -> Self {
        Self { problems, ..self }
    }

    /// The content type of the success.
    #[must_use]
    pub fn media(&self) -> &'static str {
        match self.answer.1 {
            OPEN_METRICS => openmetrics::MEDIA_TYPE,
            ARCHIVE => archive::MEDIA_TYPE,
            _ => "application/json",
        }
    }

    /// The content type of the request.
    #[must_use]
    pub fn body_media(&self) -> &'static str {
        match self.body {
            Some(CHUNK) => "application/octet-stream",
            _ => "application/json",
        }
    }

    /// The operation with this name.
    #[must_use]
    pub fn named(name: &str) -> Option<&'static Self> {
        OPERATIONS.iter().find(|operation| operation.name == name)
    }

    /// The operation of a method and a route as written in the table.
    #[must_use]
    pub fn at(method: &str, route: &str) -> Option<&'static Self> {
        OPERATIONS.iter().find(|operation| operation.method == method && operation.route == route)
    }

    /// The operation that a request is for, by its method and path without query.
    #[must_use]
    pub fn of(method: &str, path: &str) -> Option<&'static Self> {
        let fits = |route: &str| {
            let (mut route, mut path) = (route.split('/'), path.split('/'));
            loop {
                match (route.next(), path.next()) {
                    (None, None) => return true,
                    (Some(part), Some(given)) if part == given => {}
                    (Some(part), Some(given)) if part.starts_with('{') && !given.is_empty() => {}
                    _ => return false,
                }
            }
        };
        OPERATIONS.iter().find(|operation| operation.method == method && fits(operation.route))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn names_and_places_are_unique() {
        let mut names = HashSet::new();
        let mut places = HashSet::new();
        for operation in OPERATIONS {
            assert!(names.insert(operation.name), "{} twice", operation.name);
            assert!(places.insert((operation.method, operation.route)), "{}", operation.route);
            assert!(operation.route.starts_with("/v1/"));
            assert_eq!(Operation::named(operation.name).unwrap().route, operation.route);
        }
    }

    #[test]
    fn a_request_is_found_by_its_path() {
        let of = |method, path| Operation::of(method, path).map(|operation| operation.name);
        assert_eq!(of("POST", "/v1/holds"), Some("hold"));
        assert_eq!(of("DELETE", "/v1/holds/a%2Fb"), Some("drop"));
        assert_eq!(of("GET", "/v1/allocations/a1"), Some("get"));
        assert_eq!(of("GET", "/v1/allocations/a1/meter"), Some("meter"));
        assert_eq!(of("GET", "/v1/allocations/"), None);
        assert_eq!(of("PATCH", "/v1/holds"), None);
        assert_eq!(of("POST", "/v1/allocations/a1/backups"), Some("backup"));
        assert_eq!(of("GET", "/v1/allocations/a1/backups"), Some("backups"));
    }
}
