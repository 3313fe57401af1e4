//! When to look at which instance: an index in memory, rebuilt at start.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::time::Duration;

use crate::domain::{Doubt, Instance, InstanceId, Phase, PhaseKind, ProvisionerName, Status, Timestamp};

/// Every living instance, and those that are due in the order of their time.
#[derive(Debug, Default)]
pub(super) struct Agenda {
    entries: HashMap<InstanceId, Entry>,
    due: BTreeSet<(Timestamp, InstanceId)>,
}

#[derive(Debug)]
struct Entry {
    due: Option<Timestamp>,
    phase: PhaseKind,
    provisioner: ProvisionerName,
}

impl Agenda {
    /// The record was read or written: plan the next look as its phase says.
    pub(super) fn enter(&mut self, instance: &Instance) {
        let due = due(&instance.status);
        let entry = Entry {
            due,
            phase: instance.status.phase.kind(),
            provisioner: instance.spec.provisioner.clone(),
        };
        if let Some(Entry { due: Some(old), .. }) = self.entries.insert(instance.id, entry) {
            self.due.remove(&(old, instance.id));
        }
        if let Some(due) = due {
            self.due.insert((due, instance.id));
        }
    }

    pub(super) fn remove(&mut self, id: InstanceId) {
        if let Some(Entry { due: Some(due), .. }) = self.entries.remove(&id) {
            self.due.remove(&(due, id));
        }
    }

    pub(super) fn take_due(&mut self, now: Timestamp) -> Vec<InstanceId> {
        let mut taken = Vec::new();
        while let Some((at, id)) = self.due.first().copied()
            && at <= now
        {
            self.due.pop_first();
            if let Some(entry) = self.entries.get_mut(&id) {
                entry.due = None;
            }
            taken.push(id);
        }
        taken
    }

    pub(super) fn next_due(&self) -> Option<Timestamp> {
        self.due.first().map(|(at, _)| *at)
    }

    pub(super) fn schedule(&mut self, id: InstanceId, at: Timestamp) {
        let Some(entry) = self.entries.get_mut(&id) else { return };
        match entry.due {
            Some(planned) if planned <= at => {}
            old => {
                if let Some(old) = old {
                    self.due.remove(&(old, id));
                }
                entry.due = Some(at);
                self.due.insert((at, id));
            }
        }
    }

    pub(super) fn schedule_forgotten(&mut self, now: Timestamp, longest: Duration) {
        for (id, entry) in &mut self.entries {
            let forgotten = entry.due.is_none_or(|due| due.since(now) > longest);
            if forgotten && entry.phase != PhaseKind::Failed {
                if let Some(old) = entry.due.replace(now) {
                    self.due.remove(&(old, *id));
                }
                self.due.insert((now, *id));
            }
        }
    }

    pub(super) fn owned_by(&self, provisioner: &ProvisionerName) -> usize {
        self.entries.values().filter(|entry| entry.provisioner == *provisioner).count()
    }

    pub(super) fn phases(&self) -> BTreeMap<PhaseKind, usize> {
        let mut phases = BTreeMap::new();
        for entry in self.entries.values() {
            *phases.entry(entry.phase).or_default() += 1;
        }
        phases
    }
}

/// When a record wants to be looked at, as far as the record knows. Probes are the reconciler's
/// business: it schedules the next one itself.
fn due(status: &Status) -> Option<Timestamp> {
    match &status.phase {
        Phase::Failed { .. } | Phase::Gone => None,
        Phase::Creating { doubt: Some(Doubt { inspect_at, .. }), .. } => Some(*inspect_at),
        Phase::Recovering { not_before, .. } | Phase::Deleting { not_before, .. } => Some(*not_before),
        Phase::Requested
        | Phase::Creating { doubt: None, .. }
        | Phase::Created { .. }
        | Phase::Running { .. }
        | Phase::Unhealthy { .. } => Some(status.updated_at),
    }
}
