//! Hears what a cloud on this machine posts: a receiver of webhooks that takes everything and keeps a bounded part.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

/// Messages that are kept, and bytes of each.
const KEPT_MAX: usize = 200;
const BYTES_MAX: usize = 64 * 1024;
/// For one message to come whole.
const PATIENCE: Duration = Duration::from_secs(5);

/// One message as it came.
#[derive(Clone, Debug)]
pub(super) struct Heard {
    headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl Heard {
    pub(super) fn header(&self, name: &str) -> &str {
        let found = self.headers.iter().find(|(known, _)| known.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.as_str()).unwrap_or_default()
    }
}

/// The receiver; it ends with its last owner.
#[derive(Debug)]
pub(super) struct Ear {
    pub url: String,
    heard: Arc<Mutex<Vec<Heard>>>,
    task: JoinHandle<()>,
}

impl Ear {
    /// Listens on this machine only.
    pub(super) async fn open() -> std::io::Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let url = format!("http://{}/conform", listener.local_addr()?);
        let heard = Arc::new(Mutex::new(Vec::new()));
        let kept = Arc::clone(&heard);
        let task = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let message = tokio::time::timeout(PATIENCE, hear(stream)).await;
                if let Ok(Some(message)) = message {
                    let mut kept = kept.lock().unwrap_or_else(PoisonError::into_inner);
                    if kept.len() < KEPT_MAX {
                        kept.push(message);
                    }
                }
            }
        });
        Ok(Self { url, heard, task })
    }

    pub(super) fn heard(&self) -> Vec<Heard> {
        self.heard.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Drop for Ear {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Reads one message and says that it was taken.
async fn hear(mut stream: TcpStream) -> Option<Heard> {
    let mut bytes = Vec::new();
    let mut piece = [0; 4096];
    loop {
        if let Some(message) = whole(&bytes) {
            let answer = "HTTP/1.1 204 No Content\r\nconnection: close\r\n\r\n";
            stream.write_all(answer.as_bytes()).await.ok()?;
            return Some(message);
        }
        let length = stream.read(&mut piece).await.ok().filter(|length| *length > 0)?;
        bytes.extend(piece.get(..length)?);
        if bytes.len() > BYTES_MAX {
            return None;
        }
    }
}

/// The message, once all of it is there.
fn whole(bytes: &[u8]) -> Option<Heard> {
    let end = bytes.windows(4).position(|four| four == b"\r\n\r\n")?;
    let head = String::from_utf8_lossy(bytes.get(..end)?).into_owned();
    let lines = head.lines().skip(1).filter_map(|line| line.split_once(':'));
    let headers = lines.map(|(name, value)| (name.to_owned(), value.trim().to_owned())).collect();
    let mut heard = Heard { headers, body: Vec::new() };
    let length: usize = heard.header("content-length").parse().ok()?;
    heard.body = bytes.get(end + 4..)?.get(..length)?.to_vec();
    Some(heard)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_is_heard_once_it_is_whole() {
        let text = b"POST / HTTP/1.1\r\nWebhook-Id: evt_1\r\ncontent-length: 2\r\n\r\n{}";
        assert!(whole(&text[..text.len() - 1]).is_none());
        let heard = whole(text).unwrap();
        assert_eq!((heard.header("webhook-id"), heard.body.as_slice()), ("evt_1", &b"{}"[..]));
    }
}
