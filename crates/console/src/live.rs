//! News for open pages, as server-sent events: "look again", and nothing else.
//!
//! Owns: which commits concern a person, and when a stream ends. Must not know: what is on a page. An event holds no
//! data, so nothing can be seen through it that the page itself would not show.

use std::convert::Infallible;
use std::time::Duration;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::sse::{Event, Sse};
use axum::response::{IntoResponse, Response};
use futures_util::stream::unfold;
use tender_engine::LocationId;
use tender_http::ConnectionHandle;
use tender_service::CommitEvent;
use tokio::sync::OwnedSemaphorePermit;
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::RecvError;
use tokio::time::{Instant, MissedTickBehavior};

use crate::Console;
use crate::desk::Desk;

/// Without news a page looks again this often, for what no commit tells: which tills are there. The session is looked
/// up at the same pace.
pub(crate) const HEARTBEAT: Duration = Duration::from_secs(15);
/// A stream ends after this long; browsers reconnect.
const STREAM_LIFE_MAX: Duration = Duration::from_secs(3_600);

/// The session and the connection of a stream. A page may be sent to the page that signs in; a stream may not.
#[derive(Debug)]
pub(crate) struct Listener {
    desk: Desk,
    headers: HeaderMap,
    connection: Option<ConnectionHandle>,
}

impl FromRequestParts<Console> for Listener {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, console: &Console) -> Result<Self, Response> {
        let desk = Desk::from_request_parts(parts, console).await;
        let desk = desk.map_err(|response| match response.status() {
            StatusCode::SEE_OTHER => StatusCode::UNAUTHORIZED.into_response(),
            _ => response,
        })?;
        let connection = ConnectionHandle::of(&parts.extensions).cloned();
        Ok(Self {
            desk,
            headers: parts.headers.clone(),
            connection,
        })
    }
}

/// Opens a stream.
pub(crate) async fn events(listener: Listener) -> Response {
    let places = std::sync::Arc::clone(&listener.desk.console.streams);
    let Ok(place) = places.try_acquire_owned() else {
        return StatusCode::SERVICE_UNAVAILABLE.into_response();
    };
    if let Some(connection) = &listener.connection {
        connection.lift_deadline();
    }
    let mut heartbeat = tokio::time::interval(HEARTBEAT);
    heartbeat.set_missed_tick_behavior(MissedTickBehavior::Delay);
    heartbeat.reset();
    let news = News {
        events: listener.desk.tender().events(),
        ends_at: Instant::now() + STREAM_LIFE_MAX,
        listener,
        heartbeat,
        _place: place,
    };
    let stream = unfold(news, |mut news| async move {
        news.next().await?;
        Some((Ok::<_, Infallible>(Event::default().data("look")), news))
    });
    let mut response = Sse::new(stream).into_response();
    // Proxies that gather answers before passing them on would keep events back.
    response
        .headers_mut()
        .insert("x-accel-buffering", HeaderValue::from_static("no"));
    response
}

struct News {
    listener: Listener,
    events: Receiver<CommitEvent>,
    heartbeat: tokio::time::Interval,
    ends_at: Instant,
    _place: OwnedSemaphorePermit,
}

impl News {
    /// Waits for something that the person's pages may show; `None` ends the stream.
    async fn next(&mut self) -> Option<()> {
        let connection = self.listener.connection.clone();
        let stopping = async move {
            match connection {
                Some(connection) => connection.stopping().await,
                None => std::future::pending().await,
            }
        };
        tokio::pin!(stopping);
        loop {
            tokio::select! {
                event = self.events.recv() => match event {
                    Ok(event) if self.concerns(event) => {
                        if matches!(event, CommitEvent::Directory(_)) {
                            self.read_directory().await;
                        }
                        return Some(());
                    }
                    Ok(_) => {}
                    Err(RecvError::Lagged(_)) => return Some(()),
                    Err(RecvError::Closed) => return None,
                },
                _ = self.heartbeat.tick() => {
                    let console = &self.listener.desk.console;
                    let session = console.sessions.of(&console.tender, &self.listener.headers).await;
                    return session.ok().flatten().map(drop);
                }
                () = tokio::time::sleep_until(self.ends_at) => return None,
                () = &mut stopping => return None,
            }
        }
    }

    /// Endpoints may have come; whether a delivery concerns the merchant is told by them.
    async fn read_directory(&mut self) {
        let desk = &mut self.listener.desk;
        if let Ok(Some(directory)) = desk.console.tender.directory(desk.session.person.merchant).await {
            desk.directory = directory;
        }
    }

    fn concerns(&self, event: CommitEvent) -> bool {
        let desk = &self.listener.desk;
        match event {
            CommitEvent::Journal(merchant) | CommitEvent::Directory(merchant) => merchant == desk.merchant(),
            CommitEvent::Task(location) => is_known(desk, location) && desk.covers(location),
            CommitEvent::Delivery(endpoint) => desk.directory.endpoints.contains_key(&endpoint.0),
        }
    }
}

fn is_known(desk: &Desk, location: LocationId) -> bool {
    desk.directory.locations.contains_key(&location.0)
}
