//! The three reference clouds of `serve --demo`: child processes of the same program.
//!
//! Addresses and tokens are chosen once and kept in the data folder, so that services keep their
//! addresses over restarts. A cloud that dies is started again; all end with the broker, also when
//! the broker is killed: each holds the other end of its standard input.

mod places;
mod supervise;

use std::path::Path;

pub use places::{ADDRESS_BLOCK, Place, Places};
pub use supervise::Clouds;

/// Whether this data folder belongs to a demo with clouds on this machine.
#[must_use]
pub fn exist(folder: &Path) -> bool {
    places::file(folder).is_file()
}
