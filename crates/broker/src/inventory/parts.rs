//! The parts of an allocation: what a snapshot holds, and how two of them differ. Pure.

use provider_api::{Allocation, ResourceGraph, ResourceKind, ResourceState};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The part that is the allocation as a whole.
pub const GROUP: &str = "group";

/// One part of an allocation, in the words of the common resource model (F7.5.1).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Part {
    /// `group` for the whole, else a kind of resource: `compute`, `storage`, `network`, `endpoint`.
    pub kind: String,
    /// Where the last accepted call brought it, a common state.
    pub state: String,
    /// What the cloud was found to have instead; absent while it agrees or was not looked at.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub observed: Option<String>,
    /// Its size and place, such as `count`, `gb` or `zone`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub attributes: BTreeMap<String, String>,
    /// Sizes that the cloud was found to have instead; empty while it agrees or was not looked at.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub observed_attributes: BTreeMap<String, String>,
}

impl Part {
    /// Whether the cloud was found to have something else.
    #[must_use]
    pub fn differs(&self) -> bool {
        self.observed.is_some() || !self.observed_attributes.is_empty()
    }
}

/// Attributes that are ordered; an address or a zone is the cloud's to say.
const SIZES: [&str; 5] = ["count", "vcpu", "ramMb", "gb", "mbps"];

/// The parts of an allocation as the cloud answered a call.
pub(crate) fn of(allocation: &Allocation) -> Vec<Part> {
    let state = word(allocation.state);
    let part = |kind: &str, attributes: &[(&str, String)]| Part {
        kind: kind.to_owned(),
        state: state.clone(),
        observed: None,
        attributes: attributes
            .iter()
            .map(|(name, value)| ((*name).to_owned(), value.clone()))
            .collect(),
        observed_attributes: BTreeMap::new(),
    };
    let zone = &allocation.zone;
    let group = [
        ("zone", zone.id.clone()),
        ("region", zone.region.clone()),
        ("country", zone.country.clone()),
    ];
    let (compute, storage) = (&allocation.resources.compute, &allocation.resources.storage);
    let machines = [
        ("count", compute.count.to_string()),
        ("vcpu", compute.vcpu.to_string()),
        ("ramMb", compute.ram_mb.to_string()),
    ];
    let mut parts = vec![part(GROUP, &group)];
    if compute.count > 0 {
        parts.push(part(ResourceKind::Compute.as_str(), &machines));
    }
    if storage.gb > 0 {
        let mut volume = part(ResourceKind::Storage.as_str(), &[("gb", storage.gb.to_string())]);
        if allocation.erasure.is_some() {
            volume.state = word(ResourceState::Erased);
        }
        parts.push(volume);
    }
    let mbps = allocation.resources.network.mbps.to_string();
    parts.push(part(ResourceKind::Network.as_str(), &[("mbps", mbps)]));
    if let Some(endpoint) = &allocation.endpoint {
        parts.push(part(ResourceKind::Endpoint.as_str(), &[("url", endpoint.url.clone())]));
    }
    parts
}

/// The same parts with what the cloud was found to have, where that is something else.
pub(crate) fn observed(parts: &[Part], graph: Option<&ResourceGraph>) -> Vec<Part> {
    parts.iter().map(|part| Part { observed: found(part, graph), ..part.clone() }).collect()
}

/// The same parts with the sizes that the allocation was found to have, where those are others.
pub(crate) fn measured(parts: &[Part], allocation: &Allocation) -> Vec<Part> {
    let now = of(allocation);
    let others = |part: &Part| {
        let sizes = now.iter().filter(|one| one.kind == part.kind).flat_map(|one| &one.attributes);
        sizes
            .filter(|(name, value)| {
                SIZES.contains(&name.as_str())
                    && part.attributes.get(*name).is_some_and(|ordered| ordered != *value)
            })
            .map(|(name, value)| (name.clone(), value.clone()))
            .collect()
    };
    parts.iter().map(|part| Part { observed_attributes: others(part), ..part.clone() }).collect()
}

fn found(part: &Part, graph: Option<&ResourceGraph>) -> Option<String> {
    // A cloud that knows nothing of it says so about the whole.
    let Some(graph) = graph else {
        return (part.kind == GROUP).then(|| word(ResourceState::Unknown));
    };
    if part.kind == GROUP {
        let written = graph.resources.iter().find(|one| one.kind == ResourceKind::Network)?.state;
        return Some(word(written)).filter(|written| *written != part.state);
    }
    let same_kind = graph.resources.iter().filter(|one| one.kind.as_str() == part.kind);
    let mut others = same_kind.filter_map(|one| one.observed).map(word);
    others.find(|other| !agree(&part.state, other))
}

/// A machine that runs is `ready` also when users are let in.
fn agree(state: &str, observed: &str) -> bool {
    state == observed || (state == "active" && observed == "ready")
}

/// A word of the API for a state.
pub(crate) fn word(state: ResourceState) -> String {
    serde_json::to_value(state)
        .ok()
        .and_then(|value| value.as_str().map(ToOwned::to_owned))
        .unwrap_or_else(|| "unknown".to_owned())
}

/// How a part differs between two moments.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PartChange {
    /// The cloud's id of the allocation.
    pub allocation: String,
    /// The kind of the part.
    pub kind: String,
    /// As it was; `None`: it was not there.
    pub before: Option<Part>,
    /// As it is; `None`: it is no longer there.
    pub after: Option<Part>,
}

/// What differs between two states of one allocation.
pub(crate) fn differences(allocation: &str, before: &[Part], after: &[Part]) -> Vec<PartChange> {
    let find = |parts: &[Part], kind: &str| parts.iter().find(|part| part.kind == kind).cloned();
    let gone = before.iter().filter(|part| find(after, &part.kind).is_none());
    let kinds = after.iter().chain(gone).map(|part| part.kind.as_str());
    kinds
        .map(|kind| PartChange {
            allocation: allocation.to_owned(),
            kind: kind.to_owned(),
            before: find(before, kind),
            after: find(after, kind),
        })
        .filter(|change| change.before != change.after)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn part(kind: &str, state: &str) -> Part {
        Part {
            kind: kind.to_owned(),
            state: state.to_owned(),
            observed: None,
            attributes: BTreeMap::new(),
            observed_attributes: BTreeMap::new(),
        }
    }

    #[test]
    fn f7_5_4_a_difference_names_what_came_went_and_changed() {
        let before = [part(GROUP, "held"), part("compute", "held"), part("endpoint", "held")];
        let after = [part(GROUP, "active"), part("compute", "held"), part("storage", "held")];
        let found = differences("alc", &before, &after);
        let states: Vec<_> = found
            .iter()
            .map(|one| {
                let state = |part: &Option<Part>| part.as_ref().map(|part| part.state.clone());
                (one.kind.as_str(), state(&one.before), state(&one.after))
            })
            .collect();
        let word = |text: &str| Some(text.to_owned());
        assert_eq!(
            states,
            [
                (GROUP, word("held"), word("active")),
                ("storage", None, word("held")),
                ("endpoint", word("held"), None),
            ]
        );
        assert_eq!(differences("alc", &after, &after), []);
    }

    #[test]
    fn a_cloud_that_does_not_know_the_allocation_is_a_difference_of_the_whole() {
        let parts = [part(GROUP, "active"), part("compute", "active")];
        let found = observed(&parts, None);
        assert_eq!(found[0].observed.as_deref(), Some("unknown"));
        assert_eq!(found[1].observed, None);
    }
}
