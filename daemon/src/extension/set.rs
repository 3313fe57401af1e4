//! One consistent view of everything that is plugged in.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::{Hook, Provisioner};
use crate::domain::{Decision, EndpointRule, HookMode, HookName, PluginIdentity, ProvisionerName, Scope};

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

/// Whether a provisioner takes new instances.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProvisionerStanding {
    /// It does.
    Serving,
    /// The configuration lacks it: it looks after the instances it has.
    Retired,
    /// Every call is denied.
    Disabled,
}

/// A provisioner in a set, with what others need to know of it.
#[derive(Clone)]
pub struct ProvisionerEntry {
    /// As its table in the configuration.
    pub name: ProvisionerName,
    /// What is behind it.
    pub plugin: PluginIdentity,
    /// Every name by which the plugin described itself while its backend was the same.
    pub identities: Vec<String>,
    /// Whether it takes new instances.
    pub standing: ProvisionerStanding,
    /// As the plugin describes them.
    pub capabilities: Vec<String>,
    /// Where its workloads' endpoints may be; empty: anywhere but the addresses always refused.
    pub endpoints: Vec<EndpointRule>,
    /// Whom to ask.
    pub provisioner: Arc<dyn Provisioner>,
}

impl ProvisionerEntry {
    /// Whether it takes new instances.
    pub fn takes_new(&self) -> bool {
        self.standing == ProvisionerStanding::Serving
    }

    /// Whether it is the backend that made a workload through the plugin `maker`.
    pub fn is_of(&self, maker: &str) -> bool {
        self.standing == ProvisionerStanding::Disabled
            || self.plugin.name == maker
            || self.identities.iter().any(|identity| identity == maker)
    }
}

/// A hook in a set, in the order it is asked.
#[derive(Clone)]
pub struct HookEntry {
    /// As in the configuration.
    pub name: HookName,
    /// What its verdict does.
    pub mode: HookMode,
    /// What a failed review counts as.
    pub on_error: Decision,
    /// Which requests it is asked about.
    pub scope: Scope,
    /// `sha256:<hex>` of the component.
    pub digest: String,
    /// `sha256:<hex>` of its settings as JSON.
    pub settings_hash: String,
    /// Whom to ask.
    pub hook: Arc<dyn Hook>,
}

/// Where the set comes from.
pub trait Extensions: Send + Sync {
    /// The set that is active now. Hold it for one request or one step, not longer.
    fn current(&self) -> Arc<ExtensionSet>;
}
