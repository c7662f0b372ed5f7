//! Two to four offers side by side, with what differs marked.

use axum::{
    extract::{RawQuery, State},
    response::Response,
};
use broker::market::OfferPage;
use domain::OfferId;
use leptos::prelude::*;

use super::{card, text};
use crate::{
    AppState, PageContext,
    address::Address,
    fault::fault_page,
    form::FormState,
    render::{Page, Width, page},
    ui::{Look, Tab, Views, breadcrumbs, empty, link_button, page_head, tabs},
    words::Words,
};

/// One line of the table: what is compared and what each offer says; `None` is "not declared".
struct Line {
    label: String,
    item: Option<String>,
    cells: Vec<Option<String>>,
}

impl Line {
    fn differs(&self) -> bool {
        self.cells.windows(2).any(|pair| pair.first() != pair.last())
    }
}

pub(super) async fn show(
    ctx: PageContext,
    State(state): State<AppState>,
    RawQuery(raw): RawQuery,
) -> Response {
    let form = FormState::from_urlencoded(&raw.unwrap_or_default());
    let ids: Vec<OfferId> =
        form.values("offer").filter_map(|id| id.parse().ok()).take(50).collect();
    match state.broker.compare(&ctx.op(), &ids).await {
        Ok(offers) => view(&ctx, &offers, form.has("only", "differences"), ids.len()),
        Err(error) => fault_page(&ctx, &error),
    }
}

fn view(ctx: &PageContext, offers: &[OfferPage], only_differences: bool, asked: usize) -> Response {
    let words = ctx.words();
    let names: Vec<String> =
        offers.iter().map(|offer| text::title(ctx.locale, &offer.card)).collect();
    let title = if names.len() > 1 {
        words.market_compare_title_of(names.join(words.market_list_comma()))
    } else {
        words.market_compare_title().to_owned()
    };
    page(ctx, Page::new(title).width(Width::Wide), || {
        let trail = vec![(words.common_way_market().to_owned(), "/market".to_owned())];
        let body = if offers.len() < 2 {
            let out = link_button(Look::Secondary, words.common_way_market(), "/market");
            empty(words.market_compare_few(), words.market_compare_few_text(), Some(out))
        } else {
            table(ctx, offers, only_differences, asked)
        };
        view! {
            {breadcrumbs(words, trail)}
            {page_head(words.market_compare_title(), Some(words.market_compare_lead().to_owned()), vec![])}
            {body}
        }
        .into_any()
    })
}

fn table(ctx: &PageContext, offers: &[OfferPage], only_differences: bool, asked: usize) -> AnyView {
    let words = ctx.words();
    let here = offers.iter().fold(Address::new("/market/compare"), |here, offer| {
        here.and("offer", offer.card.id.to_string())
    });
    let views = vec![
        Tab {
            label: words.market_compare_all().to_owned(),
            href: here.to_string(),
            current: !only_differences,
        },
        Tab {
            label: words.market_compare_only().to_owned(),
            href: here.clone().and("only", "differences").to_string(),
            current: only_differences,
        },
    ];
    let cut =
        (asked > offers.len()).then(|| view! { <p class="hint">{words.market_compare_most()}</p> });
    let heads: Views = offers.iter().map(|offer| head(ctx, offer, offers, &here)).collect();
    let lines = lines(ctx, offers).into_iter().filter(|line| !only_differences || line.differs());
    let rows: Views = lines.map(|line| row(words, &line)).collect();
    view! {
        {cut}
        {tabs(words.market_compare_view(), views)}
        <div class="table compare" role="region" tabindex="0" aria-label=words.market_compare_title()>
            <table>
                <caption class="aside">{words.market_compare_title()}</caption>
                <thead><tr><th scope="col">{words.common_shape_item()}</th>{heads}</tr></thead>
                <tbody>{rows}</tbody>
            </table>
        </div>
    }
    .into_any()
}

