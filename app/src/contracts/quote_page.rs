//! How a quote is shown: the offer, its fit, the plan, the price, what will happen, the signature.

use axum::{http::StatusCode, response::Response};
use broker::{
    contracts::{Quote, Shown},
    market::OfferCard,
    requirements::{RequirementCard, Template},
};
use domain::Money;
use leptos::prelude::*;

use super::{
    alternatives,
    charges::{self, both},
    fit::fit_table,
    need::{adopt_address, quote_address},
    plan,
    quote::QuoteView,
    start, workload,
};
use crate::{
    PageContext,
    form::{FormState, shown_again},
    market::text,
    render::{Page, page},
    ui::{
        Button, Field, Kind, Look, State, badge, breadcrumbs, chip, definitions, empty,
        error_summary, link_button, money, notice, page_head, section, time,
    },
    words::Words,
};

/// The field with the name that is known to be taken; signing with it again makes a second service.
pub(super) const KNOWN_NAME: &str = "knownName";

/// The field with the price that is shown.
const SHOWN_PRICE: &str = "price";

/// The whole page.
pub(super) fn sheet(
    ctx: &PageContext,
    form: &FormState,
    view: &QuoteView,
    status: StatusCode,
) -> Response {
    let words = ctx.words();
    let card = &view.quote.ranked.card;
    let title = ctx.locale.pick(&card.title_en, &card.title_ja).to_owned();
    let heading = words.contracts_quote_title(&title);
    page(ctx, Page::new(heading.clone()).status(status).private(), || {
        view! {
            {breadcrumbs(words, vec![
                (words.common_way_market().to_owned(), "/market".to_owned()),
                (title, format!("/market/offers/{}", card.id)),
            ])}
            {page_head(heading, Some(words.contracts_quote_lead().to_owned()), vec![])}
            {price_changed(words, view)}
            {requoted(ctx, view)}
            {signed_before(words, view)}
            {same_name(words, form, view)}
            {obstacle(ctx, form, view)}
            {lifeline(words, view)}
            {error_summary(form, words)}
            {section("offer", words.contracts_quote_offer(), offer_summary(ctx, card))}
            {section("fit", words.contracts_fit_title(), fit(ctx, view))}
            {view.obstacle.is_none().then(|| signature(ctx, form, view))}
        }
        .into_any()
    })
}

/// Says that the quantities make another price than the one that was shown.
fn price_changed(words: Words, view: &QuoteView) -> Option<AnyView> {
    let (before, now) = (view.price_before?, view.price.as_ref()?.charges());
    let title = match before {
        Some(before) => words.contracts_price_changed(both(words, &now), both(words, &before)),
        None => words.contracts_price_first(both(words, &now)),
    };
    let body = view! { <p>{words.contracts_price_changed_text()}</p> };
    let inside = notice(Kind::Attention, title, body.into_any());
    Some(view! { <div role="alert">{inside}</div> }.into_any())
}

/// What would be signed now, beside what was shown.
fn requoted(ctx: &PageContext, view: &QuoteView) -> Option<AnyView> {
    let inside = charges::requote(ctx, view.requote.as_ref()?);
    Some(view! { <div role="alert">{inside}</div> }.into_any())
}

/// What it means that the need is a lifeline (F7.4.6).
fn lifeline(words: Words, view: &QuoteView) -> Option<AnyView> {
    broker::contracts::is_lifeline(&view.quote.requirement).then(|| {
        let text = words.preempt_page_quote_text(domain::COMPENSATION_PERCENT);
        notice(Kind::Attention, words.preempt_page_quote(), view! { <p>{text}</p> }.into_any())
    })
}

/// What a cloud that holds nothing means for whoever signs with it alone.
fn booked_alone(words: Words, quote: &Quote) -> Option<AnyView> {
    let text = match quote.at_once?.cancel_charge {
        Some(charge) => words.contracts_at_once_alone_charge(crate::format::money(
            charge.minor,
            charge.currency.code(),
        )),
        None => words.contracts_at_once_free().to_owned(),
    };
    Some(view! { <p>{text}</p> }.into_any())
}

