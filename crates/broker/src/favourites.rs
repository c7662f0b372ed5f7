//! Offers that an organisation keeps at hand, marked with one press.
//!
//! A mark says nothing to anybody else, the provider included. An offer that is withdrawn stays in the list as
//! withdrawn; one that the organisation may not know of any more is not in it.

use crate::market::OfferCard;
use crate::{Broker, BrokerError, OpContext};
use domain::{Action, OfferId, OfferState, OrganisationId, Sight, Timestamp};
use std::collections::{BTreeSet, HashMap};
use storage::favourites;

/// Offers that one organisation can keep.
pub const FAVOURITES_MAX: usize = 500;

/// An offer that is kept at hand.
#[derive(Debug, Clone)]
pub struct Favourite {
    /// The offer.
    pub offer: OfferId,
    /// English title of what was on the market last.
    pub title_en: String,
    /// Japanese title.
    pub title_ja: String,
    /// Short name of its provider.
    pub provider_slug: String,
    /// The provider's English name.
    pub provider_name_en: String,
    /// The provider's Japanese name.
    pub provider_name_ja: String,
    /// Where it stands.
    pub state: OfferState,
    /// As lists show it; `None`: it is not on the market.
    pub card: Option<OfferCard>,
    /// When it was marked.
    pub kept_at: Timestamp,
}

impl Broker {
    /// Keeps an offer of the market at hand for the actor's organisation. Repeating it changes nothing.
    ///
    /// # Errors
    /// `NotFound` unless the actor finds it on the market; `Conflict` `too_many_favourites`.
    pub async fn keep_favourite(&self, ctx: &OpContext, offer: OfferId) -> Result<(), BrokerError> {
        let organisation = keeper(ctx)?;
        let by = ctx.actor.audit_name();
        self.shelved(ctx.sight(), offer).await?.ok_or(BrokerError::NotFound { what: "offer" })?;
        let mut tx = self.begin().await?;
        let kept = favourites::list_ids(&mut tx, organisation).await?;
        if kept.len() >= FAVOURITES_MAX && !kept.contains(&offer) {
            let detail = format!("an organisation keeps at most {FAVOURITES_MAX} offers at hand");
            return Err(BrokerError::Conflict { code: "too_many_favourites", detail });
        }
        favourites::keep(&mut tx, organisation, offer, (&by, self.now())).await?;
        Ok(tx.commit().await?)
    }

    /// Keeps it no longer. Repeating it changes nothing.
    pub async fn drop_favourite(&self, ctx: &OpContext, offer: OfferId) -> Result<(), BrokerError> {
        let organisation = keeper(ctx)?;
        let mut tx = self.begin().await?;
        favourites::drop(&mut tx, organisation, offer).await?;
        Ok(tx.commit().await?)
    }

    /// Which offers are kept, for the marks in lists; nothing for whoever keeps none.
    pub async fn favourite_ids(&self, ctx: &OpContext) -> Result<BTreeSet<OfferId>, BrokerError> {
        let organisation = keeper(ctx)?;
        let kept = favourites::list_ids(&mut self.begin_read().await?, organisation).await?;
        Ok(kept.into_iter().collect())
    }

    /// The offers that the actor's organisation keeps at hand, the latest mark first.
    pub async fn favourites(&self, ctx: &OpContext) -> Result<Vec<Favourite>, BrokerError> {
        let organisation = keeper(ctx)?;
        let everything = ctx.sight() == Sight::Everything;
        let rows =
            favourites::list(&mut self.begin_read().await?, organisation, everything).await?;
        let ids: Vec<OfferId> = rows.iter().map(|row| row.id).collect();
        let cards = self.offer_cards(ctx, &ids).await?;
        let mut cards: HashMap<OfferId, OfferCard> =
            cards.into_iter().map(|card| (card.id, card)).collect();
        let favourite = |row: favourites::Favourite| Favourite {
            offer: row.id,
            title_en: row.title_en,
            title_ja: row.title_ja,
            provider_slug: row.provider_slug,
            provider_name_en: row.provider_name_en,
            provider_name_ja: row.provider_name_ja,
            state: row.state,
            card: cards.remove(&row.id),
            kept_at: row.created_at,
        };
        Ok(rows.into_iter().map(favourite).collect())
    }
}

/// The organisation that keeps.
fn keeper(ctx: &OpContext) -> Result<OrganisationId, BrokerError> {
    let organisation = ctx.actor.organisation();
    ctx.may(Action::KeepFavourites, organisation, "favourite")?;
    organisation.ok_or(BrokerError::SignInFirst)
}
