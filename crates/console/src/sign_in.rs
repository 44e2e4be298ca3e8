//! Signing in and out.

use axum::extract::{Request, State};
use axum::http::header::SET_COOKIE;
use axum::http::{HeaderMap, HeaderValue, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use maud::html;
use tender_service::{Failure, LoginFailure, PASSWORD_BYTES_MAX, PERSON_NAME_BYTES_MAX};

use crate::desk::{Desk, Fault, Fields, back};
use crate::{Console, page, session};

/// The page on which people sign in.
pub(crate) async fn show(
    State(console): State<Console>,
    headers: HeaderMap,
    uri: Uri,
) -> Result<Response, Fault> {
    let query = Fields::of_query(uri.query());
    let next = back(query.get("next")).to_owned();
    if console.sessions.of(&console.tender, &headers).await?.is_some() {
        return Ok(page::see_other(&next));
    }
    form(&console, &headers, StatusCode::OK, None, &next, "")
}

/// A form that came back.
pub(crate) async fn enter(State(console): State<Console>, request: Request) -> Result<Response, Fault> {
    let headers = request.headers().clone();
    let fields = Fields::of(request).await?;
    let next = back(fields.get("next")).to_owned();
    let name = fields.get("name").unwrap_or_default();
    let again = |status, problem: &str| form(&console, &headers, status, Some(problem), &next, name);
    if !session::form_is_ours(&console.tender, &headers, fields.get("csrf")) {
        return again(
            StatusCode::FORBIDDEN,
            "The page was open for too long. Please try again.",
        );
    }
    let password = fields.get("password").unwrap_or_default();
    let person = match console.tender.log_in(name, password).await {
        Ok(person) => person,
        Err(LoginFailure::Wrong) => {
            return again(
                StatusCode::UNAUTHORIZED,
                "The user name or the password is wrong.",
            );
        }
        Err(LoginFailure::TooMany { retry_after_s }) => {
            let minutes = retry_after_s.div_ceil(60);
            let words = format!("Too many wrong passwords. Please wait {minutes} minute(s) and try again.");
            return again(StatusCode::TOO_MANY_REQUESTS, &words);
        }
        Err(LoginFailure::Failure(Failure::Busy { .. })) => {
            return again(
                StatusCode::SERVICE_UNAVAILABLE,
                "The server is busy. Please try again in a moment.",
            );
        }
        Err(LoginFailure::Failure(failure)) => return Err(failure.into()),
    };
    // A session that this browser had before ends: two people may share one browser, but not one session.
    if let Some(before) = console.sessions.of(&console.tender, &headers).await? {
        console.sessions.end(&before.key);
    }
    let token = console.sessions.begin(person, console.tender.now())?;
    let cookie = session::session_cookie(&console.tender, &token);
    Ok(with_cookie(page::see_other(&next), cookie))
}

/// Signs out.
pub(crate) async fn leave(desk: Desk, request: Request) -> Result<Response, Fault> {
    desk.form(request).await?;
    desk.console.sessions.end(&desk.session.key);
    let cookie = session::no_session_cookie(desk.tender());
    Ok(with_cookie(page::see_other("/console/sign-in"), cookie))
}

fn form(
    console: &Console,
    headers: &HeaderMap,
    status: StatusCode,
    problem: Option<&str>,
    next: &str,
    name: &str,
) -> Result<Response, Fault> {
    let csrf = session::form_value(&console.tender, headers)?;
    let body = html! {
        h1 { "Sign in" }
        @if let Some(problem) = problem { p.problem role="alert" { (problem) } }
        form method="post" action="/console/sign-in" {
            input type="hidden" name="csrf" value=(csrf);
            input type="hidden" name="next" value=(next);
            div.field {
                label for="name" { "User name" }
                input id="name" name="name" type="text" required autofocus[name.is_empty()] autocomplete="username"
                    autocapitalize="none" spellcheck="false" maxlength=(PERSON_NAME_BYTES_MAX) value=(name);
            }
            div.field {
                label for="password" { "Password" }
                input id="password" name="password" type="password" required autofocus[!name.is_empty()]
                    autocomplete="current-password" maxlength=(PASSWORD_BYTES_MAX);
            }
            button.main type="submit" { "Sign in" }
        }
        @if console.tender.settings().sandbox {
            p.soft.more { "This is a sandbox. A demo's user name and password are printed where it was started." }
        }
    };
    let response = page::narrow(status, "Sign in", &body);
    Ok(with_cookie(
        response,
        session::form_cookie(&console.tender, &csrf),
    ))
}

fn with_cookie(response: Response, cookie: Option<HeaderValue>) -> Response {
    match cookie {
        Some(cookie) => ([(SET_COOKIE, cookie)], response).into_response(),
        None => response,
    }
}
