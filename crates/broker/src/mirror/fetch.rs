//! What is read from the other market: its feed, its catalogue, documents, providers and keys. Nothing it says is trusted
//! before it was checked: ids are ids, a text has the hash that was told, a signature fits one of its provider's keys.

use super::{CatalogueEntry, CataloguePage};
use crate::BrokerError;
use crate::documents::stored;
use domain::{OfferId, ProviderId};
use provider_api::http::HttpReader;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use sla::exchange::jws::{self, PublicKey};
use sla::{Document, Offer};
use std::collections::HashMap;
use std::sync::Arc;
use storage::mirror::ProviderFacts;

/// How the address of a market is written.
pub const ORIGIN_FORM: &str = "scheme and host of a market, such as https://market.example";
/// The largest answer with events or a catalogue.
const LIST_BYTES_MAX: usize = 32 * 1024 * 1024;
/// The largest document; uploads are smaller.
const DOCUMENT_BYTES_MAX: usize = 8 * 1024 * 1024;

/// Another market.
pub(super) struct Market<'a> {
    reader: &'a HttpReader,
    origin: String,
}

/// An event as it is applied.
#[derive(Debug)]
pub(super) struct NewEvent {
    pub number: i64,
    pub provider: ProviderId,
    pub offer: Option<OfferId>,
    pub version: Option<i64>,
    pub hash: Option<String>,
}

/// Some events in a row.
#[derive(Debug)]
pub(super) struct NewEvents {
    pub events: Vec<NewEvent>,
    pub more: bool,
}

/// A key of a provider.
#[derive(Debug)]
pub(super) struct FetchedKey {
    pub kid: String,
    pub public: PublicKey,
    pub revoked: bool,
}

/// A provider with its keys.
#[derive(Debug)]
pub(super) struct FetchedProvider {
    pub facts: ProviderFacts,
    pub did: String,
    pub keys: Vec<FetchedKey>,
}

/// An offer's version.
#[derive(Debug)]
pub(super) struct FetchedOffer {
    pub id: OfferId,
    pub version: i64,
    /// Without its signature.
    pub document: Offer,
    pub hash: String,
    /// The key that signed it, and the signature, where there is one; `Err`: it fits no key.
    pub signature: Result<Option<(String, String)>, String>,
}

/// What was fetched: a provider, and an offer of it.
#[derive(Debug)]
pub(super) struct Fetched {
    pub provider: Arc<FetchedProvider>,
    pub offer: Option<FetchedOffer>,
}

/// Providers that were read while one page of the feed or the catalogue is gone through.
pub(super) type Known = HashMap<ProviderId, Arc<FetchedProvider>>;

#[derive(Deserialize)]
struct EventPage {
    items: Vec<EventItem>,
    more: bool,
}

#[derive(Deserialize)]
struct EventItem {
    sequence: String,
    data: EventData,
}

#[derive(Deserialize)]
struct EventData {
    provider: Named,
    offer: Option<EventOffer>,
}

#[derive(Deserialize)]
struct Named {
    id: String,
}

#[derive(Deserialize)]
struct EventOffer {
    id: String,
    version: Option<i64>,
    hash: Option<String>,
}

#[derive(Deserialize)]
struct CatalogueList {
    items: Vec<CatalogueItem>,
    next: Option<String>,
    head: String,
}

#[derive(Deserialize)]
struct CatalogueItem {
    id: String,
    provider: String,
    name: String,
    version: i64,
    hash: String,
}

#[derive(Deserialize)]
struct TwoLanguages {
    en: String,
    ja: String,
}

#[derive(Deserialize)]
struct ProviderItem {
    id: String,
    slug: String,
    did: String,
    name: TwoLanguages,
    description: TwoLanguages,
    country: String,
    homepage: Option<String>,
}

#[derive(Deserialize)]
struct KeyList {
    items: Vec<KeyItem>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct KeyItem {
    kid: String,
    jwk: serde_json::Value,
    revoked_at: Option<String>,
}

impl<'a> Market<'a> {
    pub fn new(reader: Option<&'a HttpReader>, origin: &str) -> Result<Self, BrokerError> {
        let plain = origin.trim().trim_end_matches('/');
        let host = plain.strip_prefix("https://").or_else(|| plain.strip_prefix("http://"));
        let is_origin = host.is_some_and(|host| {
            !host.is_empty() && !host.contains(['/', '?', '#', '@', ' ']) && host.is_ascii()
        });
        if !is_origin {
            let message = "this is no address of a market";
            return Err(BrokerError::field("/origin", "origin", origin, ORIGIN_FORM, message));
        }
        let reader =
            reader.ok_or_else(|| unreachable("this process reads from no other market"))?;
        Ok(Self { reader, origin: plain.to_owned() })
    }

