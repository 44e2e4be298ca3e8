//! Deliveries and their attempts, fitting and not.

use tender_engine::{Attempt, Delivery, DeliveryId, DeliveryState, EndpointId, Timestamp};

use super::world::{OURS, THEIRS};
use crate::{Audit, Rule};

fn delivery(id: u64, sequence: u64, state: DeliveryState, attempts: u32) -> Delivery {
    Delivery {
        id: DeliveryId(id),
        merchant: OURS,
        endpoint: EndpointId(1),
        order: None,
        message_id: String::new(),
        event: String::new(),
        body: String::new(),
        sequence,
        state,
        attempts,
        next_at: Timestamp(0),
        created_at: Timestamp(0),
    }
}

fn attempts(id: u64, statuses: &[u16]) -> Vec<Attempt> {
    let attempt = |(number, status): (u32, &u16)| Attempt {
        delivery: DeliveryId(id),
        merchant: OURS,
        number,
        at: Timestamp(0),
        duration_ms: 1,
        status: Some(*status),
        error: None,
    };
    (1..).zip(statuses).map(attempt).collect()
}

/// What it is, sequence number, state, attempts named, statuses of those kept, and whether all is well.
type Case = (&'static str, u64, DeliveryState, u32, &'static [u16], bool);

#[test]
fn deliveries() {
    use DeliveryState::{Delivered, Dropped, Exhausted, Pending};
    let cases: [Case; 14] = [
        ("not tried", 2, Pending, 0, &[], true),
        ("tried", 2, Pending, 2, &[503, 500], true),
        ("taken", 2, Delivered, 2, &[503, 204], true),
        ("taken, then replayed", 2, Pending, 0, &[200], true),
        ("replayed and tried", 2, Pending, 1, &[200, 503], true),
        ("taken twice, as two held it", 2, Delivered, 1, &[200, 200], true),
        ("given up", 2, Exhausted, 11, &[500; 11], true),
        ("dropped", 2, Dropped, 0, &[], true),
        ("never taken", 2, Delivered, 1, &[302], false),
        ("given up early", 2, Exhausted, 10, &[500; 10], false),
        ("given up though taken", 2, Exhausted, 11, &[200; 11], false),
        ("an attempt is missing", 2, Pending, 2, &[500], false),
        ("a gap", 3, Pending, 0, &[], false),
        ("a number twice", 1, Pending, 0, &[], false),
    ];
    for (what, sequence, state, count, statuses, clean) in cases {
        let mut audit = Audit::new();
        audit.delivery(&delivery(1, 1, Pending, 0), &[]);
        audit.delivery(&delivery(2, sequence, state, count), &attempts(2, statuses));
        // Another endpoint counts for itself.
        let mut other = delivery(3, 7, Pending, 0);
        other.endpoint = EndpointId(2);
        audit.delivery(&other, &[]);
        let report = audit.finish();
        assert_eq!(report.is_clean(), clean, "{what}: {:#?}", report.findings);
        assert_eq!(report.deliveries, 3);
    }
    let mut audit = Audit::new();
    audit.delivery(&delivery(1, 1, Pending, 1), &attempts(2, &[500]));
    let rules: Vec<Rule> = audit
        .finish()
        .findings
        .iter()
        .map(|finding| finding.rule)
        .collect();
    assert_eq!(rules, [Rule::Isolation]);
}

/// A finding says what is wrong and nothing that is not.
#[test]
fn what_is_said_of_a_delivery_is_true_of_it() {
    let skipped = |mut kept: Vec<Attempt>| {
        kept.remove(1);
        kept
    };
    let foreign = |mut kept: Vec<Attempt>| {
        kept[0].merchant = THEIRS;
        kept
    };
    let cases = [
        (1, attempts(1, &[500]), vec![]),
        // Replayed since: more are kept than are counted.
        (
            1,
            skipped(attempts(1, &[500; 4])),
            vec!["its attempts are not numbered 1, 2, 3 …"],
        ),
        (
            3,
            attempts(1, &[500; 2]),
            vec!["it counts 3 attempts, of which 2 are kept"],
        ),
        (
            1,
            foreign(attempts(1, &[500])),
            vec!["has attempts of another delivery or merchant"],
        ),
    ];
    for (counted, kept, expected) in cases {
        let mut audit = Audit::new();
        audit.delivery(&delivery(1, 1, DeliveryState::Pending, counted), &kept);
        let report = audit.finish();
        let said: Vec<&str> = report
            .findings
            .iter()
            .map(|finding| finding.detail.as_str())
            .collect();
        assert_eq!(said, expected);
    }
}
