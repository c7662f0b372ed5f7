//! The place a contract names, and whether the cloud means the same: region and country.
//!
//! The offer promises where data lie. A cloud that does not have the region, or has it in another
//! country, is not asked to hold anything; a group that is put elsewhere is taken back.

use super::seat::Seat;
use crate::Broker;
use provider_api::{Capabilities, ResourceGroup, Zone};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use storage::contracts;
use workflow::{StepInput, Stop};

/// What is asked of the cloud, and where: the output of `plan`.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Placing {
    /// The contracted region.
    pub region: String,
    /// Its country in the contracted offer, ISO 3166-1 alpha-2.
    pub country: String,
    /// The group in the provider's terms.
    pub resources: ResourceGroup,
}

/// The country of the region in the offer as it was signed.
pub(super) async fn country_of(
    input: &StepInput<Broker>,
    seat: &Seat,
    region: &str,
) -> Result<String, Stop> {
    let mut tx = input.env.db().look().await?;
    let document = match seat.change {
        // Signed with the change, and not the contract's yet.
        Some(change) => {
            let texts = contracts::find_change_texts(&mut tx, seat.contract, change).await?;
            texts.map(|(_, after)| after.text)
        }
        None => contracts::find(&mut tx, seat.contract).await?.map(|one| one.offer_document),
    };
    let document = document.ok_or_else(|| Stop::failed("internal", "the contract is gone"))?;
    let offer = sla::parse_offer(&document)
        .map_err(|faults| Stop::failed("internal", format!("the signed offer: {faults}")))?;
    let found = offer.spec.service.regions.into_iter().find(|each| each.id == region);
    found.map(|each| each.country).ok_or_else(|| {
        Stop::failed("region_unknown", format!("the signed offer is not made in region {region}"))
    })
}

impl Placing {
    /// There is not enough left where it is to be.
    pub fn full(&self) -> Stop {
        let region = &self.region;
        Stop::failed(
            "no_capacity",
            format!("region {region} has not enough left for the whole group"),
        )
    }

    /// The cloud has the region, and all of it in the country that was signed.
    pub fn check(&self, capabilities: &Capabilities) -> Result<(), Stop> {
        let mut zones = capabilities.zones_in(&self.region).peekable();
        if zones.peek().is_some() {
            return zones.try_for_each(|zone| self.check_zone(zone));
        }
        let known: BTreeSet<&str> =
            capabilities.zones.iter().map(|each| each.zone.region.as_str()).collect();
        let known: Vec<&str> = known.into_iter().collect();
        let detail = format!(
            "the contract is for region {}, the cloud has {}",
            self.region,
            known.join(", ")
        );
        Err(Stop::failed("region_unknown", detail))
    }

    /// The zone lies where the contract says.
    pub fn check_zone(&self, zone: &Zone) -> Result<(), Stop> {
        if zone.region != self.region {
            let detail = format!(
                "the contract is for region {}, the cloud put it into {}",
                self.region, zone.region
            );
            return Err(Stop::failed("wrong_region", detail));
        }
        if zone.country != self.country {
            let detail = format!(
                "the contract is for {} in {}, the cloud has this region in {}",
                self.region, self.country, zone.country
            );
            return Err(Stop::failed("wrong_country", detail));
        }
        Ok(())
    }
}
