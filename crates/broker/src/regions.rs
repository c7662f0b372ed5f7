//! Where connected clouds can run services, and which regions of an offer can be ordered therefore.
//!
//! [`Broker::look_at_clouds`] is a reconciler: it asks every connected cloud and stores what is
//! news; one that says something else of itself than before is examined again. A cloud that has not answered yet is neither trusted nor ruled out: its offers may be
//! signed, and activation asks the cloud itself before anything is held.

use crate::ports::CloudConnection;
use crate::providers::ProviderCard;
use crate::{Broker, BrokerError};
use futures::stream::{self, StreamExt};
use provider_api::{Capabilities, ReserveTerms};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::collections::BTreeSet;
use std::time::Duration;
use storage::{cloud_reports, offers, providers};

/// Clouds asked at the same time.
const AT_ONCE: usize = 16;
/// A cloud that needs longer is asked again in the next round.
const PATIENCE: Duration = Duration::from_secs(5);

/// A region that a connected cloud has.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct CloudRegion {
    /// The provider's name for it.
    pub id: String,
    /// ISO 3166-1 alpha-2.
    pub country: String,
}

/// What is stored; a text of another version counts as not answered yet.
pub(crate) fn read(stored: Option<&str>) -> Option<Vec<CloudRegion>> {
    serde_json::from_str(stored?).ok()
}

/// The regions a cloud tells, each once and in order, so that equal answers are equal texts.
fn told(capabilities: &Capabilities) -> Vec<CloudRegion> {
    let region = |zone: &provider_api::Zone| CloudRegion {
        id: zone.region.clone(),
        country: zone.country.clone(),
    };
    let unique: BTreeSet<CloudRegion> =
        capabilities.zones.iter().map(|each| region(&each.zone)).collect();
    unique.into_iter().collect()
}

/// The ids of the `(id, country)` offered that the provider's cloud has in that country; all of
/// them while it has not answered yet, none without a cloud that has passed its examination.
pub(crate) fn served(offered: &[(String, String)], provider: &ProviderCard) -> Vec<String> {
    if !provider.passed {
        return Vec::new();
    }
    let has = |id: &str, country: &str| match &provider.regions {
        None => provider.backed,
        Some(regions) => regions.iter().any(|region| region.id == id && region.country == country),
    };
    offered.iter().filter(|(id, country)| has(id, country)).map(|(id, _)| id.clone()).collect()
}

/// What a cloud says of itself.
struct Told {
    regions: Vec<CloudRegion>,
    /// Of booking without a hold; `None`: it holds first.
    reserve: Option<ReserveTerms>,
    /// Of everything: a cloud that says something else is examined again.
    hash: String,
}

impl Told {
    fn of(capabilities: &Capabilities) -> Self {
        let text = serde_json::to_string(capabilities).unwrap_or_default();
        let reserve = crate::lifecycle::booking_terms(capabilities);
        Self { regions: told(capabilities), reserve, hash: hex::encode(Sha256::digest(text)) }
    }
}

impl Broker {
    /// Asks every connected cloud for its regions; returns how many told something new.
    pub async fn look_at_clouds(&self) -> Result<usize, BrokerError> {
        let mut tx = self.begin_read().await?;
        let mut connections = Vec::new();
        for provider in providers::list_connected(&mut tx).await? {
            connections.extend(self.cloud_of(&mut tx, provider.id).await?);
        }
        drop(tx);
        let answers: Vec<(CloudConnection, Told)> = stream::iter(connections)
            .map(|connection| async move {
                let told = self.ask_regions(&connection).await?;
                Some((connection, told))
            })
            .buffer_unordered(AT_ONCE)
            .filter_map(|answer| async move { answer })
            .collect()
            .await;
        let mut news = 0;
        for (connection, told) in answers {
            news += usize::from(self.note_regions(&connection, &told).await?);
        }
        if news > 0 {
            self.sync_market().await?;
        }
        Ok(news)
    }

