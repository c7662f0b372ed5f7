//! The bench on which a need is worked on: its fields, its shape, and what can be done with it.
//!
//! Drawn whole by the server; sending the form is the way without script. The island around it moves
//! the same fields and the same drawing by hand. Ranked lists are `ranked` and `rows`.

use leptos::prelude::*;
use matching::{Mode, Value};
use serde_json::json;
use sla::{ItemDef, ItemKind};

use super::{
    form as fields,
    ranked::{Shown, count, ordered},
    start, studio as given, times,
};
use crate::{
    PageContext,
    address::Address,
    islands::Studio,
    market::text,
    studio::{
        Ask,
        draw::{self, Axis, Form, Titles},
        html,
    },
    ui::{Button, Look, Views, link_button},
    words::{Locale, Words, integer},
};

/// Fewer corners make no shape.
const AXES_MIN: usize = 3;
/// Offers that the way to the comparison takes along.
const COMPARED: usize = 3;

/// The bench above the lists that belong to it.
pub(super) fn view(ctx: &PageContext, shown: &Shown, fits: AnyView) -> AnyView {
    let words = ctx.words();
    let first = shown.list.matches.first().or(shown.list.near_misses.first());
    let values: Vec<&Value> = first
        .map(|first| first.explanation.rows.iter().filter_map(|row| row.promised.as_ref()))
        .into_iter()
        .flatten()
        .collect();
    let asks = given::asks(words, &shown.list.requirement, &values);
    let left = view! {
        <div class="workbench">
            {jump(words, shown)}
            {head(ctx, shown)}
            {shape(words, shown, &asks)}
            {folded(words, &asks, form(ctx, shown, &asks))}
            {picker(words, shown, &asks)}
            {what_if(words)}
        </div>
    };
    let compare = compare(words, shown);
    view! {
        <Studio
            need=shown.need.clone()
            locale=ctx.locale.tag().to_owned()
            order=shown.list.order.name().to_owned()
            rows=u32::try_from(shown.rows).unwrap_or(u32::MAX)
        >
            <div class="bench">
                {left}
                <div class="outcome" id="results">
                    <p class="hint status" role="status" data-status></p>
                    {compare}
                    {fits}
                    <div class="live" data-live hidden></div>
                </div>
            </div>
        </Studio>
    }
    .into_any()
}

/// On narrow screens the way past the bench to the lists, which stand below it there.
fn jump(words: Words, shown: &Shown) -> AnyView {
    let (matched, all) = (count(shown.list.matched), count(shown.list.considered));
    let text = words.needs_jump(matched, integer(all.saturating_sub(matched)));
    view! { <p class="jump"><a href="#results" data-jump>{text}</a></p> }.into_any()
}

/// The fields, folded on narrow screens, where the lists come first; wide ones always show them.
fn folded(words: Words, asks: &[Ask], fields: AnyView) -> AnyView {
    let asked = words.needs_form_asked(html::asked(asks));
    view! {
        <details class="fold" data-fold>
            <summary>{words.needs_fold()}" "<span class="hint" data-asked>{asked}</span></summary>
            {fields}
        </details>
    }
    .into_any()
}

/// Leads to the first three side by side with the need; kept to the first three while they change.
fn compare(words: Words, shown: &Shown) -> Option<AnyView> {
    let rows = shown.list.matches.iter().chain(&shown.list.near_misses).take(COMPARED);
    let rows: Vec<_> = rows.collect();
    let address = rows.iter().fold(Address::new("/market/compare"), |address, row| {
        address.and("offer", row.card.id.to_string())
    });
    let href = address.and("need", shown.need.clone()).to_string();
    (rows.len() > 1).then(|| {
        view! { <p><a href=href data-compare>{words.needs_studio_compare()}</a></p> }.into_any()
    })
}

/// Room for what each single relaxation would bring; without script the list of the server says it.
fn what_if(words: Words) -> AnyView {
    view! {
        <section class="what-if" aria-labelledby="what-if-title" hidden data-what-if>
            <h2 id="what-if-title">{words.needs_studio_what_if()}</h2>
            <p class="hint">{words.needs_studio_what_if_text()}</p>
            <p class="actions" hidden data-undo><button type="button" class="button secondary"></button></p>
            <div data-gains></div>
        </section>
    }
    .into_any()
}

