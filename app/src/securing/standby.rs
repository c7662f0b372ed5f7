//! The candidates of a service or of a saved need: the section on the contract's page, and the need's page.

use axum::{
    extract::{Path, State},
    http::StatusCode,
    response::Response,
};
use broker::BrokerError;
use broker::contracts::ContractPage;
use broker::securing::{StandbyRow, StandbyView, Why};
use domain::{ContractId, ContractState, RequirementId, Role};
use leptos::prelude::*;

use crate::{
    AppState, FlashKind, PageContext,
    account::{OfCustomer, guard},
    form::FormState,
    format::{self, percent_encode},
    layout::{error_page::error_page, fail},
    market::text,
    render::{Page, page, redirect},
    ui::{Button, Column, Table, breadcrumbs, empty, money, page_head, section, time},
    words::Words,
};

/// The candidates of a service that runs; nothing before and after.
pub(crate) async fn of_contract(
    ctx: &PageContext,
    state: &AppState,
    contract: &ContractPage,
) -> Result<Option<StandbyView>, BrokerError> {
    if contract.card.state != ContractState::Active {
        return Ok(None);
    }
    state.broker.standby_of_contract(&ctx.op(), contract.card.id).await.map(Some)
}

/// The section on the contract's page.
pub(crate) fn part(
    ctx: &PageContext,
    contract: &ContractPage,
    view: Option<&StandbyView>,
) -> Option<AnyView> {
    let view = view?;
    let words = ctx.words();
    let need = format!("saved:{}", contract.requirement);
    let own = ctx.viewer.as_ref().is_some_and(|viewer| viewer.role == Role::Customer);
    let policy = own.then(|| own_first(words, contract.card.id, view.own_first));
    let body = view! {
        <p>{words.securing_standby_lead()}</p>
        {list(ctx, view, &need)}
        {super::secure::way(words, contract.card.id)}
        {policy}
    };
    Some(section("standby", words.securing_standby_title(), body.into_any()))
}

/// What comes first, and the button for the other order.
fn own_first(words: Words, id: ContractId, own_first: bool) -> AnyView {
    let (said, button, value) = if own_first {
        (words.securing_own_first_on(), words.securing_own_first_off_button(), "no")
    } else {
        (words.securing_own_first_off(), words.securing_own_first_on_button(), "yes")
    };
    view! {
        <form method="post" action=format!("/contracts/{id}/own-first")>
            <p>{said}</p>
            <p class="actions">{Button::secondary(button).sends("ownFirst", value).view()}</p>
        </form>
    }
    .into_any()
}

/// The candidates with their age.
fn list(ctx: &PageContext, view: &StandbyView, need: &str) -> AnyView {
    let words = ctx.words();
    let Some(at) = view.computed_at else {
        return empty(
            words.securing_standby_not_yet(),
            words.securing_standby_not_yet_text(),
            None,
        );
    };
    if view.rows.is_empty() {
        return empty(words.securing_standby_none(), words.securing_standby_none_text(), None);
    }
    let columns = vec![
        Column::text(words.securing_standby_place()),
        Column::text(words.securing_standby_offer()),
        Column::number(words.securing_standby_price()),
        Column::text(words.securing_standby_why()),
    ];
    let rows = view.rows.iter().map(|row| {
        vec![place(words, row), offer(ctx, row, need), price(words, row), why(words, row)]
    });
    let table = Table::new(words.securing_standby_title(), columns).rows(rows).view();
    view! { {table}<p>{words.securing_standby_age()}" "{time(ctx, at.0)}</p> }.into_any()
}

fn place(words: Words, row: &StandbyRow) -> AnyView {
    let candidate = &row.candidate;
    let region = text::region(words, &candidate.region, &candidate.country);
    let zone = match &candidate.hazard_zone {
        Some(zone) => words.securing_standby_hazard(zone),
        None => words.securing_standby_hazard_unknown().to_owned(),
    };
    view! { <div>{region}<br/><small>{zone}</small></div> }.into_any()
}

fn offer(ctx: &PageContext, row: &StandbyRow, need: &str) -> AnyView {
    let card = &row.card;
    let title = ctx.locale.pick(&card.title_en, &card.title_ja).to_owned();
    let provider = ctx.locale.pick(&card.provider.name_en, &card.provider.name_ja).to_owned();
    let href = format!(
        "/contracts/new?offer={}&need={}&region={}",
        card.id,
        percent_encode(need),
        percent_encode(&row.candidate.region)
    );
    view! { <div><a href=href>{title}</a><br/><small>{provider}</small></div> }.into_any()
}

