//! Waits for the outcome of an intent.

use std::time::Duration;

use tokio::sync::broadcast::error::RecvError;
use tokio::time::{Instant, timeout_at};

use super::{Error, Service};
use crate::domain::{Instance, InstanceId, PhaseKind};

/// What a request waits for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Until {
    /// `running`, `failed` or gone.
    Settled,
    /// Gone.
    Gone,
}

impl Until {
    fn is_reached(self, instance: &Instance) -> bool {
        self == Self::Settled
            && matches!(instance.status.phase.kind(), PhaseKind::Running | PhaseKind::Failed)
    }
}

impl Service {
    /// How long this request waits.
    pub(super) fn bounded_wait(&self, asked: Option<Duration>) -> Duration {
        asked.unwrap_or(self.inner.options.default_wait).min(self.inner.options.max_wait)
    }

    /// Waits until the outcome is there or the time is up, and answers with the record as it is
    /// then; `None` if it is gone. Events only wake it: the record is the truth.
    pub(super) async fn wait(
        &self,
        id: InstanceId,
        until: Until,
        wait: Duration,
    ) -> Result<Option<Instance>, Error> {
        let deadline = Instant::now() + wait;
        // Subscribed before the first look: nothing that happens in between is missed.
        let mut events = self.inner.lifecycle.subscribe();
        loop {
            let instance = self.inner.lifecycle.get(id).map_err(Error::reading)?;
            match &instance {
                None => return Ok(None),
                Some(instance) if until.is_reached(instance) => return Ok(Some(instance.clone())),
                Some(_) => {}
            }
            loop {
                let event = tokio::select! {
                    // Nobody works on it any more: the record is durable, and says how far it is.
                    () = self.inner.shutdown.cancelled() => return Ok(instance),
                    event = timeout_at(deadline, events.recv()) => event,
                };
                match event {
                    Ok(Ok(event)) if !event.is_about(id) => {}
                    Ok(Ok(_) | Err(RecvError::Lagged(_))) => break,
                    Ok(Err(RecvError::Closed)) | Err(_) => return Ok(instance),
                }
            }
        }
    }
}
