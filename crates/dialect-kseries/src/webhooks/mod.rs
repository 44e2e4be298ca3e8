//! Webhook endpoints and their associations with business locations (spec, section 6).

mod associate;
mod encode;
mod route;
mod settings;
mod store;
mod wire;

pub(crate) use associate::{associate, associations, dissociate};
pub(crate) use route::{create, delete, read, update};
pub(crate) use settings::EndpointSettings;
pub(crate) use store::{DIALECT, lookup};
