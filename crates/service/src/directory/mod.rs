//! The directory: who and what there is. Merchants, locations, methods, staff, devices, applications, webhook
//! endpoints, the catalogue.
//!
//! Configuration is small, read on every request and changed rarely: a merchant's whole directory is kept in memory
//! and read again when it changes. Nothing here decides about money.

mod cache;
mod change;
mod load;
mod records;

pub use change::{DirectoryChange, DirectoryEvent, Edit};
pub use load::{Directory, DirectoryKind};
pub use records::{
    Application, Device, DiscountRule, Endpoint, EndpointSecret, FloorPlan, FloorTable, Item, Location,
    Merchant, Method, ModifierGroup, ModifierOption, OnlineOrdering, OrderProfile, PrinterProfile, Register,
    Staff,
};

pub(crate) use cache::DirectoryCache;
pub(crate) use load::{directory_row, endpoint_key, read as read_record};
