//! What concerns the records as a whole: whether they can be written, a copy of them, and what is
//! old among them.

use std::path::PathBuf;
use std::time::Duration;

use super::{Error, Lifecycle};
use crate::domain::PublishedSet;
use crate::runtime::{ErrorChain, Readiness, Shutdown};
use crate::store::Backup;

impl Lifecycle {
    /// Whether the disk takes writes. If not, nothing is to be done outside: it could not be
    /// written down.
    pub fn is_writable(&self) -> bool {
        self.store.is_writable()
    }

    /// Waits until the disk takes writes.
    pub async fn writable(&self) {
        // The writer ends with the last handle, and this is one.
        let _ = self.store.writable().wait_for(|writable| *writable).await;
    }

    /// Says in `readiness` whether the disk takes writes, until `shutdown`.
    pub async fn keep_saying(self, readiness: Readiness, shutdown: Shutdown) {
        let mut writable = self.store.writable();
        loop {
            readiness.set(Readiness::STORE_WRITABLE, *writable.borrow_and_update());
            tokio::select! {
                () = shutdown.cancelled() => return,
                changed = writable.changed() => if changed.is_err() { return },
            }
        }
    }

    /// Copies what is committed into `to`, in the place of what is there if `replace`; ends early
    /// when `stop` is cancelled.
    pub async fn backup(&self, to: PathBuf, replace: bool, stop: Shutdown) -> Result<Backup, Error> {
        let store = self.store.clone();
        let copy = tokio::task::spawn_blocking(move || store.backup(&to, replace, || stop.is_cancelled()));
        Ok(copy.await.expect("a copy does not panic")?)
    }

    /// The number of the plugin set last published; 0 in a new store.
    pub fn generation(&self) -> Result<u64, Error> {
        Ok(self.store.generation()?)
    }

    /// The plugin set last published.
    pub fn published(&self) -> Result<Option<PublishedSet>, Error> {
        Ok(self.store.published()?)
    }

    /// Stores a plugin set before it serves.
    pub async fn publish(&self, set: PublishedSet) -> Result<(), Error> {
        Ok(self.store.publish(set).await?)
    }

    /// Forgets events, tombstones, idempotency keys and bulks beyond their bounds, every `interval`
    /// until `shutdown`.
    pub async fn keep_pruning(self, interval: Duration, shutdown: Shutdown) {
        loop {
            tokio::select! {
                () = shutdown.cancelled() => return,
                () = tokio::time::sleep(interval) => {}
            }
            if !self.is_writable() {
                continue;
            }
            let pruned = async {
                let now = self.clock.now();
                while self.store.prune(now).await? {}
                while self.store.forget_keys(now).await? {}
                while self.store.forget_bulks(now).await? {}
                self.store.bury(now).await
            };
            if let Err(error) = pruned.await {
                tracing::warn!(error = %ErrorChain(&error), "what is old could not be forgotten");
            }
        }
    }
}
