//! The neutral case format (`matching.md` 5): any published table as a case with its own
//! dictionary, and the result as one JSON object. Reads no file itself: `offers_csv` is fetched by
//! the caller's loader.

mod csv;
mod keys;
mod number;
mod read;
mod strict;

use std::{collections::BTreeMap, io};

use serde::Serialize;

use crate::{
    item::Dictionary,
    order::Order,
    prepared::Prepared,
    requirement::{Mode, Requirement},
    value::Offer,
};

/// Why a case is refused, and where.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{pointer}: {message}")]
pub struct CaseFault {
    /// JSON pointer (RFC 6901) of the fault in the case file.
    pub pointer: String,
    /// What was found and what is allowed.
    pub message: String,
}

impl CaseFault {
    pub(crate) fn new(pointer: impl Into<String>, message: impl Into<String>) -> Self {
        Self { pointer: pointer.into(), message: message.into() }
    }
}

/// A case as it was read: everything checked, nothing judged yet.
#[derive(Debug)]
pub(crate) struct Case {
    pub(crate) name: Option<String>,
    pub(crate) dictionary: Dictionary,
    /// Suffix of the output key (`None` for the case's own requirement), pointer and rows.
    pub(crate) queries: Vec<(Option<String>, String, Requirement)>,
    pub(crate) offers: Vec<Offer>,
}

/// The result of one requirement over all offers, in the words of the format.
#[derive(Debug, Serialize)]
struct Outcome {
    matches: Vec<String>,
    failed: BTreeMap<String, Vec<String>>,
    unpromised: BTreeMap<String, Vec<String>>,
    order: BTreeMap<&'static str, Vec<String>>,
    shortfall: BTreeMap<String, f64>,
    surplus: BTreeMap<String, f64>,
}

/// Runs a case under the name it gives itself (`case` or `name`), else `case`.
///
/// # Errors
/// The first fault with its JSON pointer.
pub fn run_case(
    json: &str,
    load: impl Fn(&str) -> io::Result<String>,
) -> Result<String, CaseFault> {
    run_named_case("case", json, load)
}

/// Runs a case; `fallback` names it where it does not name itself, usually the stem of the file.
/// `load` fetches the text of `offers_csv`, a path relative to the case.
///
/// # Errors
/// The first fault with its JSON pointer.
pub fn run_named_case(
    fallback: &str,
    json: &str,
    load: impl Fn(&str) -> io::Result<String>,
) -> Result<String, CaseFault> {
    let case = read::case(json, load)?;
    let name = case.name.as_deref().unwrap_or(fallback);
    let mut outcomes = BTreeMap::new();
    for (query, pointer, requirement) in &case.queries {
        let prepared = Prepared::new(&case.dictionary, requirement)
            .map_err(|fault| read::locate(pointer, &fault))?;
        let key = query.as_ref().map_or_else(|| name.to_owned(), |query| format!("{name}/{query}"));
        outcomes.insert(key, outcome(&prepared, &case.offers));
    }
    serde_json::to_string_pretty(&outcomes).map_err(|error| CaseFault::new("", error.to_string()))
}

fn outcome(prepared: &Prepared<'_>, offers: &[Offer]) -> Outcome {
    let order = Order::ALL.into_iter().map(|order| {
        let ranking = prepared.rank(offers, order, usize::MAX);
        (order.name(), ranking.rows().map(|row| row.id.clone()).collect())
    });
    let totals: Vec<_> =
        offers.iter().map(|offer| (offer.id().to_owned(), prepared.judge(offer))).collect();
    Outcome {
        matches: totals
            .iter()
            .filter(|(_, totals)| totals.matched)
            .map(|(id, _)| id.clone())
            .collect(),
        failed: offers
            .iter()
            .map(|offer| (offer.id().to_owned(), failed(prepared, offer)))
            .collect(),
        unpromised: offers
            .iter()
            .map(|offer| (offer.id().to_owned(), unpromised(prepared, offer)))
            .collect(),
        order: order.collect(),
        shortfall: totals
            .iter()
            .map(|(id, totals)| (id.clone(), totals.shortfall.to_f64()))
            .collect(),
        surplus: totals.iter().map(|(id, totals)| (id.clone(), totals.surplus.to_f64())).collect(),
    }
}

/// Must items that are not met, unpromised ones included, in the order of the rows.
fn failed(prepared: &Prepared<'_>, offer: &Offer) -> Vec<String> {
    let rows = prepared.requirement().rows.iter().zip(prepared.verdicts(offer));
    once(
        rows.filter(|(row, verdict)| row.mode == Mode::Must && !verdict.is_met())
            .map(|(row, _)| &row.item),
    )
}

/// Asked items (must and prefer) without a promise, in the order of the rows.
fn unpromised(prepared: &Prepared<'_>, offer: &Offer) -> Vec<String> {
    let rows = prepared.requirement().rows.iter().zip(prepared.verdicts(offer));
    once(
        rows.filter(|(row, verdict)| {
            row.mode != Mode::BestEffort && *verdict == crate::Verdict::NotPromised
        })
        .map(|(row, _)| &row.item),
    )
}

fn once<'a>(items: impl Iterator<Item = &'a String>) -> Vec<String> {
    let mut list: Vec<String> = Vec::new();
    for item in items {
        if !list.contains(item) {
            list.push(item.clone());
        }
    }
    list
}

#[cfg(test)]
mod tests;
