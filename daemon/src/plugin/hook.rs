//! A component as a [`Hook`].
//!
//! To make a sandbox and to clear it away takes as long as many a review, and nothing of it depends on the
//! request. So a hook has a spare: the sandbox of its next review, made when the last one is over and its
//! request no longer waits ([`cleanup`](super::cleanup)). It serves one review, like any other.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;
use wasmtime::Store;

use super::bindings::hook::{HookPlugin, HookPluginPre};
use super::call::{Call, Guest};
use super::cleanup::Cleanup;
use super::convert;
use super::host::State;
use crate::domain::{Failure, Verdict};
use crate::extension::{Hook, Review};

/// Making a spare takes microseconds. A plugin whose start takes more has none: others wait for theirs.
const TIME_TO_MAKE: Duration = Duration::from_millis(50);

/// The one function that requests are reviewed by.
const REVIEW: &str = "review";

/// See the module.
pub(super) struct ComponentHook {
    pub(super) sandboxes: Arc<Sandboxes>,
    pub(super) timeout: Duration,
    pub(super) turns: Arc<Semaphore>,
    pub(super) cleanup: Cleanup,
}

/// Where the sandboxes of one hook are made.
pub(super) struct Sandboxes {
    guest: Arc<Guest>,
    pre: HookPluginPre<State>,
    spare: Mutex<Option<Spare>>,
    /// Shared by all hooks.
    spares: Arc<Semaphore>,
}

/// A sandbox that waits for its one review.
struct Spare {
    store: Store<State>,
    plugin: HookPlugin,
    _permit: OwnedSemaphorePermit,
}

#[async_trait]
impl Hook for ComponentHook {
    async fn review(&self, review: &Review) -> Result<Verdict, Failure> {
        let turn = self.sandboxes.guest.begin(Call {
            function: REVIEW,
            turns: self.turns.clone(),
            turns_key: "max_concurrent",
            timeout: self.timeout,
            timeout_remedy: "raise the hook's timeout if it needs more",
            // A hook knows no secret: there is nothing it could give away.
            secrets: Arc::default(),
            has_effects: false,
        });
        let turn = turn.await?;
        let question = convert::review_call(review);
        let pre = self.sandboxes.pre.clone();
        let (mut store, plugin) = self.sandboxes.take();
        let answer = turn.run(&mut store, move |store| {
            Box::pin(async move {
                let plugin = match plugin {
                    Some(plugin) => plugin,
                    None => pre.instantiate_async(&mut *store).await?,
                };
                plugin.wharfinger_plugin_hook().call_review(store, &question).await
            })
        });
        let answer = answer.await?;
        let sandboxes = Arc::downgrade(&self.sandboxes);
        self.cleanup.leave(async move {
            drop(store);
            if let Some(sandboxes) = sandboxes.upgrade() {
                // What cannot be made now is made, or fails, in a review.
                let _ = timeout(TIME_TO_MAKE, sandboxes.make_spare()).await;
            }
        });
        Ok(convert::verdict(&answer))
    }
}

impl Sandboxes {
    /// Of a hook that has no spare yet.
    pub(super) fn new(guest: Arc<Guest>, pre: HookPluginPre<State>, spares: Arc<Semaphore>) -> Self {
        Self { guest, pre, spare: Mutex::default(), spares }
    }

    /// A sandbox, with the plugin in it if it is the spare.
    fn take(&self) -> (Store<State>, Option<HookPlugin>) {
        match self.spare().take() {
            Some(Spare { store, plugin, .. }) => (store, Some(plugin)),
            None => (self.guest.sandbox(REVIEW, Arc::default()), None),
        }
    }

    /// Makes the spare, unless there is one, too many others have one, or the hook was replaced.
    async fn make_spare(&self) {
        if self.spare().is_some() || self.guest.end.is_cancelled() {
            return;
        }
        let Ok(permit) = self.spares.clone().try_acquire_owned() else { return };
        let mut store = self.guest.sandbox(REVIEW, Arc::default());
        let Ok(plugin) = self.pre.instantiate_async(&mut store).await else { return };
        // There is one task that makes spares: there is none meanwhile.
        *self.spare() = Some(Spare { store, plugin, _permit: permit });
    }

    fn spare(&self) -> MutexGuard<'_, Option<Spare>> {
        self.spare.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
