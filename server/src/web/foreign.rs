//! Refuses changing requests that a page of another site sent, where only the referer tells.
//!
//! The layer of `tower-http` judges `Sec-Fetch-Site` and `Origin`, which every current browser sends. A
//! request without both but with the referer of another site comes from an old browser or a proxy that
//! takes headers away: it is refused here. Programs send none of the three and pass.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode, Uri, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use super::Web;

/// Marks a refusal of this kind, so that it is put into its own words.
#[derive(Debug, Clone, Copy)]
pub(super) struct CrossSite;

pub(super) async fn refuse(State(web): State<Arc<Web>>, request: Request, next: Next) -> Response {
    let told = request.headers().contains_key(header::ORIGIN)
        || request.headers().contains_key("sec-fetch-site");
    if request.method().is_safe() || told || is_ours(&request, web.public_origin.as_deref()) {
        return next.run(request).await;
    }
    let mut refusal = StatusCode::FORBIDDEN.into_response();
    refusal.extensions_mut().insert(CrossSite);
    refusal
}

/// Whether the referer is absent or a page of ours.
fn is_ours(request: &Request, public_origin: Option<&str>) -> bool {
    let Some(referer) = request.headers().get(header::REFERER) else { return true };
    // Also what cannot be read is none of ours.
    let referer = referer.to_str().ok().and_then(|text| text.parse::<Uri>().ok());
    let Some(from) = referer.as_ref().and_then(Uri::authority) else { return false };
    let public: Option<Uri> = public_origin.and_then(|origin| origin.parse().ok());
    let asked = host(request.headers()).or_else(|| request.uri().authority().map(|a| a.as_str()));
    asked == Some(from.as_str()) || public.as_ref().and_then(Uri::authority) == Some(from)
}

fn host(headers: &HeaderMap) -> Option<&str> {
    headers.get(header::HOST)?.to_str().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::body::Body;

    fn ours(referer: &str) -> bool {
        let request = Request::post("/account/sign-in")
            .header(header::HOST, "127.0.0.1:7600")
            .header(header::REFERER, referer)
            .body(Body::empty())
            .unwrap();
        is_ours(&request, Some("https://market.example"))
    }

    #[test]
    fn only_pages_of_ours_may_send_forms() {
        assert!(ours("http://127.0.0.1:7600/account/sign-in?next=%2F"));
        assert!(ours("https://market.example/needs/new"));
        for foreign in [
            "https://evil.example/",
            "https://market.example.evil.example/",
            "https://market.example@evil.example/",
            "http://127.0.0.1:7601/",
            "null",
            "",
            "/account",
        ] {
            assert!(!ours(foreign), "{foreign}");
        }
        let plain = Request::post("/").body(Body::empty()).unwrap();
        assert!(is_ours(&plain, None), "programs send no referer");
    }
}
