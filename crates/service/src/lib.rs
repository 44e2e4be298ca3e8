//! The application around the engine: commits, clock and ids, the directory, credentials, tills, webhooks, queries.
//!
//! Owns: everything that happens between a decoded request and the storage port.
//! Must not know: HTTP servers, a storage backend, or any dialect's wire; dialects bring their webhook bodies through
//! [`WebhookEncoder`].

mod clock;
mod committer;
mod directory;
mod events;
mod failure;
mod fanout;
mod ids;
mod loader;
mod queries;
mod tender;

pub use clock::Clock;
pub use directory::{
    Application, Device, Directory, DirectoryKind, DiscountRule, Endpoint, EndpointSecret, FloorPlan, FloorTable, Item, Location,
    Merchant, Method, ModifierGroup, ModifierOption, OnlineOrdering, OrderProfile, PrinterProfile, Register, Staff,
};
pub use events::CommitEvent;
pub use failure::Failure;
pub use fanout::{Message, WebhookEncoder, WebhookEvent};
pub use ids::Ids;
pub use queries::{Field, OrderFilter, OrderView, Page};
pub use tender::{Caller, Done, Settings, Tender};
