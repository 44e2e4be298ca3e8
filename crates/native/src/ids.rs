//! Ids on the wire: prefixed text for what the server numbers, plain decimal text for locations, devices and staff.
//!
//! Owns: which id has which form. Must not know: whether anything with an id exists. A text that is no id names
//! nothing, so reading answers `None` and the caller says "not found", as it does for another merchant's ids.

use std::fmt;

use tender_engine::{
    ApplicationId, CaseId, DeliveryId, DeviceId, EndpointId, LocationId, MerchantId, MethodId, OrderId,
    PaymentId, StaffId, TaskId,
};
use tender_wire::ids_text;

#[cfg(test)]
mod tests;

/// An id's text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct WireId {
    /// Empty for ids that are plain numbers.
    prefix: &'static str,
    number: u64,
    /// The second number of a payment's id.
    part: Option<u32>,
}

impl fmt::Display for WireId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.prefix.is_empty() {
            write!(f, "{}_", self.prefix)?;
        }
        write!(f, "{}", self.number)?;
        match self.part {
            Some(part) => write!(f, "_{part}"),
            None => Ok(()),
        }
    }
}

const fn prefixed(prefix: &'static str, number: u64) -> WireId {
    WireId {
        prefix,
        number,
        part: None,
    }
}

/// Something that has an id's text.
pub(crate) trait OnTheWire {
    /// Its text.
    fn wire(self) -> WireId;
}

macro_rules! on_the_wire {
    ($($id:ident $prefix:expr;)*) => {
        $(impl OnTheWire for $id {
            fn wire(self) -> WireId {
                prefixed($prefix, self.0)
            }
        })*
    };
}

on_the_wire! {
    OrderId ids_text::ORDER;
    MethodId ids_text::METHOD;
    MerchantId ids_text::MERCHANT;
    TaskId ids_text::TASK;
    EndpointId ids_text::ENDPOINT;
    DeliveryId ids_text::DELIVERY;
    CaseId ids_text::CASE;
    ApplicationId ids_text::APPLICATION;
    LocationId "";
    DeviceId "";
    StaffId "";
}

impl OnTheWire for PaymentId {
    fn wire(self) -> WireId {
        WireId {
            prefix: ids_text::PAYMENT,
            number: self.order.0,
            part: Some(self.number),
        }
    }
}

pub(crate) fn read_order(text: &str) -> Option<OrderId> {
    ids_text::read(ids_text::ORDER, text).map(OrderId)
}

pub(crate) fn read_payment(text: &str) -> Option<PaymentId> {
    let (order, number) = ids_text::read_payment(text)?;
    Some(PaymentId {
        order: OrderId(order),
        number,
    })
}

pub(crate) fn read_task(text: &str) -> Option<TaskId> {
    ids_text::read(ids_text::TASK, text).map(TaskId)
}

pub(crate) fn read_endpoint(text: &str) -> Option<EndpointId> {
    ids_text::read(ids_text::ENDPOINT, text).map(EndpointId)
}

pub(crate) fn read_delivery(text: &str) -> Option<DeliveryId> {
    ids_text::read(ids_text::DELIVERY, text).map(DeliveryId)
}

pub(crate) fn read_case(text: &str) -> Option<CaseId> {
    ids_text::read(ids_text::CASE, text).map(CaseId)
}

pub(crate) fn read_application(text: &str) -> Option<ApplicationId> {
    ids_text::read(ids_text::APPLICATION, text).map(ApplicationId)
}

/// Reads a plain decimal id: no sign, no leading zeros, below 2^53.
pub(crate) fn read_plain(text: &str) -> Option<u64> {
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let canonical = digits && (text == "0" || !text.starts_with('0'));
    if !canonical {
        return None;
    }
    text.parse().ok().filter(|number| *number < ids_text::ID_END)
}
