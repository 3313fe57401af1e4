//! Every event there ever was, over all daemons, in the order in which they were committed.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::TryRecvError;
use wharfinger::domain::{Event, InstanceId, PhaseKind, Subject};

use super::invariants::{Invariant, Verdict, Violation, hold};
use super::life::Life;

/// What was heard so far.
#[derive(Default)]
pub(crate) struct Log {
    /// Of every daemon that was not heard to its end.
    daemons: VecDeque<Receiver<Arc<Event>>>,
    last: u64,
    stands: BTreeMap<InstanceId, PhaseKind>,
}

impl Log {
    /// Listens to a daemon that did nothing yet.
    pub(crate) fn listen(&mut self, life: &Life) {
        self.daemons.push_back(life.lifecycle.subscribe());
    }

    /// Hears what was committed since the last time; the ids of those that are gone since.
    pub(crate) fn hear(&mut self) -> Verdict<Vec<InstanceId>> {
        let mut gone = Vec::new();
        loop {
            let Some(daemon) = self.daemons.front_mut() else { return Ok(gone) };
            let event = match daemon.try_recv() {
                Ok(event) => event,
                Err(TryRecvError::Empty) => return Ok(gone),
                // It is dead, and said all it had to say.
                Err(TryRecvError::Closed) => {
                    self.daemons.pop_front();
                    continue;
                }
                Err(TryRecvError::Lagged(count)) => panic!("{count} events were missed"),
            };
            let revision = event.revision.0;
            hold(revision == self.last + 1, Invariant::HistoryIsWhole, || {
                format!("event {revision} comes after event {}", self.last)
            })?;
            self.last = revision;
            let Some(Subject { id, from, to, .. }) = &event.subject else { continue };
            let stood = match to {
                PhaseKind::Gone => {
                    gone.push(*id);
                    self.stands.remove(id)
                }
                to => self.stands.insert(*id, *to),
            };
            hold(stood == *from, Invariant::HistoryIsWhole, || {
                format!("{id} was {stood:?}, and event {revision} starts from {from:?}")
            })?;
        }
    }

    /// The number of the newest event.
    pub(crate) fn last(&self) -> u64 {
        self.last
    }

    /// What is stored says the same.
    pub(crate) fn agrees_with(&self, life: &Life) -> Verdict {
        let instances = life.instances();
        let stored: BTreeMap<InstanceId, PhaseKind> =
            instances.iter().map(|instance| (instance.id, instance.status.phase.kind())).collect();
        hold(stored == self.stands, Invariant::HistoryIsWhole, || {
            format!("the records say {stored:?}, and the events {:?}", self.stands)
        })?;
        for instance in &instances {
            let last = life.lifecycle.events_of(instance.id).unwrap().pop().map(|event| event.revision);
            if last != Some(instance.revision) {
                let what =
                    format!("{} is at {}, and its last event is {last:?}", instance.id, instance.revision);
                return Err(Violation::of(Invariant::HistoryIsWhole, what));
            }
        }
        Ok(())
    }
}
