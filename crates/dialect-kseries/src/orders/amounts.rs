//! Amounts of an order that can be judged without the ledger: signs and digits, as for payments (spec 9). What is wrong
//! here is refused at once, and nothing is recorded.

use tender_money::{Currency, Decimal};

use super::wire::{EmbeddedPayment, Item, OrderRequest};
use crate::errors::{Fault, Refusal};

/// A percentage is at most this.
const PERCENT_MAX: i64 = 100;

/// Checks all amounts of an order.
pub(super) fn check(request: &OrderRequest<'_>, currency: Currency) -> Result<(), Refusal> {
    for item in &request.items {
        check_item(item, currency)?;
    }
    match &request.payment {
        Some(payment) => check_payment(payment, currency),
        None => Ok(()),
    }
}

fn check_payment(payment: &EmbeddedPayment<'_>, currency: Currency) -> Result<(), Refusal> {
    if !payment.amount.is_positive() {
        return Err(not_positive("payment.paymentAmount".to_owned()));
    }
    check_digits("payment.paymentAmount", payment.amount, currency)?;
    if payment.tip.is_negative() {
        return Err(negative("payment.tipAmount".to_owned()));
    }
    check_digits("payment.tipAmount", payment.tip, currency)?;
    if payment.tip > payment.amount {
        return Err(Fault::TipAboveAmount.into());
    }
    Ok(())
}

fn check_item(item: &Item<'_>, currency: Currency) -> Result<(), Refusal> {
    let path = &item.path;
    if item.quantity <= 0 {
        return Err(not_positive(format!("{path}.quantity")));
    }
    for (name, amount) in [
        ("customItemPrice", item.custom_price),
        ("discountAmountOverride", item.discount_amount),
    ] {
        let Some(amount) = amount else { continue };
        let field = format!("{path}.{name}");
        if amount.is_negative() {
            return Err(negative(field));
        }
        check_digits(&field, amount, currency)?;
    }
    if let Some(percent) = item.discount_percent
        && (percent.is_negative() || percent > Decimal::from_integer(PERCENT_MAX))
    {
        return Err(Fault::PercentOutOfRange {
            field: format!("{path}.discountPercentOverride"),
            max: PERCENT_MAX,
        }
        .into());
    }
    if item.discount_amount.is_some() && item.discount_percent.is_some() {
        return Err(Fault::OverridesBoth { item: path.clone() }.into());
    }
    item.sub_items
        .iter()
        .try_for_each(|item| check_item(item, currency))
}

fn not_positive(field: String) -> Refusal {
    Fault::NotPositive { field }.into()
}

fn negative(field: String) -> Refusal {
    Fault::Negative { field }.into()
}

fn check_digits(field: &str, amount: Decimal, currency: Currency) -> Result<(), Refusal> {
    if amount.fraction_digits() > currency.digits() {
        return Err(Fault::TooManyDigits {
            field: field.to_owned(),
            currency: Some(currency),
        }
        .into());
    }
    Ok(())
}
