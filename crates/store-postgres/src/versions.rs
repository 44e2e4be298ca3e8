//! The newest versions of rows, as far as this node knows them.
//!
//! Owns: a bounded memory of rows that batches of this node have written, each with the transaction that wrote it; how far to go by
//! it. Must not know: statements, what a row means.
//!
//! Nothing in it is certain, because another node may have written since. A batch that goes by it locks and reads nothing; its one
//! statement proves the versions and fails if one of them is not the newest any more, or if a key is there that it took for new
//! (see [`crate::together`]). Then the batch runs again and reads.
//!
//! What is known ends with the [`Epoch`]. A standby that is promoted, or a server that came back from a copy of its disk, gives numbers
//! of transactions again that it never heard of; neither goes on with the sessions of before.
//!
//! Where nodes share their orders that would happen to nearly every batch, so after each failure more of them read at once.

use std::collections::HashMap;
use std::error::Error;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use bytes::{BufMut, BytesMut};
use tender_store::{Key, Row, Table};
use tokio_postgres::types::{FromSql, IsNull, ToSql, Type, to_sql_checked};

use crate::link::Epoch;

/// The table whose rows are kept: each payment of an order reads and replaces its head, and nearly nothing else is replaced as
/// soon.
pub(crate) const KEPT: Table = Table::Orders;

/// A row's key, kept in the table itself: it is looked up for each payment, and what is not at hand costs more than any look-up.
type Id = [i64; 2];

/// Versions written in one generation. When there are so many, those that were written in no later one are forgotten.
const GENERATION_MAX: usize = 16_384;

/// For how long a version is gone by. The server's numbers for transactions come round again, but not in so little time.
const TTL: Duration = Duration::from_secs(3_600);

/// After a failure, so many batches read; after each further one twice as many, up to the limit.
pub(crate) const READING_FIRST: u32 = 8;
const READING_MAX: u32 = 1_024;

/// The transaction that wrote a row. One transaction writes a row at most once, so with its key this names a version.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Writing(u32);

/// A row as it was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Version {
    pub row: Row,
    pub writing: Writing,
}

#[derive(Debug)]
struct Kept {
    version: Version,
    epoch: Epoch,
    since: Instant,
    generation: u64,
}

/// The memory that the writing sessions of a node share.
#[derive(Debug, Default)]
pub(crate) struct Versions(Mutex<Memory>);

#[derive(Debug, Default)]
struct Memory {
    kept: HashMap<Id, Kept>,
    generation: u64,
    /// Versions written in this generation.
    written: usize,
    /// Batches that read before the next one may go by what is kept.
    reading: u32,
    /// How many that were after the last failure.
    last_reading: u32,
}

impl Versions {
    /// Whether the next batch may go by what is kept.
    pub(crate) fn may_be_assumed(&self) -> bool {
        let mut memory = self.lock();
        let may = memory.reading == 0;
        memory.reading = memory.reading.saturating_sub(1);
        may
    }

    /// A batch went by what is kept, and was right.
    pub(crate) fn were_right(&self) {
        self.lock().last_reading /= 2;
    }

    /// A batch went by what is kept in vain.
    pub(crate) fn were_wrong(&self) {
        let mut memory = self.lock();
        memory.last_reading = (memory.last_reading * 2).clamp(READING_FIRST, READING_MAX);
        memory.reading = memory.last_reading;
    }

    /// The versions of the rows with these keys, or nothing if one is not known. They are taken out: until the batch that has
    /// taken them is over, every other one that needs one of them reads, and waits its turn at the server.
    pub(crate) fn take(&self, keys: &[&Key], epoch: Epoch, now: Instant) -> Option<Vec<Version>> {
        let mut memory = self.lock();
        let mut taken = Vec::with_capacity(keys.len());
        for key in keys {
            match memory.kept.remove(&id(key)?) {
                Some(kept) if kept.is_good(epoch, now) => taken.push(kept),
                _ => {
                    for kept in taken {
                        memory.put_back(kept);
                    }
                    return None;
                }
            }
        }
        Some(taken.into_iter().map(|kept| kept.version).collect())
    }

    /// Keeps versions that have been committed by a batch that began in this epoch.
    pub(crate) fn keep(&self, versions: Vec<Version>, epoch: Epoch, now: Instant) {
        let mut memory = self.lock();
        for version in versions {
            memory.keep(version, epoch, now);
        }
    }

    /// Forgets rows that were written.
    pub(crate) fn forget(&self, keys: impl Iterator<Item = Key>) {
        let mut memory = self.lock();
        for key in keys {
            id(&key).map(|id| memory.kept.remove(&id));
        }
    }

    /// How many rows are known and not taken.
    #[cfg(test)]
    pub(crate) fn known(&self) -> usize {
        self.lock().kept.len()
    }

    fn lock(&self) -> MutexGuard<'_, Memory> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The id of a row with this key.
fn id(key: &[i64]) -> Option<Id> {
    key.try_into().ok()
}

impl Memory {
    fn keep(&mut self, version: Version, epoch: Epoch, since: Instant) {
        if self.written >= GENERATION_MAX {
            self.kept.retain(|_, kept| kept.generation == self.generation);
            self.generation += 1;
            self.written = 0;
        }
        self.written += 1;
        self.put_back(Kept {
            version,
            epoch,
            since,
            generation: self.generation,
        });
    }

    fn put_back(&mut self, kept: Kept) {
        if let Some(id) = id(kept.version.row.key()) {
            self.kept.insert(id, kept);
        }
    }
}

impl Kept {
    fn is_good(&self, epoch: Epoch, now: Instant) -> bool {
        self.epoch == epoch && now.duration_since(self.since) < TTL
    }
}

impl ToSql for Writing {
    fn to_sql(&self, _: &Type, out: &mut BytesMut) -> Result<IsNull, Box<dyn Error + Sync + Send>> {
        out.put_u32(self.0);
        Ok(IsNull::No)
    }

    fn accepts(kind: &Type) -> bool {
        *kind == Type::XID
    }

    to_sql_checked!();
}

impl<'r> FromSql<'r> for Writing {
    fn from_sql(_: &Type, raw: &'r [u8]) -> Result<Self, Box<dyn Error + Sync + Send>> {
        Ok(Self(u32::from_be_bytes(raw.try_into()?)))
    }

    fn accepts(kind: &Type) -> bool {
        *kind == Type::XID
    }
}

#[cfg(test)]
mod tests;
