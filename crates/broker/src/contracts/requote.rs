//! Quoting anew before signing: nobody signs at a price that was not shown, and nobody at a price that nobody has looked
//! at for long without saying so ([ADR 0019](../../../../docs/adr/0019-an-old-price-is-asked-anew.md)).
//!
//! The cloud is asked where the price book is old; a cloud that says nothing of money says that the book holds.

use super::charge::{Charges, Priced};
use super::quote::{plan_for, price, priced};
use super::{Plan, Sign};
use crate::lifecycle::group_of;
use crate::requirements::{day_of, start_of};
use crate::shelf::Shelved;
use crate::{Broker, BrokerError};
use domain::{Money, OfferId, Timestamp};
use provider_api::DiscoverRequest;
use std::time::Duration;
use storage::offers;

/// A cloud that has not answered by then is silent; a person waits for the answer.
const DEADLINE: Duration = Duration::from_secs(4);

/// How old the prices of an offer are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PriceAge {
    /// The day on which they were last checked, as the provider says it; otherwise the day on which they were published.
    pub day: String,
    /// Whether the provider says it.
    pub said: bool,
    /// Days since then.
    pub days: i64,
    /// Days after which the market asks anew; 0: never.
    pub days_max: i64,
    /// Whether they are older than that, and the cloud has not confirmed them.
    pub stale: bool,
    /// When the cloud said what they are now; `None`: it was not asked, or is silent.
    pub told_at: Option<Timestamp>,
}

/// A price as it was shown to whoever signs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shown {
    /// What is paid.
    pub charges: Charges,
    /// The day of old prices ([`PriceAge::day`]) that whoever signs has said yes to; `None`: none was shown.
    pub as_of: Option<String>,
}

impl<T: Into<Charges>> From<T> for Shown {
    fn from(charges: T) -> Self {
        Self { charges: charges.into(), as_of: None }
    }
}

/// What would be signed now, beside what was shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Requote {
    /// `offer_changed`: a newer version; `price_changed`: another price; `price_stale`: an old price that nobody confirms.
    pub code: &'static str,
    /// The offer.
    pub offer: OfferId,
    /// The version that was shown.
    pub version_before: i64,
    /// The version that is on offer now.
    pub version: i64,
    /// What is quoted.
    pub plan: Plan,
    /// What was shown, as it was sent.
    pub shown: Option<Charges>,
    /// How that came about; `None`: the market has no prices that come to it.
    pub before: Option<Priced>,
    /// What it costs now.
    pub now: Priced,
    /// How old these prices are.
    pub age: PriceAge,
}

/// What changed in one line; the charge that is made once is a line as well.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LineDifference {
    /// What for; `None`: charged once.
    pub what: Option<super::Charged>,
    /// Units that are charged at another price before these.
    pub from: i64,
    /// As it was shown; `None`: it was not.
    pub before: Option<Money>,
    /// As it is now; `None`: no longer.
    pub now: Option<Money>,
}

impl Requote {
    /// Every line of both, those of now first.
    #[must_use]
    pub fn lines(&self) -> Vec<LineDifference> {
        let empty = Vec::new();
        let before = self.before.as_ref().map_or(&empty, |before| &before.lines);
        let mut all: Vec<LineDifference> = Vec::new();
        for line in &self.now.lines {
            let same =
                |other: &&super::ChargeLine| (&other.what, other.from) == (&line.what, line.from);
            all.push(LineDifference {
                what: Some(line.what.clone()),
                from: line.from,
                before: before.iter().find(same).map(|line| line.amount),
                now: Some(line.amount),
            });
        }
        for line in before {
            let known = |row: &LineDifference| {
                (row.what.as_ref(), row.from) == (Some(&line.what), line.from)
            };
            if !all.iter().any(known) {
                all.push(LineDifference {
                    what: Some(line.what.clone()),
                    from: line.from,
                    before: Some(line.amount),
                    now: None,
                });
            }
        }
        let once = self.shown.and_then(|shown| shown.once);
        if once.is_some() || self.now.once.is_some() {
            all.push(LineDifference { what: None, from: 0, before: once, now: self.now.once });
        }
        all
    }
}

/// What a cloud says of its price now.
enum Live {
    /// The price book holds.
    Holds,
    /// Another price a month.
    Other(Money),
    /// It does not answer.
    Silent,
}

impl Broker {
    /// How old the prices of an offer are.
    pub(crate) fn price_age(&self, offer: &Shelved) -> PriceAge {
        let today = day_of(self.now());
        let said = offer.today().spec.price.as_ref().and_then(|price| price.as_of.as_ref());
        let published = day_of(offer.card.published_at);
        let since = said.map_or(published, sla::Date::last_day);
        let days = today.saturating_sub(since).max(0);
        let days_max = self.inner.config.price_days_max;
        PriceAge {
            day: match said {
                Some(day) => day.as_str().to_owned(),
                None => crate::error::shown_moment(start_of(published)).chars().take(10).collect(),
            },
            said: said.is_some(),
            days,
            days_max,
            stale: days_max > 0 && days > days_max,
            told_at: None,
        }
    }

