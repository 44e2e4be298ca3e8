//! JSON of a payment.

use tender_engine::{Direction, Payment};
use tender_money::{Amount, Currency};
use tender_wire::ObjectWriter;

use crate::time::Zone;

/// A payment, amounts as they were sent: a refund is negative, and so is what it gives back of the service charge.
/// `id` equals `number`, because a client in the field puts the one where the other belongs.
pub(crate) fn payment(object: &mut ObjectWriter<'_>, payment: &Payment, currency: Currency, zone: &Zone) {
    let plain = |minor| Amount { minor, currency };
    let signed = |minor: i64| match payment.direction {
        Direction::Receipt => plain(minor),
        Direction::Refund => plain(minor.saturating_neg()),
    };
    object.number("id", payment.id.number);
    object.number("number", payment.id.number);
    object.nullable(
        "method_id",
        payment.method.as_ref().map(|method| method.id.0),
        ObjectWriter::number,
    );
    object.nullable("method", payment.method.as_ref(), |object, name, method| {
        object.object(name, |object| {
            object.number("id", method.id.0);
            object.string("name", &method.name);
        });
    });
    object.money_number("amount", signed(payment.amount_minor));
    object.money_number("tip", plain(payment.tip_minor));
    object.money_number("credit_card_surcharge", plain(payment.surcharge_minor));
    object.money_number("service_charge", signed(payment.service_minor));
    object.nullable("ref", payment.reference.as_deref(), ObjectWriter::string);
    object.string("created_at", &zone.show(payment.created_at));
}
