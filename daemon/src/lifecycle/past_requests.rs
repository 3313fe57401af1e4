//! The last requests that hooks have judged. Those that were admitted are written with their
//! instance; those that were refused here, together and not more often than once a second.

use std::time::Duration;

use super::{Error, Lifecycle};
use crate::domain::PastRequest;
use crate::runtime::{ErrorChain, Shutdown};
use crate::store::PastRequestsPage;

/// Between two writes of what was refused: a flood of bad requests costs one fsync a second.
const PAUSE: Duration = Duration::from_secs(1);

impl Lifecycle {
    /// A request was refused. Returns at once; it is written soon.
    pub fn remember_refused(&self, request: PastRequest) {
        self.store.remember_refused(request);
        self.refused.ring();
    }

    /// Some of the past requests after number `after`, oldest first. The first page has those in it
    /// that were refused just now, if the disk takes writes.
    pub async fn past_requests(&self, after: Option<u64>, limit: usize) -> Result<PastRequestsPage, Error> {
        if after.is_none() && self.is_writable() {
            self.store.write_refused().await?;
        }
        let store = self.store.clone();
        let read = tokio::task::spawn_blocking(move || store.past_requests(after, limit));
        Ok(read.await.expect("reading a page does not panic")?)
    }

    /// Writes down what was refused until `shutdown`, and then once more.
    pub async fn keep_writing_refused(self, shutdown: Shutdown) {
        loop {
            if self.is_writable()
                && let Err(error) = self.store.write_refused().await
            {
                tracing::warn!(error = %ErrorChain(&error), "refused requests could not be written down");
            }
            if shutdown.is_cancelled() {
                return;
            }
            tokio::select! {
                () = shutdown.cancelled() => continue,
                () = self.refused.rung() => {}
            }
            tokio::select! {
                () = shutdown.cancelled() => {}
                () = tokio::time::sleep(PAUSE) => {}
            }
        }
    }
}
