//! `callback_uri`: an order's own URL that is called when its status changes.
//!
//! Owns: which of these URLs have an endpoint, and which may lose it. Must not know: what is told, or when.
//!
//! A call has to be as durable as every webhook, so it is one: for each URL that an application names there is one hidden
//! endpoint of the directory, and every order with that URL shares it. Its id is made from the company, the application and
//! the URL, so that two requests at once, or on two nodes, write the same record.
//!
//! An endpoint has to be there before its order is, or the first change of the status could be lost; and must not go while
//! an order may still need it. So it is made first, and what it takes the place of goes only when the order stands. Who
//! names a URL that is there already leaves a note of that on its endpoint, and one whose note is young stays, because the
//! order of that request may not be written yet. An order that goes on naming its own URL keeps it by that.

use std::collections::BTreeSet;

use tender_engine::{EndpointId, LocationId, OrderState, alias_hash};
use tender_service::{DirectoryKind, Edit, Endpoint, Failure, Field, Op, OrderFilter};

use super::encoder::calls_back;
use super::settings::{HookSettings, is_callback};
use super::{endpoints, new_endpoint};
use crate::errors::{ApiError, Fault};
use crate::exchange::Exchange;

/// URLs that one application has at one company. One more takes the place of one that no open order names and that has
/// nothing left to be told, or was switched off; when there is none, an order that names one more is refused.
pub(crate) const CALLBACKS_MAX: usize = 200;
/// How old the note of a URL's last use may become before it is written again.
const USE_NOTED_FOR_MS: i64 = 5 * 60_000;
/// How old the note has to be before the URL may go: by as much longer as a request takes that saw the note, on a node whose
/// copy of the directory was late.
pub(crate) const KEPT_AFTER_USE_MS: i64 = USE_NOTED_FOR_MS + 2 * 60_000;
/// Open orders of a company that are looked at for the URLs they name. When there are more, no URL goes.
const ORDERS_LOOKED_AT_MAX: usize = 10_000;
/// Orders that are read at once.
const ORDERS_PER_READ: u32 = 500;
/// Ids of callbacks are in the upper half of what an id can be; the clock reaches it in the year 2042.
const ID_BASE: u64 = 1 << 52;
/// The bits of a hash that fit below it.
const ID_MASK: u64 = (1 << 51) - 1;

/// A URL that has its endpoint, and what is left to do about it when the order's fate is known.
#[derive(Debug, Default)]
#[must_use = "what becomes of the order decides which endpoints stay"]
pub(crate) struct Callback {
    /// The endpoint that was made for this request.
    made: Option<Endpoint>,
    /// Those that it takes the place of.
    replaced: Vec<Endpoint>,
}

/// Makes sure that a URL has its endpoint, for an order that is to be written next.
///
/// # Errors
/// [`Fault::CallbacksFull`] when there are as many as are kept and all are needed, or the storage is away.
pub(crate) async fn ensure(exchange: &Exchange, uri: &str) -> Result<Callback, ApiError> {
    match secure(exchange, uri).await {
        Ok(Some(callback)) => Ok(callback),
        Ok(None) => Err(ApiError::of(Fault::CallbacksFull).at("callback_uri")),
        // Nothing of the order was tried yet, and whatever was written of the endpoint is found by the next request.
        Err(Failure::OutcomeUnknown) => Err(Failure::Busy { retry_after_s: 1 }.into()),
        Err(failure) => Err(failure.into()),
    }
}

/// Whether a URL has its endpoint already, and is called there. One that was switched off is not, and may lose its place
/// together with what waits for it.
pub(crate) fn is_called(exchange: &Exchange, uri: &str) -> bool {
    callbacks(exchange).any(|endpoint| endpoint.url == uri && !endpoint.disabled)
}

fn callbacks(exchange: &Exchange) -> impl Iterator<Item = &Endpoint> {
    endpoints(exchange).filter(|endpoint| is_callback(endpoint))
}

/// As [`ensure`]; `None` when there is no room.
async fn secure(exchange: &Exchange, uri: &str) -> Result<Option<Callback>, Failure> {
    let callbacks: Vec<&Endpoint> = callbacks(exchange).collect();
    let now_ms = exchange.tender.now().0;
    if let Some(known) = callbacks.iter().find(|endpoint| endpoint.url == uri) {
        if is_freshly_noted(known, now_ms) {
            return Ok(Some(Callback::default()));
        }
        let note = |stored: Option<Endpoint>| match stored {
            Some(stored) => (noted(stored, now_ms), ()),
            // Gone meanwhile, it comes back.
            None => (noted((*known).clone(), now_ms), ()),
        };
        exchange
            .tender
            .edit_directory(exchange.company(), DirectoryKind::Endpoint, known.id, note)
            .await?;
        return Ok(Some(Callback::default()));
    }
    let surplus = callbacks.len().saturating_add(1).saturating_sub(CALLBACKS_MAX);
    let replaced = match surplus {
        0 => Vec::new(),
        _ => replaceable(exchange, &callbacks, surplus).await?,
    };
    if replaced.len() < surplus {
        return Ok(None);
    }
    let settings = HookSettings {
        callback: true,
        ..HookSettings::default()
    };
    let mut endpoint = new_endpoint(exchange, id_of(exchange, uri), uri.to_owned(), &settings)?;
    loop {
        let add = |stored: Option<Endpoint>| match stored {
            None => (Edit::Put(endpoint.clone()), Added::Made),
            // Another request was faster.
            Some(stored) if stored.url == uri => (noted(stored, now_ms), Added::Shared),
            Some(_) => (Edit::Keep, Added::Taken),
        };
        let added = exchange
            .tender
            .edit_directory(exchange.company(), DirectoryKind::Endpoint, endpoint.id, add)
            .await?;
        match added {
            Added::Made => {
                return Ok(Some(Callback {
                    made: Some(endpoint),
                    replaced,
                }));
            }
            Added::Shared => return Ok(Some(Callback::default())),
            // Two URLs of one hash: the next free number.
            Added::Taken => endpoint.id = endpoint.id.saturating_add(1),
        }
    }
}

