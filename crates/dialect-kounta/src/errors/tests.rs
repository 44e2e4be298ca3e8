use tender_engine::{MoneyField, Rejection};
use tender_service::{AuthFailure, Failure};

use super::{ApiError, unauthorized};

/// Every refusal of the ledger: status, error, field.
const TABLE: [(&str, u16, &str, &str); 42] = [
    ("order-not-found", 404, "Not Found", ""),
    ("payment-not-found", 404, "Not Found", ""),
    ("task-not-found", 404, "Not Found", ""),
    ("case-not-found", 404, "Not Found", ""),
    ("line-not-found", 404, "Not Found", ""),
    ("order-mismatch", 400, "the payment is on another order", ""),
    (
        "too-many-digits",
        400,
        "amount has more decimal places than the currency allows",
        "amount",
    ),
    ("out-of-range", 400, "amount is out of range", "amount"),
    ("not-positive", 400, "amount must be above zero", "amount"),
    ("negative", 400, "tip must not be negative", "tip"),
    ("not-on-refund", 400, "a refund takes no tip", "tip"),
    (
        "nothing-to-pay",
        400,
        "amount 0 needs a tip or a credit_card_surcharge",
        "amount",
    ),
    ("amount-required", 400, "amount is required", "amount"),
    ("reference-used", 400, "the reference was used before", "ref"),
    (
        "key-reused",
        409,
        "the Idempotency-Key was used for another request",
        "amount",
    ),
    (
        "reference-fenced",
        400,
        "the reference was closed and takes nothing any more",
        "ref",
    ),
    ("endpoint-not-found", 400, "unknown webhook", ""),
    (
        "order-closed",
        400,
        "the order is complete and takes refunds only",
        "",
    ),
    ("order-cancelled", 400, "the order is deleted", ""),
    ("order-rejected", 400, "the order is rejected", ""),
    ("order-deleted", 400, "the order is deleted", ""),
    ("order-proposed", 404, "Not Found", ""),
    (
        "payments-locked",
        400,
        "the order takes no payments from tills",
        "lock",
    ),
    (
        "lines-fixed",
        400,
        "the order was accepted and its lines are fixed",
        "",
    ),
    (
        "payments-pending",
        400,
        "payments of the order are still pending",
        "status",
    ),
    (
        "money-on-order",
        400,
        "the order has payments that were not refunded",
        "status",
    ),
    (
        "total-below-paid",
        400,
        "the total would be less than what was paid",
        "",
    ),
    ("state-final", 400, "the status of the order is final", "status"),
    (
        "invalid-state",
        400,
        "the state of the payment does not allow this",
        "",
    ),
    (
        "correction-required",
        400,
        "a finished payment changes only as a correction",
        "",
    ),
    ("method-not-found", 400, "unknown method_id", "method_id"),
    (
        "method-is-terminal",
        400,
        "the payment method is the card terminal of the till",
        "method_id",
    ),
    (
        "staff-not-found",
        400,
        "unknown staff_member_id",
        "staff_member_id",
    ),
    (
        "staff-missing",
        400,
        "staff_member_id is required",
        "staff_member_id",
    ),
    ("source-invalid", 400, "the payment cannot be refunded", ""),
    (
        "exceeds-due",
        400,
        "amount exceeds the amount remaining on the order",
        "amount",
    ),
    (
        "exceeds-refundable",
        400,
        "refund exceeds the amount paid on the order",
        "amount",
    ),
    ("nothing-due", 400, "nothing remains on the order", "amount"),
    ("has-refunds", 400, "the payment has refunds", ""),
    ("item-not-found", 400, "unknown product_id", "product_id"),
    (
        "attributes-too-large",
        400,
        "the payment holds more data than this server keeps",
        "",
    ),
    (
        "order-full",
        400,
        "the order holds as much as this server keeps",
        "",
    ),
];

#[test]
fn every_refusal_has_its_answer() {
    let examples = Rejection::examples();
    assert_eq!(examples.len(), TABLE.len(), "a new refusal needs its row");
    for rejection in examples {
        let row = TABLE.iter().find(|(code, ..)| *code == rejection.code());
        let (_, status, error, field) = row.unwrap_or_else(|| panic!("no row for {}", rejection.code()));
        let answer = ApiError::from(&rejection);
        assert_eq!(
            (answer.status.as_u16(), answer.error.as_ref()),
            (*status, *error),
            "{}",
            rejection.code()
        );
        assert_eq!(
            answer.field.as_deref().unwrap_or_default(),
            *field,
            "{}",
            rejection.code()
        );
    }
}

#[test]
fn money_fields_have_the_wires_names() {
    for (field, name) in [
        (MoneyField::Amount, "amount"),
        (MoneyField::Tip, "tip"),
        (MoneyField::Surcharge, "credit_card_surcharge"),
        (MoneyField::Line, "lines"),
        (MoneyField::Service, "service_charge"),
    ] {
        let answer = ApiError::from(&Rejection::OutOfRange(field));
        assert_eq!(answer.field.as_deref(), Some(name));
    }
}

#[test]
fn no_text_of_ours_holds_the_words() {
    let mut errors: Vec<ApiError> = Rejection::examples().iter().map(ApiError::from).collect();
    errors.extend(
        [
            Failure::Busy { retry_after_s: 1 },
            Failure::OutcomeUnknown,
            Failure::Internal,
        ]
        .map(ApiError::from),
    );
    for error in errors {
        let text = format!("{} {}", error.error, error.description).to_lowercase();
        assert!(!text.contains("invalid") && !text.contains("expired"), "{text}");
    }
}

#[test]
fn what_the_service_could_not_do() {
    for (failure, status, moved, retry, after) in [
        (
            Failure::Busy { retry_after_s: 0 },
            503,
            "no",
            "after:1",
            Some("1"),
        ),
        (
            Failure::Busy { retry_after_s: 7 },
            503,
            "no",
            "after:7",
            Some("7"),
        ),
        (Failure::OutcomeUnknown, 500, "unknown", "same-key", None),
        (Failure::Internal, 500, "no", "never", None),
        (Failure::Rejected(Rejection::ExceedsDue), 400, "no", "never", None),
    ] {
        let response = ApiError::from(failure).into_answer(true);
        let header = |name: &str| response.headers().get(name).map(|value| value.to_str().unwrap());
        assert_eq!(response.status().as_u16(), status);
        assert_eq!(
            (header("tender-money-moved"), header("tender-retry")),
            (Some(moved), Some(retry))
        );
        assert_eq!(header("retry-after"), after);
    }
    // Without a key the same request again could pay twice.
    let response = ApiError::from(Failure::OutcomeUnknown)
        .without_key()
        .into_answer(true);
    assert_eq!(response.headers()["tender-retry"], "never");
    let response = ApiError::from(Failure::Busy { retry_after_s: 2 })
        .without_key()
        .into_answer(false);
    assert_eq!(response.headers()["retry-after"], "2");
    assert!(response.headers().get("tender-retry").is_none());
}

#[test]
fn a_credential_that_nobody_can_look_up_is_no_401() {
    let response = unauthorized(&AuthFailure::Unavailable(Failure::Busy { retry_after_s: 1 }));
    assert_eq!(response.status().as_u16(), 503);
    for failure in [
        AuthFailure::Missing,
        AuthFailure::Unknown,
        AuthFailure::Expired,
        AuthFailure::Revoked,
        AuthFailure::Disabled,
    ] {
        let response = unauthorized(&failure);
        assert_eq!(response.status().as_u16(), 401);
        assert_eq!(response.headers().get_all("www-authenticate").iter().count(), 2);
    }
}
