use std::collections::BTreeSet;
use std::future::{Future, poll_fn};
use std::sync::Arc;
use std::task::Poll;

use proptest::prelude::*;
use tender_engine::{ApplicationId, MerchantId, Timestamp};
use tender_store::Store;
use tokio::task::JoinSet;

use super::{DAY_MS, LANES_MAX, Limit, MINUTE_MS, PER_MINUTE_MAX, Period, Window};
use crate::testing::{node, restaurant, seed, settings, store};
use crate::{CredentialKind, Principal, PrincipalKind, Standing, Tender};

fn principal(application: u64, merchant: u64, basic: bool) -> Principal {
    let credential = if basic {
        CredentialKind::Client
    } else {
        CredentialKind::Access
    };
    Principal {
        application: ApplicationId(application),
        merchant: MerchantId(merchant),
        locations: None,
        scopes: BTreeSet::new(),
        kind: PrincipalKind::Application,
        device: None,
        actor: String::new(),
        credential,
    }
}

fn per_minute(most: u32) -> Limit {
    Limit::per_minute(&principal(10, 1, false), most)
}

async fn take(tender: &Tender, limit: Limit) -> Standing {
    tender.take(limit).await.expect("a standing")
}

async fn passes(tender: &Tender, limit: Limit) -> bool {
    take(tender, limit).await.retry_after_s.is_none()
}

#[test]
fn a_window_is_one_number_that_rises_with_its_end_and_its_count() {
    let minutes = [0, 1, 59_999, 60_000, 1_700_000_000_123, 4_000_000_000_000];
    let days = [0, DAY_MS, 20_000 * DAY_MS, 60_000 * DAY_MS];
    for (period, ends, most) in [
        (Period::Minute, minutes.as_slice(), PER_MINUTE_MAX),
        (Period::Day, days.as_slice(), u32::MAX),
    ] {
        let mut last = None;
        for end in ends {
            for used in [0, 1, most - 1, most] {
                let window = Window {
                    ends_at: Timestamp(*end),
                    used,
                };
                let packed = window.pack(period);
                assert_eq!(Window::unpack(packed, period), window, "{period:?}");
                let rises = last.is_none_or(|last| packed.cast_unsigned() > last);
                assert!(rises, "{period:?} {window:?}");
                last = Some(packed.cast_unsigned());
            }
        }
    }
}

#[test]
fn when_windows_end() {
    let cases = [
        // period, now, end
        (Period::Minute, 500, 60_500),
        (Period::Minute, 59_999, 119_999),
        (Period::Day, 0, DAY_MS),
        (Period::Day, DAY_MS - 1, DAY_MS),
        (Period::Day, DAY_MS, 2 * DAY_MS),
    ];
    for (period, now, end) in cases {
        assert_eq!(
            period.ends_at(Timestamp(now)),
            Timestamp(end),
            "{period:?} at {now}"
        );
    }
}

proptest! {
    /// Whatever comes when, a window lets through what its limit says while there is room, and no more.
    #[test]
    fn as_many_as_the_limit_pass_in_every_window(
        most in 0_u32..6,
        steps in prop::collection::vec((0_i64..40_000, 1_usize..4), 1..60),
    ) {
        let limit = per_minute(most);
        let mut now = Timestamp(1_700_000_000_000);
        let mut row = None;
        let mut model: Option<(Timestamp, u32)> = None;
        for (wait_ms, requests) in steps {
            now = now.plus_ms(wait_ms);
            let mut window = Window::current(row.as_ref(), limit.period, now);
            for _ in 0..requests {
                let (end, used) = match model {
                    Some((end, used)) if end > now => (end, used),
                    _ => (now.plus_ms(MINUTE_MS), 0),
                };
                let standing = window.take(&limit, now);
                prop_assert_eq!(standing.retry_after_s.is_none(), used < most);
                let used = if used < most { used + 1 } else { used };
                prop_assert_eq!(standing.remaining, most - used);
                // A limit that lets nothing through never stores a window, so its end moves with the time.
                if used > 0 {
                    prop_assert_eq!(standing.ends_at, end);
                    model = Some((end, used));
                }
            }
            if window.used > 0 {
                row = Some(limit.row(window));
            }
        }
    }
}

#[tokio::test]
async fn a_window_ends_a_minute_after_its_first_request_by_the_clock() {
    let tender = restaurant().await;
    let limit = per_minute(2);
    let first = take(&tender, limit).await;
    assert_eq!((first.limit, first.remaining, first.retry_after_s), (2, 1, None));
    tender.clock().advance(30_000);
    assert_eq!(take(&tender, limit).await.remaining, 0);
    let refused = take(&tender, limit).await;
    assert_eq!(refused.ends_at, first.ends_at);
    let wait_s = refused.retry_after_s.expect("a refusal");
    assert!((1..=30).contains(&wait_s), "{wait_s}");
    // Waiting as long as one is told is always enough.
    tender.clock().advance(wait_s * 1_000);
    assert_eq!(take(&tender, limit).await.remaining, 1);
}