    pub fn origin(&self) -> &str {
        &self.origin
    }

    /// The body of an answer; `None` for these statuses.
    async fn read(
        &self,
        path: &str,
        bytes_max: usize,
        none: &[u16],
    ) -> Result<Option<Vec<u8>>, BrokerError> {
        let url = format!("{}/api/v1{path}", self.origin);
        let answer = self.reader.get(&url, bytes_max).await.map_err(|fault| unreachable(&fault))?;
        match answer.status {
            200 => Ok(Some(answer.body)),
            status if none.contains(&status) => Ok(None),
            status => Err(unreachable(&format!("{path} answered {status}"))),
        }
    }

    async fn json<T: DeserializeOwned>(
        &self,
        path: &str,
        none: &[u16],
    ) -> Result<Option<T>, BrokerError> {
        let Some(body) = self.read(path, LIST_BYTES_MAX, none).await? else { return Ok(None) };
        let read = serde_json::from_slice(&body);
        read.map(Some).map_err(|error| unreachable(&format!("{path}: {error}")))
    }

    /// Events behind a cursor; `None`: there is a gap.
    pub async fn events(&self, cursor: i64) -> Result<Option<NewEvents>, BrokerError> {
        let path = format!("/events?limit=200&after={cursor}");
        let Some(page) = self.json::<EventPage>(&path, &[410]).await? else { return Ok(None) };
        let read = |item: EventItem| -> Option<NewEvent> {
            let offer = item.data.offer;
            Some(NewEvent {
                number: item.sequence.parse().ok()?,
                provider: item.data.provider.id.parse().ok()?,
                version: offer.as_ref().and_then(|offer| offer.version),
                hash: offer.as_ref().and_then(|offer| offer.hash.clone()),
                offer: match offer {
                    Some(offer) => Some(offer.id.parse().ok()?),
                    None => None,
                },
            })
        };
        let events: Option<Vec<NewEvent>> = page.items.into_iter().map(read).collect();
        let events = events.ok_or_else(|| unreachable("an event cannot be read"))?;
        Ok(Some(NewEvents { events, more: page.more }))
    }

    pub async fn catalogue(&self, after: Option<OfferId>) -> Result<CataloguePage, BrokerError> {
        let path = match after {
            Some(id) => format!("/catalogue?limit=500&after={id}"),
            None => "/catalogue?limit=500".to_owned(),
        };
        let page = self.json::<CatalogueList>(&path, &[]).await?;
        let wrong = || unreachable("the catalogue cannot be read");
        let page = page.ok_or_else(wrong)?;
        let entry = |item: CatalogueItem| -> Option<CatalogueEntry> {
            Some(CatalogueEntry {
                id: item.id.parse().ok()?,
                provider: item.provider.parse().ok()?,
                name: item.name,
                version: item.version,
                hash: item.hash,
            })
        };
        let items: Option<Vec<_>> = page.items.into_iter().map(entry).collect();
        let next = page.next.map(|text| text.parse()).transpose();
        Ok(CataloguePage {
            items: items.ok_or_else(wrong)?,
            next: next.map_err(|_| wrong())?,
            head: page.head.parse().map_err(|_| wrong())?,
        })
    }

    pub async fn provider(
        &self,
        id: ProviderId,
        known: &mut Known,
    ) -> Result<Fetched, BrokerError> {
        let provider = Arc::new(self.provider_with_keys(id).await?);
        known.insert(id, Arc::clone(&provider));
        Ok(Fetched { provider, offer: None })
    }

