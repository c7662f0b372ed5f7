//! Numbers, money, time and ids, always shown through these so that they look the same everywhere.

use leptos::prelude::*;

use crate::{
    context::PageContext,
    format,
    islands::{CopyButton, Countdown, CountdownWords},
    words::{Locale, Words},
};

/// An amount in minor units with its currency.
pub fn money(minor: i64, currency: &str) -> AnyView {
    view! { <span class="money">{format::money(minor, currency)}</span> }.into_any()
}

/// A whole number.
pub fn number(value: i64) -> AnyView {
    view! { <span class="number">{format::integer(value)}</span> }.into_any()
}

/// A moment: relative, with the exact time on hover and for machines. Microseconds UTC.
pub fn time(ctx: &PageContext, micros: i64) -> AnyView {
    let relative = format::relative_time(ctx.locale, micros, ctx.now);
    let exact = format::exact_time(ctx.locale, micros);
    view! { <time datetime=format::machine_time(micros) title=exact>{relative}</time> }.into_any()
}

/// A moment that is still ahead, counted down where there is script; the page loads itself once when it has
/// come. Microseconds UTC.
pub fn countdown(ctx: &PageContext, micros: i64) -> AnyView {
    let words = ctx.words();
    let texts = CountdownWords {
        minutes: words.common_countdown_minutes("{minutes}", "{seconds}"),
        seconds: words.common_countdown_seconds("{seconds}"),
        last: words.common_countdown_last().to_owned(),
        over: words.common_countdown_over().to_owned(),
    };
    // Rounded up: the page is loaded again when the moment has surely come.
    let left = micros.saturating_sub(ctx.now).saturating_add(999_999) / 1_000_000;
    let initial = format::relative_time(ctx.locale, micros, ctx.now);
    let (machine, exact) = (format::machine_time(micros), format::exact_time(ctx.locale, micros));
    view! { <Countdown left_seconds=left machine exact initial words=texts/> }.into_any()
}

/// A day alone. Microseconds UTC.
pub fn day(ctx: &PageContext, micros: i64) -> AnyView {
    view! { <time datetime=format::machine_time(micros)>{format::day(ctx.locale, micros)}</time> }
        .into_any()
}

/// A length of time in microseconds.
pub fn duration(locale: Locale, micros: i64) -> AnyView {
    view! { <span class="number">{format::duration(locale, micros)}</span> }.into_any()
}

/// A long id shortened to its ends, whole on hover, with a button that copies it.
pub fn id(ctx: &PageContext, whole: &str) -> AnyView {
    let words = ctx.words();
    view! {
        <span class="id">
            <code title=whole.to_owned()>{shortened(whole)}</code>
            <CopyButton text=whole.to_owned() label=words.common_copy().to_owned() done=words.common_copied().to_owned()/>
        </span>
    }
    .into_any()
}

/// A text that is used elsewhere, all of it, with a button that copies it.
pub fn whole(words: Words, text: &str) -> AnyView {
    let (copy, copied) = (words.common_copy().to_owned(), words.common_copied().to_owned());
    view! {
        <span class="whole">
            <code>{text.to_owned()}</code>
            <CopyButton text=text.to_owned() label=copy done=copied/>
        </span>
    }
    .into_any()
}

/// Prefix and last six characters of an id that is longer than sixteen.
fn shortened(whole: &str) -> String {
    let length = whole.chars().count();
    if length <= 16 {
        return whole.to_owned();
    }
    let prefix: String = whole
        .split_inclusive('_')
        .next()
        .filter(|prefix| prefix.ends_with('_'))
        .unwrap_or_default()
        .to_owned();
    let tail: String = whole.chars().skip(length - 6).collect();
    format!("{prefix}…{tail}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_ids_keep_their_prefix_and_their_end() {
        assert_eq!(shortened("ofr_0198c1f2a3b4c5d6e7f8"), "ofr_…d6e7f8");
        assert_eq!(shortened("ofr_short"), "ofr_short");
    }
}
