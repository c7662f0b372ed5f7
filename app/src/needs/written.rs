//! What happens when a document is sent as text: every fault with its path, or rank or save.

use axum::{extract::State, response::Response};
use broker::FieldFault;
use leptos::prelude::*;

use super::{
    guided::{Again, go_on},
    start,
};
use crate::{
    AppState, PageContext,
    fault::fault_text,
    form::FormState,
    ui::{Column, Table},
    words::{Locale, Words},
};

pub(super) async fn send(
    ctx: PageContext,
    State(state): State<AppState>,
    mut form: FormState,
) -> Response {
    let words = ctx.words();
    let check = state.broker.check_requirement_text(form.value("text"));
    let Some(requirement) = check.requirement else {
        // A fault of the whole document has no place of its own to be listed with.
        if let [fault] = check.faults.as_slice()
            && fault.pointer.is_empty()
        {
            form.fail("text", fault_text(words, fault));
            return start::written(&ctx, &form, &[], Some(Again::Faulty));
        }
        let count = i64::try_from(check.faults.len()).unwrap_or(i64::MAX);
        form.fail("text", words.needs_yaml_faults(count));
        return start::written(&ctx, &form, &check.faults, Some(Again::Faulty));
    };
    match go_on(&ctx, &state, &mut form, &requirement).await {
        Ok(response) => response,
        Err(again) => start::written(&ctx, &form, &[], Some(again)),
    }
}

/// All faults with their places in the document.
pub(super) fn faults_view(words: Words, faults: &[FieldFault]) -> Option<AnyView> {
    if faults.is_empty() {
        return None;
    }
    let columns =
        vec![Column::text(words.needs_yaml_path()), Column::text(words.needs_yaml_fault())];
    let rows = faults.iter().map(|fault| {
        let path = if fault.pointer.is_empty() { "/".to_owned() } else { fault.pointer.clone() };
        // What a program would say; only readers of English have something of it.
        let detail = (words.0 == Locale::En)
            .then(|| view! { <span class="hint line">{fault.message.clone()}</span> });
        vec![
            view! { <code>{path}</code> }.into_any(),
            view! { <span>{fault_text(words, fault)}{detail}</span> }.into_any(),
        ]
    });
    Some(Table::new(words.needs_yaml_table(), columns).with_caption().rows(rows).view())
}