fn head(ctx: &PageContext, offer: &OfferPage, all: &[OfferPage], here: &Address) -> AnyView {
    let words = ctx.words();
    let title = text::title(ctx.locale, &offer.card);
    let leave = (all.len() > 2).then(|| {
        let href = here.clone().without_value("offer", &offer.card.id.to_string()).to_string();
        let name = words.market_compare_leave(&title);
        view! { <a class="leave" href=href aria-label=name>{words.market_compare_leave_short()}</a> }
    });
    view! {
        <th scope="col">
            <a href=text::offer_href(&offer.card)>{title}</a>
            <span class="under">{card::offer_backing(words, &offer.card)}{leave}</span>
        </th>
    }
    .into_any()
}

fn row(words: Words, line: &Line) -> AnyView {
    let differs = line.differs();
    let class = differs.then_some("differs");
    let mark = differs.then(|| {
        view! { <span class="mark" title=words.market_compare_differs()><span aria-hidden="true">"≠"</span><span class="aside">{words.market_compare_differs()}</span></span> }
    });
    let label = line.label.clone();
    let name = match &line.item {
        Some(key) => view! { <a href=format!("/items/{key}")>{label}</a> }.into_any(),
        None => label.into_any(),
    };
    let cells: Views = line
        .cells
        .iter()
        .map(|cell| match cell {
            Some(text) => view! { <td>{text.clone()}</td> }.into_any(),
            None => view! { <td class="undeclared">{words.common_not_declared()}</td> }.into_any(),
        })
        .collect();
    view! { <tr class=class><th scope="row">{name}{mark}</th>{cells}</tr> }.into_any()
}

/// Facts first, then every item that at least one of them declares, in the registry's order.
fn lines(ctx: &PageContext, offers: &[OfferPage]) -> Vec<Line> {
    let words = ctx.words();
    let fact = |label: &str, cell: &dyn Fn(&OfferPage) -> Option<String>| Line {
        label: label.to_owned(),
        item: None,
        cells: offers.iter().map(cell).collect(),
    };
    let mut lines = vec![
        fact(words.market_facet_provider(), &|offer| {
            Some(text::provider_name(ctx.locale, &offer.card.provider))
        }),
        fact(words.market_facet_price(), &|offer| Some(text::price_text(words, offer.card.price))),
        fact(words.market_offer_kind(), &|offer| {
            let card = &offer.card;
            Some(format!(
                "{} · {}",
                text::model(words, &card.model),
                text::deployment(words, &card.deployment)
            ))
        }),
        fact(words.market_facet_country(), &|offer| {
            let codes = offer.card.countries();
            let names: Vec<String> = codes.iter().map(|code| text::country(words, code)).collect();
            Some(names.join(words.market_list_comma()))
        }),
    ];
    lines.push(fact(words.coverage_beside(), &|offer| {
        let covered = offers.iter().filter(|other| offer.covers_beside.contains(&other.card.id));
        let titles: Vec<String> =
            covered.map(|other| text::title(ctx.locale, &other.card)).collect();
        Some(match titles.is_empty() {
            true => words.coverage_beside_none().to_owned(),
            false => titles.join(words.market_list_comma()),
        })
    }));
    let locale = ctx.locale.sla();
    for item in sla::registry().items() {
        let cells: Vec<Option<String>> = offers
            .iter()
            .map(|offer| Some(text::promise(ctx.locale, offer.document.item(&item.key)?)))
            .collect();
        if cells.iter().any(Option::is_some) {
            let label = item.label(locale).to_owned();
            lines.push(Line { label, item: Some(item.key.clone()), cells });
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(cells: &[Option<&str>]) -> Line {
        let cells = cells.iter().map(|cell| cell.map(str::to_owned)).collect();
        Line { label: String::new(), item: None, cells }
    }

    #[test]
    fn what_only_one_declares_differs() {
        assert!(line(&[Some("a"), None]).differs());
        assert!(line(&[Some("a"), Some("a"), Some("b")]).differs());
        assert!(!line(&[Some("a"), Some("a"), Some("a")]).differs());
    }
}
