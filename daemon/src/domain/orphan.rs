//! Orphans: workloads that carry our mark and have no record.

use super::{InstanceId, Observation, ProvisionerName, Timestamp};

/// A workload of ours that no record speaks of: a restored backup is older than it, or a disk was
/// lost. A person decides about it; nothing happens to it by itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Orphan {
    /// Where it was found.
    pub provisioner: ProvisionerName,
    /// Its name outside.
    pub workload: String,
    /// Whose it says it is. Without this nobody can adopt or purge it by us.
    pub instance: Option<InstanceId>,
    /// Which creation it says it came from, from 0.
    pub incarnation: u32,
    /// How it stood when it was last seen.
    pub observation: Observation,
    /// When this daemon first saw it.
    pub first_seen: Timestamp,
    /// When it was last seen.
    pub last_seen: Timestamp,
}
