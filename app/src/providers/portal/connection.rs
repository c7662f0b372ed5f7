//! Whether a cloud stands behind the provider's offers.

use axum::{extract::State, response::Response};
use broker::conformance::Conformance;
use leptos::prelude::*;

use super::parts;
use crate::{
    AppState, FlashKind, PageContext,
    account::OfProvider,
    layout::fail,
    market::card,
    providers::conformance,
    render::{Page, page, redirect},
    ui::{self, Button, Kind, State as Badge, badge, definitions, notice, page_head, section},
};

const AT: &str = "/provider/connection";
const EXAMINE: &str = "/provider/connection/examine";

pub(super) async fn show(OfProvider(ctx): OfProvider, State(state): State<AppState>) -> Response {
    let provider = match state.broker.my_provider(&ctx.op()).await {
        Ok(provider) => provider,
        Err(error) => return fail(&ctx, error),
    };
    let conformance = match state.broker.conformance(&ctx.op(), provider.card.id).await {
        Ok(conformance) => conformance,
        Err(error) => return fail(&ctx, error),
    };
    let words = ctx.words();
    let shown = &provider.card;
    let (state, text) = if shown.backed {
        (
            badge(Badge::Good, words.desk_providers_connected()),
            notice(
                Kind::Done,
                words.portal_connection_backed(),
                view! { <p>{words.portal_connection_backed_text()}</p> }.into_any(),
            ),
        )
    } else {
        (
            badge(Badge::Quiet, words.desk_providers_catalogue()),
            notice(
                Kind::Note,
                words.portal_connection_catalogue(),
                view! { <p>{words.portal_connection_catalogue_text()}</p> }.into_any(),
            ),
        )
    };
    let name = ctx.locale.pick(&shown.name_en, &shown.name_ja).to_owned();
    page(&ctx, Page::new(words.portal_connection_title()).private(), || {
        let examination = shown.backed.then(|| examination(&ctx, conformance.as_ref()));
        view! {
            {page_head(words.portal_connection_title(), Some(words.portal_connection_lead().to_owned()), vec![])}
            {parts(words, super::Part::Connection)}
            {text}
            {definitions(vec![
                (words.portal_list_state().to_owned(), state),
                (words.contracts_offer_provider().to_owned(), view! { <a href=format!("/providers/{}", shown.slug)>{name}</a> }.into_any()),
                (words.desk_providers_slug().to_owned(), view! { <code>{shown.slug.clone()}</code> }.into_any()),
                (words.portal_connection_regions().to_owned(), card::cloud_regions(words, shown)),
                ("DID".to_owned(), view! { <code class="address">{provider.did.clone()}</code> }.into_any()),
                (words.portal_offer_number().to_owned(), ui::id(&ctx, &shown.id.to_string())),
            ])}
            {examination}
        }
        .into_any()
    })
}

/// The last report, and the way to ask for a new one.
fn examination(ctx: &PageContext, known: Option<&Conformance>) -> AnyView {
    let words = ctx.words();
    let body = view! {
        <p>{words.conform_lead()}</p>
        {conformance::details(ctx, known)}
        <form method="post" action=EXAMINE>
            <div class="actions">{Button::primary(words.conform_ask()).view()}</div>
        </form>
    };
    section("conformance", words.conform_title(), body.into_any())
}

pub(super) async fn examine(
    OfProvider(ctx): OfProvider,
    State(state): State<AppState>,
) -> Response {
    match state.broker.request_examination(&ctx.op()).await {
        Ok(()) => {
            let text = ctx.words().conform_asked().to_owned();
            redirect(AT, Some((FlashKind::Done, text)))
        }
        Err(error) => fail(&ctx, error),
    }
}
