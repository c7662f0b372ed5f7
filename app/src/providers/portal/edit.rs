//! The guided form of a new offer, and of a new version of one.

use axum::{
    extract::{Path, RawQuery, State},
    http::StatusCode,
    response::Response,
};
use broker::offers::{EditingWay, OwnOffer};
use leptos::prelude::*;

use super::{
    basis,
    copy::{self, Kept},
    document, fields, form,
    market::Market,
    merge, offer_id, preview,
};
use crate::{
    AppState, PageContext,
    account::OfProvider,
    form::FormState,
    layout::fail,
    render::{Page, page},
    ui::{
        Button, Kind, Look, Tab, breadcrumbs, error_summary, link_button, notice, page_head, tabs,
    },
    words::Words,
};

/// What the form stands for.
pub(super) struct Sheet<'a> {
    /// The offer that gets a new version; `None`: a new offer.
    pub offer: Option<&'a OwnOffer>,
    /// Whether the document holds more than the form can carry.
    pub loses: bool,
    /// What was kept before.
    pub kept: Kept,
}

pub(super) async fn create(
    OfProvider(ctx): OfProvider,
    State(state): State<AppState>,
    RawQuery(query): RawQuery,
) -> Response {
    let query = FormState::from_urlencoded(&query.unwrap_or_default());
    let copies = match state.broker.working_copies(&ctx.op(), None).await {
        Ok(copies) => copies,
        Err(error) => return fail(&ctx, error),
    };
    let goes_on = query.value("go") == "on";
    if query.value("as") == "yaml" {
        let copy = copy::of_way(&copies, EditingWay::Document).filter(|_| goes_on);
        let Some(copy) = copy else { return document::show(OfProvider(ctx), State(state)).await };
        let about = document::About { offer: None, kept: Kept::Nothing };
        let form = copy::filled(copy);
        return document::sheet(&ctx, &state, &about, form, &[], StatusCode::OK).await;
    }
    if let Some(copy) = copy::of_way(&copies, EditingWay::Form).filter(|_| goes_on) {
        let about = Sheet { offer: None, loses: false, kept: Kept::Nothing };
        return sheet(&ctx, &about, &copy::filled(copy), StatusCode::OK);
    }
    let about = Sheet { offer: None, loses: false, kept: Kept::Offered(copies) };
    sheet(&ctx, &about, &form::fresh(), StatusCode::OK)
}

pub(super) async fn check_new(
    OfProvider(ctx): OfProvider,
    State(state): State<AppState>,
    form: FormState,
) -> Response {
    check(&ctx, &state, Sheet { offer: None, loses: false, kept: Kept::Nothing }, form).await
}

pub(super) async fn change(
    OfProvider(ctx): OfProvider,
    State(state): State<AppState>,
    Path(id): Path<String>,
    RawQuery(query): RawQuery,
) -> Response {
    let offer = match read(&ctx, &state, &id).await {
        Ok(offer) => offer,
        Err(error) => return fail(&ctx, error),
    };
    let query = FormState::from_urlencoded(&query.unwrap_or_default());
    let loses = loses(&state, &offer);
    let as_yaml = match query.value("as") {
        "yaml" => true,
        "form" => false,
        // Where the form would drop something, the document is shown first.
        _ => loses,
    };
    let copies = match state.broker.working_copies(&ctx.op(), Some(offer.card.id)).await {
        Ok(copies) => copies,
        Err(error) => return fail(&ctx, error),
    };
    let way = if as_yaml { EditingWay::Document } else { EditingWay::Form };
    let copy = copy::of_way(&copies, way).filter(|_| query.value("go") == "on").cloned();
    // What it goes on with is not offered once more.
    let kept = if copy.is_some() { Kept::Nothing } else { Kept::Offered(copies) };
    let goes_on = copy.as_ref().map(copy::filled);
    if as_yaml {
        let fresh = || basis::of(FormState::empty().with("yaml", offer.yaml.clone()), &offer);
        let form = goes_on.unwrap_or_else(fresh);
        let about = document::About { offer: Some(&offer), kept };
        return document::sheet(&ctx, &state, &about, form, &[], StatusCode::OK).await;
    }
    let fresh = || basis::of(form::filled(&state.broker.offer_form(&offer.document)), &offer);
    let form = goes_on.unwrap_or_else(fresh);
    sheet(&ctx, &Sheet { offer: Some(&offer), loses, kept }, &form, StatusCode::OK)
}

