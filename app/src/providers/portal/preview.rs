//! An offer as customers would see it, before it is saved.

use axum::{http::StatusCode, response::Response};
use broker::{
    offers::{CommentView, MadeOf, Merge, OwnOffer},
    providers::ProviderCard,
    regions,
};
use leptos::prelude::*;
use sla::Offer;

use super::{audience, basis, edit, market::Market, merge};
use crate::{
    PageContext,
    form::FormState,
    format,
    market::text,
    providers::life,
    render::{Page, page},
    ui::{
        Button, Column, Kind, Table, Views, chip, definitions, disclosure, notice, page_head,
        section,
    },
    words::Words,
};

/// What was checked and found sound.
pub(super) struct Shown<'a> {
    /// The document.
    pub offer: &'a Offer,
    /// The same as text.
    pub yaml: &'a str,
    /// What was noticed on the way.
    pub notices: &'a [String],
    /// The offer that gets a new version, and what the change was made of.
    pub over: Option<(&'a OwnOffer, Option<MadeOf>)>,
    /// How it stands in the market.
    pub market: &'a Market,
    /// What it was brought together of, where somebody saved another version meanwhile.
    pub merged: Option<&'a Merge>,
}

/// The preview with its three ways on: save, save and publish, or back with everything as typed. What is
/// saved over from here is the version that was the newest when this was drawn.
pub(super) fn sheet(
    ctx: &PageContext,
    provider: &ProviderCard,
    shown: &Shown<'_>,
    back: Option<(String, FormState)>,
    status: StatusCode,
) -> Response {
    let words = ctx.words();
    let Shown { offer, yaml, notices, over, market, merged } = *shown;
    // What was said about the version before, at the items that are still there.
    let comments = over.map(|(old, _)| kept(old, offer)).unwrap_or_default();
    let said = Said { document: offer, comments: &comments };
    let newest =
        over.map(|(offer, _)| MadeOf { offer: offer.card.id, version: offer.card.current_version });
    page(ctx, Page::new(words.portal_preview_title()).private().status(status), || {
        view! {
            {edit::trail(words)}
            {page_head(words.portal_preview_title(), Some(words.portal_preview_lead().to_owned()), vec![])}
            {merged.map(|merged| merge::said(words, merged))}
            {over.and_then(|(offer, made_of)| basis::about(ctx, offer, made_of))}
            {remarks(words, notices)}
            {crate::extensions::unknown_keys(words, offer, false)}
            {not_served(words, &regions::not_served(offer, provider))}
            <div class="preview">{promised(ctx, provider, said)}</div>
            {market.view(ctx)}
            {disclosure(words.portal_preview_document(), view! { <pre tabindex="0" role="region" aria-label=words.portal_preview_document()>{yaml.to_owned()}</pre> }.into_any())}
            {audience::publish_hint(words, said.document, over.map(|(old, _)| old))}
            <div class="ways-on">
                <form class="actions" method="post" action="/provider/offers">
                    <input type="hidden" name="yaml" value=yaml.to_owned()/>
                    {basis::fields(newest)}
                    {Button::primary(words.portal_preview_publish()).sends("step", "publish").view()}
                    {Button::secondary(words.portal_preview_save()).sends("step", "save").view()}
                </form>
                {back.map(|(action, form)| change(words, action, &form))}
            </div>
        }
        .into_any()
    })
}

/// What was said about items of an offer, at the places where these items stand in its next version.
fn kept(old: &OwnOffer, next: &Offer) -> Vec<CommentView> {
    let at = |item: &str| next.spec.items.iter().position(|one| one.item == item);
    let moved = old.document.spec.items.iter().enumerate().flat_map(|(index, item)| {
        let here = at(&item.item);
        life::at_item(&old.comments, index).filter_map(move |comment| {
            let pointer = format!("/spec/items/{}", here?);
            Some(CommentView { pointer, ..comment.clone() })
        })
    });
    moved.collect()
}

