//! What was typed and not saved: kept by script while somebody types, by a button without, and at every
//! check; offered again when they come back.

use axum::{
    extract::{RawQuery, State},
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use broker::{
    BrokerError,
    offers::{EditingWay, OwnOffer, WorkingCopy},
};
use domain::Timestamp;
use leptos::prelude::*;

use super::basis;
use crate::{
    AppState, FlashKind, PageContext,
    account::OfProvider,
    form::FormState,
    format,
    islands::KeepCopy,
    layout::fail,
    render::redirect,
    ui::{Kind, notice, time},
    words::Words,
};

const KEEP: &str = "/provider/offers/working-copy";
const DROP: &str = "/provider/offers/working-copy/drop";
/// The value of `step` that keeps.
pub(super) const STEP: &str = "keep";

/// What there is to say about what was kept.
pub(super) enum Kept {
    /// Nothing.
    Nothing,
    /// There are copies to go on with.
    Offered(Vec<WorkingCopy>),
    /// It was kept just now.
    At(Timestamp),
}

/// Keeps the fields of a form for whoever sent it.
pub(super) async fn store(
    ctx: &PageContext,
    state: &AppState,
    way: EditingWay,
    form: &FormState,
) -> Result<Timestamp, BrokerError> {
    let made_of = basis::read(form);
    let fields: Vec<(String, String)> = form
        .pairs()
        .filter(|(name, _)| *name != "step")
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect();
    let (offer, version) = (made_of.map(|of| of.offer), made_of.map(|of| of.version));
    state.broker.keep_working_copy(&ctx.op(), offer, way, version, &fields).await
}

/// The same before a check, whose answer does not depend on it.
pub(super) async fn store_aside(
    ctx: &PageContext,
    state: &AppState,
    way: EditingWay,
    form: &FormState,
) {
    if let Err(error) = store(ctx, state, way, form).await {
        tracing::warn!(%error, "what was typed could not be kept");
    }
}

/// What the script of the form sends while somebody types; the answer is what it says then.
pub(super) async fn keep(
    OfProvider(ctx): OfProvider,
    State(state): State<AppState>,
    RawQuery(query): RawQuery,
    form: FormState,
) -> Response {
    let way = FormState::from_urlencoded(&query.unwrap_or_default());
    let way = if way.value("way") == "document" { EditingWay::Document } else { EditingWay::Form };
    match store(&ctx, &state, way, &form).await {
        Ok(at) => {
            let kind = [(header::CONTENT_TYPE, "text/plain; charset=utf-8")];
            let said = ctx.words().portal_copy_kept(format::exact_time(ctx.locale, at.0));
            (StatusCode::OK, kind, said).into_response()
        }
        Err(error) => fail(&ctx, error),
    }
}

/// Drops what was kept of an offer.
pub(super) async fn discard(
    OfProvider(ctx): OfProvider,
    State(state): State<AppState>,
    form: FormState,
) -> Response {
    let offer = basis::read(&form).map(|of| of.offer);
    let back = offer.map_or_else(
        || "/provider/offers/new".to_owned(),
        |offer| format!("/provider/offers/{offer}/edit"),
    );
    match state.broker.drop_working_copies(&ctx.op(), offer).await {
        Ok(()) => {
            let said = ctx.words().portal_copy_dropped().to_owned();
            redirect(&back, Some((FlashKind::Done, said)))
        }
        Err(error) => fail(&ctx, error),
    }
}

/// The form as it was kept.
pub(super) fn filled(copy: &WorkingCopy) -> FormState {
    copy.fields.iter().fold(FormState::empty(), |form, (name, value)| form.and(name, value.clone()))
}

/// Of these copies the one of this way.
pub(super) fn of_way(copies: &[WorkingCopy], way: EditingWay) -> Option<&WorkingCopy> {
    copies.iter().find(|copy| copy.way == way)
}

impl Kept {
    /// The notice above the form; `offer` is the one that is edited.
    pub fn view(&self, ctx: &PageContext, offer: Option<&OwnOffer>) -> Option<AnyView> {
        let words = ctx.words();
        match self {
            Self::Nothing => None,
            Self::At(at) => {
                let body = view! { <p>{words.portal_copy_kept_text()}</p> }.into_any();
                let said = words.portal_copy_kept(format::exact_time(ctx.locale, at.0));
                Some(view! { <div role="status">{notice(Kind::Done, said, body)}</div> }.into_any())
            }
            Self::Offered(copies) => copies.first().map(|copy| offered(ctx, offer, copy)),
        }
    }
}

fn offered(ctx: &PageContext, offer: Option<&OwnOffer>, copy: &WorkingCopy) -> AnyView {
    let words = ctx.words();
    let base = offer.map_or_else(
        || "/provider/offers/new".to_owned(),
        |offer| format!("/provider/offers/{}/edit", offer.card.id),
    );
    let way = if copy.way == EditingWay::Document { "yaml" } else { "form" };
    let about = FormState::empty();
    let about = offer.map_or(about.clone(), |offer| basis::of(about, offer));
    let body = view! {
        <p>{words.portal_copy_stopped()}" "{time(ctx, copy.kept_at.0)}</p>
        <div class="actions">
            <a class="button secondary" href=format!("{base}?as={way}&go=on")>{words.portal_copy_go_on()}</a>
            <form method="post" action=DROP>
                {basis::fields(basis::read(&about))}
                <button class="button quiet">{words.portal_copy_drop()}</button>
            </form>
        </div>
    };
    notice(Kind::Attention, words.portal_copy_title(), body.into_any())
}

/// The button that keeps without script, and the line of the script that does it while somebody types.
pub(super) fn keeping(words: Words, way: EditingWay) -> (AnyView, AnyView) {
    let name = if way == EditingWay::Document { "document" } else { "form" };
    let address = format!("{KEEP}?way={name}&lang={}", words.0.tag());
    let button = view! {
        <button class="button secondary" name="step" value=STEP formnovalidate>
            {words.portal_copy_keep()}
        </button>
    };
    let failed = words.portal_copy_failed().to_owned();
    (button.into_any(), view! { <KeepCopy address=address failed=failed/> }.into_any())
}
