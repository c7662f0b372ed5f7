//! What was typed into a form and what is wrong with it, kept together so that a page can be
//! shown again with every value in place.

use axum::{
    body::Bytes,
    extract::{FromRequest, Request},
    http::{HeaderMap, StatusCode, header},
    response::Response,
};

use crate::{
    AppState, PageContext,
    format::percent_decode,
    layout::error_page::{ErrorPage, error_page},
};

/// Most bytes of a form or a document that is sent; a document of a large offer has some 30 kB.
pub const BODY_BYTES_MAX: usize = 1024 * 1024;

/// Most bytes of a file of offers: ten thousand wide rows.
pub const IMPORT_BYTES_MAX: usize = 24 * 1024 * 1024;

/// One fault of one field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldError {
    /// The field's `name`; empty for the form as a whole.
    pub field: String,
    /// Translated: what is wrong and what is allowed.
    pub message: String,
}

/// Values and faults of a form. An axum extractor for `application/x-www-form-urlencoded` bodies.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FormState {
    values: Vec<(String, String)>,
    errors: Vec<FieldError>,
}

impl FormState {
    /// A form nobody has filled in yet.
    pub fn empty() -> Self {
        Self::default()
    }

    /// Reads `a=1&b=two+words`; also fits the query of a GET form.
    pub fn from_urlencoded(text: &str) -> Self {
        let decode = |part: &str| percent_decode(&part.replace('+', " "));
        let values = text
            .split('&')
            .filter(|pair| !pair.is_empty())
            .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
            .map(|(name, value)| (decode(name), decode(value)))
            .collect();
        Self { values, errors: Vec::new() }
    }

    /// Sets a value, replacing all earlier ones of the same name: for prefilled forms.
    pub fn with(mut self, name: &str, value: impl Into<String>) -> Self {
        self.values.retain(|(known, _)| known != name);
        self.values.push((name.to_owned(), value.into()));
        self
    }

    /// Adds one more value of a name: for prefilled checkbox groups.
    pub fn and(mut self, name: &str, value: impl Into<String>) -> Self {
        self.values.push((name.to_owned(), value.into()));
        self
    }

    /// The first value of a field as typed; empty when there is none.
    pub fn value(&self, name: &str) -> &str {
        self.values.iter().find(|(known, _)| known == name).map_or("", |(_, value)| value)
    }

    /// The first value without surrounding white space; `None` when nothing is left.
    pub fn filled(&self, name: &str) -> Option<&str> {
        Some(self.value(name).trim()).filter(|value| !value.is_empty())
    }

