//! Every connected cloud with its last examination and the next (`/desk/clouds`).

use axum::{extract::State, response::Response};
use broker::conformance::CloudCard;
use domain::Timestamp;
use leptos::prelude::*;

use super::{Part, parts};
use crate::{
    AppState, PageContext,
    account::OfBroker,
    layout::fail,
    providers::outcome,
    render::{Page, Width, page},
    ui::{Column, State as Badge, Table, badge, empty, page_head, time},
};

pub(super) async fn list(OfBroker(ctx): OfBroker, State(state): State<AppState>) -> Response {
    let clouds = match state.broker.examined_clouds(&ctx.op()).await {
        Ok(clouds) => clouds,
        Err(error) => return fail(&ctx, error),
    };
    let words = ctx.words();
    let about = Page::new(words.desk_clouds_title()).width(Width::Wide).private();
    page(&ctx, about, || {
        let body = if clouds.is_empty() {
            empty(words.desk_clouds_none(), words.desk_clouds_none_text(), None)
        } else {
            table(&ctx, &clouds)
        };
        view! {
            {page_head(words.desk_clouds_title(), Some(words.desk_clouds_lead().to_owned()), vec![])}
            {parts(words, Part::Clouds)}
            {body}
        }
        .into_any()
    })
}

fn table(ctx: &PageContext, clouds: &[CloudCard]) -> AnyView {
    let words = ctx.words();
    let columns = vec![
        Column::text(words.desk_providers_name()),
        Column::text(words.conform_result()),
        Column::text(words.conform_examined()),
        Column::text(words.desk_clouds_next()),
    ];
    let at = |moment: Option<Timestamp>| match moment {
        Some(moment) => time(ctx, moment.0),
        None => "–".into_any(),
    };
    let rows = clouds.iter().map(|card| {
        let href = format!("/providers/{}", card.slug);
        let name = ctx.locale.pick(&card.name_en, &card.name_ja).to_owned();
        let result = match card.outcome {
            Some(found) => outcome(words, found),
            None => badge(Badge::Unknown, words.conform_never()),
        };
        let next = if card.waiting { words.desk_clouds_now().into_any() } else { at(card.next_at) };
        vec![view! { <a href=href>{name}</a> }.into_any(), result, at(card.examined_at), next]
    });
    view! { <div class="dense">{Table::new(words.desk_clouds_title(), columns).rows(rows).view()}</div> }.into_any()
}
