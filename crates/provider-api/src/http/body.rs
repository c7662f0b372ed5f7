//! Reads an answer up to a limit, so that no cloud can fill the broker's memory.

/// Why a body was not read whole.
#[derive(Debug)]
pub(crate) enum BodyError {
    TooLarge,
    Broken(reqwest::Error),
}

impl std::fmt::Display for BodyError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::TooLarge => f.write_str("the answer is larger than allowed"),
            Self::Broken(error) => {
                write!(f, "the answer broke off: {}", super::client::chain(error))
            }
        }
    }
}

/// The whole body, or an error as soon as it is known to be longer than `max`.
pub(crate) async fn read(
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
