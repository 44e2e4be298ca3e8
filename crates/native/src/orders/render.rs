//! An order as JSON, with its ids in every dialect.
//!
//! Owns: the members of an order and of a line. Must not know: which route shows it.

use axum::http::StatusCode;
use axum::response::Response;
use tender_engine::{Line, Order, OrderState, ServiceCharge, Stage};
use tender_money::Amount;
use tender_service::OrderView;
use tender_wire::{JsonWriter, ObjectWriter};

use crate::advice::Circumstances;
use crate::answer;
use crate::ids::OnTheWire;
use crate::payments::render::write_payment;
use crate::time::Moment;

/// The name of a state.
pub(crate) const fn state_word(state: OrderState) -> &'static str {
    match state {
        OrderState::Proposed => "proposed",
        OrderState::Open => "open",
        OrderState::Closed => "closed",
        OrderState::Cancelled => "cancelled",
        OrderState::Rejected => "rejected",
        OrderState::Deleted => "deleted",
    }
}

pub(super) const fn stage_word(stage: Stage) -> &'static str {
    match stage {
        Stage::Pending => "pending",
        Stage::Submitted => "submitted",
        Stage::OnHold => "on-hold",
        Stage::Accepted => "accepted",
    }
}

/// Writes an order's members, without lines and payments.
pub(crate) fn write_head(object: &mut ObjectWriter<'_>, order: &Order) {
    let currency = order.currency;
    let money = |minor: i64| Amount { minor, currency };
    object.display("id", order.id.wire());
    object.display("location_id", order.location.wire());
    object.string("currency", currency.code());
    object.string("state", state_word(order.state));
    object.string("stage", stage_word(order.stage));
    object.money_string("total", money(order.total_minor()));
    object.money_string("due", money(order.due_minor()));
    object.money_string("paid", money(order.paid_minor()));
    object.money_string("reserved", money(order.reserved_minor));
    object.money_string("refunded", money(order.refunded_minor));
    object.money_string("tips", money(order.tips_minor));
    object.money_string("surcharges", money(order.surcharges_minor));
    object.money_string("tax", money(order.tax_minor));
    object.object("service_charge", |object| {
        object.money_string("amount", money(order.service_minor));
        if let ServiceCharge::Rate(rate) = order.service_charge {
            object.display("rate", rate);
        }
    });
    object.optional("table_number", order.table_number, ObjectWriter::number);
    object.optional("name", order.name.as_deref(), ObjectWriter::string);
    object.optional("covers", order.covers, ObjectWriter::number);
    object.optional(
        "staff_id",
        order.staff.map(OnTheWire::wire),
        ObjectWriter::display,
    );
    object.optional(
        "external_reference",
        order.external_reference.as_deref(),
        ObjectWriter::string,
    );
    object.optional("notes", order.notes.as_deref(), ObjectWriter::string);
    object.bool("close_when_paid", order.close_when_paid);
    object.object("kseries", |object| {
        object.number("business_location_id", order.location.0);
        object.display("account_identifier", order.account);
        object.number("account_id", order.id.0);
    });
    object.object("kounta", |object| {
        object.number("company_id", order.merchant.0);
        object.number("site_id", order.location.0);
        object.number("order_id", order.id.0);
    });
    object.object("om", |object| {
        object.display("organization_id", order.merchant.wire());
        object.display("order_id", order.id.wire());
    });
    object.display("opened_at", Moment(order.opened_at));
    object.string("opened_via", order.opened_via.code());
    object.display("updated_at", Moment(order.updated_at));
    object.optional("closed_at", order.closed_at.map(Moment), ObjectWriter::display);
}

/// Writes an order with its lines and payments. Deleted payments are hidden, as everywhere.
pub(crate) fn write_order(object: &mut ObjectWriter<'_>, view: &OrderView) {
    write_head(object, &view.order);
    object.array("lines", |array| {
        for line in &view.lines {
            array.object(|object| write_line(object, line, view));
        }
    });
    object.array("payments", |array| {
        for payment in view.payments.iter().filter(|payment| !payment.deleted) {
            array.object(|object| {
                write_payment(
                    object,
                    payment,
                    view.order.currency,
                    Circumstances::unread(payment),
                );
            });
        }
    });
}

fn write_line(object: &mut ObjectWriter<'_>, line: &Line, view: &OrderView) {
    let currency = view.order.currency;
    object.number("number", line.number);
    object.string("name", &line.name);
    object.optional("sku", line.sku.as_deref(), ObjectWriter::string);
    object.display("quantity", line.quantity);
    match line.unit_price.to_minor(currency.digits()) {
        Ok(minor) => object.money_string("unit_amount", Amount { minor, currency }),
        // A rate of another dialect has more digits than the currency.
        Err(_) => object.display("unit_amount", line.unit_price),
    }
    let minor = line.total_minor;
    object.money_string("total", Amount { minor, currency });
    let minor = line.tax_minor;
    object.money_string("tax", Amount { minor, currency });
    object.optional("notes", line.notes.as_deref(), ObjectWriter::string);
}

/// An answer that is an order.
pub(crate) fn answer_order(status: StatusCode, view: &OrderView) -> Response {
    answer::json(status, JsonWriter::object(|object| write_order(object, view)))
}
