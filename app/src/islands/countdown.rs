//! The time that is left until a moment, told each second; at the end the page is loaded once more.
//!
//! Without script the moment stands there as the server wrote it.

use leptos::prelude::*;
use serde::{Deserialize, Serialize};

/// Below this it is said once that little is left.
const LAST_SECONDS: i64 = 60;
/// Who asked for little motion sees the figure change this seldom, until as much is left.
const STEADY_SECONDS: i64 = 10;

/// The words the island needs, with `{minutes}` and `{seconds}` where the figures stand.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CountdownWords {
    /// From a minute on.
    pub minutes: String,
    /// Below a minute.
    pub seconds: String,
    /// Said once in the last minute.
    pub last: String,
    /// Shown and said at the end.
    pub over: String,
}

/// The time that is left, as text.
#[must_use]
pub fn left_text(words: &CountdownWords, left_seconds: i64) -> String {
    let (minutes, seconds) = (left_seconds / 60, left_seconds % 60);
    if left_seconds <= 0 {
        return words.over.clone();
    }
    let pattern = if minutes > 0 { &words.minutes } else { &words.seconds };
    pattern.replace("{minutes}", &minutes.to_string()).replace("{seconds}", &seconds.to_string())
}

/// What is said aloud; empty where nothing is. Whoever comes in the last minute reads that little is left.
#[must_use]
pub fn said_text(words: &CountdownWords, first_seconds: i64, left_seconds: i64) -> &str {
    match left_seconds {
        ..=0 => &words.over,
        ..=LAST_SECONDS if first_seconds > LAST_SECONDS => &words.last,
        _ => "",
    }
}

/// The figure that is shown: never more than is left.
#[must_use]
pub fn shown_seconds(left_seconds: i64, steady: bool) -> i64 {
    if steady && left_seconds > STEADY_SECONDS {
        left_seconds - left_seconds % STEADY_SECONDS
    } else {
        left_seconds
    }
}

/// Shows `initial` and, once awake, how much is left of `left_seconds`.
#[island]
pub fn Countdown(
    /// What is left when the page is drawn.
    left_seconds: i64,
    /// The moment in RFC 3339.
    machine: String,
    /// The moment, exact and readable.
    exact: String,
    /// The moment as the server writes it.
    initial: String,
    /// Translated.
    words: CountdownWords,
) -> impl IntoView {
    let left = RwSignal::new(None::<(i64, bool)>);
    Effect::new(move || tick(left_seconds, left));
    let words = StoredValue::new(words);
    let text = move || match left.get() {
        Some((left, steady)) => {
            words.with_value(|words| left_text(words, shown_seconds(left, steady)))
        }
        None => initial.clone(),
    };
    let said = Memo::new(move |_| {
        let left = left.get().map_or(left_seconds, |(left, _)| left);
        words.with_value(|words| said_text(words, left_seconds, left).to_owned())
    });
    let last = move || left.get().is_some_and(|(left, _)| left <= LAST_SECONDS);
    view! {
        <span class="countdown" class:last=last>
            <time role="timer" datetime=machine title=exact>{text}</time>
            <span class="aside" role="status">{move || said.get()}</span>
        </span>
    }
}

/// Counts by the clock on the wall, so that a machine that slept is right as soon as it wakes.
#[cfg(feature = "hydrate")]
fn tick(left_seconds: i64, left: RwSignal<Option<(i64, bool)>>) {
    use std::time::Duration;
    use web_sys::js_sys::Date;

    let steady = window()
        .match_media("(prefers-reduced-motion: reduce)")
        .is_ok_and(|found| found.is_some_and(|found| found.matches()));
    let began_ms = Date::now();
    left.set(Some((left_seconds, steady)));
    let handle = StoredValue::new(None::<IntervalHandle>);
    let beat = move || {
        #[expect(clippy::cast_possible_truncation, reason = "minutes in seconds fit by far")]
        let passed = ((Date::now() - began_ms) / 1000.0) as i64;
        let now = (left_seconds - passed).max(0);
        left.set(Some((now, steady)));
        if now == 0 {
            if let Some(handle) = handle.get_value() {
                handle.clear();
            }
            // What can still be done is no longer what this page says; the server has the end.
            let _ = window().location().reload();
        }
    };
    handle.set_value(set_interval_with_handle(beat, Duration::from_secs(1)).ok());
}

#[cfg(not(feature = "hydrate"))]
fn tick(_left_seconds: i64, left: RwSignal<Option<(i64, bool)>>) {
    // Effects do not run on the server; the moment stands there as it was written.
    left.set(None);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words() -> CountdownWords {
        let [minutes, seconds] = ["{minutes} min {seconds} s", "{seconds} s"].map(str::to_owned);
        CountdownWords { minutes, seconds, last: "last".to_owned(), over: "over".to_owned() }
    }

    #[test]
    fn what_is_left_is_minutes_and_seconds_and_then_the_end() {
        let shown = |left| left_text(&words(), left);
        assert_eq!(shown(165), "2 min 45 s");
        assert_eq!(shown(60), "1 min 0 s");
        assert_eq!(shown(59), "59 s");
        assert_eq!((shown(0), shown(-3)), ("over".to_owned(), "over".to_owned()));
    }

    #[test]
    fn only_the_last_minute_and_the_end_are_said() {
        let words = words();
        assert_eq!(said_text(&words, 165, 165), "");
        assert_eq!(said_text(&words, 165, 61), "");
        assert_eq!(said_text(&words, 165, 60), "last");
        assert_eq!(said_text(&words, 165, 1), "last");
        assert_eq!(said_text(&words, 165, 0), "over");
        assert_eq!(said_text(&words, 40, 30), "", "the page itself said how little is left");
    }

    #[test]
    fn a_steady_figure_changes_seldom_and_never_promises_more_than_is_left() {
        assert_eq!(shown_seconds(165, true), 160);
        assert_eq!(shown_seconds(160, true), 160);
        assert_eq!(shown_seconds(10, true), 10);
        assert_eq!(shown_seconds(9, true), 9);
        assert_eq!(shown_seconds(165, false), 165);
    }
}
