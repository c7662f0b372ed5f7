//! What changed between two versions of an offer, each change judged by the item's own order.
//!
//! Every part of the promise counts: the value, how binding it is, how it is measured, what the
//! customer gets when it is missed, where the figure comes from. Leaves telling anybody to the caller.

mod item;
mod order;
mod remedy;
mod terms;
#[cfg(test)]
mod tests;
mod words;

use crate::{Locale, Offer, Text, registry};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

crate::words::words! {
    /// Whether a change is good for the customer.
    Verdict {
        /// At least as strong in everything, stronger in something.
        Better = "better",
        /// Neither stronger nor weaker: words, titles, notes.
        Neutral = "neutral",
        /// At most as strong in everything, weaker in something.
        Worse = "worse",
        /// Stronger in one way and weaker in another, or in no order at all.
        Incomparable = "incomparable",
    }
}

crate::words::words! {
    /// What about a promise or an offer changed.
    Aspect {
        /// The item is promised now, or no longer.
        Promise = "promise",
        /// The promised value.
        Value = "value",
        /// How binding it is.
        Commitment = "commitment",
        /// The percentile that the value is.
        Percentile = "percentile",
        /// The period over which it is measured.
        Window = "window",
        /// The reference transaction.
        Transaction = "transaction",
        /// The condition under which it holds.
        Qualifying = "qualifying",
        /// What is not counted.
        Exclusions = "exclusions",
        /// From where it is measured.
        Vantage = "vantage",
        /// How the remedy is obtained.
        Claim = "claim",
        /// Within how many days to ask.
        ClaimWindow = "claim_window",
        /// The largest credit.
        Cap = "cap",
        /// The steps of the remedy.
        Schedule = "schedule",
        /// Where the figure comes from.
        Evidence = "evidence",
        /// A further list of the same kind.
        SubList = "sub_list",
        /// The lowest TLS version.
        TlsMin = "tls_min",
        /// The period of account.
        Calendar = "calendar",
        /// The time zone that cuts the periods.
        Timezone = "timezone",
        /// The length of a time slice.
        Slice = "slice",
        /// The shortest outage counted.
        MinOutage = "min_outage",
        /// The service model.
        Model = "model",
        /// The deployment model.
        Deployment = "deployment",
        /// The category of the market.
        Category = "category",
        /// An attribute that the category asks for.
        Attribute = "attribute",
        /// A region.
        Region = "region",
        /// A piece of middleware.
        Middleware = "middleware",
        /// An application that comes ready to use.
        App = "app",
        /// An image that a machine can be started from.
        Image = "image",
        /// A recipe by which something is set up.
        Recipe = "recipe",
        /// A size of machines.
        MachineType = "machine_type",
        /// The cost class.
        Tier = "tier",
        /// The bill of quantities that the total is for.
        Basket = "basket",
        /// The monthly total.
        MonthlyTotal = "monthly_total",
        /// The price of a unit.
        UnitPrice = "unit_price",
        /// The least that a month is charged.
        Minimum = "minimum",
        /// What is charged once.
        OneTime = "one_time",
        /// How much of a unit may be ordered.
        Limit = "limit",
        /// The day on which prices were last checked.
        PricesAsOf = "prices_as_of",
        /// The day from which the next prices count.
        PricesFrom = "prices_from",
        /// A round-trip time from where users are.
        RoundTrip = "round_trip",
        /// The title for people.
        Title = "title",
        /// The description for people.
        Description = "description",
        /// From when the version holds.
        ValidFrom = "valid_from",
        /// Until when the version can be contracted.
        ValidUntil = "valid_until",
        /// Who promises.
        Provider = "provider",
        /// Something else that the document says.
        Other = "other",
    }
}

/// The parts of an offer that are no items, as subjects of a [`PartDiff`].
pub const PARTS: &[&str] = &["about", "service", "measurement", "price", "network"];

/// One change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change {
    /// What about the part changed.
    pub aspect: Aspect,
    /// Which one of several: a region, a unit, a country, a sub-list; absent where there is one.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub which: Option<String>,
    /// The day from which it counts, `2027-04-01`; absent where it counts with the version.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub from: Option<String>,
    /// Whether it is good for the customer.
    pub verdict: Verdict,
    /// What it was, for people; absent where there was nothing.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub before: Option<Text>,
    /// What it is, for people; absent where there is nothing.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub after: Option<Text>,
}

impl Change {
    /// The change in words, without its part: "value: 99.9 % → 99.95 % (better)".
    #[must_use]
    pub fn sentence(&self, locale: Locale) -> String {
        words::sentence(self, locale)
    }
}

/// What changed about one item or one part of an offer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PartDiff {
    /// Key of the item, or one of [`PARTS`].
    pub subject: String,
    /// All its changes taken together.
    pub verdict: Verdict,
    /// The changes, at least one.
    pub changes: Vec<Change>,
}

