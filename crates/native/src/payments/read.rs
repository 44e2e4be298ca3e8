//! `GET /api/v1/payments/{id}`.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use tender_http::Problem;

use super::render::answer_payment;
use crate::access::Client;
use crate::ids;
use crate::query::QueryText;
use crate::segment::Segment;
use crate::{Native, lookup, refusal};

pub(crate) async fn get(
    State(native): State<Native>,
    Client(principal): Client,
    Segment(id): Segment,
    query: QueryText,
) -> Result<Response, Problem> {
    query.read(&[])?;
    let id = ids::read_payment(&id).ok_or_else(refusal::payment_not_found)?;
    let payment = lookup::payment(&native, &principal, id).await?;
    let directory = lookup::directory(&native, &principal).await?;
    let currency = lookup::currency_of(&directory, &payment)?;
    let circumstances = lookup::circumstances(&native, &payment).await?;
    Ok(answer_payment(StatusCode::OK, &payment, currency, circumstances))
}
