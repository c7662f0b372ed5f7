//! Announcements as everybody reads them.

use axum::{
    extract::{Path, RawQuery, State},
    response::Response,
};
use broker::{BrokerError, announcements::AnnouncementView};
use domain::AnnouncementId;
use leptos::prelude::*;

use super::say;
use crate::{
    AppState, PageContext,
    address::Address,
    fault::fault_page,
    form::FormState,
    render::{Page, page},
    ui::{Look, Views, breadcrumbs, empty, link_button, page_head, pagination, section, time},
};

/// Announcements on one page.
const ROWS: u32 = 20;
/// On a provider's own page.
const ROWS_OF_PROVIDER: u32 = 5;
const AT: &str = "/announcements";

pub(super) async fn show(
    ctx: PageContext,
    State(state): State<AppState>,
    RawQuery(query): RawQuery,
) -> Response {
    let query = FormState::from_urlencoded(&query.unwrap_or_default());
    let (of, cursor) = (query.filled("of"), query.filled("after"));
    let found = match state.broker.announcements(&ctx.op(), of, cursor, ROWS).await {
        Ok(found) => found,
        Err(error) => return fault_page(&ctx, &error),
    };
    let words = ctx.words();
    let first = Address::new(AT).and_some("of", of.unwrap_or_default());
    let here = first.to_string();
    let back = cursor.map(|_| here.clone());
    let next = found.next.map(|next| {
        Address::new(AT).and_some("of", of.unwrap_or_default()).and("after", next).to_string()
    });
    page(&ctx, Page::new(words.announce_title()).description(words.announce_lead()), || {
        let all = of.map(|_| {
            view! { <p><a href=AT>{words.announce_everybody()}</a></p> }
        });
        let body = if found.items.is_empty() {
            empty(words.announce_none(), words.announce_none_text(), None)
        } else {
            entries(&ctx, &found.items)
        };
        view! {
            {page_head(words.announce_title(), Some(words.announce_lead().to_owned()), vec![])}
            {all}
            {body}
            {pagination(words, back, next)}
        }
        .into_any()
    })
}

pub(super) async fn one(
    ctx: PageContext,
    State(state): State<AppState>,
    Path(id): Path<String>,
) -> Response {
    let gone = BrokerError::NotFound { what: "announcement" };
    let Ok(id) = id.parse::<AnnouncementId>() else { return fault_page(&ctx, &gone) };
    let found = match state.broker.announcement(&ctx.op(), id).await {
        Ok(found) => found,
        Err(error) => return fault_page(&ctx, &error),
    };
    let words = ctx.words();
    let title = ctx.locale.pick(&found.title_en, &found.title_ja).to_owned();
    page(&ctx, Page::new(title), || {
        let trail = vec![(words.announce_title().to_owned(), AT.to_owned())];
        view! { {breadcrumbs(words, trail)}{entry(&ctx, &found, true)} }.into_any()
    })
}

/// What a provider announced last, on its page.
pub(crate) fn of_provider(ctx: &PageContext, slug: &str, latest: &[AnnouncementView]) -> AnyView {
    let words = ctx.words();
    let shown = latest.get(..ROWS_OF_PROVIDER as usize).unwrap_or(latest);
    let body = if shown.is_empty() {
        empty(words.announce_provider_none(), words.announce_provider_none_text(), None)
    } else {
        let all = (latest.len() > shown.len()).then(|| {
            let href = Address::new(AT).and("of", slug).to_string();
            view! { <p class="actions">{link_button(Look::Quiet, words.announce_provider_all(), href)}</p> }
        });
        view! { {entries(ctx, shown)}{all} }.into_any()
    };
    section("announcements", words.announce_provider_section(), body)
}

fn entries(ctx: &PageContext, items: &[AnnouncementView]) -> AnyView {
    let rows: Views =
        items.iter().map(|one| view! { <li>{entry(ctx, one, false)}</li> }.into_any()).collect();
    view! { <ul class="announcements">{rows}</ul> }.into_any()
}

/// One announcement; on a page of its own its title is the page's.
fn entry(ctx: &PageContext, one: &AnnouncementView, alone: bool) -> AnyView {
    let words = ctx.words();
    let title = ctx.locale.pick(&one.title_en, &one.title_ja).to_owned();
    let text = ctx.locale.pick(&one.text_en, &one.text_ja).to_owned();
    let who = match &one.provider {
        Some(provider) => {
            let name = ctx.locale.pick(&provider.name_en, &provider.name_ja).to_owned();
            view! { <a href=format!("/providers/{}", provider.slug)>{name}</a> }.into_any()
        }
        None => words.announce_market().into_any(),
    };
    let heading = if alone {
        view! { <h1>{title}</h1> }.into_any()
    } else {
        let href = format!("{AT}/{}", one.id);
        view! { <h3><a href=href>{title}</a></h3> }.into_any()
    };
    let changed =
        one.changed_at.map(|at| view! { " · "{words.announce_changed()}" "{time(ctx, at.0)} });
    let text = (!text.is_empty()).then(|| view! { <p class="said-text">{text}</p> });
    view! {
        <article class="announcement">
            {heading}
            <p>{say::phase_badge(words, one)}" "{say::kind_word(words, one.kind)}" · "{who}</p>
            <p>{say::span(ctx.locale, one.starts_at, one.ends_at)}</p>
            {text}
            <p class="hint">{time(ctx, one.made_at.0)}{changed}</p>
        </article>
    }
    .into_any()
}
