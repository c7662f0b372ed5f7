//! Who belongs to the provider's organisation (`/provider/members`).

use axum::{extract::State, response::Response};
use broker::accounts::MemberView;
use leptos::prelude::*;

use super::{Part, parts};
use crate::{
    AppState, PageContext,
    account::OfProvider,
    layout::fail,
    render::{Page, page},
    ui::{Column, Table, chip, page_head, time},
};

pub(super) async fn show(OfProvider(ctx): OfProvider, State(state): State<AppState>) -> Response {
    let members = match state.broker.members(&ctx.op()).await {
        Ok(members) => members,
        Err(error) => return fail(&ctx, error),
    };
    let words = ctx.words();
    page(&ctx, Page::new(words.catalog_members_title()).private(), || {
        let lead = words.catalog_members_lead().to_owned();
        view! {
            {page_head(words.catalog_members_title(), Some(lead), vec![])}
            {parts(words, Part::Members)}
            {table(&ctx, &members)}
        }
        .into_any()
    })
}

fn table(ctx: &PageContext, members: &[MemberView]) -> AnyView {
    let words = ctx.words();
    let columns = vec![
        Column::text(words.catalog_members_name()),
        Column::text(words.catalog_members_email()),
        Column::text(words.catalog_members_role()),
        Column::text(words.catalog_members_since()),
    ];
    let rows = members.iter().map(|member| {
        let own = member.own.then(|| chip(words.catalog_members_own()));
        vec![
            view! { {member.name.clone()}" "{own} }.into_any(),
            member.email.clone().into_any(),
            words.catalog_members_role_provider().into_any(),
            time(ctx, member.since.0),
        ]
    });
    Table::new(words.catalog_members_title(), columns).rows(rows).view()
}
