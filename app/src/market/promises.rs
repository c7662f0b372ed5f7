//! Every promise of an offer in the groups of the registry, undeclared ones included and shown as such.

pub(super) mod measurement;

use broker::market::{OfferPage, Promise};
use leptos::prelude::*;
use sla::{Claim, OfferItem, Remedy, Unit};

use super::text;
use crate::{
    PageContext,
    ui::{State, Views, badge},
    words::Words,
};

/// One day in microseconds.
const DAY_US: i64 = 86_400_000_000;

/// The table; groups that hold nothing are left out.
pub fn table(ctx: &PageContext, offer: &OfferPage) -> AnyView {
    let words = ctx.words();
    let mut groups: Views = sla::registry()
        .groups()
        .iter()
        .filter_map(|group| {
            let own = |promise: &&Promise| group_of(&promise.item) == Some(group.key.as_str());
            let rows: Vec<&Promise> = offer.promises.iter().filter(own).collect();
            let label = group.label.get(ctx.locale.sla()).to_owned();
            (!rows.is_empty()).then(|| body(ctx, offer, label, &rows))
        })
        .collect();
    let own: Vec<&Promise> =
        offer.promises.iter().filter(|promise| group_of(&promise.item).is_none()).collect();
    if !own.is_empty() {
        groups.push(body(ctx, offer, words.market_promise_own().to_owned(), &own));
    }
    view! {
        <div class="table stacks promises" role="region" tabindex="0" aria-label=words.market_promise_table()>
            <table>
                <caption class="aside">{words.market_offer_promises()}</caption>
                <thead>
                    <tr>
                        <th scope="col">{words.common_shape_item()}</th>
                        <th scope="col">{words.common_shape_promise()}</th>
                        <th scope="col">{words.market_promise_commitment()}</th>
                        <th scope="col">{words.market_promise_source()}</th>
                    </tr>
                </thead>
                {groups}
            </table>
        </div>
    }
    .into_any()
}

fn group_of(item: &str) -> Option<&'static str> {
    sla::registry().item(item).map(|item| item.group.as_str())
}

fn body(ctx: &PageContext, offer: &OfferPage, label: String, rows: &[&Promise]) -> AnyView {
    let rows: Views = rows.iter().map(|promise| row(ctx, offer, promise)).collect();
    view! {
        <tbody>
            <tr class="group"><th scope="rowgroup" colspan="4">{label}</th></tr>
            {rows}
        </tbody>
    }
    .into_any()
}

fn row(ctx: &PageContext, offer: &OfferPage, promise: &Promise) -> AnyView {
    let words = ctx.words();
    let declared = offer.document.item(&promise.item);
    let label = text::item_label(ctx.locale, &promise.item);
    let name = if group_of(&promise.item).is_some() {
        view! { <a href=format!("/items/{}", promise.item)>{label}</a> }.into_any()
    } else {
        label.into_any()
    };
    let Some(declared) = declared else {
        return view! {
            <tr class="undeclared">
                <th scope="row">{name}</th>
                <td data-label=words.common_shape_promise()>{words.common_not_declared()}</td>
                <td data-label=words.market_promise_commitment()></td>
                <td data-label=words.market_promise_source()></td>
            </tr>
        }
        .into_any();
    };
    let shown = text::promise(ctx.locale, declared);
    let known = sla::registry().item(&promise.item);
    let unit = known.map_or(Unit::None, |item| item.unit);
    let other = known
        .is_some_and(|item| item.differs_from(&declared.value))
        .then(|| view! { <span class="hint line">{words.extend_other_value()}</span> });
    let own = measurement::own(words, declared)
        .map(|text| view! { <span class="hint line">{text}</span> });
    let remedy = declared.remedy.as_ref().map(|remedy| remedy_text(words, unit, remedy));
    view! {
        <tr>
            <th scope="row">{name}</th>
            <td data-label=words.common_shape_promise()>
                <span>{shown}{declared.percentile.map(|p| view! { <span class="hint">" "{words.market_promise_percentile(p.normalize())}</span> })}{own}{other}</span>
            </td>
            <td data-label=words.market_promise_commitment()>
                <span>{text::commitment(words, &promise.commitment)}{remedy.map(|text| view! { <span class="hint line">{text}</span> })}</span>
            </td>
            <td data-label=words.market_promise_source()>{source(words, promise)}{evidence(ctx, declared)}</td>
        </tr>
    }
    .into_any()
}

/// Until when certificates count, and which count no longer.
fn evidence(ctx: &PageContext, promise: &OfferItem) -> Option<AnyView> {
    let words = ctx.words();
    let today = ctx.now.div_euclid(DAY_US);
    let item = sla::registry().item(&promise.item);
    let name = |word: &str| {
        let known = item.and_then(|item| item.words().iter().find(|known| known.key == word));
        known.map_or(word, |known| known.label.get(words.0.sla())).to_owned()
    };
    let lines: Views = promise
        .evidence
        .iter()
        .filter_map(|evidence| {
            let expires = evidence.expires.as_ref()?.to_string();
            let what = name(evidence.scheme.as_deref().unwrap_or(&evidence.kind));
            let text = if evidence.has_ended(today) {
                words.market_promise_ended(what, expires)
            } else {
                words.market_promise_until(what, expires)
            };
            Some(view! { <span class="hint line">{text}</span> }.into_any())
        })
        .collect();
    let over = promise.has_ended(today) || !promise.ended_members(today).is_empty();
    let over = over.then(|| badge(State::Bad, words.market_promise_over()));
    (!lines.is_empty()).then(|| view! { <span>{over}{lines}</span> }.into_any())
}

/// What comes back when the promise is missed.
fn remedy_text(words: Words, unit: Unit, remedy: &Remedy) -> String {
    let locale = words.0.sla();
    let steps: Vec<String> = remedy
        .schedule
        .iter()
        .map(|step| {
            let credit = sla::format_number(Unit::Fraction, step.credit, locale);
            words.market_promise_credit(credit, sla::format_number(unit, step.below, locale))
        })
        .collect();
    let claim = match remedy.claim {
        Claim::Automatic => words.market_promise_automatic(),
        Claim::OnRequest => words.market_promise_on_request(),
    };
    words.market_promise_remedy(steps.join(words.market_list_comma()), claim)
}

/// Where the figure was published; only web addresses become links.
fn source(words: Words, promise: &Promise) -> Option<AnyView> {
    let (address, date) = promise.source.clone()?;
    let shown = match host(&address) {
        Some(host) => {
            view! { <a href=address rel="nofollow noopener external">{host}</a> }.into_any()
        }
        None => address.into_any(),
    };
    let date = (!date.is_empty())
        .then(|| view! { <span class="hint line">{words.market_promise_read(date)}</span> });
    Some(view! { <span>{shown}{date}</span> }.into_any())
}

/// The host of a web address; `None` for anything else.
fn host(address: &str) -> Option<String> {
    let rest = address.strip_prefix("https://").or_else(|| address.strip_prefix("http://"))?;
    let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
    (!host.is_empty() && !host.contains('@')).then(|| host.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_web_addresses_become_links() {
        assert_eq!(host("https://aws.amazon.com/sla?x=1").as_deref(), Some("aws.amazon.com"));
        for other in ["javascript:alert(1)", "https://", "ftp://a.example", "https://a@b.example/"]
        {
            assert_eq!(host(other), None, "{other}");
        }
    }
}
