//! How several offers are signed together, and what became of them.

use axum::{http::StatusCode, response::Response};
use broker::contracts::{MemberQuote, OrderPage, Requote};
use domain::ContractState;
use leptos::prelude::*;

use super::{
    charges, list,
    order::{OrderView, Shown, ending},
    plan,
};
use crate::{
    PageContext,
    form::{FormState, shown_again},
    market::text,
    render::{Page, page},
    ui::{
        Button, Field, Kind, Look, Views, breadcrumbs, error_summary, link_button, notice,
        page_head, section,
    },
    words::Words,
};

/// The whole page before the signature.
pub(super) fn sheet(
    ctx: &PageContext,
    form: &FormState,
    view: &OrderView,
    status: StatusCode,
) -> Response {
    let words = ctx.words();
    let heading = words.contracts_order_title();
    page(ctx, Page::new(heading).status(status).private(), || {
        let ways = vec![(words.common_way_market().to_owned(), "/market".to_owned())];
        let body = match view.obstacle {
            Some(_) => obstacle(words),
            None => signature(ctx, form, view),
        };
        view! {
            {breadcrumbs(words, ways)}
            {page_head(heading, Some(words.contracts_order_lead().to_owned()), vec![])}
            {told(words, view)}
            {requoted(ctx, view)}
            {error_summary(form, words)}
            {body}
        }
        .into_any()
    })
}

fn told(words: Words, view: &OrderView) -> Option<AnyView> {
    let inside = if let Some(contract) = view.signed_before {
        let href = format!("/contracts/{contract}");
        let body = view! {
            <p>{words.contracts_again_text()}</p>
            <p><a href=href>{words.contracts_again_first()}</a></p>
        };
        notice(Kind::Attention, words.contracts_again_title(), body.into_any())
    } else if !view.requotes.is_empty() {
        let body = view! { <p>{words.contracts_price_changed_text()}</p> };
        notice(Kind::Attention, words.contracts_order_changed(), body.into_any())
    } else {
        return None;
    };
    Some(view! { <div role="alert">{inside}</div> }.into_any())
}

/// Each offer that would be signed otherwise than it was shown.
fn requoted(ctx: &PageContext, view: &OrderView) -> Views {
    let one = |requote: &Requote| {
        let of = view.quote.members.iter().find(|one| one.quote.ranked.card.id == requote.offer);
        let title = of.map(|one| text::title(ctx.locale, &one.quote.ranked.card).to_owned());
        view! { <section aria-label=title.clone()><h2>{title.clone()}</h2>{charges::requote(ctx, requote)}</section> }
            .into_any()
    };
    view.requotes.iter().map(one).collect()
}

fn obstacle(words: Words) -> AnyView {
    let body = view! { <p>{words.contracts_order_obstacle_text()}</p> }.into_any();
    notice(Kind::Attention, words.contracts_order_obstacle(), body)
}

fn signature(ctx: &PageContext, form: &FormState, view: &OrderView) -> AnyView {
    let words = ctx.words();
    let hidden: Vec<_> = ["need", "key"]
        .into_iter()
        .map(|name| {
            let value = shown_again(form.value(name));
            view! { <input type="hidden" name=name value=value/> }
        })
        .collect();
    let members = view.quote.members.iter().enumerate();
    let members: Views = members.map(|(at, one)| member(ctx, form, at, (one, view))).collect();
    let total = match view.quote.total {
        Some(total) => charges::total(words, &total),
        None => words.contracts_order_no_total().into_any(),
    };
    view! {
        <form class="quote" method="post" action="/orders/new">
            {hidden}
            {members}
            {section("price", words.contracts_order_total(), view! {
                <p class="total" role="status">{total}</p>
                <p>{words.contracts_price_text()}</p>
                <p class="actions">{Button::secondary(words.contracts_price_again()).sends("step", "price").view()}</p>
            }.into_any())}
            {section("steps", words.contracts_steps_title(), steps(words))}
            {section("sign", words.contracts_sign_title(), view! {
                <p>{words.contracts_order_sign_text()}</p>
                {Field::text("serviceName", words.contracts_sign_name()).hint(words.contracts_order_name_hint()).of(form).required().max_length(78).view()}
                <div class="actions">
                    {Button::primary(words.contracts_order_button()).sends("step", "sign").view()}
                    {link_button(Look::Quiet, words.common_cancel(), "/market".to_owned())}
                </div>
            }.into_any())}
        </form>
    }
    .into_any()
}