    /// Every value of a field, as checkbox groups send them.
    pub fn values<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.values.iter().filter(move |(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// The first field whose name or value is not UTF-8; decoding puts U+FFFD in such places.
    pub fn unreadable(&self) -> Option<&str> {
        let broken = |text: &str| text.contains(char::REPLACEMENT_CHARACTER);
        let mut pairs = self.values.iter();
        pairs.find(|(name, value)| broken(name) || broken(value)).map(|(name, _)| name.as_str())
    }

    /// Every name with its value, in the order sent: to carry a form over a page without fields.
    pub fn pairs(&self) -> impl Iterator<Item = (&str, &str)> {
        self.values.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// Whether one of the field's values is `value`.
    pub fn has(&self, name: &str, value: &str) -> bool {
        self.values(name).any(|known| known == value)
    }

    /// Whether the form had a field of this name, filled or not.
    pub fn names(&self, name: &str) -> bool {
        self.values.iter().any(|(known, _)| known == name)
    }

    /// Notes a fault of a field; an empty name means the form as a whole.
    pub fn fail(&mut self, field: &str, message: impl Into<String>) {
        self.errors.push(FieldError { field: field.to_owned(), message: message.into() });
    }

    /// The first fault of a field.
    pub fn error(&self, field: &str) -> Option<&str> {
        self.errors.iter().find(|error| error.field == field).map(|error| error.message.as_str())
    }

    /// All faults in the order they were noted.
    pub fn errors(&self) -> &[FieldError] {
        &self.errors
    }

    /// Whether this field has the first fault and so takes the focus.
    pub fn is_first_fault(&self, field: &str) -> bool {
        self.errors
            .iter()
            .find(|error| !error.field.is_empty())
            .is_some_and(|error| error.field == field)
    }

    /// Whether no fault was noted.
    pub fn is_sound(&self) -> bool {
        self.errors.is_empty()
    }
}

/// What was typed as a field shows it again: without the characters that nobody sees, which no reader
/// could take out. Faults are noted for what was typed, and name them.
pub fn shown_again(typed: &str) -> String {
    let kept = |c: &char| !sla::is_unseen(*c) || matches!(c, '\n' | '\r' | '\t');
    typed.chars().filter(kept).collect()
}

impl FromRequest<AppState> for FormState {
    type Rejection = Response;

    /// What cannot be read at all is answered with a page that says why.
    async fn from_request(request: Request, state: &AppState) -> Result<Self, Response> {
        let (parts, body) = request.into_parts();
        let ctx = PageContext::from_parts(&parts, state);
        if !is_form(&parts.headers) {
            return Err(error_page(&ctx, StatusCode::UNSUPPORTED_MEDIA_TYPE));
        }
        let bytes = Bytes::from_request(Request::from_parts(parts, body), state)
            .await
            .map_err(|rejection| error_page(&ctx, rejection.status()))?;
        let form = match std::str::from_utf8(&bytes) {
            Ok(text) => Self::from_urlencoded(text),
            Err(_) => return Err(not_text(&ctx, "?")),
        };
        match form.unreadable() {
            Some(field) => Err(not_text(&ctx, field)),
            None => Ok(form),
        }
    }
}

/// A browser says so; a request without a body need not.
fn is_form(headers: &HeaderMap) -> bool {
    let Some(kind) = headers.get(header::CONTENT_TYPE) else { return true };
    let kind = kind.to_str().unwrap_or_default().split(';').next().unwrap_or_default();
    kind.trim().eq_ignore_ascii_case("application/x-www-form-urlencoded")
}

/// The page for text in another encoding: guessing would store something else than was typed.
fn not_text(ctx: &PageContext, field: &str) -> Response {
    let words = ctx.words();
    let mut page = ErrorPage::of_status(ctx, StatusCode::BAD_REQUEST);
    words.common_error_not_text().clone_into(&mut page.title);
    page.text = words.common_error_not_text_text(field.chars().take(40).collect::<String>());
    page.respond(ctx)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn repeated_names_and_escapes_are_read() {
        let form = FormState::from_urlencoded("q=a+b%26c&region=JP&region=DE&empty=&flag");
        assert_eq!(form.value("q"), "a b&c");
        assert_eq!(form.values("region").collect::<Vec<_>>(), ["JP", "DE"]);
        assert_eq!((form.filled("empty"), form.filled("flag")), (None, None));
        assert!(form.has("flag", ""));
    }

    #[test]
    fn what_nobody_sees_is_not_shown_again() {
        assert_eq!(shown_again("Ao\u{202e}ba\0\u{200b}"), "Aoba");
        assert_eq!(shown_again("a:\r\n\tか\u{3099}"), "a:\r\n\tか\u{3099}");
    }

    #[test]
    fn text_in_another_encoding_is_found() {
        // Shift_JIS for 日.
        let form = FormState::from_urlencoded("name=ok&title_ja=%93%FA");
        assert_eq!(form.unreadable(), Some("title_ja"));
        assert_eq!(FormState::from_urlencoded("title_ja=%E6%97%A5").unreadable(), None);
    }

    #[test]
    fn the_first_faulty_field_takes_the_focus() {
        let mut form = FormState::empty();
        form.fail("", "whole");
        form.fail("price", "too low");
        form.fail("title", "missing");
        assert!(form.is_first_fault("price") && !form.is_first_fault("title"));
        assert!(!form.is_sound());
    }
}
