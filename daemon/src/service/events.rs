//! Events as they come, of all instances or of those a filter asks for.
//!
//! # Flow
//! ```text
//!  subscribe ─> store, page by page, from `since` ─> caught up ─> memory, event by event
//!                  ^                                                  │
//!                  └───────────── missed some in memory ─────────────┘
//! ```
//! # Guarantees
//! * No hole and no duplicate. What was compacted meanwhile ends the stream, and says so.
//! * It is pulled: a reader that does not come holds nobody up. What it misses in memory it finds in
//!   the store.

use std::collections::VecDeque;
use std::sync::Arc;

use tokio::sync::OwnedSemaphorePermit;
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::RecvError;

use super::{Error, Service, StreamEnd};
use crate::domain::{Event, Filter, Revision};

/// One reader's way through the events.
pub struct EventStream {
    service: Service,
    filter: Arc<Filter>,
    live: Receiver<Arc<Event>>,
    /// Read from the store and not told yet.
    page: VecDeque<Event>,
    /// The last event that was looked at.
    reached: Revision,
    /// The store has events that memory will not tell.
    behind: bool,
    _permit: OwnedSemaphorePermit,
}

impl Service {
    /// Every event after `since` that passes `filter`; without it, every one from now on.
    pub async fn follow_events(&self, filter: Filter, since: Option<Revision>) -> Result<EventStream, Error> {
        let permit = self.stream_permit()?;
        let lifecycle = &self.inner.lifecycle;
        // Subscribed before the first look: nothing that happens in between is missed.
        let live = lifecycle.subscribe();
        let mut stream = EventStream {
            service: self.clone(),
            filter: Arc::new(filter),
            live,
            page: VecDeque::new(),
            reached: since.map_or_else(|| lifecycle.revision(), Ok).map_err(Error::reading)?,
            behind: since.is_some(),
            _permit: permit,
        };
        if stream.behind {
            // Now, so that a revision that is not kept any more is a refusal and no broken stream.
            stream.read().await?;
        }
        Ok(stream)
    }
}

impl EventStream {
    /// The next event. Cancel-safe.
    pub async fn next(&mut self) -> Result<Arc<Event>, StreamEnd> {
        let shutdown = self.service.inner.shutdown.clone();
        tokio::select! {
            biased;
            () = shutdown.cancelled() => Err(StreamEnd::Stopping),
            event = self.go_on() => event,
        }
    }

    /// A stream that starts after this revision goes on where this one stands.
    pub fn position(&self) -> Revision {
        // What lies before the next one was told, or was not asked for.
        self.page.front().map_or(self.reached, |next| Revision(next.revision.0.saturating_sub(1)))
    }

    async fn go_on(&mut self) -> Result<Arc<Event>, StreamEnd> {
        loop {
            if let Some(event) = self.page.pop_front() {
                return Ok(Arc::new(event));
            }
            if self.behind {
                self.read().await.map_err(StreamEnd::Failed)?;
                continue;
            }
            let event = match self.live.recv().await {
                Ok(event) => event,
                Err(RecvError::Lagged(_)) => {
                    self.behind = true;
                    continue;
                }
                Err(RecvError::Closed) => return Err(StreamEnd::Stopping),
            };
            // What was committed between the subscription and the reading comes twice.
            if event.revision > self.reached {
                let tells = self.service.inner.lifecycle.tells(&event, &self.filter);
                self.reached = event.revision;
                if tells.map_err(|error| StreamEnd::Failed(Error::reading(error)))? {
                    return Ok(event);
                }
            }
        }
    }

    /// The next page of the store.
    async fn read(&mut self) -> Result<(), Error> {
        let page = self.service.inner.lifecycle.events_after(self.reached, Arc::clone(&self.filter)).await;
        let page = page.map_err(Error::reading)?;
        if !(page.horizon..=page.last).contains(&self.reached) {
            let (asked, horizon, last) = (self.reached, page.horizon, page.last);
            return Err(Error::Compacted { asked, horizon, last });
        }
        self.behind = page.reached < page.last;
        self.reached = page.reached;
        self.page = page.events.into();
        Ok(())
    }
}