pub(super) async fn check_changed(
    OfProvider(ctx): OfProvider,
    State(state): State<AppState>,
    Path(id): Path<String>,
    form: FormState,
) -> Response {
    let offer = match read(&ctx, &state, &id).await {
        Ok(offer) => offer,
        Err(error) => return fail(&ctx, error),
    };
    // The name is not for the browser to choose here.
    let form = form.with("name", offer.card.slug.clone());
    let loses = loses(&state, &offer);
    check(&ctx, &state, Sheet { offer: Some(&offer), loses, kept: Kept::Nothing }, form).await
}

async fn read(
    ctx: &PageContext,
    state: &AppState,
    id: &str,
) -> Result<OwnOffer, broker::BrokerError> {
    state.broker.my_offer(&ctx.op(), offer_id(id)?).await
}

/// Whether a document that went through the form would come out with less in it.
fn loses(state: &AppState, offer: &OwnOffer) -> bool {
    let did = offer.document.metadata.provider.clone().unwrap_or_default();
    let check = state.broker.check_offer_form(&did, &state.broker.offer_form(&offer.document));
    let mut through = match check.offer {
        Some(through) => through,
        None => return true,
    };
    // Which version it is and which one it follows is written while saving.
    through.metadata.version = offer.document.metadata.version;
    through.metadata.supersedes = offer.document.metadata.supersedes;
    through != offer.document
}

async fn check(
    ctx: &PageContext,
    state: &AppState,
    mut about: Sheet<'_>,
    mut form: FormState,
) -> Response {
    let provider = match state.broker.my_provider(&ctx.op()).await {
        Ok(provider) => provider,
        Err(error) => return fail(ctx, error),
    };
    if form.value("step") == copy::STEP {
        about.kept = match copy::store(ctx, state, EditingWay::Form, &form).await {
            Ok(at) => Kept::At(at),
            Err(error) => return fail(ctx, error),
        };
        return sheet(ctx, &about, &form, StatusCode::OK);
    }
    copy::store_aside(ctx, state, EditingWay::Form, &form).await;
    if form.value("step") == "change" {
        return sheet(ctx, &about, &form, StatusCode::OK);
    }
    let checked = state.broker.check_offer_form(&provider.did, &form::read(&form));
    form::note(&mut form, ctx.words(), &checked.faults);
    let replaced = match replaced(ctx, state, checked.offer.as_ref()).await {
        Ok(replaced) => replaced,
        Err(error) => return fail(ctx, error),
    };
    if about.offer.is_none()
        && let Some(other) = &replaced
    {
        let title = ctx.locale.pick(&other.card.title_en, &other.card.title_ja);
        form.fail("name", ctx.words().portal_form_name_taken(title));
        return sheet(ctx, &about, &form, StatusCode::UNPROCESSABLE_ENTITY);
    }
    match (checked.offer, checked.yaml) {
        (Some(offer), Some(yaml)) => {
            if let Some(over) = &replaced {
                let provider = &provider.card;
                let change = merge::Change { yaml: &yaml, form: &form, over, provider };
                if let Some(answer) = merge::united(ctx, state, &change, StatusCode::OK).await {
                    return answer.unwrap_or_else(|error| fail(ctx, error));
                }
            }
            let over = replaced.as_ref().map(|replaced| (replaced, basis::read(&form)));
            let notices = &checked.notices;
            let id = replaced.as_ref().map(|replaced| replaced.card.id);
            let market = Market::of(ctx, state, id, &offer).await;
            let shown = preview::Shown {
                offer: &offer,
                yaml: &yaml,
                notices,
                over,
                market: &market,
                merged: None,
            };
            let back = Some((action(&about), form));
            preview::sheet(ctx, &provider.card, &shown, back, StatusCode::OK)
        }
        _ => sheet(ctx, &about, &form, StatusCode::UNPROCESSABLE_ENTITY),
    }
}

