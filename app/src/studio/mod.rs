//! The requirement studio without a browser: what is asked, the shape of it, and the ranking that
//! follows every change of it. Plain data in, text and markup out.
//!
//! Compiled for both halves: the server draws the first picture with it, the island of
//! [`crate::islands`] every later one. Ranking is the crate `matching`; reading the market and offer
//! documents is the server's, which sends what they promise as columns ([`data`]). Nothing here
//! touches the page.

pub mod data;
pub mod draw;
pub mod html;
pub mod model;
pub mod need;
pub mod nice;
mod read;
pub mod rows;
pub mod say;
pub mod summary;

pub use data::{Ask, AskKind, Refusal, Stalls, StudioData};
pub use model::{Change, Studio};

#[cfg(all(test, feature = "ssr"))]
mod tests;
