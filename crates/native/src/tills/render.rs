//! A task as a till sees it: with the order it is about, and the payment to take.

use tender_engine::{LineSpec, Payment, Task, TaskKind};
use tender_http::Problem;
use tender_money::{Amount, Currency};
use tender_service::OrderView;
use tender_wire::ObjectWriter;

use crate::ids::OnTheWire;
use crate::orders::render::write_order;
use crate::time::Moment;
use crate::{Native, lookup};

/// The orders that tasks are about, read at one moment.
#[derive(Debug)]
pub(super) struct Work(Vec<OrderView>);

impl Work {
    pub(super) async fn load(native: &Native, tasks: &[Task]) -> Result<Self, Problem> {
        let Some(first) = tasks.first() else {
            return Ok(Self(Vec::new()));
        };
        let mut orders: Vec<_> = tasks.iter().filter_map(|task| task.order).collect();
        orders.sort_unstable();
        orders.dedup();
        if orders.is_empty() {
            return Ok(Self(Vec::new()));
        }
        let views = lookup::read(native.tender().order_views(first.merchant, orders).await)?;
        Ok(Self(views))
    }

    fn order(&self, task: &Task) -> Option<&OrderView> {
        self.0.iter().find(|view| Some(view.order.id) == task.order)
    }
}

/// Writes a task's members.
pub(super) fn write_task(object: &mut ObjectWriter<'_>, task: &Task, work: &Work) {
    object.display("id", task.id.wire());
    object.number("lease", task.lease);
    object.string(
        "kind",
        match task.kind {
            TaskKind::Payment => "payment",
            TaskKind::Order => "order",
            TaskKind::Lines { .. } => "lines",
            TaskKind::Message { .. } => "message",
        },
    );
    object.display("location_id", task.location.wire());
    object.display("expires_at", Moment(task.expires_at));
    object.display("leased_until", Moment(task.leased_until));
    object.display("created_at", Moment(task.created_at));
    let view = work.order(task);
    if let Some(view) = view {
        object.object("order", |object| write_order(object, view));
        let payment = view
            .payments
            .iter()
            .find(|payment| Some(payment.id) == task.payment);
        if let Some(payment) = payment {
            object.object("payment", |object| {
                write_payment(object, payment, view.order.currency)
            });
        }
    }
    match &task.kind {
        TaskKind::Lines { lines, payments, .. } => {
            object.array("lines", |array| {
                for line in lines {
                    array.object(|object| write_line(object, line));
                }
            });
            if let Some(view) = view.filter(|_| !payments.is_empty()) {
                object.array("payments", |array| {
                    for draft in payments {
                        array.object(|object| write_money(object, draft, view.order.currency));
                    }
                });
            }
        }
        TaskKind::Message { text, also_print } => object.object("message", |object| {
            object.string("text", text);
            object.bool("also_print", *also_print);
        }),
        TaskKind::Payment | TaskKind::Order => {}
    }
}

/// What a till needs to take a payment.
fn write_payment(object: &mut ObjectWriter<'_>, payment: &Payment, currency: Currency) {
    object.display("id", payment.id.wire());
    write_money(object, payment, currency);
}

/// The same without its id: a payment that comes with lines has none before they are taken.
fn write_money(object: &mut ObjectWriter<'_>, payment: &Payment, currency: Currency) {
    let money = |minor: i64| Amount { minor, currency };
    object.money_string("amount", money(payment.amount_minor));
    object.money_string("tip", money(payment.tip_minor));
    object.money_string("surcharge", money(payment.surcharge_minor));
    object.string("currency", currency.code());
    let method = payment.method.as_ref();
    object.nullable(
        "method_code",
        method.map(|method| method.code.as_str()),
        ObjectWriter::string,
    );
    object.nullable("reference", payment.reference.as_deref(), ObjectWriter::string);
    object.nullable(
        "staff_id",
        payment.staff.map(OnTheWire::wire),
        ObjectWriter::display,
    );
    object.nullable(
        "printer_profile_id",
        payment.printer_profile,
        ObjectWriter::display,
    );
}

/// A line that is to be added: it has no number and no total before it is.
fn write_line(object: &mut ObjectWriter<'_>, line: &LineSpec) {
    object.string("name", &line.name);
    object.optional("sku", line.sku.as_deref(), ObjectWriter::string);
    object.display("quantity", line.quantity);
    object.display("unit_amount", line.unit_price);
    object.optional("notes", line.notes.as_deref(), ObjectWriter::string);
}
