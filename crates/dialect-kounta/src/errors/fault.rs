//! Everything that this dialect can find wrong, as one closed table: code, status, error, description.
//!
//! Owns: every word of every refusal but those of a 401. There is no other way to make a refusal, so a test that goes
//! through [`Fault::ALL`] has seen them all. Texts have two places to fill: `{field}`, the path of the field at fault,
//! and `{detail}`, a word of ours such as a currency's code. Neither is ever a value of the request.

use axum::http::StatusCode;

/// What one fault is called.
#[derive(Debug, Clone, Copy)]
pub(super) struct Words {
    /// A name for tables and logs that never changes its meaning.
    pub(super) code: &'static str,
    /// The status.
    pub(super) status: StatusCode,
    /// `error` on the wire.
    pub(super) error: &'static str,
    /// `error_description` on the wire.
    pub(super) description: &'static str,
}

macro_rules! faults {
    ($($(#[$doc:meta])* $name:ident = $status:ident $code:literal: $error:literal, $description:expr;)+) => {
        /// Something wrong with a request, or with carrying it out.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub(crate) enum Fault {
            $($(#[$doc])* $name,)+
        }

        impl Fault {
            /// All of them.
            #[cfg(test)]
            pub(crate) const ALL: &'static [Self] = &[$(Self::$name,)+];

            /// A name for tables and logs that never changes its meaning.
            pub(crate) const fn code(self) -> &'static str {
                self.words().code
            }

            pub(super) const fn words(self) -> Words {
                match self {
                    $(Self::$name => Words {
                        code: $code,
                        status: StatusCode::$status,
                        error: $error,
                        description: $description,
                    },)+
                }
            }
        }
    };
}

const UNCHANGED: &str = "The request was not carried out and nothing was changed.";

faults! {
    // The request as a whole.
    /// The same whether a thing does not exist or belongs to somebody else.
    NotFound = NOT_FOUND "not-found": "Not Found", "There is no such resource.";
    /// Another method than the resource takes.
    Method = METHOD_NOT_ALLOWED "method": "Method Not Allowed",
        "This resource takes other methods; see the Allow header.";
    /// Neither suffix nor `Accept` admits JSON.
    Accept = NOT_ACCEPTABLE "accept": "Not Acceptable",
        "Only JSON is served: ask for it with the suffix .json or with Accept: application/json.";
    /// A credential of another kind.
    Forbidden = FORBIDDEN "forbidden": "Forbidden", "The credential was accepted, but it may not do this.";
    /// The literal `Limit exceeded` is tested by a client.
    Limit = TOO_MANY_REQUESTS "limit": "Limit exceeded",
        "The application has used up its requests of this minute for this company.";
    /// A body that is not announced as JSON.
    ContentType = BAD_REQUEST "content-type": "Content-Type must be application/json",
        "A body is read as JSON only, and only when it is announced as JSON.";
    /// A body larger than the dialect reads.
    BodyTooLarge = PAYLOAD_TOO_LARGE "body-too-large": "Payload Too Large",
        "The body is larger than this server takes.";
    /// A body that does not arrive.
    BodyTimeout = REQUEST_TIMEOUT "body-timeout": "Request Timeout",
        "The body did not arrive in time; nothing was changed.";
    /// A body that ends before its length.
    BodyCutOff = BAD_REQUEST "body-cut-off": "the body ended too early",
        "Less was received than was announced.";
    /// A body that is not JSON; where and why is the detail.
    NotJson = BAD_REQUEST "not-json": "the body must be JSON", "{detail}.";
    /// JSON, but no object.
    NotObject = BAD_REQUEST "not-object": "the body must be a JSON object", "The body is JSON of another kind.";
    /// A key that cannot be kept.
    KeyText = BAD_REQUEST "key-text": "Idempotency-Key must be 1 to 255 visible characters",
        "The key is compared as text, so it has to be text.";
    /// A key that stands for another request.
    KeyReused = CONFLICT "key-reused": "the Idempotency-Key was used for another request",
        "Nothing was changed. The field named here is the first that differs from the first request.";

    // Queries and headers of lists.
    /// More pairs than are read.
    QueryTooLong = BAD_REQUEST "query-too-long": "the query has too many fields", "Send fewer filters.";
    /// A page or a start that is no number.
    PageNumber = BAD_REQUEST "page-number": "{field} must be a number",
        "Pages count from zero; start is the id of a row.";
    /// A bound of a value that is no number.
    ValueNumber = BAD_REQUEST "value-number": "{field} must be a number", "Totals are compared in major units.";
    /// A day or moment of a filter that is none.
    FilterTime = BAD_REQUEST "filter-time": "{field} must be a date or a time with an offset",
        "For example 2019-03-01 or 2019-03-01T14:00:00Z.";
    /// A list that would have to be merged from too many.
    TooManySites = BAD_REQUEST "too-many-sites": "the list spans too many sites",
        "Name one site in the path: /sites/{id}/orders.";

    // Fields of any body.
    /// Absent or `null`, and needed.
    Required = BAD_REQUEST "required": "{field} is required", "The request lacks a field that it needs.";
    /// Another JSON type; the one that is wanted is the detail.
    WrongType = BAD_REQUEST "wrong-type": "{field} must be {detail}",
        "The field has another JSON type than documented.";
    /// An id of nothing.
    Unknown = BAD_REQUEST "unknown": "unknown {field}", "The company has nothing usable under this id.";
    /// A text beyond its maximum.
    TooLong = BAD_REQUEST "too-long": "{field} is too long", "The text is longer than this server keeps.";
    /// A list beyond its maximum.
    TooMany = BAD_REQUEST "too-many": "{field} has too many entries", "Send fewer entries.";
    /// A value that was settled when the resource was made.
    Fixed = BAD_REQUEST "fixed": "{field} cannot be changed",
        "The value was set when the resource was made and stays as it is.";
    /// A moment that is none.
    Moment = BAD_REQUEST "moment": "{field} must be an ISO 8601 time with an offset",
        "For example 2026-05-29T11:14:06+10:00 or 2026-05-29T01:14:06Z.";
    /// A URL that is not called; why is the detail.
    Url = BAD_REQUEST "url": "{field} must be a public http or https URL", "The URL cannot be called: {detail}.";
    /// A number beyond what is kept.
    Range = BAD_REQUEST "range": "{field} is out of range", UNCHANGED;
    /// A number that has to be above zero.
    NotPositive = BAD_REQUEST "not-positive": "{field} must be above zero", UNCHANGED;
    /// A number that must not be below zero.
    Negative = BAD_REQUEST "negative": "{field} must not be negative", UNCHANGED;
    /// More digits than the currency has; its code is the detail.
    MoneyDigits = BAD_REQUEST "money-digits": "{field} has more decimal places than {detail} allows", UNCHANGED;
    /// More digits than any number here.
    TooManyDigits = BAD_REQUEST "too-many-digits": "{field} has too many decimal places",
        "The number has more digits than this server keeps.";
    /// More digits than a quantity.
    QuantityDigits = BAD_REQUEST "quantity-digits": "{field} has more than three decimal places",
        "Quantities are kept in thousandths.";

    // Orders and lines.
    /// A word that is no status.
    StatusUnknown = BAD_REQUEST "status-unknown": "unknown status",
        "One of PENDING, SUBMITTED, ON_HOLD, ACCEPTED, REJECTED and COMPLETE.";
    /// A status that only a till gives.
    StatusOfTill = BAD_REQUEST "status-of-till": "orders are deleted at the till", "Choose another status.";
    /// A status that is left for no other.
    StatusFinal = BAD_REQUEST "status-final": "the status of the order is final", UNCHANGED;
    /// What a client believes locked would not be.
    LockUnknown = BAD_REQUEST "lock-unknown": "unknown lock", "Only PAYMENTS can be locked.";
    /// A line's name that another line has.
    LineIdTaken = BAD_REQUEST "line-id-taken": "{field} is used by another line",
        "A line_id is unique within its order.";
    /// Lines after staff have accepted.
    LinesFixed = BAD_REQUEST "lines-fixed": "the order was accepted and its lines are fixed", UNCHANGED;
    /// A total below what is paid.
    TotalBelowPaid = BAD_REQUEST "total-below-paid": "the total would be less than what was paid", UNCHANGED;
    /// Another dialect's payments have not come to an end.
    PaymentsPending = BAD_REQUEST "payments-pending": "payments of the order are still pending", UNCHANGED;
    /// Money would be left behind.
    MoneyOnOrder = BAD_REQUEST "money-on-order": "the order has payments that were not refunded", UNCHANGED;
    /// A named maximum of the ledger.
    OrderFull = BAD_REQUEST "order-full": "the order holds as much as this server keeps", UNCHANGED;

    // Payments.
    /// A payment of nothing.
    NothingToPay = BAD_REQUEST "nothing-to-pay": "amount 0 needs a tip or a credit_card_surcharge",
        "A payment of nothing was not recorded.";
    /// A refund with extras.
    OnRefund = BAD_REQUEST "on-refund": "a refund takes no {field}", UNCHANGED;
    /// The one text that is fixed: more than what remains.
    ExceedsRemaining = BAD_REQUEST "exceeds-remaining": "amount exceeds the amount remaining on the order",
        UNCHANGED;
    /// A refund of more than was paid.
    ExceedsPaid = BAD_REQUEST "exceeds-paid": "refund exceeds the amount paid on the order", UNCHANGED;
    /// Nothing is left to compute an amount from.
    NothingRemains = BAD_REQUEST "nothing-remains": "nothing remains on the order", UNCHANGED;
    /// A finished sale.
    OrderComplete = BAD_REQUEST "order-complete": "the order is complete and takes refunds only", UNCHANGED;
    /// Deleted, or cancelled elsewhere.
    OrderDeleted = BAD_REQUEST "order-deleted": "the order is deleted", UNCHANGED;
    /// Rejected by staff.
    OrderRejected = BAD_REQUEST "order-rejected": "the order is rejected", UNCHANGED;
    /// The lock that is for tills.
    TillsLocked = BAD_REQUEST "tills-locked": "the order takes no payments from tills", UNCHANGED;
    /// The till's own card terminal.
    MethodOfTill = BAD_REQUEST "method-of-till": "the payment method is the card terminal of the till", UNCHANGED;

    // What only other dialects ask of the ledger; named because every refusal of it has a name here.
    /// A payment that is on another order.
    OtherOrder = BAD_REQUEST "other-order": "the payment is on another order", UNCHANGED;
    /// A reference that has to be unique elsewhere.
    ReferenceUsed = BAD_REQUEST "reference-used": "the reference was used before", UNCHANGED;
    /// A reference under which nothing may land.
    ReferenceClosed = BAD_REQUEST "reference-closed": "the reference was closed and takes nothing any more",
        UNCHANGED;
    /// An endpoint that is not the caller's.
    WebhookUnknown = BAD_REQUEST "webhook-unknown": "unknown webhook", UNCHANGED;
    /// A payment that is not in the state for it.
    PaymentState = BAD_REQUEST "payment-state": "the state of the payment does not allow this", UNCHANGED;
    /// A finished payment that would be changed in passing.
    CorrectionOnly = BAD_REQUEST "correction-only": "a finished payment changes only as a correction", UNCHANGED;
    /// A payment that is no source of a refund.
    SourceRefused = BAD_REQUEST "source-refused": "the payment cannot be refunded", UNCHANGED;
    /// A payment that was given back in part.
    HasRefunds = BAD_REQUEST "has-refunds": "the payment has refunds", UNCHANGED;
    /// Data of a payment beyond their maximum.
    AttributesTooLarge = BAD_REQUEST "attributes-too-large": "the payment holds more data than this server keeps",
        UNCHANGED;

    // Webhooks.
    /// A word that is no topic.
    TopicUnknown = BAD_REQUEST "topic-unknown": "unknown topic",
        "One of orders/created, orders/updated, orders/completed and orders/deleted.";
    /// Another format than JSON.
    Format = BAD_REQUEST "format": "format must be json", "Webhooks are sent as JSON only.";
    /// An extra header that may not be set.
    HeaderName = BAD_REQUEST "header-name": "headers must be named Authorization or X-..., but not X-Kounta...",
        "The webhook was not stored.";
    /// An extra header that is no string.
    HeaderType = BAD_REQUEST "header-type": "headers must be strings", "The webhook was not stored.";
    /// An extra header that cannot be sent.
    HeaderText = BAD_REQUEST "header-text": "headers must be short visible texts", "The webhook was not stored.";
    /// More extra headers than are kept.
    HeadersTooMany = BAD_REQUEST "headers-too-many": "headers are too many", "The webhook was not stored.";
    /// More webhooks than are kept.
    WebhooksFull = BAD_REQUEST "webhooks-full": "too many webhooks",
        "The application has as many as this server keeps.";
    /// More URLs of orders than are kept, all of them needed.
    CallbacksFull = BAD_REQUEST "callbacks-full": "too many different values of {field}",
        "Open orders of the application, or orders of the last minutes, name as many as this server keeps, or the company \
         has too many open orders to look through; nothing was changed. Let the orders share one, or leave it out.";

    // The server.
    /// Nothing was done for want of room or of storage.
    Busy = SERVICE_UNAVAILABLE "busy": "Service Unavailable",
        "The server is busy and changed nothing; send the request again.";
    /// The storage went away in the middle of a request that carried a key.
    OutcomeUnknown = INTERNAL_SERVER_ERROR "outcome-unknown": "Internal Server Error",
        "Nobody can say whether the change was written; look at the order, or send the request again under the same \
         Idempotency-Key.";
    /// The storage went away in the middle of one that carried none, or that takes none.
    OutcomeUnknownNoKey = INTERNAL_SERVER_ERROR "outcome-unknown-no-key": "Internal Server Error",
        "Nobody can say whether the change was written; look up what it was about, the order or the webhook, before \
         sending the request again.";
    /// A fault of ours.
    Internal = INTERNAL_SERVER_ERROR "internal": "Internal Server Error",
        "Something went wrong in the server; nothing was changed.";
    /// A handler that panicked: nobody can say what it had done.
    Panicked = INTERNAL_SERVER_ERROR "panicked": "Internal Server Error",
        "The server gave up on this request; look at the resource before sending it again.";
    /// A handler that took too long: nobody can say what it had done.
    TookTooLong = SERVICE_UNAVAILABLE "took-too-long": "Service Unavailable",
        "The server gave up on this request; look at the resource before sending it again.";
}
