//! What a page knows about the request it answers: language, theme, viewer, message, request id.
//!
//! Sessions are opened elsewhere; whoever does it puts a `domain::Viewer` into the request's extensions.

use std::{
    convert::Infallible,
    net::{IpAddr, SocketAddr},
    sync::Arc,
};

use axum::{
    extract::{ConnectInfo, FromRequestParts},
    http::{HeaderMap, header, request::Parts},
};

use broker::{OpContext, announcements::AnnouncementView};
use domain::Viewer;

use crate::{
    assets::Assets,
    format,
    state::AppState,
    words::{Locale, Words},
};

/// The colours a reader chose; `Auto` follows the device.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Theme {
    /// As the device says.
    #[default]
    Auto,
    /// Paper.
    Light,
    /// Night.
    Dark,
}

impl Theme {
    /// Every theme, in the order of the switch.
    pub const ALL: [Theme; 3] = [Theme::Auto, Theme::Light, Theme::Dark];

    /// The word in cookie, form and `data-theme`.
    pub fn key(self) -> &'static str {
        match self {
            Theme::Auto => "auto",
            Theme::Light => "light",
            Theme::Dark => "dark",
        }
    }

    /// Reads [`Theme::key`]; `None` for anything else.
    pub fn from_key(key: &str) -> Option<Self> {
        Theme::ALL.into_iter().find(|theme| theme.key() == key)
    }
}

/// How a flash message is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FlashKind {
    /// What was asked for is done.
    Done,
    /// Something to know.
    Note,
    /// It did not work.
    Problem,
}

/// One message carried over a redirect in a short-lived cookie and shown once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Flash {
    /// Decides icon and colour.
    pub kind: FlashKind,
    /// Translated text.
    pub text: String,
}

/// The name of the cookie that carries a [`Flash`].
pub(crate) const FLASH_COOKIE: &str = "flash";

impl Flash {
    /// The cookie's value: a letter for the kind, then the text percent-encoded.
    pub(crate) fn to_cookie(&self) -> String {
        let kind = match self.kind {
            FlashKind::Done => 'd',
            FlashKind::Note => 'n',
            FlashKind::Problem => 'p',
        };
        format!("{kind}{}", format::percent_encode(&self.text))
    }

    pub(crate) fn from_cookie(value: &str) -> Option<Self> {
        let kind = match value.chars().next()? {
            'd' => FlashKind::Done,
            'n' => FlashKind::Note,
            'p' => FlashKind::Problem,
            _ => return None,
        };
        let text = format::percent_decode(&value[1..]);
        (!text.is_empty()).then_some(Self { kind, text })
    }
}

/// Everything about the request that layout and parts may depend on. An axum extractor.
#[derive(Debug, Clone)]
pub struct PageContext {
    /// From `?lang=`, the cookie `lang`, `Accept-Language` or the default, in this order.
    pub locale: Locale,
    /// From the cookie `theme`.
    pub theme: Theme,
    /// Who is signed in, if anybody.
    pub viewer: Option<Viewer>,
    /// Notices that nobody of the viewer's organisation has read, counted up to
    /// `broker::notices::NOTICES_COUNTED`.
    pub unread: u32,
    /// What the market announces on every page.
    pub announced: Arc<Vec<AnnouncementView>>,
    /// Path with query of this request, as it can be linked to.
    pub path: String,
    /// Where sign-in comes back to: this page, or for a sent form the page it stood on.
    pub back: String,
    /// The network address of who asks; empty when the server does not say.
    pub address: String,
    /// The request's id as error pages show it; empty when no layer sets one.
    pub request_id: String,
    /// The time this page is rendered at: microseconds UTC.
    pub now: i64,
    /// A message left by the request before.
    pub flash: Option<Flash>,
    /// Where style sheet and scripts are.
    pub assets: Arc<Assets>,
}

impl PageContext {
    /// The words in the reader's language.
    pub fn words(&self) -> Words {
        self.locale.words()
    }

    /// On whose behalf this request runs: the first argument of every use case.
    pub fn op(&self) -> OpContext {
        match &self.viewer {
            Some(viewer) => OpContext::person(viewer.clone(), self.request_id.clone()),
            None => OpContext::stranger(self.request_id.clone()),
        }
    }

    /// Names what a form does: the same page sent twice does it once, a page loaded again is a new one.
    pub fn new_key(&self) -> String {
        let request: String = self.request_id.chars().take(64).collect();
        format!("web-{}-{request}", self.now)
    }

    /// The path without its query.
    pub fn path_only(&self) -> &str {
        self.path.split('?').next().unwrap_or_default()
    }

