//! The OpenAPI documents of all translators: served under `/openapi`, and written into the repository's docs.
//!
//! Owns: what each is called. Must not know: what is in them.

use axum::Router;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::routing::get;
use clap::ValueEnum;
use serde_json::Value;

#[cfg(test)]
mod tests;

/// An API that is described.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Api {
    /// `/api/v1`
    Native,
    /// Lightspeed Restaurant K-Series: `/o` and `/f`
    Kseries,
    /// Kounta: `/v1`
    Kounta,
    /// Order-management payments: `/v1/om`
    Om,
}

impl Api {
    /// The name in paths and of files.
    const fn name(self) -> &'static str {
        match self {
            Self::Native => "native",
            Self::Kseries => "kseries",
            Self::Kounta => "kounta",
            Self::Om => "om",
        }
    }

    fn document(self) -> Value {
        match self {
            Self::Native => tender_native::openapi::openapi(),
            Self::Kseries => tender_dialect_kseries::openapi::openapi(),
            Self::Kounta => tender_dialect_kounta::openapi::openapi(),
            Self::Om => tender_dialect_om::openapi::openapi(),
        }
    }

    /// The document as text for people: indented, members sorted, a newline at the end.
    pub fn text(self) -> String {
        format!("{:#}\n", self.document())
    }
}

/// `GET /openapi/{name}.json`, for everybody.
pub fn router() -> Router {
    Api::value_variants().iter().fold(Router::new(), |router, api| {
        let text = api.text();
        let headers = [
            (CONTENT_TYPE, "application/json"),
            (CACHE_CONTROL, "public, max-age=300"),
        ];
        let path = format!("/openapi/{}.json", api.name());
        router.route(&path, get(async move || (headers, text)))
    })
}