/// The same where several clouds are signed with in one order: whoever holds is held first.
pub(super) fn at_once(words: Words, quote: &Quote) -> Option<AnyView> {
    let text = match quote.at_once?.cancel_charge {
        Some(charge) => words
            .contracts_at_once_charge(crate::format::money(charge.minor, charge.currency.code())),
        None => words.contracts_at_once_free().to_owned(),
    };
    Some(view! { <p>{text}</p> }.into_any())
}

/// The price that the form was sent with.
pub(super) fn shown_price(form: &FormState) -> Option<Shown> {
    charges::read_shown(form.value(SHOWN_PRICE))
}

fn signed_before(words: Words, view: &QuoteView) -> Option<AnyView> {
    let href = format!("/contracts/{}", view.signed_before?);
    let body = view! {
        <p>{words.contracts_again_text()}</p>
        <p><a href=href>{words.contracts_again_first()}</a></p>
    };
    let inside = notice(Kind::Attention, words.contracts_again_title(), body.into_any());
    Some(view! { <div role="alert">{inside}</div> }.into_any())
}

fn same_name(words: Words, form: &FormState, view: &QuoteView) -> Option<AnyView> {
    let href = format!("/contracts/{}", view.same_name?);
    let body = view! {
        <p>{words.contracts_same_name_text()}</p>
        <p><a href=href>{words.contracts_same_name_open()}</a></p>
    };
    let title = words.contracts_same_name_title(form.value("serviceName"));
    let inside = notice(Kind::Attention, title, body.into_any());
    Some(view! { <div role="alert">{inside}</div> }.into_any())
}

fn obstacle(ctx: &PageContext, form: &FormState, view: &QuoteView) -> Option<AnyView> {
    let words = ctx.words();
    let text = match view.obstacle? {
        "catalogue_only" => words.contracts_obstacle_catalogue(),
        "not_valid_yet" | "no_longer_valid" => words.contracts_obstacle_not_valid(),
        "cloud_not_passed" => words.contracts_obstacle_not_passed(),
        "region_not_served" => words.contracts_obstacle_region(),
        "no_price" => words.contracts_obstacle_no_price(),
        "withdrawn" => words.contracts_obstacle_withdrawn(),
        "no_capacity" => words.contracts_reason_no_capacity(),
        "cloud_unreachable" => words.contracts_reason_unreachable(),
        _ => words.contracts_obstacle_other(),
    };
    let offer = view.quote.ranked.card.id;
    let more = alternatives::view(ctx, offer, &view.alternatives, form.value("need"));
    let body = view! { <p>{text}</p>{more} }.into_any();
    Some(notice(Kind::Attention, words.contracts_obstacle_title(), body))
}

fn offer_summary(ctx: &PageContext, card: &OfferCard) -> AnyView {
    let words = ctx.words();
    let regions: Vec<_> = card
        .regions
        .iter()
        .map(|(id, country)| chip(region_text(words, card, id, country)))
        .collect();
    let backed = if card.backed {
        badge(State::Good, words.contracts_offer_backed())
    } else if let Some((why, _)) = crate::market::card::stall(words, card) {
        badge(State::Quiet, why)
    } else {
        badge(State::Quiet, words.contracts_offer_catalogue())
    };
    let provider = ctx.locale.pick(&card.provider.name_en, &card.provider.name_ja).to_owned();
    let provider_page = format!("/providers/{}", card.provider.slug);
    definitions(vec![
        (
            words.contracts_offer_title().to_owned(),
            view! {
                <a href=format!("/market/offers/{}", card.id)>{ctx.locale.pick(&card.title_en, &card.title_ja).to_owned()}</a>
                " "{words.contracts_offer_version(card.version)}
            }
            .into_any(),
        ),
        (words.contracts_offer_provider().to_owned(), view! { <a href=provider_page>{provider}</a> }.into_any()),
        (words.contracts_plan_region().to_owned(), view! { <span class="chips">{regions}</span> }.into_any()),
        (words.contracts_offer_cloud().to_owned(), backed),
        (words.contracts_price_basket().to_owned(), price(words, card.price)),
    ])
}

