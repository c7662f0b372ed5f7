//! One offer: what it is, what it promises, what was measured, whether it is enough for a need.

use std::collections::BTreeSet;

use axum::{
    extract::{Path, RawQuery, State},
    http::StatusCode,
    response::Response,
};
use broker::{
    bundles::BundleView,
    categories::Categories,
    contracts::Upcoming,
    market::{MeasuredHistory, OfferCard, OfferPage},
    requirements::RankedOffer,
};
use domain::OfferId;
use leptos::prelude::*;
use std::sync::Arc;

use super::{
    card, cost, coverage, favourites, map, next_prices,
    promises::{self, measurement},
    service, text,
};
use crate::{
    AppState, PageContext, bundles,
    fault::fault_page,
    form::FormState,
    format,
    layout::error_page::error_page,
    needs::{self, Choice},
    render::{Page, page},
    ui::{
        Button, Kind, Look, Select, Views, breadcrumbs,
        chart::{ShapeAxis, ShapeChart, shape_chart},
        chip, definitions, disclosure, id, link_button, notice, page_head, section, stat, stats,
        time,
    },
    words::Words,
};

/// Fewer corners make no shape.
const AXES_MIN: usize = 3;
/// More corners cannot be read.
const AXES_MAX: usize = 14;

/// Everything the page shows.
struct Shown {
    offer: OfferPage,
    /// The needs a visitor can choose from.
    choices: Vec<Choice>,
    /// The chosen need and how the offer stands to it.
    judged: Option<(String, RankedOffer)>,
    /// The chosen need could not be read.
    unreadable: bool,
    /// Favourites; `None` for whoever is not signed in.
    marked: Option<BTreeSet<OfferId>>,
    /// Why it ends, if it does.
    end_reason: Option<String>,
    /// The bundles that hold it.
    bundles: Vec<BundleView>,
    /// What categories mean.
    catalogue: Arc<Categories>,
    /// The prices from a day on.
    next: Option<Upcoming>,
}

pub(super) async fn show(
    ctx: PageContext,
    State(state): State<AppState>,
    Path(offer): Path<String>,
    RawQuery(raw): RawQuery,
) -> Response {
    let Ok(offer) = offer.parse() else { return error_page(&ctx, StatusCode::NOT_FOUND) };
    let op = ctx.op();
    let found = match state.broker.offer(&op, offer).await {
        Ok(found) => found,
        Err(error) => return fault_page(&ctx, &error),
    };
    let form = FormState::from_urlencoded(&raw.unwrap_or_default());
    let asked = form.filled("need").map(str::to_owned);
    let source = asked.as_deref().and_then(needs::read_source);
    let mut unreadable = asked.is_some() && source.is_none();
    let mut judged = None;
    if let (Some(asked), Some(source)) = (asked, source) {
        match state.broker.explain(&op, &source, offer).await {
            Ok(ranked) => judged = Some((asked, ranked)),
            Err(error) if crate::fault::status_of(&error).is_client_error() => unreadable = true,
            Err(error) => return fault_page(&ctx, &error),
        }
    }
    let choices = needs::choices(&ctx, &state).await;
    let end_reason = match found.card.ends_at {
        Some(_) => match state.broker.end_reason(&op, offer).await {
            Ok(reason) => reason,
            Err(error) => return fault_page(&ctx, &error),
        },
        None => None,
    };
    let bundles = match state.broker.bundles_with(&op, offer).await {
        Ok(bundles) => bundles,
        Err(error) => return fault_page(&ctx, &error),
    };
    let next = match state.broker.price_book(&op, offer).await {
        Ok(book) => book.and_then(|book| book.next),
        Err(error) => return fault_page(&ctx, &error),
    };
    let marked = favourites::marked(&ctx, &state).await;
    let catalogue = state.broker.known_categories();
    let shown = Shown {
        offer: found,
        choices,
        judged,
        unreadable,
        marked,
        end_reason,
        bundles,
        catalogue,
        next,
    };
    view(&ctx, &shown)
}

