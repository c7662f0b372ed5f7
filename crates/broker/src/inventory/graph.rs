//! What a service consists of over all its clouds, as they answer now (F7.5.2): a graph for each
//! contract, those of one order together.

use super::parts::{Part, word};
use super::read_parts;
use crate::ports::CloudConnection;
use crate::{Broker, BrokerError, OpContext, lifecycle};
use domain::{ContractId, ContractState, Timestamp};
use futures::stream::{self, StreamExt};
use provider_api::{Allocation, AllocationId, Driver, Resource};
use std::collections::BTreeMap;
use std::time::Duration;
use storage::contracts::{self, ContractHead};

/// How long a cloud has to answer; a page waits for it.
const PATIENCE: Duration = Duration::from_secs(5);
/// Allocations of one contract that are looked at, the newest.
const ALLOCATIONS_MAX: usize = 10;

/// The graph of a service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServiceGraph {
    /// When the clouds were asked.
    pub at: Timestamp,
    /// By seat of the order; one when the contract was signed alone.
    pub contracts: Vec<ContractGraph>,
}

/// The graph of one contract.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ContractGraph {
    /// The contract.
    pub contract: ContractId,
    /// How the customer calls the service.
    pub service_name: String,
    /// Provider's name in English.
    pub provider_en: String,
    /// Provider's name in Japanese.
    pub provider_ja: String,
    /// What the cloud said; `None`: it could not be asked, so nothing is known.
    pub allocations: Option<Vec<AllocationGraph>>,
}

/// One allocation that carries the contract's label and holds something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AllocationGraph {
    /// The cloud's id.
    pub allocation: String,
    /// Whether it belongs to nobody: the contract does not run on it.
    pub is_orphan: bool,
    /// Its resources; `None`: they could not be asked for.
    pub nodes: Option<Vec<GraphNode>>,
}

impl AllocationGraph {
    /// Each resource is wanted as its part was ordered.
    fn wanted_as(&mut self, parts: &[Part]) {
        for node in self.nodes.iter_mut().flatten() {
            if let Some(part) = parts.iter().find(|part| part.kind == node.kind) {
                node.desired.clone_from(&part.state);
            }
        }
    }
}

/// One resource.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GraphNode {
    /// Unique at its cloud.
    pub id: String,
    /// A kind of the common resource model.
    pub kind: String,
    /// The zone it is in.
    pub zone: String,
    /// What the cloud has written down, a common state.
    pub state: String,
    /// Where it was ordered to be while the service runs, else where the last accepted call wants it; a common state.
    pub desired: String,
    /// What the cloud found when it looked; `None`: it cannot look at this kind.
    pub observed: Option<String>,
    /// What only this cloud understands, such as sizes.
    pub native: BTreeMap<String, String>,
    /// How it belongs to others: relation and id.
    pub relations: Vec<(String, String)>,
}

impl GraphNode {
    /// Whether it is not where it is wanted. A machine that runs is `ready` also when users are let in.
    #[must_use]
    pub fn differs(&self) -> bool {
        let seen = self.observed.as_ref().unwrap_or(&self.state);
        *seen != self.desired && !(self.desired == "active" && seen == "ready")
    }
}

impl Broker {
    /// Asks all clouds of a service at once what it consists of; each has five seconds.
    pub async fn service_graph(
        &self,
        ctx: &OpContext,
        id: ContractId,
    ) -> Result<ServiceGraph, BrokerError> {
        let mut tx = self.begin_read().await?;
        let contract = self.readable(ctx, &mut tx, id).await?;
        let heads = match contract.head.order_id {
            Some(order) => contracts::contracts_of_order(&mut tx, order).await?,
            None => vec![contract.head],
        };
        drop(tx);
        let count = heads.len().max(1);
        let asked = stream::iter(heads).map(|head| async move { self.graph_of(head).await });
        let contracts: Vec<Result<ContractGraph, BrokerError>> =
            asked.buffered(count).collect().await;
        let contracts = contracts.into_iter().collect::<Result<_, _>>()?;
        Ok(ServiceGraph { at: self.now(), contracts })
    }

