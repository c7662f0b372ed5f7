//! The parts of a page that wake up in the browser, and the plain data they are given.
//!
//! Two modules are built: pages with the studio load one that holds it, all others one without it.
//! Compiled for both halves. Islands read no locale and no market: words, times and numbers
//! arrive as text in their props; a clock only tells how much time has passed since. Everything an island shows, the server renders first.

mod copy_button;
mod countdown;
mod follow;
mod keep_copy;
mod live_timeline;
#[cfg(any(feature = "ssr", feature = "studio"))]
mod studio;

pub use copy_button::{CopyButton, CopyButtonProps};
pub use countdown::{
    Countdown, CountdownProps, CountdownWords, left_text, said_text, shown_seconds,
};
pub use follow::{FollowProgress, FollowProgressProps, read_progress};
pub use keep_copy::{KeepCopy, KeepCopyProps};
pub use live_timeline::{
    LiveTimeline, LiveTimelineProps, StepState, StepView, TimelineView, TimelineWords, read_event,
    steps_view,
};

#[cfg(any(feature = "ssr", feature = "studio"))]
pub use studio::{Studio, StudioProps};

/// Prepares the reactive system in the browser; each island is woken by itself afterwards.
#[cfg(feature = "hydrate")]
pub fn prepare() {
    leptos::mount::hydrate_islands();
}
