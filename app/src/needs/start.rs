//! Where a need begins: three templates, a guided form, or a document.

use axum::{
    extract::{RawQuery, State},
    http::StatusCode,
    response::Response,
};
use broker::requirements::RequirementSource;
use leptos::prelude::*;
use sla::Requirement;

use super::{form as fields, guided::Again, item_field, read_source, say, times};
use crate::{
    AppState, PageContext,
    address::Address,
    fault::fault_page,
    form::{FormState, shown_again},
    layout::error_page::error_page,
    render::{Page, Width, page},
    ui::{Button, Field, Kind, Tab, Views, error_summary, notice, page_head, tabs},
    words::Words,
};

/// The three ways to begin.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Way {
    Templates,
    Form,
    Yaml,
}

impl Way {
    const ALL: [Self; 3] = [Self::Templates, Self::Form, Self::Yaml];

    fn from_word(word: &str) -> Self {
        match word {
            "form" => Self::Form,
            "yaml" => Self::Yaml,
            _ => Self::Templates,
        }
    }

    fn word(self) -> &'static str {
        match self {
            Self::Templates => "templates",
            Self::Form => "form",
            Self::Yaml => "yaml",
        }
    }

    fn label(self, words: Words) -> &'static str {
        match self {
            Self::Templates => words.needs_new_templates(),
            Self::Form => words.needs_new_form(),
            Self::Yaml => words.needs_new_yaml(),
        }
    }

    fn title(self, words: Words) -> &'static str {
        match self {
            Self::Templates => words.needs_new_title(),
            Self::Form => words.needs_new_title_form(),
            Self::Yaml => words.needs_new_title_yaml(),
        }
    }
}

pub(super) async fn show(
    ctx: PageContext,
    State(state): State<AppState>,
    RawQuery(raw): RawQuery,
) -> Response {
    let query = FormState::from_urlencoded(&raw.unwrap_or_default());
    let way = Way::from_word(query.value("by"));
    let need = query.value("need").to_owned();
    let base = match read_source(&need) {
        None if need.is_empty() => None,
        // A need that nobody could have saved is none that was lost.
        None => return error_page(&ctx, StatusCode::NOT_FOUND),
        Some(source) => match state.broker.resolve_requirement(&ctx.op(), &source).await {
            Ok((requirement, _)) => Some(requirement),
            Err(error) => return fault_page(&ctx, &error),
        },
    };
    let need = if base.is_some() { need } else { String::new() };
    let made_of = made_of(&need, base.as_ref());
    match way {
        Way::Templates => templates(&ctx, &state),
        Way::Form => {
            let form = base.as_ref().map_or_else(
                || FormState::empty().with("user_regions", "JP"),
                |base| filled(&state, base),
            );
            let form = form.with("need", need).with(fields::VERSION, made_of);
            guided(&ctx, &form, base.as_ref(), None)
        }
        Way::Yaml => {
            let text = base.as_ref().map(sla::to_yaml).unwrap_or_default();
            let form = FormState::empty().with("text", text).with("need", need);
            written(&ctx, &form.with(fields::VERSION, made_of), &[], None)
        }
    }
}

/// Every field, filled with a document.
pub(super) fn filled(state: &AppState, base: &Requirement) -> FormState {
    let form = fields::fill(&state.broker.requirement_form(base));
    times::fill(form, &state.broker.requirement_times(base))
}

/// The version of a saved need that a form is made of; empty for what is not saved.
pub(super) fn made_of(need: &str, base: Option<&Requirement>) -> String {
    let saved = matches!(read_source(need), Some(RequirementSource::Saved(_)));
    base.filter(|_| saved).map(|base| base.metadata.version.to_string()).unwrap_or_default()
}