    async fn graph_of(&self, head: ContractHead) -> Result<ContractGraph, BrokerError> {
        let mut tx = self.begin_read().await?;
        let rows = contracts::list_resources(&mut tx, head.id).await?;
        let connection = self.cloud_of(&mut tx, head.provider_id).await?;
        drop(tx);
        let own: Vec<String> = rows
            .into_iter()
            .filter(|row| {
                [lifecycle::GROUP, lifecycle::ARRIVING, lifecycle::LEFT]
                    .contains(&row.kind.as_str())
            })
            .map(|row| row.native_id)
            .collect();
        let answer = tokio::time::timeout(PATIENCE, self.ask(connection, head.id, &own));
        let mut allocations = answer.await.unwrap_or_default();
        if head.state == ContractState::Active {
            // What was ordered, whatever the cloud was told by others.
            let newest = self.newest(head.id).await.map_err(BrokerError::Internal)?;
            let ordered =
                newest.map(|one| Ok::<_, BrokerError>((read_parts(&one)?, one.allocation)));
            if let (Some(all), Some((parts, allocation))) = (&mut allocations, ordered.transpose()?)
            {
                let own = all.iter_mut().filter(|graph| graph.allocation == allocation);
                own.for_each(|graph| graph.wanted_as(&parts));
            }
        }
        Ok(ContractGraph {
            contract: head.id,
            service_name: head.service_name,
            provider_en: head.provider_name_en,
            provider_ja: head.provider_name_ja,
            allocations,
        })
    }

    /// `None`: the cloud is not connected or does not answer.
    async fn ask(
        &self,
        connection: Option<CloudConnection>,
        id: ContractId,
        own: &[String],
    ) -> Option<Vec<AllocationGraph>> {
        let driver = self.inner.drivers.driver(&connection?).ok()?;
        let all = driver.list(&id.to_string()).await.ok()?;
        let lent = all.into_iter().rev().filter(|one| one.state.takes_capacity());
        let mut graphs = Vec::new();
        for one in lent.take(ALLOCATIONS_MAX) {
            graphs.push(allocation(&*driver, &one, own).await);
        }
        // Its own first.
        graphs.sort_by_key(|graph| graph.is_orphan);
        Some(graphs)
    }
}

async fn allocation(driver: &dyn Driver, one: &Allocation, own: &[String]) -> AllocationGraph {
    let AllocationId(id) = &one.id;
    let graph = driver.resources(&one.id).await.ok();
    AllocationGraph {
        is_orphan: !own.contains(id),
        allocation: id.clone(),
        nodes: graph.map(|graph| graph.resources.into_iter().map(node).collect()),
    }
}

fn node(resource: Resource) -> GraphNode {
    GraphNode {
        kind: resource.kind.as_str().to_owned(),
        zone: resource.zone.id,
        state: word(resource.state),
        desired: word(resource.desired),
        observed: resource.observed.map(word),
        native: resource.native,
        relations: resource
            .relations
            .into_iter()
            .map(|one| (one.relation.as_str().to_owned(), one.to))
            .collect(),
        id: resource.id,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn node(state: &str, desired: &str, observed: Option<&str>) -> GraphNode {
        GraphNode {
            id: "one".to_owned(),
            kind: "compute".to_owned(),
            zone: "a".to_owned(),
            state: state.to_owned(),
            desired: desired.to_owned(),
            observed: observed.map(str::to_owned),
            native: BTreeMap::new(),
            relations: vec![],
        }
    }

    #[test]
    fn a_node_differs_by_what_was_seen_before_what_is_written_down() {
        assert!(!node("active", "active", None).differs());
        assert!(!node("active", "active", Some("ready")).differs(), "a machine runs");
        assert!(node("active", "active", Some("failed")).differs());
        assert!(node("draining", "active", None).differs());
        assert!(!node("draining", "active", Some("active")).differs());
    }
}
