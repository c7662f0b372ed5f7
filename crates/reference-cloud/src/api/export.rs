//! Handlers of exports: the manifest, and the archive or the part of it that was asked for (RFC 9110, 14).

use std::ops::Range;

use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use provider_api::{ProblemCode, archive};
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;

use super::answer::{answer, problem};
use super::routes::Shared;
use crate::error::OpError;
use crate::export::Layout;

/// Pieces that wait for a slow reader.
const AHEAD: usize = 2;

pub(super) async fn export(State(cloud): Shared, Path(id): Path<String>) -> Response {
    answer(cloud.export(&id).await)
}

pub(super) async fn export_archive(
    State(cloud): Shared,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Response {
    let layout = match cloud.export_layout(&id).await {
        Ok(layout) => layout,
        Err(error) => return problem(&error),
    };
    let (etag, whole) = (layout.etag(), layout.bytes);
    match part(&headers, &etag, whole) {
        Part::Whole => deliver(layout, 0..whole, StatusCode::OK, &etag),
        Part::Some(part) => deliver(layout, part, StatusCode::PARTIAL_CONTENT, &etag),
        Part::Nothing => {
            let detail = format!("the archive has {whole} bytes; ask for bytes below that");
            problem(&OpError::refuse(ProblemCode::RangeUnsatisfiable, detail))
        }
    }
}

fn deliver(layout: Layout, part: Range<u64>, status: StatusCode, etag: &str) -> Response {
    let whole = layout.bytes;
    let length = part.end.saturating_sub(part.start);
    let mut headers = vec![
        (header::CONTENT_TYPE, archive::MEDIA_TYPE.to_owned()),
        (header::CONTENT_LENGTH, length.to_string()),
        (header::ACCEPT_RANGES, "bytes".to_owned()),
        (header::ETAG, etag.to_owned()),
        (header::CONTENT_DISPOSITION, "attachment; filename=\"export.tar\"".to_owned()),
    ];
    if status == StatusCode::PARTIAL_CONTENT {
        let last = part.end.saturating_sub(1);
        headers.push((header::CONTENT_RANGE, format!("bytes {}-{last}/{whole}", part.start)));
    }
    let (taker, pieces) = mpsc::channel(AHEAD);
    tokio::spawn(layout.send(part, taker));
    let mut response = (status, Body::from_stream(ReceiverStream::new(pieces))).into_response();
    for (name, value) in headers {
        if let Ok(value) = value.parse() {
            response.headers_mut().insert(name, value);
        }
    }
    response
}

/// What is asked for.
#[derive(Debug, PartialEq, Eq)]
enum Part {
    Whole,
    Some(Range<u64>),
    Nothing,
}

/// One range only; several, or one of another archive than this, give the whole.
fn part(headers: &HeaderMap, etag: &str, whole: u64) -> Part {
    let text = |name| headers.get(name).and_then(|value| value.to_str().ok());
    if text(header::IF_RANGE).is_some_and(|of| of != etag) {
        return Part::Whole;
    }
    let asked = text(header::RANGE).and_then(|range| range.strip_prefix("bytes="));
    let Some((from, to)) = asked.and_then(|range| range.trim().split_once('-')) else {
        return Part::Whole;
    };
    let part = match (from.parse::<u64>(), to.parse::<u64>()) {
        (Ok(from), Ok(to)) if from <= to => from..to.saturating_add(1).min(whole),
        (Ok(from), Err(_)) if to.is_empty() => from..whole,
        (Err(_), Ok(last)) if from.is_empty() => whole.saturating_sub(last)..whole,
        _ => return Part::Whole,
    };
    if part.is_empty() { Part::Nothing } else { Part::Some(part) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_is_taken_as_the_standard_says() {
        let asked = |range: &str, of: Option<&str>| {
            let mut headers = HeaderMap::new();
            headers.insert(header::RANGE, range.parse().unwrap());
            if let Some(of) = of {
                headers.insert(header::IF_RANGE, of.parse().unwrap());
            }
            part(&headers, "\"e\"", 100)
        };
        assert_eq!(asked("bytes=10-", None), Part::Some(10..100));
        assert_eq!(asked("bytes=10-19", Some("\"e\"")), Part::Some(10..20));
        assert_eq!(asked("bytes=10-1000", None), Part::Some(10..100));
        assert_eq!(asked("bytes=-30", None), Part::Some(70..100));
        assert_eq!(asked("bytes=100-", None), Part::Nothing);
        assert_eq!(asked("bytes=-0", None), Part::Nothing);
        for whole in ["bytes=5-1", "bytes=1-2,4-5", "lines=1-2", "bytes=", "bytes=-"] {
            assert_eq!(asked(whole, None), Part::Whole, "{whole}");
        }
        assert_eq!(asked("bytes=10-", Some("\"other\"")), Part::Whole);
    }
}
