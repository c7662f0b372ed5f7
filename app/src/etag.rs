//! Answers that whoever has them already need not be sent again (RFC 9110 sections 8.8.3 and 13.1.2).

use axum::{
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};

/// Whether the asker has what bears this tag, quotes included; compared weakly, as for every GET.
pub fn is_known(headers: &HeaderMap, tag: &str) -> bool {
    let plain = |tag: &str| tag.strip_prefix("W/").unwrap_or(tag).to_owned();
    let wanted = plain(tag);
    let asked = headers.get_all(header::IF_NONE_MATCH).iter();
    asked.filter_map(|value| value.to_str().ok()).flat_map(|text| text.split(',')).any(|part| {
        let part = part.trim();
        part == "*" || plain(part) == wanted
    })
}

/// The answer with its tag; 304 for whoever has it, and then it is not made.
pub fn tagged(headers: &HeaderMap, tag: &str, answer: impl FnOnce() -> Response) -> Response {
    let mut response = match is_known(headers, tag) {
        true => StatusCode::NOT_MODIFIED.into_response(),
        false => answer(),
    };
    if let Ok(tag) = HeaderValue::from_str(tag) {
        response.headers_mut().insert(header::ETAG, tag);
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tag_is_known_alone_in_a_list_and_weakly_and_no_other_one_is() {
        let known = |sent: &'static str| {
            let headers =
                HeaderMap::from_iter([(header::IF_NONE_MATCH, HeaderValue::from_static(sent))]);
            let strong = is_known(&headers, "\"abc\"");
            assert_eq!(is_known(&headers, "W/\"abc\""), strong, "{sent}");
            strong
        };
        for sent in ["\"abc\"", "W/\"abc\"", "\"x\", \"abc\"", "\"x\",W/\"abc\" ", "*"] {
            assert!(known(sent), "{sent}");
        }
        for sent in ["", "abc", "\"abcd\"", "W/\"x\"", "\"W/abc\""] {
            assert!(!known(sent), "{sent}");
        }
        assert!(!is_known(&HeaderMap::new(), "\"abc\""));
    }
}
