//! What happens when the guided form is sent: check, keep what the form cannot show, rank or save.

use axum::{extract::State, http::StatusCode, response::Response};
use broker::{
    BrokerError,
    requirements::{RequirementSource, SavedRequirement},
};
use domain::RequirementId;
use sla::Requirement;

use super::{form as fields, merge::merged, read_source, source::source_address, start, times};
use crate::{
    AppState, FlashKind, PageContext,
    fault::{fault_page, note_faults},
    form::FormState,
    layout::error_page::error_page,
    render::redirect,
};

/// Why a form is shown again instead of ranked or saved.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Again {
    /// Faults were noted at it.
    Faulty,
    /// Somebody saved this version after the one it was made of.
    Newer(i64),
}

impl Again {
    pub(super) const fn status(self) -> StatusCode {
        match self {
            Self::Faulty => StatusCode::UNPROCESSABLE_ENTITY,
            Self::Newer(_) => StatusCode::CONFLICT,
        }
    }
}

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
        return start::guided(&ctx, &form, base.as_ref(), Some(Again::Faulty));
    };
    match go_on(&ctx, &state, &mut form, &whole).await {
        Ok(response) => response,
        Err(again) => start::guided(&ctx, &form, base.as_ref(), Some(again)),
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

/// Ranks or saves a sound document.
pub(super) async fn go_on(
    ctx: &PageContext,
    state: &AppState,
    form: &mut FormState,
    whole: &Requirement,
) -> Result<Response, Again> {
    if form.value("do") == "save" {
        return save(ctx, state, form, whole).await;
    }
    let words = ctx.words();
    let code = state.broker.share_code(whole);
    if code.len() > CODE_MAX {
        let stranger = ctx.viewer.is_none();
        let text = if stranger { words.needs_too_long_stranger() } else { words.needs_too_long() };
        form.fail("", text);
        return Err(Again::Faulty);
    }
    let address = source_address(&RequirementSource::Shared(code)).ok_or(Again::Faulty)?;
    Ok(redirect(&address.to_string(), None))
}

async fn save(
    ctx: &PageContext,
    state: &AppState,
    form: &mut FormState,
    whole: &Requirement,
) -> Result<Response, Again> {
    let words = ctx.words();
    let existing = match read_source(form.value("need")) {
        Some(RequirementSource::Saved(id)) => Some(id),
        _ => None,
    };
    match written(ctx, state, form, whole, existing).await {
        Ok(saved) => {
            let done = (FlashKind::Done, words.needs_saved().to_owned());
            Ok(redirect(&format!("/needs/{}", saved.card.id), Some(done)))
        }
        Err(BrokerError::Invalid(faults)) => {
            fields::note_document(form, words, whole, &faults);
            Err(Again::Faulty)
        }
        Err(error) => {
            if let Some(version) = newer(ctx, state, &error, existing).await {
                return Err(Again::Newer(version));
            }
            if note_faults(form, words, &error) {
                return Err(Again::Faulty);
            }
            Ok(fault_page(ctx, &error))
        }
    }
}

/// Writes the document; one that was made of a saved version only as the next of it.
async fn written(
    ctx: &PageContext,
    state: &AppState,
    form: &FormState,
    whole: &Requirement,
    existing: Option<RequirementId>,
) -> Result<SavedRequirement, BrokerError> {
    let (op, text) = (ctx.op(), sla::to_yaml(whole));
    match (existing, fields::made_of(form)) {
        (Some(id), Some(version)) => state.broker.revise_requirement(&op, &text, id, version).await,
        _ => state.broker.save_requirement(&op, &text, existing).await,
    }
}

/// The version that somebody saved meanwhile, where that is why nothing was written.
async fn newer(
    ctx: &PageContext,
    state: &AppState,
    error: &BrokerError,
    existing: Option<RequirementId>,
) -> Option<i64> {
    let changed = matches!(error, BrokerError::Conflict { code: "requirement_changed", .. });
    let id = existing.filter(|_| changed)?;
    state.broker.requirement(&ctx.op(), id).await.ok().map(|saved| saved.card.version)
}
