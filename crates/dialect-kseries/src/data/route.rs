//! The routes of businesses, floor plans and order profiles.

use axum::extract::Path;
use axum::extract::rejection::PathRejection;
use axum::http::{StatusCode, Uri};
use axum::response::Response;

use super::encode;
use crate::errors::{Fault, Refusal, json};
use crate::request::{Query, captured, number};
use crate::visit::Visit;

/// Lists the businesses and locations that the token covers.
pub(crate) async fn businesses(visit: Visit) -> Response {
    let body = encode::businesses(&visit.directory.merchant, visit.locations());
    json(StatusCode::OK, body)
}

/// Lists the floor plans of a location.
pub(crate) async fn floor_plans(
    visit: Visit,
    location: Result<Path<String>, PathRejection>,
    uri: Uri,
) -> Response {
    visit.answer(list_floor_plans(&visit, location, &uri))
}

fn list_floor_plans(
    visit: &Visit,
    location: Result<Path<String>, PathRejection>,
    uri: &Uri,
) -> Result<Response, Refusal> {
    let location = number("businessLocationId", &captured(location)?)?;
    let with_tables = Query::of(uri)?.flag("expandTables", true)?;
    let location = visit.location(location)?;
    if location.floor_plans.is_empty() {
        let location = location.id;
        return Err(Fault::FloorPlansMissing { location }.into());
    }
    Ok(json(
        StatusCode::OK,
        encode::floor_plans(&location.floor_plans, with_tables),
    ))
}

/// Lists the tables of a floor plan.
pub(crate) async fn floor_plan_tables(
    visit: Visit,
    names: Result<Path<(String, String)>, PathRejection>,
) -> Response {
    visit.answer(list_tables(&visit, names))
}

fn list_tables(
    visit: &Visit,
    names: Result<Path<(String, String)>, PathRejection>,
) -> Result<Response, Refusal> {
    let (location, plan) = captured(names)?;
    let location = number("businessLocationId", &location)?;
    let plan = number("floorPlanId", &plan)?;
    let location = visit.location(location)?;
    let found = location
        .floor_plans
        .iter()
        .find(|known| i64::try_from(known.id) == Ok(plan));
    let found = found.ok_or(Fault::FloorPlanUnknown {
        plan,
        location: location.id,
    })?;
    Ok(json(StatusCode::OK, encode::tables(&found.tables)))
}

/// Lists the order profiles of a location.
pub(crate) async fn account_profiles(visit: Visit, uri: Uri) -> Response {
    visit.answer(list_profiles(&visit, &uri))
}

fn list_profiles(visit: &Visit, uri: &Uri) -> Result<Response, Refusal> {
    let location = visit.location(Query::of(uri)?.location()?)?;
    Ok(json(StatusCode::OK, encode::profiles(location)))
}

/// Reads one order profile by its code.
pub(crate) async fn account_profile(
    visit: Visit,
    names: Result<Path<(String, String)>, PathRejection>,
) -> Response {
    visit.answer(find_profile(&visit, names))
}

fn find_profile(
    visit: &Visit,
    names: Result<Path<(String, String)>, PathRejection>,
) -> Result<Response, Refusal> {
    let (location, code) = captured(names)?;
    let location = visit.location(number("businessLocationId", &location)?)?;
    let found = location
        .order_profiles
        .iter()
        .find(|profile| profile.code == code);
    let found = found.ok_or(Fault::ProfileUnknown {
        code,
        location: location.id,
    })?;
    Ok(json(StatusCode::OK, encode::profile(found)))
}