fn view(ctx: &PageContext, shown: &Shown) -> Response {
    let words = ctx.words();
    let card = &shown.offer.card;
    let title = text::title(ctx.locale, card);
    let lead = ctx.locale.pick(&card.description_en, &card.description_ja).to_owned();
    let provider = text::provider_name(ctx.locale, &card.provider);
    let about = Page::new(format!("{title} – {provider}")).description(if lead.is_empty() {
        words.market_lead().to_owned()
    } else {
        lead.clone()
    });
    page(ctx, about, || {
        let trail = vec![(words.common_way_market().to_owned(), "/market".to_owned())];
        let mark = shown
            .marked
            .as_ref()
            .map(|marked| favourites::mark(words, (card.id, &title), marked.contains(&card.id)));
        let mark = mark.into_iter().collect();
        view! {
            {breadcrumbs(words, trail)}
            {shown.marked.is_some().then(|| favourites::form(ctx))}
            {page_head(title, Some(lead).filter(|lead| !lead.is_empty()), mark)}
            {ending(ctx, shown)}
            <div class="columns offer-page">
                <div>{facts(ctx, shown)}</div>
                <div>{question(ctx, shown)}</div>
            </div>
            {against(ctx, shown)}
            {next_prices::upcoming(words, shown.next.as_ref())}
            {places(words, shown)}
            {kind(ctx, shown)}
            {machines(words, shown)}
            {section("promises", words.market_offer_promises(), promised(ctx, &shown.offer))}
            {coverage::coverage(ctx, &shown.offer.coverage)}
            {section("measured", words.market_offer_measured(), measured(words, ctx, &shown.offer.history))}
            {bundles::with_offer(ctx, &shown.bundles)}
            {card.audience.is_none().then(|| view! { <p><a href=format!("/market/offers/{}/history", card.id)>{words.feed_history_link()}</a></p> })}
            {section("document", words.market_offer_document(), document(ctx, &shown.offer))}
        }
        .into_any()
    })
}

/// When and why it leaves the market.
fn ending(ctx: &PageContext, shown: &Shown) -> Option<AnyView> {
    let words = ctx.words();
    let end = format::exact_time(ctx.locale, shown.offer.card.ends_at?.0);
    let body = view! { <p>{shown.end_reason.clone()}</p><p>{words.life_ends_text()}</p> };
    let told = notice(Kind::Attention, words.life_ends_at(end), body.into_any());
    Some(view! { <div class="flash">{told}</div> }.into_any())
}

/// Where it runs.
fn places(words: Words, shown: &Shown) -> AnyView {
    let regions = &shown.offer.document.spec.service.regions;
    let points: Vec<map::Point> = regions
        .iter()
        .map(|region| {
            let at = region.location.as_ref();
            let known = map::Known {
                id: &region.id,
                country: &region.country,
                hazard_zone: region.hazard_zone.as_deref(),
                location: at
                    .and_then(|at| f64::try_from(at.lat).ok().zip(f64::try_from(at.lon).ok())),
            };
            map::Point::new(known, text::region(words, &region.id, &region.country))
        })
        .collect();
    section("places", words.catalog_map_title(), map::map(words, &points))
}

/// What its category asks for.
fn kind(ctx: &PageContext, shown: &Shown) -> Option<AnyView> {
    let words = ctx.words();
    let service = &shown.offer.document.spec.service;
    let list = service::attribute_list(words, &shown.catalogue, service)?;
    Some(section("attributes", words.catalog_attributes(), list))
}

/// The sizes in which machines are sold.
fn machines(words: Words, shown: &Shown) -> Option<AnyView> {
    let machines = &shown.offer.document.spec.service.machine_types;
    let table = service::machine_types(words, machines)?;
    Some(section("machine-types", words.catalog_machine_title(), table))
}

