//! A row of `allocations` as a value, and how it looks on the wire.

use std::net::SocketAddr;

use provider_api::{
    Allocation, AllocationId, Endpoint, EndpointKind, ErasureStatement, ImageId, Instance,
    LinkPlace, Quota, ResourceGroup, ResourceState, Zone,
};
use sqlx::FromRow;

use crate::error::OpError;

/// One allocation as stored; whether a hold has ended is judged by [`AllocationRow::state_at`].
#[derive(Clone, Debug, FromRow)]
pub(crate) struct AllocationRow {
    pub seq: i64,
    pub id: String,
    pub label: String,
    pub state: String,
    pub generation: i64,
    pub epoch: i64,
    pub instances: i64,
    pub vcpu_each: i64,
    pub ram_mb_each: i64,
    pub storage_gb: i64,
    pub mbps: i64,
    pub address: Option<String>,
    pub port: Option<i64>,
    pub has_endpoint: bool,
    pub secret: String,
    pub quota_bytes: Option<i64>,
    pub application: Option<String>,
    pub service_name: Option<String>,
    pub settings: Option<String>,
    pub running_wanted: bool,
    pub access_wanted: bool,
    pub erasing_bytes: Option<i64>,
    pub erasing_items: Option<i64>,
    pub created_at: i64,
    pub held_until: i64,
    pub reserved_at: Option<i64>,
    pub started_at: Option<i64>,
    pub stopped_at: Option<i64>,
    pub released_at: Option<i64>,
    pub erasure: Option<String>,
    pub failure: Option<String>,
    pub storage_bytes: Option<i64>,
    pub requests: i64,
    pub zone_id: Option<String>,
    pub region: Option<String>,
    pub country: Option<String>,
    pub hazard_zone: Option<String>,
    pub drain_until: Option<i64>,
    pub resizing: Option<String>,
    pub image_id: Option<String>,
    pub image_placed: bool,
    pub tenant: String,
    pub volume_id: Option<String>,
    pub attached_to: Option<String>,
    pub link_places: Option<String>,
}

impl AllocationRow {
    /// The state now: a hold past its end is expired, whether or not the sweeper came by.
    pub(crate) fn state_at(&self, now_us: i64) -> ResourceState {
        match ResourceState::from_word(&self.state) {
            ResourceState::Held if self.held_until <= now_us => ResourceState::Expired,
            state => state,
        }
    }

    /// Where its data are: on its own volume, or on the one that is lent to it.
    pub(crate) fn volume(&self) -> &str {
        self.volume_id.as_deref().unwrap_or(&self.id)
    }

    /// Whether it is storage and nothing else.
    pub(crate) fn is_volume(&self) -> bool {
        self.instances == 0
    }

    /// The address lent to the service.
    pub(crate) fn endpoint(&self) -> Option<SocketAddr> {
        let ip = self.address.as_ref()?.parse().ok()?;
        Some(SocketAddr::new(ip, u16::try_from(self.port?).ok()?))
    }

    pub(crate) fn statement(&self) -> Result<Option<ErasureStatement>, OpError> {
        Ok(self.erasure.as_deref().map(serde_json::from_str).transpose()?)
    }

    /// Room for links that is held or booked with it.
    pub(crate) fn link_places(&self) -> Result<Vec<LinkPlace>, OpError> {
        let places = self.link_places.as_deref().map(serde_json::from_str).transpose()?;
        Ok(places.unwrap_or_default())
    }

    pub(crate) fn resources(&self) -> ResourceGroup {
        self.size().group(self)
    }

    pub(crate) fn endpoint_kind(&self) -> EndpointKind {
        if self.has_endpoint { EndpointKind::Http } else { EndpointKind::None }
    }

    /// Where it is; every row has been given its zone when the cloud opened its file.
    pub(crate) fn zone(&self) -> Zone {
        let word = |word: &Option<String>| word.clone().unwrap_or_default();
        Zone {
            id: word(&self.zone_id),
            region: word(&self.region),
            country: word(&self.country),
            hazard_zone: word(&self.hazard_zone),
        }
    }

    /// The allocation on the wire; `open` and `instances` are known only to the running cloud.
    pub(crate) fn view(
        &self,
        now_us: i64,
        open: bool,
        instances: Vec<Instance>,
    ) -> Result<Allocation, OpError> {
        let state = self.state_at(now_us);
        let endpoint =
            self.endpoint().filter(|_| state != ResourceState::Expired).map(|address| Endpoint {
                url: format!("http://{address}/"),
                host: address.ip().to_string(),
                port: address.port(),
                open,
            });
        let held = matches!(state, ResourceState::Held | ResourceState::Expired);
        Ok(Allocation {
            id: AllocationId(self.id.clone()),
            label: self.label.clone(),
            zone: self.zone(),
            state,
            generation: self.generation,
            epoch: self.epoch,
            resources: self.resources(),
            quota: self.size().quota_bytes.map(|bytes| Quota { storage_bytes: Some(bytes) }),
            endpoint,
            instances,
            created_at_us: self.created_at,
            held_until_us: held.then_some(self.held_until),
            reserved_at_us: self.reserved_at,
            started_at_us: self.started_at,
            stopped_at_us: self.stopped_at,
            released_at_us: self.released_at,
            draining_until_us: self.drain_until,
            image: self.image_id.as_deref().map(ImageId::from),
            volume: self.volume_id.as_deref().map(AllocationId::from),
            attached_to: self.attached_to.as_deref().map(AllocationId::from),
            links: self.link_places()?,
            erasure: self.statement()?,
            failure: self.failure.clone(),
        })
    }
}
