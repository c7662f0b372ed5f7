//! What an allocation consists of, in the words of the common resource model (F7.5.1, F7.5.2).

use std::collections::BTreeMap;

use provider_api::{
    AllocationId, BackupState, LinkState, Related, Relation, Resource, ResourceGraph, ResourceKind,
    ResourceState, VolumeHealth,
};

use crate::cloud::Cloud;
use crate::error::OpError;
use crate::store::AllocationRow;
use crate::tenants::OwnKey;

/// A key as its caller wrote it.
fn bare(stored: Option<String>) -> Option<String> {
    stored.map(|key| OwnKey::bare(&key).to_owned())
}

impl Cloud {
    pub(crate) async fn resources(&self, id: &str) -> Result<ResourceGraph, OpError> {
        let row = self.row(id).await?;
        if row.running_wanted {
            self.children.check(&row).await;
        }
        let at_us = self.now_us();
        let created_by = bare(self.store.made_by(id).await?);
        let parts = Parts { row: &row, state: row.state_at(at_us), created_by };
        let mut resources = self.machines(&parts);
        resources.extend(self.volume(&parts));
        if row.storage_gb > 0 {
            resources.extend(self.copies_of(&parts).await?);
        }
        resources.push(parts.one(ResourceKind::Network, "network"));
        resources.extend(self.address(&parts));
        resources.extend(self.links_of(&parts).await?);
        Ok(ResourceGraph { allocation_id: AllocationId(row.id.clone()), at_us, resources })
    }

    fn machines(&self, parts: &Parts<'_>) -> Vec<Resource> {
        let instances = self.children.instances(parts.row);
        let mut all = Vec::new();
        for index in 0..parts.row.instances {
            let mut machine = parts.one(ResourceKind::Compute, &format!("compute-{index}"));
            let seen = instances.iter().find(|each| i64::from(each.index) == index);
            machine.provider_id = seen.and_then(|each| each.native.clone());
            machine.observed =
                seen.map(
                    |each| {
                        if each.running { ResourceState::Ready } else { ResourceState::Failed }
                    },
                );
            machine.native.insert("vcpu".to_owned(), parts.row.vcpu_each.to_string());
            machine.native.insert("ramMb".to_owned(), parts.row.ram_mb_each.to_string());
            machine.relations.push(parts.joined(Relation::Attaches, "network"));
            if parts.row.application.is_some() {
                machine.relations.push(parts.joined(Relation::Hosts, "application"));
            }
            all.push(machine);
        }
        if let Some(name) = &parts.row.application {
            let mut application = parts.one(ResourceKind::Application, "application");
            application.native.insert("application".to_owned(), name.clone());
            all.push(application);
        }
        all
    }

    fn volume(&self, parts: &Parts<'_>) -> Option<Resource> {
        if parts.row.storage_gb == 0 {
            return None;
        }
        let mut volume = parts.one(ResourceKind::Storage, "storage");
        // The folder exists from booking to erasure, unless it is lost.
        volume.observed = self.volume_health(parts.row).map(|health| match health {
            VolumeHealth::Present => parts.state,
            VolumeHealth::Lost => ResourceState::Failed,
        });
        if self.volumes.is_there(&parts.row.id) {
            volume.provider_id = Some(format!("volumes/{}", parts.row.id));
        }
        volume.native.insert("gb".to_owned(), parts.row.storage_gb.to_string());
        for index in 0..parts.row.instances {
            volume.relations.push(parts.joined(Relation::Attaches, &format!("compute-{index}")));
        }
        Some(volume)
    }

