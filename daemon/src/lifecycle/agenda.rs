//! When to look at which instance: an index in memory, rebuilt at start.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::time::Duration;

use crate::domain::{InstanceId, Outline, PhaseKind, ProvisionerName, Timestamp};

/// Healthy instances that a start finds are looked at first within so long, each at its own time,
/// so that they do not beat together for ever after. The default interval of the probes.
const SPREAD: Duration = Duration::from_secs(10);
/// So many of them are looked at in a second, at most: with very many it takes longer than that.
const FIRST_LOOKS_PER_SECOND: u64 = 10_000;

/// Every living instance, and those that are due in the order of their time.
#[derive(Debug, Default)]
pub(super) struct Agenda {
    entries: HashMap<InstanceId, Entry>,
    due: BTreeSet<(Timestamp, InstanceId)>,
    provisioners: Vec<ProvisionerName>,
    /// Living instances by provisioner and phase; what is not there is none.
    counts: BTreeMap<(ProvisionerIndex, PhaseKind), usize>,
    /// Those among them that are in recovery.
    recovering: BTreeMap<ProvisionerIndex, usize>,
}

/// Where a provisioner stands in the list of those that were ever seen: there are few, and each
/// instance has one.
type ProvisionerIndex = u32;

#[derive(Debug, Clone, Copy)]
struct Entry {
    due: Option<Timestamp>,
    phase: PhaseKind,
    provisioner: ProvisionerIndex,
    recovering: bool,
}

impl Agenda {
    /// A start found this record. It is planned when all are found, see [`plan_all`](Self::plan_all).
    pub(super) fn found(&mut self, outline: Outline) {
        let Outline { id, provisioner, phase, due, recovering } = outline;
        let entry = Entry { due, phase, provisioner: self.index(provisioner), recovering };
        *self.recovering.entry(entry.provisioner).or_default() += usize::from(recovering);
        *self.counts.entry((entry.provisioner, phase)).or_default() += 1;
        self.entries.insert(id, entry);
    }

    /// A start has found all records: plans the next look at each.
    pub(super) fn plan_all(&mut self, now: Timestamp) {
        let running = self.phases().get(&PhaseKind::Running).copied().unwrap_or_default();
        let longest = u64::try_from(running).unwrap_or(u64::MAX) / FIRST_LOOKS_PER_SECOND;
        let spread = SPREAD.max(Duration::from_secs(longest)).as_millis();
        for (id, entry) in &mut self.entries {
            if entry.phase == PhaseKind::Running {
                // The last bits of an id are random: a version 7 UUID (RFC 9562, section 5.7).
                let share = u64::try_from(id.as_u128() % spread).unwrap_or(0);
                entry.due = Some(now.plus(Duration::from_millis(share)));
            }
        }
        // Sorted and built at once: quicker than one by one.
        self.due = self.entries.iter().filter_map(|(id, entry)| Some((entry.due?, *id))).collect();
    }

    /// The record was written: plan the next look as its phase says.
    pub(super) fn enter(&mut self, outline: Outline) {
        self.remove(outline.id);
        if let Some(due) = outline.due {
            self.due.insert((due, outline.id));
        }
        self.found(outline);
    }

    pub(super) fn remove(&mut self, id: InstanceId) {
        let Some(Entry { due, phase, provisioner, recovering }) = self.entries.remove(&id) else { return };
        if recovering && let Some(count) = self.recovering.get_mut(&provisioner) {
            *count = count.saturating_sub(1);
        }
        if let Some(count) = self.counts.get_mut(&(provisioner, phase)) {
            *count = count.saturating_sub(1);
        }
        if let Some(due) = due {
            self.due.remove(&(due, id));
        }
    }

    fn index(&mut self, name: ProvisionerName) -> ProvisionerIndex {
        let known = self.provisioners.iter().position(|known| *known == name);
        let index = known.unwrap_or_else(|| {
            self.provisioners.push(name);
            self.provisioners.len() - 1
        });
        ProvisionerIndex::try_from(index).unwrap_or(ProvisionerIndex::MAX)
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

    /// Living instances in `phase`, of one provisioner or of all.
    pub(super) fn ids(&self, provisioner: Option<&ProvisionerName>, phase: PhaseKind) -> Vec<InstanceId> {
        let of = |entry: &Entry| {
            let name = self.provisioners.get(entry.provisioner as usize);
            provisioner.is_none_or(|wanted| name == Some(wanted))
        };
        let found = self.entries.iter().filter(|(_, entry)| entry.phase == phase && of(entry));
        found.map(|(id, _)| *id).collect()
    }

    pub(super) fn owned_by(&self, provisioner: &ProvisionerName) -> usize {
        self.phases_of(provisioner).values().sum()
    }

    /// Living instances of one provisioner by phase.
    pub(super) fn phases_of(&self, provisioner: &ProvisionerName) -> BTreeMap<PhaseKind, usize> {
        let of = |index: ProvisionerIndex| self.provisioners.get(index as usize) == Some(provisioner);
        let counts = self.counts.iter().filter(|((index, _), count)| of(*index) && **count > 0);
        counts.map(|((_, phase), count)| (*phase, *count)).collect()
    }

    /// Instances of one provisioner whose workload is being made anew.
    pub(super) fn recovering(&self, provisioner: &ProvisionerName) -> usize {
        let index = self.provisioners.iter().position(|known| known == provisioner);
        let index = index.and_then(|index| ProvisionerIndex::try_from(index).ok());
        index.and_then(|index| self.recovering.get(&index).copied()).unwrap_or_default()
    }

    /// Living instances by provisioner and phase.
    pub(super) fn counts(&self) -> Vec<(ProvisionerName, PhaseKind, usize)> {
        let named = |(&(index, phase), &count): (&(ProvisionerIndex, PhaseKind), &usize)| {
            Some((self.provisioners.get(index as usize)?.clone(), phase, count))
        };
        self.counts.iter().filter_map(named).collect()
    }

    /// Living instances by phase.
    pub(super) fn phases(&self) -> BTreeMap<PhaseKind, usize> {
        let mut phases = BTreeMap::new();
        for ((_, phase), count) in self.counts.iter().filter(|(_, count)| **count > 0) {
            *phases.entry(*phase).or_default() += count;
        }
        phases
    }
}
