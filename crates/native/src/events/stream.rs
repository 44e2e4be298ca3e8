//! The feed as server-sent events.
//!
//! Owns: catching up, waiting for news, heartbeats, and when a stream ends. Must not know: what an event says.
//!
//! The hard thing here is to lose nothing without keeping anything: the news of a commit is only a hint, so the stream
//! listens first, then reads the feed from its position to the end, and reads again whenever there was news, or a
//! heartbeat is due. What a slow reader has not taken yet stays in the journal, never in memory.
//!
//! The news of an entry may come while the feed holds it back, because another transaction may still bring an earlier one.
//! That one may end without news for this stream: it fails, or it is another merchant's. So after news a quiet stream
//! looks again by itself, soon and then ever more seldom.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::time::Duration;

use axum::http::{Extensions, HeaderMap};
use axum::response::sse::Event;
use axum::response::{IntoResponse, Response};
use futures_util::Stream;
use futures_util::stream::unfold;
use tender_engine::JournalEntry;
use tender_http::ConnectionHandle;
use tender_service::{CommitEvent, FeedPosition};
use tender_wire::JsonWriter;
use tokio::sync::OwnedSemaphorePermit;
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::RecvError;
use tokio::time::{Instant, MissedTickBehavior};

use super::cursor;
use super::list::Selection;
use super::render::write_event;
use crate::access;
use crate::{Native, answer, refusal};

/// Entries read from the feed at a time.
const READ_AT_ONCE: u32 = 100;
/// A stream that has read to the end looks again after this long, then each time after a multiple of the time before. So what
/// was held back for a while comes at most this and [`LOOK_AGAIN_FACTOR`] times that while after its commit.
const LOOK_AGAIN: Duration = Duration::from_millis(50);
const LOOK_AGAIN_FACTOR: u32 = 4;
/// What a client that found all places taken is told.
pub(crate) const BUSY_RETRY_S: u32 = 5;

/// Opens a stream after `Last-Event-ID`, else `after`, else at the beginning.
pub(super) async fn open(
    native: Native,
    selection: Selection,
    after: Option<FeedPosition>,
    headers: &HeaderMap,
    extensions: &Extensions,
) -> Result<Response, Response> {
    let last = match headers.get("last-event-id") {
        None => None,
        Some(value) => match value.to_str().ok().and_then(cursor::read) {
            Some(position) => Some(position),
            None => {
                let detail = "It is the id of an event of this feed.";
                return Err(refusal::invalid_parameter("Last-Event-ID", detail).into_response());
            }
        },
    };
    let places = native.streams().clone();
    let place = places
        .try_acquire_owned()
        .map_err(|_| refusal::busy(BUSY_RETRY_S).into_response())?;
    let connection = ConnectionHandle::of(extensions).cloned();
    if let Some(connection) = &connection {
        connection.lift_deadline();
    }
    let mut heartbeat = tokio::time::interval(native.pace().heartbeat);
    heartbeat.set_missed_tick_behavior(MissedTickBehavior::Delay);
    heartbeat.reset();
    let feed = Feed {
        // Listening begins before the first reading, so that nothing falls in between.
        news: native.tender().events(),
        token: access::bearer(headers).unwrap_or_default().to_owned(),
        position: last.or(after).unwrap_or_default(),
        waiting: VecDeque::new(),
        is_at_end: false,
        look_again: LOOK_AGAIN,
        ends_at: Instant::now() + native.pace().life_max,
        native,
        selection,
        heartbeat,
        connection,
        _place: place,
    };
    Ok(answer::events(feed.into_stream()))
}

struct Feed {
    native: Native,
    selection: Selection,
    token: String,
    position: FeedPosition,
    waiting: VecDeque<(FeedPosition, JournalEntry)>,
    /// The last reading reached the end of the journal.
    is_at_end: bool,
    /// How long nothing has to happen before the stream looks again.
    look_again: Duration,
    news: Receiver<CommitEvent>,
    heartbeat: tokio::time::Interval,
    ends_at: Instant,
    connection: Option<ConnectionHandle>,
    _place: OwnedSemaphorePermit,
}

/// What woke a stream that had nothing to send.
enum Woken {
    News,
    /// Nothing did, for long enough to look again.
    Quiet,
    Heartbeat,
    End,
}

impl Feed {
    fn into_stream(self) -> impl Stream<Item = Result<Event, Infallible>> {
        unfold(self, |mut feed| async move {
            let event = feed.next().await?;
            Some((Ok(event), feed))
        })
    }

    /// The next event or heartbeat; `None` ends the stream.
    async fn next(&mut self) -> Option<Event> {
        loop {
            if let Some((position, entry)) = self.waiting.pop_front() {
                self.position = position;
                if self.selection.takes(&entry) {
                    return Some(event(position, &entry));
                }
                continue;
            }
            if Instant::now() >= self.ends_at
                || self
                    .connection
                    .as_ref()
                    .is_some_and(ConnectionHandle::is_stopping)
            {
                return None;
            }
            if !self.is_at_end {
                self.read().await?;
                continue;
            }
            match self.wait().await {
                Woken::News => {
                    self.look_again = LOOK_AGAIN;
                    self.is_at_end = false;
                }
                Woken::Quiet => {
                    self.look_again = self.look_again.saturating_mul(LOOK_AGAIN_FACTOR);
                    self.is_at_end = false;
                }
                Woken::Heartbeat => {
                    self.renew().await?;
                    self.is_at_end = false;
                    return Some(Event::default().comment("still here"));
                }
                Woken::End => return None,
            }
        }
    }

    /// Reads on. A storage that is away ends the stream: the client comes back and goes on where it was.
    async fn read(&mut self) -> Option<()> {
        let merchant = self.selection.principal().merchant;
        let entries = self
            .native
            .tender()
            .feed(merchant, self.position, READ_AT_ONCE)
            .await
            .ok()?;
        self.is_at_end = u32::try_from(entries.len()).is_ok_and(|count| count < READ_AT_ONCE);
        self.waiting.extend(entries);
        Some(())
    }

    async fn wait(&mut self) -> Woken {
        let merchant = self.selection.principal().merchant;
        let connection = self.connection.clone();
        let stopping = async move {
            match connection {
                Some(connection) => connection.stopping().await,
                None => std::future::pending().await,
            }
        };
        let quiet = tokio::time::sleep(self.look_again);
        tokio::pin!(stopping, quiet);
        loop {
            tokio::select! {
                news = self.news.recv() => match news {
                    Ok(CommitEvent::Journal(grown)) if grown == merchant => return Woken::News,
                    Ok(_) => {}
                    // Some news were missed; the journal has them all.
                    Err(RecvError::Lagged(_)) => return Woken::News,
                    Err(RecvError::Closed) => return Woken::End,
                },
                _ = self.heartbeat.tick() => return Woken::Heartbeat,
                () = &mut quiet => return Woken::Quiet,
                () = tokio::time::sleep_until(self.ends_at) => return Woken::End,
                () = &mut stopping => return Woken::End,
            }
        }
    }

    /// Looks the token up again; `None` when it is worth nothing any more.
    async fn renew(&mut self) -> Option<()> {
        let principal = access::authenticate(&self.native, &self.token).await.ok()?;
        self.selection.renew(principal);
        Some(())
    }
}

fn event(position: FeedPosition, entry: &JournalEntry) -> Event {
    let data = JsonWriter::object(|object| write_event(object, position, entry));
    Event::default()
        .id(cursor::write(position))
        .event(entry.kind.code())
        .data(data.into_string())
}
