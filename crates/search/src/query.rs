//! What is asked of the index.

use crate::ask::{Asked, Filter, FilterField};
use crate::machine::MachineQuery;
use crate::number;
use crate::schema::{FacetField, Fields};
use domain::{Currency, OfferId, Sight};
use rust_decimal::Decimal;
use std::collections::BTreeMap;
use std::ops::Bound;
use tantivy::query::{
    AllQuery, BooleanQuery, ConstScoreQuery, Occur, Query, RangeQuery, TermQuery,
};
use tantivy::schema::{Field, IndexRecordOption};
use tantivy::{Searcher, Term};

/// Orders of the result; equal ranks keep one order for one index.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum SearchSort {
    /// Best text match; without text, backed first, then by title.
    #[default]
    Relevance,
    /// Cheapest first within a currency, unpriced last.
    Price,
    /// Newest first.
    Newest,
    /// Promises that were kept first, then by the share of samples that were well; unmeasured last.
    Observed,
}

/// A question to the index.
#[derive(Debug, Clone, Default)]
pub struct SearchQuery {
    /// Whose question it is: what they may not know of is neither found nor counted.
    pub sight: Sight,
    /// What was typed: words, `"phrases"`, `-words` and filters such as `cert:ismap`.
    pub text: String,
    /// Chosen facet values.
    pub chosen: Vec<(FacetField, String)>,
    /// Currency of the price range.
    pub currency: Option<Currency>,
    /// Lowest price in minor units.
    pub price_min: Option<i64>,
    /// Highest price in minor units.
    pub price_max: Option<i64>,
    /// Bounds of attributes that are numbers; all of them hold.
    pub numbers: Vec<NumberFilter>,
    /// What one machine type has to have.
    pub machine: MachineFilter,
    /// The order.
    pub sort: SearchSort,
    /// Results to pass over.
    pub offset: usize,
    /// Results to return, 1 to 5000.
    pub limit: usize,
}

/// Bounds of an attribute that is a number, both included.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct NumberFilter {
    /// `category.attribute`.
    pub attribute: String,
    /// The least.
    pub min: Option<Decimal>,
    /// The most.
    pub max: Option<Decimal>,
}

/// What a machine type has to have: one and the same, everything that is asked.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct MachineFilter {
    /// Processors at least.
    pub vcpu: Option<Decimal>,
    /// Memory at least, GiB.
    pub ram_gib: Option<Decimal>,
    /// Accelerators at least.
    pub gpu: Option<u32>,
    /// Instruction set.
    pub architecture: Option<String>,
}

impl MachineFilter {
    /// Whether nothing is asked.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// One facet value and its count.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FacetValue {
    /// The facet.
    pub field: FacetField,
    /// The value.
    pub value: String,
    /// Offers that have it under all other filters.
    pub count: u64,
}

/// How near the results are to what was typed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Closeness {
    /// Every word is there, as typed, in another form or as another word for the same.
    #[default]
    Exact,
    /// Nothing has every word: these are close in spelling, or have most of the words.
    Close,
}

/// The answer.
#[derive(Debug, Clone, Default)]
pub struct SearchResult {
    /// Offers that satisfy the query.
    pub total: u64,
    /// Ids of the asked part, in order.
    pub ids: Vec<OfferId>,
    /// Facet values, most frequent first within a facet.
    pub facets: Vec<FacetValue>,
    /// How near they are.
    pub closeness: Closeness,
    /// What was probably meant, and what it finds; `None` where the words are known.
    pub meant: Option<(String, u64)>,
    /// Marks what was found in a text.
    pub marker: crate::Marker,
}

/// The filters of a question as queries, one group after the other.
pub(crate) struct Filters {
    /// What the reader may not know of.
    hidden: Option<Box<dyn Query>>,
    groups: Vec<(Option<FacetField>, Box<dyn Query>)>,
}

impl Filters {
    pub fn of(query: &SearchQuery, asked: &Asked, searcher: &Searcher, fields: &Fields) -> Self {
        let hidden = hidden_from(query.sight, searcher, fields);
        let mut groups: Vec<(Option<FacetField>, Box<dyn Query>)> = Vec::new();
        for facet in FacetField::ALL {
            if facet == FacetField::Attribute {
                groups.extend(attributes(query, fields));
                continue;
            }
            let occur = if facet.needs_all() { Occur::Must } else { Occur::Should };
            let chosen = query.chosen.iter().filter(|(field, _)| *field == facet);
            let chosen: Vec<_> =
                chosen.map(|(_, value)| (occur, keyword(facet.field(fields), value))).collect();
            if !chosen.is_empty() {
                groups.push((Some(facet), Box::new(BooleanQuery::new(chosen))));
            }
        }
        for filter in &query.numbers {
            groups.push((None, number::between(fields, filter)));
        }
        if !query.machine.is_empty() {
            groups.push((None, Box::new(MachineQuery::of(&query.machine))));
        }
        if let Some(currency) = query.currency {
            groups.push((None, keyword(fields.currency, currency.code())));
        }
        groups.extend(range(fields, query.price_min, query.price_max).map(|range| (None, range)));
        for (filter, negated) in &asked.filters {
            let query = typed(filter, fields);
            groups.push((None, if *negated { without(query) } else { query }));
        }
        Self { hidden, groups }
    }

