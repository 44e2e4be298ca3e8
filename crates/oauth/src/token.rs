//! The token endpoints.

use axum::extract::{Request, State};
use axum::http::header::{AUTHORIZATION, CACHE_CONTROL, CONTENT_TYPE, PRAGMA, RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use percent_encoding::percent_decode_str;
use tender_service::{ClientCredentials, Failure, Flavour, IssuedTokens, OAuthFailure, Tender, TokenRequest};
use tender_wire::JsonWriter;

use crate::params::{BadParams, Params};

const NAMES: [&str; 7] = [
    "grant_type",
    "code",
    "redirect_uri",
    "refresh_token",
    "scope",
    "client_id",
    "client_secret",
];

/// What a client without credentials, or with wrong ones, is told to send.
const CHALLENGE: HeaderValue = HeaderValue::from_static(r#"Basic realm="tender""#);

/// An OAuth error (RFC 6749, section 5.2).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Refusal {
    status: StatusCode,
    pub(crate) error: &'static str,
    description: String,
    retry_after_s: Option<u32>,
}

/// Answers a token request.
pub(crate) async fn answer(State(tender): State<Tender>, flavour: Flavour, request: Request) -> Response {
    match exchange(&tender, flavour, request).await {
        Ok(tokens) => json(StatusCode::OK, encode(flavour, &tokens)),
        Err(refusal) => refusal.into_response(),
    }
}

/// The answer to every other method: clients read `error` of whatever they get, so there is a body here too.
pub(crate) async fn only_post() -> Response {
    let description = "tokens are asked for with POST";
    Refusal::new(StatusCode::METHOD_NOT_ALLOWED, "invalid_request", description).into_response()
}

/// The answer to paths that no endpoint has.
pub(crate) async fn nothing_here() -> Response {
    Refusal::new(StatusCode::NOT_FOUND, "not_found", "there is no such endpoint").into_response()
}

async fn exchange(tender: &Tender, flavour: Flavour, request: Request) -> Result<IssuedTokens, Refusal> {
    let basic = Basic::of(request.headers());
    let mut params = Params::of_request(request, &NAMES, &NAMES).await?;
    let (client, decoded) = clients(basic, &mut params)?;
    let request = TokenRequest {
        grant_type: params.take("grant_type"),
        code: params.take("code"),
        redirect_uri: params.take("redirect_uri"),
        refresh_token: params.take("refresh_token"),
        scope: params.take("scope"),
    };
    let first = tender.exchange(flavour, client.as_ref(), &request).await;
    match (first, decoded) {
        // A client that is not recognised has changed nothing, so the other reading may be tried.
        (Err(OAuthFailure::InvalidClient(_)), Some(decoded)) => {
            Ok(tender.exchange(flavour, Some(&decoded), &request).await?)
        }
        (result, _) => Ok(result?),
    }
}

/// The `Authorization` header of a token request.
enum Basic {
    /// There is none, or it is of another scheme: some clients go on sending their old token.
    Absent,
    Given(ClientCredentials),
    Malformed,
}

impl Basic {
    fn of(headers: &HeaderMap) -> Self {
        let text = headers
            .get(AUTHORIZATION)
            .and_then(|value| value.to_str().ok())
            .unwrap_or_default();
        let Some((scheme, encoded)) = text.split_once(' ') else {
            return Self::Absent;
        };
        if !scheme.eq_ignore_ascii_case("basic") {
            return Self::Absent;
        }
        let decoded = BASE64_STANDARD
            .decode(encoded.trim())
            .ok()
            .and_then(|bytes| String::from_utf8(bytes).ok());
        match decoded.as_deref().and_then(|text| text.split_once(':')) {
            Some((id, secret)) => Self::Given(ClientCredentials {
                client_id: id.to_owned(),
                client_secret: secret.to_owned(),
            }),
            None => Self::Malformed,
        }
    }
}

/// Who the client says it is, and a second reading of it.
///
/// OAuth wants id and secret encoded like form values before they go into a Basic header; most clients do not do it.
fn clients(
    basic: Basic,
    params: &mut Params,
) -> Result<(Option<ClientCredentials>, Option<ClientCredentials>), Refusal> {
    let (id, secret) = (params.take("client_id"), params.take("client_secret"));
    let client = match basic {
        Basic::Malformed => return Err(Refusal::invalid_client("the Basic credentials cannot be read")),
        Basic::Given(client) => client,
        Basic::Absent => {
            let both = id.zip(secret);
            return Ok((
                both.map(|(client_id, client_secret)| ClientCredentials {
                    client_id,
                    client_secret,
                }),
                None,
            ));
        }
    };
    let decoded = ClientCredentials {
        client_id: form_decoded(&client.client_id),
        client_secret: form_decoded(&client.client_secret),
    };
    let differs = |given: &Option<String>, raw: &str, decoded: &str| {
        given
            .as_deref()
            .is_some_and(|given| given != raw && given != decoded)
    };
    if differs(&id, &client.client_id, &decoded.client_id)
        || differs(&secret, &client.client_secret, &decoded.client_secret)
    {
        return Err(Refusal::invalid_request(
            "the Basic credentials and those of the request differ",
        ));
    }
    let is_other = decoded.client_id != client.client_id || decoded.client_secret != client.client_secret;
    Ok((Some(client), is_other.then_some(decoded)))
}

fn form_decoded(text: &str) -> String {
    percent_decode_str(&text.replace('+', " "))
        .decode_utf8_lossy()
        .into_owned()
}

/// The answer, with exactly the members and the order that the vendor's clients know.
fn encode(flavour: Flavour, tokens: &IssuedTokens) -> Vec<u8> {
    let scopes: Vec<&str> = tokens.scopes.iter().map(String::as_str).collect();
    let scope = scopes.join(" ");
    JsonWriter::object(|object| match flavour {
        Flavour::KseriesV1 | Flavour::KseriesV2 => {
            object.string("access_token", &tokens.access_token);
            object.number("expires_in", tokens.expires_in_s);
            object.number("refresh_expires_in", tokens.refresh_expires_in_s);
            object.string("refresh_token", &tokens.refresh_token);
            object.string("token_type", "Bearer");
            object.number("not-before-policy", 0_u32);
            object.string("session_state", &tokens.session);
            object.string("scope", &scope);
        }
        Flavour::Kounta => {
            object.string("access_token", &tokens.access_token);
            object.string("refresh_token", &tokens.refresh_token);
            object.string("token_type", "Bearer");
            object.number("expires_in", tokens.expires_in_s);
            if !scope.is_empty() {
                object.string("scope", &scope);
            }
        }
    })
    .into_bytes()
}

fn json(status: StatusCode, body: Vec<u8>) -> Response {
    let headers = [
        (CONTENT_TYPE, HeaderValue::from_static("application/json")),
        (CACHE_CONTROL, HeaderValue::from_static("no-store")),
        (PRAGMA, HeaderValue::from_static("no-cache")),
    ];
    (status, headers, body).into_response()
}

impl Refusal {
    fn new(status: StatusCode, error: &'static str, description: impl Into<String>) -> Self {
        Self {
            status,
            error,
            description: description.into(),
            retry_after_s: None,
        }
    }

    fn invalid_request(description: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "invalid_request", description)
    }

    fn invalid_client(description: impl Into<String>) -> Self {
        Self::new(StatusCode::UNAUTHORIZED, "invalid_client", description)
    }
}

