//! A user's request that is begun and finished later, over a connection of its own: what a drain must wait for.

use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use url::Url;

use super::answer::{Stop, finding};
use super::desk::Desk;

/// How long a gateway may take to ask for the rest; one that never asks has it in its hands by then all the same.
const HEARD: Duration = Duration::from_secs(1);
/// Bytes of an answer that are read: its first line is enough.
const HEAD_MAX: usize = 1024;

/// A request whose head and half its body were sent.
#[derive(Debug)]
pub(super) struct HalfSent {
    stream: TcpStream,
    rest: &'static str,
}

impl HalfSent {
    /// Begins to send a form; the service cannot answer before it has the rest.
    pub(super) async fn begin(
        desk: &Desk<'_>,
        url: &str,
        path: &str,
        (first, rest): (&'static str, &'static str),
    ) -> Result<Self, Stop> {
        let url = Url::parse(url).map_err(|error| finding("an address is a URL", error))?;
        let stream = connect(desk, &url).await?;
        let mut half = Self { stream, rest };
        let head = format!(
            "POST {path} HTTP/1.1\r\nhost: {}\r\ncontent-type: application/x-www-form-urlencoded\r\n\
             content-length: {}\r\nexpect: 100-continue\r\nconnection: close\r\n\r\n{first}",
            url.host_str().unwrap_or_default(),
            first.len() + rest.len(),
        );
        let sent = half.stream.write_all(head.as_bytes()).await;
        sent.map_err(|error| finding("a request can be begun", error))?;
        let mut asked = [0; HEAD_MAX];
        // 100 Continue, or nothing.
        let _ = tokio::time::timeout(HEARD, half.stream.read(&mut asked)).await;
        Ok(half)
    }

    /// Sends the rest; the status of the answer.
    pub(super) async fn finish(mut self, limit: Duration) -> Result<u16, String> {
        let work = async {
            self.stream.write_all(self.rest.as_bytes()).await?;
            let mut head = [0; HEAD_MAX];
            let length = self.stream.read(&mut head).await?;
            Ok::<_, std::io::Error>(String::from_utf8_lossy(&head[..length]).into_owned())
        };
        let head = tokio::time::timeout(limit, work).await.map_err(|error| error.to_string())?;
        let head = head.map_err(|error| error.to_string())?;
        let status = head.split(' ').nth(1).and_then(|status| status.parse().ok());
        status.ok_or_else(|| format!("no answer, but {head:?}"))
    }
}

/// Connects only where the run may ask.
async fn connect(desk: &Desk<'_>, url: &Url) -> Result<TcpStream, Stop> {
    if url.scheme() != "http" {
        return Err(Stop::Skip("the address is not plain http".to_owned()));
    }
    let host = url.host_str().unwrap_or_default();
    let port = url.port_or_known_default().unwrap_or(80);
    let found = tokio::net::lookup_host((host, port)).await;
    let address = found.ok().and_then(|mut all| all.next());
    let Some(address) = address else {
        return Err(finding("the address of a service can be found", host));
    };
    if let Err(error) = desk.room.target.config.addresses.check(address.ip()) {
        let why = format!("addresses of services may not be asked from here: {error}");
        return Err(Stop::Skip(why));
    }
    let limit = desk.room.options.answer_limit;
    match tokio::time::timeout(limit, TcpStream::connect(address)).await {
        Ok(Ok(stream)) => Ok(stream),
        Ok(Err(error)) => Err(finding("the address of a service can be reached", error)),
        Err(late) => Err(finding("the address of a service can be reached", late)),
    }
}
