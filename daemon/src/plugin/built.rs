//! A plugin that was built and serves.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use super::call::Guest;
use super::digest::Digest;
use super::load::Description;
use super::material::{Material, PluginTable};
use super::options::{HookOptions, ProvisionerOptions};
use crate::domain::{PluginVersion, Taken, Timestamp};
use crate::extension::{Hook, HookEntry, Provisioner};
use crate::runtime::Tasks;

/// A plugin that serves.
pub(super) struct Built<Options, Extension: ?Sized> {
    pub(super) material: Material<Options>,
    pub(super) description: Description,
    /// What it calls itself, and what it may have called itself before it was moved.
    pub(super) identities: Vec<String>,
    pub(super) guest: Arc<Guest>,
    pub(super) extension: Arc<Extension>,
    /// The set in which it began to serve, and when; 0: it is in none.
    pub(super) generation: u64,
    pub(super) since: Timestamp,
    /// What was last said of its credentials; of those after it too.
    pub(super) complaints: Arc<Mutex<Vec<String>>>,
}

/// A provisioner that serves.
pub(super) type BuiltProvisioner = Built<ProvisionerOptions, dyn Provisioner>;
/// A hook that serves.
pub(super) type BuiltHook = Built<HookOptions, dyn Hook>;

impl BuiltHook {
    /// The same, which lost this.
    pub(super) fn without(&self, taken: Taken) -> Self {
        Self {
            material: Material { taken, ..self.material.clone() },
            description: self.description.clone(),
            identities: self.identities.clone(),
            guest: self.guest.clone(),
            extension: self.extension.clone(),
            generation: self.generation,
            since: self.since,
            complaints: self.complaints.clone(),
        }
    }

    /// As it is asked.
    pub(super) fn entry(&self) -> HookEntry {
        let HookOptions { name, mode, on_error, scope, settings, .. } = &self.material.options;
        HookEntry {
            name: name.clone(),
            mode: self.material.taken.mode.unwrap_or(*mode),
            on_error: *on_error,
            scope: scope.clone(),
            digest: self.material.artifact.digest.as_str().to_owned(),
            settings_hash: Digest::of(settings.as_bytes()).as_str().to_owned(),
            hook: self.extension.clone(),
        }
    }
}

impl<Options: PluginTable, Extension: ?Sized> Built<Options, Extension> {
    /// It is in no set yet.
    pub(super) fn new(
        material: Material<Options>,
        description: Description,
        guest: Arc<Guest>,
        extension: Arc<Extension>,
        since: Timestamp,
    ) -> Self {
        let (identities, complaints) = (vec![description.name.clone()], Arc::default());
        Self { material, description, identities, guest, extension, generation: 0, since, complaints }
    }

    /// It serves from this generation on.
    pub(super) fn serving_from(self, generation: u64) -> Self {
        Self { generation, ..self }
    }

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

    /// Whether the same plugin, with all of its calls, serves as `other`.
    pub(super) fn is_at_work_in(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.guest, &other.guest)
    }

    /// It is replaced: calls that are out may finish within `drain`.
    pub(super) fn retire(&self, tasks: &Tasks, drain: Duration) {
        let guest = self.guest.clone();
        tasks.spawn("drain a plugin", async move {
            tokio::time::sleep(drain).await;
            let left = guest.stats.in_flight();
            if left > 0 {
                tracing::warn!(
                    plugin = %guest.subject,
                    calls = left,
                    "it was replaced, and what is left of its calls is ended"
                );
            }
            guest.end.cancel();
        });
    }
}
