//! The envelope around every answer (spec om 2 and 8.1): six members, `data` or `error`, never both.

use axum::body::Body;
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderValue, StatusCode};
use axum::response::Response;
use tender_http::{MoneyMoved, REQUEST_ID_HEADER, RequestId, Retry, advise};
use tender_wire::{JsonWriter, ObjectWriter};

use crate::errors::{OmError, Told};

/// The application's name in every envelope.
const APP: &str = "om";

/// Something the caller should know although the call succeeded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OmWarning {
    /// `UnknownParameter`, `DuplicateTransactionRef` or `NotApplied`.
    pub code: &'static str,
    /// For people.
    pub message: &'static str,
    /// The member concerned.
    pub field: String,
}

/// What all answers to one request share.
#[derive(Debug, Clone)]
pub struct Envelope {
    service: &'static str,
    request_id: RequestId,
    instance_id: String,
    warnings: Vec<OmWarning>,
}

impl Envelope {
    /// An envelope before the organisation is known.
    pub fn new(service: &'static str, request_id: RequestId) -> Self {
        Self {
            service,
            request_id,
            instance_id: String::new(),
            warnings: Vec::new(),
        }
    }

    /// Names the organisation's installation: the same after every restart and on every node.
    pub fn set_organization(&mut self, organization: &str) {
        self.instance_id = format!("om-{organization}");
    }

    /// Adds warnings.
    pub fn warn(&mut self, warnings: impl IntoIterator<Item = OmWarning>) {
        self.warnings.extend(warnings);
    }

    fn members(&self, object: &mut ObjectWriter<'_>) {
        object.string("app", APP);
        object.string("service", self.service);
        object.array("warnings", |list| {
            for warning in &self.warnings {
                list.object(|object| {
                    object.string("code", warning.code);
                    object.string("message", warning.message);
                    object.string("field", &warning.field);
                });
            }
        });
        object.string("instanceId", &self.instance_id);
        object.display("requestId", self.request_id);
    }

    /// A success; `data` writes its members.
    pub fn succeed(&self, data: impl FnOnce(&mut ObjectWriter<'_>)) -> Response {
        let body = JsonWriter::object(|object| {
            self.members(object);
            object.object("data", data);
        });
        self.respond(StatusCode::OK, body.into_bytes())
    }

    /// A success about one payment.
    pub fn succeed_about(&self, moved: MoneyMoved, data: impl FnOnce(&mut ObjectWriter<'_>)) -> Response {
        let mut response = self.succeed(data);
        advise(response.headers_mut(), moved, Retry::Never);
        response
    }

    /// A refusal.
    pub fn refuse(&self, error: &OmError) -> Response {
        let told = error.told();
        let body = JsonWriter::object(|object| {
            self.members(object);
            object.object("error", |object| write_error(object, &told));
        });
        let mut response = self.respond(told.status, body.into_bytes());
        advise(response.headers_mut(), told.moved, told.retry);
        response
    }

    fn respond(&self, status: StatusCode, body: Vec<u8>) -> Response {
        let mut response = Response::new(Body::from(body));
        *response.status_mut() = status;
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        if let Ok(id) = HeaderValue::from_str(&self.request_id.to_string()) {
            headers.insert(REQUEST_ID_HEADER, id);
        }
        response
    }
}

/// The members of `error`.
fn write_error(object: &mut ObjectWriter<'_>, told: &Told) {
    object.string("code", told.code);
    object.string("message", &told.message);
    match told.fields.as_slice() {
        [] => {}
        [(field, _)] => object.string("field", field),
        fields => object.array("fields", |list| {
            for (field, message) in fields {
                list.object(|object| {
                    object.string("field", field);
                    object.string("message", message);
                });
            }
        }),
    }
    if let Retry::After(seconds) = told.retry {
        object.object("serverError", |object| {
            object.number("code", told.status.as_u16());
            object.number("retryAfter", seconds);
        });
    }
}
