//! The routes of payment methods and businesses.

use axum::extract::Path;
use axum::extract::rejection::PathRejection;
use axum::http::header::HOST;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;

use super::encode;
use crate::errors::{Refusal, json};
use crate::request::{captured, number};
use crate::visit::Visit;

/// Lists the payment methods that a payment at a location may name.
pub(crate) async fn payment_methods(
    visit: Visit,
    location: Result<Path<String>, PathRejection>,
    headers: HeaderMap,
) -> Response {
    visit.answer(list_methods(&visit, location, &headers))
}

fn list_methods(
    visit: &Visit,
    location: Result<Path<String>, PathRejection>,
    headers: &HeaderMap,
) -> Result<Response, Refusal> {
    let location = visit.location(number("businessLocationId", &captured(location)?)?)?;
    // A till's own card terminal cannot be used from outside, so its code is none that /pay takes.
    let methods = visit
        .directory
        .methods
        .values()
        .filter(|method| method.active && !method.is_terminal);
    let origin = origin(visit, headers);
    let href = format!("{origin}/f/finance/{}/paymentMethods", location.id);
    Ok(json(StatusCode::OK, encode::payment_methods(methods, &href)))
}

/// Where the server is reached: as configured, else as this client reached it.
fn origin(visit: &Visit, headers: &HeaderMap) -> String {
    if let Some(url) = &visit.tender().settings().public_url {
        return url.clone();
    }
    let host = headers
        .get(HOST)
        .and_then(|host| host.to_str().ok())
        .unwrap_or("localhost");
    format!("http://{host}")
}

/// Lists the businesses and locations that the token covers, with their currency.
pub(crate) async fn businesses(visit: Visit) -> Response {
    let body = encode::businesses(&visit.directory.merchant, visit.locations());
    json(StatusCode::OK, body)
}
