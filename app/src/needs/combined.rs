//! Two offers for one need: what they promise together, by which rules, and what to contract.

use broker::requirements::{Combination, CombinationPart};
use leptos::prelude::*;
use matching::{
    Order, RowExplanation,
    compose::{Composed, Open},
};
use sla::{Arrangement, Compose, Unit};

use super::{
    ranked::{Shown, count, order_words},
    say,
};
use crate::{
    PageContext,
    address::Address,
    market::text,
    ui::{Column, Table, Views, badge, section},
    words::Words,
};

/// The section of a ranked list; nothing where single offers do and no pair is better.
pub(super) fn combined(ctx: &PageContext, shown: &Shown) -> Option<AnyView> {
    let words = ctx.words();
    let list = &shown.list;
    let all = &list.combinations;
    if all.found.is_empty() && list.matched > 0 {
        return None;
    }
    let (order, _) = order_words(words, list.order);
    let lead = match (all.found.is_empty(), list.matched, list.order) {
        (true, ..) if all.possible == 0 => words.combine_nothing_possible().to_owned(),
        (true, ..) => words.combine_nothing().to_owned(),
        (_, 0, _) => words.combine_lead_none().to_owned(),
        (_, _, Order::Strength) => words.combine_lead_strength(order),
        _ => words.combine_lead_better(order),
    };
    let looked = (all.possible > 0).then(|| {
        let possible = crate::format::integer(count(all.possible));
        view! { <p class="hint">{words.combine_looked_at(count(all.looked_at), possible)}</p> }
    });
    let closing =
        (!all.found.is_empty()).then(|| view! { <p class="hint">{words.combine_one_by_one()}</p> });
    let items: Views = all.found.iter().map(|one| item(ctx, shown, one)).collect();
    let rows = (!all.found.is_empty()).then(|| view! { <ol class="ranking">{items}</ol> });
    let body = view! { <p class="lead small">{lead}</p>{looked}{rows}{closing} }.into_any();
    Some(section("combinations", words.combine_title(), body))
}

fn item(ctx: &PageContext, shown: &Shown, one: &Combination) -> AnyView {
    let words = ctx.words();
    let parts: Views = one
        .parts
        .iter()
        .enumerate()
        .map(|(at, part)| self::part(ctx, shown, one, at, part))
        .collect();
    let price = match one.price {
        Some(price) => text::price(words, Some(price)),
        None => view! { <span class="price unknown">{words.combine_no_price()}</span> }.into_any(),
    };
    let assumed = (one.arrangement == Arrangement::Pair).then(|| {
        let share = shown.list.combinations.failover_success;
        let share = sla::format_number(Unit::Fraction, share, ctx.locale.sla());
        view! { <p class="hint">{words.combine_assumed(share)}</p> }
    });
    let kind = match one.arrangement {
        Arrangement::Chain => words.combine_chain(),
        Arrangement::Pair => words.combine_pair(),
    };
    view! {
        <li class="rank" value=one.position>
            <span class="place" aria-hidden="true">{one.position}</span>
            <div class="what">
                <h3>{title(ctx, one)}</h3>
                <p class="whose">{kind}</p>
            </div>
            <div class="terms">{price}</div>
            <div class="reason">
                <ul class="parts">{parts}</ul>
                {together(words, shown, one)}
                <p>{say::summary_text(words, &one.explanation)}</p>
                {assumed}
                <details class="disclosure">
                    <summary>{words.combine_how()}</summary>
                    <div class="inside">{table(ctx, one)}</div>
                </details>
            </div>
        </li>
    }
    .into_any()
}

fn title(ctx: &PageContext, one: &Combination) -> String {
    let titles: Vec<String> =
        one.parts.iter().map(|part| text::title(ctx.locale, &part.card)).collect();
    titles.join(" + ")
}

fn role(words: Words, arrangement: Arrangement, at: usize) -> &'static str {
    match (arrangement, at) {
        (Arrangement::Chain, 0) => words.combine_role_host(),
        (Arrangement::Chain, _) => words.combine_role_network(),
        (Arrangement::Pair, 0) => words.combine_role_primary(),
        (Arrangement::Pair, _) => words.combine_role_standby(),
    }
}

/// One part: its role, where it runs, and the way to its own contract.
fn part(
    ctx: &PageContext,
    shown: &Shown,
    one: &Combination,
    at: usize,
    part: &CombinationPart,
) -> AnyView {
    let words = ctx.words();
    let card = &part.card;
    let offer = Address::new(text::offer_href(card)).and("need", shown.need.clone()).to_string();
    let placed = part.region.clone().zip(part.hazard_zone.clone()).map(|(region, zone)| {
        view! { <span class="hint">" "{words.combine_placed(region, zone)}</span> }
    });
    let contract = (card.backed && card.price.is_some()).then(|| {
        let href = Address::new("/contracts/new")
            .and("offer", card.id.to_string())
            .and("need", shown.need.clone());
        let title = text::title(ctx.locale, card);
        let name = format!("{}: {title}", words.combine_contract());
        view! { " · "<a href=href.to_string() aria-label=name>{words.combine_contract()}</a> }
    });
    view! {
        <li>
            {role(words, one.arrangement, at)}": "
            <a href=offer>{text::title(ctx.locale, card)}</a>
            " · "{text::provider_name(ctx.locale, &card.provider)}
            " · "{text::price(words, card.price)}
            {placed}{contract}
        </li>
    }
    .into_any()
}

