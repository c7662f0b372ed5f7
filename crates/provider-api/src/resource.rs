//! The resource model: the kinds of things a cloud lends, how they belong together, and what all of them tell.
//! Which of them a group consists of is the provider's answer; what they mean for a contract is left to the broker.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::state::ResourceState;
use crate::wire::{AllocationId, Zone};

/// What a resource is, the same for every cloud (F7.5.1, F7.5.2).
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, ToSchema,
)]
#[serde(rename_all = "camelCase")]
pub enum ResourceKind {
    /// A machine.
    Compute,
    /// A volume, share or bucket.
    Storage,
    /// A segment that machines are attached to.
    Network,
    /// A connection between two segments, perhaps of two clouds.
    Link,
    /// An address users reach.
    Endpoint,
    /// A name that leads to weighted endpoints.
    Route,
    /// What a machine is made from.
    Image,
    /// What the service is.
    Application,
    /// What an application stands on.
    Middleware,
    /// Who may sign in, and how that is known.
    Identity,
    /// Restore points of data.
    Backup,
    /// A key that signs or encrypts.
    Key,
}

/// How one resource belongs to another.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, ToSchema,
)]
#[serde(rename_all = "camelCase")]
pub enum Relation {
    /// Is joined to it and goes with it.
    Attaches,
    /// Joins it to another of its kind.
    Connects,
    /// Runs it.
    Hosts,
    /// Keeps it from being lost or read.
    Protects,
    /// Sends users to it.
    RoutesTo,
    /// Says who a caller of it is.
    Authenticates,
}

use Relation as R;
use ResourceKind as K;

/// Every lawful relation: from, how, to.
pub const RELATIONS: &[(ResourceKind, Relation, ResourceKind)] = &[
    (K::Storage, R::Attaches, K::Compute),
    (K::Compute, R::Attaches, K::Network),
    (K::Endpoint, R::Attaches, K::Network),
    (K::Link, R::Connects, K::Network),
    (K::Compute, R::Hosts, K::Application),
    (K::Compute, R::Hosts, K::Middleware),
    (K::Middleware, R::Hosts, K::Application),
    (K::Backup, R::Protects, K::Storage),
    (K::Key, R::Protects, K::Storage),
    (K::Key, R::Protects, K::Backup),
    (K::Route, R::RoutesTo, K::Endpoint),
    (K::Endpoint, R::RoutesTo, K::Compute),
    (K::Identity, R::Authenticates, K::Application),
    (K::Key, R::Authenticates, K::Link),
];

impl ResourceKind {
    /// All kinds.
    pub const ALL: [Self; 12] = [
        K::Compute,
        K::Storage,
        K::Network,
        K::Link,
        K::Endpoint,
        K::Route,
        K::Image,
        K::Application,
        K::Middleware,
        K::Identity,
        K::Backup,
        K::Key,
    ];

    /// The word on the wire.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            K::Compute => "compute",
            K::Storage => "storage",
            K::Network => "network",
            K::Link => "link",
            K::Endpoint => "endpoint",
            K::Route => "route",
            K::Image => "image",
            K::Application => "application",
            K::Middleware => "middleware",
            K::Identity => "identity",
            K::Backup => "backup",
            K::Key => "key",
        }
    }
}

impl Relation {
    /// All relations.
    pub const ALL: [Self; 6] =
        [R::Attaches, R::Connects, R::Hosts, R::Protects, R::RoutesTo, R::Authenticates];

    /// The word on the wire.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            R::Attaches => "attaches",
            R::Connects => "connects",
            R::Hosts => "hosts",
            R::Protects => "protects",
            R::RoutesTo => "routesTo",
            R::Authenticates => "authenticates",
        }
    }

    /// Whether a resource of kind `from` may stand in this relation to one of kind `to`.
    #[must_use]
    pub fn may_join(self, from: ResourceKind, to: ResourceKind) -> bool {
        RELATIONS.contains(&(from, self, to))
    }
}

/// One resource, with the fields all kinds share.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Resource {
    /// Unique at this cloud.
    pub id: String,
    pub kind: ResourceKind,
    /// The provider's own name for the thing, such as a process id or a folder; absent when it has none now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub provider_id: Option<String>,
    /// Where it is.
    pub zone: Zone,
    /// What the cloud has written down.
    pub state: ResourceState,
    /// Where the last accepted call wants it.
    pub desired: ResourceState,
    /// What the cloud found when it looked; absent when it cannot look at this kind.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub observed: Option<ResourceState>,
    /// Grows with every change.
    pub generation: i64,
    /// Whoever calls with a lower one has lost it.
    pub epoch: i64,
    /// The caller's names; `label` is the contract id.
    pub labels: BTreeMap<String, String>,
    /// What only this cloud understands.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub native: BTreeMap<String, String>,
    /// The idempotency key of the call that made it; absent when the cloud no longer knows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub created_by: Option<String>,
    /// Microseconds UTC.
    pub created_at_us: i64,
    /// How it belongs to others of the same answer.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub relations: Vec<Related>,
}