fn frame(
    ctx: &PageContext,
    way: Way,
    need: &str,
    again: Option<Again>,
    body: impl FnOnce() -> AnyView,
) -> Response {
    let words = ctx.words();
    let status = again.map_or(StatusCode::OK, Again::status);
    let about = Page::new(way.title(words)).description(words.home_lead()).status(status);
    page(ctx, about.width(Width::Normal), || {
        let all = Way::ALL
            .into_iter()
            .map(|each| Tab {
                label: each.label(words).to_owned(),
                href: Address::new("/needs/new")
                    .and("by", each.word())
                    .and_some("need", need)
                    .to_string(),
                current: each == way,
            })
            .collect();
        view! {
            {page_head(way.title(words), Some(words.needs_new_lead().to_owned()), vec![])}
            {tabs(words.needs_new_ways(), all)}
            {body()}
        }
        .into_any()
    })
}

fn templates(ctx: &PageContext, state: &AppState) -> Response {
    let words = ctx.words();
    let all = state.broker.templates();
    frame(ctx, Way::Templates, "", None, || {
        let cards: Views = all
            .iter()
            .map(|template| template_card(words, &template.key, &template.requirement))
            .collect();
        view! { <ul class="stalls">{cards}</ul> }.into_any()
    })
}

/// A template with what it asks firmly.
fn template_card(words: Words, key: &str, requirement: &Requirement) -> AnyView {
    let items: Views = requirement
        .spec
        .profiles
        .normal
        .items
        .iter()
        .filter(|item| item.level == sla::Demand::Must)
        .take(5)
        .map(|item| {
            let label = crate::market::text::item_label(words.0, &item.item);
            view! { <li><span class="soft">{label}</span>" "{say::item_text(words, item)}</li> }
                .into_any()
        })
        .collect();
    let title = requirement.metadata.title.get(words.0.sla()).to_owned();
    view! {
        <li class="stall">
            <h2><a href=format!("/needs/templates/{key}")>{title}</a></h2>
            <ul class="asks">{items}</ul>
            <span class="go" aria-hidden="true">{words.home_template_start()}" →"</span>
        </li>
    }
    .into_any()
}

/// The guided form, empty, filled or with its faults.
pub(super) fn guided(
    ctx: &PageContext,
    form: &FormState,
    base: Option<&Requirement>,
    again: Option<Again>,
) -> Response {
    let words = ctx.words();
    frame(ctx, Way::Form, form.value("need"), again, || {
        let title = fields::title_field(ctx.locale);
        let other = if title == "title_en" { "title_ja" } else { "title_en" };
        view! {
            {error_summary(form, words)}
            {newer(words, form, Way::Form, again)}
            {base.map(|base| hidden_parts(words, base))}
            <form class="form need-form" method="post" action="/needs/new">
                {origin(form, again)}
                <input type="hidden" name=other value=shown_again(form.value(other))/>
                {Field::text(title, words.needs_form_title()).hint(words.needs_form_title_hint()).of(form).max_length(120).view()}
                {Field::text("user_regions", words.needs_form_users()).hint(words.needs_form_users_hint()).of(form).view()}
                <p>{words.needs_form_items()}</p>
                {groups(words, form)}
                {own(words, form)}
                <div class="sheet">{times::sheet(words, form, normal(base))}</div>
                {send(ctx, again)}
            </form>
        }
        .into_any()
    })
}

/// What the form was made of; after somebody saved meanwhile, what is saved over next.
fn origin(form: &FormState, again: Option<Again>) -> AnyView {
    let version = match again {
        Some(Again::Newer(version)) => Some(version),
        _ => fields::made_of(form),
    };
    let version = version.map(|version| {
        view! { <input type="hidden" name=fields::VERSION value=version.to_string()/> }
    });
    view! { <input type="hidden" name="need" value=form.value("need").to_owned()/>{version} }
        .into_any()
}

/// Says that somebody saved meanwhile, and leads to what was saved; the form below keeps what was typed.
fn newer(words: Words, form: &FormState, way: Way, again: Option<Again>) -> Option<AnyView> {
    let Some(Again::Newer(version)) = again else { return None };
    let href = Address::new("/needs/new")
        .and("by", way.word())
        .and("need", form.value("need"))
        .to_string();
    let body = view! {
        <p>{words.needs_newer_text(version + 1)}</p>
        <p><a href=href>{words.needs_newer_open(version)}</a></p>
    };
    let inside = notice(Kind::Attention, words.needs_newer(version), body.into_any());
    Some(
        view! { <div class="summary" role="alert" tabindex="-1" autofocus=true>{inside}</div> }
            .into_any(),
    )
}

