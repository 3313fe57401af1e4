//! What all streams share: a bound on their number, and how they end.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::OwnedSemaphorePermit;

use super::{Error, Service};

/// Why a stream ends.
#[derive(Debug)]
pub enum StreamEnd {
    /// The daemon stops.
    Stopping,
    /// What it is about is gone.
    Gone,
    /// It cannot go on.
    Failed(Error),
}

impl Service {
    /// Held as long as the stream.
    pub(super) fn stream_permit(&self) -> Result<OwnedSemaphorePermit, Error> {
        let permit = Arc::clone(&self.inner.streams).try_acquire_owned();
        permit.map_err(|_| Error::Busy { retry_after: Duration::from_secs(5) })
    }
}
