//! What a page is made for: who asks, what they may see, and what they sent.
//!
//! Owns: letting only people who are signed in reach a page, finding records within their reach, reading forms and
//! refusing forged ones. Must not know: what is on a page.

use std::sync::Arc;

use axum::extract::{FromRequestParts, OriginalUri, Path, Request};
use axum::http::request::Parts;
use axum::http::{Method, StatusCode};
use axum::response::{IntoResponse, Response};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use tender_engine::{ApplicationId, LocationId, MerchantId, Via};
use tender_http::read_body;
use tender_service::{Caller, Directory, Failure, Location, Tender};
use tender_wire::Form;

use crate::session::{self, Session};
use crate::{Console, page};

/// The largest form, in bytes.
const FORM_BYTES_MAX: usize = 16 * 1024;
/// Fields of a form or a query.
const FIELDS_MAX: usize = 32;
/// The longest address that is gone back to, in bytes.
const BACK_BYTES_MAX: usize = 1_000;
/// The page that people come to first.
pub(crate) const HOME: &str = "/console";

/// Why there is no page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Fault {
    /// There is nothing here, or nothing that this person may see: both are answered alike.
    NotFound,
    /// The form was not sent from one of our pages.
    Forged,
    /// The form says something that cannot be done, in words for people.
    Unusable(&'static str),
    /// The service could not.
    Failure(Failure),
}

impl From<Failure> for Fault {
    fn from(failure: Failure) -> Self {
        Self::Failure(failure)
    }
}

impl Fault {
    fn status(&self) -> StatusCode {
        match self {
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::Forged => StatusCode::FORBIDDEN,
            Self::Unusable(_) => StatusCode::BAD_REQUEST,
            Self::Failure(Failure::Rejected(_)) => StatusCode::CONFLICT,
            Self::Failure(Failure::Busy { .. }) => StatusCode::SERVICE_UNAVAILABLE,
            Self::Failure(Failure::OutcomeUnknown | Failure::Internal) => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    /// The page, with another status.
    pub(crate) fn with_status(&self, status: StatusCode) -> Response {
        let (title, words) = match self {
            Self::NotFound => (
                "Nothing here",
                "There is no such page, or nothing under this name that you may see.",
            ),
            Self::Forged => (
                "Please try again",
                "The form was not sent from a page of this console, or the page was open for too long. Nothing was done.",
            ),
            Self::Unusable(words) => ("This does not work", *words),
            Self::Failure(Failure::Rejected(_)) => (
                "This is not possible",
                "The ledger refused it; perhaps somebody else was faster. Nothing was done.",
            ),
            Self::Failure(Failure::Busy { .. }) => (
                "Busy",
                "The server is busy. Please try again in a moment. Nothing was done.",
            ),
            Self::Failure(Failure::OutcomeUnknown) => (
                "It is not known whether this was done",
                "The storage broke away half-way. Look at the page again before you repeat it.",
            ),
            Self::Failure(Failure::Internal) => (
                "Something went wrong",
                "The server made a mistake. Please try again.",
            ),
        };
        page::fault(status, title, words)
    }
}

impl IntoResponse for Fault {
    fn into_response(self) -> Response {
        self.with_status(self.status())
    }
}

/// A person at work: who, and the configuration of the person's merchant.
#[derive(Debug, Clone)]
pub(crate) struct Desk {
    pub(crate) console: Console,
    pub(crate) session: Session,
    pub(crate) directory: Arc<Directory>,
    /// The address of the page, to come back to it.
    pub(crate) here: String,
    pub(crate) query: Fields,
}

impl FromRequestParts<Console> for Desk {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, console: &Console) -> Result<Self, Response> {
        let here = here(parts);
        let session = console.sessions.of(&console.tender, &parts.headers).await;
        let Some(session) = session.map_err(|failure| Fault::from(failure).into_response())? else {
            return Err(sign_in_first(&parts.method, &here));
        };
        let directory = console.tender.directory(session.person.merchant).await;
        let directory = directory.map_err(|failure| Fault::from(failure).into_response())?;
        let directory = directory.ok_or_else(|| Fault::Failure(Failure::Internal).into_response())?;
        let query = Fields::read(parts.uri.query().unwrap_or_default().as_bytes());
        let query = query.map_err(IntoResponse::into_response)?;
        Ok(Self {
            console: console.clone(),
            session,
            directory,
            here,
            query,
        })
    }
}

/// The address of the page that was asked for.
fn here(parts: &Parts) -> String {
    let uri = parts
        .extensions
        .get::<OriginalUri>()
        .map_or(&parts.uri, |uri| &uri.0);
    let text = uri.path_and_query().map_or(HOME, |text| text.as_str());
    back(Some(text)).to_owned()
}

/// A page leads to signing in and back to itself; a form is not repeated, so it leads to the overview.
fn sign_in_first(method: &Method, here: &str) -> Response {
    if *method != Method::GET || here == HOME {
        return page::see_other("/console/sign-in");
    }
    let next = utf8_percent_encode(here, NON_ALPHANUMERIC);
    page::see_other(&format!("/console/sign-in?next={next}"))
}

/// An address to go back to; only pages of this console are.
pub(crate) fn back(given: Option<&str>) -> &str {
    given.filter(|given| is_ours(given)).unwrap_or(HOME)
}

fn is_ours(address: &str) -> bool {
    let below = address.strip_prefix(HOME);
    let is_below = below.is_some_and(|rest| rest.is_empty() || rest.starts_with(['/', '?']));
    let is_plain = address
        .bytes()
        .all(|byte| byte.is_ascii_graphic() && byte != b'\\');
    is_below && is_plain && address.len() <= BACK_BYTES_MAX
}

impl Desk {
    pub(crate) fn tender(&self) -> &Tender {
        &self.console.tender
    }

