//! Every way this API says no, as RFC 9457 problems with codes that never change their meaning.
//!
//! Owns: status, title, field and advice per refusal. Must not know: which route refuses.
//!
//! Statuses, for clients that look no further: 400 the request is malformed; 401 and 403 the credential; 404 there is no
//! such thing, or it is another merchant's; 409 the thing is there but its state forbids it; 422 the request is well
//! formed and makes no sense for this order, currency or merchant; 503 try again. A problem says whether money moved and
//! what to do next, and never repeats what was sent beyond names of fields.

use axum::http::StatusCode;
use tender_engine::{MoneyField, Rejection};
use tender_http::{MoneyMoved, Problem, Retry};
use tender_service::Failure;

mod code;
#[cfg(test)]
mod tests;

pub(crate) use code::Code;

/// Every problem of this API is made here.
pub(crate) fn problem(status: StatusCode, code: impl Into<Code>, title: &'static str) -> Problem {
    Problem::new(status, code.into().text(), title)
}

/// A request that is not what it must be: 400.
pub(crate) fn malformed(code: Code, title: &'static str) -> Problem {
    problem(StatusCode::BAD_REQUEST, code, title)
}

/// A field that is not what it must be.
pub(crate) fn invalid_field(path: impl Into<String>, detail: impl Into<String>) -> Problem {
    malformed(Code::InvalidField, "A field is not what it must be.")
        .field(path)
        .detail(detail)
}

/// A query parameter that is not what it must be.
pub(crate) fn invalid_parameter(name: &str, detail: impl Into<String>) -> Problem {
    malformed(
        Code::InvalidParameter,
        "A query parameter is not what it must be.",
    )
    .field(name)
    .detail(detail)
}

/// A field whose value is well formed and makes no sense here: 422.
pub(crate) fn meaningless(code: impl Into<Code>, title: &'static str, path: impl Into<String>) -> Problem {
    problem(StatusCode::UNPROCESSABLE_ENTITY, code, title).field(path)
}

/// Nothing of that kind has this id, as far as the caller may know: 404.
pub(crate) fn not_found(code: Code, title: &'static str) -> Problem {
    problem(StatusCode::NOT_FOUND, code, title).detail(
        "Check the id and the credential: what belongs to another merchant, or to a location the credential does not \
         reach, is answered as if it did not exist.",
    )
}

pub(crate) fn order_not_found() -> Problem {
    of_rejection(&Rejection::OrderNotFound)
}

pub(crate) fn payment_not_found() -> Problem {
    of_rejection(&Rejection::PaymentNotFound)
}

pub(crate) fn location_not_found() -> Problem {
    not_found(Code::LocationNotFound, "There is no such location.")
}

/// The credential may not do this: 403.
pub(crate) fn forbidden(code: Code, title: &'static str, detail: &'static str) -> Problem {
    problem(StatusCode::FORBIDDEN, code, title).detail(detail)
}

/// A named maximum is reached, or the storage is away; nothing was done: 503.
pub(crate) fn busy(retry_after_s: u32) -> Problem {
    problem(
        StatusCode::SERVICE_UNAVAILABLE,
        Code::Busy,
        "The server has too much to do right now.",
    )
    .detail("Nothing was done. Send the same request again, with the same Idempotency-Key if it has one.")
    .retry(Retry::After(retry_after_s))
}

/// What a request carried to recognise its repeats by, which decides what a client may do after a broken commit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Repeatable {
    /// A key or a unique reference, or the request changes nothing when it is repeated.
    Yes,
    /// Nothing: a repeat would be another payment.
    No,
}

/// Maps why the service could not do what was asked.
pub(crate) fn of_failure(failure: &Failure, repeatable: Repeatable) -> Problem {
    match failure {
        Failure::Rejected(rejection) => of_rejection(rejection),
        Failure::Busy { retry_after_s } => busy(*retry_after_s),
        Failure::OutcomeUnknown => outcome_unknown(repeatable),
        Failure::Internal => internal(repeatable),
    }
}

/// For reading: nothing could have changed.
pub(crate) fn of_read_failure(failure: &Failure) -> Problem {
    match failure {
        // A reading has no outcome that could be unknown.
        Failure::OutcomeUnknown => busy(1),
        other => of_failure(other, Repeatable::Yes),
    }
}

fn outcome_unknown(repeatable: Repeatable) -> Problem {
    let problem = problem(
        StatusCode::INTERNAL_SERVER_ERROR,
        Code::OutcomeUnknown,
        "Nobody can say whether this was written.",
    )
    .money_moved(MoneyMoved::Unknown);
    match repeatable {
        Repeatable::Yes => problem
            .detail("Send the same request again with the same key or reference: it is carried out at most once.")
            .retry(Retry::SameKey),
        Repeatable::No => problem.detail(
            "The request had no Idempotency-Key and no reference, so a repeat could do the same once more. Read the \
             order to see what stands, and send a key next time.",
        ),
    }
}

