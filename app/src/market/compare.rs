//! Two to four offers side by side, with what differs marked; with a need, which then stands first.

use axum::{
    extract::{RawQuery, State},
    response::Response,
};
use broker::{
    categories::Categories,
    market::OfferPage,
    requirements::{RankedOffer, RequirementSource},
};
use domain::OfferId;
use leptos::prelude::*;
use matching::RowExplanation;
use sla::Requirement;
use std::sync::Arc;

use super::{card, service, text};
use crate::{
    AppState, PageContext,
    address::Address,
    fault::fault_page,
    form::FormState,
    needs::{
        Choice, asked_text, choices, difference_text, label_then, read_source, rows_told,
        source_href, source_text, terms_text, value_text, verdict,
    },
    render::{Page, Width, page},
    ui::{
        Button, Look, Select, Tab, Views, badge, breadcrumbs, empty, link_button, page_head, tabs,
    },
    words::Words,
};

/// One line of the table: what is compared and what each offer says; `None` is "not declared".
struct Line {
    label: String,
    item: Option<String>,
    /// What the need asks; `None` where it leaves the line open.
    asked: Option<String>,
    /// Its rows in the explanations.
    rows: std::ops::Range<usize>,
    cells: Vec<Option<String>>,
}

/// A need the offers are held against.
struct Against {
    source: RequirementSource,
    requirement: Requirement,
    /// One per offer, in their order.
    ranked: Vec<RankedOffer>,
}

/// Everything the page shows.
struct Shown {
    offers: Vec<OfferPage>,
    against: Option<Against>,
    only_differences: bool,
    /// How many offers the address names.
    asked: usize,
    choices: Vec<Choice>,
    /// What categories mean.
    catalogue: Arc<Categories>,
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
    let offers = match state.broker.compare(&ctx.op(), &ids).await {
        Ok(offers) => offers,
        Err(error) => return fault_page(&ctx, &error),
    };
    let against = match against(&ctx, &state, form.value("need"), &offers).await {
        Ok(against) => against,
        Err(error) => return fault_page(&ctx, &error),
    };
    let shown = Shown {
        offers,
        against,
        only_differences: form.has("only", "differences"),
        asked: ids.len(),
        choices: choices(&ctx, &state).await,
        catalogue: state.broker.known_categories(),
    };
    view(&ctx, &shown)
}

/// Judges every offer by the need of the address; without one there is nothing to judge by.
async fn against(
    ctx: &PageContext,
    state: &AppState,
    need: &str,
    offers: &[OfferPage],
) -> Result<Option<Against>, broker::BrokerError> {
    let Some(source) = read_source(need) else { return Ok(None) };
    let (requirement, _) = state.broker.resolve_requirement(&ctx.op(), &source).await?;
    let mut ranked = Vec::with_capacity(offers.len());
    for offer in offers {
        ranked.push(state.broker.explain(&ctx.op(), &source, offer.card.id).await?);
    }
    Ok(Some(Against { source, requirement, ranked }))
}

fn view(ctx: &PageContext, shown: &Shown) -> Response {
    let words = ctx.words();
    let offers = &shown.offers;
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
            table(ctx, shown)
        };
        view! {
            {breadcrumbs(words, trail)}
            {page_head(words.market_compare_title(), Some(words.market_compare_lead().to_owned()), vec![])}
            {body}
        }
        .into_any()
    })
}

/// The address of this comparison, with its need and without its view.
fn here(shown: &Shown) -> Address {
    let need = shown.against.as_ref().and_then(|against| source_text(&against.source));
    let here = shown.offers.iter().fold(Address::new("/market/compare"), |here, offer| {
        here.and("offer", offer.card.id.to_string())
    });
    here.and_some("need", need.unwrap_or_default())
}

fn table(ctx: &PageContext, shown: &Shown) -> AnyView {
    let words = ctx.words();
    let offers = &shown.offers;
    let here = here(shown);
    let views = vec![
        Tab {
            label: words.market_compare_all().to_owned(),
            href: here.to_string(),
            current: !shown.only_differences,
        },
        Tab {
            label: words.market_compare_only().to_owned(),
            href: here.clone().and("only", "differences").to_string(),
            current: shown.only_differences,
        },
    ];
    let cut = (shown.asked > offers.len())
        .then(|| view! { <p class="hint">{words.market_compare_most()}</p> });
    let heads: Views = offers.iter().map(|offer| head(ctx, offer, offers, &here)).collect();
    let need = shown.against.as_ref().map(|against| need_head(ctx, against));
    let lines = lines(ctx, shown).into_iter();
    let lines = lines.filter(|line| !shown.only_differences || line.differs());
    let rows: Views = lines.map(|line| row(words, shown.against.as_ref(), &line)).collect();
    view! {
        {cut}
        <div class="compare-tools">{tabs(words.market_compare_view(), views)}{need_form(words, shown)}</div>
        <div class="table compare" role="region" tabindex="0" aria-label=words.market_compare_title()>
            <table class=shown.against.is_some().then_some("against")>
                <caption class="aside">{words.market_compare_title()}</caption>
                <thead><tr><th scope="col">{words.common_shape_item()}</th>{need}{heads}</tr></thead>
                <tbody>{rows}</tbody>
            </table>
        </div>
    }
    .into_any()
}

