//! Who waits at which location, and waking just them.
//!
//! Owns: one signal per location with listeners, and how many may wait. Must not know: tasks, time.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use tender_engine::LocationId;
use tokio::sync::broadcast::{Receiver, error::RecvError};
use tokio::sync::futures::Notified;
use tokio::sync::{Notify, Semaphore, SemaphorePermit};

use crate::CommitEvent;

/// Listeners by location.
#[derive(Debug)]
pub(super) struct Waiting {
    signals: Arc<Signals>,
    places: Semaphore,
    /// Started with the first listener, because only then is there sure to be a runtime.
    dispatcher: OnceLock<()>,
}

#[derive(Debug, Default)]
struct Signals {
    locations: Mutex<HashMap<LocationId, Signal>>,
}

#[derive(Debug, Default)]
struct Signal {
    notify: Arc<Notify>,
    listeners: usize,
}

impl Waiting {
    pub(super) fn new(places_max: usize) -> Self {
        Self {
            signals: Arc::default(),
            places: Semaphore::new(places_max),
            dispatcher: OnceLock::new(),
        }
    }

    /// Listens to a location. `events` is called once in the life of the service.
    pub(super) fn listen(
        &self,
        location: LocationId,
        events: impl FnOnce() -> Receiver<CommitEvent>,
    ) -> Listener {
        self.dispatcher.get_or_init(|| {
            // The task holds no handle of the service, so it ends with it.
            tokio::spawn(dispatch(events(), Arc::clone(&self.signals)));
        });
        let mut locations = self.signals.lock();
        let signal = locations.entry(location).or_default();
        signal.listeners = signal.listeners.saturating_add(1);
        Listener {
            signals: Arc::clone(&self.signals),
            location,
            notify: Arc::clone(&signal.notify),
        }
    }

    /// How many more may wait.
    #[cfg(test)]
    pub(super) fn free_places(&self) -> usize {
        self.places.available_permits()
    }

    /// Locations that somebody listens to.
    #[cfg(test)]
    pub(super) fn locations(&self) -> usize {
        self.signals.lock().len()
    }

    /// A place among those who wait; `None` when all are taken.
    pub(super) fn take_place(&self) -> Option<SemaphorePermit<'_>> {
        self.places.try_acquire().ok()
    }
}

impl Signals {
    fn lock(&self) -> MutexGuard<'_, HashMap<LocationId, Signal>> {
        self.locations.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn dispatch(mut events: Receiver<CommitEvent>, signals: Arc<Signals>) {
    loop {
        match events.recv().await {
            Ok(CommitEvent::Task(location)) => {
                if let Some(signal) = signals.lock().get(&location) {
                    signal.notify.notify_waiters();
                }
            }
            Ok(CommitEvent::Journal(_) | CommitEvent::Delivery(_) | CommitEvent::Directory(_)) => {}
            // Whose news was lost nobody knows, so everybody looks.
            Err(RecvError::Lagged(_)) => signals
                .lock()
                .values()
                .for_each(|signal| signal.notify.notify_waiters()),
            Err(RecvError::Closed) => return,
        }
    }
}

/// One who listens to a location.
#[derive(Debug)]
pub(super) struct Listener {
    signals: Arc<Signals>,
    location: LocationId,
    notify: Arc<Notify>,
}

impl Listener {
    /// Is ready when a task has become available there since this was called.
    pub(super) fn news(&self) -> Notified<'_> {
        self.notify.notified()
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        let mut locations = self.signals.lock();
        if let Some(signal) = locations.get_mut(&self.location) {
            signal.listeners = signal.listeners.saturating_sub(1);
            if signal.listeners == 0 {
                locations.remove(&self.location);
            }
        }
    }
}
