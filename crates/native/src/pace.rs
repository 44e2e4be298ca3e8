//! The pace of streams: how often a quiet one says that it is alive, and how long one lasts.
//!
//! Owns: both times. Must not know: what a stream carries.

use std::time::Duration;

/// Times of a stream. They are real time, as everything about sockets is.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Pace {
    /// A comment is sent this often when there is nothing else, so that both ends notice a dead connection. The token is
    /// looked up again at the same pace: who lost it loses the stream.
    pub(crate) heartbeat: Duration,
    /// A stream ends after this long, between two events; clients come back and go on where they were.
    pub(crate) life_max: Duration,
}

impl Pace {
    /// Every stream's, outside of tests.
    pub(crate) const USUAL: Self = Self {
        heartbeat: Duration::from_secs(15),
        life_max: Duration::from_secs(3_600),
    };
}
