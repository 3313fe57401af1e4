//! One consistent view of everything that is plugged in.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::{HookEntry, ProvisionerEntry};
use crate::domain::ProvisionerName;

/// All active extensions. Immutable and swapped whole: a request or a step takes one and never
/// mixes two.
#[derive(Clone)]
pub struct ExtensionSet {
    /// Number of swaps; never goes back, not even over a restart.
    pub generation: u64,
    /// By name.
    pub provisioners: BTreeMap<ProvisionerName, ProvisionerEntry>,
    /// In the order they are asked.
    pub hooks: Vec<HookEntry>,
    /// Used when neither request nor template names one.
    pub default_provisioner: ProvisionerName,
}

/// Where the set comes from.
pub trait Extensions: Send + Sync {
    /// The set that is active now. Hold it for one request or one step, not longer.
    fn current(&self) -> Arc<ExtensionSet>;
}
