//! Language and colours: two small forms that remember the choice in a cookie and come back.

use axum::{http::StatusCode, response::Response};
use leptos::prelude::*;

use super::error_page::error_page;
use crate::{
    context::{PageContext, Theme},
    form::FormState,
    render::{redirect, set_cookie},
    words::Locale,
};

/// A year; a preference nobody used for so long is asked for again by the browser's own.
const KEPT_SECONDS: u32 = 31_536_000;

/// Stores `lang` or `theme` and goes back to the page the form stood on.
pub(crate) async fn save(ctx: PageContext, form: FormState) -> Response {
    let back = without_language(form.value("back"));
    let (locale, theme) =
        (Locale::from_tag(form.value("lang")), Theme::from_key(form.value("theme")));
    let unknown = form.filled("lang").is_some() && locale.is_none()
        || form.filled("theme").is_some() && theme.is_none();
    if unknown || (locale.is_none() && theme.is_none()) {
        return error_page(&ctx, StatusCode::UNPROCESSABLE_ENTITY);
    }
    let mut response = redirect(&back, None);
    if let Some(locale) = locale {
        keep(&mut response, "lang", locale.tag());
    }
    if let Some(theme) = theme {
        keep(&mut response, "theme", theme.key());
    }
    response
}

fn keep(response: &mut Response, name: &str, value: &str) {
    set_cookie(response, &format!("{name}={value}; Path=/; Max-Age={KEPT_SECONDS}; SameSite=Lax"));
}

/// Takes `lang=` out of an address, as it would win over the choice just made.
fn without_language(path: &str) -> String {
    let Some((path, query)) = path.split_once('?') else { return path.to_owned() };
    let rest: Vec<_> = query.split('&').filter(|pair| !pair.starts_with("lang=")).collect();
    if rest.is_empty() { path.to_owned() } else { format!("{path}?{}", rest.join("&")) }
}

pub(super) fn language_switch(ctx: &PageContext) -> AnyView {
    let buttons: Vec<_> = Locale::ALL
        .into_iter()
        .map(|locale| {
            let pressed = if locale == ctx.locale { "true" } else { "false" };
            view! {
                <button name="lang" value=locale.tag() lang=locale.tag() aria-pressed=pressed>{locale.own_name()}</button>
            }
        })
        .collect();
    switch(ctx, ctx.words().common_language(), buttons.into_any())
}

pub(super) fn theme_switch(ctx: &PageContext) -> AnyView {
    let words = ctx.words();
    let buttons: Vec<_> = Theme::ALL
        .into_iter()
        .map(|theme| {
            let pressed = if theme == ctx.theme { "true" } else { "false" };
            let word = match theme {
                Theme::Auto => words.common_theme_auto(),
                Theme::Light => words.common_theme_light(),
                Theme::Dark => words.common_theme_dark(),
            };
            view! { <button name="theme" value=theme.key() aria-pressed=pressed>{word}</button> }
        })
        .collect();
    switch(ctx, words.common_theme_title(), buttons.into_any())
}

fn switch(ctx: &PageContext, label: &'static str, buttons: AnyView) -> AnyView {
    view! {
        <form class="switch" method="post" action="/preferences" aria-label=label>
            <input type="hidden" name="back" value=ctx.path.clone()/>
            {buttons}
        </form>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_language_leaves_the_address_and_the_rest_stays() {
        assert_eq!(without_language("/market?q=a&lang=en&page=2"), "/market?q=a&page=2");
        assert_eq!(without_language("/market?lang=en"), "/market");
        assert_eq!(without_language("/market"), "/market");
    }
}
