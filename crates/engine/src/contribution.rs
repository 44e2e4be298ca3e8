//! The contribution rule: which part of a payment pays the service charge (spec kounta 8.1).
//!
//! The rate is S/T, the charge's share in the service-inclusive total. All values are minor units and not negative.

use tender_money::{AmountError, share_half_up};

/// What a receipt contributes.
///
/// `amount` and `service_tip` are what it applies, `tip_counted` the tip that raises the minimum (zero where tips never
/// pay service), `owed` the service still owed, `remaining` what the order cost before this payment. The payment
/// that settles the order absorbs what rounding left over.
///
/// # Errors
/// [`AmountError`] when a sum does not fit.
pub fn contribution_of_receipt(
    amount: i64,
    tip_counted: i64,
    service_tip: i64,
    service: i64,
    total: i64,
    owed: i64,
    remaining: i64,
) -> Result<i64, AmountError> {
    let applied = amount.checked_add(service_tip).ok_or(AmountError::OutOfRange)?;
    if applied == remaining {
        return Ok(owed);
    }
    let counted = amount.checked_add(tip_counted).ok_or(AmountError::OutOfRange)?;
    let minimum = share_half_up(counted, service, total)?;
    Ok(owed.min(service_tip.max(minimum)))
}

/// What a refund gives back of the service contributed so far; all of it when nothing stays paid.
///
/// # Errors
/// [`AmountError`] when a sum does not fit.
pub fn contribution_of_refund(
    amount: i64,
    service: i64,
    total: i64,
    contributed: i64,
    paid_after: i64,
) -> Result<i64, AmountError> {
    if paid_after == 0 {
        return Ok(contributed);
    }
    Ok(contributed.min(share_half_up(amount, service, total)?))
}
