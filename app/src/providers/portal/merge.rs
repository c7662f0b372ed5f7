//! Somebody saved another version meanwhile: both changes are brought together part by part, and where both
//! changed the same part a person chooses.

use std::collections::BTreeMap;

use axum::{extract::State, http::StatusCode, response::Response};
use broker::{
    BrokerError,
    offers::{Clash, MadeOf, Merge, OwnOffer, Side},
    providers::ProviderCard,
};
use leptos::prelude::*;

use super::{basis, document, edit, market::Market, preview};
use crate::{
    AppState, PageContext,
    account::OfProvider,
    form::FormState,
    layout::fail,
    market::text,
    render::{Page, page},
    ui::{Button, Kind, RadioGroup, Views, error_summary, notice, page_head},
    words::Words,
};

/// Where decisions are sent.
const ADDRESS: &str = "/provider/offers/merge";
/// In front of the part in the name of a field.
const CHOICE: &str = "choice:";
/// The newest version when the decisions were asked for: they are about that one.
const SEEN: &str = "seen";

pub(super) async fn decide(
    OfProvider(ctx): OfProvider,
    State(state): State<AppState>,
    form: FormState,
) -> Response {
    match document::previewed(&ctx, &state, form, None, StatusCode::OK).await {
        Ok(page) => page,
        Err(error) => fail(&ctx, error),
    }
}

/// A change on its way to the preview.
pub(super) struct Change<'a> {
    /// The document as typed, sound.
    pub yaml: &'a str,
    /// The form it came in.
    pub form: &'a FormState,
    /// The offer as it is now.
    pub over: &'a OwnOffer,
    /// Whose it is.
    pub provider: &'a ProviderCard,
}

/// The answer where the change was made of an older version than the newest; `None`: it was not.
pub(super) async fn united(
    ctx: &PageContext,
    state: &AppState,
    change: &Change<'_>,
    status: StatusCode,
) -> Option<Result<Response, BrokerError>> {
    let card = &change.over.card;
    let made_of = basis::read(change.form)
        .filter(|of| of.offer == card.id && of.version > 0 && of.version != card.current_version)?;
    let chosen = chosen(change.form, card.current_version);
    match state.broker.merge_offer(&ctx.op(), change.yaml, made_of, &chosen).await {
        Ok(merge) => Some(Ok(answer(ctx, state, change, (&merge, made_of), status).await)),
        // A version that nobody knows was not the beginning of anything.
        Err(BrokerError::NotFound { .. }) => None,
        Err(error) => Some(Err(error)),
    }
}

async fn answer(
    ctx: &PageContext,
    state: &AppState,
    change: &Change<'_>,
    (merge, made_of): (&Merge, MadeOf),
    status: StatusCode,
) -> Response {
    if !merge.clashes.is_empty() {
        return clashes(ctx, change, (merge, made_of));
    }
    let newest = basis::of(FormState::empty(), change.over);
    let form = newest.with("yaml", merge.text.clone());
    let (Some(offer), Some(yaml)) = (&merge.check.offer, &merge.check.yaml) else {
        return document::faulty(ctx, state, form, None, &merge.check.faults).await;
    };
    let market = Market::of(ctx, state, Some(change.over.card.id), offer).await;
    let over = Some((change.over, basis::read(&form)));
    let notices = &merge.check.notices;
    let merged = Some(merge);
    let shown = preview::Shown { offer, yaml, notices, over, market: &market, merged };
    let back = Some((document::ADDRESS.to_owned(), form.with("yaml", yaml.clone())));
    preview::sheet(ctx, change.provider, &shown, back, status)
}

/// What was decided, as long as it is about the newest version.
fn chosen(form: &FormState, newest: i64) -> BTreeMap<String, Side> {
    if form.value(SEEN) != newest.to_string() {
        return BTreeMap::new();
    }
    let decided = |(name, value): (&str, &str)| {
        Some((name.strip_prefix(CHOICE)?.to_owned(), Side::from_word(value)?))
    };
    form.pairs().filter_map(decided).collect()
}

