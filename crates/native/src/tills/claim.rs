//! `POST /api/v1/till/claim`: leasing tasks, waiting for them if there are none.

use axum::extract::State;
use axum::http::{Extensions, StatusCode};
use axum::response::Response;
use tender_engine::{Rejection, TASKS_PER_CLAIM_MAX, Task, Via};
use tender_http::{ConnectionHandle, Problem};
use tender_service::{CLAIM_WAIT_MS_MAX, Failure};
use tender_wire::JsonWriter;

use super::render::{Work, write_task};
use super::{device, device_not_found};
use crate::access::Till;
use crate::body::{BodyBytes, Fields};
use crate::query::QueryText;
use crate::refusal::Repeatable;
use crate::{Native, answer, lookup, refusal};

pub(crate) async fn claim(
    State(native): State<Native>,
    Till(principal): Till,
    query: QueryText,
    extensions: Extensions,
    body: BodyBytes,
) -> Result<Response, Problem> {
    query.read(&[])?;
    let json = body.json()?;
    let fields = Fields::of(&json, &["device_id", "max", "wait_ms"])?;
    let named = fields.require("device_id", fields.plain_id("device_id")?)?;
    let max = fields
        .integer("max", 1..=i64::from(TASKS_PER_CLAIM_MAX))?
        .unwrap_or(1);
    let max = u32::try_from(max).unwrap_or(1);
    let wait_ms_max = i64::try_from(CLAIM_WAIT_MS_MAX).unwrap_or(i64::MAX);
    let wait_ms = fields.integer("wait_ms", 0..=wait_ms_max)?.unwrap_or(0);
    let wait_ms = u64::try_from(wait_ms).unwrap_or_default();
    let directory = lookup::directory(&native, &principal).await?;
    let (device, location) = device(&directory, &principal, named)?;
    let caller = principal.caller(Via::Till);
    let claim = native
        .tender()
        .claim_tasks(&caller, location, device, max, wait_ms);
    let claimed = match ConnectionHandle::of(&extensions) {
        Some(connection) => {
            // A long poll waits on purpose; the claim has its own limit. It is given up when the server stops: that loses
            // nothing while it waits, and a lease that was just given lapses.
            connection.lift_deadline();
            tokio::select! {
                biased;
                claimed = claim => claimed,
                () = connection.stopping() => Ok(Vec::new()),
            }
        }
        None => claim.await,
    };
    let tasks = claimed.map_err(|failure| of_claim_failure(&failure))?;
    answer_tasks(&native, &tasks).await
}

/// A device that is not there is how the service says that it knows no tasks for it.
pub(super) fn of_claim_failure(failure: &Failure) -> Problem {
    match failure {
        Failure::Rejected(Rejection::TaskNotFound) => device_not_found(),
        other => refusal::of_failure(other, Repeatable::Yes),
    }
}

async fn answer_tasks(native: &Native, tasks: &[Task]) -> Result<Response, Problem> {
    let work = Work::load(native, tasks).await?;
    let body = JsonWriter::object(|object| {
        object.array("tasks", |array| {
            for task in tasks {
                array.object(|object| write_task(object, task, &work));
            }
        });
    });
    Ok(answer::json(StatusCode::OK, body))
}