    async fn provider_with_keys(&self, id: ProviderId) -> Result<FetchedProvider, BrokerError> {
        let wrong = || unreachable("a provider cannot be read");
        let item = self.json::<ProviderItem>(&format!("/providers/{id}"), &[]).await?;
        let item = item.filter(|item| item.id == id.to_string()).ok_or_else(wrong)?;
        let list = self.json::<KeyList>(&format!("/providers/{id}/keys"), &[]).await?;
        let key = |item: KeyItem| {
            let public = PublicKey::from_jwk(&item.jwk.to_string()).ok()?;
            // A name means one key for ever.
            (public.kid() == item.kid).then(|| FetchedKey {
                kid: item.kid,
                public,
                revoked: item.revoked_at.is_some(),
            })
        };
        let keys: Option<Vec<_>> = list.ok_or_else(wrong)?.items.into_iter().map(key).collect();
        Ok(FetchedProvider {
            facts: ProviderFacts {
                id,
                slug: item.slug,
                name_en: item.name.en,
                name_ja: item.name.ja,
                description_en: item.description.en,
                description_ja: item.description.ja,
                country: item.country,
                homepage: item.homepage,
            },
            did: item.did,
            keys: keys.ok_or_else(wrong)?,
        })
    }

    /// A version of an offer with its provider; `None`: another one is published by now, or none. A provider that is
    /// known is not asked for again, unless a signature fits none of its known keys.
    pub async fn offer(
        &self,
        (id, provider, version): (OfferId, ProviderId, i64),
        hash: Option<&str>,
        known: &mut Known,
    ) -> Result<Option<Fetched>, BrokerError> {
        let path = format!("/offers/{id}/sla");
        let Some(body) = self.read(&path, DOCUMENT_BYTES_MAX, &[404]).await? else {
            return Ok(None);
        };
        let text = String::from_utf8(body).map_err(|_| unreachable("a document is no text"))?;
        let signed = sla::parse_offer(&text)
            .map_err(|fault| unreachable(&format!("the document of {id}: {fault}")))?;
        let mut document = signed.clone();
        document.metadata.signature = None;
        let found = stored(&Document::Offer(document.clone())).hash;
        if hash.is_some_and(|hash| hash != found) {
            return Ok(None);
        }
        let (provider, signature) = match known.get(&provider) {
            Some(there) if let Ok(signature) = signature(&signed, &there.keys) => {
                (Arc::clone(there), Ok(signature))
            }
            _ => {
                let provider = self.provider(provider, known).await?.provider;
                let signature = signature(&signed, &provider.keys);
                (provider, signature)
            }
        };
        let offer = FetchedOffer { id, version, document, hash: found, signature };
        Ok(Some(Fetched { provider, offer: Some(offer) }))
    }
}

/// Whether the signature, where there is one, is of one of these keys. What was signed before a key was revoked stays.
fn signature(offer: &Offer, keys: &[FetchedKey]) -> Result<Option<(String, String)>, String> {
    let value = offer.metadata.signature.as_ref().and_then(|signature| signature.value.clone());
    let Some(value) = value else { return Ok(None) };
    let public = |kid: &str| keys.iter().find(|key| key.kid == kid).map(|key| key.public.clone());
    match jws::verify(offer, public) {
        Ok(verified) => Ok(Some((verified.kid, value))),
        Err(fault) => Err(fault.to_string()),
    }
}

fn unreachable(detail: &str) -> BrokerError {
    BrokerError::Conflict { code: "mirror_unreachable", detail: detail.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use sla::exchange::jws::PrivateKey;

    #[test]
    fn a_signature_has_to_be_of_a_key_of_the_provider_and_over_this_text() {
        let key = PrivateKey::from_seed(&[9; 32]);
        let public = key.public();
        let keys = [FetchedKey { kid: public.kid(), public, revoked: true }];
        let mut offer = sla::parse_offer(sla::EXAMPLE_OFFERS[0].yaml).unwrap();
        assert_eq!(signature(&offer, &keys), Ok(None), "unsigned is allowed");
        offer.metadata.signature = Some(jws::sign(&offer, &key));
        let (kid, _) = signature(&offer, &keys).unwrap().unwrap();
        assert_eq!(kid, keys[0].kid, "signed before the key was revoked");
        assert!(signature(&offer, &[]).is_err(), "nobody's key");
        offer.metadata.name = "another".to_owned();
        assert!(signature(&offer, &keys).is_err(), "another text");
    }

    #[test]
    fn only_scheme_and_host_are_the_address_of_a_market() {
        for wrong in ["", "market.example", "https://", "https://a/b", "https://a?b", "https://u@a"]
        {
            let refused = Market::new(None, wrong).err().unwrap();
            assert!(matches!(refused, BrokerError::Invalid(_)), "{wrong}: {refused:?}");
        }
        // A plain address is read; this process reads from nowhere.
        let refused = Market::new(None, "https://market.example/").err().unwrap();
        assert!(matches!(refused, BrokerError::Conflict { .. }), "{refused:?}");
    }
}
