//! A TCP stream that keeps the connection's record, and that closes without destroying the last answer.
//!
//! Closing a socket while the client's bytes lie unread in it makes the kernel send a reset, and a reset can erase an
//! answer (413, 431) that the client has not read yet. So where that may be, the sending side is closed first and
//! what still comes in is thrown away for a short while.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::Sleep;

use crate::connection::Connection;

/// The longest that unread bytes are thrown away after the last answer.
pub(crate) const LINGER_TIMEOUT: Duration = Duration::from_secs(2);

/// The most bytes that are thrown away after the last answer.
const LINGER_BYTES_MAX: usize = 4 * 1024 * 1024;

const DISCARD_BUFFER_BYTES: usize = 8 * 1024;

#[derive(Debug)]
pub(crate) struct TrackedStream {
    tcp: TcpStream,
    connection: Arc<Connection>,
    is_ended_by_client: bool,
    linger: Option<Linger>,
}

#[derive(Debug)]
struct Linger {
    timeout: Pin<Box<Sleep>>,
    bytes_left: usize,
}

impl TrackedStream {
    pub(crate) fn new(tcp: TcpStream, connection: Arc<Connection>) -> Self {
        Self {
            tcp,
            connection,
            is_ended_by_client: false,
            linger: None,
        }
    }

    fn track_write<T>(&self, outcome: Poll<io::Result<T>>) -> Poll<io::Result<T>> {
        match &outcome {
            Poll::Pending => self.connection.write_blocked(),
            Poll::Ready(_) => self.connection.write_progressed(),
        }
        outcome
    }

    fn poll_linger(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let linger = self.linger.get_or_insert_with(|| Linger {
            timeout: Box::pin(tokio::time::sleep(LINGER_TIMEOUT)),
            bytes_left: LINGER_BYTES_MAX,
        });
        let mut space = [0; DISCARD_BUFFER_BYTES];
        loop {
            if linger.timeout.as_mut().poll(cx).is_ready() {
                return Poll::Ready(());
            }
            let mut buffer = ReadBuf::new(&mut space);
            let outcome = ready!(Pin::new(&mut self.tcp).poll_read(cx, &mut buffer));
            let received = buffer.filled().len();
            if outcome.is_err() || received == 0 || received > linger.bytes_left {
                return Poll::Ready(());
            }
            linger.bytes_left -= received;
        }
    }
}

impl AsyncRead for TrackedStream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        ready!(Pin::new(&mut self.tcp).poll_read(cx, buffer))?;
        if buffer.filled().len() > before {
            self.connection.received();
        } else if buffer.remaining() > 0 {
            self.is_ended_by_client = true;
        }
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for TrackedStream {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let outcome = Pin::new(&mut self.tcp).poll_write(cx, bytes);
        self.track_write(outcome)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let outcome = Pin::new(&mut self.tcp).poll_write_vectored(cx, slices);
        self.track_write(outcome)
    }

    fn is_write_vectored(&self) -> bool {
        self.tcp.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.tcp).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.linger.is_none() {
            ready!(Pin::new(&mut self.tcp).poll_shutdown(cx))?;
            if self.is_ended_by_client || !self.connection.must_linger() {
                return Poll::Ready(Ok(()));
            }
        }
        self.poll_linger(cx).map(Ok)
    }
}
