//! Native webhook messages.
//!
//! Owns: their names and bodies, and an endpoint's choice of events. Must not know: how they are sent or signed.
//!
//! The names are those of the event feed. A body shows payment and order as the very commit left them; the order comes
//! without its lines and payments, which a receiver that wants them reads. A case is told by the feed alone: the ledger
//! makes no notice of it.

use std::collections::BTreeSet;

use tender_engine::{Delivery, EntryKind, LocationId, Notice, NoticeKind, Order, Payment};
use tender_http::MoneyMoved;
use tender_money::Currency;
use tender_service::{Application, Endpoint, Message, WebhookEncoder, WebhookEvent};
use tender_wire::{JsonWriter, ObjectWriter};

use crate::advice::{self, Circumstances};
use crate::ids::OnTheWire;
use crate::orders::render::write_head;
use crate::payments::render::write_payment;
use crate::time::Moment;

#[cfg(test)]
mod tests;

/// The dialect of our endpoints.
pub(crate) const DIALECT: &str = "native";

/// What our endpoints keep in [`Endpoint::settings`].
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(default)]
pub(crate) struct Settings {
    /// The events wanted; empty for all.
    pub(crate) events: BTreeSet<String>,
    /// The locations that whoever made the endpoint reaches; absent for all of the merchant's.
    #[serde(with = "location_numbers")]
    pub(crate) locations: Option<BTreeSet<LocationId>>,
}

/// Locations as plain numbers.
mod location_numbers {
    use std::collections::BTreeSet;

    use serde::{Deserialize, Deserializer, Serialize, Serializer};
    use tender_engine::LocationId;

    type Locations = Option<BTreeSet<LocationId>>;

    pub(super) fn serialize<S: Serializer>(locations: &Locations, serializer: S) -> Result<S::Ok, S::Error> {
        let numbers = locations
            .as_ref()
            .map(|locations| locations.iter().map(|location| location.0));
        numbers.map(Iterator::collect::<Vec<u64>>).serialize(serializer)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Locations, D::Error> {
        let numbers = Option::<Vec<u64>>::deserialize(deserializer)?;
        Ok(numbers.map(|numbers| numbers.into_iter().map(LocationId).collect()))
    }
}

impl Settings {
    /// The settings of an endpoint; what cannot be read is as if it had never been said.
    pub(crate) fn of(endpoint: &Endpoint) -> Self {
        serde_json::from_value(endpoint.settings.clone()).unwrap_or_default()
    }

    /// As they are kept.
    pub(crate) fn to_value(&self) -> serde_json::Value {
        serde_json::to_value(self).unwrap_or_default()
    }

    fn takes(&self, name: &str, location: LocationId) -> bool {
        let wants = self.events.is_empty() || self.events.contains(name);
        wants
            && self
                .locations
                .as_ref()
                .is_none_or(|locations| locations.contains(&location))
    }
}

/// The kinds of events that webhooks tell, in the order of the feed's.
const TOLD: [EntryKind; 11] = [
    EntryKind::OrderOpened,
    EntryKind::OrderFailed,
    EntryKind::OrderUpdated,
    EntryKind::OrderClosed,
    EntryKind::OrderCancelled,
    EntryKind::PaymentAccepted,
    EntryKind::PaymentCompleted,
    EntryKind::PaymentFailed,
    EntryKind::PaymentVoided,
    EntryKind::PaymentReversed,
    EntryKind::PaymentAmended,
];

/// The names that an endpoint can choose from.
pub(crate) fn event_names() -> [&'static str; TOLD.len()] {
    TOLD.map(EntryKind::code)
}

/// What a notice is called; `None` for what native webhooks do not tell.
fn kind_of(notice: &Notice) -> Option<EntryKind> {
    Some(match notice.kind {
        NoticeKind::PaymentAccepted => EntryKind::PaymentAccepted,
        NoticeKind::PaymentCompleted => EntryKind::PaymentCompleted,
        NoticeKind::PaymentFailed(_) => EntryKind::PaymentFailed,
        NoticeKind::PaymentVoided => EntryKind::PaymentVoided,
        NoticeKind::PaymentReversed => EntryKind::PaymentReversed,
        NoticeKind::PaymentAmended => EntryKind::PaymentAmended,
        NoticeKind::OrderOpened => EntryKind::OrderOpened,
        NoticeKind::OrderFailed(_) | NoticeKind::OrderUpdateFailed(..) => EntryKind::OrderFailed,
        NoticeKind::OrderStaged | NoticeKind::OrderUpdated => EntryKind::OrderUpdated,
        NoticeKind::OrderClosed => EntryKind::OrderClosed,
        // The order's state in the body says which of the two it was.
        NoticeKind::OrderCancelled | NoticeKind::OrderDeleted => EntryKind::OrderCancelled,
        NoticeKind::OrderReady => return None,
    })
}

/// Encodes for endpoints of this API.
#[derive(Debug, Clone, Copy)]
pub(crate) struct NativeEncoder;

impl WebhookEncoder for NativeEncoder {
    fn dialect(&self) -> &'static str {
        DIALECT
    }

