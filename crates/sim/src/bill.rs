//! One order with everything that belongs to it, indexed once so that checking stays linear in its size.

use std::collections::HashMap;

use tender_engine::{EntryKind, JournalEntry, Order, Payment, PaymentId, PaymentState, Task, TaskId};

pub(crate) struct Bill<'a> {
    pub(crate) order: &'a Order,
    pub(crate) payments: &'a [Payment],
    pub(crate) entries: &'a [JournalEntry],
    pub(crate) tasks: &'a [Task],
    by_id: HashMap<PaymentId, &'a Payment>,
    entries_of: HashMap<u32, Vec<&'a JournalEntry>>,
    refunds_of: HashMap<PaymentId, i128>,
    tasks_of: HashMap<PaymentId, Vec<&'a Task>>,
    cases_of: HashMap<TaskId, usize>,
}

impl<'a> Bill<'a> {
    pub(crate) fn new(
        order: &'a Order,
        payments: &'a [Payment],
        entries: &'a [JournalEntry],
        tasks: &'a [Task],
    ) -> Self {
        let mut bill = Self {
            order,
            payments,
            entries,
            tasks,
            by_id: HashMap::new(),
            entries_of: HashMap::new(),
            refunds_of: HashMap::new(),
            tasks_of: HashMap::new(),
            cases_of: HashMap::new(),
        };
        for payment in payments {
            bill.by_id.insert(payment.id, payment);
            let is_live = payment.state.is_open() || payment.state == PaymentState::Complete;
            if let Some(source) = payment.source.filter(|_| is_live) {
                let sum = bill.refunds_of.entry(source).or_default();
                *sum = sum.saturating_add(i128::from(payment.amount_minor));
            }
        }
        for entry in entries {
            if let Some(number) = entry.payment {
                bill.entries_of.entry(number).or_default().push(entry);
            }
            if let Some(task) = entry.task.filter(|_| entry.kind == EntryKind::CaseOpened) {
                let count = bill.cases_of.entry(task).or_default();
                *count = count.saturating_add(1);
            }
        }
        for task in tasks {
            if let Some(payment) = task.payment {
                bill.tasks_of.entry(payment).or_default().push(task);
            }
        }
        bill
    }

    pub(crate) fn payment(&self, id: PaymentId) -> Option<&'a Payment> {
        self.by_id.get(&id).copied()
    }

    /// The entries about a payment, in the order of the chain.
    pub(crate) fn entries_of(&self, payment: &Payment) -> &[&'a JournalEntry] {
        self.entries_of.get(&payment.id.number).map_or(&[], Vec::as_slice)
    }

    /// What live refunds give back of a payment.
    pub(crate) fn refunds_of(&self, payment: &Payment) -> i128 {
        self.refunds_of.get(&payment.id).copied().unwrap_or_default()
    }

    pub(crate) fn tasks_of(&self, payment: &Payment) -> &[&'a Task] {
        self.tasks_of.get(&payment.id).map_or(&[], Vec::as_slice)
    }

    /// How many cases the journal tells of a task.
    pub(crate) fn cases_of(&self, task: &Task) -> usize {
        self.cases_of.get(&task.id).copied().unwrap_or_default()
    }
}