/// The name of a part: an item's, or that of a block of the document.
fn part_label(words: Words, part: &str) -> String {
    match part {
        "/spec/price" => words.portal_form_price().to_owned(),
        "/spec/service" => words.portal_form_where().to_owned(),
        "/metadata/title" => words.portal_merge_title_part().to_owned(),
        part => match part.strip_prefix("/spec/items/") {
            Some(item) => text::item_label(words.0, item),
            None => part.to_owned(),
        },
    }
}

fn list(words: Words, parts: &[String]) -> String {
    let labels: Vec<String> = parts.iter().map(|part| part_label(words, part)).collect();
    labels.join(words.market_list_comma())
}

/// What was brought together, above the preview.
pub(super) fn said(words: Words, merge: &Merge) -> AnyView {
    let (theirs, yours) = (&merge.theirs, &merge.yours);
    let body = view! {
        <p>{words.portal_merge_from(merge.base)}</p>
        <ul>
            {(!theirs.is_empty()).then(|| view! { <li>{words.portal_merge_theirs(list(words, theirs))}</li> })}
            {(!yours.is_empty()).then(|| view! { <li>{words.portal_merge_yours(list(words, yours))}</li> })}
        </ul>
    };
    let inside = notice(Kind::Attention, words.portal_merge_done(merge.newest), body.into_any());
    view! { <div class="summary" role="status">{inside}</div> }.into_any()
}

fn clashes(ctx: &PageContext, change: &Change<'_>, (merge, made_of): (&Merge, MadeOf)) -> Response {
    let words = ctx.words();
    let mut form = FormState::empty();
    let asked_before = change.form.value(SEEN) == merge.newest.to_string();
    for (name, value) in change.form.pairs().filter(|(name, _)| name.starts_with(CHOICE)) {
        form = form.with(name, value);
    }
    for clash in merge.clashes.iter().filter(|_| asked_before) {
        form.fail(&format!("{CHOICE}{}", clash.part), words.portal_merge_choose());
    }
    let title = words.portal_merge_title();
    let decided: Views = chosen(change.form, merge.newest)
        .iter()
        .map(|(part, side)| {
            view! { <input type="hidden" name=format!("{CHOICE}{part}") value=side.as_str()/> }
                .into_any()
        })
        .collect();
    page(ctx, Page::new(title).status(StatusCode::CONFLICT).private(), || {
        let rows: Views = merge.clashes.iter().map(|clash| row(words, &form, clash)).collect();
        view! {
            {edit::trail(words)}
            {page_head(title, Some(words.portal_merge_lead(merge.newest, merge.base)), vec![])}
            {error_summary(&form, words)}
            <p><a href=format!("/provider/offers/{}", made_of.offer)>{words.portal_preview_newer_open(merge.newest)}</a></p>
            <form class="merge-form" method="post" action=ADDRESS>
                {basis::fields(Some(made_of))}
                <input type="hidden" name=SEEN value=merge.newest.to_string()/>
                <input type="hidden" name="yaml" value=change.yaml.to_owned()/>
                {decided}
                {rows}
                <div class="actions">{Button::primary(words.portal_merge_go_on()).view()}</div>
            </form>
        }
        .into_any()
    })
}

fn row(words: Words, form: &FormState, clash: &Clash) -> AnyView {
    let label = part_label(words, &clash.part);
    let group =
        RadioGroup::new(format!("{CHOICE}{}", clash.part), words.portal_merge_take(label.clone()))
            .option(Side::Theirs.as_str(), words.portal_merge_side_theirs())
            .option(Side::Yours.as_str(), words.portal_merge_side_yours())
            .option(Side::Base.as_str(), words.portal_merge_side_base());
    let texts = [
        (words.portal_merge_side_base(), &clash.base),
        (words.portal_merge_side_theirs(), &clash.theirs),
        (words.portal_merge_side_yours(), &clash.yours),
    ];
    let texts: Views = texts
        .into_iter()
        .map(|(side, text)| {
            let text = text.clone().unwrap_or_else(|| words.portal_merge_absent().to_owned());
            let name = format!("{label}: {side}");
            view! {
                <div><p class="title">{side}</p><pre tabindex="0" role="region" aria-label=name>{text}</pre></div>
            }
            .into_any()
        })
        .collect();
    view! { <div class="clash"><h2>{label.clone()}</h2><div class="sides">{texts}</div>{group.of(form).view()}</div> }
        .into_any()
}
