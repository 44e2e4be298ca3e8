//! Webhooks: the subscriptions of an application at a company, and what they are told.
//!
//! A webhook is an endpoint of the directory whose settings this dialect reads. Beside those that clients make there are
//! those that stand for the `callback_uri` of orders; they are shown to nobody.

mod callback;
mod decode;
mod encode;
mod encoder;
mod settings;
mod topic;

use axum::response::Response;
use tender_engine::EndpointId;
use tender_service::{DirectoryKind, Edit, Endpoint, Failure, Tender};
use tender_wire::{JsonWriter, Reader};

use crate::answer;
use crate::company::whole;
use crate::errors::{ApiError, Fault};
use crate::exchange::{Exchange, parse};
use decode::HookFields;
use settings::{HookSettings, is_callback};

#[cfg(test)]
pub(crate) use callback::{CALLBACKS_MAX, KEPT_AFTER_USE_MS};
pub(crate) use callback::{Callback, ensure as ensure_callback, is_called};
pub use encoder::encoder;

/// [`Endpoint::dialect`] of this dialect.
const DIALECT: &str = "kounta";
/// Webhooks of one application at one company.
const WEBHOOKS_MAX: usize = 100;

/// `GET /companies/{co}/webhooks`
pub(crate) fn list(exchange: &Exchange) -> Response {
    whole(JsonWriter::array(|array| {
        for (endpoint, settings) in own(exchange) {
            array.object(|object| encode::webhook(object, endpoint, &settings, &exchange.directory));
        }
    }))
}

/// `GET /companies/{co}/webhooks/{id}`
pub(crate) fn read(exchange: &Exchange, id: EndpointId) -> Result<Response, ApiError> {
    let (endpoint, settings) = find(exchange, id)?;
    Ok(answer::ok(body(exchange, endpoint, &settings)))
}

/// `POST /companies/{co}/webhooks`
pub(crate) async fn create(exchange: &Exchange, request: &[u8]) -> Result<Response, ApiError> {
    let json = parse(request)?;
    let fields = HookFields::read(&Reader::root(&json)?, exchange.settings().private_webhooks)?;
    let topic = fields.topic.ok_or_else(|| ApiError::required("topic"))?;
    let url = fields
        .address
        .clone()
        .ok_or_else(|| ApiError::required("address"))?;
    if own(exchange).count() >= WEBHOOKS_MAX {
        return Err(ApiError::of(Fault::WebhooksFull));
    }
    let mut settings = HookSettings {
        topic: Some(topic),
        ..HookSettings::default()
    };
    fields.apply(&mut settings);
    let endpoint = new_endpoint(exchange, exchange.tender.new_id(), url, &settings)?;
    put(exchange, &endpoint).await?;
    let url = exchange.url(&format!("/webhooks/{}", endpoint.id));
    Ok(answer::created(&url, body(exchange, &endpoint, &settings)))
}

/// `PUT /companies/{co}/webhooks/{id}`: the attributes given, but filter and headers as a whole.
pub(crate) async fn change(
    exchange: &Exchange,
    id: EndpointId,
    request: &[u8],
) -> Result<Response, ApiError> {
    find(exchange, id)?;
    let json = parse(request)?;
    let fields = HookFields::read(&Reader::root(&json)?, exchange.settings().private_webhooks)?;
    let now_ms = exchange.tender.now().0;
    // What was sent is laid over the webhook as it is when it is written; by then it may be gone.
    let lay_over = |endpoint: Endpoint| {
        let mut settings = HookSettings::of(&endpoint);
        fields.apply(&mut settings);
        let endpoint = Endpoint {
            url: fields.address.clone().unwrap_or_else(|| endpoint.url.clone()),
            settings: settings.to_value()?,
            updated_at_ms: now_ms,
            ..endpoint
        };
        Ok((endpoint, settings))
    };
    let edit = |endpoint: Option<Endpoint>| match endpoint.ok_or_else(ApiError::not_found).and_then(lay_over)
    {
        Ok((endpoint, settings)) => (Edit::Put(endpoint.clone()), Ok((endpoint, settings))),
        Err(error) => (Edit::Keep, Err(error)),
    };
    let (endpoint, settings) = exchange
        .tender
        .edit_directory(exchange.company(), DirectoryKind::Endpoint, id.0, edit)
        .await??;
    Ok(answer::ok(body(exchange, &endpoint, &settings)))
}

/// `DELETE /companies/{co}/webhooks/{id}`
pub(crate) async fn delete(exchange: &Exchange, id: EndpointId) -> Result<Response, ApiError> {
    find(exchange, id)?;
    exchange
        .tender
        .delete_directory(exchange.company(), DirectoryKind::Endpoint, id.0)
        .await?;
    Ok(answer::no_content())
}

/// Whether a webhook is there for this caller.
///
/// # Errors
/// 404.
pub(crate) fn check_exists(exchange: &Exchange, id: EndpointId) -> Result<(), ApiError> {
    find(exchange, id).map(drop)
}

/// A webhook of the caller's own application.
fn find(exchange: &Exchange, id: EndpointId) -> Result<(&Endpoint, HookSettings), ApiError> {
    own(exchange)
        .find(|(endpoint, _)| endpoint.id == id.0)
        .ok_or_else(ApiError::not_found)
}

fn own(exchange: &Exchange) -> impl Iterator<Item = (&Endpoint, HookSettings)> {
    endpoints(exchange)
        .filter(|endpoint| !is_callback(endpoint))
        .map(|endpoint| (endpoint, HookSettings::of(endpoint)))
}

/// All of the application's endpoints, those of callbacks included.
fn endpoints(exchange: &Exchange) -> impl Iterator<Item = &Endpoint> {
    let application = exchange.principal.application.0;
    exchange
        .directory
        .endpoints
        .values()
        .filter(move |endpoint| endpoint.application == application && endpoint.dialect == DIALECT)
}

fn new_endpoint(
    exchange: &Exchange,
    id: u64,
    url: String,
    settings: &HookSettings,
) -> Result<Endpoint, Failure> {
    let now_ms = exchange.tender.now().0;
    Ok(Endpoint {
        id,
        application: exchange.principal.application.0,
        dialect: DIALECT.to_owned(),
        name: settings
            .topic
            .map_or_else(String::new, |topic| topic.word().to_owned()),
        url,
        secrets: vec![Tender::new_endpoint_secret()],
        settings: settings.to_value()?,
        disabled: false,
        failing_since_ms: None,
        created_at_ms: now_ms,
        updated_at_ms: now_ms,
    })
}

async fn put(exchange: &Exchange, endpoint: &Endpoint) -> Result<(), ApiError> {
    let tender = &exchange.tender;
    tender
        .put_directory(exchange.company(), DirectoryKind::Endpoint, endpoint.id, endpoint)
        .await?;
    Ok(())
}

fn body(exchange: &Exchange, endpoint: &Endpoint, settings: &HookSettings) -> JsonWriter {
    JsonWriter::object(|object| encode::webhook(object, endpoint, settings, &exchange.directory))
}
