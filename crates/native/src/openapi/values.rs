//! Values that bodies of every resource hold.
//!
//! Owns: the schemas of money, moments, ids and advice. Must not know: a resource.

use serde_json::json;
use tender_engine::Via;
use tender_openapi::{Document, Schema};

use crate::body::{LONG_TEXT_CHARS_MAX, SHORT_TEXT_CHARS_MAX};

/// The demo's first location.
pub(crate) const LOCATION: &str = "45454565682155";
/// The demo's first device.
pub(crate) const DEVICE: &str = "12345678980";
/// The demo's employee for payments from outside.
pub(crate) const STAFF: &str = "42";
/// A moment.
pub(crate) const MOMENT: &str = "2026-03-29T00:59:59.000Z";
/// A moment soon after.
pub(crate) const LATER: &str = "2026-03-29T01:04:59.000Z";
/// An order, and its number alone as the dialects have it.
pub(crate) const ORDER: &str = "ord_488078791696384";
pub(crate) const ORDER_NUMBER: u64 = 488_078_791_696_384;
/// Its first payment.
pub(crate) const PAYMENT: &str = "pay_488078791696384_1";

pub(super) fn add(document: Document) -> Document {
    let amount = Schema::string().pattern("^-?[0-9]+(\\.[0-9]+)?$").describe(
        "Money in major units with exactly the digits of its currency: \"20.06\", \"805\", \"1.250\". Never a JSON number.",
    );
    let time = Schema::time().describe("RFC 3339 in UTC with milliseconds.");
    let money_moved = Schema::words(&["yes", "no", "unknown"]).describe(
        "Whether money has moved. `unknown`: a till works on it at this moment, a case is open, or nobody can say whether a \
         commit was written.",
    );
    let retry = Schema::string().pattern("^(same-key|never|after:[0-9]+)$").describe(
        "What to do next: send the same request with the same key again, never, or again after so many seconds.",
    );
    document
        .schema("Amount", amount.example("20.06"))
        .schema("Time", time.example(MOMENT))
        .schema("MoneyMoved", money_moved)
        .schema("Retry", retry)
        .schema(
            "Empty",
            Schema::object().describe("Nothing, or an empty object.").closed(),
        )
}

pub(crate) fn amount() -> Schema {
    Schema::named("Amount")
}

pub(crate) fn time() -> Schema {
    Schema::named("Time")
}

/// A text of an answer.
pub(crate) fn text() -> Schema {
    Schema::string()
}

pub(crate) fn currency() -> Schema {
    Schema::string().describe("ISO 4217.")
}

/// The channel that something came through.
pub(crate) fn via() -> Schema {
    Schema::words(&Via::ALL.map(Via::code))
}

/// Whether money moved and what to do next, as members.
pub(crate) fn advice(object: Schema) -> Schema {
    object
        .required("money_moved", Schema::named("MoneyMoved"))
        .required("retry", Schema::named("Retry"))
}

/// The member `next` of a list, and its items.
pub(crate) fn page_of(schema: &str) -> Schema {
    let next = text()
        .or_null()
        .describe("The `after` of the next page; null on the last one.");
    Schema::object()
        .required("items", Schema::array(Schema::named(schema)))
        .required("next", next)
        .closed()
}

/// A decimal number of a request.
pub(crate) fn decimal() -> Schema {
    Schema::string().describe("A decimal number in a string, exactly.")
}

/// A plain number of a request that names something.
pub(crate) fn plain_id() -> Schema {
    Schema::of_types(&["string", "integer"])
}

/// The same in a query. An empty parameter counts as absent, here as everywhere.
pub(crate) fn plain_id_text() -> Schema {
    Schema::string().pattern("^(0|[1-9][0-9]{0,15})?$")
}

/// A short text of a request.
pub(crate) fn short_text() -> Schema {
    Schema::string().length(1, chars(SHORT_TEXT_CHARS_MAX))
}

/// A text of a request that people write.
pub(crate) fn long_text() -> Schema {
    Schema::string().length(1, chars(LONG_TEXT_CHARS_MAX))
}

/// A number of things people count, in a request.
pub(crate) fn count() -> Schema {
    Schema::integer().minimum(1).maximum(i64::from(i32::MAX))
}

/// A limit as schemas count it.
pub(crate) fn chars(max: usize) -> u64 {
    u64::try_from(max).unwrap_or(u64::MAX)
}

/// An order's ids in every dialect.
pub(crate) fn order_ids() -> serde_json::Value {
    json!({
        "kseries": {"business_location_id": 45_454_565_682_155_u64, "account_identifier": "A1234.7", "account_id": ORDER_NUMBER},
        "kounta": {"company_id": 5678, "site_id": 45_454_565_682_155_u64, "order_id": ORDER_NUMBER},
        "om": {"organization_id": "org_5678", "order_id": ORDER},
    })
}
