//! A mail server on this machine that keeps what it takes, and can stand still after it has taken something.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

/// Speaks as much SMTP (RFC 5321) as a client needs to send one message after the other.
#[derive(Debug)]
pub struct Mailbox {
    /// Where it listens.
    pub address: SocketAddr,
    kept: Arc<Kept>,
    task: JoinHandle<()>,
}

#[derive(Debug, Default)]
struct Kept {
    mails: Mutex<Vec<String>>,
    stands_still: AtomicBool,
}

impl Mailbox {
    /// Opens on a free port of this machine.
    pub async fn open() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("an address");
        let kept = Arc::new(Kept::default());
        let of_task = Arc::clone(&kept);
        let task = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let kept = Arc::clone(&of_task);
                tokio::spawn(async move { kept.converse(stream).await });
            }
        });
        Self { address, kept, task }
    }

    /// The address as settings have it.
    #[must_use]
    pub fn url(&self) -> String {
        format!("smtp://{}", self.address)
    }

    /// Everything that was taken, headers and body, oldest first.
    #[must_use]
    pub fn mails(&self) -> Vec<String> {
        self.kept.mails.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// From now on a message is taken and not answered, or answered again.
    pub fn stand_still(&self, still: bool) {
        self.kept.stands_still.store(still, Ordering::SeqCst);
    }
}

impl Drop for Mailbox {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Kept {
    async fn converse(&self, stream: TcpStream) -> Option<()> {
        let (reader, mut writer) = stream.into_split();
        let mut lines = BufReader::new(reader).lines();
        writer.write_all(b"220 mailbox\r\n").await.ok()?;
        while let Some(line) = lines.next_line().await.ok()? {
            let verb = line.split([' ', ':']).next().unwrap_or_default().to_ascii_uppercase();
            let answer = match verb.as_str() {
                "EHLO" => "250-mailbox\r\n250-8BITMIME\r\n250 SMTPUTF8\r\n",
                "HELO" | "MAIL" | "RCPT" | "RSET" | "NOOP" => "250 ok\r\n",
                "QUIT" => "221 bye\r\n",
                "DATA" => {
                    writer.write_all(b"354 go on\r\n").await.ok()?;
                    let mut mail = String::new();
                    loop {
                        let line = lines.next_line().await.ok()??;
                        if line == "." {
                            break;
                        }
                        // A dot at the beginning of a line was doubled on the way.
                        mail.push_str(line.strip_prefix('.').unwrap_or(&line));
                        mail.push('\n');
                    }
                    self.mails.lock().unwrap_or_else(PoisonError::into_inner).push(mail);
                    if self.stands_still.load(Ordering::SeqCst) {
                        std::future::pending::<()>().await;
                    }
                    "250 taken\r\n"
                }
                _ => "502 unknown\r\n",
            };
            writer.write_all(answer.as_bytes()).await.ok()?;
            if verb == "QUIT" {
                break;
            }
        }
        Some(())
    }
}
