//! The archive of an export over HTTP, piece by piece: it may be larger than any memory.

use std::fmt;
use std::time::Duration;

use async_trait::async_trait;
use reqwest::StatusCode;
use reqwest::header::{ACCEPT, CONTENT_RANGE, ETAG, IF_RANGE, RANGE};

use super::client::{self, chain};
use super::config::DriverConfig;
use crate::driver::{ArchivePart, DriverError, Pieces};

/// For a whole archive; a piece has the time of an answer.
const WHOLE_TIMEOUT: Duration = Duration::from_hours(24);

/// Asks for the archive from a byte on; `etag` is that of the part that is there already.
pub(super) async fn fetch(
    client: &reqwest::Client,
    config: &DriverConfig,
    path: &str,
    (from, etag): (u64, Option<&str>),
) -> Result<ArchivePart, DriverError> {
    let url = format!("{}{path}", config.base_url.as_str().trim_end_matches('/'));
    let mut request = client.get(url).timeout(WHOLE_TIMEOUT).header(ACCEPT, "*/*");
    if from > 0 {
        request = request.header(RANGE, format!("bytes={from}-"));
        if let Some(etag) = etag {
            request = request.header(IF_RANGE, etag);
        }
    }
    let answer = tokio::time::timeout(config.total_timeout, request.send());
    let response = answer
        .await
        .map_err(|_| transient("the cloud does not begin to answer"))?
        .map_err(|error| client::unsent(&error, false).error)?;
    let status = response.status();
    if !status.is_success() {
        return Err(client::refusal(response, config.body_max).await);
    }
    let text = |name| response.headers().get(name).and_then(|value| value.to_str().ok());
    let etag = text(ETAG).unwrap_or_default().to_owned();
    let (begins, whole) = if status == StatusCode::PARTIAL_CONTENT {
        text(CONTENT_RANGE)
            .and_then(range)
            .ok_or_else(|| transient("the cloud does not say which part it sends"))?
    } else {
        let length = response.content_length();
        (0, length.ok_or_else(|| transient("the cloud does not say how long the archive is"))?)
    };
    let pieces = Box::new(Body { response, patience: config.total_timeout });
    Ok(ArchivePart { from: begins, whole, etag, pieces })
}

/// `bytes 10-99/100` begins at 10 of 100.
fn range(text: &str) -> Option<(u64, u64)> {
    let (part, whole) = text.strip_prefix("bytes ")?.split_once('/')?;
    let (from, _) = part.split_once('-')?;
    Some((from.parse().ok()?, whole.parse().ok()?))
}

fn transient(detail: impl Into<String>) -> DriverError {
    DriverError::Transient { retry_after: None, detail: detail.into() }
}

/// What is still to come.
struct Body {
    response: reqwest::Response,
    patience: Duration,
}

impl fmt::Debug for Body {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Body").field("patience", &self.patience).finish_non_exhaustive()
    }
}

#[async_trait]
impl Pieces for Body {
    async fn next(&mut self) -> Result<Option<Vec<u8>>, DriverError> {
        let piece = tokio::time::timeout(self.patience, self.response.chunk());
        let piece = piece.await.map_err(|_| transient("the archive stands still"))?;
        let piece = piece
            .map_err(|error| transient(format!("the archive broke off: {}", chain(&error))))?;
        Ok(piece.map(|bytes| bytes.to_vec()))
    }
}

#[cfg(test)]
mod tests {
    use super::range;

    #[test]
    fn the_beginning_of_a_part_is_read_from_its_header() {
        assert_eq!(range("bytes 10-99/100"), Some((10, 100)));
        for wrong in ["bytes */100", "bytes 10-99/*", "10-99/100", "bytes 10"] {
            assert_eq!(range(wrong), None, "{wrong}");
        }
    }
}
