//! Words for categories and their attributes.

use broker::categories::{ProposalKind, ProposalState};
use leptos::prelude::*;
use sla::{AttributeKind, Category};

use crate::{
    ui::{Column, State, Table, badge, chip},
    words::Words,
};

/// What is proposed.
pub(crate) fn kind(words: Words, kind: ProposalKind) -> &'static str {
    match kind {
        ProposalKind::Define => words.catalog_proposal_define(),
        ProposalKind::Retire => words.catalog_proposal_retire(),
        ProposalKind::Restore => words.catalog_proposal_restore(),
    }
}

/// Where a proposal stands.
pub(crate) fn state(words: Words, state: ProposalState) -> AnyView {
    match state {
        ProposalState::Waiting => badge(State::Attention, words.catalog_state_waiting()),
        ProposalState::Accepted => badge(State::Good, words.catalog_state_accepted()),
        ProposalState::Refused => badge(State::Bad, words.catalog_state_refused()),
        ProposalState::TakenBack => badge(State::Quiet, words.catalog_state_taken_back()),
    }
}

/// The type of an attribute with what it takes.
fn takes(words: Words, kind: &AttributeKind) -> String {
    match kind {
        AttributeKind::Choice { choices } => {
            let names: Vec<&str> =
                choices.iter().map(|choice| choice.title.get(words.0.sla())).collect();
            format!("{}: {}", words.catalog_kind_choice(), names.join(words.market_list_comma()))
        }
        AttributeKind::Number { unit, min, max } => {
            let end =
                |end: &Option<sla::Decimal>| end.map(|end| end.to_string()).unwrap_or_default();
            let bounds = match (min, max) {
                (None, None) => String::new(),
                _ => format!(" {} – {}", end(min), end(max)),
            };
            format!("{}{bounds} {unit}", words.catalog_kind_number()).trim_end().to_owned()
        }
        AttributeKind::Boolean => words.catalog_kind_boolean().to_owned(),
        AttributeKind::Version => words.catalog_kind_version().to_owned(),
    }
}

/// The attributes of a category as a table.
pub(super) fn attributes(words: Words, category: &Category) -> Option<AnyView> {
    if category.attributes.is_empty() {
        return None;
    }
    let columns = vec![
        Column::text(words.catalog_attributes()),
        Column::text(words.catalog_key()),
        Column::text(words.catalog_type()),
        Column::text(words.catalog_desk_state()),
    ];
    let rows = category.attributes.iter().map(|attribute| {
        let help = attribute.help.get(words.0.sla()).to_owned();
        let help = (!help.is_empty()).then(|| view! { <p class="hint">{help}</p> });
        let said = match attribute.required {
            true => words.catalog_required(),
            false => words.catalog_optional(),
        };
        let title = attribute.title.get(words.0.sla()).to_owned();
        vec![
            view! { {title}{help} }.into_any(),
            view! { <code>{attribute.key.clone()}</code> }.into_any(),
            takes(words, &attribute.kind).into_any(),
            chip(said),
        ]
    });
    Some(Table::new(words.catalog_attributes(), columns).rows(rows).view())
}
