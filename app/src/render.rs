//! Turns a view into a whole document and a response.
//!
//! A page is rendered in one go on the server. Only when its body holds an island does the head
//! ask for the loader script; every other page loads no script at all (docs/adr/0002).

use std::{fmt::Write as _, sync::Arc};

use axum::{
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use hydration_context::SsrSharedContext;
use leptos::prelude::*;

use crate::{
    context::{FLASH_COOKIE, Flash, FlashKind, PageContext, Theme},
    feed, layout,
    ui::Labels,
};

/// Only our own files, no inline script or style, no frames; wasm may be compiled.
const SECURITY_POLICY: &str = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; \
     img-src 'self' data:; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/// How wide the content may become.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Width {
    /// One column of text or a form: about 44rem.
    Reading,
    /// Most pages: about 76rem.
    #[default]
    Normal,
    /// Tables people compare in: the whole window.
    Wide,
}

/// What a document needs to know beside its body.
#[derive(Debug, Clone)]
pub struct Page {
    title: String,
    description: Option<String>,
    status: StatusCode,
    width: Width,
    private: bool,
}

impl Page {
    /// A page with status 200 and normal width; the title stands before the product's name.
    pub fn new(title: impl Into<String>) -> Self {
        Self {
            title: title.into(),
            description: None,
            status: StatusCode::OK,
            width: Width::Normal,
            private: false,
        }
    }

    /// One sentence for search engines and previews.
    pub fn description(mut self, text: impl Into<String>) -> Self {
        self.description = Some(text.into());
        self
    }

    /// Another status, such as 422 for a form with faults.
    pub fn status(mut self, status: StatusCode) -> Self {
        self.status = status;
        self
    }

    /// Another width.
    pub fn width(mut self, width: Width) -> Self {
        self.width = width;
        self
    }

    /// Keeps the page out of search engines: forms, accounts, anything behind sign-in.
    pub fn private(mut self) -> Self {
        self.private = true;
        self
    }
}

/// Renders `body` inside the layout. The body is made by a closure so that islands find their owner.
#[expect(clippy::needless_pass_by_value, reason = "every caller makes its page in place")]
pub fn page(ctx: &PageContext, page: Page, body: impl FnOnce() -> AnyView) -> Response {
    let owner = Owner::new_root(Some(Arc::new(SsrSharedContext::new_islands())));
    let content = owner.with(|| {
        provide_context(Labels::default());
        layout::shell(ctx, page.width, body()).to_html()
    });
    let document = without_controls(document(ctx, &page, &content));
    let mut response = (page.status, document).into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
    headers.insert(header::CONTENT_LANGUAGE, HeaderValue::from_static(ctx.locale.tag()));
    headers.insert(header::VARY, HeaderValue::from_static("cookie, accept-language"));
    headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(SECURITY_POLICY));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("same-origin"));
    if ctx.viewer.is_some() {
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("private, no-store"));
    }
    if ctx.flash.is_some() {
        set_cookie(
            &mut response,
            &format!("{FLASH_COOKIE}=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax"),
        );
    }
    response
}

/// 303 to another page of ours, optionally leaving a message there (Post/Redirect/Get).
pub fn redirect(to: &str, flash: Option<(FlashKind, String)>) -> Response {
    let to = local_path(to);
    let mut response = StatusCode::SEE_OTHER.into_response();
    if let Ok(value) = HeaderValue::from_str(to) {
        response.headers_mut().insert(header::LOCATION, value);
    }
    if let Some((kind, text)) = flash {
        let value = Flash { kind, text }.to_cookie();
        set_cookie(
            &mut response,
            &format!("{FLASH_COOKIE}={value}; Path=/; Max-Age=60; HttpOnly; SameSite=Lax"),
        );
    }
    response
}

/// The path itself when it leads to a page of ours, else `/`: nobody is sent to another site.
pub fn local_path(path: &str) -> &str {
    let second = path.as_bytes().get(1);
    let ours = path.starts_with('/')
        && !matches!(second, Some(b'/' | b'\\'))
        && path.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\');
    if ours { path } else { "/" }
}

pub(crate) fn set_cookie(response: &mut Response, cookie: &str) {
    if let Ok(value) = HeaderValue::from_str(cookie) {
        response.headers_mut().append(header::SET_COOKIE, value);
    }
}

