//! One offer with all its promises and what was measured.

use super::coverage::{Coverage, covered_among};
use super::{MeasuredHistory, OfferPage, Promise};
use crate::requirements::day_of;
use crate::shelf::Shelved;
use crate::{Broker, BrokerError, OpContext};
use domain::{Action, DurationUs, OfferId};
use storage::observations::{self, ObservationKind};

/// How far back the measured history reaches: 90 days.
const HISTORY_US: DurationUs = 90 * 24 * 3600 * 1_000_000;
/// Offers side by side.
const COMPARED_MAX: usize = 4;

impl Broker {
    /// One published offer.
    pub async fn offer(&self, ctx: &OpContext, id: OfferId) -> Result<OfferPage, BrokerError> {
        ctx.may(Action::ReadMarket, None, "offer")?;
        let offer = self.shelved(ctx.sight(), id).await?;
        let offer = offer.ok_or(BrokerError::NotFound { what: "offer" })?;
        let mut page = page(&offer);
        page.history = self.history(id).await?;
        page.signature = self.signature_of(id, page.card.version).await?;
        if page.signature.is_some() {
            page.yaml = crate::documents::offer_yaml(&page.signed());
        }
        page.coverage = self.coverage(ctx.sight(), offer).await?;
        Ok(page)
    }

    /// Those of the offers that are published, as lists show them, in the order asked for.
    pub async fn offer_cards(
        &self,
        ctx: &OpContext,
        ids: &[OfferId],
    ) -> Result<Vec<super::OfferCard>, BrokerError> {
        ctx.may(Action::ReadMarket, None, "offer")?;
        let stock = self.inner.shelf.seen_by(ctx.sight());
        let offers = self.shelved_of(&stock, ids).await?;
        Ok(offers.iter().map(|offer| offer.card.clone()).collect())
    }

    /// Two to four offers side by side, in the order asked; unknown ids are left out.
    pub async fn compare(
        &self,
        ctx: &OpContext,
        ids: &[OfferId],
    ) -> Result<Vec<OfferPage>, BrokerError> {
        ctx.may(Action::ReadMarket, None, "offer")?;
        let stock = self.inner.shelf.seen_by(ctx.sight());
        let mut wanted: Vec<OfferId> = Vec::with_capacity(COMPARED_MAX);
        for id in ids {
            if !wanted.contains(id) && stock.state(*id).is_some() {
                wanted.push(*id);
            }
            if wanted.len() == COMPARED_MAX {
                break;
            }
        }
        let compared = self.shelved_of(&stock, &wanted).await?;
        let compared: Vec<&Shelved> = compared.iter().map(AsRef::as_ref).collect();
        let today = day_of(self.now());
        let beside = |offer: &&Shelved| OfferPage {
            covers_beside: covered_among(offer, &compared, today),
            ..page(offer)
        };
        Ok(compared.iter().map(beside).collect())
    }

    /// What was measured over all contracts of the offer.
    async fn history(&self, id: OfferId) -> Result<MeasuredHistory, BrokerError> {
        let since = self.now().plus_us(-HISTORY_US);
        let mut tx = self.begin_read().await?;
        let rows = observations::history(&mut tx, id, since).await?;
        let mut history = MeasuredHistory::default();
        let whole = |count: i64| u64::try_from(count).unwrap_or(0);
        for row in rows {
            if row.kind == ObservationKind::Response {
                history.samples = whole(row.samples);
                history.ok = whole(row.ok_samples);
                history.contracts = whole(row.contracts);
                history.mean_response_us = row.value_mean_us;
            }
        }
        Ok(history)
    }
}

fn page(offer: &Shelved) -> OfferPage {
    OfferPage {
        card: offer.card.clone(),
        yaml: crate::documents::offer_yaml(&offer.document),
        hash: offer.hash.clone(),
        signature: None,
        promises: promises(&offer.document),
        document: offer.document.clone(),
        history: MeasuredHistory::default(),
        coverage: Coverage::default(),
        covers_beside: Vec::new(),
    }
}

/// Every core item, undeclared ones included, then what else is declared.
fn promises(document: &sla::Offer) -> Vec<Promise> {
    let known = sla::registry().items();
    let core = known
        .iter()
        .filter(|item| item.core || document.item(&item.key).is_some())
        .map(|item| promise(&item.key, document.item(&item.key)));
    let own = document
        .spec
        .items
        .iter()
        // What is retired, or known to nobody, stands behind all others.
        .filter(|item| known.iter().all(|other| other.key != item.item))
        .map(|item| promise(&item.item, Some(item)));
    core.chain(own).collect()
}

fn promise(key: &str, declared: Option<&sla::OfferItem>) -> Promise {
    let source = declared.and_then(|item| {
        item.evidence.iter().find_map(|evidence| {
            let date = evidence.date.as_ref().map(ToString::to_string).unwrap_or_default();
            Some((evidence.source.clone()?, date))
        })
    });
    Promise {
        item: key.to_owned(),
        value: declared.map(|item| item.value.clone()),
        commitment: declared.map(|item| item.commitment.as_str().to_owned()).unwrap_or_default(),
        source,
    }
}
