//! The published offers as one need sees them: sent to whoever ranks again and again by themselves.

use super::RequirementSource;
use super::rank::Question;
use crate::market::OfferCard;
use crate::sync::beside;
use crate::{Broker, BrokerError, OpContext};
use domain::Action;
use matching::{Candidate, Columns, Order};

/// More offers are not sent: their columns would take longer to come than a page is looked at.
const SENT_MAX: usize = 20_000;

/// Enough to rank the market elsewhere with the same result.
#[derive(Debug, Clone)]
pub struct Candidates {
    /// The need.
    pub requirement: sla::Requirement,
    /// Dictionary and rows of the matcher; its list of offers is empty.
    pub bundle: matching::Bundle,
    /// What the offers promise on the items of the dictionary.
    pub columns: Columns,
    /// The offers, in the order of the columns.
    pub cards: Vec<OfferCard>,
}

impl Broker {
    /// What somebody needs to rank the market for a need without asking again.
    pub async fn candidates(
        &self,
        ctx: &OpContext,
        source: &RequirementSource,
    ) -> Result<Candidates, BrokerError> {
        ctx.may(Action::RankOffers, None, "market")?;
        let (requirement, _) = self.resolve_requirement(ctx, source).await?;
        let stock = self.inner.shelf.seen_by(ctx.sight());
        if stock.len() > SENT_MAX {
            return Err(BrokerError::Conflict {
                code: "market_too_large",
                detail: format!("more than {SENT_MAX} offers are not sent to be ranked elsewhere"),
            });
        }
        let ids = stock.first(SENT_MAX);
        let offers = self.shelved_of(&stock, &ids).await?;
        let question = Question::new(requirement, Order::Balanced, self.now())?;
        beside("candidates", move || {
            let (candidates, cards): (Vec<Candidate>, Vec<OfferCard>) =
                offers.iter().map(|offer| (question.candidate(offer), offer.card.clone())).unzip();
            let mut bundle = question.matcher.bundle(&candidates);
            let offers = std::mem::take(&mut bundle.offers);
            let columns = Columns::new(question.matcher.prepared().dictionary(), &offers);
            Candidates { requirement: question.requirement, bundle, columns, cards }
        })
        .await
    }
}