fn facts(ctx: &PageContext, shown: &Shown) -> AnyView {
    let words = ctx.words();
    let offer = &shown.offer;
    let card = &offer.card;
    let name = text::provider_name(ctx.locale, &card.provider);
    let regions: Views =
        card.regions.iter().map(|(region, code)| chip(text::region(words, region, code))).collect();
    let mut pairs = vec![
        (
            words.market_facet_provider().to_owned(),
            view! { <a href=format!("/providers/{}", card.provider.slug)>{name}</a> }.into_any(),
        ),
        (
            words.market_facet_price().to_owned(),
            view! { {text::price(words, card.price)}{basket(words, card)} }.into_any(),
        ),
        (
            words.market_offer_kind().to_owned(),
            format!("{} · {}", text::model(words, &card.model), text::deployment(words, &card.deployment)).into_any(),
        ),
        (
            words.market_offer_regions().to_owned(),
            view! { <div class="chips">{regions}</div> }.into_any(),
        ),
        (
            words.market_offer_backing().to_owned(),
            view! { {card::offer_backing(words, card)}" "{card::invited(ctx, card)} }.into_any(),
        ),
        (
            words.market_offer_published().to_owned(),
            view! { {words.market_offer_version(card.version)}" · "{time(ctx, card.published_at.0)} }.into_any(),
        ),
    ];
    let service = &offer.document.spec.service;
    if let Some(category) = service::category(words, &shown.catalogue, service) {
        let key = service.category.clone().unwrap_or_default();
        let known = shown.catalogue.get(&key).is_some();
        let shown = match known {
            true => view! { <a href=format!("/categories/{key}")>{category}</a> }.into_any(),
            false => category.into_any(),
        };
        pairs.insert(2, (words.catalog_category().to_owned(), shown));
    }
    let software = service::software(words, service).into_iter();
    pairs.extend(software.map(|(label, all)| (label.to_owned(), all.into_any())));
    definitions(pairs)
}

fn basket(words: Words, card: &OfferCard) -> Option<AnyView> {
    card.price?;
    let calculator = view! { <a href=cost::href(card.id)>{words.cost_link()}</a> };
    Some(view! { <p class="hint">{words.market_offer_basket()}</p><p>{calculator}</p> }.into_any())
}

/// "Is it enough for my need?": choose a need, then judge or contract.
fn question(ctx: &PageContext, shown: &Shown) -> AnyView {
    let words = ctx.words();
    let card = &shown.offer.card;
    let chosen = shown.judged.as_ref().map(|(need, _)| need.clone());
    let mut choices = shown.choices.clone();
    if let Some(need) =
        chosen.as_ref().filter(|need| choices.iter().all(|choice| &choice.need != *need))
    {
        choices.insert(
            0,
            Choice { need: need.clone(), label: words.market_offer_need_link().to_owned() },
        );
    }
    let select = choices
        .into_iter()
        .fold(Select::new("need", words.market_offer_need()), |select, choice| {
            select.option(choice.need, choice.label)
        })
        .chosen(chosen);
    let stall = super::card::stall(words, card);
    let contract = match (card.backed, card.price) {
        (false, _) if let Some((_, why)) = stall => {
            Button::secondary(words.market_offer_contract()).refused(why)
        }
        (false, _) => Button::secondary(words.market_offer_contract())
            .refused(words.market_offer_contract_catalogue()),
        (_, None) => Button::secondary(words.market_offer_contract())
            .refused(words.market_offer_contract_price()),
        _ => Button::secondary(words.market_offer_contract()).to("/contracts/new"),
    };
    let unreadable = shown
        .unreadable
        .then(|| notice(Kind::Attention, words.market_offer_need_unreadable(), ().into_any()));
    view! {
        <form class="question" method="get" action=text::offer_href(card)>
            <h2>{words.market_offer_question()}</h2>
            {unreadable}
            <input type="hidden" name="offer" value=card.id.to_string()/>
            {select.view()}
            <p class="actions">{Button::primary(words.market_offer_check()).view()}{contract.view()}</p>
            <p class="hint">{link_button(Look::Quiet, words.common_way_describe(), "/needs/new")}</p>
        </form>
    }
    .into_any()
}

/// The offer against the chosen need.
fn against(ctx: &PageContext, shown: &Shown) -> Option<AnyView> {
    let (need, ranked) = shown.judged.as_ref()?;
    let words = ctx.words();
    let (kind, verdict) = if ranked.explanation.totals.matched {
        (Kind::Done, words.market_offer_enough())
    } else {
        (Kind::Attention, words.market_offer_not_enough())
    };
    let summary = needs::summary_text(words, &ranked.explanation);
    let rest = needs::read_source(need).as_ref().and_then(needs::source_href);
    let all = rest.map(|href| link_button(Look::Quiet, words.market_offer_all(), href));
    let body = view! { <p>{summary}</p>{all} }.into_any();
    Some(section(
        "need",
        words.market_offer_against(),
        view! {
            <div class="stack">
                {notice(kind, verdict, body)}
                {needs::why(ctx, ranked, "against")}
            </div>
        }
        .into_any(),
    ))
}

