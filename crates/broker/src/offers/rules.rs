//! The rules that approve a version without a person: what they look at is read here, what they decide is
//! `domain`'s, and both are stored with the version (docs/adr/0014).

use crate::audit::{Entry, record};
use crate::documents::{self, field_faults, read_offer};
use crate::{Broker, BrokerError, FieldFault, OpContext};
use domain::{
    Action, ChangeVerdict, Currency, DurationUs, Evaluation, OfferState, PriceMiddle, ProviderId,
    ReviewFacts, ReviewRules, Timestamp,
};
use sla::{Offer, Verdict};
use std::collections::HashMap;
use storage::offers::{self, RulesRow};
use storage::{StorageError, Tx};

/// Microseconds in a day.
const DAY_US: DurationUs = 86_400 * 1_000_000;
/// Rules of the past that are shown.
const SHOWN: u32 = 20;

/// Rules that hold or held.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptRules {
    /// 0: those of a fresh market.
    pub version: i64,
    /// The rules.
    pub rules: ReviewRules,
    /// Who made them; empty for those of a fresh market.
    pub made_by_name: String,
    /// When.
    pub made_at: Option<Timestamp>,
}

/// What the rules look at in one provider's versions: read once, however many they are.
#[derive(Debug)]
pub(super) struct Judge {
    kept: KeptRules,
    published: i64,
    refused: i64,
    admitted: Option<bool>,
    middles: HashMap<(String, Currency), Option<PriceMiddle>>,
}

impl Judge {
    pub async fn of(
        broker: &Broker,
        tx: &mut Tx,
        provider: ProviderId,
    ) -> Result<Self, BrokerError> {
        let kept = holding(tx).await?;
        let days = kept.rules.refusal_days;
        let since = broker.now().plus_us(-days.saturating_mul(DAY_US));
        let (published, refused) = offers::provider_record(tx, provider, since).await?;
        let refused = if days == 0 { 0 } else { refused };
        let admitted = broker.admitted(tx, provider).await?;
        Ok(Self { kept, published, refused, admitted, middles: HashMap::new() })
    }

    /// Whether a change of what is published can decide on its own, so that it is worth comparing.
    pub const fn compares(&self) -> bool {
        self.kept.rules.harmless_change
    }

    /// Decides about a sound document.
    pub async fn decide(
        &mut self,
        tx: &mut Tx,
        offer: &Offer,
        published: Option<&Offer>,
    ) -> Result<Evaluation, BrokerError> {
        let price = documents::price(offer)?;
        let category = offer.spec.service.model.as_str().to_owned();
        let middle = match price {
            Some(price) if self.kept.rules.price_percent > 0 => {
                self.middle(tx, &category, price.currency).await?
            }
            _ => None,
        };
        let facts = ReviewFacts {
            published: self.published,
            refused: self.refused,
            category,
            price_minor: price.map(|price| price.minor),
            currency: price.map(|price| price.currency),
            middle,
            change: published.map(|old| change(old, offer)),
            admitted: self.admitted,
        };
        Ok(Evaluation::of(self.kept.version, self.kept.rules, facts))
    }

    async fn middle(
        &mut self,
        tx: &mut Tx,
        category: &str,
        currency: Currency,
    ) -> Result<Option<PriceMiddle>, BrokerError> {
        let key = (category.to_owned(), currency);
        if let Some(known) = self.middles.get(&key) {
            return Ok(*known);
        }
        let found = offers::middle_price(tx, category, currency.code()).await?;
        let found = found.map(|(minor, prices)| PriceMiddle { minor, prices });
        self.middles.insert(key, found);
        Ok(found)
    }
}

/// What a change comes to for customers.
fn change(old: &Offer, new: &Offer) -> ChangeVerdict {
    match sla::diff(old, new).verdict() {
        Verdict::Neutral => ChangeVerdict::Neutral,
        Verdict::Better => ChangeVerdict::Better,
        Verdict::Worse | Verdict::Incomparable => ChangeVerdict::Other,
    }
}

impl Broker {
    /// Decides about the newest version of an offer: reads it as it is read today, so that no document goes
    /// public that this program takes for faulty.
    pub(super) async fn judge(
        &self,
        tx: &mut Tx,
        offer: &offers::Offer,
    ) -> Result<Evaluation, BrokerError> {
        let mut judge = Judge::of(self, tx, offer.provider_id).await?;
        let document = read_version(tx, offer, offer.current_version).await?;
        // The category and the market's items may ask for more than when the version was saved.
        self.check_market_rules(&document, true)?;
        self.check_extensions(&document)?;
        let against = published_of(offer.state, offer.published_version);
        let old = match against.filter(|_| judge.compares()) {
            Some(version) => Some(read_version(tx, offer, version).await?),
            None => None,
        };
        judge.decide(tx, &document, old.as_ref()).await
    }

