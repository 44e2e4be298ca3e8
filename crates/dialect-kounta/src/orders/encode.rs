//! JSON of an order: the same in answers, lists and webhook bodies.

use tender_engine::{Order, PaymentState, ServiceCharge, Timestamp};
use tender_money::Amount;
use tender_service::{Directory, OrderView};
use tender_wire::ObjectWriter;

use super::labels;
use super::status::Status;
use crate::catalogue::order_variation;
use crate::time::Zone;
use crate::{lines, payments};

/// The whole order. Every key is always there: clients fail on one that is missing.
pub(crate) fn order(object: &mut ObjectWriter<'_>, view: &OrderView, directory: &Directory) {
    let order = &view.order;
    let zone = Zone::of_site(directory, order.location);
    head(object, order);
    money(object, order);
    customer(object, order);
    details(object, order, &zone);
    object.array("lines", |array| {
        for line in &view.lines {
            array.object(|object| lines::encode_line(object, line, order, directory));
        }
    });
    object.array("payments", |array| {
        // What is pending in another dialect, or came to nothing, is no payment here: `paid` does not know it either.
        let shown = view
            .payments
            .iter()
            .filter(|payment| payment.state == PaymentState::Complete && !payment.deleted);
        for payment in shown {
            array.object(|object| payments::encode_payment(object, payment, order.currency, &zone));
        }
    });
    object.string("created_at", &zone.show(order.opened_at));
    object.string("updated_at", &zone.show(order.updated_at));
    object.bool("deleted", Status::of(order) == Status::Deleted);
}

fn head(object: &mut ObjectWriter<'_>, order: &Order) {
    object.number("id", order.id.0);
    object.display("id_str", order.id.0);
    object.number("company_id", order.merchant.0);
    object.number("site_id", order.location.0);
    object.nullable(
        "register_id",
        labels::id(order, labels::REGISTER),
        ObjectWriter::number,
    );
    object.nullable(
        "staff_member_id",
        order.staff.map(|staff| staff.0),
        ObjectWriter::number,
    );
    object.nullable(
        "sale_number",
        order.external_reference.as_deref(),
        ObjectWriter::string,
    );
    object.string("status", Status::of(order).word());
    object.nullable("notes", order.notes.as_deref(), ObjectWriter::string);
}

fn money(object: &mut ObjectWriter<'_>, order: &Order) {
    let amount = |minor| Amount {
        minor,
        currency: order.currency,
    };
    object.money_number("total", amount(order.total_minor()));
    object.money_number("total_tax", amount(order.tax_minor));
    object.money_number("paid", amount(order.paid_minor()));
    object.money_number("tips", amount(order.tips_minor));
    object.money_number("service_charge", amount(order.service_minor));
    let rate = match order.service_charge {
        ServiceCharge::Rate(rate) => Some(rate),
        ServiceCharge::None | ServiceCharge::Amount(_) => None,
    };
    object.nullable("service_charge_rate", rate, ObjectWriter::number);
    object.number("price_variation", order_variation(order));
}

/// Customers live elsewhere; an order knows the id alone.
fn customer(object: &mut ObjectWriter<'_>, order: &Order) {
    object.nullable(
        "customer",
        labels::id(order, labels::CUSTOMER),
        |object, name, id| {
            object.object(name, |customer| {
                customer.number("id", id);
                for unknown in ["first_name", "last_name", "email", "image"] {
                    customer.null(unknown);
                }
            });
        },
    );
}

fn details(object: &mut ObjectWriter<'_>, order: &Order, zone: &Zone) {
    let seated = order.table_number.map(|_| "Dine in");
    object.nullable(
        "order_type",
        order.label(labels::ORDER_TYPE).or(seated),
        ObjectWriter::string,
    );
    object.nullable("guests", order.covers, ObjectWriter::number);
    object.nullable(
        "callback_uri",
        order.label(labels::CALLBACK_URI),
        ObjectWriter::string,
    );
    object.array("lock", |lock| {
        if order.payments_locked {
            lock.string("PAYMENTS");
        }
    });
    for name in [labels::PLACED_AT, labels::FULFIL_AT] {
        let at = order
            .label(name)
            .and_then(|text| text.parse().ok())
            .map(Timestamp);
        object.nullable(name, at, |object, name, at| object.string(name, &zone.show(at)));
    }
}
