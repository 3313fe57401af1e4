//! A component as a [`Hook`].
//!
//! To make a sandbox and to clear it away takes as long as many a review, and whoever is being served needs
//! neither just then: a used sandbox is cleared away [afterwards](super::afterwards), and the next one made.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use wasmtime::Store;

use super::afterwards::Afterwards;
use super::bindings::hook::{HookPlugin, HookPluginPre};
use super::call::{Call, Guest};
use super::convert;
use super::host::State;
use crate::domain::{Failure, Verdict};
use crate::extension::{Hook, Review};

/// The one function that requests are reviewed by.
const REVIEW: &str = "review";

/// See the module.
pub(super) struct ComponentHook {
    pub(super) sandboxes: Arc<Sandboxes>,
    pub(super) timeout: Duration,
    pub(super) turns: Arc<Semaphore>,
    pub(super) afterwards: Afterwards,
}

/// Where the sandboxes of one hook are made.
pub(super) struct Sandboxes {
    pub(super) guest: Arc<Guest>,
    pub(super) pre: HookPluginPre<State>,
    /// How many hooks may have a sandbox that waits.
    pub(super) places: Arc<Semaphore>,
    pub(super) spare: Mutex<Option<Spare>>,
}

/// A sandbox that waits for its one review.
pub(super) struct Spare {
    store: Store<State>,
    plugin: HookPlugin,
    _place: OwnedSemaphorePermit,
}

#[async_trait]
impl Hook for ComponentHook {
    async fn review(&self, review: &Review) -> Result<Verdict, Failure> {
        let call = Call {
            function: REVIEW,
            turns: self.turns.clone(),
            turns_key: "max_concurrent",
            timeout: self.timeout,
            timeout_remedy: "raise the hook's timeout if it needs more",
            // A hook knows no secret: there is nothing it could give away.
            secrets: Arc::default(),
            has_effects: false,
        };
        let question = convert::review_call(review);
        let (store, plugin) = self.sandboxes.take().map(|spare| (spare.store, spare.plugin)).unzip();
        let pre = self.sandboxes.pre.clone();
        let reviewed = self.sandboxes.guest.call_in(store, call, move |store, _left| {
            Box::pin(async move {
                let plugin = match plugin {
                    Some(plugin) => plugin,
                    None => pre.instantiate_async(&mut *store).await?,
                };
                plugin.wharfinger_plugin_hook().call_review(store, &question).await
            })
        });
        let (answer, used) = reviewed.await;
        if used.is_some() {
            let (sandboxes, timeout) = (self.sandboxes.clone(), self.timeout);
            self.afterwards.leave(async move {
                drop(used);
                // What cannot be made now is made, or fails, in a review.
                let _ = tokio::time::timeout(timeout, sandboxes.prepare()).await;
            });
        }
        Ok(convert::verdict(&answer?))
    }
}

impl Sandboxes {
    fn take(&self) -> Option<Spare> {
        self.spare.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    /// Makes the sandbox of the next review, if none waits and there is a place for it.
    async fn prepare(&self) {
        let waits = || self.spare.lock().unwrap_or_else(PoisonError::into_inner).is_some();
        if waits() || self.guest.end.is_cancelled() {
            return;
        }
        let Ok(place) = self.places.clone().try_acquire_owned() else { return };
        let mut store = self.guest.sandbox(REVIEW, Arc::default());
        let Ok(plugin) = self.pre.instantiate_async(&mut store).await else { return };
        let spare = Spare { store, plugin, _place: place };
        // Another one may have been made meanwhile: one of them goes.
        drop(self.spare.lock().unwrap_or_else(PoisonError::into_inner).replace(spare));
    }
}
