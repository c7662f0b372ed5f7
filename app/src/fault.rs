//! What a refused use case says to a reader: pages for errors, and faults at their fields.
//!
//! Texts are chosen by stable codes, so that they exist in every language; `found` and `allowed` come
//! with the fault.

mod allowed;

use axum::{
    http::{HeaderValue, StatusCode, header},
    response::Response,
};
use broker::{BrokerError, FieldFault};

use crate::{
    account::guard::sign_in_address, context::PageContext, form::FormState,
    layout::error_page::ErrorPage, render::redirect, words::Words,
};

pub use crate::expected::expected_text;

/// The page for an error that no form can show; whoever must sign in first is led there and back.
pub fn fault_page(ctx: &PageContext, error: &BrokerError) -> Response {
    let words = ctx.words();
    let status = status_of(error);
    if status == StatusCode::INTERNAL_SERVER_ERROR {
        tracing::error!(request.id = %ctx.request_id, page.path = %ctx.path_only(), error = %chain(error), "a page could not be made");
    }
    let mut page = ErrorPage::of_status(ctx, status);
    match error {
        BrokerError::SignInFirst => {
            return redirect(&sign_in_address(&ctx.back), None);
        }
        BrokerError::Invalid(faults) => {
            words.common_error_invalid().clone_into(&mut page.title);
            page.text = placed_texts(words, faults);
        }
        BrokerError::Preparing { done, total } => {
            words.common_fault_preparing_title().clone_into(&mut page.title);
            page.text = words.common_fault_preparing(done.to_string(), total.to_string());
        }
        error => {
            if let Some(text) = conflict_text(words, error) {
                page.text = text;
            }
        }
    }
    let mut response = page.respond(ctx);
    if let Some(seconds) = error.retry_after_seconds() {
        response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    }
    response
}

/// The HTTP status of an error, the same as the API's.
pub fn status_of(error: &BrokerError) -> StatusCode {
    match error {
        BrokerError::SignInFirst | BrokerError::WrongCredentials => StatusCode::UNAUTHORIZED,
        BrokerError::WrongRole => StatusCode::FORBIDDEN,
        BrokerError::NotFound { .. } => StatusCode::NOT_FOUND,
        BrokerError::Invalid(_) => StatusCode::UNPROCESSABLE_ENTITY,
        BrokerError::Conflict { .. }
        | BrokerError::NotOrderable { .. }
        | BrokerError::Requote(_)
        | BrokerError::SignedBefore { .. } => StatusCode::CONFLICT,
        BrokerError::BeyondEnd { .. } => StatusCode::RANGE_NOT_SATISFIABLE,
        BrokerError::TooManyAttempts { .. } => StatusCode::TOO_MANY_REQUESTS,
        BrokerError::Preparing { .. } => StatusCode::SERVICE_UNAVAILABLE,
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
        BrokerError::Conflict { .. }
        | BrokerError::NotOrderable { .. }
        | BrokerError::Requote(_) => {
            let text = conflict_text(words, error);
            form.fail("", text.unwrap_or_else(|| words.common_error_conflict_text().to_owned()));
            true
        }
        _ => false,
    }
}

