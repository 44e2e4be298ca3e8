//! The application around the engine: commits, clock and ids, the directory, credentials, tills, webhooks, queries.
//!
//! Owns: everything that happens between a decoded request and the storage port.
//! Must not know: HTTP servers, a storage backend, or any dialect's wire; dialects bring their webhook bodies through
//! [`WebhookEncoder`].

mod accounts;
mod auth;
mod background;
mod clock;
mod committer;
mod directory;
mod events;
mod expiry;
mod failure;
mod fanout;
mod guard;
mod ids;
mod limits;
mod loader;
mod metrics;
mod queries;
mod relay;
mod tender;
#[cfg(test)]
mod testing;
mod tills;
mod virtual_tills;
mod workers;

pub use auth::{
    AuthFailure, Authorization, AuthorizeFailure, AuthorizeRequest, ClientCredentials, CredentialFailure,
    CredentialFilter, CredentialId, CredentialKind, CredentialRecord, Flavour, GrantSpec, IssuedTokens,
    LoginFailure, OAuthFailure, PASSWORD_BYTES_MAX, PASSWORD_BYTES_MIN, PERSON_NAME_BYTES_MAX, Person,
    Principal, PrincipalKind, RedirectError, TokenKind, TokenRequest, TokenSpec,
};
pub use background::BackgroundTask;
pub use clock::Clock;
pub use directory::{
    Application, Device, Directory, DirectoryChange, DirectoryEvent, DirectoryKind, DiscountRule, Edit,
    Endpoint, EndpointSecret, FloorPlan, FloorTable, Item, Location, Merchant, Method, ModifierGroup,
    ModifierOption, OnlineOrdering, OrderProfile, PrinterProfile, Register, Staff,
};
pub use events::CommitEvent;
pub use expiry::ExpiryHandle;
pub use failure::Failure;
pub use fanout::{Message, WebhookEncoder, WebhookEvent};
pub use ids::Ids;
pub use limits::{Limit, PER_MINUTE_MAX, Standing};
pub use queries::{Field, OrderFilter, OrderView, Page};
pub use relay::{
    RelayHandle, Replayed, SignatureError, UrlRefusal, WEBHOOK_URL_BYTES_MAX, WebhookHeaders,
    check_webhook_url, verify_webhook,
};
pub use tender::{Caller, Done, Settings, Tender};
pub use tender_store::{FeedPosition, Op};
pub use tills::{CLAIM_WAIT_MS_MAX, Resolved};
pub use virtual_tills::{Behaviour, VirtualTillsHandle};
pub use workers::Workers;
