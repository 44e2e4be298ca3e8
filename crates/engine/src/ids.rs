//! One type per kind of id, so that two of them cannot be swapped by mistake.
//!
//! Every id is a positive integer below 2^53: dialects show some of them as JSON numbers, and a JavaScript client
//! must read them exactly.

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name(pub u64);

        impl $name {
            /// The id as stored; ids are below 2^53, so nothing is lost.
            #[must_use]
            pub const fn to_i64(self) -> i64 {
                self.0.cast_signed()
            }

            /// The id from its stored form.
            #[must_use]
            pub const fn from_i64(value: i64) -> Self {
                Self(value.cast_unsigned())
            }
        }
    };
}

id!(
    /// A tenant (Lightspeed business, Kounta company, om organization).
    MerchantId
);
id!(
    /// One place with one currency (businessLocation, site).
    LocationId
);
id!(
    /// One bill.
    #[derive(Default)]
    OrderId
);
id!(
    /// An app installed on a till, with its own credential.
    DeviceId
);
id!(
    /// A configured way to pay.
    MethodId
);
id!(
    /// An API client.
    ApplicationId
);
id!(
    /// A webhook endpoint.
    EndpointId
);
id!(
    /// A piece of work for a till.
    TaskId
);
id!(
    /// An employee.
    StaffId
);
id!(
    /// One message on its way to one endpoint.
    DeliveryId
);
id!(
    /// Money that needs a person.
    CaseId
);

/// A payment is named by its order and its number on it: 1, 2, 3 … never reused.
///
/// A payment that never found an order (K-Series `ACCOUNT_NOT_FOUND`, `INVALID_TASK`) has a fresh order id that
/// names no order, and the number 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct PaymentId {
    /// The order, or a fresh id when `number` is 0.
    pub order: OrderId,
    /// From 1; 0 without an order.
    pub number: u32,
}

impl PaymentId {
    /// Whether the payment belongs to an order at all.
    #[must_use]
    pub const fn has_order(self) -> bool {
        self.number != 0
    }
}

/// A moment in milliseconds since 1970-01-01T00:00:00Z.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct Timestamp(pub i64);

impl Timestamp {
    /// The moment `ms` later (earlier when negative), saturating at the ends of time.
    #[must_use]
    pub const fn plus_ms(self, ms: i64) -> Self {
        Self(self.0.saturating_add(ms))
    }
}
