//! A bare connection, for what no HTTP client would send.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpStream};
use std::time::Duration;

use anyhow::{Context, ensure};

/// How long an answer may take.
const PATIENCE: Duration = Duration::from_secs(30);

/// A connection to a server. Its calls block, so a test with several workers makes them.
#[derive(Debug)]
pub struct Socket(TcpStream);

impl Socket {
    /// Connects to `host:port`.
    ///
    /// # Errors
    /// When nobody listens there.
    pub fn connect(address: &str) -> anyhow::Result<Self> {
        let stream = TcpStream::connect(address)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.set_write_timeout(Some(PATIENCE))?;
        stream.set_nodelay(true)?;
        Ok(Self(stream))
    }

    /// Sends bytes as they are.
    ///
    /// # Errors
    /// When the server has closed the connection.
    pub fn send(&mut self, bytes: &[u8]) -> anyhow::Result<()> {
        Ok(self.0.write_all(bytes)?)
    }

    /// Reads up to and including this text.
    ///
    /// # Errors
    /// When the connection ends before it.
    pub fn read_until(&mut self, end: &str) -> anyhow::Result<String> {
        let mut bytes = Vec::new();
        let mut byte = [0];
        while !bytes.ends_with(end.as_bytes()) {
            let read = self.0.read(&mut byte).context("waiting for an answer")?;
            ensure!(
                read == 1,
                "the connection ended after {}",
                String::from_utf8_lossy(&bytes)
            );
            bytes.extend(byte);
        }
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    }

    /// Reads to the end of the connection. A connection that the server resets has ended too.
    ///
    /// # Errors
    /// When the server neither answers nor ends it in time.
    pub fn read_to_end(&mut self) -> anyhow::Result<String> {
        let mut bytes = Vec::new();
        let mut buffer = [0; 4096];
        loop {
            match self.0.read(&mut buffer) {
                Ok(0) => break,
                Ok(read) => bytes.extend_from_slice(buffer.get(..read).unwrap_or_default()),
                Err(error) if error.kind() == std::io::ErrorKind::ConnectionReset => break,
                Err(error) => return Err(error).context("waiting for the end of the connection"),
            }
        }
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    }

    /// Says that nothing more will be sent.
    ///
    /// # Errors
    /// When the connection has ended already.
    pub fn finish(&self) -> anyhow::Result<()> {
        Ok(self.0.shutdown(Shutdown::Write)?)
    }
}
