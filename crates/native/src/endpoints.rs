//! `/api/v1/webhook-endpoints`: where messages are sent.
//!
//! Owns: the members of an endpoint, which events it wants, showing its secret once. Must not know: how messages are sent,
//! signed or retried.
//!
//! An application sees its own endpoints; the administration sees all of the merchant's, those of other dialects
//! included. What another dialect keeps in an endpoint is changed through that dialect; here such an endpoint can be
//! switched off and on, deleted, and given a new secret.

use std::collections::BTreeSet;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use tender_engine::{ApplicationId, EndpointId};
use tender_http::Problem;
use tender_service::{
    Directory, DirectoryKind, Edit, Endpoint, EndpointSecret, Failure, Principal, PrincipalKind, Tender,
    UrlRefusal, check_webhook_url,
};
use tender_wire::{JsonWriter, ObjectWriter};

use crate::access::Client;
use crate::body::{BodyBytes, Fields, SHORT_TEXT_CHARS_MAX};
use crate::ids::{self, OnTheWire};
use crate::query::QueryText;
use crate::refusal::{Code, Repeatable};
use crate::segment::Segment;
use crate::time::Moment;
use crate::webhook::{self, Settings};
use crate::{Native, answer, lookup, refusal};

pub(crate) mod openapi;

/// Endpoints of one merchant.
const ENDPOINTS_MAX: usize = 500;
pub(super) const LIMIT_USUAL: u32 = 50;
pub(super) const LIMIT_MAX: u32 = 200;

pub(crate) async fn list(
    State(native): State<Native>,
    Client(principal): Client,
    query: QueryText,
) -> Result<Response, Problem> {
    let query = query.read(&["limit", "after"])?;
    let limit = query.limit(LIMIT_USUAL, LIMIT_MAX)?;
    let after = query.after(ids::read_endpoint)?.map_or(0, |id| id.0);
    let directory = lookup::directory(&native, &principal).await?;
    let visible = directory.endpoints.values();
    let visible = visible.filter(|endpoint| endpoint.id > after && sees(&principal, endpoint));
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let endpoints: Vec<&Endpoint> = visible.take(limit.saturating_add(1)).collect();
    let page = endpoints.get(..limit).unwrap_or(&endpoints);
    let next = page.last().filter(|_| endpoints.len() > limit);
    let next = next.map(|endpoint| EndpointId(endpoint.id).wire().to_string());
    Ok(answer::page(page, next, |array, endpoint| {
        array.object(|object| write_endpoint(object, endpoint, None));
    }))
}

pub(crate) async fn get(
    State(native): State<Native>,
    Client(principal): Client,
    Segment(id): Segment,
    query: QueryText,
) -> Result<Response, Problem> {
    query.read(&[])?;
    let directory = lookup::directory(&native, &principal).await?;
    let endpoint = find(&directory, &principal, &id)?;
    Ok(answer_endpoint(StatusCode::OK, endpoint, None))
}

pub(crate) async fn create(
    State(native): State<Native>,
    Client(principal): Client,
    query: QueryText,
    body: BodyBytes,
) -> Result<Response, Problem> {
    query.read(&[])?;
    let directory = lookup::directory(&native, &principal).await?;
    let json = body.json()?;
    let fields = Fields::of(&json, &["url", "name", "events"])?;
    let tender = native.tender();
    let url = read_url(&fields, tender)?;
    let url = fields.require("url", url)?;
    let name = fields.text("name", SHORT_TEXT_CHARS_MAX)?.unwrap_or_default();
    let settings = Settings {
        events: read_events(&fields)?.unwrap_or_default(),
        locations: principal.locations.clone(),
    };
    if directory.endpoints.len() >= ENDPOINTS_MAX {
        return Err(refusal::problem(
            StatusCode::CONFLICT,
            Code::TooManyEndpoints,
            "There are as many webhook endpoints as a merchant can have.",
        )
        .detail("Delete one that is not used any more."));
    }
    let secret = Tender::new_endpoint_secret();
    let now = tender.now();
    let endpoint = Endpoint {
        id: tender.new_id(),
        application: principal.application.0,
        dialect: webhook::DIALECT.to_owned(),
        name: name.to_owned(),
        url: url.to_owned(),
        secrets: vec![secret.clone()],
        settings: settings.to_value(),
        created_at_ms: now.0,
        updated_at_ms: now.0,
        ..Endpoint::default()
    };
    put(tender, &principal, &endpoint).await?;
    Ok(answer_endpoint(StatusCode::CREATED, &endpoint, Some(&secret)))
}