/// What became of a try to add an endpoint.
enum Added {
    Made,
    Shared,
    Taken,
}

/// Whether another request than the one that made the endpoint has named its URL, and lately.
const fn is_freshly_noted(endpoint: &Endpoint, now_ms: i64) -> bool {
    let is_noted = endpoint.updated_at_ms > endpoint.created_at_ms;
    is_noted && now_ms.saturating_sub(endpoint.updated_at_ms) < USE_NOTED_FOR_MS
}

/// Notes that a URL is named, unless somebody has just done so: many requests at once write one note.
fn noted(endpoint: Endpoint, now_ms: i64) -> Edit<Endpoint> {
    if is_freshly_noted(&endpoint, now_ms) {
        return Edit::Keep;
    }
    let at_least_ms = endpoint
        .updated_at_ms
        .max(endpoint.created_at_ms)
        .saturating_add(1);
    Edit::Put(Endpoint {
        updated_at_ms: now_ms.max(at_least_ms),
        ..endpoint
    })
}

/// Endpoints that nobody needs any more, those first that were named longest ago; `wanted` at most.
async fn replaceable(
    exchange: &Exchange,
    callbacks: &[&Endpoint],
    wanted: usize,
) -> Result<Vec<Endpoint>, Failure> {
    let latest_ms = exchange.tender.now().0.saturating_sub(KEPT_AFTER_USE_MS);
    let mut idle: Vec<&Endpoint> = callbacks
        .iter()
        .copied()
        .filter(|endpoint| endpoint.updated_at_ms <= latest_ms)
        .collect();
    idle.sort_by_key(|endpoint| (endpoint.updated_at_ms, endpoint.id));
    if !idle.is_empty() {
        let Some(needed) = needed_by_open_orders(exchange, &idle).await? else {
            return Ok(Vec::new());
        };
        idle.retain(|endpoint| !needed.contains(&endpoint.id));
    }
    let mut replaceable = Vec::new();
    for endpoint in idle {
        if replaceable.len() >= wanted {
            break;
        }
        // An order's last change may still be on its way, except to where nothing is sent any more. It is looked for after the
        // orders: one that was closed by then has its message in the same commit.
        let id = EndpointId(endpoint.id);
        if endpoint.disabled || !exchange.tender.has_pending_deliveries(id).await? {
            replaceable.push(endpoint.clone());
        }
    }
    Ok(replaceable)
}

/// Which of these endpoints open orders name; `None` when there are too many orders to say. Locations are looked at one by
/// one: each has its open orders next to each other in the index, however many of them there are.
async fn needed_by_open_orders(
    exchange: &Exchange,
    callbacks: &[&Endpoint],
) -> Result<Option<BTreeSet<u64>>, Failure> {
    let mut needed = BTreeSet::new();
    let mut left = ORDERS_LOOKED_AT_MAX;
    for location in exchange.directory.locations.keys().copied().map(LocationId) {
        let open = OrderFilter::default()
            .with(Field::Location, Op::Eq, location.to_i64())
            .with(Field::State, Op::Eq, OrderState::Open.number());
        let mut filter = open.clone();
        loop {
            let page = exchange
                .tender
                .order_heads(exchange.company(), &filter, 0, ORDERS_PER_READ)
                .await?;
            let Some(rest) = left.checked_sub(page.items.len()) else {
                return Ok(None);
            };
            left = rest;
            for order in &page.items {
                let named = callbacks.iter().filter(|endpoint| calls_back(endpoint, order));
                needed.extend(named.map(|endpoint| endpoint.id));
            }
            match page.items.last() {
                Some(last) if page.more => filter = open.clone().with(Field::Id, Op::Lt, last.id.to_i64()),
                _ => break,
            }
        }
    }
    Ok(Some(needed))
}

impl Callback {
    /// Ends what was begun, now that the order's fate is known. What cannot be done about it now is found by a later order.
    pub(crate) async fn settle<T: Sync>(self, exchange: &Exchange, outcome: &Result<T, Failure>) {
        let useless = match outcome {
            Ok(_) => self.replaced,
            // The order may stand, or it may not.
            Err(Failure::OutcomeUnknown) => Vec::new(),
            Err(_) => self.made.into_iter().collect(),
        };
        for endpoint in useless {
            let is_unused = |stored: &Endpoint| stored.updated_at_ms == endpoint.updated_at_ms;
            let remove = |stored: Option<Endpoint>| match stored.filter(is_unused) {
                Some(_) => (Edit::Delete, ()),
                // Somebody has named it again.
                None => (Edit::Keep, ()),
            };
            let removed = exchange
                .tender
                .edit_directory(exchange.company(), DirectoryKind::Endpoint, endpoint.id, remove)
                .await;
            if let Err(failure) = removed {
                tracing::debug!(?failure, endpoint = endpoint.id, "a callback stays for now");
            }
        }
    }
}

/// The company is part of it, because what waits for an endpoint is known by its id alone.
fn id_of(exchange: &Exchange, uri: &str) -> u64 {
    let (company, application) = (exchange.company().0, exchange.principal.application.0);
    let text = format!("{company} {application} {uri}");
    let hash = alias_hash("kounta-callback", LocationId(0), &text);
    ID_BASE | (hash.high.cast_unsigned() & ID_MASK)
}
