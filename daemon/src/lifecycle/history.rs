//! What stays: events by revision, and the last output of workloads that are gone.

use std::sync::Arc;

use tokio::sync::broadcast;

use super::{Error, Lifecycle};
use crate::domain::{Event, Filter, InstanceId, LastOutput, Revision};
use crate::store::EventsPage;

impl Lifecycle {
    /// Every event committed from now on.
    pub fn subscribe(&self) -> broadcast::Receiver<Arc<Event>> {
        self.events.subscribe()
    }

    /// Some of the events after `since`.
    pub async fn events_after(&self, since: Revision, filter: Arc<Filter>) -> Result<EventsPage, Error> {
        let store = self.store.clone();
        let read = tokio::task::spawn_blocking(move || store.events_after(since, &filter));
        Ok(read.await.expect("reading a page does not panic")?)
    }

    /// Whether an event that was just committed passes the filter.
    pub fn tells(&self, event: &Event, filter: &Filter) -> Result<bool, Error> {
        Ok(self.store.tells(event, filter)?)
    }

    /// Keeps what a workload wrote, once for each.
    pub async fn keep_output(&self, id: InstanceId, output: LastOutput) -> Result<(), Error> {
        Ok(self.store.keep_output(id, output).await?)
    }

    /// What was kept of an instance's last workload; also of a deleted instance, while its deletion
    /// is remembered.
    pub fn last_output(&self, id: InstanceId) -> Result<Option<LastOutput>, Error> {
        Ok(self.store.last_output(id)?)
    }
}