/// Something that should not happen; nothing was changed.
pub(crate) fn internal(repeatable: Repeatable) -> Problem {
    let problem = problem(
        StatusCode::INTERNAL_SERVER_ERROR,
        Code::Internal,
        "The server met a mistake of its own.",
    )
    .detail("Nothing was changed. Report it with the X-Request-Id of this answer.");
    match repeatable {
        Repeatable::Yes => problem.retry(Retry::SameKey),
        Repeatable::No => problem,
    }
}

/// The request's member that a money field of the ledger comes from.
const fn member(field: MoneyField) -> &'static str {
    match field {
        MoneyField::Amount => "amount",
        MoneyField::Tip => "tip",
        MoneyField::Surcharge => "surcharge",
        MoneyField::Line => "lines",
        MoneyField::Service => "service_charge",
    }
}

/// Maps every refusal of the ledger. A new one breaks the build here, which is the point.
#[expect(clippy::too_many_lines, reason = "one table, one arm per code")]
pub(crate) fn of_rejection(rejection: &Rejection) -> Problem {
    const NOT_FOUND: StatusCode = StatusCode::NOT_FOUND;
    const CONFLICT: StatusCode = StatusCode::CONFLICT;
    const MEANING: StatusCode = StatusCode::UNPROCESSABLE_ENTITY;
    let (status, title, detail) = match rejection {
        Rejection::OrderNotFound => (
            NOT_FOUND,
            "There is no such order.",
            "Check the order id and the credential; GET /api/v1/orders lists what there is.",
        ),
        Rejection::PaymentNotFound => (
            NOT_FOUND,
            "There is no such payment.",
            "Check the payment id and the credential; a deleted payment is not found either. GET /api/v1/orders/{id} \
             shows an order's payments.",
        ),
        Rejection::TaskNotFound => (
            NOT_FOUND,
            "There is no such task, or no such lease of it.",
            "Send the id and the lease number of a task that this location's till has claimed.",
        ),
        Rejection::CaseNotFound => (
            NOT_FOUND,
            "There is no such case.",
            "GET /api/v1/cases lists the cases.",
        ),
        Rejection::LineNotFound => (
            NOT_FOUND,
            "There is no such line.",
            "Read the order: lines are numbered from 1, and numbers move up when a line is removed.",
        ),
        Rejection::EndpointNotFound => (
            NOT_FOUND,
            "There is no such webhook endpoint.",
            "GET /api/v1/webhook-endpoints lists the endpoints that this credential sees.",
        ),
        Rejection::OrderMismatch => (
            CONFLICT,
            "The payment is on another order.",
            "Read the payment: its order_id says which.",
        ),
        Rejection::TooManyDigits(_) => (
            MEANING,
            "The amount has more digits after the point than its currency.",
            "EUR has two digits after the point, JPY none, KWD three. Amounts are never rounded for you.",
        ),
        Rejection::OutOfRange(_) => (
            MEANING,
            "The amount is too large.",
            "Nothing was rounded or cut off; send a smaller amount.",
        ),
        Rejection::NotPositive(_) => (
            MEANING,
            "The amount must be above zero.",
            "Send an amount above zero.",
        ),
        Rejection::Negative(_) => (
            MEANING,
            "The amount must not be negative.",
            "Money that goes back to a guest is a refund of its own.",
        ),
        Rejection::NotOnRefund(_) => (
            MEANING,
            "A refund has no tip and no surcharge.",
            "Refund the amount alone; tips and surcharges stay with the payment.",
        ),
        Rejection::NothingToPay => (
            MEANING,
            "There is nothing to pay.",
            "An amount of zero needs a tip or a surcharge beside it.",
        ),
        Rejection::AmountRequired => (MEANING, "An amount is needed.", "Name the amount to give back."),
        Rejection::ReferenceUsed => (
            CONFLICT,
            "The reference was used before.",
            "References are unique for ever. GET /api/v1/payments/by-reference/{ref} says what became of the first one; \
             a new attempt needs a new reference.",
        ),
        Rejection::KeyReused { .. } => (
            CONFLICT,
            "The key was used for another request.",
            "The field named here differs from the first request under this Idempotency-Key or reference. Repeat the \
             first request exactly to get its answer, or use a new key for a new intention.",
        ),
        Rejection::ReferenceFenced => (
            CONFLICT,
            "The reference was fenced.",
            "Somebody made sure that nothing lands under this reference any more. A new attempt needs a new reference.",
        ),
        Rejection::OrderClosed => (
            CONFLICT,
            "The order is closed.",
            "A closed order takes refunds only; open a new order for anything else.",
        ),
        Rejection::OrderCancelled => (CONFLICT, "The order was cancelled.", "Open a new order."),
        Rejection::OrderRejected => (CONFLICT, "The order was rejected by staff.", "Open a new order."),
        Rejection::OrderDeleted => (
            CONFLICT,
            "The order was deleted at the till.",
            "Open a new order.",
        ),
        Rejection::OrderProposed => (
            CONFLICT,
            "The order still waits for a till to take it.",
            "Try again when a till has taken it: the order's state is then open.",
        ),
        Rejection::PaymentsLocked => (
            CONFLICT,
            "The order takes no payments from tills.",
            "Whoever locked the order has to unlock it first.",
        ),
        Rejection::LinesFixed => (
            CONFLICT,
            "Staff have accepted the order; its lines are fixed.",
            "Ask the staff to change the order at the till.",
        ),
        Rejection::PaymentsPending => (
            CONFLICT,
            "The order has pending payments.",
            "Confirm or void them first, or wait until they end; the order's payments say which are pending.",
        ),
        Rejection::MoneyOnOrder => (
            CONFLICT,
            "There is money on the order.",
            "Refund what was paid first; a cancelled order must not keep money.",
        ),
        Rejection::TotalBelowPaid => (
            CONFLICT,
            "The order would cost less than what is paid and reserved.",
            "Refund or void payments first, then change the lines.",
        ),
        Rejection::StateFinal => (
            CONFLICT,
            "The order is in a final state.",
            "Read the order to see which; final states are never left.",
        ),
        Rejection::InvalidState => (
            CONFLICT,
            "The payment's state does not allow this.",
            "Read the payment: only pending ones can be confirmed or voided, and only complete ones refunded. Its \
             timeline says how it came to its state.",
        ),
        Rejection::CorrectionRequired => (
            CONFLICT,
            "Money of a complete payment cannot be changed.",
            "Refund the payment and make another one.",
        ),
        Rejection::MethodNotFound => (
            MEANING,
            "There is no such payment method, or it is switched off.",
            "GET /api/v1/methods lists the methods and their codes.",
        ),
        Rejection::MethodIsTerminal => (
            MEANING,
            "The method is the till's own card terminal.",
            "It can be used at the till only; choose another method.",
        ),
        Rejection::StaffNotFound => (
            MEANING,
            "There is no such employee.",
            "Check staff_id, or leave it out.",
        ),
        Rejection::StaffMissing => (
            MEANING,
            "An employee is needed.",
            "Name staff_id: the location has no default employee.",
        ),
        Rejection::SourceInvalid => (
            CONFLICT,
            "This payment cannot be refunded.",
            "Only a complete receipt can be refunded, and not a refund itself.",
        ),
        Rejection::ExceedsDue => (
            MEANING,
            "The amount is more than is due.",
            "Read the order: `due` is what a new payment may take. Pending payments hold `reserved` until they end.",
        ),
        Rejection::ExceedsRefundable => (
            MEANING,
            "The amount is more than can be given back.",
            "Read the payment: `amount` less `refunded` is what can still be given back.",
        ),
        Rejection::NothingDue => (
            MEANING,
            "Nothing is left.",
            "Everything is paid, reserved or given back already.",
        ),
        Rejection::HasRefunds => (
            CONFLICT,
            "The payment has refunds.",
            "Void its pending refunds first; one that was given back cannot be undone as a whole.",
        ),
        Rejection::ItemNotFound => (
            MEANING,
            "There is no such catalogue item.",
            "Check the sku, or leave it out.",
        ),
        Rejection::AttributesTooLarge => (
            MEANING,
            "The attributes are too large.",
            "Send fewer or shorter ones.",
        ),
        Rejection::OrderFull => (
            CONFLICT,
            "The order is full.",
            "It has as many lines or payments as an order can hold; open another order.",
        ),
    };
    let problem = problem(status, rejection.clone(), title).detail(detail);
    match field_of(rejection) {
        Some(field) => problem.field(field),
        None => problem,
    }
}

/// The request's field at fault, where a refusal is about one.
fn field_of(rejection: &Rejection) -> Option<&str> {
    match rejection {
        Rejection::KeyReused { field } => Some(field),
        Rejection::ReferenceUsed | Rejection::ReferenceFenced => Some("reference"),
        Rejection::MethodNotFound | Rejection::MethodIsTerminal => Some("method_code"),
        Rejection::StaffNotFound | Rejection::StaffMissing => Some("staff_id"),
        Rejection::ItemNotFound => Some("sku"),
        Rejection::ExceedsDue
        | Rejection::ExceedsRefundable
        | Rejection::NothingDue
        | Rejection::NothingToPay
        | Rejection::AmountRequired => Some("amount"),
        other => other.money_field().map(member),
    }
}
