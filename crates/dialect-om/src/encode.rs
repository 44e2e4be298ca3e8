//! From ledger records to response items (spec om 4.6, 4.7, 7).

use jiff::Timestamp as Moment;
use tender_engine::{Direction, MethodRef, OrderState, Payment, PaymentState, Timestamp, Via};
use tender_money::Decimal;
use tender_service::{Directory, Method, OrderView};
use tender_wire::{ArrayWriter, ObjectWriter, ids_text};

/// Writes `items` and `paymentMethods` of an order.
pub fn order_data(data: &mut ObjectWriter<'_>, view: &OrderView, directory: &Directory) {
    let items = visible(view);
    data.array("items", |list| {
        for payment in &items {
            list.object(|object| write_item(object, view, payment));
        }
    });
    let mut methods: Vec<&MethodRef> = Vec::new();
    for method in items.iter().filter_map(|payment| payment.method.as_ref()) {
        if methods.iter().all(|listed| listed.id != method.id) {
            methods.push(method);
        }
    }
    data.array("paymentMethods", |list| {
        for method in methods {
            match directory.methods.get(&method.id.0) {
                Some(method) => write_method(list, method),
                None => write_method(list, &remembered(method)),
            }
        }
    });
}

/// A method that is in the catalogue no more, as its payments remember it: the list must be complete.
fn remembered(method: &MethodRef) -> Method {
    Method {
        id: method.id.0,
        code: method.code.clone(),
        name: method.name.clone(),
        ..Method::default()
    }
}

/// Writes the merchant's whole catalogue, by creation and then by id.
pub fn catalogue(data: &mut ObjectWriter<'_>, directory: &Directory) {
    let mut methods: Vec<&Method> = directory
        .methods
        .values()
        .filter(|method| method.active)
        .collect();
    methods.sort_by_key(|method| (method.created_at_ms, method.id));
    data.array("paymentMethods", |list| {
        for method in methods {
            write_method(list, method);
        }
    });
}

/// What the dialect shows of an order's payments: failed, voided and deleted ones are nowhere.
fn visible(view: &OrderView) -> Vec<&Payment> {
    let mut items: Vec<&Payment> = view
        .payments
        .iter()
        .filter(|payment| !payment.deleted && status(payment.state).is_some())
        .collect();
    items.sort_by_key(|payment| (payment.created_at, payment.id.number));
    items
}

/// The status on the wire; `None` for what the dialect does not show.
const fn status(state: PaymentState) -> Option<&'static str> {
    match state {
        PaymentState::Pending => Some("pending"),
        PaymentState::Progress => Some("progress"),
        PaymentState::Complete => Some("complete"),
        PaymentState::Reversed => Some("reversed"),
        PaymentState::Failed | PaymentState::Voided => None,
    }
}

/// Channels are named for the merchant; this dialect's own is `api` (spec om row 41).
const fn via(via: Via) -> &'static str {
    match via {
        Via::Om => "api",
        other => other.code(),
    }
}

/// A payment's id on the wire.
pub fn payment_text(payment: &Payment) -> String {
    ids_text::write_payment(payment.id.order.0, payment.id.number)
}

fn write_item(object: &mut ObjectWriter<'_>, view: &OrderView, payment: &Payment) {
    let digits = view.order.currency.digits();
    object.string(
        "type",
        if payment.direction == Direction::Refund {
            "refund"
        } else {
            "receipt"
        },
    );
    object.string("status", status(payment.state).unwrap_or_default());
    object.optional("completedAt", payment.completed_at, write_time);
    object.optional("reversedAt", payment.reversed_at, write_time);
    object.bool("custom", payment.custom);
    object.number("amount", Decimal::from_minor(payment.applied_minor(), digits));
    object.optional("sourcePaymentId", payment.source, |object, name, source| {
        object.string(name, &ids_text::write_payment(source.order.0, source.number));
    });
    object.optional(
        "transactionRef",
        payment.transaction_ref.as_deref(),
        |object, name, text| {
            object.string(name, text);
        },
    );
    object.object("attrs", |attrs| {
        for (name, value) in &payment.attributes {
            attrs.raw(name, value);
        }
    });
    object.optional("invoiceId", payment.invoice.as_deref(), |object, name, text| {
        object.string(name, text)
    });
    object.optional("note", payment.note.as_deref(), |object, name, text| {
        object.string(name, text)
    });
    write_time(object, "createdAt", payment.created_at);
    object.string("createdVia", via(payment.created_via));
    object.string(
        "createdBy",
        &ids_text::write(ids_text::APPLICATION, payment.created_by.0),
    );
    write_time(object, "updatedAt", payment.updated_at);
    object.string("updatedVia", via(payment.updated_via));
    object.string(
        "updatedBy",
        &ids_text::write(ids_text::APPLICATION, payment.updated_by.0),
    );
    object.string("id", &payment_text(payment));
    object.array("can", |can| {
        if can_confirm(view, payment) {
            can.string("confirm");
        }
    });
    object.optional("methodUid", payment.method.as_ref(), |object, name, method| {
        object.string(name, &ids_text::write(ids_text::METHOD, method.id.0));
    });
}

/// Whether a confirm sent next succeeds (spec om 5.1).
fn can_confirm(view: &OrderView, payment: &Payment) -> bool {
    let order = match view.order.state {
        OrderState::Open => true,
        OrderState::Closed => payment.direction == Direction::Refund,
        OrderState::Proposed | OrderState::Cancelled | OrderState::Rejected | OrderState::Deleted => false,
    };
    order && payment.state.is_open()
}

fn write_method(list: &mut ArrayWriter<'_>, method: &Method) {
    list.object(|object| {
        object.object("locales", |locales| {
            // A method with one name has it in both (spec om L16).
            for (locale, name) in [
                ("ar", method.name_ar.as_ref().unwrap_or(&method.name)),
                ("en", &method.name),
            ] {
                locales.object(locale, |object| {
                    object.string("name", name);
                    object.optional(
                        "description",
                        method.description.as_deref(),
                        |object, name, text| {
                            object.string(name, text);
                        },
                    );
                });
            }
        });
        object.bool("visible", method.visible);
        write_time(object, "createdAt", Timestamp(method.created_at_ms));
        object.string("createdVia", "console");
        object.string("createdBy", "back-office");
        write_time(object, "updatedAt", Timestamp(method.updated_at_ms));
        object.string("updatedVia", "console");
        object.string("updatedBy", "back-office");
        object.string("id", &ids_text::write(ids_text::METHOD, method.id));
    });
}

/// RFC 3339, UTC, milliseconds (spec om row 40).
fn write_time(object: &mut ObjectWriter<'_>, name: &str, at: Timestamp) {
    let moment = Moment::from_millisecond(at.0).unwrap_or(Moment::UNIX_EPOCH);
    object.display(name, format_args!("{moment:.3}"));
}
