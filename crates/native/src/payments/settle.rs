//! `POST /api/v1/payments/{id}/confirm` and `/void`: ending a pending payment by hand. Both can be repeated.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use tender_engine::{Command, ConfirmPayment, PaymentId, VoidPayment};
use tender_http::Problem;

use super::pay::paid;
use super::preview;
use super::render::answer_payment;
use crate::access::{self, Client};
use crate::body::{BodyBytes, Fields};
use crate::ids;
use crate::query::QueryText;
use crate::refusal::Repeatable;
use crate::segment::Segment;
use crate::{Native, lookup, refusal};

pub(crate) async fn confirm(
    state: State<Native>,
    client: Client,
    segment: Segment,
    query: QueryText,
    body: BodyBytes,
) -> Result<Response, Problem> {
    settle(state, client, segment, query, body, |payment| {
        Command::ConfirmPayment(ConfirmPayment {
            payment,
            asserted_order: None,
            transaction_ref: None,
            attributes: None,
            customer: None,
            once: false,
        })
    })
    .await
}

pub(crate) async fn void(
    state: State<Native>,
    client: Client,
    segment: Segment,
    query: QueryText,
    body: BodyBytes,
) -> Result<Response, Problem> {
    settle(state, client, segment, query, body, |payment| {
        Command::VoidPayment(VoidPayment { payment })
    })
    .await
}

async fn settle(
    State(native): State<Native>,
    Client(principal): Client,
    Segment(id): Segment,
    query: QueryText,
    body: BodyBytes,
    command: fn(PaymentId) -> Command,
) -> Result<Response, Problem> {
    let dry_run = query.read(&["dry_run"])?.flag("dry_run")?;
    Fields::of(&body.json()?, &[])?;
    let id = ids::read_payment(&id).ok_or_else(refusal::payment_not_found)?;
    if principal.locations.is_some() {
        lookup::payment(&native, &principal, id).await?;
    }
    let directory = lookup::directory(&native, &principal).await?;
    let caller = access::caller(&principal);
    let command = command(id);
    if dry_run {
        return preview::answer(&native, &caller, &directory, command).await;
    }
    let done = native.tender().execute(&caller, command).await;
    let done = done.map_err(|failure| refusal::of_failure(&failure, Repeatable::Yes))?;
    let (payment, _) = paid(&done).ok_or_else(|| refusal::internal(Repeatable::Yes))?;
    // A repeated void finds what came after the first one: a till's late confirm may have opened a case.
    let circumstances = lookup::circumstances(&native, payment).await?;
    let currency = lookup::currency_of(&directory, payment)?;
    Ok(answer_payment(StatusCode::OK, payment, currency, circumstances))
}
