//! The set of plugins that serves: what it is made of, what others see of it, what is stored of it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::built::{BuiltHook, BuiltProvisioner};
use super::denied::Denied;
use super::digest::Digest;
use super::ground::ReadTable;
use super::options::{Options, StoredTable, Upstream};
use crate::domain::{
    HookMode, PluginIdentity, PluginKey, PluginKind, PluginVersion, ProvisionerName, PublishedSet,
};
use crate::extension::{ExtensionSet, ProvisionerEntry, ProvisionerStanding};

/// What a set is made of.
#[derive(Clone)]
pub(super) struct Parts {
    /// Those that serve, and what is known of those that are disabled.
    pub(super) provisioners: BTreeMap<ProvisionerName, Arc<BuiltProvisioner>>,
    /// In the order they are asked. One that the configuration turned off is not among them. One that was
    /// turned off by a configuration that is refused is, so that it can come back; it is not asked.
    pub(super) hooks: Vec<Arc<BuiltHook>>,
    /// Every call is denied.
    pub(super) disabled: BTreeSet<ProvisionerName>,
    /// The configuration lacks them.
    pub(super) retired: BTreeSet<ProvisionerName>,
    pub(super) default_provisioner: ProvisionerName,
    /// What served before, the oldest first.
    pub(super) previous: Vec<PluginVersion>,
    /// What a person rolled back from.
    pub(super) rejected: Vec<PluginVersion>,
    /// What served when the daemon stopped, and could not be built at this start. It serves nobody, and yet
    /// it is known whose instances those are, and it may be built at the next start.
    pub(super) lost: Vec<PluginVersion>,
}

/// A set with what it was made from.
pub(super) struct ActiveSet {
    pub(super) set: Arc<ExtensionSet>,
    pub(super) parts: Parts,
}

impl ActiveSet {
    /// The set of `parts`.
    pub(super) fn new(parts: Parts, generation: u64) -> Self {
        Self { set: Arc::new(parts.extensions(generation)), parts }
    }
}

impl Parts {
    /// Nothing serves.
    pub(super) const fn none(default_provisioner: ProvisionerName) -> Self {
        Self {
            provisioners: BTreeMap::new(),
            hooks: Vec::new(),
            disabled: BTreeSet::new(),
            retired: BTreeSet::new(),
            default_provisioner,
            previous: Vec::new(),
            rejected: Vec::new(),
            lost: Vec::new(),
        }
    }

    /// A hook that serves.
    pub(super) fn hook(&self, name: &str) -> Option<&Arc<BuiltHook>> {
        self.hooks.iter().find(|built| built.material.options.name.as_str() == name)
    }

    /// A provisioner by its name as text.
    pub(super) fn provisioner(&self, name: &str) -> Option<&Arc<BuiltProvisioner>> {
        self.provisioners.get(&name.parse().ok()?)
    }

    /// Every version that serves: provisioners by name, then hooks in their order.
    pub(super) fn versions(&self) -> Vec<PluginVersion> {
        let provisioners = self.provisioners.values().map(|built| built.version());
        provisioners.chain(self.hooks.iter().map(|built| built.version())).collect()
    }

    /// The version that serves of one plugin.
    pub(super) fn version(&self, key: &PluginKey) -> Option<PluginVersion> {
        match key.kind {
            PluginKind::Provisioner => self.provisioner(&key.name).map(|built| built.version()),
            PluginKind::Hook => self.hook(&key.name).map(|built| built.version()),
        }
    }

    /// Where each upstream of a provisioner last was, by the versions that are remembered: also of those
    /// that it lost since.
    pub(super) fn places(&self, name: &ProvisionerName, tables: &ReadTable) -> BTreeMap<String, Upstream> {
        let key = PluginKey::provisioner(name);
        let previous = self.previous.iter().filter(|version| version.key() == key).cloned();
        let mut places = BTreeMap::new();
        for version in previous.chain(self.lost(&key).cloned()).chain(self.version(&key)) {
            // What cannot be read says nothing: a rollback to it would be refused, too.
            if let Ok(StoredTable::Provisioner(options)) = tables(&version) {
                places.extend(options.upstreams);
            }
        }
        places
    }

    /// The version of a plugin that could not be built at the start.
    pub(super) fn lost(&self, key: &PluginKey) -> Option<&PluginVersion> {
        self.lost.iter().find(|lost| lost.key() == *key)
    }

    /// The version before the one that serves.
    pub(super) fn earlier(&self, key: &PluginKey) -> Option<&PluginVersion> {
        self.previous.iter().rfind(|version| version.key() == *key)
    }

    /// The version that a person rolled back from, if they did.
    pub(super) fn rejected(&self, key: &PluginKey) -> Option<&PluginVersion> {
        self.rejected.iter().find(|rejected| rejected.key() == *key)
    }

