//! Changes of the directory. Each is made on the record as it stands when it is written, so that of two changes of one
//! record, from two requests or two nodes, neither is lost; and who asked to hear of it is told in the same commit.
//!
//! Owns: reading, changing and writing a record as one step, and the hook for messages about it. Must not know: why a record is
//! changed, or what a message says.

use serde::Serialize;
use serde::de::DeserializeOwned;
use tender_engine::{LocationId, MerchantId, Timestamp};
use tender_store::{Row, Table, Wake, WakeKind, Write};

use super::load::{read, stored};
use super::{Directory, DirectoryKind, Item, Location};
use crate::committer::Encoded;
use crate::guard::Expected;
use crate::{Failure, Tender};

#[cfg(test)]
mod tests;

/// How often a change is tried while others change the same record. Each failure means that another change was made.
const TRIES_MAX: u32 = 256;

/// What becomes of a directory record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Edit<T> {
    /// It is this from now on.
    Put(T),
    /// It goes.
    Delete,
    /// It stays as it is.
    Keep,
}

/// A change of the directory that somebody outside may have asked to hear of.
#[derive(Debug, Clone, Copy)]
pub enum DirectoryChange<'a> {
    /// An item of the catalogue.
    Item {
        /// As it was; `None` for a new one.
        before: Option<&'a Item>,
        /// As it is; `None` for one that goes.
        after: Option<&'a Item>,
    },
    /// A location.
    Location {
        /// As it was; `None` for a new one.
        before: Option<&'a Location>,
        /// As it is; `None` for one that goes.
        after: Option<&'a Location>,
    },
}

/// A change as an encoder sees it.
pub struct DirectoryEvent<'a> {
    /// What changes.
    pub change: DirectoryChange<'a>,
    /// The merchant's directory before it.
    pub directory: &'a Directory,
    /// When.
    pub now: Timestamp,
    pub(crate) tender: &'a Tender,
}

impl DirectoryEvent<'_> {
    /// Whether a till of a location is there now, as far as this process knows. One that has not heard of any till, such as
    /// an import beside the servers, takes a location that has tills as one where they are.
    #[must_use]
    pub fn has_till(&self, location: LocationId) -> bool {
        if self.tender.inner().tills.presence.knows_any() {
            return self.tender.device_online(location);
        }
        let mut devices = self.directory.devices.values();
        devices.any(|device| device.location == location.0)
    }
}

impl std::fmt::Debug for DirectoryEvent<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("DirectoryEvent")
            .field("change", &self.change)
            .field("now", &self.now)
            .finish_non_exhaustive()
    }
}

impl Tender {
    /// Changes a directory record. `edit` is given the record as it stands, `None` when there is none, and may be asked
    /// again when others change the record at the same time. Its second value is the answer.
    ///
    /// # Errors
    /// As [`Tender::execute`].
    pub async fn edit_directory<T, R>(
        &self,
        merchant: MerchantId,
        kind: DirectoryKind,
        id: u64,
        mut edit: impl FnMut(Option<T>) -> (Edit<T>, R) + Send,
    ) -> Result<R, Failure>
    where
        T: Serialize + DeserializeOwned,
        R: Send,
    {
        let key = vec![merchant.to_i64(), kind.number(), id.cast_signed()];
        for _ in 0..TRIES_MAX {
            let before = self.get_rows(Table::Directory, vec![key.clone()]).await?.pop();
            let record = before.as_ref().map(read::<T>).transpose()?;
            let (edit, answer) = edit(record);
            let after = match edit {
                Edit::Put(record) => Some(super::directory_row(merchant, kind, id, &record)?),
                Edit::Delete => None,
                Edit::Keep => return Ok(answer),
            };
            if self.replace(merchant, kind, before, after).await? {
                return Ok(answer);
            }
        }
        Err(Failure::Busy { retry_after_s: 1 })
    }

    /// Writes a directory record, whatever was there; every node reads the merchant's directory again.
    ///
    /// # Errors
    /// As [`Tender::execute`].
    pub async fn put_directory<T: Serialize>(
        &self,
        merchant: MerchantId,
        kind: DirectoryKind,
        id: u64,
        record: &T,
    ) -> Result<(), Failure> {
        let after = super::directory_row(merchant, kind, id, record)?;
        self.put_row(merchant, kind, after.key().to_vec(), Some(after))
            .await
    }

    /// Deletes a directory record.
    ///
    /// # Errors
    /// As [`Tender::execute`].
    pub async fn delete_directory(
        &self,
        merchant: MerchantId,
        kind: DirectoryKind,
        id: u64,
    ) -> Result<(), Failure> {
        let key = vec![merchant.to_i64(), kind.number(), id.cast_signed()];
        self.put_row(merchant, kind, key, None).await
    }

