//! The published offers as one need sees them: sent to whoever ranks again and again by themselves.

use super::RequirementSource;
use super::rank::Question;
use crate::market::OfferCard;
use crate::{Broker, BrokerError, OpContext};
use domain::Action;
use matching::{Candidate, Columns, Order};

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
        let stock = self.inner.shelf.stock();
        let today = self.now();
        tokio::task::spawn_blocking(move || {
            let question = Question::new(requirement, Order::Balanced, today)?;
            let offers = stock.offers.values();
            let (candidates, cards): (Vec<Candidate>, Vec<OfferCard>) =
                offers.map(|offer| (question.candidate(offer), offer.card.clone())).unzip();
            let mut bundle = question.matcher.bundle(&candidates);
            let offers = std::mem::take(&mut bundle.offers);
            let columns = Columns::new(question.matcher.prepared().dictionary(), &offers);
            Ok(Candidates { requirement: question.requirement, bundle, columns, cards })
        })
        .await
        .map_err(|error| BrokerError::Internal(format!("candidates: {error}")))?
    }
}
