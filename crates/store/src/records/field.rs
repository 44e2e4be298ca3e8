//! How single values of the engine are written in documents.
//!
//! Amounts are JSON integers, decimals their text, currencies and enumerations their stable codes, hashes base64,
//! pairs of texts arrays of two (so that their order, and even repeated names, survive).

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::de::{Deserialize, Deserializer, Unexpected, Visitor};
use tender_engine::{
    ApplicationId, CaseReason, DeliveryState, DeviceId, Direction, EndpointId, FailureCode, Hash256,
    KeySpace, Ledger, LocationId, MethodId, MoneyField, OrderId, PaymentId, Posting, StaffId, TaskId,
    Timestamp, Via,
};
use tender_money::{Currency, Decimal};

use super::document::{Document, read_document, write_document};
use super::json::Json;

/// A value inside a document.
pub(super) trait Field: Sized + PartialEq {
    /// Writes it.
    fn write(&self, to: &mut Json);

    /// Reads it.
    fn read<'de, D: Deserializer<'de>>(from: D) -> Result<Self, D::Error>;

    /// What a missing member stands for; `None` when it must be there.
    fn absent() -> Option<Self> {
        None
    }
}

/// Carries a [`Field`] through serde, to be read.
pub(super) struct Stored<T>(pub(super) T);

impl<'de, T: Field> Deserialize<'de> for Stored<T> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        T::read(from).map(Self)
    }
}

impl<T: Document<Columns = ()> + PartialEq> Field for T {
    fn write(&self, to: &mut Json) {
        write_document(self, to);
    }

    fn read<'de, D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        read_document((), from)
    }
}

impl<T: Field> Field for Option<T> {
    fn write(&self, to: &mut Json) {
        match self {
            Some(value) => value.write(to),
            None => to.null(),
        }
    }

    fn read<'de, D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        Ok(Option::<Stored<T>>::deserialize(from)?.map(|value| value.0))
    }

    fn absent() -> Option<Self> {
        Some(None)
    }
}

impl<T: Field> Field for Vec<T> {
    fn write(&self, to: &mut Json) {
        to.array(self, T::write);
    }

    fn read<'de, D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let values = Vec::<Stored<T>>::deserialize(from)?;
        Ok(values.into_iter().map(|value| value.0).collect())
    }

    fn absent() -> Option<Self> {
        Some(Self::new())
    }
}

/// Types that serde knows; a missing member is their default.
macro_rules! plain {
    ($($kind:ty, $write:expr;)+) => {$(
        impl Field for $kind {
            fn write(&self, to: &mut Json) {
                let write: fn(&Self, &mut Json) = $write;
                write(self, to);
            }

            fn read<'de, D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
                Self::deserialize(from)
            }

            fn absent() -> Option<Self> {
                Some(Self::default())
            }
        }
    )+};
}
plain! {
    bool, |value, to| to.boolean(*value);
    i64, |value, to| to.number(*value);
    u16, |value, to| to.number(*value);
    u32, |value, to| to.number(*value);
    u64, |value, to| to.number(*value);
    usize, |value, to| to.number(*value);
    String, |value, to| to.text(value);
    (String, String), |(first, second), to| to.pair(first, second);
}

/// Types around one number. There is no id and no moment to stand for a missing one.
macro_rules! number {
    ($($kind:ident),+ $(,)?) => {$(
        impl Field for $kind {
            fn write(&self, to: &mut Json) {
                to.number(self.0);
            }

            fn read<'de, D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
                Ok(Self(Deserialize::deserialize(from)?))
            }
        }
    )+};
}
number!(
    ApplicationId,
    DeviceId,
    EndpointId,
    LocationId,
    MethodId,
    OrderId,
    StaffId,
    TaskId,
    Timestamp,
);

/// Enumerations that have stable codes of their own.
macro_rules! coded {
    ($($kind:ident),+ $(,)?) => {$(
        impl Field for $kind {
            fn write(&self, to: &mut Json) {
                to.code(self.code());
            }

            fn read<'de, D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
                read_text(from, stringify!($kind), |text| {
                    Self::ALL.into_iter().find(|member| member.code() == text)
                })
            }
        }
    )+};
}
coded!(CaseReason, FailureCode, Via);

