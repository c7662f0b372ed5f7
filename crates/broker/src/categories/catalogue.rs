//! All categories in memory, and what they ask of a document. Every process reads them again as it follows the
//! market, so that a document is checked without asking the database.

use super::entry;
use crate::documents::field_fault;
use crate::{Broker, BrokerError, FieldFault, OpContext};
use domain::{Action, Timestamp};
use sla::{AttributeKind, Category, Fault, FaultCode, Locale, Offer, Text};
use std::collections::BTreeMap;
use std::sync::atomic::Ordering;
use std::sync::{Arc, PoisonError, RwLock};
use storage::categories;

/// The catalogue of this process.
pub(crate) type Kept = RwLock<Option<Arc<Categories>>>;

/// A category as it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CategoryEntry {
    /// What it is.
    pub category: Category,
    /// Counts the accepted proposals from 1.
    pub version: i64,
    /// New offers cannot name it.
    pub retired: bool,
    /// When it was last changed.
    pub changed_at: Timestamp,
}

/// Every category of the market.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Categories {
    entries: BTreeMap<String, CategoryEntry>,
}

impl Categories {
    pub(super) fn of(entries: impl IntoIterator<Item = CategoryEntry>) -> Self {
        let keyed = entries.into_iter().map(|entry| (entry.category.key.clone(), entry));
        Self { entries: keyed.collect() }
    }

    /// The category of this key.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&CategoryEntry> {
        self.entries.get(key)
    }

    /// Every category, each below the wider one it belongs to, with how deep it stands.
    #[must_use]
    pub fn tree(&self) -> Vec<(usize, &CategoryEntry)> {
        let mut tree = Vec::with_capacity(self.entries.len());
        self.below(None, 0, &mut tree);
        tree
    }

    fn below<'a>(
        &'a self,
        parent: Option<&str>,
        depth: usize,
        tree: &mut Vec<(usize, &'a CategoryEntry)>,
    ) {
        if depth >= super::DEPTH_MAX {
            return;
        }
        let children =
            self.entries.values().filter(|entry| entry.category.parent.as_deref() == parent);
        for child in children {
            tree.push((depth, child));
            self.below(Some(&child.category.key), depth + 1, tree);
        }
    }

    /// The name of a category in English and in Japanese.
    #[must_use]
    pub fn name(&self, key: &str) -> Option<(String, String)> {
        self.get(key).map(|entry| both(&entry.category.title))
    }

    /// The name of an attribute with a choice, as the search index writes it: `category.attribute=choice`.
    #[must_use]
    pub fn attribute_name(&self, value: &str) -> Option<(String, String)> {
        let (place, word) = value.split_once('=')?;
        let (category, attribute) = place.split_once('.')?;
        let attribute = self.get(category)?.category.attribute(attribute)?;
        let (en, ja) = both(&attribute.title);
        let (word_en, word_ja) = match &attribute.kind {
            AttributeKind::Choice { choices } => {
                let choice = choices.iter().find(|choice| choice.key == word)?;
                both(&choice.title)
            }
            AttributeKind::Boolean if word == "yes" => ("yes".to_owned(), "あり".to_owned()),
            AttributeKind::Boolean => ("no".to_owned(), "なし".to_owned()),
            _ => (word.to_owned(), word.to_owned()),
        };
        Some((format!("{en}: {word_en}"), format!("{ja}：{word_ja}")))
    }

    /// What the search index knows of the categories: keys, names and kinds of values, and which is the wider one.
    fn searched(&self) -> Vec<Category> {
        let of = |entry: &CategoryEntry| {
            let mut category = entry.category.clone();
            category.help = Text::default();
            for attribute in &mut category.attributes {
                (attribute.help, attribute.required) = (Text::default(), false);
                if let AttributeKind::Number { unit, min, max } = &mut attribute.kind {
                    unit.clear();
                    (*min, *max) = (None, None);
                }
            }
            category
        };
        self.entries.values().map(of).collect()
    }

    /// The category and the wider ones it belongs to, the narrowest first.
    #[must_use]
    pub fn path(&self, key: &str) -> Vec<&CategoryEntry> {
        let mut path: Vec<&CategoryEntry> = Vec::new();
        let mut next = self.get(key);
        while let Some(entry) = next.filter(|_| path.len() < super::DEPTH_MAX) {
            path.push(entry);
            next = entry.category.parent.as_deref().and_then(|parent| self.get(parent));
        }
        path
    }

    /// Everything in which a document does not say what its category asks for. `known`: the offer is there
    /// already, so that it may keep a retired category.
    #[must_use]
    pub(crate) fn faults(&self, offer: &Offer, known: bool) -> Vec<Fault> {
        let Some(key) = offer.spec.service.category.as_deref() else { return Vec::new() };
        let open = || self.entries.values().filter(|entry| !entry.retired);
        let fault = |code, message: String| Fault {
            path: "/spec/service/category".to_owned(),
            code,
            found: Some(key.to_owned()),
            allowed: open().map(|entry| entry.category.key.clone()).collect(),
            expected: None,
            message,
        };
        match self.get(key) {
            None => {
                let keys = open().map(|entry| entry.category.key.as_str());
                vec![fault(
                    FaultCode::UnknownWord,
                    match sla::nearest(key, keys) {
                        Some(meant) => format!("unknown category; did you mean `{meant}`?"),
                        None => "the market has no such category".to_owned(),
                    },
                )]
            }
            Some(entry) if entry.retired && !known => {
                let message = "the category is retired; new offers name another one".to_owned();
                vec![fault(FaultCode::UnknownWord, message)]
            }
            Some(entry) => sla::category_faults(offer, &entry.category),
        }
    }
}

