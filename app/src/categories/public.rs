//! What everybody reads: the tree of categories, and one of them.

use axum::{
    extract::{Path, State},
    http::StatusCode,
    response::Response,
};
use broker::categories::CategoryEntry;
use leptos::prelude::*;

use super::say;
use crate::{
    AppState, PageContext,
    address::Address,
    fault::fault_page,
    layout::error_page::error_page,
    render::{Page, page},
    ui::{
        Kind, Look, State as Badge, Views, badge, breadcrumbs, empty, link_button, notice,
        page_head,
    },
    words::Words,
};

pub(super) async fn list(ctx: PageContext, State(state): State<AppState>) -> Response {
    let catalogue = match state.broker.categories(&ctx.op()) {
        Ok(catalogue) => catalogue,
        Err(error) => return fault_page(&ctx, &error),
    };
    let words = ctx.words();
    let about = Page::new(words.catalog_title()).description(words.catalog_lead());
    page(&ctx, about, || {
        let tree = catalogue.tree();
        let list = if tree.is_empty() {
            empty(words.catalog_none(), words.catalog_none_text(), None)
        } else {
            branches(words, &tree, "/categories")
        };
        view! {
            {page_head(words.catalog_title(), Some(words.catalog_lead().to_owned()), vec![])}
            {list}
        }
        .into_any()
    })
}

/// The tree as nested lists.
pub(super) fn branches(
    words: Words,
    tree: &[(usize, &CategoryEntry)],
    at: &'static str,
) -> AnyView {
    let depth = tree.first().map_or(0, |(depth, _)| *depth);
    let mut items: Views = Vec::new();
    let mut rest = tree;
    while let Some(((_, entry), after)) = rest.split_first() {
        let below = after.iter().take_while(|(each, _)| *each > depth).count();
        let (children, next) = after.split_at(below);
        let title = entry.category.title.get(words.0.sla()).to_owned();
        let help = entry.category.help.get(words.0.sla()).to_owned();
        let help = (!help.is_empty()).then(|| view! { <p class="hint">{help}</p> });
        let retired = entry.retired.then(|| badge(Badge::Quiet, words.catalog_retired()));
        let children = (!children.is_empty()).then(|| branches(words, children, at));
        items.push(
            view! { <li><a href=format!("{at}/{}", entry.category.key)>{title}</a>" "{retired}{help}{children}</li> }
                .into_any(),
        );
        rest = next;
    }
    view! { <ul class="tree">{items}</ul> }.into_any()
}

pub(super) async fn show(
    ctx: PageContext,
    State(state): State<AppState>,
    Path(key): Path<String>,
) -> Response {
    let catalogue = match state.broker.categories(&ctx.op()) {
        Ok(catalogue) => catalogue,
        Err(error) => return fault_page(&ctx, &error),
    };
    let Some(entry) = catalogue.get(&key) else { return error_page(&ctx, StatusCode::NOT_FOUND) };
    let words = ctx.words();
    let title = entry.category.title.get(ctx.locale.sla()).to_owned();
    let help = entry.category.help.get(ctx.locale.sla()).to_owned();
    page(&ctx, Page::new(title.clone()), || {
        let mut trail = vec![(words.catalog_title().to_owned(), "/categories".to_owned())];
        let wider = catalogue.path(&key).into_iter().skip(1).collect::<Vec<_>>();
        trail.extend(wider.into_iter().rev().map(|wide| {
            let name = wide.category.title.get(ctx.locale.sla()).to_owned();
            (name, format!("/categories/{}", wide.category.key))
        }));
        let retired = entry.retired.then(|| {
            let text = view! { <p>{words.catalog_retired_text()}</p> }.into_any();
            notice(Kind::Attention, words.catalog_retired(), text)
        });
        let offers = Address::new("/market").and("category", key.clone()).to_string();
        view! {
            {breadcrumbs(words, trail)}
            {page_head(title.clone(), Some(help.clone()).filter(|help| !help.is_empty()), vec![])}
            {retired}
            <p>{words.catalog_key()}": "<code>{key.clone()}</code></p>
            {say::attributes(words, &entry.category)}
            <p class="actions">{link_button(Look::Secondary, words.catalog_see_offers(), offers)}</p>
        }
        .into_any()
    })
}
