//! From notices to webhook bodies: the complete order, signed.

use std::sync::Arc;

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use tender_engine::{Delivery, Notice, NoticeKind, Order, OrderState};
use tender_service::{Application, Endpoint, Message, OrderView, Settings, WebhookEncoder, WebhookEvent};
use tender_wire::JsonWriter;

use super::DIALECT;
use super::settings::{HookSettings, is_callback};
use super::topic::changes_status;
use crate::orders::{encode_order, labels};

const SIGNATURE: &str = "X-Kounta-Signature";
/// The event's name for calls of `callback_uri`, which have no topic.
const CALLBACK_EVENT: &str = "callback";

/// This dialect's side of webhooks.
#[must_use]
pub fn encoder(_: &Settings) -> Arc<dyn WebhookEncoder> {
    Arc::new(KountaEncoder)
}

#[derive(Debug)]
struct KountaEncoder;

impl WebhookEncoder for KountaEncoder {
    fn dialect(&self) -> &'static str {
        DIALECT
    }

    fn concerns(&self, notices: &[Notice]) -> bool {
        notices
            .iter()
            .any(|notice| notice.kind != NoticeKind::PaymentAccepted)
    }

    fn needs_full_order(&self, notices: &[Notice], endpoint: &Endpoint) -> bool {
        if is_callback(endpoint) {
            return changes_status(notices);
        }
        HookSettings::of(endpoint)
            .topic
            .is_some_and(|topic| topic.may_be_news(notices))
    }

    fn encode(&self, event: &WebhookEvent<'_>, endpoint: &Endpoint) -> Vec<Message> {
        let Some(view) = event
            .order
            .filter(|view| view.order.state != OrderState::Proposed)
        else {
            return Vec::new();
        };
        // A merchant may have many callbacks, and an order has one at most.
        if is_callback(endpoint) && !calls_back(endpoint, &view.order) {
            return Vec::new();
        }
        let settings = HookSettings::of(endpoint);
        let name = match settings.topic {
            Some(topic) if wants(&settings, view) && topic.is_news(event.notices, view.order.state) => {
                topic.word()
            }
            None if settings.callback && changes_status(event.notices) => CALLBACK_EVENT,
            _ => return Vec::new(),
        };
        let body = JsonWriter::object(|object| encode_order(object, view, event.directory));
        vec![Message {
            event: name.to_owned(),
            body: body.into_string(),
        }]
    }

    fn headers(
        &self,
        delivery: &Delivery,
        endpoint: &Endpoint,
        application: Option<&Application>,
    ) -> Vec<(String, String)> {
        let settings = HookSettings::of(endpoint);
        let secret = settings
            .secret
            .as_deref()
            .or(application.map(|application| application.client_secret.as_str()));
        let mut headers: Vec<(String, String)> = settings.headers.clone().into_iter().collect();
        if let Some(signature) = secret.and_then(|secret| sign(secret, delivery.body.as_bytes())) {
            headers.push((SIGNATURE.to_owned(), signature));
        }
        headers
    }
}

fn wants(settings: &HookSettings, view: &OrderView) -> bool {
    settings.site_ids.is_empty() || settings.site_ids.contains(&view.order.location.0)
}

/// Whether an order names this endpoint's URL, and was made by its application: another application's URL is its own.
pub(super) fn calls_back(endpoint: &Endpoint, order: &Order) -> bool {
    order.opened_by.0 == endpoint.application
        && order.label(labels::CALLBACK_URI) == Some(endpoint.url.as_str())
}

/// Lower-case hex of the HMAC-SHA256 of the bytes that are sent.
fn sign(secret: &str, body: &[u8]) -> Option<String> {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).ok()?;
    mac.update(body);
    Some(hex::encode(mac.finalize().into_bytes()))
}
