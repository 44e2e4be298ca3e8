//! The way of a request: who asks, how often, for what, in which form, and only then what it says.
//!
//! Owns: the order in which things are wrong with a request (401, 429, 403, 404, 405, 406, content type, JSON, fields).
//! One handler takes every path, because that order has to be the same everywhere; the routes of the router only name
//! paths for log and metrics.

use std::borrow::Cow;
use std::sync::Arc;

use axum::Router;
use axum::extract::{Request, State};
use axum::http::Method;
use axum::response::Response;
use axum::routing::any;
use bytes::Bytes;
use tender_http::{Failed, RawPath, Surface, read_body, rewrite_path};
use tender_service::{Principal, Tender};

use crate::errors::{ApiError, unauthorized};
use crate::exchange::Exchange;
use crate::route::{CompanyRef, Route, Target};
use crate::{auth, company, idempotency, limits, lines, negotiate, orders, payments, sites, webhooks};

#[cfg(test)]
mod tests;

/// Longest body, in bytes: an order of a thousand lines with all that belongs to them.
const BODY_BYTES_MAX: usize = 1024 * 1024;

/// The dialect's routes and its answers to everything else below `/v1`.
pub fn router(tender: Tender) -> Surface {
    let kounta = Kounta { tender };
    let routes = Route::TEMPLATES.iter().fold(Router::new(), |router, template| {
        router.route(template, any(answer))
    });
    rewrite_path(routes.fallback(answer).with_state(kounta), canonical)
}

/// The answer to a request whose handler panicked or took too long.
pub fn failed(failed: &Failed<'_>) -> Response {
    let is_about_money =
        Target::of(failed.path).is_some_and(|target| target.route.is_about_money(failed.method));
    let error = ApiError::unanswered(failed.kind, is_about_money).known_by(failed.has_key);
    // With advice always: what is not about money must not be repeated on the word of a default either.
    error.into_answer(true)
}

/// A path as its template's route takes it, so that log and metrics know which it was. Handlers read the raw path.
fn canonical(path: &str) -> Option<Cow<'_, str>> {
    let target = Target::of(path)?;
    Some(Cow::Owned(target.route.template().replace(['{', '}'], "")))
}

#[derive(Debug, Clone)]
struct Kounta {
    tender: Tender,
}

async fn answer(State(kounta): State<Kounta>, request: Request) -> Response {
    kounta.answer(request).await
}

impl Kounta {
    async fn answer(&self, request: Request) -> Response {
        let path = RawPath::of(request.extensions(), request.uri());
        let target = Target::of(path.as_str());
        let method = method_of(&request);
        let is_about_money = target
            .as_ref()
            .is_some_and(|target| target.route.is_about_money(&method));
        // What moves money takes a key, and nothing else does.
        let has_key = is_about_money && idempotency::is_given(request.headers());
        let principal = match auth::authenticate(&self.tender, request.headers()).await {
            Ok(principal) => principal,
            Err(failure) => return unauthorized(&failure, is_about_money),
        };
        let standing = match limits::take(&self.tender, &principal).await {
            Ok(standing) => standing,
            Err(failure) => return ApiError::from(failure).into_answer(is_about_money),
        };
        let outcome = match standing.and_then(|standing| standing.retry_after_s) {
            Some(seconds) => Err(ApiError::limit_exceeded(seconds)),
            None => self.admit(principal, target, &method, request, &path).await,
        };
        let mut response =
            outcome.unwrap_or_else(|error| error.known_by(has_key).into_answer(is_about_money));
        if let Some(standing) = standing {
            limits::tell(&standing, response.headers_mut());
        }
        response
    }

    /// From permission to the resource.
    async fn admit(
        &self,
        principal: Arc<Principal>,
        target: Option<Target>,
        method: &Method,
        request: Request,
        path: &RawPath,
    ) -> Result<Response, ApiError> {
        auth::permit(&principal)?;
        let target = target.ok_or_else(ApiError::not_found)?;
        let is_own = match target.company {
            None | Some(CompanyRef::Me) => true,
            Some(CompanyRef::Id(id)) => id == principal.merchant.0,
        };
        let directory = self.tender.directory(principal.merchant).await?;
        let directory = directory.filter(|_| is_own).ok_or_else(ApiError::not_found)?;
        let exchange = Exchange {
            tender: self.tender.clone(),
            principal,
            directory,
            origin: negotiate::origin(
                self.tender.settings().public_url.as_deref(),
                request.headers(),
                request.uri(),
            ),
            headers: request.headers().clone(),
            path: path.as_str().to_owned(),
            query: request.uri().query().unwrap_or_default().to_owned(),
        };
        let outcome = exchange.take(&target, method, request).await;
        // What is not there is not there, whatever else is wrong with the request. Looking only now spares every good
        // request the look.
        match &outcome {
            Err(error) if error.is_about_method() => exchange.check_exists(&target.route.within()).await?,
            Err(error) if error.comes_after_not_found() => exchange.check_exists(&target.route).await?,
            _ => {}
        }
        outcome
    }
}

