//! Rate limits: so many requests a minute per application and company.
//!
//! Owns: the windows and their headers. The count is this node's own: with several nodes each grants the whole limit.
//! Everything else asks [`Limits::take`] alone, so that a shared counter can take its place.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use axum::http::{HeaderMap, HeaderName, HeaderValue};
use tender_engine::{ApplicationId, MerchantId, Timestamp};
use tender_service::{Principal, Settings};

#[cfg(test)]
mod tests;

/// How long a window lasts, by the service's clock.
const WINDOW_MS: i64 = 60_000;
/// Windows that are remembered. Beyond it those that ended go, and then the one that ends first.
const WINDOWS_MAX: usize = 10_000;

const LIMIT: HeaderName = HeaderName::from_static("x-ratelimit-limit");
const REMAINING: HeaderName = HeaderName::from_static("x-ratelimit-remaining");
const RESET: HeaderName = HeaderName::from_static("x-ratelimit-reset");

/// Whose requests are counted together. Basic and tokens have limits of their own, and so windows of their own.
type Owner = (ApplicationId, MerchantId, bool);

/// The windows of this node.
#[derive(Debug, Default)]
pub(crate) struct Limits {
    windows: Mutex<HashMap<Owner, Window>>,
}

#[derive(Debug, Clone, Copy)]
struct Window {
    ends_at: Timestamp,
    used: u32,
}

/// Where a caller stands after one more request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Quota {
    limit: u32,
    remaining: u32,
    ends_at: Timestamp,
    /// Seconds to wait, when the request was one too many.
    pub(crate) retry_after_s: Option<u32>,
}

impl Limits {
    /// Counts a request; `None` where no limit applies.
    pub(crate) fn take(&self, settings: &Settings, principal: &Principal, now: Timestamp) -> Option<Quota> {
        let limit = if principal.basic {
            settings.rate_limit_basic
        } else {
            settings.rate_limit_token
        };
        if !settings.rate_limits || limit == 0 {
            return None;
        }
        let owner = (principal.application, principal.merchant, principal.basic);
        let mut windows = self.windows.lock().unwrap_or_else(PoisonError::into_inner);
        if windows.len() >= WINDOWS_MAX && !windows.contains_key(&owner) {
            make_room(&mut windows, now);
        }
        let fresh = Window {
            ends_at: now.plus_ms(WINDOW_MS),
            used: 0,
        };
        let window = windows.entry(owner).or_insert(fresh);
        if window.ends_at <= now {
            *window = fresh;
        }
        let is_refused = window.used >= limit;
        if !is_refused {
            window.used = window.used.saturating_add(1);
        }
        let wait_ms = window.ends_at.0.saturating_sub(now.0);
        Some(Quota {
            limit,
            remaining: limit.saturating_sub(window.used),
            ends_at: window.ends_at,
            retry_after_s: is_refused.then(|| u32::try_from(seconds_up(wait_ms)).unwrap_or(1).max(1)),
        })
    }
}

fn make_room(windows: &mut HashMap<Owner, Window>, now: Timestamp) {
    windows.retain(|_, window| window.ends_at > now);
    if windows.len() < WINDOWS_MAX {
        return;
    }
    let first = windows
        .iter()
        .min_by_key(|(_, window)| window.ends_at)
        .map(|(owner, _)| *owner);
    if let Some(first) = first {
        windows.remove(&first);
    }
}

/// Whole seconds, rounded up, so that waiting that long is always enough.
fn seconds_up(ms: i64) -> i64 {
    ms.saturating_add(999).div_euclid(1_000)
}

impl Quota {
    /// Tells the client where it stands.
    pub(crate) fn tell(&self, headers: &mut HeaderMap) {
        headers.insert(LIMIT, HeaderValue::from(self.limit));
        headers.insert(REMAINING, HeaderValue::from(self.remaining));
        headers.insert(RESET, HeaderValue::from(seconds_up(self.ends_at.0)));
    }
}
