//! Opening orders, directly or as a proposal that a till has to take.
//!
//! Order of checks: location, digits and signs of embedded amounts, keys, endpoint, labels, service charge, lines, then each
//! embedded payment in turn. From the lines on a refusal of a proposal is recorded as its failure.

use tender_money::Decimal;

use super::work::{Record, Step, Work, minor};
use super::{Outcome, lines, pay, state, tasks};
use crate::{
    Account, AddLines, EntryKind, Failure, FailureCode, KeyClaim, KeyOutcome, LABELS_PER_ORDER_MAX, Ledger,
    LocationFacts, LocationId, Lookup, MoneyField, NoticeKind, OpenOrder, Order, OrderId, OrderLines,
    OrderState, PaymentId, PaymentState, Posting, Rejection, ServiceCharge, Settle, Stage, TaskKind, Via,
    Watcher, alias_hash,
};

/// Kind of the alias under which an order is found by the client's own number.
pub(crate) const ALIAS_EXTERNAL: &str = "external";

fn blank(work: &mut Work<'_, '_>, facts: &LocationFacts, number: u64) -> Order {
    Order {
        id: OrderId(work.new_id()),
        merchant: work.context.merchant,
        location: facts.id,
        currency: facts.currency,
        state: OrderState::Open,
        stage: Stage::Pending,
        account: Account {
            station: facts.station,
            number,
        },
        table_number: None,
        name: None,
        covers: None,
        staff: None,
        external_reference: None,
        notes: None,
        labels: Vec::new(),
        goods_minor: 0,
        tax_minor: 0,
        service_charge: ServiceCharge::None,
        service_minor: 0,
        received_minor: 0,
        refunded_minor: 0,
        reserved_minor: 0,
        refund_reserved_minor: 0,
        tips_minor: 0,
        surcharges_minor: 0,
        service_contributed_minor: 0,
        pending_count: 0,
        last_payment_number: 0,
        line_count: 0,
        close_when_paid: true,
        payments_locked: false,
        watchers: Vec::new(),
        opened_at: work.now(),
        updated_at: work.now(),
        closed_at: None,
        opened_by: work.context.application,
        opened_via: work.context.via,
        journal_seq: 0,
        journal_hash: [0; 32],
    }
}

pub(super) fn open_order(work: &mut Work<'_, '_>, command: &OpenOrder) -> Step<Outcome> {
    let facts = work.location(command.location).ok_or(Rejection::OrderNotFound)?;
    for spec in &command.payments {
        pay::check_amounts(spec, facts.currency.digits())?;
    }
    work.check_keys(&command.keys, facts.id)?;
    if matches!(command.maker, Some((Lookup::Unknown, _))) {
        return Err(Rejection::EndpointNotFound.into());
    }
    if command.labels.len() > LABELS_PER_ORDER_MAX {
        return Err(Rejection::OrderFull.into());
    }
    let number = work.next_check_number(facts.id);
    let mut order = blank(work, &facts, number);
    fill(&mut order, command)?;
    let proposed = command.delivery.is_some() || command.refusal.is_some();
    let mut refusal = command.refusal.clone();
    let (mut priced, mut order_lines) = (order.clone(), no_lines(&order));
    let postings = match lines::insert(work, &mut priced, &mut order_lines, &command.lines, None) {
        Ok(postings) => {
            order = priced;
            postings
        }
        Err(rejection) if proposed => {
            // Of lines that cannot be priced nothing is kept, so that the sums stay those of the lines.
            order_lines = no_lines(&order);
            refusal.get_or_insert(Failure::new(rejection.to_failure_code()));
            Vec::new()
        }
        Err(rejection) => return Err(rejection.into()),
    };
    add_aliases(work, &order);
    work.put_lines(order_lines);
    if proposed {
        let order = propose(work, order, command, refusal)?;
        return Ok(opened(work, command, order));
    }
    let record = Record::new(EntryKind::OrderOpened)
        .postings(postings)
        .fact("account", order.account)
        .fact("total_minor", order.total_minor());
    work.journal(&mut order, record);
    work.notice(NoticeKind::OrderOpened, Some(order.id), None);
    work.put_order(order.clone());
    for spec in &command.payments {
        pay::pay(work, &pay::embedded(&order, spec, spec.settle.clone()))?;
        order = work.order(order.id).ok_or(Rejection::OrderNotFound)?;
    }
    if let Some(change) = command.settle {
        order = state::settle(work, order, change)?;
    }
    Ok(opened(work, command, order))
}

