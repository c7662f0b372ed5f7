//! Many versions on their way to the market at once: the rules are asked about each, with a number of statements
//! that hardly grows with the file.

use super::life::{Done, LifeStep};
use super::rules::{Judge, published_of};
use super::submit::Entering;
use crate::documents::read_offer;
use crate::{Broker, BrokerError, OpContext};
use domain::{Evaluation, OfferId, OfferState, ProviderId, ReviewId, Timestamp};
use std::collections::HashMap;
use storage::Tx;
use storage::offers::{self, OfferHead, OfferStep, Review};

/// A version that is to be published.
#[derive(Debug)]
pub(super) struct Wanted<'a> {
    pub id: OfferId,
    pub version: i64,
    pub head: Option<&'a OfferHead>,
    pub document: sla::Offer,
}

/// What becomes of it.
#[derive(Debug)]
pub(super) enum Passage {
    /// Everybody sees it already, or it is under review already.
    Known,
    /// The rules let it in.
    Published(Evaluation),
    /// A person has to look at it.
    Waits(Evaluation),
}

/// What entering writes.
#[derive(Debug, Default)]
pub(super) struct Entered {
    reviews: Vec<Review>,
    steps: Vec<OfferStep>,
    taken_back: Vec<ReviewId>,
}

impl Entered {
    pub fn is_empty(&self) -> bool {
        self.reviews.is_empty()
    }

    /// Notes that a version was written.
    pub fn wrote(&mut self, by: (&Broker, &OpContext), id: OfferId, version: i64) {
        let step = if version == 1 { LifeStep::Drafted } else { LifeStep::Revised };
        self.steps.push(by.0.step_row(by.1, id, Done::new(step, version)));
    }

    /// Notes what became of a version that is to be published; `open` is what was under review before.
    pub fn entered(
        &mut self,
        (broker, ctx): (&Broker, &OpContext),
        (id, version): (OfferId, i64),
        passage: Passage,
        open: Option<&Review>,
    ) -> Result<(), BrokerError> {
        let (evaluation, step) = match passage {
            Passage::Known => return Ok(()),
            Passage::Published(evaluation) => (evaluation, LifeStep::Published),
            Passage::Waits(evaluation) => (evaluation, LifeStep::Submitted),
        };
        if let Some(open) = open {
            self.taken_back.push(open.id);
            let done = Done::new(LifeStep::TakenBack, open.version);
            self.steps.push(broker.step_row(ctx, id, done));
        }
        let entering = Entering { offer: id, version, publish_at: None, evaluation };
        self.reviews.push(broker.review_row(ctx, &entering, "")?);
        self.steps.push(broker.step_row(ctx, id, Done::new(step, version)));
        Ok(())
    }

    /// Writes everything, after the versions.
    pub async fn write(&self, tx: &mut Tx, now: Timestamp) -> Result<(), BrokerError> {
        offers::take_back_reviews(tx, &self.taken_back, now).await?;
        offers::insert_reviews(tx, &self.reviews).await?;
        Ok(offers::insert_steps(tx, &self.steps).await?)
    }
}

/// Asks the rules about each version, in the order given. What is under review comes along.
pub(super) async fn passages(
    broker: &Broker,
    tx: &mut Tx,
    provider: ProviderId,
    wanted: &[Wanted<'_>],
) -> Result<(Vec<Passage>, HashMap<OfferId, Review>), BrokerError> {
    let known: Vec<OfferId> =
        wanted.iter().filter(|one| one.head.is_some()).map(|one| one.id).collect();
    let open = offers::list_open_reviews(tx, &known).await?;
    let open: HashMap<OfferId, Review> =
        open.into_iter().map(|review| (review.offer_id, review)).collect();
    let mut judge = Judge::of(broker, tx, provider).await?;
    let mut passages = Vec::with_capacity(wanted.len());
    for one in wanted {
        let waits = open.get(&one.id).is_some_and(|review| review.version == one.version);
        passages.push(match is_shown(one) || waits {
            true => Passage::Known,
            false => of(judge.decide(tx, &one.document, None).await?),
        });
    }
    // Comparing documents takes longest, so only those are compared for which it decides.
    if judge.compares() {
        let before = |one: &Wanted<'_>| {
            let version =
                one.head.and_then(|head| published_of(head.state, head.published_version));
            Some((one.id, version?))
        };
        let asked =
            wanted.iter().zip(&passages).filter(|(_, found)| matches!(found, Passage::Waits(_)));
        let asked: Vec<_> = asked.filter_map(|(one, _)| before(one)).collect();
        let texts = offers::texts(tx, &asked).await?;
        let texts: HashMap<OfferId, String> =
            texts.into_iter().map(|text| (text.offer_id, text.document)).collect();
        for (one, passage) in wanted.iter().zip(&mut passages) {
            let old = texts.get(&one.id).and_then(|text| read_offer(text).ok());
            if let (Passage::Waits(_), Some((old, _))) = (&*passage, old) {
                *passage = of(judge.decide(tx, &one.document, Some(&old)).await?);
            }
        }
    }
    Ok((passages, open))
}

fn of(evaluation: Evaluation) -> Passage {
    if evaluation.approved { Passage::Published(evaluation) } else { Passage::Waits(evaluation) }
}

/// Whether everybody sees this version already.
fn is_shown(one: &Wanted<'_>) -> bool {
    one.head.is_some_and(|head| {
        head.state == OfferState::Published && head.published_version == Some(one.version)
    })
}
