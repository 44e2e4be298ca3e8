use tender_engine::{
    Attempt, Delivery, DeliveryId, DeliveryState, DeviceId, EndpointId, EntryKind, Failure, FailureCode,
    MerchantId, OrderId, PaymentState, TaskState, Via,
};
use tender_money::Currency;

use super::{Records, Step, steps};
use crate::deliveries::Tried;
use crate::tests::samples::{NOW, entry, payment, task};

fn kinds(steps: &[Step]) -> Vec<&'static str> {
    steps.iter().map(|step| step.kind).collect()
}

fn delivery(state: DeliveryState, attempts: Vec<Attempt>) -> Tried {
    let made = u32::try_from(attempts.len()).unwrap();
    Tried {
        delivery: Delivery {
            id: DeliveryId(5),
            merchant: MerchantId(1),
            endpoint: EndpointId(3),
            order: Some(OrderId(42)),
            message_id: "m".to_owned(),
            event: "payment.completed".to_owned(),
            body: String::new(),
            sequence: 1,
            state,
            attempts: made,
            next_at: NOW.plus_ms(60_000),
            created_at: NOW.plus_ms(2_000),
        },
        attempts,
    }
}

fn attempt(number: u32, status: Option<u16>, error: Option<&str>) -> Attempt {
    Attempt {
        delivery: DeliveryId(5),
        merchant: MerchantId(1),
        number,
        at: NOW.plus_ms(2_000 + i64::from(number)),
        duration_ms: 12,
        status,
        error: error.map(str::to_owned),
    }
}

#[test]
fn a_payment_by_till_is_told_from_acceptance_to_delivery() {
    let mut accepted = entry(EntryKind::PaymentAccepted, Vec::new());
    let mut completed = entry(EntryKind::PaymentCompleted, Vec::new());
    completed.at = NOW.plus_ms(2_000);
    completed.via = Via::Till;
    accepted.seq = 1;
    let mut other = entry(EntryKind::PaymentCompleted, Vec::new());
    other.payment = Some(2);
    let mut closed = entry(EntryKind::OrderClosed, Vec::new());
    closed.payment = None;
    closed.at = NOW.plus_ms(2_000);
    let mut earlier = entry(EntryKind::OrderOpened, Vec::new());
    earlier.payment = None;
    earlier.at = NOW.plus_ms(-5_000);
    let mut payment = payment();
    payment.completed_at = Some(NOW.plus_ms(2_000));
    let mut task = task();
    task.state = TaskState::Applied;
    task.lease = 2;
    task.leased_to = Some(DeviceId(9));
    task.leased_until = NOW.plus_ms(30_000);
    let chain = [earlier, accepted, other, completed, closed];
    let deliveries = [delivery(
        DeliveryState::Delivered,
        vec![attempt(1, Some(204), None)],
    )];
    let steps = steps(&Records {
        payment: &payment,
        currency: Currency::from_code("EUR").unwrap(),
        chain: &chain,
        task: Some(&task),
        deliveries: &deliveries,
        now: NOW.plus_ms(5_000),
    });
    assert_eq!(
        kinds(&steps),
        [
            "payment.accepted",
            "task.offered",
            "task.leased",
            "payment.completed",
            "order.closed",
            "task.applied",
            "delivery.created",
            "delivery.attempt",
        ]
    );
    assert!(steps[3].text.contains("A till completed the payment") && steps[3].text.contains("11.10 EUR"));
    assert_eq!(
        steps[2].cause.as_deref(),
        Some("1 earlier lease(s) lapsed without an answer.")
    );
    assert!(steps[7].text.contains("the receiver answered 204 after 12 ms"));
    assert!(
        steps.iter().all(|step| step.next.is_none()),
        "nobody has to do anything"
    );
}

#[test]
fn a_failure_says_why_and_what_to_do() {
    let mut failed = entry(EntryKind::PaymentFailed, Vec::new());
    failed.detail = vec![
        ("failure".to_owned(), "UPDATE_FAILED".to_owned()),
        ("message".to_owned(), "printer on fire".to_owned()),
    ];
    let mut payment = payment();
    payment.state = PaymentState::Failed;
    let mut task = task();
    task.state = TaskState::Refused(Failure::new(FailureCode::UpdateFailed));
    let mut exhausted = delivery(
        DeliveryState::Exhausted,
        vec![attempt(1, None, Some("connection refused"))],
    );
    exhausted.delivery.attempts = 11;
    let chain = [failed];
    let deliveries = [exhausted];
    let steps = steps(&Records {
        payment: &payment,
        currency: Currency::from_code("EUR").unwrap(),
        chain: &chain,
        task: Some(&task),
        deliveries: &deliveries,
        now: NOW,
    });
    let failed = &steps[0];
    assert_eq!(failed.cause.as_deref(), Some("UPDATE_FAILED: printer on fire"));
    assert!(failed.next.as_deref().unwrap().contains("new reference"));
    assert!(kinds(&steps).contains(&"task.refused"));
    let last = steps.last().unwrap();
    assert_eq!(last.kind, "delivery.exhausted");
    assert!(
        last.next
            .as_deref()
            .unwrap()
            .contains("POST /api/v1/deliveries/dlv_5/replay")
    );
}

#[test]
fn a_task_that_waits_says_for_what() {
    let mut payment = payment();
    payment.state = PaymentState::Pending;
    let waiting = task();
    let mut lapsed = task();
    lapsed.lease = 1;
    lapsed.leased_to = Some(DeviceId(9));
    lapsed.leased_until = NOW.plus_ms(30_000);
    for (task, kind, words) in [
        (waiting, "task.waiting", "No till"),
        (lapsed, "task.leased", "lease has lapsed"),
    ] {
        let steps = steps(&Records {
            payment: &payment,
            currency: Currency::from_code("EUR").unwrap(),
            chain: &[],
            task: Some(&task),
            deliveries: &[],
            now: NOW.plus_ms(40_000),
        });
        let last = steps.last().unwrap();
        assert_eq!(last.kind, kind);
        assert!(last.next.as_deref().unwrap().contains(words), "{last:?}");
    }
}
