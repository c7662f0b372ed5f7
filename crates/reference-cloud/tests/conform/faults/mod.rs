//! The deliberate faults: what a careless provider might do, and the check that must notice.

macro_rules! ask {
    ($name:literal, $check:literal, $says:literal, $twist:expr) => {
        Fault { name: $name, check: $check, says: $says, twist: Twist::Ask($twist) }
    };
}

macro_rules! tell {
    ($name:literal, $check:literal, $says:literal, $twist:expr) => {
        Fault { name: $name, check: $check, says: $says, twist: Twist::Tell($twist) }
    };
}

macro_rules! whole {
    ($name:literal, $check:literal, $says:literal, |$up:ident, $call:ident| $body:expr) => {
        Fault {
            name: $name,
            check: $check,
            says: $says,
            twist: Twist::Whole(|$up, $call| Box::pin(async move { $body })),
        }
    };
}

mod booking;
mod copies;
mod images;
mod links;
mod lives;
mod loans;
mod sizes;
mod watching;

use crate::broken::Fault;

pub use booking::BOOKING_AT_ONCE;

/// Every deliberate fault.
pub fn all() -> impl Iterator<Item = &'static Fault> {
    loans::FAULTS
        .iter()
        .chain(lives::FAULTS)
        .chain(copies::FAULTS)
        .chain(watching::FAULTS)
        .chain(images::FAULTS)
        .chain(links::FAULTS)
        .chain(sizes::FAULTS)
        .chain(booking::FAULTS)
}