    /// The rules that hold, and those that held, the newest first.
    pub async fn review_rules(&self, ctx: &OpContext) -> Result<Vec<KeptRules>, BrokerError> {
        ctx.may(Action::ReviewOffer, None, "rules")?;
        let mut tx = self.look().await?;
        let rows = offers::list_rules(&mut tx, SHOWN).await?;
        let mut kept = rows.into_iter().map(read).collect::<Result<Vec<_>, _>>()?;
        if kept.len() < SHOWN as usize {
            kept.push(fresh());
        }
        Ok(kept)
    }

    /// Keeps other rules from now on; what was decided stays as it was. Repeating it changes nothing.
    ///
    /// # Errors
    /// A fault for each number out of bounds; `Conflict` `rules_changed` where they are not made of the
    /// version that holds.
    pub async fn keep_review_rules(
        &self,
        ctx: &OpContext,
        rules: ReviewRules,
        made_of: i64,
    ) -> Result<Vec<KeptRules>, BrokerError> {
        ctx.may(Action::ReviewOffer, None, "rules")?;
        let viewer = ctx.actor.viewer().ok_or(BrokerError::SignInFirst)?;
        let faults = faults(&rules);
        if !faults.is_empty() {
            return Err(BrokerError::Invalid(faults));
        }
        let mut tx = self.begin().await?;
        let kept = holding(&mut tx).await?;
        if kept.rules != rules {
            if kept.version != made_of {
                return Err(BrokerError::newer("rules_changed", kept.version, made_of));
            }
            let version = kept.version + 1;
            let text = serde_json::to_string(&rules)
                .map_err(|error| BrokerError::Internal(format!("rules: {error}")))?;
            let row = RulesRow {
                version,
                rules: text,
                made_by: viewer.user.to_string(),
                made_by_name: viewer.name.clone(),
                made_at: self.now(),
            };
            offers::insert_rules(&mut tx, &row).await.map_err(|error| {
                if offers::is_rules_taken(&error) {
                    BrokerError::newer("rules_changed", version, made_of)
                } else {
                    error.into()
                }
            })?;
            let mut entry = Entry::new("review_rules.changed", "review-rules")
                .with("version", version)
                .with("reviewAll", rules.review_all)
                .with("harmlessChange", rules.harmless_change);
            for ((name, _), value) in ReviewRules::BOUNDS.into_iter().zip(rules.numbers()) {
                entry = entry.with(name, value);
            }
            record(self, ctx, &mut tx, entry).await?;
            tx.commit().await?;
        }
        self.review_rules(ctx).await
    }
}

fn faults(rules: &ReviewRules) -> Vec<FieldFault> {
    let numbers = ReviewRules::BOUNDS.into_iter().zip(rules.numbers());
    let wrong = numbers.filter(|((_, most), value)| !(0..=*most).contains(value));
    wrong
        .map(|((name, most), value)| FieldFault {
            expected: Some(sla::Expected::Between { min: 0.into(), max: most.into() }),
            ..FieldFault::new(
                &format!("/{name}"),
                "range",
                &value.to_string(),
                &format!("0 to {most}"),
                "this number is out of bounds",
            )
        })
        .collect()
}

fn fresh() -> KeptRules {
    let (made_by_name, made_at) = (String::new(), None);
    KeptRules { version: 0, rules: ReviewRules::DEFAULT, made_by_name, made_at }
}

fn read(row: RulesRow) -> Result<KeptRules, BrokerError> {
    let rules = serde_json::from_str(&row.rules).map_err(|error| StorageError::Corrupt {
        what: "review_rules.rules",
        detail: error.to_string(),
    })?;
    let (made_by_name, made_at) = (row.made_by_name, Some(row.made_at));
    Ok(KeptRules { version: row.version, rules, made_by_name, made_at })
}

async fn holding(tx: &mut Tx) -> Result<KeptRules, BrokerError> {
    offers::newest_rules(tx).await?.map_or_else(|| Ok(fresh()), read)
}

/// The version that a change is held against: what was withdrawn comes back as something new.
pub(super) fn published_of(state: OfferState, published: Option<i64>) -> Option<i64> {
    published.filter(|_| matches!(state, OfferState::Published | OfferState::Paused))
}

/// A version as it is read today.
pub(crate) async fn read_version(
    tx: &mut Tx,
    offer: &offers::Offer,
    version: i64,
) -> Result<Offer, BrokerError> {
    let row = offers::find_version(tx, offer.id, version).await?;
    let row = row.ok_or(BrokerError::NotFound { what: "offer" })?;
    let read = read_offer(&row.document);
    read.map(|(offer, _)| offer).map_err(|faults| BrokerError::Invalid(field_faults(&faults)))
}