/// Chooses the need that the offers are held against.
fn need_form(words: Words, shown: &Shown) -> AnyView {
    let now = shown.against.as_ref().and_then(|against| source_text(&against.source));
    let mut select = Select::new("need", words.market_compare_need())
        .option("", words.market_compare_need_none());
    for choice in &shown.choices {
        select = select.option(choice.need.clone(), choice.label.clone());
    }
    if let (Some(now), Some(against)) = (&now, &shown.against)
        && shown.choices.iter().all(|choice| choice.need != *now)
    {
        let title = against.requirement.metadata.title.get(words.0.sla()).to_owned();
        select = select.option(now.clone(), title);
    }
    let offers: Views = shown
        .offers
        .iter()
        .map(|offer| {
            view! { <input type="hidden" name="offer" value=offer.card.id.to_string()/> }.into_any()
        })
        .collect();
    let form = FormState::empty().with("need", now.unwrap_or_default());
    view! {
        <form class="compare-need" method="get" action="/market/compare">
            {offers}
            {select.of(&form).view()}
            {Button::secondary(words.market_compare_need_set()).view()}
        </form>
    }
    .into_any()
}

fn need_head(ctx: &PageContext, against: &Against) -> AnyView {
    let words = ctx.words();
    let title = against.requirement.metadata.title.get(ctx.locale.sla()).to_owned();
    let title = match source_href(&against.source) {
        Some(href) => view! { <a href=href>{title}</a> }.into_any(),
        None => title.into_any(),
    };
    view! { <th scope="col" class="asked">{title}<span class="under">{words.common_shape_need()}</span></th> }
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

fn row(words: Words, against: Option<&Against>, line: &Line) -> AnyView {
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
    let asked = against.map(|_| match &line.asked {
        Some(asked) => view! { <td class="asked">{asked.clone()}</td> }.into_any(),
        None => view! { <td class="asked"><span aria-hidden="true">"–"</span><span class="aside">{words.market_compare_open()}</span></td> }
            .into_any(),
    });
    let cells: Views = line
        .cells
        .iter()
        .enumerate()
        .map(|(index, cell)| {
            let ranked = against.and_then(|against| against.ranked.get(index));
            let result = ranked.and_then(|ranked| judged(words, ranked, line));
            match cell {
                Some(text) => view! { <td>{text.clone()}{result}</td> }.into_any(),
                None => view! { <td class="undeclared">{words.common_not_declared()}{result}</td> }
                    .into_any(),
            }
        })
        .collect();
    // On narrow screens the need has no column of its own: what it asks stands below the name.
    let below = line.asked.clone().filter(|_| against.is_some());
    let below = below.map(|asked| view! { <span class="asked-below">{asked}</span> });
    view! { <tr class=class><th scope="row">{name}{mark}{below}</th>{asked}{cells}</tr> }.into_any()
}

/// How an offer stands to what is asked on this line; of the two rows of a range the one that is short.
fn judged(words: Words, ranked: &RankedOffer, line: &Line) -> Option<AnyView> {
    let key = line.item.as_ref().filter(|_| line.asked.is_some())?;
    let told = rows_told(words, &ranked.explanation).enumerate();
    let rows = told.filter(|(index, (_, row))| row.item == *key && line.rows.contains(index));
    let rows: Vec<RowExplanation> = rows.map(|(_, (_, row))| row).collect();
    let row = rows.iter().find(|row| !row.verdict.is_met()).or(rows.first())?;
    let (state, word) = verdict(words, row);
    let difference = difference_text(words, row);
    Some(
        view! { <span class="result">{badge(state, word)}<span class="hint">{difference}</span></span> }
            .into_any(),
    )
}

/// Facts first, then the items in the registry's order.
fn lines(ctx: &PageContext, shown: &Shown) -> Vec<Line> {
    let words = ctx.words();
    let offers = &shown.offers;
    let fact = |label: &str, cell: &dyn Fn(&OfferPage) -> Option<String>| Line {
        label: label.to_owned(),
        item: None,
        asked: None,
        rows: 0..0,
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
    let catalogue = &shown.catalogue;
    lines.push(fact(words.catalog_category(), &|offer| {
        service::category(words, catalogue, &offer.document.spec.service)
    }));
    let said: Vec<Vec<(String, String)>> = offers
        .iter()
        .map(|offer| service::attributes(words, catalogue, &offer.document.spec.service))
        .collect();
    let mut names: Vec<&String> = Vec::new();
    for (name, _) in said.iter().flatten() {
        if !names.contains(&name) {
            names.push(name);
        }
    }
    for name in names {
        let of = |all: &Vec<(String, String)>| {
            all.iter().find(|(known, _)| known == name).map(|(_, value)| value.clone())
        };
        let cells = said.iter().map(of).collect();
        lines.push(Line { label: name.clone(), item: None, asked: None, rows: 0..0, cells });
    }
    if offers.iter().any(|offer| !offer.document.spec.service.machine_types.is_empty()) {
        lines.push(fact(words.catalog_machine_title(), &|offer| {
            service::machines_text(words, &offer.document.spec.service.machine_types)
        }));
    }
    lines.extend(software(words, offers));
    lines.push(fact(words.coverage_beside(), &|offer| {
        let covered = offers.iter().filter(|other| offer.covers_beside.contains(&other.card.id));
        let titles: Vec<String> =
            covered.map(|other| text::title(ctx.locale, &other.card)).collect();
        Some(match titles.is_empty() {
            true => words.coverage_beside_none().to_owned(),
            false => titles.join(words.market_list_comma()),
        })
    }));
    lines.extend(items(ctx, shown));
    lines
}

/// What comes with each: middleware, applications, images, recipes; a line for what any of them has.
fn software(words: Words, offers: &[OfferPage]) -> Vec<Line> {
    let told: Vec<Vec<(&'static str, String)>> =
        offers.iter().map(|offer| service::software(words, &offer.document.spec.service)).collect();
    let of = |label: &str| -> Vec<Option<String>> {
        let one = |all: &Vec<(&'static str, String)>| {
            all.iter().find(|(known, _)| *known == label).map(|(_, text)| text.clone())
        };
        told.iter().map(one).collect()
    };
    let labels = service::software_labels(words)
        .into_iter()
        .filter(|label| told.iter().flatten().any(|(known, _)| known == label));
    labels
        .map(|label| Line {
            label: label.to_owned(),
            item: None,
            asked: None,
            rows: 0..0,
            cells: of(label),
        })
        .collect()
}

/// Every item that is asked, each time on a line of its own, then what is promised besides.
fn items(ctx: &PageContext, shown: &Shown) -> Vec<Line> {
    let words = ctx.words();
    let wishes = shown.against.as_ref().map(|against| matching::wishes(&against.requirement));
    let wishes = wishes.unwrap_or_default();
    let (mut lines, mut further) = (Vec::new(), Vec::new());
    for item in sla::registry().items() {
        let promise =
            |offer: &OfferPage| Some(text::promise(ctx.locale, offer.document.item(&item.key)?));
        let cells: Vec<Option<String>> = shown.offers.iter().map(promise).collect();
        let cells = derived(ctx, shown.against.as_ref(), &item.key, cells);
        let asked = wishes.iter().filter(|wish| wish.item.item == item.key);
        let before = lines.len();
        lines.extend(asked.map(|wish| Line {
            label: label_then(words, &item.key, wish.profile()),
            item: Some(item.key.clone()),
            asked: Some(match terms_text(words, &wish.item) {
                Some(terms) => {
                    [asked_text(words, &wish.item), terms].join(words.needs_summary_space())
                }
                None => asked_text(words, &wish.item),
            }),
            rows: wish.rows.clone(),
            cells: cells.clone(),
        }));
        if lines.len() == before && cells.iter().any(Option::is_some) {
            further.push(Line {
                label: item.label(ctx.locale.sla()).to_owned(),
                item: Some(item.key.clone()),
                asked: None,
                rows: 0..0,
                cells,
            });
        }
    }
    lines.append(&mut further);
    lines
}

/// What nobody declares and the broker derives for this need, such as a response time over the way.
fn derived(
    ctx: &PageContext,
    against: Option<&Against>,
    key: &str,
    cells: Vec<Option<String>>,
) -> Vec<Option<String>> {
    let Some(against) = against else { return cells };
    let promised = |index: usize| {
        let rows = &against.ranked.get(index)?.explanation.rows;
        let row = rows.iter().find(|row| row.item == key)?;
        row.promised.as_ref().map(|value| value_text(ctx.locale, key, value))
    };
    let each = cells.into_iter().enumerate();
    each.map(|(index, cell)| cell.or_else(|| promised(index))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(cells: &[Option<&str>]) -> Line {
        let cells = cells.iter().map(|cell| cell.map(str::to_owned)).collect();
        Line { label: String::new(), item: None, asked: None, rows: 0..0, cells }
    }

    #[test]
    fn what_only_one_declares_differs() {
        assert!(line(&[Some("a"), None]).differs());
        assert!(line(&[Some("a"), Some("a"), Some("b")]).differs());
        assert!(!line(&[Some("a"), Some("a"), Some("a")]).differs());
    }
}