    /// The price at which a plan would be signed now, and how old it is; an old one is asked of the cloud.
    pub(super) async fn asked_price(
        &self,
        offer: &Shelved,
        plan: &Plan,
    ) -> Result<(Priced, PriceAge), BrokerError> {
        let (mut priced, mut age) = (price(offer, plan)?, self.price_age(offer));
        if age.stale {
            let answer = self.live_price(offer, plan).await?;
            if !matches!(answer, Live::Silent) {
                age = PriceAge { stale: false, told_at: Some(self.now()), ..age };
            }
            if let Live::Other(month) = answer
                && month != priced.month
            {
                priced = Priced::told(month, priced.once);
            }
        }
        Ok((priced, age))
    }

    async fn live_price(&self, offer: &Shelved, plan: &Plan) -> Result<Live, BrokerError> {
        let mut tx = self.begin_read().await?;
        let connection = self.cloud_of(&mut tx, offer.card.provider.id).await?;
        drop(tx);
        let driver = connection.and_then(|cloud| self.inner.drivers.driver(&cloud).ok());
        let (Some(driver), Ok(resources)) = (driver, group_of(plan)) else {
            return Ok(Live::Silent);
        };
        let request = DiscoverRequest { region: plan.region.clone(), resources, links: Vec::new() };
        let answer = tokio::time::timeout(DEADLINE, driver.discover(&request)).await;
        let Ok(Ok(answer)) = answer else { return Ok(Live::Silent) };
        let Some(told) = answer.price else { return Ok(Live::Holds) };
        Ok(match told.currency.parse() {
            Ok(currency) if told.month_minor >= 0 => {
                Live::Other(Money::new(told.month_minor, currency))
            }
            // A price that cannot be read is none.
            _ => Live::Silent,
        })
    }

    /// The price of a signature, if it is the one that was shown; an old one that nobody confirms has to be said yes to.
    pub(super) async fn agreed_price(
        &self,
        sign: &Sign,
        offer: &Shelved,
        plan: &Plan,
    ) -> Result<Charges, BrokerError> {
        let (now, age) = self.asked_price(offer, plan).await?;
        let charges = now.charges();
        let shown = sign.shown_price.as_ref();
        let another = match shown {
            Some(shown) => shown.charges != charges,
            // Whoever takes any price takes that of the book.
            None => charges != price(offer, plan)?.charges(),
        };
        let unseen = age.stale && shown.and_then(|shown| shown.as_of.as_ref()) != Some(&age.day);
        let code = match (another, unseen) {
            (true, _) => "price_changed",
            (false, true) => "price_stale",
            (false, false) => return Ok(charges),
        };
        Err(self.requote(code, sign, (offer, plan.clone()), (now, age)).await?)
    }

    /// The refusal of a signature for a version that is not on offer any more.
    pub(super) async fn changed_offer(
        &self,
        sign: &Sign,
        offer: &Shelved,
    ) -> Result<BrokerError, BrokerError> {
        let plan = sign.plan.clone().unwrap_or_else(|| plan_for(&offer.card));
        match self.asked_price(offer, &plan).await {
            Ok(priced) => self.requote("offer_changed", sign, (offer, plan), priced).await,
            // What has no price any more cannot be quoted.
            Err(BrokerError::NotFound { .. } | BrokerError::Invalid(_)) => {
                Ok(BrokerError::Conflict {
                    code: "offer_changed",
                    detail: format!(
                        "version {} was shown, version {} is on offer now: read it before signing",
                        sign.offer_version, offer.card.version
                    ),
                })
            }
            Err(error) => Err(error),
        }
    }

    async fn requote(
        &self,
        code: &'static str,
        sign: &Sign,
        (offer, plan): (&Shelved, Plan),
        (now, age): (Priced, PriceAge),
    ) -> Result<BrokerError, BrokerError> {
        let shown = sign.shown_price.as_ref().map(|shown| shown.charges);
        let before = match shown {
            Some(shown) => self.as_shown(sign, (offer, &plan), shown).await?,
            None => None,
        };
        Ok(BrokerError::Requote(vec![Requote {
            code,
            offer: offer.card.id,
            version_before: sign.offer_version,
            version: offer.card.version,
            plan,
            shown,
            before,
            now,
            age,
        }]))
    }

    /// How a price came about that was shown. Only what comes to that price is told: a version that was never published
    /// is nobody's business.
    async fn as_shown(
        &self,
        sign: &Sign,
        (offer, plan): (&Shelved, &Plan),
        shown: Charges,
    ) -> Result<Option<Priced>, BrokerError> {
        // Between the quote and the signature the next prices of the same version may have begun to count.
        let mut documents = vec![offer.today().clone(), offer.document.clone()];
        if sign.offer_version != offer.card.version {
            let mut tx = self.begin_read().await?;
            let row = offers::find_version(&mut tx, sign.offer, sign.offer_version).await?;
            documents.extend(row.and_then(|row| sla::parse_offer(&row.document).ok()));
        }
        let found = documents.iter().rev().filter_map(|document| priced(document, plan).ok());
        Ok(found.into_iter().find(|priced| priced.charges() == shown))
    }
}
