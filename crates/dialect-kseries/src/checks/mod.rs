//! Reading checks (spec, section 8): the snapshot that the check calls and order notifications share, and the routes.

mod lines;
mod route;
mod snapshot;

pub(crate) use route::{by_account, by_table, open_checks};
pub(crate) use snapshot::{Shape, write_snapshot};
