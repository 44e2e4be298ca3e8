//! What a server serves: routers by the prefix of the path, each with the rewriting of paths that belongs before it.
//!
//! Owns: the way of a request to its router. Must not know: which parts there are, or what they tolerate. An axum layer
//! runs after routing, so neither the choice of a router nor the rewriting can be a layer; and a router inside another
//! one's fallback would box a future for each of the two, so both are done here, before any router sees the request.

use std::borrow::Cow;
use std::convert::Infallible;
use std::task::{Context, Poll};

use axum::Router;
use axum::extract::Request;
use axum::response::Response;
use axum::routing::future::RouteFuture;
use tower::Service;

use crate::arrival::Arrival;
use crate::path::with_path;
use crate::route::note_routes;
use crate::{PrefixTable, RawPath};

#[cfg(test)]
mod tests;

/// Gives a path, without the query, its new form, or `None` to leave it as it is.
pub type Rewrite = fn(&str) -> Option<Cow<'_, str>>;

/// One part of a site: a router, and what happens to paths before it chooses a route.
#[derive(Debug, Clone)]
pub struct Surface {
    router: Router,
    rewrite: Rewrite,
}

/// A router that gets each request's path rewritten before it chooses a route. A new path that no URI can have is
/// ignored. [`RawPath`] stays.
#[must_use]
pub fn rewrite_path(router: Router, rewrite: Rewrite) -> Surface {
    Surface {
        router: note_routes(router),
        rewrite,
    }
}

impl From<Router> for Surface {
    fn from(router: Router) -> Self {
        rewrite_path(router, |_| None)
    }
}

impl Surface {
    fn serve(&self, mut request: Request) -> RouteFuture<Infallible> {
        let new_uri = (self.rewrite)(request.uri().path()).and_then(|path| with_path(request.uri(), &path));
        if let Some(uri) = new_uri {
            // A request that came over a socket has its raw path in its arrival.
            if Arrival::of(request.extensions()).is_none() {
                let raw = RawPath::of(request.extensions(), request.uri());
                request.extensions_mut().insert(raw);
            }
            *request.uri_mut() = uri;
        }
        // A clone of a router counts references; routers are always ready.
        self.router.clone().call(request)
    }
}

impl Service<Request> for Surface {
    type Response = Response;
    type Error = Infallible;
    type Future = RouteFuture<Infallible>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request) -> Self::Future {
        self.serve(request)
    }
}

/// All that a server serves.
#[derive(Debug, Clone)]
pub struct Site {
    table: PrefixTable<Surface>,
}

impl Site {
    /// A site with what serves the paths that no prefix covers.
    pub fn new(otherwise: impl Into<Surface>) -> Self {
        Self {
            table: PrefixTable::new(otherwise.into()),
        }
    }

    /// Lets something else serve the paths under a prefix; [`PrefixTable`] says which they are.
    #[must_use]
    pub fn on(self, prefix: &str, surface: impl Into<Surface>) -> Self {
        Self {
            table: self.table.on(prefix, surface.into()),
        }
    }

    pub(crate) fn serve(&self, request: Request) -> RouteFuture<Infallible> {
        self.table.get(request.uri().path()).serve(request)
    }
}

impl From<Router> for Site {
    fn from(router: Router) -> Self {
        Self::new(router)
    }
}

impl From<Surface> for Site {
    fn from(surface: Surface) -> Self {
        Self::new(surface)
    }
}
