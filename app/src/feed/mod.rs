//! The changes of the market for feed readers (`/feed.atom`, RFC 4287), newest first, by pages (RFC 5005).
//!
//! Programs follow the same events as CloudEvents in `/api/v1/events`. What is an event is decided in `broker::feed`.

mod history;

use axum::{
    Router,
    extract::{RawQuery, State},
    http::{HeaderMap, HeaderValue, header},
    response::{IntoResponse, Response},
    routing::get,
};
use broker::feed::{EventKind, FeedEvent, FeedPage};
use sla::Verdict;
use std::fmt::Write as _;

use crate::{
    AppState, Locale, PageContext, etag, form::FormState, format, layout::fail,
    render::push_escaped,
};

/// Where the feed is.
pub(crate) const PATH: &str = "/feed.atom";
/// Entries of one page.
const ROWS: u32 = 50;
/// The language, where an address says it; else as for pages.
const LANGUAGE: &str = "lang";
/// Only events before this number.
const BEFORE: &str = "before";

/// The addresses of this feature.
pub fn routes() -> Router<AppState> {
    Router::new().route(PATH, get(show)).route("/market/offers/{id}/history", get(history::show))
}

async fn show(
    ctx: PageContext,
    State(state): State<AppState>,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
) -> Response {
    let query = FormState::from_urlencoded(&query.unwrap_or_default());
    let said = query.filled(LANGUAGE).and_then(Locale::from_tag);
    let locale = said.unwrap_or(ctx.locale);
    let before = query.filled(BEFORE).and_then(|text| text.parse().ok());
    let page = match state.broker.feed_before(&ctx.op(), before, ROWS).await {
        Ok(page) => page,
        Err(error) => return fail(&ctx, error),
    };
    let first = page.events.first().map_or(0, |event| event.number);
    let tag = format!("\"{}-{first}-{}\"", page.head, locale.tag());
    let mut response = etag::tagged(&headers, &tag, || {
        let host = headers.get(header::HOST).and_then(|value| value.to_str().ok());
        let origin = state.origin(host.unwrap_or_default());
        let here = Here { locale, said: said.is_some(), before, origin: &origin };
        ([(header::CONTENT_TYPE, "application/atom+xml; charset=utf-8")], document(&here, &page))
            .into_response()
    });
    let into = response.headers_mut();
    into.insert(header::CACHE_CONTROL, HeaderValue::from_static("public, no-cache"));
    into.insert(header::VARY, HeaderValue::from_static("cookie, accept-language"));
    into.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    response
}

/// Which page of the feed it is, and where the market is.
struct Here<'a> {
    locale: Locale,
    /// Whether the address says the language.
    said: bool,
    before: Option<i64>,
    origin: &'a str,
}

impl Here<'_> {
    fn address(&self, before: Option<i64>) -> String {
        let mut address = format!("{}{PATH}", self.origin);
        let mut mark = '?';
        if self.said {
            let _ = write!(address, "{mark}{LANGUAGE}={}", self.locale.tag());
            mark = '&';
        }
        if let Some(before) = before {
            let _ = write!(address, "{mark}{BEFORE}={before}");
        }
        address
    }
}

fn document(here: &Here<'_>, page: &FeedPage) -> String {
    let words = here.locale.words();
    let mut xml = String::with_capacity(32 * 1024);
    let _ = write!(
        xml,
        "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<feed xmlns=\"http://www.w3.org/2005/Atom\" xml:lang=\"{}\">",
        here.locale.tag()
    );
    element(&mut xml, "title", words.feed_title());
    element(&mut xml, "subtitle", words.feed_subtitle());
    element(&mut xml, "id", &format!("{}{PATH}", here.origin));
    // A feed without an entry has not changed since time began.
    let updated = page.events.first().map_or(0, |event| event.at.0);
    element(&mut xml, "updated", &format::machine_time(updated));
    link(&mut xml, "self", &here.address(here.before));
    link(&mut xml, "alternate", &format!("{}/market", here.origin));
    if let Some(last) = page.events.last().filter(|last| last.number > page.removed + 1) {
        link(&mut xml, "next", &here.address(Some(last.number)));
    }
    if here.before.is_some() {
        link(&mut xml, "first", &here.address(None));
    }
    for event in &page.events {
        entry(&mut xml, here, event);
    }
    xml.push_str("</feed>\n");
    xml
}

fn entry(xml: &mut String, here: &Here<'_>, event: &FeedEvent) {
    let locale = here.locale;
    let provider = locale.pick(&event.provider.name_en, &event.provider.name_ja);
    let address = match &event.offer {
        Some(offer) if offer.version.is_some() => format!("/market/offers/{}", offer.id),
        _ => format!("/providers/{}", event.provider.slug),
    };
    xml.push_str("<entry>");
    element(xml, "id", &format!("urn:uuid:{}", event.id.uuid()));
    element(xml, "title", &title(locale, event, provider));
    element(xml, "updated", &format::machine_time(event.at.0));
    xml.push_str("<author>");
    element(xml, "name", provider);
    xml.push_str("</author>");
    let _ = write!(xml, "<category term=\"{}\"/>", event.kind.as_str());
    link(xml, "alternate", &format!("{}{address}", here.origin));
    if let Some(changes) = event.changes.as_ref().filter(|changes| !changes.is_empty()) {
        let mut list = String::from("<ul>");
        for line in changes.lines(locale.sla()) {
            list.push_str("<li>");
            push_escaped(&mut list, &line);
            list.push_str("</li>");
        }
        list.push_str("</ul>");
        xml.push_str("<content type=\"html\">");
        push_text(xml, &list);
        xml.push_str("</content>");
    }
    xml.push_str("</entry>");
}

fn title(locale: Locale, event: &FeedEvent, provider: &str) -> String {
    let words = locale.words();
    let Some(offer) = &event.offer else { return words.feed_provider(provider) };
    let name = locale.pick(&offer.title_en, &offer.title_ja);
    let version = offer.version.unwrap_or_default();
    let verdict = event.changes.as_ref().map(sla::Diff::verdict);
    match (event.kind, verdict) {
        (EventKind::OfferPublished, _) => words.feed_published(name, provider),
        (EventKind::OfferWithdrawn, _) => words.feed_withdrawn(name, provider),
        (EventKind::ProviderChanged, _) => words.feed_provider(provider),
        (_, Some(Verdict::Better)) => words.feed_better(name, version, provider),
        (_, Some(Verdict::Worse)) => words.feed_worse(name, version, provider),
        (_, Some(Verdict::Neutral)) => words.feed_words_only(name, version, provider),
        _ => words.feed_changed(name, version, provider),
    }
}

fn element(xml: &mut String, name: &str, text: &str) {
    let _ = write!(xml, "<{name}>");
    push_text(xml, text);
    let _ = write!(xml, "</{name}>");
}

fn link(xml: &mut String, relation: &str, address: &str) {
    let _ = write!(xml, "<link rel=\"{relation}\" href=\"");
    push_text(xml, address);
    xml.push_str("\"/>");
}

/// XML has no place for control characters, whoever typed them: they are left out.
fn push_text(xml: &mut String, text: &str) {
    let plain = |c: char| !c.is_control() || matches!(c, '\n' | '\r' | '\t');
    let clean: String =
        text.chars().filter(|c| plain(*c) && !matches!(c, '\u{fffe}' | '\u{ffff}')).collect();
    push_escaped(xml, &clean);
}