#[tokio::test]
async fn what_is_counted_apart() {
    let tender = restaurant().await;
    let alone = [
        Limit::per_minute(&principal(10, 1, false), 1),
        Limit::per_minute(&principal(10, 1, true), 1),
        Limit::per_minute(&principal(11, 1, false), 1),
        Limit::per_minute(&principal(10, 2, false), 1),
        Limit::per_day(MerchantId(1), 1),
        Limit::per_day(MerchantId(2), 1),
    ];
    for limit in alone {
        assert!(passes(&tender, limit).await, "{limit:?}");
    }
    for limit in alone {
        assert!(!passes(&tender, limit).await, "{limit:?}");
    }
}

#[tokio::test]
async fn a_limit_that_was_raised_lets_the_difference_through() {
    let tender = restaurant().await;
    let day = |most| Limit::per_day(MerchantId(1), most);
    assert!(passes(&tender, day(1)).await);
    assert!(!passes(&tender, day(1)).await);
    assert!(passes(&tender, day(2)).await);
    assert!(!passes(&tender, day(2)).await);
    assert!(!passes(&tender, day(1)).await);
}

#[tokio::test]
async fn a_restart_does_not_reset_what_is_used() {
    let store = store();
    let first = node(&store, settings(), Vec::new()).await;
    seed(&first).await;
    for _ in 0..2 {
        assert!(passes(&first, per_minute(3)).await);
    }
    drop(first);
    let second = node(&store, settings(), Vec::new()).await;
    assert!(passes(&second, per_minute(3)).await);
    assert!(!passes(&second, per_minute(3)).await);
}

#[tokio::test]
async fn the_last_request_of_a_window_passes_at_whatever_node() {
    let store = store();
    let nodes = [
        node(&store, settings(), Vec::new()).await,
        node(&store, settings(), Vec::new()).await,
    ];
    // All but one at the first node, the last one at the other, which has never been asked before.
    for _ in 0..4 {
        assert!(passes(&nodes[0], per_minute(5)).await);
    }
    assert!(passes(&nodes[1], per_minute(5)).await);
    for node in &nodes {
        assert!(!passes(node, per_minute(5)).await);
    }
}

/// Three times as many requests as may pass, at two nodes at once: exactly as many as may do.
async fn exactly_the_limit_passes(store: Arc<dyn Store>, most: u32) {
    let nodes = [
        node(&store, settings(), Vec::new()).await,
        node(&store, settings(), Vec::new()).await,
    ];
    for limit in [per_minute(most), Limit::per_day(MerchantId(1), most)] {
        let mut requests = JoinSet::new();
        for number in 0..most * 3 {
            // Uneven: two of three at the first node.
            let node = nodes[usize::from(number % 3 == 2)].clone();
            requests.spawn(async move { take(&node, limit).await });
        }
        let standings = requests.join_all().await;
        let mut remaining: Vec<u32> = standings
            .iter()
            .filter(|standing| standing.retry_after_s.is_none())
            .map(|standing| standing.remaining)
            .collect();
        remaining.sort_unstable();
        let expected: Vec<u32> = (0..most).collect();
        assert_eq!(remaining, expected, "{limit:?}: each place is given once");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn exactly_as_many_as_the_limit_pass_over_two_nodes() {
    exactly_the_limit_passes(store(), 100).await;
}

#[tokio::test]
async fn who_waits_is_counted_though_the_first_caller_went_away() {
    let tender = restaurant().await;
    {
        let mut gone = Box::pin(tender.take(per_minute(3)));
        let asked = poll_fn(|context| Poll::Ready(gone.as_mut().poll(context))).await;
        assert!(asked.is_pending());
    }
    assert_eq!(take(&tender, per_minute(3)).await.remaining, 1);
}

#[tokio::test]
async fn memory_is_bounded_and_forgetting_forgets_no_count() {
    let tender = restaurant().await;
    assert!(passes(&tender, per_minute(1)).await);
    {
        let mut lanes = tender.inner().limits.lock();
        for owner in 0..i64::try_from(LANES_MAX).expect("a number") {
            lanes
                .entry((MerchantId(9), tender_store::CounterName::RateWindow, owner))
                .or_default();
        }
    }
    assert!(passes(&tender, Limit::per_minute(&principal(12, 1, false), 1)).await);
    assert!(tender.inner().limits.lock().len() <= LANES_MAX);
    assert!(!passes(&tender, per_minute(1)).await);
}