/// HEAD asks for what GET would answer; the server leaves the body out.
fn method_of(request: &Request) -> Method {
    if request.method() == Method::HEAD {
        Method::GET
    } else {
        request.method().clone()
    }
}

impl Exchange {
    async fn take(&self, target: &Target, method: &Method, request: Request) -> Result<Response, ApiError> {
        let methods = target.route.methods();
        if !methods.contains(method) {
            return Err(ApiError::method_not_allowed(methods));
        }
        negotiate::check_accept(target.suffix, &self.headers)?;
        if *method == Method::POST {
            let body = self.body(request).await?;
            return self.post(&target.route, &body).await;
        }
        if *method == Method::PUT {
            let body = self.body(request).await?;
            return self.put(&target.route, &body).await;
        }
        if *method == Method::DELETE {
            return self.delete(&target.route).await;
        }
        self.get(&target.route).await
    }

    async fn body(&self, request: Request) -> Result<Bytes, ApiError> {
        let body = read_body(request, BODY_BYTES_MAX).await?;
        if !body.is_empty() {
            negotiate::check_content_type(&self.headers)?;
        }
        Ok(body)
    }

    async fn get(&self, route: &Route) -> Result<Response, ApiError> {
        match route {
            Route::SitesStatus | Route::Statuses => Ok(sites::statuses(self)),
            Route::Company => Ok(company::read(self)),
            Route::Sites(staff) => sites::list(self, *staff),
            Route::Site(site) => sites::read(self, *site),
            Route::SiteStatus(site) => sites::status(self, *site),
            Route::SiteRegisters(site) => sites::site_registers(self, *site),
            Route::Registers => Ok(sites::registers(self)),
            Route::Register(register) => sites::register(self, *register),
            Route::StaffList => Ok(company::staff_list(self)),
            Route::Staff(staff) => company::staff(self, *staff),
            Route::Methods(site) => company::payment_methods(self, *site),
            Route::Webhooks => Ok(webhooks::list(self)),
            Route::Webhook(webhook) => webhooks::read(self, *webhook),
            Route::Orders(parts) => orders::list(self, parts).await,
            Route::Order(order) => orders::read(self, *order).await,
            Route::OrderBySaleId(sale_id) => orders::read_by_sale_id(self, sale_id).await,
            Route::Lines(_) | Route::Line(..) | Route::Payments(_) | Route::Payment(_) => {
                Err(ApiError::method_not_allowed(route.methods()))
            }
        }
    }

    async fn post(&self, route: &Route, body: &[u8]) -> Result<Response, ApiError> {
        match route {
            Route::Orders(_) => orders::create(self, body).await,
            Route::Lines(order) => lines::add(self, *order, body).await,
            Route::Payments(order) => payments::add(self, *order, body).await,
            Route::Webhooks => webhooks::create(self, body).await,
            _ => Err(ApiError::method_not_allowed(route.methods())),
        }
    }

    async fn put(&self, route: &Route, body: &[u8]) -> Result<Response, ApiError> {
        match route {
            Route::Order(order) => orders::update(self, *order, body).await,
            Route::Line(order, number) => lines::change(self, *order, *number, body).await,
            Route::Payment(payment) => payments::amend(self, *payment, body).await,
            Route::Webhook(webhook) => webhooks::change(self, *webhook, body).await,
            _ => Err(ApiError::method_not_allowed(route.methods())),
        }
    }

    async fn delete(&self, route: &Route) -> Result<Response, ApiError> {
        match route {
            Route::Line(order, number) => lines::remove(self, *order, *number).await,
            Route::Webhook(webhook) => webhooks::delete(self, *webhook).await,
            _ => Err(ApiError::method_not_allowed(route.methods())),
        }
    }
}
