//! Events: committed changes, numbered.

use super::{InstanceId, InstanceName, PhaseKind, Revision, Timestamp};

/// One committed change of one instance.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// Its number; also the instance's revision from then on.
    pub revision: Revision,
    /// When it was committed.
    pub at: Timestamp,
    /// Whose.
    pub instance: InstanceId,
    /// Its name, which the instance may outlive.
    pub name: InstanceName,
    /// [`Event::ACCEPTED`] for the first, else the kind of the fact.
    pub kind: String,
    /// The phase before; none for the first.
    pub from: Option<PhaseKind>,
    /// The phase after; `gone` for the last.
    pub to: PhaseKind,
    /// One word for machines.
    pub reason: Option<String>,
    /// For people; holds no secret.
    pub message: Option<String>,
}

impl Event {
    /// The kind of the event that made the record.
    pub const ACCEPTED: &'static str = "accepted";
}
