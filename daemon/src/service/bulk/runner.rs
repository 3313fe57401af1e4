//! Does the items of bulks: from pending to accepted or refused, so many at a time.
//!
//! Bulks take turns, item by item, so that a small one does not wait for a large one. A single request
//! goes before them: where too much is under way an item comes again a little later.

use std::collections::{HashSet, VecDeque};
use std::sync::{Arc, PoisonError};
use std::time::Duration;

use tokio::sync::Semaphore;

use super::outcomes::Outcomes;
use super::{AcceptedItem, Explain};
use crate::domain::{BulkId, BulkItem, BulkOp, Fact, ItemStep, Progress};
use crate::lifecycle::{self, Occasion};
use crate::runtime::{ErrorChain, Tasks};
use crate::service::{Error, Service};

/// When to look again at a store that does not answer.
const PAUSE: Duration = Duration::from_secs(5);

impl Service {
    /// Works on bulks, those of earlier lives included, until the shutdown.
    pub fn start_bulks(&self, explain: Explain, tasks: &Tasks) {
        let runner = Runner {
            service: self.clone(),
            explain,
            tasks: tasks.clone(),
            turns: Arc::new(Semaphore::new(self.inner.options.max_bulk_concurrent)),
            known: HashSet::new(),
            queue: VecDeque::new(),
        };
        self.inner.bulks.bell.ring();
        tasks.spawn("bulks", runner.run());
        tasks.spawn("bulk outcomes", Outcomes::new(self.clone()).run());
    }
}

struct Runner {
    service: Service,
    explain: Explain,
    tasks: Tasks,
    turns: Arc<Semaphore>,
    /// Unfinished bulks whose items are in the queue, or were.
    known: HashSet<BulkId>,
    /// Pending items by bulk; the first bulk is next.
    queue: VecDeque<(BulkId, VecDeque<u32>)>,
}

impl Runner {
    async fn run(mut self) {
        let service = self.service.clone();
        loop {
            tokio::select! {
                () = service.inner.shutdown.cancelled() => return,
                () = service.inner.bulks.bell.rung() => {
                    if let Err(error) = self.take_up() {
                        tracing::warn!(error = %ErrorChain(&error), "bulks cannot be read: they wait");
                        if service.rests(PAUSE).await {
                            service.inner.bulks.bell.ring();
                        }
                    }
                }
                turn = Arc::clone(&self.turns).acquire_owned(), if !self.queue.is_empty() => {
                    let Some((bulk, index)) = self.next() else { continue };
                    let (service, explain) = (self.service.clone(), self.explain);
                    self.tasks.spawn("bulk item", async move {
                        service.work(bulk, index, explain).await;
                        drop(turn);
                    });
                }
            }
        }
    }

    /// Queues what is new: pending items here, accepted ones where their outcome is waited for.
    fn take_up(&mut self) -> Result<(), lifecycle::Error> {
        let lifecycle = &self.service.inner.lifecycle;
        let unfinished = lifecycle.unfinished_bulks()?;
        self.known.retain(|id| unfinished.contains(id));
        for id in unfinished {
            if self.known.contains(&id) {
                continue;
            }
            let Some(bulk) = lifecycle.bulk(id)? else { continue };
            let mut pending = VecDeque::new();
            for (index, BulkItem { op, id: instance, progress, .. }) in (0..).zip(bulk.items) {
                match (progress, instance) {
                    (Progress::Pending, _) => pending.push_back(index),
                    (Progress::Accepted, Some(instance)) => {
                        self.service.await_outcome(AcceptedItem { bulk: id, index, op, instance });
                    }
                    _ => {}
                }
            }
            self.known.insert(id);
            if !pending.is_empty() {
                self.queue.push_back((id, pending));
            }
        }
        Ok(())
    }

    fn next(&mut self) -> Option<(BulkId, u32)> {
        let (bulk, mut pending) = self.queue.pop_front()?;
        let index = pending.pop_front()?;
        if !pending.is_empty() {
            self.queue.push_back((bulk, pending));
        }
        Some((bulk, index))
    }
}

impl Service {
    /// Does one item, however often it must be tried.
    async fn work(&self, bulk: BulkId, index: u32, explain: Explain) {
        while let Err(error) = self.attempt(bulk, index, explain).await {
            let pause = match &error {
                Error::Busy { retry_after } => *retry_after,
                Error::Denied(denial) => denial.retry_after,
                _ => {
                    tracing::warn!(%bulk, index, error = %ErrorChain(&error), "an item of a bulk waits");
                    PAUSE
                }
            };
            if !self.rests(pause).await {
                return;
            }
        }
    }

    /// Does one item that is still pending. An error passes: it is to be tried again.
    async fn attempt(&self, bulk: BulkId, index: u32, explain: Explain) -> Result<(), Error> {
        let lifecycle = &self.inner.lifecycle;
        let item = lifecycle.bulk_item(bulk, index).map_err(Error::reading)?;
        let Some(item) = item.filter(|item| item.progress == Progress::Pending) else { return Ok(()) };
        let outcome = match (item.op, item.id) {
            (BulkOp::Create, _) => {
                let request = lifecycle.bulk_request(bulk, index).map_err(Error::reading)?;
                let Some(request) = request else { return Ok(()) };
                self.make(request, Occasion::Item { bulk, index }).await.map(|instance| instance.id)
            }
            (BulkOp::Delete, Some(id)) => match lifecycle.ask(id, None, Fact::DeleteRequested).await {
                // Somebody else was faster, or this was before a crash: it is what was asked for.
                Ok(_) | Err(lifecycle::Error::NotFound) => Ok(id),
                Err(error) => Err(Error::of(error, &id.to_string(), "deleted", None)),
            },
            (BulkOp::Delete, None) => return Ok(()),
        };
        match outcome {
            Ok(instance) => {
                // The instance that an item makes accepts it in its own transaction.
                if item.op == BulkOp::Delete {
                    self.advance(vec![ItemStep { bulk, index, progress: Progress::Accepted }]).await?;
                }
                self.await_outcome(AcceptedItem { bulk, index, op: item.op, instance });
                Ok(())
            }
            Err(error) if error.passes() => Err(error),
            Err(error) => {
                let progress = Progress::Refused(Box::new(explain(error)));
                self.advance(vec![ItemStep { bulk, index, progress }]).await
            }
        }
    }

    fn await_outcome(&self, item: AcceptedItem) {
        self.inner.bulks.accepted.lock().unwrap_or_else(PoisonError::into_inner).push(item);
        self.inner.bulks.outcome_bell.ring();
    }

    /// Waits; false if the daemon ends meanwhile.
    pub(super) async fn rests(&self, pause: Duration) -> bool {
        tokio::select! {
            () = self.inner.shutdown.cancelled() => false,
            () = tokio::time::sleep(pause) => true,
        }
    }
}
