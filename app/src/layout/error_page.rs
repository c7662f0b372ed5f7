//! Pages for when something did not work: what happened, what was not lost, the request id, where to go.

use axum::{http::StatusCode, response::Response};
use broker::BrokerError;
use leptos::prelude::*;

use crate::{
    account::guard::sign_in_address,
    context::PageContext,
    fault::fault_page,
    render::{Page, Width, page},
    ui::{Look, link_button, page_head},
};

/// What happened, in the reader's language.
#[derive(Debug, Clone)]
pub struct ErrorPage {
    /// The status of the response.
    pub status: StatusCode,
    /// What happened.
    pub title: String,
    /// Why, and what can be done about it.
    pub text: String,
    /// What was not lost; empty when nothing was at stake.
    pub kept: String,
    /// Word and address of the next step; the home page when absent.
    pub next: Option<(String, String)>,
}

impl ErrorPage {
    /// The page for a status with our standard words for it.
    pub fn of_status(ctx: &PageContext, status: StatusCode) -> Self {
        let words = ctx.words();
        let sign_in = || (words.common_account_sign_in().to_owned(), sign_in_address(&ctx.back));
        let (title, text, kept, next) = match status {
            StatusCode::NOT_FOUND => {
                (words.common_error_not_found(), words.common_error_not_found_text(), "", None)
            }
            StatusCode::UNAUTHORIZED => (
                words.common_error_sign_in(),
                words.common_error_sign_in_text(),
                "",
                Some(sign_in()),
            ),
            StatusCode::FORBIDDEN => {
                (words.common_error_forbidden(), words.common_error_forbidden_text(), "", None)
            }
            StatusCode::CONFLICT => (
                words.common_error_conflict(),
                words.common_error_conflict_text(),
                words.common_error_kept(),
                None,
            ),
            StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE => (
                words.common_error_busy(),
                words.common_error_busy_text(),
                words.common_error_kept(),
                None,
            ),
            StatusCode::PAYLOAD_TOO_LARGE => (
                words.common_error_too_large(),
                words.common_error_too_large_text(),
                words.common_error_kept(),
                None,
            ),
            StatusCode::UNSUPPORTED_MEDIA_TYPE => (
                words.common_error_wrong_kind(),
                words.common_error_wrong_kind_text(),
                words.common_error_kept(),
                None,
            ),
            StatusCode::METHOD_NOT_ALLOWED => (
                words.common_error_wrong_method(),
                words.common_error_wrong_method_text(),
                "",
                None,
            ),
            status if status.is_client_error() => (
                words.common_error_bad_request(),
                words.common_error_bad_request_text(),
                words.common_error_kept(),
                None,
            ),
            _ => (
                words.common_error_internal(),
                words.common_error_internal_text(),
                words.common_error_kept(),
                None,
            ),
        };
        Self { status, title: title.to_owned(), text: text.to_owned(), kept: kept.to_owned(), next }
    }

    /// The page for a form that a page of another site sent: the reader did nothing that is not allowed.
    pub fn cross_site(ctx: &PageContext) -> Self {
        let words = ctx.words();
        Self {
            title: words.common_error_cross_site().to_owned(),
            text: words.common_error_cross_site_text().to_owned(),
            kept: words.common_error_kept().to_owned(),
            ..Self::of_status(ctx, StatusCode::FORBIDDEN)
        }
    }

    /// Renders it.
    pub fn respond(self, ctx: &PageContext) -> Response {
        let words = ctx.words();
        let about =
            Page::new(self.title.clone()).status(self.status).width(Width::Reading).private();
        let request = (!ctx.request_id.is_empty()).then(|| {
            view! { <p class="request-id">{words.common_error_request()}" "<code>{ctx.request_id.clone()}</code></p> }
        });
        let (label, href) =
            self.next.unwrap_or_else(|| (words.common_error_home().to_owned(), "/".to_owned()));
        let kept = (!self.kept.is_empty()).then(|| view! { <p>{self.kept}</p> });
        page(ctx, about, || {
            view! {
                <div class="error-page">
                    <p class="status" aria-hidden="true">{self.status.as_u16().to_string()}</p>
                    {page_head(self.title, Some(self.text), vec![])}
                    {kept}
                    <p class="actions">{link_button(Look::Primary, label, href)}<a href="/market">{words.common_way_market()}</a></p>
                    {request}
                </div>
            }
            .into_any()
        })
    }
}

/// The standard page for a status.
pub fn error_page(ctx: &PageContext, status: StatusCode) -> Response {
    ErrorPage::of_status(ctx, status).respond(ctx)
}

/// The answer to a refused or failed use case: to sign-in and back, or a page that says why.
///
/// Pages that can show faults at their fields do so themselves and leave the rest to this.
#[expect(clippy::needless_pass_by_value, reason = "handlers end with the error they got")]
pub fn fail(ctx: &PageContext, error: BrokerError) -> Response {
    fault_page(ctx, &error)
}

/// Answers every address that leads nowhere.
pub(crate) async fn not_found(ctx: PageContext) -> Response {
    error_page(&ctx, StatusCode::NOT_FOUND)
}