/// What a need asks every day.
pub(super) fn normal(base: Option<&Requirement>) -> &[sla::RequirementItem] {
    base.map_or(&[], |base| &base.spec.profiles.normal.items)
}

/// What stays as it is because the form has no field for it.
fn hidden_parts(words: Words, base: &Requirement) -> Option<AnyView> {
    let has_more =
        |item: &sla::RequirementItem| item.min_commitment.is_some() || item.max_age_days.is_some();
    let more = normal(Some(base)).iter().any(has_more);
    let body = view! { <p>{words.needs_form_details()}</p> }.into_any();
    more.then(|| notice(Kind::Note, words.needs_form_kept(), body))
}

/// The items of one's own that are asked.
fn own(words: Words, form: &FormState) -> Option<AnyView> {
    let keys = fields::own_keys(form);
    let rows: Views = keys.iter().map(|key| item_field::own(words, form, key, key)).collect();
    (!rows.is_empty()).then(|| {
        view! {
            <details class="group" open>
                <summary>{words.needs_own()}</summary>
                <div class="inside">{rows}</div>
            </details>
        }
        .into_any()
    })
}

/// The items in their groups; a group with something in it is open.
fn groups(words: Words, form: &FormState) -> Views {
    let registry = sla::registry();
    let first_visit = form.value("title_en").is_empty() && form.value("title_ja").is_empty();
    registry
        .groups()
        .iter()
        .enumerate()
        .map(|(index, group)| {
            let items: Vec<_> = registry.in_group(&group.key).collect();
            let asked = items
                .iter()
                .filter(|item| {
                    form.filled(&fields::value_field(&item.key)).is_some()
                        || form.value(&fields::level_field(&item.key)) == "best_effort"
                })
                .count();
            let open = asked > 0 || (first_visit && index == 0);
            let count = i64::try_from(asked).unwrap_or(0);
            let count = (asked > 0)
                .then(|| view! { <span class="hint">" "{words.needs_form_asked(count)}</span> });
            let rows: Views =
                items.into_iter().map(|item| item_field::view(words, form, item)).collect();
            view! {
                <details class="group" open=open>
                    <summary>{group.label.get(words.0.sla()).to_owned()}{count}</summary>
                    <div class="inside">{rows}</div>
                </details>
            }
            .into_any()
        })
        .collect()
}

/// The buttons of both forms; saving needs an account.
fn send(ctx: &PageContext, again: Option<Again>) -> AnyView {
    let words = ctx.words();
    let save = match (again, &ctx.viewer) {
        (_, None) => Button::secondary(words.needs_save()).refused(words.needs_save_later()),
        (Some(Again::Newer(version)), _) => {
            Button::secondary(words.needs_newer_save(version + 1)).sends("do", "save")
        }
        _ => Button::secondary(words.needs_save()).sends("do", "save"),
    };
    view! { <p class="actions sticky">{Button::primary(words.needs_see()).sends("do", "rank").view()}{save.view()}</p> }
        .into_any()
}

/// The document as text, with the faults found in it.
pub(super) fn written(
    ctx: &PageContext,
    form: &FormState,
    faults: &[broker::FieldFault],
    again: Option<Again>,
) -> Response {
    let words = ctx.words();
    frame(ctx, Way::Yaml, form.value("need"), again, || {
        view! {
            {error_summary(form, words)}
            {newer(words, form, Way::Yaml, again)}
            {super::written::faults_view(words, faults)}
            <form class="form wide" method="post" action="/needs/new/yaml">
                {origin(form, again)}
                {Field::area("text", words.needs_yaml_label(), 24).hint(words.needs_yaml_hint()).of(form).view()}
                {send(ctx, again)}
            </form>
        }
        .into_any()
    })
}
