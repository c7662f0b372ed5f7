//! What happens when the guided form is sent: check, keep what the form cannot show, rank or save.

use axum::{extract::State, http::StatusCode, response::Response};
use broker::{BrokerError, requirements::RequirementSource};
use sla::Requirement;

use super::{form as fields, merge::merged, read_source, source::source_address, start, times};
use crate::{
    AppState, FlashKind, PageContext,
    fault::{fault_page, note_faults},
    form::FormState,
    layout::error_page::error_page,
    render::redirect,
};

/// Longest code that fits into an address; see `Broker::resolve_requirement`.
const CODE_MAX: usize = 7000;

pub(super) async fn send(
    ctx: PageContext,
    State(state): State<AppState>,
    mut form: FormState,
) -> Response {
    let base = match read_source(form.value("need")) {
        None if form.value("need").is_empty() => None,
        None => return error_page(&ctx, StatusCode::NOT_FOUND),
        Some(source) => match state.broker.resolve_requirement(&ctx.op(), &source).await {
            Ok((requirement, _)) => Some(requirement),
            Err(error) => return fault_page(&ctx, &error),
        },
    };
    let Some(whole) = edited(&ctx, &state, &mut form, base.as_ref()) else {
        return start::guided(&ctx, &form, base.as_ref(), StatusCode::UNPROCESSABLE_ENTITY);
    };
    match go_on(&ctx, &state, &mut form, &whole).await {
        Some(response) => response,
        None => start::guided(&ctx, &form, base.as_ref(), StatusCode::UNPROCESSABLE_ENTITY),
    }
}

/// The document that the fields make of a need; `None` when faults were noted at them.
pub(super) fn edited(
    ctx: &PageContext,
    state: &AppState,
    form: &mut FormState,
    base: Option<&Requirement>,
) -> Option<Requirement> {
    let words = ctx.words();
    let check = state.broker.check_requirement_form(&fields::read(form, words));
    let Some(edited) = check.requirement else {
        fields::note(form, words, &check.faults);
        return None;
    };
    let whole = match base {
        Some(base) => merged(base, edited, |key| !form.names(&fields::level_field(key))),
        None => edited,
    };
    let normal = &whole.spec.profiles.normal.items;
    let Some(mut told) = times::read(form, normal, &whole.spec.user_regions) else {
        return Some(whole);
    };
    if let Some(base) = base {
        // A floor that nobody touched follows what is asked every day.
        let (before, now) =
            (state.broker.requirement_times(base), state.broker.requirement_times(&whole));
        times::follow(&mut told, &before, &now);
    }
    let check = state.broker.check_requirement_times(&whole, &told);
    if check.requirement.is_none() {
        fields::note(form, words, &check.faults);
    }
    check.requirement
}

/// Ranks or saves a sound document; `None` when faults were noted at the form.
pub(super) async fn go_on(
    ctx: &PageContext,
    state: &AppState,
    form: &mut FormState,
    whole: &Requirement,
) -> Option<Response> {
    let words = ctx.words();
    if form.value("do") == "save" {
        let existing = match read_source(form.value("need")) {
            Some(RequirementSource::Saved(id)) => Some(id),
            _ => None,
        };
        return match state.broker.save_requirement(&ctx.op(), &sla::to_yaml(whole), existing).await
        {
            Ok(saved) => {
                let done = (FlashKind::Done, words.needs_saved().to_owned());
                Some(redirect(&format!("/needs/{}", saved.card.id), Some(done)))
            }
            Err(BrokerError::Invalid(faults)) => {
                fields::note_document(form, words, whole, &faults);
                None
            }
            Err(error) if note_faults(form, words, &error) => None,
            Err(error) => Some(fault_page(ctx, &error)),
        };
    }
    let code = state.broker.share_code(whole);
    if code.len() > CODE_MAX {
        let stranger = ctx.viewer.is_none();
        let text = if stranger { words.needs_too_long_stranger() } else { words.needs_too_long() };
        form.fail("", text);
        return None;
    }
    let address = source_address(&RequirementSource::Shared(code))?;
    Some(redirect(&address.to_string(), None))
}