/// The answer to the opener. A key that answers again keeps it; a reference that refuses repeats needs no copy.
fn opened(work: &mut Work<'_, '_>, command: &OpenOrder, order: Order) -> Outcome {
    let opened = Box::new(work.opened(order));
    for claim in &command.keys {
        let copy = (!claim.refuse_repeats).then(|| opened.clone());
        let outcome = KeyOutcome::Order(opened.order.id, copy);
        work.take_keys(std::slice::from_ref(claim), command.location, &outcome);
    }
    Outcome::Opened(opened)
}

fn no_lines(order: &Order) -> OrderLines {
    OrderLines {
        merchant: order.merchant,
        order: order.id,
        lines: Vec::new(),
    }
}

fn fill(order: &mut Order, command: &OpenOrder) -> Result<(), Rejection> {
    order.stage = command.stage;
    order.table_number = command.table_number;
    order.name.clone_from(&command.name);
    order.covers = command.covers;
    order.staff = command.staff;
    order.external_reference.clone_from(&command.external_reference);
    order.notes.clone_from(&command.notes);
    order.labels.clone_from(&command.labels);
    order.service_charge = command.service_charge;
    order.close_when_paid = command.close_when_paid;
    order.payments_locked = command.payments_locked;
    match command.service_charge {
        ServiceCharge::Rate(rate) if rate.is_negative() => {
            return Err(Rejection::Negative(MoneyField::Service));
        }
        ServiceCharge::Amount(amount) if amount < 0 => return Err(Rejection::Negative(MoneyField::Service)),
        ServiceCharge::Amount(amount) => {
            minor(Decimal::from_minor(amount, 0), 0, MoneyField::Service)?;
        }
        ServiceCharge::None | ServiceCharge::Rate(_) => {}
    }
    if let Some((Lookup::Known(endpoint), reference)) = &command.maker {
        let watcher = Watcher {
            endpoint: *endpoint,
            reference: reference.clone(),
            is_maker: true,
        };
        lines::watch(order, watcher);
    }
    Ok(())
}

/// Sum-free names of the order: its account identifier, and the client's own number. A number used again leads to
/// the newer order.
fn add_aliases(work: &mut Work<'_, '_>, order: &Order) {
    work.put_alias(order.account_alias(), order.id);
    if let Some(external) = &order.external_reference {
        // Sale numbers belong to the company, not to one of its sites: location 0 stands for all of them.
        work.put_alias(alias_hash(ALIAS_EXTERNAL, LocationId(0), external), order.id);
    }
}

/// Records the order as a proposal and offers it to the tills, or records at once why it came to nothing.
fn propose(
    work: &mut Work<'_, '_>,
    mut order: Order,
    command: &OpenOrder,
    mut refusal: Option<Failure>,
) -> Step<Order> {
    order.state = OrderState::Proposed;
    let record = Record::new(EntryKind::OrderProposed).fact("account", order.account);
    work.journal(&mut order, record);
    work.put_order(order.clone());
    for spec in &command.payments {
        if refusal.is_some() {
            break;
        }
        // Reserved while the till decides; completed with the order.
        let spec = pay::embedded(&order, spec, Settle::Open(PaymentState::Pending));
        match pay::pay_proposed(work, order.clone(), &spec) {
            Ok(()) => order = work.order(order.id).ok_or(Rejection::OrderNotFound)?,
            Err(rejection) => refusal = Some(Failure::new(rejection.to_failure_code())),
        }
    }
    Ok(match (refusal, &command.delivery) {
        (None, Some(delivery)) => {
            tasks::offer(work, &order, None, TaskKind::Order, delivery);
            order
        }
        (refusal, _) => {
            let unknown = Failure::new(FailureCode::Unknown);
            abandon(work, order, refusal.unwrap_or(unknown))
        }
    })
}

