//! The index: the same answers as [`Prepared::rank`](crate::Prepared::rank) without judging every offer.
//!
//! Offers lie in segments of columns. A column numbers the distinct promises of its item in the
//! order of their strength, so that containment is one comparison of small integers and still
//! decided on exact values, once per distinct value and request. Beside the number stands a coarse
//! place on the scale that gives bounds of the distances; only offers that the bounds cannot rule
//! out are judged exactly. Segments never change: an update adds a small one, buries the old row
//! and joins small ones, and readers keep the moment they have.
//!
//! Leaves files to the caller (`snapshot` makes and reads bytes), and the definition of matching to
//! `prepared`, `wanted` and `order`, whose code it calls for everything that is decided.

mod best;
mod block;
mod bytes;
mod column;
mod documents;
mod gains;
mod ids;
mod moment;
mod numbers;
mod offers;
mod part;
mod place;
mod plan;
mod readings;
mod rows;
mod scan;
mod snapshot;
mod term;
mod terms;
mod wide;

pub use documents::{AnyDocument, Asked, DocumentMoment, DocumentRow, Documents, Mark};
pub use moment::{Live, Moment, Payload, Row};
pub use offers::{OfferColumns, OfferMoment};
pub use place::Place;
pub use readings::Readings;
pub use snapshot::SnapshotFault;
