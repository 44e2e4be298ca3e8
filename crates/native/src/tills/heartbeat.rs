//! `POST /api/v1/till/heartbeat`: a device says that it is there.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use tender_http::Problem;
use tender_wire::JsonWriter;

use super::device;
use crate::access::Till;
use crate::body::{BodyBytes, Fields};
use crate::ids::OnTheWire;
use crate::query::QueryText;
use crate::time::Moment;
use crate::{Native, answer, lookup};

pub(crate) async fn heartbeat(
    State(native): State<Native>,
    Till(principal): Till,
    query: QueryText,
    body: BodyBytes,
) -> Result<Response, Problem> {
    query.read(&[])?;
    let json = body.json()?;
    let fields = Fields::of(&json, &["device_id"])?;
    let own = principal.device.map(|own| Some(own.0));
    let named = fields.require("device_id", fields.plain_id("device_id")?.or(own))?;
    let directory = lookup::directory(&native, &principal).await?;
    let (device, location) = device(&directory, &principal, named)?;
    let tender = native.tender();
    tender.heartbeat(location, device);
    let body = JsonWriter::object(|object| {
        object.display("device_id", device.wire());
        object.display("location_id", location.wire());
        object.display("now", Moment(tender.now()));
    });
    Ok(answer::json(StatusCode::OK, body))
}
