//! From an order to the ledger's command: a new check, or lines for an open one.

use tender_engine::{
    AddLines, AmountSpec, Command, Direction, EndpointId, Failure, KeySpace, LineSpec, LocationId, Lookup,
    OnRefusal, OpenOrder, OrderSelector, PaymentSpec, ServiceCharge, Settle, StaffId, Stage, TaskSpec,
    Timestamp,
};
use tender_service::{Directory, Location};
use tender_wire::{JsonWriter, ObjectWriter};

use super::fault::OrderFault;
use super::items;
use super::wire::{Address, Customer, EmbeddedPayment, OrderKind, OrderRequest};
use crate::errors::{Fault, Refusal};
use crate::money::short_code;
use crate::pay::{account, method, staff, unique};
use crate::time;

/// Texts that an order keeps, each at most this long; the head of an order is written with every payment.
const KEPT_TEXT_BYTES_MAX: usize = 4_096;
/// The delivery mode of profiles whose guests eat here.
const MODE_LOCAL: &str = "NONE";

/// What the command needs besides the request.
pub(super) struct Surroundings<'d> {
    pub(super) directory: &'d Directory,
    pub(super) location: &'d Location,
    pub(super) endpoint: Lookup<EndpointId>,
    pub(super) default_ttl_ms: i64,
    pub(super) now: Timestamp,
    /// Makes collection codes.
    pub(super) fresh_id: u64,
}

/// The times and numbers of an order, read.
struct Plan {
    delivery: TaskSpec,
    table_number: Option<u32>,
    covers: Option<u32>,
}

/// The command for an order.
pub(super) fn command(request: &OrderRequest<'_>, around: &Surroundings<'_>) -> Result<Command, Refusal> {
    let at = LocationId(around.location.id);
    let plan = plan(request, around)?;
    let customer = kept("customerInfo", customer_json(&request.customer))?;
    let address = request
        .address
        .map(|address| kept("deliveryAddress", address_json(&address)))
        .transpose()?;
    let note = request
        .note
        .map(|note| kept("orderNote", note.to_owned()))
        .transpose()?;
    let lines = items::lines(around.directory, at, &request.items);
    let (lines, fault) = match lines {
        Ok(lines) => (lines, None),
        Err(fault) => (Vec::new(), Some(fault)),
    };
    let employee = staff(around.directory, request.staff);
    let fault = fault.or_else(|| fault_of(request, around.location, &employee));
    let refusal = fault.map(Failure::from);
    let maker = Some((around.endpoint.clone(), request.reference.to_owned()));
    let keys = vec![unique(KeySpace::OrderReference, request.reference)];
    let payments = request
        .payment
        .iter()
        .map(|payment| embedded(payment, request, around, at, &employee))
        .collect();
    if request.is_update() {
        return Ok(Command::AddLines(AddLines {
            order: open_check(request, at),
            location: Some(at),
            lines: with_note(lines, note),
            position: None,
            keys,
            payments,
            delivery: Some(plan.delivery),
            maker,
            refusal,
            on_refusal: OnRefusal::RecordFailure,
        }));
    }
    let code = collection_code(request, around);
    Ok(Command::OpenOrder(Box::new(OpenOrder {
        location: at,
        lines,
        service_charge: ServiceCharge::None,
        close_when_paid: true,
        payments_locked: false,
        stage: Stage::Pending,
        table_number: plan.table_number,
        name: name_of(&code, plan.table_number),
        covers: plan.covers,
        staff: match employee {
            Lookup::Known(staff) => Some(staff),
            Lookup::Absent | Lookup::Unknown => None,
        },
        external_reference: None,
        notes: note,
        labels: labels(request, customer, address, code),
        keys,
        payments,
        settle: None,
        delivery: Some(plan.delivery),
        maker,
        refusal,
    })))
}

/// What makes an order fail later, besides its items.
fn fault_of(request: &OrderRequest<'_>, location: &Location, staff: &Lookup<StaffId>) -> Option<OrderFault> {
    if *staff == Lookup::Unknown {
        return Some(OrderFault::StaffUnknown);
    }
    if let Some(code) = request.profile
        && !location.order_profiles.iter().any(|profile| profile.code == code)
    {
        let code = code.to_owned();
        return Some(OrderFault::ProfileUnknown { code });
    }
    None
}

/// The open check that is updated: the identifier counts when both are given.
fn open_check(request: &OrderRequest<'_>, location: LocationId) -> OrderSelector {
    // A legacy id that is no number names no check, and neither does 0.
    let legacy = request
        .legacy_account
        .map(|text| text.parse().unwrap_or_default());
    account(location, request.account, legacy)
}

/// The docket's note goes with the first new line: a check that is open already keeps its own.
fn with_note(mut lines: Vec<LineSpec>, note: Option<String>) -> Vec<LineSpec> {
    if let (Some(line), Some(note)) = (lines.first_mut(), note) {
        line.notes = Some(match line.notes.take() {
            Some(course) => format!("{course}\n{note}"),
            None => note,
        });
    }
    lines
}