/// Enumerations that get their stored names here, with the member that a missing one stands for.
macro_rules! named {
    ($kind:ident { $($member:ident = $name:literal),+ $(,)? } $(or $default:ident)?) => {
        impl Field for $kind {
            fn write(&self, to: &mut Json) {
                to.code(match self {
                    $(Self::$member => $name,)+
                });
            }

            fn read<'de, D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
                read_text(from, stringify!($kind), |text| match text {
                    $($name => Some(Self::$member),)+
                    _ => None,
                })
            }

            $(fn absent() -> Option<Self> {
                Some(Self::$default)
            })?
        }
    };
}
named!(Direction { Receipt = "receipt", Refund = "refund" } or Receipt);
named!(DeliveryState {
    Pending = "pending",
    Delivered = "delivered",
    Exhausted = "exhausted",
    Dropped = "dropped",
} or Pending);
named!(KeySpace {
    PaymentReference = "payment",
    OrderReference = "order",
    IdempotencyKey = "idempotency",
});
named!(MoneyField {
    Amount = "amount",
    Tip = "tip",
    Surcharge = "surcharge",
    Line = "line",
    Service = "service",
});

impl Field for Currency {
    fn write(&self, to: &mut Json) {
        to.code(self.code());
    }

    fn read<'de, D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        read_text(from, "Currency", Self::from_code)
    }
}

impl Field for Decimal {
    fn write(&self, to: &mut Json) {
        to.code(&self.to_string());
    }

    fn read<'de, D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        read_text(from, "Decimal", |text| Self::parse(text).ok())
    }
}

/// The length of a hash in base64.
const HASH_TEXT_LEN: usize = 43;
/// What the decoder wants to have room for: the length of a hash in whole groups of three bytes.
const HASH_ROOM: usize = 33;

impl Field for Hash256 {
    fn write(&self, to: &mut Json) {
        let mut text = [0; HASH_TEXT_LEN];
        URL_SAFE_NO_PAD
            .encode_slice(self, &mut text)
            .expect("every hash has this length in base64");
        to.code(std::str::from_utf8(&text).expect("base64 is ASCII"));
    }

    fn read<'de, D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        read_text(from, "hash", |text| {
            let mut room = [0; HASH_ROOM];
            let len = URL_SAFE_NO_PAD.decode_slice(text, &mut room).ok()?;
            Self::try_from(room.get(..len)?).ok()
        })
    }

    /// The chain of an order begins with zeros.
    fn absent() -> Option<Self> {
        Some([0; 32])
    }
}

/// `[order, number]`
impl Field for PaymentId {
    fn write(&self, to: &mut Json) {
        to.pair(&self.order, &self.number);
    }

    fn read<'de, D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let (order, number) = Deserialize::deserialize(from)?;
        Ok(Self {
            order: OrderId(order),
            number,
        })
    }
}

impl Field for Ledger {
    fn write(&self, to: &mut Json) {
        to.code(&self.to_string());
    }

    fn read<'de, D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        read_text(from, "Ledger", Self::from_text)
    }
}

/// `[ledger, amount]`
impl Field for Posting {
    fn write(&self, to: &mut Json) {
        to.pair(&self.ledger, &self.amount_minor);
    }

    fn read<'de, D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let (Stored(ledger), amount_minor) = Deserialize::deserialize(from)?;
        Ok(Self { ledger, amount_minor })
    }
}

/// Reads a text and makes a value of it, or refuses the text.
pub(super) fn read_text<'de, D: Deserializer<'de>, T>(
    from: D,
    what: &'static str,
    parse: impl FnOnce(&str) -> Option<T>,
) -> Result<T, D::Error> {
    struct Text<F> {
        what: &'static str,
        parse: F,
    }

    impl<T, F: FnOnce(&str) -> Option<T>> Visitor<'_> for Text<F> {
        type Value = T;

        fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            write!(f, "the text of a {}", self.what)
        }

        fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<T, E> {
            let what = self.what;
            (self.parse)(text).ok_or_else(|| {
                E::invalid_value(Unexpected::Str(text), &format!("the text of a {what}").as_str())
            })
        }
    }

    from.deserialize_str(Text { what, parse })
}
