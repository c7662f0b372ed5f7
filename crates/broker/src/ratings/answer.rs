//! The provider's words to what a customer said.

use super::{COMMENT_MAX, RatingView};
use crate::audit::{Entry, record};
use crate::names::text_fault;
use crate::notices::{ContractNews, NoticeKind};
use crate::{Broker, BrokerError, FieldFault, OpContext};
use domain::{Action, ContractId, ProviderId};
use storage::{Tx, contracts, lock, providers, ratings};

impl Broker {
    /// What the customer of a contract said of the signed-in provider; `None`: nothing.
    pub async fn received_rating(
        &self,
        ctx: &OpContext,
        id: ContractId,
    ) -> Result<Option<RatingView>, BrokerError> {
        let mut tx = self.begin_read().await?;
        let provider = judged(ctx, &mut tx, id).await?;
        Ok(ratings::find(&mut tx, id, provider).await?.map(RatingView::from))
    }

    /// Answers, in place of what was answered before; everybody reads it, and the customer is told the first time.
    /// Repeating it changes nothing.
    ///
    /// # Errors
    /// `/answer`; `NotFound` where the customer said nothing.
    pub async fn answer_rating(
        &self,
        ctx: &OpContext,
        id: ContractId,
        text: &str,
    ) -> Result<(), BrokerError> {
        let text = text.trim();
        self.write_answer(ctx, id, Some(text)).await
    }

    /// Takes the answer away. Repeating it changes nothing.
    pub async fn withdraw_answer(
        &self,
        ctx: &OpContext,
        id: ContractId,
    ) -> Result<(), BrokerError> {
        self.write_answer(ctx, id, None).await
    }

    async fn write_answer(
        &self,
        ctx: &OpContext,
        id: ContractId,
        text: Option<&str>,
    ) -> Result<(), BrokerError> {
        let mut tx = self.begin().await?;
        lock::contract(&mut tx, id).await?;
        let provider = judged(ctx, &mut tx, id).await?;
        if let Some(fault) = text.and_then(fault) {
            return Err(BrokerError::Invalid(vec![fault]));
        }
        let rating = ratings::find(&mut tx, id, provider).await?;
        let rating = rating.ok_or(BrokerError::NotFound { what: "rating" })?;
        let by = ctx.actor.viewer().ok_or(BrokerError::SignInFirst)?.user.to_string();
        if ratings::answer(&mut tx, (id, provider), text, &by, self.now()).await? {
            let action = if text.is_some() { "rating.answered" } else { "rating.answer_withdrawn" };
            let entry = Entry::new(action, id).with("provider", provider.to_string());
            record(self, ctx, &mut tx, entry).await?;
            let head = contracts::find_head(&mut tx, id).await?;
            if let Some(head) = head.filter(|_| text.is_some() && rating.answer.is_none()) {
                let news = ContractNews::about(&head);
                let customer = head.organisation_id;
                self.tell_organisation(&mut tx, NoticeKind::RatingAnswered, customer, &news)
                    .await?;
            }
        }
        Ok(tx.commit().await?)
    }
}

fn fault(text: &str) -> Option<FieldFault> {
    let missing = ("answer", "write what you answer, or withdraw the answer");
    text_fault("/answer", text, 1..=COMMENT_MAX, missing)
}

/// The signed-in provider, if it delivers the contract or did so and was judged; others learn nothing.
async fn judged(ctx: &OpContext, tx: &mut Tx, id: ContractId) -> Result<ProviderId, BrokerError> {
    let head = contracts::find_head(tx, id).await?;
    let viewer = ctx.actor.viewer();
    let own = match viewer {
        Some(viewer) => providers::list_by_organisation(tx, viewer.organisation).await?,
        None => Vec::new(),
    };
    let own = own.into_iter().next();
    let concerned = match (&own, &head) {
        (Some(own), Some(head)) if own.id == head.provider_id => true,
        (Some(own), Some(_)) => ratings::find(tx, id, own.id).await?.is_some(),
        _ => false,
    };
    let own = own.filter(|_| concerned);
    ctx.may(
        Action::AnswerRating,
        own.as_ref().and_then(|provider| provider.organisation_id),
        "contract",
    )?;
    own.map(|provider| provider.id).ok_or(BrokerError::NotFound { what: "contract" })
}
