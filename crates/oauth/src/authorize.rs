//! The page on which a person logs in and allows an application in.

use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use tender_service::{
    Authorization, AuthorizeFailure, AuthorizeRequest, Failure, Flavour, LoginFailure, RedirectError, Tender,
};

use crate::csrf::{self, Csrf};
use crate::page::{self, Consent};
use crate::params::Params;
use crate::redirect;

/// What the application's link carries.
pub(crate) const LINK: [&str; 5] = ["client_id", "redirect_uri", "response_type", "scope", "state"];
/// What the form carries. A password is not read from a query, which ends up in logs and histories.
const FORM: [&str; 9] = [
    "client_id",
    "redirect_uri",
    "response_type",
    "scope",
    "state",
    "csrf",
    "decision",
    "username",
    "password",
];

/// The value of the button that says no.
pub(crate) const DENY: &str = "deny";

/// Shows the page.
pub(crate) async fn show(State(tender): State<Tender>, flavour: Flavour, request: Request) -> Response {
    let params = match Params::of_query(request.uri(), &LINK) {
        Ok(params) => params,
        Err(bad) => return page::refused(bad.status, &bad.what),
    };
    match tender
        .check_authorization(flavour, &authorize_request(&params))
        .await
    {
        Ok(authorization) => consent_page(
            &tender,
            request.headers(),
            StatusCode::OK,
            &authorization,
            &params,
            None,
        ),
        Err(failure) => refused(failure, &params),
    }
}

/// Takes the person's decision. Everything that the page showed is judged again: the form may hold anything.
pub(crate) async fn decide(State(tender): State<Tender>, flavour: Flavour, request: Request) -> Response {
    let headers = request.headers().clone();
    let params = match Params::of_request(request, &LINK, &FORM).await {
        Ok(params) => params,
        Err(bad) => return page::refused(bad.status, &bad.what),
    };
    let authorization = match tender
        .check_authorization(flavour, &authorize_request(&params))
        .await
    {
        Ok(authorization) => authorization,
        Err(failure) => return refused(failure, &params),
    };
    let again = |status, problem: &str| {
        consent_page(&tender, &headers, status, &authorization, &params, Some(problem))
    };
    if !csrf::is_ours(&tender, &headers, params.get("csrf")) {
        return again(
            StatusCode::FORBIDDEN,
            "The page was open for too long, or cookies are blocked. Please try again.",
        );
    }
    if params.get("decision") == Some(DENY) {
        let error = RedirectError {
            redirect_uri: authorization.redirect_uri,
            error: "access_denied",
            description: "the person said no",
        };
        return send_error(&error, &params);
    }
    let (name, password) = (
        params.get("username").unwrap_or_default().trim(),
        params.get("password").unwrap_or_default(),
    );
    let person = match tender.log_in(name, password).await {
        Ok(person) => person,
        Err(LoginFailure::Wrong) => {
            return again(StatusCode::FORBIDDEN, "User name or password is wrong.");
        }
        Err(LoginFailure::TooMany { retry_after_s }) => {
            let minutes = retry_after_s.div_ceil(60);
            let problem = format!("Too many wrong passwords for this user. Try again in {minutes} min.");
            return again(StatusCode::TOO_MANY_REQUESTS, &problem);
        }
        Err(LoginFailure::Failure(failure)) => {
            return again(page::status_of(&failure), page::words_of(&failure));
        }
    };
    match tender.issue_code(&authorization, &person).await {
        Ok(code) => {
            let mut pairs = vec![("code", code.as_str())];
            pairs.extend(params.get("state").map(|state| ("state", state)));
            redirect::answer(&authorization.redirect_uri, &pairs)
        }
        Err(failure) => again(page::status_of(&failure), page::words_of(&failure)),
    }
}

fn authorize_request(params: &Params) -> AuthorizeRequest {
    let get = |name| params.get(name).map(str::to_owned);
    AuthorizeRequest {
        client_id: get("client_id"),
        redirect_uri: get("redirect_uri"),
        response_type: get("response_type"),
        scope: get("scope"),
    }
}

fn consent_page(
    tender: &Tender,
    headers: &HeaderMap,
    status: StatusCode,
    authorization: &Authorization,
    params: &Params,
    problem: Option<&str>,
) -> Response {
    match Csrf::of(tender, headers) {
        Ok(csrf) => {
            let sandbox = tender.settings().sandbox;
            page::consent(
                status,
                &Consent {
                    authorization,
                    params,
                    csrf: &csrf,
                    problem,
                    sandbox,
                },
            )
        }
        Err(failure) => failed(&failure),
    }
}

fn refused(failure: AuthorizeFailure, params: &Params) -> Response {
    match failure {
        AuthorizeFailure::Page(what) => page::refused(StatusCode::BAD_REQUEST, what),
        AuthorizeFailure::Redirect(error) => send_error(&error, params),
        AuthorizeFailure::Failure(failure) => failed(&failure),
    }
}

fn failed(failure: &Failure) -> Response {
    page::refused(page::status_of(failure), page::words_of(failure))
}

fn send_error(error: &RedirectError, params: &Params) -> Response {
    let mut pairs = vec![("error", error.error), ("error_description", error.description)];
    pairs.extend(params.get("state").map(|state| ("state", state)));
    redirect::answer(&error.redirect_uri, &pairs)
}
