//! The archive of a service's data as the answer to a request, whole or from where a download broke off.

use axum::{
    body::Body,
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use broker::contracts::DataStream;
use domain::ContractId;

/// The first byte that is asked for, and the tag of the archive whose beginning is there already.
#[must_use]
pub fn asked(headers: &HeaderMap) -> (u64, Option<&str>) {
    (from(headers), text(headers, &header::IF_RANGE))
}

fn text<'a>(headers: &'a HeaderMap, name: &header::HeaderName) -> Option<&'a str> {
    headers.get(name)?.to_str().ok()
}

/// `bytes=10-` goes on at 10; any other range gives the whole (RFC 9110, 14.2).
fn from(headers: &HeaderMap) -> u64 {
    let range = text(headers, &header::RANGE).and_then(|range| range.strip_prefix("bytes="));
    range.and_then(|range| range.strip_suffix('-')).and_then(|from| from.parse().ok()).unwrap_or(0)
}

/// Sends it; nobody on the way may keep or change it.
#[must_use]
pub fn answer(id: ContractId, stream: DataStream) -> Response {
    let left = stream.whole.saturating_sub(stream.from);
    let mut headers = vec![
        (header::CONTENT_TYPE, "application/x-tar".to_owned()),
        (header::CONTENT_LENGTH, left.to_string()),
        (header::ACCEPT_RANGES, "bytes".to_owned()),
        (header::ETAG, stream.etag.clone()),
        (header::CACHE_CONTROL, "private, no-store, no-transform".to_owned()),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff".to_owned()),
        (header::CONTENT_DISPOSITION, format!("attachment; filename=\"data-{id}.tar\"")),
    ];
    let status = if stream.from > 0 {
        let last = stream.whole.saturating_sub(1);
        let part = format!("bytes {}-{last}/{}", stream.from, stream.whole);
        headers.push((header::CONTENT_RANGE, part));
        StatusCode::PARTIAL_CONTENT
    } else {
        StatusCode::OK
    };
    let mut response = (status, Body::from_stream(stream.pieces_for_a_body())).into_response();
    for (name, value) in headers {
        if let Ok(value) = HeaderValue::from_str(&value) {
            response.headers_mut().insert(name, value);
        }
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_range_to_the_end_goes_on() {
        let asked = |range: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(header::RANGE, range.parse().unwrap());
            from(&headers)
        };
        assert_eq!(asked("bytes=700-"), 700);
        for whole in ["bytes=0-99", "bytes=-5", "lines=3-", "bytes=x-"] {
            assert_eq!(asked(whole), 0, "{whole}");
        }
        assert_eq!(from(&HeaderMap::new()), 0);
    }
}