impl From<BadParams> for Refusal {
    fn from(bad: BadParams) -> Self {
        Self::new(bad.status, "invalid_request", bad.what)
    }
}

impl From<OAuthFailure> for Refusal {
    fn from(failure: OAuthFailure) -> Self {
        match failure {
            OAuthFailure::InvalidRequest(what) => Self::invalid_request(what),
            OAuthFailure::InvalidClient(what) => Self::invalid_client(what),
            OAuthFailure::InvalidGrant(what) => {
                let description = format!("the code or refresh token is refused: {what}");
                Self::new(StatusCode::BAD_REQUEST, "invalid_grant", description)
            }
            OAuthFailure::InvalidScope => Self::new(
                StatusCode::BAD_REQUEST,
                "invalid_scope",
                "none of these scopes was granted",
            ),
            OAuthFailure::UnsupportedGrantType => {
                let description = "grant_type must be authorization_code or refresh_token";
                Self::new(StatusCode::BAD_REQUEST, "unsupported_grant_type", description)
            }
            OAuthFailure::Failure(failure) => failure.into(),
        }
    }
}

impl From<Failure> for Refusal {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Busy { retry_after_s } => {
                let busy = Self::new(
                    StatusCode::SERVICE_UNAVAILABLE,
                    "temporarily_unavailable",
                    "nothing was done, try again",
                );
                Self {
                    retry_after_s: Some(retry_after_s),
                    ..busy
                }
            }
            Failure::OutcomeUnknown => {
                let description = "it is not known whether tokens were issued";
                Self::new(StatusCode::INTERNAL_SERVER_ERROR, "server_error", description)
            }
            Failure::Rejected(_) | Failure::Internal => Self::new(
                StatusCode::INTERNAL_SERVER_ERROR,
                "server_error",
                "something went wrong",
            ),
        }
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let body = JsonWriter::object(|object| {
            object.string("error", self.error);
            object.string("error_description", &self.description);
        });
        let mut response = json(self.status, body.into_bytes());
        if self.status == StatusCode::UNAUTHORIZED {
            response.headers_mut().insert(WWW_AUTHENTICATE, CHALLENGE);
        }
        if let Some(seconds) = self.retry_after_s {
            response
                .headers_mut()
                .insert(RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }
}