    /// Writes a directory record unless there is one with this id already.
    ///
    /// # Errors
    /// As [`Tender::execute`].
    pub async fn add_directory<T: Serialize>(
        &self,
        merchant: MerchantId,
        kind: DirectoryKind,
        id: u64,
        record: &T,
    ) -> Result<(), Failure> {
        let row = super::directory_row(merchant, kind, id, record)?;
        self.replace(merchant, kind, None, Some(row)).await.map(drop)
    }

    async fn put_row(
        &self,
        merchant: MerchantId,
        kind: DirectoryKind,
        key: Vec<i64>,
        after: Option<Row>,
    ) -> Result<(), Failure> {
        for _ in 0..TRIES_MAX {
            let before = self.get_rows(Table::Directory, vec![key.clone()]).await?.pop();
            if self.replace(merchant, kind, before, after.clone()).await? {
                return Ok(());
            }
        }
        Err(Failure::Busy { retry_after_s: 1 })
    }

    /// Puts one row in the place of another, and tells who asked to hear of it; false when it is not that row any more.
    async fn replace(
        &self,
        merchant: MerchantId,
        kind: DirectoryKind,
        before: Option<Row>,
        mut after: Option<Row>,
    ) -> Result<bool, Failure> {
        let now = self.now();
        if kind == DirectoryKind::Location {
            stamp(merchant, before.as_ref(), after.as_mut(), now)?;
        }
        if before == after {
            return Ok(true);
        }
        let messages = self
            .messages(merchant, kind, before.as_ref(), after.as_ref(), now)
            .await?;
        let (expected, write) = match (before, after) {
            (Some(before), Some(after)) => (Expected::unchanged(before), Write::Put(after)),
            (Some(before), None) => {
                let key = before.key().to_vec();
                (Expected::unchanged(before), Write::Delete(Table::Directory, key))
            }
            (None, Some(after)) => {
                let absent = Expected::absent(Table::Directory, after.key().to_vec());
                (absent, Write::Put(after))
            }
            (None, None) => return Ok(true),
        };
        let wake = Wake {
            kind: WakeKind::Directory,
            id: merchant.to_i64(),
        };
        self.write_and_tell(vec![expected], vec![write], vec![wake], messages)
            .await
    }

    async fn messages(
        &self,
        merchant: MerchantId,
        kind: DirectoryKind,
        before: Option<&Row>,
        after: Option<&Row>,
        now: Timestamp,
    ) -> Result<Vec<Encoded>, Failure> {
        match kind {
            DirectoryKind::Item => {
                let (before, after) = (stored::<Item>(before)?, stored::<Item>(after)?);
                let (before, after) = (before.as_ref(), after.as_ref());
                self.encode(merchant, DirectoryChange::Item { before, after }, now)
                    .await
            }
            DirectoryKind::Location => {
                let (before, after) = (stored::<Location>(before)?, stored::<Location>(after)?);
                let (before, after) = (before.as_ref(), after.as_ref());
                self.encode(merchant, DirectoryChange::Location { before, after }, now)
                    .await
            }
            DirectoryKind::Merchant
            | DirectoryKind::Method
            | DirectoryKind::Staff
            | DirectoryKind::Device
            | DirectoryKind::Discount
            | DirectoryKind::ModifierGroup
            | DirectoryKind::Application
            | DirectoryKind::Endpoint => Ok(Vec::new()),
        }
    }

    async fn encode(
        &self,
        merchant: MerchantId,
        change: DirectoryChange<'_>,
        now: Timestamp,
    ) -> Result<Vec<Encoded>, Failure> {
        // A merchant that is being set up has nobody to tell.
        let Some(directory) = self.directory(merchant).await? else {
            return Ok(Vec::new());
        };
        let event = DirectoryEvent {
            change,
            directory: &directory,
            now,
            tender: self,
        };
        let encoders = self.inner().encoders.iter();
        let told = encoders.flat_map(|encoder| encoder.encode_directory(&event));
        Ok(told
            .map(|(endpoint, message)| Encoded::about_no_order(merchant, endpoint, message))
            .collect())
    }
}

/// Notes when a location's readiness for orders last changed, unless the change itself says so.
fn stamp(
    merchant: MerchantId,
    before: Option<&Row>,
    after: Option<&mut Row>,
    now: Timestamp,
) -> Result<(), Failure> {
    let Some(row) = after else { return Ok(()) };
    let Some(before) = stored::<Location>(before)? else {
        return Ok(());
    };
    let mut location: Location = read(row)?;
    let (was, is) = (&before.online_ordering, &mut location.online_ordering);
    if is.updated_at_ms > was.updated_at_ms {
        return Ok(());
    }
    let inputs = (is.enabled, is.order_profile, is.period_open, is.accepting);
    let same = inputs == (was.enabled, was.order_profile, was.period_open, was.accepting)
        && location.api_staff == before.api_staff;
    is.updated_at_ms = if same { was.updated_at_ms } else { now.0 };
    *row = super::directory_row(merchant, DirectoryKind::Location, location.id, &location)?;
    Ok(())
}
