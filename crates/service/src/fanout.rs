//! From notices to webhook messages: who is told, and what exactly.
//!
//! Messages are encoded inside the transaction that holds what they tell, so a body shows the state of that very
//! commit and can neither be lost nor invented. The bytes of a body are stored and sent unchanged on every attempt.

use tender_engine::{Delivery, EndpointId, Notice, Payment, PaymentId, Timestamp};

use crate::{Application, Directory, DirectoryEvent, Endpoint, OrderView};

/// One message for one endpoint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// The event's name in the dialect.
    pub event: String,
    /// The body, exactly as sent.
    pub body: String,
}

/// What one command led to, as an encoder sees it.
#[derive(Debug)]
pub struct WebhookEvent<'a> {
    /// What happened, in order.
    pub notices: &'a [Notice],
    /// The order concerned. Lines and payments are complete when [`WebhookEncoder::needs_full_order`] asked for them,
    /// else possibly missing.
    pub order: Option<&'a OrderView>,
    /// The payments named by the notices.
    pub payments: &'a [Payment],
    /// The merchant's directory.
    pub directory: &'a Directory,
    /// Now.
    pub now: Timestamp,
}

impl WebhookEvent<'_> {
    /// A payment named by a notice.
    #[must_use]
    pub fn payment(&self, id: PaymentId) -> Option<&Payment> {
        self.payments.iter().find(|payment| payment.id == id)
    }
}

/// A dialect's side of webhooks. Pure: no clock, no storage, no network.
pub trait WebhookEncoder: Send + Sync + std::fmt::Debug {
    /// The [`Endpoint::dialect`] it encodes for.
    fn dialect(&self) -> &'static str;

    /// Whether these notices can be news for any endpoint of the dialect. A cheap question asked of every command: what no
    /// dialect tells anybody, such as an accepted payment in the Lightspeed dialects, then costs nothing.
    fn concerns(&self, notices: &[Notice]) -> bool {
        !notices.is_empty()
    }

    /// Whether [`WebhookEncoder::encode`] needs all lines and payments of the order for these notices.
    fn needs_full_order(&self, notices: &[Notice], endpoint: &Endpoint) -> bool;

    /// The messages that an endpoint gets, in order; often none.
    fn encode(&self, event: &WebhookEvent<'_>, endpoint: &Endpoint) -> Vec<Message>;

    /// The messages about a change of the directory, each for one endpoint that is not disabled; mostly none. They are
    /// committed together with the change.
    fn encode_directory(&self, _: &DirectoryEvent<'_>) -> Vec<(EndpointId, Message)> {
        Vec::new()
    }

    /// Headers of an attempt beside the content type and the Standard Webhooks ones: authentication, the dialect's own
    /// signature, its idempotency key.
    fn headers(
        &self,
        delivery: &Delivery,
        endpoint: &Endpoint,
        application: Option<&Application>,
    ) -> Vec<(String, String)>;
}
