//! What just became durable, told inside this process to whoever waits: long polls, event streams, the relay.

use tender_engine::{EndpointId, LocationId, MerchantId};

/// One commit's news. A hint: receivers read the truth from the store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CommitEvent {
    /// A merchant's journal grew.
    Journal(MerchantId),
    /// A till task became available at a location.
    Task(LocationId),
    /// A delivery to an endpoint is due.
    Delivery(EndpointId),
    /// A merchant's directory changed.
    Directory(MerchantId),
}
