//! Notifications: what an endpoint is told, byte for byte (spec, section 7).
//!
//! Owns: who of this dialect's endpoints is told about a notice, and the bodies. Must not know: how messages are kept or
//! sent. The key orders and irregularities are those of the published samples and of section 7.5, so nothing here is
//! shared with the request side but the snapshot of a check.

mod failure;
mod order;
mod payment;
mod push;
#[cfg(test)]
pub(crate) mod tests;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use tender_engine::{Delivery, EndpointId, Notice, NoticeKind};
use tender_service::{Application, DirectoryEvent, Endpoint, Message, WebhookEncoder, WebhookEvent};

use crate::webhooks::{DIALECT, EndpointSettings};

/// Encodes for the endpoints of this dialect.
#[derive(Debug, Clone, Copy)]
pub(crate) struct KseriesEncoder {
    /// Money in accounts as JSON numbers instead of strings.
    pub(crate) money_as_numbers: bool,
}

impl WebhookEncoder for KseriesEncoder {
    fn dialect(&self) -> &'static str {
        DIALECT
    }

    fn concerns(&self, notices: &[Notice]) -> bool {
        notices
            .iter()
            .any(|notice| notice.kind != NoticeKind::PaymentAccepted)
    }

    fn needs_full_order(&self, notices: &[Notice], endpoint: &Endpoint) -> bool {
        let about_order = notices.iter().any(|notice| shows_account(&notice.kind));
        let failed = notices
            .iter()
            .any(|notice| matches!(notice.kind, NoticeKind::OrderFailed(_)));
        if !about_order && !failed {
            return false;
        }
        let settings = EndpointSettings::of(endpoint);
        let expanded = settings.expand_transactions || settings.expand_payments;
        failed || settings.provide_account && expanded
    }

    fn encode(&self, event: &WebhookEvent<'_>, endpoint: &Endpoint) -> Vec<Message> {
        let mut messages = Vec::new();
        for notice in event.notices {
            messages.extend(payment::message(event, notice, endpoint));
            // Lines and a payment in one commit are two notices and one state of the check: it is told once.
            let told = order::message(*self, event, notice, endpoint);
            messages.extend(told.filter(|message| !messages.contains(message)));
        }
        messages
    }

    fn encode_directory(&self, event: &DirectoryEvent<'_>) -> Vec<(EndpointId, Message)> {
        push::messages(event)
    }

    fn headers(
        &self,
        delivery: &Delivery,
        endpoint: &Endpoint,
        _: Option<&Application>,
    ) -> Vec<(String, String)> {
        let key = format!("LS1_{}", delivery.message_id);
        let mut headers = vec![("X-Lightspeed-Idempotency-Key".to_owned(), key)];
        let settings = EndpointSettings::of(endpoint);
        if settings.with_basic_auth {
            let username = settings.username.as_deref().unwrap_or_default();
            let password = settings.password.as_deref().unwrap_or_default();
            let credentials = STANDARD.encode(format!("{username}:{password}"));
            headers.push(("Authorization".to_owned(), format!("Basic {credentials}")));
        }
        headers
    }
}

/// Whether a notice is told with the account of the check.
const fn shows_account(kind: &NoticeKind) -> bool {
    match kind {
        NoticeKind::OrderOpened
        | NoticeKind::OrderUpdated
        | NoticeKind::OrderClosed
        | NoticeKind::OrderCancelled
        | NoticeKind::OrderDeleted
        | NoticeKind::OrderReady => true,
        NoticeKind::PaymentAccepted
        | NoticeKind::PaymentCompleted
        | NoticeKind::PaymentFailed(_)
        | NoticeKind::PaymentVoided
        | NoticeKind::PaymentReversed
        | NoticeKind::PaymentAmended
        | NoticeKind::OrderFailed(_)
        | NoticeKind::OrderUpdateFailed(..)
        | NoticeKind::OrderStaged => false,
    }
}
