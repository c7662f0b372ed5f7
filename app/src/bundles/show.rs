//! Bundles as everybody reads them, and the way to order one.

use axum::{
    extract::{Path, RawQuery, State},
    response::Response,
};
use broker::{
    BrokerError,
    bundles::{BundleMember, BundleView},
};
use domain::Role;
use leptos::prelude::*;

use crate::{
    AppState, PageContext,
    address::Address,
    fault::fault_page,
    form::FormState,
    market::{card, text},
    needs::{self, Choice},
    render::{Page, page},
    ui::{
        Button, Kind, Look, Select, Views, breadcrumbs, empty, link_button, notice, page_head,
        pagination, section,
    },
    words::Words,
};

/// Bundles on one page.
const ROWS: u32 = 20;
const AT: &str = "/market/bundles";

/// The page of a bundle.
pub(super) fn href(one: &BundleView) -> String {
    format!("{AT}/{}", one.id)
}

/// Its title in the reader's language.
pub(super) fn title(ctx: &PageContext, one: &BundleView) -> String {
    ctx.locale.pick(one.title_en(), one.title_ja()).to_owned()
}

/// Its offers in one line.
pub(super) fn offers_line(ctx: &PageContext, one: &BundleView) -> String {
    let words = ctx.words();
    let names = one.members.iter().map(|member| match &member.card {
        Some(card) => text::title(ctx.locale, card),
        None => words.bundles_gone().to_owned(),
    });
    names.collect::<Vec<_>>().join(words.market_list_comma())
}

pub(super) async fn list(
    ctx: PageContext,
    State(state): State<AppState>,
    RawQuery(query): RawQuery,
) -> Response {
    let query = FormState::from_urlencoded(&query.unwrap_or_default());
    let cursor = query.filled("after");
    let found = match state.broker.bundles(&ctx.op(), cursor, ROWS).await {
        Ok(found) => found,
        Err(error) => return fault_page(&ctx, &error),
    };
    let words = ctx.words();
    let back = cursor.map(|_| AT.to_owned());
    let next = found.next.map(|next| Address::new(AT).and("after", next).to_string());
    page(&ctx, Page::new(words.bundles_title()).description(words.bundles_lead()), || {
        let body = if found.items.is_empty() {
            let market = link_button(Look::Primary, words.common_way_market(), "/market");
            empty(words.bundles_none(), words.bundles_none_text(), Some(market))
        } else {
            section("all", words.bundles_all(), entries(&ctx, &found.items))
        };
        view! {
            {page_head(words.bundles_title(), Some(words.bundles_lead().to_owned()), vec![])}
            {body}
            {pagination(words, back, next)}
        }
        .into_any()
    })
}

fn entries(ctx: &PageContext, items: &[BundleView]) -> AnyView {
    let rows: Views = items
        .iter()
        .map(|one| {
            view! {
                <li class="offer">
                    <div class="what">
                        <h3><a href=href(one)>{title(ctx, one)}</a></h3>
                        <p class="whose">{maker(ctx, one)}</p>
                    </div>
                    <div class="terms">{total(ctx.words(), one)}</div>
                    <p>{offers_line(ctx, one)}</p>
                </li>
            }
            .into_any()
        })
        .collect();
    view! { <ul class="offers">{rows}</ul> }.into_any()
}

fn maker(ctx: &PageContext, one: &BundleView) -> AnyView {
    match &one.provider {
        Some(provider) => {
            let name = ctx.locale.pick(&provider.name_en, &provider.name_ja).to_owned();
            view! { <a href=format!("/providers/{}", provider.slug)>{name}</a> }.into_any()
        }
        None => ctx.words().announce_market().into_any(),
    }
}

/// The sum of the prices, or that there is none.
fn total(words: Words, one: &BundleView) -> AnyView {
    match one.total {
        Some(sum) => text::price(words, Some(sum)),
        None => view! { <span class="price unknown">{words.bundles_no_total()}</span> }.into_any(),
    }
}

pub(super) async fn one(
    ctx: PageContext,
    State(state): State<AppState>,
    Path(id): Path<String>,
) -> Response {
    let missing = BrokerError::NotFound { what: "bundle" };
    let Ok(id) = id.parse() else { return fault_page(&ctx, &missing) };
    let found = match state.broker.bundle(&ctx.op(), id).await {
        Ok(found) => found,
        Err(error) => return fault_page(&ctx, &error),
    };
    let choices = needs::choices(&ctx, &state).await;
    let words = ctx.words();
    let title = title(&ctx, &found);
    let about = ctx.locale.pick(found.text_en(), found.text_ja()).to_owned();
    page(&ctx, Page::new(title.clone()), || {
        let members: Views = found.members.iter().map(|one| member(&ctx, one)).collect();
        let text = (!about.is_empty()).then(|| view! { <p class="said-text">{about}</p> });
        view! {
            {breadcrumbs(words, vec![
                (words.common_way_market().to_owned(), "/market".to_owned()),
                (words.bundles_title().to_owned(), AT.to_owned()),
            ])}
            {page_head(title, None, vec![])}
            <p>{maker(&ctx, &found)}</p>
            {text}
            {section("offers", words.bundles_offers(), view! {
                <p>{words.bundles_each()}</p>
                <ul class="offers">{members}</ul>
                <p>{words.bundles_total()}": "{total(words, &found)}</p>
            }.into_any())}
            {section("order", words.bundles_order(), order(&ctx, &found, choices))}
        }
        .into_any()
    })
}

fn member(ctx: &PageContext, one: &BundleMember) -> AnyView {
    match &one.card {
        Some(offer) => card::card(ctx, offer, card::Wanted::default()),
        None => view! { <li class="offer"><p>{ctx.words().bundles_gone()}</p></li> }.into_any(),
    }
}

/// All together, for a need; or why not.
fn order(ctx: &PageContext, one: &BundleView, choices: Vec<Choice>) -> AnyView {
    let words = ctx.words();
    if !one.is_orderable() {
        let body = view! { <p>{words.bundles_not_orderable_text()}</p> }.into_any();
        return notice(Kind::Attention, words.bundles_not_orderable(), body);
    }
    if ctx.viewer.as_ref().is_some_and(|viewer| viewer.role != Role::Customer) {
        return view! { <p>{words.bundles_customers_only()}</p> }.into_any();
    }
    let offers: Views = one
        .members
        .iter()
        .map(|member| {
            view! { <input type="hidden" name="offer" value=member.offer.to_string()/> }.into_any()
        })
        .collect();
    let needs =
        choices.into_iter().fold(Select::new("need", words.bundles_need()), |select, choice| {
            select.option(choice.need, choice.label)
        });
    view! {
        <p>{words.bundles_order_text()}</p>
        <form class="form" method="get" action="/orders/new">
            {offers}
            {needs.hint(words.bundles_need_hint()).view()}
            <p class="actions">{Button::primary(words.bundles_order()).view()}</p>
        </form>
    }
    .into_any()
}

/// The bundles that hold an offer, for its page; nothing where there is none.
pub(crate) fn with_offer(ctx: &PageContext, found: &[BundleView]) -> Option<AnyView> {
    let words = ctx.words();
    (!found.is_empty()).then(|| section("bundles", words.bundles_with(), entries(ctx, found)))
}
