//! What commands want told, and the records as each command left them.
//!
//! Owns: the state that a webhook message shows. Must not know: who is told, or in which words.

use std::collections::BTreeSet;
use std::sync::Arc;

use tender_engine::{Changes, MerchantId, Notice, Order, OrderId, OrderLines, Payment, PaymentId, Snapshot};
use tender_store::{StoreError, Transaction};

use crate::loader::get;
use crate::queries::{decode, order_key, payments_scan};
use crate::{Directory, OrderView};

/// What one command wants told, with the records as that command left them.
pub(super) struct Told {
    pub(super) merchant: MerchantId,
    pub(super) directory: Arc<Directory>,
    pub(super) notices: Vec<Notice>,
    orders: Vec<Order>,
    lines: Vec<OrderLines>,
    payments: Vec<Payment>,
}

impl Told {
    /// What a command wants told, copied before the snapshot takes its changes.
    pub(super) fn new(merchant: MerchantId, directory: &Arc<Directory>, changes: &Changes) -> Self {
        Self {
            merchant,
            directory: Arc::clone(directory),
            notices: changes.notices.clone(),
            orders: changes.orders.clone(),
            lines: changes.lines.clone(),
            payments: changes.payments.clone(),
        }
    }

    fn order(&self, id: OrderId) -> Option<&Order> {
        self.orders.iter().find(|order| order.id == id)
    }

    fn lines(&self, order: OrderId) -> Option<&OrderLines> {
        self.lines.iter().find(|lines| lines.order == order)
    }

    fn payment(&self, id: PaymentId) -> Option<&Payment> {
        self.payments.iter().find(|payment| payment.id == id)
    }
}

/// Brings lines and payments of the orders that somebody is told about in full, once in a batch. What the batch has changed
/// already stays.
pub(super) async fn load_full_orders(
    transaction: &mut dyn Transaction,
    snapshot: &mut Snapshot,
    told: &Told,
    loaded: &mut BTreeSet<(MerchantId, OrderId)>,
) -> Result<(), StoreError> {
    for order in told.notices.iter().filter_map(|notice| notice.order) {
        if !loaded.insert((told.merchant, order)) {
            continue;
        }
        for payment in decode::<Payment>(&transaction.scan(&payments_scan(told.merchant, order)).await?)? {
            snapshot
                .payments
                .entry((told.merchant, payment.id))
                .or_insert(payment);
        }
        for lines in get::<OrderLines>(transaction, vec![order_key(told.merchant, order)]).await? {
            snapshot.lines.entry((told.merchant, order)).or_insert(lines);
        }
    }
    Ok(())
}

pub(super) fn view_of(snapshot: &Snapshot, told: &Told, id: OrderId) -> Option<OrderView> {
    let order = told
        .order(id)
        .or_else(|| snapshot.orders.get(&(told.merchant, id)))?
        .clone();
    let lines = told
        .lines(id)
        .or_else(|| snapshot.lines.get(&(told.merchant, id)))
        .map(|lines| lines.lines.clone())
        .unwrap_or_default();
    let mut payments: Vec<Payment> = snapshot
        .payments_of(told.merchant, id)
        .into_iter()
        .cloned()
        .collect();
    for payment in &mut payments {
        if let Some(own) = told.payment(payment.id) {
            *payment = own.clone();
        }
    }
    // Payments that later commands of the same batch made are not part of this message.
    payments.retain(|payment| payment.id.number <= order.last_payment_number);
    Some(OrderView {
        order,
        lines,
        payments,
    })
}

pub(super) fn payments_of(snapshot: &Snapshot, told: &Told) -> Vec<Payment> {
    let mut payments: Vec<Payment> = Vec::new();
    for id in told.notices.iter().filter_map(|notice| notice.payment) {
        let own = told
            .payment(id)
            .or_else(|| snapshot.payments.get(&(told.merchant, id)));
        if let Some(payment) = own
            && !payments.iter().any(|known| known.id == id)
        {
            payments.push(payment.clone());
        }
    }
    payments
}