/// Back to the form with everything as typed.
fn change(words: Words, action: String, form: &FormState) -> AnyView {
    let hidden: Vec<_> = form
        .pairs()
        .filter(|(name, _)| *name != "step")
        .map(|(name, value)| {
            view! { <input type="hidden" name=name.to_owned() value=value.to_owned()/> }
        })
        .collect();
    view! {
        <form class="actions" method="post" action=action>
            {hidden}
            {Button::secondary(words.portal_preview_change()).sends("step", "change").view()}
        </form>
    }
    .into_any()
}

fn remarks(words: Words, notices: &[String]) -> Option<AnyView> {
    if notices.is_empty() {
        return None;
    }
    let items: Vec<_> =
        notices.iter().map(|notice| view! { <li lang="en">{notice.clone()}</li> }).collect();
    let list = view! { <ul>{items}</ul> }.into_any();
    Some(notice(Kind::Note, words.portal_preview_remarks(), list))
}

/// Where customers could read the offer and not order it.
pub(super) fn not_served(words: Words, missing: &[String]) -> Option<AnyView> {
    if missing.is_empty() {
        return None;
    }
    let text = words.portal_regions_text(missing.join(words.market_list_comma()));
    let body = view! { <p>{text}</p> }.into_any();
    let inside = notice(Kind::Attention, words.portal_regions_title(), body);
    Some(view! { <div class="flash">{inside}</div> }.into_any())
}

/// A document, and what was said about its places.
#[derive(Clone, Copy)]
pub(super) struct Said<'a> {
    /// The document.
    pub document: &'a Offer,
    /// What was said in reviews.
    pub comments: &'a [CommentView],
}

/// Title, facts and promises of a document, with what was said about an item at the item.
pub(super) fn promised(ctx: &PageContext, provider: &ProviderCard, said: Said<'_>) -> AnyView {
    let words = ctx.words();
    let offer = said.document;
    let locale = ctx.locale.sla();
    let title = offer.metadata.title.get(locale).to_owned();
    let about = offer
        .metadata
        .description
        .as_ref()
        .map(|about| view! { <p class="lead">{about.get(locale).to_owned()}</p> });
    let service = &offer.spec.service;
    let regions: Vec<_> = service
        .regions
        .iter()
        .map(|region| chip(text::region(words, &region.id, &region.country)))
        .collect();
    let price = offer.spec.price.as_ref().and_then(|price| price.monthly_total.as_ref());
    let price = match price {
        Some(amount) => {
            format!(
                "{} {}",
                format::money(amount.minor, &amount.currency),
                words.contracts_price_month()
            )
        }
        None => words.contracts_price_none().to_owned(),
    };
    view! {
        <h2>{title}</h2>
        {about}
        {definitions(vec![
            (words.contracts_offer_provider().to_owned(), ctx.locale.pick(&provider.name_en, &provider.name_ja).to_owned().into_any()),
            (words.portal_form_model().to_owned(), text::model(words, service.model.as_str()).into_any()),
            (words.portal_form_deployment().to_owned(), text::deployment(words, service.deployment.as_str()).into_any()),
            (words.contracts_plan_region().to_owned(), view! { <span class="chips">{regions}</span> }.into_any()),
            (words.contracts_price_title().to_owned(), price.into_any()),
        ])}
        {section("promised", words.portal_form_promises(), promises(ctx, said))}
    }
    .into_any()
}

fn promises(ctx: &PageContext, Said { document: offer, comments }: Said<'_>) -> AnyView {
    let words = ctx.words();
    if offer.spec.items.is_empty() {
        return view! { <p>{words.portal_preview_nothing()}</p> }.into_any();
    }
    let columns = vec![
        Column::text(words.common_shape_item()),
        Column::text(words.common_shape_promise()),
        Column::text(words.portal_form_commitment()),
    ];
    let rows = offer.spec.items.iter().enumerate().map(|(index, item)| {
        let open = life::at_item(comments, index).filter(|comment| comment.settled_at.is_none());
        let said: Views = open.map(|comment| life::line(ctx, comment)).collect();
        let label = text::item_label(ctx.locale, &item.item);
        vec![
            view! { {label}{said} }.into_any(),
            text::promise(ctx.locale, item).into_any(),
            text::commitment(words, item.commitment.as_str()).into_any(),
        ]
    });
    Table::new(words.portal_form_promises(), columns).rows(rows).view()
}