/// Ends a proposed order: its reserved payments fail with it, nothing else was ever posted for it.
pub(super) fn abandon(work: &mut Work<'_, '_>, mut order: Order, failure: Failure) -> Order {
    let numbers: Vec<u32> = (1..=order.last_payment_number).collect();
    for number in numbers {
        let id = PaymentId {
            order: order.id,
            number,
        };
        if let Some(payment) = work.payment(id)
            && payment.state.is_open()
        {
            pay::fail(work, &mut order, payment, failure.clone(), Via::Server);
        }
    }
    order.state = OrderState::Cancelled;
    order.closed_at = Some(work.now());
    let record = Record::new(EntryKind::OrderFailed).failure(&failure);
    work.journal(&mut order, record);
    work.notice(NoticeKind::OrderFailed(failure), Some(order.id), None);
    work.put_order(order.clone());
    order
}

/// Records an update of a check that can never succeed, as an order of its own that came to nothing: it carries the
/// reference and tells the maker.
pub(super) fn fail_order(
    work: &mut Work<'_, '_>,
    command: &AddLines,
    location: LocationId,
    code: FailureCode,
) -> Step<Outcome> {
    let facts = work.location(location).ok_or(Rejection::OrderNotFound)?;
    let number = work.next_check_number(location);
    let mut order = blank(work, &facts, number);
    if let Some((Lookup::Known(endpoint), reference)) = &command.maker {
        let watcher = Watcher {
            endpoint: *endpoint,
            reference: reference.clone(),
            is_maker: true,
        };
        lines::watch(&mut order, watcher);
    }
    let keys: &[KeyClaim] = &command.keys;
    work.take_keys(keys, location, &KeyOutcome::Order(order.id, None));
    order.state = OrderState::Proposed;
    let failure = command.refusal.clone().unwrap_or(Failure::new(code));
    let order = abandon(work, order, failure);
    Ok(Outcome::Order(Box::new(order)))
}

/// Opens a proposed order that a till took, and completes the payments that came with it.
pub(super) fn accept_proposed(work: &mut Work<'_, '_>, mut order: Order) -> Step<Order> {
    order.state = OrderState::Open;
    order.opened_at = work.now();
    let postings = opening_postings(&order);
    let record = Record::new(EntryKind::OrderOpened)
        .postings(postings)
        .fact("account", order.account)
        .fact("total_minor", order.total_minor());
    work.journal(&mut order, record);
    work.notice(NoticeKind::OrderOpened, Some(order.id), None);
    let numbers: Vec<u32> = (1..=order.last_payment_number).collect();
    for number in numbers {
        let id = PaymentId {
            order: order.id,
            number,
        };
        if let Some(payment) = work.payment(id)
            && payment.state.is_open()
        {
            pay::complete(work, &mut order, payment)?;
        }
    }
    pay::close_if_paid(work, &mut order);
    work.put_order(order.clone());
    Ok(order)
}

/// Empties the receivables of an order that ends with no money on it: what was sold is not owed any more, account by account.
pub(super) fn write_off_postings(order: &Order) -> Vec<Posting> {
    // A tip alone may have contributed service although it reduced nothing; goods then owe as much more.
    let contributed = order.service_contributed_minor;
    vec![
        Posting {
            ledger: Ledger::ReceivableGoods,
            amount_minor: order.goods_minor.saturating_add(contributed).saturating_neg(),
        },
        Posting {
            ledger: Ledger::Sales,
            amount_minor: order.goods_minor,
        },
        Posting {
            ledger: Ledger::ReceivableService,
            amount_minor: contributed.saturating_sub(order.service_minor),
        },
        Posting {
            ledger: Ledger::ServiceIncome,
            amount_minor: order.service_minor,
        },
    ]
}

fn opening_postings(order: &Order) -> Vec<Posting> {
    vec![
        Posting {
            ledger: Ledger::ReceivableGoods,
            amount_minor: order.goods_minor,
        },
        Posting {
            ledger: Ledger::Sales,
            amount_minor: order.goods_minor.saturating_neg(),
        },
        Posting {
            ledger: Ledger::ReceivableService,
            amount_minor: order.service_minor,
        },
        Posting {
            ledger: Ledger::ServiceIncome,
            amount_minor: order.service_minor.saturating_neg(),
        },
    ]
}