/// One offer: what it is, its quantities and its price.
fn member(
    ctx: &PageContext,
    form: &FormState,
    at: usize,
    (one, view): (&MemberQuote, &OrderView),
) -> AnyView {
    let words = ctx.words();
    let MemberQuote { quote, price, .. } = one;
    let card = &quote.ranked.card;
    let requote = view.requotes.iter().find(|requote| requote.offer == card.id);
    // What is shown is what would be signed, also where the cloud named it.
    let price = match requote {
        Some(requote) => price.map(|_| requote.now.charges()),
        None => *price,
    };
    let title = text::title(ctx.locale, card);
    let of = ending(at);
    let hidden = price.map(|price| {
        let price = requote.map_or_else(|| price.into(), charges::requoted);
        let value = Shown { version: card.version, price }.text();
        view! { <input type="hidden" name="shown" value=value/> }
    });
    let price = match price {
        Some(price) => charges::plain(words, &price),
        None => words.contracts_price_after_faults().into_any(),
    };
    let body = view! {
        <input type="hidden" name="offer" value=card.id.to_string()/>
        {hidden}
        <p>
            <a href=text::offer_href(card)>{title.clone()}</a>
            " "{words.contracts_offer_version(card.version)}" · "{text::provider_name(ctx.locale, &card.provider)}
        </p>
        {plan::fields(words, form, &quote.plan, card, &of)}
        <p class="price">{price}</p>
        {super::quote_page::at_once(words, quote)}
    };
    let id = ["offer1", "offer2"].get(at).copied().unwrap_or("offer3");
    section(id, words.contracts_order_member(at + 1, title), body.into_any())
}

fn steps(words: Words) -> AnyView {
    view! {
        <ol class="what-happens">
            <li><strong>{words.contracts_steps_freeze()}</strong>" "{words.contracts_steps_freeze_text()}</li>
            <li><strong>{words.contracts_steps_hold()}</strong>" "{words.contracts_order_hold_text()}</li>
            <li><strong>{words.contracts_steps_start()}</strong>" "{words.contracts_order_start_text()}</li>
            <li><strong>{words.contracts_steps_open()}</strong>" "{words.contracts_order_open_text()}</li>
        </ol>
        <p>{words.contracts_order_fail()}</p>
    }
    .into_any()
}

/// Where the whole stands, in one sentence.
fn lead(words: Words, undoing: bool, under_way: bool) -> &'static str {
    match (undoing, under_way) {
        (true, _) => words.contracts_order_undoing(),
        (false, true) => words.contracts_order_under_way(),
        (false, false) => words.contracts_order_over(),
    }
}

/// The order after it was signed.
pub(super) fn order(ctx: &PageContext, order: &OrderPage) -> Response {
    let words = ctx.words();
    let heading = words.contracts_order_title();
    let under_way = order.contracts.iter().any(|card| card.state == ContractState::Activating);
    let lead = lead(words, order.undoing, under_way);
    page(ctx, Page::new(heading).private(), || {
        let refresh = under_way.then(|| {
            let href = format!("/orders/{}", order.id);
            view! { <p><a href=href>{words.contracts_order_refresh()}</a></p> }
        });
        view! {
            {breadcrumbs(words, vec![(words.contracts_services_title().to_owned(), "/services".to_owned())])}
            {page_head(heading, Some(lead.to_owned()), vec![])}
            {list::table(ctx, &order.contracts)}
            {refresh}
        }
        .into_any()
    })
}

#[cfg(test)]
mod tests {
    use super::lead;
    use crate::words::Locale;

    #[test]
    fn an_order_that_is_undone_says_so_and_not_that_clouds_are_asked() {
        let words = Locale::En.words();
        assert!(lead(words, true, true).contains("is being undone"));
        assert!(lead(words, false, true).contains("are being asked"));
        assert!(lead(words, false, false).contains("led by itself"));
    }
}
