use std::collections::BTreeSet;

use tender_engine::{ApplicationId, MerchantId, Timestamp};
use tender_service::{Principal, PrincipalKind, Settings};

use super::{Limits, WINDOW_MS, WINDOWS_MAX};

fn principal(application: u64, basic: bool) -> Principal {
    Principal {
        application: ApplicationId(application),
        merchant: MerchantId(1),
        locations: None,
        scopes: BTreeSet::new(),
        kind: PrincipalKind::Application,
        device: None,
        actor: String::new(),
        basic,
    }
}

fn settings() -> Settings {
    Settings {
        rate_limits: true,
        rate_limit_basic: 1,
        rate_limit_token: 2,
        ..Settings::default()
    }
}

#[test]
fn a_window_ends_a_minute_after_its_first_request() {
    let limits = Limits::default();
    let take = |at_ms| {
        limits
            .take(&settings(), &principal(1, false), Timestamp(at_ms))
            .unwrap()
    };
    assert_eq!((take(500).remaining, take(10_000).remaining), (1, 0));
    let refused = take(59_499);
    assert_eq!((refused.retry_after_s, refused.remaining), (Some(2), 0));
    assert_eq!(take(60_499).retry_after_s, Some(1));
    assert_eq!(refused.ends_at, Timestamp(500 + WINDOW_MS));
    assert_eq!(take(60_500).remaining, 1);
}

#[test]
fn basic_and_tokens_are_counted_apart() {
    let limits = Limits::default();
    let take = |basic| {
        limits
            .take(&settings(), &principal(1, basic), Timestamp(0))
            .unwrap()
    };
    assert_eq!((take(true).limit, take(true).retry_after_s.is_some()), (1, true));
    assert_eq!(take(false).remaining, 1);
}

#[test]
fn memory_is_bounded_and_who_is_remembered_stays_limited() {
    let limits = Limits::default();
    for application in 0..WINDOWS_MAX as u64 {
        let at = Timestamp(i64::try_from(application).unwrap());
        limits
            .take(&settings(), &principal(application, true), at)
            .unwrap();
    }
    let now = Timestamp(i64::try_from(WINDOWS_MAX).unwrap());
    limits
        .take(&settings(), &principal(1_000_000, true), now)
        .unwrap();
    assert_eq!(limits.windows.lock().unwrap().len(), WINDOWS_MAX);
    let last = limits
        .take(&settings(), &principal(WINDOWS_MAX as u64 - 1, true), now)
        .unwrap();
    assert!(last.retry_after_s.is_some());
    // Once their time is over they all go.
    let later = now.plus_ms(WINDOW_MS);
    limits
        .take(&settings(), &principal(2_000_000, true), later)
        .unwrap();
    assert_eq!(limits.windows.lock().unwrap().len(), 1);
}
