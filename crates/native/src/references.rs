//! `GET /api/v1/payments/by-reference/{ref}` and `POST …/fence`: what became of a reference, and making sure that nothing
//! lands under it any more.
//!
//! Owns: where to look. A reference is unique per application and location, and a client that lost its answer often knows
//! neither; so all places within the caller's reach are looked at, the caller's own application first. Must not know: when a
//! payment can still be voided; the ledger decides that.
//!
//! The hard thing here is the fence of a reference that nobody has seen: the original may be on its way through any
//! application and to any location. So it is burned everywhere it could come from, each place by one command that looks
//! again: an original that lands in between is found there and voided, or answered as applied.

use std::collections::BTreeSet;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use futures_util::future::try_join_all;
use tender_engine::{
    ApplicationId, Command, FenceReference, KeyOutcome, KeySpace, LocationId, Outcome, Payment, PaymentState,
    key_hash,
};
use tender_http::{MoneyMoved, Problem, Retry, advise};
use tender_service::{Directory, Principal, PrincipalKind};
use tender_wire::JsonWriter;

use crate::access::{self, Client};
use crate::advice;
use crate::body::{BodyBytes, Fields, SHORT_TEXT_CHARS_MAX};
use crate::ids;
use crate::payments::render::write_payment;
use crate::query::{Query, QueryText};
use crate::refusal::{Code, Repeatable};
use crate::segment::Segment;
use crate::time::Moment;
use crate::{Native, answer, lookup, refusal};

pub(crate) mod openapi;

/// Pairs of application and location that one request looks at.
const PLACES_MAX: usize = 1_024;
/// Looks that are under way at a time.
const LOOKS_AT_ONCE: usize = 16;

/// Where a reference may have been used.
type Place = (ApplicationId, LocationId);

/// What became of a reference.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fate {
    Applied,
    WillNeverApply,
    InFlight,
}

impl Fate {
    fn of(payment: &Payment) -> Self {
        match payment.state {
            PaymentState::Complete => Self::Applied,
            PaymentState::Pending | PaymentState::Progress => Self::InFlight,
            PaymentState::Failed | PaymentState::Voided | PaymentState::Reversed => Self::WillNeverApply,
        }
    }

    const fn word(self) -> &'static str {
        match self {
            Self::Applied => "applied",
            Self::WillNeverApply => "will-never-apply",
            Self::InFlight => "in-flight",
        }
    }
}

pub(crate) async fn get(
    State(native): State<Native>,
    Client(principal): Client,
    Segment(reference): Segment,
    query: QueryText,
) -> Result<Response, Problem> {
    let directory = lookup::directory(&native, &principal).await?;
    let query = query.read(&["location_id", "application_id"])?;
    let places = places(&directory, &principal, &query)?;
    check_text(&reference)?;
    match find(&native, &principal, &places, &reference).await? {
        Found::Payment(_, payment) => answer_payment(&native, &directory, &payment).await,
        Found::Closed => Ok(answer_nothing()),
        Found::Open => Err(refusal::not_found(
            Code::ReferenceNotFound,
            "Nothing has arrived under this reference.",
        )
        .detail(
            "It may still be on its way. POST …/fence makes sure that it can never land; or send the original again with \
             the same reference: it is carried out at most once.",
        )),
    }
}

pub(crate) async fn fence(
    State(native): State<Native>,
    Client(principal): Client,
    Segment(reference): Segment,
    query: QueryText,
    body: BodyBytes,
) -> Result<Response, Problem> {
    let directory = lookup::directory(&native, &principal).await?;
    let query = query.read(&["location_id", "application_id"])?;
    Fields::of(&body.json()?, &[])?;
    let mut places = places(&directory, &principal, &query)?;
    check_text(&reference)?;
    // Only a payment settles where the reference has gone. One that is burned in one place may still land in another: a fence
    // that broke half-way, or one for a single location.
    if let Found::Payment(place, _) = find(&native, &principal, &places, &reference).await? {
        places = vec![place];
    }
    let caller = access::caller(&principal);
    let fences = places.into_iter().map(|(application, location)| {
        let text = reference.clone();
        let command = Command::FenceReference(FenceReference {
            application,
            location,
            text,
        });
        native.tender().execute(&caller, command)
    });
    // A fence can be repeated, so one that broke half-way is simply sent again.
    let fenced = try_join_all(fences).await;
    let fenced = fenced.map_err(|failure| refusal::of_failure(&failure, Repeatable::Yes))?;
    let payment = fenced.into_iter().find_map(|done| match done.outcome {
        Some(Outcome::Fenced(payment)) => payment,
        Some(Outcome::Payment(payment)) => Some(payment),
        _ => None,
    });
    match payment {
        Some(payment) => answer_payment(&native, &directory, &payment).await,
        None => Ok(answer_nothing()),
    }
}

/// A text that no payment can have would be looked for in vain, and burned for nothing.
fn check_text(reference: &str) -> Result<(), Problem> {
    let length = reference.chars().count();
    if !(1..=SHORT_TEXT_CHARS_MAX).contains(&length) || reference.chars().any(char::is_control) {
        return Err(refusal::invalid_parameter(
            "ref",
            "A reference has 1 to 100 characters.",
        ));
    }
    Ok(())
}

