//! The snapshot of a check: what its keys mean, and in which order they stand (spec 8).

use tender_engine::{Direction, Order, Payment, PaymentState, StaffId, Via};
use tender_service::{Directory, Location, OrderView};
use tender_wire::ObjectWriter;

use super::lines::write_lines;
use crate::money::{MoneyForm, order_uuid, short_code};
use crate::time::{TimeForm, Written};

/// Whose name stands on orders that nobody in the house took.
const ONLINE_STAFF: &str = "Online Order";

/// Which parts of a snapshot are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Shape {
    /// `closeDate`: the check calls show it, notifications do not.
    pub(crate) close_date: bool,
    /// `salesEntries`.
    pub(crate) lines: bool,
    /// `uuid`, `timeOfTransactionUtc` and empty `subLineItems` of lines: notifications about known checks leave them out.
    pub(crate) line_details: bool,
    /// `paymentEntries`.
    pub(crate) payments: bool,
}

impl Shape {
    /// What the check calls answer.
    pub(crate) const CHECK: Self = Self {
        close_date: true,
        lines: true,
        line_details: true,
        payments: true,
    };
}

/// Writes the members of a snapshot.
pub(crate) fn write_snapshot(
    o: &mut ObjectWriter<'_>,
    view: &OrderView,
    directory: &Directory,
    as_numbers: bool,
    shape: Shape,
) {
    let order = &view.order;
    let money = MoneyForm {
        currency: order.currency,
        as_numbers,
    };
    let location = directory.locations.get(&order.location.0);
    let (staff_name, staff_id) = staff_of(order, directory, location);
    let written = |at| Written(at, TimeForm::Offset);
    o.optional("clientCount", order.covers, ObjectWriter::number);
    o.display("uuid", order_uuid(order.id));
    o.display("openDate", written(order.opened_at));
    if shape.close_date {
        o.optional("closeDate", order.closed_at.map(written), ObjectWriter::display);
    }
    money.write(o, "paidAmount", order.paid_minor());
    money.write(o, "serviceCharge", order.service_minor);
    o.string("name", &name_of(order, location));
    money.write(o, "currentAmount", order.total_minor());
    o.optional("staffName", staff_name.as_deref(), ObjectWriter::string);
    o.optional("staffId", staff_id.map(|id| id.0), ObjectWriter::number);
    if shape.lines {
        write_lines(o, "salesEntries", &view.lines, money, shape.line_details);
    }
    if shape.payments {
        o.array("paymentEntries", |list| {
            for payment in view.payments.iter().filter(|payment| counts(payment)) {
                list.object(|o| write_payment(o, payment, money));
            }
        });
    }
    o.display("ikaccountId", order.account);
    o.optional("tableNumber", order.table_number, ObjectWriter::number);
    o.number("posId", order.account.station);
}

/// Only what is posted is shown, so that the entries sum to `paidAmount`.
fn counts(payment: &Payment) -> bool {
    payment.state == PaymentState::Complete && !payment.deleted
}

fn write_payment(o: &mut ObjectWriter<'_>, payment: &Payment, money: MoneyForm) {
    let method = payment.method.as_ref();
    let completed_at = payment.completed_at.unwrap_or(payment.updated_at);
    // Money given back through another dialect stands here as less paid.
    let amount_minor = match payment.direction {
        Direction::Receipt => payment.applied_minor(),
        Direction::Refund => payment.amount_minor.saturating_neg(),
    };
    let name = method.map(|method| method.name.as_str());
    o.optional("paymentMethodDescription", name, ObjectWriter::string);
    o.optional(
        "externalReference",
        payment.reference.as_deref(),
        ObjectWriter::string,
    );
    let code = method.map(|method| method.code.as_str());
    o.optional("paymentMethodCode", code, ObjectWriter::string);
    money.write(o, "amountPaid", amount_minor);
    o.display("paymentDate", Written(completed_at, TimeForm::Offset));
    o.bool("active", true);
}

/// What the check is called: its own name, else floor plan and table, else four letters.
fn name_of(order: &Order, location: Option<&Location>) -> String {
    if let Some(name) = &order.name {
        return name.clone();
    }
    let Some(number) = order.table_number else {
        return format!("Order {}", short_code(order.id.0));
    };
    let plans = location.iter().flat_map(|location| &location.floor_plans);
    let found = plans
        .flat_map(|plan| plan.tables.iter().map(move |table| (plan, table)))
        .find(|(_, table)| table.number == number);
    match found {
        Some((plan, table)) if !table.description.is_empty() => {
            format!("{} {}", plan.name, table.description)
        }
        Some((plan, _)) => format!("{} {number}", plan.name),
        None => format!("Table {number}"),
    }
}

/// The check's employee by name and number. An order from outside that names none is the location's API staff's.
fn staff_of(
    order: &Order,
    directory: &Directory,
    location: Option<&Location>,
) -> (Option<String>, Option<StaffId>) {
    if let Some(id) = order.staff {
        let staff = directory.staff.get(&id.0);
        let name = staff.map(|staff| {
            format!("{} {}", staff.first_name, staff.last_name)
                .trim()
                .to_owned()
        });
        return (name.filter(|name| !name.is_empty()), Some(id));
    }
    if order.opened_via == Via::Kseries {
        let api_staff = location.and_then(|location| location.api_staff);
        return (Some(ONLINE_STAFF.to_owned()), api_staff.map(StaffId));
    }
    (None, None)
}
