//! `POST /api/v1/till/tasks/{id}/confirm` and `/refuse`.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use tender_engine::{FailureCode, LocationId, Rejection, TaskAnswer, TaskId, TaskOutcome, Via};
use tender_http::{MoneyMoved, Problem, advise};
use tender_service::{Principal, Resolved};
use tender_wire::JsonWriter;

use crate::access::{Till, only_location};
use crate::advice::{self, Circumstances};
use crate::body::{BodyBytes, Fields};
use crate::ids::{self, OnTheWire};
use crate::payments::render::write_payment;
use crate::query::QueryText;
use crate::refusal::Repeatable;
use crate::segment::Segment;
use crate::{Native, answer, lookup, refusal};

/// The longest reason and the longest message of a refusal.
pub(super) const WORDS_CHARS_MAX: usize = 500;

pub(crate) async fn confirm(
    State(native): State<Native>,
    Till(principal): Till,
    Segment(id): Segment,
    query: QueryText,
    body: BodyBytes,
) -> Result<Response, Problem> {
    query.read(&[])?;
    let json = body.json()?;
    let fields = Fields::of(&json, &["lease"])?;
    let lease = read_lease(&fields)?;
    resolve(&native, &principal, &id, lease, TaskAnswer::Confirm).await
}

pub(crate) async fn refuse(
    State(native): State<Native>,
    Till(principal): Till,
    Segment(id): Segment,
    query: QueryText,
    body: BodyBytes,
) -> Result<Response, Problem> {
    query.read(&[])?;
    let json = body.json()?;
    let fields = Fields::of(&json, &["lease", "reason", "message"])?;
    let lease = read_lease(&fields)?;
    let reason = fields.require("reason", fields.text("reason", WORDS_CHARS_MAX)?)?;
    let message = fields.text("message", WORDS_CHARS_MAX)?;
    let failure = failure(reason, message);
    resolve(&native, &principal, &id, lease, TaskAnswer::Refuse(failure)).await
}

/// A till's reason: a published code, or its own words, which are kept where there is no other message.
fn failure(reason: &str, message: Option<&str>) -> tender_engine::Failure {
    let code = FailureCode::from_code(reason);
    let is_own_word = code == FailureCode::Unknown && !reason.trim().eq_ignore_ascii_case(code.code());
    let words = message.or(is_own_word.then_some(reason));
    tender_engine::Failure {
        code,
        message: words.map(str::to_owned),
    }
}

fn read_lease(fields: &Fields<'_, '_>) -> Result<u64, Problem> {
    let lease = fields.integer("lease", 1..=i64::MAX)?;
    let lease = fields.require("lease", lease)?;
    Ok(lease.unsigned_abs())
}

async fn resolve(
    native: &Native,
    principal: &Principal,
    id: &str,
    lease: u64,
    answer: TaskAnswer,
) -> Result<Response, Problem> {
    let id = ids::read_task(id).ok_or_else(|| refusal::of_rejection(&Rejection::TaskNotFound))?;
    let location = location_of(native, principal, id).await?;
    let caller = principal.caller(Via::Till);
    let resolved = native
        .tender()
        .resolve_task(&caller, location, id, lease, answer)
        .await;
    let resolved = resolved.map_err(|failure| refusal::of_failure(&failure, Repeatable::Yes))?;
    answer_resolved(native, principal, &resolved).await
}

/// Where the task is. A till of one location need not ask: another location's task is refused by the ledger.
async fn location_of(native: &Native, principal: &Principal, id: TaskId) -> Result<LocationId, Problem> {
    if let Some(location) = only_location(principal) {
        return Ok(location);
    }
    let task = lookup::read(native.tender().task(principal.merchant, id).await)?;
    let task = task.filter(|task| principal.covers(task.location));
    task.map(|task| task.location)
        .ok_or_else(|| refusal::of_rejection(&Rejection::TaskNotFound))
}

async fn answer_resolved(
    native: &Native,
    principal: &Principal,
    resolved: &Resolved,
) -> Result<Response, Problem> {
    let directory = lookup::directory(native, principal).await?;
    let circumstances = Circumstances::of_task(&resolved.task);
    let payment = resolved.payment.as_ref();
    let currency = payment
        .map(|payment| lookup::currency_of(&directory, payment))
        .transpose()?;
    let money_moved = payment.map_or(MoneyMoved::No, |payment| {
        advice::money_moved(payment, circumstances)
    });
    let body = JsonWriter::object(|object| {
        object.string(
            "outcome",
            match resolved.outcome {
                TaskOutcome::Applied => "applied",
                TaskOutcome::Refused => "refused",
                TaskOutcome::Superseded => "superseded",
            },
        );
        object.display("task_id", resolved.task.id.wire());
        if let (Some(payment), Some(currency)) = (payment, currency) {
            object.object("payment", |object| {
                write_payment(object, payment, currency, circumstances)
            });
        }
        object.string("money_moved", money_moved.as_str());
        object.display("retry", advice::RETRY);
    });
    let mut response = answer::json(StatusCode::OK, body);
    advise(response.headers_mut(), money_moved, advice::RETRY);
    Ok(response)
}
