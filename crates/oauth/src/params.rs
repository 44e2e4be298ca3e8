//! The parameters of a request, wherever it carries them: query, form body, JSON body.

use std::collections::BTreeMap;
use std::fmt;

use axum::extract::Request;
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderMap, StatusCode, Uri};
use tender_http::{BodyError, read_body};
use tender_wire::{Form, Json, Limits};

/// The longest body.
const BODY_BYTES_MAX: usize = 16 * 1024;
/// The most pairs of a query or form, known and unknown.
const PAIRS_MAX: usize = 64;
/// Parameters are flat; a little room is left for what is ignored.
const JSON_LIMITS: Limits = Limits {
    depth_max: 4,
    members_max: 64,
};

/// Known parameters by their names. What is empty counts as absent.
///
/// Its `Debug` shows the names only: values may be secrets.
#[derive(Clone, Default, PartialEq, Eq)]
pub(crate) struct Params {
    values: BTreeMap<&'static str, String>,
}

/// Why parameters could not be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct BadParams {
    pub(crate) status: StatusCode,
    pub(crate) what: String,
}

impl BadParams {
    fn new(what: impl Into<String>) -> Self {
        Self {
            status: StatusCode::BAD_REQUEST,
            what: what.into(),
        }
    }
}

impl Params {
    /// Reads the query alone.
    pub(crate) fn of_query(uri: &Uri, names: &[&'static str]) -> Result<Self, BadParams> {
        let mut params = Self::default();
        params.add_form(uri.query().unwrap_or_default().as_bytes(), names)?;
        Ok(params)
    }

    /// Reads the query and the body, each with the parameters that may stand there.
    pub(crate) async fn of_request(
        request: Request,
        query_names: &[&'static str],
        names: &[&'static str],
    ) -> Result<Self, BadParams> {
        let mut params = Self::of_query(request.uri(), query_names)?;
        let encoding = Encoding::of(request.headers());
        let body = read_body(request, BODY_BYTES_MAX)
            .await
            .map_err(|error| BadParams {
                status: match error {
                    BodyError::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
                    BodyError::Timeout => StatusCode::REQUEST_TIMEOUT,
                    BodyError::Disconnected => StatusCode::BAD_REQUEST,
                },
                what: error.to_string(),
            })?;
        if body.is_empty() {
            return Ok(params);
        }
        match encoding {
            Encoding::Form => params.add_form(&body, names)?,
            Encoding::Json => params.add_json(&body, names)?,
            Encoding::Unsaid if body.trim_ascii_start().starts_with(b"{") => params.add_json(&body, names)?,
            Encoding::Unsaid => params.add_form(&body, names)?,
            Encoding::Other => {
                return Err(BadParams::new(
                    "the body must be application/x-www-form-urlencoded or application/json",
                ));
            }
        }
        Ok(params)
    }

    /// The value of a parameter.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.values.get(name).map(String::as_str)
    }

    /// The value of a parameter, taken out.
    pub(crate) fn take(&mut self, name: &str) -> Option<String> {
        self.values.remove(name)
    }

    fn add_form(&mut self, bytes: &[u8], names: &[&'static str]) -> Result<(), BadParams> {
        let form = Form::parse(bytes, PAIRS_MAX).map_err(|error| BadParams::new(error.to_string()))?;
        for (name, value) in form.iter() {
            self.add(name, value, names)?;
        }
        Ok(())
    }

    fn add_json(&mut self, bytes: &[u8], names: &[&'static str]) -> Result<(), BadParams> {
        let json = Json::parse(bytes, JSON_LIMITS).map_err(|error| BadParams::new(error.to_string()))?;
        let object = json
            .as_object()
            .ok_or_else(|| BadParams::new("the body must be a JSON object"))?;
        for (name, value) in object.iter() {
            match value {
                Json::Null => {}
                Json::String(text) => self.add(name, text, names)?,
                Json::Number(number) => self.add(name, number.as_str(), names)?,
                Json::Bool(_) | Json::Array(_) | Json::Object(_) => {
                    if let Some(known) = names.iter().find(|known| **known == name) {
                        return Err(BadParams::new(format!("{known} must be a string")));
                    }
                }
            }
        }
        Ok(())
    }

    /// Adds a parameter. The same value twice (in the query and in the body, say) is no contradiction.
    fn add(&mut self, name: &str, value: &str, names: &[&'static str]) -> Result<(), BadParams> {
        let Some(known) = names.iter().find(|known| **known == name) else {
            return Ok(());
        };
        if value.is_empty() {
            return Ok(());
        }
        match self.values.get(known) {
            Some(earlier) if earlier != value => Err(BadParams::new(format!("{known} is given twice"))),
            Some(_) => Ok(()),
            None => {
                self.values.insert(known, value.to_owned());
                Ok(())
            }
        }
    }
}

impl fmt::Debug for Params {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.values.keys()).finish()
    }
}

/// How a body is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Encoding {
    Form,
    Json,
    /// The request does not say.
    Unsaid,
    Other,
}

impl Encoding {
    fn of(headers: &HeaderMap) -> Self {
        let Some(value) = headers.get(CONTENT_TYPE) else {
            return Self::Unsaid;
        };
        let text = value.to_str().unwrap_or_default();
        let essence = text.split(';').next().unwrap_or_default().trim();
        if essence.eq_ignore_ascii_case("application/x-www-form-urlencoded") {
            Self::Form
        } else if essence.eq_ignore_ascii_case("application/json") {
            Self::Json
        } else {
            Self::Other
        }
    }
}
