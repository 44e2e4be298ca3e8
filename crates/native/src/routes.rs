//! Paths and methods: one table, out of which the router and the OpenAPI document are made.
//!
//! Owns: which handler answers which path, which description tells of it, and what is said where there is none. Must not know: what handlers do.

use axum::Router;
use axum::http::{Method, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodFilter, MethodRouter, on};
use tender_http::{Failed, FailureKind, Fallbacks, Missing, MoneyMoved, Problem, Retry};
use tender_openapi::Operation;
use tender_service::Tender;

use crate::openapi::call::Call;
use crate::pace::Pace;
use crate::refusal::Code;
use crate::{
    Native, cases, deliveries, directory, endpoints, events, openapi, orders, payments, references, refusal,
    reports, sandbox, tills, timeline,
};

/// Registers a handler for a method.
type Handler = fn(MethodFilter) -> MethodRouter<Native>;
/// Describes an operation.
type Describe = fn(Call<'_>) -> Operation;

/// One route. There is none without a description: the document is made of these.
pub(crate) struct Route {
    pub(crate) method: Method,
    pub(crate) path: &'static str,
    handler: Handler,
    pub(crate) describe: Describe,
}

const fn route(method: Method, path: &'static str, handler: Handler, describe: Describe) -> Route {
    Route {
        method,
        path,
        handler,
        describe,
    }
}

const GET: Method = Method::GET;
const POST: Method = Method::POST;
const PUT: Method = Method::PUT;
const PATCH: Method = Method::PATCH;
const DELETE: Method = Method::DELETE;

/// Every route but the sandbox's.
#[rustfmt::skip]
pub(crate) fn routes() -> Vec<Route> {
    vec![
        route(GET, "/api/v1/openapi.json", |m| on(m, openapi::document), openapi::describe),
        route(POST, "/api/v1/orders", |m| on(m, orders::create::create), orders::openapi::create),
        route(GET, "/api/v1/orders", |m| on(m, orders::read::list), orders::openapi::list),
        route(GET, "/api/v1/orders/{id}", |m| on(m, orders::read::get), orders::openapi::get),
        route(POST, "/api/v1/orders/{id}/lines", |m| on(m, orders::change::add_lines), orders::openapi::add_lines),
        route(POST, "/api/v1/orders/{id}/close", |m| on(m, orders::change::close), orders::openapi::close),
        route(POST, "/api/v1/orders/{id}/cancel", |m| on(m, orders::change::cancel), orders::openapi::cancel),
        route(POST, "/api/v1/orders/{id}/payments", |m| on(m, payments::pay::pay), payments::openapi::pay),
        route(GET, "/api/v1/payments/by-reference/{ref}", |m| on(m, references::get), references::openapi::get),
        route(POST, "/api/v1/payments/by-reference/{ref}/fence", |m| on(m, references::fence), references::openapi::fence),
        route(GET, "/api/v1/payments/{id}", |m| on(m, payments::read::get), payments::openapi::get),
        route(GET, "/api/v1/payments/{id}/timeline", |m| on(m, timeline::timeline), timeline::openapi::get),
        route(POST, "/api/v1/payments/{id}/confirm", |m| on(m, payments::settle::confirm), payments::openapi::confirm),
        route(POST, "/api/v1/payments/{id}/void", |m| on(m, payments::settle::void), payments::openapi::void),
        route(POST, "/api/v1/payments/{id}/refund", |m| on(m, payments::pay::refund), payments::openapi::refund),
        route(GET, "/api/v1/events", |m| on(m, events::events), events::openapi::list),
        route(GET, "/api/v1/webhook-endpoints", |m| on(m, endpoints::list), endpoints::openapi::list),
        route(POST, "/api/v1/webhook-endpoints", |m| on(m, endpoints::create), endpoints::openapi::create),
        route(GET, "/api/v1/webhook-endpoints/{id}", |m| on(m, endpoints::get), endpoints::openapi::get),
        route(PATCH, "/api/v1/webhook-endpoints/{id}", |m| on(m, endpoints::update), endpoints::openapi::update),
        route(DELETE, "/api/v1/webhook-endpoints/{id}", |m| on(m, endpoints::delete), endpoints::openapi::delete),
        route(POST, "/api/v1/webhook-endpoints/{id}/secret", |m| on(m, endpoints::rotate_secret), endpoints::openapi::rotate_secret),
        route(GET, "/api/v1/deliveries", |m| on(m, deliveries::list), deliveries::openapi::list),
        route(POST, "/api/v1/deliveries/replay", |m| on(m, deliveries::replay_range), deliveries::openapi::replay_range),
        route(GET, "/api/v1/deliveries/{id}", |m| on(m, deliveries::get), deliveries::openapi::get),
        route(POST, "/api/v1/deliveries/{id}/replay", |m| on(m, deliveries::replay), deliveries::openapi::replay),
        route(POST, "/api/v1/till/claim", |m| on(m, tills::claim), tills::openapi::claim),
        route(GET, "/api/v1/till/tasks", |m| on(m, tills::tasks), tills::openapi::tasks),
        route(POST, "/api/v1/till/tasks/{id}/confirm", |m| on(m, tills::confirm), tills::openapi::confirm),
        route(POST, "/api/v1/till/tasks/{id}/refuse", |m| on(m, tills::refuse), tills::openapi::refuse),
        route(POST, "/api/v1/till/heartbeat", |m| on(m, tills::heartbeat), tills::openapi::heartbeat),
        route(GET, "/api/v1/cases", |m| on(m, cases::list), cases::openapi::list),
        route(GET, "/api/v1/cases/{id}", |m| on(m, cases::get), cases::openapi::get),
        route(POST, "/api/v1/cases/{id}/resolve", |m| on(m, cases::resolve), cases::openapi::resolve),
        route(GET, "/api/v1/reports/day-close", |m| on(m, reports::day_close), reports::openapi::day_close),
        route(GET, "/api/v1/locations", |m| on(m, directory::locations), directory::openapi::locations),
        route(GET, "/api/v1/methods", |m| on(m, directory::methods), directory::openapi::methods),
        route(GET, "/api/v1/devices", |m| on(m, directory::devices), directory::openapi::devices),
    ]
}

/// The sandbox's routes.
#[rustfmt::skip]
pub(crate) fn sandbox_routes() -> Vec<Route> {
    vec![
        route(GET, "/api/v1/sandbox/clock", |m| on(m, sandbox::clock), sandbox::openapi::clock),
        route(POST, "/api/v1/sandbox/clock", |m| on(m, sandbox::advance), sandbox::openapi::advance),
        route(PUT, "/api/v1/sandbox/tills/{device_id}", |m| on(m, sandbox::set_behaviour), sandbox::openapi::set_behaviour),
    ]
}

/// Every route of the native API. What it does not know is answered with a problem of its own.
pub fn router(tender: Tender) -> Router {
    router_at(Pace::USUAL, tender)
}

/// The same with streams at a pace.
pub(crate) fn router_at(pace: Pace, tender: Tender) -> Router {
    let is_sandbox = tender.settings().sandbox;
    let sandbox = if is_sandbox { sandbox_routes() } else { Vec::new() };
    let all = routes().into_iter().chain(sandbox);
    let router = all.fold(Router::new(), |router, route| {
        let method = MethodFilter::try_from(route.method).expect("the table has ordinary methods");
        router.route(route.path, (route.handler)(method))
    });
    let router = router.with_state(Native::new(tender, pace));
    Fallbacks::new()
        .on("/", async |_, missing| absent(missing).into_response())
        .apply(router)
}

/// What is said where there is no route, or none with the method.
pub(crate) fn absent(missing: Missing) -> Problem {
    match missing {
        Missing::Route => refusal::not_found(Code::NotFound, "There is nothing at this path.")
            .detail("GET /api/v1/openapi.json describes every route."),
        Missing::Method => refusal::problem(
            StatusCode::METHOD_NOT_ALLOWED,
            Code::MethodNotAllowed,
            "The path exists, but not with this method.",
        )
        .detail("The Allow header names the methods."),
    }
}

/// What is said when a handler gave no answer: for the paths under `/api/v1`.
#[must_use]
pub fn failed(failed: &Failed<'_>) -> Response {
    let (status, code, title) = match failed.kind {
        FailureKind::Panic => (
            StatusCode::INTERNAL_SERVER_ERROR,
            Code::Internal,
            "The server met a mistake of its own.",
        ),
        FailureKind::Deadline => (
            StatusCode::SERVICE_UNAVAILABLE,
            Code::Deadline,
            "The server took too long.",
        ),
    };
    let problem = refusal::problem(status, code, title);
    let is_reading = failed.method.is_safe();
    let problem = if is_reading {
        problem
            .detail("Nothing was changed. Ask again.")
            .retry(Retry::After(1))
    } else {
        problem
            .money_moved(MoneyMoved::Unknown)
            .detail("What the request did is not known. If it had a key or a reference, send it again with the same one.")
            .retry(Retry::SameKey)
    };
    problem.into_response()
}
