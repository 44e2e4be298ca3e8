//! Virtual tills: devices that this server plays, for demonstrations and for the tests of payment apps.
//!
//! Owns: how each behaviour plays. Must not know: anything a real till could not know; they speak the till protocol
//! through the same functions, are leased the same tasks, and their answers are judged by the same rules.
//!
//! Every location with virtual tills has one small task, in which each device has a loop of its own. A change of behaviour
//! in the directory applies to what the device takes from then on; what it has in hand it ends as it began.

mod behaviour;
mod play;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use tender_engine::{DeviceId, LocationId, MerchantId};
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::background::{BackgroundTask, Stop};
use crate::{CommitEvent, Directory, Failure, Tender};
use play::play_location;

pub use behaviour::Behaviour;

/// Merchants read in one go.
const MERCHANTS_PAGE: u32 = 256;
/// Virtual devices of one location; those with higher ids stand idle.
const DEVICES_PER_LOCATION_MAX: usize = 64;
/// How long the storage is left alone after it failed.
const PAUSE_MS: u64 = 1_000;

/// The running virtual tills.
pub type VirtualTillsHandle = BackgroundTask;

/// The virtual devices of one location.
type Cast = BTreeMap<DeviceId, Behaviour>;

impl Tender {
    /// Starts playing every device whose directory record names a behaviour, until the handle is stopped or dropped.
    pub fn spawn_virtual_tills(&self) -> VirtualTillsHandle {
        let tender = self.clone();
        BackgroundTask::start(move |stop| {
            let events = tender.events();
            Stages {
                tender,
                stop,
                casts: HashMap::new(),
                tasks: JoinSet::new(),
            }
            .run(events)
        })
    }
}

/// What is being played, and where.
struct Stages {
    tender: Tender,
    stop: Stop,
    casts: HashMap<(MerchantId, LocationId), watch::Sender<Arc<Cast>>>,
    tasks: JoinSet<()>,
}

impl Stages {
    async fn run(mut self, mut events: Receiver<CommitEvent>) {
        let mut stop = self.stop.clone();
        // Merchants to be read; `None` in it stands for all.
        let mut stale: HashSet<Option<MerchantId>> = HashSet::from([None]);
        while !stop.is_set() {
            if let Err(failure) = self.refresh(&mut stale).await {
                tracing::warn!(failure = ?failure, "cannot read which tills to play");
            }
            tokio::select! {
                () = stop.wait() => {}
                event = events.recv() => match event {
                    Ok(CommitEvent::Directory(merchant)) => { stale.insert(Some(merchant)); }
                    Ok(_) => {}
                    Err(RecvError::Lagged(_)) => { stale.insert(None); }
                    Err(RecvError::Closed) => break,
                },
                () = tokio::time::sleep(Duration::from_millis(PAUSE_MS)), if !stale.is_empty() => {}
                Some(ended) = self.tasks.join_next() => if let Err(error) = ended {
                    tracing::error!(error = %error, "the virtual tills of a location broke");
                },
            }
        }
        self.casts.clear();
        while self.tasks.join_next().await.is_some() {}
    }

    /// Reads what is stale. What could not be read stays stale.
    async fn refresh(&mut self, stale: &mut HashSet<Option<MerchantId>>) -> Result<(), Failure> {
        if stale.contains(&None) {
            let mut after = MerchantId(0);
            loop {
                let page = self.tender.merchants(after, MERCHANTS_PAGE).await?;
                stale.extend(page.iter().copied().map(Some));
                match page.last() {
                    Some(last) => after = *last,
                    None => break,
                }
            }
            stale.remove(&None);
        }
        let merchants: Vec<MerchantId> = stale.iter().copied().flatten().collect();
        for merchant in merchants {
            let directory = self.tender.directory(merchant).await?;
            self.cast(merchant, directory.as_deref());
            stale.remove(&Some(merchant));
        }
        Ok(())
    }

    /// Tells every location of a merchant who plays there now.
    fn cast(&mut self, merchant: MerchantId, directory: Option<&Directory>) {
        let mut wanted = directory.map(casts).unwrap_or_default();
        self.casts.retain(|(of, location), cast| {
            if *of != merchant {
                return true;
            }
            let Some(new) = wanted.remove(location) else {
                return false;
            };
            cast.send_if_modified(|old| {
                let is_new = **old != new;
                if is_new {
                    *old = Arc::new(new);
                }
                is_new
            });
            true
        });
        for (location, cast) in wanted {
            let (sender, receiver) = watch::channel(Arc::new(cast));
            self.casts.insert((merchant, location), sender);
            let (tender, stop) = (self.tender.clone(), self.stop.clone());
            self.tasks
                .spawn(play_location(tender, merchant, location, receiver, stop));
        }
    }
}

/// The virtual devices of a merchant by location. A behaviour that cannot be read plays nothing.
fn casts(directory: &Directory) -> HashMap<LocationId, Cast> {
    let mut casts: HashMap<LocationId, Cast> = HashMap::new();
    for device in directory.devices.values() {
        let Some(text) = &device.behaviour else { continue };
        let cast = casts.entry(LocationId(device.location)).or_default();
        if cast.len() >= DEVICES_PER_LOCATION_MAX {
            continue;
        }
        match Behaviour::parse(text) {
            Some(behaviour) => drop(cast.insert(DeviceId(device.id), behaviour)),
            None => tracing::warn!(
                device.id = device.id,
                behaviour = text,
                "no such behaviour of a virtual till"
            ),
        }
    }
    casts
}
