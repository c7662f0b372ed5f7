//! How a document stands in the market: its place for each template and for what others need, and its
//! promises beside the middle of its category. The same on the offer's page and in the preview.

use broker::{
    demand::{
        Against, AskedItem, Beside, DemandStanding, ItemBeside, OFFERS_MIN, ORGANISATIONS_MIN,
        OfferRanking, PROVIDERS_MIN, PriceBeside, Standing, TemplateStanding,
    },
    offers::OwnOffer,
};
use domain::OfferId;
use leptos::prelude::*;
use matching::RowExplanation;

use crate::{
    AppState, PageContext, format,
    market::text,
    needs::{row_text, value_text},
    ui::{
        Column, State as Badge, Table, Views, badge, chart::Bar, chart::bars, section, stat, stats,
    },
    words::Words,
};

/// How a document stands; what cannot be told just now is missing.
pub(super) struct Market {
    ranking: Option<OfferRanking>,
    beside: Option<Beside>,
}

impl Market {
    /// Looks a document up, saved or not; `over` is the offer whose version it would be.
    pub async fn of(
        ctx: &PageContext,
        state: &AppState,
        over: Option<OfferId>,
        document: &sla::Offer,
    ) -> Self {
        let op = ctx.op();
        // The page is about the document: it is shown without this rather than not at all.
        let ranking = state.broker.ranking_of_document(&op, over, document).await;
        let beside = state.broker.beside_the_middle(&op, document).await;
        Self { ranking: told(ranking), beside: told(beside) }
    }

    /// The same of the newest version of an offer.
    pub async fn of_offer(ctx: &PageContext, state: &AppState, offer: &OwnOffer) -> Self {
        Self::of(ctx, state, Some(offer.card.id), &offer.document).await
    }

    /// Both sections.
    pub fn view(&self, ctx: &PageContext) -> AnyView {
        let words = ctx.words();
        let rank = match &self.ranking {
            Some(found) => ranking(ctx, found),
            None => view! { <p>{words.demand_rank_later()}</p> }.into_any(),
        };
        let beside = self
            .beside
            .as_ref()
            .map(|found| section("beside", words.demand_beside_title(), beside(ctx, found)));
        view! {
            {section("ranking", words.demand_rank_title(), rank)}
            {beside}
        }
        .into_any()
    }
}

fn told<T>(found: Result<T, broker::BrokerError>) -> Option<T> {
    match found {
        Ok(found) => Some(found),
        Err(broker::BrokerError::Preparing { .. }) => None,
        Err(error) => {
            tracing::warn!(%error, "how a document stands in the market is not shown");
            None
        }
    }
}

fn ranking(ctx: &PageContext, found: &OfferRanking) -> AnyView {
    let words = ctx.words();
    let columns = vec![
        Column::text(words.demand_rank_template()),
        Column::text(words.demand_rank_contained()),
        Column::text(words.demand_rank_position()),
        Column::text(words.demand_rank_missed()),
    ];
    let rows = found.templates.iter().map(|one| template(ctx, one));
    view! {
        <p>{words.demand_rank_lead()}</p>
        {Table::new(words.demand_rank_title(), columns).rows(rows).view()}
        <h3>{words.demand_real_title()}</h3>
        {match &found.demand {
            Some(demand) => real(ctx, demand),
            None => few(words),
        }}
    }
    .into_any()
}

/// What is said where too few organisations are in a group.
pub(super) fn few(words: Words) -> AnyView {
    let least = ORGANISATIONS_MIN.to_string();
    view! { <p>{words.demand_real_few(least)}</p> }.into_any()
}

fn template(ctx: &PageContext, one: &TemplateStanding) -> Views {
    let words = ctx.words();
    let standing = one.standing;
    let title = one.template.requirement.metadata.title.get(ctx.locale.sla()).to_owned();
    let matching = words.demand_rank_matching(standing.matching, standing.of);
    vec![
        view! { <a href=format!("/needs/templates/{}", one.template.key)>{title}</a> }.into_any(),
        contained(words, standing),
        view! { <span>{position(words, standing)}<span class="hint line">{matching}</span></span> }
            .into_any(),
        missed(words, &one.missed),
    ]
}

/// Whether a need is contained, as a badge.
pub(super) fn contained(words: Words, standing: Standing) -> AnyView {
    if standing.contained {
        badge(Badge::Good, words.demand_rank_yes())
    } else {
        badge(Badge::Attention, words.demand_rank_no())
    }
}

/// "3 of 41".
pub(super) fn position(words: Words, standing: Standing) -> String {
    words.demand_rank_of(standing.position, standing.of)
}