    /// A question of text under no filter.
    pub fn unfiltered(&self, text: &dyn Query) -> Box<dyn Query> {
        seen(Some(text), self.hidden.as_deref())
    }

    /// Whether there is a filter at all.
    pub fn is_empty(&self) -> bool {
        self.groups.is_empty()
    }

    /// A question of text under all filters but those of one facet.
    pub fn around(&self, text: Option<&dyn Query>, except: Option<FacetField>) -> Box<dyn Query> {
        let mut parts: Vec<(Occur, Box<dyn Query>)> = Vec::new();
        parts.extend(text.map(|text| (Occur::Must, text.box_clone())));
        let kept = self.groups.iter().filter(|(facet, _)| facet.is_none() || *facet != except);
        // Filters say whether, not how well.
        let quiet = |query: &dyn Query| -> Box<dyn Query> {
            Box::new(ConstScoreQuery::new(query.box_clone(), 0.0))
        };
        parts.extend(kept.map(|(_, query)| (Occur::Must, quiet(query.as_ref()))));
        let wanted: Option<Box<dyn Query>> = match parts.len() {
            0 => None,
            1 => Some(parts.swap_remove(0).1),
            _ => Some(Box::new(BooleanQuery::new(parts))),
        };
        seen(wanted.as_deref(), self.hidden.as_deref())
    }
}

/// A part of a query and how it counts.
type Part = (Occur, Box<dyn Query>);

/// Of each attribute any of the chosen values.
fn attributes(query: &SearchQuery, fields: &Fields) -> Vec<(Option<FacetField>, Box<dyn Query>)> {
    let mut of: BTreeMap<&str, Vec<Part>> = BTreeMap::new();
    let field = FacetField::Attribute.field(fields);
    for (_, value) in query.chosen.iter().filter(|(facet, _)| *facet == FacetField::Attribute) {
        let attribute = value.split_once('=').map_or(value.as_str(), |(attribute, _)| attribute);
        of.entry(attribute).or_default().push((Occur::Should, keyword(field, value)));
    }
    let group = |any| -> (Option<FacetField>, Box<dyn Query>) {
        (Some(FacetField::Attribute), Box::new(BooleanQuery::new(any)))
    };
    of.into_values().map(group).collect()
}

/// What is wanted, `None`: everything, without what is hidden.
pub(crate) fn seen(wanted: Option<&dyn Query>, hidden: Option<&dyn Query>) -> Box<dyn Query> {
    let all = || -> Box<dyn Query> { Box::new(AllQuery) };
    let wanted = wanted.map_or_else(all, |query| query.box_clone());
    let Some(hidden) = hidden else { return wanted };
    Box::new(BooleanQuery::new(vec![(Occur::Must, wanted), (Occur::MustNot, hidden.box_clone())]))
}

fn typed(filter: &Filter, fields: &Fields) -> Box<dyn Query> {
    match filter {
        Filter::Value(field, value) => {
            let tag = |field: FilterField| format!("{}:{value}", field.name());
            keyword(fields.tags, &tag(*field))
        }
        Filter::Price { currency, min, max } => {
            let mut parts = vec![(Occur::Must, keyword(fields.currency, currency.code()))];
            parts.extend(range(fields, *min, *max).map(|range| (Occur::Must, range)));
            Box::new(BooleanQuery::new(parts))
        }
    }
}

fn range(fields: &Fields, min: Option<i64>, max: Option<i64>) -> Option<Box<dyn Query>> {
    if min.is_none() && max.is_none() {
        return None;
    }
    let bound = |price: Option<i64>| {
        price.map_or(Bound::Unbounded, |minor| {
            Bound::Included(Term::from_field_i64(fields.price, minor))
        })
    };
    Some(Box::new(RangeQuery::new(bound(min), bound(max))))
}

/// What a reader may not know of; `None`: nothing is kept from them.
pub(crate) fn hidden_from(
    sight: Sight,
    searcher: &Searcher,
    fields: &Fields,
) -> Option<Box<dyn Query>> {
    // Where everything is public, a question costs what it costs without audiences.
    let closed = Term::from_field_text(fields.readers, CLOSED);
    if sight == Sight::Everything || searcher.doc_freq(&closed).is_ok_and(|count| count == 0) {
        return None;
    }
    let closed = keyword(fields.readers, CLOSED);
    let Some(organisation) = sight.organisation() else { return Some(closed) };
    let own = keyword(fields.readers, &organisation.to_string());
    Some(Box::new(BooleanQuery::new(vec![(Occur::Must, closed), (Occur::MustNot, own)])))
}

/// Stands beside the readers of an offer that is not for everybody.
pub(crate) const CLOSED: &str = "closed";

/// Everything but what the query finds.
pub(crate) fn without(query: Box<dyn Query>) -> Box<dyn Query> {
    let all: Box<dyn Query> = Box::new(AllQuery);
    Box::new(BooleanQuery::new(vec![(Occur::Must, all), (Occur::MustNot, query)]))
}

pub(crate) fn keyword(field: Field, value: &str) -> Box<dyn Query> {
    Box::new(TermQuery::new(Term::from_field_text(field, value), IndexRecordOption::Basic))
}
