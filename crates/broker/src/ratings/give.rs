//! Giving a rating, changing it and taking it back.

use super::{COMMENT_MAX, OwnRating, RateService, RatingView};
use crate::audit::{Entry, record};
use crate::names::text_fault;
use crate::notices::{ContractNews, NoticeKind};
use crate::{Broker, BrokerError, FieldFault, OpContext};
use domain::{Action, ContractId, STARS_MAX, Stars};
use storage::contracts::{self, ContractHead};
use storage::ratings::{self, NewRating};
use storage::{Tx, lock, providers};

impl Broker {
    /// What the customer said of the provider that delivers its service, and whether it can say something.
    pub async fn own_rating(
        &self,
        ctx: &OpContext,
        id: ContractId,
    ) -> Result<OwnRating, BrokerError> {
        let mut tx = self.begin_read().await?;
        let head = served(ctx, &mut tx, id).await?;
        let rating = ratings::find(&mut tx, id, head.provider_id).await?;
        Ok(OwnRating {
            contract: id,
            service_name: head.service_name,
            provider: head.provider_id,
            provider_en: head.provider_name_en,
            provider_ja: head.provider_name_ja,
            provider_slug: head.provider_slug,
            delivered: head.activated_at.is_some(),
            rating: rating.map(RatingView::from),
        })
    }

    /// Says how the service was delivered, in place of what was said before; the provider is told the first time. Repeating it
    /// changes nothing.
    ///
    /// # Errors
    /// `/service`, `/ordering`, `/comment`; `Conflict` `not_delivered`: the service has never run.
    pub async fn rate_service(
        &self,
        ctx: &OpContext,
        id: ContractId,
        wish: &RateService,
    ) -> Result<(), BrokerError> {
        let mut tx = self.begin().await?;
        lock::contract(&mut tx, id).await?;
        let head = served(ctx, &mut tx, id).await?;
        let comment = wish.comment.trim();
        let (service, ordering) = check(wish, comment)?;
        if head.activated_at.is_none() {
            let detail = "the service has not run yet, so nothing can be said of it".to_owned();
            return Err(BrokerError::Conflict { code: "not_delivered", detail });
        }
        let viewer = ctx.actor.viewer().ok_or(BrokerError::SignInFirst)?;
        let known = ratings::find(&mut tx, id, head.provider_id).await?.is_some();
        let row = NewRating {
            contract_id: id,
            provider_id: head.provider_id,
            offer_id: head.offer_id,
            offer_version: head.offer_version,
            service,
            ordering,
            comment: comment.to_owned(),
            given_by: viewer.user.to_string(),
            at: self.now(),
        };
        if ratings::put(&mut tx, &row).await? {
            let action = if known { "rating.changed" } else { "rating.given" };
            let entry = Entry::new(action, id)
                .with("provider", head.provider_id.to_string())
                .with("service", service.number())
                .with("ordering", ordering.number());
            record(self, ctx, &mut tx, entry).await?;
            let provider = providers::find(&mut tx, head.provider_id).await?;
            // A change is not told: whoever polishes their words fills nobody's inbox.
            if let Some(organisation) = provider.and_then(|row| row.organisation_id)
                && !known
            {
                let news = ContractNews::about(&head);
                self.tell_organisation(&mut tx, NoticeKind::RatingGiven, organisation, &news)
                    .await?;
            }
        }
        Ok(tx.commit().await?)
    }

    /// Takes a rating back, its answer with it. Repeating it changes nothing.
    pub async fn withdraw_rating(
        &self,
        ctx: &OpContext,
        id: ContractId,
    ) -> Result<(), BrokerError> {
        let mut tx = self.begin().await?;
        lock::contract(&mut tx, id).await?;
        let head = served(ctx, &mut tx, id).await?;
        if ratings::delete(&mut tx, id, head.provider_id).await? {
            let entry =
                Entry::new("rating.withdrawn", id).with("provider", head.provider_id.to_string());
            record(self, ctx, &mut tx, entry).await?;
        }
        Ok(tx.commit().await?)
    }
}

/// The contract, for its customer.
async fn served(ctx: &OpContext, tx: &mut Tx, id: ContractId) -> Result<ContractHead, BrokerError> {
    let found = contracts::find_head(tx, id).await?;
    let owner = found.as_ref().map(|head| head.organisation_id);
    ctx.may(Action::RateService, owner, "contract")?;
    found.ok_or(BrokerError::NotFound { what: "contract" })
}

fn check(wish: &RateService, comment: &str) -> Result<(Stars, Stars), BrokerError> {
    let mut faults = Vec::new();
    let mut stars = |pointer: &str, number: i64| {
        let found = Stars::new(number);
        if found.is_none() {
            let allowed = format!("1 to {STARS_MAX}");
            let message = "say how it was, from 1 (poor) to 5 (excellent)";
            let fault = FieldFault::new(pointer, "stars", &number.to_string(), &allowed, message);
            faults.push(fault);
        }
        found
    };
    let judged = (stars("/service", wish.service), stars("/ordering", wish.ordering));
    let long = ("text_too_long", "the text is too long");
    faults.extend(text_fault("/comment", comment, 0..=COMMENT_MAX, long));
    match judged {
        (Some(service), Some(ordering)) if faults.is_empty() => Ok((service, ordering)),
        _ => Err(BrokerError::Invalid(faults)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn faults(service: i64, ordering: i64, comment: &str) -> Vec<(String, String)> {
        let wish = RateService { service, ordering, comment: comment.to_owned() };
        match check(&wish, comment) {
            Err(BrokerError::Invalid(faults)) => {
                faults.into_iter().map(|fault| (fault.pointer, fault.code)).collect()
            }
            _ => Vec::new(),
        }
    }

    #[test]
    fn every_fault_of_a_rating_is_named_at_once() {
        let told = |pointer: &str, code: &str| (pointer.to_owned(), code.to_owned());
        assert_eq!(faults(1, 5, "fast\nand kind"), []);
        assert_eq!(
            faults(0, 6, "a\u{202e}b"),
            [
                told("/service", "stars"),
                told("/ordering", "stars"),
                told("/comment", "control_character")
            ]
        );
        assert_eq!(faults(3, 3, &"長".repeat(1_000)), []);
        assert_eq!(faults(3, 3, &"長".repeat(1_001)), [told("/comment", "text_too_long")]);
    }
}
