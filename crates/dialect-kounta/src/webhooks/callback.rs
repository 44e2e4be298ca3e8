//! `callback_uri`: an order's own URL that is called when its status changes.
//!
//! A call has to be as durable as every webhook, so it is one: for each URL that an application names there is one hidden
//! endpoint of the directory, and every order with that URL shares it. Its id is made from the URL, so that two
//! requests at once, or on two nodes, write the same record.

use tender_engine::{LocationId, alias_hash};
use tender_service::{DirectoryKind, Edit, Endpoint};

use super::settings::HookSettings;
use super::{endpoints, new_endpoint};
use crate::errors::ApiError;
use crate::exchange::Exchange;

/// URLs that one application has at one company. An order with one more takes the place of the one that was named
/// longest ago: an order must not fail for want of room, and the orders of that URL are long over.
pub(crate) const CALLBACKS_MAX: usize = 200;
/// How old the note of a URL's last use may become before it is written again.
const USE_NOTED_FOR_MS: i64 = 24 * 3_600_000;
/// Ids of callbacks are in the upper half of what an id can be; the clock reaches it in the year 2042.
const ID_BASE: u64 = 1 << 52;
/// The bits of a hash that fit below it.
const ID_MASK: u64 = (1 << 51) - 1;

/// Makes sure that a URL has its endpoint.
///
/// # Errors
/// When the storage is away.
pub(crate) async fn ensure(exchange: &Exchange, uri: &str) -> Result<(), ApiError> {
    let callbacks: Vec<&Endpoint> = endpoints(exchange)
        .filter(|(_, settings)| settings.callback)
        .map(|(endpoint, _)| endpoint)
        .collect();
    let now_ms = exchange.tender.now().0;
    if let Some(known) = callbacks.iter().find(|endpoint| endpoint.url == uri) {
        if now_ms.saturating_sub(known.updated_at_ms) < USE_NOTED_FOR_MS {
            return Ok(());
        }
        let note = |stored: Option<Endpoint>| {
            let mut used = stored.unwrap_or_else(|| (*known).clone());
            used.updated_at_ms = now_ms;
            (Edit::Put(used), ())
        };
        exchange
            .tender
            .edit_directory(exchange.company(), DirectoryKind::Endpoint, known.id, note)
            .await?;
        return Ok(());
    }
    let oldest = callbacks
        .iter()
        .min_by_key(|endpoint| (endpoint.updated_at_ms, endpoint.id));
    if let Some(oldest) = oldest.filter(|_| callbacks.len() >= CALLBACKS_MAX) {
        let kind = DirectoryKind::Endpoint;
        exchange
            .tender
            .delete_directory(exchange.company(), kind, oldest.id)
            .await?;
    }
    let settings = HookSettings {
        callback: true,
        ..HookSettings::default()
    };
    let mut endpoint = new_endpoint(exchange, id_of(exchange, uri), uri.to_owned(), &settings)?;
    loop {
        let add = |stored: Option<Endpoint>| match stored {
            None => (Edit::Put(endpoint.clone()), true),
            // Another request was faster.
            Some(stored) => (Edit::Keep, stored.url == uri),
        };
        let is_there = exchange
            .tender
            .edit_directory(exchange.company(), DirectoryKind::Endpoint, endpoint.id, add)
            .await?;
        if is_there {
            return Ok(());
        }
        // Two URLs of one hash: the next free number.
        endpoint.id = endpoint.id.saturating_add(1);
    }
}

fn id_of(exchange: &Exchange, uri: &str) -> u64 {
    let text = format!("{} {uri}", exchange.principal.application.0);
    let hash = alias_hash("kounta-callback", LocationId(0), &text);
    ID_BASE | (hash.high.cast_unsigned() & ID_MASK)
}
