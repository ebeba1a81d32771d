//! What is really on the wire? A connection that sends the bytes it is told to and reads answers one by one.

use std::net::SocketAddr;

use anyhow::{Context, bail};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// One HTTP/1.1 connection, kept alive as long as the server likes. Light enough to measure with.
#[derive(Debug)]
pub struct Connection {
    stream: TcpStream,
    buffer: Vec<u8>,
    read: usize,
    headers_only: bool,
}

/// An answer as it came.
#[derive(Debug)]
pub struct Reply {
    /// The status code.
    pub status: u16,
    /// Status line and headers, without the empty line.
    pub head: String,
    /// The body, its transfer coding undone.
    pub body: Vec<u8>,
}

impl Reply {
    /// The values of a header, in their order.
    pub fn headers<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.head.lines().skip(1).filter_map(move |line| {
            let (key, value) = line.split_once(':')?;
            key.eq_ignore_ascii_case(name).then(|| value.trim())
        })
    }

    /// The first value of a header.
    pub fn header<'a>(&'a self, name: &'a str) -> Option<&'a str> {
        self.headers(name).next()
    }

    /// The body as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// The body as JSON.
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body)
            .unwrap_or_else(|error| panic!("no JSON ({error}):\n{}\n\n{}", self.head, self.text()))
    }
}

impl Connection {
    /// Connects.
    ///
    /// # Errors
    /// Nobody listens.
    pub async fn open(address: SocketAddr) -> anyhow::Result<Self> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        Ok(Self { stream, buffer: Vec::with_capacity(8 * 1024), read: 0, headers_only: false })
    }

    /// Sends these bytes and reads one answer.
    ///
    /// # Errors
    /// The connection ended, or what came is no HTTP/1.1.
    pub async fn exchange(&mut self, request: &[u8]) -> anyhow::Result<Reply> {
        self.send(request).await?;
        self.receive().await
    }

    /// Sends these bytes, whatever they are.
    ///
    /// # Errors
    /// The connection ended.
    pub async fn send(&mut self, bytes: &[u8]) -> anyhow::Result<()> {
        self.headers_only |= bytes.starts_with(b"HEAD ");
        Ok(self.stream.write_all(bytes).await?)
    }

    /// Reads one answer.
    ///
    /// # Errors
    /// The connection ended, or what came is no HTTP/1.1.
    pub async fn receive(&mut self) -> anyhow::Result<Reply> {
        let end = loop {
            if let Some(end) = find(self.unread(), b"\r\n\r\n") {
                break end;
            }
            self.more().await.context("before the headers were complete")?;
        };
        let head = String::from_utf8_lossy(&self.unread()[..end]).into_owned();
        self.read += end + 4;
        let status: u16 = head.get(9..12).and_then(|status| status.parse().ok()).context("no status line")?;
        let mut reply = Reply { status, head, body: Vec::new() };
        let length = reply.header("content-length").map(str::parse::<usize>).transpose()?;
        let chunked = reply.header("transfer-encoding").is_some_and(|coding| coding.eq_ignore_ascii_case("chunked"));
        reply.body = match length {
            _ if self.headers_only || status < 200 || status == 204 || status == 304 => Vec::new(),
            Some(length) => self.take(length).await?,
            None if chunked => self.chunks().await?,
            None => self.rest().await?,
        };
        // All of it is read in most cases: the buffer begins anew without a copy.
        self.buffer.drain(..self.read);
        (self.read, self.headers_only) = (0, false);
        Ok(reply)
    }

    /// Waits until the server closes the connection; `false` when it sends something instead.
    ///
    /// # Errors
    /// The connection broke.
    pub async fn closed(&mut self) -> anyhow::Result<bool> {
        Ok(self.unread().is_empty() && self.stream.read_buf(&mut self.buffer).await? == 0)
    }

    fn unread(&self) -> &[u8] {
        &self.buffer[self.read..]
    }

    async fn more(&mut self) -> anyhow::Result<()> {
        match self.stream.read_buf(&mut self.buffer).await? {
            0 => bail!("the server closed the connection"),
            _ => Ok(()),
        }
    }

    async fn take(&mut self, length: usize) -> anyhow::Result<Vec<u8>> {
        while self.unread().len() < length {
            self.more().await.context("before the body was complete")?;
        }
        let bytes = self.unread()[..length].to_vec();
        self.read += length;
        Ok(bytes)
    }

    async fn rest(&mut self) -> anyhow::Result<Vec<u8>> {
        while self.stream.read_buf(&mut self.buffer).await? > 0 {}
        let length = self.unread().len();
        self.take(length).await
    }

    async fn chunks(&mut self) -> anyhow::Result<Vec<u8>> {
        let mut body = Vec::new();
        loop {
            let end = loop {
                if let Some(end) = find(self.unread(), b"\r\n") {
                    break end;
                }
                self.more().await?;
            };
            let line = String::from_utf8_lossy(&self.take(end + 2).await?).into_owned();
            let size = usize::from_str_radix(line.split(';').next().unwrap_or_default().trim(), 16)?;
            body.extend(self.take(size).await?);
            self.take(2).await?;
            if size == 0 {
                return Ok(body);
            }
        }
    }
}

/// The bytes of a GET. `headers` are whole lines, each with its end.
pub fn get(path: &str, headers: &str) -> Vec<u8> {
    format!("GET {path} HTTP/1.1\r\nHost: localhost\r\n{headers}\r\n").into_bytes()
}

/// The bytes of a POST of a form. `headers` are whole lines, each with its end.
pub fn form(path: &str, headers: &str, body: &str) -> Vec<u8> {
    let length = body.len();
    format!(
        "POST {path} HTTP/1.1\r\nHost: localhost\r\n{headers}Content-Type: application/x-www-form-urlencoded\r\n\
         Content-Length: {length}\r\n\r\n{body}"
    )
    .into_bytes()
}

/// Sends each request over a connection of its own, as nearly at once as can be: all connections are open, and each
/// has brought all but its last byte, before the first is complete. Where a request goes is said with it.
pub async fn at_once(requests: Vec<(SocketAddr, Vec<u8>)>) -> Vec<Reply> {
    let mut held = Vec::new();
    for (address, request) in requests {
        let mut connection = Connection::open(address).await.expect("a connection");
        let (last, rest) = request.split_last().expect("a request");
        connection.send(rest).await.expect("a connection that takes a request");
        held.push((connection, *last));
    }
    let asked: Vec<_> = held
        .into_iter()
        .map(|(mut connection, last)| {
            tokio::spawn(async move {
                connection.send(&[last]).await?;
                connection.receive().await
            })
        })
        .collect();
    let mut replies = Vec::new();
    for reply in asked {
        replies.push(reply.await.expect("a task").expect("an answer"));
    }
    replies
}

fn find(bytes: &[u8], what: &[u8]) -> Option<usize> {
    bytes.windows(what.len()).position(|window| window == what)
}
