//! A small HTTP/1.1 client that asks one loopback address many times over kept connections. Bounded
//! in count and time; it understands what our own server answers and no more.

use anyhow::{Context, Result, bail};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

const ANSWER_LIMIT: Duration = Duration::from_secs(20);

/// How hard to ask.
#[derive(Debug, Clone, Copy)]
pub struct Effort {
    pub connections: usize,
    pub requests: usize,
    pub limit: Duration,
}

/// What came of it.
#[derive(Debug, Default)]
pub struct Load {
    /// Time of each request in milliseconds.
    pub times_ms: Vec<f64>,
    /// Requests per second over all connections.
    pub rate: f64,
}

/// One answer: status, the header asked for, length of the body in bytes.
#[derive(Debug, PartialEq, Eq)]
pub struct Answer {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub body: usize,
}

impl Answer {
    /// The value of a header, by its name in lower case.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }
}

/// A kept connection.
#[derive(Debug)]
pub struct Client {
    stream: BufReader<TcpStream>,
    port: u16,
}

impl Client {
    /// Connects to a loopback port.
    pub fn connect(port: u16) -> Result<Self> {
        let stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port))
            .context("the server does not answer")?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(ANSWER_LIMIT))?;
        Ok(Self { stream: BufReader::new(stream), port })
    }

    /// Asks for a path and reads the whole answer.
    pub fn get(&mut self, path: &str) -> Result<Answer> {
        let port = self.port;
        let request = format!(
            "GET {path} HTTP/1.1\r\nhost: 127.0.0.1:{port}\r\naccept: */*\r\naccept-encoding: br\r\n\r\n"
        );
        self.stream.get_mut().write_all(request.as_bytes())?;
        read_answer(&mut self.stream).with_context(|| format!("GET {path}"))
    }

    /// Sends a JSON body and reads the whole answer. `key` makes the request one of its own: a repeated
    /// key repeats the first answer.
    pub fn post(&mut self, path: &str, key: &str, body: &str) -> Result<Answer> {
        let (port, length) = (self.port, body.len());
        let request = format!(
            "POST {path} HTTP/1.1\r\nhost: 127.0.0.1:{port}\r\naccept: */*\r\n\
             idempotency-key: {key}\r\ncontent-type: application/json\r\n\
             content-length: {length}\r\n\r\n{body}"
        );
        self.stream.get_mut().write_all(request.as_bytes())?;
        read_answer(&mut self.stream).with_context(|| format!("POST {path}"))
    }
}

fn read_answer(stream: &mut impl BufRead) -> Result<Answer> {
    let first = line(stream)?;
    let status =
        first.split(' ').nth(1).and_then(|status| status.parse().ok()).context("no status")?;
    let mut headers = Vec::new();
    loop {
        let text = line(stream)?;
        if text.is_empty() {
            break;
        }
        if let Some((name, value)) = text.split_once(':') {
            headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
        }
    }
    let mut answer = Answer { status, headers, body: 0 };
    let length = answer.header("content-length").map(str::parse).transpose()?;
    answer.body = match length {
        Some(length) => skip(stream, length)?,
        None if answer.header("transfer-encoding") == Some("chunked") => skip_chunks(stream)?,
        None => bail!("an answer without a length"),
    };
    Ok(answer)
}

fn skip_chunks(stream: &mut impl BufRead) -> Result<usize> {
    let mut whole = 0;
    loop {
        let length =
            usize::from_str_radix(line(stream)?.split(';').next().unwrap_or_default(), 16)?;
        whole += skip(stream, length)?;
        line(stream)?;
        if length == 0 {
            return Ok(whole);
        }
    }
}

fn skip(stream: &mut impl BufRead, length: usize) -> Result<usize> {
    let copied = std::io::copy(&mut stream.take(length as u64), &mut std::io::sink())?;
    if copied != length as u64 {
        bail!("the answer ended early");
    }
    Ok(length)
}

fn line(stream: &mut impl BufRead) -> Result<String> {
    let mut text = String::new();
    if stream.read_line(&mut text)? == 0 {
        bail!("the connection was closed");
    }
    Ok(text.trim_end().to_owned())
}

/// Asks for a path over several connections at once; every answer has to be 200.
pub fn run(port: u16, path: &str, effort: Effort) -> Result<Load> {
    let left = AtomicUsize::new(effort.requests);
    let start = Instant::now();
    let work = || -> Result<Vec<f64>> {
        let mut client = Client::connect(port)?;
        let mut times = Vec::new();
        while start.elapsed() < effort.limit && take_one(&left) {
            let asked = Instant::now();
            let answer = client.get(path)?;
            if answer.status != 200 {
                bail!("{path} answered {}", answer.status);
            }
            times.push(asked.elapsed().as_secs_f64() * 1000.0);
        }
        Ok(times)
    };
    let parts: Vec<Result<Vec<f64>>> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..effort.connections).map(|_| scope.spawn(work)).collect();
        threads
            .into_iter()
            .map(|thread| {
                thread.join().unwrap_or_else(|_| Err(anyhow::anyhow!("a connection broke")))
            })
            .collect()
    });
    let seconds = start.elapsed().as_secs_f64();
    let times_ms: Vec<f64> = parts.into_iter().collect::<Result<Vec<_>>>()?.concat();
    Ok(Load { rate: times_ms.len() as f64 / seconds, times_ms })
}

fn take_one(left: &AtomicUsize) -> bool {
    left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1)).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::TcpListener;

    #[test]
    fn answers_with_length_and_in_chunks_are_read_to_the_end() {
        let text = "HTTP/1.1 200 OK\r\nContent-Length: 3\r\nX-Sql-Statements: 4\r\n\r\nabc\
                    HTTP/1.1 404 Not Found\r\ntransfer-encoding: chunked\r\n\r\n2\r\nab\r\n0\r\n\r\n";
        let mut stream = text.as_bytes();
        let first = read_answer(&mut stream).unwrap();
        assert_eq!(
            (first.status, first.body, first.header("x-sql-statements")),
            (200, 3, Some("4"))
        );
        let second = read_answer(&mut stream).unwrap();
        assert_eq!((second.status, second.body), (404, 2));
        assert!(read_answer(&mut stream).is_err());
    }

    /// Answers each request on each connection until the other side closes.
    fn serve(listener: &TcpListener) {
        for stream in listener.incoming().flatten() {
            std::thread::spawn(move || {
                let mut reader = BufReader::new(stream);
                while let Ok(text) = line(&mut reader) {
                    if text.is_empty() {
                        let _ = reader
                            .get_mut()
                            .write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok");
                    }
                }
            });
        }
    }

    #[test]
    fn load_stops_at_the_count() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        std::thread::spawn(move || serve(&listener));
        let effort = Effort { connections: 3, requests: 40, limit: Duration::from_secs(20) };
        let load = run(port, "/", effort).unwrap();
        assert_eq!(load.times_ms.len(), 40);
        assert!(load.rate > 0.0);
    }
}
