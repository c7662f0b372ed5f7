//! What a refused use case says to a reader: pages for errors, and faults at their fields.
//!
//! Texts are chosen by stable codes, so that they exist in every language; `found` and `allowed` come
//! with the fault.

use axum::{http::StatusCode, response::Response};
use broker::{BrokerError, FieldFault};

use crate::{context::PageContext, form::FormState, layout::error_page::ErrorPage, words::Words};

/// The page for an error that no form can show.
pub fn fault_page(ctx: &PageContext, error: &BrokerError) -> Response {
    let status = status_of(error);
    if status.is_server_error() {
        tracing::error!(request.id = %ctx.request_id, page.path = %ctx.path, error = %chain(error), "a page could not be made");
    }
    let mut page = ErrorPage::of_status(ctx, status);
    if let Some(text) = conflict_text(ctx.words(), error) {
        page.text = text;
    }
    page.respond(ctx)
}

/// The HTTP status of an error, the same as the API's.
pub fn status_of(error: &BrokerError) -> StatusCode {
    match error {
        BrokerError::SignInFirst | BrokerError::WrongCredentials => StatusCode::UNAUTHORIZED,
        BrokerError::WrongRole => StatusCode::FORBIDDEN,
        BrokerError::NotFound { .. } => StatusCode::NOT_FOUND,
        BrokerError::Invalid(_) => StatusCode::UNPROCESSABLE_ENTITY,
        BrokerError::Conflict { .. } | BrokerError::NotOrderable { .. } => StatusCode::CONFLICT,
        BrokerError::TooManyAttempts { .. } => StatusCode::TOO_MANY_REQUESTS,
        BrokerError::Storage(_) | BrokerError::Search(_) | BrokerError::Internal(_) => {
            StatusCode::INTERNAL_SERVER_ERROR
        }
    }
}

/// Notes an error at the form it came from. `false` when it is none of the reader's making: then show
/// [`fault_page`].
pub fn note_faults(form: &mut FormState, words: Words, error: &BrokerError) -> bool {
    match error {
        BrokerError::Invalid(faults) => {
            for fault in faults {
                form.fail(field_of(&fault.pointer), fault_text(words, fault));
            }
            true
        }
        BrokerError::WrongCredentials => {
            form.fail("", words.common_fault_wrong_credentials());
            true
        }
        BrokerError::TooManyAttempts { retry_after_seconds } => {
            form.fail("", words.common_fault_too_many_attempts(*retry_after_seconds));
            true
        }
        BrokerError::Conflict { .. } | BrokerError::NotOrderable { .. } => {
            let text = conflict_text(words, error);
            form.fail("", text.unwrap_or_else(|| words.common_error_conflict_text().to_owned()));
            true
        }
        _ => false,
    }
}

/// What is wrong and what is allowed, in the reader's language.
pub fn fault_text(words: Words, fault: &FieldFault) -> String {
    match fault.code.as_str() {
        "email" => words.common_fault_email().to_owned(),
        "email_taken" => words.common_fault_email_taken().to_owned(),
        "too_short" => words.common_fault_too_short().to_owned(),
        "too_long" => words.common_fault_too_long().to_owned(),
        "name" => words.common_fault_name().to_owned(),
        "role" => words.common_fault_role().to_owned(),
        _ if fault.found.is_empty() && fault.allowed.is_empty() => {
            words.common_fault_missing().to_owned()
        }
        _ if fault.found.is_empty() => words.common_fault_missing_allowed(&fault.allowed),
        _ if fault.allowed.is_empty() => words.common_fault_not_allowed(&fault.found),
        _ => words.common_fault_not_allowed_allowed(&fault.found, &fault.allowed),
    }
}

/// The field a JSON pointer names: its last part, which is how forms name their inputs.
fn field_of(pointer: &str) -> &str {
    pointer.rsplit('/').next().unwrap_or_default()
}

/// A conflict in the reader's language by its code; `None` for errors that are none.
fn conflict_text(words: Words, error: &BrokerError) -> Option<String> {
    let (BrokerError::Conflict { code, .. } | BrokerError::NotOrderable { code, .. }) = error
    else {
        return None;
    };
    let text = match *code {
        "wrong_state" => words.common_fault_wrong_state(),
        "catalogue_only" => words.common_fault_catalogue_only(),
        "withdrawn" => words.common_fault_withdrawn(),
        "no_price" => words.common_fault_no_price(),
        "no_capacity" => words.common_fault_no_capacity(),
        "cloud_unreachable" => words.common_fault_cloud_unreachable(),
        _ => words.common_error_conflict_text(),
    };
    Some(text.to_owned())
}

/// The error with all its causes, for the log.
fn chain(error: &BrokerError) -> String {
    let mut text = error.to_string();
    let mut cause = std::error::Error::source(error);
    while let Some(inner) = cause {
        text.push_str(": ");
        text.push_str(&inner.to_string());
        cause = inner.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::words::Locale;

    #[test]
    fn a_fault_stands_at_its_field_with_what_is_allowed() {
        let error = BrokerError::field("/plan/instances", "range", "900", "1 to 64", "too many");
        let mut form = FormState::empty();
        assert!(note_faults(&mut form, Locale::En.words(), &error));
        let text = form.error("instances").unwrap();
        assert!(text.contains("900") && text.contains("1 to 64"), "{text}");
    }

    #[test]
    fn faults_of_ours_are_left_to_the_error_page() {
        let mut form = FormState::empty();
        let error = BrokerError::Internal("x".to_owned());
        assert!(!note_faults(&mut form, Locale::Ja.words(), &error));
        assert!(form.is_sound());
        assert_eq!(status_of(&error), StatusCode::INTERNAL_SERVER_ERROR);
    }
}
