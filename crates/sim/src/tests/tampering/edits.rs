//! One record edited, and the rule that finds it.

use tender_engine::{
    ApplicationId, DeviceId, EntryKind, Failure, FailureCode, JournalEntry, KeyOutcome, Ledger, MerchantId,
    MethodId, OrderId, OrderState, PaymentId, PaymentState, Posting, TaskState, Timestamp,
};
use tender_money::Currency;

use super::Ledgers;
use crate::Rule;
use crate::tests::world::{OURS, PLACES};

fn entry(chain: &mut [JournalEntry], kind: EntryKind) -> &mut JournalEntry {
    chain
        .iter_mut()
        .find(|entry| entry.kind == kind)
        .expect("such an entry")
}

type Edit = (&'static str, Rule, fn(&mut Ledgers));

const EDITS: &[Edit] = &[
    // The chain.
    ("a fact is edited", Rule::Chain, |all| {
        all.chain()[0].detail[0].1.push('0')
    }),
    ("a time is edited", Rule::Chain, |all| {
        all.chain()[1].at = Timestamp(1)
    }),
    ("an entry is missing", Rule::Chain, |all| {
        drop(all.chain().remove(2))
    }),
    ("the last entry is missing", Rule::Chain, |all| {
        drop(all.chain().pop())
    }),
    ("all entries are missing", Rule::Chain, |all| all.chain().clear()),
    ("two entries are swapped", Rule::Chain, |all| {
        all.chain().swap(1, 2)
    }),
    ("an entry stands twice", Rule::Chain, |all| {
        let copy = all.chain()[1].clone();
        all.chain().insert(1, copy);
    }),
    ("the head names another entry", Rule::Chain, |all| {
        all.head().journal_hash = [1; 32]
    }),
    ("an entry is of another order", Rule::Isolation, |all| {
        all.chain()[1].order = OrderId(9)
    }),
    ("an entry is of another merchant", Rule::Isolation, |all| {
        all.chain()[1].merchant = MerchantId(9);
    }),
    // Edited and sealed again: only the sums tell.
    ("an amount is posted differently", Rule::Balance, |all| {
        entry(all.chain(), EntryKind::PaymentCompleted).postings[0].amount_minor += 1;
        all.seal();
    }),
    ("money is moved to another method", Rule::Ledger, |all| {
        entry(all.chain(), EntryKind::PaymentCompleted).postings[0].ledger = Ledger::Tender(MethodId(2));
        all.seal();
    }),
    ("an entry is added", Rule::Ledger, |all| {
        let posting = |ledger, amount_minor| Posting { ledger, amount_minor };
        all.chain()[0]
            .postings
            .extend([posting(Ledger::Sales, -1), posting(Ledger::ReceivableGoods, 1)]);
        all.seal();
    }),
    ("money moves between goods and service", Rule::Ledger, |all| {
        let posting = |ledger, amount_minor| Posting { ledger, amount_minor };
        let moved = [
            posting(Ledger::ReceivableService, -1),
            posting(Ledger::ReceivableGoods, 1),
        ];
        entry(all.chain(), EntryKind::PaymentCompleted)
            .postings
            .extend(moved);
        all.seal();
    }),
    ("a currency is edited", Rule::Balance, |all| {
        all.chain()[0].currency = Currency::from_code("KWD").expect("a currency");
        all.seal();
    }),
    ("a posting of zero", Rule::Balance, |all| {
        all.chain()[0].postings.push(Posting {
            ledger: Ledger::Tips,
            amount_minor: 0,
        });
        all.seal();
    }),
    ("a completion tells of another payment", Rule::Life, |all| {
        entry(all.chain(), EntryKind::PaymentCompleted).payment = Some(2);
        all.seal();
    }),
    ("an entry tells of no payment", Rule::Life, |all| {
        entry(all.chain(), EntryKind::PaymentAccepted).payment = Some(99);
        all.seal();
    }),
    ("the order was never opened", Rule::Life, |all| {
        all.chain()[0].kind = EntryKind::OrderUpdated;
        all.seal();
    }),
    // The head.
    ("received", Rule::Sums, |all| all.head().received_minor += 1),
    ("refunded", Rule::Sums, |all| all.head().refunded_minor -= 1),
    ("reserved", Rule::Sums, |all| all.head().reserved_minor = 0),
    ("reserved for refunds", Rule::Sums, |all| {
        all.head().refund_reserved_minor = 1
    }),
    ("tips", Rule::Sums, |all| all.head().tips_minor += 1),
    ("surcharges", Rule::Sums, |all| all.head().surcharges_minor += 1),
    ("number of pending ones", Rule::Sums, |all| {
        all.head().pending_count = 0
    }),
    ("the total is lowered", Rule::Due, |all| {
        all.head().goods_minor = 1_000
    }),
    ("the total is raised", Rule::Ledger, |all| {
        all.head().goods_minor += 1
    }),
    ("contributed", Rule::Service, |all| {
        all.head().service_contributed_minor = -1
    }),
    ("contributed too much", Rule::Service, |all| {
        all.head().service_contributed_minor = 9_999
    }),
    ("contributed a little more", Rule::Ledger, |all| {
        all.head().service_contributed_minor += 1
    }),
    ("closed without telling", Rule::Life, |all| {
        all.head().state = OrderState::Closed;
        all.head().closed_at = Some(Timestamp(1));
    }),
    ("closed with money pending", Rule::Life, |all| {
        all.head().state = OrderState::Closed
    }),
    ("dead with money on it", Rule::Life, |all| {
        all.head().state = OrderState::Cancelled
    }),
    ("open with an end", Rule::Record, |all| {
        all.head().closed_at = Some(Timestamp(1))
    }),
    ("a payment too few is known", Rule::Record, |all| {
        all.head().last_payment_number = 6
    }),
    // Payments.
    ("an amount", Rule::Sums, |all| all.payment(1).amount_minor += 1),
    ("a tip", Rule::Sums, |all| all.payment(1).tip_minor += 1),
    ("a method", Rule::Ledger, |all| {
        all.payment(1).method.as_mut().expect("a method").id = MethodId(2);
    }),
    ("no method", Rule::Ledger, |all| all.payment(1).method = None),
    ("a contribution", Rule::Record, |all| {
        all.payment(1).service_minor = -1
    }),
    ("a pending payment counts", Rule::Sums, |all| {
        all.payment(4).state = PaymentState::Complete
    }),
    ("a failed payment counts", Rule::Life, |all| {
        all.payment(5).state = PaymentState::Complete
    }),
    ("a complete payment is voided", Rule::Life, |all| {
        all.payment(1).state = PaymentState::Voided
    }),
    ("a reversed payment counts again", Rule::Life, |all| {
        all.payment(3).state = PaymentState::Complete;
        all.payment(3).reversed_at = None;
    }),
    ("a payment is missing", Rule::Record, |all| {
        let order = all.order;
        let id = PaymentId { order, number: 6 };
        all.world.snapshot.payments.remove(&(OURS, id));
    }),
    ("a payment is hidden", Rule::Record, |all| {
        all.payment(1).deleted = true
    }),
    ("a payment is of another place", Rule::Isolation, |all| {
        all.payment(1).location = PLACES[1]
    }),
    ("more given back than taken", Rule::Refunds, |all| {
        all.payment(2).amount_minor = 5_500
    }),
    ("refunds are forgotten", Rule::Refunds, |all| {
        all.payment(1).refunds_minor = 0
    }),
    ("a refund of a refund", Rule::Refunds, |all| {
        all.payment(2).source = Some(all.payment(2).id);
    }),
    ("a refund with a tip", Rule::Record, |all| {
        all.payment(2).tip_minor = 1
    }),
    ("more service from a tip than it is", Rule::Record, |all| {
        all.payment(1).service_tip_minor = all.payment(1).tip_minor + 1;
    }),
    ("a time of completion", Rule::Life, |all| {
        all.payment(1).completed_at = Some(Timestamp(1))
    }),
    ("no time of completion", Rule::Record, |all| {
        all.payment(1).completed_at = None
    }),
    ("a time of reversal", Rule::Record, |all| {
        all.payment(1).reversed_at = Some(Timestamp(1))
    }),
    ("a time of creation", Rule::Life, |all| {
        all.payment(1).created_at = Timestamp(1)
    }),
    ("no reason of failure", Rule::Record, |all| {
        all.payment(5).failure = None
    }),
    // Tasks.
    ("resolved by an older lease", Rule::Task, |all| {
        all.task(7).resolved_lease = Some(0)
    }),
    ("resolved by nobody", Rule::Task, |all| {
        all.task(7).resolved_lease = None
    }),
    ("open, but the payment is over", Rule::Task, |all| {
        all.task(6).state = TaskState::Open;
    }),
    ("over, but the payment waits", Rule::Task, |all| {
        all.task(4).state = TaskState::Expired
    }),
    ("waiting for nothing", Rule::Life, |all| {
        all.task(4).state = TaskState::Withdrawn
    }),
    ("waiting for a task that is not there", Rule::Life, |all| {
        let id = all.task(4).id;
        all.world.snapshot.tasks.remove(&(OURS, id));
    }),
    ("refused for another reason", Rule::Task, |all| {
        all.task(5).state = TaskState::Refused(Failure::new(FailureCode::Unknown));
    }),
    ("a case that nobody opened", Rule::Task, |all| {
        all.task(7).has_case = true
    }),
    ("a case that nobody knows", Rule::Task, |all| {
        all.task(5).has_case = false
    }),
    ("held without a lease", Rule::Task, |all| all.task(4).lease = 0),
    ("held longer than it lives", Rule::Task, |all| {
        all.task(4).leased_until = Timestamp(i64::MAX)
    }),
    ("held by another device", Rule::Task, |all| {
        all.task(4).device = Some(DeviceId(2))
    }),
    ("of another payment", Rule::Task, |all| {
        let other = all.payment(7).id;
        all.task(4).payment = Some(other);
    }),
    ("of another place", Rule::Isolation, |all| {
        all.task(4).location = PLACES[1]
    }),
    ("a proposal nobody is asked about", Rule::Life, |all| {
        let proposal = all.proposal;
        let tasks = &mut all.world.snapshot.tasks;
        tasks.retain(|_, task| task.order != Some(proposal));
    }),
    ("a proposal that is taken and still one", Rule::Task, |all| {
        let proposal = all.proposal;
        for task in all.world.snapshot.tasks.values_mut() {
            if task.order == Some(proposal) {
                (task.state, task.lease) = (TaskState::Applied, 1);
                task.leased_to = Some(DeviceId(1));
                task.resolved_lease = Some(1);
            }
        }
    }),
    // What has no order.
    ("a payment without an order counts", Rule::Life, |all| {
        let id = all.orphan;
        let orphan = all
            .world
            .snapshot
            .payments
            .get_mut(&(OURS, id))
            .expect("the orphan");
        orphan.state = PaymentState::Complete;
    }),
    ("money of a payment without an order", Rule::Ledger, |all| {
        let id = all.orphan;
        let chain = all.world.chains.get_mut(&id.order).expect("its chain");
        let posting = |ledger, amount_minor| Posting { ledger, amount_minor };
        chain[0].postings = vec![posting(Ledger::Sales, -1), posting(Ledger::Tips, 1)];
        chain[0].hash = chain[0].computed_hash();
    }),
    ("a payment without an order is forgotten", Rule::Life, |all| {
        let id = all.orphan;
        all.world.snapshot.payments.remove(&(OURS, id));
    }),
    ("an order is forgotten", Rule::Life, |all| {
        let order = all.order;
        all.world.snapshot.orders.remove(&(OURS, order));
    }),
    // Keys.
    ("a key leads to nothing", Rule::Key, |all| {
        for record in all.world.snapshot.keys.values_mut() {
            if let KeyOutcome::Payment(id, _) = &mut record.outcome {
                id.number = 99;
            }
        }
    }),
    ("a key leads to another order", Rule::Key, |all| {
        for record in all.world.snapshot.keys.values_mut() {
            if let KeyOutcome::Order(id, _) = &mut record.outcome {
                *id = OrderId(9);
            }
        }
    }),
    ("a key is of another application", Rule::Key, |all| {
        for record in all.world.snapshot.keys.values_mut() {
            record.application = ApplicationId(9);
        }
    }),
    ("a key answers with another payment", Rule::Key, |all| {
        for record in all.world.snapshot.keys.values_mut() {
            if let KeyOutcome::Payment(_, Some(answered)) = &mut record.outcome {
                answered.id.number = 2;
            }
        }
    }),
    ("a key answers with another order", Rule::Key, |all| {
        for record in all.world.snapshot.keys.values_mut() {
            if let KeyOutcome::Order(_, Some(answered)) = &mut record.outcome {
                answered.order.account.number += 1;
            }
        }
    }),
];

#[test]
fn every_edit_is_found() {
    for (what, rule, edit) in EDITS {
        let mut ledgers = Ledgers::new();
        edit(&mut ledgers);
        let report = ledgers.world.audit();
        let found = report.findings.iter().any(|finding| finding.rule == *rule);
        assert!(found, "{what}: {rule:?} is not among {:#?}", report.findings);
    }
}
