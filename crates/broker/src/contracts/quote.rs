//! The quote: plan, price and whether the offer can be signed.

use super::{Plan, Quote};
use crate::market::OfferCard;
use crate::requirements::RequirementSource;
use crate::{Broker, BrokerError, OpContext};
use domain::{Action, OfferId};

/// The reference basket of the market: what the published monthly price is for.
const BASKET: Plan = Plan {
    instances: 1,
    vcpu: 2,
    ram_mb: 4096,
    storage_gb: 20,
    network_mbps: 100,
    region: String::new(),
};

impl Broker {
    /// What signing this offer for this need would bring.
    pub async fn quote(
        &self,
        ctx: &OpContext,
        offer: OfferId,
        source: &RequirementSource,
    ) -> Result<Quote, BrokerError> {
        ctx.may(Action::RankOffers, None, "offer")?;
        let (requirement, _) = self.resolve_requirement(ctx, source).await?;
        let ranked = self.explain(ctx, source, offer).await?;
        Ok(Quote {
            plan: plan_for(&ranked.card),
            price: ranked.card.price,
            obstacle: obstacle(&ranked.card),
            share_code: self.share_code(&requirement),
            requirement,
            ranked,
        })
    }
}

/// P6.1.i1, thin: the reference basket in the offer's first region; the customer may edit it.
pub(super) fn plan_for(card: &OfferCard) -> Plan {
    let region = card.regions.first().map(|(id, _)| id.clone()).unwrap_or_default();
    Plan { region, ..BASKET }
}

/// Why an offer cannot be signed here.
pub(super) fn obstacle(card: &OfferCard) -> Option<&'static str> {
    if !card.backed {
        Some("catalogue_only")
    } else if card.price.is_none() {
        Some("no_price")
    } else {
        None
    }
}

impl Plan {
    /// What may be ordered: `(field, value, lowest, highest)`.
    #[must_use]
    pub fn ranges(&self) -> [(&'static str, i64, i64, i64); 5] {
        [
            ("instances", self.instances, 1, 16),
            ("vcpu", self.vcpu, 1, 64),
            ("ramMb", self.ram_mb, 256, 262_144),
            ("storageGb", self.storage_gb, 1, 10_000),
            ("networkMbps", self.network_mbps, 1, 10_000),
        ]
    }
}