/// A region with its country, and whether it can be ordered where only some can.
fn region_text(words: Words, card: &OfferCard, id: &str, country: &str) -> String {
    let text = text::region(words, id, country);
    if card.served.is_empty() || card.served.iter().any(|served| served == id) {
        text
    } else {
        words.contracts_plan_region_closed(text)
    }
}

fn price(words: Words, amount: Option<Money>) -> AnyView {
    match amount {
        Some(amount) => view! {
            <span>{money(amount.minor, amount.currency.code())}" "{words.contracts_price_month()}</span>
        }
        .into_any(),
        None => words.contracts_price_none().into_any(),
    }
}

fn fit(ctx: &PageContext, view: &QuoteView) -> AnyView {
    let words = ctx.words();
    let explanation = &view.quote.ranked.explanation;
    let title = view.quote.requirement.metadata.title.get(ctx.locale.sla()).to_owned();
    let verdict = if explanation.totals.matched {
        notice(Kind::Done, words.contracts_fit_yes(title), ().into_any())
    } else {
        let body = view! { <p>{words.contracts_fit_no_text()}</p> }.into_any();
        notice(Kind::Attention, words.contracts_fit_no(title), body)
    };
    view! { {verdict}{fit_table(ctx, explanation)} }.into_any()
}

/// Plan, price, steps and the button, in one form.
fn signature(ctx: &PageContext, form: &FormState, view: &QuoteView) -> AnyView {
    let words = ctx.words();
    let card = &view.quote.ranked.card;
    let hidden: Vec<_> = ["offer", "need", "version", "key", KNOWN_NAME]
        .into_iter()
        .map(|name| {
            let value = shown_again(form.value(name));
            view! { <input type="hidden" name=name value=value/> }
        })
        .collect();
    // Signed is what was shown.
    let shown = view.price.as_ref().map(|shown| {
        let shown = view.requote.as_ref().map_or_else(|| shown.charges().into(), charges::requoted);
        let value = charges::shown_text(&shown);
        view! { <input type="hidden" name=SHOWN_PRICE value=value/> }
    });
    let plan = view! {
        <p>{words.contracts_plan_lead()}</p>
        {plan::fields(words, form, &view.quote.plan, card, "")}
        {workload::fields(ctx, form, view.workload.as_ref())}
    };
    let cost = view! {
        <p class="total" role="status">{match &view.price {
            Some(priced) => charges::total(words, &priced.charges()),
            None => words.contracts_price_after_faults().into_any(),
        }}</p>
        {view.price.as_ref().map(|priced| charges::lines(words, priced))}
        <p>{words.contracts_price_text()}</p>
        {counts_until(ctx, view)}
        {booked_alone(words, &view.quote)}
        <p class="actions">{Button::secondary(words.contracts_price_again()).sends("step", "price").view()}</p>
    };
    view! {
        <form class="quote" method="post" action="/contracts/new">
            {hidden}{shown}
            {section("plan", words.contracts_plan_title(), plan.into_any())}
            {section("price", words.contracts_price_title(), cost.into_any())}
            {section("steps", words.contracts_steps_title(), steps(words, &view.quote))}
            {section("sign", words.contracts_sign_title(), view! {
                <p>{words.contracts_sign_text()}</p>
                <p><a href=adopt_address(form.value("offer"), form.value("need"))>{words.adopt_link()}</a></p>
                {Field::text("serviceName", words.contracts_sign_name()).hint(words.contracts_sign_name_hint()).of(form).required().max_length(80).view()}
                {Field::moment(start::AT, words.starts_field()).hint(words.starts_hint()).of(form).view()}
                <div class="actions">
                    {Button::primary(words.contracts_sign_button()).sends("step", "sign").view()}
                    {link_button(Look::Quiet, words.common_cancel(), format!("/market/offers/{}", card.id))}
                </div>
            }.into_any())}
        </form>
    }
    .into_any()
}