    /// The backups that are kept; how each stands in the common states is how far it can be relied on.
    async fn copies_of(&self, parts: &Parts<'_>) -> Result<Vec<Resource>, OpError> {
        let rows = self.store.backups(&parts.row.id, 0, i64::MAX).await?;
        let mut all = Vec::new();
        for row in rows {
            let state = match row.state() {
                BackupState::Making => ResourceState::Provisioning,
                BackupState::Ready => ResourceState::Ready,
                BackupState::Damaged => ResourceState::Failed,
                BackupState::Failed | BackupState::Deleted | BackupState::Unknown => continue,
            };
            let mut copy = parts.one(ResourceKind::Backup, &row.id);
            copy.provider_id = Some(format!("backups/{}", row.id));
            copy.state = state;
            copy.desired = ResourceState::Ready;
            copy.created_at_us = row.created_at;
            copy.created_by = bare(self.store.backed_up_by(&row.id).await?);
            copy.native.insert("backup".to_owned(), row.id.clone());
            if let Some(sha256) = row.sha256 {
                copy.native.insert("sha256".to_owned(), sha256);
            }
            copy.relations.push(parts.joined(Relation::Protects, "storage"));
            all.push(copy);
        }
        Ok(all)
    }

    /// The links that are not down.
    async fn links_of(&self, parts: &Parts<'_>) -> Result<Vec<Resource>, OpError> {
        let mut all = Vec::new();
        for row in self.store.links(&parts.row.id, 0, i64::MAX).await? {
            let link = self.view_link(&row);
            if link.state == LinkState::Down {
                continue;
            }
            let mut resource = parts.one(ResourceKind::Link, &row.id);
            resource.provider_id = Some(format!("links/{}", row.id));
            resource.state = link.common;
            resource.desired = ResourceState::Active;
            resource.observed = (link.state == LinkState::Up).then_some(ResourceState::Active);
            resource.created_at_us = row.created_at;
            resource.created_by = bare(Some(row.key.clone()));
            resource.native.insert("mbps".to_owned(), row.mbps.to_string());
            resource.native.insert("peer".to_owned(), row.peer_address.clone());
            resource.relations.push(parts.joined(Relation::Connects, "network"));
            all.push(resource);
        }
        Ok(all)
    }

    fn address(&self, parts: &Parts<'_>) -> Option<Resource> {
        let address = parts.row.endpoint().filter(|_| parts.state != ResourceState::Expired)?;
        let mut endpoint = parts.one(ResourceKind::Endpoint, "endpoint");
        endpoint.provider_id = Some(address.to_string());
        let open = self.gateway.is_open(&parts.row.id);
        endpoint.observed = open.then_some(ResourceState::Active);
        endpoint.relations.push(parts.joined(Relation::Attaches, "network"));
        for index in 0..parts.row.instances {
            endpoint.relations.push(parts.joined(Relation::RoutesTo, &format!("compute-{index}")));
        }
        Some(endpoint)
    }
}

/// What all parts of one allocation share.
struct Parts<'a> {
    row: &'a AllocationRow,
    state: ResourceState,
    created_by: Option<String>,
}

impl Parts<'_> {
    fn id(&self, name: &str) -> String {
        format!("{}/{name}", self.row.id)
    }

    fn joined(&self, relation: Relation, name: &str) -> Related {
        Related { relation, to: self.id(name) }
    }

    /// Where the last accepted call wants it.
    fn desired(&self) -> ResourceState {
        match (self.row.running_wanted, self.row.access_wanted) {
            (true, true) => ResourceState::Active,
            (true, false) => ResourceState::Ready,
            (false, _) => self.state,
        }
    }

    fn one(&self, kind: ResourceKind, name: &str) -> Resource {
        Resource {
            id: self.id(name),
            kind,
            provider_id: None,
            zone: self.row.zone(),
            state: self.state,
            desired: self.desired(),
            observed: None,
            generation: self.row.generation,
            epoch: self.row.epoch,
            labels: BTreeMap::from([("label".to_owned(), self.row.label.clone())]),
            native: BTreeMap::new(),
            created_by: self.created_by.clone(),
            created_at_us: self.row.created_at,
            relations: Vec::new(),
        }
    }
}
