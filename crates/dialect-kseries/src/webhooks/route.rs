//! The routes of webhook endpoints. PUT creates and POST updates: the reverse of the usual, as published.

use axum::extract::rejection::PathRejection;
use axum::extract::{Path, Request};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use tender_service::{Edit, Endpoint, Tender};

use super::settings::EndpointSettings;
use super::wire::{EndpointRequest, decode};
use super::{encode, store};
use crate::errors::{Fault, Refusal, json};
use crate::request::{SMALL_BODY_BYTES_MAX, captured, json_body, parse};
use crate::visit::Visit;

/// Webhook endpoints of one merchant, whichever dialect made them: all are looked at with each notice.
const ENDPOINTS_MAX: usize = 1_000;

/// Creates an endpoint, or replaces one as a whole.
pub(crate) async fn create(visit: Visit, request: Request) -> Response {
    let result = create_endpoint(&visit, request).await;
    visit.answer(result)
}

async fn create_endpoint(visit: &Visit, request: Request) -> Result<Response, Refusal> {
    let body = json_body(request, SMALL_BODY_BYTES_MAX).await?;
    let tree = parse(&body)?;
    let wanted = decode(&tree, visit.tender().settings().private_webhooks)?;
    let directory = &visit.directory;
    let application = visit.principal.application;
    let now_ms = visit.now().0;
    let edited = store::edit(visit, directory, wanted.name, |known| {
        let mut endpoint = match known {
            Ok(known) => known,
            Err(_) if directory.endpoints.len() >= ENDPOINTS_MAX => {
                return Err(Fault::EndpointsFull { max: ENDPOINTS_MAX }.into());
            }
            Err(id) => Endpoint {
                id,
                application: application.0,
                dialect: store::DIALECT.to_owned(),
                name: wanted.name.to_owned(),
                secrets: vec![Tender::new_endpoint_secret()],
                created_at_ms: now_ms,
                ..Endpoint::default()
            },
        };
        // Associations are resources of their own and outlive a replacement; everything else is replaced.
        let associations = EndpointSettings::of(&endpoint).associations;
        let settings = EndpointSettings {
            associations,
            ..EndpointSettings::default()
        };
        change(&mut endpoint, settings, &wanted, now_ms);
        Ok((Edit::Put(endpoint.clone()), endpoint))
    });
    Ok(json(StatusCode::OK, encode::endpoint(&edited.await?)))
}

/// Changes an endpoint; the three account flags fall back to false unless they are given (the reset rule).
pub(crate) async fn update(visit: Visit, request: Request) -> Response {
    let result = update_endpoint(&visit, request).await;
    visit.answer(result)
}

async fn update_endpoint(visit: &Visit, request: Request) -> Result<Response, Refusal> {
    let body = json_body(request, SMALL_BODY_BYTES_MAX).await?;
    let tree = parse(&body)?;
    let wanted = decode(&tree, visit.tender().settings().private_webhooks)?;
    let now_ms = visit.now().0;
    let edited = store::edit(visit, &visit.directory, wanted.name, |known| {
        let mut endpoint = known.map_err(|_| store::unknown(wanted.name))?;
        let settings = EndpointSettings::of(&endpoint);
        change(&mut endpoint, settings, &wanted, now_ms);
        Ok((Edit::Put(endpoint.clone()), endpoint))
    });
    Ok(json(StatusCode::OK, encode::endpoint(&edited.await?)))
}

/// Lays what was sent over `settings`. An endpoint that is written again is meant to be used again, so a disabled one
/// gets another chance.
fn change(
    endpoint: &mut Endpoint,
    mut settings: EndpointSettings,
    wanted: &EndpointRequest<'_>,
    now_ms: i64,
) {
    settings.provide_account = wanted.provide_account.unwrap_or(false);
    settings.expand_transactions = wanted.expand_transactions.unwrap_or(false);
    settings.expand_payments = wanted.expand_payments.unwrap_or(false);
    if let Some(with_basic_auth) = wanted.with_basic_auth {
        settings.with_basic_auth = with_basic_auth;
    }
    if let Some(username) = wanted.username {
        settings.username = Some(username.to_owned());
    }
    if let Some(password) = wanted.password {
        settings.password = Some(password.to_owned());
    }
    if let Some(subscriptions) = &wanted.subscribe_to {
        settings.subscribe_to = Some(subscriptions.clone());
    }
    endpoint.settings = settings.to_value();
    wanted.url.clone_into(&mut endpoint.url);
    endpoint.disabled = false;
    endpoint.failing_since_ms = None;
    endpoint.updated_at_ms = now_ms;
}

/// Reads an endpoint.
pub(crate) async fn read(visit: Visit, name: Result<Path<String>, PathRejection>) -> Response {
    visit.answer(read_endpoint(&visit, name))
}

fn read_endpoint(visit: &Visit, name: Result<Path<String>, PathRejection>) -> Result<Response, Refusal> {
    let name = captured(name)?;
    let endpoint = store::require(&visit.directory, visit.principal.application, &name)?;
    Ok(json(StatusCode::OK, encode::endpoint(endpoint)))
}

/// Deletes an endpoint.
pub(crate) async fn delete(visit: Visit, name: Result<Path<String>, PathRejection>) -> Response {
    let result = delete_endpoint(&visit, name).await;
    visit.answer(result)
}

async fn delete_endpoint(
    visit: &Visit,
    name: Result<Path<String>, PathRejection>,
) -> Result<Response, Refusal> {
    let name = captured(name)?;
    let deleted = store::edit(visit, &visit.directory, &name, |known| match known {
        Ok(_) => Ok((Edit::Delete, ())),
        Err(_) => Err(store::unknown(&name)),
    });
    deleted.await?;
    Ok(StatusCode::OK.into_response())
}
