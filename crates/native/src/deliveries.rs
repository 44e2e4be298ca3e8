//! `/api/v1/deliveries`: what was sent to webhook endpoints, every try of it, and sending it again.
//!
//! Owns: the members of a delivery. Must not know: when the next try is due, or how one is made.

use std::collections::BTreeSet;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use futures_util::future::try_join_all;
use tender_engine::{Attempt, Delivery, DeliveryId, DeliveryState, EndpointId};
use tender_http::Problem;
use tender_service::{Failure, Principal, PrincipalKind};
use tender_wire::{JsonWriter, ObjectWriter};

use crate::access::Client;
use crate::body::{BodyBytes, Fields};
use crate::ids::{self, OnTheWire};
use crate::query::QueryText;
use crate::refusal::{Code, Repeatable};
use crate::segment::Segment;
use crate::time::Moment;
use crate::{Native, answer, endpoints, lookup, refusal};

pub(crate) mod openapi;

pub(super) const LIMIT_USUAL: u32 = 20;
pub(super) const LIMIT_MAX: u32 = 100;

/// A delivery and its tries.
#[derive(Debug, Clone)]
pub(crate) struct Tried {
    pub(crate) delivery: Delivery,
    pub(crate) attempts: Vec<Attempt>,
}

/// The name of a state.
pub(crate) const fn state_word(state: DeliveryState) -> &'static str {
    match state {
        DeliveryState::Pending => "pending",
        DeliveryState::Delivered => "delivered",
        DeliveryState::Exhausted => "exhausted",
        DeliveryState::Dropped => "dropped",
    }
}

pub(crate) async fn list(
    State(native): State<Native>,
    Client(principal): Client,
    query: QueryText,
) -> Result<Response, Problem> {
    let query = query.read(&["endpoint_id", "limit", "after"])?;
    let limit = query.limit(LIMIT_USUAL, LIMIT_MAX)?;
    let before = query.after(ids::read_delivery)?;
    let endpoint = query.parsed(
        "endpoint_id",
        "a webhook endpoint's id such as whe_1",
        ids::read_endpoint,
    )?;
    let reach = Reach::of(&native, &principal).await?;
    if endpoint.is_some_and(|endpoint| !reach.covers(endpoint)) {
        return Err(endpoints::not_found());
    }
    let endpoint = match (endpoint, &reach) {
        (None, Reach::Own(endpoints)) => match endpoints.len() {
            0 | 1 => endpoints.first().copied(),
            _ => {
                let detail = "This token has several endpoints; name one of them.";
                return Err(refusal::invalid_parameter("endpoint_id", detail));
            }
        },
        (named, _) => named,
    };
    if endpoint.is_none() && matches!(reach, Reach::Own(_)) {
        return Ok(answer::page::<Tried>(&[], None, |_, _| {}));
    }
    let tender = native.tender();
    let page = lookup::read(
        tender
            .deliveries(principal.merchant, endpoint, before, limit)
            .await,
    )?;
    let next = page.items.last().filter(|_| page.more);
    let next = next.map(|delivery| delivery.id.wire().to_string());
    let tried = lookup::read(with_attempts(&native, page.items).await)?;
    Ok(answer::page(&tried, next, |array, tried| {
        array.object(|object| write_delivery(object, tried));
    }))
}

pub(crate) async fn get(
    State(native): State<Native>,
    Client(principal): Client,
    Segment(id): Segment,
    query: QueryText,
) -> Result<Response, Problem> {
    query.read(&[])?;
    let delivery = find(&native, &principal, &id).await?;
    answer_delivery(&native, delivery).await
}

pub(crate) async fn replay(
    State(native): State<Native>,
    Client(principal): Client,
    Segment(id): Segment,
    query: QueryText,
    body: BodyBytes,
) -> Result<Response, Problem> {
    query.read(&[])?;
    Fields::of(&body.json()?, &[])?;
    let delivery = find(&native, &principal, &id).await?;
    let replayed = native
        .tender()
        .replay_delivery(principal.merchant, delivery.id)
        .await;
    let replayed = replayed.map_err(|failure| refusal::of_failure(&failure, Repeatable::Yes))?;
    let replayed = replayed.ok_or_else(not_found)?;
    answer_delivery(&native, replayed).await
}

