//! Finding a sale by its external reference, `TASK:OO-<location>-<reference>`: how an integrator checks in the books what
//! became of a payment or an order.

use std::collections::BTreeSet;

use axum::extract::Path;
use axum::extract::rejection::PathRejection;
use axum::http::{StatusCode, Uri};
use axum::response::Response;
use tender_engine::{
    Direction, KeyOutcome, KeySpace, Line, LocationId, OrderId, OrderState, Payment, PaymentState, key_hash,
};
use tender_service::{Failure, Location, OrderView};
use tender_wire::{JsonWriter, ObjectWriter};

use crate::errors::{Fault, Refusal, json, of_trouble};
use crate::money::{MoneyForm, order_uuid};
use crate::request::{Query, captured, number};
use crate::time::{TimeForm, Written};
use crate::visit::Visit;

/// Finds a sale.
pub(crate) async fn sale_by_external_reference(
    visit: Visit,
    location: Result<Path<String>, PathRejection>,
    uri: Uri,
) -> Response {
    let result = find(&visit, location, &uri).await;
    visit.answer(result)
}

async fn find(
    visit: &Visit,
    location: Result<Path<String>, PathRejection>,
    uri: &Uri,
) -> Result<Response, Refusal> {
    let location = number("businessLocationId", &captured(location)?)?;
    let query = Query::of(uri)?;
    let external = query.required_text("externalReferenceId", "String")?;
    let location = visit.location(location)?;
    let not_found = || {
        Refusal::from(Fault::SaleUnknown {
            reference: external.to_owned(),
        })
    };
    let prefix = tag(location.id, "");
    let reference = external.strip_prefix(&prefix).ok_or_else(not_found)?;
    let order = order_of(visit, LocationId(location.id), reference)
        .await
        .map_err(|failure| of_trouble(&failure))?;
    let order = order.ok_or_else(not_found)?;
    let view = visit
        .tender()
        .order(visit.merchant(), order)
        .await
        .map_err(|failure| of_trouble(&failure))?;
    let view = view.filter(|view| matches!(view.order.state, OrderState::Open | OrderState::Closed));
    let view = view.ok_or_else(not_found)?;
    Ok(json(StatusCode::OK, encode(&view, location)))
}

/// The external reference under which the books know a reference.
fn tag(location: u64, reference: &str) -> String {
    format!("TASK:OO-{location}-{reference}")
}

/// The order that the caller made, or paid on, under a reference.
async fn order_of(visit: &Visit, location: LocationId, reference: &str) -> Result<Option<OrderId>, Failure> {
    for space in [KeySpace::OrderReference, KeySpace::PaymentReference] {
        let hash = key_hash(space, visit.principal.application, location, reference);
        let record = visit.tender().key(visit.merchant(), hash).await?;
        match record.map(|record| record.outcome) {
            Some(KeyOutcome::Order(order, _)) => return Ok(Some(order)),
            Some(KeyOutcome::Payment(id, _)) if id.has_order() => return Ok(Some(id.order)),
            Some(KeyOutcome::Payment(..) | KeyOutcome::Refused(_) | KeyOutcome::Burned) | None => {}
        }
    }
    Ok(None)
}

fn encode(view: &OrderView, location: &Location) -> JsonWriter {
    let order = &view.order;
    // Finance amounts are always strings.
    let money = MoneyForm {
        currency: order.currency,
        as_numbers: false,
    };
    let counted: Vec<&Payment> = view
        .payments
        .iter()
        .filter(|payment| payment.state == PaymentState::Complete && !payment.deleted)
        .collect();
    JsonWriter::object(|o| {
        o.display("accountReference", order_uuid(order.id));
        o.display("accountFiscId", order.account);
        o.display(
            "receiptId",
            format_args!("R{}.{}", order.account.station, order.account.number),
        );
        o.array("salesLines", |list| {
            for line in &view.lines {
                list.object(|o| write_line(o, line, money));
            }
        });
        o.array("payments", |list| {
            for payment in &counted {
                list.object(|o| write_payment(o, payment, money));
            }
        });
        o.display("timeOfOpening", Written(order.opened_at, TimeForm::Colon));
        let closed_at = order.closed_at.map(|at| Written(at, TimeForm::Colon));
        o.optional("timeOfCloseAndPaid", closed_at, ObjectWriter::display);
        o.optional("tableNumber", order.table_number, ObjectWriter::display);
        o.string("type", "SALE");
        o.array("externalReferences", |list| {
            for reference in references(view, &counted) {
                list.string(&tag(location.id, reference));
            }
        });
        o.optional("nbCovers", order.covers, ObjectWriter::number);
        o.bool("dineIn", order.table_number.is_some());
    })
}

/// The order's reference and those of its payments, each once: a payment that came with the order has the order's.
fn references<'v>(view: &'v OrderView, counted: &[&'v Payment]) -> BTreeSet<&'v str> {
    let made = view.order.watchers.iter().filter(|watcher| watcher.is_maker);
    let made = made.map(|watcher| watcher.reference.as_str());
    made.chain(counted.iter().filter_map(|payment| payment.reference.as_deref()))
        .collect()
}

fn write_line(o: &mut ObjectWriter<'_>, line: &Line, money: MoneyForm) {
    money.write(o, "totalNetAmountWithTax", line.total_minor);
    money.write(
        o,
        "totalNetAmountWithoutTax",
        line.total_minor.saturating_sub(line.tax_minor),
    );
    money.write(o, "discountAmount", line.discount_minor);
    money.write(o, "taxAmount", line.tax_minor);
    o.optional("sku", line.sku.as_deref(), ObjectWriter::string);
    o.string("name", &line.name);
    o.display("quantity", line.quantity);
    o.string("currency", money.currency.code());
}

fn write_payment(o: &mut ObjectWriter<'_>, payment: &Payment, money: MoneyForm) {
    let amount_minor = match payment.direction {
        Direction::Receipt => payment.applied_minor(),
        Direction::Refund => payment.amount_minor.saturating_neg(),
    };
    let method = payment.method.as_ref();
    o.optional(
        "code",
        method.map(|method| method.code.as_str()),
        ObjectWriter::string,
    );
    o.optional(
        "description",
        method.map(|method| method.name.as_str()),
        ObjectWriter::string,
    );
    o.optional(
        "paymentMethodId",
        method.map(|method| method.id.0),
        ObjectWriter::number,
    );
    money.write(o, "netAmountWithTax", amount_minor);
    o.string("currency", money.currency.code());
    money.write(o, "tip", payment.ordinary_tip_minor());
    o.string("type", "NORMAL");
    o.optional("staffId", payment.staff.map(|id| id.0), ObjectWriter::number);
    o.optional(
        "externalReference",
        payment.reference.as_deref(),
        ObjectWriter::string,
    );
    money.write(o, "surcharge", payment.surcharge_minor);
}
