//! A component as a [`Hook`].

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use tokio::sync::Semaphore;

use super::bindings::hook::HookPluginPre;
use super::call::{Call, Guest};
use super::convert;
use super::host::State;
use crate::domain::{Failure, Verdict};
use crate::extension::{Hook, Review};

/// See the module.
pub(super) struct ComponentHook {
    pub(super) guest: Arc<Guest>,
    pub(super) pre: HookPluginPre<State>,
    pub(super) timeout: Duration,
    pub(super) turns: Arc<Semaphore>,
}

#[async_trait]
impl Hook for ComponentHook {
    async fn review(&self, review: &Review) -> Result<Verdict, Failure> {
        let call = Call {
            function: "review",
            turns: self.turns.clone(),
            turns_key: "max_concurrent",
            timeout: self.timeout,
            timeout_remedy: "raise the hook's timeout if it needs more",
            // A hook knows no secret: there is nothing it could give away.
            secrets: Arc::default(),
            has_effects: false,
        };
        let pre = self.pre.clone();
        let question = convert::review_call(review);
        let answer = self.guest.call(call, move |store, _left| {
            Box::pin(async move {
                let plugin = pre.instantiate_async(&mut *store).await?;
                plugin.wharfinger_plugin_hook().call_review(store, &question).await
            })
        });
        Ok(convert::verdict(&answer.await?))
    }
}
