//! `GET /api/v1/till/tasks`: the same tasks as [`super::claim`], pushed as server-sent events.
//!
//! Every task that is sent is leased to the device, as if it had been claimed; the till answers it by the same calls. A task
//! that got lost with the connection is offered again when its lease lapses. There is no `Last-Event-ID`: what matters is
//! what is open now, not what was sent before.

use std::collections::VecDeque;
use std::convert::Infallible;

use axum::extract::State;
use axum::http::{Extensions, HeaderMap};
use axum::response::Response;
use axum::response::sse::Event;
use futures_util::Stream;
use futures_util::stream::unfold;
use tender_engine::{DeviceId, LocationId, TASKS_PER_CLAIM_MAX, Task, Via};
use tender_http::{ConnectionHandle, Problem};
use tender_service::Caller;
use tender_wire::JsonWriter;
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::Instant;

use super::device;
use super::render::{Work, write_task};
use crate::access::{self, Till};
use crate::events::BUSY_RETRY_S;
use crate::query::QueryText;
use crate::{Native, answer, ids, lookup, refusal};

pub(crate) async fn tasks(
    State(native): State<Native>,
    Till(principal): Till,
    query: QueryText,
    headers: HeaderMap,
    extensions: Extensions,
) -> Result<Response, Problem> {
    let query = query.read(&["device_id", "max"])?;
    let named = query.parsed("device_id", "the decimal id of a device", ids::read_plain)?;
    let max = query.number("max", 1..=TASKS_PER_CLAIM_MAX)?.unwrap_or(1);
    let directory = lookup::directory(&native, &principal).await?;
    let named = named.or(principal.device.map(|device| device.0));
    let (device, location) = device(&directory, &principal, named)?;
    let place = native.streams().clone().try_acquire_owned();
    let place = place.map_err(|_| refusal::busy(BUSY_RETRY_S))?;
    let connection = ConnectionHandle::of(&extensions).cloned();
    if let Some(connection) = &connection {
        connection.lift_deadline();
    }
    let push = Push {
        caller: principal.caller(Via::Till),
        token: access::bearer(&headers).unwrap_or_default().to_owned(),
        ends_at: Instant::now() + native.pace().life_max,
        native,
        device,
        location,
        max,
        waiting: VecDeque::new(),
        work: None,
        connection,
        _place: place,
    };
    Ok(answer::events(push.into_stream()))
}

struct Push {
    native: Native,
    caller: Caller,
    token: String,
    device: DeviceId,
    location: LocationId,
    max: u32,
    waiting: VecDeque<Task>,
    work: Option<Work>,
    ends_at: Instant,
    connection: Option<ConnectionHandle>,
    _place: OwnedSemaphorePermit,
}

impl Push {
    fn into_stream(self) -> impl Stream<Item = Result<Event, Infallible>> {
        unfold(self, |mut push| async move {
            let event = push.next().await?;
            Some((Ok(event), push))
        })
    }

    /// The next task or heartbeat; `None` ends the stream.
    async fn next(&mut self) -> Option<Event> {
        if let Some(task) = self.waiting.pop_front() {
            return self.event(&task);
        }
        let is_stopping = self
            .connection
            .as_ref()
            .is_some_and(ConnectionHandle::is_stopping);
        if is_stopping || Instant::now() >= self.ends_at {
            return None;
        }
        // Who lost the token loses the stream, and leases nothing more.
        access::authenticate(&self.native, &self.token).await.ok()?;
        let tasks = self.claim().await?;
        if tasks.is_empty() {
            return Some(Event::default().comment("still here"));
        }
        self.work = Some(Work::load(&self.native, &tasks).await.ok()?);
        self.waiting.extend(tasks);
        let task = self.waiting.pop_front()?;
        self.event(&task)
    }

    /// Waits for tasks as long as a heartbeat takes. A storage that is away ends the stream; the till comes back.
    async fn claim(&self) -> Option<Vec<Task>> {
        let wait_ms = u64::try_from(self.native.pace().heartbeat.as_millis()).unwrap_or(u64::MAX);
        let tender = self.native.tender();
        let claim = tender.claim_tasks(&self.caller, self.location, self.device, self.max, wait_ms);
        match &self.connection {
            Some(connection) => tokio::select! {
                biased;
                claimed = claim => claimed.ok(),
                () = connection.stopping() => None,
            },
            None => claim.await.ok(),
        }
    }

    fn event(&self, task: &Task) -> Option<Event> {
        let work = self.work.as_ref()?;
        let data = JsonWriter::object(|object| write_task(object, task, work));
        Some(Event::default().event("task").data(data.into_string()))
    }
}
