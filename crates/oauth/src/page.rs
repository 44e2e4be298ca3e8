//! The pages as HTML, rendered on the server. They need no script, and their policy forbids all of it.

use std::sync::LazyLock;

use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, REFERRER_POLICY, SET_COOKIE,
    X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use maud::{DOCTYPE, Markup, PreEscaped, html};
use sha2::{Digest, Sha256};
use tender_service::{Authorization, Failure};
use url::Url;

use crate::authorize::{DENY, LINK};
use crate::csrf::Csrf;
use crate::params::Params;

const STYLE: &str = include_str!("page.css");

/// The style sheet's hash: the one style that the policy allows.
static STYLE_HASH: LazyLock<String> =
    LazyLock::new(|| BASE64_STANDARD.encode(Sha256::digest(STYLE.as_bytes())));

/// What the page asks about.
#[derive(Debug)]
pub(crate) struct Consent<'a> {
    pub(crate) authorization: &'a Authorization,
    pub(crate) params: &'a Params,
    pub(crate) csrf: &'a Csrf,
    /// What went wrong with the last try.
    pub(crate) problem: Option<&'a str>,
    pub(crate) sandbox: bool,
}

/// The page that asks.
pub(crate) fn consent(status: StatusCode, consent: &Consent<'_>) -> Response {
    let name = match consent.authorization.application_name.as_str() {
        "" => "An application",
        name => name,
    };
    let name_is_open = consent.params.get("username").is_none();
    let target = Url::parse(&consent.authorization.redirect_uri).ok();
    let host = target.as_ref().and_then(Url::host_str).unwrap_or_default();
    let body = html! {
        h1 { (name) " asks for access" }
        p { "Log in to let it work with your orders and payments." }
        @if let Some(problem) = consent.problem {
            p.problem role="alert" { (problem) }
        }
        @if !consent.authorization.scopes.is_empty() {
            ul aria-label="What it asks for" {
                @for scope in &consent.authorization.scopes {
                    li { (words_of_scope(scope)) small { (scope) } }
                }
            }
        }
        // Without an action the form goes to the page's own address, whatever stands before its path on the way
        // here, and the address keeps the link's query: after a wrong password the page can be loaded again.
        form method="post" {
            input type="hidden" name="csrf" value=(consent.csrf.value());
            @for name in LINK {
                @if let Some(value) = consent.params.get(name) {
                    input type="hidden" name=(name) value=(value);
                }
            }
            label for="username" { "User name" }
            input id="username" name="username" type="text" required autofocus[name_is_open] autocomplete="username"
                autocapitalize="none" spellcheck="false" maxlength="100" value=[consent.params.get("username")];
            label for="password" { "Password" }
            input id="password" name="password" type="password" required autofocus[!name_is_open]
                autocomplete="current-password" maxlength="256";
            p.soft {
                "You will go on to " strong { (host) } ". It gets access to the locations that you may see, until you "
                "take it back."
            }
            @if consent.sandbox {
                p.soft { "This is a sandbox. A demo's user name and password are printed where it was started." }
            }
            // The first button is the one that the Enter key presses.
            div.buttons {
                button.main type="submit" name="decision" value="allow" { "Allow access" }
                button type="submit" name="decision" value=(DENY) formnovalidate { "Cancel" }
            }
        }
    };
    let mut response = respond(status, "Allow access", &body, consent.sandbox);
    if let Some(cookie) = consent.csrf.set_cookie() {
        response.headers_mut().insert(SET_COOKIE, cookie);
    }
    response
}

/// The page that says why it does not ask.
pub(crate) fn refused(status: StatusCode, what: &str) -> Response {
    let body = html! {
        h1 { "This does not work" }
        p.problem role="alert" { (what) }
        p.soft { "Nothing has been allowed. Go back to the application and start again, or ask who runs it." }
    };
    respond(status, "This does not work", &body, false)
}

/// The status of a page about a failure of the service.
pub(crate) fn status_of(failure: &Failure) -> StatusCode {
    match failure {
        Failure::Busy { .. } => StatusCode::SERVICE_UNAVAILABLE,
        Failure::Rejected(_) | Failure::OutcomeUnknown | Failure::Internal => {
            StatusCode::INTERNAL_SERVER_ERROR
        }
    }
}

/// The words of a page about a failure of the service.
pub(crate) fn words_of(failure: &Failure) -> &'static str {
    match failure {
        Failure::Busy { .. } => "The server is busy. Please try again in a moment.",
        Failure::Rejected(_) | Failure::OutcomeUnknown | Failure::Internal => {
            "Something went wrong on the server. Please try again."
        }
    }
}

/// What a scope means to somebody who has never heard of scopes.
fn words_of_scope(scope: &str) -> &str {
    match scope {
        "orders-api" => "See and pay open bills, send orders",
        "financial-api" => "See sales, payment methods and the business's figures",
        "items" => "See and change items and menus",
        "staff-api" => "See staff",
        "propertymanagement" => "Exchange bills with a hotel system",
        "id-cards" => "Use ID cards",
        "reservations-api" => "Manage reservations",
        "offline_access" => "Keep access while you are away",
        "profile" => "See your user name",
        "email" => "See your mail address, if one is known",
        _ if scope.starts_with("reservation-") => "Manage reservations of one service",
        other => other,
    }
}

fn respond(status: StatusCode, title: &str, body: &Markup, sandbox: bool) -> Response {
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="robots" content="noindex";
                title { (title) " · tender" }
                style { (PreEscaped(STYLE)) }
            }
            body {
                main {
                    p.brand { "tender" }
                    (body)
                }
            }
        }
    };
    let headers = [
        (CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8")),
        (CACHE_CONTROL, HeaderValue::from_static("no-store")),
        (X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
        (X_FRAME_OPTIONS, HeaderValue::from_static("DENY")),
        (REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
    ];
    let mut response = (status, headers, page.into_string()).into_response();
    // Base64 is always a header value.
    if let Ok(policy) = HeaderValue::try_from(policy(sandbox)) {
        response.headers_mut().insert(CONTENT_SECURITY_POLICY, policy);
    }
    response
}

/// Browsers apply `form-action` to the redirect that answers a form, too, and to those after it: so it names the
/// schemes to which answers may go, not only this server.
fn policy(sandbox: bool) -> String {
    let schemes = if sandbox { "https: http:" } else { "https:" };
    let style = STYLE_HASH.as_str();
    format!(
        "default-src 'none'; style-src 'sha256-{style}'; form-action 'self' {schemes}; base-uri 'none'; \
         frame-ancestors 'none'"
    )
}
