//! `/api/v1/locations`, `/methods`, `/devices`: what there is to name in other requests.

use axum::extract::State;
use axum::response::Response;
use tender_engine::{DeviceId, LocationId, MethodId};
use tender_http::Problem;
use tender_service::{Device, Location, Method, Tender};
use tender_wire::ObjectWriter;

use crate::access::Client;
use crate::ids::{self, OnTheWire, WireId};
use crate::query::QueryText;
use crate::{Native, answer, lookup, refusal};

pub(crate) mod openapi;

pub(super) const LIMIT_USUAL: u32 = 100;
pub(super) const LIMIT_MAX: u32 = 500;

pub(crate) async fn locations(
    State(native): State<Native>,
    Client(principal): Client,
    query: QueryText,
) -> Result<Response, Problem> {
    let query = query.read(&["limit", "after"])?;
    let (limit, after) = (
        query.limit(LIMIT_USUAL, LIMIT_MAX)?,
        query.after(ids::read_plain)?,
    );
    let directory = lookup::directory(&native, &principal).await?;
    let all = directory
        .locations
        .range(beyond(after)..)
        .map(|(_, location)| location);
    let covered = all.filter(|location| principal.covers(LocationId(location.id)));
    Ok(page(
        covered,
        limit,
        |location| LocationId(location.id).wire(),
        |object, location| {
            write_location(object, location, native.tender());
        },
    ))
}

pub(crate) async fn methods(
    State(native): State<Native>,
    Client(principal): Client,
    query: QueryText,
) -> Result<Response, Problem> {
    let query = query.read(&["limit", "after"])?;
    let read = |text: &str| tender_wire::ids_text::read(tender_wire::ids_text::METHOD, text);
    let (limit, after) = (query.limit(LIMIT_USUAL, LIMIT_MAX)?, query.after(read)?);
    let directory = lookup::directory(&native, &principal).await?;
    let methods = directory.methods.range(beyond(after)..).map(|(_, method)| method);
    Ok(page(
        methods,
        limit,
        |method| MethodId(method.id).wire(),
        write_method,
    ))
}

pub(crate) async fn devices(
    State(native): State<Native>,
    Client(principal): Client,
    query: QueryText,
) -> Result<Response, Problem> {
    let query = query.read(&["location_id", "limit", "after"])?;
    let (limit, after) = (
        query.limit(LIMIT_USUAL, LIMIT_MAX)?,
        query.after(ids::read_plain)?,
    );
    let location = query.parsed("location_id", "the decimal id of a location", ids::read_plain)?;
    if location.is_some_and(|location| !principal.covers(LocationId(location))) {
        return Err(refusal::location_not_found());
    }
    let directory = lookup::directory(&native, &principal).await?;
    let all = directory.devices.range(beyond(after)..).map(|(_, device)| device);
    let wanted = all.filter(|device| {
        let is_there = location.is_none_or(|location| device.location == location);
        is_there && principal.covers(LocationId(device.location))
    });
    Ok(page(
        wanted,
        limit,
        |device| DeviceId(device.id).wire(),
        |object, device| {
            write_device(object, device, native.tender());
        },
    ))
}

/// The first id after one.
const fn beyond(after: Option<u64>) -> u64 {
    match after {
        Some(after) => after.saturating_add(1),
        None => 0,
    }
}

fn page<'d, T: 'd>(
    records: impl Iterator<Item = &'d T>,
    limit: u32,
    id: impl Fn(&T) -> WireId,
    write: impl Fn(&mut ObjectWriter<'_>, &T),
) -> Response {
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let records: Vec<&T> = records.take(limit.saturating_add(1)).collect();
    let shown = records.get(..limit).unwrap_or(&records);
    let next = shown.last().filter(|_| records.len() > limit);
    let next = next.map(|record| id(record).to_string());
    answer::page(shown, next, |array, record| {
        array.object(|object| write(object, record))
    })
}

fn write_location(object: &mut ObjectWriter<'_>, location: &Location, tender: &Tender) {
    let id = LocationId(location.id);
    object.display("id", id.wire());
    object.string("name", &location.name);
    object.string("code", &location.code);
    object.string("currency", &location.currency);
    object.string("time_zone", &location.time_zone);
    object.string("country", &location.country);
    object.bool("online", tender.device_online(id));
}

fn write_method(object: &mut ObjectWriter<'_>, method: &Method) {
    object.display("id", MethodId(method.id).wire());
    object.string("code", &method.code);
    object.string("name", &method.name);
    object.optional("description", method.description.as_deref(), ObjectWriter::string);
    object.bool("active", method.active);
    object.bool("visible", method.visible);
    object.bool("till_terminal", method.is_terminal);
}

/// Writes a device's members. `online` is about its location: whether the node asked has heard of a till there within the
/// last minute.
pub(crate) fn write_device(object: &mut ObjectWriter<'_>, device: &Device, tender: &Tender) {
    object.display("id", DeviceId(device.id).wire());
    object.display("location_id", LocationId(device.location).wire());
    object.string("name", &device.name);
    object.optional("behaviour", device.behaviour.as_deref(), ObjectWriter::string);
    object.bool("online", tender.device_online(LocationId(device.location)));
}