/// The way to contracting all parts, all or none.
fn together(words: Words, shown: &Shown, one: &Combination) -> Option<AnyView> {
    if !one.parts.iter().all(|part| part.card.backed && part.card.price.is_some()) {
        return None;
    }
    let mut href = Address::new("/orders/new");
    for part in &one.parts {
        href = href.and("offer", part.card.id.to_string());
        href = href.and("region", part.region.clone().unwrap_or_default());
    }
    let href = href.and("need", shown.need.clone()).to_string();
    Some(view! { <p><a href=href>{words.combine_together()}</a></p> }.into_any())
}

fn table(ctx: &PageContext, one: &Combination) -> AnyView {
    let words = ctx.words();
    let mut columns = vec![Column::text(words.common_shape_item())];
    for at in 0..one.parts.len() {
        columns.push(Column::text(role(words, one.arrangement, at)));
    }
    columns.push(Column::text(words.combine_column_whole()));
    let rows = one.explanation.rows.iter().map(|row| cells(ctx, one, row));
    Table::new(words.combine_how_caption(title(ctx, one)), columns).rows(rows).view()
}

fn cells(ctx: &PageContext, one: &Combination, row: &RowExplanation) -> Views {
    let words = ctx.words();
    let composed = one.items.iter().find(|item| item.item == row.item);
    let label = text::item_label(ctx.locale, &row.item);
    let (state, verdict) = say::verdict(words, row);
    let asked = say::asked_text(words, row);
    let mut cells: Views = vec![
        view! {
            <span>
                <a href=format!("/items/{}", row.item)>{label}</a>
                <span class="hint line">{words.combine_asked(asked)}</span>
            </span>
        }
        .into_any(),
    ];
    for at in 0..one.parts.len() {
        cells.push(part_cell(words, row, composed, at));
    }
    let whole = match &row.promised {
        Some(value) => say::value_text(words.0, &row.item, value),
        None => words.common_not_declared().to_owned(),
    };
    let how = how(words, one, row, composed);
    cells.push(
        view! { <span>{badge(state, verdict)}" "{whole}<span class="hint line">{how}</span></span> }
            .into_any(),
    );
    cells
}

fn part_cell(
    words: Words,
    row: &RowExplanation,
    composed: Option<&Composed>,
    at: usize,
) -> AnyView {
    let Some(composed) = composed else {
        return view! { <span class="hint">{words.combine_whole_only()}</span> }.into_any();
    };
    match composed.parts.get(at).and_then(Option::as_ref) {
        Some(value) => text::value(words.0, &row.item, value).into_any(),
        None => view! { <span class="undeclared">{words.common_not_declared()}</span> }.into_any(),
    }
}

/// The rule, why there is no value, and how binding the whole is.
fn how(
    words: Words,
    one: &Combination,
    row: &RowExplanation,
    composed: Option<&Composed>,
) -> AnyView {
    let notes: Views = row
        .notes
        .iter()
        .map(|note| {
            let text = say::note_text(words, &row.item, note);
            view! { <span class="hint line">{text}</span> }.into_any()
        })
        .collect();
    let Some(composed) = composed else {
        let rule = match row.item.as_str() {
            "cost.tier" => words.combine_rule_class(),
            "cost.monthly_total" => words.combine_rule_price(),
            "performance.e2e_response_time" => words.combine_rule_response(),
            _ => words.combine_open_silent(),
        };
        return view! { <span>{rule}{notes}</span> }.into_any();
    };
    let rule = match composed.open {
        Some(open) => open_text(words, open).to_owned(),
        None => match alone(composed) {
            Some(at) => words.combine_rule_alone(role(words, one.arrangement, at)),
            None => rule_text(words, composed.rule).to_owned(),
        },
    };
    let binding = composed.commitment.map(|commitment| {
        let text = text::commitment(words, commitment.as_str());
        view! { <span class="hint line">{words.combine_binding(text)}</span> }
    });
    view! { <span>{rule}{binding}{notes}</span> }.into_any()
}

/// The only part that counts, where it is one.
fn alone(composed: &Composed) -> Option<usize> {
    let mut counted = composed.counted.iter().enumerate().filter(|(_, counts)| **counts);
    let (at, _) = counted.next()?;
    counted.next().is_none().then_some(at)
}

fn rule_text(words: Words, rule: Compose) -> &'static str {
    match rule {
        Compose::Product => words.combine_rule_product(),
        Compose::Sum => words.combine_rule_sum(),
        Compose::Minimum => words.combine_rule_minimum(),
        Compose::Maximum => words.combine_rule_maximum(),
        Compose::Loss => words.combine_rule_loss(),
        Compose::Union => words.combine_rule_union(),
        Compose::Intersection => words.combine_rule_intersection(),
        Compose::Equal => words.combine_rule_equal(),
        Compose::Mean => words.combine_rule_mean(),
        Compose::Failover => words.combine_rule_failover(),
        Compose::Recompute => words.combine_rule_class(),
    }
}

fn open_text(words: Words, open: Open) -> &'static str {
    match open {
        Open::Silent => words.combine_open_silent(),
        Open::Conflict => words.combine_open_conflict(),
        Open::OtherScheme => words.combine_open_scheme(),
        Open::NothingInCommon => words.combine_open_common(),
        Open::NotComparable => words.combine_open_kind(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn composed(counted: &[bool]) -> Composed {
        Composed {
            item: "network.bandwidth".to_owned(),
            rule: Compose::Minimum,
            parts: vec![None; counted.len()],
            counted: counted.to_vec(),
            value: None,
            commitment: None,
            open: Some(Open::Silent),
        }
    }

    #[test]
    fn a_part_is_alone_where_no_other_counts() {
        assert_eq!(alone(&composed(&[false, true])), Some(1));
        assert_eq!(alone(&composed(&[true, true])), None);
        assert_eq!(alone(&composed(&[false, false])), None);
    }
}
