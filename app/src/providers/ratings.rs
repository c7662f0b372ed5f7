//! What customers say of a provider: the summary, the list, and the page of all of them.

use axum::{
    extract::{Path, RawQuery, State},
    response::Response,
};
use broker::ratings::{ProviderRatings, RatingSummary, RatingView};
use domain::{RatingCounts, Stars};
use leptos::prelude::*;

use crate::{
    AppState, PageContext,
    fault::fault_page,
    form::FormState,
    format,
    market::text,
    render::{Page, page},
    ui::{
        Look, Views, breadcrumbs,
        chart::{Bar, bars},
        link_button, page_head, pagination, section, stat, stats, time,
    },
    words::Words,
};

/// Ratings on the provider's own page.
pub(super) const SHOWN: u32 = 5;
/// Ratings on one page of all of them.
const ROWS: u32 = 20;

/// A judgement in words.
pub(crate) fn stars_word(words: Words, stars: Stars) -> &'static str {
    match stars.number() {
        1 => words.ratings_word_s1(),
        2 => words.ratings_word_s2(),
        3 => words.ratings_word_s3(),
        4 => words.ratings_word_s4(),
        _ => words.ratings_word_s5(),
    }
}

/// The mean with how many it is of; words where there are none.
pub(super) fn mean_text(words: Words, counts: &RatingCounts) -> String {
    match counts.mean_tenths() {
        None => words.ratings_not_rated().to_owned(),
        Some(tenths) => {
            let mean = words.ratings_mean(format!("{}.{}", tenths / 10, tenths % 10));
            format!("{mean} ({})", words.ratings_ratings(counts.count()))
        }
    }
}

/// The part of the provider's page.
pub(super) fn part(ctx: &PageContext, slug: &str, name: &str, found: &ProviderRatings) -> AnyView {
    let words = ctx.words();
    let body = if found.items.is_empty() {
        nothing(words)
    } else {
        let all = found.next.as_ref().map(|_| {
            let href = format!("/providers/{slug}/ratings");
            view! { <p class="actions">{link_button(Look::Quiet, words.ratings_all(), href)}</p> }
        });
        view! { {summary(words, &found.summary)}{list(ctx, name, &found.items)}{all} }.into_any()
    };
    section("ratings", words.ratings_section(), body)
}

fn nothing(words: Words) -> AnyView {
    crate::ui::empty(words.ratings_none(), words.ratings_none_text(), None)
}

fn summary(words: Words, summary: &RatingSummary) -> AnyView {
    let count = summary.service.count();
    let shares = Stars::ALL.into_iter().rev().map(|stars| {
        let times = summary.service.of(stars);
        Bar {
            label: stars_word(words, stars).to_owned(),
            text: format::integer(times),
            share: share(times, count),
            highlighted: false,
        }
    });
    let shares = shares.collect();
    view! {
        {stats(vec![
            stat(words.ratings_service(), mean_text(words, &summary.service), None),
            stat(words.ratings_ordering(), mean_text(words, &summary.ordering), None),
        ])}
        {bars(words.ratings_service(), shares)}
        <p class="hint">{words.ratings_formula()}</p>
    }
    .into_any()
}

#[allow(clippy::cast_precision_loss)] // a bar needs no more than f64 gives
fn share(part: i64, whole: i64) -> f64 {
    part as f64 / whole.max(1) as f64
}

fn list(ctx: &PageContext, name: &str, items: &[RatingView]) -> AnyView {
    let rows: Views = items.iter().map(|rating| one(ctx, name, rating)).collect();
    view! { <ul class="ratings">{rows}</ul> }.into_any()
}

fn one(ctx: &PageContext, name: &str, rating: &RatingView) -> AnyView {
    view! { <li>{said(ctx, rating)}{answer(ctx, name, rating)}</li> }.into_any()
}

/// What the customer says.
pub(super) fn said(ctx: &PageContext, rating: &RatingView) -> AnyView {
    let words = ctx.words();
    let title = ctx.locale.pick(&rating.title_en, &rating.title_ja).to_owned();
    let comment = (!rating.comment.is_empty())
        .then(|| view! { <p class="words">{rating.comment.clone()}</p> });
    let changed = rating.changed_at.map(|at| {
        let at = format::relative_time(ctx.locale, at.0, ctx.now);
        format!(" · {}", words.ratings_changed(at))
    });
    view! {
        <p class="stars">
            <strong>{words.ratings_service()}": "{words.ratings_stars(rating.service.number())}</strong>
            " · "{words.ratings_ordering()}": "{words.ratings_stars(rating.ordering.number())}
        </p>
        {comment}
        <p class="hint">{title}" · "{time(ctx, rating.given_at.0)}{changed}</p>
    }
    .into_any()
}

fn answer(ctx: &PageContext, name: &str, rating: &RatingView) -> Option<AnyView> {
    let words = ctx.words();
    let answer = rating.answer.clone()?;
    let before = rating.changed_at > rating.answered_at;
    let before = before.then(|| view! { <p class="hint">{words.ratings_answered_before()}</p> });
    Some(
        view! {
            <blockquote class="answer">
                <p><strong>{words.ratings_answer_title(name)}</strong></p>
                <p class="words">{answer}</p>
                {before}
            </blockquote>
        }
        .into_any(),
    )
}

/// All ratings of a provider.
pub(super) async fn all(
    ctx: PageContext,
    State(state): State<AppState>,
    Path(slug): Path<String>,
    RawQuery(query): RawQuery,
) -> Response {
    let query = FormState::from_urlencoded(&query.unwrap_or_default());
    let cursor = query.filled("cursor");
    let op = ctx.op();
    let provider = match state.broker.provider(&op, &slug).await {
        Ok(provider) => provider.card,
        Err(error) => return fault_page(&ctx, &error),
    };
    let found = match state.broker.provider_ratings(&op, &provider.slug, cursor, ROWS).await {
        Ok(found) => found,
        Err(error) => return fault_page(&ctx, &error),
    };
    let words = ctx.words();
    let name = text::provider_name(ctx.locale, &provider);
    let title = words.ratings_all_title(&name);
    let own = format!("/providers/{}", provider.slug);
    page(&ctx, Page::new(title.clone()), || {
        let trail = vec![
            (words.market_providers_title().to_owned(), "/providers".to_owned()),
            (name.clone(), own.clone()),
        ];
        let body = match found.items.is_empty() {
            true => nothing(words),
            false => view! {
                {summary(words, &found.summary)}
                {list(&ctx, &name, &found.items)}
            }
            .into_any(),
        };
        let first = cursor.map(|_| format!("{own}/ratings"));
        let next = found.next.as_ref().map(|cursor| format!("{own}/ratings?cursor={cursor}"));
        view! {
            {breadcrumbs(words, trail)}
            {page_head(title, None, vec![])}
            {body}
            {pagination(words, first, next)}
        }
        .into_any()
    })
}