fn promised(ctx: &PageContext, offer: &OfferPage) -> AnyView {
    let words = ctx.words();
    view! {
        <div class="stack">
            <p>{words.market_offer_promises_lead()}</p>
            {shape(ctx, offer)}
            {promises::table(ctx, offer)}
            <h3>{words.market_measure_title()}</h3>
            {measurement::block(words, &offer.document.spec.measurement)}
        </div>
    }
    .into_any()
}

/// The shape of the promise alone: numbers and levels, as sets have no length.
fn shape(ctx: &PageContext, offer: &OfferPage) -> AnyView {
    let words = ctx.words();
    let axes: Vec<ShapeAxis> = matching::offer_axes(&offer.document)
        .into_iter()
        .filter_map(|axis| {
            let promise = offer.document.item(&axis.item)?;
            if promise.value.as_set().is_some() {
                return None;
            }
            Some(ShapeAxis {
                label: text::item_label(ctx.locale, &axis.item),
                need: None,
                promise: Some(axis.promised?),
                need_text: String::new(),
                promise_text: text::promise(ctx.locale, promise),
            })
        })
        .take(AXES_MAX)
        .collect();
    if axes.len() < AXES_MIN {
        return view! { <p class="hint">{words.market_offer_no_shape()}</p> }.into_any();
    }
    let chart = ShapeChart {
        id: "promise-shape".to_owned(),
        title: words.market_offer_shape().to_owned(),
        description: words.market_offer_shape_text().to_owned(),
        axes,
        show_need: false,
        show_promise: true,
    };
    shape_chart(words, &chart)
}

fn measured(words: Words, ctx: &PageContext, history: &MeasuredHistory) -> AnyView {
    if history.samples == 0 {
        let text = words.market_measured_none_text();
        return notice(
            Kind::Note,
            words.market_measured_none(),
            view! { <p>{text}</p> }.into_any(),
        );
    }
    let count = |value: u64| format::integer(i64::try_from(value).unwrap_or(i64::MAX));
    let response = history.mean_response_us.map_or_else(
        || words.common_chart_no_data().to_owned(),
        |micros| format::duration(ctx.locale, micros),
    );
    view! {
        <div class="stack">
            {stats(vec![
                stat(words.market_measured_ok(), format::share(history.ok, history.samples), None),
                stat(words.market_measured_response(), response, None),
                stat(words.market_measured_samples(), count(history.samples), None),
                stat(words.market_measured_contracts(), count(history.contracts), None),
            ])}
            <p class="hint">{words.market_measured_window()}</p>
        </div>
    }
    .into_any()
}

fn document(ctx: &PageContext, offer: &OfferPage) -> AnyView {
    let words = ctx.words();
    let yaml = view! { <pre tabindex="0">{offer.yaml.clone()}</pre> }.into_any();
    view! {
        <div class="stack">
            {definitions(vec![
                (words.market_offer_number().to_owned(), id(ctx, &offer.card.id.to_string())),
                (words.market_offer_hash().to_owned(), id(ctx, &offer.hash)),
                (words.exchange_signature_label().to_owned(), signature(ctx, offer)),
            ])}
            {disclosure(words.market_offer_yaml(), yaml)}
        </div>
    }
    .into_any()
}

/// Which key signed, or that nobody did.
fn signature(ctx: &PageContext, offer: &OfferPage) -> AnyView {
    let words = ctx.words();
    match &offer.signature {
        None => words.exchange_signature_none().into_any(),
        Some(signature) if signature.revoked_at.is_some() => {
            words.exchange_signature_revoked(&signature.kid).into_any()
        }
        Some(signature) => words.exchange_signature_by(&signature.kid).into_any(),
    }
}