/// How old the prices are, and until when they count.
fn counts_until(ctx: &PageContext, view: &QuoteView) -> AnyView {
    let (words, age) = (ctx.words(), &view.quote.age);
    let old = match age.stale {
        true => view! { <p>{charges::stale(words, age)}" "{words.prices_asked_at_signing()}</p> }
            .into_any(),
        false if age.said => view! { <p>{words.prices_checked(&age.day)}</p> }.into_any(),
        false => ().into_any(),
    };
    let until = view.quote.valid_until.map(|at| {
        view! { <p>{words.prices_until()}" "{time(ctx, at.0)}</p> }
    });
    view! { {old}{until} }.into_any()
}

fn steps(words: Words, quote: &Quote) -> AnyView {
    let (take, take_text) = match quote.at_once {
        Some(_) => (words.contracts_steps_book(), words.contracts_steps_book_text()),
        None => (words.contracts_steps_hold(), words.contracts_steps_hold_text()),
    };
    let fail = match quote.at_once.and_then(|terms| terms.cancel_charge) {
        Some(_) => words.contracts_steps_fail_charge(),
        None => words.contracts_steps_fail(),
    };
    view! {
        <ol class="what-happens">
            <li><strong>{words.contracts_steps_freeze()}</strong>" "{words.contracts_steps_freeze_text()}</li>
            <li><strong>{take}</strong>" "{take_text}</li>
            <li><strong>{words.contracts_steps_start()}</strong>" "{words.contracts_steps_start_text()}</li>
            <li><strong>{words.contracts_steps_open()}</strong>" "{words.contracts_steps_open_text()}</li>
            <li><strong>{words.contracts_steps_watch()}</strong>" "{words.contracts_steps_watch_text()}</li>
        </ol>
        <p>{fail}</p>
    }
    .into_any()
}

/// Which need the contract is for, when the address does not say.
pub(super) fn choose_need(
    ctx: &PageContext,
    card: &OfferCard,
    saved: &[RequirementCard],
    templates: &[Template],
) -> Response {
    let words = ctx.words();
    let offer = card.id.to_string();
    let title = ctx.locale.pick(&card.title_en, &card.title_ja).to_owned();
    let heading = words.contracts_choose_title(&title);
    let own: Vec<_> = saved
        .iter()
        .map(|need| {
            let href = quote_address(&offer, &format!("saved:{}", need.id));
            let title = ctx.locale.pick(&need.title_en, &need.title_ja).to_owned();
            view! { <li><a href=href>{title}</a></li> }
        })
        .collect();
    let samples: Vec<_> = templates
        .iter()
        .map(|template| {
            let href = quote_address(&offer, &format!("template:{}", template.key));
            let title = template.requirement.metadata.title.get(ctx.locale.sla()).to_owned();
            view! { <li><a href=href>{title}</a></li> }
        })
        .collect();
    let own = if own.is_empty() {
        let action = link_button(Look::Secondary, words.common_way_describe(), "/needs/new");
        empty(words.contracts_choose_none(), words.contracts_choose_none_text(), Some(action))
    } else {
        view! { <ul class="needs">{own}</ul> }.into_any()
    };
    page(ctx, Page::new(heading.clone()).private(), || {
        view! {
            {breadcrumbs(words, vec![
                (words.common_way_market().to_owned(), "/market".to_owned()),
                (title, format!("/market/offers/{}", card.id)),
            ])}
            {page_head(heading, Some(words.contracts_choose_lead().to_owned()), vec![])}
            {section("own", words.contracts_choose_own(), own)}
            {section("samples", words.contracts_choose_samples(), view! { <ul class="needs">{samples}</ul> }.into_any())}
        }
        .into_any()
    })
}