    /// Whether they make the same set: the very same plugins, standing as they stood.
    pub(super) fn same_as(&self, other: &Self) -> bool {
        let same_provisioners = self.provisioners.len() == other.provisioners.len()
            && self.provisioners.iter().all(|(name, built)| {
                other.provisioners.get(name).is_some_and(|other| Arc::ptr_eq(built, other))
            });
        let same_hooks = self.hooks.len() == other.hooks.len()
            && self.hooks.iter().zip(&other.hooks).all(|(built, other)| Arc::ptr_eq(built, other));
        same_provisioners
            && same_hooks
            && self.disabled == other.disabled
            && self.retired == other.retired
            && self.default_provisioner == other.default_provisioner
            && self.rejected == other.rejected
            && self.lost == other.lost
    }

    /// What of `before` does not serve on in these, be it with less to say.
    pub(super) fn gone_since(&self, before: &Self) -> (Vec<Arc<BuiltProvisioner>>, Vec<Arc<BuiltHook>>) {
        let provisioners = before
            .provisioners
            .iter()
            .filter(|(name, old)| self.provisioners.get(*name).is_none_or(|new| !old.is_at_work_in(new)));
        let hooks = before.hooks.iter().filter(|old| !self.hooks.iter().any(|new| old.is_at_work_in(new)));
        (provisioners.map(|(_, old)| old.clone()).collect(), hooks.cloned().collect())
    }

    /// Remembers, of what served in `before` and does not in these, the last `keep` versions of each
    /// plugin. Of one that nobody can speak of any more, in this set or in a file, nothing is remembered.
    pub(super) fn remember(&mut self, before: &Self, keep: usize, asked: &Options) {
        for old in before.versions() {
            let serves = self.version(&old.key()).is_some_and(|new| new.equals(&old));
            if !serves {
                self.previous.retain(|known| !known.equals(&old));
                self.previous.push(old);
            }
        }
        // What could not be built lately is the last one that somebody would roll back to.
        for lost in &before.lost {
            self.previous.retain(|known| !known.equals(lost));
            self.previous.insert(0, lost.clone());
        }
        let known: BTreeSet<PluginKey> =
            asked.keys().chain(self.versions().iter().map(PluginVersion::key)).collect();
        self.previous.retain(|version| known.contains(&version.key()));
        let keys: BTreeSet<PluginKey> = self.previous.iter().map(PluginVersion::key).collect();
        for key in keys {
            let of_it = self.previous.iter().filter(|version| version.key() == key).count();
            let mut surplus = of_it.saturating_sub(keep);
            self.previous.retain(|version| {
                let goes = surplus > 0 && version.key() == key;
                surplus -= usize::from(goes);
                !goes
            });
        }
    }

    /// Every component that may be needed again.
    pub(super) fn digests(&self) -> BTreeSet<Digest> {
        let serving = self.versions();
        let versions = serving.iter().chain(&self.previous).chain(&self.lost);
        versions.filter_map(|version| Digest::parse(&version.digest)).collect()
    }

    /// What is stored.
    pub(super) fn published(&self, generation: u64) -> PublishedSet {
        let mut plugins = self.versions();
        for version in &mut plugins {
            // One that is retired has no table that says so.
            let name = version.key().provisioner_name();
            version.taken.enabled |= name.is_some_and(|name| self.disabled.contains(&name));
        }
        plugins.extend(self.lost.iter().cloned());
        PublishedSet {
            generation,
            default_provisioner: self.default_provisioner.clone(),
            plugins,
            retired: self.retired.iter().cloned().collect(),
            previous: self.previous.clone(),
            rejected: self.rejected.clone(),
        }
    }

    /// How a provisioner stands.
    fn standing(&self, name: &ProvisionerName) -> ProvisionerStanding {
        if self.disabled.contains(name) {
            ProvisionerStanding::Disabled
        } else if self.retired.contains(name) {
            ProvisionerStanding::Retired
        } else {
            ProvisionerStanding::Serving
        }
    }

    fn extensions(&self, generation: u64) -> ExtensionSet {
        let names = self.provisioners.keys().chain(&self.disabled);
        let provisioners = names.map(|name| (name.clone(), self.provisioner_entry(name)));
        let hooks = self.hooks.iter().map(|built| built.entry()).filter(|entry| entry.mode != HookMode::Off);
        ExtensionSet {
            generation,
            provisioners: provisioners.collect(),
            hooks: hooks.collect(),
            default_provisioner: self.default_provisioner.clone(),
        }
    }

    fn provisioner_entry(&self, name: &ProvisionerName) -> ProvisionerEntry {
        let standing = self.standing(name);
        let Some(built) = self.provisioners.get(name) else {
            // It was disabled before it ever served.
            return ProvisionerEntry {
                name: name.clone(),
                plugin: PluginIdentity { name: String::new(), digest: String::new() },
                identities: Vec::new(),
                capabilities: Vec::new(),
                endpoints: Vec::new(),
                standing,
                provisioner: Arc::new(Denied::new(name)),
            };
        };
        let digest = built.material.artifact.digest.as_str().to_owned();
        ProvisionerEntry {
            name: name.clone(),
            plugin: PluginIdentity { name: built.description.name.clone(), digest },
            identities: built.identities.clone(),
            capabilities: built.description.capabilities.clone(),
            endpoints: built.material.options.endpoints.clone(),
            standing,
            provisioner: match standing {
                ProvisionerStanding::Disabled => Arc::new(Denied::new(name)),
                _ => built.extension.clone(),
            },
        }
    }
}
