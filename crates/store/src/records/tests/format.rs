//! The stored texts and columns, exactly. A failure here means that databases in use could no longer be read: mend
//! the code, or add a member beside the old ones, but bless no other text.

use tender_engine::{
    ApplicationId, Attempt, CaseReason, DeliveryState, Direction, EndpointId, EntryKind, FailureCode,
    KeyOutcome, KeySpace, Ledger, Maker, MethodId, MoneyField, Opened, OrderState, Payment, PaymentId,
    PaymentState, Rejection, ServiceCharge, Stage, Task, TaskKind, TaskState, Via,
};

use super::examples::{self, ORDER, PAYMENT};
use crate::records::field::Field;
use crate::records::json::Json;
use crate::{Counter, CounterName, Record, StoredAlias, StoredKey};

#[track_caller]
fn stored_as<T: Record>(record: &T, columns: &[i64], doc: &str) {
    let row = record.to_row();
    assert_eq!(row.doc, doc);
    assert_eq!(row.columns, columns);
}

#[test]
fn orders() {
    stored_as(
        &examples::plain_order(),
        &[1, 30, 2, 1, 0, 0, 0, 0, 0, 1_760_000_000_000],
        r#"{"currency":"EUR","account":{"station":7,"number":12},"updated_at_ms":1760000000000,"opened_by":5,"opened_via":"native"}"#,
    );
    stored_as(
        &examples::full_order(),
        &[1, 30, 2, 2, 3, 42, 11, 13, 1125, 1_760_000_000_000],
        concat!(
            r#"{"currency":"EUR","account":{"station":7,"number":12},"table_number":8,"name":"Łucja","covers":2,"#,
            r#""external_reference":"S-1","notes":"no \"nuts\"","#,
            r#""labels":[["register_id","11"],["customer_id","13"],["kind","toGo"]],"#,
            r#""goods_minor":1000,"tax_minor":160,"service_charge":{"rate":"0.125"},"service_minor":125,"#,
            r#""received_minor":1200,"refunded_minor":75,"reserved_minor":6,"refund_reserved_minor":7,"#,
            r#""tips_minor":50,"surcharges_minor":9,"service_contributed_minor":125,"#,
            r#""pending_count":1,"last_payment_number":4,"line_count":3,"#,
            r#""close_when_paid":true,"payments_locked":true,"#,
            r#""watchers":[{"endpoint":6,"reference":"R-1","is_maker":true}],"#,
            r#""updated_at_ms":1760000000000,"closed_at_ms":1760000000005,"opened_by":5,"opened_via":"native","#,
            r#""journal_seq":10,"journal_hash":"-_v7-_v7-_v7-_v7-_v7-_v7-_v7-_v7-_v7-_v7-_s"}"#,
        ),
    );
}

