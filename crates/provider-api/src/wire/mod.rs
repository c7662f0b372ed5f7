//! The words on the wire: requests and answers as plain data.
//! Rules about them live at the provider; how they travel, in `http`.

mod allocation;
mod backup;
mod capabilities;
mod event;
mod export;
mod ids;
mod link;
mod monitoring;
mod observation;
mod quota;
mod resources;
mod security;
mod webhook;
mod work;

pub use allocation::*;
pub(crate) use backup::hexadecimal;
pub use backup::*;
pub use capabilities::*;
pub use event::*;
pub use export::*;
pub use ids::*;
pub use link::*;
pub use monitoring::*;
pub use observation::*;
pub use quota::*;
pub use resources::*;
pub use security::*;
pub use webhook::*;
pub use work::*;
