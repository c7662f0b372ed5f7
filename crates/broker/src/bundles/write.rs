//! Making bundles: brokers of any offers on the market, providers of their own.

use super::{BUNDLES_MAX, BundleText, BundleView, BundleWish, OFFERS, TEXT_MAX, TITLE_MAX};
use crate::audit::{Entry, record};
use crate::names::text_fault;
use crate::{Broker, BrokerError, FieldFault, OpContext};
use domain::{Action, BundleId, OfferId, ProviderId, Role, Sight};
use std::collections::BTreeSet;
use storage::bundles::{self, Bundle};
use storage::{Tx, lock, providers};

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
        let [title_en, title_ja, text_en, text_ja] =
            [&text.title_en, &text.title_ja, &text.text_en, &text.text_ja].map(|text| text.trim());
        let long = |code: &'static str| (code, "the text is too long");
        let mut faults: Vec<FieldFault> = [
            text_fault("/title/en", title_en, 0..=TITLE_MAX, long("title")),
            text_fault("/title/ja", title_ja, 0..=TITLE_MAX, long("title")),
            text_fault("/text/en", text_en, 0..=TEXT_MAX, long("text")),
            text_fault("/text/ja", text_ja, 0..=TEXT_MAX, long("text")),
        ]
        .into_iter()
        .flatten()
        .collect();
        if title_en.is_empty() && title_ja.is_empty() {
            let message = "write a title in at least one language";
            let allowed = format!("1 to {TITLE_MAX} characters in English, in Japanese or in both");
            faults.push(FieldFault::new("/title", "title_missing", "", &allowed, message));
        }
        faults.extend(self.offer_faults(&wish.offers, maker).await?);
        if !faults.is_empty() {
            return Err(BrokerError::Invalid(faults));
        }
        let owned = str::to_owned;
        Ok(BundleText {
            title_en: owned(title_en),
            title_ja: owned(title_ja),
            text_en: owned(text_en),
            text_ja: owned(text_ja),
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
    let viewer = ctx.actor.viewer();
    if viewer.is_some_and(|viewer| viewer.role == Role::Provider) {
        let organisation = ctx.actor.organisation();
        ctx.may(Action::BundleForProvider, organisation, "bundle")?;
        let own = match organisation {
            Some(organisation) => providers::list_by_organisation(tx, organisation).await?,
            None => Vec::new(),
        };
        let own = own.into_iter().next().ok_or(BrokerError::NotFound { what: "provider" })?;
        return Ok(Some(own.id));
    }
    ctx.may(Action::BundleForMarket, None, "bundle")?;
    Ok(None)
}

/// A bundle that the actor may change; somebody else's that is not shown is not found.
pub(super) async fn own(ctx: &OpContext, tx: &mut Tx, id: BundleId) -> Result<Bundle, BrokerError> {
    // Who may make none hears that, whatever there is.
    let maker = maker(ctx, tx).await?;
    let row = bundles::find(tx, id).await?;
    row.filter(|row| row.provider_id == maker).ok_or(BrokerError::NotFound { what: "bundle" })
}
