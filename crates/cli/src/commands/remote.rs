//! Speaking to a running server: where it is, who asks, and what its refusals mean for the exit code.

use std::time::Duration;

use anyhow::{Context, anyhow};
use reqwest::{Method, RequestBuilder, StatusCode};
use serde_json::Value;

use crate::args::RemoteOptions;
use crate::credentials::Credentials;
use crate::exit;

/// How long a call may take, where it does not say itself.
const PATIENCE: Duration = Duration::from_secs(30);

/// A server to speak to.
pub struct Remote {
    /// Its origin, without a closing slash.
    pub url: String,
    /// The demo's credentials, where a file was given.
    pub credentials: Option<Credentials>,
    token: Option<String>,
    client: reqwest::Client,
}

impl Remote {
    /// From the command line and the credentials file.
    ///
    /// # Errors
    /// When neither says where the server is, or the file cannot be read.
    pub fn new(options: &RemoteOptions) -> anyhow::Result<Self> {
        let credentials = options
            .credentials_file
            .as_deref()
            .map(Credentials::read)
            .transpose()?;
        let known = credentials
            .as_ref()
            .map(|credentials| credentials.base_url.clone());
        let url = options.url.clone().or(known).ok_or_else(|| {
            exit::coded(
                exit::USAGE,
                "where is the server? Give --credentials-file (of a demo) or --url and --token",
            )
        })?;
        let url = url.trim_end_matches('/').to_owned();
        Ok(Self {
            url,
            credentials,
            token: options.token.clone(),
            client: reqwest::Client::builder().timeout(PATIENCE).build()?,
        })
    }

    /// The token given, else one of the demo's.
    ///
    /// # Errors
    /// When there is neither.
    pub fn token(&self, of_demo: impl Fn(&Credentials) -> &String) -> anyhow::Result<String> {
        let known = self
            .credentials
            .as_ref()
            .map(|credentials| of_demo(credentials).clone());
        self.token
            .clone()
            .or(known)
            .ok_or_else(|| exit::coded(exit::USAGE, "give --token or --credentials-file"))
    }

    /// A request to a path.
    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.client.request(method, format!("{}{path}", self.url))
    }

    /// Sends a request and reads its JSON answer, whatever the status.
    ///
    /// # Errors
    /// When the server cannot be reached.
    pub async fn send(&self, request: RequestBuilder) -> anyhow::Result<(StatusCode, Value)> {
        let answer = request.send().await.map_err(|error| {
            exit::coded(
                exit::UNAVAILABLE,
                format!(
                    "cannot reach {}: {}; is the server running, and is that its address?",
                    self.url,
                    innermost(&error.without_url())
                ),
            )
        })?;
        let status = answer.status();
        let text = answer.text().await.context("the answer broke off")?;
        let body = serde_json::from_str(&text).unwrap_or(Value::String(text));
        Ok((status, body))
    }

    /// Sends a request that should succeed.
    ///
    /// # Errors
    /// With exit code 3 when the server refuses, 4 when it is busy or away.
    pub async fn call(&self, request: RequestBuilder) -> anyhow::Result<Value> {
        let (status, body) = self.send(request).await?;
        accept(status, body)
    }
}

/// The body of a success, or the refusal as an error.
///
/// # Errors
/// As [`Remote::call`].
pub fn accept(status: StatusCode, body: Value) -> anyhow::Result<Value> {
    if status.is_success() {
        return Ok(body);
    }
    let code = if status == StatusCode::TOO_MANY_REQUESTS || status == StatusCode::SERVICE_UNAVAILABLE {
        exit::UNAVAILABLE
    } else {
        exit::REFUSED
    };
    Err(exit::coded(
        code,
        format!("the server answered {status}: {}", reason(&body)),
    ))
}

/// The cause that says most: what the client says itself is only that sending failed.
fn innermost(error: &dyn std::error::Error) -> String {
    let mut last = error;
    while let Some(cause) = last.source() {
        last = cause;
    }
    last.to_string()
}

/// What a refusal says, whichever dialect words it. Ours name what is wrong in the title, and what to do in the detail.
fn reason(body: &Value) -> String {
    if let (Some(title), Some(detail)) = (body["title"].as_str(), body["detail"].as_str()) {
        return format!("{title} {detail}");
    }
    let places = [
        "/detail",
        "/error/message",
        "/message",
        "/error_description",
        "/error",
        "/msg",
    ];
    let found = places
        .iter()
        .find_map(|place| body.pointer(place).and_then(Value::as_str));
    found.map_or_else(|| body.to_string(), str::to_owned)
}

/// A member that the answer must have.
///
/// # Errors
/// When it is not there.
pub fn text<'v>(body: &'v Value, pointer: &str) -> anyhow::Result<&'v str> {
    body.pointer(pointer)
        .and_then(Value::as_str)
        .ok_or_else(|| anyhow!("the server's answer has no {pointer}"))
}
