//! The first words of a tunnel, one line of JSON from each side: which link it is for, and whether it is welcome.

use std::io;

use provider_api::LinkIsolation;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

/// Bytes of one line at most.
const LINE_MAX: usize = 4096;

/// Inside are streams of yamux; those of version 1 were framed otherwise.
pub(crate) const VERSION: u32 = 2;

/// What the side that calls says.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Hello {
    /// How tunnels are made: [`VERSION`].
    pub version: u32,
    /// The link at the side that is called.
    pub link: String,
    /// The link at the side that calls.
    pub own: String,
    pub activation_key: String,
    pub mbps: u32,
    pub isolation: LinkIsolation,
    /// It calls only to say that it has taken the link down.
    #[serde(default)]
    pub bye: bool,
}

/// What the side that is called answers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "verdict", rename_all = "camelCase")]
pub(crate) enum Welcome {
    /// The tunnel begins behind this line.
    Come,
    /// The link is down here and does not come up again.
    Gone,
    /// Not like this; it may be otherwise later.
    Refused { detail: String },
}

/// Sends one line.
pub(super) async fn say<W: AsyncWrite + Unpin>(
    to: &mut W,
    word: &impl Serialize,
) -> io::Result<()> {
    let mut line = serde_json::to_vec(word)?;
    line.push(b'\n');
    to.write_all(&line).await?;
    to.flush().await
}

/// Reads one line; what follows stays for whoever reads on.
pub(super) async fn hear<T: DeserializeOwned, R: AsyncRead + Unpin>(from: &mut R) -> io::Result<T> {
    let mut line = Vec::new();
    loop {
        match from.read_u8().await? {
            b'\n' => return Ok(serde_json::from_slice(&line)?),
            _ if line.len() >= LINE_MAX => return Err(io::Error::other("the line is too long")),
            byte => line.push(byte),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_line_is_read_and_nothing_behind_it() {
        let mut sent: &[u8] = b"{\"verdict\":\"refused\",\"detail\":\"no\"}\nrest";
        let heard: Welcome = hear(&mut sent).await.unwrap();
        assert_eq!(heard, Welcome::Refused { detail: "no".into() });
        assert_eq!(sent, b"rest");
        let long = [b'x'; LINE_MAX + 2];
        assert!(hear::<Welcome, _>(&mut long.as_slice()).await.is_err());
    }
}
