//! Making bundles: brokers of any offers on the market, providers of their own.

use super::{BUNDLES_MAX, BundleText, BundleView, BundleWish, OFFERS};
use crate::audit::{Entry, record};
use crate::names::Said;
use crate::providers::market_or_own;
use crate::{Broker, BrokerError, FieldFault, OpContext};
use domain::{Action, BundleId, OfferId, ProviderId, Sight};
use std::collections::BTreeSet;
use storage::bundles::{self, Bundle};
use storage::{Tx, lock};

impl Broker {
    /// Makes a bundle: a broker for the market, of any offers on it; a provider of its own ones on it.
    ///
    /// # Errors
    /// `/title`, `/title/en`, `/title/ja`, `/text/en`, `/text/ja`, `/offers`, `/offers/N`; `Conflict` `too_many_bundles`.
    pub async fn make_bundle(
        &self,
        ctx: &OpContext,
        wish: &BundleWish,
    ) -> Result<BundleView, BrokerError> {
        let mut tx = self.begin().await?;
        let maker = maker(ctx, &mut tx).await?;
        let text = self.check(wish, maker).await?;
        if let Some(provider) = maker {
            lock::provider(&mut tx, provider).await?;
        }
        if bundles::count(&mut tx, maker).await? >= BUNDLES_MAX {
            let detail = format!("there are {BUNDLES_MAX} bundles; remove one first");
            return Err(BrokerError::Conflict { code: "too_many_bundles", detail });
        }
        let by = ctx.actor.viewer().ok_or(BrokerError::SignInFirst)?.user.to_string();
        let id = BundleId::new(self.ids());
        let made = (by.as_str(), self.now());
        bundles::insert(&mut tx, (id, maker), &text, &wish.offers, made).await?;
        self.bundle_written(ctx, tx, id, "bundle.made").await
    }

    /// Writes a bundle anew, if it still is at the revision that was read.
    ///
    /// # Errors
    /// As for [`Broker::make_bundle`]; `Conflict` `changed_meanwhile`.
    pub async fn change_bundle(
        &self,
        ctx: &OpContext,
        (id, revision): (BundleId, i64),
        wish: &BundleWish,
    ) -> Result<BundleView, BrokerError> {
        let mut tx = self.begin().await?;
        let row = own(ctx, &mut tx, id).await?;
        let text = self.check(wish, row.provider_id).await?;
        let at = (id, revision);
        if !bundles::update(&mut tx, at, &text, &wish.offers, self.now()).await? {
            let detail = "the bundle was changed meanwhile; read it again".to_owned();
            return Err(BrokerError::Conflict { code: "changed_meanwhile", detail });
        }
        self.bundle_written(ctx, tx, id, "bundle.changed").await
    }

    /// Removes a bundle; orders that were made from it go on. Repeating it is `NotFound`.
    pub async fn remove_bundle(&self, ctx: &OpContext, id: BundleId) -> Result<(), BrokerError> {
        let mut tx = self.begin().await?;
        let row = own(ctx, &mut tx, id).await?;
        bundles::delete(&mut tx, id).await?;
        let entry = Entry::new("bundle.removed", id)
            .with("titleEn", row.text.title_en)
            .with("titleJa", row.text.title_ja);
        record(self, ctx, &mut tx, entry).await?;
        Ok(tx.commit().await?)
    }

    async fn bundle_written(
        &self,
        ctx: &OpContext,
        mut tx: Tx,
        id: BundleId,
        action: &'static str,
    ) -> Result<BundleView, BrokerError> {
        let row = bundles::find(&mut tx, id).await?;
        let row = row.ok_or(BrokerError::NotFound { what: "bundle" })?;
        let entry = Entry::new(action, id).with("shown", row.text.shown);
        record(self, ctx, &mut tx, entry).await?;
        tx.commit().await?;
        self.bundle_view(ctx, row).await
    }

    /// What is written, without blanks around it; or every fault.
    async fn check(
        &self,
        wish: &BundleWish,
        maker: Option<ProviderId>,
    ) -> Result<BundleText, BrokerError> {
        let text = &wish.text;
        let said = Said {
            title_en: &text.title_en,
            title_ja: &text.title_ja,
            text_en: &text.text_en,
            text_ja: &text.text_ja,
        }
        .trimmed();
        let mut faults = said.faults();
        faults.extend(self.offer_faults(&wish.offers, maker).await?);
        if !faults.is_empty() {
            return Err(BrokerError::Invalid(faults));
        }
        let owned = str::to_owned;
        Ok(BundleText {
            title_en: owned(said.title_en),
            title_ja: owned(said.title_ja),
            text_en: owned(said.text_en),
            text_ja: owned(said.text_ja),
            shown: text.shown,
        })
    }

    async fn offer_faults(
        &self,
        offers: &[OfferId],
        maker: Option<ProviderId>,
    ) -> Result<Vec<FieldFault>, BrokerError> {
        let (least, most) = (OFFERS.start(), OFFERS.end());
        let distinct: BTreeSet<OfferId> = offers.iter().copied().collect();
        if !OFFERS.contains(&offers.len()) || distinct.len() != offers.len() {
            let (found, allowed) =
                (offers.len().to_string(), format!("{least} to {most} different offers"));
            let message = "a bundle holds some different offers";
            return Ok(vec![FieldFault::new("/offers", "offer_count", &found, &allowed, message)]);
        }
        // Whoever reads a bundle reads all of it, so nothing in it is for invited organisations only.
        let stock = self.inner.shelf.seen_by(Sight::Public);
        let found = self.shelved_of(&stock, offers).await?;
        let mut faults = Vec::new();
        for (at, offer) in offers.iter().enumerate() {
            let card = found.iter().map(|found| &found.card).find(|card| card.id == *offer);
            let foreign = card.is_some_and(|card| maker.is_some_and(|own| own != card.provider.id));
            let pointer = format!("/offers/{at}");
            let (code, allowed, message) = match (card, foreign) {
                (None, _) => ("offer_unknown", "an offer on the market", "this is no such offer"),
                (_, true) => ("foreign_offer", "one of your own offers", "it is somebody else's"),
                _ => continue,
            };
            faults.push(FieldFault::new(&pointer, code, &offer.to_string(), allowed, message));
        }
        Ok(faults)
    }
}

/// Whose bundles the actor makes: `None` is the market.
pub(super) async fn maker(ctx: &OpContext, tx: &mut Tx) -> Result<Option<ProviderId>, BrokerError> {
    market_or_own(ctx, tx, (Action::BundleForMarket, Action::BundleForProvider), "bundle").await
}

/// A bundle that the actor may change; somebody else's that is not shown is not found.
pub(super) async fn own(ctx: &OpContext, tx: &mut Tx, id: BundleId) -> Result<Bundle, BrokerError> {
    // Who may make none hears that, whatever there is.
    let maker = maker(ctx, tx).await?;
    let row = bundles::find(tx, id).await?;
    row.filter(|row| row.provider_id == maker).ok_or(BrokerError::NotFound { what: "bundle" })
}
