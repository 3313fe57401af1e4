//! What there is beside instances: templates, provisioners, plugins.

use std::time::Duration;

use super::{Error, Service};
use crate::catalog::CatalogEntry;
use crate::domain::{
    Decision, HookMode, HookName, Outlook, PluginIdentity, ProvisionerName, RecoveryPolicy, Scope,
    TemplateName, shown,
};
use crate::extension::{
    ConfigurationReport, HookEntry, PluginKind, PluginReport, ProvisionerStanding, Reach,
};
use crate::runtime::{ProvisionerReadings, Readings};

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

/// What the configuration says of one hook that is asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HookView {
    /// Which.
    pub name: HookName,
    /// What its verdict does.
    pub mode: HookMode,
    /// What a failed review counts as.
    pub on_error: Decision,
    /// Which requests it is asked about.
    pub scope: Scope,
}

/// Every plugin and the number of the set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PluginsView {
    /// Provisioners and hooks.
    pub plugins: Vec<PluginReport>,
    /// The hooks that are asked, in this order.
    pub hooks: Vec<HookView>,
    /// Of the active set.
    pub generation: u64,
    /// How the configuration as a whole stands.
    pub configuration: ConfigurationReport,
}

impl Service {
    /// What instances can be made from, by name.
    pub fn templates(&self) -> Vec<CatalogEntry> {
        self.inner.catalog.list()
    }

    /// One template.
    pub fn template(&self, name: &str) -> Result<CatalogEntry, Error> {
        let parsed: Option<TemplateName> = name.parse().ok();
        parsed
            .and_then(|name| self.inner.catalog.get(&name))
            .ok_or_else(|| Error::TemplateNotFound(shown(name)))
    }

    /// Every provisioner, by name. Asks nobody.
    pub fn provisioners(&self) -> Vec<ProvisionerView> {
        let set = self.inner.extensions.current();
        let lifecycle = &self.inner.lifecycle;
        let view = |entry: &crate::extension::ProvisionerEntry| {
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

    /// How the daemon stands, in numbers. Asks nobody.
    pub fn readings(&self) -> Readings {
        let lifecycle = &self.inner.lifecycle;
        let number = |count: usize| u64::try_from(count).unwrap_or(u64::MAX);
        let orphans = lifecycle.orphans();
        let provisioners = self.provisioners().into_iter().map(|view| ProvisionerReadings {
            orphans: orphans.iter().filter(|orphan| orphan.provisioner == view.name).count(),
            name: view.name,
            breaker: view.outlook.breaker,
            frozen: view.outlook.frozen_since.is_some(),
            recovering: view.recovering.0,
            recovering_limit: view.recovering.1,
            reachable: view.reach.reachable,
            in_flight: view.reach.in_flight,
        });
        let plugins = self.inner.extensions.plugins().into_iter();
        let plugins = plugins.map(|plugin| (plugin.name, plugin.kind.as_str(), plugin.quarantine.is_some()));
        let (waiting, limit) = lifecycle.writes_waiting();
        let (subscribers, event_lag) = lifecycle.subscribers();
        Readings {
            instances: lifecycle.counts(),
            provisioners: provisioners.collect(),
            plugins: plugins.collect(),
            generation: self.inner.extensions.current().generation,
            revision: lifecycle.revision().ok(),
            writes: (number(waiting), number(limit)),
            subscribers: number(subscribers),
            event_lag: number(event_lag),
        }
    }

    /// Every plugin.
    pub fn plugins(&self) -> PluginsView {
        let set = self.inner.extensions.current();
        let hook = |entry: &HookEntry| HookView {
            name: entry.name.clone(),
            mode: entry.mode,
            on_error: entry.on_error,
            scope: entry.scope.clone(),
        };
        PluginsView {
            plugins: self.inner.extensions.plugins(),
            hooks: set.hooks.iter().map(hook).collect(),
            generation: set.generation,
            configuration: self.inner.extensions.configuration(),
        }
    }

    /// Has the configuration and its files read again; true when that was done within `wait`.
    pub async fn reload(&self, wait: Option<Duration>) -> bool {
        let wait = self.bounded_wait(wait);
        tokio::time::timeout(wait, self.inner.extensions.reload()).await.is_ok()
    }

    /// Puts the version of a plugin before the one that serves in its place.
    pub async fn roll_back(&self, name: &str, kind: Option<PluginKind>) -> Result<PluginsView, Error> {
        self.inner.extensions.roll_back(name, kind).await?;
        Ok(self.plugins())
    }
}