fn document(ctx: &PageContext, page: &Page, content: &str) -> String {
    let words = ctx.words();
    let mut html = String::with_capacity(content.len() + 2048);
    html.push_str("<!doctype html><html lang=\"");
    html.push_str(ctx.locale.tag());
    html.push('"');
    if ctx.theme != Theme::Auto {
        let _ = write!(html, " data-theme=\"{}\"", ctx.theme.key());
    }
    html.push_str("><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width,initial-scale=1\"><title>");
    push_escaped(&mut html, &page.title);
    html.push_str(" · ");
    push_escaped(&mut html, words.common_product());
    html.push_str("</title><meta name=\"description\" content=\"");
    push_escaped(&mut html, page.description.as_deref().unwrap_or(words.common_description()));
    html.push_str("\"><meta name=\"color-scheme\" content=\"light dark\">");
    if page.private {
        html.push_str("<meta name=\"robots\" content=\"noindex\">");
    }
    let _ = write!(
        html,
        "<link rel=\"stylesheet\" href=\"{}\"><link rel=\"icon\" href=\"/favicon.svg\" type=\"image/svg+xml\">",
        ctx.assets.css_url()
    );
    html.push_str("<link rel=\"alternate\" type=\"application/atom+xml\" href=\"");
    html.push_str(feed::PATH);
    html.push_str("\" title=\"");
    push_escaped(&mut html, words.feed_title());
    html.push_str("\">");
    // Text from people is escaped, so this tag can only come from an island.
    if content.contains("<leptos-island ") {
        push_loader(&mut html, ctx, content.contains("data-component=\"Studio_"));
    }
    html.push_str("</head><body>");
    html.push_str(content);
    html.push_str("</body></html>");
    html
}

/// HTML has no place for control characters but white space, whoever typed them: they are left out.
fn without_controls(mut document: String) -> String {
    let control = |c: char| c.is_control() && !matches!(c, '\n' | '\r' | '\t');
    // Looking at bytes first: nearly every document has none.
    let bytes = document.as_bytes();
    let low = |byte: u8| byte < b' ' && !matches!(byte, b'\n' | b'\r' | b'\t') || byte == 0x7f;
    let high = bytes.windows(2).any(|pair| pair[0] == 0xc2 && pair[1] < 0xa0);
    if high || bytes.iter().any(|byte| low(*byte)) {
        document.retain(|c| !control(c));
    }
    document
}

fn push_loader(html: &mut String, ctx: &PageContext, studio: bool) {
    let Some(crate::assets::Half { js, wasm, boot }) = ctx.assets.half(studio) else { return };
    let _ = write!(
        html,
        "<link rel=\"modulepreload\" href=\"/pkg/{js}\"><link rel=\"preload\" href=\"/pkg/{wasm}\" as=\"fetch\" type=\"application/wasm\" crossorigin><script type=\"module\" src=\"/pkg/{boot}\"></script>"
    );
}

/// Appends text so that it is safe between tags and inside double quotes.
pub(crate) fn push_escaped(html: &mut String, text: &str) {
    for character in text.chars() {
        match character {
            '&' => html.push_str("&amp;"),
            '<' => html.push_str("&lt;"),
            '>' => html.push_str("&gt;"),
            '"' => html.push_str("&quot;"),
            _ => html.push(character),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_redirect_never_leaves_the_site() {
        for foreign in [
            "https://elsewhere.example",
            "//elsewhere.example",
            "/\\elsewhere.example",
            "javascript:1",
            "",
            "/a\r\nb",
        ] {
            assert_eq!(local_path(foreign), "/", "{foreign}");
        }
        assert_eq!(local_path("/market?q=tokyo&page=2"), "/market?q=tokyo&page=2");
    }

    #[test]
    fn a_document_holds_no_control_characters() {
        let clean = "<p title=\"雲\u{200d}市\">a\n\tb\r\n ©</p>";
        assert_eq!(without_controls(clean.to_owned()), clean);
        let dirty = "<input value=\"a\0b\u{7f}c\u{85}d\u{1b}\">";
        assert_eq!(without_controls(dirty.to_owned()), "<input value=\"abcd\">");
    }

    #[test]
    fn a_flash_survives_the_cookie() {
        let flash =
            Flash { kind: FlashKind::Done, text: "公開しました; \"1\" = ok".to_owned() };
        let cookie = flash.to_cookie();
        assert!(
            cookie.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"%-_.~".contains(&byte))
        );
        assert_eq!(Flash::from_cookie(&cookie), Some(flash));
    }
}
