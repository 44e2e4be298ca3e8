//! The body of a payment request: reading it and checking what the framework checks (spec 3, 5.2).

use tender_money::Decimal;
use tender_wire::Json;

use crate::errors::Refusal;
use crate::request::{Members, Mismatch};
use crate::validation::{JavaType, Violations};

#[cfg(test)]
mod tests;

/// Spring's name of the object.
pub(crate) const OBJECT: &str = "standalonePayment";
/// Shortest and longest reference of a payment.
const REFERENCE_LENGTH: (usize, usize) = (1, 50);
/// How long delivery to a till must be attempted at least.
pub(crate) const TTL_MS_MIN: i64 = 60_000;

/// A payment request, with the values as sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct PaymentRequest<'j> {
    /// 0 is the same as absent.
    pub(crate) legacy_account: Option<i64>,
    /// Empty is the same as absent.
    pub(crate) account: Option<&'j str>,
    pub(crate) reference: &'j str,
    pub(crate) endpoint: &'j str,
    pub(crate) location: i64,
    pub(crate) ttl_ms: Option<i32>,
    pub(crate) staff: Option<i64>,
    pub(crate) device: Option<i64>,
    pub(crate) method: Option<&'j str>,
    pub(crate) amount: Decimal,
    pub(crate) tip: Option<Decimal>,
    pub(crate) printer_profile: Option<i64>,
}

/// Reads a payment request.
pub(crate) fn decode<'j>(json: &'j Json<'j>) -> Result<PaymentRequest<'j>, Refusal> {
    let members = Members::root(json, OBJECT)?;
    let fields = read(members).map_err(|mismatch| mismatch.refusal(OBJECT))?;
    let mut violations = Violations::default();
    if fields.reference.is_none() {
        violations.not_null("thirdPartyPaymentReference", JavaType::String);
    }
    let (min, max) = REFERENCE_LENGTH;
    violations.size("thirdPartyPaymentReference", fields.reference, min, max);
    if fields.endpoint.is_none() {
        violations.not_null("endpointId", JavaType::String);
    }
    if fields.location.is_none() {
        violations.not_null("businessLocationId", JavaType::Long);
    }
    violations.min("taskTtlInMs", fields.ttl_ms, TTL_MS_MIN);
    if fields.amount.is_none() {
        violations.not_null("paymentAmount", JavaType::BigDecimal);
    }
    let violations = violations.into_vec();
    match fields {
        Fields {
            legacy_account,
            account,
            reference: Some(reference),
            endpoint: Some(endpoint),
            location: Some(location),
            ttl_ms,
            staff,
            device,
            method,
            amount: Some(amount),
            tip,
            printer_profile,
        } if violations.is_empty() => Ok(PaymentRequest {
            legacy_account: legacy_account.filter(|id| *id != 0),
            account: account.filter(|text| !text.is_empty()),
            reference,
            endpoint,
            location,
            ttl_ms,
            staff,
            device,
            method: method.filter(|text| !text.is_empty()),
            amount,
            tip,
            printer_profile,
        }),
        _ => Err(Refusal::Invalid {
            object: OBJECT,
            violations,
        }),
    }
}

/// The members before anything is required of them.
struct Fields<'j> {
    legacy_account: Option<i64>,
    account: Option<&'j str>,
    reference: Option<&'j str>,
    endpoint: Option<&'j str>,
    location: Option<i64>,
    ttl_ms: Option<i32>,
    staff: Option<i64>,
    device: Option<i64>,
    method: Option<&'j str>,
    amount: Option<Decimal>,
    tip: Option<Decimal>,
    printer_profile: Option<i64>,
}

fn read<'j>(members: Members<'j, '_>) -> Result<Fields<'j>, Mismatch> {
    Ok(Fields {
        legacy_account: members.long("iKaccountId")?,
        account: members.text("iKaccountIdentifier")?,
        reference: members.text("thirdPartyPaymentReference")?,
        endpoint: members.text("endpointId")?,
        location: members.long("businessLocationId")?,
        ttl_ms: members.int("taskTtlInMs")?,
        staff: members.long("staffId")?,
        device: members.long("deviceId")?,
        method: members.text("paymentMethod")?,
        amount: members.decimal("paymentAmount")?,
        tip: members.decimal("tipAmount")?,
        printer_profile: members.long("targetPrinterProfileId")?,
    })
}
