#![doc = include_str!("../README.md")]

mod bundle;
mod case;
mod columns;
pub mod compose;
mod explain;
mod fault;
pub mod from_sla;
pub mod index;
mod item;
mod members;
mod nano;
mod note;
mod order;
mod prepared;
mod profile;
mod rank;
mod relax;
mod requirement;
mod rtt;
mod scale;
pub mod shape;
mod value;
mod wanted;
mod weights;

pub use bundle::Bundle;
pub use case::{CaseFault, run_case, run_named_case};
pub use columns::{Board, Column, Columns};
pub use explain::{Bound, Difference, Explanation, RowExplanation};
pub use fault::{Fault, Reason};
pub use from_sla::{
    Candidate, Circumstances, Rung, SlaMatcher, Wish, middle, offer_axes, offer_covers,
    promise_covers, value_radius, wishes,
};
pub use item::{Dictionary, Item, Kind, KindName, Range, Scale};
pub use nano::Nano;
pub use note::{Note, RttOrigin};
pub use order::Order;
pub use prepared::{Prepared, Totals, Verdict};
pub use profile::{ProfileRow, ProfileRows, ProfileStanding};
pub use rank::{Ranked, Ranking, compile_offers, rank};
pub use relax::{Gain, GainStep, Relaxation, covers};
pub use requirement::{Asked, Mode, Requirement, Tolerance};
pub use rtt::{Rtt, measured_pairs, measured_rtt};
pub use value::{Offer, OfferValues, Value};
