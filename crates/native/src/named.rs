//! The employee and the device that a request names.
//!
//! Owns: whether they are there. Must not know: what they are named for.
//!
//! Both may be taken out of the directory at any time. A repeat is not asked for them: it gets its first answer again,
//! whatever has become of what it names.

use tender_engine::{DeviceId, KeyClaim, LocationId, Lookup, Rejection, StaffId};
use tender_http::Problem;
use tender_service::{Directory, Principal};

use crate::body::Fields;
use crate::refusal::{self, Code};
use crate::{Native, access, lookup};

/// What a request names.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Named {
    pub(crate) staff: Option<StaffId>,
    pub(crate) device: Option<DeviceId>,
}

impl Named {
    /// Reads `device_id` and `staff_id`, where a request has them. What is no id is not there, and never was.
    pub(crate) fn read(fields: &Fields<'_, '_>) -> Result<Self, Problem> {
        let device = fields.plain_id("device_id")?;
        let device = device.map(|id| id.map(DeviceId).ok_or_else(device_not_found));
        let staff = fields.plain_id("staff_id")?;
        let staff = staff.map(|id| id.map(StaffId).ok_or_else(staff_not_found));
        Ok(Self {
            device: device.transpose()?,
            staff: staff.transpose()?,
        })
    }

    /// Whether nothing is named that would have to stand at a location.
    pub(crate) fn is_known_anywhere(&self, directory: &Directory) -> bool {
        self.device.is_none() && self.is_staff_known(directory)
    }

    fn is_staff_known(&self, directory: &Directory) -> bool {
        self.staff
            .is_none_or(|staff| matches!(directory.staff_by_id(staff.0), Lookup::Known(_)))
    }

    /// Refuses what names something that is not there, or a device of another location; unless it came before, under one of
    /// its claims.
    pub(crate) async fn check(
        &self,
        native: &Native,
        principal: &Principal,
        directory: &Directory,
        location: LocationId,
        claims: &[KeyClaim],
    ) -> Result<(), Problem> {
        let stands_there = |device: DeviceId| {
            let device = directory.devices.get(&device.0);
            device.is_some_and(|device| device.location == location.0)
        };
        let problem = if !self.device.is_none_or(stands_there) {
            device_not_found()
        } else if !self.is_staff_known(directory) {
            staff_not_found()
        } else {
            return Ok(());
        };
        let caller = access::caller(principal);
        if lookup::read(native.tender().are_used(&caller, location, claims).await)? {
            return Ok(());
        }
        Err(problem)
    }
}

fn staff_not_found() -> Problem {
    refusal::of_rejection(&Rejection::StaffNotFound)
}

fn device_not_found() -> Problem {
    refusal::meaningless(
        Code::DeviceNotFound,
        "There is no such device at the order's location.",
        "device_id",
    )
    .detail(
        "GET /api/v1/devices lists the devices; leave device_id out to let any till of the location take it.",
    )
}
