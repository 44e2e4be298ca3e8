//! `POST /api/v1/orders/{id}/lines`, `/close`, `/cancel`: changes of an order as a whole.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use tender_engine::{AddLines, Command, OnRefusal, OrderChange, OrderId, OrderSelector, SettleOrder};
use tender_http::Problem;
use tender_service::Principal;

use super::create::canonical_lines;
use super::lines::read_lines;
use super::render::answer_order;
use crate::access::{self, Client};
use crate::body::{BodyBytes, Fields};
use crate::ids::{self, OnTheWire};
use crate::keys::{Canonical, IdempotencyKey, repeatable};
use crate::query::QueryText;
use crate::refusal::Repeatable;
use crate::segment::Segment;
use crate::{Native, lookup, refusal};

pub(crate) async fn add_lines(
    State(native): State<Native>,
    Client(principal): Client,
    Segment(id): Segment,
    query: QueryText,
    key: IdempotencyKey,
    body: BodyBytes,
) -> Result<Response, Problem> {
    query.read(&[])?;
    let id = ids::read_order(&id).ok_or_else(refusal::order_not_found)?;
    let order = lookup::order_head(&native, &principal, id).await?;
    let directory = lookup::directory(&native, &principal).await?;
    let json = body.json()?;
    let fields = Fields::of(&json, &["lines"])?;
    let lines = read_lines(&fields, 1, order.location, order.currency, &directory)?;
    let keys = Canonical::default()
        .with("order_id", id.wire())
        .hashed("lines", &canonical_lines(&lines))
        .with("operation", "add-lines")
        .claims(&key, None);
    let repeatable = repeatable(&keys);
    let command = Command::AddLines(AddLines {
        order: OrderSelector::Id(id),
        location: Some(order.location),
        lines,
        position: None,
        keys,
        payments: Vec::new(),
        delivery: None,
        maker: None,
        refusal: None,
        on_refusal: OnRefusal::Reject,
    });
    let done = native
        .tender()
        .execute(&access::caller(&principal), command)
        .await;
    done.map_err(|failure| refusal::of_failure(&failure, repeatable))?;
    // The lines stand by now: a read that fails must not say that nothing was done.
    let answered = answer(&native, &principal, id).await;
    answered.map_err(|_| refusal::of_failure(&tender_service::Failure::OutcomeUnknown, repeatable))
}

pub(crate) async fn close(
    state: State<Native>,
    client: Client,
    segment: Segment,
    query: QueryText,
    body: BodyBytes,
) -> Result<Response, Problem> {
    settle(state, client, segment, query, body, OrderChange::Close).await
}

pub(crate) async fn cancel(
    state: State<Native>,
    client: Client,
    segment: Segment,
    query: QueryText,
    body: BodyBytes,
) -> Result<Response, Problem> {
    settle(state, client, segment, query, body, OrderChange::Cancel).await
}

async fn settle(
    State(native): State<Native>,
    Client(principal): Client,
    Segment(id): Segment,
    query: QueryText,
    body: BodyBytes,
    change: OrderChange,
) -> Result<Response, Problem> {
    query.read(&[])?;
    Fields::of(&body.json()?, &[])?;
    let id = ids::read_order(&id).ok_or_else(refusal::order_not_found)?;
    if principal.locations.is_some() {
        lookup::order_head(&native, &principal, id).await?;
    }
    let command = Command::SettleOrder(SettleOrder { order: id, change });
    let done = native
        .tender()
        .execute(&access::caller(&principal), command)
        .await;
    // Asking for the state an order has changes nothing, so this can always be repeated.
    done.map_err(|failure| refusal::of_failure(&failure, Repeatable::Yes))?;
    answer(&native, &principal, id).await
}

/// The order as it stands after the commit.
async fn answer(native: &Native, principal: &Principal, id: OrderId) -> Result<Response, Problem> {
    let view = lookup::order(native, principal, id).await?;
    Ok(answer_order(StatusCode::OK, &view))
}