fn plan(request: &OrderRequest<'_>, around: &Surroundings<'_>) -> Result<Plan, Refusal> {
    let future = |field: &'static str, text: Option<&str>| -> Result<Option<Timestamp>, Refusal> {
        let Some(text) = text else { return Ok(None) };
        let at = time::read(text);
        let at = at.ok_or(Fault::TimeUnreadable { field })?;
        if at <= around.now {
            return Err(Fault::TimePast { field }.into());
        }
        Ok(Some(at))
    };
    let scheduled_at = future("scheduledTimeForOrderAsIso8601", request.scheduled_at)?;
    future("orderCollectionTimeAsIso8601", request.collected_at)?;
    let wait_ms = scheduled_at.map_or(0, |at| at.0.saturating_sub(around.now.0));
    let attempt_ms = request.ttl_ms.map_or(around.default_ttl_ms, i64::from);
    let table_number = match request.table_number {
        None => None,
        Some(text) => Some(text.trim().parse().map_err(|_| Fault::TableNumberInvalid)?),
    };
    let covers = match request.client_count {
        None => None,
        Some(count) => Some(u32::try_from(count).map_err(|_| Fault::Negative {
            field: "clientCount".to_owned(),
        })?),
    };
    Ok(Plan {
        delivery: TaskSpec {
            ttl_ms: wait_ms.saturating_add(attempt_ms),
            device: None,
            not_before: scheduled_at,
        },
        table_number,
        covers,
    })
}

/// The code under which an order is fetched: as given, else made up for what is not eaten here.
fn collection_code(request: &OrderRequest<'_>, around: &Surroundings<'_>) -> Option<String> {
    if let Some(code) = request.collection_code {
        return Some(code.to_owned());
    }
    let profile = request.profile.and_then(|code| {
        around
            .location
            .order_profiles
            .iter()
            .find(|profile| profile.code == code)
    });
    let is_fetched = request.kind == OrderKind::ToGo
        || profile
            .is_some_and(|profile| !profile.delivery_mode.is_empty() && profile.delivery_mode != MODE_LOCAL);
    is_fetched.then(|| short_code(around.fresh_id))
}

/// An order without a table is called by its code.
fn name_of(code: &Option<String>, table_number: Option<u32>) -> Option<String> {
    match (code, table_number) {
        (Some(code), None) => Some(format!("Order {code}")),
        _ => None,
    }
}

/// The payment of an order, or of lines for an open check: it settles the amount without the tip, has the order's reference, and
/// tells its outcome with the order's notification alone.
fn embedded(
    payment: &EmbeddedPayment<'_>,
    request: &OrderRequest<'_>,
    around: &Surroundings<'_>,
    location: LocationId,
    staff: &Lookup<StaffId>,
) -> PaymentSpec {
    // Checked before: the tip is not greater than the amount, so the difference exists and is not negative.
    let amount = payment.amount.checked_sub(payment.tip).unwrap_or(payment.amount);
    let mut spec = PaymentSpec::new(
        OrderSelector::Nothing,
        Direction::Receipt,
        AmountSpec::Exact(amount),
        Settle::Immediate,
    );
    spec.location = Some(location);
    spec.tip = payment.tip;
    spec.zero_allowed = true;
    spec.method = method(around.directory, around.location, payment.method);
    spec.staff = staff.clone();
    spec.staff_required = true;
    spec.reference = Some(request.reference.to_owned());
    spec.printer_profile = request.printer_profile.and_then(|id| u64::try_from(id).ok());
    spec
}

/// What the order keeps for the till and for people to look at.
fn labels(
    request: &OrderRequest<'_>,
    customer: String,
    address: Option<String>,
    code: Option<String>,
) -> Vec<(String, String)> {
    let text = |text: Option<&str>| text.map(str::to_owned);
    let labels = [
        ("kseries.kind", Some(request.kind.word().to_owned())),
        ("kseries.reference", Some(request.reference.to_owned())),
        ("kseries.customer", Some(customer)),
        ("kseries.address", address),
        ("kseries.profile", text(request.profile)),
        ("kseries.collection_code", code),
        ("kseries.scheduled_at", text(request.scheduled_at)),
        ("kseries.collected_at", text(request.collected_at)),
        (
            "kseries.printer_profile",
            request.printer_profile.map(|id| id.to_string()),
        ),
    ];
    let given = labels
        .into_iter()
        .filter_map(|(name, value)| Some((name.to_owned(), value?)));
    given.collect()
}

/// A text that the order keeps, if it is not too long.
fn kept(field: &'static str, text: String) -> Result<String, Refusal> {
    if text.len() > KEPT_TEXT_BYTES_MAX {
        return Err(Fault::TextTooLong {
            field,
            bytes_max: KEPT_TEXT_BYTES_MAX,
        }
        .into());
    }
    Ok(text)
}

fn customer_json(customer: &Customer<'_>) -> String {
    let json = JsonWriter::object(|o| {
        for (name, value) in [
            ("firstName", customer.first_name),
            ("lastName", customer.last_name),
            ("thirdPartyReference", customer.reference),
            ("email", customer.email),
            ("contactNumberAsE164", customer.contact_number),
            ("notes", customer.notes),
            ("salutation", customer.salutation),
        ] {
            o.optional(name, value, ObjectWriter::string);
        }
    });
    json.into_string()
}

fn address_json(address: &Address<'_>) -> String {
    let json = JsonWriter::object(|o| {
        for (name, value) in [
            ("addressLine1", address.line1),
            ("addressLine2", address.line2),
            ("zip", address.zip),
            ("city", address.city),
        ] {
            o.optional(name, value, ObjectWriter::string);
        }
    });
    json.into_string()
}
