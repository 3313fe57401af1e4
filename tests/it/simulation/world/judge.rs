//! What a daemon may ask for, judged at the moment of its call by what it has written down.

use wharfinger::domain::{PhaseKind, Target};

use super::World;
use super::backend::State;
use crate::simulation::invariants::{Invariant, Verdict, Violation, hold};

impl State {
    /// Whether this daemon may ask for this workload now.
    pub(super) fn judge_create(&self, target: &Target) -> Verdict {
        let Some(records) = &self.records else { return Ok(()) };
        let id = target.instance;
        let Some(record) = records.get(id).unwrap() else {
            let what = format!("a workload is asked for {id}, of which there is no record");
            return Err(Violation::of(Invariant::DeletedStaysDeleted, what));
        };
        let phase = record.status.phase.kind();
        // A user may delete it between the intent and the call.
        let intended = matches!(phase, PhaseKind::Creating | PhaseKind::Deleting)
            && target.incarnation < record.status.creations;
        hold(intended, Invariant::IntentFirst, || format!("a workload is asked for {id}, which is {phase}"))?;
        let mut all = self.workloads.values().filter(|made| made.instance == id && !made.zombie);
        // The same call may come twice.
        let old = all.find(|made| made.incarnation != target.incarnation);
        hold(old.is_none(), Invariant::OldOneFirst, || {
            format!("{} is there when creation {} begins", old.unwrap().workload.id, target.incarnation)
        })
    }

    /// Whether this daemon may destroy this workload now.
    pub(super) fn judge_destroy(&self, target: &Target) -> Verdict {
        let Some(records) = &self.records else { return Ok(()) };
        let Some(record) = records.get(target.instance).unwrap() else {
            return hold(target.name.as_str() != World::STRANGER, Invariant::WantedIsKept, || {
                "a workload of an instance that nobody knows is destroyed".to_owned()
            });
        };
        let phase = record.status.phase.kind();
        let unwanted = matches!(phase, PhaseKind::Recovering | PhaseKind::Deleting)
            || record.status.workload_name != target.name;
        hold(unwanted, Invariant::WantedIsKept, || {
            format!("{} is destroyed, and its instance is {phase}", target.name)
        })
    }

    pub(super) fn judge(&mut self, verdict: Verdict) {
        if let Err(violation) = verdict {
            self.violation.get_or_insert(violation);
        }
    }
}
