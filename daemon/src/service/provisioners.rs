//! Provisioners: who makes instances, and how they stand.

use super::Service;
use crate::domain::{Outlook, PluginIdentity, ProvisionerName, RecoveryPolicy};
use crate::extension::{ProvisionerEntry, ProvisionerStanding, Reach};

/// One provisioner, for people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProvisionerView {
    /// As its table in the configuration.
    pub name: ProvisionerName,
    /// What is behind it.
    pub plugin: PluginIdentity,
    /// Used when nobody names one.
    pub default: bool,
    /// Whether it takes new instances.
    pub standing: ProvisionerStanding,
    /// As the plugin describes them.
    pub capabilities: Vec<String>,
    /// Whether its backend answers.
    pub reach: Reach,
    /// Living instances it made.
    pub instances: usize,
    /// What the daemon makes of it.
    pub outlook: Outlook,
    /// Instances whose workload is being made anew, and how many may be at once.
    pub recovering: (usize, usize),
}

impl Service {
    /// Every provisioner, by name. Asks nobody.
    pub fn provisioners(&self) -> Vec<ProvisionerView> {
        let set = self.inner.extensions.current();
        let lifecycle = &self.inner.lifecycle;
        let view = |entry: &ProvisionerEntry| {
            let instances = lifecycle.owned_by(&entry.name);
            ProvisionerView {
                name: entry.name.clone(),
                plugin: entry.plugin.clone(),
                default: entry.name == set.default_provisioner,
                standing: entry.standing,
                capabilities: entry.capabilities.clone(),
                reach: entry.provisioner.reach(),
                instances,
                outlook: lifecycle.outlook(&entry.name),
                recovering: (lifecycle.recovering(&entry.name), RecoveryPolicy::limit(instances)),
            }
        };
        set.provisioners.values().map(view).collect()
    }
}
