//! Saving and reading one's own offers.

use super::history::History;
use super::life::{Done, LifeStep, history};
use super::review::comments;
use super::version::{Newest, Next, next};
use super::{MadeOf, OfferVersionCard, OwnOffer, OwnOfferCard, ReviewView};
use crate::audit::{Entry, record};
use crate::contracts::parse_cursor;
use crate::documents::{self, offer_yaml, read_offer, stored, text_faults};
use crate::keys::Keyring;
use crate::providers::ProviderCard;
use crate::{Broker, BrokerError, Listed, OpContext, regions};
use domain::{Action, OfferId, OfferStage, ReviewState, Timestamp};
use sla::{Document, Offer};
use storage::offers::{self, NewOffer, OfferVersion, OfferWithProvider};
use storage::providers::{self, Provider};
use storage::{StorageError, Tx, lock};

impl Broker {
    /// Saves a text as a draft; with the name of an existing offer, as its next version.
    pub async fn save_offer(&self, ctx: &OpContext, text: &str) -> Result<OwnOffer, BrokerError> {
        self.write_offer(ctx, text, None).await
    }

    /// Saves a text as the next version of what it was made of. Somebody may have saved another version
    /// since: then nothing is written, and the answer is a conflict. A text with another name is none of
    /// its versions.
    pub async fn revise_offer(
        &self,
        ctx: &OpContext,
        text: &str,
        made_of: MadeOf,
    ) -> Result<OwnOffer, BrokerError> {
        self.write_offer(ctx, text, Some(made_of)).await
    }

    async fn write_offer(
        &self,
        ctx: &OpContext,
        text: &str,
        made_of: Option<MadeOf>,
    ) -> Result<OwnOffer, BrokerError> {
        ctx.may(Action::WriteOffer, ctx.actor.organisation(), "offer")?;
        let (offer, _) =
            read_offer(text).map_err(|faults| BrokerError::Invalid(text_faults(text, &faults)))?;
        let mut tx = self.begin().await?;
        let provider = self.own_provider(ctx, &mut tx).await?;
        check_provider(&offer, &provider)?;
        // The same page sent twice at once: the second finds what the first one wrote.
        lock::provider(&mut tx, provider.id).await?;
        let id = self.save_version(ctx, &mut tx, &provider, offer, made_of).await?;
        tx.commit().await?;
        self.my_offer(ctx, id).await
    }

    /// Writes the next version, or the first one; an unchanged document makes none.
    async fn save_version(
        &self,
        ctx: &OpContext,
        tx: &mut Tx,
        provider: &Provider,
        offer: Offer,
        made_of: Option<MadeOf>,
    ) -> Result<OfferId, BrokerError> {
        let now = self.now();
        let slug = offer.metadata.name.clone();
        let head = offers::heads(tx, provider.id, &[slug.as_str()]).await?.pop();
        let offer = self.held_offer(offer, head.is_some())?;
        self.check_market_rules(&offer, head.is_some())?;
        let keys = Keyring::of(tx, provider.id).await?;
        let Some(head) = head else {
            let id = OfferId::new(self.ids());
            let Next { row, signature, .. } = next(ctx, &keys, id, None, offer, now)?;
            let new = NewOffer { id, provider_id: provider.id, slug, created_at: now };
            offers::insert(tx, &new).await?;
            offers::insert_versions(tx, row.as_slice()).await?;
            storage::keys::insert_signatures(tx, signature.as_slice()).await?;
            self.note(ctx, tx, id, Done::new(LifeStep::Drafted, 1)).await?;
            return Ok(id);
        };
        let newest = Newest { version: head.current_version, hash: &head.hash };
        let Next { version, row, signature } = next(ctx, &keys, head.id, Some(newest), offer, now)?;
        let changed = row.is_some();
        // A page that was sent twice changes nothing the second time.
        let old =
            made_of.filter(|of| changed && of.offer == head.id && of.version != newest.version);
        if let Some(old) = old {
            return Err(BrokerError::newer("offer_changed", newest.version, old.version));
        }
        // A version that is signed already keeps its signature.
        let signature = signature.filter(|_| changed || !head.signed);
        offers::insert_versions(tx, row.as_slice()).await.map_err(taken)?;
        storage::keys::insert_signatures(tx, signature.as_slice()).await?;
        if changed {
            let (id, revision) = (head.id, head.revision);
            offers::set_current_version(tx, id, revision, version, now).await.map_err(taken)?;
            self.note(ctx, tx, id, Done::new(LifeStep::Revised, version)).await?;
        } else if signature.is_some() {
            let entry = Entry::new("offer.signed", head.id).with("version", version);
            record(self, ctx, tx, entry).await?;
        }
        Ok(head.id)
    }

    /// The provider's offers in every state, newest first.
    pub async fn my_offers(
        &self,
        ctx: &OpContext,
        cursor: Option<&str>,
        limit: u32,
    ) -> Result<Listed<OwnOfferCard>, BrokerError> {
        let cursor = parse_cursor(cursor)?;
        let mut tx = self.begin_read().await?;
        let provider = self.own_provider(ctx, &mut tx).await?;
        let page = offers::list_by_provider(&mut tx, provider.id, cursor.as_ref(), limit).await?;
        let card = |row: offers::OfferListing| {
            let review = row.review_state.map(|state| (state, row.publish_at));
            own_card(&row.offer, (row.title_en, row.title_ja), review)
        };
        let items = page.items.into_iter().map(card).collect();
        Ok(Listed { items, next: page.next.map(|cursor| cursor.to_string()) })
    }

