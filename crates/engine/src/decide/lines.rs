//! Lines: pricing them, adding, changing and removing them, and what that does to an order's sums.
//!
//! Order of checks: order, digits and signs of embedded amounts, keys, endpoint, order state, number of lines, each line in turn
//! (quantity, price, discount), total against what is paid and reserved, each embedded payment in turn, watchers.

use tender_money::{Decimal, share_half_up};

use super::work::{Record, Step, Stop, Work, add, fits, minor, sub};
use super::{Outcome, open, pay, sums, tasks};
use crate::{
    AddLines, ChangeLine, Discount, EntryKind, FailureCode, KeyOutcome, LINES_PER_ORDER_MAX, Ledger, Line,
    LineSpec, LocationId, Lookup, Maker, MoneyField, OnRefusal, Order, OrderLines, OrderState, Posting,
    Rejection, RemoveLine, ServiceCharge, Stage, TaskKind, Via, Watcher,
};

/// Quantities have at most this many fraction digits.
const QUANTITY_DIGITS_MAX: u32 = 3;

/// What a line costs: total and contained tax, in minor units.
///
/// Rounded once per line, half up; tax is computed after the price (spec kounta 13).
fn price(line: &Line, discount: Discount, digits: u32) -> Result<(i64, i64, i64), Rejection> {
    let gross = line
        .unit_price
        .checked_mul(line.quantity)
        .and_then(|gross| gross.checked_mul(line.price_variation));
    let gross = fits(
        gross.and_then(|gross| gross.round_half_up_minor(digits)),
        MoneyField::Line,
    )?;
    let discount_minor = match discount {
        Discount::None => 0,
        Discount::Amount(amount) => minor(amount, digits, MoneyField::Line)?,
        Discount::Percent(percent) => share_of(gross, percent, 2)?,
    };
    if discount_minor < 0 || discount_minor > gross {
        return Err(Rejection::OutOfRange(MoneyField::Line));
    }
    let net = sub(gross, discount_minor)?;
    let (total, tax) = if line.price_includes_tax {
        let without = without_tax(net, line.tax_rate)?;
        (net, sub(net, without)?)
    } else {
        let tax = share_of(net, line.tax_rate, 0)?;
        (add(net, tax)?, tax)
    };
    // The same bound as for payments: no sum of an order comes near the ends of `i64`.
    minor(Decimal::from_minor(total, digits), digits, MoneyField::Line)?;
    Ok((total, tax, discount_minor))
}

/// `amount × rate / 10^shift`, half up.
fn share_of(amount: i64, rate: Decimal, shift: u32) -> Result<i64, Rejection> {
    let scaled = Decimal::from_minor(amount, shift).checked_mul(rate);
    fits(
        scaled.and_then(|scaled| scaled.round_half_up_minor(0)),
        MoneyField::Line,
    )
}

/// The part of a tax-inclusive amount that is not tax: `amount / (1 + rate)`, half up.
fn without_tax(amount: i64, rate: Decimal) -> Result<i64, Rejection> {
    if rate.is_zero() {
        return Ok(amount);
    }
    let digits = rate.fraction_digits();
    let one = fits(Decimal::ONE.to_minor(digits), MoneyField::Line)?;
    let whole = add(one, fits(rate.to_minor(digits), MoneyField::Line)?)?;
    fits(share_half_up(amount, one, whole), MoneyField::Line)
}

/// Makes a priced line from what was asked for.
fn build_line(
    work: &mut Work<'_, '_>,
    order: &Order,
    spec: &LineSpec,
    parent: Option<u64>,
) -> Result<Line, Rejection> {
    let digits = order.currency.digits();
    if !spec.quantity.is_positive() {
        return Err(Rejection::NotPositive(MoneyField::Line));
    }
    if spec.quantity.fraction_digits() > QUANTITY_DIGITS_MAX {
        return Err(Rejection::TooManyDigits(MoneyField::Line));
    }
    if spec.unit_price.is_negative() || spec.tax_rate.is_negative() || spec.price_variation.is_negative() {
        return Err(Rejection::Negative(MoneyField::Line));
    }
    if spec.price_is_amount {
        minor(spec.unit_price, digits, MoneyField::Line)?;
    }
    let mut line = Line {
        number: 0,
        id: work.new_id(),
        parent,
        name: spec.name.clone(),
        sku: spec.sku.clone(),
        product_id: spec.product_id,
        quantity: spec.quantity,
        unit_price: spec.unit_price,
        price_includes_tax: spec.price_includes_tax,
        tax_rate: spec.tax_rate,
        price_variation: spec.price_variation,
        discount_minor: 0,
        total_minor: 0,
        tax_minor: 0,
        modifiers: spec.modifiers.clone(),
        notes: spec.notes.clone(),
        client_line_id: spec.client_line_id.clone(),
        added_at: work.now(),
    };
    (line.total_minor, line.tax_minor, line.discount_minor) = price(&line, spec.discount, digits)?;
    Ok(line)
}

