//! The route: bringing the records together.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use tender_engine::{Delivery, Payment, Task};
use tender_http::{Problem, advise};
use tender_service::Principal;
use tender_wire::{JsonWriter, ObjectWriter};

use super::steps::{Records, Step, steps};
use super::words;
use crate::access::Client;
use crate::advice::{self, Circumstances};
use crate::deliveries::{Reach, with_attempts};
use crate::ids::{self, OnTheWire};
use crate::payments::render::state_word;
use crate::query::QueryText;
use crate::segment::Segment;
use crate::time::Moment;
use crate::{Native, answer, lookup, refusal};

/// Newest deliveries about the order that are looked at.
const DELIVERIES_MAX: u32 = 1_000;
/// Deliveries that are shown.
const DELIVERIES_SHOWN_MAX: usize = 200;

pub(crate) async fn timeline(
    State(native): State<Native>,
    Client(principal): Client,
    Segment(id): Segment,
    query: QueryText,
) -> Result<Response, Problem> {
    query.read(&[])?;
    let id = ids::read_payment(&id).ok_or_else(refusal::payment_not_found)?;
    let payment = lookup::recorded_payment(&native, &principal, id).await?;
    let directory = lookup::directory(&native, &principal).await?;
    let currency = lookup::currency_of(&directory, &payment)?;
    let chain = lookup::read(native.tender().chain(principal.merchant, id.order).await)?;
    let task = match payment.task {
        Some(task) => lookup::read(native.tender().task(principal.merchant, task).await)?,
        None => None,
    };
    let told = told(&native, &principal, &payment).await?;
    let tried = lookup::read(with_attempts(&native, told.deliveries).await)?;
    let circumstances = Circumstances {
        is_at_till: task
            .as_ref()
            .is_some_and(|task| Circumstances::of_task(task).is_at_till),
        has_open_case: lookup::has_open_case(&chain, id),
    };
    let steps = steps(&Records {
        payment: &payment,
        currency,
        chain: &chain,
        task: task.as_ref(),
        deliveries: &tried,
        now: native.tender().now(),
    });
    let money_moved = advice::money_moved(&payment, circumstances);
    let (summary, next) = words::summary(&payment, circumstances);
    let body = JsonWriter::object(|object| {
        object.display("payment_id", id.wire());
        if id.has_order() {
            object.display("order_id", id.order.wire());
        }
        object.string("state", state_word(payment.state));
        object.string("summary", summary);
        object.string("next", next);
        object.string("money_moved", money_moved.as_str());
        object.display("retry", advice::RETRY);
        if let Some(task) = &task {
            object.object("task", |object| write_task(object, task));
        }
        object.array("steps", |array| {
            for step in &steps {
                array.object(|object| write_step(object, step));
            }
        });
        object.bool("all_deliveries_shown", told.is_complete);
    });
    let mut response = answer::json(StatusCode::OK, body);
    advise(response.headers_mut(), money_moved, advice::RETRY);
    Ok(response)
}

/// Messages about a payment's order.
struct Told {
    deliveries: Vec<Delivery>,
    /// Whether these are all.
    is_complete: bool,
}

/// The messages about the order since the payment came to be.
async fn told(native: &Native, principal: &Principal, payment: &Payment) -> Result<Told, Problem> {
    let order = payment.id.order;
    let reach = Reach::of(native, principal).await?;
    let about = native
        .tender()
        .deliveries_about(principal.merchant, order, DELIVERIES_MAX);
    let about = lookup::read(about.await)?;
    let is_since = |delivery: &Delivery| delivery.created_at >= payment.created_at;
    let is_whole = !about.more || !about.items.iter().all(is_since);
    let mut found: Vec<Delivery> = about
        .items
        .into_iter()
        .filter(|delivery| is_since(delivery) && reach.covers(delivery.endpoint))
        .collect();
    let is_complete = is_whole && found.len() <= DELIVERIES_SHOWN_MAX;
    found.reverse();
    found.truncate(DELIVERIES_SHOWN_MAX);
    Ok(Told {
        deliveries: found,
        is_complete,
    })
}

fn write_task(object: &mut ObjectWriter<'_>, task: &Task) {
    object.display("id", task.id.wire());
    object.string(
        "state",
        words::of_task_end(&task.state)
            .map_or("open", |(kind, _)| kind.strip_prefix("task.").unwrap_or(kind)),
    );
    object.optional(
        "device_id",
        task.device.map(OnTheWire::wire),
        ObjectWriter::display,
    );
    object.number("lease", task.lease);
    object.optional(
        "leased_to",
        task.leased_to.map(OnTheWire::wire),
        ObjectWriter::display,
    );
    let leased_until = (task.lease > 0).then_some(Moment(task.leased_until));
    object.optional("leased_until", leased_until, ObjectWriter::display);
    object.display("offered_at", Moment(task.created_at));
    object.display("expires_at", Moment(task.expires_at));
}

fn write_step(object: &mut ObjectWriter<'_>, step: &Step) {
    object.display("at", Moment(step.at));
    object.string("kind", step.kind);
    object.string("text", &step.text);
    object.optional("cause", step.cause.as_deref(), ObjectWriter::string);
    object.optional("next", step.next.as_deref(), ObjectWriter::string);
    object.optional("by", step.by.as_deref(), ObjectWriter::string);
    object.optional("via", step.via, ObjectWriter::string);
}