/// What is wrong and what is allowed, in the reader's language.
pub fn fault_text(words: Words, fault: &FieldFault) -> String {
    let found = &fault.found;
    let allowed = allowed::allowed_text(words, fault);
    match fault.code.as_str() {
        "email" if !found.is_empty() => words.common_fault_email(found),
        "email_taken" => words.common_fault_email_taken().to_owned(),
        "too_short" => words.common_fault_too_short().to_owned(),
        "too_long" => words.common_fault_password_too_long().to_owned(),
        "text_too_long" => words.common_fault_too_long(allowed),
        "role" => words.common_fault_role().to_owned(),
        // Secrets are never repeated.
        "key" => words.common_fault_key(allowed),
        "cloud_token" => words.common_fault_cloud_token(allowed),
        "control_character" => words.common_fault_control(found, allowed),
        "region" if found.is_empty() => words.common_fault_region_missing(allowed),
        "region" => words.common_fault_region(found, allowed),
        "region_not_served" => words.common_fault_region_not_served(found, allowed),
        "syntax" | "too_large" => words.common_fault_syntax(allowed),
        "duplicate_field" | "duplicate_item" => words.common_fault_twice(found, allowed),
        "too_many" if !found.is_empty() => words.common_fault_too_many(found, allowed),
        "cell_count" => words.common_fault_cell_count(found.parse().unwrap_or_default(), allowed),
        "open_quote" => words.common_fault_open_quote(found.trim_start_matches('"'), allowed),
        "unknown_row" if !found.is_empty() => words.common_fault_unknown_row(found, allowed),
        "organisation" => words.audience_fault_organisation().to_owned(),
        "own_organisation" => words.audience_fault_own_organisation().to_owned(),
        "code" => words.audience_fault_code().to_owned(),
        "idempotency_key" => words.common_fault_old_page().to_owned(),
        "no_unit_price" => words.common_fault_no_unit_price(found, allowed),
        "price" => words.common_fault_price_too_large().to_owned(),
        "requirement" => words.common_fault_uncomparable().to_owned(),
        _ if found.trim().is_empty() && allowed.is_empty() => {
            words.common_fault_missing().to_owned()
        }
        _ if found.trim().is_empty() => words.common_fault_missing_allowed(allowed),
        _ if allowed.is_empty() => words.common_fault_not_allowed(found),
        _ => words.common_fault_not_allowed_allowed(found, allowed),
    }
}

/// Every fault with the field it belongs to, for pages that have no fields to put them at.
pub fn placed_texts(words: Words, faults: &[FieldFault]) -> String {
    let text = |fault: &FieldFault| {
        let said = fault_text(words, fault);
        match fault.pointer.trim_start_matches('/') {
            "" => said,
            place => words.common_fault_placed(place, said),
        }
    };
    faults.iter().map(text).collect::<Vec<_>>().join(" / ")
}

/// The field a JSON pointer names: its last part, which is how forms name their inputs. What no
/// person fills in belongs to the form as a whole.
fn field_of(pointer: &str) -> &str {
    let field = pointer.rsplit('/').next().unwrap_or_default();
    if matches!(field, "idempotencyKey" | "cursor") { "" } else { field }
}