    pub(crate) fn merchant(&self) -> MerchantId {
        self.session.person.merchant
    }

    /// Whether the person may see a location.
    pub(crate) fn covers(&self, location: LocationId) -> bool {
        let reach = self.session.person.locations.as_ref();
        reach.is_none_or(|reach| reach.contains(&location))
    }

    /// Whether the person sees all of the merchant's locations.
    pub(crate) fn sees_all(&self) -> bool {
        self.session.person.locations.is_none()
    }

    /// The locations that the person may see.
    pub(crate) fn locations(&self) -> Vec<&Location> {
        let all = self.directory.locations.values();
        all.filter(|location| self.covers(LocationId(location.id)))
            .collect()
    }

    /// The location that the query names: absent when it names none.
    pub(crate) fn chosen_location(&self) -> Result<Option<&Location>, Fault> {
        let Some(text) = self.query.get("location").filter(|text| !text.is_empty()) else {
            return Ok(None);
        };
        let id: Option<u64> = text.parse().ok();
        let location = id.and_then(|id| self.directory.locations.get(&id));
        let location = location.filter(|location| self.covers(LocationId(location.id)));
        location.map(Some).ok_or(Fault::NotFound)
    }

    /// Who sends a command.
    pub(crate) fn caller(&self) -> Caller {
        Caller {
            merchant: self.merchant(),
            application: ApplicationId(0),
            via: Via::Console,
        }
    }

    /// Reads a form of one of our pages.
    ///
    /// # Errors
    /// [`Fault::Forged`] for any other.
    pub(crate) async fn form(&self, request: Request) -> Result<Fields, Fault> {
        let is_from_here = session::comes_from_here(request.headers());
        let fields = Fields::of(request).await?;
        let proof = fields.get("csrf").unwrap_or_default();
        if !is_from_here || !session::same(proof, &self.session.csrf) {
            return Err(Fault::Forged);
        }
        Ok(fields)
    }
}

/// What a form or a query says.
#[derive(Clone, Default)]
pub(crate) struct Fields(Vec<(String, String)>);

// Values may be secrets.
impl std::fmt::Debug for Fields {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_set()
            .entries(self.0.iter().map(|(name, _)| name))
            .finish()
    }
}

impl Fields {
    fn read(bytes: &[u8]) -> Result<Self, Fault> {
        let form = Form::parse(bytes, FIELDS_MAX);
        let form = form.map_err(|_| Fault::Unusable("The address or the form has too many fields."))?;
        let owned = form
            .iter()
            .map(|(name, value)| (name.to_owned(), value.to_owned()));
        Ok(Self(owned.collect()))
    }

    /// The fields of a form's body.
    pub(crate) async fn of(request: Request) -> Result<Self, Fault> {
        let bytes = read_body(request, FORM_BYTES_MAX).await;
        let bytes = bytes.map_err(|_| Fault::Unusable("The form is too large, or did not arrive whole."))?;
        Self::read(&bytes)
    }

    /// The fields of a query, none when it is unusable.
    pub(crate) fn of_query(query: Option<&str>) -> Self {
        Self::read(query.unwrap_or_default().as_bytes()).unwrap_or_default()
    }

    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        let found = self.0.iter().find(|(given, _)| given == name);
        found.map(|(_, value)| value.as_str())
    }
}

/// One segment of the path; one that is no text names nothing.
#[derive(Debug, Clone)]
pub(crate) struct Segment(pub(crate) String);

impl FromRequestParts<Console> for Segment {
    type Rejection = Fault;

    async fn from_request_parts(parts: &mut Parts, console: &Console) -> Result<Self, Fault> {
        let path = Path::<String>::from_request_parts(parts, console).await;
        path.map(|Path(text)| Self(text)).map_err(|_| Fault::NotFound)
    }
}

#[cfg(test)]
mod tests {
    use super::{HOME, back};

    #[test]
    fn only_pages_of_the_console_are_gone_back_to() {
        for ours in [
            "/console",
            "/console?x=1",
            "/console/orders/ord_1",
            "/console/find?q=a%20b",
        ] {
            assert_eq!(back(Some(ours)), ours);
        }
        let too_long = format!("/console/{}", "a".repeat(1_000));
        for other in [
            "",
            "/",
            "//evil.example",
            "/consoles",
            "https://evil.example/console",
            "/console/\\evil",
            "/console\r\nx: y",
            "/console/ü",
            "/console@evil.example",
            &too_long,
        ] {
            assert_eq!(back(Some(other)), HOME, "{other}");
        }
        assert_eq!(back(None), HOME);
    }
}