/// The offer that would get a new version by saving this one.
pub(super) async fn replaced(
    ctx: &PageContext,
    state: &AppState,
    offer: Option<&sla::Offer>,
) -> Result<Option<OwnOffer>, broker::BrokerError> {
    match offer {
        Some(offer) => state.broker.my_offer_named(&ctx.op(), &offer.metadata.name).await,
        None => Ok(None),
    }
}

fn action(about: &Sheet<'_>) -> String {
    match about.offer {
        Some(offer) => format!("/provider/offers/{}/edit", offer.card.id),
        None => "/provider/offers/new".to_owned(),
    }
}

fn sheet(ctx: &PageContext, about: &Sheet<'_>, form: &FormState, status: StatusCode) -> Response {
    let words = ctx.words();
    let title = title(ctx, about.offer);
    let action = action(about);
    let back = about.offer.map_or_else(
        || "/provider/offers".to_owned(),
        |offer| format!("/provider/offers/{}", offer.card.id),
    );
    let loses = about.loses.then(|| {
        let body = view! { <p>{words.portal_form_loses_text()}</p> }.into_any();
        notice(Kind::Attention, words.portal_form_loses(), body)
    });
    let (keep, keeping) = copy::keeping(words, EditingWay::Form);
    page(ctx, Page::new(title.clone()).status(status).private(), || {
        view! {
            {trail(words)}
            {page_head(title, Some(words.portal_form_lead().to_owned()), vec![])}
            {ways(words, about.offer, false)}
            {about.kept.view(ctx, about.offer)}
            {loses}
            {error_summary(form, words)}
            <form class="offer-form" method="post" action=action>
                {basis::fields(basis::read(form))}
                {fields::view(words, form, about.offer.is_some())}
                <div class="actions">
                    {Button::primary(words.portal_form_preview()).view()}
                    {keep}
                    {link_button(Look::Quiet, words.common_cancel(), back)}
                </div>
                {keeping}
            </form>
        }
        .into_any()
    })
}

pub(super) fn title(ctx: &PageContext, offer: Option<&OwnOffer>) -> String {
    let words = ctx.words();
    match offer {
        Some(offer) => {
            words.portal_form_change(ctx.locale.pick(&offer.card.title_en, &offer.card.title_ja))
        }
        None => words.portal_offer_new().to_owned(),
    }
}

pub(super) fn trail(words: Words) -> AnyView {
    breadcrumbs(words, vec![(words.common_way_offers().to_owned(), "/provider/offers".to_owned())])
}

/// The same with one more step.
pub(super) fn trail_to(words: Words, (title, at): (&str, &str)) -> AnyView {
    let offers = (words.common_way_offers().to_owned(), "/provider/offers".to_owned());
    breadcrumbs(words, vec![offers, (title.to_owned(), at.to_owned())])
}

/// Form or document: two ways to the same offer.
pub(super) fn ways(words: Words, offer: Option<&OwnOffer>, yaml: bool) -> AnyView {
    let base = match offer {
        Some(offer) => format!("/provider/offers/{}/edit", offer.card.id),
        None => "/provider/offers/new".to_owned(),
    };
    let tab = |label: &str, way: &str, current: bool| Tab {
        label: label.to_owned(),
        href: format!("{base}?as={way}"),
        current,
    };
    tabs(
        words.portal_ways_title(),
        vec![
            tab(words.portal_ways_form(), "form", !yaml),
            tab(words.portal_ways_document(), "yaml", yaml),
        ],
    )
}
