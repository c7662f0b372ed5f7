//! Providers and their connection to a cloud.

use axum::{
    extract::{Path, State},
    http::StatusCode,
    response::Response,
};
use broker::providers::{ProviderCard, ProviderView};
use leptos::prelude::*;

use super::{Part, parts};
use crate::{
    AppState, FlashKind, PageContext,
    account::OfBroker,
    fault::note_faults,
    form::FormState,
    layout::fail,
    market::{card, text},
    render::{Page, Width, page, redirect},
    ui::{
        self, Button, Column, Field, State as Badge, Table, badge, breadcrumbs, definitions, empty,
        error_summary, page_head, section,
    },
    words::Words,
};

pub(super) async fn list(OfBroker(ctx): OfBroker, State(state): State<AppState>) -> Response {
    let providers = match state.broker.providers(&ctx.op()).await {
        Ok(providers) => providers,
        Err(error) => return fail(&ctx, error),
    };
    let words = ctx.words();
    let about = Page::new(words.desk_providers_title()).width(Width::Wide).private();
    page(&ctx, about, || {
        let body = if providers.is_empty() {
            empty(words.desk_providers_none(), words.desk_providers_none_text(), None)
        } else {
            table(&ctx, &providers)
        };
        view! {
            {page_head(words.desk_providers_title(), Some(words.desk_providers_lead().to_owned()), vec![])}
            {parts(words, Part::Providers)}
            {body}
        }
        .into_any()
    })
}

fn table(ctx: &PageContext, providers: &[ProviderCard]) -> AnyView {
    let words = ctx.words();
    let columns = vec![
        Column::text(words.desk_providers_name()),
        Column::text(words.desk_providers_slug()),
        Column::text(words.desk_providers_country()),
        Column::text(words.desk_providers_cloud()),
    ];
    let rows = providers.iter().map(|provider| {
        let href = format!("/desk/providers/{}", provider.id);
        let name = ctx.locale.pick(&provider.name_en, &provider.name_ja).to_owned();
        vec![
            view! { <a href=href>{name}</a> }.into_any(),
            view! { <code>{provider.slug.clone()}</code> }.into_any(),
            text::country(words, &provider.country).into_any(),
            backed(words, provider.backed),
        ]
    });
    view! { <div class="dense">{Table::new(words.desk_providers_title(), columns).rows(rows).view()}</div> }.into_any()
}

fn backed(words: Words, backed: bool) -> AnyView {
    if backed {
        badge(Badge::Good, words.desk_providers_connected())
    } else {
        badge(Badge::Quiet, words.desk_providers_catalogue())
    }
}

pub(super) async fn show(
    OfBroker(ctx): OfBroker,
    State(state): State<AppState>,
    Path(id): Path<String>,
) -> Response {
    match state.broker.provider(&ctx.op(), &id).await {
        Ok(provider) => sheet(&ctx, &provider, &FormState::empty(), StatusCode::OK),
        Err(error) => fail(&ctx, error),
    }
}

pub(super) async fn connect(
    OfBroker(ctx): OfBroker,
    State(state): State<AppState>,
    Path(id): Path<String>,
    mut form: FormState,
) -> Response {
    let provider = match state.broker.provider(&ctx.op(), &id).await {
        Ok(provider) => provider,
        Err(error) => return fail(&ctx, error),
    };
    let words = ctx.words();
    for field in ["url", "token"] {
        if form.filled(field).is_none() {
            form.fail(field, words.common_form_missing());
        }
    }
    if !form.is_sound() {
        return sheet(&ctx, &provider, &form, StatusCode::UNPROCESSABLE_ENTITY);
    }
    let (url, token) = (form.value("url").trim(), form.value("token").trim());
    match state.broker.connect_provider(&ctx.op(), provider.card.id, url, token).await {
        Ok(()) => {
            let text = words.desk_connect_done().to_owned();
            redirect(
                &format!("/desk/providers/{}", provider.card.id),
                Some((FlashKind::Done, text)),
            )
        }
        Err(error) if note_faults(&mut form, words, &error) => {
            sheet(&ctx, &provider, &form, crate::fault::status_of(&error))
        }
        Err(error) => fail(&ctx, error),
    }
}

fn sheet(
    ctx: &PageContext,
    provider: &ProviderView,
    form: &FormState,
    status: StatusCode,
) -> Response {
    let words = ctx.words();
    let card = &provider.card;
    let name = ctx.locale.pick(&card.name_en, &card.name_ja).to_owned();
    let about = Page::new(name.clone()).status(status).private();
    let lead = if card.backed { words.desk_connect_again() } else { words.desk_connect_text() };
    page(ctx, about, || {
        view! {
            {breadcrumbs(words, vec![
                (words.common_way_desk().to_owned(), "/desk".to_owned()),
                (words.desk_providers_title().to_owned(), "/desk/providers".to_owned()),
            ])}
            {page_head(name, None, vec![])}
            {error_summary(form, words)}
            {definitions(vec![
                (words.desk_providers_cloud().to_owned(), backed(words, card.backed)),
                (words.desk_providers_slug().to_owned(), view! { <code>{card.slug.clone()}</code> }.into_any()),
                ("DID".to_owned(), view! { <code>{provider.did.clone()}</code> }.into_any()),
                (words.portal_connection_regions().to_owned(), card::cloud_regions(words, &provider.card)),
                (words.desk_providers_country().to_owned(), text::country(words, &card.country).into_any()),
                (words.desk_workflow_number().to_owned(), ui::id(ctx, &card.id.to_string())),
                (words.desk_providers_page().to_owned(), view! { <a href=format!("/providers/{}", card.slug)>{words.desk_open()}</a> }.into_any()),
            ])}
            {section("connect", words.desk_connect_title(), view! {
                <p>{lead}</p>
                <form class="form" method="post" action=format!("/desk/providers/{}", card.id)>
                    {Field::text("url", words.desk_connect_url()).hint(words.desk_connect_url_hint()).of(form).required().view()}
                    {Field::password("token", words.desk_connect_token()).hint(words.desk_connect_token_hint()).of(form).required().autocomplete("off").view()}
                    <p class="actions">{Button::primary(words.desk_connect_button()).view()}</p>
                </form>
            }.into_any())}
        }
        .into_any()
    })
}
