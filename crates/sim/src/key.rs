//! Keys: that each leads to what it was used for, under its own name.

use tender_engine::{Hash128, KeyOutcome, KeyRecord, MerchantId, Order, Payment, key_hash};

use crate::Report;
use crate::finding::{Notes, Rule, Subject};

pub(crate) fn check(
    report: &mut Report,
    merchant: MerchantId,
    hash: Hash128,
    record: &KeyRecord,
    payment: Option<&Payment>,
    order: Option<&Order>,
) {
    let mut notes = Notes::new(report, merchant, Subject::Key(hash));
    notes.check(
        Rule::Key,
        hash == key_hash(record.space, record.application, record.location, &record.text),
        "is stored under another name than its own",
    );
    match &record.outcome {
        KeyOutcome::Payment(id, answered) => {
            let Some(payment) = payment.filter(|payment| payment.id == *id) else {
                notes.broken(Rule::Key, "its payment is not there");
                return;
            };
            notes.check(
                Rule::Isolation,
                payment.merchant == merchant && payment.location == record.location,
                "leads to a payment of another merchant or location",
            );
            notes.check(
                Rule::Key,
                payment.created_by == record.application,
                "leads to a payment of another application",
            );
            if let Some(answered) = answered {
                notes.check(
                    Rule::Key,
                    answered.id == payment.id
                        && answered.direction == payment.direction
                        && answered.created_at == payment.created_at,
                    "answers with another payment than its own",
                );
            }
        }
        KeyOutcome::Order(id, answered) => {
            let Some(order) = order.filter(|order| order.id == *id) else {
                notes.broken(Rule::Key, "its order is not there");
                return;
            };
            notes.check(
                Rule::Isolation,
                order.merchant == merchant && order.location == record.location,
                "leads to an order of another merchant or location",
            );
            if let Some(answered) = answered {
                notes.check(
                    Rule::Key,
                    answered.order.id == order.id
                        && answered.order.merchant == order.merchant
                        && answered.order.account == order.account,
                    "answers with another order than its own",
                );
            }
        }
        KeyOutcome::Refused(_) | KeyOutcome::Burned => {}
    }
}
