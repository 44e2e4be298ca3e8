//! Which devices are there, as far as this node has heard.
//!
//! Owns: when each device was last heard of. Must not know: tasks, the directory.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use tender_engine::{DeviceId, LocationId, Timestamp};

/// A device that was heard of this long ago is there no more.
const FRESH_MS: i64 = 60_000;
/// Devices remembered. Beyond it those that are gone are forgotten, and no more are taken in while all are there.
const DEVICES_MAX: usize = 65_536;

/// When devices were last heard of.
#[derive(Debug, Default)]
pub(crate) struct Presence {
    devices: Mutex<HashMap<(LocationId, DeviceId), Seen>>,
}

#[derive(Debug, Clone, Copy)]
struct Seen {
    at: Timestamp,
    /// Long polls that wait right now.
    waiting: u32,
}

impl Seen {
    fn is_fresh(&self, now: Timestamp) -> bool {
        self.waiting > 0 || now.0.saturating_sub(self.at.0) < FRESH_MS
    }
}

impl Presence {
    /// A device was heard of.
    pub(super) fn seen(&self, location: LocationId, device: DeviceId, now: Timestamp) {
        self.touch(location, device, now, 0);
    }

    /// A device waits for work, and so is there until the guard is dropped and a minute longer.
    pub(crate) fn arrive(&self, location: LocationId, device: DeviceId, now: Timestamp) -> Present<'_> {
        let counted = self.touch(location, device, now, 1);
        Present {
            presence: self,
            key: (location, device),
            counted,
        }
    }

    /// A device is known to be gone.
    pub(crate) fn forget(&self, location: LocationId, device: DeviceId) {
        self.lock().remove(&(location, device));
    }

    /// Whether any device of the location is there.
    pub(super) fn is_online(&self, location: LocationId, now: Timestamp) -> bool {
        self.lock()
            .iter()
            .any(|((at, _), seen)| *at == location && seen.is_fresh(now))
    }

    /// Whether any device was ever heard of.
    pub(crate) fn knows_any(&self) -> bool {
        !self.lock().is_empty()
    }

    fn touch(&self, location: LocationId, device: DeviceId, now: Timestamp, waiting: u32) -> bool {
        let mut devices = self.lock();
        if devices.len() >= DEVICES_MAX && !devices.contains_key(&(location, device)) {
            devices.retain(|_, seen| seen.is_fresh(now));
            if devices.len() >= DEVICES_MAX {
                return false;
            }
        }
        let seen = devices
            .entry((location, device))
            .or_insert(Seen { at: now, waiting: 0 });
        seen.at = seen.at.max(now);
        seen.waiting = seen.waiting.saturating_add(waiting);
        waiting > 0
    }

    fn leave(&self, key: (LocationId, DeviceId)) {
        if let Some(seen) = self.lock().get_mut(&key) {
            seen.waiting = seen.waiting.saturating_sub(1);
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<(LocationId, DeviceId), Seen>> {
        self.devices.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A device that waits.
#[derive(Debug)]
pub(crate) struct Present<'a> {
    presence: &'a Presence,
    key: (LocationId, DeviceId),
    counted: bool,
}

impl Drop for Present<'_> {
    fn drop(&mut self) {
        if self.counted {
            self.presence.leave(self.key);
        }
    }
}