/// One relation of a resource.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Related {
    pub relation: Relation,
    /// The id of the other resource.
    pub to: String,
}

/// What an allocation consists of, as a graph (F7.5.2).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ResourceGraph {
    pub allocation_id: AllocationId,
    /// Microseconds UTC when the cloud looked.
    pub at_us: i64,
    pub resources: Vec<Resource>,
}

/// Why resources are no graph of this model.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum GraphFault {
    #[error("the id {0} is given twice")]
    Twice(String),
    #[error("{from} {} {to}, which is not in the answer", .relation.as_str())]
    Dangling { from: String, relation: Relation, to: String },
    #[error("{} {} {} is no relation of the model", .from.as_str(), .relation.as_str(), .to.as_str())]
    Unlawful { from: ResourceKind, relation: Relation, to: ResourceKind },
}

impl ResourceGraph {
    /// Checks that ids are unique and every relation is lawful and leads somewhere.
    ///
    /// # Errors
    /// With the first fault.
    pub fn check(&self) -> Result<(), GraphFault> {
        let mut kinds = BTreeMap::new();
        for resource in &self.resources {
            if kinds.insert(resource.id.as_str(), resource.kind).is_some() {
                return Err(GraphFault::Twice(resource.id.clone()));
            }
        }
        for resource in &self.resources {
            for Related { relation, to } in &resource.relations {
                let Some(kind) = kinds.get(to.as_str()) else {
                    let (from, to) = (resource.id.clone(), to.clone());
                    return Err(GraphFault::Dangling { from, relation: *relation, to });
                };
                if !relation.may_join(resource.kind, *kind) {
                    let from = resource.kind;
                    return Err(GraphFault::Unlawful { from, relation: *relation, to: *kind });
                }
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_triple_of_kinds_is_allowed_or_refused_as_the_table_says() {
        let mut allowed = 0;
        for from in ResourceKind::ALL {
            for relation in Relation::ALL {
                for to in ResourceKind::ALL {
                    let drawn =
                        RELATIONS.iter().filter(|row| **row == (from, relation, to)).count();
                    assert!(drawn <= 1, "{from:?} {relation:?} {to:?} is written twice");
                    assert_eq!(relation.may_join(from, to), drawn == 1);
                    allowed += drawn;
                }
            }
        }
        assert_eq!(allowed, RELATIONS.len());
        assert!(R::Protects.may_join(K::Backup, K::Storage));
        assert!(!R::Protects.may_join(K::Storage, K::Backup), "a relation has a direction");
    }

    #[test]
    fn every_relation_is_used_and_every_kind_but_the_image_stands_in_one() {
        for relation in Relation::ALL {
            assert!(RELATIONS.iter().any(|row| row.1 == relation), "{relation:?}");
        }
        for kind in ResourceKind::ALL {
            let joined = RELATIONS.iter().any(|row| row.0 == kind || row.2 == kind);
            assert_eq!(joined, kind != K::Image, "{kind:?}");
        }
    }

    #[test]
    fn words_are_the_same_in_json_and_in_text() {
        for kind in ResourceKind::ALL {
            assert_eq!(serde_json::to_value(kind).unwrap(), kind.as_str());
        }
        for relation in Relation::ALL {
            assert_eq!(serde_json::to_value(relation).unwrap(), relation.as_str());
        }
    }

    fn resource(id: &str, kind: ResourceKind, relations: Vec<Related>) -> Resource {
        let zone = Zone {
            id: "z".into(),
            region: "r".into(),
            country: "JP".into(),
            hazard_zone: "h".into(),
        };
        Resource {
            id: id.into(),
            kind,
            provider_id: None,
            zone,
            state: ResourceState::Ready,
            desired: ResourceState::Ready,
            observed: None,
            generation: 1,
            epoch: 1,
            labels: BTreeMap::new(),
            native: BTreeMap::new(),
            created_by: None,
            created_at_us: 0,
            relations,
        }
    }

    #[test]
    fn a_relation_that_leads_nowhere_or_backwards_is_named() {
        let to = |relation, to: &str| vec![Related { relation, to: to.into() }];
        let graph = |resources| ResourceGraph { allocation_id: "a".into(), at_us: 0, resources };
        let machine = || resource("m", K::Compute, vec![]);
        let good = graph(vec![machine(), resource("v", K::Storage, to(R::Attaches, "m"))]);
        assert_eq!(good.check(), Ok(()));
        let nowhere = graph(vec![machine(), resource("v", K::Storage, to(R::Attaches, "x"))]);
        assert!(matches!(nowhere.check(), Err(GraphFault::Dangling { .. })));
        let backwards = graph(vec![machine(), resource("v", K::Storage, to(R::Hosts, "m"))]);
        assert!(matches!(backwards.check(), Err(GraphFault::Unlawful { .. })));
        assert_eq!(graph(vec![machine(), machine()]).check(), Err(GraphFault::Twice("m".into())));
    }
}
