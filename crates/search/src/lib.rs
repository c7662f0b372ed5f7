#![doc = include_str!("../README.md")]

mod analyse;
mod ask;
mod cache;
mod dictionary;
mod document;
mod error;
mod facets;
mod find;
mod fold;
mod index;
mod machine;
mod mark;
mod number;
mod price;
mod query;
mod schema;
mod spelling;
mod suggest;
mod synonyms;
mod vocabulary;
mod words;

pub use ask::{Asked, Filter, FilterField};
pub use dictionary::{Dictionary, IPADIC_SOURCE};
pub use document::{Machine, Observed, OfferDocument};
pub use error::SearchError;
pub use find::{Dropped, WayOut};
pub use index::OfferIndex;
pub use mark::{Excerpt, Marker};
pub use price::PriceBand;
pub use query::{
    Closeness, FacetValue, MachineFilter, NumberFilter, SearchQuery, SearchResult, SearchSort,
};
pub use schema::FacetField;
