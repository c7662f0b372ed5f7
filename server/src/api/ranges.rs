//! The ranges of whole numbers in bodies, as the OpenAPI document states them: what is documented and
//! what a fault says is the same.

use std::fmt;
use std::sync::OnceLock;

use serde_json::Value;

/// Both ends of a whole number, included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Range {
    least: i64,
    most: i64,
}

impl fmt::Display for Range {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a whole number from {} to {}", self.least, self.most)
    }
}

/// The range of the field at this JSON pointer into a body of that schema, where it has one.
pub(super) fn at(schema: &str, pointer: &str) -> Option<Range> {
    static DOCUMENT: OnceLock<Value> = OnceLock::new();
    let document =
        DOCUMENT.get_or_init(|| serde_json::to_value(super::document()).unwrap_or_default());
    let mut found = document.pointer(&format!("/components/schemas/{schema}"))?;
    for name in pointer.split('/').skip(1) {
        found = field(document, found, name)?;
    }
    let end = |name: &str| found.get(name).and_then(Value::as_i64);
    Some(Range { least: end("minimum")?, most: end("maximum")? })
}

/// One field of an object, also of one that may be null.
fn field<'a>(document: &'a Value, schema: &'a Value, name: &str) -> Option<&'a Value> {
    if let Some(known) = schema.pointer(&format!("/properties/{name}")) {
        return Some(known);
    }
    if let Some(place) = schema.get("$ref").and_then(Value::as_str) {
        return field(document, document.pointer(place.trim_start_matches('#'))?, name);
    }
    let ways = ["oneOf", "anyOf", "allOf"].iter().filter_map(|key| schema.get(*key)?.as_array());
    ways.flatten().find_map(|way| field(document, way, name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_found_through_references_and_options() {
        let said = |schema, pointer| at(schema, pointer).map(|range| range.to_string());
        let rows = Some("a whole number from 1 to 200".to_owned());
        assert_eq!(said("RankingInput", "/limit"), rows);
        let machines = Some("a whole number from 1 to 16".to_owned());
        assert_eq!(said("SignInput", "/plan/instances"), machines);
        assert_eq!(said("SignInput", "/offer"), None);
        assert_eq!(said("SignInput", "/plan/nothing"), None);
        assert_eq!(said("Nothing", "/limit"), None);
    }

    #[test]
    fn documented_quantities_are_those_that_may_be_ordered() {
        let plan = broker::contracts::Plan {
            instances: 1,
            vcpu: 1,
            ram_mb: 256,
            storage_gb: 1,
            network_mbps: 1,
            region: "jp-1".to_owned(),
        };
        for (field, _, least, most) in plan.ranges() {
            assert_eq!(
                at("SignInput", &format!("/plan/{field}")),
                Some(Range { least, most }),
                "{field}"
            );
        }
    }
}
