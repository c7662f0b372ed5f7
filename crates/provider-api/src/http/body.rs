//! Reads an answer up to a limit, so that no cloud can fill the broker's memory.

/// Why a body was not read whole.
#[derive(Debug)]
pub(super) enum BodyError {
    TooLarge,
    Broken(reqwest::Error),
}

/// The whole body, or an error as soon as it is known to be longer than `max`.
pub(super) async fn read(
    mut response: reqwest::Response,
    max: usize,
) -> Result<Vec<u8>, BodyError> {
    let declared = response.content_length().unwrap_or(0);
    if declared > u64::try_from(max).unwrap_or(u64::MAX) {
        return Err(BodyError::TooLarge);
    }
    let mut whole = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(BodyError::Broken)? {
        if whole.len() + chunk.len() > max {
            return Err(BodyError::TooLarge);
        }
        whole.extend_from_slice(&chunk);
    }
    Ok(whole)
}
