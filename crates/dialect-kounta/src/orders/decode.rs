//! What a request says about an order, besides its lines and payments.

use tender_engine::{LABELS_PER_ORDER_MAX, Timestamp};
use tender_money::Decimal;
use tender_wire::{Presence, Reader};

use super::labels;
use super::status::Status;
use crate::errors::{ApiError, Fault};
use crate::field::{self, NAME_BYTES_MAX, NOTES_BYTES_MAX};
use crate::idempotency::Canon;

/// The one thing that can be locked.
const LOCK_PAYMENTS: &str = "PAYMENTS";

// Ours are nine; an order that was made elsewhere may bring its own.
const _: () = assert!(LABELS_PER_ORDER_MAX > 9);

/// The fields, as sent.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct OrderFields {
    pub(crate) site_id: Presence<u64>,
    pub(crate) register_id: Presence<u64>,
    pub(crate) sale_number: Presence<String>,
    pub(crate) status: Option<Status>,
    pub(crate) notes: Presence<String>,
    pub(crate) customer_id: Presence<u64>,
    pub(crate) order_type: Presence<String>,
    pub(crate) guests: Presence<u32>,
    pub(crate) price_variation: Option<Decimal>,
    pub(crate) price_limit: Presence<Decimal>,
    pub(crate) callback_uri: Presence<String>,
    pub(crate) payments_locked: Option<bool>,
    pub(crate) complete_when_paid: Option<bool>,
    pub(crate) pass_thru_printing: Presence<bool>,
    pub(crate) placed_at: Presence<Timestamp>,
    pub(crate) fulfil_at: Presence<Timestamp>,
}

impl OrderFields {
    /// Reads the fields in the order in which the dialect documents them.
    ///
    /// # Errors
    /// 400 naming the first field at fault.
    pub(crate) fn read(reader: &Reader<'_, '_>, private_urls: bool) -> Result<Self, ApiError> {
        Ok(Self {
            site_id: field::id(reader, "site_id")?,
            register_id: field::id(reader, "register_id")?,
            sale_number: field::text(reader, "sale_number", NAME_BYTES_MAX)?,
            status: status(reader)?,
            notes: field::text(reader, "notes", NOTES_BYTES_MAX)?,
            customer_id: field::id(reader, "customer_id")?,
            order_type: field::text(reader, "order_type", NAME_BYTES_MAX)?,
            guests: guests(reader)?,
            price_variation: field::rate(reader, "price_variation")?.value(),
            price_limit: field::rate(reader, "price_limit")?,
            callback_uri: field::url(reader, "callback_uri", private_urls)?,
            payments_locked: lock(reader)?,
            complete_when_paid: reader.bool("complete_when_paid")?.value(),
            pass_thru_printing: reader.bool("pass_thru_printing")?,
            placed_at: field::moment(reader, "placed_at")?,
            fulfil_at: field::moment(reader, "fulfil_at")?,
        })
    }

    /// The labels to set and to remove.
    pub(crate) fn labels(&self) -> Vec<(String, Option<String>)> {
        let mut changes = Vec::new();
        let mut add = |name: &str, value: Presence<String>| match value {
            Presence::Absent => {}
            Presence::Null => changes.push((name.to_owned(), None)),
            Presence::Value(text) => changes.push((name.to_owned(), Some(text))),
        };
        add(labels::REGISTER, self.register_id.map(|id| id.to_string()));
        add(labels::CUSTOMER, self.customer_id.map(|id| id.to_string()));
        add(labels::ORDER_TYPE, self.order_type.clone());
        add(labels::CALLBACK_URI, self.callback_uri.clone());
        add(labels::PLACED_AT, self.placed_at.map(|at| at.0.to_string()));
        add(labels::FULFIL_AT, self.fulfil_at.map(|at| at.0.to_string()));
        add(
            labels::PRICE_LIMIT,
            self.price_limit.map(|limit| limit.to_string()),
        );
        add(
            labels::PASS_THRU_PRINTING,
            self.pass_thru_printing.map(|wanted| wanted.to_string()),
        );
        changes
    }

    /// Adds the fields to what is compared under an idempotency key.
    pub(crate) fn describe(&self, site: u64, canon: &mut Canon) {
        canon.id("site_id", Some(site));
        canon.id("register_id", self.register_id.value());
        canon.text("sale_number", self.sale_number.clone().value().as_deref());
        canon.text("status", self.status.map(Status::word));
        canon.text("notes", self.notes.clone().value().as_deref());
        canon.id("customer_id", self.customer_id.value());
        canon.text("order_type", self.order_type.clone().value().as_deref());
        canon.id("guests", self.guests.value().map(u64::from));
        canon.decimal("price_variation", self.price_variation);
        canon.decimal("price_limit", self.price_limit.value());
        canon.text("callback_uri", self.callback_uri.clone().value().as_deref());
        canon.add("lock", self.payments_locked.unwrap_or_default());
        canon.add("complete_when_paid", self.complete_when_paid.unwrap_or_default());
        canon.add(
            "pass_thru_printing",
            self.pass_thru_printing.value().unwrap_or_default(),
        );
        for (name, at) in [("placed_at", self.placed_at), ("fulfil_at", self.fulfil_at)] {
            canon.text(name, at.value().map(|at| at.0.to_string()).as_deref());
        }
    }
}

fn status(reader: &Reader<'_, '_>) -> Result<Option<Status>, ApiError> {
    let Some(word) = reader.string("status")?.value() else {
        return Ok(None);
    };
    let status = Status::parse(word);
    status
        .map(Some)
        .ok_or_else(|| ApiError::of(Fault::StatusUnknown).at("status"))
}

fn guests(reader: &Reader<'_, '_>) -> Result<Presence<u32>, ApiError> {
    let guests = reader.i64("guests")?;
    match guests {
        Presence::Absent => Ok(Presence::Absent),
        Presence::Null => Ok(Presence::Null),
        Presence::Value(guests) => {
            let guests = u32::try_from(guests);
            let guests = guests.map_err(|_| ApiError::of(Fault::Range).at("guests"))?;
            Ok(Presence::Value(guests))
        }
    }
}

/// A lock that is not known is refused: what the client believes locked would not be.
fn lock(reader: &Reader<'_, '_>) -> Result<Option<bool>, ApiError> {
    let entries = match reader.array("lock")? {
        Presence::Absent => return Ok(None),
        Presence::Null => return Ok(Some(false)),
        Presence::Value(entries) => entries,
    };
    for entry in entries.iter() {
        if entry.read::<&str>()? != LOCK_PAYMENTS {
            return Err(ApiError::of(Fault::LockUnknown).at("lock"));
        }
    }
    Ok(Some(!entries.is_empty()))
}
