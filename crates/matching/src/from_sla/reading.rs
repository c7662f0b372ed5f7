//! Single promises of documents, for columns of an index: what one row of a matcher reads, and a
//! name for everything that this depends on besides the document.

use std::fmt::Write as _;

use super::{Circumstances, SlaMatcher, ask::Reading, promise};
use crate::value::Held;

impl SlaMatcher {
    /// What an offer document promises on a row, as [`SlaMatcher::candidate`] reads it.
    pub(crate) fn held(&self, row: usize, document: &sla::Offer) -> Option<Held> {
        promise::held(self, row, document)
    }

    /// The price of an offer document, as [`SlaMatcher::candidate`] reads it.
    pub(crate) fn held_price(&self, document: &sla::Offer) -> Option<Held> {
        promise::held_price(self, document)
    }

    /// Equal for two rows of any two matchers that read the same from every document.
    pub(crate) fn signature(&self, row: usize) -> String {
        let Some(ask) = self.asks.get(row) else { return String::new() };
        let kind = self.prepared.dictionary().item(&ask.id).map(|item| &item.kind);
        let mut text = String::new();
        let circumstances = self.relevant(self.is_dated(row), ask.key == super::ask::MONTHLY_TOTAL);
        // Everything that `promise::find` looks at; a field that is added to either is in here.
        let _ = write!(text, "{kind:?} {ask:?} {circumstances:?}");
        // Another version of an item of the market may take words for its values that were none.
        let item = self.registry.item(&ask.key);
        if let Some(version) = item.and_then(|item| item.registered).map(|of| of.version) {
            let _ = write!(text, " registered {version}");
        }
        text
    }

    /// Whether what a row reads may be something else tomorrow: promises count until their evidence
    /// ends, measured paths while they are fresh; only a price does not change by itself.
    pub(crate) fn is_dated(&self, row: usize) -> bool {
        let reading = self.asks.get(row).map(|ask| &ask.reading);
        !matches!(reading, None | Some(Reading::Tier | Reading::MonthlyTotal))
    }

    /// The day on which the age of evidence is judged.
    pub(crate) const fn day(&self) -> i64 {
        self.circumstances.today
    }

    /// The same requirement asked on another day.
    pub(crate) fn on(&self, day: i64) -> Self {
        let mut other = self.clone();
        other.circumstances.today = day;
        other
    }

    /// As [`SlaMatcher::signature`], for the price.
    pub(crate) fn price_signature(&self) -> String {
        let dictionary = self.prepared.dictionary();
        let item = dictionary.price().and_then(|price| dictionary.items().get(price));
        format!("price {:?} {:?}", item.map(|item| &item.kind), self.relevant(false, true))
    }

    /// The circumstances without what a reading does not look at.
    fn relevant(&self, dated: bool, priced: bool) -> Circumstances {
        let mut circumstances = self.circumstances.clone();
        if !dated {
            circumstances.today = 0;
        }
        if !priced {
            circumstances.yen_per.clear();
        }
        circumstances
    }
}
