//! `GET /api/v1/events`: the journal as a feed, as pages or as a stream.
//!
//! An event is a journal entry. The feed has every entry of the merchant in commit order and without gaps, so a reader that
//! remembers the last `id` it handled misses nothing and sees nothing twice.

mod cursor;
mod list;
pub(crate) mod openapi;
mod render;
mod stream;

pub(crate) use list::events;
pub(crate) use stream::BUSY_RETRY_S;
