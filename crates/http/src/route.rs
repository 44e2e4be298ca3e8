//! Layers that must sit inside a router, where the route is known: one notes the route, one lifts the deadline.

use std::task::{Context, Poll};

use axum::Router;
use axum::extract::{MatchedPath, Request};
use tower::{Layer, Service};

use crate::ConnectionHandle;

/// Makes a router tell the log and the metrics which of its routes it took. Outside of the router nobody knows.
pub(crate) fn note_routes(router: Router) -> Router {
    router.layer(Tap(note_route))
}

fn note_route(request: &Request) {
    let extensions = request.extensions();
    if let (Some(route), Some(connection)) =
        (extensions.get::<MatchedPath>(), ConnectionHandle::of(extensions))
    {
        connection.set_route(route);
    }
}

/// The layer that [`untimed`] gives.
pub type Untimed = Tap;

/// A layer for routes that wait on purpose (long polls, event streams): the server's request deadline does not
/// apply to them. They must have a limit of their own.
#[must_use]
pub fn untimed() -> Untimed {
    Tap(lift_deadline)
}

fn lift_deadline(request: &Request) {
    if let Some(connection) = ConnectionHandle::of(request.extensions()) {
        connection.lift_deadline();
    }
}

/// A layer that shows each request to a function on its way in.
#[derive(Debug, Clone, Copy)]
pub struct Tap(fn(&Request));

impl<S> Layer<S> for Tap {
    type Service = Tapped<S>;

    fn layer(&self, service: S) -> Tapped<S> {
        Tapped {
            service,
            look: self.0,
        }
    }
}

/// The service of a [`Tap`].
#[derive(Debug, Clone)]
pub struct Tapped<S> {
    service: S,
    look: fn(&Request),
}

impl<S: Service<Request>> Service<Request> for Tapped<S> {
    type Response = S::Response;
    type Error = S::Error;
    type Future = S::Future;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.service.poll_ready(cx)
    }

    fn call(&mut self, request: Request) -> S::Future {
        (self.look)(&request);
        self.service.call(request)
    }
}