pub(crate) async fn update(
    State(native): State<Native>,
    Client(principal): Client,
    Segment(id): Segment,
    query: QueryText,
    body: BodyBytes,
) -> Result<Response, Problem> {
    query.read(&[])?;
    let directory = lookup::directory(&native, &principal).await?;
    let endpoint = find(&directory, &principal, &id)?;
    let json = body.json()?;
    let fields = Fields::of(&json, &["url", "name", "events", "disabled"])?;
    let tender = native.tender();
    let url = read_url(&fields, tender)?;
    let name = fields.text("name", SHORT_TEXT_CHARS_MAX)?;
    let events = read_events(&fields)?;
    let is_ours = endpoint.dialect == webhook::DIALECT;
    if !is_ours && (url.is_some() || name.is_some() || events.is_some()) {
        return Err(refusal::problem(
            StatusCode::CONFLICT,
            Code::EndpointOfDialect,
            "The endpoint belongs to another dialect.",
        )
        .detail("Change it through that dialect. Here it can be disabled, enabled, deleted and given a new secret."));
    }
    let disabled = fields.flag("disabled")?;
    let now = tender.now();
    // Only what was sent is changed, on the endpoint as it is when it is written. By then it may be gone.
    let edit = |endpoint: Option<Endpoint>| {
        let Some(mut endpoint) = endpoint else {
            return (Edit::Keep, None);
        };
        if let Some(url) = url {
            url.clone_into(&mut endpoint.url);
        }
        if let Some(name) = name {
            name.clone_into(&mut endpoint.name);
        }
        if let Some(events) = &events {
            let settings = Settings {
                events: events.clone(),
                ..Settings::of(&endpoint)
            };
            endpoint.settings = settings.to_value();
        }
        if let Some(disabled) = disabled {
            if endpoint.disabled && !disabled {
                // Whoever switches it on again gives it a fresh start.
                endpoint.failing_since_ms = None;
            }
            endpoint.disabled = disabled;
        }
        endpoint.updated_at_ms = now.0;
        (Edit::Put(endpoint.clone()), Some(endpoint))
    };
    let changed = tender
        .edit_directory(principal.merchant, DirectoryKind::Endpoint, endpoint.id, edit)
        .await;
    let endpoint = changed.map_err(of_write_failure)?.ok_or_else(not_found)?;
    Ok(answer_endpoint(StatusCode::OK, &endpoint, None))
}

pub(crate) async fn delete(
    State(native): State<Native>,
    Client(principal): Client,
    Segment(id): Segment,
    query: QueryText,
) -> Result<StatusCode, Problem> {
    query.read(&[])?;
    let directory = lookup::directory(&native, &principal).await?;
    let id = find(&directory, &principal, &id)?.id;
    let tender = native.tender();
    let deleted = tender
        .delete_directory(principal.merchant, DirectoryKind::Endpoint, id)
        .await;
    deleted.map_err(of_write_failure)?;
    Ok(StatusCode::NO_CONTENT)
}

pub(crate) async fn rotate_secret(
    State(native): State<Native>,
    Client(principal): Client,
    Segment(id): Segment,
    query: QueryText,
    body: BodyBytes,
) -> Result<Response, Problem> {
    query.read(&[])?;
    Fields::of(&body.json()?, &[])?;
    let directory = lookup::directory(&native, &principal).await?;
    let endpoint = find(&directory, &principal, &id)?;
    let tender = native.tender();
    let secret = tender
        .rotate_endpoint_secret(principal.merchant, EndpointId(endpoint.id))
        .await;
    let secret = secret.map_err(of_write_failure)?.ok_or_else(not_found)?;
    Ok(answer_endpoint(StatusCode::OK, endpoint, Some(&secret)))
}

/// An endpoint that the caller sees.
fn find<'d>(directory: &'d Directory, principal: &Principal, id: &str) -> Result<&'d Endpoint, Problem> {
    let endpoint = ids::read_endpoint(id).and_then(|id| directory.endpoints.get(&id.0));
    endpoint
        .filter(|endpoint| sees(principal, endpoint))
        .ok_or_else(not_found)
}

