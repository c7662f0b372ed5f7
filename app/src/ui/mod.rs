//! The design system: every part pages are put together from.
//!
//! Parts are plain functions or small builders that end in `.view()`. They get translated text and
//! plain values, own no state and decide nothing. Colours and spaces are in `style/`. SVG uses classes
//! and presentation attributes only: inline styles are refused by the content security policy.

mod button;
pub mod chart;
mod choice;
mod feedback;
mod field;
mod icon;
mod labels;
mod list;
mod navigation;
mod table;
mod timeline;
mod value;

pub use button::{Button, Look, link_button};
pub use choice::{CheckGroup, RadioGroup, Select, fieldset};
pub use feedback::{Kind, State, badge, chip, empty, error_summary, notice};
pub use field::{Field, fields_together};
pub use icon::{Icon, icon};
pub(crate) use labels::Labels;
pub use list::{definitions, disclosure, page_head, section, stat, stats};
pub use navigation::{Tab, breadcrumbs, pagination, tabs};
pub use table::{Align, Column, Table};
pub use timeline::{live_timeline, timeline};
pub use value::{countdown, day, duration, id, money, number, time, whole};

use leptos::prelude::AnyView;

/// Views in a row, such as cells or cards.
pub type Views = Vec<AnyView>;
