//! Plugins: how they stand, reading everything again, and putting an earlier version back.

use std::time::Duration;

use super::{Error, Service};
use crate::domain::{Decision, HookMode, HookName, PluginKind, Scope};
use crate::extension::{ConfigurationReport, HookEntry, PluginReport};

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
            plugins: self.inner.extensions.reports(),
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
