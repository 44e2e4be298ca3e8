//! `/api/v1/cases`: money that needs a person, for the people who look after it.
//!
//! Owns: the members of a case and the words that explain it. Must not know: when one is opened.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use tender_engine::{Case, CaseId, CaseReason, Command, LocationId, Outcome, Rejection, ResolveCase};
use tender_http::Problem;
use tender_money::Amount;
use tender_service::{Directory, Principal};
use tender_wire::{JsonWriter, ObjectWriter};

use crate::access::{self, Admin};
use crate::body::{BodyBytes, Fields, LONG_TEXT_CHARS_MAX};
use crate::ids::{self, OnTheWire};
use crate::query::QueryText;
use crate::refusal::Repeatable;
use crate::segment::Segment;
use crate::time::Moment;
use crate::{Native, answer, lookup, refusal};

pub(crate) mod openapi;

pub(super) const LIMIT_USUAL: u32 = 50;
pub(super) const LIMIT_MAX: u32 = 200;

/// What happened, and what to do about it.
pub(crate) const fn explanation(reason: CaseReason) -> (&'static str, &'static str) {
    match reason {
        CaseReason::ConfirmedAfterEnd => (
            "A till confirmed after the payment had ended: the guest may have paid although the app was told that nothing \
             moved.",
            "Ask the guest or look at the card terminal. If money was taken, give it back or make the payment again at once; \
             then resolve the case and say what was done.",
        ),
        CaseReason::ConfirmedTwice => (
            "A till confirmed what another device or another channel had completed already: money may have been taken \
             twice.",
            "Compare the records of both devices. If money was taken twice, give one payment back; then resolve the case \
             and say what was done.",
        ),
        CaseReason::ConfirmOfFailed => (
            "An application confirmed a payment that had failed: it believes that money moved.",
            "Ask whoever runs the application whether money was taken. If so, give it back or make the payment again; then \
             resolve the case and say what was done.",
        ),
    }
}

pub(crate) async fn list(
    State(native): State<Native>,
    Admin(principal): Admin,
    query: QueryText,
) -> Result<Response, Problem> {
    let query = query.read(&["open", "location_id", "limit", "after"])?;
    let open_only = query.flag("open")?;
    let location = query.parsed("location_id", "the decimal id of a location", ids::read_plain)?;
    let limit = query.limit(LIMIT_USUAL, LIMIT_MAX)?;
    let before = query.after(ids::read_case)?;
    let directory = lookup::directory(&native, &principal).await?;
    let location = match location.map(LocationId) {
        Some(location) => Some(lookup::location(&directory, &principal, location)?.id),
        None => None,
    };
    let cases = native
        .tender()
        .cases(principal.merchant, open_only, before, limit);
    let page = lookup::read(cases.await)?;
    // The next page begins after what was looked at, whether or not it is shown.
    let next = page.items.last().filter(|_| page.more);
    let next = next.map(|case| case.id.wire().to_string());
    let shown = |case: &Case| {
        principal.covers(case.location) && location.is_none_or(|location| case.location == location)
    };
    let cases: Vec<Case> = page.items.into_iter().filter(shown).collect();
    Ok(answer::page(&cases, next, |array, case| {
        array.object(|object| write_case(object, case, &directory));
    }))
}

pub(crate) async fn get(
    State(native): State<Native>,
    Admin(principal): Admin,
    Segment(id): Segment,
    query: QueryText,
) -> Result<Response, Problem> {
    query.read(&[])?;
    let case = find(&native, &principal, &id).await?;
    let directory = lookup::directory(&native, &principal).await?;
    Ok(answer_case(&case, &directory))
}

pub(crate) async fn resolve(
    State(native): State<Native>,
    Admin(principal): Admin,
    Segment(id): Segment,
    query: QueryText,
    body: BodyBytes,
) -> Result<Response, Problem> {
    query.read(&[])?;
    let json = body.json()?;
    let fields = Fields::of(&json, &["resolution"])?;
    let resolution = fields.require("resolution", fields.text("resolution", LONG_TEXT_CHARS_MAX)?)?;
    let case = find(&native, &principal, &id).await?;
    let command = Command::ResolveCase(ResolveCase {
        case: case.id,
        resolution: resolution.to_owned(),
    });
    let done = native
        .tender()
        .execute(&access::caller(&principal), command)
        .await;
    let done = done.map_err(|failure| refusal::of_failure(&failure, Repeatable::Yes))?;
    let Some(Outcome::Case(case)) = done.outcome else {
        return Err(refusal::internal(Repeatable::Yes));
    };
    let directory = lookup::directory(&native, &principal).await?;
    Ok(answer_case(&case, &directory))
}

async fn find(native: &Native, principal: &Principal, id: &str) -> Result<Case, Problem> {
    let not_found = || refusal::of_rejection(&Rejection::CaseNotFound);
    let id = ids::read_case(id).ok_or_else(not_found)?;
    // The newest case before the next id is this one, if there is one.
    let before = Some(CaseId(id.0.saturating_add(1)));
    let page = lookup::read(native.tender().cases(principal.merchant, false, before, 1).await)?;
    let case = page.items.into_iter().next();
    case.filter(|case| case.id == id && principal.covers(case.location))
        .ok_or_else(not_found)
}

/// Writes a case's members.
pub(crate) fn write_case(object: &mut ObjectWriter<'_>, case: &Case, directory: &Directory) {
    let (what, next) = explanation(case.reason);
    object.display("id", case.id.wire());
    object.string(
        "state",
        if case.resolved_at.is_some() {
            "resolved"
        } else {
            "open"
        },
    );
    object.string("reason", case.reason.code());
    object.string("explanation", what);
    if case.resolved_at.is_none() {
        object.string("next", next);
    }
    object.display("location_id", case.location.wire());
    object.display("order_id", case.order.wire());
    object.display("payment_id", case.payment.wire());
    object.optional("task_id", case.task.map(OnTheWire::wire), ObjectWriter::display);
    if let Some(currency) = directory.currency(case.location) {
        let minor = case.amount_minor;
        object.money_string("amount", Amount { minor, currency });
        object.string("currency", currency.code());
    }
    object.display("opened_at", Moment(case.opened_at));
    object.optional("resolved_at", case.resolved_at.map(Moment), ObjectWriter::display);
    object.optional("resolution", case.resolution.as_deref(), ObjectWriter::string);
}

fn answer_case(case: &Case, directory: &Directory) -> Response {
    let body = JsonWriter::object(|object| write_case(object, case, directory));
    answer::json(StatusCode::OK, body)
}
