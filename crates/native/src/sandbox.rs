//! `/api/v1/sandbox/*`: moving the clock and scripting virtual tills. These routes exist only where the settings say so.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use tender_engine::{DeviceId, LocationId};
use tender_http::Problem;
use tender_service::{Behaviour, Device, DirectoryKind, Edit};
use tender_wire::JsonWriter;

use crate::access::Admin;
use crate::body::{BodyBytes, Fields};
use crate::directory::write_device;
use crate::query::QueryText;
use crate::refusal::{Code, Repeatable};
use crate::segment::Segment;
use crate::time::Moment;
use crate::{Native, answer, ids, lookup, refusal};

pub(crate) mod openapi;

/// The longest behaviour.
const BEHAVIOUR_CHARS_MAX: usize = 220;

pub(crate) async fn clock(
    State(native): State<Native>,
    Admin(_): Admin,
    query: QueryText,
) -> Result<Response, Problem> {
    query.read(&[])?;
    Ok(answer_clock(&native))
}

pub(crate) async fn advance(
    State(native): State<Native>,
    Admin(_): Admin,
    query: QueryText,
    body: BodyBytes,
) -> Result<Response, Problem> {
    query.read(&[])?;
    let json = body.json()?;
    let fields = Fields::of(&json, &["advance_ms"])?;
    let advance_ms = fields.require(
        "advance_ms",
        fields.integer("advance_ms", 0..=i64::from(u32::MAX))?,
    )?;
    native
        .tender()
        .clock()
        .advance(u32::try_from(advance_ms).unwrap_or_default());
    Ok(answer_clock(&native))
}

fn answer_clock(native: &Native) -> Response {
    let now = native.tender().now();
    let body = JsonWriter::object(|object| object.display("now", Moment(now)));
    answer::json(StatusCode::OK, body)
}

pub(crate) async fn set_behaviour(
    State(native): State<Native>,
    Admin(principal): Admin,
    Segment(id): Segment,
    query: QueryText,
    body: BodyBytes,
) -> Result<Response, Problem> {
    query.read(&[])?;
    let json = body.json()?;
    let fields = Fields::of(&json, &["behaviour"])?;
    let behaviour = fields.text("behaviour", BEHAVIOUR_CHARS_MAX)?;
    let behaviour = fields.require("behaviour", behaviour)?;
    if Behaviour::parse(behaviour).is_none() {
        let detail = "It is one of: auto, offline, refuse:<reason>, slow:<ms>, lose-confirm.";
        return Err(refusal::invalid_field(fields.path("behaviour"), detail));
    }
    let directory = lookup::directory(&native, &principal).await?;
    let device = ids::read_plain(&id).and_then(|id| directory.devices.get(&id));
    let device = device.filter(|device| principal.covers(LocationId(device.location)));
    let absent = || refusal::not_found(Code::DeviceNotFound, "There is no such device.");
    let id = DeviceId(device.ok_or_else(absent)?.id).0;
    let tender = native.tender();
    let edit = |device: Option<Device>| {
        let Some(mut device) = device else {
            return (Edit::Keep, None);
        };
        device.behaviour = Some(behaviour.to_owned());
        (Edit::Put(device.clone()), Some(device))
    };
    let changed = tender
        .edit_directory(principal.merchant, DirectoryKind::Device, id, edit)
        .await;
    let changed = changed.map_err(|failure| refusal::of_failure(&failure, Repeatable::Yes))?;
    let device = changed.ok_or_else(absent)?;
    let body = JsonWriter::object(|object| write_device(object, &device, tender));
    Ok(answer::json(StatusCode::OK, body))
}
