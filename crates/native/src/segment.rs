//! A path's one variable segment, decoded.
//!
//! Owns: turning an undecodable segment into "not found". Must not know: which id stands in it.

use axum::extract::{FromRequestParts, Path};
use axum::http::request::Parts;
use tender_http::Problem;

use crate::refusal::{self, Code};

/// The segment's text.
#[derive(Debug, Clone)]
pub(crate) struct Segment(pub(crate) String);

impl<S: Send + Sync> FromRequestParts<S> for Segment {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        match Path::<String>::from_request_parts(parts, state).await {
            Ok(Path(text)) => Ok(Self(text)),
            Err(_) => Err(refusal::not_found(
                Code::NotFound,
                "There is nothing at this path.",
            )),
        }
    }
}