/// Puts new lines among the old ones and brings the order's sums up to date.
pub(super) fn insert(
    work: &mut Work<'_, '_>,
    order: &mut Order,
    lines: &mut OrderLines,
    specs: &[LineSpec],
    position: Option<u32>,
) -> Result<Vec<Posting>, Rejection> {
    if lines.lines.len().saturating_add(specs.len()) > LINES_PER_ORDER_MAX {
        return Err(Rejection::OrderFull);
    }
    let mut added: Vec<Line> = Vec::with_capacity(specs.len());
    for spec in specs {
        let parent = spec.parent.and_then(|index| added.get(index)).map(|line| line.id);
        let line = build_line(work, order, spec, parent)?;
        added.push(line);
    }
    let at = position.and_then(|position| usize::try_from(position).ok()?.checked_sub(1));
    let at = at.unwrap_or(lines.lines.len()).min(lines.lines.len());
    lines.lines.splice(at..at, added);
    recompute(order, lines)
}

fn sum(left: i64, right: i64) -> Result<i64, Rejection> {
    left.checked_add(right)
        .ok_or(Rejection::OutOfRange(MoneyField::Line))
}

/// Numbers the lines, sums them up, and answers the postings that follow from it.
///
/// Refused when the new total would be below what is paid and reserved: nothing takes money from a guest twice, and
/// nothing settles silently.
pub(super) fn recompute(order: &mut Order, lines: &mut OrderLines) -> Result<Vec<Posting>, Rejection> {
    let (goods_before, service_before) = (order.goods_minor, order.service_minor);
    let (mut goods, mut tax) = (0, 0);
    for (line, number) in lines.lines.iter_mut().zip(1..) {
        line.number = number;
        goods = sum(goods, line.total_minor)?;
        tax = sum(tax, line.tax_minor)?;
    }
    order.line_count = u32::try_from(lines.lines.len()).map_err(|_| Rejection::OrderFull)?;
    order.goods_minor = goods;
    order.tax_minor = tax;
    order.service_minor = match order.service_charge {
        ServiceCharge::None => 0,
        ServiceCharge::Amount(amount) => amount,
        ServiceCharge::Rate(rate) => {
            share_of(goods, rate, 0).map_err(|_| Rejection::OutOfRange(MoneyField::Service))?
        }
    };
    minor(
        Decimal::from_minor(sum(goods, order.service_minor)?, 0),
        0,
        MoneyField::Line,
    )?;
    if order.due_minor() < 0 {
        return Err(Rejection::TotalBelowPaid);
    }
    let goods_change = sub(goods, goods_before)?;
    let service_change = sub(order.service_minor, service_before)?;
    let mut postings = vec![
        Posting {
            ledger: Ledger::ReceivableGoods,
            amount_minor: goods_change,
        },
        Posting {
            ledger: Ledger::Sales,
            amount_minor: sub(0, goods_change)?,
        },
        Posting {
            ledger: Ledger::ReceivableService,
            amount_minor: service_change,
        },
        Posting {
            ledger: Ledger::ServiceIncome,
            amount_minor: sub(0, service_change)?,
        },
    ];
    postings.extend(sums::reassign_service(order)?);
    Ok(postings)
}

/// Whether lines may change now. Apps may not touch what staff have accepted (spec kounta 6); tills may.
fn check_lines_open(work: &Work<'_, '_>, order: &Order) -> Result<(), Rejection> {
    check_open(order)?;
    let from_app = matches!(work.context.via, Via::Kounta | Via::Kseries);
    if from_app && order.stage == Stage::Accepted {
        return Err(Rejection::LinesFixed);
    }
    Ok(())
}

/// Refuses everything but an open order, saying what it is instead.
pub(super) fn check_open(order: &Order) -> Result<(), Rejection> {
    match order.state {
        OrderState::Open => Ok(()),
        OrderState::Proposed => Err(Rejection::OrderProposed),
        OrderState::Closed => Err(Rejection::OrderClosed),
        OrderState::Cancelled => Err(Rejection::OrderCancelled),
        OrderState::Rejected => Err(Rejection::OrderRejected),
        OrderState::Deleted => Err(Rejection::OrderDeleted),
    }
}

/// Whether the order can remember one more endpoint, or knows this one.
pub(super) fn may_watch(order: &Order, watcher: &Watcher) -> bool {
    let known = order
        .watchers
        .iter()
        .any(|known| known.endpoint == watcher.endpoint);
    known || order.watchers.len() < crate::WATCHERS_PER_ORDER_MAX
}

