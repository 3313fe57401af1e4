//! A plugin that was built and serves.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use super::digest::Digest;
use super::load::Description;
use super::material::{Material, PluginTable};
use super::options::{HookOptions, ProvisionerOptions};
use super::stats::Stats;
use crate::domain::{PluginVersion, Timestamp};
use crate::extension::{Hook, HookEntry, Provisioner};
use crate::runtime::{Shutdown, Tasks};

/// A plugin that serves.
pub(super) struct Built<Options, Extension: ?Sized> {
    pub(super) material: Material<Options>,
    pub(super) description: Description,
    /// What it calls itself, and what it may have called itself before it was moved.
    pub(super) identities: Vec<String>,
    /// What it said about its settings and took them all the same.
    pub(super) warnings: Vec<String>,
    pub(super) stats: Arc<Stats>,
    pub(super) extension: Arc<Extension>,
    /// The set in which it began to serve, and when.
    pub(super) generation: u64,
    pub(super) since: Timestamp,
    /// What was last said of its credentials; of those after it too.
    pub(super) complaints: Arc<Mutex<Vec<String>>>,
    /// Ends the calls that are still out.
    pub(super) end: Shutdown,
}

/// A provisioner that serves.
pub(super) type BuiltProvisioner = Built<ProvisionerOptions, dyn Provisioner>;
/// A hook that serves.
pub(super) type BuiltHook = Built<HookOptions, dyn Hook>;

impl BuiltHook {
    /// As it is asked.
    pub(super) fn entry(&self) -> HookEntry {
        let HookOptions { name, mode, on_error, scope, settings, .. } = &self.material.options;
        HookEntry {
            name: name.clone(),
            mode: self.material.taken.mode.unwrap_or(*mode),
            on_error: *on_error,
            scope: scope.clone(),
            digest: self.material.candidate.digest.as_str().to_owned(),
            settings_hash: Digest::of(settings.as_bytes()).as_str().to_owned(),
            hook: self.extension.clone(),
        }
    }
}

impl<Options: PluginTable, Extension: ?Sized> Built<Options, Extension> {
    /// What is stored of it.
    pub(super) fn version(&self) -> PluginVersion {
        let (generation, since) = (self.generation, self.since);
        PluginVersion { identities: self.identities.clone(), generation, since, ..self.material.version() }
    }

    /// Says which of its credentials cannot be used, once for as long as that stays the same.
    pub(super) fn complain(&self, complaints: Vec<String>) {
        let mut known = self.complaints.lock().unwrap_or_else(PoisonError::into_inner);
        if !complaints.is_empty() && *known != complaints {
            tracing::warn!("it serves on with the credentials that it had: {}", complaints.join("; "));
        }
        *known = complaints;
    }

    /// It is replaced: calls that are out may finish within `drain`.
    pub(super) fn retire(&self, tasks: &Tasks, drain: Duration) {
        let (end, stats) = (self.end.clone(), self.stats.clone());
        let subject = self.material.candidate.subject.to_string();
        tasks.spawn("drain a plugin", async move {
            tokio::time::sleep(drain).await;
            let left = stats.in_flight();
            if left > 0 {
                tracing::warn!(
                    plugin = subject,
                    calls = left,
                    "it was replaced, and what is left of its calls is ended"
                );
            }
            end.cancel();
        });
    }
}
