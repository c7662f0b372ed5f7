//! The steps of a workflow: still, or following by itself where script is allowed.

use leptos::prelude::*;

use crate::{
    islands::{LiveTimeline, StepView, TimelineView, TimelineWords, steps_view},
    words::Words,
};

/// The steps as they are now; loads no script.
pub fn timeline(label: impl Into<String>, steps: Vec<StepView>) -> AnyView {
    view! { <div class="timeline" role="group" aria-label=label.into()><ol class="steps">{steps_view(steps)}</ol></div> }.into_any()
}

/// The steps, replaced by each event named `timeline` that `events_url` sends.
pub fn live_timeline(
    words: Words,
    label: impl Into<String>,
    initial: TimelineView,
    events_url: impl Into<String>,
) -> AnyView {
    let texts = TimelineWords {
        label: label.into(),
        live: words.common_timeline_live().to_owned(),
        reconnecting: words.common_timeline_reconnecting().to_owned(),
        refresh: words.common_timeline_refresh().to_owned(),
    };
    view! { <LiveTimeline initial=initial events_url=events_url.into() words=texts/> }.into_any()
}