fn missed(words: Words, rows: &[RowExplanation]) -> AnyView {
    if rows.is_empty() {
        return words.demand_rank_nothing().into_any();
    }
    let line = |row: &RowExplanation| {
        let item = text::item_label(words.0, &row.item);
        let asked = row_text(words, row);
        let said = match &row.promised {
            Some(promised) => {
                words.demand_rank_item(item, asked, value_text(words.0, &row.item, promised))
            }
            None => words.demand_rank_item_none(item, asked),
        };
        view! { <li>{said}</li> }
    };
    view! { <ul class="missed">{rows.iter().map(line).collect_view()}</ul> }.into_any()
}

/// "12 of 40 (30.00 %)".
pub(super) fn part_of(words: Words, part: u64, whole: u64) -> String {
    words.demand_real_share(part, whole, format::share(part, whole))
}

/// A count as the words take it.
pub(super) fn count(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

fn real(ctx: &PageContext, found: &DemandStanding) -> AnyView {
    let words = ctx.words();
    let share = |part| part_of(words, part, found.needs);
    let middle = words.demand_rank_of(found.middle_position, found.of);
    let note = Some(words.demand_real_middle_note().to_owned());
    view! {
        <p>{words.demand_real_lead(count(found.needs), found.organisations)}</p>
        {stats(vec![
            stat(words.demand_real_contained(), share(found.contained), None),
            stat(words.demand_real_first(), share(found.among_first), None),
            stat(words.demand_real_middle(), middle, note),
        ])}
        {items(words, &found.items)}
    }
    .into_any()
}

fn items(words: Words, items: &[AskedItem]) -> AnyView {
    if items.is_empty() {
        return view! { <p>{words.demand_real_items_none()}</p> }.into_any();
    }
    let bar = |item: &AskedItem| Bar {
        label: text::item_label(words.0, &item.item),
        text: part_of(words, item.missed, item.needs),
        share: item.missed as f64 / item.needs.max(1) as f64,
        highlighted: item.missed > 0,
    };
    view! {
        <h4>{words.demand_real_items()}</h4>
        {bars(words.demand_real_items(), items.iter().map(bar).collect())}
        <p class="hint">{words.demand_real_items_few(ORGANISATIONS_MIN.to_string())}</p>
    }
    .into_any()
}

fn beside(ctx: &PageContext, found: &Beside) -> AnyView {
    let words = ctx.words();
    let columns = vec![
        Column::text(words.common_shape_item()),
        Column::text(words.common_shape_promise()),
        Column::text(words.demand_beside_middle()),
        Column::number(words.demand_beside_offers()),
        Column::text(words.demand_beside_result()),
    ];
    let rows = std::iter::once(price_row(words, &found.price))
        .chain(found.items.iter().map(|item| item_row(words, item)));
    let (offers, providers) = (OFFERS_MIN.to_string(), PROVIDERS_MIN.to_string());
    view! {
        <p>{words.demand_beside_lead(text::model(words, &found.model))}</p>
        {Table::new(words.demand_beside_title(), columns).rows(rows).view()}
        <p class="hint">{words.demand_beside_few_note(offers, providers)}</p>
    }
    .into_any()
}

fn item_row(words: Words, item: &ItemBeside) -> Views {
    let shown = |value: &sla::Value| text::value(words.0, &item.item, value);
    let none = || words.demand_beside_none().to_owned();
    vec![
        text::item_label(words.0, &item.item).into_any(),
        match &item.promised {
            Some(promised) => shown(promised).into_any(),
            None => words.common_not_declared().into_any(),
        },
        item.middle.as_ref().map_or_else(none, shown).into_any(),
        made_of(words, item.offers),
        against(words, item.against),
    ]
}

fn price_row(words: Words, price: &PriceBeside) -> Views {
    let none = || words.demand_beside_none().to_owned();
    let middle = price.middle.map_or_else(none, |middle| text::price_text(words, Some(middle)));
    vec![
        words.demand_beside_price().into_any(),
        text::price_text(words, price.price).into_any(),
        middle.into_any(),
        made_of(words, price.offers),
        against(words, price.against),
    ]
}

fn made_of(words: Words, offers: u64) -> AnyView {
    if offers == 0 { words.demand_beside_none().into_any() } else { offers.to_string().into_any() }
}

fn against(words: Words, against: Against) -> AnyView {
    match against {
        Against::Better => badge(Badge::Good, words.demand_beside_better()),
        Against::Equal => badge(Badge::Quiet, words.demand_beside_equal()),
        Against::Worse => badge(Badge::Attention, words.demand_beside_worse()),
        Against::NotPromised => badge(Badge::Unknown, words.common_not_declared()),
        Against::TooFew => badge(Badge::Quiet, words.demand_beside_few()),
    }
}
