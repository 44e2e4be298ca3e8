//! The console: pages for merchants and support that answer "did the money move?".
//!
//! Owns: the pages below `/console`, who is signed in to them, and the words on them. Must not know: the store, a
//! dialect's wire, or a rule about money; what people do here are the same commands that every translator sends.
//!
//! Pages are rendered on the server and work without a script. One small script keeps what is shown up to date.

mod assets;
mod book;
mod cases;
mod desk;
mod find;
mod live;
mod orders;
mod overview;
mod page;
mod payment;
mod session;
mod show;
mod sign_in;
mod tills;
mod timeline;
mod webhooks;
mod words;

#[cfg(test)]
mod tests;

use std::sync::Arc;

use axum::Router;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use tender_http::{Failed, Fallbacks};
use tender_service::Tender;
use tokio::sync::Semaphore;

use crate::book::Books;
use crate::desk::Fault;
use crate::session::Sessions;

/// Pages that are kept up to date at a time.
const STREAMS_MAX: usize = 512;

/// What every handler needs.
#[derive(Debug, Clone)]
pub(crate) struct Console {
    pub(crate) tender: Tender,
    pub(crate) sessions: Arc<Sessions>,
    pub(crate) books: Arc<Books>,
    pub(crate) streams: Arc<Semaphore>,
}

/// The routes below `/console`.
pub fn router(tender: Tender) -> Router {
    let console = Console {
        tender,
        sessions: Arc::default(),
        books: Arc::default(),
        streams: Arc::new(Semaphore::new(STREAMS_MAX)),
    };
    let router = Router::new()
        .route("/console", get(overview::show))
        .route("/console/", get(overview::show))
        .route("/console/sign-in", get(sign_in::show).post(sign_in::enter))
        .route("/console/sign-out", post(sign_in::leave))
        .route("/console/orders", get(orders::list))
        .route("/console/orders/{id}", get(orders::show))
        .route("/console/payments/{id}", get(payment::show))
        .route("/console/find", get(find::show))
        .route("/console/cases", get(cases::list))
        .route("/console/cases/{id}/resolve", post(cases::resolve))
        .route("/console/webhooks", get(webhooks::list))
        .route("/console/deliveries/{id}/replay", post(webhooks::replay))
        .route("/console/tills", get(tills::list))
        .route("/console/tills/{id}/behaviour", post(tills::behave))
        .route("/console/sandbox/clock", post(tills::advance))
        .route("/console/events", get(live::events))
        .route("/console/console.css", get(assets::style))
        .route("/console/console.js", get(assets::script))
        .with_state(console);
    Fallbacks::new()
        .on("/", async |_, missing: tender_http::Missing| {
            Fault::NotFound.with_status(missing.status())
        })
        .apply(router)
}

/// The page of a request whose handler panicked or ran out of time.
#[must_use]
pub fn failed(_: &Failed<'_>) -> Response {
    Fault::Failure(tender_service::Failure::Internal).into_response()
}
