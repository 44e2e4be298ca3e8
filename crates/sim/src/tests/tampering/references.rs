//! Payments whose unique reference does not lead to them.

use tender_engine::{
    ApplicationId, EndpointId, Failure, FailureCode, KeyOutcome, KeyRecord, KeySpace, OrderId, Payment,
    PaymentId, TaskId, Via, key_hash,
};

use super::Ledgers;
use crate::{Audit, Rule, reference_key};

fn payment(via: Via) -> Payment {
    let all = Ledgers::new();
    let mut payment = all
        .world
        .snapshot
        .payments
        .values()
        .next()
        .expect("a payment")
        .clone();
    payment.reference = Some("R1".to_owned());
    payment.created_via = via;
    payment.task = None;
    payment.failure = None;
    payment.endpoint = None;
    payment
}

fn key(payment: &Payment, space: KeySpace, outcome: KeyOutcome) -> KeyRecord {
    KeyRecord {
        space,
        application: payment.created_by,
        location: payment.location,
        text: "R1".to_owned(),
        fields: Vec::new(),
        outcome,
    }
}

fn is_clean(payment: &Payment, key: Option<&KeyRecord>) -> bool {
    let mut audit = Audit::new();
    audit.reference(payment, key);
    let report = audit.finish();
    assert!(report.findings.iter().all(|finding| finding.rule == Rule::Key));
    report.is_clean()
}

#[test]
fn the_key_that_a_payment_must_have_left() {
    let hash = |payment: &Payment, space| {
        let text = payment.reference.as_deref().expect("a reference");
        Some(key_hash(space, payment.created_by, payment.location, text))
    };
    let native = payment(Via::Native);
    assert_eq!(reference_key(&native), hash(&native, KeySpace::PaymentReference));
    // What came with an order or with lines has the order's reference, whatever became of it; what was paid on its own has an
    // endpoint and its own reference.
    let at_once = payment(Via::Kseries);
    let by_till = Payment {
        task: Some(TaskId(7)),
        ..payment(Via::Kseries)
    };
    let failed = Payment {
        failure: Some(Failure::new(FailureCode::Timeout)),
        ..payment(Via::Kseries)
    };
    for embedded in [at_once, by_till, failed] {
        assert_eq!(
            reference_key(&embedded),
            hash(&embedded, KeySpace::OrderReference)
        );
        let alone = Payment {
            endpoint: Some(EndpointId(3)),
            ..embedded
        };
        assert_eq!(reference_key(&alone), hash(&alone, KeySpace::PaymentReference));
    }
    for via in [Via::Kounta, Via::Om] {
        assert_eq!(reference_key(&payment(via)), None, "a label is no key");
    }
    let nameless = Payment {
        reference: None,
        ..native
    };
    assert_eq!(reference_key(&nameless), None);
}

#[test]
fn a_reference_that_does_not_lead_to_its_payment_is_found() {
    let native = payment(Via::Native);
    let payment_key = |outcome| key(&native, KeySpace::PaymentReference, outcome);
    let other = PaymentId {
        order: OrderId(4_711),
        number: 1,
    };
    let cases = [
        (
            "its own",
            Some(payment_key(KeyOutcome::Payment(native.id, None))),
            true,
        ),
        ("deleted", None, false),
        (
            "another payment",
            Some(payment_key(KeyOutcome::Payment(other, None))),
            false,
        ),
        ("burned", Some(payment_key(KeyOutcome::Burned)), false),
        (
            "another text",
            Some(KeyRecord {
                text: "R2".to_owned(),
                ..payment_key(KeyOutcome::Payment(native.id, None))
            }),
            false,
        ),
    ];
    for (name, key, clean) in cases {
        assert_eq!(is_clean(&native, key.as_ref()), clean, "{name}");
    }
    let embedded = payment(Via::Kseries);
    let order_key = |order| {
        key(
            &embedded,
            KeySpace::OrderReference,
            KeyOutcome::Order(order, None),
        )
    };
    assert!(is_clean(&embedded, Some(&order_key(embedded.id.order))));
    assert!(!is_clean(&embedded, Some(&order_key(OrderId(4_711)))));
    assert!(!is_clean(&embedded, None));
    let label = Payment {
        created_by: ApplicationId(1),
        ..payment(Via::Kounta)
    };
    assert!(is_clean(&label, None));
}
