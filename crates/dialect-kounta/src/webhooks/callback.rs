//! `callback_uri`: an order's own URL that is called when its status changes.
//!
//! A call has to be as durable as every webhook, so it is one: for each URL that an application names there is one hidden
//! endpoint of the directory, and every order with that URL shares it. Its id is made from the URL, so that two
//! requests at once, or on two nodes, write the same record.

use tender_engine::{LocationId, alias_hash};

use super::settings::HookSettings;
use super::{endpoints, new_endpoint, put};
use crate::errors::ApiError;
use crate::exchange::Exchange;

/// URLs that one application may name at one company.
const CALLBACKS_MAX: usize = 100;
/// Ids of callbacks are in the upper half of what an id can be; the clock reaches it in the year 2042.
const ID_BASE: u64 = 1 << 52;
/// The bits of a hash that fit below it.
const ID_MASK: u64 = (1 << 51) - 1;

/// Makes sure that a URL has its endpoint.
///
/// # Errors
/// 400 for one URL too many, or the storage is away.
pub(crate) async fn ensure(exchange: &Exchange, uri: &str) -> Result<(), ApiError> {
    let callbacks = || endpoints(exchange).filter(|(_, settings)| settings.callback);
    if callbacks().any(|(endpoint, _)| endpoint.url == uri) {
        return Ok(());
    }
    if callbacks().count() >= CALLBACKS_MAX {
        return Err(ApiError::field(
            "callback_uri",
            "too many different callback_uri",
            "Use one URL for many orders: the body says which order it is about.",
        ));
    }
    let mut id = id_of(exchange, uri);
    while exchange.directory.endpoints.contains_key(&id) {
        // Two URLs of one hash: the next free number.
        id = id.saturating_add(1);
    }
    let settings = HookSettings {
        callback: true,
        ..HookSettings::default()
    };
    let endpoint = new_endpoint(exchange, id, uri.to_owned(), &settings)?;
    put(exchange, &endpoint).await
}

fn id_of(exchange: &Exchange, uri: &str) -> u64 {
    let text = format!("{} {uri}", exchange.principal.application.0);
    let hash = alias_hash("kounta-callback", LocationId(0), &text);
    ID_BASE | (hash.high.cast_unsigned() & ID_MASK)
}
