//! What a request says about a payment, each field judged in the order in which the dialect documents them.
//!
//! Amounts are exact or refused: read from the JSON text, judged by their value, never rounded.

use tender_engine::{
    AmountSpec, Direction, KeyClaim, Lookup, MethodKind, MethodRef, OrderSelector, PaymentSpec, Settle,
};
use tender_money::{Currency, Decimal};
use tender_wire::{Kind, Presence, Reader};

use crate::errors::{ApiError, Fault};
use crate::exchange::Exchange;
use crate::field::{self, REFERENCE_BYTES_MAX};
use crate::idempotency::Canon;

/// A payment to add, as sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PaymentFields {
    /// Absent means the caller's own method.
    method_id: Option<i64>,
    /// Negative for a refund.
    amount: Decimal,
    tip: Decimal,
    reference: Option<String>,
    surcharge: Decimal,
}

impl PaymentFields {
    /// Reads the fields. Without a currency the number of digits is left to the engine to judge.
    ///
    /// # Errors
    /// 400 naming the first field at fault.
    pub(crate) fn read(
        reader: &Reader<'_, '_>,
        own_method: Option<u64>,
        currency: Option<Currency>,
    ) -> Result<Self, ApiError> {
        let method_id = reader.i64("method_id")?.value();
        if method_id.is_none() && own_method.is_none() {
            return Err(ApiError::required(reader.path_of("method_id")));
        }
        let amount =
            money(reader, "amount", currency)?.ok_or_else(|| ApiError::required(reader.path_of("amount")))?;
        let is_refund = amount.is_negative();
        let tip = extra(reader, "tip", currency, is_refund)?;
        let reference = field::text(reader, "ref", REFERENCE_BYTES_MAX)?.value();
        let surcharge = extra(reader, "credit_card_surcharge", currency, is_refund)?;
        if amount.is_zero() && tip.is_zero() && surcharge.is_zero() {
            return Err(ApiError::of(Fault::NothingToPay).at(reader.path_of("amount")));
        }
        Ok(Self {
            method_id,
            amount,
            tip,
            reference,
            surcharge,
        })
    }

    /// Adds the fields to what is compared under an idempotency key. The method counts as it was sent: which one the
    /// caller itself is may change between two tries.
    pub(crate) fn describe(&self, path: &str, canon: &mut Canon) {
        canon.add(
            format!("{path}method_id"),
            self.method_id.map_or_else(String::new, |id| id.to_string()),
        );
        canon.decimal(format!("{path}amount"), Some(self.amount));
        canon.decimal(format!("{path}tip"), Some(self.tip));
        canon.text(format!("{path}ref"), self.reference.as_deref());
        canon.decimal(format!("{path}credit_card_surcharge"), Some(self.surcharge));
    }

    /// The method that is meant.
    pub(crate) fn method(&self, exchange: &Exchange) -> Lookup<(MethodRef, MethodKind)> {
        let id = match self.method_id {
            Some(id) => u64::try_from(id).ok(),
            None => exchange.own_method(),
        };
        id.map_or(Lookup::Unknown, |id| exchange.directory.method_by_id(id))
    }

    /// The payment for the engine.
    pub(crate) fn spec(
        &self,
        order: OrderSelector,
        method: Lookup<(MethodRef, MethodKind)>,
        keys: Vec<KeyClaim>,
    ) -> PaymentSpec {
        let (direction, amount) = match self.amount.checked_neg() {
            Ok(amount) if self.amount.is_negative() => (Direction::Refund, amount),
            _ => (Direction::Receipt, self.amount),
        };
        PaymentSpec {
            tip: self.tip,
            surcharge: self.surcharge,
            zero_allowed: true,
            tip_pays_service: true,
            method,
            reference: self.reference.clone(),
            keys,
            ..PaymentSpec::new(order, direction, AmountSpec::Exact(amount), Settle::Immediate)
        }
    }

    /// The payment as part of a new order, which carries the key.
    pub(crate) fn embedded(&self, exchange: &Exchange) -> PaymentSpec {
        self.spec(OrderSelector::Nothing, self.method(exchange), Vec::new())
    }
}

/// Changes of a payment, as sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct AmendFields {
    /// A reference that is `null` is not given: a client that leaves a field empty must not lose one.
    pub(super) reference: Option<String>,
    pub(super) tip: Option<Decimal>,
    pub(super) surcharge: Option<Decimal>,
}

impl AmendFields {
    /// Reads the fields.
    ///
    /// # Errors
    /// 400 naming the first field at fault.
    pub(super) fn read(reader: &Reader<'_, '_>, currency: Currency) -> Result<Self, ApiError> {
        let money = |name: &'static str| {
            let value = money(reader, name, Some(currency))?;
            if value.is_some_and(Decimal::is_negative) {
                return Err(ApiError::of(Fault::Negative).at(name));
            }
            Ok(value)
        };
        Ok(Self {
            reference: field::text(reader, "ref", REFERENCE_BYTES_MAX)?.value(),
            tip: money("tip")?,
            surcharge: money("credit_card_surcharge")?,
        })
    }

    /// Whether money moves by it.
    pub(super) fn moves_money(&self) -> bool {
        self.surcharge.is_some() || self.tip.is_some_and(Decimal::is_positive)
    }

    /// Adds the fields to what is compared under an idempotency key.
    pub(super) fn describe(&self, canon: &mut Canon) {
        canon.text("ref", self.reference.as_deref());
        canon.decimal("tip", Some(self.tip.unwrap_or(Decimal::ZERO)));
        canon.decimal("credit_card_surcharge", self.surcharge);
    }
}

/// Reads a money field, exactly.
fn money(
    reader: &Reader<'_, '_>,
    name: &str,
    currency: Option<Currency>,
) -> Result<Option<Decimal>, ApiError> {
    let fault = |fault| {
        let error = ApiError::of(fault).at(reader.path_of(name));
        match currency {
            Some(currency) => error.with(currency.code()),
            None => error,
        }
    };
    match reader.decimal(name) {
        Ok(Presence::Value(value)) => {
            let digits = currency.map(Currency::digits);
            if digits.is_some_and(|digits| value.fraction_digits() > digits) {
                return Err(fault(Fault::MoneyDigits));
            }
            Ok(Some(value))
        }
        Ok(Presence::Absent | Presence::Null) => Ok(None),
        Err(error) => Err(match error.found {
            Kind::TooManyDigits => fault(Fault::MoneyDigits),
            Kind::OutOfRange => fault(Fault::Range),
            _ => error.into(),
        }),
    }
}

/// Reads tip or surcharge: not negative, and none on a refund.
fn extra(
    reader: &Reader<'_, '_>,
    name: &str,
    currency: Option<Currency>,
    is_refund: bool,
) -> Result<Decimal, ApiError> {
    let value = money(reader, name, currency)?.unwrap_or(Decimal::ZERO);
    if value.is_negative() {
        return Err(ApiError::of(Fault::Negative).at(reader.path_of(name)));
    }
    if is_refund && !value.is_zero() {
        return Err(ApiError::of(Fault::OnRefund).at(reader.path_of(name)));
    }
    Ok(value)
}