/// What can be done with the need.
fn head(ctx: &PageContext, shown: &Shown) -> AnyView {
    let words = ctx.words();
    let edit = |by: &str| {
        Address::new("/needs/new").and("by", by).and("need", shown.need.clone()).to_string()
    };
    let link =
        ordered(Address::new("/needs").and("doc", shown.list.share_code.clone()), shown.list.order);
    view! {
        <h2 id="asked-title">{words.needs_asked()}</h2>
        <div class="actions">
            {link_button(Look::Secondary, words.needs_edit(), edit("form"))}
            {link_button(Look::Quiet, words.needs_edit_yaml(), edit("yaml"))}
            {save(ctx, shown)}
        </div>
        <p class="hint"><a href=link.to_string() data-share>{words.needs_share()}</a></p>
    }
    .into_any()
}

/// Saves the need, or leads to sign-in and back to it.
fn save(ctx: &PageContext, shown: &Shown) -> Option<AnyView> {
    let words = ctx.words();
    if shown.saved.is_some() {
        return None;
    }
    let code = shown.list.share_code.clone();
    if ctx.viewer.is_none() {
        let back = Address::new("/needs").and("doc", code).to_string();
        let href = Address::new("/account/sign-in").and("next", back).to_string();
        let name = words.needs_sign_in();
        return Some(
            view! { <a class="button quiet" href=href data-sign-in>{name}</a> }.into_any(),
        );
    }
    Some(
        view! {
            <form method="post" action="/needs/save">
                <input type="hidden" name="doc" value=code data-doc/>
                {Button::primary(words.needs_save()).view()}
            </form>
        }
        .into_any(),
    )
}

/// The fields of everything asked; sent without script, followed live with it.
fn form(ctx: &PageContext, shown: &Shown, asks: &[Ask]) -> AnyView {
    let words = ctx.words();
    let requirement = &shown.list.requirement;
    let title = |locale: Locale| {
        requirement.metadata.title.0.get(locale.tag()).cloned().unwrap_or_default()
    };
    let users = requirement.spec.user_regions.join(" ");
    let version = Some(start::made_of(&shown.need, Some(requirement)))
        .filter(|version| !version.is_empty())
        .map(|version| view! { <input type="hidden" name=fields::VERSION value=version/> });
    view! {
        <form class="wishes" method="post" action="/needs/new" data-wishes>
            <input type="hidden" name="need" value=shown.need.clone()/>
            {version}
            <input type="hidden" name=fields::title_field(Locale::En) value=title(Locale::En)/>
            <input type="hidden" name=fields::title_field(Locale::Ja) value=title(Locale::Ja)/>
            <div class="field users">
                <label for="user_regions">{words.needs_form_users()}</label>
                <p class="hint" id="user_regions-hint">{words.needs_form_users_hint()}</p>
                <input id="user_regions" name="user_regions" type="text" data-part="users" value=users autocomplete="off" aria-describedby="user_regions-hint user_regions-error"/>
                <p class="error" id="user_regions-error" role="status" hidden></p>
            </div>
            <div class="wish-list" data-fields inner_html=html::fields(words, asks, false)></div>
            <div class="sheet" data-sheet inner_html=shown.sheet.clone()></div>
            <p class="actions">{Button::primary(words.needs_see()).sends("do", "rank").view()}</p>
        </form>
    }
    .into_any()
}

/// All other items in their groups; a click asks for one, without script by the guided form.
fn picker(words: Words, shown: &Shown, asks: &[Ask]) -> AnyView {
    let registry = sla::registry();
    let locale = words.0.sla();
    let users = &shown.list.requirement.spec.user_regions;
    let form = Address::new("/needs/new").and("by", "form").and("need", shown.need.clone());
    let groups: Views = registry
        .groups()
        .iter()
        .map(|group| {
            let items: Views = registry
                .in_group(&group.key)
                .map(|item| {
                    let asked = asks.iter().any(|ask| ask.key == item.key && ask.time.is_none());
                    let href = format!("{form}#ask-{}", item.key);
                    let usual = usual(item, users).to_string();
                    view! {
                        <li data-pick=item.key.clone() hidden=asked>
                            <a href=href data-add=usual>{item.label(locale).to_owned()}</a>
                            <span class="hint">{item.help(locale).to_owned()}</span>
                        </li>
                    }
                    .into_any()
                })
                .collect();
            view! { <div class="pick-group"><h3>{group.label.get(locale).to_owned()}</h3><ul>{items}</ul></div> }
                .into_any()
        })
        .collect();
    view! {
        <details class="picker" data-picker>
            <summary>{words.needs_studio_add()}</summary>
            <div class="field" hidden data-search>
                <label for="search-items">{words.needs_studio_search()}</label>
                <input id="search-items" type="search" autocomplete="off" data-part="search"/>
            </div>
            <p class="hint" hidden data-none role="status">{words.needs_studio_search_none()}</p>
            {groups}
        </details>
    }
    .into_any()
}

