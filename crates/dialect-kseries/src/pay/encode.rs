//! From a payment request to the ledger's command.

use tender_engine::{
    AmountSpec, Command, DeviceId, Direction, EndpointId, KeyClaim, KeySpace, LocationId, Lookup, MethodKind,
    MethodRef, OnRefusal, OrderId, OrderSelector, PaymentSpec, Settle, StaffId, TaskSpec, alias_hash,
};
use tender_money::Decimal;
use tender_service::{Directory, Location};

use super::wire::PaymentRequest;

/// The code of the payment method when a payment names none and the location has no default (spec 3, field 9).
const DEFAULT_METHOD_CODE: &str = "APM";

/// The command for a payment request. What is unknown is passed on as unknown: the ledger accepts the payment and tells
/// its failure later (spec 4.2).
pub(super) fn command(
    request: &PaymentRequest<'_>,
    directory: &Directory,
    location: &Location,
    endpoint: Lookup<EndpointId>,
    default_ttl_ms: i64,
) -> Command {
    let at = LocationId(location.id);
    let order = account(at, request.account, request.legacy_account);
    let task = TaskSpec {
        ttl_ms: request.ttl_ms.map_or(default_ttl_ms, i64::from),
        // A device that does not exist is no error: nobody takes the task (spec 11).
        device: request.device.map(DeviceId::from_i64),
        not_before: None,
    };
    let amount = AmountSpec::Exact(request.amount);
    let mut spec = PaymentSpec::new(order, Direction::Receipt, amount, Settle::Till(task));
    spec.location = Some(at);
    spec.tip = request.tip.unwrap_or(Decimal::ZERO);
    spec.method = method(directory, location, request.method);
    spec.staff = staff(directory, request.staff);
    spec.staff_required = true;
    spec.on_refusal = OnRefusal::RecordFailure;
    spec.keys = vec![unique(KeySpace::PaymentReference, request.reference)];
    spec.reference = Some(request.reference.to_owned());
    spec.endpoint = endpoint;
    spec.printer_profile = request.printer_profile.and_then(|id| u64::try_from(id).ok());
    Command::Pay(Box::new(spec))
}

/// Which check is meant: the identifier counts when both fields are given.
pub(crate) fn account(location: LocationId, identifier: Option<&str>, legacy: Option<i64>) -> OrderSelector {
    match (identifier, legacy) {
        (Some(identifier), _) => OrderSelector::Alias(alias_hash("account", location, identifier)),
        (None, Some(id)) => OrderSelector::Id(OrderId::from_i64(id)),
        (None, None) => OrderSelector::Nothing,
    }
}

/// The payment method by its code, or the location's default.
pub(crate) fn method(
    directory: &Directory,
    location: &Location,
    code: Option<&str>,
) -> Lookup<(MethodRef, MethodKind)> {
    match (code, location.default_method) {
        (Some(code), _) => directory.method_by_code(code),
        (None, Some(id)) => directory.method_by_id(id),
        (None, None) => directory.method_by_code(DEFAULT_METHOD_CODE),
    }
}

/// The employee by id.
pub(crate) fn staff(directory: &Directory, id: Option<i64>) -> Lookup<StaffId> {
    match id.map(u64::try_from) {
        None => Lookup::Absent,
        Some(Ok(id)) => directory.staff_by_id(id),
        Some(Err(_)) => Lookup::Unknown,
    }
}

/// A reference that is refused when it comes again, whatever comes with it (spec 4.3).
pub(crate) fn unique(space: KeySpace, text: &str) -> KeyClaim {
    KeyClaim {
        space,
        text: text.to_owned(),
        fields: Vec::new(),
        refuse_repeats: true,
    }
}