/// A conflict in the reader's language by its code; `None` for errors that are none.
fn conflict_text(words: Words, error: &BrokerError) -> Option<String> {
    let (BrokerError::Conflict { code, .. } | BrokerError::NotOrderable { code, .. }) = error
    else {
        return None;
    };
    let text = match *code {
        "wrong_state" => words.common_fault_wrong_state(),
        "provider_not_admitted" => words.admit_fault_not_admitted(),
        "own_admission" => words.admit_fault_own(),
        "checks_missing" => words.admit_fault_missing(),
        "admission_changed" => words.admit_fault_changed(),
        "check_changed" => words.admit_fault_check_changed(),
        "data_not_ready" => words.contracts_data_not_ready(),
        "audience_full" => words.audience_fault_full(),
        "too_many_audiences" => words.audience_fault_too_many(),
        "invited_already" => words.audience_fault_invited(),
        "invitation_expired" => words.audience_fault_expired(),
        "own_audience" => words.audience_fault_own(),
        "too_many_favourites" => words.favourites_too_many(),
        "no_cloud" => words.conform_no_cloud(),
        "catalogue_only" => words.common_fault_catalogue_only(),
        "cloud_not_passed" => words.common_fault_cloud_not_passed(),
        "not_valid_yet" | "no_longer_valid" => words.contracts_obstacle_not_valid(),
        "withdrawn" => words.common_fault_withdrawn(),
        "paused" => words.life_fault_paused(),
        "own_submission" => words.life_fault_own(),
        "not_submitted" => words.life_fault_not_submitted(),
        "rules_changed" => words.life_fault_rules_changed(),
        "too_many_comments" => words.life_fault_comments(),
        "change_under_way" => words.changes_fault_under_way(),
        "contract_busy" => words.changes_fault_busy(),
        "contract_ended" => words.changes_fault_contract_ended(),
        "service_not_active" => words.changes_fault_not_active(),
        "contract_begun" => words.starts_over(),
        "no_end" => words.renew_no_end(),
        "change_ended" => words.changes_fault_ended(),
        "change_key_used" => words.common_fault_old_page(),
        "offer_falls_short" => words.moves_fault_falls_short(),
        "data_not_carried" => words.moves_fault_not_carried(),
        "offer_changed" => words.moves_fault_changed(),
        "no_price" => words.common_fault_no_price(),
        "key_revoked" => words.common_fault_key_revoked(),
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
    fn every_fault_says_what_was_found_and_what_is_allowed_in_both_languages() {
        let faults = sla::parse("apiVersion: x\nkind: y\nmetadata: {name: A B, version: 0, title: {en: \"\\u0007\"}}\nspec: []")
            .unwrap_err();
        for locale in Locale::ALL {
            for fault in &faults {
                let text = fault_text(
                    locale.words(),
                    &FieldFault {
                        expected: fault.expected.clone(),
                        ..FieldFault::new(
                            &fault.path,
                            fault.code.as_str(),
                            fault.found.as_deref().unwrap_or_default(),
                            &fault.allowed.join(", "),
                            &fault.message,
                        )
                    },
                );
                let allowed = match locale {
                    Locale::En => "Allowed: ",
                    Locale::Ja => "使える値：",
                };
                assert!(text.contains(allowed), "{text}");
                assert!(text.contains(fault.found.as_deref().unwrap_or_default()), "{text}");
            }
        }
    }

    #[test]
    fn every_fault_of_a_file_says_what_is_allowed_in_both_languages() {
        use sla::exchange::{Import, MAX_OFFERS, csv, meti};
        let of_file = |import: Import| {
            let fault = import.faults.into_iter().next().unwrap().fault;
            FieldFault {
                expected: fault.expected.clone(),
                ..FieldFault::new(
                    "",
                    fault.code.as_str(),
                    fault.found.as_deref().unwrap_or_default(),
                    &fault.allowed.join(", "),
                    &fault.message,
                )
            }
        };
        let said = |import: Import, english: &str, japanese: &str| {
            let fault = of_file(import);
            assert_eq!(fault_text(Locale::En.words(), &fault), english);
            assert_eq!(fault_text(Locale::Ja.words(), &fault), japanese);
        };
        said(
            csv::read(&format!("name\n{}", "x\n".repeat(MAX_OFFERS + 1))),
            "Too many: 10001. Allowed: at most 10,000 offers in one file",
            "多すぎます（10001）。使える値：1 つのファイルに 10,000 件まで",
        );
        said(
            csv::read("name,title.en,title.ja\nx,y\n"),
            "The row has 2 cells, the header has 3. Allowed: as many as in the header",
            "この行のセルは 2 個ですが、見出しの行は 3 個です。使える値：見出しと同じ数",
        );
        said(
            csv::read("name,title.en\nx,\"y\n"),
            "The quotation mark before “y” is never closed. Allowed: a quotation mark at the end of \
             the cell; one inside the cell is written twice",
            "「y」の前の引用符が閉じられていません。使える値：セルの終わりにも引用符（\"）を付け、\
             セルの中の引用符は 2 つ重ねて書く",
        );
        let head = meti::Head {
            name: "kita-saas".to_owned(),
            provider: None,
            title: "北".to_owned(),
            model: "SaaS".to_owned(),
            region: "jp-1".to_owned(),
            country: "JP".to_owned(),
        };
        let checklist = "サービスレベル項目,回答\nサービス稼動率X,99.9 %\n";
        said(
            meti::read(checklist, &head),
            "The checklist has no row “サービス稼動率X”, so its answer would be lost. Allowed: \
             サービス稼働率",
            "「サービス稼動率X」という項目はチェックリストになく、回答を取り込めません。使える値：\
             サービス稼働率",
        );
    }

    #[test]
    fn a_list_in_preparation_is_not_there_yet_and_says_when_to_come_again() {
        let error = BrokerError::Preparing { done: 12_000, total: 90_000 };
        assert_eq!(status_of(&error), StatusCode::SERVICE_UNAVAILABLE);
        assert!(error.retry_after_seconds().is_some_and(|seconds| seconds > 0));
        for locale in Locale::ALL {
            let text =
                locale.words().common_fault_preparing("12000".to_owned(), "90000".to_owned());
            assert!(text.contains("12000") && text.contains("90000"), "{text}");
        }
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