fn price(words: Words, row: &StandbyRow) -> AnyView {
    match row.candidate.price {
        Some(price) => {
            let once = row.candidate.once.map(|once| {
                let once = format::money(once.minor, once.currency.code());
                view! { <br/><small>{words.prices_once(once)}</small> }
            });
            view! { <div>{money(price.minor, price.currency.code())}" "{words.contracts_price_month()}{once}</div> }
                .into_any()
        }
        None => words.contracts_price_none().into_any(),
    }
}

/// Each reason in a word; where the service runs comes first.
fn why(words: Words, row: &StandbyRow) -> AnyView {
    let home = (row.candidate.rank == 0).then(|| words.securing_why_home().to_owned());
    let reasons = row.candidate.why.iter().map(|why| why_word(words, *why).to_owned());
    let all: Vec<String> = home.into_iter().chain(reasons).collect();
    all.join(words.market_list_comma()).into_any()
}

fn why_word(words: Words, why: Why) -> &'static str {
    match why {
        Why::OwnCloud => words.securing_why_own_cloud(),
        Why::ContainsNeed => words.securing_why_contains_need(),
        Why::FallsShort => words.securing_why_falls_short(),
        Why::OtherHazardZone => words.securing_why_other_hazard_zone(),
        Why::SameHazardZone => words.securing_why_same_hazard_zone(),
    }
}

/// The way to the page of a saved need.
pub(crate) fn way(words: Words, id: RequirementId) -> AnyView {
    let href = format!("/needs/{id}/standby");
    view! { <p><a href=href>{words.securing_standby_link()}</a></p> }.into_any()
}

pub(super) async fn set_own_first(
    OfCustomer(ctx): OfCustomer,
    State(state): State<AppState>,
    Path(id): Path<String>,
    form: FormState,
) -> Response {
    let Ok(id) = id.parse::<ContractId>() else {
        return error_page(&ctx, StatusCode::NOT_FOUND);
    };
    let words = ctx.words();
    let own_first = form.value("ownFirst") != "no";
    match state.broker.set_own_first(&ctx.op(), id, own_first).await {
        Ok(()) => {
            let said = if own_first {
                words.securing_own_first_on()
            } else {
                words.securing_own_first_off()
            };
            redirect(&format!("/contracts/{id}#standby"), Some((FlashKind::Done, said.to_owned())))
        }
        Err(error) => fail(&ctx, error),
    }
}

/// The page of a saved need.
pub(super) async fn of_need(
    ctx: PageContext,
    State(state): State<AppState>,
    Path(id): Path<String>,
) -> Response {
    if let Some(refusal) = guard::refuse_strangers(&ctx) {
        return refusal;
    }
    let Ok(id) = id.parse::<RequirementId>() else {
        return error_page(&ctx, StatusCode::NOT_FOUND);
    };
    let saved = match state.broker.requirement(&ctx.op(), id).await {
        Ok(saved) => saved,
        Err(error) => return fail(&ctx, error),
    };
    let view = match state.broker.standby_of_requirement(&ctx.op(), id).await {
        Ok(view) => view,
        Err(error) => return fail(&ctx, error),
    };
    let words = ctx.words();
    let name = ctx.locale.pick(&saved.card.title_en, &saved.card.title_ja).to_owned();
    let title = words.securing_standby_title();
    page(&ctx, Page::new(format!("{title}: {name}")).private(), || {
        let body = if saved.card.watched {
            list(&ctx, &view, &format!("saved:{id}"))
        } else {
            let text = words.securing_standby_unwatched_text();
            empty(words.securing_standby_unwatched(), text, None)
        };
        view! {
            {breadcrumbs(words, vec![(name, format!("/needs/{id}"))])}
            {page_head(title, Some(words.securing_standby_lead().to_owned()), vec![])}
            {body}
        }
        .into_any()
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::words::Locale;

    #[test]
    fn every_reason_has_words_in_both_languages() {
        let all = [
            Why::OwnCloud,
            Why::ContainsNeed,
            Why::FallsShort,
            Why::OtherHazardZone,
            Why::SameHazardZone,
        ];
        for why in all {
            assert_ne!(why_word(Locale::En.words(), why), why_word(Locale::Ja.words(), why));
        }
    }
}