    /// The provider's offer of this name: saving a document that bears it makes its next version.
    pub async fn my_offer_named(
        &self,
        ctx: &OpContext,
        name: &str,
    ) -> Result<Option<OwnOffer>, BrokerError> {
        let mut tx = self.begin_read().await?;
        let provider = self.own_provider(ctx, &mut tx).await?;
        let head = offers::heads(&mut tx, provider.id, &[name]).await?.pop();
        drop(tx);
        match head {
            Some(head) => self.my_offer(ctx, head.id).await.map(Some),
            None => Ok(None),
        }
    }

    /// One offer with drafts and versions.
    pub async fn my_offer(&self, ctx: &OpContext, id: OfferId) -> Result<OwnOffer, BrokerError> {
        let mut tx = self.begin_read().await?;
        let found = owned(ctx, &mut tx, Action::ReadOwnOffer, id).await?.offer;
        let newest = offers::find_version(&mut tx, id, found.current_version)
            .await?
            .ok_or(BrokerError::NotFound { what: "offer" })?;
        let versions = offers::list_versions(&mut tx, id).await?;
        let mut versions_of = History::of(&mut tx, id).await?;
        let (document, _) = read_offer(&newest.document).map_err(|faults| {
            let detail = faults.to_string();
            BrokerError::Storage(StorageError::Corrupt { what: "offer_version.document", detail })
        })?;
        let reviews = offers::list_reviews_of(&mut tx, id).await?;
        let reviews =
            reviews.into_iter().map(ReviewView::of).collect::<Result<Vec<_>, BrokerError>>()?;
        let open = reviews.iter().find(|review| review.state.is_open());
        let open = open.map(|review| (review.state, review.publish_at));
        Ok(OwnOffer {
            card: own_card(&found, (newest.title_en, newest.title_ja), open),
            notice_us: self.notice_of(&mut tx, &found).await?,
            audience: found.audience_id,
            reviews,
            comments: comments(&mut tx, id).await?,
            history: history(offers::list_steps(&mut tx, id).await?),
            revision: found.revision,
            not_served: not_served(&mut tx, found.provider_id, &document).await?,
            yaml: offer_yaml(&document),
            document,
            versions: versions
                .into_iter()
                .map(|row| OfferVersionCard {
                    version: row.version,
                    hash: row.hash,
                    created_at: row.created_at,
                    created_by: row.created_by,
                    signed_by: versions_of.signed_by(row.version),
                    changes: versions_of.changes(row.version),
                })
                .collect(),
        })
    }

    pub(super) async fn writable(
        &self,
        ctx: &OpContext,
        tx: &mut Tx,
        id: OfferId,
    ) -> Result<OfferWithProvider, BrokerError> {
        lock::offer(tx, id).await?;
        owned(ctx, tx, Action::WriteOffer, id).await
    }
}

/// Regions of the document that the provider's cloud is known not to have.
async fn not_served(
    tx: &mut Tx,
    provider: domain::ProviderId,
    offer: &Offer,
) -> Result<Vec<String>, BrokerError> {
    let row =
        providers::find(tx, provider).await?.ok_or(BrokerError::NotFound { what: "provider" })?;
    Ok(regions::not_served(offer, &ProviderCard::from(&row)))
}

pub(super) async fn owned(
    ctx: &OpContext,
    tx: &mut Tx,
    action: Action,
    id: OfferId,
) -> Result<OfferWithProvider, BrokerError> {
    let found = offers::find(tx, id).await?;
    let owner = found.as_ref().and_then(|row| row.provider.organisation_id);
    ctx.may(action, owner, "offer")?;
    found.ok_or(BrokerError::NotFound { what: "offer" })
}

/// The document must name the provider that publishes it, so that nobody speaks for another.
pub(super) fn check_provider(offer: &Offer, provider: &Provider) -> Result<(), BrokerError> {
    match &offer.metadata.provider {
        Some(did) if *did != provider.did => Err(BrokerError::field(
            "/metadata/provider",
            "foreign_provider",
            did,
            &provider.did,
            "the document names another provider",
        )),
        _ => Ok(()),
    }
}

pub(crate) fn version_row(
    ctx: &OpContext,
    id: OfferId,
    version: i64,
    offer: &Offer,
    now: Timestamp,
) -> Result<OfferVersion, BrokerError> {
    let price = documents::price(offer)?;
    let service = &offer.spec.service;
    let (model, deployment) = (service.model.as_str(), service.deployment.as_str());
    let document = stored(&Document::Offer(offer.clone()));
    Ok(OfferVersion {
        offer_id: id,
        version,
        document: document.text,
        hash: document.hash,
        title_en: document.title_en,
        title_ja: document.title_ja,
        service_model: model.to_owned(),
        deployment_model: deployment.to_owned(),
        price,
        created_by: ctx.actor.audit_name(),
        created_at: now,
    })
}

fn own_card(
    offer: &offers::Offer,
    (title_en, title_ja): (String, String),
    review: Option<(ReviewState, Option<Timestamp>)>,
) -> OwnOfferCard {
    OwnOfferCard {
        stage: OfferStage::of(offer.state, review.map(|(state, _)| state)),
        under_review: review.is_some(),
        publish_at: review.and_then(|(_, publish_at)| publish_at),
        ends_at: offer.ends_at,
        id: offer.id,
        slug: offer.slug.clone(),
        title_en,
        title_ja,
        state: offer.state,
        current_version: offer.current_version,
        published_version: offer.published_version,
        updated_at: offer.updated_at,
    }
}

/// Two people saved at the same time: the second is told, nothing is overwritten.
pub(crate) fn taken(error: StorageError) -> BrokerError {
    if offers::is_version_taken(&error) || matches!(error, StorageError::Conflict { .. }) {
        return BrokerError::Conflict {
            code: "offer_changed",
            detail: "somebody changed this offer at the same time: read it again".to_owned(),
        };
    }
    error.into()
}
