//! Whether a location can take orders from outside, and why not.

use axum::http::{StatusCode, Uri};
use axum::response::Response;
use tender_engine::{LocationId, Timestamp};
use tender_service::Location;
use tender_wire::{JsonWriter, ObjectWriter};

use crate::errors::{Refusal, json};
use crate::request::Query;
use crate::time::{TimeForm, Written};
use crate::visit::Visit;

/// The readiness of a location for orders, with all its inputs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Readiness {
    /// When the state last changed.
    pub updated_at: Timestamp,
    /// Online ordering is switched on in the back office.
    pub enabled: bool,
    /// The profile used for orders.
    pub order_profile: Option<u64>,
    /// The employee used for orders.
    pub staff: Option<u64>,
    /// A sales period is open.
    pub period_open: bool,
    /// The tills take orders from outside.
    pub accepting: bool,
    /// A till is there.
    pub available_devices: bool,
}

impl Readiness {
    /// The readiness of a location. `available_devices` says whether a till is there now.
    #[must_use]
    pub fn of(location: &Location, available_devices: bool) -> Self {
        let ordering = &location.online_ordering;
        Self {
            updated_at: Timestamp(ordering.updated_at_ms),
            enabled: ordering.enabled,
            order_profile: ordering.order_profile,
            staff: location.api_staff,
            period_open: ordering.period_open,
            accepting: ordering.accepting,
            available_devices,
        }
    }

    /// Whether orders can be taken: all four inputs say yes.
    #[must_use]
    pub const fn is_ready(&self) -> bool {
        self.enabled && self.period_open && self.accepting && self.available_devices
    }

    /// The same readiness without its time, to tell a change from a repeat.
    pub(crate) const fn inputs(&self) -> Self {
        Self {
            updated_at: Timestamp(0),
            ..*self
        }
    }

    pub(crate) const fn status(&self) -> &'static str {
        if self.is_ready() { "READY" } else { "NOT_READY" }
    }

    pub(crate) fn write_pos_status(&self, o: &mut ObjectWriter<'_>) {
        o.string("salesPeriod", if self.period_open { "OPENED" } else { "CLOSED" });
        o.bool("acceptingOnlineOrders", self.accepting);
        o.bool("availableDevices", self.available_devices);
    }
}

/// Tells whether a location can take orders.
pub(crate) async fn online_order_readiness(visit: Visit, uri: Uri) -> Response {
    let visit = visit.with_bad_request_form(TimeForm::Zulu);
    let result = read(&visit, &uri).await;
    visit.answer(result)
}

async fn read(visit: &Visit, uri: &Uri) -> Result<Response, Refusal> {
    let location = visit.location(Query::of(uri)?.location()?)?;
    let available = visit.tender().device_online(LocationId(location.id));
    let readiness = Readiness::of(location, available);
    let body = JsonWriter::object(|o| {
        o.string("status", readiness.status());
        o.display("lastUpdatedAt", Written(readiness.updated_at, TimeForm::Zulu));
        o.object("onlineOrderingApiConfiguration", |o| {
            o.bool("enabled", readiness.enabled);
            o.optional("orderProfileId", readiness.order_profile, ObjectWriter::number);
            o.optional("staffId", readiness.staff, ObjectWriter::number);
        });
        o.object("posStatus", |o| readiness.write_pos_status(o));
    });
    Ok(json(StatusCode::OK, body))
}
