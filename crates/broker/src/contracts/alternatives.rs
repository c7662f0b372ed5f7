//! What can be signed instead of something that cannot be had.

use super::quote::obstacle;
use crate::requirements::{RankedOffer, RequirementSource};
use crate::{Broker, BrokerError, OpContext};
use domain::OfferId;

/// How many other offers are named.
const OFFERS_MAX: usize = 3;

/// How many of each list are looked at for them.
const LOOKED_AT: usize = 200;

/// What can be signed instead.
#[derive(Debug, Clone, Default)]
pub struct Alternatives {
    /// Other regions of the same offer that its cloud has, with their countries: the promise is the
    /// same there.
    pub regions: Vec<(String, String)>,
    /// At most three other offers: those that contain the need, then those that fall short of it, as
    /// each one's explanation says.
    pub offers: Vec<RankedOffer>,
}

/// Another offer, and how it stands to the need.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AlternativeOffer {
    /// The offer.
    pub offer: OfferId,
    /// Whether its promise contains the need.
    pub matched: bool,
    /// Keys of the items that it misses of what must be; empty when it contains the need.
    pub missed: Vec<String>,
}

impl From<&RankedOffer> for AlternativeOffer {
    fn from(row: &RankedOffer) -> Self {
        let explanation = &row.explanation;
        let mut missed: Vec<String> = Vec::new();
        for at in explanation.missed() {
            let item = explanation.rows[at].item.split('#').next().unwrap_or_default();
            // An item may stand in two rows, for the two ends of a range or for another time.
            if missed.iter().all(|known| known != item) {
                missed.push(item.to_owned());
            }
        }
        Self { offer: row.card.id, matched: explanation.totals.matched, missed }
    }
}

impl Broker {
    /// What can be signed instead of an offer, or of one region of it.
    ///
    /// # Errors
    /// As those of [`Broker::rank`].
    pub async fn alternatives(
        &self,
        ctx: &OpContext,
        source: &RequirementSource,
        offer: OfferId,
        region: Option<&str>,
    ) -> Result<Alternatives, BrokerError> {
        let ranked = self.rank(ctx, source, matching::Order::Balanced, LOOKED_AT).await?;
        let wanted = self.shelved(ctx.sight(), offer).await?;
        let now = self.now();
        let full = wanted.as_ref().map(|offer| offer.card.provider.id);
        let regions = match (&wanted, region) {
            (Some(offer), Some(full)) if obstacle(&offer.card, now).is_none() => offer
                .card
                .regions
                .iter()
                .filter(|(id, _)| id != full && offer.card.served.contains(id))
                .cloned()
                .collect(),
            _ => Vec::new(),
        };
        let mut offers: Vec<_> = ranked
            .matches
            .into_iter()
            .chain(ranked.near_misses)
            .filter(|row| row.card.id != offer && obstacle(&row.card, now).is_none())
            .collect();
        // What contains the need comes first. Another offer of the same cloud would most likely find it
        // just as full.
        offers.sort_by_key(|row| {
            (!row.explanation.totals.matched, Some(row.card.provider.id) == full)
        });
        offers.truncate(OFFERS_MAX);
        Ok(Alternatives { regions, offers })
    }
}