/// Remembers an endpoint that is told about the order; [`may_watch`] has been asked before.
pub(super) fn watch(order: &mut Order, watcher: Watcher) {
    match order
        .watchers
        .iter_mut()
        .find(|known| known.endpoint == watcher.endpoint)
    {
        // The maker keeps the order's own reference; others see the last one they gave.
        Some(known) if known.is_maker => {}
        Some(known) => *known = watcher,
        None => order.watchers.push(watcher),
    }
}

/// Writes lines and order, with the journal entry and the notice of a change of lines. The change may leave nothing due.
pub(super) fn record_lines(
    work: &mut Work<'_, '_>,
    mut order: Order,
    lines: OrderLines,
    postings: Vec<Posting>,
) -> Order {
    journal_lines(work, &mut order, lines, postings);
    pay::close_if_paid(work, &mut order);
    work.put_order(order.clone());
    order
}

fn journal_lines(work: &mut Work<'_, '_>, order: &mut Order, lines: OrderLines, postings: Vec<Posting>) {
    let record = Record::new(EntryKind::OrderLinesChanged)
        .postings(postings)
        .fact("lines", order.line_count)
        .fact("total_minor", order.total_minor());
    work.journal(order, record);
    work.put_lines(lines);
}

/// Adds lines and then makes the payments that come with them. Whoever calls this forgets the changes if it is refused.
pub(super) fn add_and_pay<P>(
    work: &mut Work<'_, '_>,
    mut order: Order,
    (specs, position): (&[LineSpec], Option<u32>),
    payments: &[P],
    pay: impl Fn(&mut Work<'_, '_>, Order, &P) -> Result<(), Rejection>,
) -> Result<Order, Rejection> {
    let mut lines = work.lines(order.id);
    let postings = insert(work, &mut order, &mut lines, specs, position)?;
    if payments.is_empty() {
        return Ok(record_lines(work, order, lines, postings));
    }
    // The last payment tells what has become of the order.
    journal_lines(work, &mut order, lines, postings);
    work.put_order(order.clone());
    for payment in payments {
        pay(work, order.clone(), payment)?;
        order = work.order(order.id).ok_or(Rejection::OrderNotFound)?;
    }
    Ok(order)
}

pub(super) fn add_lines(work: &mut Work<'_, '_>, command: &AddLines) -> Step<Outcome> {
    let found = work.find_order(&command.order, command.location);
    let location = found.as_ref().map(|order| order.location).or(command.location);
    if let Some(location) = location {
        check_amounts(work, command, location)?;
        work.check_keys(&command.keys, location)?;
    }
    if matches!(command.maker, Some((Lookup::Unknown, _))) {
        return Err(Rejection::EndpointNotFound.into());
    }
    let later = command.on_refusal == OnRefusal::RecordFailure;
    let Some(order) = found else {
        return match (later, location) {
            (true, Some(location)) => open::fail_order(work, command, location, FailureCode::AccountNotFound),
            _ => Err(Rejection::OrderNotFound.into()),
        };
    };
    if let Some(failure) = &command.refusal {
        return open::fail_order(work, command, order.location, failure.code);
    }
    // Done first, so that what cannot be done is known before a till is asked; then forgotten where one has to be.
    let so_far = work.so_far();
    let added = match added_to(work, &order, command) {
        Ok(added) => added,
        Err(rejection) if later => {
            work.go_back(so_far);
            return open::fail_order(work, command, order.location, rejection.to_failure_code());
        }
        Err(rejection) => return Err(rejection.into()),
    };
    let mut order = match &command.delivery {
        None => added,
        Some(delivery) => {
            let made = work.made_since(order.id, order.last_payment_number);
            work.go_back(so_far);
            let kind = TaskKind::Lines {
                lines: command.lines.clone(),
                payments: made.iter().map(pay::draft).collect(),
                maker: Some(Maker {
                    application: work.context.application,
                    told: watcher_of(command).map(|watcher| (watcher.endpoint, watcher.reference)),
                }),
            };
            tasks::offer(work, &order, None, kind, delivery);
            order
        }
    };
    if let Some(watcher) = watcher_of(command) {
        watch(&mut order, watcher);
    }
    work.take_keys(&command.keys, order.location, &KeyOutcome::Order(order.id, None));
    work.put_order(order.clone());
    Ok(Outcome::Order(Box::new(order)))
}

