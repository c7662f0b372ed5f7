//! What was fetched becomes rows here, in the unit of work that notes it.

use super::MirrorReport;
use super::fetch::{Fetched, FetchedOffer, FetchedProvider};
use crate::audit::{Entry, record};
use crate::offers::version_row;
use crate::{Broker, BrokerError, OpContext};
use domain::{OfferId, OfferState, ProviderId};
use storage::keys::{self, OfferSignature, ProviderKey};
use storage::offers::{self, NewOffer};
use storage::providers::{self, NewProvider};
use storage::{Tx, lock, mirror};

/// What became of something that was fetched.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Done {
    Applied,
    Same,
    Refused,
}

impl Done {
    pub fn count(self, report: &mut MirrorReport) {
        match self {
            Self::Applied => report.applied += 1,
            Self::Refused => report.refused += 1,
            Self::Same => {}
        }
    }
}

impl Broker {
    /// Writes a provider and an offer of it as the other market shows them.
    pub(super) async fn put(
        &self,
        tx: &mut Tx,
        origin: &str,
        fetched: Fetched,
    ) -> Result<Done, BrokerError> {
        let Fetched { provider, offer } = fetched;
        let id = provider.facts.id;
        if !self.put_provider(tx, origin, &provider).await? {
            tracing::warn!(provider.id = %id, mirror.origin = origin,
                "a provider of another market belongs here already; its offers are not mirrored");
            return Ok(Done::Refused);
        }
        match offer {
            Some(offer) => self.put_offer(tx, origin, id, offer).await,
            None => Ok(Done::Same),
        }
    }

    /// `false`: the provider, its short name or its identifier belongs here, or to another market.
    async fn put_provider(
        &self,
        tx: &mut Tx,
        origin: &str,
        provider: &FetchedProvider,
    ) -> Result<bool, BrokerError> {
        let facts = &provider.facts;
        let (id, now) = (facts.id, self.now());
        let by_slug = providers::find_by_slug(tx, &facts.slug).await?;
        let by_did = providers::find_by_did(tx, &provider.did).await?;
        let other = by_slug.iter().chain(&by_did).any(|row| row.id != id);
        let from = mirror::find_origin(tx, id).await?;
        let there = providers::find(tx, id).await?;
        match (&there, from.as_deref()) {
            _ if other => return Ok(false),
            (None, _) => {
                providers::insert(tx, &new_provider(provider, now)).await?;
                // The market it comes from admitted it.
                crate::admissions::enter(self, tx, id).await?;
                mirror::mark(tx, id, origin).await?;
                let ctx = OpContext::system("mirror");
                let entry = Entry::new("provider.created", id).with("origin", origin);
                record(self, &ctx, tx, entry).await?;
            }
            (Some(_), Some(from)) if from == origin => {
                if mirror::set_facts(tx, facts, now).await? {
                    // Names stand beside its offers: everybody who follows the market looks again.
                    offers::touch_published(tx, id, now).await?;
                }
            }
            (Some(_), _) => return Ok(false),
        }
        self.put_keys(tx, provider).await?;
        Ok(true)
    }

    async fn put_keys(&self, tx: &mut Tx, provider: &FetchedProvider) -> Result<(), BrokerError> {
        let (id, now) = (provider.facts.id, self.now());
        for key in &provider.keys {
            let there = keys::find(tx, id, &key.kid).await?;
            let revoked = there.as_ref().is_some_and(|key| key.revoked_at.is_some());
            if there.is_none() {
                let row = ProviderKey {
                    provider_id: id,
                    kid: key.kid.clone(),
                    public_key: key.public.to_bytes(),
                    valid_from: now,
                    created_by: "mirror".to_owned(),
                    created_at: now,
                    revoked_at: None,
                };
                keys::insert(tx, &row).await?;
            }
            if key.revoked && !revoked {
                keys::revoke(tx, id, &key.kid, now).await?;
            }
        }
        Ok(())
    }

    async fn put_offer(
        &self,
        tx: &mut Tx,
        origin: &str,
        provider: ProviderId,
        offer: FetchedOffer,
    ) -> Result<Done, BrokerError> {
        let FetchedOffer { id, version, document, hash, signature } = offer;
        let signature = match signature {
            Ok(signature) => signature,
            Err(fault) => {
                tracing::warn!(offer.id = %id, mirror.origin = origin, fault,
                    "an offer of another market has a wrong signature and is not mirrored");
                return Ok(Done::Refused);
            }
        };
        let ctx = OpContext::system("mirror");
        let now = self.now();
        lock::offer(tx, id).await?;
        let slug = document.metadata.name.clone();
        let there = match offers::find(tx, id).await? {
            Some(row) if row.offer.provider_id != provider => return Ok(Done::Refused),
            Some(row) => row.offer,
            None => {
                if offers::heads(tx, provider, &[slug.as_str()]).await?.pop().is_some() {
                    return Ok(Done::Refused);
                }
                let new = NewOffer { id, provider_id: provider, slug, created_at: now };
                offers::insert(tx, &new).await?;
                let row = offers::find(tx, id).await?;
                row.ok_or(BrokerError::NotFound { what: "offer" })?.offer
            }
        };
        match offers::find_version(tx, id, version).await? {
            Some(known) if known.hash != hash => {
                tracing::warn!(offer.id = %id, offer.version = version, mirror.origin = origin,
                    "another market changed a version that it had published; it is not mirrored");
                return Ok(Done::Refused);
            }
            Some(_) => {}
            None => {
                let row = version_row(&ctx, id, version, &document, now)?;
                offers::insert_version(tx, &row).await?;
            }
        }
        if let Some((kid, value)) = signature
            && keys::find_signature(tx, id, version).await?.is_none()
        {
            let row = OfferSignature { offer_id: id, version, kid, value };
            keys::insert_signatures(tx, &[row]).await?;
        }
        let shown =
            there.state == OfferState::Published && there.published_version == Some(version);
        if shown {
            return Ok(Done::Same);
        }
        offers::publish(tx, id, there.revision, version, now).await?;
        let entry =
            Entry::new("offer.published", id).with("version", version).with("origin", origin);
        record(self, &ctx, tx, entry).await?;
        Ok(Done::Applied)
    }

    /// Takes an offer off the market here that is no longer on the other one.
    pub(super) async fn take_away(
        &self,
        tx: &mut Tx,
        origin: &str,
        id: OfferId,
    ) -> Result<Done, BrokerError> {
        lock::offer(tx, id).await?;
        let Some(found) = offers::find(tx, id).await? else { return Ok(Done::Same) };
        let from = mirror::find_origin(tx, found.offer.provider_id).await?;
        if from.as_deref() != Some(origin) || !found.offer.state.is_on_market() {
            return Ok(Done::Same);
        }
        offers::withdraw(tx, id, found.offer.revision, self.now()).await?;
        let ctx = OpContext::system("mirror");
        let entry = Entry::new("offer.withdrawn", id).with("origin", origin);
        record(self, &ctx, tx, entry).await?;
        Ok(Done::Applied)
    }
}

fn new_provider(provider: &FetchedProvider, now: domain::Timestamp) -> NewProvider {
    let facts = &provider.facts;
    NewProvider {
        id: facts.id,
        organisation_id: None,
        slug: facts.slug.clone(),
        did: provider.did.clone(),
        name_en: facts.name_en.clone(),
        name_ja: facts.name_ja.clone(),
        description_en: facts.description_en.clone(),
        description_ja: facts.description_ja.clone(),
        country: facts.country.clone(),
        homepage: facts.homepage.clone(),
        created_at: now,
    }
}