/// Whether an endpoint is the caller's to see. Who reaches some locations only sees endpoints that hear of no others.
fn sees(principal: &Principal, endpoint: &Endpoint) -> bool {
    let is_theirs = match principal.kind {
        PrincipalKind::Admin => true,
        PrincipalKind::Application => endpoint.application == principal.application.0,
        PrincipalKind::Till => false,
    };
    let within_reach = principal.locations.as_ref().is_none_or(|reach| {
        let told = Settings::of(endpoint).locations;
        told.is_some_and(|told| told.is_subset(reach))
    });
    is_theirs && within_reach
}

/// The endpoints that the caller sees, by id.
pub(crate) fn visible(directory: &Directory, principal: &Principal) -> BTreeSet<EndpointId> {
    let endpoints = directory.endpoints.values();
    let visible = endpoints.filter(|endpoint| sees(principal, endpoint));
    visible.map(|endpoint| EndpointId(endpoint.id)).collect()
}

pub(crate) fn not_found() -> Problem {
    refusal::of_rejection(&tender_engine::Rejection::EndpointNotFound)
}

fn of_write_failure(failure: Failure) -> Problem {
    refusal::of_failure(&failure, Repeatable::Yes)
}

async fn put(tender: &Tender, principal: &Principal, endpoint: &Endpoint) -> Result<(), Problem> {
    let written = tender.put_directory(principal.merchant, DirectoryKind::Endpoint, endpoint.id, endpoint);
    written.await.map_err(of_write_failure)
}

fn read_url<'j>(fields: &Fields<'j, '_>, tender: &Tender) -> Result<Option<&'j str>, Problem> {
    let Some(url) = fields.text("url", tender_service::WEBHOOK_URL_BYTES_MAX)? else {
        return Ok(None);
    };
    let detail = match check_webhook_url(url, tender.settings().private_webhooks) {
        Ok(()) => return Ok(Some(url)),
        Err(UrlRefusal::TooLong) => "It is too long.",
        Err(UrlRefusal::Malformed) => "It is an absolute URL, such as https://example.com/hooks.",
        Err(UrlRefusal::Scheme) => "It begins with https:// or http://.",
        Err(UrlRefusal::Credentials) => {
            "It must not contain a name or a password: they would end up in logs."
        }
        Err(UrlRefusal::Address(_)) => {
            "It leads to an address that is not public, which this server is not set up to call."
        }
    };
    Err(refusal::invalid_field(fields.path("url"), detail))
}

/// The events wanted; none named means all.
fn read_events(fields: &Fields<'_, '_>) -> Result<Option<BTreeSet<String>>, Problem> {
    let known = webhook::event_names();
    let Some(names) = fields.texts("events", 0..=known.len())? else {
        return Ok(None);
    };
    if names.iter().any(|name| !known.contains(name)) {
        let detail = format!("Known events: {}.", known.join(", "));
        return Err(refusal::invalid_field(fields.path("events"), detail));
    }
    Ok(Some(names.into_iter().map(str::to_owned).collect()))
}

fn write_endpoint(object: &mut ObjectWriter<'_>, endpoint: &Endpoint, secret: Option<&EndpointSecret>) {
    let moment = |ms: i64| Moment(tender_engine::Timestamp(ms));
    object.display("id", EndpointId(endpoint.id).wire());
    object.string("dialect", &endpoint.dialect);
    object.display("application_id", ApplicationId(endpoint.application).wire());
    object.string("name", &endpoint.name);
    object.string("url", &endpoint.url);
    if endpoint.dialect == webhook::DIALECT {
        object.array("events", |array| {
            for name in &Settings::of(endpoint).events {
                array.string(name);
            }
        });
    }
    object.bool("disabled", endpoint.disabled);
    object.optional(
        "failing_since",
        endpoint.failing_since_ms.map(moment),
        ObjectWriter::display,
    );
    object.display("created_at", moment(endpoint.created_at_ms));
    object.display("updated_at", moment(endpoint.updated_at_ms));
    if let Some(secret) = secret {
        object.string("secret", &secret.value);
    }
}

fn answer_endpoint(status: StatusCode, endpoint: &Endpoint, secret: Option<&EndpointSecret>) -> Response {
    let body = JsonWriter::object(|object| write_endpoint(object, endpoint, secret));
    answer::json(status, body)
}
