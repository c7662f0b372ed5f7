//! What demand tells a provider: where its offers stand among those of the market, for the templates and
//! for what others really need, and which asked items they miss.
//!
//! Real needs are told as counts and shares only, and only over groups of several organisations
//! (docs/adr/0017): never whose a need is, nor its text. The provider's own needs are not counted.

mod middle;
mod misses;
mod needs;
mod ranking;

pub use middle::{Against, Beside, ItemBeside, OFFERS_MIN, PROVIDERS_MIN, PriceBeside};
pub use misses::{Demand, MissedItem, PlacedOffer, RealDemand};
pub use ranking::{AskedItem, DemandStanding, OfferRanking, Standing, TemplateStanding};

/// Organisations whose needs a group has to hold before anything is told of it.
pub const ORGANISATIONS_MIN: usize = 5;

pub(crate) use middle::CountedMiddles;
