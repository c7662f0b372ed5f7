//! Who is affected by the newest version of an offer, before it is published and after.

use axum::{
    extract::{Path, State},
    response::Response,
};
use broker::notices::Affected;
use leptos::prelude::*;

use super::{edit, offer_id};
use crate::{
    AppState, PageContext,
    account::OfProvider,
    layout::fail,
    market::changes::{changes, verdict},
    render::{Page, page},
    ui::{Column, Table, duration, page_head, section},
};

pub(super) async fn show(
    OfProvider(ctx): OfProvider,
    State(state): State<AppState>,
    Path(id): Path<String>,
) -> Response {
    let found = match offer_id(&id) {
        Ok(id) => state.broker.affected(&ctx.op(), id).await,
        Err(error) => Err(error),
    };
    let found = match found {
        Ok(found) => found,
        Err(error) => return fail(&ctx, error),
    };
    let words = ctx.words();
    let title = words.newer_affected_title(found.version);
    let public = found.published == Some(found.version);
    let lead = if public {
        words.newer_affected_lead_public(found.version)
    } else {
        words.newer_affected_lead(found.version)
    };
    page(&ctx, Page::new(title.clone()).private(), || {
        let changed = found.changes.as_ref().map(|diff| {
            let title = words.newer_affected_changes();
            section("changes", title, changes(&ctx, title, diff))
        });
        view! {
            {edit::trail(words)}
            {page_head(title, Some(lead), vec![])}
            {changed}
            {section("contracts", words.newer_affected_contracts(), contracts(&ctx, &found))}
            {(!public).then(|| needs(&ctx, &found))}
        }
        .into_any()
    })
}

fn contracts(ctx: &PageContext, found: &Affected) -> AnyView {
    let words = ctx.words();
    if found.contracts.is_empty() {
        return view! { <p>{words.newer_affected_none()}</p> }.into_any();
    }
    let columns = vec![
        Column::number(words.newer_affected_signed()),
        Column::number(words.newer_affected_count()),
        Column::text(words.newer_affected_verdict()),
        Column::number(words.newer_affected_unfit()),
        Column::text(words.newer_affected_leave()),
    ];
    let rows = found.contracts.iter().map(|group| {
        vec![
            group.signed_version.to_string().into_any(),
            group.contracts.to_string().into_any(),
            verdict(words, group.verdict),
            group.no_longer_fit.to_string().into_any(),
            match group.leave_us {
                Some(us) => duration(ctx.locale, us),
                None => words.newer_affected_leave_none().into_any(),
            },
        ]
    });
    Table::new(words.newer_affected_contracts(), columns).rows(rows).view()
}

fn needs(ctx: &PageContext, found: &Affected) -> AnyView {
    let words = ctx.words();
    let count = |number: u64| i64::try_from(number).unwrap_or(i64::MAX);
    let body = view! {
        <p>{words.newer_affected_needs_lost(count(found.needs_lost))}</p>
        <p>{words.newer_affected_needs_gained(count(found.needs_gained))}</p>
    };
    section("needs", words.newer_affected_needs(), body.into_any())
}
