//! The route: reading the day, counting open cases, and the choice of form.

use axum::extract::State;
use axum::response::Response;
use tender_engine::LocationId;
use tender_http::Problem;
use tender_money::Currency;
use tender_service::Principal;

use super::journal::{self, Wanted};
use super::render;
use super::tally::Tally;
use crate::access::Admin;
use crate::query::{Query, QueryText};
use crate::refusal::{self, Repeatable};
use crate::time::{Day, DayError};
use crate::{Native, ids, lookup};

/// Cases read at a time.
const CASES_AT_ONCE: u32 = 500;
/// Open cases that are counted; with more, the count says so.
pub(super) const CASES_MAX: u64 = 10_000;

/// The form of a report.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    Json,
    Csv,
}

/// Cases of a location that nobody has looked after yet, whatever day they are from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct OpenCases {
    pub(super) count: u64,
    /// How much may have moved.
    pub(super) amount_minor: i128,
}

/// Everything a report says.
#[derive(Debug)]
pub(super) struct Report<'d> {
    pub(super) location: &'d tender_service::Location,
    pub(super) currency: Currency,
    pub(super) day: Day,
    pub(super) tally: Tally,
    pub(super) open_cases: OpenCases,
    pub(super) directory: &'d tender_service::Directory,
}

pub(crate) async fn day_close(
    State(native): State<Native>,
    Admin(principal): Admin,
    query: QueryText,
) -> Result<Response, Problem> {
    let query = query.read(&["location_id", "date", "format"])?;
    let id = query.parsed("location_id", "the decimal id of a location", ids::read_plain)?;
    let id = id.ok_or_else(|| refusal::invalid_parameter("location_id", "Name the location."))?;
    let form = query.parsed("format", "json or csv", |text| match text {
        "json" => Some(Form::Json),
        "csv" => Some(Form::Csv),
        _ => None,
    })?;
    let directory = lookup::directory(&native, &principal).await?;
    let facts = lookup::location(&directory, &principal, LocationId(id))?;
    let location = directory
        .locations
        .get(&id)
        .ok_or_else(refusal::location_not_found)?;
    let day = read_day(&native, &query, &location.time_zone)?;
    let wanted = Wanted {
        merchant: principal.merchant,
        location: facts.id,
        moments: day.moments.clone(),
    };
    let mut tally = Tally::default();
    let mut is_mixed = false;
    let read = journal::read(native.tender(), &wanted, |entry| {
        is_mixed |= entry.currency != facts.currency;
        tally.add(entry);
    });
    lookup::read(read.await)?;
    if is_mixed {
        // Amounts of two currencies have no sum. A location has one currency; somebody changed it on this day.
        tracing::error!(
            location.id = id,
            date = day.date,
            "the journal of one day has two currencies"
        );
        return Err(refusal::internal(Repeatable::Yes));
    }
    let report = Report {
        location,
        currency: facts.currency,
        day,
        tally,
        open_cases: open_cases(&native, &principal, facts.id).await?,
        directory: &directory,
    };
    Ok(match form.unwrap_or(Form::Json) {
        Form::Json => render::json(&report),
        Form::Csv => render::csv(&report),
    })
}

fn read_day(native: &Native, query: &Query<'_>, zone: &str) -> Result<Day, Problem> {
    let of_error = |error| match error {
        DayError::Date => refusal::invalid_parameter("date", "It is a date such as 2026-03-29."),
        DayError::Zone => {
            tracing::error!(time_zone = zone, "a location has a time zone that does not exist");
            refusal::internal(Repeatable::Yes)
        }
    };
    let today = || Day::date_of(native.tender().now(), zone);
    let date = match query.text("date") {
        Some(date) => date.to_owned(),
        None => today().map_err(of_error)?,
    };
    Day::read(&date, zone).map_err(of_error)
}

async fn open_cases(
    native: &Native,
    principal: &Principal,
    location: LocationId,
) -> Result<OpenCases, Problem> {
    let mut open = OpenCases::default();
    let mut before = None;
    loop {
        let page = native
            .tender()
            .open_cases_of(principal.merchant, location, before, CASES_AT_ONCE)
            .await;
        let page = lookup::read(page)?;
        before = page.items.last().map(|case| case.id);
        for case in &page.items {
            open.count = open.count.saturating_add(1);
            open.amount_minor = open.amount_minor.saturating_add(i128::from(case.amount_minor));
        }
        if !page.more || open.count >= CASES_MAX {
            return Ok(open);
        }
    }
}