    async fn ask_regions(&self, connection: &CloudConnection) -> Option<Told> {
        let asked = match self.inner.drivers.driver(connection) {
            Ok(driver) => {
                let answer = tokio::time::timeout(PATIENCE, async { driver.capabilities().await });
                match answer.await {
                    Ok(answer) => answer.map_err(|error| error.to_string()),
                    Err(_) => Err("no answer in time".to_owned()),
                }
            }
            Err(reason) => Err(reason),
        };
        match asked {
            Ok(capabilities) => Some(Told::of(&capabilities)),
            Err(reason) => {
                tracing::debug!(provider.id = %connection.provider, %reason, "a cloud told no regions");
                None
            }
        }
    }

    async fn note_regions(
        &self,
        connection: &CloudConnection,
        told: &Told,
    ) -> Result<bool, BrokerError> {
        let text = serde_json::to_string(&told.regions)
            .map_err(|error| BrokerError::Internal(error.to_string()))?;
        let (id, now) = (connection.provider, self.now());
        let mut tx = self.begin().await?;
        let reserve = serde_json::to_string(&told.reserve)
            .map_err(|error| BrokerError::Internal(error.to_string()))?;
        let booking = providers::set_reserve(&mut tx, id, &connection.url, &reserve).await?;
        let news = providers::set_regions(&mut tx, id, &connection.url, &text, now).await?;
        let other = cloud_reports::note_capabilities(&mut tx, id, &told.hash, now).await?;
        if news {
            // Other offers can be ordered now: everybody who follows the market looks again.
            offers::touch_published(&mut tx, id, now).await?;
            tracing::info!(provider.id = %id, regions = text, "a cloud told its regions");
        }
        if news || other || booking {
            tx.commit().await?;
        }
        Ok(news)
    }
}

/// The regions of a document that the provider's cloud is known not to have: customers can read the
/// offer and not order it there. Empty without a cloud, or before it has answered.
#[must_use]
pub fn not_served(offer: &sla::Offer, provider: &ProviderCard) -> Vec<String> {
    if provider.regions.is_none() {
        return Vec::new();
    }
    let offered: Vec<(String, String)> = offer
        .spec
        .service
        .regions
        .iter()
        .map(|region| (region.id.clone(), region.country.clone()))
        .collect();
    let has = served(&offered, provider);
    offered.into_iter().map(|(id, _)| id).filter(|id| !has.contains(id)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::{ProviderId, SequentialIds};

    fn provider(backed: bool, regions: Option<&str>) -> ProviderCard {
        ProviderCard {
            id: ProviderId::new(&SequentialIds::new(1)),
            slug: "north".to_owned(),
            name_en: "North".to_owned(),
            name_ja: "北".to_owned(),
            country: "JP".to_owned(),
            backed,
            passed: backed,
            regions: read(regions),
        }
    }

    fn offered() -> Vec<(String, String)> {
        let pair = |id: &str, country: &str| (id.to_owned(), country.to_owned());
        vec![pair("north-1", "JP"), pair("south-1", "JP")]
    }

    #[test]
    fn only_regions_that_the_cloud_has_in_that_country_can_be_ordered() {
        let told = r#"[{"id":"north-1","country":"JP"},{"id":"south-1","country":"KR"}]"#;
        assert_eq!(served(&offered(), &provider(true, Some(told))), ["north-1"]);
        assert_eq!(served(&offered(), &provider(true, Some("[]"))), Vec::<String>::new());
    }

    #[test]
    fn a_cloud_that_has_not_answered_is_not_ruled_out_and_no_cloud_is() {
        assert_eq!(served(&offered(), &provider(true, None)).len(), 2);
        assert_eq!(served(&offered(), &provider(true, Some("of a later version"))).len(), 2);
        assert!(served(&offered(), &provider(false, None)).is_empty());
    }
}