/// `POST /api/v1/deliveries/replay`: an endpoint's messages from one delivery to another, both included.
pub(crate) async fn replay_range(
    State(native): State<Native>,
    Client(principal): Client,
    query: QueryText,
    body: BodyBytes,
) -> Result<Response, Problem> {
    query.read(&[])?;
    let json = body.json()?;
    let fields = Fields::of(&json, &["endpoint_id", "from", "to"])?;
    let endpoint = fields.word("endpoint_id", "whe_…", |text| Some(ids::read_endpoint(text)))?;
    let endpoint = fields.require("endpoint_id", endpoint)?;
    let delivery = |name| -> Result<DeliveryId, Problem> {
        let id = fields.word(name, "a delivery's id such as dlv_1", ids::read_delivery)?;
        fields.require(name, id)
    };
    let (from, to) = (delivery("from")?, delivery("to")?);
    let reach = Reach::of(&native, &principal).await?;
    let endpoint = endpoint.filter(|endpoint| reach.covers(*endpoint));
    let endpoint = endpoint.ok_or_else(endpoints::not_found)?;
    let replayed = native
        .tender()
        .replay_range(principal.merchant, endpoint, from, to)
        .await;
    let replayed = replayed.map_err(|failure| refusal::of_failure(&failure, Repeatable::Yes))?;
    let body = JsonWriter::object(|object| {
        object.number("replayed", replayed.count);
        let next = replayed.next.map(OnTheWire::wire);
        object.nullable("next", next, |object, name, next| object.display(name, next));
    });
    Ok(answer::json(StatusCode::OK, body))
}

/// Whose deliveries a caller sees.
pub(crate) enum Reach {
    /// All of the merchant's, those to endpoints that were deleted since included.
    All,
    /// Those to its own endpoints.
    Own(BTreeSet<EndpointId>),
}

impl Reach {
    pub(crate) async fn of(native: &Native, principal: &Principal) -> Result<Self, Problem> {
        if principal.kind == PrincipalKind::Admin && principal.locations.is_none() {
            return Ok(Self::All);
        }
        let directory = lookup::directory(native, principal).await?;
        Ok(Self::Own(endpoints::visible(&directory, principal)))
    }

    pub(crate) fn covers(&self, endpoint: EndpointId) -> bool {
        match self {
            Self::All => true,
            Self::Own(endpoints) => endpoints.contains(&endpoint),
        }
    }
}

async fn find(native: &Native, principal: &Principal, id: &str) -> Result<Delivery, Problem> {
    let id = ids::read_delivery(id).ok_or_else(not_found)?;
    let delivery = lookup::read(native.tender().delivery(principal.merchant, id).await)?;
    let reach = Reach::of(native, principal).await?;
    delivery
        .filter(|delivery| reach.covers(delivery.endpoint))
        .ok_or_else(not_found)
}

fn not_found() -> Problem {
    refusal::not_found(Code::DeliveryNotFound, "There is no such delivery.")
}

/// Brings every delivery's tries.
pub(crate) async fn with_attempts(native: &Native, deliveries: Vec<Delivery>) -> Result<Vec<Tried>, Failure> {
    let tender = native.tender();
    let reads = deliveries.into_iter().map(|delivery| async move {
        let attempts = tender.attempts(delivery.merchant, delivery.id).await?;
        Ok(Tried { delivery, attempts })
    });
    try_join_all(reads).await
}

/// One delivery, with the body that was sent.
async fn answer_delivery(native: &Native, delivery: Delivery) -> Result<Response, Problem> {
    let tried = lookup::read(with_attempts(native, vec![delivery]).await)?;
    let Some(tried) = tried.first() else {
        return Err(not_found());
    };
    let body = JsonWriter::object(|object| {
        write_delivery(object, tried);
        object.string("body", &tried.delivery.body);
    });
    Ok(answer::json(StatusCode::OK, body))
}

/// Writes a delivery's members.
pub(crate) fn write_delivery(object: &mut ObjectWriter<'_>, tried: &Tried) {
    let delivery = &tried.delivery;
    object.display("id", delivery.id.wire());
    object.display("endpoint_id", delivery.endpoint.wire());
    object.string("event", &delivery.event);
    object.optional(
        "order_id",
        delivery.order.map(OnTheWire::wire),
        ObjectWriter::display,
    );
    object.string("state", state_word(delivery.state));
    object.string("message_id", &delivery.message_id);
    object.number("sequence", delivery.sequence);
    object.array("attempts", |array| {
        for attempt in &tried.attempts {
            array.object(|object| {
                object.display("at", Moment(attempt.at));
                object.optional("status", attempt.status, ObjectWriter::number);
                object.optional("error", attempt.error.as_deref(), ObjectWriter::string);
                object.number("duration_ms", attempt.duration_ms);
            });
        }
    });
    let next_at = (delivery.state == DeliveryState::Pending).then_some(Moment(delivery.next_at));
    object.optional("next_attempt_at", next_at, ObjectWriter::display);
    object.display("created_at", Moment(delivery.created_at));
}
