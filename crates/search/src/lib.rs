#![doc = include_str!("../README.md")]

mod document;
mod error;
mod index;
mod query;
mod schema;
mod text;

pub use document::OfferDocument;
pub use error::SearchError;
pub use index::OfferIndex;
pub use query::{FacetField, FacetValue, SearchQuery, SearchResult, SearchSort};
