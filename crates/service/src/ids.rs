//! Time-ordered ids below 2^53, unique across nodes without asking anybody per id.
//!
//! 40 bits of milliseconds since 2025-01-01 (until 2059), 6 bits of node, 7 bits of counter. Rising ids keep every
//! insert on the last page of its index, which is what a durable payment costs most. When 128 ids of one
//! millisecond are used up, the generator runs ahead of the clock rather than wait.

use std::sync::atomic::{AtomicU64, Ordering};

use tender_engine::{IdSource, Timestamp};

const NODE_BITS: u32 = 6;
const COUNTER_BITS: u32 = 7;
/// 2025-01-01T00:00:00Z.
const EPOCH_MS: i64 = 1_735_689_600_000;

/// Makes ids.
#[derive(Debug)]
pub struct Ids {
    node: u64,
    /// Milliseconds and counter of the newest id, without the node.
    last: AtomicU64,
}

impl Ids {
    /// A generator for a node (0 to 63). `now` must be real time, not a sandbox's.
    #[must_use]
    pub fn new(node: u8, now: Timestamp) -> Self {
        let ms = u64::try_from(now.0.saturating_sub(EPOCH_MS)).unwrap_or_default();
        Self {
            node: u64::from(node) % (1 << NODE_BITS),
            last: AtomicU64::new(ms << COUNTER_BITS),
        }
    }

    /// The next id at a moment. Never goes back, whatever the clock does.
    pub fn next(&self, now: Timestamp) -> u64 {
        let ms = u64::try_from(now.0.saturating_sub(EPOCH_MS)).unwrap_or_default();
        let floor = ms << COUNTER_BITS;
        let step = |last: u64| Some(floor.max(last.wrapping_add(1)));
        let last = match self.last.fetch_update(Ordering::Relaxed, Ordering::Relaxed, step) {
            Ok(last) | Err(last) => last,
        };
        let value = floor.max(last.wrapping_add(1));
        let (ms, counter) = (value >> COUNTER_BITS, value & ((1 << COUNTER_BITS) - 1));
        (ms << (NODE_BITS + COUNTER_BITS)) | (self.node << COUNTER_BITS) | counter
    }
}

/// Ids for one batch of commands.
#[derive(Debug)]
pub(crate) struct BatchIds<'a> {
    pub(crate) ids: &'a Ids,
    pub(crate) now: Timestamp,
}

impl IdSource for BatchIds<'_> {
    fn next_id(&mut self) -> u64 {
        self.ids.next(self.now)
    }
}
