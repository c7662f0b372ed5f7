//! What all checks of one run share: the client, the cloud's own description, what to ask it for.

use std::sync::Arc;

use super::{Options, Patience, Target};
use crate::http::{HttpProbe, raw_client};
use crate::paths;
use crate::wire::{
    Amounts, Capabilities, ComputeSpec, EndpointKind, NetworkSpec, ResourceGroup, StorageSpec,
};

/// Bytes of an answer that are read at most.
const ANSWER_MAX: usize = 4 * 1024 * 1024;

/// What all checks share.
#[derive(Debug)]
pub(super) struct Room {
    pub client: reqwest::Client,
    pub probe: HttpProbe,
    pub target: Target,
    pub options: Options,
    pub patience: Arc<dyn Patience>,
    pub capabilities: Capabilities,
    /// Everything is held here, unless a check is about another region.
    pub region: String,
    pub other_region: Option<String>,
    pub body_max: usize,
}

impl Room {
    /// Asks the cloud what it is; without that answer nothing can be checked.
    pub(super) async fn open(
        target: &Target,
        options: &Options,
        patience: Arc<dyn Patience>,
    ) -> Result<Self, String> {
        let mut config = target.config.clone();
        config.total_timeout = options.answer_limit;
        let client = raw_client(&config).map_err(|error| error.to_string())?;
        let probe = HttpProbe::new(options.answer_limit, config.addresses.clone())
            .map_err(|error| error.to_string())?;
        let capabilities = ask(&client, &config).await?;
        let regions = ordered_regions(&capabilities);
        let mut regions = regions.into_iter();
        let Some(region) = regions.next() else {
            return Err("the cloud tells no region it could lend in".to_owned());
        };
        Ok(Self {
            client,
            probe,
            target: target.clone(),
            options: options.clone(),
            patience,
            capabilities,
            region,
            other_region: regions.next(),
            body_max: config.body_max.min(ANSWER_MAX),
        })
    }

    /// A small group that any cloud can lend.
    pub(super) fn group(&self) -> ResourceGroup {
        let http = self.capabilities.endpoints.contains(&EndpointKind::Http);
        let endpoint = if http { EndpointKind::Http } else { EndpointKind::None };
        ResourceGroup {
            compute: ComputeSpec { count: 1, vcpu: 1, ram_mb: 256 },
            storage: StorageSpec { gb: 1 },
            network: NetworkSpec { mbps: 10, endpoint },
        }
    }

    /// The application to start: the built-in one where there is, else the first told.
    pub(super) fn application(&self) -> Option<&str> {
        let all = &self.capabilities.applications;
        all.iter().find(|name| *name == "demo").or(all.first()).map(String::as_str)
    }
}

/// The region in which a cloud is examined; `None`: it tells none that could lend what that takes.
#[must_use]
pub fn examined_region(capabilities: &Capabilities) -> Option<String> {
    ordered_regions(capabilities).into_iter().next()
}

/// What an examination takes at one time at most, in a run that does not fill a region.
#[must_use]
pub fn examined_with() -> ResourceGroup {
    ResourceGroup {
        compute: ComputeSpec { count: 2, vcpu: 1, ram_mb: 256 },
        storage: StorageSpec { gb: 2 },
        network: NetworkSpec { mbps: 20, endpoint: EndpointKind::Http },
    }
}

/// Regions in which a small group fits by what the zones can lend in all, in the order in which they are told.
fn ordered_regions(capabilities: &Capabilities) -> Vec<String> {
    let small = Amounts { instances: 2, vcpu: 2, ram_mb: 512, storage_gb: 2, mbps: 20 };
    let mut regions: Vec<String> = Vec::new();
    for each in capabilities.zones.iter().filter(|each| each.capacity.covers(&small)) {
        if !regions.contains(&each.zone.region) {
            regions.push(each.zone.region.clone());
        }
    }
    regions
}

async fn ask(
    client: &reqwest::Client,
    config: &crate::http::DriverConfig,
) -> Result<Capabilities, String> {
    let url = format!("{}{}", config.base_url.as_str().trim_end_matches('/'), paths::CAPABILITIES);
    let sent = client.get(url).bearer_auth(config.token.reveal()).send().await;
    let response = sent.map_err(|error| crate::http::chain(&error))?;
    let status = response.status().as_u16();
    let bytes = crate::http::read_body(response, ANSWER_MAX).await;
    let bytes = bytes.map_err(|error| error.to_string())?;
    match status {
        200 => serde_json::from_slice(&bytes)
            .map_err(|error| format!("the capabilities are not as version 1 says: {error}")),
        401 | 403 => Err(format!("the cloud refuses the token (status {status})")),
        status => Err(format!("the cloud answers {status} when asked for its capabilities")),
    }
}
