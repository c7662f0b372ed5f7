//! Everything one ranking needs, as plain data: what a page sends along so that the browser ranks
//! with the same code, in another order or for a changed requirement.

use serde::{Deserialize, Serialize};

use crate::{
    fault::Fault,
    item::{Dictionary, Item},
    order::Order,
    prepared::Prepared,
    profile::ProfileRows,
    rank::{Ranking, compile_offers},
    requirement::Requirement,
    value::OfferValues,
};

/// A dictionary, a requirement and offers, before checking.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Bundle {
    /// Items of the dictionary, in the order of axes.
    pub items: Vec<Item>,
    /// Id of the price item.
    pub price: Option<String>,
    /// Ids of further items whose weight is weight of cost.
    pub cost: Vec<String>,
    /// What is asked.
    pub requirement: Requirement,
    /// The rows that make up each profile; empty where only one was compiled.
    #[serde(default)]
    pub profiles: Vec<ProfileRows>,
    /// What is promised.
    pub offers: Vec<OfferValues>,
}

impl Bundle {
    /// The compiled requirement with its own dictionary.
    ///
    /// # Errors
    /// The first fault of an item or a row.
    pub fn prepared(&self) -> Result<Prepared<'static>, Fault> {
        let cost: Vec<&str> = self.cost.iter().map(String::as_str).collect();
        let dictionary = Dictionary::with_cost(self.items.clone(), self.price.as_deref(), &cost)?;
        Prepared::owning(dictionary, &self.requirement)
    }

    /// Ranks the offers; `limit` caps matches and near misses each.
    ///
    /// # Errors
    /// The first fault of an item, a row or an offer.
    pub fn rank(&self, order: Order, limit: usize) -> Result<Ranking, Fault> {
        let prepared = self.prepared()?;
        let offers = compile_offers(prepared.dictionary(), &self.offers)?;
        Ok(prepared.rank(&offers, order, limit))
    }
}