    /// Reads everything from the parts of a request; nobody counts what is unread.
    pub fn from_parts(parts: &Parts, state: &AppState) -> Self {
        let cookies = Cookies(&parts.headers);
        let asked = parts.uri.query().and_then(|query| query_value(query, "lang"));
        let locale = asked
            .and_then(Locale::from_tag)
            .or_else(|| cookies.get("lang").and_then(Locale::from_tag))
            .or_else(|| {
                header_text(&parts.headers, header::ACCEPT_LANGUAGE.as_str())
                    .and_then(Locale::from_accept_language)
            })
            .unwrap_or(state.default_locale);
        let path = parts.uri.path_and_query().map_or("/", |path| path.as_str());
        Self {
            locale,
            theme: cookies.get("theme").and_then(Theme::from_key).unwrap_or_default(),
            viewer: parts.extensions.get::<Viewer>().cloned(),
            unread: 0,
            announced: Arc::default(),
            path: path.to_owned(),
            address: asker(parts),
            back: if parts.method.is_safe() { path } else { came_from(&parts.headers) }.to_owned(),
            request_id: header_text(&parts.headers, "x-request-id").unwrap_or_default().to_owned(),
            now: state.broker.now().0,
            flash: cookies.get(FLASH_COOKIE).and_then(Flash::from_cookie),
            assets: Arc::clone(&state.assets),
        }
    }
}

impl FromRequestParts<AppState> for PageContext {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, Infallible> {
        let mut ctx = Self::from_parts(parts, state);
        // A page is about something else; without the number it is still whole.
        ctx.unread = state.broker.unread_notices(&ctx.op()).await.unwrap_or_else(|error| {
            tracing::error!(%error, "unread notices could not be counted");
            0
        });
        ctx.announced = state.broker.shown_announcements().await.unwrap_or_else(|error| {
            tracing::error!(%error, "announcements could not be read");
            Arc::default()
        });
        Ok(ctx)
    }
}

/// The address of the connection, or of who speaks through a proxy on this machine: such a proxy adds
/// the address that it saw as the last one.
fn asker(parts: &Parts) -> String {
    let Some(ConnectInfo(peer)) = parts.extensions.get::<ConnectInfo<SocketAddr>>() else {
        return String::new();
    };
    let forwarded = || {
        let last = parts.headers.get_all("x-forwarded-for").iter().next_back()?.to_str().ok()?;
        last.rsplit(',').next()?.trim().parse::<IpAddr>().ok()
    };
    let proxied = peer.ip().is_loopback().then(forwarded).flatten();
    proxied.unwrap_or_else(|| peer.ip()).to_string()
}

/// The page of ours on which a form was sent; the first page where the browser does not say.
fn came_from(headers: &HeaderMap) -> &str {
    let ours = || {
        let referer = header_text(headers, header::REFERER.as_str())?;
        let (_, rest) = referer.split_once("://")?;
        let path = rest.strip_prefix(header_text(headers, header::HOST.as_str())?)?;
        path.starts_with('/').then_some(path)
    };
    ours().map_or("/", crate::render::local_path)
}

fn header_text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name)?.to_str().ok()
}

fn query_value<'a>(query: &'a str, name: &str) -> Option<&'a str> {
    query
        .split('&')
        .filter_map(|pair| pair.split_once('='))
        .find(|(key, _)| *key == name)
        .map(|(_, value)| value)
}

/// The cookies of a request, read in place.
struct Cookies<'a>(&'a HeaderMap);

impl<'a> Cookies<'a> {
    fn get(&self, name: &str) -> Option<&'a str> {
        self.0
            .get_all(header::COOKIE)
            .iter()
            .filter_map(|value| value.to_str().ok())
            .flat_map(|line| line.split(';'))
            .filter_map(|pair| pair.trim().split_once('='))
            .find(|(key, _)| *key == name)
            .map(|(_, value)| value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderValue;

    #[test]
    fn only_a_proxy_on_this_machine_is_believed() {
        let asked = |peer: &str, forwarded: &'static str| {
            let mut parts = axum::http::Request::new(()).into_parts().0;
            let peer: SocketAddr = peer.parse().unwrap();
            parts.extensions.insert(ConnectInfo(peer));
            parts.headers.insert("x-forwarded-for", HeaderValue::from_static(forwarded));
            asker(&parts)
        };
        assert_eq!(asked("127.0.0.1:9", "203.0.113.9, 198.51.100.7"), "198.51.100.7");
        assert_eq!(asked("127.0.0.1:9", "rubbish"), "127.0.0.1");
        assert_eq!(asked("192.0.2.1:9", "198.51.100.7"), "192.0.2.1");
    }

    #[test]
    fn a_sent_form_comes_back_to_its_page_and_never_to_another_site() {
        let back = |referer: &'static str| {
            let mut headers = HeaderMap::new();
            headers.insert(header::HOST, HeaderValue::from_static("market.example"));
            headers.insert(header::REFERER, HeaderValue::from_static(referer));
            came_from(&headers).to_owned()
        };
        assert_eq!(back("https://market.example/needs/new?by=form"), "/needs/new?by=form");
        for foreign in [
            "https://evil.example/x",
            "https://market.example.evil/x",
            "https://market.example",
            "market.example/x",
            "https://market.example//evil.example",
        ] {
            assert_eq!(back(foreign), "/", "{foreign}");
        }
        assert_eq!(came_from(&HeaderMap::new()), "/");
    }
}