/// What a first click on an item asks, as documents write it.
fn usual(item: &ItemDef, users: &[String]) -> serde_json::Value {
    let usual = times::usual(item, users);
    let op = item.operators().first().map(|op| op.as_str());
    let (scheme, value) = match (usual.value.split_once(':'), &item.kind) {
        (Some((scheme, level)), ItemKind::SchemeLevel) => (Some(scheme), json!(level)),
        (_, ItemKind::Set(_) | ItemKind::Countries) => (None, json!([usual.value])),
        _ => (None, json!(usual.value)),
    };
    let mut asked = json!({"item": item.key, "level": usual.level, "op": op, "value": value});
    if let Some(fields) = asked.as_object_mut() {
        fields.extend(scheme.map(|scheme| ("scheme".to_owned(), json!(scheme))));
        if item.key == "performance.e2e_response_time" {
            fields.insert("percentile".to_owned(), json!(95));
        }
    }
    asked
}

/// The shape with the first row's promise, the table beside it, and room for what only a hand needs.
fn shape(words: Words, shown: &Shown, asks: &[Ask]) -> AnyView {
    let first = shown.list.matches.first().or(shown.list.near_misses.first());
    let title = first.map_or_else(
        || words.needs_studio_nobody().to_owned(),
        |first| text::title(words.0, &first.card),
    );
    let axes = axes(words, shown, asks);
    let drawing = if axes.len() < AXES_MIN {
        String::new()
    } else {
        let titles = Titles {
            title: &words.needs_studio_shape_of(&title),
            description: words.needs_studio_shape_hint(),
        };
        draw::chart(&axes, Form::Radar, titles, false)
    };
    let table = html::table(words, asks, first.map(|first| &first.explanation), &title);
    view! {
        <section class="seen" aria-labelledby="shape-title">
            <h2 id="shape-title" class="aside">{words.needs_studio_shape()}</h2>
            <figure class="chart shape studio-shape">
                <div class="canvas" data-chart inner_html=drawing></div>
                <figcaption>
                    <span class="key need">{words.common_shape_need()}</span>
                    <span class="key promise">{words.common_shape_promise()}": "<span data-focus-name>{title}</span></span>
                    <span>{words.needs_studio_gap()}</span>
                </figcaption>
            </figure>
            <div class="toggle asleep" role="group" aria-label=words.needs_studio_view() data-sleeps>
                <button type="button" data-form="radar" aria-pressed="true">{words.needs_studio_radar()}</button>
                <button type="button" data-form="rose" aria-pressed="false">{words.needs_studio_rose()}</button>
            </div>
            <p class="hint asleep" data-sleeps data-hint>{words.needs_studio_shape_hint()}</p>
            <details class="disclosure"><summary>{words.common_chart_table()}</summary><div class="inside" data-table inner_html=table></div></details>
        </section>
    }
    .into_any()
}

fn axes(words: Words, shown: &Shown, asks: &[Ask]) -> Vec<Axis> {
    let Some(first) = shown.list.matches.first().or(shown.list.near_misses.first()) else {
        return Vec::new();
    };
    let axis = |(index, ask): (usize, &Ask)| {
        let found = first.axes.iter().find(|axis| axis.item == ask.key)?;
        // What several times ask is drawn once, as the first of them asks it.
        let row = ask.rows.first().and_then(|row| first.explanation.rows.get(*row))?;
        Some(Axis {
            ask: index,
            label: ask.label.clone(),
            lines: ask.lines.clone(),
            need: Some(found.asked?),
            promise: found.promised,
            need_text: crate::studio::say::asked_text(words, ask, row),
            share: 1.0,
            moves: false,
        })
    };
    let asked = asks.iter().enumerate();
    let asked = asked.filter(|(_, ask)| ask.mode != Mode::BestEffort && !ask.floor);
    let first = |index: usize, key: &str| {
        asks.get(..index).unwrap_or_default().iter().all(|other| other.key != key)
    };
    asked.filter(|(index, ask)| first(*index, &ask.key)).filter_map(axis).collect()
}