impl PartDiff {
    fn of(subject: &str, changes: Vec<Change>) -> Option<Self> {
        let verdict = changes.iter().fold(Verdict::Neutral, |all, one| all.and(one.verdict));
        (!changes.is_empty()).then(|| Self { subject: subject.to_owned(), verdict, changes })
    }

    /// The item's or part's name for people.
    #[must_use]
    pub fn label(&self, locale: Locale) -> String {
        words::subject(&self.subject, locale)
    }
}

/// What changed between two versions of an offer.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Diff {
    /// Items in the order of the registry, extensions after them, then the parts of [`PARTS`].
    pub parts: Vec<PartDiff>,
}

impl Diff {
    /// Whether nothing changed. Version numbers and signatures are no change.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.parts.is_empty()
    }

    /// All changes taken together.
    #[must_use]
    pub fn verdict(&self) -> Verdict {
        self.parts.iter().fold(Verdict::Neutral, |all, part| all.and(part.verdict))
    }

    /// Whether anything became worse for the customer, whatever else became better.
    #[must_use]
    pub fn worsens(&self) -> bool {
        self.parts.iter().flat_map(|part| &part.changes).any(|one| one.verdict == Verdict::Worse)
    }

    /// What changed about an item or part.
    #[must_use]
    pub fn part(&self, subject: &str) -> Option<&PartDiff> {
        self.parts.iter().find(|part| part.subject == subject)
    }

    /// How many items and parts came out so.
    #[must_use]
    pub fn count(&self, verdict: Verdict) -> usize {
        self.parts.iter().filter(|part| part.verdict == verdict).count()
    }

    /// Every change as one line for people: "Service uptime, value: 99.9 % → 99.95 % (better)".
    #[must_use]
    pub fn lines(&self, locale: Locale) -> Vec<String> {
        let line = |part: &PartDiff, change: &Change| words::line(part, change, locale);
        self.parts
            .iter()
            .flat_map(|part| part.changes.iter().map(move |change| line(part, change)))
            .collect()
    }
}

impl Verdict {
    /// Two verdicts taken together.
    #[must_use]
    pub const fn and(self, other: Self) -> Self {
        match (self, other) {
            (Self::Neutral, verdict) | (verdict, Self::Neutral) => verdict,
            (Self::Better, Self::Better) => Self::Better,
            (Self::Worse, Self::Worse) => Self::Worse,
            _ => Self::Incomparable,
        }
    }

    /// The verdict of the change the other way round.
    #[must_use]
    pub const fn reversed(self) -> Self {
        match self {
            Self::Better => Self::Worse,
            Self::Worse => Self::Better,
            same => same,
        }
    }

    /// The word for people.
    #[must_use]
    pub const fn label(self, locale: Locale) -> &'static str {
        words::verdict(self, locale)
    }
}

/// Compares two versions of an offer: what is better, neutral, worse or incomparable for a customer.
#[must_use]
pub fn diff(old: &Offer, new: &Offer) -> Diff {
    let both = old.spec.items.iter().chain(&new.spec.items).map(|item| item.item.as_str());
    let registry = registry();
    let keys: BTreeSet<(usize, &str)> = both.map(|key| (registry.place(key), key)).collect();
    let items = keys
        .into_iter()
        .filter_map(|(_, key)| PartDiff::of(key, item::changes(old.item(key), new.item(key))));
    let terms = [
        ("about", terms::about(&old.metadata, &new.metadata)),
        ("service", terms::service(&old.spec.service, &new.spec.service)),
        ("measurement", terms::measurement(&old.spec.measurement, &new.spec.measurement)),
        ("price", terms::price(old.spec.price.as_ref(), new.spec.price.as_ref())),
        ("network", terms::network(&old.spec.network_to_users, &new.spec.network_to_users)),
    ];
    let terms = terms.into_iter().filter_map(|(subject, changes)| PartDiff::of(subject, changes));
    Diff { parts: items.chain(terms).collect() }
}

/// A change of one aspect, unless both sides say the same.
fn change<T: PartialEq>(
    aspect: Aspect,
    old: &T,
    new: &T,
    verdict: impl FnOnce(&T, &T) -> Verdict,
    shown: impl Fn(&T) -> Option<Text>,
) -> Option<Change> {
    (old != new).then(|| Change {
        aspect,
        which: None,
        from: None,
        verdict: verdict(old, new),
        before: shown(old),
        after: shown(new),
    })
}

/// The same text in both languages.
fn plain(text: impl Into<String>) -> Text {
    let text = text.into();
    Text::new(text.clone(), text)
}

/// Text made for each language.
fn both(text: impl Fn(Locale) -> String) -> Text {
    Text::new(text(Locale::En), text(Locale::Ja))
}
