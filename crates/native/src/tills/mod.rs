//! The till protocol: `/api/v1/till/*`.
//!
//! A till claims tasks, does them, and says how it went. A claim is a lease with a number; the number goes with the answer,
//! and an answer under a number that is not the newest changes nothing. Every answer can be repeated. A till that can hold a
//! connection open gets the same tasks pushed.

mod answer;
mod claim;
mod heartbeat;
pub(crate) mod openapi;
mod push;
mod render;

pub(crate) use answer::{confirm, refuse};
pub(crate) use claim::claim;
pub(crate) use heartbeat::heartbeat;
pub(crate) use push::tasks;

use tender_engine::{DeviceId, LocationId};
use tender_http::Problem;
use tender_service::{Directory, Principal};

use crate::refusal::{self, Code};

/// The device a till speaks for, and where it stands. A token made for one device speaks for that one only.
fn device(
    directory: &Directory,
    principal: &Principal,
    named: Option<u64>,
) -> Result<(DeviceId, LocationId), Problem> {
    let device = named.and_then(|id| directory.devices.get(&id));
    let device = device.filter(|device| {
        let is_own = principal.device.is_none_or(|own| own == DeviceId(device.id));
        is_own && principal.covers(LocationId(device.location))
    });
    match device {
        Some(device) => Ok((DeviceId(device.id), LocationId(device.location))),
        None => Err(device_not_found()),
    }
}

fn device_not_found() -> Problem {
    refusal::not_found(Code::DeviceNotFound, "There is no such device.").field("device_id")
}
