//! What is asked of the index, and how that becomes a Tantivy query.

use crate::schema::Fields;
use crate::text::{Term as Wanted, terms};
use domain::{Currency, OfferId};
use std::ops::Bound;
use tantivy::Term;
use tantivy::query::{
    AllQuery, BooleanQuery, BoostQuery, FuzzyTermQuery, Occur, Query, RangeQuery, TermQuery,
};
use tantivy::schema::{Field, IndexRecordOption};

/// How much more a word in the title counts than one in the body.
const TITLE_BOOST: f32 = 3.0;
/// An exact word counts more than a prefix or a misspelling.
const EXACT_BOOST: f32 = 2.0;
/// Shorter words have too many neighbours at one typing error.
const FUZZY_LETTERS_MIN: usize = 5;

/// A facet of the market list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FacetField {
    /// Service model.
    Model,
    /// Deployment model.
    Deployment,
    /// Country of a region.
    Country,
    /// Certification; all chosen ones must be held, the others need any of the chosen.
    Certification,
    /// Provider's slug.
    Provider,
}

impl FacetField {
    /// Every facet.
    pub const ALL: [Self; 5] =
        [Self::Model, Self::Deployment, Self::Country, Self::Certification, Self::Provider];

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Model => "model",
            Self::Deployment => "deployment",
            Self::Country => "country",
            Self::Certification => "certification",
            Self::Provider => "provider",
        }
    }

    const fn field(self, fields: &Fields) -> Field {
        match self {
            Self::Model => fields.model,
            Self::Deployment => fields.deployment,
            Self::Country => fields.country,
            Self::Certification => fields.certification,
            Self::Provider => fields.provider,
        }
    }
}

/// Orders of the result; equal ranks keep one order for one index.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum SearchSort {
    /// Best text match; without text, backed first, then by title.
    #[default]
    Relevance,
    /// Cheapest first within a currency, unpriced last.
    Price,
    /// Newest first.
    Newest,
}

/// A question to the index.
#[derive(Debug, Clone, Default)]
pub struct SearchQuery {
    /// Free text; every word must be found.
    pub text: String,
    /// Chosen facet values.
    pub chosen: Vec<(FacetField, String)>,
    /// Currency of the price range.
    pub currency: Option<Currency>,
    /// Lowest price in minor units.
    pub price_min: Option<i64>,
    /// Highest price in minor units.
    pub price_max: Option<i64>,
    /// Only offers that can be contracted.
    pub backed_only: bool,
    /// The order.
    pub sort: SearchSort,
    /// Results to pass over.
    pub offset: usize,
    /// Results to return, 1 to 200.
    pub limit: usize,
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

/// The answer.
#[derive(Debug, Clone, Default)]
pub struct SearchResult {
    /// Offers that satisfy the query.
    pub total: u64,
    /// Ids of the asked part, in order.
    pub ids: Vec<OfferId>,
    /// Facet values, most frequent first within a facet.
    pub facets: Vec<FacetValue>,
}

impl SearchQuery {
    /// Whether there is anything to look up in the text.
    pub(crate) fn has_text(&self) -> bool {
        !terms(&self.text).is_empty()
    }

    /// The query with all filters but those of `without`.
    pub(crate) fn build(&self, fields: &Fields, without: Option<FacetField>) -> BooleanQuery {
        let mut parts: Vec<Box<dyn Query>> = vec![Box::new(AllQuery)];
        parts.extend(terms(&self.text).iter().map(|wanted| text_query(fields, wanted)));
        for facet in FacetField::ALL.into_iter().filter(|facet| Some(*facet) != without) {
            parts.extend(self.facet_query(fields, facet));
        }
        if self.backed_only {
            parts.push(keyword(fields.backed, "yes"));
        }
        if let Some(currency) = self.currency {
            parts.push(keyword(fields.currency, currency.code()));
        }
        if self.price_min.is_some() || self.price_max.is_some() {
            let bound = |price: Option<i64>| {
                price.map_or(Bound::Unbounded, |minor| {
                    Bound::Included(Term::from_field_i64(fields.price, minor))
                })
            };
            parts.push(Box::new(RangeQuery::new(bound(self.price_min), bound(self.price_max))));
        }
        BooleanQuery::new(parts.into_iter().map(|part| (Occur::Must, part)).collect())
    }

    fn facet_query(&self, fields: &Fields, facet: FacetField) -> Option<Box<dyn Query>> {
        let occur = if facet == FacetField::Certification { Occur::Must } else { Occur::Should };
        let chosen: Vec<_> = self
            .chosen
            .iter()
            .filter(|(field, _)| *field == facet)
            .map(|(_, value)| (occur, keyword(facet.field(fields), value)))
            .collect();
        (!chosen.is_empty()).then(|| Box::new(BooleanQuery::new(chosen)) as Box<dyn Query>)
    }
}

fn keyword(field: Field, value: &str) -> Box<dyn Query> {
    Box::new(TermQuery::new(Term::from_field_text(field, value), IndexRecordOption::Basic))
}

fn text_query(fields: &Fields, wanted: &Wanted) -> Box<dyn Query> {
    let anywhere = match wanted {
        Wanted::Word(word) => [
            word_query(fields.title_words, word, TITLE_BOOST),
            word_query(fields.body_words, word, 1.0),
        ],
        Wanted::Pairs(pairs) => [
            pairs_query(fields.title_pairs, pairs, TITLE_BOOST),
            pairs_query(fields.body_pairs, pairs, 1.0),
        ],
    };
    Box::new(BooleanQuery::new(anywhere.into_iter().map(|part| (Occur::Should, part)).collect()))
}

fn word_query(field: Field, word: &str, boost: f32) -> Box<dyn Query> {
    let term = || Term::from_field_text(field, word);
    let exact = TermQuery::new(term(), IndexRecordOption::WithFreqs);
    let mut ways: Vec<(Occur, Box<dyn Query>)> = vec![
        (Occur::Should, Box::new(BoostQuery::new(Box::new(exact), EXACT_BOOST))),
        (Occur::Should, Box::new(FuzzyTermQuery::new_prefix(term(), 0, true))),
    ];
    if word.chars().count() >= FUZZY_LETTERS_MIN {
        ways.push((Occur::Should, Box::new(FuzzyTermQuery::new(term(), 1, true))));
    }
    Box::new(BoostQuery::new(Box::new(BooleanQuery::new(ways)), boost))
}

fn pairs_query(field: Field, pairs: &[String], boost: f32) -> Box<dyn Query> {
    let all = pairs
        .iter()
        .map(|pair| {
            let term = Term::from_field_text(field, pair);
            let query = TermQuery::new(term, IndexRecordOption::WithFreqs);
            (Occur::Must, Box::new(query) as Box<dyn Query>)
        })
        .collect();
    Box::new(BoostQuery::new(Box::new(BooleanQuery::new(all)), boost))
}