/// The places within the caller's reach, the caller's own application first; one at least.
fn places(directory: &Directory, principal: &Principal, query: &Query<'_>) -> Result<Vec<Place>, Problem> {
    let location = query.parsed("location_id", "the decimal id of a location", ids::read_plain)?;
    let locations: Vec<LocationId> = match location.map(LocationId) {
        Some(location) => vec![lookup::location(directory, principal, location)?.id],
        None => {
            let all = directory.locations.keys().copied().map(LocationId);
            all.filter(|location| principal.covers(*location)).collect()
        }
    };
    // Where nothing was looked at, nothing can be said.
    if locations.is_empty() {
        return Err(refusal::location_not_found());
    }
    let named = query.parsed(
        "application_id",
        "an application's id such as app_1",
        ids::read_application,
    )?;
    let own = principal.application;
    let applications: Vec<ApplicationId> = match named {
        Some(application) if application == own || principal.kind == PrincipalKind::Admin => {
            vec![application]
        }
        Some(_) => {
            return Err(refusal::not_found(
                Code::ApplicationNotFound,
                "There is no such application.",
            ));
        }
        None => {
            let others: BTreeSet<u64> = match principal.kind {
                PrincipalKind::Admin => directory.applications.keys().copied().collect(),
                PrincipalKind::Application | PrincipalKind::Till => BTreeSet::new(),
            };
            let others = others
                .into_iter()
                .map(ApplicationId)
                .filter(|other| *other != own);
            std::iter::once(own).chain(others).collect()
        }
    };
    if locations.len().saturating_mul(applications.len()) > PLACES_MAX {
        return Err(refusal::invalid_parameter(
            "location_id",
            "There are too many applications and locations to look at all of them; name one or the other.",
        ));
    }
    let pairs = applications.into_iter().flat_map(|application| {
        let locations = locations.iter();
        locations.map(move |location| (application, *location))
    });
    Ok(pairs.collect())
}

/// What became of a reference in the places that were looked at.
enum Found {
    /// It led to this payment, there.
    Payment(Place, Box<Payment>),
    /// It was fenced or refused for good in every one of them.
    Closed,
    /// There is a place where it may still land, whatever was fenced elsewhere.
    Open,
}

/// Looks for the reference. A payment of the caller's own application is preferred; else there must be one only, because two
/// payments of different applications must not be taken for each other.
async fn find(
    native: &Native,
    principal: &Principal,
    places: &[Place],
    reference: &str,
) -> Result<Found, Problem> {
    let mut used: Vec<(Place, KeyOutcome)> = Vec::new();
    for some in places.chunks(LOOKS_AT_ONCE) {
        let looks = some.iter().map(|(application, location)| async move {
            let hash = key_hash(KeySpace::PaymentReference, *application, *location, reference);
            let record = native.tender().key(principal.merchant, hash).await?;
            Ok(record.map(|record| ((*application, *location), record.outcome)))
        });
        used.extend(lookup::read(try_join_all(looks).await)?.into_iter().flatten());
    }
    let is_closed = used.len() == places.len();
    let paid = used.into_iter().filter_map(|(place, outcome)| match outcome {
        KeyOutcome::Payment(id, _) => Some((place, id)),
        KeyOutcome::Order(..) | KeyOutcome::Refused(_) | KeyOutcome::Burned => None,
    });
    let (own, others): (Vec<_>, Vec<_>) =
        paid.partition(|((application, _), _)| *application == principal.application);
    let paid = if own.is_empty() { others } else { own };
    match paid.as_slice() {
        [] if is_closed => Ok(Found::Closed),
        [] => Ok(Found::Open),
        [(place, id)] => {
            let payment = lookup::read(native.tender().payment(principal.merchant, *id).await)?;
            // A reference without its payment is our mistake; saying that nothing landed could be another one.
            let payment = payment.ok_or_else(|| refusal::internal(Repeatable::Yes))?;
            Ok(Found::Payment(*place, Box::new(payment)))
        }
        _ => Err(refusal::problem(
            StatusCode::CONFLICT,
            Code::AmbiguousReference,
            "Several payments have this reference.",
        )
        .detail("Different applications or locations used it. Name application_id and location_id.")),
    }
}

async fn answer_payment(
    native: &Native,
    directory: &Directory,
    payment: &Payment,
) -> Result<Response, Problem> {
    let currency = lookup::currency_of(directory, payment)?;
    let circumstances = lookup::circumstances(native, payment).await?;
    let fate = Fate::of(payment);
    let money_moved = advice::money_moved(payment, circumstances);
    let until = payment.expires_at.filter(|_| fate == Fate::InFlight);
    let body = JsonWriter::object(|object| {
        object.string("state", fate.word());
        object.optional("until", until.map(Moment), tender_wire::ObjectWriter::display);
        object.string("money_moved", money_moved.as_str());
        object.display("retry", advice::RETRY);
        object.object("payment", |object| {
            write_payment(object, payment, currency, circumstances)
        });
    });
    let mut response = answer::json(StatusCode::OK, body);
    advise(response.headers_mut(), money_moved, advice::RETRY);
    Ok(response)
}

/// Nothing landed and nothing will.
fn answer_nothing() -> Response {
    let body = JsonWriter::object(|object| {
        object.string("state", Fate::WillNeverApply.word());
        object.string("money_moved", MoneyMoved::No.as_str());
        object.display("retry", Retry::Never);
    });
    let mut response = answer::json(StatusCode::OK, body);
    advise(response.headers_mut(), MoneyMoved::No, Retry::Never);
    response
}
