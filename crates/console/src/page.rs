//! The frame around every page: head, navigation, the sandbox's bar, and the headers that keep browsers strict.

use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, LOCATION, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS,
    X_FRAME_OPTIONS,
};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use maud::{DOCTYPE, Markup, html};

use crate::assets::{SCRIPT_ADDRESS, STYLE_ADDRESS};
use crate::desk::{Desk, HOME};
use crate::show;

/// Nothing but our own two files, forms and addresses; no other site may frame a page.
const POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; form-action 'self'; \
                      base-uri 'none'; frame-ancestors 'none'";

/// How far the sandbox's buttons move the clock, with their words.
const ADVANCES: [(u32, &str); 4] = [
    (30_000, "30 seconds"),
    (300_000, "5 minutes"),
    (3_600_000, "1 hour"),
    (86_400_000, "1 day"),
];

/// A place in the navigation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    Overview,
    Orders,
    Find,
    Cases,
    Webhooks,
    Tills,
}

impl Place {
    const ALL: [(Self, &'static str, &'static str); 6] = [
        (Self::Overview, HOME, "Overview"),
        (Self::Orders, "/console/orders", "Orders"),
        (Self::Find, "/console/find", "Find"),
        (Self::Cases, "/console/cases", "Cases"),
        (Self::Webhooks, "/console/webhooks", "Webhooks"),
        (Self::Tills, "/console/tills", "Tills"),
    ];
}

/// A page of somebody who is signed in.
pub(crate) fn whole(desk: &Desk, place: Place, title: &str, body: &Markup) -> Response {
    let csrf = csrf_field(desk);
    let sandbox = desk.tender().settings().sandbox;
    let body = html! {
        body {
            a.skip href="#main" { "To the content" }
            header {
                p.brand { "tender · " b { (desk.directory.merchant.name) } }
                div.who {
                    span.live id="live-mark" hidden { "Live" }
                    span { (desk.session.person.name) }
                    form method="post" action="/console/sign-out" { (csrf) button.link type="submit" { "Sign out" } }
                }
                nav aria-label="Pages" {
                    @for (other, address, words) in Place::ALL {
                        a href=(address) aria-current=[(other == place).then_some("page")] { (words) }
                    }
                }
                @if sandbox { (sandbox_bar(desk)) }
            }
            main id="main" tabindex="-1" { (body) }
        }
    };
    respond(StatusCode::OK, title, &body)
}

fn sandbox_bar(desk: &Desk) -> Markup {
    let zone = desk
        .locations()
        .first()
        .map_or("UTC", |location| location.time_zone.as_str());
    html! {
        div.sandbox {
            span id="clock" data-live { "Sandbox. Its clock says " (show::moment(desk.tender().now(), zone)) "." }
            form method="post" action="/console/sandbox/clock" {
                (csrf_field(desk))
                input type="hidden" name="back" value=(desk.here);
                span { "Advance by" }
                @for (ms, words) in ADVANCES {
                    button.small type="submit" name="advance_ms" value=(ms) { (words) }
                }
            }
        }
    }
}

/// The proof that a form is ours.
pub(crate) fn csrf_field(desk: &Desk) -> Markup {
    html! { input type="hidden" name="csrf" value=(desk.session.csrf); }
}

/// A page of somebody who is not, or whose request came to nothing.
pub(crate) fn narrow(status: StatusCode, title: &str, body: &Markup) -> Response {
    let body = html! { body.narrow { main { p.brand { "tender" } (body) } } };
    respond(status, title, &body)
}

/// Why there is no page.
pub(crate) fn fault(status: StatusCode, title: &str, words: &str) -> Response {
    let body = html! {
        h1 { (title) }
        p { (words) }
        p { a href=(HOME) { "To the overview" } }
    };
    narrow(status, title, &body)
}

/// After a form: another page, asked for with GET. The address is ours and plain.
pub(crate) fn see_other(address: &str) -> Response {
    let location = HeaderValue::try_from(address).unwrap_or(HeaderValue::from_static(HOME));
    let no_store = HeaderValue::from_static("no-store");
    (
        StatusCode::SEE_OTHER,
        [(LOCATION, location), (CACHE_CONTROL, no_store)],
    )
        .into_response()
}

fn respond(status: StatusCode, title: &str, body: &Markup) -> Response {
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="robots" content="noindex";
                title { (title) " · tender" }
                link rel="stylesheet" href=(*STYLE_ADDRESS);
                script src=(*SCRIPT_ADDRESS) defer {}
            }
            (body)
        }
    };
    let headers = [
        (CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8")),
        (CACHE_CONTROL, HeaderValue::from_static("no-store")),
        (X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
        (X_FRAME_OPTIONS, HeaderValue::from_static("DENY")),
        (REFERRER_POLICY, HeaderValue::from_static("same-origin")),
        (CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY)),
    ];
    (status, headers, page.into_string()).into_response()
}