fn both(text: &Text) -> (String, String) {
    (text.get(Locale::En).to_owned(), text.get(Locale::Ja).to_owned())
}

impl Broker {
    /// Every category, as this process knows them.
    #[must_use]
    pub fn known_categories(&self) -> Arc<Categories> {
        let kept = self.inner.catalogue.read().unwrap_or_else(PoisonError::into_inner);
        kept.clone().unwrap_or_default()
    }

    /// Every category, for whoever may read the market.
    pub fn categories(&self, ctx: &OpContext) -> Result<Arc<Categories>, BrokerError> {
        ctx.may(Action::ReadMarket, None, "category")?;
        Ok(self.known_categories())
    }

    /// Reads the categories again. Where offers are found by other names or keys now, the search index is made anew
    /// at the next look at the market.
    pub(crate) async fn refresh_categories(&self) -> Result<(), BrokerError> {
        let mut tx = self.look().await?;
        let rows = categories::list(&mut tx).await?;
        drop(tx);
        let entries: Result<Vec<_>, _> = rows.iter().map(entry).collect();
        let fresh = Categories::of(entries?);
        let mut kept = self.inner.catalogue.write().unwrap_or_else(PoisonError::into_inner);
        if kept.as_deref() != Some(&fresh) {
            if kept.as_ref().is_some_and(|before| before.searched() != fresh.searched()) {
                self.inner.shelf.doubtful.store(true, Ordering::Release);
            }
            *kept = Some(Arc::new(fresh));
        }
        Ok(())
    }

    /// What the market asks of a document beyond its form, as faults of the input: what its category asks for, and
    /// amounts that can be charged beside one another.
    pub(crate) fn market_faults(&self, offer: &Offer, known: bool) -> Vec<FieldFault> {
        let mut faults = self.known_categories().faults(offer, known);
        faults.extend(sla::currency_faults(offer));
        faults.iter().map(field_fault).collect()
    }

    /// The same as an error, for what is about to be written.
    pub(crate) fn check_market_rules(&self, offer: &Offer, known: bool) -> Result<(), BrokerError> {
        let faults = self.market_faults(offer, known);
        if faults.is_empty() { Ok(()) } else { Err(BrokerError::Invalid(faults)) }
    }
}