/// Judges what can be judged of the payments without an order.
fn check_amounts(work: &Work<'_, '_>, command: &AddLines, location: LocationId) -> Result<(), Rejection> {
    if command.payments.is_empty() {
        return Ok(());
    }
    let facts = work.location(location).ok_or(Rejection::OrderNotFound)?;
    let digits = facts.currency.digits();
    command
        .payments
        .iter()
        .try_for_each(|spec| pay::check_amounts(spec, digits))
}

/// Adds the new lines and makes the payments, if the order can take them.
fn added_to(work: &mut Work<'_, '_>, order: &Order, command: &AddLines) -> Result<Order, Rejection> {
    check_lines_open(work, order)?;
    let lines = (command.lines.as_slice(), command.position);
    let order = add_and_pay(
        work,
        order.clone(),
        lines,
        &command.payments,
        |work, order, spec| pay::pay_embedded(work, &order, spec),
    )?;
    if watcher_of(command).is_some_and(|watcher| !may_watch(&order, &watcher)) {
        return Err(Rejection::OrderFull);
    }
    Ok(order)
}

fn watcher_of(command: &AddLines) -> Option<Watcher> {
    let Some((Lookup::Known(endpoint), reference)) = &command.maker else {
        return None;
    };
    Some(Watcher {
        endpoint: *endpoint,
        reference: reference.clone(),
        is_maker: false,
    })
}

pub(super) fn change_line(work: &mut Work<'_, '_>, command: &ChangeLine) -> Step<Outcome> {
    let mut order = work.order(command.order).ok_or(Rejection::OrderNotFound)?;
    let mut lines = work.lines(order.id);
    let at = position_of(&lines, command.number)?;
    check_lines_open(work, &order)?;
    let mut line = lines.lines.remove(at);
    let change = &command.change;
    let digits = order.currency.digits();
    let mut discount = Discount::Amount(Decimal::from_minor(line.discount_minor, digits));
    if let Some(item) = &change.item {
        let fresh = build_line(work, &order, item, line.parent)?;
        line = Line {
            id: line.id,
            quantity: line.quantity,
            modifiers: line.modifiers,
            notes: line.notes,
            ..fresh
        };
        discount = Discount::None;
    }
    if let Some(quantity) = change.quantity {
        if !quantity.is_positive() {
            return Err(Rejection::NotPositive(MoneyField::Line).into());
        }
        if quantity.fraction_digits() > QUANTITY_DIGITS_MAX {
            return Err(Rejection::TooManyDigits(MoneyField::Line).into());
        }
        line.quantity = quantity;
    }
    if let Some((unit_price, includes_tax)) = change.unit_price {
        line.unit_price = unit_price;
        line.price_includes_tax = includes_tax;
    }
    if let Some(variation) = change.price_variation {
        line.price_variation = variation;
    }
    if line.unit_price.is_negative() || line.price_variation.is_negative() {
        return Err(Rejection::Negative(MoneyField::Line).into());
    }
    if let Some(notes) = &change.notes {
        line.notes.clone_from(notes);
    }
    if let Some(modifiers) = &change.modifiers {
        line.modifiers.clone_from(modifiers);
    }
    (line.total_minor, line.tax_minor, line.discount_minor) = price(&line, discount, digits)?;
    let wanted = change
        .number
        .and_then(|number| usize::try_from(number).ok()?.checked_sub(1));
    let to = wanted.unwrap_or(at).min(lines.lines.len());
    lines.lines.insert(to, line);
    let postings = recompute(&mut order, &mut lines)?;
    let order = record_lines(work, order, lines, postings);
    Ok(Outcome::Order(Box::new(order)))
}

pub(super) fn remove_line(work: &mut Work<'_, '_>, command: &RemoveLine) -> Step<Outcome> {
    let mut order = work.order(command.order).ok_or(Rejection::OrderNotFound)?;
    let mut lines = work.lines(order.id);
    let at = position_of(&lines, command.number)?;
    check_lines_open(work, &order)?;
    let removed = lines.lines.remove(at);
    let mut gone = vec![removed.id];
    loop {
        let known = gone.len();
        lines.lines.retain(|line| {
            let goes = line.parent.is_some_and(|parent| gone.contains(&parent));
            if goes {
                gone.push(line.id);
            }
            !goes
        });
        // Lines can be moved before the line they belong to, so one pass may not find all of them.
        if gone.len() == known {
            break;
        }
    }
    let postings = recompute(&mut order, &mut lines)?;
    let order = record_lines(work, order, lines, postings);
    Ok(Outcome::Order(Box::new(order)))
}

fn position_of(lines: &OrderLines, number: u32) -> Result<usize, Stop> {
    lines
        .lines
        .iter()
        .position(|line| line.number == number)
        .ok_or(Stop::Refused(Rejection::LineNotFound))
}
