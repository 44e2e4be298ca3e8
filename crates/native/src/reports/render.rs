//! A day close as JSON and as CSV.
//!
//! Owns: the members and rows of the report. Must not know: how its sums came about.

use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::http::{HeaderValue, StatusCode};
use axum::response::Response;
use tender_engine::{Ledger, LocationId, MethodId};
use tender_money::format_minor;
use tender_wire::{JsonWriter, ObjectWriter};

use super::day_close::{CASES_MAX, Report};
use crate::answer;
use crate::ids::OnTheWire;
use crate::time::Moment;

#[cfg(test)]
mod tests;

impl Report<'_> {
    /// A sum in major units. One that no ledger could hold is shown at the end of what it can.
    fn money(&self, minor: i128) -> String {
        let end = if minor < 0 { i64::MIN } else { i64::MAX };
        format_minor(i64::try_from(minor).unwrap_or(end), self.currency.digits())
    }

    /// The sums that everyone reads first, by name. The methods' net is what goods, service, tips and surcharges sum to.
    fn totals(&self) -> [(&'static str, i128); 9] {
        let tally = &self.tally;
        [
            ("received", tally.over_methods(|sums| sums.received_minor)),
            ("refunds", tally.over_methods(|sums| sums.refunded_minor)),
            ("corrections", tally.over_methods(|sums| sums.corrected_minor)),
            ("net", tally.over_methods(super::tally::MethodSums::net_minor)),
            ("goods", tally.purposes.goods_minor),
            ("service", tally.purposes.service_minor),
            ("tips", tally.purposes.tips_minor),
            ("surcharges", tally.purposes.surcharges_minor),
            ("imbalance", tally.imbalance_minor()),
        ]
    }

    /// What orders were charged on the day, paid or not: income is a credit.
    fn charged(&self) -> [(&'static str, i128); 2] {
        [
            ("sales", self.tally.balance_minor(Ledger::Sales).saturating_neg()),
            (
                "service",
                self.tally.balance_minor(Ledger::ServiceIncome).saturating_neg(),
            ),
        ]
    }

    /// Code and name of a method; the payments without one, and a method that is gone, have none.
    fn method(&self, id: MethodId) -> (&str, &str) {
        match self.directory.methods.get(&id.0) {
            Some(method) => (&method.code, &method.name),
            None => ("", ""),
        }
    }
}

pub(super) fn json(report: &Report<'_>) -> Response {
    let body = JsonWriter::object(|object| {
        object.display("location_id", LocationId(report.location.id).wire());
        object.string("date", &report.day.date);
        object.string("time_zone", &report.location.time_zone);
        object.display("from", Moment(report.day.moments.start));
        object.display("to", Moment(report.day.moments.end));
        object.string("currency", report.currency.code());
        object.object("totals", |object| {
            for (name, minor) in report.totals() {
                object.string(name, &report.money(minor));
            }
        });
        object.object("charged", |object| {
            for (name, minor) in report.charged() {
                object.string(name, &report.money(minor));
            }
        });
        object.array("methods", |array| {
            for id in report.tally.methods.keys() {
                array.object(|object| write_method(object, report, *id));
            }
        });
        object.array("ledgers", |array| {
            for (ledger, sums) in &report.tally.ledgers {
                array.object(|object| {
                    object.display("ledger", ledger);
                    object.string("debit", &report.money(sums.debit_minor));
                    object.string("credit", &report.money(sums.credit_minor));
                    object.string("balance", &report.money(sums.balance_minor()));
                });
            }
        });
        object.number("journal_entries", report.tally.entry_count);
        object.object("open_cases", |object| {
            object.number("count", report.open_cases.count);
            object.string("amount", &report.money(report.open_cases.amount_minor));
            object.bool("all_counted", report.open_cases.count < CASES_MAX);
        });
    });
    answer::json(StatusCode::OK, body)
}

fn write_method(object: &mut ObjectWriter<'_>, report: &Report<'_>, id: MethodId) {
    let sums = report.tally.methods.get(&id).copied().unwrap_or_default();
    let (code, name) = report.method(id);
    if id.0 != 0 {
        object.display("method_id", id.wire());
        object.string("method_code", code);
        object.string("method_name", name);
    }
    object.number("payments", sums.payment_count);
    object.string("received", &report.money(sums.received_minor));
    object.number("refunds", sums.refund_count);
    object.string("refunded", &report.money(sums.refunded_minor));
    object.string("corrected", &report.money(sums.corrected_minor));
    object.string("net", &report.money(sums.net_minor()));
}

/// One row per sum: `section,name,code,count,amount,currency`.
pub(super) fn csv(report: &Report<'_>) -> Response {
    let currency = report.currency.code();
    let mut text = String::from("section,name,code,count,amount,currency\r\n");
    let mut row = |section: &str, name: &str, code: &str, count: Option<u64>, minor: i128| {
        let count = count.map(|count| count.to_string()).unwrap_or_default();
        let cells = [section, name, code, &count, &report.money(minor), currency].map(cell);
        text.push_str(&cells.join(","));
        text.push_str("\r\n");
    };
    for (name, minor) in report.totals() {
        row("total", name, "", None, minor);
    }
    for (name, minor) in report.charged() {
        row("charged", name, "", None, minor);
    }
    for (id, sums) in &report.tally.methods {
        let (code, name) = report.method(*id);
        row(
            "received",
            name,
            code,
            Some(sums.payment_count),
            sums.received_minor,
        );
        row(
            "refunded",
            name,
            code,
            Some(sums.refund_count),
            sums.refunded_minor,
        );
        row("corrected", name, code, None, sums.corrected_minor);
        row("net", name, code, None, sums.net_minor());
    }
    for (ledger, sums) in &report.tally.ledgers {
        row("ledger", &ledger.to_string(), "", None, sums.balance_minor());
    }
    let open = report.open_cases;
    row("open-cases", "", "", Some(open.count), open.amount_minor);
    let mut response = Response::new(axum::body::Body::from(text));
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/csv; charset=utf-8"));
    let name = format!(
        "attachment; filename=\"day-close-{}-{}.csv\"",
        report.location.id, report.day.date
    );
    if let Ok(name) = HeaderValue::from_str(&name) {
        headers.insert(CONTENT_DISPOSITION, name);
    }
    response
}

/// A cell, quoted where it must be. Text that a spreadsheet would take for a formula is kept from being one; amounts may
/// begin with a minus sign and are left alone.
fn cell(text: &str) -> String {
    let is_number = text
        .bytes()
        .all(|byte| byte.is_ascii_digit() || byte == b'.' || byte == b'-');
    let is_formula = !is_number && text.starts_with(['=', '+', '-', '@', '\t']);
    let text = if is_formula {
        format!("'{text}")
    } else {
        text.to_owned()
    };
    if text.contains(['"', ',', '\n', '\r']) {
        format!("\"{}\"", text.replace('"', "\"\""))
    } else {
        text
    }
}
