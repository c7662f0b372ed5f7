//! What the index knows of an offer.

use crate::schema::Fields;
use crate::text::normalise;
use domain::{Currency, OfferId};
use tantivy::TantivyDocument;

/// One published offer as it is searched.
#[derive(Debug, Clone)]
pub struct OfferDocument {
    /// Its id.
    pub id: OfferId,
    /// Title in English.
    pub title_en: String,
    /// Title in Japanese.
    pub title_ja: String,
    /// Everything else that should be found: descriptions, provider names, regions, middleware.
    pub body: Vec<String>,
    /// Provider's slug.
    pub provider: String,
    /// IaaS, PaaS, SaaS or Network.
    pub model: String,
    /// private, community, public or hybrid.
    pub deployment: String,
    /// Countries of the regions.
    pub countries: Vec<String>,
    /// Certifications.
    pub certifications: Vec<String>,
    /// Monthly price in minor units; `None`: not published.
    pub price: Option<(i64, Currency)>,
    /// Whether it can be contracted.
    pub backed: bool,
    /// Microseconds UTC.
    pub published_at: i64,
}

impl OfferDocument {
    pub(crate) fn to_tantivy(&self, fields: &Fields) -> TantivyDocument {
        let mut document = TantivyDocument::default();
        document.add_text(fields.id, self.id.to_string());
        for title in [&self.title_en, &self.title_ja] {
            let title = normalise(title);
            document.add_text(fields.title_words, &title);
            document.add_text(fields.title_pairs, &title);
        }
        for text in &self.body {
            let text = normalise(text);
            document.add_text(fields.body_words, &text);
            document.add_text(fields.body_pairs, &text);
        }
        document.add_text(fields.provider, &self.provider);
        document.add_text(fields.model, &self.model);
        document.add_text(fields.deployment, &self.deployment);
        for country in &self.countries {
            document.add_text(fields.country, country);
        }
        for certification in &self.certifications {
            document.add_text(fields.certification, certification);
        }
        document.add_text(fields.backed, if self.backed { "yes" } else { "no" });
        if let Some((minor, currency)) = self.price {
            document.add_i64(fields.price, minor);
            document.add_text(fields.currency, currency.code());
        }
        document.add_u64(fields.title_rank, title_rank(self.backed, &self.title_en));
        document.add_u64(fields.price_rank, price_rank(self.price));
        document.add_i64(fields.published_at, self.published_at);
        document
    }
}

/// Backed offers first, then by the first seven bytes of the title: one number to sort by.
fn title_rank(backed: bool, title: &str) -> u64 {
    let mut bytes = [0_u8; 8];
    bytes[0] = u8::from(!backed);
    for (place, byte) in bytes[1..].iter_mut().zip(normalise(title).bytes()) {
        *place = byte;
    }
    u64::from_be_bytes(bytes)
}

/// Cheapest first within a currency, unpriced last.
fn price_rank(price: Option<(i64, Currency)>) -> u64 {
    const AMOUNT_BITS: u32 = 56;
    price.map_or(u64::MAX, |(minor, currency)| {
        let place = Currency::ALL.iter().position(|known| *known == currency).unwrap_or(0) as u64;
        let amount = u64::try_from(minor).unwrap_or(0).min((1 << AMOUNT_BITS) - 1);
        (place << AMOUNT_BITS) | amount
    })
}
