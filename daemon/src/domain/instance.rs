//! An instance as a whole.

use std::sync::Arc;

use super::{
    InstanceId, OwnerId, PhaseKind, ProvisionerName, Revision, Spec, Status, Target, Timestamp, Tool,
};

/// What a user asked for and we look after.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Instance {
    /// Time-ordered.
    pub id: InstanceId,
    /// Cold.
    pub spec: Arc<Spec>,
    /// Hot.
    pub status: Status,
    /// Of the last event.
    pub revision: Revision,
}

impl Instance {
    /// Which workload stands for it.
    pub fn target(&self, owner: OwnerId) -> Target {
        Target {
            name: self.status.workload_name.clone(),
            instance: self.id,
            owner,
            // Counted from 0, and stored before the call.
            incarnation: self.status.creations.saturating_sub(1),
            last_known: self.status.last_known.clone(),
        }
    }

    /// What the agenda keeps of it.
    pub fn outline(&self) -> Outline {
        Outline {
            id: self.id,
            provisioner: self.spec.provisioner.clone(),
            phase: self.status.phase.kind(),
            due: self.status.due(),
            recovering: self.status.recovering(),
        }
    }

    /// Where it answers, in the phases that know.
    pub fn endpoint(&self) -> Option<String> {
        self.status.phase.workload()?.endpoint(&self.spec.template.path)
    }
}

/// The little of an instance that is kept in memory for every one of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outline {
    /// Whose.
    pub id: InstanceId,
    /// Who makes it.
    pub provisioner: ProvisionerName,
    /// Where it stands.
    pub phase: PhaseKind,
    /// When it wants to be looked at, as far as its record knows; none: not before a user asks.
    pub due: Option<Timestamp>,
    /// Its workload is being made anew.
    pub recovering: bool,
}

/// What was last seen of an instance. In memory: a probe that changes nothing writes nothing,
/// and after a restart the first probe makes it anew.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sighting {
    /// When somebody last looked, with success.
    pub observed_at: Timestamp,
    /// When the tools were last listed, and what they were.
    pub tools: Option<(Timestamp, Arc<[Tool]>)>,
}
