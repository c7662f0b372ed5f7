//! The steps of a workflow as a list, kept up to date by server-sent events.
//!
//! Without script the same list stands there with a link that loads the page again.

use leptos::prelude::*;
use serde::{Deserialize, Serialize};

/// Where a step stands; decides the mark beside it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StepState {
    /// Not begun.
    Waiting,
    /// Under way.
    Running,
    /// Done.
    Done,
    /// Failed for good, or to be tried again.
    Failed,
    /// Done and taken back.
    Undone,
    /// Stopped until a person decides.
    Attention,
}

impl StepState {
    /// The last word of the step's class.
    pub fn class(self) -> &'static str {
        match self {
            StepState::Waiting => "waiting",
            StepState::Running => "running",
            StepState::Done => "done",
            StepState::Failed => "failed",
            StepState::Undone => "undone",
            StepState::Attention => "attention",
        }
    }

    /// A character that stands for the state beside its word.
    pub fn mark(self) -> &'static str {
        match self {
            StepState::Waiting => "○",
            StepState::Running => "◐",
            StepState::Done => "✓",
            StepState::Failed => "✕",
            StepState::Undone => "↩",
            StepState::Attention => "!",
        }
    }
}

/// One step as shown; every text is already in the reader's language.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StepView {
    /// What is done.
    pub title: String,
    /// Where it stands.
    pub state: StepState,
    /// The word for the state.
    pub state_word: String,
    /// When it last changed, exact and readable; empty when it has not begun.
    #[serde(default)]
    pub at: String,
    /// The same moment in RFC 3339; empty when it has not begun.
    #[serde(default)]
    pub at_machine: String,
    /// How long it took or takes.
    #[serde(default)]
    pub took: Option<String>,
    /// Which attempt this is, when it is not the first.
    #[serde(default)]
    pub attempt: Option<String>,
    /// Why it failed, waits or was taken back.
    #[serde(default)]
    pub reason: Option<String>,
}

/// All steps at one moment; also the JSON of one server-sent event.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TimelineView {
    /// One sentence about the whole.
    pub headline: String,
    /// In the order they run.
    pub steps: Vec<StepView>,
    /// Whether nothing more will happen by itself.
    pub finished: bool,
}

/// The words the island needs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TimelineWords {
    /// Names the list for those who do not see it.
    pub label: String,
    /// Says that the list follows by itself.
    pub live: String,
    /// Says that the connection is being made again.
    pub reconnecting: String,
    /// The link that loads the page again.
    pub refresh: String,
}

/// How the list is kept up to date.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(not(feature = "hydrate"), allow(dead_code))]
enum Link {
    /// By loading the page again.
    Still,
    /// By itself.
    Live,
    /// By itself, when the connection is back.
    Lost,
}

/// Reads the data of one event; `None` when it is not a timeline.
pub fn read_event(data: &str) -> Option<TimelineView> {
    serde_json::from_str(data).ok()
}

/// The list alone, as server and browser both draw it.
pub fn steps_view(steps: Vec<StepView>) -> impl IntoView {
    steps
        .into_iter()
        .map(|step| {
            let timed = (!step.at.is_empty())
                .then(|| view! { <time datetime=step.at_machine>{step.at}</time> });
            let took = step.took.map(|took| view! { <span class="took">{took}</span> });
            let attempt =
                step.attempt.map(|attempt| view! { <span class="attempt">{attempt}</span> });
            let reason = step.reason.map(|reason| view! { <p class="reason">{reason}</p> });
            view! {
                <li class=format!("step {}", step.state.class())>
                    <span class="mark" aria-hidden="true">{step.state.mark()}</span>
                    <div class="what">
                        <strong>{step.title}</strong>
                        <span class="state">{step.state_word}</span>
                        <span class="facts">{timed}{took}{attempt}</span>
                        {reason}
                    </div>
                </li>
            }
        })
        .collect::<Vec<_>>()
}

/// Shows `initial` and replaces it by whatever the events at `events_url` say.
#[island]
pub fn LiveTimeline(
    /// The steps as the server knew them.
    initial: TimelineView,
    /// Where events named `timeline` with a [`TimelineView`] as JSON come from.
    events_url: String,
    /// Translated.
    words: TimelineWords,
) -> impl IntoView {
    let current = RwSignal::new(initial);
    let link = RwSignal::new(Link::Still);
    Effect::new(move || listen(&events_url, current, link));
    let TimelineWords { label, live, reconnecting, refresh } = words;
    let live = StoredValue::new(live);
    let reconnecting = StoredValue::new(reconnecting);
    view! {
        <div class="timeline" role="group" aria-label=label>
            <p class="headline" aria-live="polite">{move || current.get().headline}</p>
            <ol class="steps">{move || steps_view(current.get().steps)}</ol>
            <p class="link">
                <a href="" class:asleep=move || link.get() == Link::Live>{refresh}</a>
                <span class="note">{move || match link.get() {
                    Link::Still => String::new(),
                    Link::Live => live.get_value(),
                    Link::Lost => reconnecting.get_value(),
                }}</span>
            </p>
        </div>
    }
}

#[cfg(feature = "hydrate")]
fn listen(events_url: &str, current: RwSignal<TimelineView>, link: RwSignal<Link>) {
    use wasm_bindgen::{JsCast, closure::Closure};
    use web_sys::{Event, EventSource, MessageEvent};

    if current.with_untracked(|view| view.finished) {
        return;
    }
    let Ok(source) = EventSource::new(events_url) else { return };
    let closing = source.clone();
    let on_timeline = Closure::<dyn FnMut(MessageEvent)>::new(move |event: MessageEvent| {
        let Some(view) = event.data().as_string().as_deref().and_then(read_event) else { return };
        let finished = view.finished;
        if current.with_untracked(|known| *known != view) {
            current.set(view);
        }
        if finished {
            closing.close();
            // Everything else on the page speaks of the time before; the server has the new one.
            let _ = window().location().reload();
        }
        link.set(if finished { Link::Still } else { Link::Live });
    });
    let on_open = Closure::<dyn FnMut(Event)>::new(move |_| link.set(Link::Live));
    // The browser connects again by itself after an error.
    let on_error = Closure::<dyn FnMut(Event)>::new(move |_| link.set(Link::Lost));
    let _ =
        source.add_event_listener_with_callback("timeline", on_timeline.as_ref().unchecked_ref());
    source.set_onopen(Some(on_open.as_ref().unchecked_ref()));
    source.set_onerror(Some(on_error.as_ref().unchecked_ref()));
    // The listeners live as long as the page does.
    on_timeline.forget();
    on_open.forget();
    on_error.forget();
}

#[cfg(not(feature = "hydrate"))]
fn listen(_events_url: &str, _current: RwSignal<TimelineView>, link: RwSignal<Link>) {
    // Effects do not run on the server; the list there never is live.
    link.set(Link::Still);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_needs_only_what_every_step_has() {
        let view = read_event(
            r#"{"headline":"Reserving","finished":false,"steps":[{"title":"Hold","state":"running","state_word":"running"}]}"#,
        )
        .unwrap();
        assert_eq!(view.steps[0].state, StepState::Running);
        assert_eq!(view.steps[0].reason, None);
    }

    #[test]
    fn what_is_no_timeline_is_ignored() {
        assert_eq!(read_event("{}"), None);
        assert_eq!(read_event("ping"), None);
        assert_eq!(
            read_event(
                r#"{"headline":"","finished":false,"steps":[{"title":"x","state":"melting","state_word":""}]}"#
            ),
            None
        );
    }
}