#[test]
fn service_charges() {
    let mut order = examples::plain_order();
    order.service_charge = ServiceCharge::Amount(500);
    assert!(
        order
            .to_row()
            .doc
            .contains(r#","service_charge":{"amount_minor":500},"#)
    );
}

#[test]
fn order_lines() {
    stored_as(
        &examples::order_lines(),
        &[1, 30],
        concat!(
            r#"{"lines":[{"number":1,"id":100,"name":"Soup","quantity":"1","unit_price":"4.5","#,
            r#""total_minor":450,"added_at_ms":1760000000000},"#,
            r#"{"number":2,"id":101,"parent":100,"name":"Bread","sku":"B","product_id":9,"#,
            r#""quantity":"0.25","unit_price":"4.5","price_includes_tax":true,"tax_rate":"0.19","#,
            r#""price_variation":"0.9","discount_minor":10,"total_minor":91,"tax_minor":15,"#,
            r#""modifiers":[{"id":-3,"name":"Butter","quantity":2}],"notes":"warm","#,
            r#""client_line_id":"l-2","added_at_ms":1760000000000}]}"#,
        ),
    );
}

#[test]
fn payments() {
    stored_as(
        &examples::plain_payment(),
        &[1, 30, 4, 2],
        concat!(
            r#"{"location":2,"amount_minor":1250,"method":{"id":3,"code":"APM","name":"App"},"#,
            r#""reference":"R-1","#,
            // It was not updated since.
            r#""created_at_ms":1760000000000,"created_by":5,"created_via":"kseries","#,
            r#""completed_at_ms":1760000000000}"#,
        ),
    );
    stored_as(
        &examples::full_payment(),
        &[1, 30, 4, 3],
        concat!(
            r#"{"location":2,"direction":"refund","deleted":true,"amount_minor":1250,"tip_minor":100,"#,
            r#""surcharge_minor":7,"service_tip_minor":20,"service_minor":30,"#,
            r#""method":{"id":3,"code":"APM","name":"App"},"reference":"R-1","#,
            r#""staff":42,"device":8,"printer_profile":1,"endpoint":6,"source":[30,3],"refunds_minor":11,"#,
            r#""transaction_ref":"T","attributes":[["b","{\"x\":1.50}"],["a","null"]],"#,
            r#""invoice":"I","note":"N","customer":"C","custom":true,"tip_pays_service":true,"#,
            r#""failure":{"code":"OVERPAID","message":"too much"},"task":9,"expires_at_ms":1760000000001,"#,
            r#""created_at_ms":1760000000000,"created_by":5,"created_via":"kseries","#,
            r#""updated_at_ms":1760000000002,"updated_by":55,"updated_via":"till","#,
            r#""completed_at_ms":1760000000003,"reversed_at_ms":1760000000004}"#,
        ),
    );
}

#[test]
fn keys() {
    let head = r#"{"space":"payment","application":5,"location":2,"text":"R-1","fields":[["amount","12.5"]],"outcome":"#;
    let payment = examples::plain_payment();
    let answered = format!(
        r#"{{"answered":{{"state":2,"payment":{}}}}}"#,
        payment.to_row().doc
    );
    let reused = Rejection::KeyReused {
        field: "orderId".to_owned(),
    };
    let cases = [
        (KeyOutcome::Payment(PAYMENT, None), [30, 4], r#""payment""#),
        (
            KeyOutcome::Payment(PAYMENT, Some(Box::new(payment))),
            [30, 4],
            answered.as_str(),
        ),
        (KeyOutcome::Order(ORDER, None), [30, 0], r#""order""#),
        (
            KeyOutcome::Refused(Rejection::ExceedsDue),
            [0, 0],
            r#"{"refused":{"code":"exceeds-due"}}"#,
        ),
        (
            KeyOutcome::Refused(Rejection::Negative(MoneyField::Tip)),
            [0, 0],
            r#"{"refused":{"code":"negative","money":"tip"}}"#,
        ),
        (
            KeyOutcome::Refused(reused),
            [0, 0],
            r#"{"refused":{"code":"key-reused","field":"orderId"}}"#,
        ),
        (KeyOutcome::Burned, [0, 0], r#""burned""#),
    ];
    for (outcome, [order, number], text) in cases {
        stored_as(
            &examples::key(outcome),
            &[1, -5, 6, order, number],
            &format!("{head}{text}}}"),
        );
    }
}

#[test]
fn keys_that_keep_an_order() {
    let payment = Payment {
        id: PaymentId {
            order: ORDER,
            number: 1,
        },
        ..examples::plain_payment()
    };
    let full = Opened {
        order: examples::full_order(),
        lines: examples::order_lines().lines,
        payments: vec![payment.clone()],
    };
    let lines = examples::order_lines().to_row().doc;
    let full_text = format!(
        r#"{{"state":2,"stage":3,"staff":42,"opened_at_ms":1760000000000,"order":{},{},"payments":[{{"state":2,"payment":{}}}]}}"#,
        full.order.to_row().doc,
        lines.trim_start_matches('{').trim_end_matches('}'),
        payment.to_row().doc,
    );
    let plain = Opened {
        order: examples::plain_order(),
        lines: Vec::new(),
        payments: Vec::new(),
    };
    let plain_text = format!(
        r#"{{"state":1,"stage":0,"opened_at_ms":1760000000000,"order":{},"lines":[],"payments":[]}}"#,
        plain.order.to_row().doc
    );
    for (opened, text) in [(full, full_text), (plain, plain_text)] {
        let key = examples::key(KeyOutcome::Order(ORDER, Some(Box::new(opened))));
        let doc = format!(
            r#"{{"space":"payment","application":5,"location":2,"text":"R-1","fields":[["amount","12.5"]],"outcome":{{"opened":{text}}}}}"#
        );
        stored_as(&key, &[1, -5, 6, 30, 0], &doc);
        assert_eq!(StoredKey::from_row(&key.to_row()).expect("a key"), key);
    }
}

#[test]
fn aliases() {
    let alias = StoredAlias {
        merchant: examples::MERCHANT,
        hash: examples::key(KeyOutcome::Burned).hash,
        order: ORDER,
    };
    stored_as(&alias, &[1, -5, 6, 30], "");
}

#[test]
fn counters() {
    let names = [
        CounterName::CheckNumber,
        CounterName::EndpointSequence,
        CounterName::Quota,
        CounterName::RateWindow,
    ];
    for (number, name) in (1..).zip(names) {
        let counter = Counter {
            merchant: examples::MERCHANT,
            name,
            owner: 2,
            value: 12,
        };
        stored_as(&counter, &[1, number, 2, 12], "");
    }
}

#[test]
fn tasks() {
    stored_as(
        &examples::plain_task(),
        &[1, 9, 2, 1, 0, 0, 1_760_000_300_000, 30, 4],
        r#"{"kind":"payment","created_at_ms":1760000000000}"#,
    );
    stored_as(
        &examples::full_task(),
        &[1, 9, 2, 0, 8, 1_760_000_030_000, 1_760_000_300_000, 30, 0],
        concat!(
            r#"{"kind":{"lines":[{"name":"Soup","quantity":"2","unit_price":"4.5"},"#,
            r#"{"name":"Soup","sku":"S","product_id":9,"quantity":"2","unit_price":"4.5","#,
            r#""price_is_amount":true,"price_includes_tax":true,"tax_rate":"0.07","price_variation":"1.1","#,
            r#""discount":{"percent":"10"},"modifiers":[{"name":"Hot","quantity":1}],"notes":"n","#,
            r#""client_line_id":"l","parent":0},"#,
            r#"{"name":"Soup","quantity":"2","unit_price":"4.5","discount":{"amount":"0.5"}}]},"#,
            r#""state":{"refused":{"code":"ITEM_NOT_ADDED"}},"lease":2,"leased_to":8,"resolved_lease":2,"#,
            r#""created_at_ms":1760000000000,"has_case":true}"#,
        ),
    );
}

#[test]
fn lines_with_payments() {
    let mut task = examples::full_task();
    let draft = Payment {
        id: PaymentId {
            order: ORDER,
            number: 0,
        },
        state: PaymentState::Pending,
        ..examples::plain_payment()
    };
    let plain = task.to_row().doc;
    let lines = plain
        .split("\"lines\":")
        .nth(1)
        .and_then(|rest| rest.split("},\"state\"").next());
    let lines = lines.expect("lines");
    let TaskKind::Lines { payments, maker, .. } = &mut task.kind else {
        panic!("{task:?}")
    };
    payments.push(draft.clone());
    *maker = Some(Maker {
        application: ApplicationId(5),
        told: Some((EndpointId(6), "R-2".to_owned())),
    });
    let row = task.to_row();
    let kind = format!(
        r#""kind":{{"update":{{"lines":{lines},"payments":[{{"state":0,"payment":{}}}],"maker":{{"application":5,"told":[6,"R-2"]}}}}}},"#,
        draft.to_row().doc
    );
    assert!(row.doc.contains(&kind), "{}\n{kind}", row.doc);
    assert_eq!(Task::from_row(&row).expect("a task"), task);
}

#[test]
fn kinds_and_ends_of_tasks() {
    let message = |also_print| TaskKind::Message {
        text: "Hi".to_owned(),
        also_print,
    };
    for (kind, state, text) in [
        (
            TaskKind::Order,
            TaskState::Applied,
            r#""kind":"order","state":"applied""#,
        ),
        (
            message(true),
            TaskState::Expired,
            r#""kind":{"message":{"text":"Hi","also_print":true}},"state":"expired""#,
        ),
        (
            message(false),
            TaskState::Withdrawn,
            r#""kind":{"message":{"text":"Hi","also_print":false}},"state":"withdrawn""#,
        ),
    ] {
        let mut task = examples::plain_task();
        task.kind = kind;
        task.state = state;
        task.order = None;
        task.payment = None;
        stored_as(
            &task,
            &[1, 9, 2, 0, 0, 0, 1_760_000_300_000, 0, 0],
            &format!(r#"{{{text},"created_at_ms":1760000000000}}"#),
        );
    }
}

#[test]
fn journal_entries() {
    stored_as(
        &examples::entry(),
        &[1, 30, 11, 2, 8, 1_760_000_000_000],
        concat!(
            r#"{"by":5,"via":"till","payment":4,"task":9,"currency":"EUR","#,
            r#""postings":[["receivable.goods",-500],["tender.3",500]],"detail":[["reference","R-1"]],"#,
            r#""previous":"AgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgI","#,
            r#""hash":"AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE"}"#,
        ),
    );
}

#[test]
fn deliveries() {
    stored_as(
        &examples::delivery(),
        &[1, 77, 6, 30, 0, 1_760_000_000_000, 3],
        r#"{"message_id":"msg_1","event":"payment.completed","body":"{\"a\":1}","state":"exhausted","attempts":11,"created_at_ms":1760000000000}"#,
    );
    let mut waiting = examples::delivery();
    waiting.state = DeliveryState::Pending;
    waiting.order = None;
    stored_as(
        &waiting,
        &[1, 77, 6, 0, 1, 1_760_000_000_000, 3],
        r#"{"message_id":"msg_1","event":"payment.completed","body":"{\"a\":1}","attempts":11,"created_at_ms":1760000000000}"#,
    );
}

#[test]
fn attempts() {
    let answered = examples::attempt();
    stored_as(
        &answered,
        &[1, 77, 1],
        r#"{"at_ms":1760000000000,"duration_ms":15,"status":503,"error":"timeout"}"#,
    );
    let bare = Attempt {
        status: None,
        error: None,
        ..answered
    };
    stored_as(&bare, &[1, 77, 1], r#"{"at_ms":1760000000000,"duration_ms":15}"#);
}

#[test]
fn cases() {
    let mut case = examples::case();
    stored_as(
        &case,
        &[1, 88, 2, 0, 30],
        concat!(
            r#"{"payment":[30,4],"task":9,"reason":"confirmed-twice","amount_minor":1250,"#,
            r#""opened_at_ms":1760000000000,"resolved_at_ms":1760000000006,"resolution":"refunded"}"#,
        ),
    );
    case.resolved_at = None;
    assert_eq!(case.to_row().column("open"), 1);
}

#[track_caller]
fn named<T: Field>(values: &[T], names: &str) {
    let texts: Vec<String> = values
        .iter()
        .map(|value| {
            let mut text = Json::new();
            value.write(&mut text);
            text.into_text()
        })
        .collect();
    assert_eq!(texts.join(" ").replace('"', ""), names);
}

#[test]
fn names_of_enumerations() {
    named(&Via::ALL, "kseries kounta om native till console server");
    named(
        &CaseReason::ALL,
        "confirmed-after-end confirmed-twice confirm-of-failed",
    );
    named(
        &FailureCode::ALL,
        "TIMEOUT INVALID_TASK ACCOUNT_NOT_FOUND ACCOUNT_ALREADY_CLOSED PAYMENT_METHOD_NOT_FOUND \
         NATIVE_PAYMENT_NOT_SUPPORTED STAFF_NOT_FOUND MISSING_STAFF OVERPAID UPDATE_FAILED \
         PAYMENT_ID_NOT_FOUND ITEM_NOT_ADDED ITEM_NOT_FOUND UNKNOWN",
    );
    named(&[Direction::Receipt, Direction::Refund], "receipt refund");
    named(
        &[
            DeliveryState::Pending,
            DeliveryState::Delivered,
            DeliveryState::Exhausted,
            DeliveryState::Dropped,
        ],
        "pending delivered exhausted dropped",
    );
    named(
        &[
            KeySpace::PaymentReference,
            KeySpace::OrderReference,
            KeySpace::IdempotencyKey,
        ],
        "payment order idempotency",
    );
    named(
        &[
            MoneyField::Amount,
            MoneyField::Tip,
            MoneyField::Surcharge,
            MoneyField::Line,
            MoneyField::Service,
        ],
        "amount tip surcharge line service",
    );
    named(
        &[
            Ledger::ReceivableGoods,
            Ledger::ReceivableService,
            Ledger::Sales,
            Ledger::ServiceIncome,
            Ledger::Tender(MethodId(0)),
            Ledger::Tips,
            Ledger::SurchargeIncome,
        ],
        "receivable.goods receivable.service sales service tender.0 tips surcharge",
    );
}

#[test]
fn numbers_of_enumerations() {
    assert_eq!(OrderState::ALL.map(OrderState::number), [0, 1, 2, 3, 4, 5]);
    assert_eq!(Stage::ALL.map(Stage::number), [0, 1, 2, 3]);
    assert_eq!(PaymentState::ALL.map(PaymentState::number), [0, 1, 2, 3, 4, 5]);
    assert_eq!(
        EntryKind::ALL.map(|kind| (kind.number(), kind.code())),
        [
            (0, "order.proposed"),
            (1, "order.opened"),
            (2, "order.failed"),
            (3, "order.lines_changed"),
            (4, "order.updated"),
            (5, "order.closed"),
            (6, "order.cancelled"),
            (7, "payment.accepted"),
            (8, "payment.completed"),
            (9, "payment.failed"),
            (10, "payment.voided"),
            (11, "payment.reversed"),
            (12, "payment.amended"),
            (13, "case.opened"),
            (14, "case.resolved"),
            (15, "reference.fenced"),
            (16, "endpoint.disabled"),
        ]
    );
}
