//! Every refusal of the ledger has its place (spec om 8.2).

use tender_engine::Rejection;
use tender_http::{MoneyMoved, Retry};

use crate::errors::OmError;

/// The ledger's code, and what it is here: status, code, member at fault.
const TABLE: [(&str, u16, &str, &str); 42] = [
    ("order-not-found", 400, "ORDER_NOT_FOUND", "params.orderId"),
    ("payment-not-found", 404, "PAYMENT_NOT_FOUND", ""),
    ("task-not-found", 400, "INVALID_STATUS", ""),
    ("case-not-found", 400, "INVALID_STATUS", ""),
    ("line-not-found", 400, "INVALID_STATUS", ""),
    ("order-mismatch", 400, "InvalidParameter", "params.orderId"),
    ("too-many-digits", 400, "InvalidParameter", "params.amount"),
    ("out-of-range", 400, "InvalidParameter", "params.amount"),
    ("not-positive", 400, "InvalidParameter", "params.amount"),
    ("negative", 400, "INVALID_STATUS", ""),
    ("not-on-refund", 400, "INVALID_STATUS", ""),
    ("nothing-to-pay", 400, "InvalidParameter", "params.amount"),
    ("amount-required", 400, "InvalidParameter", "params.amount"),
    ("reference-used", 400, "INVALID_STATUS", ""),
    ("key-reused", 409, "CONFLICT", "amount"),
    ("reference-fenced", 400, "INVALID_STATUS", ""),
    ("endpoint-not-found", 400, "INVALID_STATUS", ""),
    ("order-closed", 400, "ORDER_CLOSED", ""),
    ("order-cancelled", 400, "ORDER_CANCELED", ""),
    ("order-rejected", 400, "ORDER_CANCELED", ""),
    ("order-deleted", 400, "ORDER_CANCELED", ""),
    ("order-proposed", 400, "ORDER_NOT_FOUND", "params.orderId"),
    ("payments-locked", 400, "INVALID_STATUS", ""),
    ("lines-fixed", 400, "INVALID_STATUS", ""),
    ("payments-pending", 400, "INVALID_STATUS", ""),
    ("money-on-order", 400, "INVALID_STATUS", ""),
    ("total-below-paid", 400, "INVALID_STATUS", ""),
    ("state-final", 400, "INVALID_STATUS", ""),
    ("invalid-state", 400, "INVALID_STATUS", ""),
    ("correction-required", 400, "INVALID_STATUS", ""),
    ("method-not-found", 400, "MethodNotFound", "params.methodId"),
    ("method-is-terminal", 400, "MethodNotFound", "params.methodId"),
    ("staff-not-found", 400, "INVALID_STATUS", ""),
    ("staff-missing", 400, "INVALID_STATUS", ""),
    (
        "source-invalid",
        400,
        "InvalidParameter",
        "params.sourcePaymentId",
    ),
    ("exceeds-due", 400, "LIMIT_REACHED", "params.amount"),
    ("exceeds-refundable", 400, "LIMIT_REACHED", "params.amount"),
    ("nothing-due", 400, "LIMIT_REACHED", "params.amount"),
    ("has-refunds", 400, "INVALID_STATUS", ""),
    ("item-not-found", 400, "INVALID_STATUS", ""),
    ("attributes-too-large", 400, "InvalidParameter", "params.attrs"),
    ("order-full", 400, "LIMIT_REACHED", ""),
];

#[test]
fn every_refusal_of_the_ledger_has_its_place() {
    let examples = Rejection::examples();
    assert_eq!(examples.len(), TABLE.len());
    for (rejection, (code, status, told, field)) in examples.iter().zip(TABLE) {
        let error = OmError::from_rejection(rejection);
        let blamed = error.fields.first().map_or("", |(name, _)| name.as_str());
        assert_eq!(
            (rejection.code(), error.status.as_u16(), error.code, blamed),
            (code, status, told, field)
        );
        assert!(!error.message.is_empty());
        assert_eq!(
            (error.moved, error.retry),
            (MoneyMoved::No, Retry::Never),
            "{code}"
        );
    }
}
