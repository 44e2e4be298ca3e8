//! All background workers of a serving node, started and stopped together.

use crate::background::BackgroundTask;
use crate::{ExpiryHandle, RelayHandle, Tender, VirtualTillsHandle};

/// Running workers. Dropping them stops them without waiting.
#[derive(Debug)]
#[must_use = "the workers stop when this is dropped"]
pub struct Workers {
    relay: RelayHandle,
    expiry: ExpiryHandle,
    virtual_tills: VirtualTillsHandle,
    watch: BackgroundTask,
}

impl Workers {
    /// Lets every worker finish what it has begun, and waits for that. Tills end first: what they do makes messages.
    pub async fn stop(self) {
        self.virtual_tills.stop().await;
        self.expiry.stop().await;
        self.relay.stop().await;
        self.watch.stop().await;
    }
}

impl Tender {
    /// Starts webhook relay, task expiry, the virtual tills and the look at what metrics tell on the current runtime.
    pub fn spawn_workers(&self) -> Workers {
        Workers {
            relay: self.spawn_relay(),
            expiry: self.spawn_expiry(),
            virtual_tills: self.spawn_virtual_tills(),
            watch: self.spawn_watch(),
        }
    }
}
