//! Bundles: two or three offers, chosen by the market or by one provider, that are ordered together (UC5.4).
//!
//! A bundle promises nothing of its own: each offer keeps its document, its price and its contract, and the order sets all
//! of them up or none ([`crate::contracts`]). One whose offers are not all on the market cannot be ordered and says so.

mod read;
mod write;

use crate::announcements::SpeakerView;
use crate::contracts::ORDER_OFFERS_MAX;
use crate::market::OfferCard;
use domain::{BundleId, Money, OfferId, Timestamp};
use storage::bundles::Bundle;

pub use storage::bundles::BundleText;

/// Longest title.
pub const TITLE_MAX: usize = crate::names::TITLE_MAX;
/// Longest text.
pub const TEXT_MAX: usize = crate::names::TEXT_MAX;
/// Bundles that somebody has at most.
pub const BUNDLES_MAX: i64 = 200;
/// Least and most offers of a bundle, as of an order.
pub const OFFERS: std::ops::RangeInclusive<usize> = 2..=ORDER_OFFERS_MAX;

/// A bundle as somebody wants it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BundleWish {
    /// What it says, and whether everybody sees it.
    pub text: BundleText,
    /// Its offers in their order.
    pub offers: Vec<OfferId>,
}

/// One offer of a bundle.
#[derive(Debug, Clone)]
pub struct BundleMember {
    /// The offer.
    pub offer: OfferId,
    /// As everybody sees it; `None`: it is not on the market.
    pub card: Option<OfferCard>,
}

/// A bundle.
#[derive(Debug, Clone)]
pub struct BundleView {
    /// Its id.
    pub id: BundleId,
    /// Whose it is; `None`: the market's own.
    pub provider: Option<SpeakerView>,
    /// What it says as it was written, and whether everybody sees it.
    pub written: BundleText,
    /// Its offers in their order.
    pub members: Vec<BundleMember>,
    /// Monthly price of all; `None`: one has none or is not on the market, or they are in different currencies.
    pub total: Option<Money>,
    /// Counts the changes from 1.
    pub revision: i64,
    /// When it was made.
    pub made_at: Timestamp,
    /// When it was last changed; `None`: as it was made.
    pub changed_at: Option<Timestamp>,
}

impl BundleView {
    fn of(row: Bundle, members: Vec<BundleMember>) -> Self {
        let provider = row.provider_id.map(|id| SpeakerView {
            id,
            slug: row.slug.unwrap_or_default(),
            name_en: row.name_en.unwrap_or_default(),
            name_ja: row.name_ja.unwrap_or_default(),
        });
        let total = total(&members);
        let (written, revision) = (row.text, row.revision);
        let (made_at, changed_at) = (row.made_at, row.changed_at);
        Self { id: row.id, provider, written, members, total, revision, made_at, changed_at }
    }

    /// English title; the Japanese one where there is none.
    #[must_use]
    pub fn title_en(&self) -> &str {
        or(&self.written.title_en, &self.written.title_ja)
    }

    /// Japanese title; the English one where there is none.
    #[must_use]
    pub fn title_ja(&self) -> &str {
        or(&self.written.title_ja, &self.written.title_en)
    }

    /// English text; the Japanese one where there is none; may be empty.
    #[must_use]
    pub fn text_en(&self) -> &str {
        or(&self.written.text_en, &self.written.text_ja)
    }

    /// Japanese text; the English one where there is none; may be empty.
    #[must_use]
    pub fn text_ja(&self) -> &str {
        or(&self.written.text_ja, &self.written.text_en)
    }

    /// Whether it can be ordered: all of its offers, and enough of them, are on the market with a cloud behind.
    #[must_use]
    pub fn is_orderable(&self) -> bool {
        OFFERS.contains(&self.members.len())
            && self.members.iter().all(|member| {
                member
                    .card
                    .as_ref()
                    .is_some_and(|card| card.provider.backed && card.price.is_some())
            })
    }
}

fn or<'a>(one: &'a str, other: &'a str) -> &'a str {
    if one.is_empty() { other } else { one }
}

fn total(members: &[BundleMember]) -> Option<Money> {
    let mut prices = members.iter().map(|member| member.card.as_ref().and_then(|card| card.price));
    let first = prices.next()??;
    prices.try_fold(first, |sum, price| sum.plus(price?).ok())
}
