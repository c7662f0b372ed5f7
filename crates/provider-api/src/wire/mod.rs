//! The words on the wire: requests and answers as plain data.
//! Rules about them live at the provider; how they travel, in `http`.

mod allocation;
mod capabilities;
mod event;
mod observation;
mod resources;

pub use allocation::*;
pub use capabilities::*;
pub use event::*;
pub use observation::*;
pub use resources::*;
