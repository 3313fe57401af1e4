//! Waits for the outcomes of accepted items: until what is made has run or failed, and what is deleted
//! is gone.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError};
use std::time::Duration;

use tokio::sync::broadcast;
use tokio::sync::broadcast::error::{RecvError, TryRecvError};

use super::AcceptedItem;
use crate::domain::{BulkOp, Event, InstanceId, ItemStep, Progress};
use crate::runtime::ErrorChain;
use crate::service::Service;

/// Every awaited instance is looked at this often: the net below the events.
const LOOK: Duration = Duration::from_secs(60);
/// When to try again what the store did not take.
const PAUSE: Duration = Duration::from_secs(5);

pub(super) struct Outcomes {
    service: Service,
    events: broadcast::Receiver<Arc<Event>>,
    /// At most as many as unfinished bulks have items.
    awaited: HashMap<InstanceId, Vec<AcceptedItem>>,
    /// What is to be written down.
    ended: Vec<ItemStep>,
}

impl Outcomes {
    pub(super) fn new(service: Service) -> Self {
        // Subscribed before the first look: nothing that happens in between is missed.
        let events = service.inner.lifecycle.subscribe();
        Self { service, events, awaited: HashMap::new(), ended: Vec::new() }
    }

    /// Until the shutdown.
    pub(super) async fn run(mut self) {
        let service = self.service.clone();
        loop {
            tokio::select! {
                () = service.inner.shutdown.cancelled() => return,
                () = service.inner.bulks.outcome_bell.rung() => self.take_up(),
                () = tokio::time::sleep(LOOK) => self.look_at_all(),
                event = self.events.recv() => match event {
                    Ok(event) => self.hear_all(&event),
                    Err(RecvError::Lagged(_)) => self.look_at_all(),
                    Err(RecvError::Closed) => return,
                },
            }
            while !self.ended.is_empty() {
                match service.advance(self.ended.clone()).await {
                    Ok(()) => self.ended.clear(),
                    Err(error) => {
                        tracing::warn!(error = %ErrorChain(&error), "outcomes of bulks wait");
                        if !service.rests(PAUSE).await {
                            return;
                        }
                    }
                }
            }
        }
    }

    /// Some instances may be there already: events tell only what comes.
    fn take_up(&mut self) {
        let mut accepted = self.service.inner.bulks.accepted.lock().unwrap_or_else(PoisonError::into_inner);
        let new = std::mem::take(&mut *accepted);
        drop(accepted);
        for item in &new {
            self.awaited.entry(item.instance).or_default().push(*item);
        }
        new.iter().for_each(|item| self.look(item.instance));
    }

    /// This event and those that came with it: they share one write.
    fn hear_all(&mut self, event: &Event) {
        self.hear(event);
        loop {
            match self.events.try_recv() {
                Ok(event) => self.hear(&event),
                Err(TryRecvError::Lagged(_)) => self.look_at_all(),
                Err(TryRecvError::Empty | TryRecvError::Closed) => return,
            }
        }
    }

    fn hear(&mut self, event: &Event) {
        if let Some(subject) = &event.subject {
            self.end(subject.id, |op| op.outcome_at(subject.to));
        }
    }

    fn look_at_all(&mut self) {
        let ids: Vec<InstanceId> = self.awaited.keys().copied().collect();
        ids.into_iter().for_each(|id| self.look(id));
    }

    fn look(&mut self, id: InstanceId) {
        match self.service.inner.lifecycle.get(id) {
            Ok(instance) => self.end(id, |op| op.outcome_of(instance.as_ref())),
            // It stays awaited.
            Err(error) => tracing::warn!(instance = %id, error = %ErrorChain(&error), "an outcome waits"),
        }
    }

    fn end(&mut self, id: InstanceId, outcome: impl Fn(BulkOp) -> Option<Progress>) {
        let Some(items) = self.awaited.get_mut(&id) else { return };
        items.retain(|AcceptedItem { bulk, index, op, .. }| match outcome(*op) {
            None => true,
            Some(progress) => {
                self.ended.push(ItemStep { bulk: *bulk, index: *index, progress });
                false
            }
        });
        if items.is_empty() {
            self.awaited.remove(&id);
        }
    }
}