    fn needs_full_order(&self, _: &[Notice], _: &Endpoint) -> bool {
        false
    }

    fn encode(&self, event: &WebhookEvent<'_>, endpoint: &Endpoint) -> Vec<Message> {
        let settings = Settings::of(endpoint);
        // A change of the stage and of other data is one change of the order.
        let updated = |notice: &Notice| notice.kind == NoticeKind::OrderUpdated;
        let says_more = event.notices.iter().any(updated);
        let notices = event.notices.iter();
        notices
            .filter(|notice| notice.kind != NoticeKind::OrderStaged || !says_more)
            .filter_map(|notice| message(event, notice, &settings))
            .collect()
    }

    fn headers(&self, _: &Delivery, _: &Endpoint, _: Option<&Application>) -> Vec<(String, String)> {
        Vec::new()
    }
}

fn message(event: &WebhookEvent<'_>, notice: &Notice, settings: &Settings) -> Option<Message> {
    let name = kind_of(notice)?.code();
    let order = event.order.map(|view| &view.order);
    let order = order.filter(|order| Some(order.id) == notice.order);
    let payment = notice.payment.and_then(|id| event.payment(id));
    let location = order
        .map(|order| order.location)
        .or(payment.map(|payment| payment.location))?;
    if !settings.takes(name, location) {
        return None;
    }
    let currency = order
        .map(|order| order.currency)
        .or_else(|| event.directory.currency(location))?;
    let about = About {
        location,
        currency,
        order,
        payment,
    };
    let body = JsonWriter::object(|object| write_body(object, event, name, &about));
    Some(Message {
        event: name.to_owned(),
        body: body.into_string(),
    })
}

/// What one message is about.
struct About<'a> {
    location: LocationId,
    currency: Currency,
    order: Option<&'a Order>,
    payment: Option<&'a Payment>,
}

fn write_body(object: &mut ObjectWriter<'_>, event: &WebhookEvent<'_>, name: &str, about: &About<'_>) {
    object.string("type", name);
    object.display("occurred_at", Moment(event.now));
    object.display("merchant", event.directory.merchant_id().wire());
    object.display("location_id", about.location.wire());
    if let Some(order) = about.order {
        object.object("order", |object| write_head(object, order));
    }
    let circumstances = Circumstances::default();
    if let Some(payment) = about.payment {
        object.object("payment", |object| {
            write_payment(object, payment, about.currency, circumstances)
        });
    }
    // What happens to an order moves no money by itself; the payment that closed it has a message of its own.
    let moved = about
        .payment
        .map(|payment| advice::money_moved(payment, circumstances));
    object.string("money_moved", moved.unwrap_or(MoneyMoved::No).as_str());
    object.display("retry", advice::RETRY);
}
