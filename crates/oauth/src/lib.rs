//! OAuth for the dialects: the page on which a person allows an application in, and the token endpoints.
//!
//! Owns: paths, parameters in all their encodings, the page, and the wording of answers. Must not know: what a grant
//! allows or how long a token lives (the service decides), the store, or any dialect's payments.
//!
//! | | K-Series, first version | K-Series, OpenID Connect | Kounta |
//! |---|---|---|---|
//! | authorize | `/oauth/authorize` | `/realms/k-series/protocol/openid-connect/auth` | `/authorize` |
//! | token | `/oauth/token` | `…/token` | `/v1/token`, `/v1/token.json` |
//! | who am I | `/oauth/userinfo` | `…/userinfo` | |
//!
//! The hard thing here is to be generous where clients differ (credentials and parameters come in the query, a form,
//! JSON or a header, in any mixture) without being vague: two values for one parameter are refused, and nothing is ever
//! sent to an address that the application has not registered.

mod authorize;
mod csrf;
mod page;
mod params;
mod redirect;
#[cfg(test)]
mod tests;
mod token;
mod userinfo;

use axum::Router;
use axum::routing::{MethodRouter, get, post};
use tender_service::{Flavour, Tender};

/// The path of the OpenID Connect endpoints of K-Series.
const REALM: &str = "/realms/k-series/protocol/openid-connect";

/// All routes of this crate.
pub fn router(tender: Tender) -> Router {
    Router::new()
        .route("/oauth/authorize", authorize_route(Flavour::KseriesV1))
        .route("/oauth/token", token_route(Flavour::KseriesV1))
        .route("/oauth/userinfo", userinfo_route())
        .route(&format!("{REALM}/auth"), authorize_route(Flavour::KseriesV2))
        .route(&format!("{REALM}/token"), token_route(Flavour::KseriesV2))
        .route(&format!("{REALM}/userinfo"), userinfo_route())
        .route("/authorize", authorize_route(Flavour::Kounta))
        .route("/v1/token", token_route(Flavour::Kounta))
        .route("/v1/token.json", token_route(Flavour::Kounta))
        // Kounta's paths may end in a slash, this one too.
        .route("/v1/token/", token_route(Flavour::Kounta))
        .route("/v1/token.json/", token_route(Flavour::Kounta))
        .fallback(token::nothing_here)
        .with_state(tender)
}

fn authorize_route(flavour: Flavour) -> MethodRouter<Tender> {
    get(move |tender, request| authorize::show(tender, flavour, request))
        .post(move |tender, request| authorize::decide(tender, flavour, request))
}

fn token_route(flavour: Flavour) -> MethodRouter<Tender> {
    post(move |tender, request| token::answer(tender, flavour, request)).fallback(token::only_post)
}

fn userinfo_route() -> MethodRouter<Tender> {
    get(userinfo::answer).post(userinfo::answer)
}
