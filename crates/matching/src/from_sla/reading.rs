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
        // Promises count until their evidence ends, measured paths while they are fresh; only a price
        // does not change by itself.
        let lasting = matches!(ask.reading, Reading::Tier | Reading::MonthlyTotal);
        let mut text = String::new();
        let circumstances = self.relevant(!lasting, ask.key == super::ask::MONTHLY_TOTAL);
        // Everything that `promise::find` looks at; a field that is added to either is in here.
        let _ = write!(text, "{kind:?} {ask:?} {circumstances:?}");
        text
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
