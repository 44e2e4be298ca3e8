//! The description of reports.

use serde_json::{Value, json};
use tender_openapi::{Document, Operation, Parameter, Schema};

use crate::openapi::call::{Call, Traits, done};
use crate::openapi::values::{LOCATION, amount, currency, text, time};

pub(crate) fn add(document: Document) -> Document {
    document.schema("DayClose", day_close_schema())
}

pub(crate) fn day_close(call: Call<'_>) -> Operation {
    let location = Parameter::required_query(
        "location_id",
        Schema::string().pattern("^(0|[1-9][0-9]{0,15})$"),
        "The location.",
    );
    let date = Parameter::query(
        "date",
        Schema::date(),
        "The location's calendar day; absent: today.",
    );
    let format = Parameter::query("format", Schema::words(&["json", "csv"]), "json or csv.");
    let answer = done("DayClose", example()).body("text/csv", Schema::string(), json!(CSV));
    let summary = "One location's day: the sum of its journal";
    call.named("reports", "getDayClose", summary)
        .parameter(location.example(LOCATION))
        .parameter(date.example("2026-03-29"))
        .parameter(format.example("json"))
        .answers(200, answer)
        .finds()
}

/// The first rows of a report as text.
const CSV: &str = "section,name,code,count,amount,currency\ntotal,received,,,22.00,EUR\n";

fn day_close_schema() -> Schema {
    let names = [
        "received",
        "refunds",
        "corrections",
        "net",
        "goods",
        "service",
        "tips",
        "surcharges",
        "imbalance",
    ];
    let sums = |names: &[&str]| {
        let object = names
            .iter()
            .fold(Schema::object(), |object, name| object.required(name, amount()));
        object.closed()
    };
    let totals = sums(&names).describe(
        "`net` is received less refunds plus corrections, and equals goods, service, tips and surcharges together. \
         `imbalance` is zero.",
    );
    let charged = sums(&["sales", "service"]).describe("What orders were charged on the day, paid or not.");
    let method = Schema::object()
        .optional("method_id", text())
        .optional("method_code", text())
        .optional("method_name", text())
        .required("payments", Schema::integer())
        .required("received", amount())
        .required("refunds", Schema::integer())
        .required("refunded", amount())
        .required("corrected", amount())
        .required("net", amount())
        .closed();
    let ledger = Schema::object()
        .required("ledger", text())
        .required("debit", amount())
        .required("credit", amount())
        .required("balance", amount())
        .closed();
    let open_cases = Schema::object()
        .required("count", Schema::integer())
        .required("amount", amount())
        .required("all_counted", Schema::boolean())
        .closed();
    Schema::object()
        .required("location_id", text())
        .required("date", Schema::date())
        .required("time_zone", text())
        .required("from", time())
        .required("to", time())
        .required("currency", currency())
        .required("totals", totals)
        .required("charged", charged)
        .required("methods", Schema::array(method))
        .required("ledgers", Schema::array(ledger))
        .required("journal_entries", Schema::integer())
        .required("open_cases", open_cases)
        .closed()
}

/// The day of an order of 44.13, of which 20.00 and a tip of 2.00 were paid.
fn example() -> Value {
    json!({
        "location_id": LOCATION, "date": "2026-03-29", "time_zone": "Europe/Brussels",
        "from": "2026-03-28T23:00:00.000Z", "to": "2026-03-29T22:00:00.000Z", "currency": "EUR",
        "totals": {
            "received": "22.00", "refunds": "0.00", "corrections": "0.00", "net": "22.00", "goods": "18.18",
            "service": "1.82", "tips": "2.00", "surcharges": "0.00", "imbalance": "0.00",
        },
        "charged": {"sales": "40.12", "service": "4.01"},
        "methods": [{
            "method_id": "mth_2", "method_code": "APM", "method_name": "API Payment", "payments": 1, "received": "22.00",
            "refunds": 0, "refunded": "0.00", "corrected": "0.00", "net": "22.00",
        }],
        "ledgers": [
            {"ledger": "receivable.goods", "debit": "40.12", "credit": "18.18", "balance": "21.94"},
            {"ledger": "receivable.service", "debit": "4.01", "credit": "1.82", "balance": "2.19"},
            {"ledger": "sales", "debit": "0.00", "credit": "40.12", "balance": "-40.12"},
            {"ledger": "service", "debit": "0.00", "credit": "4.01", "balance": "-4.01"},
            {"ledger": "tender.2", "debit": "22.00", "credit": "0.00", "balance": "22.00"},
            {"ledger": "tips", "debit": "0.00", "credit": "2.00", "balance": "-2.00"},
        ],
        "journal_entries": 2,
        "open_cases": {"count": 0, "amount": "0.00", "all_counted": true},
    })
}
