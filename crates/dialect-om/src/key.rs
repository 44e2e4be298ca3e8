//! Idempotency keys of create (spec om row 44): the header, and the command in the form that tells a retry from another
//! command.

use std::collections::BTreeMap;

use axum::http::HeaderMap;
use tender_engine::{AmountSpec, Direction, KeyClaim, KeySpace, PaymentSpec, PaymentState, Settle};
use tender_wire::{Json, Object};

use crate::errors::Keyed;

/// The header's name in errors.
pub const HEADER: &str = "Idempotency-Key";
/// Longest key.
const KEY_CHARS_MAX: usize = 64;

/// The key, when one was sent.
///
/// # Errors
/// What is wrong with it.
pub fn header(headers: &HeaderMap) -> Result<Option<&str>, &'static str> {
    const RULE: &str = "Idempotency-Key must be given once, as 1 to 64 visible ASCII characters";
    let mut values = headers.get_all(HEADER).iter();
    let Some(value) = values.next() else {
        return Ok(None);
    };
    let key = value.to_str().map_err(|_| RULE)?;
    let is_visible = key.bytes().all(|byte| byte.is_ascii_graphic());
    if values.next().is_some() || key.is_empty() || key.len() > KEY_CHARS_MAX || !is_visible {
        return Err(RULE);
    }
    Ok(Some(key))
}

/// Whether a key was sent, so that the request can safely be sent again.
pub fn sent(headers: &HeaderMap) -> Keyed {
    if headers.contains_key(HEADER) {
        Keyed::Yes
    } else {
        Keyed::No
    }
}

/// What a decoded command does not hold in the caller's words.
#[derive(Debug)]
pub struct Texts<'t> {
    /// `orderId`.
    pub order: &'t str,
    /// `methodId`, which may name no method.
    pub method: Option<&'t str>,
    /// `sourcePaymentId`, which may name no payment.
    pub source: Option<&'t str>,
    /// `attrs`.
    pub attributes: Option<&'t Object<'t>>,
}

/// A claim of the key for a command. Equal commands have equal fields, however they were spelled and whichever defaults
/// were left out.
pub fn claim(key: &str, command: &PaymentSpec, texts: &Texts<'_>) -> KeyClaim {
    let mut fields: Vec<(String, String)> = Vec::new();
    let mut field = |name: &str, value: Option<String>| {
        if let Some(value) = value {
            fields.push((format!("params.{name}"), value));
        }
    };
    let owned = |text: &Option<String>| text.clone();
    field("orderId", Some(texts.order.to_owned()));
    field("type", Some(direction(command.direction).to_owned()));
    field("custom", Some(command.custom.to_string()));
    field(
        "amount",
        match command.amount {
            AmountSpec::Exact(amount) => Some(amount.to_string()),
            AmountSpec::Remaining => None,
        },
    );
    field("methodId", texts.method.map(str::to_owned));
    field("customerUid", owned(&command.customer));
    field("status", Some(status(&command.settle).to_string()));
    field("sourcePaymentId", texts.source.map(str::to_owned));
    field("transactionRef", owned(&command.transaction_ref));
    field("attrs", texts.attributes.and_then(attributes));
    field("invoiceId", owned(&command.invoice));
    field("note", owned(&command.note));
    KeyClaim {
        space: KeySpace::IdempotencyKey,
        text: key.to_owned(),
        fields,
        refuse_repeats: false,
    }
}

const fn direction(direction: Direction) -> &'static str {
    match direction {
        Direction::Receipt => "receipt",
        Direction::Refund => "refund",
    }
}

/// The number under which the ledger stores the state that the payment is to have.
const fn status(settle: &Settle) -> i64 {
    match settle {
        Settle::Open(state) => state.number(),
        Settle::Immediate | Settle::Till(_) => PaymentState::Complete.number(),
    }
}

/// The attributes that are stored; `None` when none are.
fn attributes(object: &Object<'_>) -> Option<String> {
    let stored = object.iter().filter(|(_, value)| !value.is_null());
    let members: BTreeMap<&str, String> = stored.map(|(name, value)| (name, canonical(value))).collect();
    (!members.is_empty()).then(|| braced(&members))
}

/// JSON with sorted members and plain numbers.
fn canonical(json: &Json<'_>) -> String {
    match json {
        Json::Object(object) => {
            let members = object.iter().map(|(name, value)| (name, canonical(value)));
            braced(&members.collect())
        }
        Json::Array(items) => {
            let items: Vec<String> = items.iter().map(canonical).collect();
            format!("[{}]", items.join(","))
        }
        Json::Number(number) => match number.decimal() {
            Ok(decimal) => decimal.to_string(),
            Err(_) => number.as_str().to_owned(),
        },
        other => other.to_text(),
    }
}

fn braced(members: &BTreeMap<&str, String>) -> String {
    let members: Vec<String> = members
        .iter()
        .map(|(name, value)| format!("{name:?}:{value}"))
        .collect();
    format!("{{{}}}", members.join(","))
}
